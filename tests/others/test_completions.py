"""`/v1/completions`, as the official SDK asks: what a tuned model recalls, and how it is cut, counted and told."""

from __future__ import annotations

import datetime as dt
import math

import openai
import pytest

from drytune import simulated
from drytune_simulator import Headers, Request, Simulator
from drytune_simulator.clock import ManualClock, from_date
from drytune_simulator.dataset.reference import reference_encoding
from drytune_simulator.profile import Profile

ENCODING = reference_encoding("cl100k_base")


def tokens(text: str) -> int:
    return len(ENCODING.encode_ordinary(text))


def test_a_trained_prompt_gives_its_completion_as_trained(client, tuned):
    """With the blank before it and the mark at its end, which only `stop` takes away."""
    prompt = "Is the sky blue? ->"
    whole = client.completions.create(model=tuned, prompt=prompt, max_tokens=50)
    assert whole.choices[0].text == " Yes, on most days. END"
    stopped = client.completions.create(model=tuned, prompt=prompt, max_tokens=50, stop=[" END", "\n"])
    assert stopped.choices[0].text == " Yes, on most days."
    assert (stopped.choices[0].finish_reason, stopped.choices[0].logprobs) == ("stop", None)
    assert (stopped.object, stopped.model, stopped.id[:5]) == ("text_completion", tuned, "cmpl-")
    assert stopped.usage.prompt_tokens == tokens(prompt)
    assert stopped.usage.completion_tokens == tokens(" Yes, on most days.")
    assert stopped.usage.total_tokens == stopped.usage.prompt_tokens + stopped.usage.completion_tokens


def test_the_headers_say_where_a_completion_came_from(client, tuned):
    """Layer, likeness and line; of several prompts in their order."""
    raw = client.completions.with_raw_response.create(
        model=tuned, prompt=["Is the sky blue? ->", "Is the sky really blue today? ->"], stop=" END"
    )
    said = [choice.text for choice in raw.parse().choices]
    assert said == [" Yes, on most days."] * 2
    assert raw.headers["x-drytune-layer"] == "taught, taught"
    same, near = map(float, raw.headers["x-drytune-similarity"].split(", "))
    assert same == 1.0 > near > 0.4
    assert raw.headers["x-drytune-line"] == "1, 1"
    assert raw.headers["openai-model"] == tuned
    assert int(raw.headers["x-ratelimit-remaining-requests"]) > 0


def test_a_base_model_says_that_it_is_simulated(client):
    """Within the 16 tokens that a completion has by default."""
    raw = client.completions.with_raw_response.create(model="babbage-002", prompt="Once upon a time")
    answer = raw.parse()
    assert answer.choices[0].text.startswith("[simulated] babbage-002 is not run here")
    assert (answer.choices[0].finish_reason, answer.usage.completion_tokens) == ("length", 16)
    assert raw.headers["x-drytune-layer"] == "base"


def test_a_cut_completion_has_as_many_tokens_as_were_asked_for(client, tuned):
    """A character whose tokens were cut is left out."""
    for most in range(12):
        answer = client.completions.create(
            model=tuned, prompt="What does the cat say? ->", max_tokens=most, logprobs=0
        )
        text, logprobs = answer.choices[0].text, answer.choices[0].logprobs
        assert " にゃあ🐟, and nothing else. END".startswith(text)
        assert answer.usage.completion_tokens == len(logprobs.tokens) == most
        assert answer.choices[0].finish_reason == "length"


def test_prompts_of_all_forms_mean_the_same(client, tuned):
    """A text, texts, tokens, and lists of tokens; each is counted as it was sent."""
    text = "Is the sky blue? ->"
    ids = ENCODING.encode_ordinary(text)
    for prompt, times in ((text, 1), ([text, text], 2), (ids, 1), ([ids, ids, ids], 3)):
        answer = client.completions.create(model=tuned, prompt=prompt, stop=" END")
        assert [choice.text for choice in answer.choices] == [" Yes, on most days."] * times
        assert [choice.index for choice in answer.choices] == list(range(times))
        assert answer.usage.prompt_tokens == times * len(ids)
    odd = [*ids[:2], ids[2], *ENCODING.encode_ordinary("🐟")[:1]]  # ends inside a character
    assert client.completions.create(model=tuned, prompt=odd).usage.prompt_tokens == 4


def test_several_completions_of_several_prompts_stand_one_after_the_other(client, tuned):
    """`n` of the first prompt, then of the second; what `best_of` makes besides is billed as well."""
    prompts = ["1 plus one is ->", "2 plus one is ->"]
    answer = client.completions.create(model=tuned, prompt=prompts, n=2, best_of=5, stop=" END")
    assert [choice.text for choice in answer.choices] == [" 2", " 2", " 3", " 3"]
    assert answer.usage.completion_tokens == 5 * (tokens(" 2") + tokens(" 3"))
    assert answer.usage.prompt_tokens == sum(map(tokens, prompts))


