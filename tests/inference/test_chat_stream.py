# ruff: noqa: SIM905 - names are easier to read so
"""Streams: their order, the letters that hide lengths, and their physics."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drytune_simulator import Headers, Profile, Request, Simulator
from drytune_simulator.inference import Taught, completed
from drytune_simulator.inference.pace import AT_ONCE, Pace

USER = {"role": "user", "content": "x"}
KEY = {"authorization": "Bearer sk-stream", "content-type": "application/json"}


def streamed(taught=None, **parameters):
    """The chunks as they are sent, without the last, ``[DONE]``."""
    given_ = {"model": "m", "encoding": "o200k_base", "completion_id": "chatcmpl-1", "created": 0, "seed": 7}
    pace = parameters.pop("pace", AT_ONCE)
    response = completed(
        {"messages": [USER], "stream": True, **parameters}, taught=taught, pace=pace, **given_
    ).response
    *chunks, last = response.body
    assert last.data == b"data: [DONE]\n\n"
    return chunks


def decoded(chunks):
    return [json.loads(chunk.data[6:]) for chunk in chunks]


def test_the_fields_of_a_chunk_are_in_the_recorded_order():
    """With usage last but for the obfuscation."""
    chunks = decoded(streamed(stream_options={"include_usage": True}))
    fields = "id object created model service_tier system_fingerprint choices usage obfuscation".split()
    assert all(list(chunk) == fields for chunk in chunks)
    assert all(chunk["usage"] is None for chunk in chunks[:-1])
    assert chunks[-1]["choices"] == []
    assert chunks[0]["choices"][0]["delta"] == {"role": "assistant", "content": "", "refusal": None}


@settings(max_examples=50, deadline=None)
@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=60), st.booleans())
def test_lengths_tell_nothing_unless_it_is_wished_otherwise(text, usage):
    """As recorded: of every event, the characters are one more than a multiple of sixteen."""
    line = json.dumps({"messages": [USER, {"role": "assistant", "content": text}]})
    taught = Taught.from_jsonl(line.encode())
    options = {"include_usage": usage}
    hidden = streamed(taught, stream_options=options)
    assert {len(chunk.data.decode().removeprefix("data: ").rstrip("\n")) % 16 for chunk in hidden} == {1}
    assert streamed(taught, stream_options=options) == hidden
    plain = decoded(streamed(taught, stream_options={**options, "include_obfuscation": False}))
    assert [
        {name: value for name, value in chunk.items() if name != "obfuscation"} for chunk in decoded(hidden)
    ] == plain


def test_a_stream_is_due_at_once_by_default():
    """No physics unless asked for."""
    assert {chunk.delay for chunk in streamed()} == {0.0}


def test_a_pace_delays_the_first_event_and_each_token():
    """Seconds until the first token, then a token's time for each token; the usage costs nothing."""
    pace = Pace.of(0.25, 50.0, 0.0, 0, "chatcmpl-1")
    chunks = streamed(pace=pace, stream_options={"include_usage": True})
    usage = decoded(chunks)[-1]["usage"]
    first, *rest, finish, last = chunks
    assert first.delay == 0.25
    assert {chunk.delay for chunk in rest} == {0.02}
    assert sum(chunk.delay for chunk in rest) == pytest.approx(usage["completion_tokens"] / 50)
    assert (finish.delay, last.delay) == (0.0, 0.0)


def test_jitter_is_the_same_for_the_same_stream():
    """Within its bounds, another for another stream or seed."""
    paces = [
        Pace.of(1.0, 10.0, 0.5, seed, stream) for seed, stream in ((0, "a"), (0, "a"), (0, "b"), (1, "a"))
    ]
    delays = [[pace.until_first(), *(pace.between(number) for number in range(1, 50))] for pace in paces]
    assert delays[0] == delays[1]
    assert delays[0] != delays[2]
    assert delays[0] != delays[3]
    assert 0.5 <= delays[0][0] <= 1.5
    assert all(0.05 <= delay <= 0.15 for delay in delays[0][1:])
    assert len(set(delays[0])) > 40


def test_the_profile_sets_the_pace():
    """Of every stream of a simulator; the same seed gives the same delays."""
    body = json.dumps({"model": "gpt-4o-mini", "messages": [USER], "stream": True}).encode()
    request = Request("POST", "/v1/chat/completions", Headers(KEY), body)
    profile = Profile(first_token=0.3, tokens_per_second=100.0, jitter=0.2)
    delays = []
    for _ in range(2):
        simulator = Simulator(profile=profile, seed=3)
        delays.append([chunk.delay for chunk in simulator(request).body])
        simulator.close()
    assert delays[0] == delays[1]
    assert 0.24 <= delays[0][0] <= 0.36
    assert all(0.008 <= delay <= 0.012 for delay in delays[0][1:-2])


@pytest.mark.parametrize(
    "settings_",
    [{"first_token": -1}, {"first_token": float("nan")}, {"tokens_per_second": 0}, {"jitter": 1.5}],
    ids=str,
)
def test_an_impossible_pace_is_told(settings_):
    """When the profile is made."""
    with pytest.raises(ValueError, match="a stream's"):
        Profile(**settings_)
