"""Calls about jobs."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from drytune.testing.machine import expectations as expect
from drytune.testing.machine.agreement import agree
from drytune.testing.machine.bench import Bench, chosen, having
from drytune.testing.machine.contents import FLAWED
from drytune.testing.machine.known import CREATE, REFUSING, KnownFile, KnownJob
from drytune.testing.machine.tuner import ENDED, can, options_for
from drytune.testing.strategies.hyperparameters import flawed_hyperparameters
from drytune_simulator.faults import Fault

__all__ = ["JobRules"]

files, jobs, tuned = Bench.files, Bench.jobs, Bench.tuned

_CANNOT_BE_TRAINED: Final = ("gpt-5-nano", "no-such-model", "ft:gpt-4.1-nano:nobody::00000000")


class JobRules(Bench):
    """Jobs are created, watched, waited for, cancelled."""

    @rule(target=jobs, file=files, model=chosen("a_model"), options=chosen("options"))
    def create(self, file: KnownFile, model: str, options: Mapping[str, Any]) -> Any:
        """A job is created; of a file that is gone there can be none."""
        return self.created(file, model, options)

    @having("create")
    @rule(target=jobs, file=files, model=chosen("a_model"), status=st.sampled_from([500, 503]))
    def create_though_the_answer_is_lost(self, file: KnownFile, model: str, status: int) -> Any:
        """A job is created, and the platform's answer is an error all the same."""
        return self.created(file, model, {}, faults=[Fault(CREATE, status, when="after", nth=1)])

    @having("create")
    @rule(target=jobs, file=files, model=chosen("a_model"), fate=st.sampled_from(sorted(REFUSING)))
    def create_beyond_a_limit(self, file: KnownFile, model: str, fate: str) -> Any:
        """A job is refused by no fault of its own."""
        return self.created(file, model, {}, fate=fate)

    @having("create")
    @rule(file=files, hyperparameters=flawed_hyperparameters())
    def create_with_wrong_hyperparameters(self, file: KnownFile, hyperparameters: Any) -> None:
        """Such a job is refused."""
        given = {"hyperparameters": hyperparameters.hyperparameters}
        if {"hyperparameters", hyperparameters.name} & set(options_for(self.tuner.create, given)):
            self.created(file, self.models[0], given, refusal=hyperparameters.message, is_nonsense=True)

    @having("create")
    @rule(file=files, model=st.sampled_from(_CANNOT_BE_TRAINED))
    def create_for_a_wrong_model(self, file: KnownFile, model: str) -> None:
        """Such a job is refused."""
        self.created(file, model, {}, refusal=f"{model} cannot be trained")

    @having("create")
    @rule(purpose=st.sampled_from(["batch", "assistants", None]))
    def create_of_a_wrong_file(self, purpose: str | None) -> None:
        """A job of a file for something else, or of none, is refused."""
        content, ids = FLAWED["too few examples"], ["file-none"] * 2
        if purpose is not None:
            ids = [self.put(side, content.data, purpose) for side in self.sides]
        why = "there is no such file" if purpose is None else f"the file's purpose is {purpose}"
        self.created(KnownFile(ids, content), self.models[0], {}, refusal=why)

    @having("status")
    @rule(job=jobs)
    def look(self, job: KnownJob) -> None:
        """The status of a job is asked for, once."""
        for number, (_, step) in enumerate(self.each("status", lambda number: [job.ids[number]])):
            job.said[number] = expect.looking(step, job.ids[number], job.said[number])

    @rule(target=tuned, job=jobs)
    def wait(self, job: KnownJob) -> Any:
        """The end of a job is waited for."""
        if can(self.tuner, "wait") and not (job.is_stuck and not self.sides[0].claims.gives_up):
            steps = []
            for number, (_, step) in enumerate(self.each("wait", lambda number: [job.ids[number]])):
                job.said[number] = expect.waiting(
                    step, job.ids[number], job.said[number], is_stuck=job.is_stuck
                )
                steps.append(step)
            if len({step.after.status(job.ids[number]) for number, step in enumerate(steps)}) == 1:
                agree(steps, lambda step: str(step.value))
        return self.end_of(job)

    @having("status")
    @rule(job_id=st.sampled_from(["ftjob-none"]))
    def look_at_nothing(self, job_id: str) -> None:
        """A job that does not exist has no status."""
        self.refused("status", [job_id], "there is no such job")

    @having("cancel")
    @rule(job=jobs)
    def cancel(self, job: KnownJob) -> None:
        """A job is cancelled, if it has not ended."""
        steps = []
        for number, (_, step) in enumerate(self.each("cancel", lambda number: [job.ids[number]])):
            expect.cancelling(step, job.ids[number])
            steps.append(step)
        if not any(step.before.status(job.ids[number]) in ENDED for number, step in enumerate(steps)):
            agree(steps)

    @having("jobs")
    @rule()
    def list_jobs(self) -> None:
        """All jobs are asked for."""
        for _, step in self.each("jobs", lambda _: []):
            expect.listing(step)

    @having("jobs")
    @precondition(lambda machine: not machine.is_crowded)
    @rule()
    def others_create_many_jobs(self) -> None:
        """So many that a list of them has several pages; now and then."""
        self.is_crowded = True
        content = FLAWED["too few examples"]
        for side in self.sides:
            file_id = self.put(side, content.data, "fine-tune")
            side.itself(partial(side.platform.create_jobs, 21, file_id, self.models[0]))
        self.list_jobs()
