"""A live run in words that its reports have in common: what became of it, what it cost, what was said."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from drytune.reports.bill import money
from drytune.reports.words import counted

if TYPE_CHECKING:
    from drytune.workflow.plan import Plan
    from drytune.workflow.records import Answer, Run

__all__ = [
    "SIMULATED",
    "Fact",
    "clean",
    "error_of",
    "facts_of",
    "headline",
    "lasting",
    "next_step",
    "origin_of",
    "said_by",
    "settings_of",
    "state_of",
    "took",
    "usd",
]

SIMULATED: Final = (
    "Nothing was trained or billed: losses, costs and answers show that the pipeline works, "
    "not how well a model learns."
)

_ORIGINS: Final = {
    "trained": "the dataset's first prompt",
    "greeting": "a greeting that is not in the dataset",
    "asked": "asked",
}


class Fact(NamedTuple):
    """A line of a report: its name, its value, and some words about it, empty if there are none."""

    name: str
    value: str
    note: str = ""


def headline(run: Run) -> tuple[str, str]:
    """``ok``, ``no`` or ``…`` (there is more to come), and what became of the run in a sentence."""
    refusal = run.refusal
    if refusal is not None:
        why = _told(f"{refusal.status} {refusal.message}" if refusal.status else refusal.message)
        if refusal.step == "infer":
            return "no", f"the job succeeded, but a question was refused: {why}"
        return "no", f"the step `{refusal.step}` was refused: {why}"
    if run.stopped is not None or not run.done:
        return "…", f"not finished: {state_of(run) if run.stopped is None else _told(run.stopped)}"
    if run.status == "succeeded":
        return "ok", f"the job succeeded{', and all questions were asked' if run.task.questions else ''}"
    if run.status == "failed":
        return "no", f"the job failed: {_told(error_of(run)) or 'the platform does not say why'}"
    return "no", f"the job was {run.status}"


def next_step(run: Run) -> str | None:
    """What to do about a run that has something left to do; None if it has not, or nobody keeps it."""
    if run.done or run.id is None:
        return None
    return f"drytune resume {run.id}"


def state_of(run: Run) -> str:
    """The state in words: ``running``, ``validating files``, or what comes next."""
    if run.remote is not None or run.refusal is not None:
        return str(run.status).replace("_", " ")
    return {"upload": "nothing is uploaded yet", "create": "uploaded, and no job is known yet"}[run.step]


def error_of(run: Run) -> str:
    """What the platform says about a job that failed; empty if it says nothing."""
    error = (run.remote or {}).get("error")
    if not isinstance(error, dict):
        return ""
    return ": ".join(str(error[name]) for name in ("code", "message") if error.get(name))


def settings_of(run: Run) -> str:
    """``4 epochs, batch size 1, learning rate multiplier 1.8``: what the platform says it trains with."""
    remote = run.remote or {}
    method = remote.get("method")
    named = method.get(str(method.get("type"))) if isinstance(method, dict) else None
    holders = [named if isinstance(named, dict) else {}, remote]
    shown = next((one for holder in holders if isinstance(one := holder.get("hyperparameters"), dict)), {})
    told = []
    if (epochs := shown.get("n_epochs")) is not None:
        told.append(counted(epochs, "epoch") if isinstance(epochs, int) else f"{epochs} epochs")
    if (size := shown.get("batch_size")) is not None:
        told.append(f"batch size {size}")
    if (rate := shown.get("learning_rate_multiplier")) is not None:
        told.append(f"learning rate multiplier {f'{rate:g}' if isinstance(rate, float) else rate}")
    return ", ".join(told)


def facts_of(plan: Plan, run: Run) -> Iterator[Fact]:
    """The figures that people look for first: of the job, its tokens and its bill."""
    remote = run.remote or {}
    if run.id is not None:
        yield Fact("Run", run.id)
    if remote:
        yield Fact("Job", str(remote.get("id")), state_of(run))
    yield Fact("Platform", plan.endpoint.name, _place(plan))
    yield Fact("Base model", run.task.model, f"{run.task.method}, {settings_of(run) or 'as planned'}")
    if run.model is not None:
        yield Fact("Tuned model", run.model)
    if (seconds := took(run)) is not None:
        yield Fact("Took", lasting(seconds))
    yield _tokens(plan, run)
    yield from _bills(plan, run)


def took(run: Run) -> float | None:
    """Seconds from the job's creation to its end, or to the last that is known of it."""
    remote = run.remote or {}
    began = _number(remote.get("created_at"))
    ends = [remote.get("finished_at"), *(event.get("created_at") for event in run.events[-1:])]
    known = [at for at in map(_number, ends) if at is not None]
    return max(0.0, max(known) - began) if known and began is not None else None


