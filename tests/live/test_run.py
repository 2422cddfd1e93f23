"""What `run`, `resume` and `cancel` promise: nothing before consent, nothing twice, and always a way on."""

import asyncio
import json

import pytest

from drytune.errors import DrytuneError, Refused, UsageError
from drytune.workflow import live
from drytune_simulator.faults import Fault


@pytest.fixture
def job(rig, tmp_path):
    return rig.job(tmp_path)


@pytest.fixture
def platform(rig, place):
    with rig.Platform(place) as one:
        yield one


def test_it_does_exactly_what_was_planned(platform, job):
    """With the hyperparameters, the names and the questions of the plan, and its marker on the job."""
    plan = live.plan(job, max_usd=1.0, **platform.options())
    assert platform.till.made == []
    run = live.run(plan, **platform.options())
    assert (run.status, run.done, run.refusal, run.stopped) == ("succeeded", True, None, None)
    [made] = platform.jobs()
    assert made.model == plan.task.model
    assert made.hyperparameters.n_epochs == plan.task.hyperparameters["n_epochs"] == 2
    assert made.metadata["drytune_run"] == run.id
    assert platform.uploads() == sorted(file.upload_name for file in plan.task.uploads)
    assert [answer.question for answer in run.answers] == list(plan.task.questions)
    assert run.results.startswith("step,")
    assert len(run.checkpoints) == 2
    assert run.bill.trained_tokens == made.trained_tokens


def test_a_file_that_has_changed_is_not_sent(platform, job):
    """However little."""
    plan = live.plan(job, max_usd=1.0, **platform.options())
    job.training.write_bytes(job.training.read_bytes().replace(b"You count.", b"You  count."))
    with pytest.raises(Refused, match="training"):
        live.run(plan, **platform.options())
    assert platform.till.made == []


@pytest.mark.parametrize(
    ("budget", "error"),
    [(None, UsageError), (0.001, Refused), (-1.0, UsageError), (float("nan"), UsageError)],
)
def test_without_a_budget_that_covers_it_nothing_is_sent(platform, job, budget, error):
    """None, too little, and no amount."""
    with pytest.raises(error):
        live.run(job, max_usd=budget, **platform.options())
    assert platform.till.made == []
    assert platform.jobs() == []


def test_a_dataset_with_errors_is_never_sent(platform, job):
    """Whatever the budget."""
    with job.training.open("a", encoding="utf-8") as file:
        file.write('{"messages": [{"role": "bot", "content": "x"}]}\n')
    with pytest.raises(Refused):
        live.run(job, max_usd=100.0, **platform.options())
    assert platform.till.made == []


def test_nothing_is_sent_without_consent(platform, job):
    """And nothing is in the journal, so that the next try is the first."""
    with pytest.raises(Refused, match="nothing was sent"):
        live.run(job, max_usd=1.0, confirm=lambda plan: False, **platform.options())
    assert platform.till.made == []
    assert live.run(job, max_usd=1.0, confirm=lambda plan: True, **platform.options()).done


def test_the_same_is_not_paid_for_twice_unless_that_is_said(platform, job):
    """Nor begun twice while it is not finished."""
    first = live.run(job, max_usd=1.0, follow=False, **platform.options())
    with pytest.raises(Refused, match=f"drytune resume {first.id}"):
        live.run(job, max_usd=1.0, **platform.options())
    assert live.resume(first.id, **platform.options()).done
    with pytest.raises(Refused, match="--again"):
        live.run(job, max_usd=1.0, **platform.options())
    assert len(platform.jobs()) == 1
    second = live.run(job, max_usd=1.0, again=True, **platform.options())
    assert second.id != first.id
    assert len(platform.jobs()) == 2
    assert len(platform.uploads()) == 2, "the files were there already"


def test_the_async_twin_does_the_same(rig, place, job):
    """The same requests in the same order, and the same run."""
    runs, made = [], []
    for is_async in (False, True):
        with rig.Platform(place) as platform:
            call = live.async_run if is_async else live.run
            run = call(job, max_usd=1.0, **platform.options())
            runs.append(asyncio.run(run) if is_async else run)
            made.append(platform.till.made)
    assert made[0] == made[1]
    assert runs[0] == runs[1]


def test_an_async_run_that_is_cancelled_goes_on_after_a_resume(rig, place, job):
    """A task that is cancelled while it waits leaves a run like any other."""

    async def begin(platform):
        async def never(seconds):
            await asyncio.Event().wait()

        options = platform.options() | {"sleep": never}
        task = asyncio.create_task(live.async_run(job, max_usd=1.0, **options))
        while not platform.jobs():
            await asyncio.sleep(0)
        for _ in range(1000):
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return await live.async_resume("last", **platform.options())

    with rig.Platform(place) as platform:
        run = asyncio.run(begin(platform))
        assert (run.status, run.done) == ("succeeded", True)
        assert len(platform.jobs()) == 1


