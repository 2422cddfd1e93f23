"""A checkpoint is opened to other projects of its organization (FACTS.md §4.8)."""

import openai
import pytest

from drytune_simulator.clock import AdvancingClock

INVALID = "invalid_request_error"
ORGANIZATION = "org-lab"
HELLO = [{"role": "user", "content": "What comes after 3?"}]


class Lab:
    """An organization with two projects, an admin, and a model that was tuned in the first project."""

    def __init__(self, connect, one, model=None):
        self.owner = connect(one, organization=ORGANIZATION, project="proj_one")
        self.other = connect(one, key="sk-two", organization=ORGANIZATION, project="proj_two")
        self.admin = connect(one, key="sk-admin-lab", organization=ORGANIZATION)
        self.model = model

    @property
    def permissions(self):
        return self.admin.fine_tuning.checkpoints.permissions

    def list(self, **options):
        return list(self.permissions.list(self.model, **options))


@pytest.fixture
def lab(simulator, connect, finished):
    one = simulator(clock=AdvancingClock())
    lab = Lab(connect, one)
    lab.simulator = one
    lab.model = finished(lab.owner).fine_tuned_model
    return lab


def test_a_permission_is_created_and_told(lab):
    """One for each project, in a list with its ends."""
    page = lab.permissions.create(lab.model, project_ids=["proj_two", "proj_three"])
    assert [one.project_id for one in page.data] == ["proj_two", "proj_three"]
    assert {one.object for one in page.data} == {"checkpoint.permission"}
    assert all(one.id.startswith("cp_") and len(one.id) == 27 for one in page.data)
    body = page.to_dict()
    assert (body["first_id"], body["last_id"], body["has_more"]) == (page.data[0].id, page.data[1].id, False)


def test_without_a_permission_there_is_no_such_model(lab, refused, created):
    """In the same organization too."""
    told, _ = refused(lab.other.chat.completions.create, model=lab.model, messages=HELLO)
    assert told[:3] == (404, INVALID, "model_not_found")
    assert refused(lab.other.models.retrieve, lab.model)[0][0] == 404
    assert refused(created, lab.other, lab.model)[0][2] == "model_not_available"


def test_with_a_permission_it_is_used_like_ones_own(lab, finished):
    """It answers, is retrieved, and is trained further; what came of that knows both."""
    lab.permissions.create(lab.model, project_ids=["proj_two"])
    said = lab.other.chat.completions.create(model=lab.model, messages=HELLO)
    assert said.choices[0].message.content == "After 3 comes 4."
    assert lab.other.models.retrieve(lab.model).id == lab.model
    job = finished(lab.other, lab.model)
    assert job.status == "succeeded"
    assert job.model == lab.model
    said = lab.other.chat.completions.create(model=job.fine_tuned_model, messages=HELLO)
    assert said.choices[0].message.content == "After 3 comes 4."


def test_it_is_still_its_owners(lab, refused):
    """Who may use it may not delete it."""
    lab.permissions.create(lab.model, project_ids=["proj_two"])
    assert refused(lab.other.models.delete, lab.model)[0][0] == 403
    assert lab.owner.models.retrieve(lab.model).id == lab.model


@pytest.mark.parametrize(
    ("organization", "project"),
    [(ORGANIZATION, "proj_three"), (ORGANIZATION, None), ("org-other", "proj_two"), (None, "proj_two")],
)
def test_another_project_or_organization_is_not_meant(lab, connect, refused, organization, project):
    """Both headers have to fit."""
    lab.permissions.create(lab.model, project_ids=["proj_two"])
    client = connect(lab.simulator, key="sk-three", organization=organization, project=project)
    assert refused(client.chat.completions.create, model=lab.model, messages=HELLO)[0][0] == 404


def test_a_deleted_permission_opens_nothing(lab, refused):
    """And can be given again, and deleted again."""
    for _ in range(2):
        permission = lab.permissions.create(lab.model, project_ids=["proj_two"]).data[0].id
        assert lab.other.models.retrieve(lab.model).id == lab.model
        deleted = lab.permissions.delete(permission, fine_tuned_model_checkpoint=lab.model)
        assert (deleted.id, deleted.object, deleted.deleted) == (permission, "checkpoint.permission", True)
        assert refused(lab.other.models.retrieve, lab.model)[0][0] == 404
        assert lab.list() == []


