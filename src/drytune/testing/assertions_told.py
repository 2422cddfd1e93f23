"""What an assertion tells when it fails: what came instead, and which requests made it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from drytune.testing.answers_said import problem_of
from drytune.testing.differences import side_by_side
from drytune.testing.exchanges import Requests
from drytune.testing.jobs_and_files import File, Job
from drytune.testing.jobs_expected import ExpectedJob, attempts, makers, told_job
from drytune.testing.showing import line_of, table

if TYPE_CHECKING:
    from drytune.testing.bills import Bill

__all__ = ["Watched", "about_jobs", "failed", "file_line", "file_named", "how_many", "times", "words"]


class Watched(Protocol):
    """What assertions look at."""

    @property
    def requests(self) -> Requests:
        """What was asked."""

    @property
    def jobs(self) -> tuple[Job, ...]:
        """The jobs that are there."""

    @property
    def files(self) -> tuple[File, ...]:
        """The files that are or were there."""

    @property
    def models(self) -> tuple[str, ...]:
        """The names of the tuned models that are there."""

    @property
    def bill(self) -> Bill:
        """What it would have cost."""

    @property
    def secrets_before(self) -> Mapping[str, str]:
        """Secrets of the environment as it was before the test, by the names of their variables."""


def failed(first: str, *lines: str) -> AssertionError:
    """What is raised: a sentence, and lines about it."""
    return AssertionError("\n".join([first, *(_indented(line) for line in lines)]))


def _indented(text: str) -> str:
    return "\n".join(f"  {line}".rstrip() for line in text.split("\n"))


def how_many(seen: Watched, wanted: str, count: int) -> str:
    """How many jobs were wanted, and how many there are."""
    asked = len(attempts(seen.requests))
    were = f"{count} {'was' if count == 1 else 'were'} created" if count else "none was created"
    return f"expected {wanted}; {were}, by {asked} request{'' if asked == 1 else 's'} to create one:"


def about_jobs(seen: Watched, wanted: ExpectedJob, jobs: Iterable[Job]) -> list[str]:
    """Each job, where it is from, and what differs; without any, what became of the requests to create one."""
    made = attempts(seen.requests)
    by = makers(made, seen.jobs)
    lines: list[str] = []
    for job in jobs:
        lines.append(told_job(job, by.get(job.id)))
        found = wanted.differences_to(job)
        if found:
            lines.append(side_by_side(found))
    if lines:
        return lines
    refused = [f"{line_of(one)}: {problem_of(one)}" for one in made]
    return refused or [table(seen.requests)]


def words(asked: Mapping[str, Any]) -> str:
    """What was asked for, in words."""
    return ", ".join(f"{name}={value!r}" for name, value in asked.items()) or "anything"


def times(times: int | None) -> str:
    """A number of times, with a space before it; nothing for any number."""
    return "" if times is None else f" {times} time{'' if times == 1 else 's'}"


def file_named(file: str | Path | bytes) -> str:
    """A file as a test names it."""
    return f"{len(file):,} bytes" if isinstance(file, bytes) else str(file)


def file_line(file: File) -> str:
    """A file in a line."""
    gone = ", deleted" if file.deleted else ""
    return f"{file.id} ({file.filename}, {file.bytes:,} bytes, for {file.purpose}{gone})"
