"""The arguments of a trained call, carried over to another question.

What the example's own question spells out is replaced by what stands in its place in the new one: members of an
enum that are named, numbers, dates and times, and texts: quoted words, names, or what stands between the same
words as in the example. All else stays as it was trained; so does what the declared schema would not allow.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, Final

from drytune_simulator.checks import is_object
from drytune_simulator.dataset.schemas import compiled
from drytune_simulator.inference.arguments import fitted
from drytune_simulator.inference.conversation import Call
from drytune_simulator.inference.filling import Filling
from drytune_simulator.inference.fitting import decoded
from drytune_simulator.inference.offer import Function
from drytune_simulator.inference.schema_parts import InstanceError, resolved
from drytune_simulator.inference.slots import Slots

__all__ = ["Carrier"]

_Path = tuple[str | int, ...]

_MOST_LEAVES: Final = 100
_KEPT: Final = 2_000
"""Characters of a question that are looked at, the latest."""
_ISO: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
_CLOCK: Final = re.compile(r"\d{2}:\d{2}")
_ABSENT: Final = object()


class Carrier:
    """Carries the calls of one reply over; equal values stay equal, and different ones different.

    Args:
        before: The question of the example.
        now: The question that is asked.
    """

    def __init__(self, before: str, now: str) -> None:
        self._now = now[-_KEPT:]
        self._before = before[-_KEPT:]

    @cached_property
    def _slots(self) -> Slots:
        return Slots(self._before, self._now)

    def calls(self, trained: Sequence[Call], functions: Mapping[str, Function]) -> tuple[Call, ...]:
        """The calls of a reply, with the arguments for this question.

        Of several calls those are left out for which the question has nothing: it asks about one city, and the
        example about two.

        Args:
            trained: Those of the example, of functions that are offered.
            functions: What the request offers, by name.

        Raises:
            ApiError: 501 when no valid arguments could be built.
        """
        carried: list[Call] = []
        for call in trained:
            lacking = self._slots.lacking
            arguments = self.arguments(functions[call.name], call.arguments)
            if not carried or self._slots.lacking == lacking:
                carried.append(Call(call.name, arguments))
        return tuple(carried)

    def arguments(self, function: Function, trained: str) -> str:
        """Arguments of a call of `function`, valid against its parameters.

        Args:
            function: As the request declares it.
            trained: Of the example; kept byte for byte when nothing in them is to change.

        Raises:
            ApiError: 501 when no valid arguments could be built.
        """
        text = fitted(function, trained, self._now)
        value, schema = decoded(text), function.parameters
        if not is_object(schema) or not is_object(value) or self._before == self._now:
            return text
        validator = compiled(json.dumps(schema))
        changed: Any = value
        leaves = list(_leaves(value, schema, schema, ()))[:_MOST_LEAVES]
        lonely = [path for path, leaf, _ in leaves if _is_number(leaf)]
        for path, leaf, part in leaves:
            new = self._leaf(leaf, part, alone=lonely == [path])
            if new is _ABSENT or new == leaf:
                continue
            proposal = _with(changed, path, new)
            if validator.is_valid(proposal):
                changed = proposal
        for name, part in _optional(changed, schema):
            member = self._member(part)
            if member is not _ABSENT and validator.is_valid(proposal := {**changed, name: member}):
                changed = proposal
        return text if changed == value else json.dumps(changed, ensure_ascii=False)

    def _leaf(self, value: Any, schema: Mapping[str, Any], *, alone: bool) -> Any:
        """What stands in the place of a value, or `_ABSENT`."""
        if isinstance(value, str) and schema.get("enum"):
            return self._chosen(value, schema)
        if _is_number(value):
            found = self._slots.number(value, alone=alone)
            if found is None:
                return schema.get("default", _ABSENT) if self._slots.named(value) else _ABSENT
            return float(found) if "." in found else int(found)
        return (self._written(value) if isinstance(value, str) else None) or _ABSENT

    def _written(self, value: str) -> str | None:
        if _ISO.fullmatch(value):
            return self._slots.date(value)
        if _CLOCK.fullmatch(value):
            return self._slots.time(value)
        return self._slots.text(value)

    def _chosen(self, value: str, schema: Mapping[str, Any]) -> Any:
        """The member of an enum that the question names; else the usual one, if the example's own named it."""
        if _names(self._now, value):
            return value
        member = self._member(schema)
        if member is _ABSENT and _names(self._before, value):
            return schema.get("default", _ABSENT)
        return member

    def _member(self, schema: Mapping[str, Any]) -> Any:
        members = schema["enum"]
        found = Filling(self._now).member(members) if isinstance(members, list) else None
        return found if isinstance(found, str) and _names(self._now, found) else _ABSENT


def _names(question: str, member: str) -> bool:
    """Whether a question names a member of an enum; one of a letter or two only as it is written."""
    if len(member) < 3 and member.isascii():
        return re.search(rf"(?<!\w){re.escape(member)}(?!\w)", question) is not None
    return Filling(question).member([member]) is not None


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _leaves(
    value: Any, schema: Any, root: Any, path: _Path
) -> Iterator[tuple[_Path, Any, Mapping[str, Any]]]:
    """The values in `value` that hold no others, each with its path and its schema."""
    try:
        part = resolved(schema, root)
    except InstanceError:
        part = {}
    part = part if isinstance(part, dict) else {}
    if is_object(value):
        properties = part.get("properties")
        for name, item in value.items():
            known = properties.get(name) if isinstance(properties, dict) else None
            yield from _leaves(item, known, root, (*path, name))
    elif isinstance(value, list):
        for place, item in enumerate(value):
            yield from _leaves(item, part.get("items"), root, (*path, place))
    else:
        yield path, value, part


def _optional(value: Mapping[str, Any], schema: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The properties with an enum that `value` has not."""
    properties = schema.get("properties")
    if isinstance(properties, dict):
        for name, part in properties.items():
            if name not in value and isinstance(part, dict) and part.get("enum"):
                yield name, part


def _with(value: Any, path: Sequence[str | int], new: Any) -> Any:
    """`value` with `new` at `path`."""
    if not path:
        return new
    step, *rest = path
    if isinstance(value, list):
        return [_with(item, rest, new) if place == step else item for place, item in enumerate(value)]
    return {name: _with(item, rest, new) if name == step else item for name, item in value.items()}
