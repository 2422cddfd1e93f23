"""Exchanges for people: in a table, and in the report of a test that failed. No secret is shown."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Final

from drytune.testing.answers_said import problem_of, words_of

if TYPE_CHECKING:
    from drytune.testing.recorded_request import RecordedRequest

__all__ = ["line_of", "shown", "table"]

_WITH_BODIES: Final = 3
_INDENT: Final = " " * 8
_WIDEST_PATH: Final = 56
_MOST_ROWS: Final = 200
_LONGEST_LOOKED_AT: Final = 4_000
"""A body is cut before secrets are looked for: no more than a line of it is shown anyway."""

_Hide = Callable[[str], str]


def table(requests: Iterable[RecordedRequest]) -> str:
    """A line for each request; those that only ask the same again are told in one."""
    asked = list(requests)
    rows = [_row(group) for group in _runs(asked)][-_MOST_ROWS:]
    return _hider(asked)("\n".join(_aligned(rows))) if rows else "(no requests)"


def line_of(one: RecordedRequest) -> str:
    """One request in a line: ``request 3 (POST /v1/fine_tuning/jobs, 500, fault 1)``."""
    return _hider([one])(f"request {one.number} ({one.method} {_in_a_line(one.path)}, {_end(one)})")


def shown(requests: Iterable[RecordedRequest], *, limit: int = 20, width: int = 100) -> str:
    """The section of a failure's report: a line for each request, and what the last and the bad ones said.

    It never raises; what cannot be shown is told so.

    Args:
        requests: Oldest first.
        limit: Only the newest so many lines.
        width: Of a line.
    """
    try:
        return _shown(list(requests), limit, width)
    except Exception as error:  # noqa: BLE001 - a report must not fail over what it reports
        return f"(the exchanges cannot be shown: {type(error).__name__})"


def _shown(requests: list[RecordedRequest], limit: int, width: int) -> str:
    if not requests:
        return "(no requests)"
    hide = _hider(requests)
    groups = list(_runs(requests))
    left_out = sum(len(group) for group in groups[:-limit])
    groups = groups[-limit:]
    lines = [f"({left_out} earlier requests)"] if left_out else []
    rows = _aligned([_row(group) for group in groups])
    for place, (group, row) in enumerate(zip(groups, rows, strict=True)):
        lines.append(_cut(hide(row), width))
        last = group[-1]
        if place >= len(groups) - _WITH_BODIES or problem_of(last) is not None:
            lines += [_cut(line, width) for line in _bodies(last, hide)]
    return "\n".join(lines)


def _runs(requests: Iterable[RecordedRequest]) -> Iterator[list[RecordedRequest]]:
    """Requests in their order; one that only looks at what the one before it looked at goes with that one."""
    run: list[RecordedRequest] = []
    for one in requests:
        if run and (one.method != "GET" or _kind(one) != _kind(run[-1])):
            yield run
            run = []
        run.append(one)
    if run:
        yield run


def _kind(one: RecordedRequest) -> tuple[object, ...]:
    return one.method, one.path, one.status, one.fault, type(one.error)


def _row(run: list[RecordedRequest]) -> tuple[str, ...]:
    first, last = run[0], run[-1]
    number = str(first.number) if first is last else f"{first.number}-{last.number}"
    path = _cut(_in_a_line(first.path), _WIDEST_PATH)
    model = "" if first.variables else _in_a_line(first.model or "")  # which the path has already
    often = f"({len(run)} times)" if len(run) > 1 else ""
    return number, first.method, f"{_end(last)} {often}".rstrip(), path, model


def _end(one: RecordedRequest) -> str:
    """How it ended: the status, and who answered."""
    words = [type(one.error).__name__ if one.error is not None else str(one.status or "no answer yet")]
    if one.fault is not None:
        words.append(f"fault {one.fault}")
    elif one.layer is not None:
        words.append(one.layer if one.script is None else f"{one.layer} {one.script}")
    return ", ".join(words)


def _aligned(rows: list[tuple[str, ...]]) -> list[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return [
        "  ".join(
            f"{cell:>{width}}" if column == 0 else f"{cell:<{width}}"
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def _bodies(one: RecordedRequest, hide: _Hide) -> Iterator[str]:
    """What was asked and what was answered, a line each."""
    asked = _asked(one)
    if asked:
        yield f"{_INDENT}asked     {_in_a_line(hide(asked))}"
    answered = problem_of(one) or words_of(one) or _text(one.answer_bytes)
    if answered:
        yield f"{_INDENT}answered  {_in_a_line(hide(answered[:_LONGEST_LOOKED_AT]))}"


def _asked(one: RecordedRequest) -> str:
    if one.form:
        return ", ".join(f"{name}={value}" for name, value in one.form.items())
    if not isinstance(one.json, dict):
        return _text(one.sent.body)
    rest = {name: value for name, value in one.json.items() if name != "model"}
    return json.dumps(rest, ensure_ascii=False)[:_LONGEST_LOOKED_AT]


def _text(data: bytes) -> str:
    """What may be text of a body; of a binary one its size."""
    try:
        return data[:_LONGEST_LOOKED_AT].decode()
    except UnicodeDecodeError:
        return f"({len(data):,} bytes)"


def _in_a_line(text: str) -> str:
    return "".join(letter if letter.isprintable() else " " for letter in text)


def _cut(line: str, width: int) -> str:
    return line if len(line) <= width else line[: width - 1] + "…"


def _hider(requests: Iterable[RecordedRequest]) -> _Hide:
    # late: whoever only looks at requests needs no redaction
    from drytune.testing.secrets_seen import hidden, never_shown

    also = never_shown(requests)
    return lambda text: hidden(text, also)
