"""Conditions on which a job is cancelled."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drytune.errors import UsageError
from drytune.workflow.conditions import METRICS, Condition


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("valid_loss > 2.5 after 100", "valid_loss > 2.5 after 100"),
        ("valid_loss>2.5", "valid_loss > 2.5"),
        (" Train-Loss <= 1e-3  AFTER step 7 ", "train_loss <= 0.001 after 7"),
        (
            "train_mean_reward < .2 and full_valid_loss >= -1",
            "train_mean_reward < 0.2 and full_valid_loss >= -1",
        ),
    ],
)
def test_what_a_condition_says(text, written):
    """A condition is read with any blanks and any case, and says itself what it is."""
    assert str(Condition.parse(text)) == written
    assert Condition.parse(written) == Condition.parse(text)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "is no condition"),
        ("valid_loss", "is no condition"),
        ("valid_loss > x", "is no condition"),
        ("valid_loss > nan", "is no condition"),
        ("valid_loss == 2", "is no condition"),
        ("valid_loss > 2 or train_loss > 2", "is no condition"),
        ("valid_loss > 2 and", "is no condition"),
        ("valid_loss > 2 after -1", "is no condition"),
        ("valid_loss > ٢", "is no condition"),
        ("valid_loss > 1e999", "beyond all numbers"),
        ("val_loss > 2", "did you mean valid_loss"),
        ("step > 2", "is no metric"),
        ("a" * 10_000 + " > 2", "is no metric"),
    ],
)
def test_what_is_no_condition(text, says):
    """What is none is refused in a short sentence."""
    with pytest.raises(UsageError, match=says) as refused:
        Condition.parse(text)
    assert len(str(refused.value)) < 400


def test_the_step_that_met_it(step_event):
    """The first step counts whose own figures meet all parts, with the numbers that it shows."""
    events = [
        step_event(100, train_loss=0.5, valid_loss=9.0),
        step_event(101, train_loss=3.0),
        step_event(110, train_loss=2.0, valid_loss=2.61),
        step_event(120, train_loss=2.0, valid_loss=2.7),
    ]
    condition = Condition.parse("valid_loss > 2.5 after 100")
    assert condition.met(events) == "valid_loss is 2.61 at step 110 (valid_loss > 2.5 after 100)"
    both = Condition.parse("train_loss > 2.5 and valid_loss > 2.5")
    assert both.met(events) is None


def test_a_figure_that_is_none_meets_nothing(step_event):
    """NaN, infinities, words, truth, a missing figure and strange events never cancel a job."""
    figures = (float("nan"), float("inf"), -float("inf"), 10**400, "9", True, None, [9])
    events = [step_event(number, valid_loss=figure) for number, figure in enumerate(figures)]
    events += [step_event(9), {"data": None}, {"data": [1]}, {}, {"data": {"train_loss": 9.0}}]
    for sign in (">", ">=", "<", "<="):
        assert Condition.parse(f"valid_loss {sign} 0").met(events) is None
    no_step = [{"data": {"valid_loss": 9.0}}]
    assert Condition.parse("valid_loss > 0 after 0").met(no_step) is None
    assert Condition.parse("valid_loss > 0").met(no_step) == "valid_loss is 9 (valid_loss > 0)"


@given(
    st.sampled_from(METRICS),
    st.sampled_from([">", ">=", "<", "<="]),
    st.floats(-100, 100),
    st.floats(-100, 100),
    st.integers(0, 5) | st.none(),
)
def test_it_compares_as_python_does(step_event, metric, sign, bound, figure, after):
    """Of one step, a condition is what Python says of the numbers."""
    text = f"{metric} {sign} {bound!r}" + ("" if after is None else f" after {after}")
    wanted = {">": figure > bound, ">=": figure >= bound, "<": figure < bound, "<=": figure <= bound}[sign]
    met = Condition.parse(text).met([step_event(3, **{metric: figure})])
    assert (met is not None) == (wanted and (after is None or after < 3))


@given(
    st.lists(st.sampled_from([*METRICS[:3], "after", "and", ">", "<=", "1", "-2.5e3", "é", " "]), max_size=9)
)
def test_any_words_are_a_condition_or_refused(words):
    """Nothing but a condition, or a sentence, comes of words in any order."""
    text = " ".join(words)
    try:
        condition = Condition.parse(text)
    except UsageError:
        return
    assert Condition.parse(str(condition)) == condition
