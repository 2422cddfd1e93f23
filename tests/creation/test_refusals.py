"""Every refusal of a job at its creation, in the platform's words (FACTS.md §2, §4.3, §9)."""

from datetime import date

import pytest

from drytune_simulator.profile import Profile

MODEL = "gpt-4o-mini-2024-07-18"
INVALID = "invalid_request_error"
GRADER = {
    "type": "string_check",
    "name": "same",
    "input": "{{sample.output_text}}",
    "reference": "{{item.answer}}",
    "operation": "eq",
}


def reinforcement(**changes):
    return {"method": {"type": "reinforcement", "reinforcement": {"grader": GRADER, **changes}}}


TABLE = [
    # what is asked for besides a good file, and the answer: status, type, code, param, message
    ({"training_file": "foobar"}, 400, INVALID, None, "training_file", "invalid training_file: foobar"),
    (
        {"training_file": "foobar", "model": "gpt-9"},
        400,
        INVALID,
        None,
        "training_file",
        "invalid training_file: foobar",
    ),
    (
        {"validation_file": "foobar", "model": "gpt-9"},
        400,
        INVALID,
        None,
        "validation_file",
        "invalid validation_file: foobar",
    ),
    (
        {"model": "gpt-9"},
        400,
        INVALID,
        "model_not_available",
        None,
        "Model gpt-9 is not available for fine-tuning or does not exist.",
    ),
    (
        {"model": "gpt-4o-2024-11-20"},
        400,
        INVALID,
        "model_not_available",
        None,
        "Model gpt-4o-2024-11-20 is not available for fine-tuning or does not exist.",
    ),
    (
        {"model": "ft:gpt-4o-mini-2024-07-18:personal::NotMine1"},
        400,
        INVALID,
        "model_not_available",
        None,
        (
            "Model ft:gpt-4o-mini-2024-07-18:personal::NotMine1 is not available for fine-tuning or does "
            "not exist."
        ),
    ),
    (
        {"model": "o4-mini"},
        400,
        INVALID,
        None,
        None,
        "Finetuning with o4-mini-2025-04-16 requires the reinforcement method of finetuning.",
    ),
    (
        reinforcement(),
        400,
        INVALID,
        None,
        None,
        "Finetuning with gpt-4o-mini-2024-07-18 requires the supervised method of finetuning.",
    ),
    (
        {"suffix": "x" * 65},
        400,
        INVALID,
        None,
        "suffix",
        f"invalid suffix: {'x' * 65}, ensure this value has at most 64 characters",
    ),
    (
        {"extra_body": {"batch_size": 4}},
        400,
        INVALID,
        "unknown_parameter",
        "batch_size",
        "Unknown parameter: 'batch_size'.",
    ),
    (
        {"method": {"type": "dpo", "dpo": {"hyperparameters": {"beta": 2.1}}}},
        400,
        INVALID,
        "decimal_above_max_value",
        "method.dpo.hyperparameters.beta",
        (
            "Invalid 'method.dpo.hyperparameters.beta': decimal above maximum value. Expected a value <= "
            "2, but got 2.1 "
            "instead."
        ),
    ),
    (
        {"method": {"type": "dpo", "dpo": {"hyperparameters": {"beta": 0}}}},
        400,
        INVALID,
        "decimal_below_min_value",
        "method.dpo.hyperparameters.beta",
        (
            "Invalid 'method.dpo.hyperparameters.beta': decimal below minimum value. Expected a value > "
            "0, but got 0.0 "
            "instead."
        ),
    ),
    (
        {"method": {"type": "reinforcement", "reinforcement": {}}},
        400,
        INVALID,
        "missing_required_parameter",
        "method.reinforcement.grader",
        "Missing required parameter: 'method.reinforcement.grader'.",
    ),
    (
        {"method": {"type": "reinforcement"}},
        400,
        INVALID,
        "missing_required_parameter",
        "method.reinforcement.grader",
        "Missing required parameter: 'method.reinforcement.grader'.",
    ),
    (
        reinforcement(hyperparameters={"eval_samples": 0}),
        400,
        INVALID,
        "integer_below_min_value",
        "method.reinforcement.hyperparameters.eval_samples",
        (
            "Invalid 'method.reinforcement.hyperparameters.eval_samples': integer below minimum value. "
            "Expected a value "
            ">= 1, but got 0 instead."
        ),
    ),
    (
        reinforcement(hyperparameters={"reasoning_effort": "max"}),
        400,
        INVALID,
        "invalid_value",
        "method.reinforcement.hyperparameters.reasoning_effort",
        "Invalid value: 'max'. Supported values are: 'default', 'low', 'medium', and 'high'.",
    ),
    (
        {"hyperparameters": {"n_epochs": 51}},
        400,
        INVALID,
        "integer_above_max_value",
        "hyperparameters.n_epochs",
        (
            "Invalid 'hyperparameters.n_epochs': integer above maximum value. Expected a value <= 50, "
            "but got 51 "
            "instead."
        ),
    ),
    (
        {"hyperparameters": {"batch_size": 257}},
        400,
        INVALID,
        "integer_above_max_value",
        "hyperparameters.batch_size",
        (
            "Invalid 'hyperparameters.batch_size': integer above maximum value. Expected a value <= 256, "
            "but got 257 "
            "instead."
        ),
    ),
    (
        {"hyperparameters": {"beta": 1}},
        400,
        INVALID,
        "unknown_parameter",
        "hyperparameters.beta",
        "Unknown parameter: 'hyperparameters.beta'.",
    ),
    (
        {"seed": 2_147_483_648},
        400,
        INVALID,
        "integer_above_max_value",
        "seed",
        (
            "Invalid 'seed': integer above maximum value. Expected a value <= 2147483647, but got "
            "2147483648 instead."
        ),
    ),
    (
        {"metadata": {f"key{n}": "" for n in range(17)}},
        400,
        INVALID,
        "object_above_max_properties",
        "metadata",
        (
            "Invalid 'metadata': too many properties. Expected an object with at most 16 properties, but "
            "got an object "
            "with 17 properties instead."
        ),
    ),
    (
        {"metadata": {"key": "x" * 513}},
        400,
        INVALID,
        "string_above_max_length",
        "metadata.key",
        (
            "Invalid 'metadata.key': string too long. Expected a string with maximum length 512, but got "
            "a string with "
            "length 513 instead."
        ),
    ),
    (
        {"integrations": [{"type": "wandb", "wandb": {}}]},
        400,
        INVALID,
        "missing_required_parameter",
        "integrations[0].wandb.project",
        "Missing required parameter: 'integrations[0].wandb.project'.",
    ),
    (
        {"integrations": [{"type": "mlflow", "wandb": {"project": "cats"}}]},
        400,
        INVALID,
        "invalid_value",
        "integrations[0].type",
        "Invalid value: 'mlflow'. Value must be 'wandb'.",
    ),
    (
        {"integrations": [{"type": "wandb", "wandb": {"project": "cats"}}] * 6},
        400,
        INVALID,
        "array_above_max_length",
        "integrations",
        (
            "Invalid 'integrations': array too long. Expected an array with maximum length 5, but got an "
            "array with "
            "length 6 instead."
        ),
    ),
    (
        {"metadata": {"drytune_scenario": "earthquake"}},
        400,
        INVALID,
        None,
        "metadata.drytune_scenario",
        (
            "Unknown drytune_scenario 'earthquake'. Those that exist: stuck_in_queue, fails_in_training, "
            "moderation_refusal, slow_validation, file_expired, quota_reached, permission_denied."
        ),
    ),
]


