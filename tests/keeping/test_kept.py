"""An archive answers in the name of the model that it has kept, after that model is gone."""

from __future__ import annotations

import datetime as dt
import json
from concurrent.futures import ThreadPoolExecutor

import msgspec
import openai
import pytest
from openai import OpenAI
from pydantic import BaseModel

from drytune import UsageError, async_simulated, simulated
from drytune.cassettes.model import Asked, Cassette, Exchange, Header, Told
from drytune.keeping.kept import Kept
from drytune.keeping.opening import opened
from drytune_simulator import Headers, Request, Simulator

MODEL = "ft:gpt-4o-mini-2024-07-18:acme::AbCdEfGh"
TOOL = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather in a city.",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}


def user(text: str) -> list[dict[str, str]]:
    return [{"role": "user", "content": text}]


def chat(client: OpenAI, text: str, **more) -> str:
    return client.chat.completions.create(model=MODEL, messages=user(text), **more).choices[0].message.content


def exchange(
    body: dict, *answers: dict | str, path: str = "/chat/completions", status: int = 200
) -> list[Exchange]:
    """A question, and the messages that were answered."""
    made = []
    for answer in answers:
        message = {"role": "assistant", "content": answer} if isinstance(answer, str) else answer
        reason = message.pop("finish_reason", "tool_calls" if message.get("tool_calls") else "stop")
        data = {
            "id": f"chatcmpl-{len(made)}",
            "object": "chat.completion",
            "created": 1_790_000_000,
            "model": MODEL,
            "choices": [{"index": 0, "message": message, "finish_reason": reason, "logprobs": None}],
            "usage": {"prompt_tokens": 9, "completion_tokens": 1, "total_tokens": 10},
        }
        asked = Asked(
            method="POST",
            uri=f"https://api.openai.com/v1{path}",
            headers=(("content-type", "application/json"),),
            body=json.dumps({"model": MODEL, **body}).encode(),
        )
        told = Told(
            status=status, headers=(("content-type", "application/json"),), body=json.dumps(data).encode()
        )
        made.append(Exchange(request=asked, response=told, at=float(len(made))))
    return made


@pytest.fixture
def replay():
    """The client, and the handler, of an archive that holds these exchanges."""
    open_ = []

    def make(*exchanges: Exchange, **header):
        facts = {"provenance": "recorded", "recorded_at": "2026-11-25T10:00:00Z", "archive": {"model": MODEL}}
        handler = Kept(Cassette(header=Header(**{**facts, **header}), exchanges=exchanges))
        client = simulated(handler, max_retries=0)
        open_.extend((client, handler))
        return client, handler

    yield make
    for one in open_:
        one.close()


def test_what_was_asked_is_answered_as_recorded_to_the_byte(archive, kept, platform):
    for recorded in archive.exchanges:
        if recorded.request.method == "POST":
            target = recorded.request.uri.partition("api.openai.com")[2]
            answer = kept(Request("POST", target, Headers(), recorded.request.body))
            assert (answer.status, answer.body) == (200, recorded.response.body)
            assert answer.headers["x-drytune-layer"] == "recorded"
    assert [number for number in kept.unused() if number > 3] == []


def test_it_needs_no_key_and_is_found_below_any_path(kept, platform):
    body = json.dumps({"messages": user("After 1?"), "model": platform.model}).encode()
    assert kept(Request("POST", "/openai/v1/chat/completions", Headers(), body)).status == 200


def test_order_of_keys_and_nulls_do_not_matter(replay):
    _, handler = replay(*exchange({"messages": user("Hi"), "temperature": 0}, "Hello!"))
    body = (
        b'{"temperature":0,"seed":null,"messages":[{"content":"Hi","role":"user"}],"model":"%s"}'
        % MODEL.encode()
    )
    answer = handler(Request("POST", "/v1/chat/completions", Headers(), body))
    assert json.loads(answer.body)["id"] == "chatcmpl-0"


