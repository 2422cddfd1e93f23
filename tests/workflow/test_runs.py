"""A run from its plan to its answers, and what it keeps of each step."""

import pytest

import drytune
from drytune.errors import Refused, UsageError
from drytune.workflow.journal import Journal


def test_a_run_does_all_that_was_planned(dataset, where, platform):
    """One upload named by its hash, one job with the run's marker, fixed epochs, and the answers."""
    plan = drytune.plan(drytune.Job(training=dataset, suffix="abc", ask=("One?", "Two?")), max_usd=1, **where)
    run = drytune.run(plan, **where)
    (file,), (job,) = platform.files, platform.jobs
    assert (run.status, run.done, run.simulated) == ("succeeded", True, True)
    assert file.filename == plan.task.training.upload_name
    assert plan.task.training.sha256[:16] in file.filename
    assert job.metadata["drytune_run"] == run.id
    assert job.method.supervised.hyperparameters.n_epochs == plan.task.hyperparameters["n_epochs"]
    assert [answer.question.prompt for answer in run.answers] == ["One?", "Two?"]
    assert run.results.startswith("step,train_loss")
    assert run.checkpoints
    assert run.bill.trained_tokens == job.trained_tokens


def test_the_journal_has_each_intent_and_its_end(dataset, where):
    """In the order of things."""
    run = drytune.run(drytune.Job(training=dataset, ask=("One?",)), max_usd=1, **where)
    with Journal.open(where["state"]) as journal:
        entry = journal.find(run.id)
    assert [(one.step, one.ending) for one in entry.attempts] == [
        ("upload:training", "done"),
        ("create", "done"),
        ("ask:0", "done"),
    ]
    assert entry.run == run


def test_a_validation_file_is_uploaded_too(dataset, where, platform, good, make_jsonl, tmp_path):
    """And the job has it."""
    other = tmp_path / "other.jsonl"
    other.write_bytes(make_jsonl(*good[:11]))
    run = drytune.run(drytune.Job(training=dataset, validation=other), max_usd=1, **where)
    (job,) = platform.jobs
    assert (run.status, len(platform.files)) == ("succeeded", 2)
    assert job.validation_file == run.validation_file["id"]


def test_without_a_budget_nothing_is_sent(dataset, where, platform):
    """Neither of a dataset nor of a plan."""
    with pytest.raises(UsageError, match="without a budget"):
        drytune.run(dataset, **where)
    plan = drytune.plan(dataset, **where)
    with pytest.raises(UsageError, match="without a budget"):
        drytune.run(plan, **where)
    assert platform.asked == []


def test_a_budget_that_is_too_small_sends_nothing(dataset, where, platform):
    """It says by how much."""
    with pytest.raises(Refused, match="more than the budget"):
        drytune.run(dataset, max_usd=0.0001, **where)
    assert platform.asked == []


def test_a_dataset_with_errors_is_never_sent(tmp_path, where, platform):
    """The same rules as of `drytune check`."""
    bad = tmp_path / "bad.jsonl"
    bad.write_text('{"messages": []}\n' * 12)
    with pytest.raises(Refused):
        drytune.run(bad, max_usd=1, **where)
    assert platform.asked == []


def test_a_file_that_changed_since_it_was_planned_is_not_sent(dataset, where, platform, make_jsonl, good):
    """The plan is done as it is, or not at all."""
    plan = drytune.plan(dataset, max_usd=1, **where)
    dataset.write_bytes(make_jsonl(*good, good[0]))
    with pytest.raises(Refused, match="counting"):
        drytune.run(plan, **where)
    assert platform.asked == []


def test_a_file_that_changes_before_its_upload_is_not_sent(dataset, where, platform, make_jsonl, good):
    """Even if it changes after everything else was looked at."""
    plan = drytune.plan(dataset, max_usd=1, **where)

    def confirm(shown):
        dataset.write_bytes(make_jsonl(*good, good[0]))
        return True

    with pytest.raises(Refused, match="has changed since it was planned"):
        drytune.run(plan, confirm=confirm, **where)
    assert platform.count("POST /v1/files") == 0


def test_who_says_no_has_sent_nothing(dataset, where, platform):
    """And the same plan can be done later."""
    with pytest.raises(Refused, match="nothing was sent"):
        drytune.run(dataset, max_usd=1, confirm=lambda plan: False, **where)
    assert platform.asked == []
    assert drytune.run(dataset, max_usd=1, **where).done


def test_the_same_is_not_paid_for_twice_unless_it_is_asked_for(dataset, where, platform):
    """`again` makes another job, and uploads nothing again."""
    first = drytune.run(dataset, max_usd=1, **where)
    with pytest.raises(Refused, match=first.id):
        drytune.run(dataset, max_usd=1, **where)
    second = drytune.run(dataset, max_usd=1, again=True, **where)
    assert (len(platform.jobs), len(platform.files)) == (2, 1)
    assert first.id != second.id


