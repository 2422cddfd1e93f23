"""Tokens and bill as text."""

import json

import msgspec
import pytest

from drytune import check
from drytune.estimate import Cost
from drytune.reports.bill import bill_lines, range_of, token_lines
from drytune_simulator.dataset.verdict import Usage

PRICED = Cost(
    training_usd=1.5,
    price_per_million_usd=25.0,
    price_source="OpenAI pricing page",
    per_1000_calls_usd=0.25,
    base_per_1000_calls_usd=0.125,
    training_low_usd=1.25,
    training_high_usd=2.0,
    recorded_usd=1.375,
    validation_usd=0.0,
    validation_source="validation tokens are free",
    converted={"JPY": {"rate": 150.0, "training": 225.0, "per_hour": None}},
)


def changed(**changes):
    return msgspec.structs.replace(PRICED, **changes)


def test_the_whole_bill():
    """The total, other ways of counting, other currencies, where the price is from, and what calls cost."""
    assert list(bill_lines(PRICED)) == [
        "bill: 1.5000 USD at 25 per million tokens",
        "  as the platform was recorded to count: 1.3750 USD",
        "  between 1.2500 and 2.0000 USD",
        "  225.00 JPY at 150 JPY for one USD",
        "  price: OpenAI pricing page",
        "  validation: 0 USD; validation tokens are free",
        "1,000 calls afterwards: about 0.2500 USD (base model: 0.1250)",
    ]


RECORDED = "  as the platform was recorded to count: 1.3750 USD"


@pytest.mark.parametrize(
    ("low", "high", "recorded", "lines"),
    [
        (1.5, 1.5, 1.5, []),
        (1.375, 1.5, 1.375, [RECORDED]),
        (1.375, 2.0, 1.375, [RECORDED, "  between 1.3750 and 2.0000 USD"]),
    ],
)
def test_what_is_known_is_not_said_twice(low, high, recorded, lines):
    """A range is told if it is wider than the two figures that are told anyway."""
    cost = changed(training_low_usd=low, training_high_usd=high, recorded_usd=recorded)
    assert [line for line in bill_lines(cost) if "recorded" in line or "between" in line] == lines


def test_no_price():
    """Where no price is known, that is said instead of a total."""
    assert list(bill_lines(Cost())) == ["bill: no training price is known"]


def test_by_the_hour():
    """What is billed by the hour has a price, and a reason for having no total."""
    cost = Cost(note="It is billed by the hour.", per_hour_usd=100.0,
                converted={"JPY": {"rate": 150.0, "training": None, "per_hour": 15_000.0}})  # fmt: skip
    assert list(bill_lines(cost)) == [
        "bill: it is billed by the hour",
        "  100.0000 USD an hour",
        "  15,000.00 JPY an hour at 150 JPY for one USD",
    ]


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [(1.0, 2.0, "between 1.0000 and 2.0000 USD"), (1.0, 1.0, None), (None, None, None)],
)
def test_ranges(low, high, words):
    """A range has two ends."""
    assert range_of(changed(training_low_usd=low, training_high_usd=high)) == words


def test_small_amounts_are_readable():
    """What is less than a tenth of a cent is neither nothing nor a power of ten."""
    assert next(bill_lines(changed(training_usd=0.000012))).startswith("bill: 0.000012 USD at ")


def test_tokens(tmp_path):
    """Parts of the total, and every way of counting what is billed."""
    path = tmp_path / "a.jsonl"
    talk = [{"role": "user", "content": "Hello"}, {"role": "assistant", "content": "Meow"}]
    path.write_text("\n".join([json.dumps({"messages": talk})] * 10), encoding="utf-8")
    usage = Usage(total=5000, assistant=2000, tools=1000, images=500, billed=15_000, recorded=14_940,
                  low=14_000, high=16_000)  # fmt: skip
    report = msgspec.structs.replace(check(path, n_epochs=3), tokens=usage)
    assert list(token_lines(report)) == [
        "tokens: 5,000 (2,000 of the assistant, 1,000 of tools, 500 of images)",
        "billed: 15,000 over 3 epochs",
        "  as the platform was recorded to count: 14,940",
        "  between 14,000 and 16,000, as its count is not known exactly",
        "  auto: batch size 1, learning rate multiplier 1.8",
    ]
