"""A job may start from a tuned model, or from a checkpoint of one (FACTS.md §4.7)."""

import json

import pytest

from drytune_simulator.clock import AdvancingClock
from drytune_simulator.resources.job_record import Job


@pytest.fixture
def platform(simulator, connect):
    """A simulator whose clock moves by polls, and a client of it."""
    one = simulator(clock=AdvancingClock())
    return one, connect(one)


@pytest.fixture
def plan():
    """The plan of a job, as it is kept."""
    return lambda one, job: Job.of(one._world.store.anywhere("job", job.id, one.clock.now())).plan


def lessons(word):
    """Ten examples in which everything is answered by a word."""
    return b"".join(
        json.dumps(
            {
                "messages": [
                    {"role": "user", "content": f"{word} {n}?"},
                    {"role": "assistant", "content": f"{word} {n}."},
                ]
            }
        ).encode()
        + b"\n"
        for n in range(10)
    )


def test_a_tune_of_a_tune_knows_what_both_were_taught(platform, finished, uploaded):
    """And of three. It is named by its base, and says what it started from."""
    _, client = platform
    model = "gpt-4o-mini"
    for word in ("alpha", "beta", "gamma"):
        job = finished(client, model, uploaded(client, lessons(word)), suffix=word)
        assert job.status == "succeeded"
        assert job.model == (model if model.startswith("ft:") else "gpt-4o-mini-2024-07-18")
        model = job.fine_tuned_model
        assert model.startswith(f"ft:gpt-4o-mini-2024-07-18:personal:{word}:")
    for word in ("alpha", "beta", "gamma"):
        said = client.chat.completions.create(
            model=model, messages=[{"role": "user", "content": f"{word} 7?"}]
        )
        assert said.choices[0].message.content == f"{word} 7."


def test_what_it_has_learned_already_counts(platform, finished, plan):
    """In passes over data: of a base none, of a tuned model its epochs, of a checkpoint those up to its step."""
    one, client = platform
    first = finished(client, hyperparameters={"n_epochs": 4})
    assert plan(one, first).prior == 0
    second = finished(client, first.fine_tuned_model, hyperparameters={"n_epochs": 2})
    assert plan(one, second).prior == 4
    third = finished(client, second.fine_tuned_model, hyperparameters={"n_epochs": 1})
    assert plan(one, third).prior == 6
    early = client.fine_tuning.jobs.checkpoints.list(first.id).data[-1]
    assert early.step_number == 24
    fourth = finished(client, early.fine_tuned_model_checkpoint, hyperparameters={"n_epochs": 1})
    assert fourth.status == "succeeded"
    assert fourth.model == early.fine_tuned_model_checkpoint
    assert plan(one, fourth).prior == 2


def test_it_remembers_though_its_parent_is_deleted(platform, finished, uploaded):
    """Model, file and all."""
    _, client = platform
    file = uploaded(client, lessons("alpha"))
    first = finished(client, training_file=file)
    second = finished(client, first.fine_tuned_model, uploaded(client, lessons("beta")))
    client.models.delete(first.fine_tuned_model)
    client.files.delete(file)
    messages = [{"role": "user", "content": "alpha 3?"}]
    said = client.chat.completions.create(model=second.fine_tuned_model, messages=messages)
    assert said.choices[0].message.content == "alpha 3."


@pytest.mark.parametrize("spoil", [str.upper, lambda name: name + ":ckpt-step-999", lambda name: name[:-1]])
def test_a_name_that_is_only_like_it_is_refused(platform, finished, created, refused, spoil):
    """There is no such model."""
    _, client = platform
    name = spoil(finished(client).fine_tuned_model)
    assert refused(created, client, name)[0][2] == "model_not_available"


def test_a_job_that_has_not_succeeded_has_no_model(platform, created, refused):
    """Its name would be known only from an event."""
    one, client = platform
    job = created(client)
    name = Job.of(one._world.store.anywhere("job", job.id, one.clock.now())).plan.model
    assert refused(created, client, name)[0][2] == "model_not_available"


def test_what_is_known_of_the_files_is_kept(platform, created, uploaded, plan, good):
    """How much of them repeats, how much is validated on though trained on; tokens as they are billed."""
    one, client = platform
    training = uploaded(client, [*good, *good[:4]])
    validation = uploaded(client, [*good[:3], {**good[0], "messages": good[0]["messages"][1:]}])
    job = created(client, training_file=training, validation_file=validation, hyperparameters={"n_epochs": 2})
    kept = plan(one, job)
    assert (kept.examples, kept.validation_examples) == (16, 4)
    assert kept.duplicates == 4 / 16
    assert kept.overlap == 3 / 4
    assert kept.trained_tokens == 2 * kept.tokens
    alone = plan(one, created(client))
    assert (alone.duplicates, alone.overlap, alone.validation_examples) == (0, None, 0)
