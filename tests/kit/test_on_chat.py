"""`on_chat`: what models are to say in a test, by what they are asked."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import re
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any, Literal

import openai
import pydantic
import pytest

from drytune import async_simulated, simulated
from drytune.testing.scripting import Scripting, failure, tool_call
from drytune_simulator import Say, ScriptError, Simulator

CHAT, PROMPT = "gpt-4o-mini", "davinci-002"
TOOL = {
    "name": "get_weather",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}


class Kit:
    """A simulator, what is expected of it, and its clients."""

    def __init__(self) -> None:
        self.simulator = Simulator()
        self.scripting = Scripting(self.simulator.scripts)
        self.on_chat = self.scripting.on_chat
        self.client = simulated(self.simulator, max_retries=0)

    def chat(self, text: Any = "Hello", *, model: str = CHAT, **more: Any) -> Any:
        messages = [{"role": "user", "content": text}] if isinstance(text, str) else text
        if "tools" in more:
            more["tools"] = [{"type": "function", "function": tool} for tool in more["tools"]]
        create: Any = self.client.chat.completions.create
        return create(model=model, messages=messages, **more).choices[0].message

    def say(self, text: str = "Hello", **more: Any) -> Any:
        return self.chat(text, **more).content

    def respond(self, text: str = "Hello") -> str:
        return self.client.responses.create(model=CHAT, input=text).output_text

    def complete(self, text: str = "Hello") -> str:
        return self.client.completions.create(model=PROMPT, prompt=text).choices[0].text


@pytest.fixture
def kit():
    kit = Kit()
    yield kit
    kit.client.close()
    kit.simulator.close()


# -- which questions -----------------------------------------------------------------------------------------


def test_a_reply_answers_at_every_door(kit):
    """Chats, responses and completions."""
    hello = kit.on_chat(text="Hello").reply("Hi")
    assert [kit.say(), kit.respond(), kit.complete()] == ["Hi"] * 3
    assert hello.calls == 3


def test_a_reply_is_streamed_where_a_stream_is_asked_for(kit):
    """By the pieces of the platform."""
    kit.on_chat().reply("Hi there, stranger")
    create = kit.client.chat.completions.create
    pieces = create(model=CHAT, messages=[{"role": "user", "content": "x"}], stream=True)
    assert "".join(piece.choices[0].delta.content or "" for piece in pieces) == "Hi there, stranger"
    with kit.client.responses.stream(model=CHAT, input="x") as events:
        assert events.get_final_response().output_text == "Hi there, stranger"
    completed = kit.client.completions.create(model=PROMPT, prompt="x", stream=True)
    assert "".join(piece.choices[0].text for piece in completed) == "Hi there, stranger"


def test_asynchronous_clients_are_answered_too(kit):
    """In this process."""

    async def ask() -> str:
        async with async_simulated(kit.simulator) as client:
            return (await client.responses.create(model=CHAT, input="Hello")).output_text

    kit.on_chat(text="Hello").fail(503).reply("Hi")
    assert asyncio.run(ask()) == "Hi"


@pytest.mark.parametrize(
    ("conditions", "fitting", "other"),
    [
        ({"text": "Hello"}, "Hello", "Hello!"),
        ({"pattern": "(?i)WEATHER"}, "the weather?", "the whether?"),
        ({"pattern": re.compile(r"(\w)\1")}, "book", "bok"),
        ({"pattern": re.compile("a"), "when": lambda question: "b" in question.text}, "ab", "a"),
        ({"when": lambda question: len(question.text) > 5}, "Hello!", "Hello"),
    ],
    ids=["text", "pattern", "compiled", "compiled and when", "when"],
)
def test_a_question_is_told_by_its_words(kit, conditions, fitting, other):
    """All conditions must hold."""
    kit.on_chat(**conditions).reply("It fits.")
    kit.on_chat().reply("Another.")
    assert (kit.say(fitting), kit.say(other)) == ("It fits.", "Another.")


def test_a_question_is_told_by_its_model(kit):
    """As the request names it, or as the answer does; `*` stands for anything."""
    kit.on_chat("gpt-4.1*").reply("4.1")
    kit.on_chat(model="gpt-4o-mini-2024-07-18").reply("4o")
    assert [kit.say(model=model) for model in ("gpt-4.1", "gpt-4.1-mini", CHAT)] == ["4.1", "4.1", "4o"]


def test_a_question_is_told_by_its_turn_and_by_results_of_tools(kit):
    """A loop of an agent, written down."""
    kit.on_chat(tool_result="22").reply("22 degrees, take a hat.")
    kit.on_chat(pattern="weather", turn=1).call("get_weather", city="Paris")
    kit.on_chat(turn=2).reply("You have asked that before.")
    user = {"role": "user", "content": "How is the weather?"}
    called = kit.chat([user], tools=[TOOL])
    (call,) = called.tool_calls
    assert (call.function.name, json.loads(call.function.arguments)) == ("get_weather", {"city": "Paris"})
    result = {"role": "tool", "tool_call_id": call.id, "content": '{"degrees": 22}'}
    asked = [user, called.model_dump(exclude_none=True), result]
    said = kit.chat(asked, tools=[TOOL]).content
    assert said == "22 degrees, take a hat."
    assert kit.say([*asked, {"role": "assistant", "content": said}, user]) == "You have asked that before."


def test_the_first_that_fits_answers_as_long_as_it_may(kit):
    """In the order of `on_chat`, whichever was told its answer first."""
    first = kit.on_chat(text="Hello", times=1)
    second = kit.on_chat().reply("second")
    first.reply("first")
    assert [kit.say(), kit.say()] == ["first", "second"]
    assert (first.calls, second.calls) == (1, 1)


# -- what is answered ----------------------------------------------------------------------------------------


def test_several_answers_are_given_one_after_the_other(kit):
    """In one reply or in several; the last one again and again."""
    kit.on_chat().reply("one", "two").refuse("No.").reply("three")
    said = [kit.chat() for _ in range(5)]
    assert [message.content or message.refusal for message in said] == ["one", "two", "No.", "three", "three"]


def test_answers_may_be_added_while_it_answers(kit):
    """What was said stays said."""
    expected = kit.on_chat().reply("one")
    assert kit.say() == "one"
    expected.reply("two")
    assert (kit.say(), expected.calls) == ("two", 2)


def test_a_model_may_call_several_functions_at_once(kit):
    """A list of calls is one answer; beside a text, it is a `Say`."""
    paris, rome = tool_call("get_weather", city="Paris"), tool_call("get_weather", city="Rome")
    kit.on_chat().reply([paris, rome], paris, Say("Let me look.", calls=[rome]))
    said = [kit.chat(tools=[TOOL]) for _ in range(3)]
    cities = [[json.loads(call.function.arguments)["city"] for call in one.tool_calls] for one in said]
    assert cities == [["Paris", "Rome"], ["Paris"], ["Rome"]]
    assert said[2].content == "Let me look."


def test_a_call_that_the_request_does_not_offer_is_refused(kit):
    """Drytune's own words name the expectation."""
    kit.on_chat(name="loop").call("get_whether")
    with pytest.raises(openai.APIStatusError, match=r"'loop'.* calls the function 'get_whether'") as raised:
        kit.chat(tools=[TOOL])
    assert raised.value.status_code == 501


