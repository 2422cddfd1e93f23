"""A question to a model that is not here: who names it is answered, who does not is told to."""

import re
from contextlib import contextmanager

import openai
import pytest

from drytune.testing import OpenAISimulator
from drytune.testing.unanswered import Unanswered

TUNED = "ft:gpt-4.1-mini-2025-04-14:acme:support:AbC12345"


@contextmanager
def unanswered(kit, match):
    """Nothing answers, and the test wants it so."""
    with pytest.raises(Unanswered, match=match) as told:
        yield told
    kit.forgive()


@pytest.fixture
def kit():
    with OpenAISimulator(where="test_it") as simulator:
        yield simulator


@pytest.fixture
def client(kit):
    with openai.OpenAI(max_retries=0) as client:
        yield client


@pytest.fixture(params=["chat", "responses", "completions"])
def ask(request, client):
    """At one of the doors."""

    def asked(text="Hello", model="gpt-5"):
        if request.param == "chat":
            return client.chat.completions.create(model=model, messages=[{"role": "user", "content": text}])
        if request.param == "responses":
            return client.responses.create(model=model, input=text)
        return client.completions.create(model=model, prompt=text)

    return asked


def refused(ask, **asked):
    """The platform's answer, which passes."""
    with pytest.raises((openai.NotFoundError, openai.BadRequestError)) as answer:
        ask(**asked)
    assert answer.value.code == "model_not_found"


def test_who_names_the_model_is_answered(kit, ask):
    named = kit.on_chat("gpt-*").reply("Hi")
    ask()
    assert named.calls == 1
    assert kit.unanswered == []


def test_who_names_none_is_told_to(kit, ask):
    """The question would have been answered, had the model been here."""
    expected = kit.on_chat(text="Hello").reply("Hi")
    with unanswered(kit, r"on_chat-1 fits, but the model gpt-5 is not here") as told:
        ask()
    assert "name it: on_chat(model='gpt-5')" in str(told.value)
    assert expected.calls == 0


def test_also_of_a_tuned_one(kit, ask):
    kit.on_chat(name="all").reply("Hi")
    with unanswered(kit, f"all fits, but the model {re.escape(TUNED)} is"):
        ask(model=TUNED)


def test_what_no_expectation_fits_the_platform_answers(kit, ask):
    """That there is no such model is an answer: a program may count on it."""
    kit.on_chat(text="Bye").reply("Bye")
    kit.on_chat("gpt-4.1").reply("Hi")
    kit.on_chat(when=lambda question: question.turn == 2).reply("Again?")
    refused(ask)
    assert kit.unanswered == []


def test_an_expectation_that_is_used_up_fits_no_more(kit, client, ask):
    kit.on_chat(times=1).reply("Hi")
    client.responses.create(model="gpt-4.1", input="Hello")
    refused(ask)


def test_what_is_made_to_fail_so_is_left_alone(kit, ask):
    kit.on_chat("gpt-5").fail(404, code="model_not_found")
    kit.on_chat().reply("Hi")
    refused(ask)
    assert kit.unanswered == []


def test_a_question_that_the_platform_refuses_fits_nothing(kit, client):
    kit.on_chat().reply("Hi")
    with pytest.raises(openai.NotFoundError):
        client.chat.completions.create(model="gpt-5", messages=[])


def test_a_condition_that_raises_does_not_fit(kit, ask):
    kit.on_chat(when=lambda question: question.nothing).reply("Hi")
    refused(ask)


@pytest.mark.parametrize(("day", "model"), [("2028-01-01", "gpt-4.1"), ("2024-09-01", "gpt-4.1")])
def test_a_model_that_is_not_there_on_the_day_is_the_platforms_answer(day, model):
    """Which `as_of` was given for."""
    with OpenAISimulator(where="test_it", as_of=day) as kit, openai.OpenAI(max_retries=0) as client:
        kit.on_chat().reply("Hi")
        with pytest.raises(openai.NotFoundError):
            client.chat.completions.create(model=model, messages=[{"role": "user", "content": "Hello"}])
        with pytest.raises(openai.BadRequestError):
            client.responses.create(model=model, input="Hello")
        assert kit.unanswered == []


def test_who_is_not_strict_gets_what_the_platform_says():
    with OpenAISimulator(where="test_it", strict=False) as kit, openai.OpenAI(max_retries=0) as client:
        kit.on_chat().reply("Hi")
        with pytest.raises(openai.BadRequestError):
            client.responses.create(model="gpt-5", input="Hello")


def test_a_named_model_without_an_answer_is_told_as_any_other(kit, ask):
    kit.on_chat("gpt-5", text="Bye").reply("Bye")
    with unanswered(kit, "gpt-5 was not fine-tuned here, and no script answers instead"):
        ask()


def test_what_a_named_model_costs_nobody_knows(kit, client):
    """But the bill can be looked at."""
    kit.on_chat("gpt-5").reply("Hi")
    client.responses.create(model="gpt-5", input="Hello")
    assert "gpt-5" in str(kit.bill)