def lasting(seconds: float) -> str:
    """``45 s``, ``12 min``, ``1 h 20 min``, ``2 d 3 h``."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    if minutes < 90:
        return f"{minutes} min"
    if minutes < 48 * 60:
        hours, minutes = divmod(minutes, 60)
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    days, hours = divmod(round(minutes / 60), 24)
    return f"{days} d {hours} h" if hours else f"{days} d"


def usd(amount: float | None) -> str:
    """``0.0531 USD``, or ``unknown``."""
    return "unknown" if amount is None else money(amount, "USD")


def origin_of(answer: Answer) -> str:
    """Where a question is from, and where a simulated answer."""
    told = _ORIGINS.get(answer.question.origin, answer.question.origin)
    if answer.similarity is None:
        return told
    if answer.line is None:
        return f"{told}; nothing in the dataset is like it"
    if answer.similarity == 1.0:
        mended = ", whose reply is not valid against its schema and was repaired" if answer.repaired else ""
        return f"{told}; recalled from line {answer.line}{mended}"
    return f"{told}; nearest is line {answer.line}, similarity {answer.similarity:.2f}"


def said_by(message: dict[str, Any]) -> str:
    """What an assistant message says and calls, as text."""
    calls = [call.get("function") or {} for call in message.get("tool_calls") or [] if isinstance(call, dict)]
    if message.get("function_call"):
        calls.append(message["function_call"])
    told = [f"{call.get('name')}({_compact(str(call.get('arguments') or ''))})" for call in calls]
    words = [str(text) for text in (message.get("content"), message.get("refusal")) if text]
    return "\n".join([*words, *told])


def clean(text: str, most: int) -> str:
    """`text` with nothing in it that cannot be seen, cut to `most` characters; the rest is told in a number."""
    cut = text[:most]
    shown = "".join(c if c.isprintable() or c in "\n\t" else "�" for c in cut)
    return shown if len(text) <= most else f"{shown}… ({counted(len(text) - most, 'more character')})"


def _tokens(plan: Plan, run: Run) -> Fact:
    expected = plan.estimate.tokens
    between = f"between {plan.estimate.tokens_low:,} and {plan.estimate.tokens_high:,}"
    if run.trained_tokens is None:
        return Fact("Trained tokens", f"{expected:,} expected", between)
    change = f" ({100 * (run.trained_tokens / expected - 1):+.1f} %)" if expected else ""
    return Fact("Trained tokens", f"{run.trained_tokens:,}", f"{expected:,} expected, {between}{change}")


def _bills(plan: Plan, run: Run) -> Iterator[Fact]:
    bill, estimate = run.bill, plan.estimate
    expected = f"{usd(estimate.training_usd)} expected"
    if estimate.low_usd is not None and estimate.high_usd is not None:
        expected += f", between {usd(estimate.low_usd)} and {usd(estimate.high_usd)}"
    if bill.training_usd is not None:
        yield Fact("Training", usd(bill.training_usd), expected)
    elif estimate.training_usd is not None:
        yield Fact("Training", "not known yet" if not run.done else "unknown", expected)
    else:
        yield Fact("Training", "unknown", estimate.why_unknown or "no price is known")
    if run.answers or run.holdout is not None or bill.answers_usd:
        yield Fact("Answers", usd(bill.answers_usd))
    budget = "no budget" if bill.max_usd is None else f"of at most {usd(bill.max_usd)}"
    spent = usd(bill.spent_usd)
    yield Fact("Spent", f"{spent} (simulated)" if run.simulated else spent, budget)


def _place(plan: Plan) -> str:
    endpoint = plan.endpoint
    told = [endpoint.backend if endpoint.name != endpoint.backend else ""]
    told += [f"profile {endpoint.profile}" if endpoint.profile else ""]
    return ", ".join(filter(None, told))


def _told(text: str) -> str:
    return text.rstrip(".")


def _number(value: object) -> float | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number else None  # type: ignore[arg-type]  # is_number says so


def _compact(arguments: str) -> str:
    try:
        values = json.loads(arguments)
    except (ValueError, RecursionError):
        return arguments
    if not isinstance(values, dict):
        return arguments
    return ", ".join(f"{key}={json.dumps(value, ensure_ascii=False)}" for key, value in values.items())
