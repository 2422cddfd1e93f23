"""What may be spent and what has been: by what the platform tells where it does, else by the worst case."""

from __future__ import annotations

from typing import Any

from drytune.workflow.log import Log
from drytune.workflow.plan import Plan
from drytune.workflow.pricing import Worst
from drytune.workflow.records import Bill, Run

__all__ = ["Purse"]

_ROUNDING = 1e-9
"""Less than anyone is billed; sums of binary fractions are not exact."""

_DIGITS = 9


class Purse:
    """The money of a run; see `drytune.workflow.context.Money`.

    From the beginning the training counts with the most that it may cost, until the platform tells what it did. An
    attempt at an answer counts with its worst case from before it is made until its cost is known.

    Args:
        plan: With a budget, or none.
        log: What earlier processes have spent, or may have.
    """

    def __init__(self, plan: Plan, log: Log) -> None:
        self._plan = plan
        self._worst = Worst(plan.task.model, plan.estimate.prices)
        self._log = log
        self._training = plan.estimate.high_usd or 0.0
        self._answers = sum(one.usd for one in log.attempts())

    def worst(self, body: dict[str, Any], *, tuned: bool) -> float:
        """The most that the answer to `body` costs, in USD; 0.0 if nobody knows, and there is no budget."""
        from drytune.errors import UsageError

        try:
            return self._worst.of(body, tuned=tuned)
        except UsageError:
            if self._plan.max_usd is not None:
                raise
            return 0.0

    def has_room(self, usd: float) -> bool:
        """Whether so much more may be spent."""
        limit = self._plan.max_usd
        return limit is None or self._training + self._answers + usd <= limit + _ROUNDING

    def stake(self, usd: float) -> None:
        """So much may be billed from now on."""
        self._answers += usd

    def settle(self, worst: float, usd: float) -> None:
        """What was staked as `worst` has cost `usd`."""
        self._answers += usd - worst

    def cost(self, usage: object, *, tuned: bool) -> float | None:
        """What an answer with this `usage` cost, in USD; None if it does not say, or nobody knows the price."""
        from drytune.keeping.budget import Price, usage_of

        used, prices = usage_of({"usage": usage}), self._plan.estimate.prices
        asked, cached, said = (
            (prices.input, prices.cached, prices.output)
            if tuned
            else (prices.base_input, prices.base_cached, prices.base_output)
        )
        if used is None or asked is None or said is None:
            return None
        return Price(asked, said, asked if cached is None else cached).of(*used)

    def bill(self, run: Run) -> Bill:
        """What the run has cost, as far as it is known."""
        estimate, training = self._plan.estimate, None
        price, tokens = estimate.prices.training, run.trained_tokens
        if price is not None and tokens is not None and not run.waiting:
            training = tokens * price / 1e6
            self._training = training
        # one that nobody got the answer of may have begun
        has_job = run.remote is not None or any(one.is_open for one in self._log.attempts("create"))
        return Bill(
            expected_usd=estimate.training_usd,
            low_usd=estimate.low_usd,
            high_usd=estimate.high_usd,
            training_usd=None if training is None else round(training, _DIGITS),
            trained_tokens=tokens,
            expected_tokens=estimate.tokens,
            answers_usd=round(self._answers, _DIGITS),
            spent_usd=round(self._answers + (self._training if has_job else 0.0), _DIGITS),
            max_usd=self._plan.max_usd,
        )
