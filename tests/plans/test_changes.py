"""A plan is done only if all is as it was planned."""

from datetime import date

import msgspec
import pytest

from drytune.backends.endpoint import Endpoint
from drytune.errors import Refused
from drytune.workflow.changes import changes
from drytune.workflow.plan import Prices
from drytune.workflow.planning import require_unchanged

DAY = date(2026, 7, 1)


def test_nothing_changed(planned, write):
    """All files, prices, dates and warnings are as they were."""
    made = planned(validation=write("valid.jsonl", first=50), holdout=write("held.jsonl", first=90))
    require_unchanged(made, today=DAY)
    require_unchanged(made, today=date(2026, 7, 2), endpoint=Endpoint(base_url="https://api.openai.com/v1"))


@pytest.mark.parametrize("role", ["training", "validation", "holdout"])
def test_a_file_with_other_bytes(planned, write, role):
    """Also one that says the same."""
    made = planned(validation=write("valid.jsonl", first=50), holdout=write("held.jsonl", first=90))
    path = getattr(made.task, role).local
    path.write_text(path.read_text() + "\n")
    with pytest.raises(Refused, match=rf"{path.name} holds something else .* Nothing was sent; plan again"):
        require_unchanged(made, today=DAY)


def test_all_that_changed_is_told(planned, write):
    """Not only the first change."""
    made = planned(validation=write("valid.jsonl", first=50))
    made.task.validation.local.unlink()
    made.task.training.local.write_text("{}")
    found = list(changes(made, today=date(2027, 1, 14), endpoint=Endpoint(backend="simulated")))
    words = (
        "and simulated would be asked",
        "count.jsonl holds",
        "is not there any more",
        "shut down since 2027-01-14",
    )
    assert [word in one for word, one in zip(words, found, strict=True)] == [True] * 4


def test_a_model_that_is_closed_by_now(planned):
    """One that was closed when it was planned is no surprise."""
    made = planned()
    with pytest.raises(Refused, match="cannot be tuned any more since 2027-01-06"):
        require_unchanged(made, today=date(2027, 1, 7))
    late = planned(as_of=date(2027, 1, 7))
    require_unchanged(late, today=date(2027, 1, 8))


def test_other_prices(planned):
    """The bill would be another."""
    made = planned()
    prices = msgspec.structs.replace(made.estimate.prices, training=6.0)
    with pytest.raises(Refused, match=r"a million trained tokens: 6 USD and not 5 USD; the training: "):
        require_unchanged(made, today=DAY, prices=prices)
    only_words = msgspec.structs.replace(made.estimate.prices, source="elsewhere")
    require_unchanged(made, today=DAY, prices=only_words)
    dearer = msgspec.structs.replace(made.estimate.prices, base_input=9.0)
    assert list(changes(made, today=DAY, prices=dearer)) == ["the prices of answers are others"]


def test_tokens_that_are_counted_otherwise(planned):
    """As by a newer drytune."""
    made = planned()
    before = msgspec.structs.replace(made.estimate, tokens=made.estimate.tokens + 1)
    found = list(changes(msgspec.structs.replace(made, estimate=before), today=DAY))
    assert found == [f"the tokens: {before.tokens - 1:,} and not {before.tokens:,}"]


def test_errors_by_now(planned):
    """The rules are those that it was planned with, and some look at the calendar."""
    made = planned(rules={"model-retiring": "error"})
    require_unchanged(made, today=DAY)
    with pytest.raises(Refused, match=r"the dataset has errors by now \(.*model-retiring"):
        require_unchanged(made, today=date(2026, 12, 1))


def test_rules_are_part_of_the_plan(planned, write):
    """What was let pass then is let pass now."""
    text = write().read_text().replace("You count.", "You count. Ask cat@mail.example.org.")
    made = planned(training=write("mail.jsonl", text), rules={"email-address": "off"})
    assert made.rules == {"email-address": "off"}
    require_unchanged(made, today=DAY)


def test_another_vendors_model(planned):
    """What it costs only the plan knows, unless it is told again."""
    prices = Prices(training=1.0, input=1.0, output=1.0, source="the profile cats")
    made = planned(model="other-model", encoding="o200k_base", n_epochs=2, prices=prices)
    require_unchanged(made, today=DAY)
    require_unchanged(made, today=DAY, prices=prices)
