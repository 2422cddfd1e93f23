"""What can be made to go wrong with a job, and in which words jobs fail by it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

from drytune_simulator.training.plan import Failure

__all__ = ["FAILURES", "SCENARIOS", "KnownFailure"]

SCENARIOS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "stuck_in_queue": "The job is validated and then stays queued for ever; it can be cancelled.",
        "fails_in_training": "The job fails in the midst of its training, by the platform's fault.",
        "moderation_refusal": "The training ends, but its model does not pass the safety checks: the job fails "
        "and leaves no model.",
        "slow_validation": "The job stays in validating_files for two to six hours, then goes on as usual.",
        "file_expired": "The training file expires when the job's turn comes, and is gone for all: the job "
        "fails before it runs, as do others that still wait for that file.",
        "quota_reached": "The job is refused when it is created: the day's jobs of its model are used up.",
        "permission_denied": "The job is refused when it is created: the organization may not create any.",
    }
)
"""By name; the last two refuse a job when it is created, the others shape its course."""


@dataclass(frozen=True, slots=True)
class KnownFailure:
    """A way in which a job fails that is not its file's fault.

    Attributes:
        failure: In the platform's words where they are known.
        grade: How sure they are, as in `errors.REFUSALS`.
        source: Where they were read.
    """

    failure: Failure
    grade: Literal["O", "R", "U", "I", "M", "D"]
    source: str


FAILURES: Final[Mapping[str, KnownFailure]] = MappingProxyType(
    {
        "deleted-training-file": KnownFailure(
            Failure("deleted_training_file", "The job failed because the training file was deleted"),
            "R",
            "FACTS.md §9; that a file which expired counts as deleted is inferred",
        ),
        "server-error": KnownFailure(
            Failure(
                "server_error",
                "The job failed because of an error on our side. Please create the job again.",
                param=None,
            ),
            "D",
            "text not found",
        ),
        "unsafe-model": KnownFailure(
            Failure(
                "unsafe_model",
                "The fine-tuned model was blocked because it did not pass our safety checks in the following "
                "categories: {categories}.",
                param=None,
            ),
            "I",
            "that it is blocked, and that the job says for which categories: supervised fine-tuning guide (O); "
            "code after `unsafe_file`, FACTS.md §4.5; text not found",
        ),
    }
)
