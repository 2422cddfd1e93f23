"""Rules of what should not be taught at all: keys, addresses, card numbers. What is found is never shown whole."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from drytune_simulator.dataset.formats import Message
from drytune_simulator.dataset.rules.content import texts_of
from drytune_simulator.dataset.rules.registry import Found, rule

__all__ = ["CARD_SHAPE", "EMAIL", "KEY_PREFIXES", "KEY_SHAPE", "is_card_number"]

KEY_PREFIXES: Final = (
    "sk-", "sk_live_", "rk_live_", "AKIA", "ASIA", "ghp_", "gho_", "ghs_", "github_pat_", "glpat-", "xoxb-",
    "xoxp-", "AIza", "hf_", "npm_", "pypi-", "PRIVATE KEY-----", "eyJ",
)  # fmt: skip
"""Every key that is known here holds one of these, so a text without any of them needs no second look."""

KEY_SHAPE: Final = re.compile(
    r"(?<![A-Za-z0-9_-])(?:"
    r"sk-(?:proj-|svcacct-|admin-|ant-|or-)?[A-Za-z0-9_-]{20,}"  # OpenAI, Anthropic, OpenRouter
    r"|[sr]k_live_[A-Za-z0-9]{16,}"  # Stripe
    r"|A(?:KIA|SIA)[A-Z0-9]{16}(?![A-Za-z0-9])"  # AWS
    r"|gh[pos]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{40,}"  # GitHub
    r"|glpat-[A-Za-z0-9_-]{20,}"  # GitLab
    r"|xox[bp]-[A-Za-z0-9-]{20,}"  # Slack
    r"|AIza[A-Za-z0-9_-]{35}"  # Google
    r"|hf_[A-Za-z0-9]{30,}|npm_[A-Za-z0-9]{36}|pypi-[A-Za-z0-9_-]{50,}"
    r"|eyJ[A-Za-z0-9_-]{18,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}"  # a signed token (JWT)
    r")|-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----"
)

EMAIL: Final = re.compile(r"@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}")
"""From the @ on: searching for that is quick, and what stands before it is looked at afterwards."""

_LOCAL_PART = re.compile(r"[A-Za-z0-9._%+-]{1,64}$")
_RESERVED = re.compile(
    r"@(?:[A-Za-z0-9-]+\.)*(?:example(?:\.(?:com|org|net))?|test|invalid|localhost)$", re.IGNORECASE
)

CARD_SHAPE: Final = re.compile(
    r"(?<![0-9.-])(?:"
    r"[0-9]{13,19}"
    r"|[0-9]{4}[ -][0-9]{4}[ -][0-9]{4}[ -][0-9]{1,7}"
    r"|[0-9]{4}[ -][0-9]{6}[ -][0-9]{4,5}"
    r")(?![0-9-])"
)
"""In one piece, or in the groups in which cards show it."""

_CARD_STARTS = re.compile(r"4|5[1-5]|2[2-7]|3[47]|6(?:011|5)|35")
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
        if any(prefix in text for prefix in KEY_PREFIXES) and (match := KEY_SHAPE.search(text)):
            yield Found(
                message.pointer(*path),
                f"The text holds what looks like a secret key ({match[0][:_SHOWN]}…, {len(match[0])} characters).",
                "Replace it by a placeholder, and revoke it if it is real.",
            )


@rule("email-address", "message", severity="warning", effect="harmful", source="no source (I)")
def email_address(message: Message) -> Iterator[Found]:
    """No text holds an e-mail address, save those of domains that are reserved for examples."""
    for path, text in texts_of(message.value):
        if "@" not in text:
            continue
        for match in EMAIL.finditer(text):
            local = _LOCAL_PART.search(text[max(0, match.start() - 64) : match.start()])
            if local and not _RESERVED.search(match[0]):
                yield Found(
                    message.pointer(*path),
                    f"The text holds an e-mail address ({local[0][:1]}…{match[0][:2]}…).",
                    "Replace it by one at example.com, unless the model must know it.",
                )
                break


@rule(
    "card-number",
    "message",
    severity="warning",
    effect="harmful",
    source="ISO/IEC 7812: length and check digit (I)",
)
def card_number(message: Message) -> Iterator[Found]:
    """No text holds the number of a payment card: 13 to 19 digits whose check digit is right."""
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
    if len(set(digits)) == 1 or not _CARD_STARTS.match("".join(map(str, digits))):
        return False
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[-2::-2]]
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0
