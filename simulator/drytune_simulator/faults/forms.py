"""How faults and scenarios are written: a table (of TOML, or an object of JSON), a file of tables, a line of text.

    [[fault]]
    route = "POST /v1/fine_tuning/jobs"      POST /v1/fine_tuning/jobs: 500 after, nth=1
    what = 500
    when = "after"
    nth = 1

    [[scenario]]
    scenario = "fails_in_training"           fails_in_training: model=gpt-4o-mini*, probability=0.1
    model = "gpt-4o-mini*"
    probability = 0.1

A line is ``ROUTE: WHAT [before|after][, KEY=VALUE]…`` or ``SCENARIO[: KEY=VALUE, …]``, with the keys of the tables
(``headers.NAME`` and ``metadata.NAME`` for one of several); a value with a comma in it stands in double quotes. In
keys ``-`` is as good as ``_``, and times may be written ``500ms``, ``90s``, ``15m``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from os import fspath
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import msgspec

from drytune_simulator.faults.fault import Fault
from drytune_simulator.faults.plan import FaultPlan
from drytune_simulator.faults.scenarios import ScenarioRule, Scenarios
from drytune_simulator.faults.tables import read, table_of, tables_of
from drytune_simulator.faults.words import FaultError, duration, nearest, shown

__all__ = ["Loaded", "fault_of", "load", "loads", "parse", "parse_scenario", "rule_of", "text_of"]

Item = TypeVar("Item", Fault, ScenarioRule)

_KINDS: tuple[tuple[Any, str], ...] = (
    (str, "text"),
    (int, "a whole number"),
    (float, "a number"),
    (dict, "a table of text"),
)
_SECONDS = ("delay", "first_token", "retry_after")
_CHOICES = {
    "what": "a status from 400 to 599, or a name",
    "when": "before or after",
    "at": "start, headers or a number of bytes",
}
_PAIR = re.compile(r'\s*([A-Za-z_][\w.-]*)\s*=\s*("(?:[^"\\]|\\.)*"|[^,"]*?)\s*(?:,|$)')


class Loaded(NamedTuple):
    """What a file of tables holds: for a `FaultPlan`, and for `Scenarios`."""

    faults: tuple[Fault, ...]
    scenarios: tuple[ScenarioRule, ...]


def load(path: str | Path) -> Loaded:
    """The faults and scenarios of a TOML file.

    Raises:
        FaultError: It cannot be read, or a table holds what it must not; the sentence names file, table and key.
    """
    return loads(read(path), fspath(path))


def loads(text: str, name: str = "the text") -> Loaded:
    """The faults and scenarios of TOML text.

    Args:
        text: Tables ``[[fault]]`` and ``[[scenario]]``, and nothing else.
        name: What sentences about it call it.

    Raises:
        FaultError: As `load`.
    """
    tables = tables_of(text, name, ("fault", "scenario"))
    faults = tuple(fault_of(table, place) for table, place in tables["fault"])
    rules = tuple(rule_of(table, place) for table, place in tables["scenario"])
    try:
        FaultPlan(faults), Scenarios(rules)
    except FaultError as error:
        msg = f"{name}: {error}"
        raise FaultError(msg) from None
    return Loaded(faults, rules)


def fault_of(table: object, place: str = "the fault") -> Fault:
    """A fault from a table.

    Args:
        table: As TOML or JSON gives it.
        place: What the sentence of an error begins with.

    Raises:
        FaultError: A key or a value is none, or parts do not fit together.
    """
    given = table_of(table, place)
    return _made(Fault, {"route": "*", **given}, place)


def rule_of(table: object, place: str = "the scenario") -> ScenarioRule:
    """The rule of a scenario from a table; as `fault_of`."""
    return _made(ScenarioRule, table_of(table, place), place)


def parse(text: str) -> Fault:
    """A fault from a line of text.

    Raises:
        FaultError: It is none; the sentence says which part, and what is expected.
    """
    place = f"the fault {shown(text)}"
    route, *behind = re.split(r":(?=\s|$)", text, maxsplit=1)  # a model's name has colons, too
    head, _, pairs = "".join(behind).partition(",")
    words = head.split()
    if not words or len(words) > 2:
        msg = (
            f"{place} cannot be read; write ROUTE: WHAT [before|after][, KEY=VALUE]…, for example "
            '"POST /v1/fine_tuning/jobs: 500 after, nth=1"'
        )
        raise FaultError(msg)
    table: dict[str, Any] = {"route": route.strip(), "what": words[0]}
    if len(words) == 2:
        table["when"] = words[1]
    return _made(Fault, {**_pairs(pairs, place), **table}, place, is_text=True)


def parse_scenario(text: str) -> ScenarioRule:
    """The rule of a scenario from a line of text; as `parse`."""
    place = f"the scenario {shown(text)}"
    name, _, pairs = text.partition(":")
    return _made(ScenarioRule, {**_pairs(pairs, place), "scenario": name.strip()}, place, is_text=True)


def text_of(item: Fault | ScenarioRule) -> str:
    """The line of text that `parse` or `parse_scenario` takes for the same thing."""
    table = item.table()
    if isinstance(item, Fault):
        head = f"{table.pop('route')}: {table.pop('what')}"
        if "when" in table:
            head += f" {table.pop('when')}"
        separator = ", "
    else:
        head, separator = table.pop("scenario"), ": "
    pairs = ", ".join(f"{key}={_quoted(value)}" for key, value in _flat(table))
    return f"{head}{separator}{pairs}" if pairs else head


def _made(kind: type[Item], table: Mapping[str, Any], place: str, *, is_text: bool = False) -> Item:
    types = {field.name: field for field in msgspec.structs.fields(kind)}
    values = {}
    for written, value in table.items():
        key = str(written).replace("-", "_")
        if value is None:
            continue
        if key not in types:
            msg = f"{place} has no key {shown(written)}{nearest(key, types)}"
            raise FaultError(msg)
        values[key] = _typed(key, value, types[key].type, place, is_text=is_text)
    for key, field in types.items():
        if field.required and key not in values:
            msg = f"{place} has no {key}; it must say {_expected(key, field.type)}"
            raise FaultError(msg)
    try:
        return kind(**values)
    except FaultError as error:
        msg = f"{place}: {error}"
        raise FaultError(msg) from None


def _typed(key: str, value: object, type_: Any, place: str, *, is_text: bool) -> Any:
    if isinstance(value, str) and key in ("what", "at") and value.isascii() and value.isdigit():
        value = int(value[:20])
    try:
        if key in _SECONDS:
            return duration(value)  # type: ignore[arg-type]
        return msgspec.convert(value, type_, strict=not (is_text and isinstance(value, str)))
    except FaultError as error:
        msg = f"{place}: {key}: {error}"
        raise FaultError(msg) from None
    except msgspec.ValidationError:
        msg = f"{place}: {key} is {shown(value)}; it must be {_expected(key, type_)}"
        raise FaultError(msg) from None


def _expected(key: str, type_: Any) -> str:
    if key in _CHOICES:
        return _CHOICES[key]
    return next(words for kind, words in _KINDS if _takes(type_, kind))


def _takes(type_: Any, kind: type) -> bool:
    try:
        msgspec.convert(kind(), type_)
    except msgspec.ValidationError:
        return False
    return True


def _pairs(text: str, place: str) -> dict[str, Any]:
    table: dict[str, Any] = {}
    position = 0
    while position < len(text.rstrip()):
        found = _PAIR.match(text, position)
        if found is None:
            msg = f"{place}: {shown(text[position:].strip())} cannot be read; write KEY=VALUE, with commas between"
            raise FaultError(msg)
        key, value = found[1], found[2]
        if value.startswith('"'):
            value = re.sub(r"\\(.)", r"\1", value[1:-1])
        outer, _, inner = key.partition(".")
        holder = table.setdefault(outer, {}) if inner else table
        if not isinstance(holder, dict) or (inner or outer) in holder:
            msg = f"{place} says {key} twice; keep one of them"
            raise FaultError(msg)
        holder[inner or outer] = value
        position = found.end()
    return table


def _flat(table: Mapping[str, Any]) -> Iterator[tuple[str, object]]:
    for key, value in table.items():
        if isinstance(value, dict):
            yield from ((f"{key}.{inner}", text) for inner, text in value.items())
        else:
            yield key, value


def _quoted(value: object) -> str:
    text = str(value)
    if text and not re.search(r'[,"\\]|^\s|\s$', text):
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
