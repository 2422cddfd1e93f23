"""A whole server without its socket."""

import json

import pytest

from drytune import simulated
from drytune_simulator import Headers, ManualClock, Request, Simulator
from drytune_simulator.control import controlled
from drytune_simulator.faults import FaultPlan, Scenarios, failing
from drytune_simulator.journal import Journal, journaled


class Server:
    """A whole server without its socket, as an operator and as a client see it."""

    def __init__(self, clock=None, faults=(), rules=(), workers=1, **options) -> None:
        self.plan, self.scenarios = FaultPlan(faults), Scenarios(rules)
        self.simulator = Simulator(clock=clock or ManualClock(), scenarios=self.scenarios, **options)
        self.journal = Journal(self.simulator.clock)
        inner = journaled(failing(self.simulator, self.plan), self.journal)
        self.handler = controlled(
            inner,
            self.simulator,
            plan=self.plan,
            scenarios=self.scenarios,
            journal=self.journal,
            workers=workers,
        )
        self.client = simulated(self.handler, max_retries=0)

    def ask(self, method: str, path: str = "", body: object = None, headers: dict | None = None):
        """Status and decoded body."""
        data = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        answer = self.handler(Request(method, f"/_drytune{path}", Headers(headers or {}), data))
        return answer.status, json.loads(answer.body)

    def get(self, path: str = ""):
        status, body = self.ask("GET", path)
        assert status == 200
        return body

    def post(self, path: str, body: object):
        status, answer = self.ask("POST", path, body)
        assert status == 200, answer
        return answer

    def job(self, lines: bytes, **options):
        file = self.client.files.create(file=("good.jsonl", lines), purpose="fine-tune")
        return self.client.fine_tuning.jobs.create(model="gpt-4o-mini", training_file=file.id, **options)

    def close(self) -> None:
        self.client.close()
        self.simulator.close()


@pytest.fixture
def start():
    """Start a server."""
    servers = []

    def run(*arguments, **options) -> Server:
        servers.append(Server(*arguments, **options))
        return servers[-1]

    yield run
    for server in servers:
        server.close()


@pytest.fixture
def lines(good, make_jsonl) -> bytes:
    """A good training file."""
    return make_jsonl(*good)
