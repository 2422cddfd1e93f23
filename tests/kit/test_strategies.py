"""Laws of the strategies for jobs: what they call good is taken, what they call flawed is refused as they say."""

from __future__ import annotations

import json
from contextlib import suppress

import openai
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import InvalidArgument

import drytune
from drytune.testing.sleeping import skipping_sleeps
from drytune.testing.strategies import (
    datasets,
    fault_plans,
    flawed_hyperparameters,
    hyperparameters,
    jobs,
)
from drytune.testing.strategies.rows import MODELS, jsonl, plain_row
from drytune_simulator import Headers, ManualClock, Profile, Request, Simulator, catalog, failing

law = settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))

FORMS = {"supervised": "chat", "dpo": "preference", "reinforcement": "reinforcement"}
GRADER = {
    "type": "string_check",
    "name": "answer",
    "input": "{{sample.output_text}}",
    "reference": "{{item.answer}}",
    "operation": "eq",
}
HEADERS = {"authorization": "Bearer sk-simulated", "content-type": "application/json"}


@pytest.fixture(scope="module")
def platform():
    """A platform on which a job may be created with each method: its answer to given hyperparameters."""
    simulator = Simulator(profile=Profile(concurrent_jobs=None))
    client = drytune.simulated(simulator)
    files = {}
    for method, form in FORMS.items():
        data = jsonl([plain_row(form, number) for number in range(10)])
        files[method] = client.files.create(file=("t.jsonl", data), purpose="fine-tune").id

    def create(method, chosen):
        own = {"hyperparameters": chosen}
        own |= {"grader": GRADER} if method == "reinforcement" else {}
        body = {
            "model": MODELS[FORMS[method]],
            "training_file": files[method],
            "method": {"type": method, method: own},
        }
        answer = simulator(
            Request("POST", "/v1/fine_tuning/jobs", Headers(HEADERS), json.dumps(body).encode())
        )
        return answer.status, json.loads(answer.body)

    yield create
    simulator.close()


# -- hyperparameters ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", FORMS)
@law
@given(data=st.data())
def test_hyperparameters_are_taken(platform, method, data):
    """Whatever is drawn, the platform takes, and the job shows it."""
    chosen = data.draw(hyperparameters(method))
    status, job = platform(method, chosen)
    assert status == 200, job
    shown = job["method"][method]["hyperparameters"]
    assert {name: shown[name] for name in chosen} == chosen


@pytest.mark.parametrize("method", FORMS)
@law
@given(data=st.data())
def test_flawed_hyperparameters_are_refused(platform, method, data):
    """The one that is wrong is named by the error."""
    flawed = data.draw(flawed_hyperparameters(method))
    status, answer = platform(method, flawed.hyperparameters)
    assert status == 400
    assert answer["error"]["param"] == flawed.param
    assert answer["error"]["code"] == flawed.code
    assert answer["error"]["message"].startswith(flawed.message)


@law
@given(data=st.data())
def test_only_one_hyperparameter_is_flawed(platform, data):
    """Without it the others are taken."""
    flawed = data.draw(flawed_hyperparameters())
    rest = {name: value for name, value in flawed.hyperparameters.items() if name != flawed.name}
    assert platform("supervised", rest)[0] == 200


@law
@given(hyperparameters(max_epochs=2))
def test_epochs_have_a_bound(chosen):
    """Each is billed."""
    assert chosen.get("n_epochs", "auto") in (1, 2, "auto")


# -- jobs ---------------------------------------------------------------------------------------------------------


def outcome(drawn):
    """What becomes of a drawn job on a platform of its own."""
    simulator = Simulator(profile=Profile(concurrent_jobs=None))
    with drytune.simulated(simulator) as client:
        send = client.files.create
        training = send(file=("t.jsonl", drawn.training), purpose="fine-tune").id
        validation = None
        if drawn.validation is not None:
            validation = send(file=("v.jsonl", drawn.validation), purpose="fine-tune").id
        job = client.fine_tuning.jobs.create(**drawn.asked(training, validation))
        while job.status not in ("succeeded", "failed", "cancelled"):
            job = client.fine_tuning.jobs.retrieve(job.id)
    simulator.close()
    return job


@settings(law, max_examples=8)
@given(jobs(max_epochs=2))
def test_jobs_succeed(drawn):
    """Files, model and settings fit together."""
    job = outcome(drawn)
    assert job.status == "succeeded", job.error
    assert job.model == drawn.model
    assert job.seed == drawn.request.get("seed", job.seed)


@pytest.mark.slow
@pytest.mark.parametrize("method", FORMS)
@settings(law, max_examples=15, phases=[Phase.generate])
@given(data=st.data())
def test_jobs_of_each_method_succeed(method, data):
    """With and without validation file; also with files of all shapes."""
    files = data.draw(st.sampled_from([None, datasets(FORMS[method])]))
    assert outcome(data.draw(jobs(method, files=files))).status == "succeeded"


