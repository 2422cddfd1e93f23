"""A plan on a terminal: what will be done, with which files, what it costs at most, and what to know before."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from drytune.reports.bill import money
from drytune.reports.run_text import print_line
from drytune.reports.words import counted

if TYPE_CHECKING:
    from rich.console import Console

    from drytune.workflow.plan import Estimate, Plan
    from drytune.workflow.tasks import SourceFile, Task

__all__ = ["plan_lines", "print_plan"]

_NAME: Final = 10
_SHOWN: Final = 60
_HASH: Final = 16


def print_plan(plan: Plan, console: Console) -> None:
    """All of `plan` on `console`; nothing depends on colour or on a width."""
    for name, text in plan_lines(plan):
        print_line(console, f"{name:<{_NAME}}", text, "yellow" if name == "warning" else "bold")


def plan_lines(plan: Plan) -> Iterator[tuple[str, str]]:
    """The plan, a line at a time: a name, and what there is to say."""
    task = plan.task
    yield "plan", f"fine-tune {task.model} ({task.method}) at {plan.endpoint.name}"
    for file in (task.training, task.validation, task.holdout):
        if file is not None:
            yield file.role, _file(file)
    yield "settings", " · ".join(_settings(task))
    if task.questions:
        asked = ", ".join(f"“{_short(question.prompt)}”" for question in task.questions[:3])
        more = f" and {len(task.questions) - 3:,} more" if len(task.questions) > 3 else ""
        yield "ask", f"{counted(len(task.questions), 'question')}: {asked}{more}"
    yield from _estimate(plan.estimate, task)
    yield "in all", _total(plan)
    dates = " · ".join(_dates(plan))
    if dates:
        yield "dates", dates
    for warning in plan.warnings:
        yield "warning", warning


def _file(file: SourceFile) -> str:
    sent = "stays here" if file.upload_name is None else f"uploaded as {file.upload_name}"
    return (
        f"{file.path} · {counted(file.examples, 'example')}, {counted(file.bytes, 'byte')}"
        f" · SHA-256 {file.sha256[:_HASH]}… · {sent}"
    )


def _settings(task: Task) -> Iterator[str]:
    chosen = task.hyperparameters
    yield counted(int(chosen.get("n_epochs", 0)), "epoch")
    for name in ("batch_size", "learning_rate_multiplier"):
        words = name.replace("_", " ")
        yield f"{words} {chosen[name]:g}" if name in chosen else f"{words} as the platform picks it"
    if task.suffix is not None:
        yield f"suffix {task.suffix}"
    if task.seed is not None:
        yield f"seed {task.seed}"
    if task.grader is not None:
        yield f"grader {task.grader.get('type', 'without a type')}"
    if task.response_format is not None:
        yield f"response format {task.response_format.get('type', 'without a type')}"


def _estimate(estimate: Estimate, task: Task) -> Iterator[tuple[str, str]]:
    between = ""
    if estimate.tokens_low != estimate.tokens_high:
        between = f" (between {estimate.tokens_low:,} and {estimate.tokens_high:,})"
    yield "tokens", f"{estimate.tokens:,} to be trained{between}, counted with {estimate.encoding}"
    learned = estimate.correction
    if learned is not None:
        yield (
            "learned",
            (
                f"{learned.factor:.4g} times the {estimate.counted:,} that were counted, by"
                f" {counted(learned.jobs, 'job')} of your own ({learned.low:.4g} to {learned.high:.4g})"
            ),
        )
    if estimate.training_usd is not None:
        yield (
            "bill",
            f"{money(estimate.training_usd, 'USD')} for the training{_range(estimate)}{_price(estimate)}",
        )
    if task.questions and estimate.questions_usd is not None:
        yield "", f"at most {money(estimate.questions_usd, 'USD')} for the answers"
    if task.holdout is not None and estimate.holdout_usd is not None:
        yield (
            "",
            f"at most {money(estimate.holdout_usd, 'USD')} for the held-out examples, asked of both models",
        )
    if estimate.prices.source is not None:
        yield "", f"price: {estimate.prices.source}"


def _range(estimate: Estimate) -> str:
    low, high = estimate.low_usd, estimate.high_usd
    if low is None or high is None or low == high:
        return ""
    return f", between {money(low, 'USD')} and {money(high, 'USD')}"


def _price(estimate: Estimate) -> str:
    price = estimate.prices.training
    return "" if price is None else f", at {price:g} USD per million tokens"


def _total(plan: Plan) -> str:
    total = plan.estimate.total_high_usd
    if total is None:
        why = plan.estimate.why_unknown or "No price is known."
        most = f"nobody can say how much at most: {why[0].lower()}{why[1:].removesuffix('.')}"
    else:
        most = f"at most {money(total, 'USD')}"
    if plan.max_usd is None:
        return f"{most}; without a budget (--max-usd) nothing is sent"
    return f"{most}; the budget is {money(plan.max_usd, 'USD')}"


def _dates(plan: Plan) -> Iterator[str]:
    dates = plan.dates
    yield f"planned {dates.today}"
    for day, words in (
        (dates.training_ends, "the model can be tuned until"),
        (dates.tunes_end, "what is tuned from it works until"),
        (dates.base_ends, "it works itself until"),
    ):
        if day is not None:
            yield f"{words} {day}"


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _SHOWN else f"{line[: _SHOWN - 1]}…"
