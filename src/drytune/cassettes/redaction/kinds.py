"""The kinds of secrets that are known by their own shape, wherever they stand.

One list for both who use it: the redactor, which replaces what it finds, and the guard, which refuses it. What
is a secret by the name of its field is in `fields`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

__all__ = [
    "KINDS",
    "PLACEHOLDER",
    "Kind",
    "is_placeholder",
    "looks_like_credential",
    "shaped",
    "without_placeholders",
]

PLACEHOLDER: Final = re.compile(
    r"(?:sk-ant-|sk-|org-|proj_|user-|whsec_)?REDACTED(?:-[a-z]{2,12})?-[0-9]{1,9}"
)
"""What stands in the place of a secret: letters, digits, ``-`` and ``_`` only, so that it may stand in JSON, in a
URL, in a header, in a form, and nothing here takes it for a secret again."""

# what a platform hands out as names: no one can do anything with them alone
_PUBLIC_ID = re.compile(
    r"(?:file|ftjob|ftevent|ftckpt|chatcmpl|cmpl|resp|msg|call|fc|fco|rs|ws|req|batch|upload|part|vs|vsf|fp|run|"
    r"step|asst|thread|evalrun|eval|item|conv|mcp|rsn|trace|span|evt|modr|gen|ft|embd|img|snd)[-_:]",
)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ].*)?$")
_CREDENTIAL = re.compile(r"[A-Za-z0-9_\-+/=.~:%!@#$^*]{16,}")
_FILE_NAME = re.compile(
    r".*[/\\.][A-Za-z0-9_-]+\.[A-Za-z]{1,5}$|.*\.(?:jsonl?|csv|txt|py|png|jpe?g|pdf|ya?ml|gz|zst)$"
)
_FEWEST_DIFFERENT: Final = 8


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of secret.

    Attributes:
        name: In words, with its article: ``an OpenAI key``.
        placeholder: What its placeholders begin with; a number follows.
        pattern: Its shape; the secret is the first group that took part, or all of it.
        marks: A text without any of these holds none, which is quicker to see.
        test: Tells the last doubts; takes the secret.
    """

    name: str
    placeholder: str
    pattern: re.Pattern[str]
    marks: tuple[str, ...]
    test: Callable[[str], bool] | None = None


def is_placeholder(text: str) -> bool:
    """Whether `text` is nothing but placeholders, and what joins them."""
    return PLACEHOLDER.search(text) is not None and not re.search(r"[A-Za-z0-9]", PLACEHOLDER.sub("", text))


def without_placeholders(text: str) -> str:
    """`text` without those in it."""
    return PLACEHOLDER.sub("", text) if "REDACTED" in text else text


def looks_like_credential(text: str) -> bool:
    """Whether a value of which only the field's name says so may be a secret.

    At least 16 characters and no space, letters and digits, eight different ones at least; no id of the platform,
    no date, no name of a file, no address.
    """
    if not _CREDENTIAL.fullmatch(text) or len(set(text)) < _FEWEST_DIFFERENT:
        return False
    if not re.search(r"[0-9]", text) or not re.search(r"[A-Za-z]", text):
        return False
    return not (_PUBLIC_ID.match(text) or _DATE.match(text) or _FILE_NAME.match(text) or "://" in text)


def _openai(text: str) -> bool:
    """Words that are joined by dashes have no digit; a key without one has no dash."""
    rest = text.partition("-")[2]
    return (
        "*" in rest
        or re.search(r"[0-9]", rest) is not None
        or re.search(r"[A-Za-z0-9]{20}", rest) is not None
    )


def _has_digit(text: str) -> bool:
    return re.search(r"[0-9]", text) is not None


def _is_drawn(text: str) -> bool:
    """Whether what stands behind the prefix is drawn by chance; long words have small letters only."""
    return re.search(r"[0-9A-Z]", text) is not None


def _telling(text: str) -> bool:
    """Whether a password may be one: what a manual writes in its place is none."""
    return text.strip("*xX.<>{}[]$") != "" and text.lower() not in _IN_MANUALS


_IN_MANUALS: Final = frozenset({"pass", "password", "pwd", "passwd", "secret", "token", "user", "username"})

# a letter or digit before a shape makes it the end of a longer word
_B: Final = r"(?<![A-Za-z0-9])"

# nor is what ends the public name of an organization: ft:gpt-4o:my-org-…
_OWN_WORD: Final = r"(?<![A-Za-z0-9_-])"

