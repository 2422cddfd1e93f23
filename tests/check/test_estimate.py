"""The bill before anything is sent, and what the calendar says about a model."""

import json
import math
from datetime import date, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drytune import UsageError
from drytune.estimate import (
    Cost,
    estimate,
    model_for,
    notices,
    offers,
    over_budget,
    parse_rate,
    parse_rates,
    standing,
)
from drytune_simulator.catalog import find, models
from drytune_simulator.dataset.rules import RULES
from drytune_simulator.dataset.verdict import Usage

LAUNCH = date(2023, 9, 1)
TODAY = date(2026, 11, 22)
FOREIGN = "For another vendor's model add --encoding, cl100k_base or o200k_base."


def usage(total=100_000, epochs=3, examples=100, assistant=20_000, unseen=0):
    """Tokens of a file; `unseen` is by how much more it may be."""
    billed = total * epochs
    return Usage(
        total=total,
        assistant=assistant,
        billed=billed,
        recorded=billed - 2 * examples * epochs,
        low=billed - unseen,
        high=billed + unseen,
    )


def bill(name="gpt-4.1-mini", tokens=None, examples=100, day=None, rates=None):
    return estimate(find(name, day), tokens or usage(), examples, day, rates)


def test_the_worked_example_of_2023():
    """100,000 tokens over 3 epochs cost 2.40 USD on 2023-09-01, as the launch post reckons (FACTS.md §1.1)."""
    cost = bill("gpt-3.5-turbo", day=LAUNCH)
    assert (cost.training_usd, cost.price_per_million_usd, cost.currency) == (2.40, 8.0, "USD")
    assert cost.price_source == "OpenAI launch post, 2023-08-22 (2023-08-22 to 2023-11-05)"
    assert cost.price_date == "2023-08-22 to 2023-11-05"
    assert cost.note is None


def test_a_price_has_a_source_and_a_date():
    """Without a day the last price published counts, and says when that was."""
    cost = bill()
    assert cost.training_usd == 1.5
    assert cost.price_source == "OpenAI pricing page, mid 2026 (last published mid-2026)"
    assert cost.price_date == "last published mid-2026"


def test_beside_the_cookbooks_figure_the_recorded_one():
    """FACTS.md §5.3: 10 examples over 10 epochs are 5,270 tokens by the cookbook, and 5,070 were recorded."""
    tokens = Usage(total=527, assistant=100, billed=5270, recorded=5070, low=5070, high=5270)
    cost = bill("gpt-3.5-turbo-0613", tokens, 10, LAUNCH)
    assert (cost.training_usd, cost.recorded_usd) == (0.04216, 0.04056)
    assert (cost.training_low_usd, cost.training_high_usd) == (cost.recorded_usd, cost.training_usd)


def test_the_uncertainty_is_a_range():
    """What cannot be seen makes the bill a range around the figure."""
    cost = bill(tokens=usage(unseen=60_000))
    assert (cost.training_low_usd, cost.training_usd, cost.training_high_usd) == (1.2, 1.5, 1.8)


def test_validation_is_free():
    """Validation tokens cost nothing, and the bill says who says so."""
    cost = bill()
    assert cost.validation_usd == 0.0
    assert "validation tokens are free" in cost.validation_source


def test_calls_beside_the_base_models():
    """A thousand calls as long as the average example, of the tuned model and of its base (FACTS.md §1.2)."""
    cost = bill("gpt-4o-mini")  # 800 tokens of prompt, 200 of reply
    assert cost.per_1000_calls_usd == pytest.approx(0.8 * 0.3 + 0.2 * 1.2)
    assert cost.base_per_1000_calls_usd == pytest.approx(0.8 * 0.15 + 0.2 * 0.6)


def test_training_by_the_hour_has_no_total():
    """Reinforcement is billed by the hour of its core loop: the price is told, and why there is no total."""
    cost = bill("o4-mini", usage(assistant=0))
    assert (cost.per_hour_usd, cost.training_usd, cost.training_high_usd) == (100.0, None, None)
    assert "by the hour" in cost.note
    assert (cost.per_1000_calls_usd, cost.base_per_1000_calls_usd) == (None, None)
    assert cost.validation_usd == 0.0


