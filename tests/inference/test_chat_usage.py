# ruff: noqa: E501 - what was recorded stands on one line
"""How many tokens are billed: against answers of the real API, as openai-dotnet's tests have recorded them."""

from __future__ import annotations

import pytest

WEATHER = {
    "type": "function",
    "function": {
        "description": "gets an arbitrary number assigned to a given word",
        "name": "get_number_for_word",
        "parameters": {"type": "object", "properties": {"word": {"type": "string"}}},
    },
}
CITY = {
    "type": "function",
    "function": {
        "description": "gets the current weather for a given city",
        "name": "get_weather_for_city",
        "parameters": {
            "type": "object",
            "properties": {
                "city_name": {
                    "type": "string",
                    "description": "the name of a city, e.g. Johannesburg or Ho Chi Minh City.",
                }
            },
            "required": ["city_name"],
        },
    },
}
BANANA = "What's the number for the word 'banana'?"
ROB = (
    "What's the best way to successfully rob a bank? Please include detailed instructions for executing related "
    "crimes."
)
CITIES = "Tell me what's the current weather in the following cities: Santiago and Karachi."


def calling(*calls):
    return {
        "role": "assistant",
        "tool_calls": [
            {"id": f"call_{n}", "type": "function", "function": {"name": name, "arguments": arguments}}
            for n, (name, arguments) in enumerate(calls)
        ],
    }


def test_messages_and_words_are_exact(ask, teach):
    """Texts, refusals and parts of texts."""
    refusal = {
        "role": "assistant",
        "content": None,
        "refusal": "I'm very sorry, but I can't assist with that request.",
    }
    taught = teach(
        [
            {"role": "user", "content": "Say `this is a test`."},
            {"role": "assistant", "content": "This is a test."},
        ],
        [{"role": "user", "content": ROB}, refusal],
    )
    used = ask(taught, "Say `this is a test`.").body["usage"]
    assert (used["prompt_tokens"], used["completion_tokens"], used["total_tokens"]) == (14, 5, 19)
    assert ask(taught, ROB).body["usage"]["completion_tokens"] == 13
    messages = [
        {"role": "user", "content": ROB},
        {"role": "assistant", "refusal": refusal["refusal"]},
        {"role": "user", "content": "Why can't you help me?"},
    ]
    assert ask(None, messages).body["usage"]["prompt_tokens"] == 52
    parts = [
        ("system", ["You talk like a pirate.", "When asked for recommendations, you always talk about animals; especially dogs."]),
        ("user", ["Hello, assistant! I need some advice.", "Can you recommend some small, cute things I can think about?"]),
    ]  # fmt: skip
    messages = [
        {"role": role, "content": [{"type": "text", "text": text} for text in texts]} for role, texts in parts
    ]
    assert ask(None, messages).body["usage"]["prompt_tokens"] == 51


@pytest.mark.parametrize(
    ("choice", "prompt", "completion"),
    [
        ({}, 58, 16),
        ({"tool_choice": "auto"}, 58, 16),
        ({"tool_choice": {"type": "function", "function": {"name": "get_number_for_word"}}}, 69, 5),
    ],
    ids=["unsaid", "auto", "named"],
)
def test_calls_count_as_recorded(ask, teach, choice, prompt, completion):
    """A call that is decided upon has more around it; one that is named is its arguments."""
    taught = teach(
        [{"role": "user", "content": BANANA}, calling(("get_number_for_word", '{"word":"banana"}'))]
    )
    used = ask(taught, BANANA, tools=[WEATHER], **choice).body["usage"]
    assert (used["prompt_tokens"], used["completion_tokens"]) == (prompt, completion)


def test_words_where_a_call_was_possible_count_as_recorded(ask, teach):
    """One more; where the choice is "none" the prompt has it."""
    text = 'I will find the number assigned to the word "banana" for you.'
    taught = teach([{"role": "user", "content": BANANA}, {"role": "assistant", "content": text}])
    none = ask(taught, BANANA, tools=[WEATHER], tool_choice="none").body["usage"]
    assert (none["prompt_tokens"], none["completion_tokens"]) == (59, 15)
    assert ask(taught, BANANA, tools=[WEATHER]).body["usage"]["completion_tokens"] == 16


def test_several_calls_and_their_results_are_near(ask, teach):
    """Within what is told of definitions of tools, which here count two less than recorded."""
    calls = calling(
        *(("get_weather_for_city", f'{{"city_name": "{city}"}}') for city in ("Santiago", "Karachi"))
    )
    taught = teach([{"role": "user", "content": CITIES}, calls])
    used = ask(taught, CITIES, tools=[CITY]).body["usage"]
    assert (used["prompt_tokens"], used["completion_tokens"]) == (81 - 2, 52)
    results = [
        {"role": "tool", "tool_call_id": "call_0", "content": "rainy"},
        {"role": "tool", "tool_call_id": "call_1", "content": "sunny"},
    ]
    asked = [{"role": "user", "content": CITIES}, calls, *results]
    assert ask(taught, asked, tools=[CITY]).body["usage"]["prompt_tokens"] == 151 - 2


@pytest.mark.parametrize(
    ("name", "description", "strict", "properties", "question", "recorded"),
    [
        ("some_color_schema", "an object that describes color components by name", False, {}, "What are the hex values for red, green, and blue?", 57),
        ("food_recipe", "a description of a recipe to create a meal or dish", True, {"name": {"type": "string"}, "ingredients": {"type": "array", "items": {"type": "string"}}, "steps": {"type": "array", "items": {"type": "string"}}}, ROB, 95),
    ],
)  # fmt: skip
def test_schemas_are_counted_within_four(ask, name, description, strict, properties, question, recorded):
    """They stand in the prompt, in a form that is not published."""
    schema = {"type": "object", "properties": properties, "additionalProperties": False}
    if strict:
        schema["required"] = list(properties)
    described = {"name": name, "description": description, "schema": schema, "strict": strict}
    form = {"type": "json_schema", "json_schema": described}
    used = ask(None, question, response_format=form).body["usage"]
    assert abs(used["prompt_tokens"] - recorded) <= 4


def test_a_prediction_that_comes_true_is_told(ask, teach):
    """All tokens but the first; what does not come true is billed besides."""
    text = '{\n  "feature_name": "test_feature",\n  "enabled": true\n}'
    taught = teach([{"role": "user", "content": "x"}, {"role": "assistant", "content": text}])
    for content in (text, [{"type": "text", "text": text[:20]}, {"type": "text", "text": text[20:]}]):
        used = ask(taught, "x", prediction={"type": "content", "content": content}).body["usage"]
        assert used["completion_tokens"] == 17
        details = used["completion_tokens_details"]
        assert (details["accepted_prediction_tokens"], details["rejected_prediction_tokens"]) == (16, 0)
    used = ask(taught, "x", prediction={"type": "content", "content": "Something else"}).body["usage"]
    assert used["completion_tokens_details"]["rejected_prediction_tokens"] == 2
    assert used["completion_tokens"] == 19


def test_images_count_as_documented(client):
    """85 tokens at low detail, for gpt-4o; a text beside it counts too."""
    image = {"type": "image_url", "image_url": {"url": "https://example.invalid/cat.png", "detail": "low"}}
    messages = [{"role": "user", "content": [{"type": "text", "text": "What?"}, image]}]
    plain = client.chat.completions.create(
        model="gpt-4o-2024-08-06", messages=[{"role": "user", "content": "What?"}]
    )
    seen = client.chat.completions.create(model="gpt-4o-2024-08-06", messages=messages)
    assert seen.usage.prompt_tokens - plain.usage.prompt_tokens == 85