@pytest.mark.parametrize(("options", "status", "type_", "code", "param", "message"), TABLE)
def test_a_job_is_refused(openai_client, uploaded, refused, options, status, type_, code, param, message):
    """With status, type, code, param and message; nothing is created."""
    asked = {"model": MODEL, **options}
    if "training_file" not in asked:
        asked["training_file"] = uploaded(openai_client)
    told, _ = refused(openai_client.fine_tuning.jobs.create, **asked)
    assert told == (status, type_, code, param, message)
    assert openai_client.fine_tuning.jobs.list().data == []


def test_a_job_is_refused_to_an_organization_that_may_create_none(openai_client, created, refused):
    """As recorded in June 2026 (FACTS.md §2); here by the scenario of that name."""
    told, headers = refused(created, openai_client, metadata={"drytune_scenario": "permission_denied"})
    message = (
        "OpenAI is winding down the fine-tuning platform and your organization is no longer able to create new "
        "fine-tuning training jobs. Learn more https://developers.openai.com/api/docs/deprecations"
        "#update-to-openais-self-serve-fine-tuning"
    )
    assert told == (403, INVALID, "training_not_available", None, message)
    assert headers["x-drytune-reason"] == "by the scenario permission_denied"


def test_a_known_model_that_cannot_be_tuned_is_told_why(openai_client, created, refused):
    """It is in the catalog, without a method."""
    _, headers = refused(created, openai_client, "gpt-4o-2024-11-20")
    assert headers["x-drytune-reason"] == (
        "gpt-4o-2024-11-20 is known, but no official page says that it can be fine-tuned"
    )


