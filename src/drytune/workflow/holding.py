"""Held-out examples: what the tuned model and the base model say to them, held against what was wanted."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal, NamedTuple

import msgspec

from drytune.errors import Refused, UsageError
from drytune.workflow.context import Context
from drytune.workflow.effects import Call, Script
from drytune.workflow.held_out import Example, form_of, read_examples, read_holdout
from drytune.workflow.inferring import paid, with_model
from drytune.workflow.records import Holdout, Marks, Run

__all__ = ["hold_out", "read_holdout"]

Side = Literal["tuned", "base"]
_SIDES: Final[tuple[Side, Side]] = ("tuned", "base")
_NO_MONEY: Final = 402


def hold_out(run: Run, context: Context) -> Script[Run]:
    """`run` with the marks of both models on its task's held-out examples, as far as the budget goes.

    What an earlier process was answered is not asked again.

    Raises:
        Stopped: The API stays away.
        Refused: The file is not what was planned.
    """
    file = run.task.holdout
    if file is None:
        return run
    run = yield from with_model(run, context)
    if run.model is None:
        return run
    examples, sha256 = read_examples(file.local, form_of(run.task))
    if sha256 != file.sha256:
        raise Refused(
            f"{file.path} is not what was planned: its SHA-256 is {sha256[:16]}…, and was {file.sha256[:16]}…; "
            "bring the file back, and resume the run."
        )
    sitting = _Sitting(context, {"tuned": run.model, "base": run.task.model}, _earlier(context))
    for example in examples:
        yield from _both(example, sitting)
        context.told(context.billed(run))
    holdout = Holdout(
        tuned=_marks("tuned", examples, sitting),
        base=_marks("base", examples, sitting),
        notes=_notes(examples, sitting),
    )
    return context.kept(msgspec.structs.replace(run, holdout=holdout))


@dataclass(slots=True)
class _Sitting:
    """What is known while examples are asked.

    Attributes:
        context: Of the run.
        models: By side.
        earlier: Replies and final refusals of earlier processes, by step.
        said: Answers by side and number of the example.
        failed: How many examples a side was asked without an answer.
        over: Why a side is asked no more.
        is_poor: The budget does not cover another example.
        unknown: Why nobody can say what an example costs, by its number.
    """

    context: Context
    models: dict[Side, str]
    earlier: dict[str, Any]
    said: dict[tuple[Side, int], dict[str, Any]] = field(default_factory=dict)
    failed: dict[Side, int] = field(default_factory=lambda: {"tuned": 0, "base": 0})
    over: dict[Side, str] = field(default_factory=dict)
    is_poor: bool = False
    unknown: dict[int, str] = field(default_factory=dict)

    def has_room(self, example: Example, bodies: Mapping[Side, dict[str, Any]]) -> bool:
        """Whether the budget covers what is still to be asked of an example, of both models or of none."""
        money = self.context.money
        due = [side for side in _SIDES if _step(side, example) not in self.earlier and side not in self.over]
        try:
            return not due or money.has_room(
                sum(money.worst(bodies[side], tuned=side == "tuned") for side in due)
            )
        except UsageError as error:
            self.unknown[example.number] = str(error)
            return False


class _NoAnswer(NamedTuple):
    """A refusal that would come again."""

    status: int
    words: str


def _both(example: Example, sitting: _Sitting) -> Script[None]:
    """Ask both models one example, unless the budget does not cover both."""
    bodies = {side: {"model": sitting.models[side], **example.body} for side in _SIDES}
    is_covered = not sitting.is_poor and sitting.has_room(example, bodies)
    sitting.is_poor |= not is_covered and example.number not in sitting.unknown
    for side in _SIDES:
        step = _step(side, example)
        came = sitting.earlier.get(step)
        if came is None:
            if not is_covered or side in sitting.over:
                continue
            call = Call("POST", example.path, body=bodies[side])
            reply = yield from paid(call, step, sitting.context, tuned=side == "tuned")
            if reply is None:
                is_covered, sitting.is_poor = False, True
                continue
            words = "" if reply.problem is None else reply.problem.message
            came = reply.data if reply.ok else _NoAnswer(reply.status, words)
            if not reply.ok and reply.problem is not None and reply.problem.code == "insufficient_quota":
                came = _NoAnswer(_NO_MONEY, words)
        _take(side, example, came, sitting)


def _take(side: Side, example: Example, came: Any, sitting: _Sitting) -> None:
    from drytune.keeping.asking import OF_THE_KEY

    if isinstance(came, _NoAnswer):
        sitting.failed[side] += 1
        if came.status in OF_THE_KEY:
            sitting.over[side] = f"{OF_THE_KEY[came.status]}: {came.words[:300]}"
            if side == "tuned":  # without its answers, those of the base model are of no use
                sitting.over.setdefault("base", "the tuned model cannot be asked")
        elif came.status == _NO_MONEY:
            sitting.over.update(dict.fromkeys(_SIDES, f"the account has no money left: {came.words[:300]}"))
        return
    sitting.said[side, example.number] = came


def _step(side: Side, example: Example) -> str:
    return f"holdout:{side}:{example.number}"


def _earlier(context: Context) -> dict[str, Any]:
    """What came of attempts by earlier processes, by step: the data of a reply, or a refusal of the question."""
    found: dict[str, Any] = {}
    for attempt in context.log.attempts():
        if not attempt.step.startswith("holdout:"):
            continue
        if attempt.ending == "done" and isinstance(attempt.data.get("reply"), Mapping):
            found[attempt.step] = attempt.data["reply"]
        elif attempt.ending == "refused" and attempt.data.get("status") in (400, 413, 422):
            found.setdefault(
                attempt.step, _NoAnswer(attempt.data["status"], str(attempt.data.get("why") or ""))
            )
    return found


def _marks(side: Side, examples: Sequence[Example], sitting: _Sitting) -> Marks:
    """The figures of one model over what it answered."""
    from drytune.keeping.collected import Prompt
    from drytune.keeping.measures import measures_of, overall

    asked = []
    for example in examples:
        data = sitting.said.get((side, example.number))
        if data is None:
            continue
        door: Any = "completions" if example.path == "/completions" else "chat"
        wanted, said = _said(_message(example.reference, door), door), _said(data, door)
        asked.append(
            (Prompt(number=example.number, door=door, body=example.body, recorded=(wanted,)), (said,))
        )
    each = [measures_of(prompt, new) for prompt, new in asked]
    agreement = overall(asked, each).agreement if asked else None
    # only where a call was wanted: one that was not is no exact answer already
    calls = [one.calls for (prompt, _), one in zip(asked, each, strict=True) if prompt.recorded[0].calls]
    calling = [one for one in calls if one is not None]
    return Marks(
        model=sitting.models[side],
        asked=len(examples),
        answered=sum(said.error is None for _, (said,) in asked),
        exact=0.0 if agreement is None else agreement.exact,
        near=0.0 if agreement is None else agreement.near,
        likeness=None if agreement is None else agreement.likeness,
        calls=sum(one.names for one in calling) / len(calling) if calling else None,
        arguments=sum(one.arguments for one in calling) / len(calling) if calling else None,
        usd=_usd(side, sitting),
    )


def _usd(side: Side, sitting: _Sitting) -> float | None:
    """What the side has cost, its lost answers at their worst; None if no price is known."""
    context = sitting.context
    known = [
        context.money.cost(data.get("usage"), tuned=side == "tuned")
        for (one, _), data in sitting.said.items()
        if one == side
    ]
    if all(cost is None for cost in known):
        return None
    return sum(
        attempt.usd for attempt in context.log.attempts() if attempt.step.startswith(f"holdout:{side}:")
    )


def _notes(examples: Sequence[Example], sitting: _Sitting) -> tuple[str, ...]:
    notes = []
    asked = {side: sum(1 for one, _ in sitting.said if one == side) for side in _SIDES}
    if sitting.is_poor:
        fewest = min(asked.values())
        notes.append(f"The budget covered {fewest} of {len(examples)} held-out examples.")
    if sitting.unknown:
        why = next(iter(sitting.unknown.values())).rstrip(".")
        notes.append(
            f"Nobody knows what {len(sitting.unknown)} of {len(examples)} examples cost at most: {why}."
        )
    for side in _SIDES:
        name = f"The {side} model"
        if side in sitting.over:
            notes.append(f"{name} was asked no further: {sitting.over[side]}.")
        elif sitting.failed[side]:
            notes.append(f"{name} gave no answer to {sitting.failed[side]} of {len(examples)} examples.")
    if {number for side, number in sitting.said if side == "tuned"} != {
        number for side, number in sitting.said if side == "base"
    }:
        notes.append("The two models have not answered the same examples, so compare their marks with care.")
    return tuple(notes)


def _said(data: Mapping[str, Any], door: Any) -> Any:
    from drytune.cassettes.model import Told
    from drytune.keeping.said import said_in

    return said_in(Told(status=200, body=json.dumps(data).encode()), door)[0]


def _message(reference: Any, door: str) -> dict[str, Any]:
    """A reference in the form of an answer."""
    if isinstance(reference, Mapping) and "role" in reference:
        message = dict(reference)
    else:
        text = reference if isinstance(reference, str) else json.dumps(reference, ensure_ascii=False)
        message = {"role": "assistant", "content": text}
    return {"choices": [{"text": message.get("content")} if door == "completions" else {"message": message}]}
