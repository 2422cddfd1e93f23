"""What is a secret by the name under which it stands: ``"api_key": "…"``, ``password=…``, ``?sig=…``.

Names come in two strengths. What is called password, secret, API key, access token or authorization is one,
whatever it looks like. What is only called key or token may be anything (``prompt_cache_key``, the key of an
object, a token of a text), so its value has to look like a credential as well.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise
from typing import Final, Literal

from drytune.cassettes.redaction.kinds import Kind, looks_like_credential

__all__ = ["FIELD", "WORDS", "Strength", "named", "strength"]

Strength = Literal["sure", "maybe", "no"]

FIELD: Final = Kind("the value of a secret field", "REDACTED", re.compile(r"(?!)"), ())
"""The kind of what is found here."""

WORDS: Final = (
    *("pass", "pwd", "secret", "key", "token", "auth", "credential", "cookie", "signature", "sig="),
    *("accountkey", "connection", "x-amz-", "x-goog-", 'sig"', 'sas"', "session"),
)
"""A text without any of these, in small letters, has no such field."""

_SEARCHED: Final = (
    "pass",
    "pwd",
    "secret",
    "key",
    "token",
    "auth",
    "credential",
    "cookie",
    "sig",
    "connection",
)
"""Where one of these stands a name may be."""

_SURE_WORDS: Final = frozenset(
    {
        *("password", "passwd", "passphrase", "pwd", "passcode", "secret", "secrets", "apikey"),
        *("authorization", "credential", "credentials", "cookie", "cookies", "accesstoken", "refreshtoken"),
        *("authtoken", "sessiontoken", "idtoken", "secretkey", "accesskey", "privatekey", "accountkey"),
        *("clientsecret", "sharedaccesskey", "signingkey"),
    }
)
_SURE_PAIRS: Final = frozenset(
    {
        *(("api", "key"), ("access", "key"), ("private", "key"), ("secret", "key"), ("account", "key")),
        *(("subscription", "key"), ("signing", "key"), ("encryption", "key"), ("master", "key")),
        *(("service", "key"), ("auth", "token"), ("access", "token"), ("refresh", "token"), ("id", "token")),
        *(("session", "token"), ("bearer", "token"), ("security", "token"), ("csrf", "token")),
        *(("api", "token"), ("connection", "string"), ("amz", "signature"), ("goog", "signature")),
        *(("amz", "credential"), ("goog", "credential")),
    }
)
_SURE_ENDS: Final = ("password", "passwd", "apikey", "secret", "secretkey", "accesstoken", "authtoken")
_MAYBE: Final = frozenset({"key", "token", "auth", "sig", "signature", "pass", "session", "bearer"})
_ABOUT: Final = frozenset(
    {
        *("name", "type", "url", "uri", "count", "length", "limit", "expires", "at", "in", "policy", "hint"),
        *("field", "label", "description", "title", "version", "format", "algorithm", "alg", "tokens"),
        *("details", "required", "enabled", "status", "size", "index", "usage", "budget", "env", "id"),
        *("path", "file", "words"),
    }
)
"""A name that ends so tells something about a secret."""
_NEVER: Final = frozenset(
    {
        *("prompt cache key", "idempotency key", "x idempotency key", "public key", "cache key", "sort key"),
        *("partition key", "primary key", "foreign key", "page token", "next page token", "pagination token"),
        *("continuation token", "stop token", "pad token", "eos token", "bos token", "unk token"),
        *("cls token", "sec websocket key", "host key", "keyword", "keywords"),
        *("monkey", "donkey", "hockey", "turkey", "jockey", "whiskey", "hotkey"),
    }
)
_SIGNATURES: Final = frozenset({"sig", "signature", "token", "auth", "jwt"})
"""In a query nothing but a secret is called so."""
_BETWEEN_WORDS = re.compile(r"[^A-Za-z0-9]+|(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_NAME: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-"
_LONGEST_NAME: Final = 60
_SHORTEST_BARE: Final = 8
_SHORTEST_QUOTED: Final = 6

# behind the word that was found: the rest of the name, and the value as JSON, Python or a cassette writes it
_QUOTED = re.compile(
    r"[A-Za-z0-9_.\-]{0,60}+[\"']\s{0,40}"
    r"(?::|=>?|,(?=\s{0,40}(?:\"value\"|'value')|\s{0,40}[\"'][Bb]earer))\s{0,40}"
    r"(?:[\"']value[\"']\s{0,40}:\s{0,40})?(?:\[\s{0,40})?(?:\"((?:[^\"\\]|\\.)*)\"|'((?:[^'\\]|\\.)*)')",
    re.DOTALL,
)
# … and as a form, a URL, an environment or a header writes it
_BARE = re.compile(r"[A-Za-z0-9_.\-]{0,60}+(\s{0,3}(?:=|:)\s{0,3})[\"']?([^\s\"'&;,<>\\(){}\[\]]{1,4096})")
_IN_FORM = re.compile(
    r"[A-Za-z0-9_.\-]{0,60}+\"(?:;[^\r\n]{0,200})?"
    r"(?:\r\n[^\r\n]{1,200}){0,4}\r\n\r\n([^\r\n]{1,4096})\r\n--"
)
_SCHEME = re.compile(
    r"(?:bearer|basic|token|digest|negotiate|apikey|sharedaccesssignature)[ +]{1,3}", re.IGNORECASE
)
_BEHIND_SCHEME = re.compile(r"[\s\"'&;,<>\\]{0,3}([^\s\"'&;,<>\\]{4,4096})")
_NO_VALUE = re.compile(
    r"(?:\*+|x+|\.+|<[^>]*>|\$\{?\w+\}?|\{\{.*\}\}|\[(?:hidden|redacted|filtered)\]|string|null|none|true|false|"
    r"password|secret|token|key|required|optional|example|yes|no|your[-_ ].*)$",
    re.IGNORECASE | re.DOTALL,
)
_OF_LOGPROBS = re.compile(r"\s{0,40},\s{0,40}\"(?:logprob|bytes|top_logprobs)\"")


@lru_cache(maxsize=4096)
def strength(name: str) -> Strength:
    """How sure the name of a field makes that its value is a secret."""
    words = tuple(word.lower() for word in _BETWEEN_WORDS.split(name) if word)
    if not words or " ".join(words) in _NEVER:
        return "no"
    pairs = set(pairwise(words))
    if (
        not _SURE_WORDS.isdisjoint(words)
        or not _SURE_PAIRS.isdisjoint(pairs)
        or words[-1].endswith(_SURE_ENDS)
    ):
        return "maybe" if words[-1] in _ABOUT else "sure"
    return "maybe" if words[-1] in _MAYBE or words[-1].endswith("key") else "no"


def named(text: str) -> Iterator[tuple[int, int, Kind]]:
    """Where in `text` a value stands under the name of a secret: from, to, and of what kind."""
    small = _small(text)
    for word in _SEARCHED:
        at = small.find(word)
        while at >= 0:
            behind = at + len(word)
            found = _at(text, at, behind)
            if found is not None:
                yield found
            at = small.find(word, behind)


def _small(text: str) -> str:
    """In small letters, as many as before: what is not ASCII may become two letters."""
    if text.isascii():
        return text.lower()
    return text.encode("utf-8", "surrogatepass").lower().decode("utf-8", "surrogatepass")


def _at(text: str, at: int, behind: int) -> tuple[int, int, Kind] | None:
    """The value of the name in which a word stands from `at` to `behind`, if it is a secret."""
    match = _QUOTED.match(text, behind)
    if match is not None:
        return _quoted(text, at, match)
    match = _IN_FORM.match(text, behind)
    if match is not None and _is_secret(_name(text, at, behind), match[1], bare=False):
        return _behind_scheme(match.start(1), match[1])
    match = _BARE.match(text, behind)
    return None if match is None else _bare(text, at, match)


def _quoted(text: str, at: int, match: re.Match[str]) -> tuple[int, int, Kind] | None:
    group = match.lastindex or 1
    name, value = _name(text, at, match.start()), match[group]
    if not _is_secret(name, value, bare=False) or _OF_LOGPROBS.match(text, match.end()):
        return None
    return _behind_scheme(match.start(group), value)


def _bare(text: str, at: int, match: re.Match[str]) -> tuple[int, int, Kind] | None:
    name, value = _name(text, at, match.start(1)), match[2]
    if _SCHEME.match(value + " "):  # Authorization: Bearer …, of which `Bearer` was taken
        rest = _BEHIND_SCHEME.match(text, match.end(2))
        return None if rest is None or strength(name) != "sure" else (*rest.span(1), FIELD)
    begun = _begun(text, at)
    in_query = match[1] == "=" and (begun == 0 or text[begun - 1] in "?&;")
    if in_query and name.lower() in _SIGNATURES and len(value) >= _SHORTEST_QUOTED:
        return (*match.span(2), FIELD)
    return (*match.span(2), FIELD) if _is_secret(name, value, bare=not in_query) else None


def _begun(text: str, at: int) -> int:
    """Where the name begins that goes on at `at`."""
    before = text[max(0, at - _LONGEST_NAME) : at]
    return at - len(before) + len(before.rstrip(_NAME))


def _name(text: str, at: int, behind: int) -> str:
    """The whole name, of which a word stands at `at` and something more may be behind."""
    after = text[at : behind + _LONGEST_NAME]
    stop = next((index for index, letter in enumerate(after) if letter not in _NAME), len(after))
    return text[_begun(text, at) : at] + after[:stop]


def _behind_scheme(start: int, value: str) -> tuple[int, int, Kind]:
    """The value without the name of a scheme (``Bearer``), which is no secret."""
    scheme = _SCHEME.match(value)
    return start + (scheme.end() if scheme else 0), start + len(value), FIELD


def _is_secret(name: str, value: str, *, bare: bool) -> bool:
    sure = strength(name)
    if sure == "no" or not value or _NO_VALUE.match(value):
        return False
    if value.startswith(("org-", "proj_")):
        return True
    if sure == "maybe":
        return looks_like_credential(value)
    if bare:  # in prose and programs much may follow the word
        return len(value) >= _SHORTEST_BARE and _has_letter_and_digit(value)
    # a sentence about a secret is none
    is_password = "pass" in name.lower() or "pwd" in name.lower()
    return is_password or (
        len(value) >= _SHORTEST_QUOTED and (len(value.split()) <= 2 or _SCHEME.match(value) is not None)
    )


def _has_letter_and_digit(text: str) -> bool:
    return re.search(r"[0-9]", text) is not None and re.search(r"[A-Za-z]", text) is not None
