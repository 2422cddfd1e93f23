"""What of header fields is a secret by the field's name."""

from __future__ import annotations

import re
from typing import Final

from drytune.cassettes.redaction.fields import FIELD, strength
from drytune.cassettes.redaction.kinds import KINDS, Kind, is_placeholder

__all__ = ["header_secret"]

_BY_PLACEHOLDER: Final = {kind.placeholder: kind for kind in KINDS}
_COOKIE: Final = _BY_PLACEHOLDER["REDACTED-cookie"]
_ALWAYS: Final[dict[str, Kind]] = {
    "cookie": _COOKIE,
    "set-cookie": _COOKIE,
    "cookie2": _COOKIE,
    "set-cookie2": _COOKIE,
    "openai-organization": _BY_PLACEHOLDER["org-REDACTED"],
    "openai-project": _BY_PLACEHOLDER["proj_REDACTED"],
}
_SECRET_NAMES: Final = frozenset(
    {
        "authorization",
        "proxy-authorization",
        "api-key",
        "x-api-key",
        "x-goog-api-key",
        "ocp-apim-subscription-key",
    }
)
_HARMLESS: Final = frozenset(
    {"idempotency-key", "x-idempotency-key", "sec-websocket-key", "webhook-signature"}
)
_SCHEME = re.compile(
    r"(?i:bearer|basic|token|digest|negotiate|apikey|sharedkey|sharedaccesssignature)[ ]+(?=\S)"
)


def header_secret(name: str, value: str) -> tuple[int, int, Kind] | None:
    """Where in the value of a header field the secret stands that its name tells of; None without one.

    Args:
        name: Of the field, in any letters.
        value: Of the field.
    """
    small = name.lower()
    start = 0
    if small in _ALWAYS:
        kind = _ALWAYS[small]
    elif small in _SECRET_NAMES or (small not in _HARMLESS and strength(small) == "sure"):
        kind = FIELD
        scheme = _SCHEME.match(value)
        start = scheme.end() if scheme else 0
    else:
        return None
    secret = value[start:].strip()
    if not secret or is_placeholder(secret):
        return None
    start = value.index(secret, start)
    return start, start + len(secret), kind
