"""What a run has left at the platform is deleted: all of it, only after asking, and nothing that others use."""

import json

import pytest
from click.testing import CliRunner

import drytune
from drytune.backends import Simulated
from drytune.cli.clean import clean as clean_command
from drytune.cli.runs import runs as runs_command
from drytune.errors import Refused
from drytune.workflow.cleaning import clean
from drytune.workflow.journal import Journal
from drytune_simulator import AdvancingClock, Simulator, SystemClock
from drytune_simulator.http import Response


class World:
    """A simulated platform, the journal beside it, and what a cleaning told."""

    def __init__(self, state, training):
        self.state, self.training = state, training
        clock = AdvancingClock(SystemClock())
        self.backend = Simulated(Simulator(clock=clock), clock=clock)
        self.client = self.backend.client()
        self.asked, self.deeds = [], []

    def run(self, **options):
        settings = {"max_usd": 5, "backend": self.backend, "state": self.state} | options
        return drytune.run(self.training, **settings)

    def clean(self, run_id, answer=True, **options):
        self.asked, self.deeds = [], []

        def wanted(group):
            self.asked.append((group.name, [thing.kind for thing in group.things]))
            return answer if isinstance(answer, bool) else answer(group)

        clean(
            run_id, wanted=wanted, done=self.deeds.append, backend=self.backend, state=self.state, **options
        )
        return [(deed.thing.kind, deed.ending) for deed in self.deeds]

    @property
    def files(self):
        return {file.id for file in self.client.files.list()}

    @property
    def models(self):
        return {model.id for model in self.client.models.list() if model.id.startswith("ft:")}

    def find(self, run_id):
        with Journal.open(self.state) as journal:
            return journal.find(run_id)


@pytest.fixture
def world(tmp_path, good, make_jsonl):
    training = tmp_path / "train.jsonl"
    training.write_bytes(make_jsonl(*good))
    return World(tmp_path / "state", training)


def test_all_that_a_run_has_left_is_deleted_after_asking_for_each_group(world):
    run = world.run()
    assert len(world.files) == 2
    told = world.clean(run.id)
    assert [name for name, _ in world.asked] == ["uploaded files", "results files", "tuned model"]
    assert told[:3] == [("training file", "deleted"), ("results file", "deleted"), ("tuned model", "deleted")]
    assert {kind for kind, _ in told[3:]} <= {"checkpoint"}
    assert {ending for _, ending in told} == {"deleted"}
    assert world.files == world.models == set()
    entry = world.find(run.id)
    assert "deleted at the platform: training file file-" in entry.run.notes[-1]
    assert entry.run.status == "succeeded"


def test_a_second_cleaning_has_nothing_to_do(world):
    run = world.run()
    world.clean(run.id)
    assert world.clean(run.id) == []
    assert world.asked == []


def test_what_was_said_no_to_is_kept_and_asked_about_again(world):
    run = world.run()
    told = world.clean(run.id, lambda group: group.name == "results files")
    assert ("training file", "kept") in told
    assert ("results file", "deleted") in told
    assert run.model in world.models
    world.clean(run.id)
    assert [name for name, _ in world.asked] == ["uploaded files", "tuned model"]


def test_the_model_is_kept_if_that_is_said(world):
    run = world.run()
    world.clean(run.id, keep_model=True)
    assert [name for name, _ in world.asked] == ["uploaded files", "results files"]
    assert run.model in world.models


def test_what_is_gone_already_is_told(world):
    run = world.run()
    world.client.files.delete(run.file["id"])
    world.client.models.delete(run.model)
    told = dict(world.clean(run.id))
    assert (told["training file"], told["tuned model"], told["results file"]) == ("gone", "gone", "deleted")


def test_a_file_that_another_run_uses_is_left_to_it(world):
    first = world.run()
    second = world.run(again=True)
    assert second.file["id"] == first.file["id"]
    told = dict(world.clean(first.id))
    assert told["training file"] == "kept"
    assert world.deeds[0].why == f"used by {second.id}"
    assert "uploaded files" not in dict(world.asked)
    assert first.file["id"] in world.files
    assert world.clean(first.id) == []
    # the first has let go of it, so that it is the second's alone
    assert dict(world.clean(second.id))["training file"] == "deleted"
    assert world.files == set()


def test_shared_files_are_deleted_if_that_is_said(world):
    first = world.run()
    world.run(again=True)
    world.clean(first.id)
    assert world.clean(first.id, shared=True) == [("training file", "deleted")]
    assert first.file["id"] not in world.files