def test_completion_models_are_priced_per_token():
    """Prompt and completion pairs cost what davinci-002 and babbage-002 cost per trained token."""
    assert bill("davinci-002").training_usd == 1.8
    assert bill("babbage-002").training_usd == 0.12
    assert bill("davinci-002").per_1000_calls_usd == pytest.approx(12.0)


def test_no_price_is_none_and_not_nothing():
    """Where no price is known every figure is None, and the note says so."""
    cost = bill("gpt-4o-2024-05-13")
    assert cost.note == "No training price is known."
    told = msgspec.structs.replace(cost, note=None)
    assert told == Cost()


def test_a_guess_says_so():
    """The price of gpt-4 has no source (FACTS.md §1.1)."""
    assert bill("gpt-4").price_source == "no source found: a guess (Nov 2023 - 2024)"


def test_other_currencies():
    """Each rate gives the same figures in its currency; what is not known stays so."""
    cost = bill("gpt-3.5-turbo", day=LAUNCH, rates={"JPY": 150, "eur": 0.9})
    assert list(cost.converted) == ["JPY", "EUR"]
    yen = cost.converted["JPY"]
    assert list(yen) == [
        "rate", "training", "low", "high", "recorded", "per_hour", "per_1000_calls", "base_per_1000_calls",
    ]  # fmt: skip
    assert (yen["rate"], yen["training"], yen["per_hour"]) == (150.0, 360.0, None)
    assert cost.converted["EUR"]["training"] == 2.16
    assert yen["per_1000_calls"] == pytest.approx(150 * cost.per_1000_calls_usd)


def test_the_bill_is_json():
    """Whatever the bill, it is plain JSON, with what it always had before what is new."""
    for model in models():
        told = msgspec.to_builtins(estimate(model, usage(), 100, None, {"JPY": 150}))
        assert list(told)[:6] == [
            "training_usd", "price_per_million_usd", "price_source", "per_1000_calls_usd",
            "base_per_1000_calls_usd", "currency",
        ]  # fmt: skip
        json.dumps(told, allow_nan=False)


def test_an_empty_file_costs_nothing():
    """Without examples there is nothing to train and no average call."""
    cost = bill(tokens=Usage(), examples=0)
    assert (cost.training_usd, cost.training_high_usd, cost.per_1000_calls_usd) == (0.0, 0.0, None)


@given(st.sampled_from(models()), st.integers(0, 10**12), st.integers(0, 10**9), st.integers(1, 10**6))
def test_bills_grow_with_tokens(model, total, more, examples):
    """More tokens never cost less, and the range always holds the figure."""
    less, much = (
        estimate(model, usage(tokens, 1, 0, tokens // 2), examples) for tokens in (total, total + more)
    )
    if less.training_usd is not None:
        assert less.training_usd <= much.training_usd
        assert less.training_low_usd <= less.training_usd <= less.training_high_usd
    if less.per_1000_calls_usd is not None:
        assert less.per_1000_calls_usd <= much.per_1000_calls_usd


# rates


@pytest.mark.parametrize(
    ("text", "rate"),
    [
        ("JPY=150", ("JPY", 150.0)),
        ("jpy=150.5", ("JPY", 150.5)),
        (" EUR = 0.92 ", ("EUR", 0.92)),
        ("BTC=1e-5", ("BTC", 1e-5)),
        ("IDR=+16000.", ("IDR", 16000.0)),
        ("GBP=.8", ("GBP", 0.8)),
        ("yen\n=150", ("YEN", 150.0)),
    ],
)
def test_a_rate(text, rate):
    """A currency, an equals sign and how many of it one USD is."""
    assert parse_rate(text) == rate


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "'' is no rate"),
        ("JPY", "'JPY' is no rate"),
        ("150", "'150' is no rate"),
        ("JPY:150", "is no rate"),
        ("JPY=", "'' is no number"),
        ("JPY=many", "'many' is no number"),
        ("JPY=1,5", "'1,5' is no number"),
        ("JPY=1_000", "'1_000' is no number"),
        ("JPY=１５０", "is no number"),
        ("JPY=150=151", "'150=151' is no number"),
        ("JPY=0", "The rate of JPY is 0; it must be a positive number"),
        ("JPY=-150", "The rate of JPY is -150; it must be a positive number"),
        ("JPY=inf", "The rate of JPY is inf"),
        ("JPY=-Infinity", "The rate of JPY is -inf"),
        ("JPY=nan", "The rate of JPY is nan"),
        ("JPY=1e999", "The rate of JPY is inf"),
        ("JPY=1e-999", "The rate of JPY is 0"),
        ("=150", "'' is no currency: it has three letters"),
        ("YENS=150", "'YENS' is no currency"),
        ("円=150", "is no currency"),
        ("USD=1", "Prices are in USD as they are; name another currency."),
        ("x" * 9999, "is no rate"),
    ],
)
def test_no_rate(text, words):
    """What is no rate is told in one short sentence, with an example of one."""
    with pytest.raises(UsageError) as caught:
        parse_rate(text)
    assert words in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1
    assert len(str(caught.value)) < 200


