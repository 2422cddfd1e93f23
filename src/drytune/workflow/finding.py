"""Looking for what may be at the platform already: a file by its hash, a job by the marker in its metadata."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from drytune.workflow.asking import asked
from drytune.workflow.context import Context, Stopped
from drytune.workflow.effects import Call, Reply, Script
from drytune.workflow.records import SourceFile

__all__ = ["files_like", "jobs_like"]

_PAGE: Final = 100
_MOST_PAGES: Final = 1_000
"""A hundred thousand jobs or files: who has more is not answered from a list."""

_SKEW_S: Final = 300.0
"""So much the platform's clock may differ from this one's."""

_Object = dict[str, Any]


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


def jobs_like(
    marker: Mapping[str, str], training_file: str, suffix: str | None, since: float | None, context: Context
) -> Script[list[_Object]]:
    """The jobs of a run, oldest first.

    Args:
        marker: That their metadata has.
        training_file: Their file's id, for a platform that keeps no metadata.
        suffix: Likewise.
        since: When the first attempt to make one was, Unix seconds; None if there was none, and then a job without
            metadata is nobody's.
        context: Of the run.
    """

    def fits(found: _Object) -> bool:
        metadata = found.get("metadata")
        if isinstance(metadata, Mapping) and metadata:
            return all(metadata.get(name) == value for name, value in marker.items())
        created = found.get("created_at")
        return (
            since is not None
            and found.get("training_file") == training_file
            and found.get("user_provided_suffix") in (suffix, None)
            and isinstance(created, int | float)
            and created >= since - _SKEW_S
        )

    filtered = {f"metadata[{name}]": value for name, value in marker.items()}
    found = yield from _all("/fine_tuning/jobs", filtered, fits, context)
    if not found and since is not None:  # it may not know the filter, or keep no metadata
        found = yield from _all("/fine_tuning/jobs", {}, fits, context)
    return found


def _all(
    path: str, query: Mapping[str, str], fits: Callable[[_Object], bool], context: Context
) -> Script[list[_Object]]:
    """All entries of a list that fit, oldest first, over all its pages."""
    found: dict[str, _Object] = {}
    seen: set[str] = set()
    after: dict[str, str] = {}
    for _ in range(_MOST_PAGES):
        call = Call("GET", path, query={**query, "limit": _PAGE, **after})
        reply = yield from asked(call, context)
        if not reply.ok and query and reply.status in (400, 404, 422):
            return (yield from _all(path, {}, fits, context))  # it does not know the filter
        page = _page(call, reply)
        fresh = [one for one in page if one["id"] not in seen]
        seen |= {one["id"] for one in fresh}
        found |= {one["id"]: one for one in fresh if fits(one)}
        if not fresh or reply.data.get("has_more") is not True:
            break
        after = {"after": str(page[-1]["id"])}
    return sorted(found.values(), key=lambda one: (one.get("created_at") or 0, str(one["id"])))


def _page(call: Call, reply: Reply) -> list[_Object]:
    """The entries of a page.

    Raises:
        Stopped: It cannot be read, so that nobody knows what is there.
    """
    data = reply.data.get("data") if isinstance(reply.data, dict) else None
    if reply.ok and isinstance(data, list):
        return [one for one in data if isinstance(one, dict) and isinstance(one.get("id"), str)]
    said = "its answer is no list" if reply.problem is None else f"{reply.status}, {reply.problem.message}"
    raise Stopped(f"whether it was made already cannot be seen: GET {call.path}: {said}")
