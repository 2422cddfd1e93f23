"""What a lost, late or foreign job means for a run: it is followed, cancelled or left alone, and paid for."""

import json

import msgspec
import pytest

import drytune
from drytune.errors import Refused
from drytune.workflow.context import Stopped
from drytune_simulator import Request, Response

CREATE, JOB, JOBS = "POST /v1/fine_tuning/jobs", "GET /v1/fine_tuning/jobs/*", "GET /v1/fine_tuning/jobs"


def lose(platform, late: list[Request]) -> None:
    """The next request for a job gets no answer, and does nothing yet."""

    def vanish(request, ask):
        late.append(request)
        return Response.json({"error": {"message": "gateway timeout"}}, status=504)

    platform.once(CREATE, vanish)


def empty(platform, times: int) -> None:
    """The next looks at the list of jobs show nothing: it lags."""
    for _ in range(times):
        platform.once(
            JOBS, lambda request, ask: Response.json({"object": "list", "data": [], "has_more": False})
        )


def test_a_budget_for_one_job_makes_no_second_while_the_first_may_appear(dataset, where, platform):
    """It says so, and goes on when that is over."""
    job = drytune.Job(training=dataset, ask=("One?",))
    most = drytune.plan(job, **where).estimate.total_high_usd
    lose(platform, [])
    with pytest.raises(Stopped, match="quarter of an hour"):
        drytune.run(job, max_usd=most, **where)
    assert platform.jobs == []
    platform.clock.advance(901)
    run = drytune.resume(clock=platform.clock, **where)
    assert (run.done, len(platform.jobs)) == (True, 1)
    assert run.bill.spent_usd <= most


def test_a_second_job_is_paid_for_by_the_same_budget(dataset, where, platform):
    """Also when it had ended before anybody saw it."""
    late = []
    lose(platform, late)
    run = drytune.run(dataset, max_usd=1, follow=False, **where)
    platform.simulator(late[0])
    for job in platform.jobs:
        while platform.client.fine_tuning.jobs.retrieve(job.id).status != "succeeded":
            pass
    run = drytune.resume(run.id, **where)
    assert (run.status, len(run.doubles)) == ("succeeded", 1)
    assert any("second job" in note and "billed" in note for note in run.notes)
    assert run.bill.spent_usd >= 2 * run.bill.training_usd


def test_cancel_finds_a_job_that_appears_late(dataset, where, platform):
    """A list may lag."""
    platform.interrupts(CREATE, after=True)
    with pytest.raises(KeyboardInterrupt):
        drytune.run(dataset, max_usd=1, **where)
    empty(platform, 3)
    assert drytune.cancel("last", **where).status == "cancelled"
    assert [job.status for job in platform.jobs] == ["cancelled"]


def test_cancel_cancels_all_that_were_made(dataset, where, platform):
    """Two requests whose answers were lost."""
    platform.interrupts(CREATE, after=True)
    with pytest.raises(KeyboardInterrupt):
        drytune.run(dataset, max_usd=1, **where)
    empty(platform, 10)
    platform.interrupts(CREATE, after=True)
    with pytest.raises(KeyboardInterrupt):
        drytune.resume(**where)
    platform.forget()
    run = drytune.cancel("last", **where)
    assert {job.status for job in platform.jobs} == {"cancelled"}
    assert (len(platform.jobs), run.status) == (2, "cancelled")


def test_a_run_that_was_called_off_makes_no_job_later(dataset, where, platform):
    """Not even by a resume without its name."""
    platform.refuses(CREATE, 401, "Incorrect API key provided.")
    run = drytune.run(dataset, max_usd=1, **where)
    called_off = drytune.cancel(run.id, **where)
    assert (called_off.status, called_off.done) == ("cancelled", True)
    assert drytune.resume(run.id, **where).status == "cancelled"
    assert platform.jobs == []


def test_where_there_is_no_metadata_other_runs_jobs_are_left_alone(dataset, where, platform):
    """The same file, other hyperparameters; one answer of each is lost."""
    platform.keeps_metadata = False
    platform.lost(CREATE)
    first = drytune.run(drytune.Job(training=dataset, n_epochs=1), max_usd=1, follow=False, **where)
    platform.lost(CREATE)
    second = drytune.run(drytune.Job(training=dataset, n_epochs=3), max_usd=1, follow=False, **where)
    assert first.remote["id"] != second.remote["id"]
    assert drytune.resume(first.id, **where).status == "succeeded"
    assert drytune.resume(second.id, **where).status == "succeeded"
    assert [job.status for job in platform.jobs] == ["succeeded", "succeeded"]


