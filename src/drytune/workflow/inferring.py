"""Asking the tuned model: each answer once, and none that the budget does not cover."""

from __future__ import annotations

import math
from collections.abc import Mapping

import msgspec

from drytune.workflow.asking import ATTEMPTS, asked, away, rest
from drytune.workflow.context import Context
from drytune.workflow.effects import Call, Problem, Reply, Script
from drytune.workflow.finding import job_path
from drytune.workflow.questions import Question
from drytune.workflow.records import Answer, Run, state_of

__all__ = ["infer", "paid", "with_model"]

_LINE = 16
"""No line of a file has a number of so many digits."""

_USAGE = ("prompt_tokens", "completion_tokens", "total_tokens")


def infer(run: Run, context: Context) -> Script[Run]:
    """The run with one more question answered; `Run.stopped` if the budget does not cover it."""
    run = yield from with_model(run, context)
    if run.model is None:
        return run
    question = run.task.questions[len(run.answers)]
    body = {"model": run.model, **run.task.body_of(question)}
    path = "/completions" if question.form == "completion" else "/chat/completions"
    call = Call("POST", path, body=body)
    reply = yield from paid(call, f"ask:{len(run.answers)}", context, tuned=True)
    if reply is None:
        why = "the budget does not cover the next question to the tuned model; `resume` takes a larger --max-usd"
        return context.kept(msgspec.structs.replace(run, stopped=why))
    if not reply.ok:
        return context.refused(run, "infer", reply)
    answer = _answer(question, reply, context)
    return context.kept(msgspec.structs.replace(run, answers=(*run.answers, answer)))


def with_model(run: Run, context: Context) -> Script[Run]:
    """`run` with the name of its tuned model; `Run.stopped` if the platform does not tell it.

    A platform may tell of the success first: the job is looked at once more.

    Raises:
        Stopped: The API stays away.
    """
    if run.model is not None or run.remote is None:
        return run
    name = str(run.remote["id"])
    reply = yield from asked(Call("GET", job_path(name)), context)
    if reply.ok and isinstance(reply.data, dict) and state_of(reply.data) == "succeeded":
        run = msgspec.structs.replace(run, remote={**reply.data, "id": name})
    if run.model is not None:
        return context.kept(run)
    why = f"the job {name} has succeeded, and the platform does not tell the name of its model"
    return context.kept(msgspec.structs.replace(run, stopped=why))


def paid(call: Call, step: str, context: Context, *, tuned: bool) -> Script[Reply | None]:
    """The final answer to a call that costs money; None if the budget does not cover another attempt.

    Each attempt is kept before it is made, with the most that it may cost: an answer that nobody got may have been
    billed.

    Args:
        call: To a model.
        step: Its name in the log.
        context: Of the run.
        tuned: Whether the tuned model is asked, rather than the base model.

    Raises:
        Stopped: The API stays away.
    """
    for one in context.log.attempts(step):
        if one.ending == "done" and isinstance(one.data.get("reply"), dict):
            return Reply(200, one.data["reply"], one.data.get("headers") or {})  # an earlier process got it
    worst = context.money.worst(dict(call.body or {}), tuned=tuned)
    for attempt in range(1, ATTEMPTS + 1):
        if not context.money.has_room(worst):
            return None
        reply = yield from _attempted(call, step, worst, context, tuned=tuned)
        if reply.is_final or reply.status == 200:
            return reply
        if attempt < ATTEMPTS:
            yield from rest(reply, attempt, context)
    raise away(call, reply)


def _attempted(call: Call, step: str, worst: float, context: Context, *, tuned: bool) -> Script[Reply]:
    """One attempt, whose intent is kept before and whose end after."""
    number = context.log.begin(step, worst_usd=worst)
    context.money.stake(worst)
    reply: Reply | None = None
    try:
        reply = yield call
    finally:
        if reply is None:
            context.log.end(number, "lost", why="interrupted")
    if reply.ok and _is_answer(reply.data):
        ours = {name: value for name, value in reply.headers.items() if name.startswith("x-drytune")}
        cost = context.money.cost(reply.data.get("usage"), tuned=tuned)
        usd = worst if cost is None else cost
        context.log.end(number, "done", usd=usd, reply=reply.data, headers=ours)
        context.money.settle(worst, usd)
        return reply
    if reply.ok:
        context.log.end(number, "lost", why="the answer is none")
        return Reply(200, None, reply.headers, Problem(f"the answer ({reply.status}) has no choices"))
    assert reply.problem is not None  # noqa: S101 - it is not ok
    # a platform that failed may have billed; one that is too busy, or was never reached, has not
    is_lost = reply.sent and not reply.is_refusal and reply.status != 429
    context.log.end(number, "lost" if is_lost else "refused", status=reply.status, why=reply.problem.message)
    if not is_lost:
        context.money.settle(worst, 0.0)
    return reply


def _is_answer(data: object) -> bool:
    choices = data.get("choices") if isinstance(data, Mapping) else None
    return isinstance(choices, list) and bool(choices) and isinstance(choices[0], Mapping)


def _answer(question: Question, reply: Reply, context: Context) -> Answer:
    """What was said: of figures only those that are some, for what stands here is read again."""
    from drytune.keeping.budget import count_of

    choice = reply.data["choices"][0]
    if question.form == "completion":
        message = {"role": "assistant", "content": choice.get("text")}
    else:
        said = choice.get("message")
        said = said if isinstance(said, Mapping) else {}
        message = {name: value for name, value in said.items() if value not in (None, [])}
    usage = reply.data.get("usage")
    usage = usage if isinstance(usage, Mapping) else {}
    headers = reply.headers
    similarity, line = headers.get("x-drytune-similarity"), headers.get("x-drytune-line")
    return Answer(
        question,
        message,
        str(choice.get("finish_reason")),
        {name: usage[name] for name in _USAGE if count_of(usage.get(name)) is not None},
        headers.get("x-drytune-layer"),
        _number(similarity),
        int(line) if line is not None and line.isascii() and line.isdigit() and len(line) < _LINE else None,
        headers.get("x-drytune-repaired") == "true",
        context.money.cost(usage, tuned=True),
    )


def _number(text: str | None) -> float | None:
    try:
        number = float(text or "")
    except ValueError:
        return None
    return number if math.isfinite(number) else None
