"""The fast way: plain chat lines, decoded straight into types, of which nothing can be wrong but their texts.

A line is taken only if no rule could find anything in it; whatever is doubtful is left to `inspection`, which
explains.
"""

from __future__ import annotations

import re
from typing import Final, Literal, final

import msgspec
from msgspec import UNSET, UnsetType

from drytune_simulator.dataset.accounting import PER_EXAMPLE, PER_MESSAGE, RECORDED_LESS, Load
from drytune_simulator.dataset.lens import Lens
from drytune_simulator.dataset.lines import LineError, decode
from drytune_simulator.dataset.reader import Block
from drytune_simulator.dataset.records import Record, hashes
from drytune_simulator.dataset.rules import rules_of
from drytune_simulator.dataset.rules.content import is_blank
from drytune_simulator.dataset.rules.raw import count_keys, may_repeat_keys
from drytune_simulator.dataset.rules.tools import Offer, definitions_of
from drytune_simulator.dataset.schemas import Schema
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


@final
class _System(msgspec.Struct, tag_field="role", tag="system", forbid_unknown_fields=True, gc=False):
    content: str


@final
class _User(msgspec.Struct, tag_field="role", tag="user", forbid_unknown_fields=True, gc=False):
    content: str


@final
class _Assistant(msgspec.Struct, tag_field="role", tag="assistant", forbid_unknown_fields=True, gc=False):
    content: str | UnsetType | None = UNSET
    tool_calls: list[_Call] | UnsetType = UNSET


@final
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
"""Nothing is out of order: user and assistant take turns, calls are answered or come last."""

_KEYS_OF_CALL: Final = 5  # id, type, function, name, arguments


class _Tools:
    """A definition of tools as it stands in a line, looked at once.

    Attributes:
        plain: Whether nothing is wrong with it.
        colons: In all of it.
        box: What it counts.
        schemas: Parameters by the name of the function.
    """

    __slots__ = ("box", "colons", "plain", "schemas")

    def __init__(self, raw: bytes = b"", counter: Counter | None = None) -> None:
        self.plain = counter is None
        self.colons = raw.count(b":")
        self.box: Toolbox = NO_TOOLS
        self.schemas: dict[str, Schema] = {}
        if counter is None:
            return
        try:  # msgspec has passed over these bytes, and not looked whether they are JSON
            value = decode(b"[" + raw + b"]")[0]  # as deep as it stands in the line
        except LineError:
            return
        holder = {"tools": value}
        if not isinstance(value, list) or may_repeat_keys(raw, count_keys(value)):
            return  # which of the keys is repeated, if any, is for the slow way to say
        self.plain = not any(True for rule in _TOOL_RULES if rule.check for _ in rule.check(Offer(holder)))
        self.box = toolbox_of(value, None, counter)
        self.schemas = {
            function["name"]: Schema(function.get("parameters")) for _, function in definitions_of(holder)
        }


_TOOL_RULES = rules_of("tools")
_WITHOUT_TOOLS: Final = _Tools()
_MOST_TOOLS: Final = 512


class _Reading:
    """The messages of a line, as they are read.

    Attributes:
        kinds: A letter a message (`records.LETTERS`).
        said: What each message says, as `records` writes it.
        other, spoken: Texts to be counted; the latter are the assistant's.
        colons: In all texts.
        keys: Of all messages.
    """

    __slots__ = ("colons", "keys", "kinds", "other", "said", "spoken")

    def __init__(self) -> None:
        self.kinds: list[str] = []
        self.said: list[bytes] = []
        self.other: list[str] = []
        self.spoken: list[str] = []
        self.colons = self.keys = 0

    def read(self, messages: list[_System | _User | _Assistant | _Tool]) -> bool:
        """Read all; whether nothing can be wrong with any text."""
        for message in messages:
            kind = type(message)
            self.kinds.append(_LETTERS[kind])
            self.keys += 2
            if type(message) is _Assistant:
                if message.tool_calls is not UNSET:
                    if not self._read_calls(message, message.tool_calls):
                        return False
                    continue
                text = message.content
                if not isinstance(text, str):
                    return False
                self.spoken.append(text)
            elif type(message) is _Tool:
                text = message.content
                self.keys += 1
                self.colons += message.tool_call_id.count(":")
                self.other.append(message.tool_call_id)
                self.other.append(text)
            else:
                text = message.content or ""
                self.other.append(text)
            if not text or is_blank(text):
                return False
            self.colons += text.count(":")
            self.said.append(text.encode())
        return True

    def _read_calls(self, message: _Assistant, calls: list[_Call]) -> bool:
        self.kinds[-1] = "c"
        text = message.content
        self.keys += 1 + _KEYS_OF_CALL * len(calls) - (text is UNSET)
        said = ""
        if isinstance(text, str):
            if not text or is_blank(text):
                return False
            self.spoken.append(text)
            self.colons += text.count(":")
            said = text
        for call in calls:
            name, arguments = call.function.name, call.function.arguments
            self.spoken += (name, arguments)
            self.colons += name.count(":") + arguments.count(":") + call.id.count(":")
            said += f"\x1f{name}\x1f{arguments}"
        self.said.append(said.encode())
        return True


