"""Rules of what should not be taught at all: keys, addresses, card numbers. What is found is never shown whole."""

from __future__ import annotations

import re
import string
from collections.abc import Iterator
from typing import Final

from drytune_simulator.dataset.formats import Message
from drytune_simulator.dataset.rules.content import texts_of, texts_of_tools
from drytune_simulator.dataset.rules.registry import Found, rule
from drytune_simulator.dataset.rules.tools import Offer

__all__ = ["CARD_SHAPE", "EMAIL", "KEY_PREFIXES", "KEY_SHAPE", "is_card_number", "secrets_in_tools"]

KEY_PREFIXES: Final = (
    "sk-", "sk_live_", "rk_live_", "sk_test_", "rk_test_", "AKIA", "ASIA", "ghp_", "gho_", "ghs_", "ghu_", "ghr_",
    "github_pat_", "glpat-", "xoxb-", "xoxp-", "xapp-", "AIza", "a0A", "b0A", "hf_", "npm_", "pypi-",
    "PRIVATE KEY", "eyJ",
)  # fmt: skip
"""Every key that is known here holds one of these, so a text without any of them needs no second look."""

KEY_SHAPE: Final = re.compile(
    r"(?<![A-Za-z0-9_-])(?:"
    r"sk-(?:proj|svcacct|admin|ant|or)-[A-Za-z0-9_-]{20,}"  # OpenAI, Anthropic, OpenRouter
    r"|sk-(?=[A-Za-z_-]*[0-9])(?=[a-z0-9_-]*[A-Z])[A-Za-z0-9_-]{20,}"  # older ones; words have no digits
    r"|sk-[0-9a-f]{32}(?![A-Za-z0-9_-])"  # DeepSeek
    r"|[sr]k_(?:live|test)_[A-Za-z0-9]{16,}"  # Stripe
    r"|A(?:KIA|SIA)[A-Z0-9]{16}(?![A-Za-z0-9])"  # AWS
    r"|gh[posur]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{40,}"  # GitHub
    r"|glpat-[A-Za-z0-9_-]{20,}"  # GitLab
    r"|(?:xox[bp]|xapp)-[A-Za-z0-9-]{20,}"  # Slack
    r"|AIza[A-Za-z0-9_-]{35}|(?:(?<=ya29\.)a0A|(?<=ya29\.c\.)b0A)[A-Za-z0-9_-]{20,}"  # Google
    r"|hf_[A-Za-z0-9]{30,}|npm_[A-Za-z0-9]{36}|pypi-[A-Za-z0-9_-]{50,}"
    r"|eyJ[A-Za-z0-9_-]{18,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}"  # a signed token (JWT)
    r")|-----BEGIN (?:[A-Z]+ )*PRIVATE KEY(?: BLOCK)?-----"
)

EMAIL: Final = re.compile(r"@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}")
"""From the @ on: searching for that is quick, and what stands before it is looked at afterwards."""

_MARKS: Final = "._%+-"
_LOCAL: Final = string.ascii_letters + string.digits + _MARKS
_LONGEST_LOCAL: Final = 64
_BEFORE: Final = 256
"""So many characters before an @ are looked at."""
_IN_URL = re.compile(r"[\s/?#]")
_NO_DOMAIN = re.compile(
    r"@v?[0-9]+\.[0-9]"  # a version: react@18.3.0-rc.beta
    r"|.*\.(?:avif|bmp|cjs|css|gif|html?|ico|jpe?g|js|json|jsx|mjs|pdf|png|svg|tiff?|tsx?|txt|webp|xml|ya?ml)$",
    re.IGNORECASE,  # a file: icon@2x.png
)
_RESERVED = re.compile(
    r"@(?:[A-Za-z0-9-]+\.)*(?:example(?:\.(?:com|org|net))?|test|invalid|localhost)$", re.IGNORECASE
)

CARD_SHAPE: Final = re.compile(
    r"(?<![0-9-])(?:(?<!\.)|(?<=[A-Za-z]\.))(?:"
    r"[0-9]{13,19}"
    r"|[0-9]{4}[ -][0-9]{4}[ -][0-9]{4}[ -][0-9]{1,7}"
    r"|[0-9]{4}[ -][0-9]{6}[ -][0-9]{4,5}"
    r")(?![0-9-])"
)
"""In one piece, or in the groups in which cards show it; not what follows a point, unless that ends a word."""

