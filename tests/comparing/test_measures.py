"""How much answers agree: to the letter, nearly, by meaning, in what they call, in form."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drytune.keeping.agreeing import NEAR, alike, is_exact, nearness
from drytune.keeping.collected import Prompt
from drytune.keeping.fitting import judge_of
from drytune.keeping.measures import measures_of, verdict_on
from drytune.keeping.said import Call, Said, failed

SCHEMA = {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}
TOOL = {"type": "function", "function": {"name": "f", "parameters": SCHEMA}}


def says(text="", *calls, **more):
    return Said(text=text, calls=tuple(Call(*call) for call in calls), **more)


def measured(recorded, new, **body):
    prompt = Prompt(number=1, door="chat", body=body, recorded=tuple(recorded))
    return measures_of(prompt, tuple(new))


def verdict(recorded, new, **body):
    return verdict_on(measured(recorded, new, **body))


@pytest.mark.parametrize(
    ("one", "other", "exact", "near"),
    [
        (says("Paris."), says(" Paris.\n"), True, True),
        (says("Paris."), says("paris."), False, True),
        (says("Ｐａｒｉｓ　です"), says("paris です"), False, True),
        (says("The capital is Paris."), says("The capital is Paris!"), False, True),
        (says("Yes"), says("No"), False, False),
        (says("今日はとても良い天気です。"), says("今日はとても良い天気ですね。"), False, True),
        (says("今日はとても良い天気です。"), says("猫は魚を食べる。"), False, False),
        (says('{"a": 1, "b": [true]}'), says('{"b":[true],"a":1.0}'), False, True),
        (says(), says(), True, True),
        (says("Hi"), says(), False, False),
        (says(refusal="No."), says(refusal="I cannot."), False, True),
        (says(refusal="No."), says(), False, False),
        (says("Hi"), says("Hi", refusal="No."), False, False),
        (says("", ("f", '{"a":1}')), says("", ("f", '{ "a": 1.0 }')), True, True),
        (says("", ("f", '{"a":1}')), says("", ("f", '{"a":2}')), False, False),
        (says("", ("f", "{}"), ("g", "")), says("", ("g", "{}"), ("f", "{}")), True, True),
        (says("", ("f", "{")), says("", ("f", "{")), True, True),
        (says("Hi", ("f", "{}")), says("Hi"), False, False),
    ],
)
def test_pairs(one, other, exact, near):
    """Exact is the same text and calls; near is by meaning, or by most of its characters."""
    assert is_exact(one, other) is exact
    assert (exact or nearness(one, other)[0]) is near
    assert is_exact(other, one) is exact


def test_long_texts_are_alike_only_piece_by_piece():
    """Two long texts have the same n-grams, as a language has only so many; in the same places they have not."""
    first = " ".join(f"The {number} of the words is {number * 7919 % 1000}." for number in range(2000))
    second = " ".join(f"A chapter {number} tells of dogs, ships and rain." for number in range(2000))
    assert alike(first, first[:-20] + "Other end.") > 0.95
    assert alike(first, second) < NEAR
    assert alike(first, first[:2000]) < 0.5


@settings(max_examples=60)
@given(one=st.text(max_size=40), other=st.text(max_size=40), times=st.sampled_from([1, 200]))
def test_alike_is_a_share(one, other, times):
    """From 0 to 1, the same in both directions, 1 with itself."""
    one, other = one * times, other * times
    assert 0.0 <= alike(one, other) <= 1.0
    assert alike(one, other) == pytest.approx(alike(other, one))
    assert alike(one, one) == 1.0


def test_calls_are_counted_where_one_side_calls():
    """Names and arguments apart."""
    calls = measured([says("", ("f", '{"a":1}')), says("words")], [says("", ("f", '{"a":2}'))]).calls
    assert (calls.pairs, calls.names, calls.arguments) == (2, 0.5, 0.0)
    assert measured([says("Hi")], [says("Hi")]).calls is None


@pytest.mark.parametrize(
    ("said", "fits"),
    [
        (says('{"a": 1}'), True),
        (says('{"a": "1"}'), False),
        (says("words"), False),
        (says('{"a": 1', finish_reason="length"), False),
        (says(refusal="No."), None),
        (says("", ("f", '{"a": 1}')), True),
        (says("", ("f", "{}")), False),
        (says("", ("f", "{")), False),
        (says("", ("unknown", "{}")), False),
    ],
)
@pytest.mark.parametrize(
    "body",
    [
        {"response_format": {"type": "json_schema", "json_schema": {"schema": SCHEMA}}, "tools": [TOOL]},
        {"text": {"format": {"type": "json_schema", "schema": SCHEMA}}, "tools": [{"type": "function", "name": "f",
         "parameters": SCHEMA}]},
    ],
)  # fmt: skip
def test_schemas(body, said, fits):
    """Of the answer and of functions, as either door declares them; to refuse is allowed."""
    assert judge_of(body)(said) is fits


@pytest.mark.parametrize(
    ("body", "said", "fits"),
    [
        ({}, says("anything"), None),
        ({"response_format": {"type": "json_object"}}, says("{}"), True),
        ({"response_format": {"type": "json_object"}}, says("[]"), False),
        ({"functions": [{"name": "f", "parameters": SCHEMA}]}, says("", ("f", "{}")), False),
        ({"tools": [{"type": "custom", "custom": {"name": "g"}}]}, says("", ("g", "any")), True),
        ({"tools": [{"type": "function", "function": {"name": "f", "parameters": {"type": 3}}}]},
         says("", ("f", "{}")), True),
        ({"tools": 3, "response_format": 4}, says("x"), None),
    ],
)  # fmt: skip
def test_other_forms(body, said, fits):
    """JSON of any shape, older functions, custom tools; what is no schema forbids nothing."""
    assert judge_of(body)(said) is fits


def test_verdicts():
    """In one word."""
    paris, same = says("The capital is Paris."), [says("The capital is Paris.")]
    assert verdict(same, [paris, paris]) == "same"
    assert verdict(same, [paris, says("dog")]) == "alike"
    assert verdict(same, [says("dog")]) == "different"
    assert verdict(same, [failed("no")]) == "error"
    assert verdict(same, [failed("no"), paris]) == "same"
    assert verdict(same, []) == "unasked"
    assert verdict([failed("no")], [paris]) == "unrecorded"
    assert verdict(same, [says(refusal="No.")]) == "refused"
    assert verdict([says(refusal="No.")], [says(refusal="I cannot.")]) == "alike"


def test_as_different_as_among_themselves():
    """A creative prompt: the recorded answers differ too; gibberish does not pass for another of them."""
    poems = [says("Roses are red and the sky is blue"), says("Rain falls on the river, and the sea is grey")]
    assert verdict(poems, [says("Snow lies on the sea and the river is red")]) == "varies"
    assert verdict(poems, [says("12345 67890 !?")]) == "different"


def test_figures():
    """Counts, means of lengths, medians of times; errors are no answers."""
    new = [
        says("ab", completion_tokens=1, wait=1.0, total=2.0),
        says("abcd", completion_tokens=3, wait=3.0, total=4.0, finish_reason="length"),
        says("", refusal="no"),
        says(),
        failed("x"),
    ]
    found = measured([says("abc", completion_tokens=4)], new)
    side = found.new
    assert (side.answers, side.errors, side.empty, side.refusals, side.truncated) == (4, 1, 1, 1, 1)
    assert (side.tokens, side.characters, side.wait, side.total) == (2, 2, 2.0, 3.0)
    assert (found.length, found.length_tokens) == (pytest.approx(2 / 3), 0.5)
