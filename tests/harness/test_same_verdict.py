"""The law that matters: what `check` accepts succeeds on the simulated platform, and what it refuses does not."""

import openai
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drytune.clients import simulated
from drytune.testing.strategies import datasets, flawed_datasets
from drytune_simulator import Simulator
from drytune_simulator.catalog import find
from drytune_simulator.dataset import judge

MODELS = {
    "chat": "gpt-4.1-mini",
    "preference": "gpt-4.1-mini",
    "reinforcement": "o4-mini",
    "completion": "babbage-002",
}
GRADER = {
    "type": "string_check", "name": "same", "input": "{{sample.output_text}}", "reference": "x", "operation": "eq",
}  # fmt: skip
few = settings(deadline=None, max_examples=15)


def fate(data, verdict, filename="data.jsonl", **method):
    """How the platform takes a file: ``refused`` (the upload, or the job at once), or how the job ends."""
    method = {key: value for key, value in method.items() if value is not None}
    method = {"grader": GRADER, **method} if verdict.method == "reinforcement" else {}
    with simulated(Simulator()) as client:
        try:
            file = client.files.create(file=(filename, data), purpose="fine-tune")
            job = client.fine_tuning.jobs.create(
                model=verdict.model.id,
                training_file=file.id,
                extra_body={"method": {"type": verdict.method, verdict.method: method}},
            )
        except openai.BadRequestError:
            return "refused", None
        while job.status not in {"succeeded", "failed"}:
            job = client.fine_tuning.jobs.retrieve(job.id)
        return job.status, job.trained_tokens


@pytest.mark.slow
@pytest.mark.parametrize("form", MODELS)
@few
@given(st.data())
def test_good_datasets_succeed(form, data):
    """Of all forms; and are billed as foretold."""
    drawn = data.draw(datasets(form))
    verdict = judge(drawn, model=find(MODELS[form]))
    assert (verdict.ok, fate(drawn, verdict)) == (True, ("succeeded", verdict.tokens.billed))


@settings(deadline=None, max_examples=120)
@given(flawed_datasets())
def test_flawed_datasets_meet_their_fate(flawed):
    """An error is a refusal or a failed job, and nothing else is."""
    options = dict(flawed.options)
    model = find(options.pop("model", "gpt-4.1-mini"))
    if options.keys() & {"limits", "validation"}:  # those of another vendor; a file of its own
        return
    verdict = judge(flawed.data, model=model, **options)
    wanted = {key: options.get(key) for key in ("grader", "response_format")}
    status, _ = fate(flawed.data, verdict, options.get("filename", "data.jsonl"), **wanted)
    assert (status == "succeeded") == verdict.ok == verdict.accepted
