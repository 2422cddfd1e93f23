"""``/v1/files``: upload, list, retrieve, content, delete (FACTS.md §3)."""

from __future__ import annotations

import base64
import math
from typing import Any, get_args

import msgspec

from drytune_simulator.errors import refuse
from drytune_simulator.http import Response
from drytune_simulator.multipart import Form, parse_form
from drytune_simulator.reading import read, read_query, whole_number
from drytune_simulator.resources import contents, legacy, paging
from drytune_simulator.resources.job_record import TERMINAL, Job, change
from drytune_simulator.store import Kept, Row
from drytune_simulator.training import FAILURES, Change, Plan, results_csv
from drytune_simulator.wire import objects, requests
from drytune_simulator.world import Call, Tenant, World

__all__ = [
    "add",
    "content",
    "create",
    "delete",
    "expire",
    "expires_at",
    "find",
    "list_files",
    "results_document",
    "retrieve",
    "show",
]

PURPOSES = get_args(requests.UploadPurpose)

_BATCH_LIVES = 30 * 24 * 60 * 60  # FACTS.md §3.1
_LARGEST_WHOLE = 1024 * 1024
_EXPIRY = "file_expiry"


def create(world: World, call: Call) -> Response:
    """Keep an uploaded file; what the platform refuses at once is refused here."""
    _forget_expired(world)
    form = parse_form(call.request)
    purpose = form.text("purpose")
    if purpose is None:
        raise refuse("no-purpose")
    if purpose not in PURPOSES:
        raise refuse("bad-purpose", purpose=purpose)
    part = form.file("file")
    if part is None:
        raise refuse("no-file")
    expires_after = _expires_after(form)
    filename = part.filename or "file"
    name = legacy.checked_as(call.request, filename)
    contents.check(part.open(), part.size, filename=name, purpose=purpose)
    with contents.keeping(world, part.chunks()) as kept:
        row = add(world, call.tenant, kept, filename=filename, purpose=purpose, expires_after=expires_after)
    return Response.json(show(world, row))


def _expires_after(form: Form) -> requests.ExpiresAfter | None:
    fields: dict[str, Any] = {name: form.text(f"expires_after[{name}]") for name in ("anchor", "seconds")}
    if all(value is None for value in fields.values()):
        return None
    return read(
        {**fields, "seconds": whole_number(fields["seconds"])}, requests.ExpiresAfter, "expires_after"
    )


def add(
    world: World,
    tenant: Tenant,
    kept: Kept,
    *,
    filename: str,
    purpose: str,
    expires_after: requests.ExpiresAfter | None,
) -> Row:
    """Make a kept content a file, in the transaction that `contents.keeping` began.

    Args:
        world: Where.
        tenant: Whose file it is.
        kept: Its content.
        filename: Kept and shown as it was sent; nothing is ever opened by it.
        purpose: One of `PURPOSES`.
        expires_after: None for never, but files for batches then expire after 30 days (FACTS.md §3.1).
    """
    now = world.now()
    lives = expires_after.seconds if expires_after else _BATCH_LIVES if purpose == "batch" else None
    ends = None if lives is None else int(now) + lives
    file_id, number = world.new_id("file-", 22, "file", tenant)
    row = Row(
        kind="file",
        scope=tenant.scope,
        id=file_id,
        seq=number,
        visible_at=now,
        document={"purpose": purpose, "filename": filename, "bytes": kept.size, "expires_at": ends},
        blob=kept.key,
    )
    rows = [row]
    if ends is not None:
        rows.append(_reminder(row, ends))
    world.store.insert(rows)
    return row


def _reminder(row: Row, ends: int) -> Row:
    """What reminds of giving back the space of a file."""
    return Row(kind=_EXPIRY, scope=row.scope, id=row.id, seq=row.seq, visible_at=float(ends), document={})


def expire(world: World, row: Row, ends: int) -> None:
    """Let a file be gone from `ends` on, if it is not gone earlier; call it in a transaction.

    Other jobs that still wait for it then fail at that moment.
    """
    if expires_at(row) <= ends:
        return
    world.store.delete(_EXPIRY, row.scope, [row.id])
    world.store.update(msgspec.structs.replace(row, document={**row.document, "expires_at": ends}))
    world.store.insert([_reminder(row, ends)])
    _fail_jobs_on(world, row.scope, row.id, float(ends))


