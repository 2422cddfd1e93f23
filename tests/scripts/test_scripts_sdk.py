"""Scripted answers as the official client sees them, at every door, plain and streamed."""

import threading
from collections import Counter

import openai
import pytest
from pydantic import BaseModel

from drytune import simulated
from drytune_simulator import Say, Script, Scripts, Simulator, ToolCall

DOORS = ["chat", "respond", "complete"]
PARIS = ToolCall("get_weather", {"city": "Paris"})


@pytest.mark.parametrize("stream", [False, True], ids=["plain", "streamed"])
@pytest.mark.parametrize("door", DOORS)
def test_a_script_answers_what_it_fits_and_nothing_else(scripted, door, stream):
    """The text is given as it is; other questions go to the model."""
    world = scripted(Script("にゃあ 🐟, it is sunny.", text="Weather?"))
    more = {"max_tokens": 60} if door == "complete" else {}
    assert world.ask(door, "Weather?", stream=stream, **more).text == "にゃあ 🐟, it is sunny."
    assert "[simulated]" in world.ask(door, "Weather!", stream=stream, **more).text


@pytest.mark.parametrize("door", DOORS)
def test_headers_tell_the_layer_and_the_script(scripted, door):
    """By its name, or its number."""
    world = scripted(Script("a", text="A"), Script("b", text="B", name="second"))
    said = [world.ask(door, text) for text in "ABC"]
    assert [(one.layer, one.script) for one in said] == [
        ("scripted", "1"),
        ("scripted", "second"),
        ("base", None),
    ]
    assert "x-drytune-similarity" not in said[0].headers


@pytest.mark.parametrize("stream", [False, True], ids=["plain", "streamed"])
@pytest.mark.parametrize("door", ["chat", "respond"])
def test_calls_refusals_and_json_are_said(scripted, weather, door, stream):
    """One after the other; the last again and again."""
    world = scripted(
        Script(
            [
                Say(calls=[PARIS]),
                Say("Let me see.", calls=[PARIS, PARIS]),
                Say(refusal="I would rather not."),
                Say(json={"degrees": [22, None, "é"]}),
            ]
        )
    )
    said = [world.ask(door, tools=weather, stream=stream) for _ in range(5)]
    call, json = ("get_weather", '{"city":"Paris"}'), '{"degrees":[22,null,"é"]}'
    assert [one.calls for one in said] == [[call], [call, call], [], [], []]
    assert [one.refusal for one in said] == [None, None, "I would rather not.", None, None]
    assert [one.text for one in said] == [None, "Let me see.", None, json, json]


@pytest.mark.parametrize("door", ["chat", "respond"])
def test_arguments_may_be_broken(scripted, weather, door):
    """A text is sent as it is: clients have to live with such arguments."""
    world = scripted(Script(Say(calls=[ToolCall("get_weather", '{"city": ')])))
    assert world.ask(door, tools=weather).calls == [("get_weather", '{"city": ')]


async def _ask_async(world):
    async with world.async_client() as client:
        messages = [{"role": "user", "content": "Hello!"}]
        chat = await client.chat.completions.create(model="gpt-4o-mini", messages=messages)
        stream = await client.chat.completions.create(model="gpt-4o-mini", messages=messages, stream=True)
        pieces = [piece.choices[0].delta.content or "" async for piece in stream]
        response = await client.responses.create(model="gpt-4o-mini", input="Hello!")
        text = await client.completions.create(model="davinci-002", prompt="Hello!")
        return chat.choices[0].message.content, "".join(pieces), response.output_text, text.choices[0].text


@pytest.mark.anyio
async def test_async_clients_get_the_same(scripted):
    """At all doors, which share the counts of a script."""
    world = scripted(Script(["1", "2", "3", "4"]))
    assert await _ask_async(world) == ("1", "2", "3", "4")


def test_an_agents_loop_is_scripted(scripted, weather):
    """A call, its result, and the answer to it."""
    world = scripted(
        Script("22 degrees, take a hat.", tool_result='"degrees": 22'),
        Script(Say(calls=[PARIS]), pattern="(?i)weather"),
    )
    messages = [{"role": "user", "content": "What is the WEATHER like?"}]
    tools = [{"type": "function", "function": tool} for tool in weather]
    create = world.client.chat.completions.create
    called = create(model="gpt-4o-mini", messages=messages, tools=tools).choices[0]
    assert called.finish_reason == "tool_calls"
    (call,) = called.message.tool_calls
    messages += [called.message, {"role": "tool", "tool_call_id": call.id, "content": '{"degrees": 22}'}]
    assert (
        create(model="gpt-4o-mini", messages=messages).choices[0].message.content == "22 degrees, take a hat."
    )