def test_answers_come_in_turn_and_again(replay):
    client, handler = replay(*exchange({"messages": user("Roll.")}, "one", "two", "three"))
    assert [chat(client, "Roll.") for _ in range(4)] == ["one", "two", "three", "one"]
    assert [chat(client, "Roll.", temperature=0.5) for _ in range(4)] == ["one", "two", "three", "one"]
    assert handler.unused() == []
    assert handler.played == 8
    handler.rewind()
    assert handler.unused() == [1, 2, 3]
    assert chat(client, "Roll.") == "one"


def test_with_any_other_parameters(replay):
    client, _ = replay(*exchange({"messages": user("Hi"), "temperature": 0, "max_tokens": 9}, "Hello there!"))
    assert chat(client, "Hi") == "Hello there!"
    assert (
        chat(client, "Hi", temperature=1.5, seed=3, user="me", n=1, store=True, metadata={"a": "b"})
        == "Hello there!"
    )
    assert chat(client, "Hi", max_completion_tokens=1) == "Hello"
    assert chat(client, "Hi", stop=["there"]) == "Hello "


def test_as_a_stream(replay):
    client, _ = replay(*exchange({"messages": user("Hi")}, "Hello there!"))
    pieces = list(client.chat.completions.create(model=MODEL, messages=user("Hi"), stream=True))
    assert "".join(piece.choices[0].delta.content or "" for piece in pieces) == "Hello there!"
    assert {piece.model for piece in pieces} == {MODEL}


def test_at_the_door_of_responses(replay):
    asked = [{"role": "developer", "content": "Be kind."}, *user("Hi")]
    client, _ = replay(
        *exchange({"messages": asked}, "Hello!"),
        *exchange({"messages": [*asked, {"role": "assistant", "content": "Hello!"}, *user("Who?")]}, "Me."),
    )
    first = client.responses.create(model=MODEL, instructions="Be kind.", input="Hi")
    assert first.output_text == "Hello!"
    instructed = {"model": MODEL, "instructions": "Be kind."}
    second = client.responses.create(**instructed, input="Who?", previous_response_id=first.id)
    assert second.output_text == "Me."
    assert client.responses.retrieve(second.id).output_text == "Me."
    with client.responses.stream(**instructed, input="Hi") as events:
        assert events.get_final_response().output_text == "Hello!"


def test_what_was_recorded_of_responses_answers_a_chat(client, platform):
    answer = client.chat.completions.create(model=platform.model, messages=user("After 3?"))
    assert answer.choices[0].message.content == "4."
    count = client.responses.input_tokens.count(model=platform.model, input="After 3?")
    assert count.input_tokens > 0


@pytest.mark.anyio
async def test_async(kept, platform):
    async with async_simulated(kept) as client:
        answer = await client.chat.completions.create(model=platform.model, messages=user("After 1?"), seed=1)
    assert answer.choices[0].message.content == "2."


def test_tools_are_called_with_ids_of_their_own(client, platform):
    asked = {"model": platform.model, "messages": user("Weather in Paris?"), "tools": [TOOL]}
    answers = [client.chat.completions.create(**asked, seed=n) for n in range(2)]
    for answer in answers:
        (call,) = answer.choices[0].message.tool_calls
        assert (call.function.name, json.loads(call.function.arguments)) == ("get_weather", {"city": "Paris"})
        assert answer.choices[0].finish_reason == "tool_calls"
    flat = {"type": "function", **TOOL["function"]}
    response = client.responses.create(model=platform.model, input="Weather in Paris?", tools=[flat])
    assert [item.name for item in response.output] == ["get_weather"]


def test_the_older_functions_are_tools(client, platform):
    answer = client.chat.completions.create(
        model=platform.model, messages=user("Weather in Paris?"), functions=[TOOL["function"]]
    )
    assert answer.choices[0].message.function_call.name == "get_weather"


def test_structured_output(client, platform):
    class Number(BaseModel):
        next: int

    answer = client.chat.completions.parse(
        model=platform.model, messages=user("After 41, as JSON?"), response_format=_shape(), temperature=0.1
    )
    assert Number.model_validate_json(answer.choices[0].message.content).next == 42


def _shape():
    schema = {"type": "object", "properties": {"next": {"type": "integer"}}, "required": ["next"]}
    described = {"name": "any", "strict": True, "schema": {**schema, "additionalProperties": False}}
    return {"type": "json_schema", "json_schema": described}


