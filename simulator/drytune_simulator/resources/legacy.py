"""What only clients of before November 2023 ask for: openai-python 0.27 and 0.28."""

from __future__ import annotations

import re

from drytune_simulator.errors import refuse
from drytune_simulator.http import Request, Response
from drytune_simulator.resources import permissions
from drytune_simulator.resources.job_record import Job
from drytune_simulator.wire import objects
from drytune_simulator.world import Call, World

__all__ = ["checked_as", "delete_job", "query_of"]

_BINDINGS = re.compile(r"OpenAI/v1 PythonBindings/0\.")


def checked_as(request: Request, filename: str) -> str:
    """The name by which a file is checked.

    ``openai.File.create(file=open("x.jsonl", "rb"), purpose="fine-tune")`` of these clients names every file
    ``file`` (read in their source), and tutorials of 2023 show that it was taken (I).
    """
    return "file.jsonl" if filename == "file" and _is_old(request) else filename


def query_of(request: Request) -> list[tuple[str, str]]:
    """The query of a list of jobs, whose cursor ``FineTuningJob.list`` of these clients calls ``starting_after``.

    That it has this name is read in their source, and that it means the same is inferred (I).
    """
    query = request.query
    if not _is_old(request):
        return query
    return [("after" if name == "starting_after" else name, value) for name, value in query]


def _is_old(request: Request) -> bool:
    return _BINDINGS.match(request.headers.get("user-agent", "")) is not None


def delete_job(world: World, call: Call) -> Response:
    """``openai.FineTuningJob.delete(id)`` of these clients deletes the job's tuned model.

    That such a call is sent is read in their source; that it deletes the model is drytune's own reading (D). No
    newer client has it, and is answered as by the platform: 405.
    """
    request = call.request
    if not _is_old(request):
        refusal = refuse("wrong-method", method=request.method, path=request.path)
        refusal.headers["allow"] = "GET"
        raise refusal
    name = call.path[0]
    now = world.now()
    with world.store.transaction():
        row = world.store.get("job", call.tenant.scope, name, now)
        if row is None:
            raise refuse("unknown-job", id=name)
        model = Job.of(row).plan.model
        tuned = world.store.get("model", row.scope, model, now)
        if tuned is None:
            raise refuse("no-such-model", model=model, reason="the job has not made it, or it was deleted")
        permissions.forget(world, tuned)
        world.store.delete("model", tuned.scope, [tuned.id])
    return Response.json(objects.Deleted(object="model", id=tuned.id))
