"""What a job can be asked for, and how its object tells it (FACTS.md §4.1)."""

from datetime import date

import pytest

GRADER = {
    "type": "string_check",
    "name": "same",
    "input": "{{sample.output_text}}",
    "reference": "{{item.answer}}",
    "operation": "eq",
}


@pytest.fixture
def preferences():
    """Ten pairs of answers."""
    asked = [{"role": "user", "content": "Which is better?"}]
    return [
        {
            "input": {"messages": asked},
            "preferred_output": [{"role": "assistant", "content": f"The first of {n}."}],
            "non_preferred_output": [{"role": "assistant", "content": f"The last of {n}."}],
        }
        for n in range(10)
    ]


@pytest.fixture
def tasks():
    """Ten tasks whose answers can be graded."""
    return [{"messages": [{"role": "user", "content": f"{n} + 1"}], "answer": str(n + 1)} for n in range(10)]


def test_supervised_by_its_method(openai_client, created):
    """The older field shows the same."""
    chosen = {"n_epochs": 2, "batch_size": 4, "learning_rate_multiplier": 0.5}
    method = {"type": "supervised", "supervised": {"hyperparameters": chosen}}
    job = created(openai_client, method=method).to_dict()
    assert job["method"] == method
    assert job["hyperparameters"] == chosen


def test_supervised_by_the_older_field(openai_client, created):
    """`method` shows the same; what was not chosen is `auto`."""
    job = created(openai_client, hyperparameters={"n_epochs": 2, "batch_size": "auto"}).to_dict()
    told = {"n_epochs": 2, "batch_size": "auto", "learning_rate_multiplier": "auto"}
    assert job["hyperparameters"] == told
    assert job["method"] == {"type": "supervised", "supervised": {"hyperparameters": told}}


def test_preference_optimization(openai_client, finished, uploaded, preferences):
    """With its own `beta`; without the older field."""
    file = uploaded(openai_client, preferences)
    method = {"type": "dpo", "dpo": {"hyperparameters": {"beta": 0.4, "n_epochs": 1}}}
    job = finished(openai_client, training_file=file, method=method).to_dict()
    assert job["status"] == "succeeded"
    assert job["hyperparameters"] is None
    assert job["method"]["dpo"]["hyperparameters"]["beta"] == 0.4


def test_reinforcement(openai_client, created, uploaded, tasks):
    """With its grader, its response format and its own hyperparameters."""
    schema = {"type": "object", "properties": {"sum": {"type": "integer"}}, "required": ["sum"]}
    reinforcement = {
        "grader": GRADER,
        "response_format": {"type": "json_schema", "json_schema": {"name": "sum", "schema": schema}},
        "hyperparameters": {
            "n_epochs": 2,
            "batch_size": 2,
            "learning_rate_multiplier": 1.5,
            "reasoning_effort": "low",
            "compute_multiplier": 0.5,
            "eval_interval": 3,
            "eval_samples": 7,
        },
    }
    file = uploaded(openai_client, tasks)
    method = {"type": "reinforcement", "reinforcement": reinforcement}
    job = created(openai_client, model="o4-mini", training_file=file, method=method)
    assert job.model == "o4-mini-2025-04-16"
    assert job.to_dict()["method"] == method


def test_suffix_seed_and_metadata_are_repeated(openai_client, created):
    """As they were given."""
    metadata = {"k" * 64: "v" * 512}
    job = created(openai_client, suffix="Banking_Intent", seed=7, metadata=metadata)
    assert (job.to_dict()["user_provided_suffix"], job.seed, job.metadata) == ("Banking_Intent", 7, metadata)


def test_the_limits_themselves_are_allowed(openai_client, created):
    """64 characters of a suffix, the largest seed, 16 pairs."""
    metadata = {f"key{n}": "" for n in range(16)}
    job = created(openai_client, suffix="x" * 64, seed=2_147_483_647, metadata=metadata)
    assert job.seed == 2_147_483_647
    assert len(job.metadata) == 16


def test_null_is_as_good_as_nothing(openai_client, created):
    """What is optional may be null."""
    names = ("validation_file", "method", "hyperparameters", "suffix", "seed", "metadata", "integrations")
    job = created(openai_client, extra_body=dict.fromkeys(names))
    assert job.method.type == "supervised"
    assert job.integrations == []


def test_an_integration_is_told_and_nothing_is_sent(openai_client, uploaded):
    """Its run is called like the job; the platform's tags come before those that were given."""
    wandb = {"project": "cats", "name": "first", "entity": "lab", "tags": ["mine"]}
    raw = openai_client.fine_tuning.jobs.with_raw_response.create(
        model="gpt-4o-mini",
        training_file=uploaded(openai_client),
        integrations=[{"type": "wandb", "wandb": wandb}],
    )
    job = raw.parse()
    told = {
        **wandb,
        "tags": ["openai/finetune", "openai/gpt-4o-mini-2024-07-18", f"openai/{job.id}", "mine"],
        "run_id": job.id,
    }
    assert [one.to_dict() for one in job.integrations] == [{"type": "wandb", "wandb": told}]
    assert raw.headers["x-drytune-warning"] == "drytune sends nothing to Weights & Biases"
    assert openai_client.fine_tuning.jobs.retrieve(job.id).integrations == job.integrations


def test_what_has_no_effect_is_told(openai_client, uploaded, preferences):
    """The older field beside another method, or beside the newer field."""
    create = openai_client.fine_tuning.jobs.with_raw_response.create
    older = {"n_epochs": 9}
    raw = create(
        model="gpt-4o-mini",
        training_file=uploaded(openai_client, preferences),
        method={"type": "dpo"},
        hyperparameters=older,
    )
    assert "`method.dpo.hyperparameters`" in raw.headers["x-drytune-warning"]
    method = {"type": "supervised", "supervised": {"hyperparameters": {"n_epochs": 2}}}
    raw = create(
        model="gpt-4o-mini", training_file=uploaded(openai_client), method=method, hyperparameters=older
    )
    assert "`hyperparameters` was ignored" in raw.headers["x-drytune-warning"]
    assert raw.parse().hyperparameters.n_epochs == 2


def test_a_good_request_has_no_warning(openai_client, uploaded):
    """Nothing is said where there is nothing to say."""
    raw = openai_client.fine_tuning.jobs.with_raw_response.create(
        model="gpt-4o-mini", training_file=uploaded(openai_client)
    )
    assert "x-drytune-warning" not in raw.headers


def test_a_seed_is_chosen_where_none_is_given(simulator, connect, created):
    """Another one for each job, the same in each rehearsal."""

    def seeds():
        client = connect(simulator(date(2026, 3, 1)))
        return [created(client).seed for _ in range(2)]

    first, second = seeds()
    assert first != second
    assert seeds() == [first, second]


@pytest.mark.parametrize("broken", ["training", "validation"])
def test_what_is_wrong_with_a_file_is_found_by_the_job(openai_client, finished, uploaded, good, broken):
    """The job is created and fails; the faults of a validation file are told like those of a training file."""
    bad = [*good[:4], {"messages": []}, *good[4:]]
    files = {"training_file": uploaded(openai_client, bad if broken == "training" else good)}
    if broken == "validation":
        files["validation_file"] = uploaded(openai_client, bad)
    job = finished(openai_client, **files)
    assert (job.status, job.error.code, job.error.param) == (
        "failed",
        "invalid_file_format",
        f"{broken}_file",
    )
    assert "Example 5" in job.error.message
