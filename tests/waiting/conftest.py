"""Runs as they look while a job is waited for, and scripts that are answered from a list."""

import pytest

from drytune.workflow.effects import Call, Problem, Reply
from drytune.workflow.records import Run
from drytune.workflow.tasks import SourceFile, Task


@pytest.fixture(scope="session")
def make_run():
    """A run whose job has the given fields."""

    def make(status="running", *, task=None, **fields):
        training = SourceFile(role="training", path="/data/t.jsonl", bytes=1, sha256="0" * 64)
        task = task or Task(training=training, model="gpt-4.1-mini-2025-04-14")
        remote = {"id": "ftjob-1", "status": status, **fields.pop("job", {})}
        return Run(task=task, id="run-1", file={"id": "file-1"}, remote=remote, **fields)

    return make


@pytest.fixture(scope="session")
def step_event():
    """The event of a step."""

    def make(step, total=100, at=None, **figures):
        data = {"step": step, "total_steps": total, **figures}
        event = {"id": f"ftevent-{step}", "type": "metrics", "message": "", "data": data}
        return event if at is None else {**event, "created_at": at}

    return make


class Api:
    """Answers calls from a table of paths, and remembers them; what is a list is answered in turn."""

    def __init__(self, answers):
        self.answers = answers
        self.calls = []

    def reply(self, call: Call) -> Reply:
        self.calls.append(call)
        answer = self.answers[call.path]
        if isinstance(answer, list):
            answer = answer.pop(0)
        if callable(answer):
            answer = answer(call)
        if isinstance(answer, int):
            return Reply(answer, problem=Problem("no such thing"))
        return answer if isinstance(answer, Reply) else Reply(200, answer)

    def asked(self, call):
        return (yield call)

    def do(self, script):
        """What a script ends with."""
        try:
            effect = next(script)
            while True:
                effect = script.send(self.reply(effect) if isinstance(effect, Call) else None)
        except StopIteration as end:
            return end.value


@pytest.fixture(scope="session")
def api():
    """An API that answers from a table."""
    return Api
