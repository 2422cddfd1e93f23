"""The normal form of a request: two requests that mean the same have the same one.

| part   | what does not matter                                                                    |
|--------|-----------------------------------------------------------------------------------------|
| path   | what stands before ``v1`` (or ``openai``, or the recorded base URL), percent-encoding    |
| query  | its order; ``api-version``                                                              |
| JSON   | order of keys, white space, escapes, ``1`` or ``1.0``                                   |
| forms  | order of fields; of an upload also the boundary: its parts go by their hashes           |
| header | all of them: keys, user agents, ids of retries                                          |
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any, Final, Literal, NamedTuple
from urllib.parse import parse_qsl, unquote, urlsplit

import msgspec

from drytune.cassettes.model import Asked, Cassette
from drytune.handlers.matching.forms import parts_of_body, parts_of_request, urlencoded
from drytune_simulator import Request

__all__ = [
    "Hashed",
    "Kind",
    "Normal",
    "Query",
    "body_of",
    "normal_of_asked",
    "normal_of_request",
    "place_in_words",
    "place_of",
    "root_of",
]

Query = tuple[tuple[str, str], ...]
Kind = Literal["", "json", "form", "parts", "bytes"]
Content = tuple[Kind, Any]

_ORIGIN = re.compile(r"^[A-Za-z][A-Za-z0-9+.-]*://[^/?#]*")
_IGNORED: Final = frozenset({"api-version"})
_LARGEST_WHOLE: Final = 2.0**53


class Hashed(bytes):
    """The SHA-256 digest of a body that is too large to be kept, in its place."""


class Normal(NamedTuple):
    """The normal form of a request.

    Attributes:
        method: In capitals.
        path: Behind ``v1``, decoded; a slash inside a segment stays ``%2F``.
        query: Decoded and sorted.
        kind: What the body is; ``""`` if there is none.
        value: The body: a JSON value, sorted pairs, a list of `forms.FormPart`, or bytes (`Hashed`, if they
            came as a stream).
        digest: 16 bytes; equal for requests that mean the same.
    """

    method: str
    path: str
    query: Query
    kind: Kind
    value: Any
    digest: bytes


def root_of(cassette: Cassette) -> tuple[str, ...]:
    """The path segments of the base URL that was recorded; paths of requests are told without them."""
    source = cassette.header.source or ""
    if not _ORIGIN.match(source):
        return ()
    try:
        path = urlsplit(source).path
    except ValueError:
        return ()
    return tuple(unquote(part) for part in path.strip("/").split("/") if part)


@lru_cache(maxsize=4096)
def place_of(target: str, root: tuple[str, ...] = ()) -> tuple[str, Query]:
    """Path and query of a target or an absolute address, in their normal form."""
    path, _, query = _ORIGIN.sub("", target).partition("#")[0].partition("?")
    segments = tuple(unquote(part) for part in path.split("/")[1:])
    if root and segments[: len(root)] == root:
        segments = segments[len(root) :]
    elif "v1" in segments:
        segments = segments[segments.index("v1") + 1 :]
    elif segments[:1] == ("openai",):
        segments = segments[1:]
    pairs = parse_qsl(query, keep_blank_values=True)
    return (
        "/" + "/".join(part.replace("/", "%2F") for part in segments),
        tuple(sorted(pair for pair in pairs if pair[0] not in _IGNORED)),
    )


def place_in_words(uri: str) -> str:
    """A recorded address without the host: ``/v1/files?limit=2``."""
    return _ORIGIN.sub("", uri) or "/"


def normal_of_request(request: Request, root: tuple[str, ...] = ()) -> Normal:
    """The normal form of a request that comes in; a large body is read as a stream, and is at its start again."""
    path, query = place_of(request.target, root)
    kind: str = request.headers.get("content-type", "")
    if request.stream is None:
        body = request.body
        if not body:
            return _made(request.method, path, query, ("", None))
        if _is_form_of_parts(kind, body):
            return _made(request.method, path, query, ("parts", parts_of_request(request)))
        return _made(request.method, path, query, body_of(kind, body))
    try:
        return _made(request.method, path, query, _streamed(request, kind))
    finally:
        request.stream.seek(0)


def normal_of_asked(asked: Asked, root: tuple[str, ...] = ()) -> Normal:
    """The normal form of a recorded request."""
    path, query = place_of(asked.uri, root)
    kind = dict(asked.headers).get("content-type", "")
    method = asked.method.upper()
    if asked.parts is not None:
        return _made(method, path, query, ("parts", parts_of_body(kind, asked.body, asked.parts)))
    if asked.body and _is_form_of_parts(kind, asked.body):
        return _made(method, path, query, ("parts", parts_of_body(kind, asked.body, None)))
    return _made(method, path, query, body_of(kind, asked.body))


def body_of(content_type: str, body: bytes) -> Content:
    """What a body that is no upload means.

    Args:
        content_type: As the header has it; empty if nobody kept it, then the body's looks decide.
        body: All of it.
    """
    if not body:
        return "", None
    kind = content_type.partition(";")[0].strip().lower()
    if kind == "application/x-www-form-urlencoded":
        return "form", urlencoded(body)
    if not kind or kind.endswith("json"):
        try:
            return "json", _DECODER.decode(body)
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
            pass
    if not kind and (pairs := _looks_urlencoded(body)):
        return "form", pairs
    return "bytes", body


def _number(text: str) -> int | float:
    """A number of JSON that is written with a point or an exponent: 1.0 means what 1 means."""
    value = float(text)
    return int(value) if value.is_integer() and abs(value) < _LARGEST_WHOLE else value


_DECODER: Final = msgspec.json.Decoder(float_hook=_number)
_ENCODER: Final = msgspec.json.Encoder(order="deterministic")


def _made(method: str, path: str, query: Query, content: Content) -> Normal:
    kind, value = content
    hashed = hashlib.blake2b(f"{method}\0{path}\0".encode("utf-8", "surrogatepass"), digest_size=16)
    if query:
        hashed.update(repr(query).encode("utf-8", "surrogatepass"))
    hashed.update(f"\0{kind}\0".encode())
    if kind == "bytes":
        hashed.update(value if isinstance(value, Hashed) else hashlib.sha256(value).digest())
    elif kind == "parts":
        hashed.update(_ENCODER.encode(sorted(part.identity for part in value)))
    elif kind:
        try:
            hashed.update(_ENCODER.encode(value))
        except (RecursionError, UnicodeEncodeError, ValueError):  # nested far too deep
            hashed.update(repr(value).encode("utf-8", "surrogatepass"))
    return Normal(method, path, query, kind, value, hashed.digest())


def _is_form_of_parts(content_type: str, body: bytes) -> bool:
    if content_type:
        return content_type.lstrip().lower().startswith("multipart/form-data")
    return body.startswith(b"--") and b"form-data" in body[:1000].lower()


def _streamed(request: Request, content_type: str) -> Content:
    """The body of a request that is too large for memory, unless it is JSON, which has no other meaning."""
    if _is_form_of_parts(content_type, b""):
        return "parts", parts_of_request(request)
    if content_type.partition(";")[0].strip().lower().endswith("json"):
        return body_of(content_type, b"".join(request.chunks()))
    return "bytes", _digest(request.chunks())


def _digest(chunks: Iterable[bytes]) -> Hashed:
    hashed = hashlib.sha256()
    for chunk in chunks:
        hashed.update(chunk)
    return Hashed(hashed.digest())


def _looks_urlencoded(body: bytes) -> list[tuple[str, str]]:
    """The pairs of a body whose content type nobody kept, if it looks like a form."""
    if len(body) > 64 * 1024 or not re.fullmatch(
        rb"[\w.%+\[\]-]+=[^\s=&]*(?:&[\w.%+\[\]-]+=[^\s=&]*)*", body
    ):
        return []
    return urlencoded(body)