def test_a_fourth_job_of_a_model_is_refused(simulator, connect, created, refused):
    """As recorded in October 2023: how many run and how many wait is told."""
    one = simulator(date(2026, 3, 1))
    client = connect(one)
    running = [created(client).id for _ in range(2)]
    one.clock.advance(300)
    assert {client.fine_tuning.jobs.retrieve(job).status for job in running} == {"running"}
    created(client)
    told, headers = refused(created, client)
    message = (
        "This fine-tune request has been rate-limited. Your organization has reached the maximum of "
        "3 active requests "
        "(2 running, 1 pending) for the model 'gpt-4o-mini-2024-07-18'."
    )
    assert told == (429, INVALID, "rate_limit_exceeded", None, message)
    assert headers["x-should-retry"] == "false"
    one.clock.advance(int(headers["retry-after"]))
    assert created(client).id


def test_a_job_beyond_those_of_the_day_is_refused(simulator, connect, created, refused):
    """As recorded in February 2026."""
    client = connect(simulator(date(2026, 3, 1), profile=Profile(concurrent_jobs=None, daily_jobs=2)))
    for _ in range(2):
        created(client)
    told, headers = refused(created, client)
    message = (
        "This fine-tune request has been rate-limited. Your organization has reached the maximum of "
        "2 fine-tuning "
        "requests per day for the model 'gpt-4o-mini-2024-07-18'."
    )
    assert told == (429, INVALID, "daily_rate_limit_exceeded", None, message)
    assert headers["x-should-retry"] == "false"


def test_a_deleted_an_expired_and_a_foreign_file_are_no_training_file(
    simulator, connect, created, uploaded, refused
):
    """One answer for all three."""
    one = simulator(date(2026, 3, 1))
    client, other = connect(one), connect(one, key="sk-other")
    deleted, foreign = uploaded(client), uploaded(other)
    expired = uploaded(client, expires_after={"anchor": "created_at", "seconds": 3600})
    client.files.delete(deleted)
    one.clock.advance(3600)
    for file in (deleted, foreign, expired):
        told, _ = refused(created, client, training_file=file)
        assert told == (400, INVALID, None, "training_file", f"invalid training_file: {file}")


def test_of_two_faults_the_body_is_told_first(openai_client, refused):
    """Then the files, then the model."""
    create = openai_client.fine_tuning.jobs.create
    told, _ = refused(create, model="gpt-9", training_file="foobar", seed=-1)
    assert told[3] == "seed"
