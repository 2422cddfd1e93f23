"""Which answers a server gives in its event loop: those that are there at once."""

from __future__ import annotations

import json

import pytest

from drytune.clients import SIMULATED_KEY, simulated
from drytune_simulator import Headers, Request, Simulator
from drytune_simulator.store import Store

CHAT, RESPONSES = "/v1/chat/completions", "/v1/responses"
ROW = {"messages": [{"role": "user", "content": "Where?"}, {"role": "assistant", "content": "Here."}]}
TOOL = {"type": "function", "function": {"name": "find", "parameters": {"type": "object", "properties": {}}}}


def request_for(path, **body):
    headers = Headers({"authorization": f"Bearer {SIMULATED_KEY}", "content-type": "application/json"})
    return Request("POST", path, headers, json.dumps(body).encode())


def a_chat(model, **more):
    return request_for(CHAT, model=model, messages=ROW["messages"][:1], **more)


def a_response(model, **more):
    return request_for(RESPONSES, model=model, input="Where?", **more)


def tuned(simulator):
    with simulated(simulator) as client:
        data = (json.dumps(ROW) + "\n").encode() * 10
        file = client.files.create(file=("a.jsonl", data), purpose="fine-tune")
        job = client.fine_tuning.jobs.create(model="gpt-4o-mini-2024-07-18", training_file=file.id)
        while job.status != "succeeded":
            job = client.fine_tuning.jobs.retrieve(job.id)
        return job.fine_tuned_model


@pytest.fixture
def simulator():
    made = Simulator()
    yield made
    made.close()


def test_the_first_question_to_a_model_may_take_long_and_the_next_ones_do_not(simulator):
    model = tuned(simulator)
    assert simulator.blocks(a_chat(model))
    assert simulator(a_chat(model)).status == 200
    assert not simulator.blocks(a_chat(model))
    assert not simulator.blocks(a_chat(model, stream=True, temperature=0.5, seed=1, n=2))
    assert not simulator.blocks(a_response(model, stream=True))


@pytest.mark.parametrize(
    "more",
    [
        {"tools": [TOOL]},
        {"functions": [TOOL["function"]]},
        {"response_format": {"type": "json_object"}},
        {"logprobs": True},
        {"prediction": {"type": "content", "content": "Here."}},
        {"n": 128},
        {"n": "many"},
        {"user": "x" * 20_000},
    ],
)
def test_a_chat_for_which_much_is_to_be_made_may_take_long(simulator, more):
    model = tuned(simulator)
    simulator(a_chat(model))
    assert simulator.blocks(a_chat(model, **more))


@pytest.mark.parametrize(
    "more",
    [
        {"tools": [{"type": "function", "name": "find"}]},
        {"include": ["message.output_text.logprobs"]},
        {"text": {"format": {"type": "json_object"}}},
        {"previous_response_id": "resp_1"},
    ],
)
def test_a_response_for_which_much_is_to_be_made_may_take_long(simulator, more):
    model = tuned(simulator)
    simulator(a_response(model))
    assert simulator.blocks(a_response(model, **more))


def test_what_is_written_to_a_disk_may_take_long(tmp_path):
    simulator = Simulator(store=Store(tmp_path))
    model = tuned(simulator)
    simulator(a_chat(model))
    assert not simulator.blocks(a_chat(model))
    assert simulator.blocks(a_chat(model, store=True))
    assert not simulator.blocks(a_response(model, store=False))
    assert simulator.blocks(a_response(model))
    simulator.close()


@pytest.mark.parametrize("path", [CHAT, RESPONSES])
@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{", b'{"model": 1}', b'{"model": "\xff"}', b'{"model": "ft:"}']
)
def test_what_is_no_request_is_left_to_a_thread_which_refuses_it(simulator, path, body):
    headers = Headers({"authorization": f"Bearer {SIMULATED_KEY}"})
    assert simulator.blocks(Request("POST", path, headers, body))
    assert simulator.blocks(Request("POST", path, Headers({}), b'{"model": "ft:gpt-4o:a::b"}'))


def test_numbers_of_answers_never_come_twice_though_they_are_taken_many_at_a_time(tmp_path):
    ids = []
    for _ in range(3):
        simulator = Simulator(store=Store(tmp_path))
        ids += [json.loads(simulator(a_chat("gpt-4o-mini")).body)["id"] for _ in range(70)]
        simulator.close()
    assert len(set(ids)) == 210
