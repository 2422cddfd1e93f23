"""A platform in this process on which single requests go wrong, and a state directory of its own."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from drytune.backends import Simulated
from drytune_simulator import AdvancingClock, Request, Response, Simulator, SystemClock
from drytune_simulator.http import ConnectionDropped

Mishap = Callable[[Request, Callable[[Request], Response]], Response]


class Platform:
    """A simulator, and what happens to the first request of a kind that is named: ``POST /v1/files``.

    Attributes:
        asked: Method and path of each request.
        waits: Seconds of each pause.
        keeps_metadata: Whether a job has the metadata that it was given.
    """

    def __init__(self) -> None:
        self.clock = AdvancingClock(SystemClock())
        self.simulator = Simulator(clock=self.clock)
        self.asked: list[str] = []
        self.waits: list[float] = []
        self.keeps_metadata = True
        self._mishaps: list[tuple[str, Mishap]] = []
        self.backend = Simulated(self, clock=self.clock)
        self.backend.sleep = self.waits.append

    def __call__(self, request: Request) -> Response:
        name = f"{request.method} {request.path}"
        self.asked.append(name)
        if not self.keeps_metadata and name == "POST /v1/fine_tuning/jobs":
            body = {key: value for key, value in json.loads(request.body).items() if key != "metadata"}
            request = Request(request.method, request.target, request.headers, json.dumps(body).encode())
        for number, (wanted, mishap) in enumerate(self._mishaps):
            if name == wanted or (wanted.endswith("*") and name.startswith(wanted[:-1])):
                del self._mishaps[number]
                return mishap(request, self.simulator)
        return self.simulator(request)

    def once(self, name: str, mishap: Mishap) -> None:
        """The next request of that name goes wrong so."""
        self._mishaps.append((name, mishap))

    def forget(self) -> None:
        """Nothing goes wrong any more."""
        self._mishaps.clear()

    def lost(self, name: str) -> None:
        """The next request of that name is answered, and nobody gets the answer."""

        def drop(request: Request, ask: Callable[[Request], Response]) -> Response:
            ask(request)
            raise ConnectionDropped("it broke")

        self.once(name, drop)

    def refuses(self, name: str, status: int, message: str, headers: dict[str, str] | None = None, **fields):
        """The next request of that name is refused, and nothing is done."""

        def refuse(request: Request, ask: Callable[[Request], Response]) -> Response:
            error = {"message": message, "type": "x", "param": None, "code": None, **fields}
            return Response.json({"error": error}, status=status).with_headers(headers or {})

        self.once(name, refuse)

    def interrupts(self, name: str, *, after: bool = False) -> None:
        """Ctrl-C at the next request of that name, before or after the platform did it."""

        def interrupt(request: Request, ask: Callable[[Request], Response]) -> Response:
            if after:
                ask(request)
            raise KeyboardInterrupt

        self.once(name, interrupt)

    def count(self, name: str) -> int:
        """How often it was asked so."""
        return self.asked.count(name)

    @property
    def client(self):
        """A client that nothing goes wrong with."""
        return Simulated(self.simulator, clock=self.clock).client()

    @property
    def jobs(self):
        """Those that there are."""
        return list(self.client.fine_tuning.jobs.list())

    @property
    def files(self):
        """Those that were uploaded."""
        return list(self.client.files.list(purpose="fine-tune"))


@pytest.fixture
def platform():
    """A fresh one."""
    made = Platform()
    yield made
    made.simulator.close()


@pytest.fixture
def where(platform: Platform, tmp_path: Path) -> dict:
    """Arguments that name the platform and a journal."""
    return {"backend": platform.backend, "state": tmp_path / "state"}


@pytest.fixture
def dataset(tmp_path: Path, good, make_jsonl) -> Path:
    """Twelve good examples in a file."""
    path = tmp_path / "counting.jsonl"
    path.write_bytes(make_jsonl(*good))
    return path
