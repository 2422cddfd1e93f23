"""Which value of a question goes into which argument of a trained call, and what is left out."""

from __future__ import annotations

import json
import time

import pytest

from drytune_simulator.inference.carried import Carrier
from drytune_simulator.inference.conversation import Call
from drytune_simulator.inference.offer import Function
from drytune_simulator.inference.switches import turned

TEXT, WHOLE = {"type": "string"}, {"type": "integer"}
CURRENCY = {"type": "string", "enum": ["USD", "EUR", "JPY"]}


def function(*required, **properties):
    names = {name.rstrip("_"): schema for name, schema in properties.items()}
    schema = {
        "type": "object",
        "properties": names,
        "required": list(required),
        "additionalProperties": False,
    }
    return Function("act", schema, "tools[0].function.parameters")


def carried(declared, before, trained, now):
    return json.loads(Carrier(before, now).arguments(declared, json.dumps(trained, ensure_ascii=False)))


@pytest.mark.parametrize("currency", [TEXT, CURRENCY])
@pytest.mark.parametrize(
    ("now", "source", "target"),
    [
        ("Convert 250 JPY to USD", "JPY", "USD"),
        ("Convert 250 EUR to USD", "EUR", "USD"),
        ("Convert 250 USD to JPY", "USD", "JPY"),
        ("Convert 250 EUR to JPY", "EUR", "JPY"),
        ("Please convert 250 USD to EUR", "USD", "EUR"),
    ],
)
def test_a_value_is_taken_by_its_place_though_the_example_had_it_elsewhere(currency, now, source, target):
    declared = function("amount", "from", "to", amount=WHOLE, from_=currency, to=currency)
    trained = {"amount": 100, "from": "USD", "to": "EUR"}
    assert carried(declared, "Convert 100 USD to EUR", trained, now) == {
        "amount": 250, "from": source, "to": target,
    }  # fmt: skip


FLIGHT = function("origin", "destination", origin=TEXT, destination=TEXT, date=TEXT, passengers=WHOLE)
FLOWN = (
    "Book a flight from London to Paris on 2025-03-04 for 2 passengers",
    {"origin": "London", "destination": "Paris", "date": "2025-03-04", "passengers": 2},
)


@pytest.mark.parametrize(
    ("now", "wanted"),
    [
        ("I need to fly from Paris to London on 2025-05-05",
         {"origin": "Paris", "destination": "London", "date": "2025-05-05"}),
        ("Flight to London from Paris please", {"origin": "Paris", "destination": "London"}),
        ("fly from paris to london", {"origin": "Paris", "destination": "London"}),
        ("fly from new york to los angeles on 2025-11-11",
         {"origin": "new york", "destination": "los angeles", "date": "2025-11-11"}),
        ("Book a flight from Rome to Oslo on June 7th",
         {"origin": "Rome", "destination": "Oslo", "date": "2025-06-07"}),
        ("Book a flight from Rome to Oslo on June 7th for 3",
         {"origin": "Rome", "destination": "Oslo", "date": "2025-06-07", "passengers": 3}),
    ],
)  # fmt: skip
def test_places_numbers_and_dates_of_a_flight(now, wanted):
    assert carried(FLIGHT, *FLOWN, now) == wanted


def test_lower_case_words_change_places_too():
    declared = function(amount=WHOLE, from_=TEXT, to=TEXT)
    trained = {"amount": 100, "from": "savings", "to": "checking"}
    assert carried(
        declared,
        "Transfer 100 dollars from savings to checking",
        trained,
        "Transfer 250 dollars from checking to savings",
    ) == {"amount": 250, "from": "checking", "to": "savings"}


def test_numbers_that_change_places_go_by_the_word_behind_them():
    declared = function(adults=WHOLE, children=WHOLE)
    asked = ("A room for 2 adults and 3 children", {"adults": 2, "children": 3})
    assert carried(declared, *asked, "A room for 4 adults and 1 child") == {"adults": 4, "children": 1}
    assert carried(declared, *asked, "A room for 4 children and 1 adult") == {"adults": 1, "children": 4}
    assert carried(declared, *asked, "A room for 4 children") == {"children": 4}


