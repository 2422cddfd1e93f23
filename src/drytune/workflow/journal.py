"""The journal: each run's plan, what was tried, and how far it has come, kept before and after it happens.

After `kill -9`, a lost connection or a loss of power it says what was done for certain, and what may have been.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from drytune.errors import Refused
from drytune.state import JOURNAL, state_directory
from drytune.workflow.journal_entries import Entry, named, read_entries, read_entry
from drytune.workflow.journal_forms import Keys, dumps, loads
from drytune.workflow.journal_log import RunLog, write_run
from drytune.workflow.journal_schema import Database, JournalError
from drytune.workflow.plan import Correction, Plan
from drytune.workflow.records import Bill, Run
from drytune_simulator.clock import SystemClock

if TYPE_CHECKING:
    from typing import Self

    from drytune_simulator.clock import Clock

__all__ = ["Entry", "Journal", "JournalError", "RunLog", "state_directory"]

_MOST_RATIOS = 50
"""Of so many jobs, the newest, something is learned: tokenizers and platforms change."""


class Journal:
    """The journal in a state directory; a context manager. Several processes may have it open.

    Args:
        directory: Where its file is.
        clock: Tells when things happen; by default the wall clock.
        known: Keys in use, which are never written.
        empty: If there is no journal, none is made: for who only reads.
    """

    def __init__(
        self,
        directory: Path,
        *,
        clock: Clock | None = None,
        known: Iterable[str] = (),
        empty: bool = False,
    ) -> None:
        self.directory = directory
        self._clock = clock or SystemClock()
        self._keys = Keys(known)
        self._database = Database(directory / JOURNAL, empty=empty)

    @classmethod
    def open(
        cls,
        state: Path | None = None,
        *,
        clock: Clock | None = None,
        known: Sequence[str] = (),
        empty: bool = False,
    ) -> Self:
        """The journal in `state`, or where `state_directory` says.

        Raises:
            UsageError: What is there is no journal, or a newer drytune made it.
            JournalError: It cannot be opened.
        """
        return cls(state_directory(state), clock=clock, known=known, empty=empty)

    def hide(self, *known: str) -> None:
        """Further keys in use, which are never written from now on."""
        self._keys.add(known)

    def begin(self, plan: Plan, *, again: bool = False) -> str:
        """Write down a new run; its id.

        Args:
            plan: What will be done.
            again: Whether it is done though the same was done before.

        Raises:
            Refused: There is a run of the same, or a key stands in the plan.
        """
        text = dumps(plan)
        if self._keys.hidden(msgspec.to_builtins(plan)) != msgspec.to_builtins(plan):
            raise Refused(
                "The plan has the API key in it, which is never written down: take it out of the plan."
            )
        if loads(text, Plan) != plan:
            raise Refused(
                "The plan has a number in it that JSON cannot hold: make a new one with `drytune plan`."
            )
        with self._database.writing() as connection:
            earlier = self._earlier(plan, again=again)
            number = earlier[-1][1] + 1 if earlier else 1
            now = self._clock.now()
            # without its time, a journal that was lost would take the earlier job for the new one
            which = f"{plan.identity}:{number}:{now}" if again else f"{plan.identity}:{number}"
            run_id = "run-" + hashlib.sha256(which.encode()).hexdigest()[:12]
            connection.execute(
                "INSERT INTO runs (id, identity, number, created_at, updated_at, plan) VALUES (?, ?, ?, ?, ?, ?)",
                (run_id, plan.identity, number, now, now, text),
            )
            write_run(connection, run_id, _first(plan, run_id))
        return run_id

    def require_new(self, plan: Plan, *, again: bool = False) -> None:
        """Refuse what `begin` would refuse because the same was done before.

        Raises:
            Refused: There is a run of the same.
        """
        self._earlier(plan, again=again)

    def log(self, run_id: str) -> RunLog:
        """The log of a run, which nobody else works on until it is closed.

        Raises:
            Refused: Another process works on it.
            UsageError: There is no such run.
        """
        entry = self._entry(self._id_of(run_id), full=False)
        return RunLog(entry.id, entry.plan, self._database, self._keys, self._clock.now)

    def runs(self) -> tuple[Entry, ...]:
        """All runs, oldest first, without events and attempts.

        One that is damaged does not hide the others: see `Entry.damage`.
        """
        rows = self._database.read("SELECT id FROM runs ORDER BY created_at, number, id")
        return tuple(read_entries(self._database, [run_id for (run_id,) in rows]))

    def unfinished(self) -> tuple[Entry, ...]:
        """Those of which something is left to do."""
        return tuple(entry for entry in self.runs() if not entry.is_finished)

    def find(self, prefix: str) -> Entry:
        """The run whose id begins so, with or without ``run-``; ``last`` is the newest.

        Raises:
            UsageError: There is none, or there are several.
        """
        return self._entry(self._id_of(prefix), full=True)

    def learn(
        self, endpoint: str, model: str, method: str, form: str, expected: int, trained: int, run_id: str
    ) -> None:
        """Remember what a job was billed beside what was expected; of a run only once, the last time.

        Args:
            endpoint: Where (`Endpoint.name`).
            model: The base model's snapshot.
            method: Of the job.
            form: Of its examples.
            expected: Tokens that were expected before any correction.
            trained: Tokens that the platform trained.
            run_id: Whose they are.
        """
        if expected <= 0 or trained <= 0:
            return
        with self._database.writing() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO trained (run, at, endpoint, model, method, form, expected, trained) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (run_id, self._clock.now(), endpoint, model, method, form, expected, trained),
            )

    def ratios(self, endpoint: str, model: str, method: str, form: str) -> tuple[float, ...]:
        """Trained tokens for one that was expected, of each of the newest jobs of this kind, oldest first."""
        rows = self._database.read(
            "SELECT trained, expected FROM trained WHERE endpoint = ? AND model = ? AND method = ? AND form = ? "
            "ORDER BY at DESC, run DESC LIMIT ?",
            (endpoint, model, method, form, _MOST_RATIOS),
        )
        return tuple(trained / expected for trained, expected in reversed(rows))

    def correction(self, endpoint: str, model: str, method: str, form: str) -> Correction | None:
        """What one's own jobs of this kind say about an estimate; None if there were none."""
        from drytune.workflow.corrections import correction_of

        return correction_of(self.ratios(endpoint, model, method, form))

    def close(self) -> None:
        """Close its file."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Journal({str(self.directory)!r})"

    def _entry(self, run_id: str, *, full: bool) -> Entry:
        return read_entry(self._database, run_id, full=full)

    def _id_of(self, prefix: str) -> str:
        rows = self._database.read("SELECT id FROM runs ORDER BY created_at, number, id")
        return named([run_id for (run_id,) in rows], prefix, self.directory)

    def _earlier(self, plan: Plan, *, again: bool) -> list[tuple[str, int]]:
        """Id and number of each run of the same, the last one last."""
        earlier: list[tuple[str, int]] = self._database.read(
            "SELECT id, number FROM runs WHERE identity = ? ORDER BY number", (plan.identity,)
        )
        if earlier and not again:
            raise self._is_there(earlier[-1][0])
        return earlier

    def _is_there(self, run_id: str) -> Refused:
        entry = self._entry(run_id, full=False)
        what = "The same files were sent to the same model with the same settings before"
        if entry.is_finished:
            return Refused(
                f"{what}: {run_id} ({entry.status}). `drytune report {run_id}` shows it; --again pays for it anew."
            )
        return Refused(
            f"{what}, and {run_id} is not finished ({entry.status}): go on with `drytune resume {run_id}`."
        )


def _first(plan: Plan, run_id: str) -> Run:
    """A run of which nothing is done."""
    estimate = plan.estimate
    bill: dict[str, Any] = {
        "expected_usd": estimate.training_usd,
        "low_usd": estimate.low_usd,
        "high_usd": estimate.high_usd,
        "expected_tokens": estimate.tokens,
        "max_usd": plan.max_usd,
    }
    return Run(task=plan.task, id=run_id, bill=Bill(**bill))
