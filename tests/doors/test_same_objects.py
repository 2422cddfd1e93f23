"""The SDK, made to be strict, makes the same of the answers through every door."""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import openai
import pytest

KEY = "sk-doors"
TAUGHT = {"messages": [{"role": "user", "content": "What comes after 7?"}]}
CALLED = {"messages": [{"role": "user", "content": "What is the weather in Oslo?"}]}
CITY = {"type": "object", "properties": {"city": {"type": "string"}, "days": {"type": "integer"}}}
STRICT = {**CITY, "required": ["city", "days"], "additionalProperties": False}
TOOL = {"type": "function", "function": {"name": "weather", "parameters": CITY}}
SHAPE = {"type": "json_schema", "json_schema": {"name": "city", "schema": STRICT, "strict": True}}
USAGE = {"stream": True, "stream_options": {"include_usage": True}}


async def settled(value: Any) -> Any:
    return await value if inspect.isawaitable(value) else value


@asynccontextmanager
async def entered(manager: Any) -> AsyncIterator[Any]:
    if hasattr(manager, "__aenter__"):
        async with manager as inner:
            yield inner
    else:
        with manager as inner:
            yield inner


async def typed(client: Any, training: bytes, a_day_passes: Callable[[], Any]) -> dict[str, Any]:
    """What the SDK, made to be strict, makes of the answers."""
    kind = "AsyncOpenAI" if hasattr(client, "aclose") else "OpenAI"
    sdk = getattr(openai, kind)(
        api_key=KEY,
        base_url=f"{client.base_url}".rstrip("/") + "/v1",
        http_client=client,
        max_retries=0,
        default_headers={"x-drytune-form": "specified"},
        _strict_response_validation=True,
    )

    async def collected(stream: Any) -> list[dict[str, Any]]:
        events = [event async for event in stream] if hasattr(stream, "__aiter__") else list(stream)
        return [event.to_dict() for event in events]

    file = await settled(sdk.files.create(file=("t.jsonl", training), purpose="fine-tune"))
    job = await settled(sdk.fine_tuning.jobs.create(model="gpt-4o-mini", training_file=file.id))
    await settled(a_day_passes())
    job = await settled(sdk.fine_tuning.jobs.retrieve(job.id))
    chat, respond, model = sdk.chat.completions, sdk.responses, job.fine_tuned_model
    seen: dict[str, Any] = {}
    embedded = {"model": "text-embedding-3-small", "input": "cat", "encoding_format": "float"}
    for name, method, arguments in (
        ("chat", chat.create, {"model": model, **TAUGHT}),
        ("chat, streamed", chat.create, {"model": model, **USAGE, **TAUGHT}),
        ("chat, called", chat.create, {"model": model, "tools": [TOOL], "tool_choice": "required", **CALLED}),
        ("chat, parsed", chat.parse, {"model": model, "response_format": SHAPE, **CALLED}),
        ("response", respond.create, {"model": model, "input": "What comes after 7?"}),
        ("response, streamed", respond.create, {"model": model, "input": "What comes after 7?", "stream": True}),
        ("completion", sdk.completions.create, {"model": "davinci-002", "prompt": "Once"}),
        ("embeddings", sdk.embeddings.create, embedded),
        ("moderations", sdk.moderations.create, {"input": "Hello!"}),
    ):  # fmt: skip
        answer = await settled(method(**arguments))
        is_stream = isinstance(answer, openai.Stream | openai.AsyncStream)
        seen[name] = await collected(answer) if is_stream else answer.to_dict()
    async with entered(chat.stream(model=model, **TAUGHT)) as stream:
        seen["chat, accumulated"] = (await settled(stream.get_final_completion())).to_dict()
    async with entered(respond.stream(model=model, input="What comes after 7?")) as stream:
        seen["response, accumulated"] = (await settled(stream.get_final_response())).to_dict()
    for name, arguments in (("404", {"model": "gpt-9"}), ("400", {"model": model, "temperature": 3})):
        with pytest.raises(openai.APIStatusError) as caught:
            await settled(chat.create(**arguments, **TAUGHT))
        seen[name] = (caught.value.status_code, caught.value.body, caught.value.request_id)
    return seen


@pytest.fixture(scope="module")
def expected(through_one) -> dict[str, Any]:
    """Through one door."""
    return through_one(typed)


def test_every_door_gives_the_sdk_the_same(through, expected):
    """Objects, events, accumulated streams and errors."""
    assert through(typed) == expected
