"""The YAML that cassettes are written in: one way to write each value, to the byte, that every YAML reader undoes.

A program that writes YAML for any purpose has to find out for each string how it may be written, and changes its
mind between versions. Here lines are made directly. That keeps differences small, and is several times as quick.

| a text that is             | is written                                             |
|----------------------------|--------------------------------------------------------|
| a plain word               | as it is                                               |
| one line                   | in single quotes, as vcrpy writes JSON                 |
| lines, all of them visible | as a literal block                                     |
| anything else              | in double quotes with escapes, one line of it per line |
| no text (not UTF-8)        | as ``!!binary``                                        |
"""

from __future__ import annotations

import base64
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

__all__ = ["body_lines", "entry", "flow", "lines_of", "number", "quoted"]

# Nothing that any reader takes for a number, a date, a truth or nothing, also inside of [ ] and { }
_PLAIN = re.compile(r"[A-Za-z/](?:[A-Za-z0-9/._+*@;=-]|(?<=[^ ]) (?=[A-Za-z0-9/(]))*")
_ADDRESS = re.compile(r"https?://[A-Za-z0-9/._~?&=%+@:,;!$()*-]*[A-Za-z0-9/_=-]")
_WORDS: Final = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf"})
# Not to be seen, or taken for the end of a line, or changing the order of what is seen
_INVISIBLE = (
    "[^\n\t\x20-\x7e\xa0-\u200d\u2010-\u2027\u202f-\u2065\u206a-\ud7ff\ue000-\ufefe\uff00-\ufffd"
    "\U00010000-\U0010ffff]"
)
_HIDDEN = re.compile(_INVISIBLE)
_ESCAPED = re.compile(rf'["\\\n\t]|{_INVISIBLE}')
_SURROGATE = re.compile("[\ud800-\udfff]")
_ESCAPES: Final = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r", "\0": "\\0"}
_WIDTH = 100
_LONGEST_KEY = 200


def quoted(text: str) -> str:
    """`text` on one line, in the form that suits it; for any place."""
    if _PLAIN.fullmatch(text) and text.lower() not in _WORDS and text[-1] != " ":
        return text
    if "\n" not in text and "\t" not in text and not _HIDDEN.search(text):
        return "'" + text.replace("'", "''") + "'"
    return f'"{_escaped(text)}"'


def number(value: float) -> str:
    """A number as YAML has it.

    Raises:
        ValueError: It is not finite.
    """
    if isinstance(value, int):
        return str(value)
    if not math.isfinite(value):
        msg = f"{value} is no number that a cassette can hold"
        raise ValueError(msg)
    text = repr(value)
    # Python's 1e-05 would be a text in YAML
    mantissa, exponent, power = text.partition("e")
    if not exponent:
        return text
    mantissa += "" if "." in mantissa else ".0"
    return f"{mantissa}e{power if power[0] in '+-' else '+' + power}"


def flow(value: Any) -> str:
    """A value on one line: lists in brackets, mappings in braces.

    Raises:
        ValueError: A number in it is not finite.
        TypeError: It holds something that JSON has not.
    """
    if isinstance(value, str):
        return quoted(value)
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return number(value)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_key(name)}: {flow(one)}" for name, one in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(flow, value)) + "]"
    msg = f"{type(value).__name__} has no place in a cassette"
    raise TypeError(msg)


def lines_of(value: Mapping[str, Any], indent: str = "") -> Iterator[str]:
    """The lines of a mapping, one item a line; what is short and flat stays on one.

    Raises:
        ValueError: A number in it is not finite.
        TypeError: It holds something that JSON has not.
    """
    for name, one in value.items():
        yield from _item(indent, f"{indent}{_key(name)}:", one)


def entry(indent: str, name: str, value: str) -> str:
    """A line ``name: value``, `value` being written already; also for names that are no ordinary ones."""
    if len(name) <= _LONGEST_KEY:
        return f"{indent}{quoted(name)}: {value}"
    return f"{indent}? {quoted(name)}\n{indent}: {value}"


