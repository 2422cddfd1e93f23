"""Looking for what may be at the platform already: a file by its hash, a job by the marker in its metadata."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

from drytune.workflow.asking import asked
from drytune.workflow.context import Context, Stopped
from drytune.workflow.effects import Call, Reply, Script
from drytune.workflow.records import Run
from drytune.workflow.tasks import SourceFile, Task

__all__ = ["Jobs", "files_like", "is_id", "is_marked", "job_path", "jobs_of", "jobs_there", "moment"]

_PAGE: Final = 100
_MOST_PAGES: Final = 1_000
"""A hundred thousand jobs or files: who has more is not answered from a list."""

_NO_FILTER: Final = frozenset({400, 404, 405, 422, 501})
"""Statuses of a list that is asked for in a way that it does not know."""

_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,255}")

_Object = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Jobs:
    """Jobs that a run has made, or may have; oldest first.

    Attributes:
        marked: Have its marker in their metadata: they are its own.
        likely: Have no metadata at all, and all that is told of them fits: a platform may keep none.
    """

    marked: tuple[_Object, ...] = ()
    likely: tuple[_Object, ...] = ()

    @property
    def best(self) -> _Object | None:
        """The one that the run is to follow; one that came late was cancelled, and is not it."""
        found = self.marked or self.likely
        return next((one for one in found if one.get("status") != "cancelled"), next(iter(found), None))


def files_like(file: SourceFile, context: Context) -> Script[list[_Object]]:
    """The uploads of `file`, oldest first: its name, which has its hash, its size and its purpose are the same."""

    def fits(found: _Object) -> bool:
        return (
            found.get("filename") == file.upload_name
            and found.get("purpose") == "fine-tune"
            and found.get("bytes") in (file.bytes, None)
            and found.get("status") not in ("error", "deleted")
        )

    return (yield from _all("/files", {"purpose": "fine-tune"}, fits, context))


def jobs_there(run: Run, context: Context) -> Script[list[_Object]]:
    """The jobs that have the run's marker or its training file, before it has made any; oldest first."""
    file = _file_of(run)

    def fits(found: _Object) -> bool:
        return is_marked(found, context.marker) or found.get("training_file") == file

    # no other job can have a file that was uploaded just now
    is_ours = any(one.ending == "done" for one in context.log.attempts("upload:training"))
    query = _filter(context.marker) if is_ours else {}
    return (yield from _all("/fine_tuning/jobs", query, fits, context))


def jobs_of(run: Run, context: Context) -> Script[Jobs]:
    """The jobs that attempts of this run have made, or may have; those that were there before are none of them."""
    attempts = context.log.attempts("create")
    known = set(context.taken())
    for one in attempts:
        known |= set(one.data.get("there") or ())
    file = _file_of(run)
    is_doubtful = any(one.is_open for one in attempts)

    def is_likely(found: _Object) -> bool:
        has_metadata = isinstance(found.get("metadata"), Mapping) and bool(found["metadata"])
        is_of_file = found.get("training_file") == file
        return is_doubtful and not has_metadata and is_of_file and _fits(found, run.task)

    def fits(found: _Object) -> bool:
        return found["id"] not in known and (is_marked(found, context.marker) or is_likely(found))

    found = yield from _all("/fine_tuning/jobs", _filter(context.marker), fits, context)
    if not found and is_doubtful:  # it may not know the filter, or keep no metadata
        found = yield from _all("/fine_tuning/jobs", {}, fits, context)
    marked = tuple(one for one in found if is_marked(one, context.marker))
    return Jobs(marked, () if marked else tuple(found))


def is_id(value: object) -> bool:
    """Whether it can be the id of something, and stand in a path."""
    return isinstance(value, str) and _ID.fullmatch(value) is not None


def moment(found: _Object) -> float:
    """When something was made by the platform's clock; 0.0 if it does not say."""
    created = found.get("created_at")
    return float(created) if isinstance(created, int | float) and not isinstance(created, bool) else 0.0


def job_path(number: object) -> str:
    """The path of a job, by its id."""
    return f"/fine_tuning/jobs/{quote(str(number), safe='')}"


def is_marked(job: _Object, marker: Mapping[str, str]) -> bool:
    """Whether a job has `marker` in its metadata."""
    metadata = job.get("metadata")
    return (
        bool(marker)
        and isinstance(metadata, Mapping)
        and all(metadata.get(name) == value for name, value in marker.items())
    )


def _fits(job: _Object, task: Task) -> bool:
    """Whether a job that has no metadata can be one of `task`: nothing that it tells says otherwise."""
    if task.suffix is not None and job.get("user_provided_suffix") not in (task.suffix, None):
        return False
    if task.seed is not None and job.get("seed") not in (task.seed, None):
        return False
    if job.get("model") not in (task.model, None):
        return False
    method = job.get("method")
    told = method.get(task.method) if isinstance(method, Mapping) else None
    told = told.get("hyperparameters") if isinstance(told, Mapping) else job.get("hyperparameters")
    if not isinstance(told, Mapping):
        return True
    return all(told.get(name) in (value, None, "auto") for name, value in task.hyperparameters.items())


def _file_of(run: Run) -> str:
    return "" if run.file is None else str(run.file["id"])


def _filter(marker: Mapping[str, str]) -> dict[str, str]:
    return {f"metadata[{name}]": value for name, value in marker.items()}


def _all(
    path: str, query: Mapping[str, str], fits: Callable[[_Object], bool], context: Context
) -> Script[list[_Object]]:
    """All entries of a list that fit, oldest first, over all its pages."""
    found: dict[str, _Object] = {}
    seen: set[str] = set()
    after: dict[str, str] = {}
    for _ in range(_MOST_PAGES):
        call = Call("GET", path, query={**query, "limit": _PAGE, **after})
        try:
            reply = yield from asked(call, context)
            is_known = reply.ok or reply.status not in _NO_FILTER
        except Stopped as error:
            if not (query and error.answered):
                raise
            is_known = False
        if query and not is_known:
            return (yield from _all(path, {}, fits, context))  # it does not know the filter
        page = _page(call, reply)
        fresh = [one for one in page if one["id"] not in seen]
        seen |= {one["id"] for one in fresh}
        found |= {one["id"]: one for one in fresh if fits(one)}
        if not fresh or reply.data.get("has_more") is False:
            break
        after = {"after": str(page[-1]["id"])}
    return sorted(found.values(), key=lambda one: (moment(one), str(one["id"])))


def _page(call: Call, reply: Reply) -> list[_Object]:
    """The entries of a page.

    Raises:
        Stopped: It cannot be read, so that nobody knows what is there.
    """
    data = reply.data.get("data") if isinstance(reply.data, dict) else None
    if reply.ok and isinstance(data, list):
        return [one for one in data if isinstance(one, dict) and is_id(one.get("id"))]
    said = "its answer is no list" if reply.problem is None else f"{reply.status}, {reply.problem.message}"
    raise Stopped(f"whether it was made already cannot be seen: GET {call.path}: {said}")
