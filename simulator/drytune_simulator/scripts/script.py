"""One script: to which questions it answers, and what."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import KW_ONLY, dataclass, field
from typing import TYPE_CHECKING, Any, Final

from drytune_simulator.faults.selection import Selection
from drytune_simulator.faults.words import shown
from drytune_simulator.scripts.failing import Fail
from drytune_simulator.scripts.patterns import compiled
from drytune_simulator.scripts.saying import Say, ScriptError, as_script_error, check_text

if TYPE_CHECKING:
    from drytune_simulator.inference.voice import Question

__all__ = ["CONDITIONS", "Script"]

CONDITIONS: Final = ("model", "text", "pattern", "turn", "tool_result")
"""What a table can say of the questions that a script answers."""


@dataclass(frozen=True, slots=True)
class Script:
    """An answer to certain questions; all the conditions that are given must hold.

    Attributes:
        answer: A text, a `Say`, a `Fail`, or several of them, which are said one after the other, each to one
            request; the last one again and again.
        model: The model that is asked, as the request or the answer names it; ``*`` and ``?`` stand for anything,
            as in ``ft:*``. A model that is not here answers if it is named so; a name without ``*`` and ``?`` also
            where it is shut down, or not yet there, on the day that applies.
        text: The last message of the user is exactly this.
        pattern: A regular expression that is found in the last message of the user. It has no look-around and no
            backward references, so that no text makes it slow.
        turn: So many messages of the user there are.
        tool_result: The conversation ends with results of tools, one of which contains this; ``""`` takes any. A
            script that says nothing of it fits before and after a result: to call a function once, give two
            answers, or `times`.
        when: A function that is asked as well; what it raises is answered with 501.
        name: What headers and lists call it; by default its number.
        times: At most so often; then the next script, or the model, answers.
        answers: The answers, in order.

    Raises:
        ScriptError: The parts do not fit together; the sentence says which.
    """

    answer: str | Say | Fail | Sequence[str | Say | Fail]
    _: KW_ONLY
    model: str | None = None
    text: str | None = None
    pattern: str | None = None
    turn: int | None = None
    tool_result: str | None = None
    when: Callable[[Question], object] | None = None
    name: str | None = None
    times: int | None = None
    answers: tuple[Say | Fail, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "answers", _answers(self.answer))
        for key in ("model", "text", "pattern", "tool_result", "name"):
            check_text(key, getattr(self, key))
        for key in ("turn", "times"):
            number = getattr(self, key)
            if number is not None and (type(number) is not int or number < 1):
                raise ScriptError(f"{key} is {shown(number)}; it must be a whole number, 1 or more")
        if self.text is not None and self.pattern is not None:
            raise ScriptError("text and pattern say different things of the same message; keep one of them")
        if self.pattern is not None:
            compiled(self.pattern)
        if self.when is not None and not callable(self.when):
            raise ScriptError(f"when is {shown(self.when)}; it must be a function of a question")
        with as_script_error():
            self.selection()

    def selection(self) -> Selection:
        """How often it may be used."""
        return Selection(name=self.name, times=self.times)

    def table(self) -> dict[str, Any]:
        """As a table of TOML or an object of JSON has it; a function has no form there, and is only named."""
        said = [say.form() for say in self.answers]
        keys = ("name", *CONDITIONS, "times")
        table = {key: value for key in keys if (value := getattr(self, key)) is not None}
        if self.when is not None:
            table["when"] = _called(self.when)
        return {**table, "answer": said[0] if len(said) == 1 else said}

    @property
    def asked(self) -> str:
        """Which questions it answers, in words."""
        told = [f"{key}={shown(value)}" for key in CONDITIONS if (value := getattr(self, key)) is not None]
        if self.when is not None:
            told.append(f"when={_called(self.when)}")
        if self.times is not None:
            told.append(f"times={self.times}")
        return ", ".join(told) or "anything"

    def __str__(self) -> str:
        """In a list of scripts."""
        return f"{self.asked}: {', then '.join(map(str, self.answers))}"


def _answers(answer: object) -> tuple[Say | Fail, ...]:
    if isinstance(answer, str | Say | Fail) or not isinstance(answer, Sequence):
        return (_answer(answer),)
    if not answer:
        raise ScriptError("answer is an empty list; it must hold what is said")
    return tuple(map(_answer, answer))


def _answer(answer: object) -> Say | Fail:
    if isinstance(answer, Say | Fail):
        return answer
    if isinstance(answer, str):
        return Say(answer)
    raise ScriptError(f"answer is {shown(answer)}; it must be a text, an answer, or a list of them")


def _called(function: Callable[..., object]) -> str:
    return str(getattr(function, "__name__", type(function).__name__))
