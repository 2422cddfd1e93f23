"""Bodies as a cassette keeps them: uploads as hashes, and nothing compressed."""

from __future__ import annotations

import hashlib
import io
import re
import zlib
from collections.abc import Iterator
from typing import BinaryIO, Final

from drytune.cassettes.model import Part
from drytune_simulator.http import ApiError, Headers, Request
from drytune_simulator.multipart import MAX_FIELD_BYTES, parts_of
from drytune_simulator.multipart import Part as _Found

__all__ = ["BOUNDARY", "FORM_TYPE", "LARGEST_BODY", "decompressed", "is_form", "uploaded"]

BOUNDARY: Final = "drytune"
"""Of forms whose files are not kept: always the same, so that recording again changes no line."""

FORM_TYPE: Final = f"multipart/form-data; boundary={BOUNDARY}"
"""The content type of what `uploaded` gives."""

LARGEST_BODY: Final = 512 * 1024 * 1024
"""A compressed body that unpacks to more bytes than this is refused: it is damaged, or meant to do harm."""

_CHUNK = 1024 * 1024
_UNSAFE = re.compile(r'["\r\n\\]')


def is_form(content_type: str) -> bool:
    """Whether a body of that type is a form with parts."""
    return content_type.lstrip().lower().startswith("multipart/")


def uploaded(content_type: str, body: bytes | BinaryIO) -> tuple[tuple[Part, ...], bytes]:
    """What is known of an upload without its files.

    Plain fields stay as they were sent. In the place of a file's content stands the line
    ``[not kept: 2654 bytes, sha256 …]``. The form is written anew, with the content type `FORM_TYPE`.

    Args:
        content_type: Of the request; it names the boundary.
        body: The form, or a file that is open for reading and that holds it (it is read from its beginning, and
            stays open); of any size.

    Returns:
        One part for each part of the form, in their order, and the form as it may be kept. Of a body that is no
        well-formed form: one part without a name, which stands for all of it, and the line about it.
    """
    stream = io.BytesIO(body) if isinstance(body, bytes) else body
    try:
        found = parts_of(Request("POST", "/", Headers({"content-type": content_type}), b"", stream))
    except ApiError:
        whole = _hashed("", None, _all_of(stream))
        return (whole,), _line(whole)
    parts = []
    form = bytearray()
    for one in found:
        part = _hashed(one.name, one.filename, one.chunks())
        parts.append(part)
        form += f"--{BOUNDARY}\r\n".encode() + _head(one) + _content(one, part) + b"\r\n"
    form += f"--{BOUNDARY}--\r\n".encode()
    return tuple(parts), bytes(form)


def decompressed(body: bytes, encoding: str) -> bytes:
    """The body behind a ``content-encoding``.

    Args:
        body: As it came.
        encoding: The header's value: ``gzip``, ``deflate``, ``zstd``, ``br``, several of them, or ``identity``.

    Returns:
        What was compressed. A body that is not compressed, whatever its header says, comes back as it is: some
        programs decompress what they write down and leave the header as it was.

    Raises:
        ValueError: Nobody here can undo that encoding, or the body is cut off, or far too large.
    """
    for name in reversed([one.strip().lower() for one in encoding.split(",")]):
        if name in {"", "identity"} or not body:
            continue
        if name in {"gzip", "x-gzip"}:
            body = _inflated(body, 31) if body.startswith(b"\x1f\x8b") else body
        elif name == "deflate":
            body = _deflated(body)
        elif name == "zstd":
            body = _zstd(body) if body.startswith(b"\x28\xb5\x2f\xfd") else body
        elif name == "br":
            body = _brotli(body)
        else:
            msg = f"a body is compressed as {name!r}, which drytune does not know"
            raise ValueError(msg)
    return body


def _all_of(stream: BinaryIO) -> Iterator[bytes]:
    stream.seek(0)
    while chunk := stream.read(_CHUNK):
        yield chunk


def _hashed(name: str, filename: str | None, chunks: Iterator[bytes]) -> Part:
    digest = hashlib.sha256()
    size = 0
    for chunk in chunks:
        digest.update(chunk)
        size += len(chunk)
    return Part(name=name, filename=filename, size=size, sha256=digest.hexdigest())


def _line(part: Part) -> bytes:
    return f"[not kept: {part.size} bytes, sha256 {part.sha256}]".encode()


def _head(found: _Found) -> bytes:
    head = f'Content-Disposition: form-data; name="{_quoted(found.name)}"'
    if found.filename is not None:
        head += f'; filename="{_quoted(found.filename)}"'
    if found.content_type is not None:
        head += f"\r\nContent-Type: {_UNSAFE.sub('', found.content_type)}"
    return head.encode("utf-8", "replace") + b"\r\n\r\n"


def _quoted(text: str) -> str:
    """As browsers write a name."""
    return _UNSAFE.sub(lambda match: {'"': "%22", "\r": "%0D", "\n": "%0A"}.get(match[0], "\\\\"), text)


def _content(found: _Found, part: Part) -> bytes:
    if found.filename is None and part.size <= MAX_FIELD_BYTES:
        content = b"".join(found.chunks())
        if f"--{BOUNDARY}".encode() not in content:
            return content
    return _line(part)


def _inflated(body: bytes, window: int) -> bytes:
    """Undo gzip (several members, too) or zlib."""
    pieces = []
    room = LARGEST_BODY
    while body:
        undo = zlib.decompressobj(window)
        try:
            pieces.append(undo.decompress(body, room))
        except zlib.error as error:
            if pieces:  # what follows the last member is padding
                break
            msg = f"a compressed body is damaged ({error})"
            raise ValueError(msg) from error
        room -= len(pieces[-1])
        if undo.unconsumed_tail or room <= 0:
            msg = f"a compressed body unpacks to more than {LARGEST_BODY} bytes"
            raise ValueError(msg)
        if not undo.eof:
            msg = "a compressed body is cut off"
            raise ValueError(msg)
        body = undo.unused_data
    return b"".join(pieces)


def _deflated(body: bytes) -> bytes:
    """Undo deflate, which is zlib's form by the standard and the bare one by habit."""
    for window in (15, -15):
        try:
            return _inflated(body, window)
        except ValueError:
            continue
    return body


def _zstd(body: bytes) -> bytes:
    import zstandard

    try:
        with zstandard.ZstdDecompressor().stream_reader(body, read_across_frames=True) as reader:
            data = reader.read(LARGEST_BODY + 1)
    except zstandard.ZstdError as error:
        msg = f"a compressed body is damaged ({error})"
        raise ValueError(msg) from error
    if len(data) > LARGEST_BODY:
        msg = f"a compressed body unpacks to more than {LARGEST_BODY} bytes"
        raise ValueError(msg)
    return bytes(data)


def _brotli(body: bytes) -> bytes:
    import importlib

    for name in ("brotli", "brotlicffi"):
        try:
            module = importlib.import_module(name)
        except ImportError:
            continue
        try:
            return bytes(module.decompress(body))
        except module.error:
            return body  # decompressed already
    msg = "a body is compressed with brotli: install the package brotli to read it"
    raise ValueError(msg)
