"""What a run has left at the platform, as far as its journal knows, and which other runs use it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from drytune.workflow.log import Attempt
from drytune.workflow.records import Run

if TYPE_CHECKING:
    from drytune.workflow.journal import Journal

__all__ = ["STEP", "Deed", "Group", "Thing", "groups_of", "let_go", "things_of", "users_of"]

Kind = Literal["training file", "validation file", "results file", "tuned model", "checkpoint"]
Ending = Literal["deleted", "gone", "kept", "refused"]
"""``gone``: it was not there any more."""

_GROUPS: Final[Mapping[str, tuple[Kind, ...]]] = {
    "uploaded files": ("training file", "validation file"),
    "results files": ("results file",),
    "tuned model": ("tuned model", "checkpoint"),
}
STEP: Final = "clean:"
"""What the steps of a cleaning begin with in the log; the id of the thing follows."""


@dataclass(frozen=True, slots=True)
class Thing:
    """Something at the platform.

    Attributes:
        kind: What it is.
        id: Its id there, or the name of a model.
        users: Other runs of the journal that use it.
    """

    kind: Kind
    id: str
    users: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"


@dataclass(frozen=True, slots=True)
class Group:
    """Things that are asked about together.

    Attributes:
        name: In words: ``uploaded files``, ``results files`` or ``tuned model``.
        things: At least one.
    """

    name: str
    things: tuple[Thing, ...]


@dataclass(frozen=True, slots=True)
class Deed:
    """What became of a thing.

    Attributes:
        thing: Which.
        ending: ``deleted``, ``gone``, ``kept`` or ``refused``.
        why: It was kept or refused.
    """

    thing: Thing
    ending: Ending
    why: str = ""


def things_of(
    run: Run,
    attempts: Sequence[Attempt],
    users: Mapping[str, Sequence[str]] | None = None,
    *,
    shared: bool = False,
) -> tuple[Thing, ...]:
    """What a run has left at the platform, as far as it is known, without what was cleaned already.

    Args:
        run: As it was last kept.
        attempts: Of its log.
        users: By id, the other runs that use something.
        shared: Whether what an earlier cleaning left to other runs is counted, too.
    """
    gone = let_go(attempts, shared=not shared)
    return tuple(
        Thing(kind, name, tuple((users or {}).get(name, ())))
        for name, kind in _all(run).items()
        if name not in gone
    )


def let_go(attempts: Sequence[Attempt], *, shared: bool = True) -> frozenset[str]:
    """The ids of what a run has nothing to do with any more: it was deleted, or left to other runs.

    Args:
        attempts: Of the run's log.
        shared: Whether what was left to other runs counts.
    """
    return frozenset(
        one.step.removeprefix(STEP)
        for one in attempts
        if one.step.startswith(STEP) and one.ending == "done" and (shared or not one.data.get("kept_for"))
    )


def _all(run: Run) -> dict[str, Kind]:
    """By id, everything that the run knows of; what is listed twice, such as a last checkpoint, once."""
    found: dict[str, Kind] = {}
    remote = run.remote or {}
    _add(found, "training file", (run.file or {}).get("id"), remote.get("training_file"))
    _add(found, "validation file", (run.validation_file or {}).get("id"), remote.get("validation_file"))
    for job in (remote, *run.doubles):
        listed = job.get("result_files")
        for one in listed if isinstance(listed, list) else []:
            _add(found, "results file", one.get("id") if isinstance(one, Mapping) else one)
        _add(found, "tuned model", job.get("fine_tuned_model"))
    for one in run.checkpoints or ():
        _add(found, "checkpoint", one.get("fine_tuned_model_checkpoint"))
    return found


def _add(found: dict[str, Kind], kind: Kind, *names: object) -> None:
    """Put in the first name that is one."""
    for name in names:
        if isinstance(name, str) and name:
            found.setdefault(name, kind)
            return


def groups_of(things: Sequence[Thing]) -> Iterator[Group]:
    """The same things, by what is asked about together."""
    for name, kinds in _GROUPS.items():
        ours = tuple(thing for thing in things if thing.kind in kinds)
        if ours:
            yield Group(name, ours)


def users_of(journal: Journal, run_id: str) -> dict[str, list[str]]:
    """By id of a file or name of a model, the other runs at the same API that use it."""
    ours = journal.find(run_id)
    users: dict[str, list[str]] = {}
    for entry in journal.runs():
        if entry.id == ours.id or entry.plan.endpoint.name != ours.plan.endpoint.name:
            continue
        # of a damaged run nobody knows what it has let go of: it uses all that it names
        attempts = () if entry.damage is not None else journal.find(entry.id).attempts
        names = {thing.id for thing in things_of(entry.run, attempts)}
        for name in {*names, entry.plan.task.model}:
            users.setdefault(name, []).append(entry.id)
    return users