_PEM_NAME: Final = r"[A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----"
_PEM_TEXT: Final = r"(?:[A-Za-z0-9+/=\s:,.()]|\\[nrt/]|%[0-9A-Fa-f]{2}|-(?!-{4}))"


def _kind(
    name: str, placeholder: str, pattern: str, *marks: str, test: Callable[[str], bool] | None = None
) -> Kind:
    return Kind(name, placeholder, re.compile(pattern, re.ASCII), marks, test)


KINDS: Final = (
    _kind(
        "an Anthropic key", "sk-ant-REDACTED", _B + r"sk-ant-[A-Za-z0-9_-]{12,}", "sk-ant-", test=_has_digit
    ),
    _kind(
        "an OpenAI key",
        "sk-REDACTED",
        _B + r"sk-(?!ant-)[A-Za-z0-9_-]{16,}",
        "sk-",
        test=_openai,
    ),
    # a refusal shows a wrong key so, with its last four characters
    _kind(
        "a part of an OpenAI key",
        "sk-REDACTED",
        _B + r"sk-[A-Za-z0-9_-]{0,40}\*{3,200}[A-Za-z0-9_-]{0,40}",
        "sk-",
    ),
    _kind(
        "an OpenAI session key", "REDACTED-session", _B + r"sess-[A-Za-z0-9]{20,}", "sess-", test=_has_digit
    ),
    _kind(
        "an organization id",
        "org-REDACTED",
        _OWN_WORD + r"org-[A-Za-z0-9]{16,}",
        "org-",
        test=_is_drawn,
    ),
    _kind("a project id", "proj_REDACTED", _OWN_WORD + r"proj_[A-Za-z0-9]{16,}", "proj_", test=_is_drawn),
    _kind("a user id", "user-REDACTED", _OWN_WORD + r"user-[A-Za-z0-9]{20,}", "user-", test=_is_drawn),
    # of any length, where the field says what it is
    _kind(
        "an organization id",
        "org-REDACTED",
        r"\"(?:organization|organization_id|org_id|org)\"\s{0,9}:\s{0,9}\"(org-[^\"\\]{1,200})\"",
        "org-",
    ),
    _kind(
        "a project id",
        "proj_REDACTED",
        r"\"(?:project|project_id)\"\s{0,9}:\s{0,9}\"(proj_[^\"\\]{1,200})\"",
        "proj_",
    ),
    _kind("a webhook secret", "whsec_REDACTED", _B + r"whsec_[A-Za-z0-9+/=_-]{12,}", "whsec_"),
    _kind(
        "a signed token (JWT)",
        "REDACTED-jwt",
        _B + r"eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*){1,3}",
        "eyJ",
    ),
    _kind(
        "an AWS access key id",
        "REDACTED-aws",
        _B + r"A(?:KIA|SIA)[A-Z0-9]{16}(?![A-Za-z0-9])",
        "AKIA",
        "ASIA",
    ),
    _kind(
        "an AWS secret access key",
        "REDACTED-aws",
        # next to its id, as in the CSV of the console
        r"A(?:KIA|SIA)[A-Z0-9]{16}[^A-Za-z0-9/+]{1,40}(?:[A-Za-z_ ]{1,40}[^A-Za-z0-9/+]{1,8})?"
        r"([A-Za-z0-9/+]{40})(?![A-Za-z0-9/+])",
        "AKIA",
        "ASIA",
    ),
    _kind(
        "a GitHub token",
        "REDACTED-github",
        _B + r"(?:gh[posur]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,})",
        *("ghp_", "gho_", "ghs_", "ghu_", "ghr_", "github_pat_"),
    ),
    _kind(
        "a GitLab token",
        "REDACTED-gitlab",
        _B + r"gl(?:pat|ptt|dt|rt|cbt|oas|soat|ft|imt|agent)-[A-Za-z0-9_.-]{16,}",
        *("glpat-", "glptt-", "gldt-", "glrt-", "glcbt-", "gloas-", "glsoat-", "glft-", "glimt-", "glagent-"),
    ),
    _kind(
        "a Slack token",
        "REDACTED-slack",
        _B + r"(?:xox[abceoprsd]-[A-Za-z0-9%-]{10,}|xapp-[A-Za-z0-9-]{10,}"
        r"|hooks\.slack\.com/(?:services|workflows)/([A-Za-z0-9/+]{20,}))",
        *("xox", "xapp-", "hooks.slack.com"),
        test=_has_digit,
    ),
    _kind(
        "a Google key",
        "REDACTED-google",
        _B + r"(?:AIza[A-Za-z0-9_-]{30,}|ya29\.[A-Za-z0-9_.-]{20,}|GOCSPX-[A-Za-z0-9_-]{20,}"
        r"|1//0[A-Za-z0-9_-]{30,})",
        *("AIza", "ya29.", "GOCSPX-", "1//0"),
    ),
    _kind(
        "a Hugging Face token",
        "REDACTED-huggingface",
        _B + r"(?:hf_|api_org_)[A-Za-z0-9]{20,}",
        "hf_",
        "api_org_",
    ),
    _kind(
        "a Stripe key",
        "REDACTED-stripe",
        _B + r"[sr]k_(?:live|test)_[A-Za-z0-9]{10,}",
        *("k_live_", "k_test_"),
    ),
    _kind(
        "a private key",
        "REDACTED-pem",
        rf"-----BEGIN {_PEM_NAME}{_PEM_TEXT}{{0,20000}}+(?:-----END {_PEM_NAME})?",
        "PRIVATE KEY",
    ),
    _kind(
        "a key of a service",
        "REDACTED-key",
        _B + r"(?:npm_[A-Za-z0-9]{30,}|pypi-[A-Za-z0-9_-]{40,}|dop_v1_[0-9a-f]{40,}|SG\.[A-Za-z0-9_-]{16,}\."
        r"[A-Za-z0-9_-]{20,}|gsk_[A-Za-z0-9]{20,}|xai-[A-Za-z0-9]{20,}|r8_[A-Za-z0-9]{20,}|pplx-[A-Za-z0-9]{20,}"
        r"|dapi[0-9a-f]{32}|lsv2_(?:pt|sk)_[A-Za-z0-9_]{20,}|nvapi-[A-Za-z0-9_-]{20,}|shpat_[0-9a-f]{20,}"
        r"|dckr_pat_[A-Za-z0-9_-]{20,}|sntrys_[A-Za-z0-9+/=_-]{20,}|[0-9]{8,10}:AA[A-Za-z0-9_-]{33})",
        *("npm_", "pypi-", "dop_v1_", "SG.", "gsk_", "xai-", "r8_", "pplx-", "dapi", "lsv2_", "nvapi-"),
        *("shpat_", "dckr_pat_", "sntrys_", ":AA"),
    ),
    _kind(
        "a password in a URL",
        "REDACTED-password",
        _B + r"[A-Za-z][A-Za-z0-9+.-]{1,20}://[^\s/?#\"'<>@:\\]{0,200}:([^\s/?#\"'<>@\\]{1,200})@",
        "://",
        test=_telling,
    ),
    _kind(
        "a token in a URL",
        "REDACTED-password",
        _B + r"[A-Za-z][A-Za-z0-9+.-]{1,20}://([^\s/?#\"'<>@:\\]{16,200})@",
        "://",
        test=looks_like_credential,
    ),
    _kind(
        "a bearer token",
        "REDACTED-token",
        r"(?<![A-Za-z])[Bb]earer[ +]{1,3}([A-Za-z0-9._~+/=-]{12,})",
        *("earer ", "earer+"),
        test=_has_digit,
    ),
    _kind(
        "basic credentials",
        "REDACTED-basic",
        r"(?i:authorization)[\"']?\s{0,4}[:=,]\s{0,4}[\[\"']{0,2}[Bb]asic[ +]{1,3}([A-Za-z0-9+/=_-]{4,})",
        *("asic ", "asic+"),
    ),
    _kind(
        "a cookie",
        "REDACTED-cookie",
        r"(?<![A-Za-z0-9_])(?:__cf_bm|_cfuvid|cf_clearance|__Secure-[\w.-]{1,60}|__Host-[\w.-]{1,60}|sessionid|session_id"
        r"|csrftoken|JSESSIONID|PHPSESSID|connect\.sid|_session)=([^;\s\"',\\&]{8,})",
        *("__cf_bm", "_cfuvid", "cf_clearance", "__Secure-", "__Host-", "session", "csrftoken", "JSESSIONID"),
        *("PHPSESSID", "connect.sid"),
        test=_has_digit,
    ),
)
"""In the order in which they are asked: what two of them find is of the kind that comes first."""


def shaped(text: str) -> Iterator[tuple[int, int, Kind]]:
    """Where in `text` something has the shape of a secret: from, to, and of what kind."""
    for kind in KINDS:
        if not any(mark in text for mark in kind.marks):
            continue
        for match in kind.pattern.finditer(text):
            group = match.lastindex or 0
            if kind.test is None or kind.test(match[group]):
                yield match.start(group), match.end(group), kind
