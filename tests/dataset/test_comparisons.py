"""Examples compared with each other: the same, nearly the same, answered differently, trained and validated on."""

import itertools
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drytune_simulator.catalog import find
from drytune_simulator.dataset import Distribution, judge
from drytune_simulator.dataset.distribution import distribution_of
from drytune_simulator.dataset.fingerprints import fingerprints_of, groups, merge_fingerprints
from drytune_simulator.dataset.sketch import NOTHING, _sketch, _sketched_together, agreement, sketches

MODEL = find("gpt-4.1-mini")
NAMES = ["Ada", "Bo", "Cy", "Di", "Ed", "Flo", "Gus", "Hal", "Ivy", "Jo"]
LONG = (
    "Our shop is open from nine to six on weekdays and from ten to four on Saturdays; on Sundays and public "
    "holidays it stays closed, but orders can be placed on the website at any time, and parcels leave the store "
    "the next day."
)


def row(user, reply, system=None, **more):
    messages = [{"role": "user", "content": user}, {"role": "assistant", "content": reply}]
    if system is not None:
        messages.insert(0, {"role": "system", "content": system})
    return {"messages": messages, **more}


GOOD = [row(f"I am {name}.", f"Hello, {name}!") for name in NAMES]


def found(rows, validation=None):
    """(code, file, line) of all findings."""
    data, *more = (
        b"\n".join(json.dumps(one).encode() for one in some)
        for some in [rows, *([validation] if validation else [])]
    )
    verdict = judge(data, model=MODEL, validation=more[0] if more else None)
    return [(finding.code, finding.line) for finding in verdict.findings]


def test_the_same_example_is_told_once_for_all_its_lines():
    """At the second line; the order of keys does not matter."""
    again = {
        "messages": [
            {"content": message["content"], "role": message["role"]} for message in GOOD[2]["messages"]
        ]
    }
    rows = [*GOOD, again, GOOD[5], GOOD[2]]
    assert found(rows) == [("duplicate-example", 11), ("duplicate-example", 12)]
    verdict = judge(b"\n".join(json.dumps(one).encode() for one in rows), model=MODEL)
    assert (
        verdict.findings[0].message
        == "The example is the same as that of line 3, and so are 1 more (line 13)."
    )


def test_tools_make_an_example_another():
    """The same words with something to call are not the same example."""
    tools = [{"type": "function", "function": {"name": "look_up"}}]
    assert found([*GOOD, {**GOOD[0], "tools": tools}]) == []


def test_nearly_the_same_is_told():
    """A word changed in a long text; short texts are compared exactly."""
    other = LONG.replace("public holidays", "bank holidays")
    rows = [*GOOD, row("When are you open?", LONG), row("When are you open, please?", other)]
    assert found(rows) == [("near-duplicate", 12)]
    assert found([*GOOD, row("I am Jim.", "Hello, Jim!"), row("I am Kim.", "Hello, Kim!")]) == []


def test_a_template_does_not_make_examples_alike():
    """A long instruction before twelve different reviews is one layout, and no twelve copies."""
    instruction = "Read the review of a product below and answer with one word, positive or negative. " * 3
    reviews = [
        "Five stars, the kettle boils in a minute.", "Terrible battery, dead by noon.", "It broke on day two.",
        "My children love these blocks!", "Arrived late and scratched.", "Best pillow I ever had.",
        "The zipper jams all the time.", "Crisp picture, rich sound.", "Smells of glue, sent it back.",
        "Sturdy, simple, worth every cent.", "Colors faded after one wash.", "Quiet enough for the nursery.",
    ]  # fmt: skip
    rows = [
        row(f"{instruction}\nReview: {text}", "positive" if n % 2 else "negative")
        for n, text in enumerate(reviews)
    ]
    assert found(rows) == []


def test_of_many_copies_enough_are_kept_to_tell():
    """Beyond what is compared, two of a kind are kept; a file of copies does not pass for one of none."""
    one = fingerprints_of(range(1, 301), [7] * 300, [0] * 300, [NOTHING] * 300)
    kept = merge_fingerprints([(one, 0), (one, 300)], most=64)
    assert (kept.seen, list(kept.column("lines"))) == (600, [1, 2])


@pytest.mark.parametrize(
    "rows",
    [
        [{"messages": [{"role": "assistant", "content": name}]} for name in NAMES],
        [{"messages": [{"role": "system", "content": "Write a poem."}, {"role": "assistant", "content": name}]}
         for name in NAMES],
    ],
)  # fmt: skip
def test_where_nothing_is_asked_nothing_conflicts(rows):
    """Instructions alone have many answers."""
    assert "conflicting-answers" not in {code for code, _ in found(rows)}