def test_nothing_is_deleted_while_the_job_runs(world):
    run = world.run(follow=False)
    assert run.waiting
    before = world.files
    with pytest.raises(Refused, match=rf"{run.remote['id']} is \w+: .*`drytune cancel {run.id}` first"):
        world.clean(run.id)
    assert world.asked == []
    assert world.files >= before


def test_an_upload_whose_answer_was_lost_is_found(world, having):
    """The process was killed after the request and before the answer."""
    run = world.run()
    with Journal.open(world.state) as journal:
        database = journal._database._connection
        database.execute(
            "UPDATE snapshots SET value = 'null' WHERE field IN ('file', 'remote', 'checkpoints')"
        )
        database.execute("UPDATE attempts SET ending = NULL WHERE step = 'upload:training'")
        database.execute("UPDATE attempts SET step = 'none' WHERE step = 'create'")
    assert world.clean(run.id) == [("training file", "deleted")]
    assert run.file["id"] not in world.files


def test_a_job_whose_creation_was_cut_off_is_found(world):
    run = world.run()
    with Journal.open(world.state) as journal:
        database = journal._database._connection
        database.execute("UPDATE snapshots SET value = 'null' WHERE field IN ('remote', 'checkpoints')")
        database.execute("UPDATE attempts SET ending = NULL WHERE step = 'create'")
    assert ("tuned model", "deleted") in world.clean(run.id)
    assert world.models == set()


def test_a_refusal_is_told_and_the_rest_goes_on(world):
    """A model may be somebody else's to delete."""
    run = world.run()
    backend = world.backend
    real = backend._handler

    def refusing(request):
        if request.method == "DELETE" and "/models/" in request.path:
            return Response.json({"error": {"message": "not yours"}}, 403)
        return real(request)

    backend._handler = refusing
    told = dict(world.clean(run.id))
    assert told["tuned model"] == "refused"
    assert told["results file"] == "deleted"
    assert next(deed.why for deed in world.deeds if deed.ending == "refused") == "403 not yours"
    backend._handler = real
    assert ("tuned model", "deleted") in world.clean(run.id)


def invoke(command, *arguments):
    return CliRunner().invoke(
        command, list(map(str, arguments)), catch_exceptions=False, standalone_mode=False
    )


def test_the_command_deletes_with_yes_and_tells_what(world, monkeypatch):
    state = world.state
    run = drytune.run(world.training, max_usd=5, backend="simulated", state=state)
    done = invoke(clean_command, run.id[:9], "--yes", "--backend", "simulated", "--state", state)
    assert done.return_value == 0
    assert f"training file {run.file['id']}: deleted\n" in done.stdout
    again = invoke(clean_command, run.id, "--yes", "--backend", "simulated", "--state", state)
    assert again.stdout == "nothing is left to delete\n"


def test_the_command_asks_where_somebody_is_there_and_else_deletes_nothing(world):
    state = world.state
    run = drytune.run(world.training, max_usd=5, backend="simulated", state=state)
    with pytest.raises(drytune.UsageError, match="add --yes"):
        invoke(clean_command, run.id, "--backend", "simulated", "--state", state)
    with pytest.raises(drytune.UsageError, match="needs --yes"):
        invoke(clean_command, run.id, "--shared", "--state", state)


def test_runs_are_listed_and_shown(world, tmp_path):
    state = world.state
    empty = invoke(runs_command, "--state", tmp_path / "none")
    assert "There are no runs in" in empty.stdout
    run = world.run(follow=False)
    listed = invoke(runs_command, "--state", state)
    assert listed.stdout.startswith(run.id)
    assert "train.jsonl" in listed.stdout
    [told] = json.loads(invoke(runs_command, "--state", state, "--format", "json").stdout)
    assert (told["id"], told["finished"], told["next"]) == (run.id, False, f"drytune resume {run.id}")
    for arguments in (("--state", state, "show", "last"), ("show", run.id, "--state", state)):
        shown = invoke(runs_command, *arguments).stdout
        assert "upload:training" in shown
        assert f"training file {run.file['id']}" in shown
        assert f"Go on with `drytune resume {run.id}`" in shown
    whole = json.loads(invoke(runs_command, "show", "last", "--format", "json", "--state", state).stdout)
    assert [one["step"] for one in whole["attempts"]] == ["upload:training", "create"]
    assert whole["at_platform"][0] == {"kind": "training file", "id": run.file["id"]}
