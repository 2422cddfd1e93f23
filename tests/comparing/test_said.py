"""What a model said, from any answer of any door; what cannot be read is an error, never an exception."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drytune.cassettes.model import Told
from drytune.keeping.said import door_in, said_in
from drytune_simulator import Headers, ManualClock, Request, Simulator

JSON = (("content-type", "application/json"),)
EVENTS = (("content-type", "text/event-stream; charset=utf-8"),)
DOORS = ["chat", "responses", "completions"]


def whole(value, door="chat", **told):
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    return said_in(Told(status=told.pop("status", 200), headers=JSON, body=body, **told), door)


def one(*args, **told):
    (said,) = whole(*args, **told)
    return said


def chat(**message):
    return {"choices": [{"message": message, "finish_reason": "stop"}]}


@pytest.mark.parametrize(
    ("uri", "door"),
    [
        ("https://api.openai.com/v1/chat/completions", "chat"),
        ("http://localhost:8000/v1/completions?x=1", "completions"),
        ("https://x.openai.azure.com/openai/deployments/d/chat/completions?api-version=1", "chat"),
        ("/v1/responses/", "responses"),
        ("/v1/responses/resp_1", None),
        ("/v1/files", None),
    ],
)
def test_doors(uri, door):
    """Whatever stands before them."""
    assert door_in(uri) == door


def test_a_text():
    """A string, or parts."""
    assert one(chat(content="Hi")).text == "Hi"
    assert one(chat(content=[{"type": "text", "text": "H"}, {"type": "text", "text": "i"}])).text == "Hi"
    assert one({"choices": [{"text": "Hi"}]}, "completions").text == "Hi"


def test_calls():
    """Of functions in either form, of custom tools, and arguments that a server has as an object."""
    tools = [
        {"type": "function", "function": {"name": "f", "arguments": '{"a":1}'}},
        {"type": "custom", "custom": {"name": "g", "input": "free text"}},
        {"type": "function", "function": {"name": "h", "arguments": {"a": "ü"}}},
    ]
    said = one(chat(content=None, tool_calls=tools))
    assert [(call.name, call.arguments) for call in said.calls] == [
        ("f", '{"a":1}'), ("g", "free text"), ("h", '{"a": "ü"}'),
    ]  # fmt: skip
    assert one(chat(function_call={"name": "f", "arguments": "{}"})).calls[0].name == "f"


def test_refusals_and_nothing():
    """A refusal is an answer, an empty text too; no choice is none."""
    assert one(chat(content=None, refusal="No.")).refusal == "No."
    assert one(chat(content="")).is_empty
    assert one({"choices": []}).error == "there is no answer in what was answered"
    assert one({"choices": [{"message": {"content": "x"}, "finish_reason": "length"}]}).is_truncated


def test_a_response():
    """Messages and calls in one answer; why it is incomplete; tokens by their other names."""
    body = {
        "status": "incomplete",
        "incomplete_details": {"reason": "max_output_tokens"},
        "output": [
            {"type": "reasoning", "summary": []},
            {
                "type": "message",
                "content": [{"type": "output_text", "text": "Hi"}, {"type": "refusal", "refusal": "No"}],
            },
            {"type": "function_call", "name": "f", "arguments": "{}"},
        ],
        "usage": {"input_tokens": 3, "output_tokens": 2, "input_tokens_details": {"cached_tokens": 1}},
    }
    said = one(body, "responses")
    assert (said.text, said.refusal, said.calls[0].name, said.is_truncated) == ("Hi", "No", "f", True)
    assert (said.prompt_tokens, said.cached_tokens, said.completion_tokens) == (3, 1, 2)
    failed = one(
        {"status": "failed", "error": {"code": "server_error", "message": "Oops"}, "output": []}, "responses"
    )
    assert failed.error == "Oops"


def test_errors():
    """The platform's words, or the beginning of whatever page was sent."""
    assert one({"error": {"message": "No.", "code": "c"}}, status=400).error == "400: No."
    assert one({"error": "no"}, status=404).error == "404: no"
    assert one(b"<html>\n<h1>Bad gateway</h1>", status=502).error == "502: <html> <h1>Bad gateway</h1>"
    assert one(b"", status=500).error == "500: no reason is given"
    assert len(one({"error": {"message": "x" * 9000}}, status=400).error) == 500


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"null", b"[" * 100_000, b"1" * 10_000, b'{"choices": 3}']
)
@pytest.mark.parametrize("door", DOORS)
def test_what_cannot_be_read(body, door):
    """Is an error in a few words."""
    assert one(body, door).error is not None