TABLE = ("Book a table on 2025-03-04 for 2 guests", {"date": "2025-03-04", "guests": 2})


@pytest.mark.parametrize(
    ("now", "date", "guests"),
    [
        ("Book a table on 2026-07-08", "2026-07-08", None),
        ("Book a table on June 7th at 8 pm", "2025-06-07", None),
        ("Book a table for 5 at 7 pm on 2026-07-08", "2026-07-08", 5),
        ("Book a table for order A-77 on 2026-07-08", "2026-07-08", None),
    ],
)
def test_numbers_in_dates_times_and_codes_are_no_other_arguments(now, date, guests):
    """What the question lacks is left out where that is allowed, and else stays as it was trained."""
    optional = function("date", date=TEXT, guests=WHOLE)
    assert carried(optional, *TABLE, now) == {"date": date} | ({"guests": guests} if guests else {})
    needed = function("date", "guests", date=TEXT, guests=WHOLE)
    assert carried(needed, *TABLE, now) == {"date": date, "guests": guests or 2}
    nothing = function("date", "guests", date=TEXT, guests={"type": ["integer", "null"]})
    assert carried(nothing, *TABLE, now) == {"date": date, "guests": guests}


def test_numbers_that_were_trained_as_a_part_of_a_date_are_carried_over():
    declared = function(month=WHOLE, day=WHOLE, year=WHOLE)
    asked = ("Holidays on 2025-3-4", {"year": 2025, "month": 3, "day": 4})
    assert carried(declared, *asked, "Holidays on 2026-7-8") == {"year": 2026, "month": 7, "day": 8}


def test_a_date_is_given_once():
    declared = function(start=TEXT, end=TEXT)
    asked = ("A car from 2025-03-01 to 2025-03-05", {"start": "2025-03-01", "end": "2025-03-05"})
    assert carried(declared, *asked, "A car from 2025-06-02") == {"start": "2025-06-02"}


@pytest.mark.parametrize(
    ("now", "wanted"),
    [
        ("Set a timer for 5 minutes", {"minutes": 5}),
        ("Set a timer for 2 minutes for soup", {"minutes": 2, "label": "soup"}),
        ("Set a timer for 2 hours for soup", {"minutes": 2, "label": "soup"}),
        ("Set a 7 minute timer for green tea", {"minutes": 7, "label": "green tea"}),
    ],
)
def test_a_number_that_is_an_argument_is_in_no_text(now, wanted):
    declared = function("minutes", minutes=WHOLE, label=TEXT)
    asked = ("Set a timer for 10 minutes for pasta", {"minutes": 10, "label": "pasta"})
    assert carried(declared, *asked, now) == wanted


@pytest.mark.parametrize(
    ("now", "wanted"),
    [
        ("Cancel my subscription please", "Paris"),
        ("Write a Python function", "Paris"),
        ("Explain Python decorators", "Paris"),
        ("Set an alarm for 22:15 please", "Paris"),
        ("And London?", "London"),
        ("Show the weather for Lima please", "Lima"),
        ("Could I see the weather that Berlin has?", "Berlin"),
    ],
)
def test_a_capitalised_word_needs_something_that_tells_it_to_be_a_name(now, wanted):
    declared = function(location=TEXT)
    assert carried(declared, "What's the weather in Paris?", {"location": "Paris"}, now) == {
        "location": wanted
    }


def test_nothing_is_left_out_where_nothing_would_be_left():
    declared = function(location=TEXT, days=WHOLE, who={"type": "object", "properties": {"name": TEXT}})
    trained = {"location": "Paris", "days": 2}
    assert carried(declared, "Paris for 2 days", trained, "hello") == trained
    nested = {"days": 2, "who": {"name": "Anna"}}
    assert carried(declared, "Tell Anna in 2 days", nested, "hello in 3 days") == {**nested, "days": 3}


