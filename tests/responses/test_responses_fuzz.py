"""Requests that are nearly right: they are answered or refused, whatever stands in them."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

BASE = "gpt-4o-mini"
odd = st.sampled_from([None, True, "", [], {}, -1, 0, 0.5, 10**400, "x", [None], [{}], {"type": None}])
texts = st.text(max_size=4)


def mostly(strategy):
    """Now and then something else."""
    return st.sampled_from([strategy] * 9 + [odd]).flatmap(lambda one: one)


parts = st.fixed_dictionaries(
    {"type": st.sampled_from(["input_text", "output_text", "refusal", "input_image", "x"])},
    optional={"text": mostly(texts), "refusal": mostly(texts), "image_url": mostly(texts), "detail": odd},
)
items = st.fixed_dictionaries(
    {},
    optional={
        "type": mostly(
            st.sampled_from(
                ["message", "function_call", "function_call_output", "item_reference", "reasoning"]
            )
        ),
        "role": mostly(st.sampled_from(["user", "assistant", "system", "developer"])),
        "content": mostly(texts | st.lists(mostly(parts), max_size=2)),
        "id": mostly(st.sampled_from(["msg_1", "fc_1"])),
        "call_id": mostly(st.sampled_from(["c", "d"])),
        "name": mostly(st.just("weather")),
        "arguments": mostly(st.just("{}")),
        "output": mostly(texts | st.lists(mostly(parts), max_size=2)),
        "status": mostly(st.just("completed")),
        "phase": mostly(st.just("commentary")),
    },
)
tools = st.fixed_dictionaries(
    {"type": mostly(st.sampled_from(["function", "web_search"]))},
    optional={
        "name": mostly(st.just("weather")),
        "description": mostly(texts),
        "parameters": mostly(
            st.sampled_from(
                [
                    {"type": "object", "properties": {"a": {"type": "string"}}},
                    {"type": "object", "properties": {"a": {"$ref": "#"}}},
                    {"type": "object", "additionalProperties": {"type": "integer"}},
                    {"type": "object", "properties": []},
                    {"type": "object", "required": 3},
                ]
            )
        ),
        "strict": mostly(st.booleans()),
        "zzz": odd,
    },
)
choices = st.sampled_from(
    [
        "auto",
        "none",
        "required",
        {"type": "function", "name": "weather"},
        {"type": "allowed_tools", "mode": "auto", "tools": [{"type": "function", "name": "weather"}]},
        {"type": "allowed_tools", "mode": "auto", "tools": [{}]},
    ]
)
forms = st.sampled_from(
    [
        {"type": "text"},
        {"type": "json_object"},
        {
            "type": "json_schema",
            "name": "n",
            "strict": False,
            "schema": {"type": "object", "properties": {"a": {}}},
        },
        {"type": "json_schema", "name": 1, "schema": {"type": "object"}},
        {"type": "json_schema", "name": "n", "schema": {"type": "object", "$ref": "#/no"}},
    ]
)
bodies = st.fixed_dictionaries(
    {
        "model": mostly(st.sampled_from([BASE, "tuned", "o4-mini"])),
        "input": mostly(texts | st.lists(mostly(items))),
    },
    optional={
        "tools": mostly(st.lists(mostly(tools), max_size=2)),
        "tool_choice": mostly(choices),
        "text": mostly(st.fixed_dictionaries({}, optional={"format": mostly(forms), "verbosity": odd})),
        "stream": mostly(st.booleans()),
        "background": mostly(st.booleans()),
        "store": mostly(st.booleans()),
        "instructions": mostly(texts),
        "max_output_tokens": mostly(st.integers(15, 40)),
        "previous_response_id": odd,
        "reasoning": mostly(st.just({"summary": "auto"})),
        "metadata": odd,
        "parallel_tool_calls": odd,
        "truncation": odd,
        "include": odd,
    },
)


@settings(max_examples=400, suppress_health_check=list(HealthCheck))
@given(body=bodies)
def test_any_body_is_answered_or_refused(post, tuned, body):
    """Never with a 5xx, but for what is not simulated."""
    body["model"] = tuned if body["model"] == "tuned" else body["model"]
    status, answer, _ = post(body)
    assert status == 200 or 400 <= status < 500 or answer["error"]["code"] == "not_simulated", answer
