"""How scripts are written: a table (of TOML, or an object of JSON), or a file of tables.

    [[script]]
    name = "sunny"
    model = "ft:*"
    text = "What is the weather in Paris?"
    answer = "It is sunny."

    [[script]]
    pattern = "(?i)weather"
    answer = [
        { calls = [{ name = "get_weather", arguments = { city = "Paris" } }] },
        { text = "22 degrees.", delay = "500ms" },
    ]

    [[script]]
    text = "As JSON, please."
    answer = { json = { degrees = 22 } }
    times = 2

    [[script]]
    text = "Busy?"
    answer = [{ fail = "rate_limited", retry-after = 2 }, { fail = 500 }, "Not any more."]

An answer is a text, or a table with one of ``text``, ``refusal``, ``calls``, ``json`` and ``fail``, and a
``delay``; or a list of these, which are given one after the other. In keys ``-`` is as good as ``_``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from os import fspath
from pathlib import Path
from typing import Any, Final

from drytune_simulator.faults.tables import read, table_of, tables_of
from drytune_simulator.faults.words import nearest, shown
from drytune_simulator.scripts.failing import DETAILS, Fail
from drytune_simulator.scripts.roster import Scripts
from drytune_simulator.scripts.saying import Say, ScriptError, ToolCall, as_script_error
from drytune_simulator.scripts.script import CONDITIONS, Script

__all__ = ["load", "loads", "script_of"]

_OF_SCRIPT: Final = ("name", *CONDITIONS, "times", "answer")
_OF_ANSWER: Final = tuple(part.name for part in fields(Say))
_OF_FAIL: Final = ("fail", *DETAILS)
_OF_CALL: Final = tuple(part.name for part in fields(ToolCall))


def load(path: str | Path) -> tuple[Script, ...]:
    """The scripts of a TOML file.

    Raises:
        ScriptError: It cannot be read, or a table holds what it must not; the sentence names file, table and key.
    """
    with as_script_error():
        return loads(read(path), fspath(path))


def loads(text: str, name: str = "the text") -> tuple[Script, ...]:
    """The scripts of TOML text.

    Args:
        text: Tables ``[[script]]``, and nothing else.
        name: What sentences about it call it.

    Raises:
        ScriptError: As `load`.
    """
    with as_script_error():
        tables = tables_of(text, name, ("script",))["script"]
    scripts = tuple(script_of(table, place) for table, place in tables)
    with as_script_error(name):
        Scripts(scripts)  # two may have one name
    return scripts


def script_of(table: object, place: str = "the script") -> Script:
    """A script from a table.

    Args:
        table: As TOML or JSON gives it.
        place: What the sentence of an error begins with.

    Raises:
        ScriptError: A key or a value is none, or parts do not fit together.
    """
    given = _keyed(table, _OF_SCRIPT, place)
    if "answer" not in given:
        raise ScriptError(f"{place} has no answer; it must say a text, a table, or a list of these")
    with as_script_error(place):
        answer = given.pop("answer")
        several = answer if isinstance(answer, list) else [answer]
        many = len(several) > 1
        said = [_say(one, f"answer {number}" if many else "answer") for number, one in enumerate(several, 1)]
        return Script(said, **given)


def _say(value: object, place: str) -> str | Say | Fail:
    if isinstance(value, str):
        return value
    if not isinstance(value, Mapping):
        raise ScriptError(f"{place} is {shown(value)}; it must be a text, a table, or a list of these")
    given = _keyed(value, (*_OF_ANSWER, *(key for key in _OF_FAIL if key not in _OF_ANSWER)), place)
    fails = "fail" in given
    if others := given.keys() - (_OF_FAIL if fails else _OF_ANSWER):
        which = " and ".join(key for key in given if key in others)
        why = "beside fail nothing is said" if fails else "it belongs to an answer with fail"
        raise ScriptError(f"{place} has {which}; {why}")
    with as_script_error(place):
        if fails:
            return Fail(given.pop("fail"), **given)
        calls = given.pop("calls", ())
        if isinstance(calls, list):
            many = len(calls) > 1
            calls = [_call(one, f"call {number}" if many else "call") for number, one in enumerate(calls, 1)]
        return Say(calls=calls, **given)


def _call(value: object, place: str) -> ToolCall:
    given = _keyed(value, _OF_CALL, place)
    if "name" not in given:
        raise ScriptError(f"{place} has no name; it must say that of the function")
    return ToolCall(**given)


def _keyed(table: object, known: tuple[str, ...], place: str) -> dict[str, Any]:
    """The values of a table by their keys; null is as good as left out."""
    values: dict[str, Any] = {}
    with as_script_error():
        given = table_of(table, place)
    for written, value in given.items():
        key = str(written).replace("-", "_")
        if value is None:
            continue
        if key not in known:
            raise ScriptError(f"{place} has no key {shown(written)}{nearest(key, known)}")
        if key in values:
            raise ScriptError(f"{place} says {key} twice; keep one of them")
        values[key] = value
    return values