@settings(law, max_examples=3)
@given(jobs(model="babbage-002", validation=True))
def test_a_model_decides_the_form_of_the_files(drawn):
    """One that completes texts is trained on prompts and completions."""
    assert b'"prompt"' in drawn.training
    assert b'"prompt"' in drawn.validation
    assert drawn.model == "babbage-002"


@settings(law, max_examples=2)
@given(jobs("dpo", validation=False))
def test_a_job_shows_its_request_and_not_its_files(drawn):
    """And asks for the ids that it needs, and no others."""
    assert repr(drawn).startswith("<DrawnJob {")
    assert len(repr(drawn)) < 2500
    assert drawn.asked("file-1")["training_file"] == "file-1"
    with pytest.raises(ValueError, match="validation_file is 'file-2', and the job has none"):
        drawn.asked("file-1", "file-2")


# -- fault plans --------------------------------------------------------------------------------------------------


def workflow(client):
    """A run from the file to the answer."""
    data = jsonl([plain_row("chat", number) for number in range(10)])
    file = client.files.create(file=("t.jsonl", data), purpose="fine-tune")
    job = client.fine_tuning.jobs.create(training_file=file.id, model="gpt-4.1-nano-2025-04-14")
    for _ in range(3):
        client.fine_tuning.jobs.retrieve(job.id)
    client.chat.completions.create(
        model="gpt-4.1-nano-2025-04-14", messages=[{"role": "user", "content": "Who is there?"}]
    )


def jobs_made(client):
    return len(client.fine_tuning.jobs.list().data)


@settings(law, max_examples=12)
@given(fault_plans(survivable=True))
def test_survivable_plans_are_survived(plan):
    """An SDK with its two retries does not notice, and there is one job."""
    simulator = Simulator()
    workflow(drytune.simulated(failing(simulator, plan)))
    assert jobs_made(drytune.simulated(simulator)) == 1


@settings(law, max_examples=12)
@given(fault_plans())
def test_nobody_has_to_wait(plan):
    """Whatever comes of it, the SDK sleeps no more than a few milliseconds."""
    simulator, clock = Simulator(), ManualClock()
    begin = clock.now()
    with skipping_sleeps(clock), suppress(openai.APIStatusError):
        workflow(drytune.simulated(failing(simulator, plan)))
    assert clock.now() - begin < 0.1


@settings(law, max_examples=12)
@given(
    fault_plans(["POST /v1/files", "/v1/models"], what=[418], effects=["after"], min_faults=1, max_faults=2)
)
def test_plans_are_as_asked(plan):
    """Routes, errors, effects and their number are those that were given."""
    assert 1 <= len(plan.items) <= 2
    assert {fault.what for fault in plan.items} == {418}
    assert {fault.when for fault in plan.items} == {"after"}
    assert {fault.route for fault in plan.items} <= {"POST /v1/files", "/v1/models"}
    assert repr(plan).startswith("DrawnPlan(['")


def test_connections_break_only_if_asked_for():
    """To that an SDK sleeps."""
    seen = set()

    @settings(law, max_examples=100)
    @given(fault_plans(connections=True, min_faults=3))
    def draw(plan):
        seen.update(fault.what for fault in plan.items)

    draw()
    assert {"drop", "timeout"} <= seen


# -- arguments ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: hyperparameters("sft"), "Unknown method='sft'"),
        (lambda: hyperparameters("dpo", model="o4-mini"), "which is tuned by reinforcement"),
        (lambda: hyperparameters(model="gpt-9"), "Unknown model='gpt-9'"),
        (lambda: hyperparameters(max_epochs=51), "max_epochs of at most 50"),
        (lambda: hyperparameters(max_epochs=0), "Cannot have max_epochs=0"),
        (lambda: flawed_hyperparameters("x"), "Unknown method='x'"),
        (lambda: jobs("reinforcement", model="gpt-4.1"), "which is tuned by supervised, dpo"),
        (lambda: jobs(model="gpt-5-nano"), "'gpt-5-nano' cannot be fine-tuned"),
        (lambda: jobs(validation="yes"), "Expected bool but got validation='yes'"),
        (lambda: fault_plans([]), "Expected some routes"),
        (lambda: fault_plans("POST /v1/files"), "Expected some routes"),
        (lambda: fault_plans(["v1/files"]), 'route is "v1/files"'),
        (lambda: fault_plans(what=[200]), "what is 200"),
        (lambda: fault_plans(effects=["during"]), "Unknown effects='during'"),
        (lambda: fault_plans(min_faults=2, max_faults=1), "Cannot have max_faults=1"),
        (lambda: fault_plans(effects=["after"], survivable=True), "what is lost is lost"),
        (lambda: fault_plans(min_faults=3, survivable=True), "two are survived"),
    ],
)
def test_wrong_arguments_are_told_at_once(make, told):
    """When the strategy is made, not when it is first drawn from."""
    with pytest.raises(InvalidArgument) as caught:
        make()
    assert told in str(caught.value)


def test_all_models_can_be_drawn():
    """Each model that is tuned fits one method at least."""
    for model in catalog.models():
        if model.methods:
            jobs(model=model.id)
