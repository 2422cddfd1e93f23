"""Simulators of many kinds, their clients, and what every pipeline does first."""

import openai
import pytest

from drytune.clients import simulated
from drytune_simulator import ManualClock, Simulator
from drytune_simulator.clock import from_date

MODEL = "gpt-4o-mini-2024-07-18"
ENDED = ("succeeded", "failed", "cancelled")


@pytest.fixture
def simulator():
    """Make a simulator; `day` is that of a clock that stands still until the test moves it."""
    made = []

    def make(day=None, **options):
        if day is not None:
            options.setdefault("clock", ManualClock(from_date(day)))
        made.append(Simulator(**options))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture
def connect():
    """Make a client of a simulator, for a key, an organization and a project."""
    made = []

    def make(one, key="sk-test", organization=None, project=None):
        fields = {"OpenAI-Organization": organization, "OpenAI-Project": project}
        client = simulated(one, api_key=key).with_options(
            default_headers={name: value for name, value in fields.items() if value is not None}
        )
        made.append(client)
        return client

    yield make
    for client in made:
        client.close()


@pytest.fixture
def uploaded(good, make_jsonl):
    """Upload the good examples, or others; gives the file's id."""

    def run(client, examples=None, **options):
        data = examples if isinstance(examples, bytes) else make_jsonl(*(examples or good))
        return client.files.create(file=("train.jsonl", data), purpose="fine-tune", **options).id

    return run


@pytest.fixture
def created(uploaded):
    """Create a job on good examples."""

    def run(client, model=MODEL, training_file=None, **options):
        training_file = training_file or uploaded(client)
        return client.fine_tuning.jobs.create(model=model, training_file=training_file, **options)

    return run


@pytest.fixture
def finished(created):
    """Create a job and poll it to its end; the clock has to move by polls."""

    def run(client, *arguments, **options):
        job = created(client, *arguments, **options)
        while job.status not in ENDED:
            job = client.fine_tuning.jobs.retrieve(job.id)
        return job

    return run


@pytest.fixture
def refused():
    """Call something that is refused; gives (status, type, code, param, message), and the headers."""

    def run(call, *arguments, **options):
        with pytest.raises(openai.APIStatusError) as raised:
            call(*arguments, **options)
        error = raised.value
        told = (error.status_code, error.type, error.code, error.param, error.body["message"])
        return told, error.response.headers

    return run
