"""A run's own part of a journal: what is told of it is on the disk when the telling ends."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from sqlite3 import Connection
from typing import TYPE_CHECKING, Any, Final

import msgspec

from drytune.workflow.journal_forms import Keys, dumps, loads
from drytune.workflow.journal_lock import RunLock
from drytune.workflow.journal_schema import Database, JournalError
from drytune.workflow.log import Attempt, Ending
from drytune.workflow.plan import Plan
from drytune.workflow.records import Run
from drytune.workflow.tasks import Task

if TYPE_CHECKING:
    from typing import Self

__all__ = ["RunLog", "read_attempts", "read_run", "write_run"]

_FIELDS: Final = {field.name: field.type for field in msgspec.structs.fields(Run) if field.name != "events"}
_Event = dict[str, Any]


class RunLog:
    """The log of one run, for one process at a time. `Journal.log` opens it.

    Attributes:
        id: The run's.
        plan: What is to be done.

    Raises:
        Refused: Another process works on the run.
    """

    def __init__(
        self, run_id: str, plan: Plan, database: Database, keys: Keys, now: Callable[[], float]
    ) -> None:
        self.id = run_id
        self.plan = plan
        self._database = database
        self._keys = keys
        self._now = now
        self._run: Run
        self._attempts: list[Attempt]
        self._is_stale = False
        self._lock = RunLock(database.path, run_id)
        try:
            # only now, for the process that had the lock before may have gone on
            self._read()
        except BaseException:
            self._lock.close()
            raise

    @property
    def run(self) -> Run:
        """The run as it was last kept."""
        self._refresh()
        return self._run

    def begin(self, step: str, **data: Any) -> int:
        """See `drytune.workflow.log.Log`."""
        self._refresh()
        attempt = Attempt(number=len(self._attempts), step=step, at=self._now(), data=self._keys.hidden(data))
        with self._writing() as connection:
            connection.execute(
                "INSERT INTO attempts (run, number, step, at, data) VALUES (?, ?, ?, ?, ?)",
                (self.id, attempt.number, step, attempt.at, dumps(attempt.data)),
            )
            self._touch(connection)
        self._attempts.append(attempt)
        self._is_stale = False
        return attempt.number

    def end(self, attempt: int, ending: Ending, run: Run | None = None, **data: Any) -> None:
        """See `drytune.workflow.log.Log`."""
        self._refresh()
        ended = msgspec.structs.replace(
            self._attempts[attempt],
            ending=ending,
            ended_at=self._now(),
            data={**self._attempts[attempt].data, **self._keys.hidden(data)},
        )
        clean = None if run is None else self._clean(run)
        with self._writing() as connection:
            connection.execute(
                "UPDATE attempts SET ending = ?, ended_at = ?, data = ? WHERE run = ? AND number = ?",
                (ending, ended.ended_at, dumps(ended.data), self.id, attempt),
            )
            if clean is not None:
                write_run(connection, self.id, clean, before=self._run)
            self._touch(connection)
        self._attempts[attempt] = ended
        self._run = clean or self._run
        self._is_stale = False

    def keep(self, run: Run) -> None:
        """See `drytune.workflow.log.Log`."""
        self._refresh()
        run = self._clean(run)
        with self._writing() as connection:
            write_run(connection, self.id, run, before=self._run)
            self._touch(connection)
        self._run = run
        self._is_stale = False

    def attempts(self, step: str | None = None) -> Sequence[Attempt]:
        """See `drytune.workflow.log.Log`."""
        self._refresh()
        return [one for one in self._attempts if step is None or one.step == step]

    def close(self) -> None:
        """Let another process work on the run."""
        self._lock.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _read(self) -> None:
        self._run = read_run(self._database, self.id)
        self._attempts = list(read_attempts(self._database, self.id))

    def _refresh(self) -> None:
        """Read again what is on the disk, if a telling was cut off: it may have got there or not."""
        if self._is_stale:
            self._read()
            self._is_stale = False

    def _writing(self) -> AbstractContextManager[Connection]:
        """A transaction. Until what is remembered is what was written, it is not to be trusted."""
        self._is_stale = True
        return self._database.writing()

    def _clean(self, run: Run) -> Run:
        """`run` without a key in use, and so that it reads back.

        Of fields and events that were kept before, none is looked at again.
        """
        changes: dict[str, Any] = {}
        for name, kind in _FIELDS.items():
            value = getattr(run, name)
            if value is getattr(self._run, name):
                continue
            plain = msgspec.to_builtins(value)
            hidden = self._keys.hidden(plain)
            if not _reads_back(hidden, kind):  # what cannot be read would take all of the run with it
                changes[name] = getattr(self._run, name)
            elif hidden is not plain:
                changes[name] = msgspec.convert(hidden, kind)
        same = _in_common(self._run.events, run.events)
        fresh = [self._keys.hidden(event) for event in run.events[same:]]
        if any(now is not before for now, before in zip(fresh, run.events[same:], strict=True)):
            changes["events"] = (*run.events[:same], *fresh)
        return msgspec.structs.replace(run, **changes) if changes else run

    def _touch(self, connection: Connection) -> None:
        connection.execute("UPDATE runs SET updated_at = ? WHERE id = ?", (self._now(), self.id))


def _reads_back(plain: object, kind: Any) -> bool:
    try:
        loads(dumps(plain), kind)
    except (msgspec.MsgspecError, ValueError, TypeError, RecursionError):
        return False
    return True


def write_run(connection: Connection, run_id: str, run: Run, before: Run | None = None) -> None:
    """Write of `run` what is not as it was `before`."""
    for name in _FIELDS:
        value = getattr(run, name)
        if before is None or value is not getattr(before, name):
            connection.execute(
                "INSERT INTO snapshots (run, field, value) VALUES (?, ?, ?) "
                "ON CONFLICT (run, field) DO UPDATE SET value = excluded.value",
                (run_id, name, dumps(value)),
            )
    known = () if before is None else before.events
    same = _in_common(known, run.events)
    if same < len(known):
        connection.execute("DELETE FROM events WHERE run = ? AND number >= ?", (run_id, same))
    connection.executemany(
        "INSERT INTO events (run, number, event) VALUES (?, ?, ?)",
        ((run_id, number, dumps(event)) for number, event in enumerate(run.events[same:], same)),
    )


def read_run(database: Database, run_id: str, *, events: bool = True, task: Task | None = None) -> Run:
    """The run as it was last kept.

    Args:
        database: Where.
        run_id: Which one.
        events: Whether its events are read, too.
        task: Its plan's, if what is damaged is to be left out.

    Raises:
        JournalError: It is damaged.
    """
    rows = database.read("SELECT field, value FROM snapshots WHERE run = ?", (run_id,))
    told: list[Any] = []
    if events:
        told = database.read("SELECT event FROM events WHERE run = ? ORDER BY number", (run_id,))
    fields: dict[str, Any] = {}
    try:
        for name, value in rows:
            if name not in _FIELDS:
                continue  # a later drytune of the same form wrote it
            try:
                fields[name] = loads(value, _FIELDS[name])
            except (msgspec.DecodeError, ValueError):
                if task is None:
                    raise
        if task is not None:
            fields["task"] = task
        return Run(events=tuple(loads(event, _Event) for (event,) in told), **fields)
    except (msgspec.DecodeError, TypeError, ValueError) as error:
        raise JournalError(
            f"What the journal {database.path} has of {run_id} is damaged ({error}). Its job, if it has one, goes "
            f"on at the platform, where its metadata has {run_id}: follow it there. Other runs are well."
        ) from error


def read_attempts(database: Database, run_id: str) -> Iterator[Attempt]:
    """All attempts of a run, oldest first."""
    rows = database.read(
        "SELECT number, step, at, ending, ended_at, data FROM attempts WHERE run = ? ORDER BY number",
        (run_id,),
    )
    for number, step, at, ending, ended_at, data in rows:
        try:
            told = loads(data, dict)
        except (msgspec.DecodeError, ValueError) as error:
            raise JournalError(
                f"What the journal {database.path} has of attempt {number} of {run_id} is damaged ({error}): look "
                "at the platform what became of it. Other runs are well."
            ) from error
        yield Attempt(number=number, step=step, at=at, ending=ending, ended_at=ended_at, data=told)


def _in_common(known: tuple[_Event, ...], now: tuple[_Event, ...]) -> int:
    """How many events at the beginning are the same."""
    if known is now:
        return len(now)
    for number, (before, after) in enumerate(zip(known, now, strict=False)):
        if before is not after and before != after:
            return number
    return min(len(known), len(now))
