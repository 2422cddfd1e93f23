"""Whether a plan still is what would be planned now: a plan is done as it was made, or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import msgspec

from drytune.backends.endpoint import Endpoint
from drytune.checking import Report, check
from drytune.errors import Refused, UsageError
from drytune.estimate import model_for, standing
from drytune.workflow.held_out import form_of, read_holdout
from drytune.workflow.plan import Estimate, Plan, Prices
from drytune.workflow.pricing import estimate_of, prices_for
from drytune.workflow.sources import sha256_of
from drytune.workflow.tasks import SourceFile
from drytune_simulator.catalog import Model

__all__ = ["changes", "require_unchanged"]

_AMOUNTS = {
    "tokens": "the tokens",
    "tokens_low": "the fewest tokens",
    "tokens_high": "the most tokens",
    "training_usd": "the training",
    "high_usd": "the training at most",
    "questions_usd": "the questions at most",
    "holdout_usd": "the held-out examples at most",
    "total_high_usd": "all of it at most",
}


def require_unchanged(
    plan: Plan,
    *,
    today: date,
    prices: Prices | None = None,
    endpoint: Endpoint | None = None,
) -> None:
    """Do nothing if all is as it was planned.

    Args:
        plan: As it was read.
        today: The day whose prices and retirements count.
        prices: Instead of the catalog's, as for `drytune.plan`.
        endpoint: Which API is about to be asked.

    Raises:
        Refused: Something changed; all that did is told.
        UsageError: A file cannot be read, or the model is unknown by now.
    """
    found = list(changes(plan, today=today, prices=prices, endpoint=endpoint))
    if found:
        raise Refused(f"Not all is as it was planned: {'; '.join(found)}. Nothing was sent; plan again.")


def changes(
    plan: Plan,
    *,
    today: date,
    prices: Prices | None = None,
    endpoint: Endpoint | None = None,
) -> Iterator[str]:
    """What is not as it was planned, a clause each; the arguments are those of `require_unchanged`."""
    if endpoint is not None and endpoint.name != plan.endpoint.name:
        yield f"it was planned for {plan.endpoint.name}, and {endpoint.name} would be asked"
    task = plan.task
    files = [file for file in (task.training, task.validation, task.holdout) if file is not None]
    touched = [change for file in files if (change := _of_file(file)) is not None]
    yield from touched
    model = model_for(task.model, plan.estimate.encoding, today)
    yield from _of_calendar(model, date.fromisoformat(plan.dates.today), today)
    if touched:  # the rest would only say so again
        return
    report = check(
        task.training.path,
        task.model,
        method=task.method,
        as_of=today,
        n_epochs=int(task.hyperparameters["n_epochs"]),
        validation=None if task.validation is None else task.validation.path,
        encoding=plan.estimate.encoding,
        rules=plan.rules,
        grader=task.grader,
        response_format=task.response_format,
    )
    yield from _of_verdict(report)
    if prices is None and model.access == "foreign":  # what another vendor takes only the plan knows
        prices = plan.estimate.prices
    now = estimate_of(
        report,
        prices_for(task.model, model, today, prices),
        encoding=plan.estimate.encoding,
        correction=plan.estimate.correction,
        questions=[task.body_of(question) for question in task.questions],
        holdout=(
            None
            if task.holdout is None
            else [example.body for example in read_holdout(task.holdout.local, form_of(task))]
        ),
    )
    yield from _of_bill(plan.estimate, now)


def _of_file(planned: SourceFile) -> str | None:
    if not Path(planned.path).exists():
        return f"{planned.path} is not there any more"
    try:
        digest, _ = sha256_of(planned.local)
    except UsageError as error:
        return str(error).removesuffix(".")
    if digest == planned.sha256:
        return None
    return f"{planned.path} holds something else (SHA-256 {digest[:12]}…, planned was {planned.sha256[:12]}…)"


def _of_calendar(model: Model, then: date, today: date) -> Iterator[str]:
    before, now = standing(model, then), standing(model, today)
    if now.state == before.state:
        return
    if now.state == "dead":
        yield f"{model.id} and what is tuned from it are shut down since {now.tunes_end}"
    elif now.state == "closed":
        yield f"{model.id} cannot be tuned any more since {now.training_ends}"
    elif now.state in ("not-yet", "untunable"):
        yield f"{model.id} cannot be tuned on {today}"


def _of_verdict(report: Report) -> Iterator[str]:
    try:
        report.raise_for_errors()
    except Refused as refusal:
        yield f"the dataset has errors by now ({str(refusal).removesuffix('.')})"


def _of_bill(then: Estimate, now: Estimate) -> Iterator[str]:
    """What is counted or taken otherwise; where prices are from is only words."""
    if msgspec.structs.replace(now.prices, source=None) != msgspec.structs.replace(then.prices, source=None):
        before, after = then.prices.training, now.prices.training
        if before == after:
            yield "the prices of answers are others"
        else:
            yield f"the price of a million trained tokens: {_usd(after)} and not {_usd(before)}"
    for name, words in _AMOUNTS.items():
        before, after = getattr(then, name), getattr(now, name)
        if before != after:
            told = "{:,}".format if name.startswith("tokens") else _usd
            yield f"{words}: {told(after)} and not {told(before)}"


def _usd(amount: float | None) -> str:
    return "unknown" if amount is None else f"{amount:g} USD"