def test_rates_come_once_each():
    """Several rates keep their order; two for one currency are a mistake."""
    assert parse_rates(["JPY=150", "EUR=0.9"]) == {"JPY": 150.0, "EUR": 0.9}
    assert parse_rates([]) == {}
    with pytest.raises(UsageError, match="There are two rates for JPY; leave one out"):
        parse_rates(["JPY=150", "EUR=0.9", "jpy=151"])


@given(st.text())
def test_no_text_breaks_the_rates(text):
    """Any text is a positive rate or wrong use."""
    for candidate in (text, f"JPY={text}"):
        try:
            sentence = f"{parse_rate(candidate)[1] > 0}"
        except UsageError as error:
            sentence = str(error)
        assert sentence != "False"
        assert len(sentence.splitlines()) == 1


@pytest.mark.parametrize("rates", [{"JPY": 0}, {"JPY": math.nan}, {"YENS": 1.0}, {"USD": 1.0}])
def test_rates_from_python_are_looked_at_too(rates):
    """The function refuses what the command line refuses."""
    with pytest.raises(UsageError):
        bill(rates=rates)


# the budget


def test_within_the_budget():
    """No budget, or one that the upper estimate keeps to, is no finding."""
    cost = bill(tokens=usage(unseen=60_000))
    assert over_budget(cost, None) is None
    assert over_budget(cost, 1.8) is None
    assert over_budget(bill(tokens=Usage(), examples=0), 0) is None


def test_over_the_budget():
    """The upper estimate counts: what the training may cost, not what it is likely to."""
    finding = over_budget(bill(tokens=usage(unseen=60_000)), 1.5)
    assert (finding.code, finding.severity, finding.effect) == ("over-budget", "error", "none")
    assert finding.message == "The training may cost 1.80 USD; the budget is 1.50 USD."
    assert (finding.file, finding.line, finding.pointer) == (None, None, "")
    assert "--max-usd" in finding.hint


@pytest.mark.parametrize(
    ("name", "words"),
    [("o4-mini", "billed by the hour"), ("gpt-4o-2024-05-13", "No training price is known.")],
)
def test_a_budget_that_nobody_can_keep(name, words):
    """Where no total is known, no budget can be kept, and that is an error too."""
    finding = over_budget(bill(name), 1000)
    assert finding.code == "over-budget"
    assert words in finding.message
    assert finding.message.endswith("So the budget of 1,000.00 USD cannot be kept.")


def test_small_amounts_can_be_told_apart():
    """Amounts under a cent are not told as 0.00."""
    finding = over_budget(bill(tokens=usage(100, 1, 1, 50)), 0.0001)
    assert finding.message == "The training may cost 0.0005 USD; the budget is 0.0001 USD."


def test_the_budget_is_a_rule_like_others():
    """It can be turned off, or be made a warning."""
    assert over_budget(bill(), 1, {"over-budget": "off"}) is None
    assert over_budget(bill(), 1, {"over-budget": "warning"}).severity == "warning"


@pytest.mark.parametrize("budget", [-1, math.nan, math.inf, -math.inf])
def test_no_budget(budget):
    """A budget is 0 or more."""
    with pytest.raises(UsageError, match="a budget must be 0 or more"):
        over_budget(bill(), budget)