_CARD = re.compile(
    r"4(?:[0-9]{12}|[0-9]{15}|[0-9]{18})"  # Visa
    r"|(?:5[1-5][0-9]{2}|222[1-9]|22[3-9][0-9]|2[3-6][0-9]{2}|27[01][0-9]|2720)[0-9]{12}"  # MasterCard
    r"|3[47][0-9]{13}"  # American Express
    r"|(?:6011|64[4-9][0-9]|65[0-9]{2}|352[89]|35[3-8][0-9])[0-9]{12,15}"  # Discover, JCB
    r"|3(?:0[0-5]|[689][0-9])[0-9]{11}"  # Diners Club
)
_SHOWN = 4


@rule(
    "api-key",
    "message",
    severity="warning",
    effect="harmful",
    source="no source; the shapes are the issuers' (I)",
)
def api_key(message: Message) -> Iterator[Found]:
    """No text holds an API key, a token or a private key.

    A model that is trained on a secret may tell it to anyone who asks, and the file lies at the vendor's.
    """
    for path, text in texts_of(message.value):
        if key := _key_in(text):
            yield _secret("text", message.pointer(*path), key)


def secrets_in_tools(offer: Offer) -> Iterator[Found]:
    """What to say of keys in the definitions of tools and functions; of the rule ``api-key``."""
    for path, text in texts_of_tools(offer.value):
        if key := _key_in(text):
            yield _secret("definition", offer.pointer(*path), key)


def _key_in(text: str) -> str | None:
    match = KEY_SHAPE.search(text) if any(prefix in text for prefix in KEY_PREFIXES) else None
    return match and match[0]


def _secret(where: str, pointer: str, key: str) -> Found:
    return Found(
        pointer,
        f"The {where} holds what looks like a secret key ({key[:_SHOWN]}…, {len(key)} characters).",
        "Replace it by a placeholder, and revoke it if it is real.",
    )


@rule("email-address", "message", severity="warning", effect="harmful", source="no source (I)")
def email_address(message: Message) -> Iterator[Found]:
    """No text holds an e-mail address, save those of domains that are reserved for examples.

    What only looks like one is none: ``git@github.com:org/repo``, ``icon@2x.png``, the user in a URL, a version.
    """
    for path, text in texts_of(message.value):
        if "@" not in text:
            continue
        for match in EMAIL.finditer(text):
            local = _local_part(text, match)
            if local:
                yield Found(
                    message.pointer(*path),
                    f"The text holds an e-mail address ({local[:1]}…{match[0][:2]}…).",
                    "Replace it by one at example.com, unless the model must know it.",
                )
                break


def _local_part(text: str, domain: re.Match[str]) -> str | None:
    """What stands before the @ of an address; None if it is no address, or one at a reserved domain."""
    before = text[max(0, domain.start() - _BEFORE) : domain.start()]
    near = before[-_LONGEST_LOCAL:]
    local = near[len(near.rstrip(_LOCAL)) :].lstrip(_MARKS)  # it begins with a letter or a digit
    if not local or local.endswith(".") or _RESERVED.search(domain[0]) or _NO_DOMAIN.match(domain[0]):
        return None
    if local == "git" and text[domain.end() : domain.end() + 1] in {":", "/"}:
        return None
    _, scheme, user = before.rpartition("://")
    return None if scheme and not _IN_URL.search(user) else local


@rule(
    "card-number",
    "message",
    severity="warning",
    effect="harmful",
    source="ISO/IEC 7812: length and check digit (I)",
)
def card_number(message: Message) -> Iterator[Found]:
    """No text holds the number of a payment card: as many digits as its brand has, the check digit right."""
    for path, text in texts_of(message.value):
        for match in CARD_SHAPE.finditer(text):
            if is_card_number(match[0]):
                yield Found(
                    message.pointer(*path),
                    f"The text holds what looks like a card number (…{match[0][-_SHOWN:]}).",
                    "Replace it by a placeholder.",
                )
                break


def is_card_number(text: str) -> bool:
    """Whether the digits of `text` begin as cards do and have a right check digit (Luhn)."""
    digits = [int(c) for c in text if c.isdigit()]
    if len(set(digits)) == 1 or not _CARD.fullmatch("".join(map(str, digits))):
        return False
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[-2::-2]]
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0
