"""The fast way: plain chat lines, decoded straight into types, of which nothing can be wrong but their texts.

A line is taken only if no rule could find anything in it; whatever is doubtful is left to `inspection`, which explains.
"""

from __future__ import annotations

import re
from typing import Any, Final, Literal

import msgspec
from msgspec import UNSET, UnsetType

from drytune_simulator.dataset.accounting import PER_EXAMPLE, PER_MESSAGE, RECORDED_LESS, Load
from drytune_simulator.dataset.lens import Lens
from drytune_simulator.dataset.lines import MAX_DEPTH
from drytune_simulator.dataset.reader import Block
from drytune_simulator.dataset.records import Record, hashes
from drytune_simulator.dataset.rules import rules_of
from drytune_simulator.dataset.rules.raw import count_keys, may_repeat_keys
from drytune_simulator.dataset.rules.tools import Offer, definitions_of
from drytune_simulator.dataset.schemas import faults_of_arguments
from drytune_simulator.dataset.tokens import Counter
from drytune_simulator.dataset.toolbox import NO_TOOLS, Toolbox, toolbox_of
from drytune_simulator.dataset.triggers import suspects

__all__ = ["fast_records"]

_LARGE: Final = 1 << 20
"""A longer line is rare, and its depth would have to be measured first: `lines.decode` does that."""


