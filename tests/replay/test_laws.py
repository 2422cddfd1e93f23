"""Laws: what was recorded of any sequence of calls is replayed to the byte; what means the same is the same."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from drytune.handlers.replay import Replay
from drytune_simulator import Headers, ManualClock, Request, Simulator

FILES, JOBS, CHAT = "/v1/files", "/v1/fine_tuning/jobs", "/v1/chat/completions"
KEY = {"authorization": "Bearer sk-x"}
OURS = {
    "x-drytune",
    "x-drytune-layer",
    "x-drytune-provenance",
    "x-drytune-exchange",
    "retry-after-ms",
}

few = settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])


def lines(number: int) -> bytes:
    def line(n: int) -> dict:
        return {
            "messages": [{"role": "user", "content": f"{number} {n}"}, {"role": "assistant", "content": "ok"}]
        }

    return b"".join(json.dumps(line(n)).encode() + b"\n" for n in range(10))


def upload(number: int, boundary: str = "b", *, backwards: bool = False) -> Request:
    parts = [
        b'Content-Disposition: form-data; name="purpose"\r\n\r\nfine-tune\r\n',
        b'Content-Disposition: form-data; name="file"; filename="t.jsonl"\r\n\r\n' + lines(number) + b"\r\n",
    ]
    edge = f"--{boundary}\r\n".encode()
    body = edge + edge.join(parts[::-1] if backwards else parts) + f"--{boundary}--\r\n".encode()
    return Request(
        "POST", FILES, Headers({**KEY, "content-type": f"multipart/form-data; boundary={boundary}"}), body
    )


def posted(path: str, value: Any) -> Request:
    return Request(
        "POST", path, Headers({**KEY, "content-type": "application/json"}), json.dumps(value).encode()
    )


def chat(number: int, **more: object) -> Request:
    messages = [{"role": "user", "content": f"question {number}"}]
    return posted(CHAT, {"model": "gpt-4o-mini", "messages": messages, "temperature": 1, **more})


def plain(method: str, path: str) -> Request:
    return Request(method, path, Headers(KEY))


class Client:
    """Makes calls of numbers, with the ids that it has been given."""

    def __init__(self, handler: Any) -> None:
        self.handler = handler
        self.files: list[str] = ["file-none"]
        self.jobs: list[str] = ["ftjob-none"]
        self.told: list[tuple[int, dict, bytes]] = []

    def do(self, deed: str, number: int) -> None:
        file, job = self.files[number % len(self.files)], self.jobs[number % len(self.jobs)]
        request = {
            "upload": lambda: upload(number),
            "list files": lambda: plain("GET", f"{FILES}?limit={number + 1}"),
            "retrieve": lambda: plain("GET", f"{FILES}/{file}"),
            "content": lambda: plain("GET", f"{FILES}/{file}/content"),
            "delete": lambda: plain("DELETE", f"{FILES}/{file}"),
            "tune": lambda: posted(JOBS, {"model": "gpt-4o-mini-2024-07-18", "training_file": file}),
            "poll": lambda: plain("GET", f"{JOBS}/{job}"),
            "list jobs": lambda: plain("GET", JOBS),
            "events": lambda: plain("GET", f"{JOBS}/{job}/events"),
            "cancel": lambda: plain("POST", f"{JOBS}/{job}/cancel"),
            "chat": lambda: chat(number),
            "stream": lambda: chat(number, stream=True),
            "kept chat": lambda: chat(number, store=True),
            "chats": lambda: plain("GET", CHAT),
            "embed": lambda: posted(
                "/v1/embeddings", {"model": "text-embedding-3-small", "input": str(number)}
            ),
            "wrong": lambda: posted(CHAT, {"model": number}),
        }[deed]()
        response = self.handler(request)
        body = (
            response.body if isinstance(response.body, bytes) else b"".join(one.data for one in response.body)
        )
        headers = {name: value for name, value in response.headers.items() if name not in OURS}
        self.told.append((response.status, headers, body))
        if response.status == 200 and deed in {"upload", "tune"}:
            (self.files if deed == "upload" else self.jobs).append(json.loads(body)["id"])


deeds = st.sampled_from(
    [
        *[
            "upload",
            "list files",
            "retrieve",
            "content",
            "delete",
            "tune",
            "poll",
            "poll",
            "list jobs",
            "events",
        ],
        *["cancel", "chat", "stream", "kept chat", "chats", "embed", "wrong"],
    ]
)
calls = st.lists(st.tuples(deeds, st.integers(0, 3)), min_size=1, max_size=25)


@few
@given(calls=calls, seed=st.integers(0, 3), uploads=st.sampled_from(["hashed", "kept"]))
def test_any_sequence_is_replayed_to_the_byte(taped, calls, seed, uploads):
    tape = taped(Simulator(seed=seed), uploads=uploads)
    live, again = Client(tape), None
    for one in calls:
        live.do(*one)
    replay = Replay(tape.cassette)
    again = Client(replay)
    for one in calls:
        again.do(*one)
    assert again.told == live.told
    assert replay.unused() == []
    assert replay.played == len(calls)


@few
@given(order=st.permutations(range(9)), seed=st.integers(0, 3))
def test_independent_calls_may_come_in_any_order_and_in_any_form(taped, read_all, order, seed):
    tape = taped(Simulator(seed=seed, clock=ManualClock()))
    asked = [[upload(n), chat(n), chat(n, stream=True)][n % 3] for n in range(9)]
    answers = [read_all(tape(request)) for request in asked]
    replay = Replay(tape.cassette)
    for n in order:
        request = asked[n]
        if n % 3 == 0:
            request = upload(n, f"other{seed}", backwards=bool(seed % 2))
        else:
            value = json.loads(request.body)
            value = dict(reversed(value.items())) | {"temperature": 1.0}
            body = json.dumps(value, indent=seed, ensure_ascii=True).encode()
            request = Request("POST", "/openai" + CHAT, request.headers, body)
        assert read_all(replay(request)) == answers[n]


@few
@given(data=st.data(), states=st.integers(1, 8), polls=st.integers(1, 40))
def test_a_loop_always_ends_with_the_recorded_end(make_cassette, make_exchange, ask, data, states, polls):
    names = data.draw(st.lists(st.sampled_from(["queued", "running"]), min_size=states, max_size=states))
    end = data.draw(st.sampled_from(["succeeded", "failed", "cancelled"]))
    looks = [
        make_exchange("GET", f"{JOBS}/ftjob-1", None, {"id": "ftjob-1", "status": name})
        for name in [*names, end]
    ]
    replay = Replay(make_cassette(*looks), polls=polls)
    seen = [ask(replay, "GET", f"{JOBS}/ftjob-1")[1]["status"] for _ in range(polls + 3)]
    assert seen[polls - 1 :] == [end] * 4
    assert end not in seen[: polls - 1]


value = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**60), 2**60)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=20,
)


def shuffled(value: Any, chance: Any) -> Any:
    """The same value, with its keys in another order."""
    if isinstance(value, dict):
        keys = list(value)
        chance.shuffle(keys)
        return {key: shuffled(value[key], chance) for key in keys}
    return [shuffled(one, chance) for one in value] if isinstance(value, list) else value


@few
@given(
    value=value,
    chance=st.randoms(use_true_random=False),
    escaped=st.booleans(),
    indent=st.none() | st.just(2),
)
def test_json_that_means_the_same_matches(make_cassette, make_exchange, ask, value, chance, escaped, indent):
    try:
        body = json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:  # half of a surrogate pair is no text
        return
    replay = Replay(make_cassette(make_exchange("POST", CHAT, body)))
    other = json.dumps(shuffled(value, chance), ensure_ascii=escaped, indent=indent).encode()
    assert ask(replay, "POST", CHAT, other)[0] == 200


@few
@given(one=value, other=value)
def test_a_request_that_is_not_answered_gets_a_sentence(make_cassette, make_exchange, ask, one, other):
    try:
        bodies = [json.dumps(value).encode() for value in (one, other)]
    except UnicodeEncodeError:
        return
    replay = Replay(make_cassette(make_exchange("POST", "/v1/files", bodies[0])))
    status, told = ask(replay, "POST", "/v1/files", bodies[1])
    if status == 501:
        assert "nearest is exchange 1" in told["error"]["message"]
        assert len(told["error"]["message"]) < 1000
    assert ask(replay, "POST", "/v1/files", bodies[0])[0] == (200 if status == 501 else 501)


@pytest.mark.parametrize("size", [10, 2000])
def test_a_recorded_request_is_found_as_quickly_in_a_large_cassette(make_cassette, make_exchange, ask, size):
    """How long it takes says more about the machine; how much is looked at does not."""
    replay = Replay(make_cassette(*(make_exchange("POST", CHAT, {"n": n}, {"n": n}) for n in range(size))))
    index = replay._session.index
    index.normal = None  # nothing recorded is read again
    for n in range(0, size, 7):
        assert ask(replay, "POST", CHAT, {"n": n}) == (200, {"n": n})