def test_again_is_again_with_another_journal_too(dataset, where, platform, tmp_path):
    """A fresh machine does not take the earlier job for the new one."""
    drytune.run(dataset, max_usd=1, **where)
    elsewhere = {**where, "state": tmp_path / "elsewhere"}
    again = drytune.run(dataset, max_usd=1, again=True, **elsewhere)
    assert (again.status, len(platform.jobs)) == ("succeeded", 2)


def test_a_cancelled_job_of_a_lost_journal_is_not_followed(dataset, where, platform, tmp_path):
    """The new run makes its own."""
    left = drytune.run(dataset, max_usd=1, follow=False, **where)
    drytune.cancel(left.id, **where)
    run = drytune.run(dataset, max_usd=1, backend=where["backend"], state=tmp_path / "elsewhere")
    assert run.status == "succeeded"
    assert sorted(job.status for job in platform.jobs) == ["cancelled", "succeeded"]


def test_lists_without_has_more_are_read_to_their_end(dataset, where, platform):
    """The marker is on the second page."""

    def without(request, ask):
        answer = ask(request)
        data = json.loads(answer.body)
        del data["has_more"]
        return Response.json(data)

    platform.lost(CREATE)
    for _ in range(4):
        platform.once(JOBS, without)
    run = drytune.run(dataset, max_usd=1, **where)
    assert (run.status, len(platform.jobs)) == ("succeeded", 1)


def test_after_a_doubt_a_file_that_is_processed_is_no_reason_to_send_unseen(dataset, where, platform):
    """The job is looked for first."""
    platform.lost(CREATE)
    empty(platform, 5)
    words = "File 'file-x' is still being processed and is not ready to be used for fine-tuning."
    platform.refuses(CREATE, 400, words)
    run = drytune.run(dataset, max_usd=1, **where)
    assert (run.status, len(platform.jobs)) == ("succeeded", 1)


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_look_that_is_refused_ends_nothing(status, dataset, where, platform):
    """The job goes on: the run can be resumed, and cancelled."""
    for _ in range(4):
        platform.refuses(JOB, status, "no")
    run = drytune.run(dataset, max_usd=1, **where)
    assert (run.done, run.refusal, "does not say" in run.stopped) == (False, None, True)
    for _ in range(4):
        platform.refuses(JOB, status, "no")
    drytune.cancel(run.id, **where)
    assert platform.jobs[0].status == "cancelled"


def test_one_404_is_a_copy_that_lags(dataset, where, platform):
    """It is asked again."""
    platform.refuses(JOB, 404, "Could not find fine tune: ftjob-x", code="fine_tune_not_found")
    assert drytune.run(dataset, max_usd=1, **where).status == "succeeded"


def test_a_plan_that_was_edited_in_python_is_refused(dataset, where, platform):
    """Its digest is of all that it says."""
    plan = drytune.plan(dataset, max_usd=1, **where)
    with pytest.raises(Refused, match="changed"):
        drytune.run(msgspec.structs.replace(plan, max_usd=0.0001), **where)
    assert platform.asked == []


def test_a_key_that_the_platform_quotes_is_told_to_nobody(dataset, where, platform):
    """Neither by the refusal nor to who watches."""
    key = "sk-proj-VERYSECRETKEY0123456789"
    type(platform.backend).known = property(lambda self: (key,))
    seen = []
    try:
        platform.refuses(CREATE, 503, f"Received API Key = {key}")
        platform.refuses(CREATE, 400, f"Received API Key = {key.upper()}")
        waiting = {
            "waiting": lambda seconds, why: seen.append(why),
            "progress": lambda run: seen.append(repr(run)),
        }
        run = drytune.run(dataset, max_usd=1, **waiting, **where)
    finally:
        del type(platform.backend).known
    assert run.status == "refused"
    assert "verysecretkey" not in (repr(run) + repr(seen)).lower()


def test_other_vendors_words_are_understood(dataset, where, platform):
    """`completed` is a success, and a state that nobody knows is waited for, with a note."""

    def renamed(state, wanted):
        def rename(request, ask):
            answer = ask(request)
            data = json.loads(answer.body)
            return Response.json({**data, "status": state}) if data.get("status") in wanted else answer

        return rename

    platform.once(JOB, renamed("simmering", ("validating_files", "queued", "running")))
    for _ in range(60):
        platform.once(JOB, renamed("completed", ("succeeded",)))
    run = drytune.run(dataset, max_usd=1, **where)
    assert (run.status, run.done, run.remote["status"]) == ("succeeded", True, "completed")
    assert any("simmering" in note for note in run.notes)


def test_a_deadline_holds_whatever_the_platform_asks_for(dataset, where, platform):
    """`Retry-After` included."""
    platform.refuses(JOB, 429, "slow down", {"retry-after": "36000"})
    run = drytune.run(dataset, max_usd=1, timeout_s=60, **where)
    assert max(platform.waits) <= 60
    assert run.stopped or run.done