def test_arguments_of_a_call_may_have_any_name(kit):
    """Also `name` and `self`."""
    kit.on_chat().call("find", name="a", self="b")
    (call,) = kit.chat(tools=[{"name": "find"}]).tool_calls
    assert json.loads(call.function.arguments) == {"name": "a", "self": "b"}


@pytest.mark.parametrize("value", [{"degrees": 22}, {}, [1, 2], (1, 2), [], 5, 2.5, True, False])
def test_what_json_can_hold_is_said_as_json(kit, value):
    """Objects and lists are no sequences of answers."""
    kit.on_chat().reply(value)
    assert json.loads(kit.say()) == json.loads(json.dumps(value))


def test_an_answer_may_come_late(kit):
    """A client that has less patience gives up; an answer's own delay is kept."""
    kit.on_chat().reply("late", Say("later", delay="2m"), failure(500), delay="30s")
    hasty = kit.client.with_options(timeout=20)
    patient = kit.client.with_options(timeout=60)
    for client, outcome in ((hasty, openai.APITimeoutError), (patient, openai.APITimeoutError)):
        with pytest.raises(outcome):
            client.responses.create(model=CHAT, input="x")
    with pytest.raises(openai.APITimeoutError):  # the failure is late, too
        hasty.responses.create(model=CHAT, input="x")


