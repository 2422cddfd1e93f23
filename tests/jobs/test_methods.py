"""What is different by the method of tuning."""

import base64
import re

import pytest


def test_dpo_shows_its_beta_under_its_method(bench):
    """The older `hyperparameters` are null (FACTS.md §4.5), in the specified form they are there."""
    job = bench.start("dpo")
    assert job.hyperparameters is None
    assert job.method.dpo.hyperparameters.beta == 0.2
    specified = bench.jobs.retrieve(job.id, extra_headers={"x-drytune-form": "specified"})
    assert specified.hyperparameters.n_epochs == 4


def test_beta_is_auto_until_the_training_starts(bench):
    """Then it is a number."""
    job = bench.start("dpo", hyperparameters={"n_epochs": 2})
    assert job.method.dpo.hyperparameters.beta == "auto"
    assert bench.at(job, "running").method.dpo.hyperparameters.beta == 0.1


def test_a_preference_loss_begins_below_that_of_a_guess(bench):
    """ln 2 is the loss of not knowing which output is preferred."""
    job = bench.at(bench.start("dpo"), "succeeded")
    losses = [event.data["train_loss"] for event in bench.metrics(job)]
    assert 0.5 < losses[0] < 0.75
    assert losses[-1] < losses[0] / 2
    assert all(0 <= event.data["train_mean_token_accuracy"] <= 1 for event in bench.metrics(job))


def rft(bench):
    """A finished job of reinforcement, with a validation file."""
    job = bench.start("reinforcement", validation_file=bench.upload("reinforcement", range(100, 105)))
    return bench.at(job, "succeeded")


def test_reinforcement_shows_its_settings(bench):
    """Grader and hyperparameters are told as they were given; an eval belongs to the job."""
    job = bench.start("reinforcement")
    settings = job.method.reinforcement
    assert (job.hyperparameters, settings.grader.name) == (None, "exact")
    assert (settings.hyperparameters.reasoning_effort, settings.hyperparameters.eval_interval) == ("low", 4)
    assert settings.hyperparameters.compute_multiplier == "auto"
    assert job.eval_id.startswith("eval_")


def test_reinforcement_tells_of_rewards(bench):
    """The space before the comma is real (FACTS.md §4.6)."""
    events = bench.metrics(rft(bench))
    plain = r"Step \d+/24 , train mean reward=\d\.\d\d"
    full = r", full validation mean reward=\d\.\d\d, full validation mean parse error=0\.00"
    for event in events:
        whole = event.data["step"] % 4 == 0
        assert re.fullmatch(plain + (full if whole else ""), event.message)
        assert ("full_valid_mean_reward" in event.data) == whole
    data = events[3].data
    assert {"usage", "errors", "scores", "timing", "total_steps", "train_mean_reward"} <= set(data)
    assert data["scores"]["graders"][0]["name"] == "exact"
    assert [event.data["train_mean_reward"] for event in events[:4]] < [
        event.data["train_mean_reward"] for event in events[-4:]
    ]


def test_reinforcement_keeps_its_three_best_validations(bench):
    """By mean reward (FACTS.md §4.7); the best is the tuned model (grade I), and is listed first."""
    job = rft(bench)
    rewards = {
        event.data["step"]: event.data["full_valid_mean_reward"]
        for event in bench.metrics(job)
        if "full_valid_mean_reward" in event.data
    }
    best = sorted(rewards, key=lambda step: (rewards[step], step))[-3:]
    listed = list(bench.jobs.checkpoints.list(job.id))
    assert [one.step_number for one in listed] == [best[-1], *sorted(best[:-1], reverse=True)]
    assert {one.fine_tuned_model_checkpoint for one in listed} == bench.models()
    assert listed[0].fine_tuned_model_checkpoint == job.fine_tuned_model
    for one in listed:
        assert one.metrics.to_dict()["valid_reward_mean"] == rewards[one.step_number]


def test_reinforcement_writes_rewards_into_its_results_file(bench):
    """One line a step."""
    job = rft(bench)
    text = base64.b64decode(bench.client.files.content(job.result_files[0]).content).decode()
    header, *lines = text.splitlines()
    assert header == "step,train_mean_reward,full_valid_mean_reward"
    assert len(lines) == 24
    assert [bool(line.split(",")[2]) for line in lines[:4]] == [False, False, False, True]


@pytest.mark.parametrize("method", ["supervised", "dpo", "reinforcement"])
def test_each_method_can_be_paused(bench, method):
    """And goes on to a tuned model."""
    job = bench.trained(bench.start(method), 3)
    assert bench.jobs.pause(job.id).status == "paused"
    bench.clock.advance(900)
    (name,) = bench.models()
    bench.jobs.resume(job.id)
    assert bench.at(job, "succeeded").fine_tuned_model in bench.models() - {name}
