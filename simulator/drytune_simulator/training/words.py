"""What the events of a job say, and what ``auto`` becomes where nobody has told: each with how sure it is.

Metrics are worded beside their figures (`course`, `rewards`), failures in `scenarios`, and what a training file is
refused for with its rules.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

__all__ = ["DEFAULTS", "EVENTS", "Default", "Wording", "event_text"]

Grade = Literal["O", "R", "U", "I", "M", "D"]
_RECORDED: Final = "FACTS.md §4.6"


@dataclass(frozen=True, slots=True)
class Wording:
    """The text of an event.

    Attributes:
        text: With the names of what is filled in, in braces.
        grade: How sure it is, as in `errors.REFUSALS`.
        source: Where it was read, or what it follows.
    """

    text: str
    grade: Grade
    source: str


@dataclass(frozen=True, slots=True)
class Default:
    """What a hyperparameter that is ``auto``, or was left out, becomes; `grade` and `source` as of a `Wording`."""

    value: float
    grade: Grade
    source: str


EVENTS: Final[Mapping[str, Wording]] = MappingProxyType(
    {
        "created": Wording("Created fine-tuning job: {job}", "R", _RECORDED),
        "validating": Wording("Validating training file: {training_file}", "R", _RECORDED),
        "validating-both": Wording(
            "Validating training file: {training_file} and validation file: {validation_file}", "R", _RECORDED
        ),
        "queued": Wording("Files validated, moving job to queued state", "R", _RECORDED),
        "started": Wording("Fine-tuning job started", "R", _RECORDED),
        "checkpoint": Wording(
            "Checkpoint created at step {step} with Snapshot ID: {model}",
            "R",
            "FACTS.md §4.6; that a pause tells of its model so is inferred",
        ),
        "trained": Wording("New fine-tuned model created", "R", _RECORDED),
        "checking": Wording("Evaluating model against our usage policies", "R", _RECORDED),
        "moderation-passed": Wording("Moderation checks for snapshot {model} passed.", "R", _RECORDED),
        "moderation-failed": Wording(
            "Moderation checks for snapshot {model} failed.",
            "I",
            "after that of one that passed; text not found",
        ),
        "checked": Wording(
            "Usage policy evaluations completed, model is now enabled for sampling", "R", _RECORDED
        ),
        "completed": Wording("The job has successfully completed", "R", _RECORDED),
        "cancelled": Wording(
            "Fine-tuning job cancelled", "I", "after `Fine-tuning job started`; text not found"
        ),
        "paused": Wording("Fine-tuning job paused", "I", "after `Fine-tuning job started`; text not found"),
        "resumed": Wording("Fine-tuning job resumed", "I", "after `Fine-tuning job started`; text not found"),
    }
)
"""By what has happened."""

DEFAULTS: Final[Mapping[str, Default]] = MappingProxyType(
    {
        "beta": Default(0.1, "I", "usual in preference tuning; the platform's is not published"),
        "compute_multiplier": Default(
            1.0, "I", "a multiplier that changes nothing; the platform's is not published"
        ),
        "eval_samples": Default(1, "I", "the smallest; the platform's is not published"),
    }
)
"""By the hyperparameter; those that are worked out from the data are in `dataset.hyperparameters` and `plan`."""


def event_text(what: str, **values: object) -> str:
    """What the event `what` says, its values filled in."""
    return EVENTS[what].text.format(**values)