def test_a_lost_journal_does_not_make_a_second_job(dataset, where, platform, tmp_path):
    """The same plan has the same marker, and its job is found by that."""
    first = drytune.run(dataset, max_usd=1, **where)
    second = drytune.run(dataset, max_usd=1, backend=where["backend"], state=tmp_path / "elsewhere")
    assert (first.id, first.model) == (second.id, second.model)
    assert (len(platform.jobs), len(platform.files)) == (1, 1)


def test_what_a_job_was_billed_corrects_the_next_estimate(dataset, where, good, make_jsonl, tmp_path):
    """Learned from one's own jobs, and said."""
    first = drytune.run(dataset, max_usd=1, **where)
    other = tmp_path / "more.jsonl"
    other.write_bytes(make_jsonl(*good, *good))
    plan = drytune.plan(other, max_usd=1, **where)
    assert plan.estimate.correction.jobs == 1
    assert plan.estimate.correction.factor == pytest.approx(first.trained_tokens / first.bill.expected_tokens)


def test_a_plan_is_for_one_api(dataset, where, monkeypatch):
    """Another is refused, and in CI a live one has to be asked for in words."""
    monkeypatch.delenv("CI", raising=False)
    plan = drytune.plan(dataset, max_usd=1, base_url="http://127.0.0.1:9/v1", state=where["state"])
    with pytest.raises(Refused, match="planned for live"):
        drytune.run(plan, **where)
    monkeypatch.setenv("CI", "true")
    with pytest.raises(Refused, match="in words"):
        drytune.run(plan, state=where["state"])


@pytest.mark.anyio
async def test_the_async_twin_does_the_same(dataset, where, platform, tmp_path, cat):
    """Through an async client; a sleep that is awaited, or an ordinary one."""
    plan = await drytune.async_plan(drytune.Job(training=cat), max_usd=1, **where)
    slept = []

    async def sleep(seconds):
        slept.append(seconds)

    run = await drytune.async_run(plan, sleep=sleep, **where)
    assert (run.status, len(platform.jobs)) == ("succeeded", 1)
    assert slept
    again = await drytune.async_resume(run.id, **where)
    assert again == run
    assert (await drytune.async_cancel(run.id, **where)).status == "succeeded"


@pytest.mark.anyio
async def test_a_dry_run_has_an_async_twin(cat):
    """With the same outcome."""
    twin = await drytune.async_dry_run(cat, "gpt-4o-mini")
    assert twin.ok


def test_a_dry_run_takes_a_job(dataset, tmp_path, good, make_jsonl):
    """The very same that is planned, with its validation and held-out files."""
    other = tmp_path / "other.jsonl"
    other.write_bytes(make_jsonl(*good[:11]))
    job = drytune.Job(training=dataset, validation=other, holdout=other, ask=("One?",))
    rehearsal = drytune.dry_run(job)
    assert rehearsal.ok
    assert rehearsal.run.validation_file is not None
    assert rehearsal.run.holdout.tuned.asked == 11


def test_a_plan_is_asked_where_it_was_planned(dataset, where, monkeypatch):
    """Its address is its own; a word that it is live is enough, also in CI, and another word is refused."""
    live = {"backend": "live", "base_url": "http://127.0.0.1:9/v1"}
    plan = drytune.plan(dataset, max_usd=1, state=where["state"], **live)
    monkeypatch.setenv("CI", "true")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-nowhere-to-be-seen")
    said = []

    def confirm(shown):
        said.append(shown.endpoint.base_url)
        return False

    with pytest.raises(Refused, match="nothing was sent"):
        drytune.run(plan, backend="live", state=where["state"], confirm=confirm)
    monkeypatch.setenv("DRYTUNE_BACKEND", "live")
    with pytest.raises(Refused, match="nothing was sent"):
        drytune.run(plan, state=where["state"], confirm=confirm)
    assert said == ["http://127.0.0.1:9/v1"] * 2
    with pytest.raises(Refused, match="planned for live"):
        drytune.run(plan, backend="simulated", state=where["state"])


def test_a_run_goes_on_at_its_own_api(dataset, where, tmp_path):
    """Whatever the environment says by then; another is refused."""
    begun = drytune.run(dataset, max_usd=1, follow=False, backend="simulated", state=tmp_path / "state")
    with pytest.raises(Refused, match="planned for simulated"):
        drytune.resume(begun.id, backend="live", base_url="http://127.0.0.1:9/v1", state=tmp_path / "state")
    assert drytune.resume(begun.id, state=tmp_path / "state").status == "succeeded"


def test_another_account_is_another_api(dataset, tmp_path, monkeypatch):
    """A plan is refused there; a run goes on in its own, whatever the environment says by then."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-anything-at-all")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "proj_one")
    monkeypatch.delenv("CI", raising=False)
    where = {"state": tmp_path / "state", "sleep": lambda seconds: None}
    plan = drytune.plan(dataset, max_usd=1, backend="live", state=where["state"])
    with pytest.raises(drytune.Stopped):
        drytune.run(plan, backend="live", **where)
    monkeypatch.setenv("OPENAI_PROJECT_ID", "proj_two")
    with pytest.raises(Refused, match="proj_one"):
        drytune.run(plan, backend="live", again=True, **where)
    with pytest.raises(drytune.Stopped):
        drytune.resume(backend="live", **where)