def test_two_processes_do_not_work_on_one_run(platform, job):
    """The second is refused while the first is at it, and the first goes on."""
    refused = []

    def progress(run):
        if run.remote is not None and not refused:
            with pytest.raises(Refused, match="being worked on"):
                live.resume(run.id, **platform.options())
            refused.append(run.id)

    assert live.run(job, max_usd=1.0, progress=progress, **platform.options()).done
    assert refused
    assert len(platform.jobs()) == 1


def test_progress_only_ever_moves_on(platform, job):
    """Steps in their order, events and money only more."""
    heard = []
    live.run(job, max_usd=1.0, progress=heard.append, **platform.options())
    order = ["upload", "create", "train", "infer"]
    steps = [order.index(run.step) for run in heard]
    assert steps == sorted(steps)
    assert {"running", "succeeded"} <= {run.status for run in heard}
    for name in ("events", "answers"):
        counts = [len(getattr(run, name)) for run in heard]
        assert counts == sorted(counts)
    assert all(run.bill.spent_usd <= 1.0 for run in heard)


@pytest.mark.parametrize("has_arrived", [False, True])
def test_a_job_whose_creation_was_cut_off_can_be_cancelled(rig, platform, job, has_arrived):
    """It is found by its marker."""
    create = 5  # two looks and two uploads come before, and a look for the job
    assert (
        platform.in_process(
            lambda **options: live.run(job, max_usd=1.0, **options), rig.Kill(create + 1, has_arrived)
        )
        is None
    )
    assert len(platform.jobs()) == has_arrived
    run = live.cancel("last", **platform.options())
    assert [one.status for one in platform.jobs()] == ["cancelled"] * has_arrived
    assert run.status == "cancelled" if has_arrived else run.remote is None


def test_a_condition_cancels_the_job(platform, job):
    """And the run says which step met it."""
    run = live.run(job, max_usd=1.0, cancel_if="train_loss > 0 after 3", **platform.options())
    assert run.status == "cancelled"
    assert "train_loss" in " ".join(run.notes)
    assert platform.till.answers == 0


@pytest.mark.parametrize(("at_timeout", "status"), [("leave", "succeeded"), ("cancel", "cancelled")])
def test_a_deadline_leaves_or_cancels_it(platform, job, at_timeout, status):
    """What is left is gone on with."""
    run = live.run(job, max_usd=1.0, timeout_s=30.0, at_timeout=at_timeout, **platform.options())
    assert (run.stopped is not None) == (at_timeout == "leave")
    run = live.resume(run.id, **platform.options())
    assert (run.status, run.done, run.stopped) == (status, True, None)


@pytest.mark.parametrize("choice", ["leave", "cancel", "go on"])
def test_ctrl_c_asks(platform, job, choice):
    """While the job is waited for."""
    asked = []

    def sleep(seconds):
        if not asked:
            raise KeyboardInterrupt
        platform.clock.advance(seconds * 10)

    def interrupted(run):
        asked.append(run)
        return choice

    options = platform.options() | {"sleep": sleep, "interrupted": interrupted}
    run = live.run(job, max_usd=1.0, **options)
    assert run.done == (choice != "leave")
    assert run.waiting == (choice == "leave")
    assert (run.status == "cancelled") == (choice == "cancel")
    assert len(platform.jobs()) == 1


def test_an_api_that_stays_away_is_a_sentence_with_a_way_on(rig, place, job):
    """And what was done is kept."""
    with rig.Platform(place, [Fault("GET /v1/fine_tuning/jobs/*", 503, first=9)]) as platform:
        with pytest.raises(DrytuneError, match=r"drytune resume run-[0-9a-f]{12}"):
            live.run(job, max_usd=1.0, **platform.options())
        assert live.resume("last", **platform.options()).done
        assert len(platform.jobs()) == 1


def test_a_dead_wallet_is_a_refusal_that_a_resume_gets_over(rig, place, job):
    """`insufficient_quota` is no reason to ask again and again."""
    with rig.Platform(place, [Fault("POST /v1/fine_tuning/jobs", "quota", nth=1)]) as platform:
        run = live.run(job, max_usd=1.0, **platform.options())
        assert run.refusal.code == "insufficient_quota"
        assert platform.jobs() == []
        assert live.resume("last", **platform.options()).done
        assert len(platform.jobs()) == 1


def test_a_plan_on_the_disk_does_the_same(platform, job, tmp_path):
    """And one that was edited does nothing."""
    from drytune.workflow.planning import save_plan

    file = tmp_path / "it.plan.json"
    save_plan(live.plan(job, max_usd=1.0, **platform.options()), file)
    edited = json.loads(file.read_text())
    edited["max_usd"] = 50.0
    (tmp_path / "edited.plan.json").write_text(json.dumps(edited))
    with pytest.raises(DrytuneError):
        live.run(tmp_path / "edited.plan.json", **platform.options())
    assert platform.till.made == []
    assert live.run(file, **platform.options()).done
