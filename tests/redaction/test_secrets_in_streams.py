"""Secrets that come in pieces: chunks of bytes, and events that say a few letters each."""

import base64
import json
from itertools import accumulate

import pytest

from drytune.cassettes.files import load
from drytune_simulator import Chunk, Headers, Response

BETWEEN = "You asked for it: "


def stream(events: list[bytes], size: int = 0) -> Response:
    """Events one by one, or cut wherever `size` bytes are full."""
    body = b"".join(events)
    pieces = [body[at : at + size] for at in range(0, len(body), size)] if size else events
    return Response(200, Headers({"content-type": "text/event-stream"}), map(Chunk, pieces))


def event(data: object, name: str = "") -> bytes:
    return (f"event: {name}\n" if name else "").encode() + f"data: {json.dumps(data)}\n\n".encode()


def pieces(text: str, size: int) -> list[str]:
    return [text[at : at + size] for at in range(0, len(text), size)]


def chat(text: str, size: int = 6) -> list[bytes]:
    """As text of the first of two choices."""
    said = [{"index": 0, "delta": {"content": piece}} for piece in pieces(BETWEEN + text + " bye", size)]
    other = {"index": 1, "delta": {"content": "so "}}
    return [event({"object": "chat.completion.chunk", "choices": [one, other]}) for one in said] + [
        b"data: [DONE]\n\n"
    ]


def call(text: str, size: int = 7) -> list[bytes]:
    """As arguments of a call, which are JSON that is told in pieces."""
    arguments = json.dumps({"note": f"{BETWEEN}{text}"})
    calls = [{"index": 0, "function": {"arguments": piece}} for piece in pieces(arguments, size)]
    return [event({"choices": [{"index": 0, "delta": {"tool_calls": [one]}}]}) for one in calls]


def responses(text: str, size: int = 8) -> list[bytes]:
    """As the Responses API says it, with all of it in the last event once more."""
    where = {"item_id": "msg_1", "output_index": 0, "content_index": 0}
    kind = "response.output_text"
    said = [{"type": f"{kind}.delta", **where, "delta": piece} for piece in pieces(BETWEEN + text, size)]
    done = {"type": f"{kind}.done", **where, "text": BETWEEN + text}
    return [event(one, one["type"]) for one in (*said, done)]


def encoded(text: str, size: int = 6) -> list[bytes]:
    return chat(base64.b64encode(f"see: {text}".encode()).decode(), size)


def likely(text: str, size: int = 8) -> list[bytes]:
    """With log probabilities, and the bytes of each token."""
    events = []
    for piece in pieces(BETWEEN + text, size):
        one = {"token": piece, "logprob": -0.1, "bytes": list(piece.encode())}
        logprobs = {"content": [{**one, "top_logprobs": [one]}]}
        events.append(event({"choices": [{"index": 0, "delta": {"content": piece}, "logprobs": logprobs}]}))
    return events


def strings(value: object, name: str = ""):
    """What is said, by the name of the field."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from strings(item, key)
    elif isinstance(value, list) and value and all(isinstance(item, int) for item in value):
        yield name, bytes(value)
    elif isinstance(value, list):
        for item in value:
            yield from strings(item, name)
    elif isinstance(value, str):
        yield name, value.encode()


def joined(body: bytes) -> bytes:
    """All that a stream says, each kind of field for itself."""
    told: dict[str, bytes] = {}
    for line in body.split(b"\n"):
        if line.startswith(b"data: {"):
            for name, text in strings(json.loads(line[6:])):
                told[name] = told.get(name, b"") + (b"" if text == b"so " else text)
    return b"\n".join(told.values())


STREAMS = {"text": chat, "arguments": call, "Responses API": responses, "base64": encoded, "tokens": likely}


@pytest.mark.parametrize("size", [0, 31])
@pytest.mark.parametrize("kind", STREAMS)
def test_nowhere_in_a_stream(kind, size, secrets, record, ask, leaks, tmp_path):
    """Neither in an event, nor in what the events say together; and its pieces still add up."""
    secrets = list({secret.kind: secret for secret in secrets}.values())
    streams = [STREAMS[kind](secret.text) for secret in secrets]
    said = b"\n\n".join(joined(b"".join(events)) for events in streams)
    assert {secret.text for secret in secrets} == set(leaks(said, secrets))
    written = record([(ask(), stream(events, size)) for events in streams])
    assert leaks(written, secrets) == []
    exchanges = load(tmp_path / "1.yaml").exchanges
    assert leaks(b"\n\n".join(joined(exchange.response.body) for exchange in exchanges), secrets) == []
    for exchange, events in zip(exchanges, streams, strict=True):
        body = exchange.response.body
        assert BETWEEN.strip().encode() in joined(body)
        assert kind == "base64" or b"REDACTED" in joined(body)
        assert body.count(b"\n\n") == len(events)
        assert sum(length for length, _ in exchange.response.chunks) == len(body)


def test_each_event_still_comes_in_its_chunk(record, ask, secrets, tmp_path):
    """What was taken out of an event leaves the event."""
    events = chat(secrets[0].text)
    record([(ask(), stream(events))])
    (exchange,) = load(tmp_path / "1.yaml").exchanges
    ends = list(accumulate(size for size, _ in exchange.response.chunks))
    assert len(ends) == len(events)
    assert all(exchange.response.body[:end].endswith(b"\n\n") for end in ends)


def test_choices_are_told_apart(record, ask, secrets, tmp_path):
    """Two that speak by turns; each in its own placeholder, and nothing else is gone."""
    texts = [f"First: {secrets[0].text} end.", f"Other: {secrets[4].text} end!"]
    turns = zip(*(pieces(f"{text:<90}", 5) for text in texts), strict=False)
    events = [
        event({"choices": [{"index": index, "delta": {"content": piece}}]})
        for turn in turns
        for index, piece in enumerate(turn)
    ]
    record([(ask(), stream(events))])
    said = ["", ""]
    for line in load(tmp_path / "1.yaml").exchanges[0].response.body.decode().split("\n\n")[:-1]:
        (choice,) = json.loads(line[6:])["choices"]
        said[choice["index"]] += choice["delta"]["content"]
    assert [text.rstrip() for text in said] == ["First: sk-REDACTED-1 end.", "Other: sk-REDACTED-2 end!"]


def test_a_stream_that_the_client_leaves(record, ask, secrets, leaks, tmp_path):
    """Is kept as far as it came, without the half of a key that it had said."""
    events = chat(secrets[0].text)
    written = record([(ask(), stream(events[: len(events) - 4]))])
    assert leaks(written, secrets[:1]) == []
    assert b"sk-REDACTED-1" in joined(load(tmp_path / "1.yaml").exchanges[0].response.body)