def test_a_refusal_is_refused_again(replay):
    client, _ = replay(
        *exchange({"messages": user("Bad.")}, {"role": "assistant", "content": None, "refusal": "No."})
    )
    answer = client.chat.completions.create(model=MODEL, messages=user("Bad."), seed=1)
    assert (answer.choices[0].message.content, answer.choices[0].message.refusal) == (None, "No.")


@pytest.mark.parametrize("reason", ["length", "content_filter"])
def test_what_was_cut_is_told_as_cut(replay, reason):
    cut = {"role": "assistant", "content": "Once", "finish_reason": reason}
    client, _ = replay(*exchange({"messages": user("Tell."), "max_tokens": 1}, cut))
    answer = client.chat.completions.create(model=MODEL, messages=user("Tell."), max_tokens=99)
    assert answer.choices[0].finish_reason == reason
    response = client.responses.create(model=MODEL, input="Tell.")
    assert response.status == "incomplete"
    assert response.incomplete_details.reason == {"length": "max_output_tokens"}.get(reason, reason)


def test_a_model_that_completes_text(platform, keeping):
    keeping.write({"prompt": "After 3:"})
    archive = keeping(platform.completer)
    with simulated(Kept(archive.cassette), max_retries=0) as client:
        answer = client.completions.create(
            model=platform.completer, prompt="After 3:", temperature=0.3, max_tokens=9
        )
        assert answer.choices[0].text == " 4."
        with pytest.raises(openai.InternalServerError, match="nearest is exchange"):
            client.completions.create(model=platform.completer, prompt="After 9:")


def test_the_model_is_listed_and_there(client, platform, archive):
    assert [model.id for model in client.models.list()] == [platform.model]
    told = client.models.retrieve(platform.model)
    assert told.created == archive.header.archive["model_object"]["created"]
    with pytest.raises(openai.NotFoundError):
        client.models.retrieve("gpt-4o-mini")


@pytest.mark.parametrize("model", ["gpt-4o-mini", "ft:gpt-4o-mini-2024-07-18:acme::ZyXwVuTs"])
def test_any_other_model_is_not(client, model):
    with pytest.raises(openai.NotFoundError) as refused:
        client.chat.completions.create(model=model, messages=user("After 1?"))
    assert refused.value.code == "model_not_found"
    with pytest.raises(openai.APIStatusError):
        client.responses.create(model=model, input="After 1?")


def test_its_job_and_files_are_as_recorded(client, archive):
    job = archive.header.archive["job"]
    assert client.fine_tuning.jobs.retrieve(job["id"]).fine_tuned_model == job["fine_tuned_model"]
    assert client.files.retrieve(job["training_file"]).filename == "lessons.jsonl"
    with pytest.raises(openai.InternalServerError, match="nothing recorded answers GET /v1/files"):
        client.files.list()


def test_another_question_is_refused_and_names_the_nearest(replay, caplog):
    client, handler = replay(
        *exchange({"messages": user("What is the capital of France?")}, "Paris."),
        *exchange({"messages": user("Sing!")}, "La."),
    )
    with pytest.raises(openai.InternalServerError) as refused:
        chat(client, "What is the capital of Italy?")
    assert refused.value.status_code == 501
    assert refused.value.code == "no_recording"
    assert refused.value.response.headers["x-should-retry"] == "false"
    said = refused.value.body["message"]
    assert "nearest is exchange 1, which differs in message 1, its text" in said
    assert "recorded 'What is the capital of France?', asked 'What is the capital of Italy?'" in said
    assert len(handler.unmatched) == 1
    assert said in caplog.text


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"tools": [TOOL]}, "the tools: recorded none, asked get_weather"),
        (
            {"response_format": {"type": "json_object"}},
            "the shape of the answer: recorded text, asked json_object",
        ),
        (
            {"messages": [{"role": "system", "content": "Be brief."}, *user("JSON?")]},
            "in message 1, its role",
        ),
        ({"messages": [*user("JSON?"), *user("Now!")]}, "in its length: recorded 1 messages, asked 2"),
    ],
)
def test_it_says_where_the_nearest_differs(replay, more, words):
    client, _ = replay(*exchange({"messages": user("JSON?")}, "{}"))
    with pytest.raises(openai.InternalServerError) as refused:
        client.chat.completions.create(**{"model": MODEL, "messages": user("JSON?"), **more})
    assert words in str(refused.value)


