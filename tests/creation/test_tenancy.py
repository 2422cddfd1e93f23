"""Whose state it is: by key, organization and project; and what cannot be an organization or a project."""

import json
from contextlib import closing

import pytest

from drytune_simulator import Request, Simulator

INVALID = "invalid_request_error"


@pytest.mark.parametrize("organization", ["acme", "org", "org-", "org-a b", "org-" + "x" * 97, "Org-acme"])
def test_what_cannot_be_an_organization_does_not_exist(openai_simulator, connect, refused, organization):
    """As for one that is unknown to the platform; the name of an organization is not its id."""
    told, headers = refused(connect(openai_simulator, organization=organization).models.list)
    message = f"No such organization: {organization}."
    assert told == (401, INVALID, "invalid_organization", None, message)
    assert headers["x-drytune-reason"] == "ids begin with `org-`"


@pytest.mark.parametrize("project", ["cats", "proj_", "proj-cats", "proj_a/b"])
def test_what_cannot_be_a_project_does_not_exist(openai_simulator, connect, refused, project):
    """Likewise (inferred)."""
    told, _ = refused(connect(openai_simulator, project=project).models.list)
    assert told == (401, INVALID, "invalid_project", None, f"No such project: {project}.")


def test_projects_and_organizations_see_their_own(openai_simulator, connect, created):
    """The same key in four places: none sees the others' jobs or files."""
    places = [(None, None), ("org-a", None), ("org-a", "proj_1"), ("org-b", "proj_1")]
    clients = [
        connect(openai_simulator, organization=organization, project=project)
        for organization, project in places
    ]
    jobs = [created(client) for client in clients]
    for client, job in zip(clients, jobs, strict=True):
        assert [one.id for one in client.fine_tuning.jobs.list()] == [job.id]
        assert [one.id for one in client.files.list()] == [job.training_file]
    assert [job.organization_id for job in jobs[1:]] == ["org-a", "org-a", "org-b"]


@pytest.mark.parametrize(
    ("method", "path", "words"),
    [
        ("GET", "/v1/models", "Missing bearer authentication in header"),
        ("GET", "/v1/chat/completions", "Missing bearer or basic authentication in header"),
        ("POST", "/v1/responses", "Missing bearer or basic authentication in header"),
        ("POST", "/v1/chat/completions", "You didn't provide an API key."),
    ],
)
def test_a_missing_key_is_told_in_the_words_of_the_route(method, path, words):
    """FACTS.md §6."""
    with closing(Simulator()) as simulator:
        response = simulator(Request(method, path))
    assert (response.status, json.loads(response.body)["error"]["message"].startswith(words)) == (401, True)
