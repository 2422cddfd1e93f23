"""Models: listed, retrieved, deleted (FACTS.md §1.5)."""

import json

import openai
import pytest

from drytune_simulator import catalog
from drytune_simulator.catalog.others import OTHERS

INVALID = "invalid_request_error"


def test_all_of_the_catalog_is_listed_by_all_its_names(openai_client):
    """Snapshots and the floating names that mean them; those that embed and moderate."""
    listed = [model.id for model in openai_client.models.list()]
    names = {name for model in catalog.models() for name in (model.id, *model.aliases)}
    names |= {model.id for model in OTHERS.values() if model.created is not None}
    assert set(listed) == names
    assert len(listed) == len(names)


def test_a_model_says_when_it_is_shut_down(openai_client):
    """`shutdown_date` is a day; the fields are in the recorded order."""
    raw = openai_client.models.with_raw_response.retrieve("gpt-4o-mini-2024-07-18")
    assert list(json.loads(raw.content).items()) == [
        ("id", "gpt-4o-mini-2024-07-18"),
        ("object", "model"),
        ("created", 1721260800),
        ("owned_by", "system"),
        ("shutdown_date", "2027-01-14"),
    ]


@pytest.mark.parametrize(
    ("name", "created", "owned_by"),
    [
        ("gpt-3.5-turbo", 1677610602, "openai"),
        ("gpt-3.5-turbo-1106", 1698959748, "system"),
        ("babbage-002", 1692634615, "system"),
        ("davinci-002", 1692634301, "system"),
        ("gpt-4-0613", 1686588896, "openai"),
    ],
)
def test_recorded_models(openai_client, name, created, owned_by):
    """As in November 2023; listed and retrieved alike."""
    model = openai_client.models.retrieve(name)
    assert (model.id, model.created, model.owned_by) == (name, created, owned_by)
    assert model in list(openai_client.models.list())


def test_a_tuned_model_is_owned_by_who_tuned_it(openai_client, finished):
    """Created when its job ended; it dies with the tuned models of its base."""
    job = finished(openai_client, "gpt-3.5-turbo-0613")
    model = openai_client.models.retrieve(job.fine_tuned_model)
    assert model.owned_by.startswith("user-")
    assert abs(model.created - job.finished_at) < 3600
    assert model.to_dict()["shutdown_date"] == "2026-10-23"


def test_a_tuned_model_is_its_owners(openai_simulator, openai_client, connect, finished, refused):
    """Nobody else sees it."""
    model = finished(openai_client).fine_tuned_model
    other = connect(openai_simulator, key="sk-other")
    message = f"The model '{model}' does not exist"
    for call in (other.models.retrieve, other.models.delete):
        assert refused(call, model)[0] == (404, INVALID, "model_not_found", "model", message)
    assert model not in {one.id for one in other.models.list()}


def test_a_deleted_model_is_gone(openai_client, finished, created, refused):
    """From lists, from chats, as a base of jobs; what it was deleted as is told in the recorded order."""
    job = finished(openai_client, hyperparameters={"n_epochs": 3})
    model = job.fine_tuned_model
    raw = openai_client.models.with_raw_response.delete(model)
    assert list(json.loads(raw.content).items()) == [("object", "model"), ("deleted", True), ("id", model)]
    assert model not in {one.id for one in openai_client.models.list()}
    assert refused(created, openai_client, model)[0][2] == "model_not_available"
    with pytest.raises(openai.NotFoundError):
        openai_client.models.delete(model)
    # its checkpoints are models of their own
    assert len([one for one in openai_client.models.list() if one.id.startswith("ft:")]) == 2


def test_what_cannot_be_deleted(openai_client, refused):
    """An unknown model does not exist; a base is not one's own."""
    told, _ = refused(openai_client.models.delete, "ft:123")
    assert told == (404, INVALID, "model_not_found", "model", "The model 'ft:123' does not exist")
    told, _ = refused(openai_client.models.delete, "gpt-4o-mini")
    assert told == (403, INVALID, None, None, "You have insufficient permissions for this operation.")
