"""What may be spent and what has been: by what the platform tells where it does, else by the worst case."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from drytune.workflow.log import Log
from drytune.workflow.plan import Plan
from drytune.workflow.pricing import Worst
from drytune.workflow.records import TERMINAL, Bill, Run, state_of

__all__ = ["Purse"]

_ROUNDING = 1e-9
"""Less than anyone is billed; sums of binary fractions are not exact."""

_DIGITS = 9


class Purse:
    """The money of a run; see `drytune.workflow.context.Money`.

    From the beginning the training counts with the most that it may cost, until the platform tells what it did. An
    attempt at an answer counts with its worst case from before it is made until its cost is known.

    A request for a job that nobody answered may still make one: for a quarter of an hour it counts as if it had.

    Args:
        plan: With a budget, or none.
        log: What earlier processes have spent, or may have.
        now: Tells the time, Unix seconds.
    """

    def __init__(self, plan: Plan, log: Log, now: Callable[[], float]) -> None:
        self._plan = plan
        self._now = now
        self._worst = Worst(plan.task.model, plan.estimate.prices)
        self._log = log
        self._high = plan.estimate.high_usd or 0.0
        self._training = self._high
        self._doubles = 0.0
        self._known = 0
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
        return limit is None or self._trainings() + self._answers + usd <= limit + _ROUNDING

    def covers_training(self) -> bool:
        """Whether one more job may be made, also if those that nobody knows of appear."""
        limit, jobs = self._plan.max_usd, self._possible() + 1
        return limit is None or jobs * self._high + self._answers <= limit + _ROUNDING

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
        if used is None or asked is None or said is None or not _tells_answer(usage):
            return None
        return Price(asked, said, asked if cached is None else cached).of(*used)

    def bill(self, run: Run) -> Bill:
        """What the run has cost, as far as it is known."""
        estimate, training = self._plan.estimate, None
        price, tokens = estimate.prices.training, _trained(run)
        if price is not None and tokens is not None and not run.waiting:
            training = tokens * price / 1e6
            self._training = training
        self._known = len(run.doubles) + (run.remote is not None)
        self._doubles = sum(self._double(job) for job in run.doubles)
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
            spent_usd=round(self._answers + (self._trainings() if has_job else 0.0), _DIGITS),
            max_usd=self._plan.max_usd,
        )

    def _trainings(self) -> float:
        """What all jobs cost, those that may still appear at their most, in USD."""
        return self._training + self._doubles + max(0, self._possible() - max(1, self._known)) * self._high

    def _possible(self) -> int:
        """How many jobs there may be: those that were made, and those that nobody answered for."""
        now = self._now()
        return sum(one.ending == "done" or one.may_arrive(now) for one in self._log.attempts("create"))

    def _double(self, job: dict[str, Any]) -> float:
        """What another job of this run costs; at most as much as the one that was wanted."""
        from drytune.keeping.budget import count_of

        tokens, price = count_of(job.get("trained_tokens")), self._plan.estimate.prices.training
        if state_of(job) == "succeeded":  # for which none is no figure
            tokens = tokens or None
        elif state_of(job) not in TERMINAL:  # it may go on
            tokens = None
        return self._high if tokens is None or price is None else tokens * price / 1e6


def _tells_answer(usage: object) -> bool:
    """Whether the tokens of the answer are told: without them a cost would be that of the prompt alone."""
    names = ("completion_tokens", "output_tokens")
    return isinstance(usage, Mapping) and any(usage.get(name) is not None for name in names)


def _trained(run: Run) -> int | None:
    """The tokens that the platform says it has trained; None if it says nothing that can be.

    Of a job that has succeeded, none is no figure: what it was planned to cost at most counts on.
    """
    from drytune.keeping.budget import count_of

    tokens = count_of(run.trained_tokens)
    return None if tokens == 0 and run.status == "succeeded" else tokens
