"""A live run as one page that needs nothing else: no script, no request, light or dark, any width."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from drytune.reports.html import require_libraries
from drytune.reports.pages import environment
from drytune.reports.run_marks import marks_of
from drytune.reports.run_plots import run_plots
from drytune.reports.run_words import (
    SIMULATED,
    clean,
    facts_of,
    headline,
    next_step,
    origin_of,
    said_by,
    usd,
)
from drytune.reports.svg import NEEDED
from drytune.reports.words import counted
from drytune_simulator.version import __version__

if TYPE_CHECKING:
    from drytune.workflow.plan import Plan
    from drytune.workflow.records import Answer, Run

__all__ = ["MAX_ANSWERS", "MAX_EVENTS", "at", "events_of", "files_of", "require_libraries", "run_page"]

MAX_ANSWERS: Final = 200
"""So many answers are on the page, the first; how many more there are is told."""

MAX_EVENTS: Final = 200
"""So many events are on the page, the last; those of single steps are drawn instead."""

_WORD: Final = 500
_SENTENCE: Final = 2_000
_TEXT: Final = 20_000
_LONG: Final = 600
_SHADES: Final = {"ok": "ok", "no": "error", "…": "warning"}


class _Event(NamedTuple):
    when: str
    level: str
    message: str


def run_page(plan: Plan, run: Run) -> str:
    """The whole page.

    Raises:
        MissingExtra: matplotlib or jinja2 is not installed.
    """
    templates = environment(NEEDED.format(library="jinja2"))
    templates.filters.update(
        word=lambda text: clean(str(text), _WORD), sentence=lambda text: clean(str(text), _SENTENCE)
    )
    word, told = headline(run)
    events = events_of(run)
    shown, checkpoints = run.answers[:MAX_ANSWERS], run.checkpoints or ()
    return templates.get_template("run.html.j2").render(
        word=word,
        shade=_SHADES[word],
        told=told,
        next_step=next_step(run),
        simulated=SIMULATED if run.simulated else None,
        facts=list(facts_of(plan, run)),
        notes=run.notes,
        warnings=plan.warnings,
        plots=run_plots(plan, run),
        answers=[_answer(answer) for answer in shown],
        more_answers=counted(more, "answer") if (more := len(run.answers) - len(shown)) else "",
        marks=marks_of(run),
        holdout=run.holdout,
        checkpoints=[_checkpoint(one) for one in checkpoints],
        events=events[-MAX_EVENTS:],
        more_events=counted(more, "event") if (more := len(events[:-MAX_EVENTS])) else "",
        files=list(files_of(run)),
        planned=list(_planned(plan)),
        version=__version__,
    )


def at(seconds: object) -> str:
    """``2026-11-25 14:05:10``, UTC; empty if it is no time."""
    try:
        return datetime.fromtimestamp(float(seconds), UTC).strftime("%Y-%m-%d %H:%M:%S")  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError, OSError):
        return ""


def events_of(run: Run) -> list[_Event]:
    """What the platform told of the job, without that of single steps."""
    return [
        _Event(at(event.get("created_at")), str(event.get("level") or ""), str(event.get("message") or ""))
        for event in run.events
        if event.get("type") != "metrics"
    ]


def files_of(run: Run) -> Iterator[dict[str, str]]:
    """The files of the run, and what they are called at the platform."""
    known = {"training": run.file, "validation": run.validation_file}
    for source in (run.task.training, run.task.validation, run.task.holdout):
        if source is None:
            continue
        remote = known.get(source.role) or {}
        yield {
            "role": source.role,
            "path": source.path,
            "examples": f"{source.examples:,}",
            "bytes": f"{source.bytes:,}",
            "sha256": source.sha256,
            "remote": str(remote.get("id") or ("stays here" if source.role == "holdout" else "not uploaded")),
        }
    for name in (run.remote or {}).get("result_files") or ():
        yield {"role": "results", "path": "", "examples": "", "bytes": "", "sha256": "", "remote": str(name)}


def _answer(answer: Answer) -> dict[str, Any]:
    prompt = answer.question.prompt
    title = " ".join(clean(prompt, 120).split())
    reply = clean(said_by(answer.message), _TEXT)
    used = [
        f"{answer.usage[name]:,} {what}"
        for name, what in (("prompt_tokens", "tokens asked"), ("completion_tokens", "tokens said"))
        if name in answer.usage
    ]
    return {
        "title": title or "(no words)",
        "asked": clean(prompt, _TEXT) if len(prompt) > len(title) else None,
        "system": None if answer.question.system is None else clean(answer.question.system, _TEXT),
        "origin": origin_of(answer),
        "reply": reply,
        "long": len(reply) > _LONG,
        "cut": answer.finish_reason == "length",
        "figures": ", ".join([*used, *([] if answer.usd is None else [usd(answer.usd)])]),
    }


def _checkpoint(checkpoint: dict[str, Any]) -> dict[str, str]:
    metrics = checkpoint.get("metrics")
    measured = {} if not isinstance(metrics, dict) else metrics
    return {
        "step": str(checkpoint.get("step_number") or ""),
        "model": str(checkpoint.get("fine_tuned_model_checkpoint") or ""),
        "metrics": ", ".join(
            f"{name.replace('_', ' ')} {value:.4g}"
            for name, value in measured.items()
            if isinstance(value, int | float) and name != "step"
        ),
    }


def _planned(plan: Plan) -> Iterator[tuple[str, str]]:
    """What the plan says besides the figures: when, by what, which prices, which dates."""
    prices, dates = plan.estimate.prices, plan.dates
    yield "made", f"{plan.made_at} by drytune {plan.made_by}"
    yield "digest", plan.digest
    yield "hyperparameters", ", ".join(f"{name} {value}" for name, value in plan.task.hyperparameters.items())
    yield "seed", "" if plan.task.seed is None else str(plan.task.seed)
    yield "tokens counted with", plan.estimate.encoding
    if prices.training is not None:
        yield "price", f"{prices.training:g} USD per million trained tokens; {prices.source or 'no source'}"
    yield "no total", plan.estimate.why_unknown or ""
    if (correction := plan.estimate.correction) is not None:
        yield "correction", f"× {correction.factor:.3f}, learned from {counted(correction.jobs, 'job')}"
    yield "base model can be tuned until", dates.training_ends or ""
    yield "tuned models are shut down on", dates.tunes_end or ""
    yield "base model is shut down on", dates.base_ends or ""
