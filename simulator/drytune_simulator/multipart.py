"""Form uploads, sans I/O: ``multipart/form-data`` bytes to fields and files."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import unquote

from drytune_simulator.http import ApiError, Request

# as older clients write what is not ASCII: filename*=utf-8''%E7%8C%AB.jsonl
_EXTENDED_NAME = re.compile(rb"; *filename\*=utf-8'[^']*'([^;\s]+)", re.IGNORECASE)

__all__ = ["Form", "Part", "parse_form"]


@dataclass(slots=True)
class Part:
    """One part of a form: a file if it has a `filename`, else a field."""

    name: str = ""
    filename: str | None = None
    data: bytearray = field(default_factory=bytearray)


@dataclass(frozen=True, slots=True)
class Form:
    """A parsed form; of a repeated name the last one counts."""

    fields: dict[str, str]
    files: dict[str, Part]


def parse_form(request: Request) -> Form:
    """Parse the body of `request`.

    Raises:
        ApiError: 400, the body is not a well-formed multipart form.
    """
    from python_multipart.exceptions import FormParserError
    from python_multipart.multipart import parse_options_header

    content_type, options = parse_options_header(
        request.headers.get("content-type", "").encode("utf-8", "replace")
    )
    boundary = options.get(b"boundary")
    if content_type.lower() != b"multipart/form-data" or not boundary:
        raise _malformed("the content-type is not multipart/form-data with a boundary")
    try:
        parts, finished = _split(request.body, boundary)
    except (FormParserError, UnicodeDecodeError, ValueError) as error:
        raise _malformed(str(error)) from error
    if not finished:
        raise _malformed("the closing boundary is missing")
    return Form(
        fields={p.name: p.data.decode("utf-8", "replace") for p in parts if p.filename is None},
        files={p.name: p for p in parts if p.filename is not None},
    )


def _split(body: bytes, boundary: bytes) -> tuple[list[Part], bool]:
    from python_multipart.multipart import MultipartParser, parse_options_header

    parts: list[Part] = []
    header_name, header_value = bytearray(), bytearray()
    ended = False

    def on_header_end() -> None:
        if header_name.lower() == b"content-disposition":
            _, options = parse_options_header(bytes(header_value))
            parts[-1].name = options.get(b"name", b"").decode("utf-8", "replace")
            extended = _EXTENDED_NAME.search(header_value)
            if extended is not None:
                parts[-1].filename = unquote(extended[1].decode("ascii", "replace"), errors="replace")
            elif b"filename" in options:
                parts[-1].filename = options[b"filename"].decode("utf-8", "replace")
        header_name.clear()
        header_value.clear()

    def on_end() -> None:
        nonlocal ended
        ended = True

    parser = MultipartParser(
        boundary,
        {
            "on_part_begin": lambda: parts.append(Part()),
            "on_header_field": lambda data, start, end: header_name.extend(data[start:end]),
            "on_header_value": lambda data, start, end: header_value.extend(data[start:end]),
            "on_header_end": on_header_end,
            "on_part_data": lambda data, start, end: parts[-1].data.extend(data[start:end]),
            "on_end": on_end,
        },
    )
    parser.write(body)
    parser.finalize()
    return parts, ended


def _malformed(why: str) -> ApiError:
    return ApiError(400, f"Could not parse multipart form: {why}.", reason="wording: drytune's own")
