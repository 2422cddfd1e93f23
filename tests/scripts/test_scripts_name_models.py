"""A script with a `model` makes the models that it names exist, for answers and for nothing else."""

import datetime as dt

import openai
import pytest

from drytune_simulator import Fail, Script

TUNED = "ft:gpt-4.1-mini-2025-04-14:acme:support:AbC12345"
UNKNOWN = ["gpt-5", "o3-mini", "azure/gpt-4o", "my-model", "ft:gpt-5:acme::AbC12345"]
GONE, AFTERWARDS = "gpt-4.1-mini", dt.date(2028, 1, 1)


def not_there(ask, *arguments, **more) -> None:
    """As the platform says it: 404, but of a response 400."""
    with pytest.raises((openai.NotFoundError, openai.BadRequestError)) as refused:
        ask(*arguments, **more)
    assert refused.value.code == "model_not_found"


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("door", ["chat", "respond"])
@pytest.mark.parametrize("model", [TUNED, *UNKNOWN])
def test_a_model_that_is_named_answers(scripted, door, model, stream):
    assert scripted(Script("Hi!", model=model)).ask(door, model=model, stream=stream).text == "Hi!"


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("model", ["ft:davinci-002:acme::AbC12345", *UNKNOWN])
def test_it_completes_too(scripted, model, stream):
    assert scripted(Script("Hi!", model=model)).complete(model=model, stream=stream).text == "Hi!"


def test_a_pattern_names_all_that_it_matches(scripted):
    world = scripted(Script("Hi!", model="ft:*:acme:*"))
    assert world.chat(model=TUNED).text == "Hi!"
    not_there(world.chat, model=TUNED.replace("acme", "other"))


def test_it_is_echoed_by_its_name(scripted):
    answer = scripted(Script("Hi!", model=TUNED)).client.responses.create(model=TUNED, input="Hello!")
    assert answer.model == TUNED


def test_it_may_fail_as_well(scripted):
    with pytest.raises(openai.RateLimitError):
        scripted(Script(Fail("rate_limited"), model="gpt-5")).chat(model="gpt-5")


@pytest.mark.parametrize("door", ["chat", "respond"])
def test_without_a_model_a_script_makes_none_exist(scripted, door):
    """So that a mistyped name stays one."""
    world = scripted(Script("Hi!"), Script("Hi!", model="gpt-5-mini"))
    not_there(world.ask, door, model="gpt-4.1-mimi")
    not_there(world.ask, door, model=TUNED)


@pytest.mark.parametrize("door", ["chat", "respond"])
def test_what_no_script_answers_the_base_does(scripted, door):
    """Also when the script has been used up: the model does not vanish between two questions."""
    world = scripted(Script("Hi!", model=TUNED, text="Hello!", times=1))
    assert world.ask(door, "Bye!", model=TUNED).layer == "base"
    assert world.ask(door, model=TUNED).layer == "scripted"
    assert world.ask(door, model=TUNED).layer == "base"


def test_once_the_script_is_gone_so_is_the_model(scripted):
    world = scripted(Script("Hi!", model="gpt-5"))
    world.simulator.scripts.clear()
    not_there(world.chat, model="gpt-5")


def test_an_unknown_model_takes_the_parameters_of_all(scripted):
    """Nobody knows which it would refuse."""
    world = scripted(Script("Hi!", model="gpt-5"))
    more = {"reasoning_effort": "low", "max_completion_tokens": 9, "temperature": 0.5}
    assert world.chat(model="gpt-5", **more).text == "Hi!"
    assert world.respond(model="gpt-5", reasoning={"effort": "low"}).text == "Hi!"
    picture = {"type": "image_url", "image_url": {"url": "https://pictures.example/1.png"}}
    seen = world.chat([{"role": "user", "content": [picture]}], model="gpt-5")
    assert seen.text == "Hi!"


def test_a_tuned_one_has_the_rules_of_its_base(scripted):
    world = scripted(Script("Hi!", model="ft:*"))
    with pytest.raises(openai.BadRequestError, match="reasoning_effort"):
        world.chat(model=TUNED, reasoning_effort="low")
    with pytest.raises(openai.NotFoundError, match="not a chat model"):
        world.chat(model="ft:davinci-002:acme::AbC12345")


def test_a_known_model_keeps_its_own_door(scripted):
    world = scripted(Script("Hi!", model="*"))
    with pytest.raises(openai.NotFoundError, match="not a chat model"):
        world.chat(model="babbage-002")


@pytest.mark.parametrize("model", [TUNED, "gpt-5"])
def test_it_is_there_for_answers_only(scripted, model):
    client = scripted(Script("Hi!", model=model)).client
    assert model not in [listed.id for listed in client.models.list()]
    with pytest.raises(openai.NotFoundError):
        client.models.retrieve(model)
    with pytest.raises((openai.NotFoundError, openai.PermissionDeniedError)):
        client.models.delete(model)
    line = b'{"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]}\n'
    file = client.files.create(file=("a.jsonl", line * 12), purpose="fine-tune")
    with pytest.raises(openai.APIStatusError):
        client.fine_tuning.jobs.create(model=model, training_file=file.id)
    with pytest.raises(openai.APIStatusError):
        client.embeddings.create(model=model, input="a")


@pytest.mark.parametrize("model", [GONE, "gpt-4.1-mini-2025-04-14", TUNED])
def test_an_exact_name_outlives_the_model(scripted, model):
    """Whoever names it has it answer; that it is shut down is still told."""
    said = scripted(Script("Hi!", model=model), as_of=AFTERWARDS).chat(model=model)
    assert said.text == "Hi!"
    assert "was shut down on" in said.headers["x-drytune-warning"]


@pytest.mark.parametrize("model", [GONE, TUNED])
def test_a_pattern_leaves_the_end_of_a_model_to_the_calendar(scripted, model):
    """A fallback from a model that is shut down can be rehearsed with scripts for all models."""
    not_there(scripted(Script("Hi!", model="*"), as_of=AFTERWARDS).chat, model=model)


def test_the_same_holds_before_its_release(scripted):
    before = dt.date(2024, 9, 1)
    assert scripted(Script("Hi!", model=GONE), as_of=before).chat(model=GONE).text == "Hi!"
    not_there(scripted(Script("Hi!", model="*"), as_of=before).chat, model=GONE)
