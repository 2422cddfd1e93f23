"""Which lessons a tuned model has: those of the job that made it, and of the models that were tuned before.

A tune of a tune knows both; what it was taught last comes first. Each model knows of its training file what it had
learned by its step (`inference.known`): the model of a job all of it; a checkpoint, or what a pause has left, a
part. A tune of a checkpoint knows the same part of the earlier file.

Lines for reinforcement hold no answer. What such a model has learned is what its grader wants to read for a line,
as far as the grader compares with a reference (`grading.wanted`); else the model answers as its base does.

What finds the lessons of a file is kept beside the file's content where that outlives the process, under the
digest of the content: several processes share it. In one process all models of one content share it anyway.
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
import weakref
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from drytune_simulator import catalog
from drytune_simulator.grading import wanted
from drytune_simulator.resources.contents import missing, opened
from drytune_simulator.resources.job_record import Job
from drytune_simulator.store import Row, Store
from drytune_simulator.world import World

if TYPE_CHECKING:
    from drytune_simulator.inference.book import Book
    from drytune_simulator.inference.lessons import Reading
    from drytune_simulator.inference.shelf import Shelf
    from drytune_simulator.inference.taught import Source, Taught

__all__ = ["taught"]

_SMALL: Final = 256 * 1024
"""What finds the lessons of so many bytes is made in the time that it takes to look for it: it stays in memory."""
_LARGE: Final = 8 << 20
"""From so many bytes on it is kept in files also where nothing outlives the process, as contents are."""


def taught(world: World, row: Row | None) -> Taught | None:
    """What a tuned model was taught; files are read when it is first asked.

    Args:
        world: Where its job is.
        row: The model; None for a base model, which was taught nothing.
    """
    if row is None:
        return None
    model = f"{row.scope}/{row.id}"
    known: Taught = world.taught(model, partial(_taught, world, row))
    return known


def _taught(world: World, row: Row) -> Taught:
    from drytune_simulator.inference.taught import Taught

    sources: list[Source] = []
    job_id: str | None = row.document["job"]
    step: int | None = row.document["step"]
    while job_id is not None:
        # the first may be of another project, which has permitted this one to use its checkpoint
        made = world.store.anywhere("job", job_id, world.now())
        if made is None:
            break
        job = Job.of(made)
        sources.append(_source(world, made, job, step))
        name = catalog.TunedName.parse(job.requested.model)
        job_id, step = job.base_job, None if name is None else name.step
    return Taught(sources)


def _source(world: World, row: Row, job: Job, step: int | None) -> Source:
    """What a job taught until `step`, or its end."""
    from drytune_simulator.inference.known import Share
    from drytune_simulator.inference.lessons import Origin
    from drytune_simulator.inference.taught import Source

    # the job's own model knows all: of reinforcement it is not that of the last step
    steps = job.plan.checkpoint_steps()[-1]
    return Source(
        _book(world, row, _reading(job)),
        Origin(job.plan.job_id, job.plan.training_file),
        Share(steps if step is None else step, steps, job.plan.seed),
    )


def _reading(job: Job) -> Reading:
    """How the lines of a job's training file are read."""
    from drytune_simulator.inference.lessons import Reading

    method, grader = job.plan.method, job.requested.grader
    if method != "reinforcement" or grader is None:
        return Reading(method)
    # graders differ, and so does what is learned of the same lines
    told = msgspec.json.encode(grader, order="deterministic")
    return Reading(method, partial(wanted, grader), hashlib.sha256(told).hexdigest()[:16])


def _book(world: World, row: Row, reading: Reading) -> Book:
    from drytune_simulator.inference.book import Book, Content

    key = f"{row.blob}.{reading.method}{reading.name}"
    known: Book | None = world.books.get(key)
    if known is not None:
        return known
    try:
        size = world.store.blobs.size(row.blob or "")
    except KeyError:
        raise missing(world, f"{row.kind} {row.id}") from None
    shelf = None
    if size > (_SMALL if world.store.beside is not None else _LARGE):
        shelf = _shelf(world)
    book = world.books[key] = Book(Content(key, partial(opened, world, row), reading), shelf)
    return book


def _shelf(world: World) -> Shelf:
    """Where what finds lessons is kept: beside the contents, or else for as long as the world is there."""
    from drytune_simulator.inference.shelf import Shelf

    # a store that was reset may be kept elsewhere
    if world.store.beside is not None:
        return Shelf(world.store.beside, partial(_is_kept, world.store))
    known: Shelf | None = world.shelf
    if known is None:
        directory = tempfile.mkdtemp(prefix="drytune-")
        known = world.shelf = Shelf(Path(directory), partial(_is_kept, world.store))
        weakref.finalize(known, shutil.rmtree, directory, ignore_errors=True)
    return known


def _is_kept(store: Store, name: str) -> bool:
    """Whether the content is there that something on the shelf was made of."""
    try:
        store.blobs.size(name.partition(".")[0])
    except KeyError:
        return False
    return True
