"""A platform whose clock only these tests move, and jobs of each method on it."""

import math

import pytest

from drytune.clients import simulated
from drytune_simulator import Simulator
from drytune_simulator.clock import ManualClock
from drytune_simulator.resources.jobs import Job
from drytune_simulator.training import happenings

GRADER = {
    "type": "string_check",
    "name": "exact",
    "input": "{{sample.output_text}}",
    "reference": "{{item.answer}}",
    "operation": "eq",
}
METHODS = {
    "supervised": {"type": "supervised", "supervised": {"hyperparameters": {"n_epochs": 4}}},
    "dpo": {"type": "dpo", "dpo": {"hyperparameters": {"n_epochs": 4, "beta": 0.2}}},
    "reinforcement": {
        "type": "reinforcement",
        "reinforcement": {
            "grader": GRADER,
            "hyperparameters": {"n_epochs": 2, "eval_interval": 4, "reasoning_effort": "low"},
        },
    },
}


def example(method: str, number: int) -> dict:
    """The `number`-th example of a method's file."""
    question = [{"role": "user", "content": f"What comes after {number}?"}]
    answer, other = (
        [{"role": "assistant", "content": text}] for text in (f"{number + 1}.", "I do not know.")
    )
    if method == "supervised":
        return {"messages": [*question, *answer]}
    if method == "dpo":
        return {"input": {"messages": question}, "preferred_output": answer, "non_preferred_output": other}
    return {"messages": question, "answer": f"{number + 1}."}


class Chosen:
    """Scenarios that choose always the same."""

    def __init__(self, name: str | None) -> None:
        self.name = name

    def choose(self, job: object) -> str | None:
        return self.name


class Bench:
    """A simulator, its clock, and its client."""

    def __init__(self, make_jsonl, scenario: str | None = None, **options) -> None:
        self.clock = options.pop("clock", None) or ManualClock()
        self.simulator = Simulator(clock=self.clock, scenarios=Chosen(scenario), **options)
        self.client = simulated(self.simulator, max_retries=0)
        self.jobs = self.client.fine_tuning.jobs
        self._jsonl = make_jsonl

    def upload(self, method: str = "supervised", numbers=range(12)) -> str:
        """The id of a new training file."""
        data = self._jsonl(*(example(method, number) for number in numbers))
        return self.client.files.create(file=(f"{method}.jsonl", data), purpose="fine-tune").id

    def start(self, method: str = "supervised", **options):
        """A new job; `options` are those of `fine_tuning.jobs.create`."""
        model = "o4-mini-2025-04-16" if method == "reinforcement" else "gpt-4.1-nano-2025-04-14"
        options = {"model": model, "method": METHODS[method], "seed": 7, **options}
        if "hyperparameters" in options:
            options["method"] = {"type": method, method: {"hyperparameters": options.pop("hyperparameters")}}
        if "training_file" not in options:
            options["training_file"] = self.upload(method)
        return self.jobs.create(**options)

    def step(self, job) -> None:
        """Move the clock to the job's next happening."""
        world = self.simulator._world
        row = world.store.anywhere("job", job.id, world.now())
        self.clock.advance_to(Job.of(row).upcoming(world.now())[0])

    def at(self, job, status: str):
        """The job when it first has `status`."""
        while (now := self.jobs.retrieve(job.id)).status != status:
            self.step(job)
        return now

    def trained(self, job, steps: int):
        """The job when it has trained so many steps."""
        while len(self.metrics(job)) < steps:
            self.step(job)
        return self.jobs.retrieve(job.id)

    def events(self, job) -> list:
        """All events, oldest first."""
        return list(self.jobs.list_events(job.id, limit=100))[::-1]

    def metrics(self, job) -> list:
        """The metrics events, oldest first."""
        return [event for event in self.events(job) if event.type == "metrics"]

    def messages(self, job) -> list[str]:
        """What the events say that are no metrics, oldest first."""
        return [event.message for event in self.events(job) if event.type != "metrics"]

    def began(self, job) -> float:
        """When the job's training begins, if nothing comes between."""
        row = self.simulator.world.store.anywhere("job", job.id, self.clock.now())
        turns = happenings(Job.of(row).plan).turns
        return next((turn.at for turn in turns if "started" in turn.changes), math.inf)

    def models(self) -> set[str]:
        """The tuned models that are listed."""
        return {model.id for model in self.client.models.list() if model.id.startswith("ft:")}

    def close(self) -> None:
        self.client.close()
        self.simulator.close()


@pytest.fixture
def make_bench(make_jsonl):
    """Makes benches, and closes them."""
    made: list[Bench] = []

    def make(scenario: str | None = None, **options) -> Bench:
        made.append(Bench(make_jsonl, scenario, **options))
        return made[-1]

    yield make
    for bench in made:
        bench.close()


@pytest.fixture
def bench(make_bench):
    """A platform on which nothing goes wrong."""
    return make_bench()
