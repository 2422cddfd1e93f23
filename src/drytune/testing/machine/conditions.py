"""What several expectations have in common."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from drytune.testing.machine.laws import Broken, check
from drytune.testing.machine.steps import Step
from drytune_simulator.catalog import UnknownModelError, find

__all__ = [
    "Asked",
    "changes_only",
    "has_ended",
    "have_all_failed",
    "instructions_of",
    "is_as_asked",
    "is_for_training",
    "makes_one_job",
    "one_of",
    "refused",
    "should_work",
    "statuses_of",
    "word_of",
]


@dataclass(frozen=True)
class Asked:
    """A job that is asked for.

    Attributes:
        model: To be trained.
        options: As the tuner was given them: those that the job must show.
        may_refuse: Whether a tuner may find fault with it before the platform does: what is in the file is wrong.
        must_refuse: Why there must be no such job; empty if there must be one.
    """

    model: str
    options: Mapping[str, Any] = field(default_factory=dict)
    may_refuse: bool = False
    must_refuse: str = ""


def refused(step: Step, expected: str) -> None:
    """What was asked for cannot be: it must be told, and nothing may come of it."""
    check(step.endless is None, "ends", step, expected)
    check(step.has_raised, "no-refusal-hidden", step, expected)
    changes = [*step.new_jobs, *step.new_files, *step.gone_files, *step.gone_models, *step.cancelled]
    check(not changes, "refusal-changes-nothing", step, "all as before", f"changed: {', '.join(changes)}")


def has_ended(step: Step) -> None:
    """It does not go on for ever."""
    check(step.endless is None, "ends", step, "an end")


def should_work(step: Step, expected: str) -> None:
    """It has raised though it should not have, unless something went wrong that it does not promise to survive."""
    if step.struck == 0:
        raise Broken("works", step, expected)
    lost_is_nothing = step.lost == 0 or step.claims.idempotent
    if step.struck <= step.claims.survives and lost_is_nothing:
        raise Broken(
            "survives", step, f"{expected}: {step.claims.survives} passing errors are to be survived"
        )


def changes_only(
    step: Step,
    *,
    jobs: bool = False,
    files: bool = False,
    gone: bool = False,
    cancelled: Collection[str] = (),
) -> None:
    """Nothing has come, gone or ended but what may."""
    wrong = [f"job {one} was made" for one in step.new_jobs if not jobs]
    wrong += [f"file {one} was made" for one in step.new_files if not files]
    wrong += [f"file {one} was deleted" for one in step.gone_files if not gone]
    wrong += [f"model {one} was deleted" for one in step.gone_models]
    wrong += [f"job {one} was cancelled" for one in step.cancelled if one not in cancelled]
    check(not wrong, "changes-nothing-else", step, "all else as before", "; ".join(wrong))


def is_for_training(step: Step) -> None:
    """What was sent is for training."""
    for one in step.new_files:
        purpose = step.after.files[one]["purpose"]
        check(purpose == "fine-tune", "purpose", step, "purpose 'fine-tune'", f"purpose {purpose!r}")


def makes_one_job(step: Step) -> None:
    """No more jobs than may be."""
    new = step.new_jobs
    most = 1 if step.claims.idempotent else 1 + step.lost
    check(
        len(new) <= most, "one-job", step, "one job" if most == 1 else f"at most {most}", f"{len(new)} jobs"
    )


def is_as_asked(step: Step, job: Mapping[str, Any], asked: Asked, file_id: str) -> None:
    """The job is what was asked for."""
    wanted = {"model": _snapshot(asked.model), "training_file": file_id}
    shown: dict[str, Any] = {"model": job["model"], "training_file": job["training_file"]}
    for name, value in asked.options.items():
        if name == "hyperparameters":
            used = _hyperparameters(job)
            wanted |= {key: one for key, one in value.items() if one != "auto"}
            shown |= {key: used.get(key) for key, one in value.items() if one != "auto"}
        elif name == "metadata":
            wanted |= {f"metadata[{key!r}]": one for key, one in value.items()}
            shown |= {f"metadata[{key!r}]": (job["metadata"] or {}).get(key) for key in value}
        else:
            wanted[name] = value
            shown[name] = job["user_provided_suffix" if name == "suffix" else name]
    for name, value in wanted.items():
        check(shown[name] == value, "as-asked", step, f"{name}={value!r}", f"{name}={shown[name]!r}")


def _hyperparameters(job: Mapping[str, Any]) -> Mapping[str, Any]:
    method = job["method"]
    settings = method.get(method["type"]) or {}
    return {**(job["hyperparameters"] or {}), **(settings.get("hyperparameters") or {})}


def _snapshot(model: str) -> str:
    try:
        return find(model).id
    except UnknownModelError:
        return model


def have_all_failed(step: Step) -> bool:
    """Whether there are new jobs, and no model."""
    return bool(step.new_jobs) and all(
        step.after.status(job) in ("failed", "cancelled") for job in step.new_jobs
    )


def statuses_of(step: Step) -> str:
    """What has become of the new jobs, in words."""
    return ", ".join(f"{job} is {step.after.status(job)}" for job in step.new_jobs) or "no job"


def instructions_of(asked: Mapping[str, Any]) -> str | None:
    """What a request tells the model before the user speaks."""
    if isinstance(asked.get("instructions"), str):
        return str(asked["instructions"])
    turns = asked.get("messages") or asked.get("input")
    for turn in turns if isinstance(turns, list) else ():
        if isinstance(turn, dict) and turn.get("role") in ("system", "developer"):
            content = turn.get("content")
            if isinstance(content, list):
                return "".join(str(part.get("text", "")) for part in content if isinstance(part, dict))
            return str(content)
    return None


def word_of(status: Any) -> str:
    """A status in the platform's words: a member of an enumeration counts as its value."""
    return str(status.value if isinstance(status, Enum) else status)


def one_of(ids: Collection[Any], otherwise: str) -> str:
    """What was expected, in words."""
    return " or ".join(map(repr, ids)) or otherwise
