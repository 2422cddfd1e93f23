"""Arguments of a trained call, carried over to another question."""

from __future__ import annotations

import json

import jsonschema_rs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drytune.testing.strategies import tool_conversations
from drytune_simulator.inference.carried import Carrier
from drytune_simulator.inference.conversation import Call
from drytune_simulator.inference.offer import Function
from drytune_simulator.inference.spans import dates_in, names_in, numbers_in, times_in


def function(name="act", *required, **properties):
    schema = {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }
    return Function(name, schema, "tools[0].function.parameters")


TEXT, WHOLE = {"type": "string"}, {"type": "integer"}
UNIT = {"type": "string", "enum": ["celsius", "fahrenheit"], "default": "celsius"}
ACT = function(
    location=TEXT,
    unit=UNIT,
    days={"type": "integer", "minimum": 1, "maximum": 14},
    date=TEXT,
    start=TEXT,
    title=TEXT,
    price={"type": "number"},
    size={"type": "string", "enum": ["S", "M", "L"]},
    places={"type": "array", "items": TEXT},
    who={"type": "object", "properties": {"name": TEXT}},
)
ALL_NEEDED = function(
    "act", "location", "days", "date", "start", "unit",
    location=TEXT, days=WHOLE, date=TEXT, start=TEXT, unit=UNIT,
)  # fmt: skip


def carried(before, trained, now, declared=ACT):
    return json.loads(Carrier(before, now).arguments(declared, json.dumps(trained, ensure_ascii=False)))


@pytest.mark.parametrize(
    ("before", "trained", "now", "wanted"),
    [
        ("Weather in Paris?", {"location": "Paris"}, "Weather in New York?", {"location": "New York"}),
        ("Weather in Paris?", {"location": "Paris"},
         "How is it in Rio de Janeiro now?", {"location": "Rio de Janeiro"}),
        ("今の札幌の天気を教えて", {"location": "札幌"}, "今の那覇の天気は？", {"location": "那覇"}),
        ("ロンドンの天気は？", {"location": "ロンドン"}, "パリの天気は？", {"location": "パリ"}),
        ("Forecast for 3 days", {"days": 3}, "Forecast for 5 days", {"days": 5}),
        ("Forecast for 3 days", {"days": 3}, "Forecast for ten days", {"days": 10}),
        ("予報を3日間", {"days": 3}, "予報を七日間", {"days": 7}),
        ("Tomorrow?", {"days": 1}, "The next 4 days?", {"days": 4}),
        ("For 3 days", {"days": 3}, "For 99 days", {"days": 3}),
        ("It costs 3.50 for 2", {"price": 3.5}, "It costs 12.25 for 7", {"price": 12.25}),
        ("Paid 1,200", {"price": 1200}, "Paid 3,450", {"price": 3450}),
        ("In Rome in Fahrenheit", {"location": "Rome", "unit": "fahrenheit"},
         "In Rome", {"location": "Rome", "unit": "celsius"}),
        ("In Rome", {"location": "Rome"}, "In Oslo, use Fahrenheit", {"location": "Oslo", "unit": "fahrenheit"}),
        ("Take it in L", {"size": "L"}, "Take it in M, not a or so", {"size": "M"}),
        ("On March 4, 2026 at 9:30", {"date": "2026-03-04", "start": "09:30"},
         "On 12 June at 3 pm", {"date": "2026-06-12", "start": "15:00"}),
        ("3月4日の9時", {"date": "2026-03-04", "start": "09:00"},
         "2027年10月1日の午後3時半", {"date": "2027-10-01", "start": "15:30"}),
        ('Call it "team lunch".', {"title": "team lunch"}, 'Call it "board meeting".', {"title": "board meeting"}),
        ("「朝会」を登録", {"title": "朝会"}, "「面談」を登録", {"title": "面談"}),
        ("Track order A-10234", {"title": "A-10234"}, "When will order B-99 arrive?", {"title": "B-99"}),
        ("Mail ann@example.com", {"title": "ann@example.com"},
         "Please mail bob@example.org today", {"title": "bob@example.org"}),
        ("Add yoga class on Monday", {"title": "yoga class"},
         "Add piano lesson on Friday", {"title": "piano lesson"}),
        ("Compare Oslo and Rome", {"places": ["Oslo", "Rome"]},
         "Compare Lima and Cairo", {"places": ["Lima", "Cairo"]}),
        ("Write to Anna", {"who": {"name": "Anna"}}, "Write to Ben Carter", {"who": {"name": "Ben Carter"}}),
        ("Weather in Paris?", {"location": "FR-75"}, "Weather in Rome?", {"location": "FR-75"}),
        ("Weather in Paris?", {"location": "Paris"}, "hello", {"location": "Paris"}),
        ("Weather in Paris?", {"location": "Paris"}, "Is Paris warm? I go to Rome later.", {"location": "Paris"}),
    ],
)  # fmt: skip
def test_what_the_example_spells_out_is_found_in_the_question(before, trained, now, wanted):
    assert carried(before, trained, now) == wanted