def _forget_expired(world: World) -> None:
    """Give back the space of files that have expired; they are invisible already."""
    due = world.store.due(_EXPIRY, world.now())
    if due:
        with world.store.transaction():
            for row in due:
                _remove(world, row.scope, row.id)


def _remove(world: World, scope: str, file_id: str) -> None:
    world.store.delete("file", scope, [file_id])
    world.store.delete(_EXPIRY, scope, [file_id])


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
    with contents.keeping(world, (data,)) as kept:
        there = world.store.get("file", row.scope, row.id, math.inf)
        row = msgspec.structs.replace(row, document=document, blob=kept.key)
        if there is None or there.document["bytes"] is not None:
            world.store.blobs.discard(kept.key)  # deleted, or written by another call, since it was listed
        else:
            world.store.update(row)
    return row


def show(world: World, row: Row) -> objects.File:
    """The File object of a row."""
    document = _written(world, row).document
    return objects.File(
        id=row.id,
        purpose=document["purpose"],
        filename=document["filename"],
        bytes=document["bytes"],
        created_at=int(row.visible_at),
        expires_at=document["expires_at"],
    )


def expires_at(row: Row) -> float:
    """The moment from which on the file of a row is gone, in Unix seconds; infinite if it stays."""
    moment = row.document.get("expires_at")
    return math.inf if moment is None else float(moment)


def find(world: World, call: Call, file_id: str) -> Row | None:
    """The tenant's file of that id, if there is one and it has not expired."""
    now = world.now()
    row = world.store.get("file", call.tenant.scope, file_id, now)
    return row if row is not None and expires_at(row) > now else None


def list_files(world: World, call: Call) -> Response:
    """The tenant's files, newest first unless `order` says otherwise."""
    asked = read_query(call.request.query, requests.ListFiles)
    now = world.now()
    rows = paging.rows_behind(
        world, call.tenant.scope, "file", asked.after, newest_first=asked.order == "desc"
    )
    listed = (
        show(world, row)
        for row in rows
        if asked.purpose in (None, row.document["purpose"]) and expires_at(row) > now
    )
    return Response.json(paging.first_page(listed, asked.limit, ends=True))


def retrieve(world: World, call: Call) -> Response:
    """One file."""
    return Response.json(show(world, _existing(world, call)))


def content(world: World, call: Call) -> Response:
    """The bytes of a file; a results file comes as base64 text, as the platform sends it (FACTS.md §9)."""
    _written(world, _existing(world, call))  # contents are put before a transaction
    with world.store.transaction():  # or somebody might delete it between the look and the reading
        row = _written(world, _existing(world, call))
        purpose, size = row.document["purpose"], row.document["bytes"]
        if purpose in {"assistants", "user_data"}:
            raise refuse("forbidden-content", purpose=purpose)
        if purpose == "fine-tune" and world.profile.free_account:
            raise refuse("training-file-download")
        file = contents.opened(world, row)
    headers = {
        "content-type": "application/octet-stream",
        "content-disposition": contents.disposition(row.document["filename"]),
    }
    if purpose != "fine-tune-results" and size > _LARGEST_WHOLE:
        return Response(200, {**headers, "content-length": str(size)}, contents.Download(file))
    with file:
        data = file.read()
    return Response(200, headers, base64.b64encode(data) if purpose == "fine-tune-results" else data)


def delete(world: World, call: Call) -> Response:
    """Delete a file; a job that has not begun to train on it will fail."""
    with world.store.transaction():
        row = _existing(world, call)
        _remove(world, row.scope, row.id)
        _fail_jobs_on(world, row.scope, row.id, world.now())
    return Response.json(objects.Deleted(object="file", id=row.id))


def _existing(world: World, call: Call) -> Row:
    row = find(world, call, call.path[0])
    if row is None:
        raise refuse("unknown-file", id=call.path[0])
    return row


def _fail_jobs_on(world: World, scope: str, file_id: str, moment: float) -> None:
    """Let the jobs fail that wait for a file which is gone from `moment` on, now or later."""
    now = world.now()
    failure = FAILURES["deleted-training-file"].failure
    for row in list(world.store.active("job", scope, now)):
        job = Job.of(row)
        if job.plan.training_file == file_id:
            state = job.state(moment)
            if not state.started and state.status not in TERMINAL:
                change(world, job, Change(moment, "failed", failure))
