"""A line of a JSONL file, decoded: fast where it can be, diagnosed where it cannot."""

from __future__ import annotations

import json
import re
from typing import Any, Literal, NoReturn

import msgspec

from drytune_simulator.dataset.tokens import well_formed

__all__ = ["BOM", "MAX_DEPTH", "LineError", "decode", "parse_int"]

BOM = b"\xef\xbb\xbf"

MAX_DEPTH = 200
"""Lists and objects inside one another. Ours: decoders give up somewhere, and where depends on the machine."""

_MAX_DIGITS = 4300  # Python refuses longer ones, to be safe from quadratic time

_STRING_OR_BRACKET = re.compile(rb'"(?:[^"\\]++|\\.)*+"?|[\[\]{}]', re.DOTALL)

_DECODER = msgspec.json.Decoder()


class LineError(ValueError):
    """The line is not JSON that can be read.

    Attributes:
        code: Of the rule that it breaks.
        words: What the platform's own decoder (Python's) says.
    """

    def __init__(
        self, code: Literal["not-utf8", "invalid-json", "too-deep"], message: str, words: str = ""
    ) -> None:
        super().__init__(message)
        self.code = code
        self.words = words or message


def decode(data: bytes) -> Any:
    """The JSON value of `data`.

    Of a repeated key the last one counts. Lone surrogates, which JSON can spell but UTF-8 cannot, become U+FFFD.

    Raises:
        LineError: It is not UTF-8, not JSON (NaN and Infinity are not), or nested deeper than `MAX_DEPTH`.
    """
    if data.count(b"[") + data.count(b"{") > MAX_DEPTH and _is_too_deep(data):
        raise LineError("too-deep", f"more than {MAX_DEPTH} lists and objects are inside one another")
    try:
        return _DECODER.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return _decode_slowly(data)


def _decode_slowly(data: bytes) -> Any:
    """What the standard library makes of a line that msgspec refuses; it takes more, and says where it fails."""
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        byte = data[error.start]
        raise LineError(
            "not-utf8", f"byte {error.start + 1} of the line (0x{byte:02x}) is not UTF-8"
        ) from None
    try:
        value = json.loads(text, parse_constant=_refuse_constant, parse_int=parse_int)
    except json.JSONDecodeError as error:
        message = f"{error.msg.removesuffix(' at')} at column {error.pos + 1}"
        raise LineError("invalid-json", message, str(error)) from None
    return _repaired(value)


def _refuse_constant(name: str) -> NoReturn:
    raise LineError("invalid-json", f"{name} is not a JSON value")


def parse_int(digits: str) -> int | float:
    """What a whole number stands for, for `json.loads`: too long a one is a float, as msgspec has it."""
    return int(digits) if len(digits) <= _MAX_DIGITS else float(digits)


def _is_too_deep(data: bytes) -> bool:
    """Whether `data`, JSON or nearly so, opens more than `MAX_DEPTH` lists and objects inside one another."""
    depth = 0
    for match in _STRING_OR_BRACKET.finditer(data):
        bracket = match[0]
        if bracket in b"[{":
            depth += 1
            if depth > MAX_DEPTH:
                return True
        elif bracket in b"]}":
            depth -= 1
    return False


def _repaired(value: object) -> object:
    """`value` with well-formed texts only; its depth is known to be small."""
    if isinstance(value, str):
        return well_formed(value)
    if isinstance(value, list):
        return [_repaired(item) for item in value]
    if isinstance(value, dict):
        return {well_formed(key): _repaired(item) for key, item in value.items()}
    return value