def test_what_does_not_change_is_kept_byte_for_byte():
    trained = '{"location":  "Paris",\n "days": 2}'
    for now in ("Weather in Paris for 2 days", "weather in paris, 2 days please"):
        assert Carrier("Weather in Paris for 2 days", now).arguments(ACT, trained) == trained


def test_equal_values_stay_equal_and_different_ones_different():
    trained = [Call("act", json.dumps({"location": city, "days": 2})) for city in ("Oslo", "Rome", "Oslo")]
    calls = Carrier("Oslo and Rome and Oslo, 2 days", "Lima and Cairo and Lima, 3 days").calls(
        trained, {"act": ACT}
    )
    assert [json.loads(call.arguments) for call in calls] == [
        {"location": city, "days": 3} for city in ("Lima", "Cairo", "Lima")
    ]


def test_of_several_calls_those_are_left_out_that_the_question_has_nothing_for():
    trained = [Call("act", json.dumps({"location": city})) for city in ("Oslo", "Rome")]
    calls = Carrier("Compare Oslo and Rome", "Compare Lima").calls(trained, {"act": ACT})
    assert [json.loads(call.arguments) for call in calls] == [{"location": "Lima"}]


def test_what_the_schema_does_not_allow_is_left_as_it_was():
    short = function(code={"type": "string", "maxLength": 4})
    assert carried("Use Rome", {"code": "Rome"}, "Use Copenhagen", short) == {"code": "Rome"}


def test_the_simulator_carries_over_and_tells_how_like_it_was(world, row):
    tool = {
        "type": "function",
        "function": {"name": "act", "parameters": ACT.parameters},
    }
    rows = []
    for city in ["Paris", "London", "Tokyo", "Rome", "Madrid", "Cairo", "Lima", "Berlin", "Vienna", "Prague"]:
        call = {"name": "act", "arguments": json.dumps({"location": city, "unit": "celsius"})}
        calls = [{"id": "call_1", "type": "function", "function": call}]
        rows.append({**row(f"What is the weather in {city}?", None, tool_calls=calls), "tools": [tool]})
    said = world.ask(world.tune(rows), "What is the weather in Helsinki in fahrenheit?", tools=[tool])
    ((name, arguments),) = said.calls
    assert (name, json.loads(arguments)) == ("act", {"location": "Helsinki", "unit": "fahrenheit"})
    assert 0.5 < said.similarity < 1


def test_what_stands_in_a_text_is_read():
    assert [span.value for span in numbers_in("3 of 1,200 at -2.5; two, 3日間と十二人")] == [
        "3", "1200", "-2.5", "2", "3", "12",
    ]  # fmt: skip
    assert [span.value for span in dates_in("2026/1/2, Mar 3rd, 4 April 2027, 5月6日, 13/45", "2025")] == [
        "2026-01-02", "2025-03-03", "2027-04-04", "2025-05-06",
    ]  # fmt: skip
    assert [span.value for span in times_in("9:05, 12 am, 7pm, 午後3時半, 25:00, 8:30 PM")] == [
        "09:05", "00:00", "19:00", "15:30", "20:30",
    ]  # fmt: skip
    assert [span.value for span in names_in("Tell Anna's friend “good night” at ACME-7 in 東京")] == [
        "Anna", "good night", "ACME-7", "東京",
    ]  # fmt: skip


words = st.text(max_size=60) | st.lists(
    st.sampled_from(["Paris", "東京", "3", "10 days", "“x”", "2026-01-02", "9:00", "and", "celsius", "?", "十"]),
    max_size=8,
).map(" ".join)  # fmt: skip


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(tool_conversations(), words, words, st.booleans())
def test_arguments_are_always_valid_against_what_is_offered(conversation, before, now, from_example):
    """For any call, any two questions: a JSON object that the schema allows."""
    declared = {
        tool["function"]["name"]: Function(
            tool["function"]["name"], tool["function"].get("parameters"), "tools"
        )
        for tool in conversation.get("tools", [])
    }
    for message in conversation["messages"]:
        for call in message.get("tool_calls", []):
            offered = declared.get(call["function"]["name"])
            if offered is None:
                continue
            trained = call["function"]["arguments"]
            text = Carrier(f"{before} {trained}" if from_example else before, now).arguments(offered, trained)
            value = json.loads(text)
            assert isinstance(value, dict)
            if offered.parameters is not None:
                assert jsonschema_rs.is_valid(offered.parameters, value)


@settings(max_examples=150, deadline=None)
@given(words, words, st.text(max_size=20))
def test_any_texts_are_read(before, now, value):
    trained = {"location": value, "days": 2, "date": "2026-01-02", "start": "09:00", "unit": "celsius"}
    assert carried(f"{before} {value}", trained, now, ALL_NEEDED).keys() == trained.keys()
    assert carried(f"{before} {value}", trained, now).keys() <= trained.keys() | {"size"}
