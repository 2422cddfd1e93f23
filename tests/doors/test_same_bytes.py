# ruff: noqa: SIM905 - names are easier to read so
"""The same requests through every door give the same answers, byte for byte."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable
from typing import Any

import pytest

KEY = "sk-doors"
TAUGHT = {"messages": [{"role": "user", "content": "What comes after 7?"}]}
CALLED = {"messages": [{"role": "user", "content": "What is the weather in Oslo?"}]}
CITY = {"type": "object", "properties": {"city": {"type": "string"}, "days": {"type": "integer"}}}
STRICT = {**CITY, "required": ["city", "days"], "additionalProperties": False}
TOOL = {"type": "function", "function": {"name": "weather", "parameters": CITY}}
FLAT = {"type": "function", "name": "weather", "parameters": STRICT, "strict": True}
SHAPE = {"type": "json_schema", "json_schema": {"name": "city", "schema": STRICT, "strict": True}}
FORMAT = {"type": "json_schema", "name": "city", "schema": STRICT, "strict": True}
USAGE = {"stream": True, "stream_options": {"include_usage": True}}
CHAT, RESPONSES = "/v1/chat/completions", "/v1/responses"
COMPLETIONS, SMALL = "/v1/completions", "gpt-4o-mini"
FORCED = {"tool_choice": "required", "tools": [TOOL]}
FLATLY = {"tool_choice": "required", "tools": [FLAT]}
COUNTING = {"model": "tuned", "input": "What comes after 7?"}
# a name, the method, the path, the body; {names} are replaced by the id that was answered to that request,
# and "tuned" as a model by the tuned model
REQUESTS: list[tuple[str, str, str, dict[str, Any] | None]] = [
    ("plain", "POST", CHAT, {"model": "tuned", "store": True, "metadata": {"a": "b"}, **TAUGHT}),
    ("several", "POST", CHAT, {"model": SMALL, "n": 2, "logprobs": True, "top_logprobs": 2, **TAUGHT}),
    ("streamed", "POST", CHAT, {"model": "tuned", **USAGE, **TAUGHT}),
    ("called", "POST", CHAT, {"model": "tuned", **FORCED, **CALLED}),
    ("called, streamed", "POST", CHAT, {"model": SMALL, **FORCED, "stream": True, **CALLED}),
    ("shaped", "POST", CHAT, {"model": "tuned", "response_format": SHAPE, **CALLED}),
    ("shaped, streamed", "POST", CHAT, {"model": "gpt-4o", "response_format": SHAPE, "stream": True, **CALLED}),
    ("stored", "GET", CHAT + "/{plain}", None),
    ("stored messages", "GET", CHAT + "/{plain}/messages?limit=1", None),
    ("stored list", "GET", CHAT + "?metadata[a]=b", None),
    ("response", "POST", RESPONSES, COUNTING),
    ("continued", "POST", RESPONSES, {"model": "tuned", "input": "And 8?", "previous_response_id": "{response}"}),
    ("response, streamed", "POST", RESPONSES, {**COUNTING, "stream": True}),
    ("response, called", "POST", RESPONSES, {"model": SMALL, "input": "Oslo?", **FLATLY, "stream": True}),
    ("response, shaped", "POST", RESPONSES, {"model": SMALL, "input": "Oslo?", "text": {"format": FORMAT}}),
    ("in the background", "POST", RESPONSES, {"model": SMALL, "input": "Hi", "background": True, "stream": True}),
    ("input items", "GET", RESPONSES + "/{continued}/input_items?order=asc", None),
    ("deleted", "DELETE", RESPONSES + "/{response}", None),
    ("counted", "POST", RESPONSES + "/input_tokens", {"model": SMALL, "input": "Hi"}),
    ("completion", "POST", COMPLETIONS, {"model": "davinci-002", "prompt": "Once", "logprobs": 2, "echo": True}),
    ("completion, streamed", "POST", COMPLETIONS, {"model": "babbage-002", "prompt": ["a", "b"], "stream": True}),
    ("embeddings", "POST", "/v1/embeddings", {"model": "text-embedding-3-small", "input": "cat", "dimensions": 4}),
    ("moderations", "POST", "/v1/moderations", {"input": ["Hello!", "I will kill you."]}),
    ("unknown model", "POST", CHAT, {"model": "gpt-9", **TAUGHT}),
    ("unknown completion", "GET", CHAT + "/chatcmpl-none", None),
    ("bad parameter", "POST", CHAT, {"model": "tuned", "temperature": 3, **USAGE, **TAUGHT}),
    ("bad input", "POST", RESPONSES, {"model": "tuned", "input": [7], "stream": True}),
    ("unknown path", "GET", "/v1/nothing", None),
]  # fmt: skip
# what depends on the connection, and not on what is answered
OF_THE_CONNECTION = frozenset(
    "access-control-allow-origin connection content-length date openai-processing-ms server "
    "transfer-encoding".split()
)


async def settled(value: Any) -> Any:
    return await value if inspect.isawaitable(value) else value


async def bytes_of(
    client: Any, training: bytes, a_day_passes: Callable[[], Any]
) -> dict[str, tuple[int, dict[str, str], bytes]]:
    """Status, headers and body of every request, read as it comes."""

    async def ask(method: str, path: str, **body: Any) -> tuple[int, dict[str, str], bytes]:
        request = client.build_request(method, path, headers={"authorization": f"Bearer {KEY}"}, **body)
        response = await settled(client.send(request, stream=True))
        content = await response.aread() if hasattr(client, "aclose") else response.read()
        await settled(response.aclose() if hasattr(client, "aclose") else response.close())
        headers = {name: value for name, value in response.headers.items() if name not in OF_THE_CONNECTION}
        return response.status_code, headers, content

    upload = {"files": {"file": ("t.jsonl", training)}, "data": {"purpose": "fine-tune"}}
    file = json.loads((await ask("POST", "/v1/files", **upload))[2])
    creation = {"model": "gpt-4o-mini", "training_file": file["id"]}
    job = json.loads((await ask("POST", "/v1/fine_tuning/jobs", json=creation))[2])
    await settled(a_day_passes())
    job = json.loads((await ask("GET", f"/v1/fine_tuning/jobs/{job['id']}"))[2])
    ids = {"tuned": job["fine_tuned_model"]}
    seen = {}
    for name, method, path, fields in REQUESTS:
        named = {"{response}": ids.get("response"), "tuned": ids["tuned"]}
        body = {
            key: named.get(value, value) if isinstance(value, str) else value
            for key, value in (fields or {}).items()
        }
        seen[name] = await ask(method, path.format_map(ids), **({"json": body} if fields else {}))
        if seen[name][2].startswith(b"{"):
            ids[name] = json.loads(seen[name][2]).get("id", "")
    return seen


@pytest.fixture(scope="module")
def expected(through_one) -> dict[str, Any]:
    """Through one door."""
    return through_one(bytes_of)


def test_every_door_answers_the_same_bytes(through, expected):
    """Statuses, headers and bodies; of a stream, all of its events."""
    answers = through(bytes_of)
    for name, answer in expected.items():
        assert answers[name] == answer, name


def test_the_answers_are_what_was_asked_for(expected):
    """So that the doors are not all wrong alike."""
    statuses = {name: status for name, (status, _, _) in expected.items()}
    refused = {
        "unknown model": 404,
        "unknown completion": 404,
        "bad parameter": 400,
        "bad input": 400,
        "unknown path": 404,
    }
    assert statuses == {**dict.fromkeys(statuses, 200), **refused}
    plain = json.loads(expected["plain"][2])["choices"][0]["message"]["content"]
    assert plain == "After 7 comes 8."
    assert expected["plain"][1]["x-drytune-layer"] == "taught"
    streamed = [json.loads(line[6:]) for line in expected["streamed"][2].decode().split("\n\n")[:-2]]
    said = "".join(each["choices"][0]["delta"].get("content") or "" for each in streamed if each["choices"])
    assert said == plain
    for name, (_, headers, body) in expected.items():
        assert headers["content-type"].startswith("text/event-stream") == body.startswith(
            (b"data:", b"event:")
        )
        assert (b'{"error":' in body.replace(b" ", b"").replace(b"\n", b"")[:9]) == (name in refused), name
