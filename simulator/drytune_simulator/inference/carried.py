"""The arguments of a trained call, carried over to another question.

What the example's own question spells out is replaced by what stands in its place in the new one: members of an
enum that are named, numbers, dates and times, and texts: quoted words, names, or what stands between the same
words as in the example. A list of texts becomes as long as the question's; the only boolean of a call is turned
when the question says off where the example said on. What the example spells out and the question lacks is left
out where the schema allows that. All else stays as it was trained; so does what the schema would not allow.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any, Final

from drytune_simulator.checks import is_object
from drytune_simulator.dataset.schemas import compiled
from drytune_simulator.inference.arguments import fitted
from drytune_simulator.inference.conversation import Call
from drytune_simulator.inference.filling import Filling
from drytune_simulator.inference.fitting import decoded
from drytune_simulator.inference.leaves import (
    Path,
    leaves,
    text_lists,
    unset_choices,
    value_at,
    with_value,
    without,
)
from drytune_simulator.inference.offer import Function
from drytune_simulator.inference.schema_parts import types_of
from drytune_simulator.inference.slots import Slots
from drytune_simulator.inference.switches import turned

__all__ = ["Carrier"]

_Leaf = tuple[Path, Any, Mapping[str, Any]]

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
        self._slots = Slots(self._before, self._now)

    def calls(self, trained: Sequence[Call], functions: Mapping[str, Function]) -> tuple[Call, ...]:
        """The calls of a reply, with the arguments for this question.

        Of several calls those are left out for which the question has nothing: it asks about one city, and the
        example about two.

        Args:
            trained: Those of the example, of functions that are offered; kept byte for byte when nothing changes.
            functions: What the request offers, by name.

        Raises:
            ApiError: 501 when no valid arguments could be built.
        """
        texts = [fitted(functions[call.name], call.arguments, self._now) for call in trained]
        if self._before == self._now:  # nothing is to change but what does not fit
            return tuple([Call(call.name, text) for call, text in zip(trained, texts, strict=True)])
        self._slots = self._slots_of(
            [
                _leaves_of(functions[call.name], decoded(text))
                for call, text in zip(trained, texts, strict=True)
            ]
        )
        carried: list[Call] = []
        lacks: list[set[str]] = []
        for call, text in zip(trained, texts, strict=True):
            before = len(self._slots.lacking)
            carried.append(Call(call.name, self._carried(functions[call.name], text)))
            lacks.append(set(self._slots.lacking[before:]))
        in_all = set.intersection(*lacks) if lacks else set()
        return tuple([call for call, lack in zip(carried, lacks, strict=True) if lack <= in_all]) or tuple(
            carried[:1]
        )

    def arguments(self, function: Function, trained: str) -> str:
        """The arguments of a call alone, as `calls` gives them."""
        return self.calls([Call(function.name, trained)], {function.name: function})[0].arguments

    def _slots_of(self, calls: Sequence[Sequence[_Leaf]]) -> Slots:
        found = [leaf for call in calls for leaf in call]
        return Slots(
            self._before,
            self._now,
            [
                value
                for _, value, part in found
                if isinstance(value, str) and not part.get("enum") and not _is_clock(value)
            ],
            [values for call in calls for values in text_lists(call).values()],
            [value for _, value, _ in found if _is_number(value)],
        )

    def _carried(self, function: Function, text: str) -> str:
        """Valid arguments for this question."""
        value, schema = decoded(text), function.parameters
        if not is_object(schema) or not is_object(value):
            return text
        found = _leaves_of(function, value)
        change = _Change(value, schema)
        lists = [path for path, values in text_lists(found).items() if self._is_list(change, path, values)]
        switches = [path for path, leaf, _ in found if isinstance(leaf, bool)]
        gone: list[_Leaf] = []
        for path, leaf, part in found:
            if path[:-1] in lists:
                continue
            if isinstance(leaf, bool):
                new = not leaf if switches == [path] and turned(self._before, self._now) else _ABSENT
            else:
                new = self._leaf(leaf, part)
            if new is _ABSENT and self._is_gone(leaf, part):
                gone.append((path, leaf, part))
            elif new is not _ABSENT and new != leaf:
                change.put(path, new)
        change.drop(gone)
        for name, part in unset_choices(change.value, schema):
            member = self._member(part)
            if member is not _ABSENT and member not in change.value.values():
                change.put((name,), member)
        return text if change.value == value else json.dumps(change.value, ensure_ascii=False)

    def _is_list(self, change: _Change, path: Path, values: Sequence[str]) -> bool:
        """Whether a list was carried over as a whole."""
        members = self._slots.members(values)
        return members is not None and change.put(path, members)

    def _leaf(self, value: Any, schema: Mapping[str, Any]) -> Any:
        """What stands in the place of a value, or `_ABSENT`."""
        if isinstance(value, str) and schema.get("enum"):
            return self._chosen(value, schema)
        if _is_number(value):
            found = self._slots.figures.number(value)
            if found is None:
                return schema.get("default", _ABSENT) if self._slots.figures.named(value) else _ABSENT
            return float(found) if "." in found else int(found)
        return (self._written(value) if isinstance(value, str) else None) or _ABSENT

    def _written(self, value: str) -> str | None:
        if _ISO.fullmatch(value):
            return self._slots.figures.date(value)
        if _CLOCK.fullmatch(value):
            return self._slots.figures.time(value)
        return self._slots.text(value)

    def _is_gone(self, value: Any, schema: Mapping[str, Any]) -> bool:
        """Whether the example's question spells a value out, for which this one has nothing."""
        if isinstance(value, str):
            known = self._slots.figures.named if _is_clock(value) else self._slots.named
            return not schema.get("enum") and known(value)
        return _is_number(value) and self._slots.figures.named(value)

    def _chosen(self, value: str, schema: Mapping[str, Any]) -> Any:
        """The member of an enum that the question names; else the usual one, if the example's own named it."""
        members = schema["enum"] if isinstance(schema["enum"], list) else []
        named = [each for each in members[:_MOST_LEAVES] if isinstance(each, str) and _names(self._now, each)]
        if len(named) > 1 and _names(self._before, value):
            found = self._slots.chosen(value, named)
            if found is not None:
                return found
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


