"""The wrapper and the whole run, in any order of steps, whatever goes wrong (Hypothesis)."""

import itertools
from pathlib import Path
from tempfile import TemporaryDirectory

from drytune.testing import FineTuningMachine
from hypothesis import settings

from support_tuner import Plan, Tuner, tuned
from support_tuner.pipeline import PRICES

PROMPT = "You answer for Lumen, a shop for desk lamps."


class Steps:
    """`Tuner`, one call at a time."""

    idempotent = True
    survives = 2
    gives_up = True

    def __init__(self, client):
        self.tuner = Tuner(client, looks=150)
        self.marks = map(str, itertools.count())

    def upload(self, data, name):
        return self.tuner.upload(name, data)

    def create(self, file_id, model, *, suffix=None):
        return self.tuner.create(file_id, model=model, mark=next(self.marks), suffix=suffix).id

    def wait(self, job_id):
        self.tuner.wait(job_id)
        return "succeeded"

    def cancel(self, job_id):
        self.tuner.cancel(job_id)

    def ask(self, model, text, *, system=None):
        return self.tuner.ask(model, system, text)


class WholeRun(Steps):
    """`tuned`, from the file to the model; each run is one of its own."""

    tidy = True
    upload = create = wait = cancel = None

    def tune(self, data, name, model):
        with TemporaryDirectory() as place:
            path = Path(place, name)
            path.write_bytes(data)
            return tuned(Plan(path, model=model, suffix=f"run-{next(self.marks)}"), self.tuner)[0]


class StepsMachine(FineTuningMachine):
    """Uploads, jobs and questions in any order."""

    models = tuple(PRICES)
    instructions = PROMPT

    def make(self, client):
        return Steps(client)


class WholeRunMachine(StepsMachine):
    """Runs, one after the other."""

    def make(self, client):
        return WholeRun(client)


TestSteps = StepsMachine.TestCase
TestSteps.settings = settings(max_examples=15, stateful_step_count=12)
TestWholeRun = WholeRunMachine.TestCase
TestWholeRun.settings = settings(max_examples=10, stateful_step_count=6)
