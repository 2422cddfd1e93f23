# ruff: noqa: SIM905 - names are easier to read so
"""Stored chat completions: list, retrieve, update, delete, and their messages (recorded in September 2025)."""

from __future__ import annotations

import openai
import pytest

from drytune.transports import family_of_openai, sync_transport
from drytune_simulator import Simulator

MODEL = "gpt-4o-mini"
FIELDS = (
    "object id model created tool_choice usage seed top_p temperature presence_penalty frequency_penalty "
    "system_fingerprint input_user service_tier tools metadata choices response_format"
).split()


def ask(client, text="Hello!", **options):
    settings = {"store": True, **options}
    return client.chat.completions.create(
        model=MODEL, messages=[{"role": "user", "content": text}], **settings
    )


def test_only_what_is_to_be_stored_is(client):
    """`store` is false by default."""
    plain = ask(client, store=False)
    stored = ask(client)
    assert [each.id for each in client.chat.completions.list()] == [stored.id]
    with pytest.raises(openai.NotFoundError) as caught:
        client.chat.completions.retrieve(plain.id)
    assert caught.value.body == {
        "message": f"Completion {plain.id} not found",
        "type": "invalid_request_error",
        "param": "completion_id",
        "code": "not_found",
    }


def test_a_stored_completion_has_the_recorded_form(client):
    """Its fields in order, and what was answered."""
    made = ask(client, seed=5, temperature=0.5, user="u", metadata={"a": "b"})
    raw = client.chat.completions.with_raw_response.retrieve(made.id)
    body = raw.http_response.json()
    assert list(body) == FIELDS
    assert (body["seed"], body["temperature"], body["input_user"]) == (5, 0.5, "u")
    assert body["metadata"] == {"a": "b"}
    assert body["usage"] == {
        "total_tokens": made.usage.total_tokens,
        "completion_tokens": made.usage.completion_tokens,
        "prompt_tokens": made.usage.prompt_tokens,
    }
    assert body["choices"] == [
        {
            "index": 0,
            "message": {
                "content": made.choices[0].message.content,
                "role": "assistant",
                "tool_calls": None,
                "function_call": None,
            },
            "finish_reason": "stop",
            "logprobs": None,
        }
    ]
    assert raw.parse().choices[0].message.content == made.choices[0].message.content


def test_a_stream_is_stored_as_what_it_says(client):
    """The completion that the chunks were pieces of; calls and refusals too."""
    tools = [{"type": "function", "function": {"name": "f"}}]
    chunks = list(ask(client, stream=True, tools=tools, tool_choice="required"))
    stored = client.chat.completions.retrieve(chunks[0].id)
    (call,) = stored.choices[0].message.tool_calls
    assert (call.function.name, stored.choices[0].finish_reason) == ("f", "tool_calls")
    assert call.id in {
        piece.id for chunk in chunks for piece in chunk.choices[0].delta.tool_calls or () if piece.id
    }


def test_metadata_is_replaced(client):
    """All of it; null empties it."""
    made = ask(client, metadata={"a": "b", "c": "d"})
    updated = client.chat.completions.update(made.id, metadata={"c": "e"})
    assert updated.metadata == client.chat.completions.retrieve(made.id).metadata == {"c": "e"}
    assert client.chat.completions.update(made.id, metadata=None).metadata == {}
    with pytest.raises(openai.BadRequestError, match="string too long"):
        client.chat.completions.update(made.id, metadata={"c": "x" * 513})


def test_what_is_deleted_is_gone(client):
    """From the list as well; a second time it is not found."""
    made, other = ask(client), ask(client)
    gone = client.chat.completions.delete(made.id)
    assert (gone.id, gone.object, gone.deleted) == (made.id, "chat.completion.deleted", True)
    assert [each.id for each in client.chat.completions.list()] == [other.id]
    for call in (
        client.chat.completions.delete,
        client.chat.completions.retrieve,
        client.chat.completions.messages.list,
    ):
        with pytest.raises(openai.NotFoundError, match="not found"):
            call(made.id)


