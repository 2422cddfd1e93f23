"""A voice may bring models with it: the simulator finds and lists them, and nothing else answers for them."""

from __future__ import annotations

import datetime as dt

import openai
import pytest

from drytune import simulated
from drytune_simulator import ApiError, Simulator
from drytune_simulator.inference.answer import Answer
from drytune_simulator.inference.lessons import Reply
from drytune_simulator.inference.voice import KnownModel

TUNED = "ft:gpt-4o-mini-2024-07-18:acme::AbCdEfGh"
FOREIGN = "llama-3-8b-ours"


class Parrot:
    """Says the question again, for its models."""

    def __init__(self) -> None:
        base, created = "gpt-4o-mini-2024-07-18", 1_790_000_000
        self.models = {name: KnownModel(name, base, created, "acme") for name in (TUNED, FOREIGN)}
        self.shapes: list[str] = []

    def say(self, question):
        if question.model not in self.models:
            return None
        self.shapes.append(question.shape.kind)
        if question.text == "Silence.":
            raise ApiError(501, "no", type="drytune_error", code="no_recording")
        return Answer(Reply(question.text), "recorded", details={"x-drytune-exchange": "3"})


@pytest.fixture
def parrot():
    return Parrot()


@pytest.fixture
def client(parrot):
    simulator = Simulator(voices=[parrot])
    with simulated(simulator, max_retries=0) as client:
        yield client
    simulator.close()


@pytest.mark.parametrize("name", [TUNED, FOREIGN])
def test_they_are_there_for_everybody(client, name):
    told = client.models.retrieve(name)
    assert (told.id, told.created, told.owned_by) == (name, 1_790_000_000, "acme")
    listed = [model.id for model in client.with_options(api_key="sk-other").models.list()]
    assert listed.count(name) == 1
    assert "gpt-4o-mini" in listed


@pytest.mark.parametrize("name", [TUNED, FOREIGN])
def test_they_answer_at_all_doors(client, name):
    raw = client.chat.completions.with_raw_response.create(
        model=name, messages=[{"role": "user", "content": "Polly!"}]
    )
    answer = raw.parse()
    assert (answer.model, answer.choices[0].message.content) == (name, "Polly!")
    assert raw.headers["x-drytune-exchange"] == "3"
    assert client.responses.create(model=name, input="Polly!").output_text == "Polly!"


def test_what_they_do_not_answer_nobody_does(client):
    with pytest.raises(openai.InternalServerError) as refused:
        client.responses.create(model=TUNED, input="Silence.")
    assert refused.value.code == "no_recording"


def test_other_models_are_as_ever(client):
    assert "[simulated]" in client.responses.create(model="gpt-4o-mini", input="Polly!").output_text
    with pytest.raises(openai.NotFoundError):
        client.models.retrieve("ft:gpt-4o-mini-2024-07-18:acme::ZyXwVuTs")


def test_they_can_not_be_deleted(client):
    with pytest.raises(openai.PermissionDeniedError):
        client.models.delete(TUNED)


def test_they_outlive_their_retirement():
    """Also where the catalog's days are applied: that is what they are kept for."""
    simulator = Simulator(voices=[Parrot()], as_of=dt.date(2028, 1, 1))
    with simulated(simulator, max_retries=0) as client:
        assert client.responses.create(model=TUNED, input="Polly!").output_text == "Polly!"
        assert client.models.retrieve(TUNED).id == TUNED
        with pytest.raises(openai.NotFoundError):
            client.chat.completions.create(
                model="gpt-4o-mini-2024-07-18", messages=[{"role": "user", "content": "Hi"}]
            )
    simulator.close()


def test_a_voice_hears_which_shape_is_wanted(client, parrot):
    json_please = [{"role": "user", "content": "JSON"}]
    client.chat.completions.create(model=TUNED, messages=json_please, response_format={"type": "json_object"})
    client.chat.completions.create(model=TUNED, messages=json_please)
    assert parrot.shapes == ["json_object", "text"]
