"""What is counted, and what an answer costs at most."""

import math
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drytune.errors import UsageError
from drytune.workflow.corrections import correction_of
from drytune.workflow.plan import Correction, Prices
from drytune.workflow.pricing import Worst, catalog_prices, given_prices
from drytune_simulator.catalog import find

DAY = date(2026, 7, 1)
MINI = catalog_prices(find("gpt-4.1-mini"), DAY)
CHAT = {"messages": [{"role": "user", "content": "Hello"}]}


def test_corrections():
    """The median with its range; what is no ratio says nothing."""
    assert correction_of([]) is None
    assert correction_of([math.nan, 0.0, -1.0, math.inf]) is None
    assert correction_of([1.5]) == Correction(factor=1.5, jobs=1, low=1.5, high=1.5)
    assert correction_of([1.0, 1.1, 9.0, math.nan]) == Correction(factor=1.1, jobs=3, low=1.0, high=9.0)


@given(st.lists(st.floats(0.01, 100.0), min_size=1, max_size=20))
def test_a_correction_lies_in_its_range(ratios):
    """Whatever the jobs were."""
    found = correction_of(ratios)
    assert found.low <= found.factor <= found.high


def test_prices_of_the_catalog():
    """The tuned model's and the base model's, with their source."""
    assert (MINI.training, MINI.input, MINI.cached, MINI.output) == (5.0, 0.8, 0.2, 3.2)
    assert (MINI.base_input, MINI.base_cached, MINI.base_output) == (0.4, 0.1, 1.6)
    assert MINI.source.startswith("OpenAI pricing page")


def test_prices_of_a_profile():
    """By the names of `Prices`, with dashes too; anything else is refused."""
    assert given_prices(None, "x") is None
    assert given_prices({}, "x") is None
    assert given_prices({"training": 3, "base-input": 0.0}, "x") == Prices(
        training=3.0, base_input=0.0, source="x"
    )
    for table in ({"trainings": 1}, {"training": -1}, {"input": math.nan}, {"input": True}):
        with pytest.raises(UsageError, match=r"^x: "):
            given_prices(table, "x")


def test_the_worst_answer_is_as_long_as_it_may_be():
    """The model's longest, or the request's own limit."""
    worst = Worst("gpt-4.1-mini-2025-04-14", MINI)
    free = worst.of(CHAT, tuned=True)
    assert 32_768 * 3.2e-6 < free < 32_768 * 3.2e-6 + 100 * 0.8e-6
    short = worst.of({"model": "any", **CHAT, "max_completion_tokens": 100}, tuned=True)
    assert 100 * 3.2e-6 < short < 100 * 3.2e-6 + 100 * 0.8e-6
    assert worst.of(CHAT, tuned=False) == pytest.approx(free / 2)
    assert worst.sum([CHAT, CHAT], tuned=True) == pytest.approx(2 * free)


def test_another_vendors_answers_must_be_limited():
    """Bytes are counted, as its tokens are not known."""
    worst = Worst("other-model", Prices(input=1.0, output=1.0))
    with pytest.raises(UsageError, match="how long an answer of other-model may be"):
        worst.of(CHAT, tuned=True)
    assert 150e-6 < worst.of({**CHAT, "max_tokens": 100}, tuned=True) < 250e-6
    with pytest.raises(UsageError, match="no price of answers of other-model"):
        worst.of({**CHAT, "max_tokens": 100}, tuned=False)


def test_what_is_not_counted_here_has_no_worst_case():
    """A file's tokens, for instance; nobody takes them for nothing."""
    file = {"type": "file", "file": {"file_id": "file-1"}}
    body = {"messages": [{"role": "user", "content": [file]}]}
    with pytest.raises(UsageError, match="How many tokens a file is"):
        Worst("gpt-4.1-mini-2025-04-14", MINI).of(body, tuned=True)
