"""The scripts of a world, and how often each has answered: a voice."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from drytune_simulator.errors import refuse
from drytune_simulator.faults.roster import Roster
from drytune_simulator.faults.selection import Turn, like
from drytune_simulator.faults.words import shown
from drytune_simulator.http import ApiError
from drytune_simulator.scripts.failing import Fail, ScriptedFailure
from drytune_simulator.scripts.patterns import compiled
from drytune_simulator.scripts.saying import Say, ScriptError, as_script_error
from drytune_simulator.scripts.script import Script

if TYPE_CHECKING:
    from drytune_simulator.inference.answer import Answer
    from drytune_simulator.inference.shape import Shape
    from drytune_simulator.inference.voice import Question

__all__ = ["Scripts"]


class _Entry:
    def __init__(self, script: Script, label: str) -> None:
        self.script = script
        self.label = label
        self.turn = Turn(script.selection(), ())
        self._model = like(script.model)
        self._found = None if script.pattern is None else compiled(script.pattern)

    def names(self, model: str, *, exactly: bool) -> bool:
        """Whether its condition is of a model, and of this one."""
        if self._model is None:
            return False
        return self.script.model == model or (not exactly and self._model.match(model) is not None)

    def fits(self, question: Question) -> bool:
        models = {question.requested, question.model}
        if self._model is not None and not any(self.names(name, exactly=False) for name in models):
            return False
        return self.fits_any_model(question)

    def fits_any_model(self, question: Question) -> bool:
        """Whether it would fit if another model were asked: all conditions but `model` hold."""
        script = self.script
        if script.turn is not None and question.turn != script.turn:
            return False
        if script.text is not None and question.text != script.text:
            return False
        if self._found is not None and not self._found(question.text):
            return False
        if script.tool_result is not None and not any(
            script.tool_result in result for result in question.tool_results
        ):
            return False
        return script.when is None or self._agrees(question)

    def _agrees(self, question: Question) -> bool:
        assert self.script.when is not None  # noqa: S101 - asked only then
        try:
            return bool(self.script.when(question))
        except Exception as error:  # the tester's own function, who is to be told
            why = f"its function `when` raised {type(error).__name__}: {error}"
            raise _refused(self.label, why) from error


class Scripts(Roster[Script, _Entry]):
    """Scripts in order, of which the first that fits and has answers left answers; what a `Simulator` holds.

    May be changed while it is in use; safe to share between threads. Each counts the questions that come to it and
    fit it: what an earlier one has answered is no question to a later one. The counts are of this process.

    Args:
        scripts: In the order in which they are asked.

    Raises:
        ScriptError: Two have the same name.
    """

    _kind = "script"

    def __init__(self, scripts: Iterable[Script] = ()) -> None:
        super().__init__(scripts, 0)

    def _entry(self, item: Script, label: str) -> _Entry:
        return _Entry(item, label)

    def _made(self, labels: Iterable[str], items: Iterable[Script], number: int) -> Any:
        with as_script_error():
            return super()._made(labels, items, number)

    def change(self, label: str, script: Script) -> bool:
        """Have `script` in the place of the one with this name or number; whether there was one.

        It goes on to be called so. Where it says what that one says, and then more, its counts go on, too.

        Raises:
            ScriptError: It has another name.
        """
        if script.name not in (None, label):
            raise ScriptError(f"the script {shown(label)} cannot be called {shown(script.name)} from now on")
        entry = _Entry(script, label)
        with self._lock:
            place = next((place for place, row in enumerate(self._rows) if row[0] == label), None)
            if place is None:
                return False
            _, old, before = self._rows[place]
            if script.answers[: len(old.answers)] == old.answers:
                entry.turn.seen, entry.turn.struck = before.turn.seen, before.turn.struck
            self._rows = [*self._rows[:place], (label, script, entry), *self._rows[place + 1 :]]
        return True

    def used(self, label: str) -> int:
        """How often the script with this name or number has answered; 0 where there is none."""
        with self._lock:
            return next((entry.turn.struck for each, _, entry in self._rows if each == label), 0)

    def names_model(self, *names: str, exactly: bool = False) -> bool:
        """Whether a script is of a model with one of these names (`inference.voice.VoiceOfNames`).

        One that may not be used any more is still of it; one that says nothing of a model is of none.

        Args:
            names: The name as a request has it, and others of the same model.
            exactly: Not by a pattern.
        """
        return any(entry.names(name, exactly=exactly) for _, _, entry in self._rows for name in names)

    def nameless(self, question: Question) -> str | None:
        """What the first script is called that says nothing of a model and would be due; None if there is none.

        Counts nothing.
        """
        for label, script, entry in self._rows:
            may_be_used = script.times is None or entry.turn.struck < script.times
            if script.model is None and may_be_used and entry.fits_any_model(question):
                return label
        return None

    def say(self, question: Question) -> Answer | None:
        """The answer of the first script that is due; counts the question.

        Raises:
            ApiError: 501, it has an answer that cannot be given to this request.
            ScriptedFailure: It answers with an error, or breaks the connection.
        """
        if not self._rows:
            return None
        found = self._first(question)
        if found is None:
            return None
        from drytune_simulator.inference.answer import Answer

        entry, said = found
        if isinstance(said, Fail):
            raise ScriptedFailure(said, entry.label, question.requested)
        answer = Answer(said.reply(), "scripted", script=entry.label, delay=said.seconds)
        why = _fault_of(answer, question)
        if why is None and said.checked:
            why = _unfit(said.json, question.shape)
        if why is not None:
            raise _refused(entry.label, why, answer.headers)
        return answer

    def _first(self, question: Question) -> tuple[_Entry, Say | Fail] | None:
        """The first script that is due, and what it says this time; counts it."""
        for _, _, entry in self._rows:
            if not entry.fits(question):  # outside of the lock: it may ask somebody's own function
                continue
            with self._lock:
                if entry.turn.next(free=True):
                    answers = entry.script.answers
                    return entry, answers[min(entry.turn.struck, len(answers)) - 1]
        return None


def _fault_of(answer: Answer, question: Question) -> str | None:
    """Why an answer cannot be given to a request; None if it can."""
    reply, offer = answer.reply, question.offer
    if question.door == "completions" and reply.content is None:
        return "it says no text, and a completion is nothing else"
    declared = {function.name for function in offer.declared}
    for call in reply.calls:
        if call.name not in declared:
            return f"it calls the function '{call.name}', which this request does not offer"
        if call.name not in offer.functions:
            return f"it calls the function '{call.name}', which this request does not let it call"
    if len(reply.calls) > 1 and not offer.parallel:
        return f"it has {len(reply.calls)} calls, and this request lets it make one at a time"
    return None


def _unfit(value: object, shape: Shape) -> str | None:
    """Why a JSON value is not of the shape that a request asks for; None if it is."""
    if shape.kind == "text":
        return None
    asked = f"what `{shape.param}` asks for"
    if shape.schema is None:
        return None if isinstance(value, dict) else f"its JSON is no object, and {asked} is one"
    from drytune_simulator.dataset.schemas import compiled as validator_of

    error = next(validator_of(json.dumps(shape.schema)).iter_errors(value), None)
    if error is None:
        return None
    place = ".".join(map(str, error.instance_path))
    return f"its JSON does not fit {asked}: {f'{place}: ' if place else ''}{error.message}"


def _refused(label: str, why: str, headers: Mapping[str, str] | None = None) -> ApiError:
    refusal = refuse("script-does-not-fit", script=label, why=why)
    refusal.headers |= headers or {"x-drytune-layer": "scripted", "x-drytune-script": label}
    return refusal