def test_an_agents_loop_of_responses_is_scripted(scripted, weather):
    """The same by `previous_response_id`."""
    world = scripted(Script("22 degrees.", tool_result=""), Script(Say(calls=[PARIS]), text="Weather?"))
    first = world.client.responses.create(
        model="gpt-4o-mini", input="Weather?", tools=[{"type": "function", "strict": False, **weather[0]}]
    )
    (call,) = first.output
    then = world.client.responses.create(
        model="gpt-4o-mini",
        previous_response_id=first.id,
        input=[{"type": "function_call_output", "call_id": call.call_id, "output": "22"}],
    )
    assert then.output_text == "22 degrees."


class Weather(BaseModel):
    degrees: int


def test_structured_output_is_parsed(scripted):
    """`.parse()` of both doors gives the scripted value."""
    world = scripted(Script(Say(json={"degrees": 22})))
    messages = [{"role": "user", "content": "Weather?"}]
    parse = world.client.chat.completions.parse
    chat = parse(model="gpt-4o-mini", messages=messages, response_format=Weather)
    assert chat.choices[0].message.parsed == Weather(degrees=22)
    response = world.client.responses.parse(model="gpt-4o-mini", input="Weather?", text_format=Weather)
    assert response.output_parsed == Weather(degrees=22)


def test_no_shape_is_forced_on_a_script(scripted):
    """To see what becomes of an answer that is not as it was asked for is what scripts are for."""
    world = scripted(Script("not JSON", text="As JSON."))
    shape = {"type": "json_object"}
    assert world.chat("As JSON.", response_format=shape).text == "not JSON"
    assert world.respond("As JSON.", extra_body={"text": {"format": shape}}).text == "not JSON"
    assert world.chat("Now as JSON.", response_format=shape).text.startswith("{")


def test_limits_of_the_request_hold_for_scripts_as_well(scripted):
    """`stop`, `max_tokens` and `n`; a request uses a script once, however many choices it asks for."""
    world = scripted(Script(["one two three four", "second"]))
    create = world.client.chat.completions.create
    messages = [{"role": "user", "content": "Count."}]
    first = create(model="gpt-4o-mini", messages=messages, n=3, stop=" three", seed=1, temperature=1)
    assert [choice.message.content for choice in first.choices] == ["one two"] * 3
    world.simulator.scripts.replace([Script("one two three four")])
    cut = create(model="gpt-4o-mini", messages=messages, max_tokens=2).choices[0]
    assert (cut.message.content, cut.finish_reason) == ("one two", "length")


def test_each_prompt_of_a_completion_is_a_question(scripted):
    """The headers tell of each."""
    world = scripted(Script("yes", text="A"))
    raw = world.client.completions.with_raw_response.create(
        model="davinci-002", prompt=["A", "B"], n=2, max_tokens=60
    )
    assert raw.headers["x-drytune-layer"] == "scripted, base"
    assert raw.headers["x-drytune-script"] == "1, -"
    assert [choice.text == "yes" for choice in raw.parse().choices] == [True, True, False, False]


def test_a_tuned_model_is_scripted_by_its_name(scripted, good, make_jsonl):
    """Scripts come before what was taught; where they have no answer left, it is given again."""
    world = scripted(Script("Scripted.", model="ft:gpt-4o-mini-*:personal::*", times=1))
    file = world.client.files.create(file=("good.jsonl", make_jsonl(*good)), purpose="fine-tune")
    job = world.client.fine_tuning.jobs.create(model="gpt-4o-mini-2024-07-18", training_file=file.id)
    while job.status != "succeeded":
        job = world.client.fine_tuning.jobs.retrieve(job.id)
    asked = good[0]["messages"][:2]
    said = [world.chat(asked, model=job.fine_tuned_model) for _ in range(2)]
    assert [(one.text, one.layer) for one in said] == [
        ("Scripted.", "scripted"),
        (good[0]["messages"][2]["content"], "taught"),
    ]
    assert world.chat(asked).layer == "base"