def test_a_tool_of_another_description_is_another_question(replay):
    client, _ = replay(*exchange({"messages": user("Hi"), "tools": [TOOL]}, "Hello!"))
    assert chat(client, "Hi", tools=[TOOL], seed=1) == "Hello!"
    other = {"type": "function", "function": {**TOOL["function"], "description": "Rain."}}
    with pytest.raises(openai.InternalServerError, match="a tool's description or parameters"):
        chat(client, "Hi", tools=[other])
    with pytest.raises(openai.InternalServerError, match="tool_choice"):
        chat(client, "Hi", tools=[TOOL], tool_choice="required")


def test_several_calls_are_not_given_to_whom_wants_one(replay):
    call = {"type": "function", "function": {"name": "get_weather", "arguments": "{}"}}
    calls = [{**call, "id": f"call_{number}"} for number in range(2)]
    message = {"role": "assistant", "content": None, "tool_calls": calls}
    client, _ = replay(*exchange({"messages": user("Hi"), "tools": [TOOL]}, message))
    assert (
        len(
            client.chat.completions.create(model=MODEL, messages=user("Hi"), tools=[TOOL], seed=1)
            .choices[0]
            .message.tool_calls
        )
        == 2
    )
    with pytest.raises(openai.InternalServerError, match="several functions at once"):
        chat(client, "Hi", tools=[TOOL], parallel_tool_calls=False)


def test_log_probabilities_are_not_made_up(replay):
    client, _ = replay(*exchange({"messages": user("Hi")}, "Hello!"))
    with pytest.raises(openai.InternalServerError, match="log probabilities"):
        chat(client, "Hi", logprobs=True)
    with pytest.raises(openai.InternalServerError, match="log probabilities"):
        client.responses.create(model=MODEL, input="Hi", include=["message.output_text.logprobs"])


def test_a_recorded_refusal_is_given_where_there_is_nothing_else(replay):
    bad = exchange({"messages": user("Bad.")}, "", status=400)
    client, _ = replay(*bad, *exchange({"messages": user("Hi")}, "Hello!"))
    with pytest.raises(openai.BadRequestError):
        chat(client, "Bad.")
    again = exchange({"messages": user("Bad.")}, "Well.")
    client, _ = replay(*bad, *again)
    assert [chat(client, "Bad.") for _ in range(2)] == ["Well.", "Well."]


def test_what_failed_in_passing_is_never_given(replay):
    busy = exchange({"messages": user("Hi")}, "", status=429)
    cut = [
        msgspec.structs.replace(one, response=msgspec.structs.replace(one.response, interrupted=True))
        for one in exchange({"messages": user("Hi")}, "He")
    ]
    client, _ = replay(*busy, *cut, *exchange({"messages": user("Hi")}, "Hello!"))
    assert [chat(client, "Hi") for _ in range(2)] == ["Hello!", "Hello!"]


def test_what_is_not_simulated_can_be_asked_as_it_was(replay):
    shell = {"type": "custom", "custom": {"name": "shell"}}
    call = {"id": "call_1", "type": "custom", "custom": {"name": "shell", "input": "ls"}}
    message = {"role": "assistant", "content": None, "tool_calls": [call]}
    client, _ = replay(*exchange({"messages": user("Go."), "tools": [shell]}, message))
    answer = client.chat.completions.create(model=MODEL, messages=user("Go."), tools=[shell])
    assert answer.choices[0].message.tool_calls[0].custom.input == "ls"


def test_a_secret_in_a_question_is_known_again(replay):
    secret = "sk-" + "proj-" + "a1B2c3D4e5" * 4
    client, _ = replay(*exchange({"messages": user("Is sk-REDACTED-7 good?")}, "No."))
    assert chat(client, f"Is {secret} good?") == "No."


