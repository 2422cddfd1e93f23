"""The plan of a fine-tune: all that will be done, written down before any of it is."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import msgspec

from drytune.backends.endpoint import Endpoint
from drytune.workflow.tasks import Task

__all__ = ["VERSION", "Correction", "Dates", "Estimate", "Plan", "Prices"]

VERSION = 1


class Prices(msgspec.Struct, frozen=True, kw_only=True):
    """USD per million tokens; None where nobody knows.

    Attributes:
        training: Of trained tokens.
        input, cached, output: Of the tuned model's prompts, cached prompts and answers.
        base_input, base_cached, base_output: Of the base model's.
        source: Where they are from, in words.
    """

    training: float | None = None
    input: float | None = None
    cached: float | None = None
    output: float | None = None
    base_input: float | None = None
    base_cached: float | None = None
    base_output: float | None = None
    source: str | None = None


class Correction(msgspec.Struct, frozen=True, kw_only=True):
    """What one's own jobs say about the estimate.

    Attributes:
        factor: Median of trained tokens for one that was expected.
        jobs: Of so many jobs.
        low, high: The least and the most of them.
    """

    factor: float
    jobs: int
    low: float
    high: float


class Estimate(msgspec.Struct, frozen=True, kw_only=True):
    """Tokens and USD, before anything is sent.

    Attributes:
        tokens: Trained tokens, as expected; with `correction` in it.
        tokens_low, tokens_high: Their range.
        counted: Trained tokens without the correction; what one's own jobs teach is held against it.
        encoding: That they were counted with.
        training_usd: As expected.
        low_usd, high_usd: The range of the training.
        questions_usd: What the questions can cost at most; `holdout_usd` what the held-out examples can.
        total_high_usd: The most that all of it costs; None if nobody can say.
        why_unknown: Why there is no total, if there is none.
        prices: That were taken.
        correction: What was learned from one's own jobs, None if there were none.
    """

    tokens: int
    tokens_low: int
    tokens_high: int
    counted: int = 0
    encoding: str
    training_usd: float | None = None
    low_usd: float | None = None
    high_usd: float | None = None
    questions_usd: float | None = None
    holdout_usd: float | None = None
    total_high_usd: float | None = None
    why_unknown: str | None = None
    prices: Prices = Prices()
    correction: Correction | None = None


class Dates(msgspec.Struct, frozen=True, kw_only=True):
    """Days that matter, as ``YYYY-MM-DD``; None where there is none.

    Attributes:
        today: The day of the plan.
        training_ends: First day on which the model cannot be tuned any more.
        tunes_end: On which models tuned from it are shut down.
        base_ends: On which it is shut down itself.
        prices_of: For which the prices are known, in words.
    """

    today: str
    training_ends: str | None = None
    tunes_end: str | None = None
    base_ends: str | None = None
    prices_of: str | None = None


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """A plan. `drytune run PLAN` does exactly this, or nothing.

    Attributes:
        version: Of this form; ``drytune_plan`` in the file.
        made_at: ISO 8601, UTC.
        made_by: The version of drytune.
        endpoint: Which API is asked.
        task: What is done.
        estimate: Tokens and USD.
        max_usd: The budget; without one nothing is sent.
        rules: Levels of rules by their codes, where they are not the rules' own: the files were checked with them.
        warnings: A sentence each.
        dates: That matter.
        digest: SHA-256 of all of the above.
    """

    version: int = msgspec.field(default=VERSION, name="drytune_plan")
    made_at: str
    made_by: str
    endpoint: Endpoint
    task: Task
    estimate: Estimate
    max_usd: float | None = None
    rules: dict[str, str] = {}
    warnings: tuple[str, ...] = ()
    dates: Dates
    digest: str = ""

    @property
    def identity(self) -> str:
        """SHA-256 of what is trained, and where: two plans with the same one would pay for the same twice.

        Where the files lie, what is asked afterwards and what it may cost is no part of it.
        """
        task = self.task
        return _sha256(
            {
                "endpoint": self.endpoint.account,
                "files": [[file.role, file.sha256] for file in task.uploads],
                "model": task.model,
                "method": task.method,
                "hyperparameters": task.hyperparameters,
                "grader": task.grader,
                "response_format": task.response_format,
                "suffix": task.suffix,
                "seed": task.seed,
            }
        )

    def to_dict(self) -> dict[str, Any]:
        """As the file has it."""
        plan: dict[str, Any] = msgspec.to_builtins(self)
        return plan

    def sealed(self) -> Plan:
        """The plan with the digest of all that it says."""
        # converted as if it were read: a budget of 5 and one of 5.0 are the same
        plan = msgspec.convert(self.to_dict(), Plan)
        return msgspec.structs.replace(plan, digest=plan.actual_digest)

    @property
    def actual_digest(self) -> str:
        """What `digest` is if nobody has changed anything since."""
        said = self.to_dict()
        del said["digest"]
        return _sha256(said)


def _sha256(value: object) -> str:
    """Of `value` as JSON in its one canonical form."""
    text = json.dumps(value, ensure_ascii=True, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