def body_lines(indent: str, name: str, body: bytes, *, last: bool = False) -> Iterator[str]:
    """The lines of a body under the key `name`, which read back are the same bytes.

    Args:
        indent: Of the key.
        name: An ordinary word.
        body: Any bytes.
        last: Whether nothing follows in the file; empty lines at its end would not be safe from editors.
    """
    try:
        text = body.decode()
    except UnicodeDecodeError:
        yield f"{indent}{name}: !!binary |"
        encoded = base64.b64encode(body).decode()
        for at in range(0, len(encoded), 76):
            yield f"{indent}  {encoded[at : at + 76]}"
        return
    yield from _text_lines(indent, f"{indent}{name}:", text, last=last)


def _text_lines(indent: str, key: str, text: str, *, last: bool = False) -> Iterator[str]:
    if "\n" not in text:
        yield f"{key} {_address(text) or quoted(text)}"
    elif _suits_a_block(text, last=last):
        ending = "" if text[-1] == "\n" else "-"
        ending = "+" if text.endswith("\n\n") else ending
        yield f"{key} |{ending}"
        for line in text.removesuffix("\n").split("\n"):
            yield f"{indent}  {line}" if line else ""
    else:
        pieces = text.split("\n")
        written = [_escaped(piece) + "\\n" for piece in pieces[:-1]]
        written += [_escaped(piece) for piece in pieces[-1:] if piece]
        # a space at the beginning of a line would be taken for indentation
        written = [f"\\{piece}" if piece[0] == " " else piece for piece in written]
        yield f'{key} "' + f"\\\n{indent}  ".join(written) + '"'


def _suits_a_block(text: str, *, last: bool) -> bool:
    """Whether a literal block says exactly that; editors strip the blanks at the ends of lines."""
    if text[0] in " \t\n" or text[-1] in " \t" or " \n" in text or "\t\n" in text:
        return False
    return not (last and text.endswith("\n\n")) and not _HIDDEN.search(text)


def _address(text: str) -> str | None:
    return text if _ADDRESS.fullmatch(text) else None


def _item(indent: str, key: str, value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield from _text_lines(indent, key, value)
        return
    if not isinstance(value, Mapping | list | tuple):
        yield f"{key} {flow(value)}"
        return
    if _is_flat(value):
        line = f"{key} {flow(value)}"
        if len(line) <= _WIDTH or not value:
            yield line
            return
    yield key
    if isinstance(value, Mapping):
        yield from lines_of(value, indent + "  ")
        return
    for one in value:
        if isinstance(one, Mapping) and one and not _is_short(one, indent):
            lines = list(lines_of(one, indent + "  "))
            yield f"{indent}- {lines[0][len(indent) + 2 :]}"
            yield from lines[1:]
        elif isinstance(one, str):
            yield from _text_lines(indent, f"{indent}-", one)
        else:
            yield f"{indent}- {flow(one)}"


def _is_short(value: Mapping[str, Any], indent: str) -> bool:
    return _is_flat(value) and len(indent) + 2 + len(flow(value)) <= _WIDTH


def _is_flat(value: Any) -> bool:
    inner: Iterable[Any] = value.values() if isinstance(value, Mapping) else value
    return not any(isinstance(one, Mapping | list | tuple) or "\n" in str(one) for one in inner)


def _key(name: Any) -> str:
    if not isinstance(name, str):
        msg = f"{name!r} is no name"
        raise TypeError(msg)
    return quoted(name)


def _escaped(text: str) -> str:
    return _ESCAPED.sub(_escape, text)


def _escape(match: re.Match[str]) -> str:
    char = match[0]
    if char in _ESCAPES:
        return _ESCAPES[char]
    code = ord(char)
    if _SURROGATE.match(char):
        return "?"  # half a character, which UTF-8 has not
    return f"\\x{code:02X}" if code < 0x100 else f"\\u{code:04X}" if code < 0x10000 else f"\\U{code:08X}"
