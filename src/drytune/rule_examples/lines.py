"""Examples of the rules of lines and their bytes."""

from __future__ import annotations

from drytune.rule_examples.example import Case, RuleExample, assistant, chat, rows, user
from drytune_simulator.dataset.lens import Limits

__all__ = ["EXAMPLES"]

_GOOD = chat(user("Hello"), assistant("Good morning!"))
_OTHER = chat(user("Good night"), assistant("Sleep well!"))
_DEEP = b'{"messages": ' + b"[" * 250 + b"]" * 250 + b"}"

EXAMPLES: dict[str, RuleExample] = {
    "not-utf8": rows(
        chat(user("Where?"), assistant("In a café.")).decode().encode("latin-1"),
        chat(user("Where?"), assistant("In a café.")),
        "Save the file as UTF-8; find out first in which encoding it is.",
    ),
    "nul-byte": rows(
        _GOOD + b"\0\0",
        _GOOD,
        "Remove the NUL bytes; if the file was cut off or copied badly, write it once more.",
    ),
    "trailing-comma": rows(
        _GOOD + b",", _GOOD, "Remove the comma; lines of JSONL need nothing between them."
    ),
    "top-level-array": rows(
        b"[" + _GOOD + b", " + _OTHER + b"]",
        _GOOD + b"\n" + _OTHER,
        "Write each element of the array on a line of its own, without brackets and commas around it.",
    ),
    "invalid-json": rows(
        b"{'messages': [{'role': 'user', 'content': 'Hello'}]}",
        _GOOD,
        "Write the line with a JSON library (in Python `json.dumps(example, ensure_ascii=False)`).",
    ),
    "too-deep": RuleExample(
        Case(data=_DEEP, words='{"messages": [[[[… 250 lists inside one another …]]]]}'),
        Case(data=_GOOD),
        "Flatten the example; no example needs so many levels.",
    ),
    "not-an-object": rows(
        b'"Hello"', _GOOD, 'Write an object with "messages" (or the keys of the other forms).'
    ),
    "blank-line": rows(_GOOD + b"\n\n" + _OTHER, _GOOD + b"\n" + _OTHER, "Remove the line."),
    "byte-order-mark": rows(
        b"\xef\xbb\xbf" + _GOOD,
        _GOOD,
        "Save the file as UTF-8 without BOM (in Python the encoding `utf-8`, not `utf-8-sig`).",
    ),
    "crlf": rows(
        _GOOD + b"\r\n" + _OTHER + b"\r",
        _GOOD + b"\n" + _OTHER,
        'Save the file with line feeds (in Python `open(path, "w", newline="\\n")`).',
    ),
    "line-too-long": RuleExample(
        Case(
            data=chat(user("Hello"), assistant("Good morning! " * 400)),
            words="A line of 161 MiB",
            limits=Limits(line_bytes=4096),
        ),
        Case(data=_GOOD, words="A line of 160 MiB", limits=Limits(line_bytes=4096)),
        "Check that there are line feeds between the examples; split or shorten the example.",
    ),
    "duplicate-key": rows(
        b'{"messages": [{"role": "user", "content": "Hello", "content": "Hi"}, '
        b'{"role": "assistant", "content": "Good morning!"}]}',
        _GOOD,
        "Keep one of the two.",
    ),
    "lone-surrogate": rows(
        rb'{"messages": [{"role": "user", "content": "Hello \ud83d"}, {"role": "assistant", "content": "Hi!"}]}',
        rb'{"messages": [{"role": "user", "content": "Hello \ud83d\ude00"}, '
        rb'{"role": "assistant", "content": "Hi!"}]}',
        "Write the whole character; cut texts between characters, not between UTF-16 units.",
    ),
}