def test_a_model_of_another_name_answers_too(replay):
    name = "llama-3-8b-ours"
    body = exchange({"messages": user("Hi"), "model": name}, "Hello!")
    client, _ = replay(*body, archive={"model": name})
    assert (
        client.chat.completions.create(model=name, messages=user("Hi"), seed=1).choices[0].message.content
        == "Hello!"
    )
    assert [model.id for model in client.models.list()] == [name]


def test_each_answer_says_where_it_is_from(replay):
    client, _ = replay(*exchange({"messages": user("Hi")}, "Hello!"), provenance="simulated")
    for more in ({}, {"seed": 1}):
        raw = client.chat.completions.with_raw_response.create(model=MODEL, messages=user("Hi"), **more)
        told = {name: value for name, value in raw.headers.items() if name.startswith("x-drytune")}
        assert told == {
            "x-drytune": "replayed",
            "x-drytune-layer": "recorded",
            "x-drytune-provenance": "simulated",
            "x-drytune-exchange": "1",
        }


def test_many_at_once(replay):
    answers = [str(number) for number in range(8)]
    client, handler = replay(*exchange({"messages": user("Roll.")}, *answers))
    with ThreadPoolExecutor(8) as pool:
        given = list(pool.map(lambda seed: chat(client, "Roll.", seed=seed), range(16)))
    assert sorted(given) == sorted(answers * 2)
    assert handler.unused() == []


def test_a_cassette_that_is_no_archive():
    with pytest.raises(UsageError, match="no archive of a model"):
        Kept(Cassette(name="walk.yaml"))


def test_the_platform_has_forgotten_it_and_the_archive_has_not(platform, archive):
    """The point of it all."""
    gone = Simulator(as_of=dt.date(2027, 1, 15))
    with simulated(gone, max_retries=0) as client, pytest.raises(openai.NotFoundError):
        client.chat.completions.create(model=platform.model, messages=user("After 1?"))
    gone.close()
    kept = Kept(archive)
    with simulated(kept) as client:
        assert client.chat.completions.create(model=platform.model, messages=user("After 1?")).choices
    kept.close()


def test_what_was_redacted_is_found_with_the_same_patterns(keeping):
    """The recorded placeholder is the question's, whichever number it has."""
    keeping.write("Is Whale good?", "Is Bluebird good?")
    archive = keeping(redact=["Bluebird|Whale"]).cassette
    body = {"model": keeping.platform.model, "messages": [{"role": "user", "content": "Is Bluebird good?"}]}
    for patterns, count in ((["Bluebird|Whale"], 1), ([], 0)):
        handler = opened(archive, redact=patterns).handler
        with simulated(handler, max_retries=0) as client:
            if count:
                assert client.chat.completions.create(**body).choices
            else:
                with pytest.raises(openai.InternalServerError, match="nothing recorded"):
                    client.chat.completions.create(**body)
        handler.close()


def test_what_was_not_asked_is_told_without_secrets(keeping):
    keeping.write("Is Bluebird good?")
    handler = Kept(keeping(redact=["Bluebird"]).cassette, redact=["Bluebird"])
    with simulated(handler, max_retries=0) as client, pytest.raises(openai.InternalServerError) as error:
        client.chat.completions.create(
            model=handler.model, messages=[{"role": "user", "content": "Is Bluebird bad?"}]
        )
    assert "Bluebird" not in error.value.message
    assert "Bluebird" not in "".join(handler.unmatched)
    handler.close()


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ("After  1?", "only in white space: recorded 'After 1?', asked 'After  1?'"),
        ("After 1?\n", r"asked 'After 1?\n'"),
    ],
)
def test_white_space_that_differs_is_shown(client, kept, asked, words):
    with pytest.raises(openai.InternalServerError) as error:
        client.chat.completions.create(model=kept.model, messages=[{"role": "user", "content": asked}])
    assert words in error.value.message


def test_an_archive_without_answers_answers_nothing(archive):
    bare = msgspec.structs.replace(archive, exchanges=archive.exchanges[:1])
    with pytest.raises(UsageError, match="was asked nothing in this recording"):
        opened(bare)
