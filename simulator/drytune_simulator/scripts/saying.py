"""What a script says: a text, a refusal, calls, or a JSON value; and how long it waits before."""

from __future__ import annotations

import json as json_module
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import KW_ONLY, dataclass
from typing import TYPE_CHECKING, Any

from drytune_simulator.dataset.formats import FUNCTION_NAME
from drytune_simulator.faults.words import FaultError, duration, shown

if TYPE_CHECKING:
    from drytune_simulator.inference.lessons import Reply

__all__ = ["Say", "ScriptError", "ToolCall", "as_script_error", "check_text"]


_LONGEST_NAME = 64


class ScriptError(ValueError):
    """A script that cannot be; its text is a sentence that says what is wrong, and what to do."""


@contextmanager
def as_script_error(place: str = "") -> Iterator[None]:
    """What is shared with faults says `FaultError`; here it is a `ScriptError`, and begins with its place."""
    try:
        yield
    except (FaultError, ScriptError) as error:
        raise ScriptError(f"{place}: {error}" if place else str(error)) from None


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A call of a function.

    Attributes:
        name: Of the function; the request has to offer it.
        arguments: An object, or the very text that is to be sent, which need be neither JSON nor valid.

    Raises:
        ScriptError: The name can be none, or the arguments are no JSON object.
    """

    name: str
    arguments: Mapping[str, Any] | str = "{}"

    def __post_init__(self) -> None:
        _check_name(self.name)
        _check_arguments(self.arguments)

    @property
    def written(self) -> str:
        """The arguments as they are sent."""
        if isinstance(self.arguments, str):
            return self.arguments
        return _as_json(dict(self.arguments), "the call's arguments")

    def table(self) -> dict[str, Any]:
        """As a table of TOML or an object of JSON has it."""
        given = self.arguments
        return {"name": self.name, "arguments": given if isinstance(given, str) else dict(given)}


@dataclass(frozen=True, slots=True)
class Say:
    """One answer.

    Attributes:
        text: What is said, as it is: no shape that the request asks for is forced on it.
        refusal: The model refuses, in these words.
        calls: Functions that are called; a text may stand beside them.
        json: A JSON value that is said, as structured output; None says none.
        checked: The JSON is not said to a request whose schema it does not fit: that is refused with 501, which
            names the field. Without it, all is said as it is.
        delay: Seconds before the first token, or words such as ``500ms``.

    Raises:
        ScriptError: It says nothing, or two things at once; a part is of a wrong type.
    """

    text: str | None = None
    _: KW_ONLY
    refusal: str | None = None
    calls: Sequence[ToolCall] = ()
    json: Any = None
    checked: bool = False
    delay: float | str = 0.0

    def __post_init__(self) -> None:
        for key in ("text", "refusal"):
            check_text(key, getattr(self, key))
        _check_calls(self.calls)
        with as_script_error("delay"):
            object.__setattr__(self, "delay", duration(self.delay))
        object.__setattr__(self, "calls", tuple(self.calls))
        if self.json is not None:
            _as_json(self.json, "json")
        given = [key for key in ("text", "refusal", "json") if getattr(self, key) is not None]
        if self.calls and "refusal" in given:
            given.append("calls")
        if len(given) > 1:
            raise ScriptError(f"{' and '.join(given)} cannot be said at once; keep one of them")
        if not given and not self.calls:
            raise ScriptError("an answer needs one of text, refusal, calls and json")
        if not isinstance(self.checked, bool):
            raise ScriptError(f"checked is {shown(self.checked)}; it must be true or false")
        if self.checked and self.json is None:
            raise ScriptError("checked is of an answer with json, and this one has none; leave it out")

    @property
    def seconds(self) -> float:
        """The delay."""
        return duration(self.delay)

    def reply(self) -> Reply:
        """What an assistant says."""
        from drytune_simulator.inference.conversation import Call
        from drytune_simulator.inference.lessons import Reply

        content = self.text if self.json is None else _as_json(self.json, "json")
        return Reply(content, self.refusal, tuple(Call(call.name, call.written) for call in self.calls))

    def form(self) -> str | dict[str, Any]:
        """As TOML or JSON has it: a text, or a table."""
        table: dict[str, Any] = {
            "text": self.text,
            "refusal": self.refusal,
            "calls": [call.table() for call in self.calls] or None,
            "json": self.json,
            "checked": self.checked or None,
            "delay": self.seconds or None,
        }
        table = {key: value for key, value in table.items() if value is not None}
        return self.text if self.text is not None and len(table) == 1 else table

    def __str__(self) -> str:
        """In a list of scripts."""
        parts = []
        if self.text is not None:
            parts.append(shown(self.text))
        if self.refusal is not None:
            parts.append(f"the refusal {shown(self.refusal)}")
        if self.json is not None:
            parts.append(f"the JSON {shown(_as_json(self.json, 'json'))[1:-1]}")
        parts += [f"a call of {call.name}" for call in self.calls]
        return " and ".join(parts) + (f" after {self.seconds:g} s" if self.seconds else "")


def check_text(key: str, value: object) -> None:
    """Refuse what is neither a text nor None."""
    if value is not None and not isinstance(value, str):
        raise ScriptError(f"{key} is {shown(value)}; it must be text")


def _check_name(name: object) -> None:
    if not isinstance(name, str) or not re.fullmatch(FUNCTION_NAME[1:-1], name) or len(name) > _LONGEST_NAME:
        msg = f"the call's name is {shown(name)}; it must be of letters, digits, `_` and `-`, at most 64"
        raise ScriptError(msg)


def _check_arguments(arguments: object) -> None:
    if isinstance(arguments, Mapping):
        _as_json(dict(arguments), "the call's arguments")
    elif not isinstance(arguments, str):
        raise ScriptError(f"the call's arguments are {shown(arguments)}; they must be a table, or a text")


def _check_calls(calls: object) -> None:
    if isinstance(calls, str) or not isinstance(calls, Sequence):
        raise ScriptError(f"calls is {shown(calls)}; it must be a list of calls")
    for call in calls:
        if not isinstance(call, ToolCall):
            raise ScriptError(f"calls has {shown(call)}; each must be a call, with a name and arguments")


def _as_json(value: object, what: str) -> str:
    """JSON without spaces, as models write it.

    Raises:
        ScriptError: It cannot be written so.
    """
    try:
        return json_module.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    except (TypeError, ValueError, RecursionError) as error:
        raise ScriptError(f"{what} cannot be written as JSON ({error})") from None