# -- errors --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("what", "error"),
    [
        (400, openai.BadRequestError),
        (404, openai.NotFoundError),
        (429, openai.RateLimitError),
        ("rate_limited", openai.RateLimitError),
        ("quota", openai.RateLimitError),
        ("overloaded", openai.InternalServerError),
        ("server_error", openai.InternalServerError),
        ("bad_gateway", openai.InternalServerError),
        ("timeout", openai.APITimeoutError),
        ("drop", openai.APIConnectionError),
    ],
)
def test_an_answer_may_fail(kit, what, error):
    """As an SDK says it; what comes next is another answer."""
    kit.on_chat().fail(what).reply("Hi")
    with pytest.raises(error):
        kit.say()
    assert kit.say() == "Hi"


def test_a_failure_may_have_its_own_words(kit):
    """In a sequence, too; and it tells whose it is."""
    kit.on_chat(name="busy").reply("Hi", failure(429, message="Busy.", code="busy", retry_after=7))
    assert kit.say() == "Hi"
    with pytest.raises(openai.RateLimitError) as raised:
        kit.say()
    headers = raised.value.response.headers
    assert (raised.value.code, raised.value.body["message"], headers["retry-after"]) == ("busy", "Busy.", "7")
    assert (headers["x-drytune-layer"], headers["x-drytune-script"]) == ("scripted", "busy")


def test_an_sdk_that_tries_again_does_not_wait(kit, monkeypatch):
    """The errors tell it to try again at once."""
    pauses: list[float] = []
    monkeypatch.setattr("time.sleep", pauses.append)
    busy = kit.on_chat().fail(429).fail("overloaded").reply("Hi")
    assert kit.client.with_options(max_retries=2).responses.create(model=CHAT, input="x").output_text == "Hi"
    assert (busy.calls, max(pauses)) == (3, 0.001)


# -- structured output ---------------------------------------------------------------------------------------


class Sky(StrEnum):
    CLEAR = "clear"
    CLOUDY = "cloudy"


class Place(pydantic.BaseModel):
    name: str = pydantic.Field(alias="placeName", min_length=3)


class Weather(pydantic.BaseModel):
    place: Place
    degrees: float = pydantic.Field(ge=20, le=30)
    sky: Sky
    day: date
    note: str | None = None
    kind: Literal["weather"] = "weather"
    hours: list[int] = pydantic.Field(default_factory=list)


PARIS = Weather(place=Place(placeName="Paris"), degrees=22, sky=Sky.CLEAR, day=date(2026, 11, 1))


class Other(pydantic.BaseModel):
    town: str


def parsed(kit, kind):
    """What both doors that parse give."""
    messages = [{"role": "user", "content": "x"}]
    chat = kit.client.chat.completions.parse(model=CHAT, messages=messages, response_format=kind)
    response = kit.client.responses.parse(model=CHAT, input="x", text_format=kind)
    return [chat.choices[0].message.parsed, response.output_parsed]


def test_an_instance_is_what_the_sdk_parses(kit):
    """By its aliases, dates and enums as JSON has them."""
    kit.on_chat().reply(PARIS)
    assert parsed(kit, Weather) == [PARIS, PARIS]


def test_of_a_class_some_valid_instance_is_said(kit):
    """Always the same one."""
    kit.on_chat(name="w").reply(Weather)
    first, second = parsed(kit, Weather)
    assert first == second
    assert isinstance(first, Weather)
    other = Kit()
    other.on_chat().reply(Weather)
    assert other.say() == kit.say()


