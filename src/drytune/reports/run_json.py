"""A live run as data, for programs: its keys are part of the interface."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import msgspec

from drytune.reports.run_figures import curves_of
from drytune.reports.run_words import headline, took

if TYPE_CHECKING:
    from drytune.workflow.plan import Plan
    from drytune.workflow.records import Answer, Run

__all__ = ["FORM", "run_dict"]

FORM = 1
"""Of this form; ``drytune_run`` in the data."""


def run_dict(plan: Plan, run: Run) -> dict[str, Any]:
    """All there is to know of a run: only what JSON can hold, so a number that is none is None."""
    word, told = headline(run)
    bill = msgspec.to_builtins(run.bill)
    data: dict[str, Any] = {
        "drytune_run": FORM,
        "id": run.id,
        "ok": word == "ok",
        "done": run.done,
        "status": run.status,
        "headline": told,
        "simulated": run.simulated,
        "stopped": run.stopped,
        "refusal": msgspec.to_builtins(run.refusal),
        "notes": list(run.notes),
        "endpoint": msgspec.to_builtins(plan.endpoint),
        "task": msgspec.to_builtins(run.task),
        "job": run.remote,
        "took_s": took(run),
        "model": run.model,
        "tokens": {
            "expected": plan.estimate.tokens,
            "low": plan.estimate.tokens_low,
            "high": plan.estimate.tokens_high,
            "trained": run.trained_tokens,
        },
        "bill": bill,
        "measures": [
            {"kind": curve.kind, "of": curve.of, "points": [list(point) for point in curve.points]}
            for curve in curves_of(run)
        ],
        "answers": [_answer(answer) for answer in run.answers],
        "holdout": msgspec.to_builtins(run.holdout),
        "checkpoints": run.checkpoints,
        "events": run.events,
        "files": {"training": run.file, "validation": run.validation_file},
        "plan": {
            name: value
            for name, value in msgspec.to_builtins(plan).items()
            if name not in {"task", "endpoint"}  # they are above
        },
    }
    plain: dict[str, Any] = _plain(data)
    return plain


def _answer(answer: Answer) -> dict[str, Any]:
    return {
        "prompt": answer.question.prompt,
        "origin": answer.question.origin,
        "messages": list(answer.question.messages),
        "reply": answer.message.get("content"),
        "message": answer.message,
        "finish_reason": answer.finish_reason,
        "usage": answer.usage,
        "usd": answer.usd,
        "layer": answer.layer,
        "similarity": answer.similarity,
        "line": answer.line,
        "repaired": answer.repaired,
    }


def _plain(value: Any) -> Any:
    """`value` with lists for tuples, and None for infinities and what is no number."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {str(name): _plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value
