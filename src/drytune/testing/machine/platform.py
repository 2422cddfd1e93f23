"""A simulated platform of one tuner: what it is asked is noted, and what is true of it can be looked at."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import drytune
from drytune.clients import NOWHERE, SIMULATED_KEY
from drytune.testing.environment import variables, with_variables
from drytune.testing.interception import Addresses, intercepting
from drytune.testing.machine.door import Behind, Door, Fates, Seen, StepClock, json_object
from drytune.testing.sleeping import skipping_sleeps
from drytune_simulator import (
    Headers,
    Profile,
    Request,
    Response,
    Simulator,
)
from drytune_simulator.faults import Fault, FaultPlan, failing

if TYPE_CHECKING:
    from openai import AsyncOpenAI, OpenAI

__all__ = ["Platform", "Seen", "Truth"]

_OWN: Final = {"authorization": f"Bearer {SIMULATED_KEY}"}
_JSON: Final = {"content-type": "application/json"}


@dataclass(frozen=True, slots=True)
class Truth:
    """What is there at a moment, as the platform itself knows it.

    Attributes:
        files: File objects by id, without those that jobs have made.
        jobs: Job objects by id, oldest first.
        models: Names of tuned models.
    """

    files: Mapping[str, Mapping[str, Any]]
    jobs: Mapping[str, Mapping[str, Any]]
    models: frozenset[str]

    def status(self, job_id: str) -> str:
        """Of a job; empty if there is none of that id."""
        return str(self.jobs[job_id]["status"]) if job_id in self.jobs else ""


class Platform:
    """A fresh simulated platform, its clients, and the kit's own eyes.

    Each look of a tuner at a job moves the time to that job's next happening; looks of the kit move nothing.

    Args:
        seed: Of the simulator.
        patience: So many looks at what cannot change any more end a step.
    """

    def __init__(self, seed: int = 0, patience: int = 1000) -> None:
        self.clock = StepClock()
        self.clock.patience = patience
        self.faults = FaultPlan(seed=seed)
        self.fates = Fates()
        self.simulator = Simulator(
            clock=self.clock, seed=seed, profile=Profile(concurrent_jobs=None), scenarios=self.fates
        )
        self._behind = Behind(self.simulator)
        self._door = Door(failing(self._behind, self.faults), self.clock, self._behind)

    @cached_property
    def client(self) -> OpenAI:
        """What the tuner is given."""
        return drytune.simulated(self._door)

    @cached_property
    def async_client(self) -> AsyncOpenAI:
        """The same for tuners that are asynchronous."""
        return drytune.async_simulated(self._door)

    @cached_property
    def own_client(self) -> OpenAI:
        """The kit's own: no fault strikes it, and nothing of it is noted; its looks move the time."""
        return drytune.simulated(self.simulator)

    @property
    def seen(self) -> Sequence[Seen]:
        """What the tuner has asked in the last step."""
        return tuple(self._door.seen)

    @contextmanager
    def step(self, faults: Iterable[Fault] = (), fate: str | None = None) -> Iterator[None]:
        """A step of the tuner: what it asks is noted, it does not sleep, and clients that it builds are served.

        Args:
            faults: What goes wrong in it.
            fate: The scenario that a job created in it follows.
        """
        self._door.seen.clear()
        self.clock.vain = self.clock.slept = 0
        self.faults.replace(faults)
        self.fates.now = fate
        try:
            with self.served():
                yield
        finally:
            # what goes wrong goes wrong in this step only; `struck` counts stay to be read
            self.fates.now = None

    @contextmanager
    def served(self) -> Iterator[None]:
        """Within it, nobody sleeps, and clients that code builds itself are served."""
        with (
            with_variables(variables(NOWHERE, SIMULATED_KEY)),
            intercepting(self._door, Addresses([NOWHERE])),
            skipping_sleeps(self.clock),
        ):
            yield

    def lost(self) -> int:
        """How many requests of this step had their effect, though no answer told so."""
        return sum(one.is_lost for one in self._door.seen)

    def struck(self) -> int:
        """How often something went wrong in this step."""
        return sum(row["struck"] for row in self.faults.state())

    def truth(self) -> Truth:
        """What is there now."""
        self.clock.held = True
        try:
            jobs = self._all("/v1/fine_tuning/jobs?limit=100")
            return Truth(
                files={
                    file["id"]: file
                    for file in self._all("/v1/files?order=asc")
                    if file["purpose"] != "fine-tune-results"
                },
                jobs={job["id"]: job for job in reversed(list(jobs))},
                models=frozenset(
                    model["id"] for model in self._all("/v1/models") if model["id"].startswith("ft:")
                ),
            )
        finally:
            self.clock.held = False

    def content(self, file_id: str) -> bytes:
        """Of a file."""
        body = self._get(f"/v1/files/{file_id}/content").body
        return body if isinstance(body, bytes) else b"".join(chunk.data for chunk in body)

    def create_jobs(self, count: int, file_id: str, model: str) -> None:
        """Create so many jobs, which the tuner has not asked for."""
        body = json.dumps({"training_file": file_id, "model": model}).encode()
        for _ in range(count):
            self.simulator(Request("POST", "/v1/fine_tuning/jobs", Headers({**_OWN, **_JSON}), body))

    def close(self) -> None:
        """Let go of everything."""
        for client in (self.__dict__.get("client"), self.__dict__.get("own_client")):
            if client is not None:
                client.close()
        self.simulator.close()

    def _all(self, path: str) -> Iterable[dict[str, Any]]:
        after = ""
        while True:
            page = json_object(self._get(path + after).body)
            yield from page["data"]
            if not page.get("has_more"):
                return
            after = f"&after={page['data'][-1]['id']}"

    def _get(self, target: str) -> Response:
        return self.simulator(Request("GET", target, Headers(_OWN)))