def test_an_example_of_a_class_is_taken(kit):
    """What its author has written says more than what can be made from a schema."""

    class City(pydantic.BaseModel):
        model_config = pydantic.ConfigDict(json_schema_extra={"examples": [{"name": "Paris"}]})
        name: str

    kit.on_chat().reply(City)
    assert json.loads(kit.say()) == {"name": "Paris"}


@dataclasses.dataclass
class Plain:
    city: str
    degrees: int = 0


@pytest.mark.parametrize("answer", [Plain("Paris", 22), Plain])
def test_a_dataclass_is_a_model_too(kit, answer):
    """An instance, or the class."""
    kit.on_chat().reply(answer)
    told = json.loads(kit.say())
    assert told.keys() == {"city", "degrees"}
    assert told == {"city": "Paris", "degrees": 22} or answer is Plain


@pytest.mark.parametrize("answer", [PARIS, Weather], ids=["instance", "class"])
def test_a_model_that_is_not_what_is_asked_for_is_refused(kit, answer):
    """Loudly, naming the field; what a plain dict says is not looked at."""
    kit.on_chat(times=2, name="paris").reply(answer)
    kit.on_chat().reply({"city": "Paris"})
    messages = [{"role": "user", "content": "x"}]
    for ask in (
        lambda: kit.client.chat.completions.parse(model=CHAT, messages=messages, response_format=Other),
        lambda: kit.client.responses.parse(model=CHAT, input="x", text_format=Other),
    ):
        with pytest.raises(openai.APIStatusError) as raised:
            ask()
        assert (raised.value.status_code, raised.value.body["type"]) == (501, "drytune_script")
        assert "'paris'" in raised.value.body["message"]
        assert "degrees" in raised.value.body["message"]
    with pytest.raises(pydantic.ValidationError):
        kit.client.responses.parse(model=CHAT, input="x", text_format=Other)


def test_a_value_that_does_not_fit_is_named_by_its_path(kit):
    """An instance that was made without a check."""
    wrong = PARIS.model_copy(update={"place": Place.model_construct(name=5)})
    kit.on_chat().reply(wrong)
    with pytest.raises(openai.APIStatusError, match=r"place\.placeName: 5 is not of type"):
        kit.client.responses.parse(model=CHAT, input="x", text_format=Weather)


def test_a_class_without_an_instance_is_told(kit):
    """What its validators refuse cannot be made from a schema."""

    class Even(pydantic.BaseModel):
        number: int

        @pydantic.field_validator("number")
        @classmethod
        def _(cls, value: int) -> int:
            raise ValueError("never")

    with pytest.raises(
        ScriptError, match=r"no valid Even could be made .*number: .*never.*; give an instance"
    ):
        kit.on_chat().reply(Even)


def test_a_model_that_json_cannot_hold_is_told(kit):
    """When it is said, not when it is asked for."""

    class Strange(pydantic.BaseModel):
        model_config = pydantic.ConfigDict(arbitrary_types_allowed=True)
        value: Any

    assert kit.on_chat(text="price").reply(Strange(value=Decimal("1.50")))
    assert json.loads(kit.say("price")) == {"value": "1.50"}
    with pytest.raises(ScriptError, match="Strange cannot be written as JSON"):
        kit.on_chat().reply(Strange(value=object()))


# -- mistakes ------------------------------------------------------------------------------------------------


def test_an_expectation_without_an_answer_is_a_mistake(kit):
    """It is refused where it is asked, and known at the end, with its place; then it may be told all the same."""
    begun = kit.on_chat("ft:*", text="Hello")
    assert kit.scripting.unfinished == [begun]
    assert re.fullmatch(r'on_chat\(model="ft:\*", text="Hello"\) at test_on_chat\.py:\d+', str(begun))
    anything = kit.on_chat()
    with pytest.raises(
        openai.APIStatusError, match=r"on_chat-2, made at .*\.py:\d+, has no answer"
    ) as raised:
        kit.say()
    assert (raised.value.status_code, raised.value.response.headers["x-should-retry"]) == (501, "false")
    anything.reply("one", "two")
    assert [kit.say(), kit.say()] == ["one", "two"]
    assert kit.scripting.unfinished == [begun]