def test_weights_and_names_make_an_example_another():
    """The same words with another message to be learned teach something else."""

    def weighted(one, two):
        turn = GOOD[0]["messages"]
        return {"messages": [turn[0], {**turn[1], "weight": one}, *GOOD[1]["messages"][:1],
                             {**GOOD[1]["messages"][1], "weight": two}]}  # fmt: skip

    assert found([*GOOD, weighted(0, 1), weighted(1, 0)]) == []


def test_one_question_with_two_answers_is_told():
    """Also behind the same turns; another system prompt is another question."""
    assert found([*GOOD, row("I am Bo.", "Go away.")]) == [("conflicting-answers", 11)]
    assert ("conflicting-answers", 11) not in found([*GOOD, row("I am Bo.", "Go away.", "Be rude.")])


def test_what_is_validated_on_must_not_be_trained_on():
    """At the line of the validation file."""
    assert found(GOOD, [row("Who?", "Me."), GOOD[3]]) == [("leaked-validation", 2)]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([*(row(name, f"Hi {name}", "Be kind.") for name in NAMES * 2), row("x", "y")], 21),
        ([row("x", "y", "Be knid."), *(row(name, f"Hi {name}", "Be kind.") for name in NAMES)], 1),
        ([row(name, f"Hi {name}", f"Be {name}.") for name in NAMES], None),
        ([row(name, f"Hi {name}", f"Be {number % 2}.") for number, name in enumerate(NAMES)], None),
    ],
)
def test_a_few_other_instructions_are_told(rows, expected):
    """A few examples without the system prompt of the most, or with another; several common ones are meant."""
    lines = [line for code, line in found(rows) if code == "inconsistent-system-prompts"]
    assert lines == ([] if expected is None else [expected])


@given(st.lists(st.binary(max_size=400) | st.text(max_size=200).map(str.encode), max_size=8))
@settings(deadline=None)
def test_sketches_are_the_same_with_and_without_numpy(texts):
    """And do not depend on what they are computed with."""
    assert _sketched_together(texts) == [_sketch(text) for text in texts] == sketches(texts)


@given(st.text("abcdefghij ", min_size=400, max_size=800), st.integers(0, 399))
@settings(deadline=None)
def test_a_small_change_leaves_most_of_a_sketch(text, place):
    """The share of bins that agree estimates what part of their windows two texts share."""
    changed = text[:place] + "Z" + text[place + 1 :]
    one, other = _sketch(text.encode()), _sketch(changed.encode())
    assert agreement(one, one) == (1.0 if one != NOTHING else 0.0)
    assert NOTHING in (one, other) or agreement(one, other) >= 0.5


_words = st.integers(0, 40)
_prints = st.lists(_words, max_size=30)


@given(_prints, _prints, _prints, st.integers(1, 20))
def test_a_sample_does_not_depend_on_how_a_file_is_cut(one, two, three, most):
    """Of more examples than are kept, those stay whose hashes say so."""

    def prints(words):
        return fingerprints_of(range(1, len(words) + 1), words, words, [NOTHING] * len(words))

    a, b, c = prints(one), prints(two), prints(three)
    whole = merge_fingerprints([(a, 0), (b, 50), (c, 100)], most)
    left = merge_fingerprints([(merge_fingerprints([(a, 0), (b, 50)], most), 0), (c, 100)], most)
    right = merge_fingerprints([(a, 0), (merge_fingerprints([(b, 0), (c, 50)], most), 50)], most)
    assert whole == left == right
    assert len(whole) <= most or whole.shift == 63


@given(st.lists(st.integers(0, 12), max_size=60), st.none() | st.just(0))
def test_groups_are_the_places_of_equal_words(words, skip):
    """In order of their first places, by a dictionary and by sorting alike."""
    expected = [
        [place for place, other in enumerate(words) if other == word]
        for word in dict.fromkeys(words)
        if words.count(word) > 1 and word != skip
    ]
    assert list(groups(words, skip)) == expected
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("drytune_simulator.dataset.fingerprints._MANY", 0)
        assert list(groups(words, skip)) == (expected if words else [])


@given(st.lists(st.integers(0, 1000), min_size=1, max_size=50), st.floats(0, 1))
def test_distributions_are_exact(values, q):
    """Their figures are numpy's."""
    spread = distribution_of(values)
    assert (spread.count, spread.minimum, spread.maximum) == (len(values), min(values), max(values))
    assert spread.mean == pytest.approx(np.mean(values))
    assert spread.quantile(q) == pytest.approx(np.quantile(values, q))
    bins = spread.bins(7)
    assert len(bins) <= 7
    assert sum(times for _, _, times in bins) == len(values)
    assert all(high == low for (_, high, _), (low, _, _) in itertools.pairwise(bins))
    assert distribution_of(values[:3]) + distribution_of(values[3:]) == spread


def test_no_values_have_figures_too():
    """All nothing."""
    nothing = Distribution()
    assert (nothing.count, nothing.mean, nothing.median, nothing.bins(5)) == (0, 0.0, 0.0, [])
