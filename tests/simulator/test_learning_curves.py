"""Laws of the simulated learning curves: what helps, what hurts, and where a curve turns."""

import csv
import io
import math

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drytune_simulator.training import Plan, results_csv, step_metrics


def plan(**changes) -> Plan:
    fields = {
        "job_id": "ftjob-1",
        "created_at": 1000.0,
        "seed": 7,
        "model": "ft:gpt-4o-mini-2024-07-18:personal::AbCd1234",
        "training_file": "file-1",
        "validation_file": "file-3",
        "examples": 10,
        "tokens": 507,
        "epochs": 10,
        "batch_size": 1,
        "learning_rate_multiplier": 1.8,
        "trained_tokens": 5070,
        "results_file": "file-2",
    }
    return Plan(**{**fields, **changes})


plans = st.builds(
    plan,
    examples=st.integers(10, 3000),
    tokens=st.integers(10, 10**7),
    epochs=st.integers(1, 30),
    batch_size=st.integers(1, 256),
    learning_rate_multiplier=st.floats(1e-6, 1e6),
    seed=st.integers(0, 2**31 - 1),
    duplicates=st.floats(0, 1),
    overlap=st.none() | st.floats(0, 1),
    prior=st.floats(0, 100),
    method=st.sampled_from(["supervised", "dpo"]),
)
shares = st.floats(0, 1)
more_of = msgspec.structs.replace


def full(one: Plan) -> list[float]:
    """The losses on the whole validation file, an epoch after the other."""
    ends = range(one.steps_per_epoch, one.total_steps + 1, one.steps_per_epoch)
    return [step_metrics(one, step)["full_valid_loss"] for step in ends]


def training(one: Plan, step: int) -> float:
    return step_metrics(one, step)["train_loss"]


@given(plans, shares)
def test_all_numbers_are_finite_and_accuracies_are_shares(one, place):
    """Whatever the learning rate; and the same plan gives the same numbers."""
    for chosen in (one, more_of(one, method="reinforcement")):
        step = 1 + int(place * (one.total_steps - 1))
        data = step_metrics(chosen, step)
        assert data == step_metrics(msgspec.json.decode(msgspec.json.encode(chosen), type=Plan), step)
        for name, value in data.items():
            if isinstance(value, int | float):
                assert math.isfinite(value)
                assert value >= 0
            if "accuracy" in name or "reward" in name:
                assert 0 <= value <= 1


@given(plans, shares, shares)
def test_more_overlap_never_raises_the_final_validation_loss(one, some, other):
    """Examples that were trained on look learned."""
    less, more = sorted((some, other))
    assert full(more_of(one, overlap=more))[-1] <= full(more_of(one, overlap=less))[-1]


@given(plans, shares, shares, shares)
def test_more_duplicates_never_raise_the_training_loss(one, some, other, place):
    """Nor lower the validation loss, of examples that were not trained on."""
    less, more = sorted((some, other))
    few, many = (more_of(one, duplicates=share, overlap=0.0) for share in (less, more))
    step = 1 + int(place * (one.total_steps - 1))
    assert training(many, step) <= training(few, step)
    assert full(many)[-1] >= full(few)[-1]


@given(plans, st.integers(2, 50), st.floats(1e-6, 8))
def test_more_data_never_makes_over_fitting_worse(one, times, rate):
    """Neither how far the loss rises from its lowest, nor how far it is above that of the training file."""
    small = more_of(one, overlap=0.0, learning_rate_multiplier=rate, batch_size=1)
    # as many steps an epoch, so that both are looked at after the same passes
    large = more_of(small, examples=small.examples * times, tokens=small.tokens * times, batch_size=times)
    assert large.total_steps == small.total_steps
    rises = [losses[-1] - min(losses) for losses in map(full, (small, large))]
    assert rises[1] <= rises[0] + 3e-5
    leaks = [full(more_of(one, overlap=1.0))[-1] for one in (small, large)]
    gaps = [full(one)[-1] - leak for one, leak in zip((small, large), leaks, strict=True)]
    assert gaps[1] <= gaps[0] + 3e-5
    assert full(large)[-1] <= full(small)[-1] + 3e-5


@given(plans, st.floats(0, 50), shares)
def test_a_tune_of_a_tune_starts_lower(one, prior, place):
    """It begins where its parent had come to."""
    base, tuned = more_of(one, prior=0.0), more_of(one, prior=prior)
    step = 1 + int(place * (one.total_steps - 1))
    assert training(tuned, step) <= training(base, step)


def test_losses_fall_and_differ_by_seed():
    """The curve is simulated, but it is a learning curve."""
    losses, others = ([training(plan(seed=seed), step) for step in range(1, 101)] for seed in (7, 8))
    assert sum(losses[:10]) > 2 * sum(losses[-10:])
    assert losses != others


def test_small_files_over_fit_soon_and_large_ones_late():
    """The validation loss of 12 examples turns up after an epoch or two, that of 20,000 after six."""
    small = full(plan(examples=12, tokens=600))
    assert 1 <= small.index(min(small)) <= 3
    assert small[-1] > min(small) + 0.2
    large = full(plan(examples=20_000, tokens=4_000_000, batch_size=40))
    assert large[:6] == sorted(large[:6], reverse=True)
    assert min(large) < min(small)


def test_too_high_a_learning_rate_drifts_upwards():
    """And one that is far too low learns next to nothing."""
    good, high, low = ([full(plan(learning_rate_multiplier=rate))] for rate in (1.8, 60.0, 0.001))
    assert high[0][-1] > high[0][0] > good[0][-1]
    assert low[0][0] - low[0][-1] < 0.05


def test_a_leaked_validation_file_follows_the_training_loss():
    """It falls to where only memory gets."""
    leaked, honest = (full(plan(overlap=share)) for share in (1.0, 0.0))
    assert leaked[-1] < 0.2 < honest[-1]


def test_the_results_file_has_the_documented_columns_and_a_line_a_step():
    """FACTS.md §4.7; the numbers are those of the events."""
    one = plan()
    rows = list(csv.DictReader(io.StringIO(results_csv(one).decode())))
    assert list(rows[0]) == [
        "step",
        "train_loss",
        "train_accuracy",
        "valid_loss",
        "valid_mean_token_accuracy",
    ]
    assert [int(row["step"]) for row in rows] == list(range(1, 101))
    assert (rows[0]["valid_loss"], rows[9]["valid_loss"] != "") == ("", True)
    for row in rows:
        data = step_metrics(one, int(row["step"]))
        assert float(row["train_loss"]) == data["train_loss"]
        assert float(row["train_accuracy"]) == data["train_mean_token_accuracy"]
        assert row["valid_loss"] == str(data.get("valid_loss", ""))


@pytest.mark.parametrize("method", ["supervised", "dpo", "reinforcement"])
def test_the_results_file_of_a_long_training_has_every_step(method):
    """A hundred thousand of them."""
    data = results_csv(plan(examples=50_000, tokens=10**7, epochs=2, method=method))
    assert data.count(b"\n") == 100_001
