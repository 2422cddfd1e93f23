"""The laws that a tuner must keep, each a sentence; and `Broken`, which says which one was not, and how."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from drytune.testing.machine.steps import Step

__all__ = ["LAWS", "Broken", "check"]

LAWS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "one-job": "One call that starts a job must make one job.",
        "own-job": "A call that starts a job must give the id of the job that it has made.",
        "as-asked": "A job must be what was asked for.",
        "no-refusal-hidden": "What the platform has refused must not be taken for a success.",
        "refusal-changes-nothing": "A call that was refused must change nothing.",
        "works": "A call must not fail when nothing has gone wrong.",
        "survives": "A call must survive as many passing errors as its tuner promises.",
        "purpose": "A training file must be uploaded for fine-tuning.",
        "own-file": "An upload must give the id of the file that it has made.",
        "bytes": "A file must arrive as it was sent.",
        "one-file": "One upload must make one file.",
        "ends": "A call must end.",
        "waits": "Waiting must not end before the job has.",
        "failure-told": "A job that failed must be reported as failed.",
        "true-status": "What is said of a job must be what it is.",
        "end-is-for-ever": "A job that was reported as ended must stay as it was reported.",
        "true-model": "The model that is named must be the one that the job has made.",
        "tuned-model": "The model that is asked must be the one that was meant.",
        "instructions": "A tuned model must be told what it was told in its training.",
        "taught": "A tuned model must answer what it was taught.",
        "all-jobs": "A list of jobs must have all of them.",
        "cancels": "A job that is cancelled must end.",
        "deletes": "A file that is deleted must be gone.",
        "changes-nothing-else": "A call must change nothing but what it is for.",
        "tidy": "What was uploaded for one run must be deleted at its end.",
        "cost": "What is trained must not cost more than what was asked for.",
        "agree": "Two tuners must come to the same.",
    }
)
"""The laws by name."""


class Broken(AssertionError):  # noqa: N818 - what has happened
    """A law was broken.

    Args:
        law: Its name in `LAWS`.
        step: In which; None for all together.
        expected: What should have come.
        came: What came instead, if the outcome of the step does not say it.

    Attributes:
        law: Its name.
    """

    def __init__(self, law: str, step: Step | None, expected: str, came: str = "") -> None:
        self.law = law
        lines = [LAWS[law]]
        if step is not None:
            lines += [f"  call:     {step.what}", f"  outcome:  it {step.outcome}"]
        lines.append(f"  expected: {expected}")
        if came:
            lines.append(f"  came:     {came}")
        if step is not None:
            lines += _requests(step)
        super().__init__("\n".join(lines))


def check(holds: bool, law: str, step: Step, expected: str, came: str = "") -> None:
    """Raise `Broken` unless something holds."""
    if not holds:
        raise Broken(law, step, expected, came)


def _requests(step: Step) -> Sequence[str]:
    if not step.seen:
        return ["  requests: none"]
    shown = [str(one) for one in step.seen]
    if len(shown) > 8:
        shown = [*shown[:3], f"… {len(shown) - 6} more …", *shown[-3:]]
    return [f"  requests: {shown[0]}", *(f"            {one}" for one in shown[1:])]
