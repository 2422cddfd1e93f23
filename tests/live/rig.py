"""A platform in this process that fails and breaks off, with a till that knows what it really billed."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import drytune
from drytune.backends import Simulated
from drytune.workflow.tasks import Job
from drytune_simulator import Handler, ManualClock, Request, Response, Simulator
from drytune_simulator.faults import Fault, FaultPlan, failing
from drytune_simulator.http import ConnectionDropped
from drytune_simulator.wrapping import Wrapper

MODEL = "gpt-4.1-nano-2025-04-14"
PRICES = {"training": 1.5, "tuned": (0.2, 0.8), "base": (0.1, 0.4)}
"""Of `MODEL`, in USD per million tokens, as in the catalog."""

PACE = 10
"""So many seconds go by for each that is waited: what jobs do between two looks is of no interest."""

_ANSWERS = ("/v1/chat/completions", "/v1/completions", "/v1/responses")


class Till(Wrapper):
    """Notes what answers really cost; stands directly before the simulator, behind all that may fail.

    Attributes:
        answers: How many there were.
        made: Methods and paths of all that was asked for but looks.
        usd: What they cost.
    """

    def __init__(self, handler: Handler) -> None:
        super().__init__(handler)
        self.answers = 0
        self.made: list[str] = []
        self.usd = 0.0

    def __call__(self, request: Request) -> Response:
        response = self._handler(request)
        if response.status == 200 and request.method != "GET":
            self.made.append(f"{request.method} {request.path}")
        if response.status == 200 and request.path in _ANSWERS:
            asked, said = PRICES["tuned" if b'"ft:' in request.body else "base"]
            usage = json.loads(response.body)["usage"]
            self.usd += (usage["prompt_tokens"] * asked + usage["completion_tokens"] * said) / 1e6
            self.answers += 1
        return response


class Late(Wrapper):
    """The first request of a kind arrives only so many requests later, when nobody waits for its answer.

    Args:
        handler: Where it arrives.
        where: Its method and path.
        later: How many.
    """

    def __init__(self, handler: Handler, where: str, later: int) -> None:
        super().__init__(handler)
        self._where: str | None = where
        self._later = later
        self._held: Request | None = None

    def __call__(self, request: Request) -> Response:
        if self._where and f"{request.method} {request.path}" == self._where:
            self._where, self._held = None, request
            raise ConnectionDropped
        if self._held is not None:
            self._later -= 1
            if self._later == 0:
                self._handler(self._held)
                self._held = None
        return self._handler(request)


class Killed(BaseException):
    """The process was killed: nothing that it does from now on is kept."""


@dataclass
class Kill:
    """A kill at a request, counted from the beginning of a process.

    Attributes:
        nth: Which one.
        has_arrived: Whether the platform has done what was asked.
    """

    nth: int
    has_arrived: bool = False


class _Killing(Wrapper):
    """Has the process killed: keeps the journal as it is at that moment, and raises."""

    def __init__(self, handler: Handler, kill: Kill | None, killed: Callable[[], None]) -> None:
        super().__init__(handler)
        self._kill, self._killed, self._count = kill, killed, 0

    def __call__(self, request: Request) -> Response:
        self._count += 1
        if self._kill is None or self._count != self._kill.nth:
            return self._handler(request)
        if self._kill.has_arrived:
            self._handler(request)
        self._killed()
        raise Killed


class Platform:
    """A simulated platform, and one user of it.

    Args:
        place: An empty directory.
        faults: That happen to requests, whoever makes them.
    """

    def __init__(self, place: Path, faults: Iterable[Fault] = ()) -> None:
        self.state, self._then = place / "state", place / "then"
        self.clock = ManualClock()
        self.simulator = Simulator(clock=self.clock)
        self.till = Till(self.simulator)
        self._failing = failing(self.till, FaultPlan(faults))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.simulator.close()
        for directory in (self.state, self._then):
            shutil.rmtree(directory, ignore_errors=True)

    @property
    def handler(self) -> Handler:
        """What answers, with all that may fail."""
        return self._failing

    def till_before(self, wrap: Callable[[Handler], Handler]) -> None:
        """Put something before the till, and behind the faults."""
        self._failing = wrap(self._failing)

    def options(self, kill: Kill | None = None) -> dict[str, Any]:
        """For `drytune.run` and `drytune.resume`, in a process that is killed."""
        handler = _Killing(self._failing, kill, self._killed)
        backend = Simulated(handler, clock=self.clock)
        backend.sleep = lambda seconds: self.clock.advance(PACE * seconds)
        return {"backend": backend, "state": self.state, "clock": self.clock}

    def in_process(self, work: Callable[..., Any], kill: Kill | None = None) -> Any:
        """What `work` comes to, or None if it was killed meanwhile."""
        try:
            return work(**self.options(kill))
        except Killed:
            shutil.rmtree(self.state)
            self._then.rename(self.state)
            return None

    def billed(self) -> float:
        """All that the platform would put on the bill, in USD."""
        trained = sum(job.trained_tokens or 0 for job in self.jobs())
        return trained * PRICES["training"] / 1e6 + self.till.usd

    def jobs(self) -> list[Any]:
        """All of the user's jobs."""
        with drytune.simulated(self.simulator) as client:
            return list(client.fine_tuning.jobs.list(limit=100))

    def uploads(self) -> list[str]:
        """Names of all uploads for training, sorted."""
        with drytune.simulated(self.simulator) as client:
            return sorted(file.filename for file in client.files.list() if file.purpose == "fine-tune")

    def _killed(self) -> None:
        shutil.rmtree(self._then, ignore_errors=True)
        if self.state.exists():
            shutil.copytree(self.state, self._then)
        else:
            self._then.mkdir()


def job(place: Path, *, validation: bool = True, held_out: int = 2, questions: int = 2) -> Job:
    """A small fine-tune; writes its files."""

    def write(name: str, first: int, count: int) -> Path:
        path = place / f"{name}.jsonl"
        lines = [
            {
                "messages": [
                    {"role": "system", "content": "You count."},
                    {"role": "user", "content": f"What comes after {number}?"},
                    {"role": "assistant", "content": f"After {number} comes {number + 1}."},
                ]
            }
            for number in range(first, first + count)
        ]
        path.write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
        return path

    return Job(
        training=write("training", 1, 12),
        validation=write("validation", 101, 10) if validation else None,
        holdout=write("holdout", 201, held_out) if held_out else None,
        model=MODEL,
        n_epochs=2,
        ask=tuple(f"What comes after {number}?" for number in range(3, 3 + questions)),
    )
