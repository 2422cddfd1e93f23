"""Exchanges as they stand in a cassette: drytune's, vcrpy's of any age, and those of Ruby's VCR."""

from __future__ import annotations

import binascii
import math
import re
from base64 import b64decode
from collections.abc import Iterator
from typing import Any, Final

import msgspec

from drytune.cassettes.bodies import decompressed, is_form, uploaded
from drytune.cassettes.errors import CassetteError
from drytune.cassettes.model import Asked, Exchange, Fields, Part, Told, content_type_of

__all__ = ["exchanges_of", "plain_answer", "with_parts"]

# what an HTTP library makes anew of a body that is whole and not compressed
_OF_THE_CONNECTION: Final = frozenset({"content-length", "content-encoding", "transfer-encoding"})
_METHOD = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_TYPE_ERROR = re.compile(r"^(?P<what>.*?)(?: - at `\$\.?(?P<where>.*)`)?$")


class _Extras(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What vcrpy has no place for; under the name ``drytune`` of an interaction."""

    at: float | None = None
    wait: float = 0.0
    chunks: tuple[tuple[int, float], ...] = ()
    parts: tuple[Part, ...] | None = None
    interrupted: bool = False


_NOTHING: Final = _Extras()


class _Wrong(ValueError):  # noqa: N818 - part of a sentence
    """What is wrong with one exchange."""


def exchanges_of(interactions: Any, name: str) -> Iterator[Exchange]:
    """The exchanges of what stands under ``interactions``.

    Raises:
        CassetteError: Something in one of them is not as it should be; names the exchange and the place in it.
    """
    if interactions is None:
        return
    if not isinstance(interactions, list):
        msg = f"{name} is no cassette: its interactions are {_kind(interactions)} and no list."
        raise CassetteError(msg)
    for number, interaction in enumerate(interactions, 1):
        try:
            yield _exchange(interaction)
        except _Wrong as wrong:
            msg = f"{name}, exchange {number}: {wrong}. Mend the file, or record it anew."
            raise CassetteError(msg) from wrong


def plain_answer(headers: Fields, body: bytes) -> tuple[Fields, bytes]:
    """Headers and body of an answer, decompressed, and without what depends on how it was sent.

    Raises:
        ValueError: The body is compressed in a way that nobody here can undo.
    """
    encodings = [value for name, value in headers if name == "content-encoding"]
    if encodings:
        body = decompressed(body, ", ".join(encodings))
    return tuple(field for field in headers if field[0] not in _OF_THE_CONNECTION), body


def with_parts(request: Asked) -> Asked:
    """`request` with what is known of the parts of its form, if it is one and nobody has said."""
    if request.parts is not None or not request.body:
        return request
    content_type = content_type_of(request.headers)
    if not is_form(content_type):
        return request
    parts, _ = uploaded(content_type, request.body)
    return msgspec.structs.replace(request, parts=parts)


def _exchange(interaction: Any) -> Exchange:
    mapping = _mapping(interaction, "it")
    request = _mapping(mapping.get("request"), "request")
    response = _mapping(mapping.get("response"), "response")
    extras = _extras(mapping["drytune"]) if "drytune" in mapping else _NOTHING
    asked = Asked(
        method=_method(request.get("method")),
        uri=_text(request.get("uri"), "request.uri"),
        headers=_fields(request.get("headers"), "request.headers"),
        body=_body(request.get("body"), "request.body"),
        parts=extras.parts,
    )
    told = _told(response, extras)
    if extras.parts is None:
        asked = with_parts(asked)
    return Exchange(request=asked, response=told, at=extras.at)


def _told(response: dict[str, Any], extras: _Extras) -> Told:
    if "status_code" in response:  # vcrpy 4 to 6 with httpx
        status, reason = response["status_code"], ""
        body = _body(response.get("content"), "response.content")
    else:
        told = response.get("status")
        told = told if isinstance(told, int) else _mapping(told, "response.status")
        status = told if isinstance(told, int) else told.get("code")
        message = None if isinstance(told, int) else told.get("message")
        reason = "" if message is None else _text(message, "response.status.message")
        body = _body(response.get("body"), "response.body")
    if isinstance(status, str) and status.isdecimal():
        status = int(status)
    if not isinstance(status, int) or isinstance(status, bool) or not 100 <= status <= 999:
        msg = f"response.status.code is {_shown(status)} and no HTTP status"
        raise _Wrong(msg)
    try:
        headers, body = plain_answer(_fields(response.get("headers"), "response.headers"), body)
    except ValueError as error:
        raise _Wrong(str(error)) from error
    chunks = extras.chunks
    if chunks:
        total = sum(size for size, _ in chunks)
        if total != len(body):
            msg = (
                f"drytune.chunks add up to {total} bytes and response.body.string has {len(body)} (whoever "
                f"changes a stream by hand leaves drytune.chunks out)"
            )
            raise _Wrong(msg)
    return Told(
        status=status,
        reason=reason,
        headers=headers,
        body=body,
        wait=extras.wait,
        chunks=chunks,
        interrupted=extras.interrupted,
    )


def _extras(value: Any) -> _Extras:
    try:
        extras = msgspec.convert(value, _Extras)
    except msgspec.ValidationError as error:
        match = _TYPE_ERROR.match(str(error))
        what, where = (match["what"], match["where"]) if match else (str(error), "")
        place = f"drytune.{where}" if where else "drytune"
        msg = f"{place}: {what.removeprefix('Object ').replace('`', '')}"
        raise _Wrong(msg) from error
    seconds = [extras.wait, *(delay for _, delay in extras.chunks)]
    if not all(math.isfinite(one) and one >= 0 for one in seconds) or not math.isfinite(extras.at or 0):
        msg = "drytune: seconds are neither negative nor infinite"
        raise _Wrong(msg)
    if any(size < 0 for size, _ in extras.chunks) or any(part.size < 0 for part in extras.parts or ()):
        msg = "drytune: nothing has fewer than 0 bytes"
        raise _Wrong(msg)
    return extras


def _method(value: Any) -> str:
    if isinstance(value, str) and _METHOD.fullmatch(value):
        return value.upper()
    msg = f"request.method is {_shown(value)} and no HTTP method"
    raise _Wrong(msg)


def _fields(value: Any, where: str) -> Fields:
    if value is None:
        return ()
    fields = []
    if isinstance(value, list):  # pairs, as some stubs of vcrpy wrote them
        for pair in value:
            if not isinstance(pair, list) or len(pair) != 2:
                msg = f"{where} has {_shown(pair)}, which is no pair of a name and a value"
                raise _Wrong(msg)
            fields.append((_text(pair[0], where).lower(), _text(pair[1], where)))
        return tuple(fields)
    for name, values in _mapping(value, where).items():
        lower = name.lower() if type(name) is str else _text(name, where).lower()
        if type(values) is list:
            place = f"{where}.{lower}"
            fields += [(lower, one if type(one) is str else _text(one, place)) for one in values]
        else:
            fields.append((lower, _text(values, f"{where}.{lower}")))
    return tuple(fields)


def _body(value: Any, where: str) -> bytes:
    if type(value) is str:
        return value.encode("utf-8", "surrogatepass")
    if value is None:
        return b""
    if isinstance(value, bytes):
        return value
    if isinstance(value, dict):
        for name in ("base64_string", "base64"):
            if isinstance(value.get(name), str):
                return _from_base64(value[name], f"{where}.{name}")
        if "string" in value or value.keys() <= {"encoding"}:
            return _body(value.get("string"), f"{where}.string")
        msg = f"{where} has no string"
        raise _Wrong(msg)
    if isinstance(value, list):  # an iterator, piece by piece
        return b"".join(_body(one, where) for one in value)
    msg = f"{where} is {_shown(value)} and no text"
    raise _Wrong(msg)


def _from_base64(text: str, where: str) -> bytes:
    try:
        return b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        msg = f"{where} is no base64 ({error})"
        raise _Wrong(msg) from error


def _mapping(value: Any, where: str) -> dict[str, Any]:
    if isinstance(value, dict):
        return value
    msg = f"{where} is missing" if value is None else f"{where} is {_kind(value)} and no mapping"
    raise _Wrong(msg)


def _text(value: Any, where: str) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bytes):
        return value.decode("latin-1")
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)  # a header that somebody wrote without quotes
    if isinstance(value, bool):
        return "true" if value else "false"
    msg = f"{where} is missing" if value is None else f"{where} is {_kind(value)} and no text"
    raise _Wrong(msg)


def _kind(value: Any) -> str:
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    return _shown(value)


def _shown(value: Any) -> str:
    """What it is, but not what it says: that may be a secret."""
    if value is None:
        return "missing"
    if isinstance(value, bool | int | float):
        return str(value)[:40]
    return "a text" if isinstance(value, str) else "bytes" if isinstance(value, bytes) else _kind(value)