def test_the_list_is_paged_and_picked_from(client):
    """Newest first, as recorded, whatever the reference says; by model and by metadata."""
    ids = [ask(client, str(number), metadata={"even": str(number % 2 == 0)}).id for number in range(5)]
    listed = client.chat.completions.list
    assert [each.id for each in listed(limit=2)] == ids[::-1]
    assert [each.id for each in listed(limit=2, order="asc")] == ids
    page = listed(limit=2, order="asc", after=ids[1])
    assert ([each.id for each in page.data], page.has_more) == (ids[2:4], True)
    assert [each.id for each in listed(metadata={"even": "True"})] == [ids[4], ids[2], ids[0]]
    assert list(listed(model="gpt-4.1")) == []
    assert len(list(listed(model="gpt-4o-mini-2024-07-18"))) == 5
    with pytest.raises(openai.BadRequestError, match="limit"):
        listed(limit=101)
    with pytest.raises(openai.BadRequestError, match="after"):
        listed(after="chatcmpl-none")
    with pytest.raises(openai.BadRequestError, match="Unknown parameter"):
        listed(extra_query={"metadata[a][b]": "c"})


def test_the_messages_are_those_of_the_request(platform):
    """Each has an id of the completion and its place; the SDK's type takes only assistants', so it is lenient."""
    http = family_of_openai().Client(transport=sync_transport(platform), trust_env=False)
    parts = [{"type": "text", "text": "Hello!"}]
    nothing = {"content_parts": None, "name": None}
    with openai.OpenAI(api_key="sk-x", base_url="https://drytune.invalid/v1", http_client=http) as client:
        made = client.chat.completions.create(
            model=MODEL,
            messages=[
                {"role": "system", "content": "Be kind."},
                {"role": "user", "name": "Ann", "content": parts},
            ],
            store=True,
        )
        listed = client.chat.completions.messages.with_raw_response.list(made.id).http_response.json()
        assert listed == {
            "object": "list",
            "data": [
                {"id": f"{made.id}-0", "role": "system", "content": "Be kind.", **nothing},
                {"id": f"{made.id}-1", "role": "user", "content": None, "content_parts": parts, "name": "Ann"},
            ],
            "first_id": f"{made.id}-0",
            "last_id": f"{made.id}-1",
            "has_more": False,
        }  # fmt: skip
        messages = client.chat.completions.messages.list
        assert [each.id for each in messages(made.id, order="desc", limit=1)] == [
            f"{made.id}-1",
            f"{made.id}-0",
        ]
        assert [each.id for each in messages(made.id, after=f"{made.id}-0")] == [f"{made.id}-1"]
        assert list(messages(made.id, after=f"{made.id}-1")) == []
        with pytest.raises(openai.BadRequestError, match="after"):
            messages(made.id, after="x")


def test_others_see_nothing_of_it(platform, client):
    """What a key stores is its own."""
    made = ask(client)
    http = family_of_openai().Client(transport=sync_transport(platform), trust_env=False)
    with openai.OpenAI(api_key="sk-other", base_url="https://drytune.invalid/v1", http_client=http) as other:
        assert list(other.chat.completions.list()) == []
        with pytest.raises(openai.NotFoundError):
            other.chat.completions.retrieve(made.id)


def test_the_same_seed_stores_the_same(client):
    """Ids, seeds that were not given, and all."""
    http = family_of_openai().Client(transport=sync_transport(Simulator()), trust_env=False)
    with openai.OpenAI(
        api_key="sk-inference", base_url="https://drytune.invalid/v1", http_client=http
    ) as other:
        stored = [each.chat.completions.retrieve(ask(each).id).to_dict() for each in (client, other)]
    assert stored[0] == stored[1]
    assert isinstance(stored[0]["seed"], int)
