"""What a script says and a request cannot be given is refused in drytune's own words."""

import openai
import pytest

from drytune_simulator import Say, Script, ToolCall

PARIS = ToolCall("get_weather", {"city": "Paris"})


def refused(ask, *arguments, **more) -> openai.APIStatusError:
    with pytest.raises(openai.APIStatusError) as raised:
        ask(*arguments, **more)
    assert raised.value.status_code == 501
    assert raised.value.body["type"] == "drytune_script"
    assert raised.value.response.headers["x-drytune-layer"] == "scripted"
    assert raised.value.response.headers["x-should-retry"] == "false"
    return raised.value


@pytest.mark.parametrize("door", ["chat", "respond"])
def test_a_call_that_the_request_does_not_offer_is_refused(scripted, weather, door):
    """In drytune's own words, with the script's name; it is not left out in silence."""
    world = scripted(Script(Say(calls=[ToolCall("other"), PARIS]), name="loop"))
    error = refused(world.ask, door, tools=weather)
    assert "'loop'" in error.message
    assert "calls the function 'other', which this request does not offer" in error.message
    world.simulator.scripts.replace([Script(Say(calls=[PARIS, PARIS]))])
    assert "does not let it call" in refused(world.ask, door, tools=weather, tool_choice="none").message
    assert "one at a time" in refused(world.ask, door, tools=weather, parallel_tool_calls=False).message
    assert "does not offer" in refused(world.ask, door).message


def test_the_older_functions_have_room_for_one_call(scripted, weather):
    """A second one is not left out in silence; one is called."""
    world = scripted(Script([Say(calls=[PARIS, PARIS]), Say(calls=[PARIS])]))
    messages = [{"role": "user", "content": "Hello!"}]
    create = world.client.chat.completions.create
    refused(create, model="gpt-4o-mini", messages=messages, functions=weather)
    said = create(model="gpt-4o-mini", messages=messages, functions=weather).choices[0].message
    assert (said.function_call.name, said.function_call.arguments) == ("get_weather", '{"city":"Paris"}')


def test_a_completion_says_text_only(scripted):
    """A refusal or a call cannot be said there."""
    world = scripted(Script([Say(refusal="No."), Say("Yes.", calls=[PARIS])]))
    assert "says no text" in refused(world.complete).message
    assert "does not offer" in refused(world.complete).message


def test_a_function_of_python_may_decide(scripted):
    """It is given the whole question; an error of its own is told, and only where it is asked."""

    def third(question) -> bool:
        if question.text == "Bad.":
            raise KeyError("city")
        return question.door == "chat" and question.turn == 3 and not question.offer.declared

    world = scripted(Script("First.", text="Early.", name="early"), Script("Third!", when=third))
    turn = [{"role": "user", "content": "x"}, {"role": "assistant", "content": "y"}]
    assert world.chat([*turn, *turn, turn[0]]).text == "Third!"
    assert world.chat([*turn, turn[0]]).layer == "base"
    assert world.respond([turn[0]]).layer == "base"
    assert "`when` raised KeyError: 'city'" in refused(world.chat, "Bad.").message
    assert world.chat("Early.").text == "First."
