"""What a script says where it says nothing: an error, or a connection that breaks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass, field, fields, replace
from typing import Any, Final

from drytune_simulator.faults.fault import ERRORS, WHAT, Fault
from drytune_simulator.faults.forms import fault_of
from drytune_simulator.faults.words import nearest, shown
from drytune_simulator.http import ConnectionDropped, Response
from drytune_simulator.scripts.saying import ScriptError, as_script_error

__all__ = ["FAILURES", "Fail", "ScriptedFailure"]

_BREAKS: Final = ("timeout", "drop")
FAILURES: Final[Mapping[str, str]] = {
    name: WHAT[name] if name in ERRORS else words
    for name, words in (
        *((name, "") for name in ERRORS),
        ("timeout", WHAT["timeout"]),
        ("drop", "the connection breaks before any byte"),
    )
}
"""What an answer may fail with by name, and a sentence about it."""


@dataclass(frozen=True, slots=True)
class Fail:
    """An answer that is none: an error, a timeout, or a connection that breaks.

    Errors are worded, and tell an SDK to try again at once, as those of `drytune_simulator.faults` do; what an SDK
    asks again is a new request, which gets the next answer. After ``timeout`` and ``drop`` it sleeps half a second
    and more: give its client ``max_retries=0``, or count on that time.

    Attributes:
        what: A status from 400 to 599, or a name out of `FAILURES`.
        message, type, code, param: Of an error, instead of the platform's own.
        body: Of an error, instead of JSON: a gateway's page, say.
        headers: Added to the answer, e.g. ``x-should-retry: false``.
        retry_after: Seconds, sent as ``retry-after``; as `drytune_simulator.faults.Fault` has it.
        delay: Seconds before the answer, or before the connection breaks; or words such as ``500ms``.

    Raises:
        ScriptError: The parts do not fit together; the sentence says which.
    """

    what: int | str
    _: KW_ONLY
    message: str | None = None
    type: str | None = None
    code: str | None = None
    param: str | None = None
    body: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    retry_after: float | str | None = None
    delay: float | str | None = None
    fault: Fault = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        what = self.what
        if isinstance(what, str) and what.isascii() and what.isdigit():
            what = int(what[:20])
        if what not in FAILURES if isinstance(what, str) else type(what) is not int or not 400 <= what <= 599:
            raise ScriptError(f"fail is {shown(what)}; {_instead(what)}")
        given: dict[str, Any] = {
            name: value for name in DETAILS if (value := getattr(self, name)) is not None and value != {}
        }
        if isinstance(given.get("headers"), Mapping):
            given["headers"] = dict(given["headers"])
        with as_script_error():
            fault = fault_of({**given, "what": what}, "the failure")
        object.__setattr__(self, "fault", fault)
        for name in ("what", "headers", "retry_after", "delay"):
            object.__setattr__(self, name, getattr(fault, name))

    @property
    def seconds(self) -> float:
        """The delay."""
        return self.fault.delay or 0.0

    def form(self) -> dict[str, Any]:
        """As TOML or JSON has it: a table."""
        table = self.fault.table()
        del table["route"]
        return {"fail": table.pop("what"), **table}

    def __str__(self) -> str:
        """In a list of scripts."""
        what = f"the error {self.what}"
        if self.what in _BREAKS:
            what = "a timeout" if self.what == "timeout" else "a connection that breaks"
        return what + (f" after {self.seconds:g} s" if self.seconds else "")


DETAILS: Final = tuple(part.name for part in fields(Fail) if part.init and part.name != "what")
"""What may be said of a failure."""


class ScriptedFailure(Exception):  # noqa: N818 - what has happened
    """A script answers with a failure: raised by a voice, and made an answer by whoever knows the request.

    Args:
        fail: What the client gets.
        script: Its name or number.
        model: The model that was asked for.
    """

    def __init__(self, fail: Fail, script: str, model: str) -> None:
        super().__init__(f"script {script}: {fail}")
        self._fail = fail
        self._model = model
        self._origin = {"x-drytune-layer": "scripted", "x-drytune-script": script}

    def response(self, headers: Mapping[str, str]) -> Response:
        """The answer.

        Args:
            headers: Those that every answer to this request has.

        Raises:
            ConnectionDropped: There is none.
        """
        from drytune_simulator.faults.outcome import SECONDS_UNTIL_TIMEOUT, error_of

        fault, delay = self._fail.fault, self._fail.seconds
        if not fault.is_error:
            if fault.what == "timeout" and fault.delay is None:
                delay = SECONDS_UNTIL_TIMEOUT
            raise ConnectionDropped(str(self), delay=delay, headers=self._origin)
        made = error_of(fault, headers, organization=headers.get("openai-organization"), model=self._model)
        added = {name.lower(): value for name, value in fault.headers.items()}
        return replace(made, headers={**made.headers, **added, **self._origin}, delay=delay)


def _instead(what: object) -> str:
    named = what if isinstance(what, str) else ""
    if named == "slow":
        return "an answer that comes late is one with a delay"
    if named in WHAT:
        return "what spoils the model's own answer is a fault (`drytune_simulator.faults`)"
    return f"it must be a status from 400 to 599, or a name{nearest(named, FAILURES)}"
