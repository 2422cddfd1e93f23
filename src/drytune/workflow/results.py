"""What a job has left: its events, its checkpoints, and its results file, which is read here too."""

from __future__ import annotations

import base64
import binascii
import csv
import json
import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final
from urllib.parse import quote

import msgspec

from drytune.workflow.context import Stopped
from drytune.workflow.effects import Call, Problem, Reply, Script
from drytune.workflow.finding import job_path
from drytune.workflow.records import Run

__all__ = ["fetch_checkpoints", "fetch_events", "fetch_results", "results_text", "rows"]

Asked = Callable[[Call], Script[Reply]]
"""Makes a call, again if that may help, until its answer is final."""

_BOM: Final = "\ufeff"
_MOST_PAGES: Final = 1_000
_PAGE: Final = 100
_SAME: Final[Mapping[str, str]] = {
    "train_accuracy": "train_mean_token_accuracy",
    "valid_accuracy": "valid_mean_token_accuracy",
    "validation_loss": "valid_loss",
    "validation_mean_token_accuracy": "valid_mean_token_accuracy",
    "full_validation_loss": "full_valid_loss",
    "full_validation_mean_token_accuracy": "full_valid_mean_token_accuracy",
}
"""Columns of OpenAI's and Azure's files that events have under another name (FACTS.md §4.7)."""


def results_text(data: bytes) -> str:
    """The text of a results file: CSV, as it is or in base64, with or without a byte order mark."""
    text = _decoded(data)
    # no line of base64 has a comma, and no header of a results file is without
    if "," in text.partition("\n")[0]:
        return text
    packed = "".join(text.split())
    try:
        inner = base64.b64decode(packed + "=" * (-len(packed) % 4), validate=True)
    except (binascii.Error, ValueError):
        return text
    unpacked = _decoded(inner)
    return unpacked if "," in unpacked.partition("\n")[0] else text


def rows(text: str) -> list[dict[str, float | None]]:
    """The figures of a results file, a row a step, by the names that events have; None where there is none.

    What is no number is none, and so is one that no loss or accuracy can be: some platforms write -1 for a
    validation that was not made.
    """
    lines = csv.reader(text.removeprefix(_BOM).splitlines())
    found: list[dict[str, float | None]] = []
    names: list[str] = []
    try:
        for cells in lines:
            if not names:
                names = [_name(cell) for cell in cells]
                continue
            row: dict[str, float | None] = {}
            for name, cell in zip(names, cells, strict=False):
                if name and row.get(name) is None:
                    row[name] = _figure(name, cell)
            if any(figure is not None for figure in row.values()):
                found.append({**dict.fromkeys(filter(None, names)), **row})
    except csv.Error:
        pass  # it is no CSV from here on
    return found


def fetch_results(run: Run, asked: Asked) -> Script[Run]:
    """`run` with the text of its job's results file; with a note if there should be one and it cannot be had."""
    listed = (run.remote or {}).get("result_files")
    names = [_id(entry) for entry in listed] if isinstance(listed, list) else []
    kept: str | None = None
    trouble: list[str] = []
    for name in filter(None, names):
        reply = yield from _had(Call("GET", f"/files/{quote(name, safe='')}/content", raw=True), asked)
        if not reply.ok or not isinstance(reply.data, bytes):
            trouble.append(f"the results file {name} could not be fetched{_why(reply)}")
            continue
        text = results_text(reply.data)
        if rows(text):
            return msgspec.structs.replace(run, results=text)
        kept = text if kept is None else kept
        trouble.append(f"the results file {name} holds no figures")
    if kept is not None:
        run = msgspec.structs.replace(run, results=kept)
    return _noted(run, trouble)


def fetch_checkpoints(run: Run, asked: Asked) -> Script[Run]:
    """`run` with its job's checkpoints, first step first; with a note if the platform tells of none.

    They stay unknown if the platform fails to tell, so that a resume asks again.
    """
    if run.remote is None:
        return run
    listed = yield from _pages(f"{_job(run)}/checkpoints", _PAGE, set(), asked)
    found, trouble, is_final = listed
    if trouble is not None:
        run = _noted(run, [f"the job's checkpoints could not be fetched{trouble}"])
    if not is_final:
        return run
    by_step = sorted(found, key=_step_number)
    return msgspec.structs.replace(run, checkpoints=tuple(by_step))