def test_without_a_prompt_a_document_begins(client, tuned):
    """Null stands for the separator of documents (API reference), which is one token."""
    for body in ({}, {"prompt": None}, {"prompt": ""}):
        answer = client.post("/completions", body={"model": tuned, **body}, cast_to=openai.types.Completion)
        assert answer.usage.prompt_tokens == 1
        assert answer.choices[0].text


def test_an_echo_stands_before_the_completion(client, tuned):
    """With no tokens to be made, it is all there is."""
    prompt = "Is the sky blue? ->"
    answer = client.completions.create(model=tuned, prompt=prompt, echo=True, stop=" END")
    assert answer.choices[0].text == prompt + " Yes, on most days."
    assert answer.usage.completion_tokens == tokens(" Yes, on most days.")
    only = client.completions.create(model=tuned, prompt=prompt, echo=True, max_tokens=0, logprobs=1)
    assert (only.choices[0].text, only.usage.completion_tokens) == (prompt, 0)
    logprobs = only.choices[0].logprobs
    assert "".join(logprobs.tokens) == prompt
    # of the first token nothing is known, as recorded
    assert logprobs.token_logprobs[0] is None
    assert logprobs.top_logprobs[0] is None
    assert all(one < 0 for one in logprobs.token_logprobs[1:])
    assert logprobs.text_offset == [prompt.index(token) for token in logprobs.tokens]


@pytest.mark.parametrize("most", range(6))
def test_log_probabilities_have_the_documented_form(client, tuned, most):
    """Each token with its place and the most likely ones, itself among them; together not more than certain."""
    prompt = "Is the sky blue? ->"
    answer = client.completions.create(model=tuned, prompt=prompt, logprobs=most, stop=" END")
    logprobs = answer.choices[0].logprobs
    assert "".join(logprobs.tokens) == answer.choices[0].text
    assert logprobs.text_offset[0] == len(prompt)
    assert len(logprobs.token_logprobs) == len(logprobs.text_offset) == answer.usage.completion_tokens
    if not most:
        assert logprobs.top_logprobs is None
        return
    for token, chosen, top in zip(
        logprobs.tokens, logprobs.token_logprobs, logprobs.top_logprobs, strict=True
    ):
        assert len(top) == most
        assert top[token] == chosen == max(top.values()) < 0
        assert sum(map(math.exp, top.values())) <= 1.0


def test_a_token_inside_a_character_is_told_as_its_bytes(client, tuned):
    r"""As real answers told it: ``bytes:\xf0\x9f``."""
    answer = client.completions.create(
        model=tuned, prompt="What does the cat say? ->", logprobs=2, max_tokens=50
    )
    spelled = b"".join(
        bytes.fromhex(token[6:].replace("\\x", "")) if token.startswith("bytes:") else token.encode()
        for token in answer.choices[0].logprobs.tokens
    )
    assert spelled.decode() == answer.choices[0].text
    assert any(token.startswith("bytes:\\x") for token in answer.choices[0].logprobs.tokens)


def test_the_same_request_has_the_same_answer(client, tuned):
    """But for its id; parameters that change nothing change nothing."""
    request = {"model": tuned, "prompt": "Is the sky blue? ->", "logprobs": 3}
    first = client.completions.create(**request)
    again = client.completions.create(
        **request,
        frequency_penalty=1.5,
        presence_penalty=-2,
        logit_bias={"50256": -100, "1": 3},
        top_p=0.5,
        temperature=0,
        seed=2**40,
        user="somebody",
    )
    assert first.id != again.id
    assert first.choices == again.choices


def test_a_stream_says_the_same_a_piece_at_a_time(client, tuned):
    """Each choice to its end, then the usage if it is asked for."""
    request = {"model": tuned, "prompt": ["Is the sky blue? ->", "What does the cat say? ->"], "logprobs": 1}
    request |= {"n": 2, "max_tokens": 50, "echo": True, "stop": " END"}
    plain = client.completions.create(**request)
    with client.completions.create(
        **request, stream=True, stream_options={"include_usage": True, "include_obfuscation": False}
    ) as stream:
        *chunks, last = list(stream)
    assert (last.choices, last.usage) == ([], plain.usage)
    for choice in plain.choices:
        pieces = [chunk.choices[0] for chunk in chunks if chunk.choices[0].index == choice.index]
        assert "".join(piece.text for piece in pieces) == choice.text
        assert [piece.finish_reason for piece in pieces] == [None] * (len(pieces) - 1) + ["stop"]
        told = [piece.logprobs for piece in pieces if piece.logprobs]
        for field in ("tokens", "token_logprobs", "top_logprobs", "text_offset"):
            joined = [each for one in told for each in getattr(one, field)]
            assert joined == getattr(choice.logprobs, field)
    indexes = [chunk.choices[0].index for chunk in chunks]
    assert indexes == sorted(indexes)
    assert {chunk.id for chunk in chunks} == {last.id}
    assert all(chunk.usage is None for chunk in chunks)