LIST = function(who={"type": "array", "items": TEXT, "maxItems": 4}, what=TEXT)


@pytest.mark.parametrize(
    ("before", "who", "now", "wanted"),
    [
        ("Invite Anna and Ben", ["Anna", "Ben"], "Invite Dan, Erin and Fay", ["Dan", "Erin", "Fay"]),
        ("Invite Anna and Ben", ["Anna", "Ben"], "Invite Dan", ["Dan"]),
        ("Invite Anna", ["Anna"], "Please invite Dan and Erin", ["Dan", "Erin"]),
        ("Add milk and eggs to my list", ["milk", "eggs"], "Add bread, butter, and jam to my list",
         ["bread", "butter", "jam"]),
        ("東京と大阪の天気", ["東京", "大阪"], "札幌と福岡と那覇の天気", ["札幌", "福岡", "那覇"]),
        ("Invite Anna and Ben", ["Anna", "Ben"], "Invite A1, B2, C3, D4 and E5", ["A1", "E5"]),
        ("Buy salt and pepper", ["salt and pepper"], "Buy oil", ["oil"]),
    ],
)  # fmt: skip
def test_lists_become_as_long_as_the_question_has_them(before, who, now, wanted):
    """As far as the schema allows."""
    assert carried(LIST, before, {"who": who}, now) == {"who": wanted}


def test_a_list_and_a_text_beside_it():
    asked = ("Invite Anna and Ben to lunch", {"who": ["Anna", "Ben"], "what": "lunch"})
    assert carried(LIST, *asked, "Invite Dan, Erin and Fay to dinner tomorrow") == {
        "who": ["Dan", "Erin", "Fay"], "what": "dinner",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("before", "now", "wanted"),
    [
        ("Turn on the lights", "Turn off the lights", True),
        ("Turn on the lights", "switch the hall lights off on Monday", True),
        ("Turn on the lights", "Turn the lights on", False),
        ("Turn on the lights", "Dim the lights on Monday", False),
        ("Enable the alarm", "disable the alarm", True),
        ("Lock the door", "Unlock the door", True),
        ("電気をつけて", "電気を消して", True),
    ],
)
def test_opposites(before, now, wanted):
    assert turned(before, now) is wanted
    assert turned(now, before) is wanted


def test_the_only_boolean_is_turned():
    declared = function(on={"type": "boolean"}, room=TEXT, dim={"type": "boolean"})
    asked = ("Turn on the kitchen lights", {"on": True, "room": "kitchen"})
    assert carried(declared, *asked, "Turn off the hall lights") == {"on": False, "room": "hall"}
    two = {"on": True, "dim": False}
    assert carried(declared, "Turn on the kitchen lights", two, "Turn off the hall lights") == two


def test_of_two_calls_the_one_that_the_question_fits_best_is_left():
    calls = [Call("act", json.dumps({"location": city})) for city in ("Oslo", "Cairo")]
    carrier = Carrier("Compare the weather in Oslo and Cairo now", "What's the weather like in Paris now?")
    given = carrier.calls(calls, {"act": function(location=TEXT)})
    assert [json.loads(call.arguments) for call in given] == [{"location": "Paris"}]


def test_long_questions_full_of_values_are_read_in_good_time():
    names = [f"Name{chr(65 + n // 26)}{chr(97 + n % 26)}" for n in range(100)]
    trained = {"who": names[:4], "what": ", ".join(names)}
    declared = function(who={"type": "array", "items": TEXT}, what=TEXT)
    many = {"who": [*names, *[str(n) for n in range(100)]]}
    begin = time.perf_counter()
    for arguments in (trained, many):
        carried(declared, ", ".join(names), arguments, " and 3 at 9:30 on 2025-01-02 in X".join(names[::-1]))
    assert time.perf_counter() - begin < 5
