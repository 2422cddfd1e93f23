"""Where a journal is, and what it has of each run."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from drytune.errors import UsageError
from drytune.workflow.journal_forms import loads
from drytune.workflow.journal_log import read_attempts, read_run
from drytune.workflow.journal_schema import Database, JournalError
from drytune.workflow.log import Attempt
from drytune.workflow.plan import Plan
from drytune.workflow.records import Run

__all__ = ["Entry", "named", "read_entries", "read_entry"]

_MOST_NAMED: Final = 5


@dataclass(frozen=True, slots=True)
class Entry:
    """A run in a journal.

    Attributes:
        id: ``run-`` and twelve hexadecimal digits.
        created_at: Unix seconds.
        updated_at: When something was last written about it.
        plan: What is to be done.
        run: How far it has come. `Journal.runs` leaves out its events; `Journal.find` has them.
        attempts: What was tried, oldest first; `Journal.runs` leaves them out.
        damage: Why not all of it can be read, None if it can; then `run` has what can, and a note that says so.
    """

    id: str
    created_at: float
    updated_at: float
    plan: Plan
    run: Run
    attempts: tuple[Attempt, ...] = ()
    damage: str | None = None

    @property
    def status(self) -> str:
        """The job's status, or which step comes next before there is a job; ``refused`` if the API said no."""
        return self.run.status

    @property
    def is_finished(self) -> bool:
        """Nothing is left to do."""
        return self.run.done


def read_entries(database: Database, run_ids: Iterable[str]) -> Iterator[Entry]:
    """What there is of each run, without events and attempts.

    One that is damaged says so in a note and has what can be read; one whose plan cannot be read is left out. So
    none hides the others.
    """
    for run_id in run_ids:
        try:
            yield read_entry(database, run_id, full=False)
        except JournalError as error:
            with suppress(JournalError):
                yield _damaged(database, run_id, str(error))


def _damaged(database: Database, run_id: str, why: str) -> Entry:
    """A run as far as it can be read."""
    created, updated, plan = _head(database, run_id)
    run = read_run(database, run_id, events=False, task=plan.task)
    run = msgspec.structs.replace(run, id=run_id, stopped=why, notes=(*run.notes, why))
    return Entry(run_id, created, updated, plan, run, damage=why)


def read_entry(database: Database, run_id: str, *, full: bool) -> Entry:
    """What there is of a run.

    Args:
        database: Where.
        run_id: Which one; it is there.
        full: Whether its events and attempts are read, too.

    Raises:
        JournalError: It is damaged.
    """
    created, updated, plan = _head(database, run_id)
    attempts = tuple(read_attempts(database, run_id)) if full else ()
    return Entry(run_id, created, updated, plan, read_run(database, run_id, events=full), attempts)


def _head(database: Database, run_id: str) -> tuple[float, float, Plan]:
    """When a run was begun, when it was last written, and its plan."""
    [(created, updated, text)] = database.read(
        "SELECT created_at, updated_at, plan FROM runs WHERE id = ?", (run_id,)
    )
    try:
        plan: Plan = loads(text, Plan)
    except (msgspec.DecodeError, ValueError) as error:
        raise JournalError(
            f"The plan of {run_id} in {database.path} cannot be read ({error}). Its job, if it has one, goes on "
            f"at the platform, where its metadata has {run_id}: follow it there. Other runs are well."
        ) from error
    return created, updated, plan


def named(ids: Sequence[str], prefix: str, directory: Path) -> str:
    """The one of `ids`, oldest first, that is meant.

    Args:
        ids: All that there are.
        prefix: Its beginning, with or without ``run-``; or ``last``.
        directory: Of the journal, for messages.

    Raises:
        UsageError: There is none, or there are several.
    """
    if not ids:
        raise UsageError(f"There are no runs in {directory}: `drytune run` begins one.")
    if prefix == "last":
        return ids[-1]
    wanted = prefix.strip().lower()
    wanted = wanted if wanted.startswith("run-") else f"run-{wanted}"
    found = [run_id for run_id in ids if run_id.startswith(wanted) and wanted != "run-"]
    if len(found) == 1:
        return found[0]
    if found:
        some = ", ".join(found[:_MOST_NAMED]) + (", …" if len(found) > _MOST_NAMED else "")
        raise UsageError(f"{prefix!r} is the beginning of {len(found)} runs ({some}): write more of it.")
    near = difflib.get_close_matches(wanted, ids, n=1)
    hint = f"Did you mean {near[0]}? " if near else ""
    raise UsageError(f"There is no run {prefix!r} in {directory}. {hint}`drytune runs` lists them.")