@pytest.mark.parametrize("model", ["gpt-4o-mini", "gpt-4o-mini-2024-07-18", "gpt-4o-mini*"])
def test_a_floating_name_is_known_by_both_its_names(scripted, model):
    """As the request has it, and as the answer has it."""
    assert scripted(Script("x", model=model)).chat().layer == "scripted"
    assert scripted(Script("x", model="gpt-4o")).chat().layer == "base"


def test_scripts_are_added_and_cleared_while_it_runs(scripted):
    """The simulator's list counts at once."""
    world = scripted()
    scripts = world.simulator.scripts
    assert world.chat().layer == "base"
    assert scripts.add(Script("a", name="first"), Script("b")) == ["first", "2"]
    assert world.chat().text == "a"
    assert scripts.remove("first")
    assert world.chat().text == "b"
    scripts.clear()
    assert world.chat().layer == "base"


def test_one_list_may_be_shared():
    """Of two simulators, or made before."""
    scripts = Scripts([Script(["a", "b"])])
    for expected in "ab":
        simulator = Simulator(scripts=scripts)
        with simulated(simulator) as client:
            said = client.responses.create(model="gpt-4o-mini", input="Hello!")
            assert said.output_text == expected
        simulator.close()


def test_many_threads_use_each_answer_once(scripted):
    """No answer is given twice, none is lost."""
    world = scripted(Script([str(number) for number in range(40)], times=40), Script("over"))
    said: list[str] = []

    def ask() -> None:
        said.extend(world.chat().text for _ in range(8))

    threads = [threading.Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Counter(said) == Counter({**{str(number): 1 for number in range(40)}, "over": 8})


def test_a_forced_call_may_be_answered_by_a_text(scripted, weather):
    """A model that does not do as it is told: that is what a tester wants to see."""
    world = scripted(Script("I would rather talk."))
    for choice in ("required", {"type": "function", "function": {"name": "get_weather"}}):
        said = world.chat(tools=weather, tool_choice=choice)
        assert (said.text, said.calls) == ("I would rather talk.", [])


def test_the_turn_counts_what_the_user_says(scripted):
    """From 1 on."""
    world = scripted(Script("one", turn=1), Script("two", turn=2))
    turn = [{"role": "user", "content": "x"}, {"role": "assistant", "content": "y"}]
    assert [world.chat([*turn * before, turn[0]]).layer for before in range(3)] == [
        "scripted",
        "scripted",
        "base",
    ]


def test_a_text_of_parts_is_one_text(scripted):
    """As everywhere."""
    world = scripted(Script("yes", text="Hello!"))
    parts = [{"type": "text", "text": "Hel"}, {"type": "text", "text": "lo!"}]
    assert world.chat([{"role": "user", "content": parts}]).text == "yes"


def test_a_model_that_is_not_there_is_not_there(scripted):
    """Whatever is scripted; and a request that is refused uses no answer."""
    world = scripted(Script(["first", "second"]))
    with pytest.raises(openai.NotFoundError):
        world.chat(model="ft:gpt-4o-mini:acme::nothing")
    with pytest.raises(openai.BadRequestError):
        world.chat(temperature=9)
    assert world.chat().text == "first"


def test_other_voices_come_after_the_scripts():
    """The place for recordings: whoever says nothing leaves it to the next."""
    from drytune_simulator.inference.answer import Answer
    from drytune_simulator.inference.lessons import Reply

    class Recorded:
        def say(self, question):
            return Answer(Reply("on tape"), "recorded") if question.text == "Play." else None

    simulator = Simulator(scripts=[Script("script", text="Script.")], voices=[Recorded()])
    with simulated(simulator) as client:
        layers = [
            client.responses.with_raw_response.create(model="gpt-4o-mini", input=text).headers[
                "x-drytune-layer"
            ]
            for text in ("Script.", "Play.", "Else.")
        ]
    simulator.close()
    assert layers == ["scripted", "recorded", "base"]


def test_a_scripted_chat_is_stored_as_any_other(scripted):
    """And a response goes on from one."""
    world = scripted(Script("kept", text="Keep."))
    said = world.client.chat.completions.create(
        model="gpt-4o-mini", messages=[{"role": "user", "content": "Keep."}], store=True
    )
    assert world.client.chat.completions.retrieve(said.id).choices[0].message.content == "kept"