class _Change:
    """Arguments that stay valid whatever is done to them.

    Args:
        value: The arguments, valid.
        schema: That of the function.

    Attributes:
        value: As changed so far.
    """

    def __init__(self, value: Mapping[str, Any], schema: Mapping[str, Any]) -> None:
        self.value: Any = value
        self._valid = compiled(json.dumps(schema)).is_valid

    def put(self, path: Path, new: Any) -> bool:
        """Put a value into its place if that is allowed, and tell whether it was."""
        return self._take(
            {**self.value, path[0]: new} if len(path) == 1 else with_value(self.value, path, new)
        )

    def drop(self, gone: Sequence[_Leaf]) -> None:
        """Leave out, or make null, the values that may be so, unless nothing would be left."""
        before = self.value
        for path, _, part in reversed(gone):
            if len(path) > 1 and len(value_at(self.value, path[:-1])) == 1:
                continue  # an empty list or object says less than the trained one
            if not self._take(without(self.value, path)) and "null" in types_of(part.get("type", ())):
                self.put(path, None)
        if not any(True for _ in leaves(self.value, {}, {})):
            self.value = before

    def _take(self, proposal: Any) -> bool:
        if not self._valid(proposal):
            return False
        self.value = proposal
        return True


def _leaves_of(function: Function, value: Any) -> list[_Leaf]:
    schema = function.parameters
    return list(islice(leaves(value, schema, schema), _MOST_LEAVES))


def _is_clock(value: str) -> bool:
    return _ISO.fullmatch(value) is not None or _CLOCK.fullmatch(value) is not None


def _names(question: str, member: str) -> bool:
    """Whether a question names a member of an enum; one of a letter or two only as it is written."""
    if len(member) < 3 and member.isascii():
        return re.search(rf"(?<!\w){re.escape(member)}(?!\w)", question) is not None
    return Filling(question).member([member]) is not None


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
