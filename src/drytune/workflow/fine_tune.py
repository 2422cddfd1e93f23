"""The workflow: upload, train, infer. A dry run and a live run are this same script, with another client."""

from __future__ import annotations

import msgspec

from drytune.workflow.context import Context
from drytune.workflow.creating import create, upload
from drytune.workflow.effects import Script
from drytune.workflow.holding import hold_out
from drytune.workflow.inferring import infer
from drytune.workflow.records import Run
from drytune.workflow.training import gathered, look, train

__all__ = ["fine_tune"]


def fine_tune(run: Run, context: Context) -> Script[Run]:
    """Go on from `run` until nothing is left to do, or it stops.

    Raises:
        Stopped: The API stays away.
        Refused: A file is not what was planned.
    """
    run = context.billed(msgspec.structs.replace(run, refusal=None, stopped=None))
    if run.called_off:
        return run
    is_gone_on_with = run.remote is not None
    for file in run.task.uploads:
        if run.refusal is None and (run.file if file.role == "training" else run.validation_file) is None:
            run = yield from upload(run, file, context)
    if run.refusal is None and run.remote is None:
        run = yield from create(run, context)
        if run.remote is not None and not run.waiting:  # it was there
            run = yield from look(run, context)
    if run.refusal is None and run.waiting:
        run = yield from train(run, context, at_once=is_gone_on_with)
    if run.refusal is None and run.stopped is None:
        run = yield from gathered(run, context)
    while _may_ask(run) and len(run.answers) < len(run.task.questions):
        run = yield from infer(run, context)
    if _may_ask(run) and run.task.holdout is not None and run.holdout is None:
        run = yield from hold_out(run, context)
    return run


def _may_ask(run: Run) -> bool:
    return run.status == "succeeded" and run.refusal is None and run.stopped is None
