"""What of a request and of an answer is kept, and in which form."""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Iterator, Mapping
from typing import Final

from drytune.cassettes.bodies import BOUNDARY, FORM_TYPE, is_form, uploaded
from drytune.cassettes.model import Asked, Fields, Part, Provenance
from drytune.handlers.addresses import address
from drytune.handlers.upstream import HOP_BY_HOP
from drytune_simulator import Request

__all__ = ["asked_of", "keys_of", "provenance_of", "sdk_of", "told_fields"]

_KEPT_OF_REQUESTS: Final = frozenset(
    {
        "accept",
        "anthropic-version",
        "content-type",
        "idempotency-key",
        "openai-beta",
        "openai-organization",
        "openai-project",
    }
)
# they say nothing about what was answered, would differ each time, or name who asked
_NOT_KEPT_OF_ANSWERS: Final = HOP_BY_HOP | {
    "age",
    "alt-svc",
    "content-encoding",
    "content-length",
    "cookie",
    "date",
    "nel",
    "report-to",
    "server",
    "set-cookie",
    "strict-transport-security",
    "via",
    "www-authenticate",
}
_KEYS: Final = ("authorization", "api-key", "x-api-key", "x-goog-api-key", "proxy-authorization")

_SHORTEST_KEY: Final = 8
"""Local servers are asked with keys like ``EMPTY`` and ``x``: to hide such a word wherever it stands would spoil
what is kept."""


def asked_of(request: Request, base_url: str, *, keep_uploads: bool) -> Asked:
    """The request as it is kept; its stream is at its beginning afterwards.

    Args:
        request: As it came.
        base_url: Of the platform that it is for.
        keep_uploads: Keep the contents of uploaded files, rather than their hashes only.
    """
    body, parts, kind = _body(request, keep_uploads=keep_uploads)
    headers = tuple(
        (name, kind if name == "content-type" else value)
        for name, value in sorted(request.headers.items())
        if name in _KEPT_OF_REQUESTS
    )
    return Asked(
        method=request.method,
        uri=address(base_url, request.target),
        headers=headers,
        body=body,
        parts=parts,
    )


def told_fields(headers: Mapping[str, str]) -> Fields:
    """The header fields of an answer that are kept."""
    fields = ((name.lower(), value) for name, value in headers.items())
    return tuple(
        (name, value)
        for name, value in fields
        if name not in _NOT_KEPT_OF_ANSWERS and not name.startswith("cf-")
    )


def provenance_of(headers: Mapping[str, str]) -> Provenance | None:
    """Where an answer says that it comes from; None where it does not say, as that of a real platform.

    Args:
        headers: Its own, names in small letters.
    """
    says = headers.get("x-drytune-provenance")
    if says == "documented":
        return "documented"
    if says == "recorded":
        return "recorded"
    if says == "simulated" or headers.get("x-drytune") == "simulated":
        return "simulated"
    return None


def sdk_of(headers: Mapping[str, str]) -> str | None:
    """Which SDK a request is from: ``openai-python 3.54.0``; None if it does not say."""
    language, version = (headers.get(f"x-stainless-{what}", "") for what in ("lang", "package-version"))
    return f"openai-{language} {version}" if language and version else None


def keys_of(headers: Mapping[str, str]) -> Iterator[str]:
    """What is secret in the headers of a request."""
    for name in _KEYS:
        scheme, _, rest = headers.get(name, "").strip().partition(" ")
        secret = rest.strip() or scheme
        found = [secret]
        if scheme.lower() == "basic":
            found.append(_password(secret))
        yield from (one for one in found if len(one) >= _SHORTEST_KEY)


def _password(basic: str) -> str:
    try:
        return b64decode(basic, validate=True).decode().partition(":")[2]
    except ValueError:
        return ""


def _body(request: Request, *, keep_uploads: bool) -> tuple[bytes, tuple[Part, ...] | None, str]:
    """The body, the parts of an upload, and the content type that belongs to them."""
    kind: str = request.headers.get("content-type", "")
    if not is_form(kind):
        return b"".join(request.chunks()), None, kind
    try:
        parts, hashed = uploaded(kind, request.body if request.stream is None else request.stream)
    finally:
        if request.stream is not None:
            request.stream.seek(0)
    if keep_uploads:
        body, kind = _with_fixed_boundary(b"".join(request.chunks()), kind)
        return body, parts, kind
    return hashed, parts, FORM_TYPE


def _with_fixed_boundary(body: bytes, kind: str) -> tuple[bytes, str]:
    """A form with a boundary that is the same each time, so that two recordings of one upload are the same."""
    found = re.search(r'boundary="?([^";,\s]+)"?', kind, re.IGNORECASE)
    fixed = b"--" + BOUNDARY.encode()
    if found is None or b"\n" + fixed in body:
        return body, kind
    own = re.escape(b"--" + found[1].encode("latin-1", "replace"))
    # only where a line begins: elsewhere it is content
    return re.sub(rb"(\A|\r\n)" + own + rb"(?=--|[ \t]*\r\n)", rb"\1" + fixed, body), FORM_TYPE
