"""A plan is exact: what is sent, where, and for how much."""

import hashlib
import json
import os
import sys
from datetime import date

import msgspec
import pytest

from drytune.backends.endpoint import Endpoint
from drytune.checking import check
from drytune.errors import Refused, UsageError
from drytune.workflow import planning
from drytune.workflow.plan import Correction, Plan, Prices
from drytune.workflow.planning import NotPlanned, plan, require_unchanged
from drytune.workflow.tasks import Job
from drytune_simulator.clock import ManualClock, from_date

DAY = date(2026, 7, 1)
AZURE = Endpoint(base_url="https://cats.openai.azure.com", azure=True, profile="cats")


def test_a_plan_says_what_is_sent(planned, write):
    """Hashes instead of paths, a snapshot instead of a floating name, a number instead of ``auto``."""
    made = planned(training=write("my count (1).jsonl"), suffix="cats", seed=7, max_usd=1)
    task, file = made.task, made.task.training
    data = file.local.read_bytes()
    assert (file.bytes, file.sha256) == (len(data), hashlib.sha256(data).hexdigest())
    assert file.upload_name == f"my-count-1.{file.sha256[:16]}.jsonl"
    assert (task.model, task.method, file.examples) == ("gpt-4.1-mini-2025-04-14", "supervised", 12)
    assert task.hyperparameters == {"n_epochs": check(file.path, as_of=DAY).epochs}
    assert (task.suffix, task.seed, len(task.questions), made.max_usd) == ("cats", 7, 2, 1.0)
    assert made.endpoint.name == "https://api.openai.com/v1"
    assert made.digest == made.actual_digest


def test_the_bill_is_that_of_a_check(planned):
    """Tokens, price and their range; the answers are counted at their worst."""
    made = planned()
    report, estimate = check(made.task.training.path, as_of=DAY), made.estimate
    assert (estimate.tokens, estimate.counted) == (report.tokens.billed, report.tokens.billed)
    assert estimate.training_usd == pytest.approx(report.cost.training_usd, abs=1e-6)
    assert estimate.tokens_low <= estimate.tokens <= estimate.tokens_high
    assert estimate.questions_usd > 2 * 2_048 * 3.2e-6
    assert estimate.total_high_usd == pytest.approx(estimate.high_usd + estimate.questions_usd, abs=2e-6)
    assert (estimate.prices.training, estimate.holdout_usd, made.max_usd) == (5.0, None, None)


def test_what_was_asked_for_is_sent(planned):
    """Only what was chosen is in the hyperparameters, and the questions are the user's."""
    made = planned(n_epochs=2, batch_size=4, learning_rate_multiplier=0.5, ask=("Hm?",), system="Be brief.")
    assert made.task.hyperparameters == {"n_epochs": 2, "batch_size": 4, "learning_rate_multiplier": 0.5}
    (question,) = made.task.questions
    assert (question.prompt, question.system, question.origin) == ("Hm?", "Be brief.", "asked")
    assert any("system prompt" in warning for warning in made.warnings)


def test_a_tuned_model_is_tuned_further(planned):
    """Its base alone would be something else."""
    name = "ft:gpt-4.1-mini-2025-04-14:cats::AbCd1234"
    made = planned(model=name)
    assert made.task.model == name
    prices = made.estimate.prices  # what it is compared with is tuned, too
    assert (prices.base_input, prices.base_output) == (prices.input, prices.output)
    require_unchanged(made, today=DAY)


def test_held_out_examples_stay_here(planned, write):
    """They have no name at the platform, and both models are paid for."""
    holdout = write("held.jsonl", first=100, count=3)
    made = planned(holdout=holdout, validation=write("valid.jsonl", first=50, count=2))
    assert (made.task.holdout.upload_name, made.task.holdout.examples) == (None, 3)
    assert [file.role for file in made.task.uploads] == ["training", "validation"]
    assert made.task.validation.examples == 2
    estimate = made.estimate
    assert estimate.holdout_usd > 0
    parts = estimate.high_usd + estimate.questions_usd + estimate.holdout_usd
    assert estimate.total_high_usd == pytest.approx(parts, abs=3e-6)


def test_held_out_examples_that_are_trained_on(planned, write):
    """Some are told of; if it is the training file, there is nothing to show."""
    some = write("held.jsonl", first=11, count=4)
    assert any("2 of 4 held-out examples are trained on" in one for one in planned(holdout=some).warnings)
    with pytest.raises(UsageError, match="holds what is trained on"):
        planned(holdout=write("same.jsonl"))


