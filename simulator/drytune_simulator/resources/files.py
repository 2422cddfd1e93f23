"""``/v1/files``: upload, list, retrieve, content, delete (FACTS.md §3)."""

from __future__ import annotations

import base64
import io
import re
from typing import Any

import msgspec

from drytune_simulator.checks import missing
from drytune_simulator.dataset import inspect_upload
from drytune_simulator.dataset.formats import MAX_FILE_BYTES
from drytune_simulator.errors import refuse
from drytune_simulator.http import ApiError, Response
from drytune_simulator.multipart import parse_form
from drytune_simulator.resources import paging
from drytune_simulator.resources.body import Body
from drytune_simulator.store import Row
from drytune_simulator.training import Cut, Failure, Plan, results_csv
from drytune_simulator.world import Call, World

__all__ = ["content", "create", "delete", "list_files", "retrieve"]

PURPOSES = ("assistants", "batch", "fine-tune", "vision", "user_data", "evals")
_DAY = 24 * 60 * 60


def create(world: World, call: Call) -> Response:
    """Keep an uploaded file; what the platform refuses at once is refused here."""
    form = parse_form(call.request)
    purpose = form.fields.get("purpose")
    if purpose is None:
        raise refuse("no-purpose")
    if purpose not in PURPOSES:
        raise refuse("bad-purpose", purpose=purpose)
    part = form.files.get("file")
    if part is None:
        raise refuse("no-file")
    data = bytes(part.data)
    if len(data) > MAX_FILE_BYTES:
        raise refuse("body-too-large", limit=MAX_FILE_BYTES)
    filename = part.filename or "file"
    refusal = inspect_upload(io.BytesIO(data), filename=filename, purpose=purpose)
    if refusal is not None:
        raise ApiError(refusal.status, refusal.message, reason=refusal.reason)
    expires_after = _expires_after(form.fields)
    with world.store.transaction():
        now = world.now()
        file_id, number = world.new_id("file-", 22, "file", call.tenant)
        row = Row(
            kind="file",
            scope=call.tenant.scope,
            id=file_id,
            seq=number,
            visible_at=now,
            document={
                "purpose": purpose,
                "filename": filename,
                "bytes": len(data),
                "expires_at": None if expires_after is None else int(now) + expires_after,
            },
            blob=world.store.blobs.put(data),
        )
        world.store.insert([row])
    return Response.json(show(world, row))


def results_document(plan: Plan) -> dict[str, Any]:
    """What is kept of a results file until somebody looks at it: from what it can be written."""
    return {
        "purpose": "fine-tune-results",
        "filename": "step_metrics.csv",
        "bytes": None,
        "expires_at": None,
        "plan": msgspec.to_builtins(plan),
    }


def _written(world: World, row: Row) -> Row:
    """The row with its content; a results file is written when it is first looked at."""
    if row.document["bytes"] is not None:
        return row
    data = results_csv(msgspec.convert(row.document["plan"], Plan))
    document = {**row.document, "bytes": len(data), "plan": None}
    with world.store.transaction():
        row = msgspec.structs.replace(row, document=document, blob=world.store.blobs.put(data))
        world.store.update(row)
    return row


def show(world: World, row: Row) -> dict[str, Any]:
    """The File object of a row, in the recorded order of fields."""
    document = _written(world, row).document
    return {
        "object": "file",
        "id": row.id,
        "purpose": document["purpose"],
        "filename": document["filename"],
        "bytes": document["bytes"],
        "created_at": int(row.visible_at),
        "expires_at": document["expires_at"],
        "status": "processed",
        "status_details": None,
    }


def find(world: World, call: Call, file_id: str) -> Row | None:
    """The tenant's file of that id, if there is one and it has not expired."""
    now = world.now()
    row = world.store.get("file", call.tenant.scope, file_id, now)
    return row if row is not None and not _expired(row, now) else None


def list_files(world: World, call: Call) -> Response:
    """The tenant's files, newest first unless `order` says otherwise."""
    values = paging.parameters(call, default=10_000, largest=10_000, names=("order", "purpose"))
    purpose = values.get("purpose")
    now = world.now()
    wanted = (
        row
        for row in paging.rows(world, call, "file", values)
        if purpose in (None, row.document["purpose"]) and not _expired(row, now)
    )
    return paging.page((show(world, row) for row in wanted), values["limit"], ends=True)


def retrieve(world: World, call: Call) -> Response:
    """One file."""
    return Response.json(show(world, _existing(world, call)))


def content(world: World, call: Call) -> Response:
    """The bytes of a file; a results file comes as base64 text, as the platform sends it (FACTS.md §9)."""
    with world.store.transaction():  # or somebody might delete it between the look and the reading
        row = _written(world, _existing(world, call))
        purpose = row.document["purpose"]
        if purpose in {"assistants", "user_data"}:
            raise refuse("forbidden-content", purpose=purpose)
        data = world.store.blobs.get(row.blob or "")
    if purpose == "fine-tune-results":
        data = base64.b64encode(data)
    # a header is latin-1 without controls: what a file name may not say there becomes an underscore
    name = re.sub(r"[^ !#-\[\]-~]", "_", row.document["filename"])
    headers = {
        "content-type": "application/octet-stream",
        "content-disposition": f'attachment; filename="{name}"',
    }
    return Response(200, headers, data)


def delete(world: World, call: Call) -> Response:
    """Delete a file; a job that has not begun to train on it will fail."""
    with world.store.transaction():
        row = _existing(world, call)
        world.store.delete("file", row.scope, [row.id])
        _fail_jobs_on(world, call, row.id)
    return Response.json({"object": "file", "deleted": True, "id": row.id})


def _existing(world: World, call: Call) -> Row:
    row = find(world, call, call.path[0])
    if row is None:
        raise refuse("unknown-file", id=call.path[0])
    return row


def _expired(row: Row, now: float) -> bool:
    expires_at = row.document.get("expires_at")
    return expires_at is not None and expires_at <= now


def _expires_after(fields: dict[str, str]) -> int | None:
    """Seconds after which the file expires; batch files do so after 30 days if nothing else was asked for."""
    anchor, seconds = (fields.get(f"expires_after[{name}]") for name in ("anchor", "seconds"))
    if anchor is None and seconds is None:
        return 30 * _DAY if fields["purpose"] == "batch" else None
    body = Body({"anchor": anchor, "seconds": paging.number(seconds)}, "expires_after")
    body.required("anchor", supported=("created_at",))
    value = body.integer("seconds", 3600, 2_592_000)
    if value is None:
        raise missing("expires_after.seconds")
    return value


def _fail_jobs_on(world: World, call: Call, file_id: str) -> None:
    from drytune_simulator.resources import jobs

    now = world.now()
    failure = Failure("deleted_training_file", "The job failed because the training file was deleted")
    for row in list(world.store.scan("job", call.tenant.scope, now)):
        job = jobs.Job.of(row)
        state = job.state(now)
        waits = not state.started and state.status not in jobs.TERMINAL
        if waits and job.plan.training_file == file_id:
            jobs.cut(world, job, Cut(now, "failed", failure))