def test_permissions_are_listed(lab):
    """Newest first, or oldest first; of one project; page by page."""
    for number in range(12):
        lab.permissions.create(lab.model, project_ids=[f"proj_{number}"])
    newest = [f"proj_{number}" for number in reversed(range(12))]
    assert [one.project_id for one in lab.list()] == newest
    assert [one.project_id for one in lab.list(order="ascending", limit=5)] == newest[::-1]
    page = lab.permissions.list(lab.model)
    assert (len(page.data), page.has_more) == (10, True)
    assert [one.project_id for one in lab.list(project_id="proj_3")] == ["proj_3"]
    with pytest.raises(openai.BadRequestError, match="no object with the id"):
        lab.list(after="cp_nope")


def test_the_older_method_of_the_sdk_lists_too(lab):
    """It is deprecated there."""
    lab.permissions.create(lab.model, project_ids=["proj_two"])
    with pytest.warns(DeprecationWarning, match="paginated list"):
        page = lab.permissions.retrieve(lab.model)
    assert [one.project_id for one in page.data] == ["proj_two"]


def test_a_project_has_one_permission(lab):
    """Asked for again, or twice, it is the same one (drytune's own decision)."""
    first = lab.permissions.create(lab.model, project_ids=["proj_two", "proj_two"]).data
    again = lab.permissions.create(lab.model, project_ids=["proj_two"]).data
    assert first == again
    assert len(first) == 1


def test_it_needs_an_admin_key(lab, refused):
    """Of whatever project; the reason says what to send."""
    permissions = lab.owner.fine_tuning.checkpoints.permissions
    words = "You have insufficient permissions for this operation. Missing scopes: api.management."
    for call, arguments, options in [
        (permissions.create, (lab.model,), {"project_ids": ["proj_two"]}),
        (permissions.list, (lab.model,), {}),
        (permissions.delete, ("cp_nope",), {"fine_tuned_model_checkpoint": lab.model}),
    ]:
        (status, _, _, _, message), headers = refused(call, *arguments, **options)
        assert (status, message.startswith(words)) == (403, True)
        assert headers["x-drytune-reason"] == "send an admin key: sk-admin-..."


def test_an_admin_has_one_organization(lab, connect, refused):
    """Another's checkpoints do not exist."""
    stranger = connect(lab.simulator, key="sk-admin-lab", organization="org-other")
    told, headers = refused(
        stranger.fine_tuning.checkpoints.permissions.create, lab.model, project_ids=["proj_two"]
    )
    message = f"The model '{lab.model}' does not exist"
    assert told == (404, INVALID, "model_not_found", "model", message)
    assert "OpenAI-Organization" in headers["x-drytune-reason"]


def test_what_is_wrong_with_a_request_is_told(lab, refused):
    """The body, and an unknown permission."""
    told, _ = refused(lab.permissions.create, lab.model, project_ids=[])
    assert told[2:4] == ("empty_array", "project_ids")
    told, _ = refused(lab.permissions.delete, "cp_nope", fine_tuned_model_checkpoint=lab.model)
    assert told == (404, INVALID, None, "permission_id", "No such checkpoint permission: cp_nope")
    assert refused(lab.permissions.list, lab.model, limit=0)[0][2] == "integer_below_min_value"


def test_with_the_model_go_its_permissions(lab, refused):
    """Nothing is left to list."""
    lab.permissions.create(lab.model, project_ids=["proj_two"])
    lab.owner.models.delete(lab.model)
    assert refused(lab.other.models.retrieve, lab.model)[0][0] == 404
    assert refused(lab.permissions.list, lab.model)[0][0] == 404


def test_requests_that_name_no_organization_belong_together(simulator, connect, finished):
    """So an admin key alone is enough where nobody sends the header."""
    one = simulator(clock=AdvancingClock())
    owner, admin = connect(one), connect(one, key="sk-admin-test")
    model = finished(owner).fine_tuned_model
    admin.fine_tuning.checkpoints.permissions.create(model, project_ids=["proj_two"])
    assert connect(one, key="sk-two", project="proj_two").models.retrieve(model).id == model


@pytest.mark.parametrize("project", ["", "p" * 400, "not-a-project"])
def test_only_ids_of_projects_are_taken(lab, project):
    """As the header that would have to match them."""
    with pytest.raises(openai.BadRequestError) as raised:
        lab.permissions.create(lab.model, project_ids=[project])
    assert raised.value.param == "project_ids[0]"
