"""Tokens and bill in lines of text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from drytune.reports.words import counted

if TYPE_CHECKING:
    from drytune.checking import FileReport, Report
    from drytune.estimate import Cost
    from drytune_simulator.dataset.verdict import Usage

__all__ = [
    "account_lines",
    "bill_lines",
    "epochs_of",
    "file_bill",
    "money",
    "parts_of",
    "range_of",
    "reason",
    "token_lines",
]


def account_lines(report: Report) -> Iterator[str]:
    """Tokens, bill, and what the bill does not cover; a line that begins with a blank is about the one before."""
    if not report.examples:
        yield "nothing to bill: there is no example"
        return
    yield from token_lines(report)
    yield from bill_lines(report.cost, jobs=len(report.files))
    if _lacks_replies(report):
        yield "1,000 calls afterwards: not known, as no reply of the examples has tokens to count"
    lost = sum(file.verdict.facts.rows - file.examples for file in report.files)
    if lost:
        yield f"{counted(lost, 'line')} could not be counted: the bill is a lower bound"
    if report.partial:
        yield "tokens and bill cover only what was read"


def file_bill(file: FileReport) -> str:
    """``8 epochs, 0.0531 USD``: one of several files, briefly."""
    if not file.examples:
        return "nothing to bill"
    cost = file.cost
    if cost.training_usd is not None:
        bill = money(cost.training_usd, cost.currency)
    else:
        bill = "billed by the hour" if cost.per_hour_usd is not None else "no price is known"
    return f"{counted(file.verdict.epochs, 'epoch')}, {bill}"


def token_lines(report: Report) -> Iterator[str]:
    """What is counted once, and what of it is billed over all epochs, by every way of counting that is known."""
    tokens = report.tokens
    yield f"tokens: {tokens.total:,} ({parts_of(tokens)})"
    yield f"billed: {tokens.billed:,} over {epochs_of(report)}"
    if tokens.recorded != tokens.billed:
        yield f"  as the platform was recorded to count: {tokens.recorded:,}"
    if {tokens.low, tokens.high} - {tokens.billed, tokens.recorded}:
        yield f"  between {tokens.low:,} and {tokens.high:,}, as its count is not known exactly"
    chosen = {(file.verdict.batch_size, file.verdict.learning_rate_multiplier) for file in report.files}
    if len(chosen) == 1:
        ((size, rate),) = chosen
        yield f"  auto: batch size {size}, learning rate multiplier {rate:g}"


def bill_lines(cost: Cost, *, jobs: int = 1) -> Iterator[str]:
    """What the training costs and from where the price is known, in other currencies too, and what calls cost."""
    if cost.training_usd is None:
        yield f"bill: {reason(cost)}"
        if cost.per_hour_usd is not None:
            yield f"  {money(cost.per_hour_usd, cost.currency)} an hour"
    else:
        yield (
            f"bill: {money(cost.training_usd, cost.currency)}"
            f" at {cost.price_per_million_usd:g} per million tokens{'' if jobs == 1 else f', for {jobs:,} jobs'}"
        )
        if cost.recorded_usd is not None and cost.recorded_usd != cost.training_usd:
            yield f"  as the platform was recorded to count: {money(cost.recorded_usd, cost.currency)}"
        between = range_of(cost)
        known = {cost.training_usd, cost.recorded_usd}
        if between is not None and {cost.training_low_usd, cost.training_high_usd} - known:
            yield f"  {between}"
    for currency, amounts in cost.converted.items():
        yield from _converted(currency, amounts)
    if cost.price_source is not None:
        yield f"  price: {cost.price_source}"
    if cost.validation_usd is not None:
        yield f"  validation: {cost.validation_usd:g} {cost.currency}; {cost.validation_source}"
    if cost.per_1000_calls_usd is not None:
        base = ""
        if cost.base_per_1000_calls_usd is not None:
            base = f" (base model: {_dollars(cost.base_per_1000_calls_usd)})"
        yield f"1,000 calls afterwards: about {money(cost.per_1000_calls_usd, cost.currency)}{base}"


def epochs_of(report: Report) -> str:
    """``3 epochs``, or that each file has its own number of them."""
    return "each file's own number of epochs" if report.epochs is None else counted(report.epochs, "epoch")


def parts_of(tokens: Usage) -> str:
    """``34,726 of the assistant, 1,200 of tools``: parts of all tokens."""
    parts = [f"{tokens.assistant:,} of the assistant"]
    if tokens.tools:
        parts.append(f"{tokens.tools:,} of tools")
    if tokens.images:
        parts.append(f"{tokens.images:,} of images")
    return ", ".join(parts)


def range_of(cost: Cost) -> str | None:
    """``between 1.2000 and 1.4000 USD``; None if it is known better."""
    low, high = cost.training_low_usd, cost.training_high_usd
    if low is None or high is None or low == high:
        return None
    return f"between {_dollars(low)} and {money(high, cost.currency)}"


def reason(cost: Cost) -> str:
    """Why there is no total, as the rest of a sentence."""
    note = cost.note or "No training price is known."
    return note[0].lower() + note[1:].removesuffix(".")


def money(amount: float, currency: str) -> str:
    """``0.0531 USD``; other currencies have two decimals."""
    return f"{_dollars(amount)} {currency}" if currency == "USD" else f"{amount:,.2f} {currency}"


def _dollars(amount: float) -> str:
    """Four decimals; of less than a tenth of a cent six, which is all there is."""
    return f"{amount:,.6f}" if 0 < abs(amount) < 0.001 else f"{amount:,.4f}"


def _lacks_replies(report: Report) -> bool:
    """Whether calls have prices, and only the length of a reply is not known."""
    cost = report.cost
    priced = cost.price_source is not None and cost.per_1000_calls_usd is None
    return priced and not report.tokens.assistant


def _converted(currency: str, amounts: dict[str, float | None]) -> Iterator[str]:
    """A line for one other currency: the training, else an hour of it."""
    training, hour, rate = amounts["training"], amounts["per_hour"], amounts["rate"]
    if training is not None:
        yield f"  {money(training, currency)} at {rate:g} {currency} for one USD"
    elif hour is not None:
        yield f"  {money(hour, currency)} an hour at {rate:g} {currency} for one USD"
