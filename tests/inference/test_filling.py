"""What of a question is put into the fields of an answer: only what is written there, each once."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drytune_simulator.inference.filling import Filling
from drytune_simulator.inference.fitting import fitted_json


def anything(_):
    return True


@pytest.mark.parametrize(
    ("question", "members", "found"),
    [
        ("Is it cold?", ["hot", "cold"], "cold"),
        ("An extra large one", ["large", "extra_large"], "extra_large"),
        ("A LARGE one", ["large", "small"], "large"),
        ("enlarged", ["large"], None),
        ("大阪の天気", ["東京", "大阪"], "大阪"),
        ("number 5", [5, "6"], None),
        ("nothing", [], None),
        ("", ["a"], None),
        ("a", [""], None),
    ],
)
def test_members_are_found_as_words(question, members, found):
    """The longest that is written; scripts without spaces have no borders between words."""
    assert Filling(question).member(members) == found


@pytest.mark.parametrize(
    ("question", "name", "found"),
    [
        ("for 3 days", "days", 3),
        ("2 adults and 3 children", "children", 3),
        ("2 adults and 3 children", "adults", 2),
        ("price: 9.50", "unit_price", 9.5),
        ("-4 degrees", "degrees", -4),
        ("version 1.2.3", "version", None),
        ("on 2025-01-02", "day", None),
        ("x1 y", "n", None),
    ],
)
def test_numbers_beside_the_fields_name_come_first(question, name, found):
    """What is part of something else is no number."""
    assert Filling(question).number(name, anything) == found


def test_numbers_are_given_once_and_only_if_they_fit():
    """The next field has the next number."""
    filling = Filling("between 7 and 12 and 99")
    assert [filling.number("n", lambda value: value < 50) for _ in range(3)] == [7, 12, None]


@pytest.mark.parametrize(
    ("question", "name", "form", "found"),
    [
        ("city: Porto", "city", None, "Porto"),
        ("The order number is A-17.", "order_number", None, "A-17"),
        ('Search for "blue shoes", please', "query", None, "blue shoes"),
        ("「青い靴」を探して", "query", None, "青い靴"),
        ("How is it in New York?", "place", None, "New York"),
        ("How is it?", "place", None, None),
        ("mail ann@example.com now", "to", "email", "ann@example.com"),
        ("on 2025-02-28", "day", "date", "2025-02-28"),
        ("on 2025-02-30", "day", "date", None),
        ("at 192.0.2.7", "host", "ipv4", "192.0.2.7"),
        ("at 192.0.2.700", "host", "ipv4", None),
        ("city: Porto", "city", "email", None),
    ],
)
def test_texts_are_found_by_format_name_or_quotes(question, name, form, found):
    """A format takes only what has it."""
    assert Filling(question).text(name, form, anything) == found


def test_optional_fields_are_given_if_the_question_names_a_member():
    """Others are left out."""
    schema = {
        "type": "object",
        "properties": {
            "size": {"type": "string", "enum": ["small", "large"]},
            "colour": {"type": "string", "enum": ["red", "blue"]},
        },
    }
    assert json.loads(fitted_json(schema, None, "a large one")) == {"size": "large"}
    assert json.loads(fitted_json(schema, None, "one")) == {}


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=80), st.text(max_size=10), st.sampled_from([None, "email", "date", "uri", "x", 3]))
def test_no_question_breaks_it(question, name, form):
    """Whatever is found is written in the question."""
    filling = Filling(question)
    text = filling.text(name, form, anything)
    assert text is None or text in question
    number = filling.number(name, anything)
    assert number is None or any(each.isdecimal() for each in question)
    member = filling.member([name, question])
    assert member in (None, name, question)