def test_a_budget_is_a_number(dataset, where):
    """Not a text, nor a truth."""
    for wrong in ("5", True):
        with pytest.raises(drytune.UsageError, match="budget"):
            drytune.run(dataset, max_usd=wrong, **where)


def test_a_budget_for_one_job_makes_no_second_after_any_failure(dataset, where, platform):
    """A server that fails after it has made the job, and a list that does not show it."""
    job = drytune.Job(training=dataset, ask=("One?",))
    most = drytune.plan(job, **where).estimate.total_high_usd

    def fail(request, ask):
        ask(request)
        return Response.json({"error": {"message": "sorry"}}, status=500)

    platform.once(CREATE, fail)
    empty(platform, 60)
    with pytest.raises(Stopped, match="quarter of an hour"):
        drytune.run(job, max_usd=most, **where)
    assert len(platform.jobs) == 1
    platform.forget()
    assert drytune.resume(**where).done
    assert len(platform.jobs) == 1


def test_a_job_whose_id_nobody_tells_is_not_made_again(dataset, where, platform):
    """It is looked for, and if it cannot be seen the run stops."""

    def without_id(request, ask):
        data = json.loads(ask(request).body)
        return Response.json(
            {**{key: value for key, value in data.items() if key != "id"}, "job_id": data["id"]}
        )

    platform.once(CREATE, without_id)
    empty(platform, 20)
    with pytest.raises(Stopped, match="neither says its id"):
        drytune.run(dataset, max_usd=1, **where)
    platform.forget()
    assert drytune.resume(**where).status == "succeeded"
    assert (len(platform.jobs), platform.count(CREATE)) == (1, 1)


def test_cancel_cancels_though_nothing_else_can_be_seen(dataset, where, platform):
    """The job that is known first, whatever the list says."""
    platform.lost(CREATE)
    run = drytune.run(dataset, max_usd=1, follow=False, **where)
    for _ in range(20):
        platform.refuses(JOBS, 500, "sorry")
    cancelled = drytune.cancel(run.id, **where)
    assert (cancelled.status, platform.jobs[0].status) == ("cancelled", "cancelled")
    assert any("second job" in note for note in cancelled.notes)


def test_cancel_does_not_call_off_what_may_appear(dataset, where, platform):
    """It says so, and can be asked again."""
    platform.interrupts(CREATE, after=True)
    with pytest.raises(KeyboardInterrupt):
        drytune.run(dataset, max_usd=1, **where)
    empty(platform, 20)
    assert "may still appear" in drytune.cancel("last", **where).stopped
    platform.forget()
    assert drytune.cancel("last", **where).status == "cancelled"
    assert platform.jobs[0].status == "cancelled"


def test_an_answer_that_is_no_job_is_not_waited_for_endlessly(dataset, where, platform):
    """After some looks the run stops, and can be resumed."""
    for _ in range(5):
        platform.once(JOB, lambda request, ask: Response.json({"status": "ok"}))
    run = drytune.run(dataset, max_usd=1, **where)
    assert "no job" in run.stopped
    assert drytune.resume(**where).status == "succeeded"


def test_after_a_refusal_a_job_without_metadata_is_somebody_elses(dataset, where, platform):
    """A colleague's, of the same file."""
    platform.keeps_metadata = False
    platform.refuses(CREATE, 402, "no money")
    run = drytune.run(dataset, max_usd=1, **where)
    file = platform.files[0].id
    other = platform.client.fine_tuning.jobs.create(training_file=file, model="gpt-4.1-mini-2025-04-14")
    drytune.cancel(run.id, **where)
    assert platform.client.fine_tuning.jobs.retrieve(other.id).status != "cancelled"


@pytest.mark.parametrize("status", [400, 405, 501, 500])
def test_a_list_that_knows_no_filter_is_read_whole(status, dataset, where, platform):
    """Nothing is missed."""

    def strict(request, ask):
        answer = Response.json({"error": {"message": "what is metadata?"}}, status=status)
        return answer if "metadata" in request.target else ask(request)

    platform.lost(CREATE)
    for _ in range(60):
        platform.once(JOBS, strict)
    assert drytune.run(dataset, max_usd=1, **where).status == "succeeded"
    assert len(platform.jobs) == 1


def test_settings_that_are_none_are_told(dataset, where):
    """In a sentence."""
    for wrong in ({"n_epochs": "auto"}, {"learning_rate_multiplier": "auto"}, {"batch_size": 0}):
        with pytest.raises(drytune.UsageError):
            drytune.plan(drytune.Job(training=dataset, **wrong), **where)