# the calendar


@pytest.mark.parametrize(
    ("name", "day", "codes"),
    [
        ("gpt-4.1-mini", date(2023, 9, 1), ["price-not-yet-valid"]),
        ("gpt-3.5-turbo-1106", date(2023, 9, 1), ["price-not-yet-valid"]),
        ("gpt-3.5-turbo-0613", date(2023, 8, 21), ["price-not-yet-valid"]),
        ("gpt-3.5-turbo-0613", date(2023, 8, 22), []),
        ("gpt-4.1-mini", date(2026, 7, 9), []),
        ("gpt-4.1-mini", date(2026, 7, 10), ["platform-closing"]),
        ("gpt-4.1-mini", date(2026, 7, 18), ["model-retiring", "platform-closing"]),
        ("gpt-4.1-mini", date(2027, 1, 14), ["model-retired", "platform-closing"]),
        ("gpt-3.5-turbo-0613", date(2024, 9, 13), ["model-retired", "training-closed"]),
        ("gpt-3.5-turbo-1106", date(2026, 10, 1), ["model-retired", "model-retiring", "platform-closing"]),
        ("davinci-002", date(2024, 10, 28), ["training-closed"]),
        ("gpt-4o-2024-11-20", date(2023, 9, 1), []),
    ],
)
def test_what_the_calendar_says(name, day, codes):
    """Retirements that have come, or come within 180 days, are warnings that stop nothing (FACTS.md §1.3, §2)."""
    found = notices(find(name), day)
    assert [finding.code for finding in found] == codes
    for finding in found:
        rule = RULES[finding.code]
        assert (rule.scope, rule.severity, rule.effect) == ("calendar", "warning", "none")
        assert (finding.severity, finding.source, finding.effect) == ("warning", rule.source, "none")
        assert finding.hint.endswith(".")


def test_who_goes_and_when():
    """The model and what is tuned from it are told apart where they go on different days."""
    retired, retiring, closing = notices(find("gpt-3.5-turbo-1106"), date(2026, 10, 22))
    assert retired.message == "gpt-3.5-turbo-1106 was shut down on 2026-09-28."
    assert (
        retiring.message == "Models tuned from gpt-3.5-turbo-1106 will be shut down on 2026-10-23, in 1 day."
    )
    assert retiring.hint == "OpenAI names gpt-5.4-mini as its successor."
    assert closing.message == "The platform takes no new fine-tuning jobs from 2027-01-06 on, in 76 days."
    (both, _) = notices(find("gpt-4.1-nano"), date(2026, 10, 23))
    assert both.message == ("gpt-4.1-nano-2025-04-14 and models tuned from it were shut down on 2026-10-23.")


def test_the_calendar_is_made_of_rules_like_others():
    """Its rules can be turned off or made errors."""
    policy = {"model-retiring": "off", "platform-closing": "error"}
    (finding,) = notices(find("gpt-4.1-mini"), TODAY, policy)
    assert (finding.code, finding.severity) == ("platform-closing", "error")


def test_no_day_no_calendar():
    """Without a day nothing is said."""
    assert notices(find("gpt-3.5-turbo-0613"), None) == []


@pytest.mark.parametrize(
    ("name", "day", "state"),
    [
        ("gpt-4.1-mini", date(2025, 4, 13), "not-yet"),
        ("gpt-4.1-mini", date(2025, 4, 14), "open"),
        ("gpt-4.1-mini", date(2027, 1, 5), "open"),
        ("gpt-4.1-mini", date(2027, 1, 6), "closed"),
        ("gpt-4.1-mini", date(2027, 1, 14), "dead"),
        ("gpt-3.5-turbo-0613", date(2024, 9, 12), "open"),
        ("gpt-3.5-turbo-0613", date(2024, 9, 13), "closed"),
        ("gpt-3.5-turbo-0613", date(2026, 10, 23), "dead"),
        ("gpt-3.5-turbo-1106", date(2026, 9, 28), "closed"),
        ("gpt-4o-2024-05-13", date(2026, 10, 23), "dead"),
        ("gpt-4o-2024-11-20", TODAY, "untunable"),
    ],
)
def test_standing(name, day, state):
    """A model is not there yet, can be tuned, takes no more training, or is gone with what was tuned from it."""
    assert standing(find(name), day).state == state


