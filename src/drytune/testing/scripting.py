"""What models are to say in a test: `OpenAISimulator.on_chat`.

    openai_simulator.on_chat("ft:*", text="Hello").reply("Hi")
    openai_simulator.on_chat(pattern="(?i)weather").call("get_weather", city="Paris").reply("22 degrees.")
    openai_simulator.on_chat(text="Busy?").fail("rate_limited").reply("Not any more.")
    openai_simulator.on_chat(text="As JSON").reply(Weather(city="Paris", degrees=22))

It writes scripts of the simulator (`drytune_simulator.scripts`), which answer chats, responses and completions,
streamed or not.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from drytune.testing.modelled import is_modelled, modelled
from drytune_simulator.scripts import Fail, Say, Script, ScriptError, Scripts, ToolCall
from drytune_simulator.scripts.patterns import compiled

if TYPE_CHECKING:
    from drytune_simulator.inference.voice import Question

__all__ = ["Expectation", "Scripting", "failure", "tool_call"]

_KIT: Final = "drytune.testing."
_NO_ANSWER: Final = (
    "The expectation {0.name}, made at {0.where}, has no answer: on_chat(…) has to go on with .reply(…), "
    ".call(…), .refuse(…) or .fail(…)."
)
_UNFINISHED: Final[Mapping[str, Any]] = {
    "type": "drytune_script",
    "code": "script_has_no_answer",
    "headers": {"x-should-retry": "false"},
}


def tool_call(name: str, /, **arguments: Any) -> ToolCall:
    """A call of a function, for `Expectation.reply`; a list of several is called in one answer.

    Raises:
        ScriptError: The name can be none, or an argument cannot be written as JSON.
    """
    return ToolCall(name, arguments)


def failure(what: int | str, **details: Any) -> Fail:
    """An answer that is an error, for `Expectation.reply`; the arguments are those of `Expectation.fail`.

    Raises:
        ScriptError: There is no such failure, or details that it does not have.
    """
    try:
        return Fail(what, **details)
    except TypeError as error:
        from drytune_simulator.faults.words import nearest
        from drytune_simulator.scripts.failing import DETAILS

        unknown = next((name for name in details if name not in DETAILS), None)
        if unknown is None:
            raise
        raise ScriptError(f"a failure has no {unknown}{nearest(unknown, DETAILS)}") from error


class Expectation:
    """A question that a test expects, and what is answered: made by `on_chat`.

    Answers are given one after the other, each to one request, in the order in which they are told here; the last
    one again and again.

    Attributes:
        name: What headers and reports call it.
        where: File and line of the test that made it.
    """

    def __init__(self, scripts: Scripts, conditions: Mapping[str, Any], where: str) -> None:
        self._scripts = scripts
        self._conditions = conditions
        self._answers: tuple[Say | Fail, ...] = ()
        self.name = str(conditions["name"])
        self.where = where
        self._script = self._written(Fail(501, message=_NO_ANSWER.format(self), **_UNFINISHED))
        scripts.add(self._script)

    def reply(self, *answers: object, delay: float | str = 0) -> Expectation:
        """Answer with these, one after the other.

        Args:
            answers: Texts; calls (`tool_call`), or lists of calls; structured output, which is what JSON can hold,
                a pydantic model, or a class of these, of which some valid instance is made; failures (`failure`),
                or a `Say`. Where a request asks for a schema that a pydantic answer does not fit, it is refused
                with 501.
            delay: Seconds before the first token of each, or words such as ``500ms``.

        Raises:
            ScriptError: One is none of these.
        """
        if not answers:
            raise ScriptError('reply() has nothing to say; give it an answer, such as reply("Hello")')
        return self._then(*(_said(answer, delay) for answer in answers))

    def call(self, name: str, /, **arguments: Any) -> Expectation:
        """Call a function, which the request has to offer.

        Raises:
            ScriptError: The name can be none, or an argument cannot be written as JSON.
        """
        return self._then(Say(calls=[tool_call(name, **arguments)]))

    def refuse(self, text: str) -> Expectation:
        """Refuse in these words."""
        return self._then(Say(refusal=text))

    def fail(self, what: int | str, **details: Any) -> Expectation:
        """Answer with an error, or with nothing.

        An SDK asks again after most errors, and gets the next answer. The errors tell it not to wait; after
        ``timeout`` and ``drop`` it does.

        Args:
            what: A status from 400 to 599, or one of ``rate_limited``, ``quota``, ``slow_down``, ``server_error``,
                ``overloaded``, ``bad_gateway``, ``timeout`` and ``drop``.
            details: ``message``, ``type``, ``code``, ``param``, ``body``, ``headers``, ``retry_after`` and
                ``delay``, as `drytune_simulator.scripts.Fail` has them.

        Raises:
            ScriptError: There is no such failure, or details that it does not have.
        """
        return self._then(failure(what, **details))

    @property
    def calls(self) -> int:
        """How many requests it has answered."""
        return self._scripts.used(self.name) if self.is_finished else 0

    @property
    def is_finished(self) -> bool:
        """Whether it has been told what to answer."""
        return bool(self._answers)

    def __str__(self) -> str:
        """As the test has written it, and where."""
        asked = self._script.asked
        return f"on_chat({'' if asked == 'anything' else asked}) at {self.where}"

    def __repr__(self) -> str:
        """The same, what is answered, and how often it was."""
        said = ", then ".join(map(str, self._answers))
        told = f"{said}; answered {self.calls}" if self._answers else "no answer yet"
        return f"<{self.name}: {self} ({told})>"

    def _then(self, *answers: Say | Fail) -> Expectation:
        self._answers = (*self._answers, *answers)
        self._script = self._written(*self._answers)
        if not self._scripts.change(self.name, self._script):
            self._scripts.add(self._script)  # the scripts were cleared meanwhile
        return self

    def _written(self, *answers: Say | Fail) -> Script:
        return Script(answers, **self._conditions)


class Scripting:
    """What a test expects to be asked, and answers; it writes into the scripts of a simulator.

    Args:
        scripts: Those of the simulator: `Simulator.scripts`.

    Attributes:
        expectations: All that were made, in order.
    """

    def __init__(self, scripts: Scripts) -> None:
        self._scripts = scripts
        self.expectations: list[Expectation] = []

    def on_chat(
        self,
        model: str | None = None,
        *,
        text: str | None = None,
        pattern: str | re.Pattern[str] | None = None,
        turn: int | None = None,
        tool_result: str | None = None,
        when: Callable[[Question], object] | None = None,
        name: str | None = None,
        times: int | None = None,
    ) -> Expectation:
        """Expect a question, at whichever door: chats, responses or completions; say next what is answered.

        All conditions that are given must hold. Of several expectations that fit, the one that was made first
        answers, as long as it may (`times`).

        Args:
            model: The model that is asked, as the request or the answer names it; ``*`` and ``?`` stand for
                anything, as in ``ft:*``. A model that is not here answers only if it is named so; a name without
                ``*`` and ``?`` also where it is shut down on the day that applies (`as_of`).
            text: The last message of the user is exactly this.
            pattern: This regular expression is found in the last message of the user. A text has neither
                look-arounds nor backward references; what `re.compile` makes may have them.
            turn: So many messages of the user there are.
            tool_result: The conversation ends with results of tools, one of which contains this; ``""`` takes any.
                What says nothing of it fits before and after a result.
            when: A function that is asked as well; it is given the whole `Question`: its `turns`, `text`, `model`,
                `door`, `offer` (what may be called), and more.
            name: What headers and reports call it.
            times: It answers at most so often.

        Raises:
            ScriptError: Conditions are none, or do not fit together; the sentence says which.
        """
        if isinstance(model, str) and re.search(r"\s", model):
            raise ScriptError(
                f"{model!r} is no name of a model, which has no spaces; say on_chat(text={model!r})"
            )
        if isinstance(pattern, re.Pattern):
            if text is not None:
                raise ScriptError(
                    "text and pattern say different things of the same message; keep one of them"
                )
            if when is not None and not callable(when):
                raise ScriptError(f"when is {when!r}; it must be a function of a question")
            when = _Searching(pattern, when)
            pattern = None
        if isinstance(pattern, str) and text is None:
            _check_pattern(pattern)
        conditions = {
            "name": f"on_chat-{len(self.expectations) + 1}" if name is None else name,
            "model": model,
            "text": text,
            "pattern": pattern,
            "turn": turn,
            "tool_result": tool_result,
            "when": when,
            "times": times,
        }
        expectation = Expectation(self._scripts, conditions, _caller())
        self.expectations.append(expectation)
        return expectation

    @property
    def unfinished(self) -> list[Expectation]:
        """Those that nobody has told what to answer: a mistake of the test."""
        return [each for each in self.expectations if not each.is_finished]

    @property
    def unused(self) -> list[Expectation]:
        """Those that have not answered anything yet; which may be as it should be."""
        return [each for each in self.expectations if each.is_finished and not each.calls]


class _Searching:
    """The condition that an expression of `re` is found, and another one holds."""

    def __init__(self, pattern: re.Pattern[str], when: Callable[[Question], object] | None) -> None:
        self._pattern = pattern
        self._when = when
        self.__name__ = f"re.compile({pattern.pattern!r})"

    def __call__(self, question: Question) -> bool:
        found = self._pattern.search(question.text) is not None
        return found and (self._when is None or bool(self._when(question)))


def _check_pattern(pattern: str) -> None:
    """Refuse what a script cannot search; where Python can, say how it is given.

    Raises:
        ScriptError: It is no pattern, or not one for a script.
    """
    try:
        compiled(pattern)
    except ScriptError as error:
        try:
            re.compile(pattern)
        except (re.error, RecursionError, OverflowError):
            raise error from None
        raise ScriptError(f"{error}, or give what may have them all: pattern=re.compile(…)") from None


def _said(answer: object, delay: float | str) -> Say | Fail:
    if isinstance(answer, Say | Fail):
        return answer if answer.delay or not delay else replace(answer, delay=delay)
    if isinstance(answer, str):
        return Say(answer, delay=delay)
    calls = [answer] if isinstance(answer, ToolCall) else answer
    if isinstance(calls, list | tuple) and calls and all(isinstance(call, ToolCall) for call in calls):
        return Say(calls=calls, delay=delay)
    if is_modelled(answer):
        return Say(json=modelled(answer), checked=True, delay=delay)
    if isinstance(answer, Mapping | list | tuple | bool | int | float):
        return Say(json=dict(answer) if isinstance(answer, Mapping) else answer, delay=delay)
    raise ScriptError(
        f"{type(answer).__name__} is no answer; say a text, tool_call(…) or a list of these, what JSON can hold, "
        "a pydantic model or a class of them, failure(…), or a Say"
    )


def _caller() -> str:
    """File and line of whoever uses the kit."""
    frame = sys._getframe(1)  # noqa: SLF001 - `inspect.stack` reads the files of all frames
    while frame.f_back is not None and frame.f_globals.get("__name__", "").startswith(_KIT):
        frame = frame.f_back
    return f"{Path(frame.f_code.co_filename).name}:{frame.f_lineno}"
