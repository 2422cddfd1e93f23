"""What holds whatever is drawn: flawed files, and faults in any order."""

from drytune.testing import OpenAISimulator, skipping_sleeps
from drytune.testing.strategies import fault_plans, flawed_datasets
from hypothesis import given, settings
from hypothesis import strategies as st

from support_tuner.cli import main

CREATE = "POST /v1/fine_tuning/jobs"
FLAWS = [
    "empty-file",
    "empty-messages",
    "invalid-json",
    "lone-surrogate",
    "missing-assistant",
    "missing-content",
    "missing-role",
    "not-an-object",
    "not-utf8",
    "too-few-examples",
    "unknown-role",
    "wrong-content",
]


@settings(max_examples=15)
@given(flawed=st.sampled_from(FLAWS).flatmap(flawed_datasets))
def test_a_flawed_file_makes_no_job(flawed, tmp_path_factory):
    """Whatever is wrong with it, it is found before anything is sent."""
    path = tmp_path_factory.mktemp("flawed") / "train.jsonl"
    path.write_bytes(flawed.data)
    with OpenAISimulator() as openai, skipping_sleeps(openai.clock):
        main([str(path)])
        openai.assert_no_job_created()


@settings(max_examples=12)
@given(plan=fault_plans(routes=[CREATE], connections=True))
def test_whatever_goes_wrong_there_is_never_a_second_job(plan, train):
    """Faults before and after the effect, in any order."""
    with OpenAISimulator(faults=plan) as openai, skipping_sleeps(openai.clock):
        if main([str(train)]) == 0:
            openai.assert_job_created_once(training_file=train)
        assert len(openai.jobs) <= 1