class _Function(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    name: str
    arguments: str


class _Call(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    id: str
    type: Literal["function"]
    function: _Function


class _System(msgspec.Struct, tag_field="role", tag="system", forbid_unknown_fields=True, gc=False):
    content: str


class _User(msgspec.Struct, tag_field="role", tag="user", forbid_unknown_fields=True, gc=False):
    content: str


class _Assistant(msgspec.Struct, tag_field="role", tag="assistant", forbid_unknown_fields=True, gc=False):
    content: str | None | UnsetType = UNSET
    tool_calls: list[_Call] | UnsetType = UNSET


class _Tool(msgspec.Struct, tag_field="role", tag="tool", forbid_unknown_fields=True, gc=False):
    content: str
    tool_call_id: str


class _Example(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    messages: list[_System | _User | _Assistant | _Tool]
    tools: msgspec.Raw | UnsetType = UNSET
    parallel_tool_calls: bool | UnsetType = UNSET


_DECODER: Final = msgspec.json.Decoder(_Example)

_LETTERS: Final[dict[type, str]] = {_System: "s", _User: "u", _Assistant: "a", _Tool: "t"}

_IN_ORDER: Final = re.compile(r"s?(?:u(?:ct+)*a)+|s?(?:u(?:ct+)*a)*u(?:ct+)*c")
"""Conversations in which nothing is out of order: user and assistant take turns, calls are answered or come last."""

_DEPTH_OF_TOOLS: Final = 1  # they stand in the example
_KEYS_OF_CALL: Final = 5  # id, type, function, name, arguments


class _Tools:
    """A definition of tools as it stands in a line, looked at once."""

    __slots__ = ("box", "colons", "plain", "schemas")

    def __init__(self, raw: bytes, counter: Counter) -> None:
        self.plain = raw.count(b"[") + raw.count(b"{") < MAX_DEPTH - _DEPTH_OF_TOOLS
        value = msgspec.json.decode(raw) if self.plain else None
        holder = {"tools": value}
        self.colons = raw.count(b":")
        # which of the keys is repeated, if any, is for the slow way to say
        self.plain = (
            self.plain
            and not may_repeat_keys(raw, count_keys(value))
            and not any(found for rule in _TOOL_RULES if rule.check for found in rule.check(Offer(holder)))
        )
        self.box: Toolbox = toolbox_of(value, None, counter)
        self.schemas: dict[str, Any] = {
            function["name"]: function.get("parameters") for _, function in definitions_of(holder)
        }


_TOOL_RULES = rules_of("tools")
_NO_TOOLS: Final[dict[str, Any]] = {}
_MOST_TOOLS: Final = 512


class _Taker:
    """Takes lines of one file."""

    def __init__(self, lens: Lens, counter: Counter) -> None:
        self._counter = counter
        self._fixed = {
            letter: PER_MESSAGE + counter.count(role)
            for letter, role in {"s": "system", "u": "user", "a": "assistant", "c": "assistant", "t": "tool"}.items()
        }
        self._tools: dict[bytes, _Tools] = {}
        self._patterns: dict[str, tuple[bool, int]] = {}
        self._decode = _DECODER.decode

    def take(self, number: int, line: bytes) -> Record | None:
        """The record of a line, or None if it needs a closer look."""
        try:
            example = self._decode(line)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return None
        messages = example.messages
        kinds = [_LETTERS[type(message)] for message in messages]
        said: list[bytes] = []
        other: list[str] = []
        spoken: list[str] = []
        keys = 1 + 2 * len(messages)
        colons = line.count(b":")
        for place, message in enumerate(messages):
            text = message.content
            kind = kinds[place]
            if kind == "a":
                if message.tool_calls is not UNSET:
                    kinds[place] = "c"
                    keys += 1 + _KEYS_OF_CALL * len(message.tool_calls) - (text is UNSET)
                    if isinstance(text, str):
                        if not text or text.isspace():
                            return None
                        spoken.append(text)
                        colons -= text.count(":")
                    called, hidden = _called(message, spoken)
                    said.append(called.encode())
                    colons -= hidden
                    continue
                if not text:
                    return None
                spoken.append(text)
            else:
                if kind == "t":
                    keys += 1
                    other.append(message.tool_call_id)
                    colons -= message.tool_call_id.count(":")
                other.append(text)
            if not text or text.isspace():
                return None
            colons -= text.count(":")
            said.append(text.encode())
        pattern = "".join(kinds)
        known = self._patterns.get(pattern)
        if known is None:
            known = self._patterns[pattern] = (
                _IN_ORDER.fullmatch(pattern) is not None,
                PER_EXAMPLE + sum(self._fixed.get(kind, 0) for kind in kinds),
            )
        if not known[0]:
            return None
        box, schemas = NO_TOOLS, _NO_TOOLS
        if example.tools is not UNSET:
            tools = self._known_tools(bytes(example.tools))
            if tools is None or not tools.plain:
                return None
            keys += 1
            colons -= tools.colons
            box, schemas = tools.box, tools.schemas
        if example.parallel_tool_calls is not UNSET:
            keys += 1
            if not example.parallel_tool_calls and _calls_at_once(messages):
                return None
        # every colon that is in no text follows a key: one too many, and a key is repeated
        if colons != keys:
            return None
        if "c" in pattern and not _calls_in_order(messages, schemas):
            return None
        load = Load(known[1], RECORDED_LESS)
        load.other, load.spoken, load.toolbox = other, spoken, box
        exact, prompt = hashes(pattern, said, box.digest)
        if kinds[0] == "s":
            system, question = other[0], other[1]
            return Record(number, pattern, load, 0, exact, prompt, b"\n".join(said[1:]), system, question)
        return Record(number, pattern, load, 0, exact, prompt, b"\n".join(said), None, other[0])

    def _known_tools(self, raw: bytes) -> _Tools | None:
        known = self._tools.get(raw)
        if known is None:
            if raw == b"null":
                return None
            if len(self._tools) >= _MOST_TOOLS:
                self._tools.clear()
            known = self._tools[raw] = _Tools(raw, self._counter)
        return known


def fast_records(block: Block, lens: Lens, counter: Counter) -> list[Record]:
    """The records of the plain lines of a block; all others are left out."""
    if lens.form != "chat":
        return []
    doubtful = suspects(block.lines)
    take = _Taker(lens, counter).take
    records = []
    for place, line in enumerate(block.lines):
        if place not in doubtful and 0 < len(line) <= _LARGE:
            record = take(place + 1, line)
            if record is not None:
                records.append(record)
    return records


def _called(message: Any, spoken: list[str]) -> tuple[str, int]:
    """What a message with calls says, as `records` writes it, and how many colons are in its calls.

    Names and arguments are added to what is spoken.
    """
    text = message.content if isinstance(message.content, str) else ""
    colons = 0
    for call in message.tool_calls:
        name, arguments = call.function.name, call.function.arguments
        spoken += (name, arguments)
        text += f"\x1f{name}\x1f{arguments}"
        colons += name.count(":") + arguments.count(":") + call.id.count(":")
    return text, colons


def _calls_at_once(messages: list[Any]) -> bool:
    """Whether a message makes several calls."""
    return any(
        type(message) is _Assistant and message.tool_calls is not UNSET and len(message.tool_calls) > 1
        for message in messages
    )


def _calls_in_order(messages: list[Any], schemas: dict[str, Any]) -> bool:
    """Whether every call is declared, has arguments that match, and is answered by its id or ends the conversation."""
    asked: set[str] = set()
    seen: set[str] = set()
    for message in messages:
        kind = type(message)
        if kind is _Tool:
            if message.tool_call_id not in asked:
                return False
            asked.discard(message.tool_call_id)
        elif asked:
            return False
        elif kind is _Assistant and message.tool_calls is not UNSET:
            if not message.tool_calls:
                return False
            for call in message.tool_calls:
                if call.id in seen or not _matches(call.function, schemas):
                    return False
                seen.add(call.id)
                asked.add(call.id)
    return True


def _matches(function: _Function, schemas: dict[str, Any]) -> bool:
    if function.name not in schemas:
        return False
    try:
        arguments = msgspec.json.decode(function.arguments)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return False
    if not isinstance(arguments, dict):
        return False
    parameters = schemas[function.name]
    return not isinstance(parameters, dict) or not faults_of_arguments(parameters, arguments)