def test_expectations_that_were_not_asked_are_known(kit):
    """Which may be as it should be."""
    used, unused = kit.on_chat(text="Hello").reply("Hi"), kit.on_chat(text="Bye").reply("Bye")
    kit.say()
    assert (kit.scripting.unused, kit.scripting.expectations) == ([unused], [used, unused])


def test_an_expectation_shows_itself(kit):
    """Its name, its place, what it answers and how often it did."""
    busy = kit.on_chat(text="Hello", times=2).fail(429).reply("Hi", delay=1)
    said = r'on_chat\(text="Hello", times=2\) at test_on_chat\.py:\d+ \(the error 429, then "Hi" after 1 s'
    assert re.fullmatch(rf"<on_chat-1: {said}; answered 0\)>", repr(busy))
    assert re.fullmatch(r"<on_chat-2: on_chat\(\) at .* \(no answer yet\)>", repr(kit.on_chat()))


def test_scripts_that_were_cleared_are_written_again(kit):
    """`simulator.scripts` may be changed at any time."""
    expected = kit.on_chat().reply("one")
    kit.simulator.scripts.clear()
    assert expected.calls == 0
    expected.reply("two")
    assert [kit.say(), kit.say()] == ["one", "two"]


@pytest.mark.parametrize(
    ("write", "problem"),
    [
        (
            lambda kit: kit.on_chat("How is the weather?"),
            r"no name of a model.* say on_chat\(text='How is the",
        ),
        (lambda kit: kit.on_chat(text="a", pattern="a"), "text and pattern say different things"),
        (lambda kit: kit.on_chat(text="a", pattern=re.compile("a")), "text and pattern say different things"),
        (lambda kit: kit.on_chat(pattern="(?<=a)b"), "it must do without look-arounds"),
        (lambda kit: kit.on_chat(pattern="(?=H)."), r"`when`.*, or give .*: pattern=re\.compile\(…\)"),
        (lambda kit: kit.on_chat(pattern="("), r"no regular expression \(.* at position 0\)$"),
        (lambda kit: kit.on_chat(turn=0), "turn is 0; it must be a whole number"),
        (lambda kit: kit.on_chat(when="x"), 'when is "x"; it must be a function'),
        (lambda kit: [kit.on_chat(name="a"), kit.on_chat(name="a")], 'the name "a" is taken'),
        (lambda kit: kit.on_chat().reply(), r"reply\(\) has nothing to say"),
        (lambda kit: kit.on_chat().reply(None), "NoneType is no answer; say a text"),
        (lambda kit: kit.on_chat().reply(object), "type is no answer"),
        (lambda kit: kit.on_chat().reply([object()]), "json cannot be written as JSON"),
        (lambda kit: kit.on_chat().reply("x", delay="soon"), '"soon" is no duration'),
        (lambda kit: kit.on_chat().call("get weather"), 'the call\'s name is "get weather"'),
        (lambda kit: kit.on_chat().call("f", a=object()), "the call's arguments cannot be written as JSON"),
        (lambda kit: kit.on_chat().refuse(5), "refusal is 5; it must be text"),
        (lambda kit: kit.on_chat().fail("rate_limit"), "did you mean rate_limited"),
        (lambda kit: kit.on_chat().fail(200), "fail is 200; it must be a status from 400 to 599"),
        (lambda kit: kit.on_chat().fail("slow"), "one with a delay"),
        (lambda kit: kit.on_chat().fail(500, mesage="x"), "a failure has no mesage; did you mean message"),
        (lambda kit: failure("drop", code="x"), 'code is of a status error, and what is "drop"'),
    ],
)
def test_what_makes_no_sense_is_told_in_a_sentence(kit, write, problem):
    """Where it is written, not when it is asked."""
    with pytest.raises(ScriptError, match=problem):
        write(kit)


def test_a_mistake_in_an_answer_changes_nothing(kit):
    """What was told before is said."""
    expected = kit.on_chat().reply("one")
    with pytest.raises(ScriptError):
        expected.reply("two", None)
    assert [kit.say(), kit.say()] == ["one", "one"]