def streamed(*values, ends=b"\n\n"):
    body = b"".join(b"data: " + json.dumps(value).encode() + ends for value in values)
    return said_in(Told(status=200, headers=EVENTS, body=body), "chat")


def test_a_stream_of_parallel_calls():
    """Pieces of several calls and choices, mixed."""

    def piece(call, choice=0, **function):
        delta = {"tool_calls": [{"index": call, "function": function}]}
        return {"choices": [{"index": choice, "delta": delta}]}

    first, second = streamed(
        piece(0, name="f", arguments=""),
        piece(1, name="g", arguments='{"b"'),
        piece(0, arguments='{"a":1}'),
        {"choices": [{"index": 1, "delta": {"content": "Hi"}}]},
        piece(1, arguments=":2}"),
        {"choices": [{"index": 0, "delta": {}, "finish_reason": "tool_calls"}]},
        ends=b"\r\n\r\n",
    )
    assert [(call.name, call.arguments) for call in first.calls] == [("f", '{"a":1}'), ("g", '{"b":2}')]
    assert (first.finish_reason, second.text) == ("tool_calls", "Hi")


def test_a_stream_that_ends_in_an_error():
    """Is that error, whatever was said before."""
    (said,) = streamed(
        {"choices": [{"index": 0, "delta": {"content": "H"}}]}, {"error": {"message": "Overloaded"}}
    )
    assert said.error == "Overloaded"


def test_an_interrupted_answer():
    """Is none."""
    assert one(chat(content="Hel"), interrupted=True).error == "the answer broke off before its end"


def test_times():
    """The wait, and all until the end; a recording of noughts has not measured."""
    said = one(chat(content="Hi"), wait=0.5, chunks=((1, 0.1), (1, 0.2)))
    assert (said.wait, said.total) == (0.5, pytest.approx(0.8))
    assert (one(chat(content="Hi")).wait, one(chat(content="Hi")).total) == (None, None)


ASKED = {
    "chat": ("/v1/chat/completions", {"messages": [{"role": "user", "content": "Hi"}]}),
    "responses": ("/v1/responses", {"input": "Hi"}),
    "completions": ("/v1/completions", {"prompt": "Hi"}),
}
TOOLS = [{"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {}}}}]


@pytest.mark.parametrize(
    ("door", "extra"),
    [*((door, {}) for door in DOORS), ("chat", {"tools": TOOLS, "tool_choice": "required"})],
)
def test_a_stream_says_what_a_whole_answer_says(door, extra):
    """At every door of the simulator."""
    path, body = ASKED[door]
    answers = []
    for stream in (False, True):
        fields = Headers({"authorization": "Bearer sk-x", "content-type": "application/json"})
        model = "davinci-002" if door == "completions" else "gpt-4o-mini"
        asked = json.dumps({"model": model, **body, **extra, "stream": stream}).encode()
        response = Simulator(clock=ManualClock())(Request("POST", path, fields, asked))
        data = response.body if isinstance(response.body, bytes) else b"".join(c.data for c in response.body)
        told = Told(status=response.status, headers=tuple(response.headers.items()), body=data)
        answers += [(said.text, said.calls, said.finish_reason, said.error) for said in said_in(told, door)]
    assert answers[0] == answers[1]
    assert answers[0][3] is None


NAMES = [
    *(
        "choices",
        "message",
        "content",
        "tool_calls",
        "function",
        "name",
        "arguments",
        "usage",
        "output",
        "type",
    ),
    *("delta", "index", "error", "prompt_tokens", "text", "refusal", "response", "status", "function_call"),
]

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=150)
@given(values=st.lists(anything, max_size=3), door=st.sampled_from(DOORS), status=st.sampled_from([200, 400]))
def test_anything(values, door, status):
    """Whatever is answered, whole or as a stream, is at least one answer or error."""
    body = b"".join(b"data: " + json.dumps(value).encode() + b"\n\n" for value in values)
    for headers, data in ((EVENTS, body), (JSON, json.dumps(values[:1] and values[0]).encode())):
        said = said_in(Told(status=status, headers=headers, body=data), door)
        assert said
        assert all(isinstance(answer.words, str) for answer in said)
