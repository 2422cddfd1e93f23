"""``/v1/uploads``: files in parts (FACTS.md §3.3)."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Literal

import msgspec
from msgspec import UNSET, UnsetType

from drytune_simulator.checks import as_integer, invalid_value
from drytune_simulator.errors import refuse
from drytune_simulator.http import Response
from drytune_simulator.multipart import parse_form
from drytune_simulator.reading import json_object, read
from drytune_simulator.resources import contents, files
from drytune_simulator.store import Row
from drytune_simulator.wire import objects, requests
from drytune_simulator.world import Call, World

__all__ = ["add_part", "cancel", "complete", "create"]

LIVES = 60 * 60  # FACTS.md §3.3
MAX_PART_BYTES = 64 * 2**20  # FACTS.md §3.3
MAX_PARTS = 10_000
"""Parts of one upload (ours): 8 GB in parts of less than 1 MB."""

_EXPIRY = "upload_expiry"

_IMAGES = ("image/jpeg", "image/png", "image/gif", "image/webp")
MIME_TYPES = {
    # "must fall within the supported MIME types for your file purpose": the API reference names these two
    # purposes. Images and files for search are listed in the guides of vision and of file search (O), those for
    # code are from memory (M).
    "vision": _IMAGES,
    "assistants": (
        *("text/x-c", "text/x-c++", "text/x-csharp", "text/css", "application/msword"),
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        *(
            "text/x-golang",
            "text/html",
            "text/x-java",
            "text/javascript",
            "application/json",
            "text/markdown",
        ),
        *("application/pdf", "text/x-php"),
        "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        *("text/x-python", "text/x-script.python", "text/x-ruby", "application/x-sh", "text/x-tex"),
        *("application/typescript", "text/plain"),
        *("application/csv", "text/csv", *_IMAGES, "application/octet-stream", "application/x-tar"),
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        *("application/xml", "text/xml", "application/zip"),
    ),
}


class _Upload(msgspec.Struct, frozen=True, kw_only=True):
    """An upload as it is kept; `received` counts the bytes of all parts, whether they will be listed or not."""

    filename: str
    purpose: str
    bytes: int
    expires_at: int
    expires_after: requests.ExpiresAfter | None
    status: Literal["pending", "completed", "cancelled"] = "pending"
    received: int = 0
    parts: int = 0
    file: str | None = None


def create(world: World, call: Call) -> Response:
    """Begin a file whose parts will come one by one."""
    _forget_expired(world)
    asked = read(json_object(call.request), requests.CreateUpload)
    as_integer(asked.bytes, "bytes", high=contents.largest(asked.purpose, in_parts=True))
    supported = MIME_TYPES.get(asked.purpose)
    if supported is not None and asked.mime_type.partition(";")[0].strip().lower() not in supported:
        raise invalid_value("mime_type", asked.mime_type, supported)
    with world.store.transaction():
        now = world.now()
        upload_id, number = world.new_id("upload_", 24, "upload", call.tenant)
        upload = _Upload(
            filename=asked.filename,
            purpose=asked.purpose,
            bytes=asked.bytes,
            expires_at=int(now) + LIVES,
            expires_after=asked.expires_after,
        )
        row = Row(
            kind="upload",
            scope=call.tenant.scope,
            id=upload_id,
            seq=number,
            visible_at=now,
            document=_document(upload),
        )
        # a reminder to give back the space of its parts
        reminder = Row(
            kind=_EXPIRY,
            scope=row.scope,
            id=row.id,
            seq=number,
            visible_at=float(upload.expires_at),
            document={},
        )
        world.store.insert([row, reminder])
    return Response.json(_show(row, upload))


def add_part(world: World, call: Call) -> Response:
    """Keep a part; the list of `complete` will say where it belongs."""
    _pending(world, call, "add a part to")
    part = parse_form(call.request).part("data")
    if part is None:
        raise refuse("no-data")
    if part.size > MAX_PART_BYTES:
        raise refuse("part-too-large", got=part.size, limit=MAX_PART_BYTES)
    with contents.keeping(world, part.chunks()) as kept:
        row, upload = _pending(world, call, "add a part to")
        upload = msgspec.structs.replace(upload, received=upload.received + kept.size, parts=upload.parts + 1)
        if upload.received > contents.MAX_UPLOAD_BYTES or upload.parts > MAX_PARTS:
            raise refuse("too-many-parts", id=row.id, limit=contents.MAX_UPLOAD_BYTES, most=MAX_PARTS)
        part_id, number = world.new_id("part_", 24, "part", call.tenant)
        now = world.now()
        world.store.update(msgspec.structs.replace(row, document=_document(upload)))
        world.store.insert(
            [
                Row(
                    kind="part",
                    scope=row.id,  # an id is one tenant's, so its parts are too
                    id=part_id,
                    seq=number,
                    visible_at=now,
                    document={"bytes": kept.size},
                    blob=kept.key,
                )
            ]
        )
    return Response.json(objects.UploadPart(id=part_id, created_at=int(now), upload_id=row.id))


def complete(world: World, call: Call) -> Response:
    """Join the listed parts to a file, which then is as one that came whole.

    An upload is completed once: a client that asks again, because the answer was lost, is refused, and told in
    ``x-drytune-reason`` of the file that there is (grade I: the statuses of FACTS.md §3.3 have no way back).
    """
    asked = read(json_object(call.request), requests.CompleteUpload)
    with world.store.transaction():
        row, upload = _pending(world, call, "complete")
        parts = _listed(world, row, asked.part_ids)
    size = sum(part.document["bytes"] for part in parts)
    if size != upload.bytes:
        raise refuse("wrong-size", got=size, declared=upload.bytes)
    joined = contents.Joined(world.store.blobs, [part.blob or "" for part in parts])
    try:
        if asked.md5 is not None:
            _check_md5(joined, asked.md5)
        with joined.open() as content:
            contents.check(content, size, filename=upload.filename, purpose=upload.purpose, in_parts=True)
        with contents.keeping(world, joined.chunks()) as kept:
            row, upload = _pending(world, call, "complete")  # or another call was faster
            file = files.add(
                world,
                call.tenant,
                kept,
                filename=upload.filename,
                purpose=upload.purpose,
                expires_after=upload.expires_after,
            )
            upload = msgspec.structs.replace(upload, status="completed", file=file.id)
            _end(world, row, upload)
    except KeyError:
        # parts are discarded when an upload ends: another call was faster
        _pending(world, call, "complete")
        raise contents.missing(world, f"a part of {call.path[0]}") from None
    return Response.json(_show(row, upload, files.show(world, file)))


def cancel(world: World, call: Call) -> Response:
    """Give up an upload; its parts are discarded."""
    with world.store.transaction():
        row, upload = _pending(world, call, "cancel")
        upload = msgspec.structs.replace(upload, status="cancelled")
        _end(world, row, upload)
    return Response.json(_show(row, upload))


def _document(upload: _Upload) -> dict[str, object]:
    document: dict[str, object] = msgspec.to_builtins(upload)
    return document


def _show(row: Row, upload: _Upload, file: objects.File | UnsetType = UNSET) -> objects.Upload:
    return objects.Upload(
        id=row.id,
        bytes=upload.bytes,
        created_at=int(row.visible_at),
        filename=upload.filename,
        purpose=upload.purpose,  # type: ignore[arg-type]  # read as one of them
        status=upload.status,
        expires_at=upload.expires_at,
        file=file,
    )


def _pending(world: World, call: Call, what: str) -> tuple[Row, _Upload]:
    """The tenant's upload of the path, which must still be pending to have something done to it.

    Raises:
        ApiError: 404, or 400 if it has ended.
    """
    upload_id, now = call.path[0], world.now()
    row = world.store.get("upload", call.tenant.scope, upload_id, now)
    if row is None:
        raise refuse("unknown-upload", id=upload_id)
    upload = msgspec.convert(row.document, _Upload)
    status, reason = str(upload.status), None
    if status == "pending" and upload.expires_at <= now:
        status, reason = "expired", f"an upload lives for {LIVES} seconds"
    if upload.file is not None:
        reason = f"it has become the file {upload.file}"
    if status != "pending":
        raise refuse("upload-has-ended", what=what, id=upload_id, status=status, reason=reason)
    return row, upload


def _listed(world: World, upload: Row, part_ids: Sequence[str]) -> list[Row]:
    """The parts of an upload in the order of `part_ids`."""
    parts = {row.id: row for row in world.store.scan("part", upload.id, world.now())}
    listed: dict[str, Row] = {}
    for part_id in part_ids:
        if part_id not in parts:
            raise refuse("unknown-part", part=part_id[:80], reason=f"upload {upload.id} has no such part")
        if part_id in listed:
            raise refuse("repeated-part", part=part_id)
        listed[part_id] = parts[part_id]
    return list(listed.values())


def _end(world: World, row: Row, upload: _Upload) -> None:
    """Note how an upload has ended, and discard its parts. Call it in a transaction."""
    world.store.update(msgspec.structs.replace(row, document=_document(upload)))
    _discard_parts(world, row)
    world.store.delete(_EXPIRY, row.scope, [row.id])


def _discard_parts(world: World, upload: Row) -> None:
    ids = [part.id for part in world.store.scan("part", upload.id, world.now())]
    for first in range(0, len(ids), 500):  # so many at a time fit in one statement of any database
        world.store.delete("part", upload.id, ids[first : first + 500])


def _forget_expired(world: World) -> None:
    """Give back the space of uploads that have expired; whether one has, its own time tells."""
    due = world.store.due(_EXPIRY, world.now())
    if due:
        with world.store.transaction():
            for row in due:
                _discard_parts(world, row)
                world.store.delete(_EXPIRY, row.scope, [row.id])


def _check_md5(joined: contents.Joined, given: str) -> None:
    checksum = hashlib.md5(usedforsecurity=False)
    for chunk in joined.chunks():
        checksum.update(chunk)
    if checksum.hexdigest() != given.strip().lower():
        raise refuse("wrong-md5", got=checksum.hexdigest())