class _Taker:
    """Takes lines of one file."""

    def __init__(self, counter: Counter) -> None:
        self._counter = counter
        roles = {"s": "system", "u": "user", "a": "assistant", "c": "assistant", "t": "tool"}
        self._fixed = {letter: PER_MESSAGE + counter.count(role) for letter, role in roles.items()}
        self._tools: dict[bytes, _Tools] = {}
        self._patterns: dict[str, int | None] = {}

    def take(self, number: int, line: bytes) -> Record | None:
        """The record of a line, or None if it needs a closer look."""
        try:
            example = _DECODER.decode(line)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return None
        reading = _Reading()
        if not reading.read(example.messages):
            return None
        pattern = "".join(reading.kinds)
        fixed = self._patterns[pattern] if pattern in self._patterns else self._learn(pattern)
        tools = self._tools_of(example)
        if fixed is None or not tools.plain:
            return None
        keys = 1 + reading.keys + (example.tools is not UNSET) + (example.parallel_tool_calls is not UNSET)
        # every colon that is in no text follows a key: one too many, and a key is repeated
        if line.count(b":") - reading.colons - tools.colons != keys:
            return None
        if "c" in pattern and not _calls_in_order(example, tools.schemas):
            return None
        load = Load(fixed, RECORDED_LESS)
        load.other, load.spoken, load.toolbox = reading.other, reading.spoken, tools.box
        alone = example.parallel_tool_calls is False
        exact, prompt = hashes(pattern, reading.said, tools.box.digest ^ alone)
        first = pattern[0] == "s"
        system = reading.other[0] if first else None
        words = b"\n".join(reading.said[1:] if first else reading.said)
        return Record(number, pattern, load, 0, exact, prompt, words, system, reading.other[first])

    def _learn(self, pattern: str) -> int | None:
        """The tokens that frame a conversation of that pattern, None if something is out of order in it."""
        fixed = None
        if _IN_ORDER.fullmatch(pattern):
            fixed = PER_EXAMPLE + sum(map(self._fixed.__getitem__, pattern))
        self._patterns[pattern] = fixed
        return fixed

    def _tools_of(self, example: _Example) -> _Tools:
        if example.tools is UNSET:
            return _WITHOUT_TOOLS
        raw = bytes(example.tools)
        known = self._tools.get(raw)
        if known is None:
            if len(self._tools) >= _MOST_TOOLS:
                self._tools.clear()
            known = self._tools[raw] = _Tools(raw, self._counter)
        return known


def fast_records(block: Block, lens: Lens, counter: Counter) -> list[Record]:
    """The records of the plain lines of a block; all others are left out."""
    if lens.form != "chat":
        return []
    doubtful = suspects(block.lines)
    take = _Taker(counter).take
    records = []
    for place, line in enumerate(block.lines):
        if place not in doubtful and 0 < len(line) <= _LARGE:
            record = take(place + 1, line)
            if record is not None:
                records.append(record)
    return records


def _calls_in_order(example: _Example, schemas: dict[str, Schema]) -> bool:
    """Whether every call is declared, matches its schema, and is answered by its id or comes last."""
    asked: set[str] = set()
    seen: set[str] = set()
    for message in example.messages:
        if type(message) is _Tool:
            if message.tool_call_id not in asked:
                return False
            asked.discard(message.tool_call_id)
        elif asked:
            return False
        elif type(message) is _Assistant and message.tool_calls is not UNSET:
            calls = message.tool_calls
            if not calls or (len(calls) > 1 and example.parallel_tool_calls is False):
                return False
            asked.update(call.id for call in calls)
            if len(asked) != len(calls) or not seen.isdisjoint(asked):
                return False
            seen |= asked
            if not all(_matches(call.function, schemas) for call in calls):
                return False
    return True


def _matches(function: _Function, schemas: dict[str, Schema]) -> bool:
    if function.name not in schemas:
        return False
    try:
        arguments = decode(function.arguments.encode())
    except LineError:
        return False
    if not isinstance(arguments, dict):
        return False
    return schemas[function.name].allows(arguments)