def fetch_events(run: Run, asked: Asked) -> Script[Run]:
    """`run` with all events of its job, oldest first; only pages with new ones are asked for."""
    if run.remote is None:
        return run
    known = {_key(event) for event in run.events}
    # few events are new at each look, but of a long training more are
    page = min(_PAGE, max(20, len(known) // 10))
    listed = yield from _pages(f"{_job(run)}/events", page, known, asked)
    fresh, trouble, _ = listed
    if trouble is not None:
        return _noted(run, [f"the job's events could not be fetched{trouble}"])
    return msgspec.structs.replace(run, events=(*run.events, *reversed(fresh))) if fresh else run


def _pages(
    path: str, size: int, known: set[str], asked: Asked
) -> Script[tuple[list[dict[str, Any]], str | None, bool]]:
    """Entries of a list that are not `known`, up to a page that has one that is.

    Returns:
        The entries, why they are not all, and whether asking again would give no more.
    """
    found: list[dict[str, Any]] = []
    seen = set(known)
    query: dict[str, str | int] = {"limit": size}
    for _ in range(_MOST_PAGES):
        reply = yield from _had(Call("GET", path, query=query), asked)
        if not reply.ok:
            return found, _why(reply), reply.status != 0
        listed = reply.data.get("data") if isinstance(reply.data, Mapping) else None
        if not isinstance(listed, list):
            return found, ": the answer is no list", True
        page = [entry for entry in listed if isinstance(entry, dict)]
        keys = [_key(entry) for entry in page]
        fresh = [entry for entry, key in zip(page, keys, strict=True) if key not in seen]
        found += fresh
        seen.update(keys)
        last = page[-1].get("id") if page else None
        # a page that brings nothing new, of a server that does not know `after`, would come for ever
        if not fresh or len(fresh) < len(page) or not reply.data.get("has_more") or not isinstance(last, str):
            break
        query = {**query, "after": last}
    return found, None, True


def _had(call: Call, asked: Asked) -> Script[Reply]:
    """The answer to `call`; what a job tells besides its state ends no run, though the API fails to give it.

    Raises:
        Stopped: The API is not there at all.
    """
    try:
        return (yield from asked(call))
    except Stopped as error:
        if not error.answered:
            raise
        return Reply(0, problem=Problem(str(error)))


def _job(run: Run) -> str:
    return job_path((run.remote or {})["id"])


def _key(entry: Mapping[str, Any]) -> str:
    """By what an entry is known; some servers give events no id."""
    name = entry.get("id")
    return name if isinstance(name, str) and name else json.dumps(entry, sort_keys=True)


def _id(entry: object) -> str:
    """The id of a file, which older and other servers list whole."""
    name = entry.get("id") if isinstance(entry, Mapping) else entry
    return name if isinstance(name, str) else ""


def _step_number(entry: Mapping[str, Any]) -> float:
    step = entry.get("step_number")
    try:
        return float(step) if isinstance(step, int | float) and math.isfinite(step) else math.inf
    except OverflowError:
        return math.inf


def _why(reply: Reply) -> str:
    words = "" if reply.problem is None else reply.problem.message
    said = " ".join(part for part in (str(reply.status or ""), words) if part)
    return f": {said[:300]}" if said else ""


def _noted(run: Run, notes: Iterable[str]) -> Run:
    """`run` with what went wrong, each trouble once, however its reasons differ."""
    known = {note.partition(": ")[0] for note in run.notes}
    fresh = [note for note in dict.fromkeys(notes) if note.partition(": ")[0] not in known]
    return msgspec.structs.replace(run, notes=(*run.notes, *fresh)) if fresh else run


def _decoded(data: bytes) -> str:
    wide = data[:2] in (b"\xff\xfe", b"\xfe\xff")
    return data.decode("utf-16" if wide else "utf-8", "replace").removeprefix(_BOM)


def _name(cell: str) -> str:
    name = cell.strip().lower()
    return _SAME.get(name, name)


def _figure(name: str, cell: str) -> float | None:
    try:
        figure = float(cell)
    except ValueError:
        return None
    if not math.isfinite(figure):
        return None
    return None if figure < 0 and name.endswith(("loss", "accuracy", "step")) else figure