def test_a_dataset_with_errors_has_no_plan(planned, write):
    """The error carries the whole verdict."""
    with pytest.raises(NotPlanned, match=r"bad\.jsonl:13: ") as caught:
        planned(training=write("bad.jsonl", text=write().read_text() + '{"messages": []}\n'))
    assert not caught.value.report.ok
    assert caught.value.exit_code == 1


def test_a_budget_is_kept(planned, write):
    """What may cost more has no plan; the sentence says how much more, and what one can do."""
    exact = planned(n_epochs=3, ask=("Hm?",)).estimate.total_high_usd
    assert planned(n_epochs=3, ask=("Hm?",), max_usd=exact).max_usd == exact
    with pytest.raises(NotPlanned, match=r"may cost up to .* more than the budget of 0\.01 USD") as caught:
        planned(n_epochs=3, holdout=write("held.jsonl", first=50), max_usd=0.01)
    assert "train fewer epochs or hold out fewer examples" in str(caught.value)
    assert caught.value.report.ok
    with pytest.raises(UsageError, match="max_usd is -1"):
        planned(max_usd=-1)


def test_what_nobody_can_price(planned):
    """Without a budget the plan says why; with one there is none."""
    unknown = {"model": "other-model", "encoding": "o200k_base", "n_epochs": 1}
    estimate = planned(**unknown).estimate
    assert (estimate.total_high_usd, estimate.why_unknown) == (None, "No training price is known.")
    with pytest.raises(NotPlanned, match="budget of 5 USD cannot be kept: No training price is known"):
        planned(**unknown, max_usd=5)


def test_training_by_the_hour_has_no_total(planned, write):
    """Reinforcement is billed by its time, so no budget can be kept."""
    task = {"messages": [{"role": "user", "content": "2+2?"}], "answer": "4"}
    text = "".join(json.dumps({**task, "number": number}) + "\n" for number in range(12))
    grader = {
        "type": "string_check",
        "name": "same",
        "operation": "eq",
        "input": "{{sample.output_text}}",
        "reference": "{{item.answer}}",
    }
    wanted = {"training": write("task.jsonl", text), "model": "o4-mini", "method": "reinforcement"}
    made = planned(**wanted, grader=grader)
    assert (made.task.grader, made.estimate.training_usd) == (grader, None)
    with pytest.raises(NotPlanned, match="by the hour"):
        planned(**wanted, grader=grader, max_usd=100)
    prices = Prices(training=1.0, input=1.0, output=1.0)  # of its tokens nobody knows how many it takes
    assert planned(**wanted, grader=grader, prices=prices).estimate.total_high_usd is None


def test_given_prices_count(planned):
    """Those of a profile are taken instead of the catalog's, and nothing is mixed."""
    prices = Prices(training=10.0, input=1.0, output=1.0, source="the profile cats")
    estimate = planned(prices=prices, endpoint=AZURE).estimate
    assert (estimate.training_usd, estimate.prices) == (
        pytest.approx(estimate.tokens * 1e-5, abs=1e-6),
        prices,
    )
    estimate = planned(prices=Prices(training=1.0)).estimate
    assert estimate.why_unknown == (
        "What the answers may cost is not known: no price of answers of a model tuned from"
        " gpt-4.1-mini-2025-04-14 is known."
    )


@pytest.mark.parametrize(
    ("endpoint", "is_told"),
    [
        (AZURE, True),
        (Endpoint(base_url="https://llm.example.com/v1"), True),
        (Endpoint(base_url="http://127.0.0.1:8000/v1"), False),
        (Endpoint(base_url="https://eu.api.openai.com/v1"), False),
        (Endpoint(), False),
        (Endpoint(backend="simulated"), False),
    ],
)
def test_prices_of_another_platform(planned, endpoint, is_told):
    """OpenAI's prices for somebody else's platform are told of."""
    warnings = planned(endpoint=endpoint).warnings
    assert any("may take others" in one for one in warnings) is is_told


def test_a_correction_moves_the_estimate_and_widens_its_range(planned):
    """It is given, or asked for when model, method and form are known."""
    plain = planned().estimate
    learned = Correction(factor=1.1, jobs=3, low=0.9, high=1.3)
    estimate = planned(correction=learned).estimate
    assert (estimate.tokens, estimate.counted) == (round(plain.tokens * 1.1), plain.tokens)
    assert estimate.tokens_high >= plain.tokens * 1.3 > plain.tokens_high
    assert estimate.tokens_low <= plain.tokens * 0.9
    assert estimate.correction == learned
    asked = []
    planned(correction=lambda *kind: asked.append(kind))
    assert asked == [("gpt-4.1-mini-2025-04-14", "supervised", "chat")]


