"""A job as a test expects it, and which request has made which job."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from drytune.errors import UsageError
from drytune.testing.differences import Difference, differences
from drytune.testing.exchanges import RecordedRequest
from drytune.testing.jobs_and_files import File, Job
from drytune.testing.questions import snapshot
from drytune.testing.showing import line_of

__all__ = ["ExpectedJob", "attempts", "expected_job", "makers", "nearest", "told_job"]

_FILES: Final = ("training_file", "validation_file")
_PLAIN: Final = ("hyperparameters", "method", "suffix", "seed", "metadata", "status", "fine_tuned_model")
_FIELDS: Final = ("model", *_FILES, *_PLAIN)


@dataclass(frozen=True, slots=True)
class ExpectedJob:
    """What is expected of a job; what is not named does not count.

    Attributes:
        fields: By name.
        files: By id, those that are or were there.
    """

    fields: Mapping[str, Any]
    files: Mapping[str, File]

    def is_met_by(self, job: Job) -> bool:
        """Whether `job` is so."""
        return not self.differences_to(job)

    def differences_to(self, job: Job) -> list[Difference]:
        """What of `job` is not so."""
        found: list[Difference] = []
        for name, value in self.fields.items():
            if name in _FILES:
                found += self._file(name, value, job)
            elif name == "model":
                if snapshot(value) != snapshot(job.model):
                    found.append(Difference(name, value, job.model))
            else:
                found += differences(value, getattr(job, name), name)
        return found

    def is_file(self, name: str, file: File) -> bool:
        """Whether `file` is the one that is expected as `name`."""
        return _is_file(self.fields[name], file.id, file.filename, file.sha256)

    def _file(self, name: str, value: Any, job: Job) -> Iterable[Difference]:
        kind = name.removesuffix("_file")
        id_, filename, sha256 = (getattr(job, f"{kind}_{what}") for what in ("file", "name", "sha256"))
        if value is None and id_ is None:
            return
        if value is None or id_ is None or not _is_file(value, id_, filename, sha256):
            came = None if id_ is None else f"{id_} ({filename or 'a name that nobody knows'})"
            yield Difference(name, _named(value), came)


def expected_job(fields: Mapping[str, Any], files: Iterable[File]) -> ExpectedJob:
    """What is expected of a job.

    Raises:
        TypeError: A job has no such field.
        UsageError: A `Path` cannot be read.
    """
    unknown = [name for name in fields if name not in _FIELDS]
    if unknown:
        msg = f"a job has no {', '.join(unknown)} to be expected; there are {', '.join(_FIELDS)}"
        raise TypeError(msg)
    for name in _FILES:
        if isinstance(fields.get(name), Path):
            _sha256(fields[name])
    return ExpectedJob(dict(fields), {file.id: file for file in files})


def nearest(wanted: ExpectedJob, jobs: Iterable[Job]) -> tuple[Job, ...]:
    """The jobs, that with the fewest differences first."""
    return tuple(sorted(jobs, key=lambda job: len(wanted.differences_to(job))))


def attempts(requests: Iterable[RecordedRequest]) -> list[RecordedRequest]:
    """The requests to create a job."""
    return [one for one in requests if one.operation == "fine_tuning.jobs.create"]


def makers(made: Iterable[RecordedRequest], jobs: Iterable[Job]) -> dict[str, RecordedRequest]:
    """By the ids of jobs, the requests that have made them.

    Where the answer was lost it is the first request that asked for the same and made nothing that is known.
    """
    found: dict[str, RecordedRequest] = {}
    lost: list[RecordedRequest] = []
    for one in made:
        name = _answered(one)
        if name is not None:
            found[name] = one
        else:
            lost.append(one)
    for job in jobs:
        if job.id in found:
            continue
        for one in lost:
            asked = one.json if isinstance(one.json, dict) else {}
            if asked.get("training_file") == job.training_file and snapshot(asked.get("model")) == snapshot(
                job.model
            ):
                found[job.id] = one
                lost.remove(one)
                break
    return found


def _answered(one: RecordedRequest) -> str | None:
    """The id of the job that its client was told of."""
    answer = one.answer if one.status is not None and one.status < 400 else None
    name = answer.get("id") if isinstance(answer, dict) else None
    return name if isinstance(name, str) else None


def told_job(job: Job, maker: RecordedRequest | None = None) -> str:
    """A job in a line."""
    by = ""
    if maker is not None:
        lost = "" if _answered(maker) == job.id else "; the answer was lost"
        by = f", by {line_of(maker)}{lost}"
    return f"job {job.id}: {job.model}, {job.status}{by}"


def _is_file(value: Any, id_: str, filename: str | None, sha256: str | None) -> bool:
    if isinstance(value, Path):
        return _sha256(value) == sha256
    if isinstance(value, bytes | bytearray | memoryview):
        return hashlib.sha256(value).hexdigest() == sha256
    if value in (id_, filename):
        return True
    # clients send the last part of a path only
    return isinstance(value, str) and filename is not None and _last_part(value) == filename


def _last_part(path: str) -> str:
    return path.replace("\\", "/").rpartition("/")[2]


def _sha256(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        msg = (
            f"{path} cannot be read ({error.strerror or type(error).__name__}; this runs in {Path.cwd()}): a Path "
            f"means a file with the same content; for a file that was uploaded under that name say {path.name!r}"
        )
        raise UsageError(msg) from None


def _named(value: Any) -> Any:
    if isinstance(value, bytes | bytearray | memoryview):
        return f"{len(value):,} bytes"
    return str(value) if isinstance(value, Path) else value