def test_what_lives_today():
    """On 2026-11-22 four models can be tuned (FACTS.md §1.3); the dead are last and only told when asked for."""
    assert [offer.model.id for offer in offers(TODAY)] == [
        "gpt-4.1-2025-04-14", "gpt-4.1-mini-2025-04-14", "gpt-4o-2024-08-06", "gpt-4o-mini-2024-07-18",
    ]  # fmt: skip
    every = offers(TODAY, everything=True)
    assert len(every) == len(models())
    assert every[-1].standing.state == "dead"
    assert [offer.model.id for offer in every[:4]] == [offer.model.id for offer in offers(TODAY)]


@given(st.sampled_from(models()), st.dates(date(2023, 1, 1), date(2028, 1, 1)), st.integers(0, 2000))
def test_a_models_life_goes_one_way(model, day, later):
    """Days pass, and a model goes from not yet to open, closed and dead, never back."""
    order = ["not-yet", "open", "closed", "dead"]
    first, second = standing(model, day), standing(model, day + timedelta(days=later))
    if first.state in order:
        assert order.index(first.state) <= order.index(second.state)
        assert (first.state == "open") == (first.training_starts <= day < first.training_ends)
    else:
        assert second.state == first.state == "untunable"


# whose model


def test_a_known_model():
    """Names are understood as everywhere; an encoding replaces the model's own and nothing else."""
    assert model_for("gpt-4.1-mini") is find("gpt-4.1-mini")
    assert model_for("gpt-3.5-turbo", as_of=LAUNCH).id == "gpt-3.5-turbo-0613"
    assert model_for("ft:gpt-4.1-mini-2025-04-14:acme::abcDEF12").id == "gpt-4.1-mini-2025-04-14"
    other = model_for("gpt-4.1-mini", "cl100k_base")
    assert msgspec.structs.replace(other, encoding="o200k_base") == find("gpt-4.1-mini")


@pytest.mark.parametrize("name", ["my-vendor-model", "meta-llama/Llama-3.1-8B", "gpt-5-mini", "日本語モデル"])
def test_another_vendors_model(name):
    """With an encoding any name will do: it may be tuned in every way, has no price, and no calendar."""
    model = model_for(name, "o200k_base")
    assert (model.id, model.encoding) == (name, "o200k_base")
    assert model.methods == ("supervised", "dpo", "reinforcement")
    assert model.example_tokens is None
    assert notices(model, TODAY) == []
    assert standing(model, TODAY).state == "unknown"
    cost = estimate(model, usage(), 100, TODAY)
    assert (cost.training_usd, cost.note) == (None, "No training price is known.")
    assert over_budget(cost, 5).code == "over-budget"


@pytest.mark.parametrize(
    ("name", "encoding", "sentence"),
    [
        (
            "gpt-4.1-mino",
            None,
            "Unknown model 'gpt-4.1-mino'; did you mean gpt-4.1-mini or gpt-4.1-nano or gpt-4o-mini?",
        ),
        (
            "gpt-5-mini",
            None,
            f"'gpt-5-mini' cannot be fine-tuned; of OpenAI's models gpt-4.1 and gpt-4.1-mini can. {FOREIGN}",
        ),
        (
            "my-vendor-model",
            None,
            f"Unknown model 'my-vendor-model'; some that can be tuned are gpt-4.1-mini and gpt-4o-mini. {FOREIGN}",
        ),
        ("gpt-4.1-mini", "p50k_base", "Unknown encoding 'p50k_base'; there are cl100k_base and o200k_base."),
        ("", "o200k_base", "'' is no name of a model."),
        ("a\nb", "o200k_base", r"'a\nb' is no name of a model."),
    ],
)
def test_wrong_models(name, encoding, sentence):
    """What cannot be is one sentence that says what can."""
    with pytest.raises(UsageError) as caught:
        model_for(name, encoding)
    assert str(caught.value) == sentence
    assert caught.value.exit_code == 2