def test_identity_is_what_is_trained_and_where(planned, write):
    """Where the file lies and what is asked afterwards is no part of it; each setting is."""
    first = planned()
    same = [
        planned(training=write("other.jsonl")),
        planned(ask=("Hm?",)),
        planned(max_usd=9),
        planned(holdout=write("held.jsonl", first=90)),
    ]
    assert {one.identity for one in same} == {first.identity}
    others = [
        planned(training=write("more.jsonl", count=13), n_epochs=8),
        planned(model="gpt-4.1"),
        planned(n_epochs=2),
        planned(batch_size=2),
        planned(suffix="a"),
        planned(seed=1),
        planned(validation=write("valid.jsonl", first=50)),
        planned(endpoint=Endpoint(backend="simulated")),
    ]
    assert len({one.identity for one in [first, *others]}) == len(others) + 1


@pytest.mark.parametrize(
    ("wanted", "sentence"),
    [
        ({"seed": -1}, "seed is -1; it must be a whole number from 0 to 2147483647"),
        ({"seed": True}, "seed is True"),
        ({"batch_size": 257}, "batch_size is 257; it must be a whole number from 1 to 256"),
        ({"learning_rate_multiplier": 0}, "must be a number above 0"),
        ({"learning_rate_multiplier": float("inf")}, "must be a number above 0"),
        ({"n_epochs": 51}, "n_epochs is 51"),
        ({"suffix": ""}, "suffix has 0 characters"),
        ({"suffix": "x" * 65}, "suffix has 65 characters; it must have 1 to 64"),
        ({"ask": "Hello"}, "ask is one text; give a tuple"),
        ({"ask": (" ",)}, "ask has an empty prompt"),
        ({"system": "\ud800"}, "system is no text that can be sent"),
        ({"model": "gpt-9"}, "gpt-9"),
        ({"method": "magic"}, "magic"),
        ({"grader": {"type": "x"}}, "for reinforcement only"),
    ],
)
def test_what_cannot_be(planned, wanted, sentence):
    """A sentence, before anything is sent."""
    with pytest.raises(UsageError, match=sentence):
        planned(**wanted)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("-", "Standard input"),
        ("s3://cats/count.jsonl", "is a URL"),
        ("none.jsonl", "does not exist"),
        ("count.jsonl.gz", "is compressed"),
        (".", "is a directory"),
    ],
)
@pytest.mark.parametrize("role", ["training", "validation", "holdout"])
def test_only_plain_files_are_planned_with(planned, write, monkeypatch, tmp_path, name, sentence, role):
    """What is read must be what is sent."""
    monkeypatch.chdir(tmp_path)
    write("count.jsonl.gz", text="x")
    with pytest.raises(UsageError, match=sentence):
        planned(**{role: name})


def test_a_file_that_changes_while_it_is_looked_at(write, monkeypatch):
    """The hash is taken before the check, and once more after it."""
    path, real = write(), planning.check

    def checked(*arguments, **options):
        report = real(*arguments, **options)
        path.write_text(path.read_text() + "\n")
        return report

    monkeypatch.setattr(planning, "check", checked)
    with pytest.raises(Refused, match="changed while it was looked at"):
        plan(Job(training=path), as_of=DAY)


def test_the_clock_tells_today(write):
    """Without a day it is the clock's; the dates that matter are there."""
    made = plan(write(), clock=ManualClock(from_date(DAY) + 60))
    assert (made.made_at, made.dates.today) == ("2026-07-01T00:01:00Z", "2026-07-01")
    assert (made.dates.training_ends, made.dates.base_ends) == ("2027-01-06", "2027-01-14")
    assert any(
        warning.startswith("model-retir")
        for warning in planning.plan(write(), as_of=date(2026, 12, 1)).warnings
    )


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such names")
def test_a_name_that_is_not_utf8(write, tmp_path):
    """It could not be written into a plan."""
    path = tmp_path / os.fsdecode(b"caf\xe9.jsonl")
    path.write_text(write().read_text())
    with pytest.raises(UsageError, match=r"The name caf\\xe9\.jsonl is not UTF-8"):
        plan(path, as_of=DAY)


def test_questions_can_be_sent(planned, write):
    """Half of a surrogate pair in the dataset is asked as the platform reads it."""
    text = write().read_text().replace("You count.", "You count \\ud83d.")
    made = planned(training=write("half.jsonl", text))
    assert {question.system for question in made.task.questions} == {"You count \ufffd."}
    assert msgspec.json.decode(msgspec.json.encode(made), type=Plan) == made