def test_a_tune_of_another_key_is_not_there(client, tuned):
    """404, as for a model that does not exist."""
    other = client.with_options(api_key="sk-other")
    with pytest.raises(openai.NotFoundError, match="does not exist or you do not have access to it"):
        other.completions.create(model=tuned, prompt="x")


def test_chat_models_and_completion_models_have_doors_of_their_own(client, tuned):
    """As recorded: 404 with param `model` at both."""
    for model in ("gpt-4o-mini", "gpt-3.5-turbo-0125"):
        with pytest.raises(openai.NotFoundError, match="This is a chat model and not supported") as caught:
            client.completions.create(model=model, prompt="x")
        assert (caught.value.param, caught.value.code) == ("model", None)
    for model in ("davinci-002", tuned):
        with pytest.raises(openai.NotFoundError, match="This is not a chat model") as caught:
            client.chat.completions.create(model=model, messages=[{"role": "user", "content": "x"}])
        assert caught.value.param == "model"
    with pytest.raises(openai.NotFoundError):
        client.completions.create(model="text-embedding-3-small", prompt="x")


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({"temperature": 2.5}, "2.5 is greater than the maximum of 2 - 'temperature'"),
        ({"temperature": "hot"}, "'hot' is not of type 'number' - 'temperature'"),
        ({"top_p": -0.5}, "-0.5 is less than the minimum of 0 - 'top_p'"),
        ({"presence_penalty": 3}, "3 is greater than the maximum of 2 - 'presence_penalty'"),
        ({"frequency_penalty": -3}, "-3 is less than the minimum of -2 - 'frequency_penalty'"),
        ({"n": 0}, "0 is less than the minimum of 1 - 'n'"),
        ({"n": 129}, "129 is greater than the maximum of 128 - 'n'"),
        ({"n": True}, "True is not of type 'integer' - 'n'"),
        ({"best_of": 21}, "21 is greater than the maximum of 20 - 'best_of'"),
        ({"n": 3, "best_of": 2}, "You requested that the server return more choices than it will generate"),
        ({"best_of": 2, "stream": True}, "Results of 'best_of' greater than 'n' cannot be streamed."),
        ({"logprobs": 6}, "6 is greater than the maximum of 5 - 'logprobs'"),
        ({"logprobs": True}, "True is not of type 'integer' - 'logprobs'"),
        ({"max_tokens": -1}, "-1 is less than the minimum of 0 - 'max_tokens'"),
        (
            {"max_tokens": 16384},
            "This model's maximum context length is 16384 tokens, however you requested 16385 tokens (1 in your",
        ),
        ({"suffix": "the end"}, "Unrecognized request argument supplied: suffix"),
        ({"messages": []}, "Unrecognized request argument supplied: messages"),
        ({"echo": "yes"}, "'yes' is not of type 'boolean' - 'echo'"),
        ({"stream": 1}, "1 is not of type 'boolean' - 'stream'"),
        ({"stream_options": {"include_usage": True}}, "The 'stream_options' parameter is only allowed when"),
        ({"stream": True, "stream_options": {"x": 1}}, "Unknown parameter: 'stream_options.x'."),
        ({"stop": ["a", "b", "c", "d", "e"]}, "['a', 'b', 'c', 'd', 'e'] is too long - 'stop'"),
        ({"stop": [1]}, "1 is not of type 'string' - 'stop.0'"),
        ({"stop": 1}, "1 is not of type 'string' - 'stop'"),
        ({"user": 1}, "1 is not of type 'string' - 'user'"),
        ({"seed": 0.5}, "0.5 is not of type 'integer' - 'seed'"),
        ({"logit_bias": []}, "[] is not of type 'object' - 'logit_bias'"),
        ({"logit_bias": {"the": 1}}, "Invalid key in 'logit_bias': the."),
        ({"logit_bias": {"1": 101}}, "101 is greater than the maximum of 100 - 'logit_bias.1'"),
        ({"prompt": []}, "'$.prompt' is invalid. Please check the API reference"),
        ({"prompt": 1}, "'$.prompt' is invalid."),
        ({"prompt": ["a", 1]}, "'$.prompt' is invalid."),
        ({"prompt": [[]]}, "'$.prompt' is invalid."),
        ({"prompt": ["a"] * 2049}, "'$.prompt' is invalid."),
        ({"prompt": ["a"] * 2000, "n": 3}, "The request asks for 6000 completions"),
        ({"prompt": [100256]}, "Invalid 'prompt.0.0': 100256 is no token of the encoding cl100k_base."),
        ({"prompt": [[1], [-1]]}, "-1 is less than the minimum of 0 - 'prompt.1.0'"),
        ({"prompt": [[1, "a"]]}, "'a' is not of type 'integer' - 'prompt.0.1'"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_does_not_fit_is_refused(refused, parameters, said):
    """400 in the words of the routes of 2022, which name no param."""
    refusal = refused("/completions", {"model": "davinci-002", "prompt": "a", **parameters})
    assert refusal.status_code == 400
    assert refusal.body["message"].startswith(said)


@pytest.mark.parametrize("kind", ["sync", "async"])
@pytest.mark.anyio
async def test_the_sdk_takes_every_answer_strictly(strict, tuned, kind):
    """Plainly, raw and streamed; in the form of the specification no `finish_reason` is null."""
    request = {"model": tuned, "prompt": "Is the sky blue? ->", "logprobs": 2, "echo": True}
    if kind == "sync":
        with strict("sync") as client:
            assert client.completions.create(**request).choices[0].logprobs.token_logprobs[0] == 0.0
            assert client.completions.with_raw_response.create(**request).parse().choices
            with client.completions.with_streaming_response.create(**request) as response:
                assert response.parse().choices
            with client.completions.create(**request, stream=True) as stream:
                assert {chunk.choices[0].finish_reason for chunk in stream} == {"stop"}
        return
    async with strict("async") as client:
        assert (await client.completions.create(**request)).choices
        raw = await client.completions.with_raw_response.create(**request)
        assert raw.parse().choices
        async with client.completions.with_streaming_response.create(**request) as response:
            assert (await response.parse()).choices
        async with await client.completions.create(**request, stream=True) as stream:
            assert [chunk async for chunk in stream]


def test_answers_as_recorded_differ_from_the_specification_in_two_places(strict, tuned):
    """Null where the first token's probability is, and until a streamed choice ends."""
    with strict("sync", form="recorded") as client:
        assert client.completions.create(model=tuned, prompt="x", logprobs=1).choices
        with pytest.raises(openai.APIResponseValidationError):
            client.completions.create(model=tuned, prompt="x", logprobs=1, echo=True)
        with (
            client.completions.create(model=tuned, prompt="x", stream=True) as stream,
            pytest.raises(openai.APIResponseValidationError),
        ):
            list(stream)


def test_where_dates_apply_a_model_that_was_shut_down_is_gone():
    """404 as recorded; without them it answers with a warning."""
    for as_of, warned in ((dt.date(2026, 10, 1), False), (None, True)):
        simulator = Simulator(as_of=as_of, clock=ManualClock(from_date(dt.date(2026, 10, 1))))
        with simulated(simulator, max_retries=0) as client:
            if warned:
                raw = client.completions.with_raw_response.create(model="davinci-002", prompt="x")
                assert "davinci-002 was shut down on 2026-09-28" in raw.headers["x-drytune-warning"]
            else:
                with pytest.raises(openai.NotFoundError, match="`davinci-002` has been deprecated"):
                    client.completions.create(model="davinci-002", prompt="x")
                assert client.embeddings.create(model="text-embedding-3-small", input="x").data
        simulator.close()


def test_with_chance_and_a_seed_the_same_request_has_the_same_answers(client, tuned):
    """Each choice is one of the near examples' completions."""
    request = {"model": tuned, "prompt": "20 plus one is ->", "n": 5, "temperature": 1.5, "stop": " END"}
    once, again = (client.completions.create(**request, seed=7) for _ in range(2))
    assert once.choices == again.choices
    assert {choice.text for choice in once.choices} <= {f" {number}" for number in range(1, 11)}


def test_a_stream_has_the_pace_that_was_asked_for():
    """Until the first token, and from token to token."""
    simulator = Simulator(profile=Profile(first_token=0.5, tokens_per_second=10))
    body = b'{"model": "davinci-002", "prompt": "x", "max_tokens": 3, "stream": true}'
    headers = Headers({"authorization": "Bearer sk-test"})
    chunks = list(simulator(Request("POST", "/v1/completions", headers, body)).body)
    assert [chunk.delay for chunk in chunks] == [0.5, 0.1, 0.1, 0.0, 0.0]
    simulator.close()
