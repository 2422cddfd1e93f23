"""HAR 1.2 files, as browsers and proxies write them."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from urllib.parse import quote_plus

import msgspec

from drytune.cassettes.bodies import BOUNDARY, FORM_TYPE
from drytune.cassettes.errors import CassetteError
from drytune.cassettes.foreign import plain_answer, with_parts
from drytune.cassettes.model import Asked, Cassette, Exchange, Fields, Header, Part, Told, content_type_of

__all__ = ["from_har"]


class _Field(msgspec.Struct):
    name: str
    value: str = ""


class _Param(msgspec.Struct, rename="camel"):
    name: str
    value: str | None = None
    file_name: str | None = None
    content_type: str | None = None


class _Post(msgspec.Struct, rename="camel"):
    mime_type: str | None = None
    text: str | None = None
    params: list[_Param] | None = None
    encoding: str | None = None


class _Request(msgspec.Struct, rename="camel"):
    method: str
    url: str
    headers: list[_Field] = []
    post_data: _Post | None = None


class _Content(msgspec.Struct):
    text: str | None = None
    encoding: str | None = None


class _Response(msgspec.Struct, rename="camel"):
    status: int
    status_text: str | None = None
    headers: list[_Field] = []
    content: _Content | None = None


class _Timings(msgspec.Struct):
    wait: float | None = None


class _Entry(msgspec.Struct, rename="camel"):
    request: _Request
    response: _Response
    started_date_time: str | None = None
    timings: _Timings | None = None


def from_har(log: dict[str, Any], name: str) -> Cassette:
    """The exchanges of a HAR file, all of them, whatever server they asked.

    The files of a form of which the HAR tells only the names become parts without a hash (``sha256`` is empty),
    which match any content.

    Args:
        log: What stands under ``log``.
        name: Of the file.

    Raises:
        CassetteError: An entry is not as HAR 1.2 says; names the entry and the place in it.
    """
    entries = log.get("entries")
    if not isinstance(entries, list):
        msg = f"{name} is no HAR file: log.entries is no list."
        raise CassetteError(msg)
    exchanges = list(_exchanges(entries, name))
    version = log.get("version")
    creator = log.get("creator")
    made_by = creator.get("name") if isinstance(creator, dict) else None
    note = f"Read from a HAR {version} file" if isinstance(version, str) else "Read from a HAR file"
    note += f" of {made_by}." if isinstance(made_by, str) else "."
    if left_out := len(entries) - len(exchanges):
        note += f" {left_out} of its {len(entries)} requests had no answer and are left out."
    began = next((moment for _, moment in exchanges if moment is not None), None)
    timed = [
        msgspec.structs.replace(one, at=None if moment is None or began is None else round(moment - began, 6))
        for one, moment in exchanges
    ]
    timed.sort(key=lambda one: (one.at is None, one.at or 0.0))
    return Cassette(header=Header(note=note), exchanges=tuple(timed), name=name)


def _exchanges(entries: list[Any], name: str) -> Iterator[tuple[Exchange, float | None]]:
    for number, value in enumerate(entries, 1):
        try:
            entry = msgspec.convert(value, _Entry)
            if entry.response.status == 0:  # the request failed, or was broken off
                continue
            yield _exchange(entry), _moment(entry.started_date_time)
        except ValueError as error:
            what = str(error).replace("`$", "`log.entries[]")
            msg = f"{name}, exchange {number}: {what}. Export the HAR file again."
            raise CassetteError(msg) from error


def _exchange(entry: _Entry) -> Exchange:
    request, response = entry.request, entry.response
    headers = _fields(request.headers)
    asked = with_parts(_posted(request, headers))
    content = response.content or _Content()
    fields, body = plain_answer(
        tuple(field for field in _fields(response.headers) if field[0] != "content-encoding"),
        _bytes(content.text, content.encoding),
    )
    wait = entry.timings.wait if entry.timings and entry.timings.wait else 0.0
    if not 100 <= response.status <= 999:
        msg = f"response.status is {response.status} and no HTTP status"
        raise ValueError(msg)
    told = Told(
        status=response.status,
        reason=response.status_text or "",
        headers=fields,
        body=body,
        wait=round(max(0.0, wait) / 1000, 6),
    )
    return Exchange(request=asked, response=told)


def _posted(request: _Request, headers: Fields) -> Asked:
    method, post = request.method.upper(), request.post_data
    if post is None:
        return Asked(method=method, uri=request.url, headers=headers)
    if post.mime_type and not any(name == "content-type" for name, _ in headers):
        headers = (*headers, ("content-type", post.mime_type))
    if post.text or not post.params:
        body = _bytes(post.text, post.encoding)
        return Asked(method=method, uri=request.url, headers=headers, body=body)
    kind = content_type_of(headers)
    if not kind.lower().startswith("multipart/"):
        body = "&".join(
            f"{quote_plus(one.name)}={quote_plus(one.value or '')}" for one in post.params
        ).encode()
        return Asked(method=method, uri=request.url, headers=headers, body=body)
    headers = tuple((name, FORM_TYPE if name == "content-type" else value) for name, value in headers)
    body, parts = _form(post.params)
    return Asked(method=method, uri=request.url, headers=headers, body=body, parts=parts)


def _form(params: list[_Param]) -> tuple[bytes, tuple[Part, ...]]:
    """A form of parameters; what is in its files may be known or not."""
    from hashlib import sha256

    form, parts = "", []
    for one in params:
        head = f'Content-Disposition: form-data; name="{one.name}"'
        if one.file_name is not None:
            head += f'; filename="{one.file_name}"'
        if one.content_type:
            head += f"\r\nContent-Type: {one.content_type}"
        is_known = one.file_name is None or one.value is not None
        content = (one.value or "").encode()
        form += f"--{BOUNDARY}\r\n{head}\r\n\r\n{one.value or ''}\r\n"
        hashed = sha256(content).hexdigest() if is_known else ""
        parts.append(Part(name=one.name, filename=one.file_name, size=len(content), sha256=hashed))
    return f"{form}--{BOUNDARY}--\r\n".encode(), tuple(parts)


def _fields(fields: list[_Field]) -> Fields:
    """Without the pseudo headers of HTTP/2."""
    return tuple((one.name.lower(), one.value) for one in fields if not one.name.startswith(":"))


def _bytes(text: str | None, encoding: str | None) -> bytes:
    if text is None:
        return b""
    return b64decode("".join(text.split()), validate=True) if encoding == "base64" else text.encode()


def _moment(text: str | None) -> float | None:
    if text is None:
        return None
    try:
        return datetime.fromisoformat(text).timestamp()
    except ValueError:
        return None
