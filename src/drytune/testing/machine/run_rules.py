"""Calls about tuned models, and whole runs: from the file to what the model answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from hypothesis import strategies as st
from hypothesis.stateful import initialize, multiple, precondition, rule

from drytune.testing.machine import expectations as expect
from drytune.testing.machine.agreement import agree
from drytune.testing.machine.bench import chosen, having
from drytune.testing.machine.contents import FLAWED, Content
from drytune.testing.machine.file_rules import FileRules
from drytune.testing.machine.job_rules import JobRules
from drytune.testing.machine.known import CREATE, FAILING, PASSING, REFUSING, KnownFile, KnownJob
from drytune.testing.machine.tuner import can, options_for
from drytune_simulator.faults import Fault

__all__ = ["RunRules"]

_LUCK: Final = ("none", "good", *FAILING, "lost answer")
_LOST: Final = Fault(CREATE, 500, when="after", nth=1)

files, jobs, tuned = FileRules.files, FileRules.jobs, FileRules.tuned


class RunRules(FileRules, JobRules):
    """Models are named and asked; runs go well, badly, or never end."""

    @initialize(target=jobs, content=chosen("contents"), model=chosen("a_model"), luck=st.sampled_from(_LUCK))
    def first_run(self, content: Content, model: str, luck: str) -> Any:
        """There is a run that goes well, or as runs go wrong most often; or none."""
        fate = luck if luck in FAILING else None
        faults = [_LOST] if luck == "lost answer" else []
        if luck == "none":
            return multiple()
        if can(self.tuner, "tune"):
            return self.tuned_by_itself(content, model, {}, faults=faults, fate=fate)
        job = self.created(self.sent(content), model, {}, faults=faults, fate=fate)
        self.trained(job, 0)
        return job

    @having("model")
    @rule(job=jobs)
    def name_the_model(self, job: KnownJob) -> None:
        """The model of a job is asked for, whether there is one or not."""
        for number, (_, step) in enumerate(self.each("model", lambda number: [job.ids[number]])):
            expect.naming(step, job.ids[number])

    @having("ask")
    @rule(job=tuned, place=st.integers(0, 9))
    def ask(self, job: KnownJob, place: int) -> None:
        """A tuned model is asked something that it was taught."""
        system, text, answer = job.content.taught[place % len(job.content.taught)]
        steps = []
        options = options_for(self.tuner.ask, {"system": system}) if system is not None else {}
        models = [
            side.truth.jobs[job.ids[number]]["fine_tuned_model"] for number, side in enumerate(self.sides)
        ]
        for number, (_, step) in enumerate(self.each("ask", lambda number: [models[number], text], options)):
            told = system if options or self.instructions is not None else None
            expect.asking(step, models[number], text, answer, told)
            steps.append(step)
        agree(steps, lambda step: step.value)

    @having("ask")
    @rule(model=st.sampled_from(["ft:gpt-4.1-nano-2025-04-14:nobody::00000000", "no-such-model"]))
    def ask_nobody(self, model: str) -> None:
        """A model that does not exist does not answer."""
        for _, step in self.each("ask", lambda _: [model, "Who is there?"]):
            expect.asking(step, model, "Who is there?", None)

    @rule(
        target=tuned, file=files, model=chosen("a_model"), options=chosen("options"), place=st.integers(0, 9)
    )
    def train(self, file: KnownFile, model: str, options: Mapping[str, Any], place: int) -> Any:
        """All goes well: a job is created and waited for, and its model is asked something."""
        return self.trained(self.created(file, model, options), place)

    @precondition(lambda machine: machine.sides[0].claims.survives > 0)
    @rule(target=tuned, content=chosen("contents"), model=chosen("a_model"), what=st.sampled_from(PASSING))
    def train_in_trouble(self, content: Content, model: str, what: str) -> Any:
        """The same from the file on; each call meets with all the errors that the tuner promises to survive."""
        self.trouble = [Fault("*", what, first=self.sides[0].claims.survives)]
        try:
            file = self.upload(content)
            return (
                self.trained(self.created(file, model, {}), 0) if isinstance(file, KnownFile) else multiple()
            )
        finally:
            self.trouble = []

    @rule(target=jobs, file=files, model=chosen("a_model"), fate=st.sampled_from(FAILING))
    def train_with_bad_luck(self, file: KnownFile, model: str, fate: str) -> Any:
        """A job is created and waited for, and fails by no fault of its own."""
        job = self.created(file, model, {}, fate=fate)
        self.trained(job, 0)
        return job

    @having("create", "wait")
    @precondition(lambda machine: machine.sides[0].claims.gives_up)
    @rule(target=jobs, file=files, model=chosen("a_model"))
    def wait_in_vain(self, file: KnownFile, model: str) -> Any:
        """A job is created and waited for that never ends."""
        job = self.created(file, model, {}, fate="stuck_in_queue")
        self.trained(job, 0)
        return job

    @having("tune")
    @rule(target=tuned, content=chosen("contents"), model=chosen("a_model"), options=chosen("options"))
    def tune(self, content: Content, model: str, options: Mapping[str, Any]) -> Any:
        """A whole run."""
        return self.tuned_by_itself(content, model, options)

    @having("tune")
    @rule(
        target=tuned, content=chosen("contents"), model=chosen("a_model"), status=st.sampled_from([500, 503])
    )
    def tune_though_the_answer_is_lost(self, content: Content, model: str, status: int) -> Any:
        """A whole run in which the answer to the creation of the job is lost."""
        return self.tuned_by_itself(content, model, {}, faults=[Fault(CREATE, status, when="after", nth=1)])

    @having("tune")
    @precondition(lambda machine: machine.sides[0].claims.survives > 0)
    @rule(target=tuned, content=chosen("contents"), model=chosen("a_model"), what=st.sampled_from(PASSING))
    def tune_in_trouble(self, content: Content, model: str, what: str) -> Any:
        """A whole run that meets with as many passing errors as the tuner promises to survive."""
        return self.tuned_by_itself(
            content, model, {}, faults=[Fault("*", what, first=self.sides[0].claims.survives)]
        )

    @having("tune")
    @rule(content=chosen("contents"), model=chosen("a_model"), fate=st.sampled_from([*FAILING, *REFUSING]))
    def tune_with_bad_luck(self, content: Content, model: str, fate: str) -> None:
        """A whole run whose job fails, or is refused."""
        self.tuned_by_itself(content, model, {}, fate=fate)

    @having("tune")
    @precondition(lambda machine: machine.sides[0].claims.gives_up)
    @rule(content=chosen("contents"), model=chosen("a_model"))
    def tune_in_vain(self, content: Content, model: str) -> None:
        """A whole run whose job never ends."""
        self.tuned_by_itself(content, model, {}, fate="stuck_in_queue")

    @having("tune")
    @rule(what=st.sampled_from(sorted(FLAWED)), model=chosen("a_model"))
    def tune_with_a_flawed_file(self, what: str, model: str) -> None:
        """There is no model of such a file."""
        self.tuned_by_itself(FLAWED[what], model, {})

    def trained(self, job: Any, place: int) -> Any:
        """What becomes of a job that was created, if it was."""
        if not isinstance(job, KnownJob):
            return multiple()
        if can(self.tuner, "status"):
            self.look(job)
        done = self.wait(job)
        if can(self.tuner, "status"):
            self.look(job)
        if can(self.tuner, "model"):
            self.name_the_model(job)
        if isinstance(done, KnownJob) and can(self.tuner, "ask"):
            self.ask(job, place)
        return done
