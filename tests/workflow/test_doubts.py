"""After a lost answer: what may have been made is looked for, and nothing is made twice."""

import pytest

import drytune
from drytune.workflow.context import Stopped
from drytune_simulator import Request, Response

CREATE, UPLOAD, ASK = "POST /v1/fine_tuning/jobs", "POST /v1/files", "POST /v1/chat/completions"
JOB = "GET /v1/fine_tuning/jobs/*"


@pytest.mark.parametrize("name", [CREATE, UPLOAD])
def test_an_answer_that_is_lost_is_looked_for(name, dataset, where, platform):
    """One upload and one job, without sending again."""
    platform.lost(name)
    run = drytune.run(dataset, max_usd=1, **where)
    assert run.status == "succeeded"
    assert (len(platform.files), len(platform.jobs)) == (1, 1)
    assert platform.count(name) == 1


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("name", [CREATE, UPLOAD, ASK, JOB, "GET /v1/files/*"])
def test_ctrl_c_at_a_request_is_gone_on_from(name, after, dataset, where, platform):
    """Whether the platform had done it or not."""
    platform.interrupts(name, after=after)
    with pytest.raises(KeyboardInterrupt):
        drytune.run(dataset, max_usd=1, **where)
    run = drytune.resume(**where)
    assert (run.status, run.done) == ("succeeded", True)
    assert (len(platform.files), len(platform.jobs)) == (1, 1)


def test_an_answer_that_may_have_been_billed_counts_at_its_worst(dataset, where, platform):
    """And is asked for again, as long as there is room."""
    platform.lost(ASK)
    run = drytune.run(drytune.Job(training=dataset, ask=("One?",)), max_usd=1, **where)
    assert platform.count(ASK) == 2
    assert run.bill.answers_usd > run.answers[0].usd


def test_a_question_that_the_budget_does_not_cover_is_not_asked(dataset, where, platform):
    """Here after attempts whose answers were lost."""
    job = drytune.Job(training=dataset, ask=("One?",))
    need = drytune.plan(job, **where).estimate
    for _ in range(3):
        platform.lost(ASK)
    budget = need.total_high_usd + need.questions_usd * 1.5
    run = drytune.run(job, max_usd=budget, **where)
    assert "budget" in run.stopped
    assert platform.count(ASK) == 2
    assert run.bill.spent_usd <= budget


def test_a_request_that_arrives_late_makes_no_second_job(dataset, where, platform):
    """It is cancelled as soon as it is seen, and told."""
    late: list[Request] = []

    def vanish(request, ask):
        late.append(request)
        return Response.json({"error": {"message": "gateway timeout"}}, status=504)

    def arrive(request, ask):
        ask(late[0])
        return ask(request)

    platform.once(CREATE, vanish)
    platform.once(JOB, arrive)
    run = drytune.run(dataset, max_usd=1, **where)
    assert run.status == "succeeded"
    assert sorted(job.status for job in platform.jobs) == ["cancelled", "succeeded"]
    assert any("second job" in note for note in run.notes)


def test_a_platform_that_keeps_no_metadata_is_searched_by_file_and_time(dataset, where, platform):
    """As some vendors have it."""
    platform.keeps_metadata = False
    platform.lost(CREATE)
    run = drytune.run(dataset, max_usd=1, **where)
    assert (run.status, len(platform.jobs), platform.count(CREATE)) == ("succeeded", 1, 1)
    assert not run.remote["metadata"]


def test_the_platform_says_how_long_to_wait(dataset, where, platform):
    """`Retry-After` is kept to, and a refusal by rate is no doubt: nothing was made."""
    platform.refuses(CREATE, 429, "slow down", {"retry-after": "17"}, code="rate_limit_exceeded")
    run = drytune.run(dataset, max_usd=1, **where)
    assert run.status == "succeeded"
    assert 17.0 in platform.waits


def test_a_file_that_is_still_processed_is_waited_for(dataset, where, platform):
    """As the platform said in 2023 (FACTS.md §4.3)."""
    words = "File 'file-x' is still being processed and is not ready to be used for fine-tuning. Please try again."
    platform.refuses(CREATE, 400, words)
    assert drytune.run(dataset, max_usd=1, **where).status == "succeeded"


def test_a_key_that_is_not_taken_can_be_mended(dataset, where, platform):
    """The run is refused, and goes on when the key is right."""
    platform.refuses(CREATE, 401, "Incorrect API key provided.", code="invalid_api_key")
    run = drytune.run(dataset, max_usd=1, **where)
    assert (run.status, run.refusal.step, run.refusal.status) == ("refused", "create", 401)
    again = drytune.resume(run.id, **where)
    assert (again.status, len(platform.files)) == ("succeeded", 1)


def test_an_account_without_money_is_not_asked_again_and_again(dataset, where, platform):
    """It is told at once."""
    platform.refuses(CREATE, 429, "You exceeded your current quota.", code="insufficient_quota")
    run = drytune.run(dataset, max_usd=1, **where)
    assert (run.status, run.refusal.code) == ("refused", "insufficient_quota")
    assert platform.count(CREATE) == 1


def test_an_api_that_stays_away_ends_in_a_sentence(dataset, where, platform):
    """Which says how to go on; nothing is lost."""
    for _ in range(8):
        platform.refuses(JOB, 503, "overloaded")
    with pytest.raises(Stopped, match=r"`drytune resume run-[0-9a-f]{12}` goes on"):
        drytune.run(dataset, max_usd=1, **where)
    assert drytune.resume(**where).status == "succeeded"
    assert len(platform.jobs) == 1


def test_another_upload_of_the_same_file_is_used(dataset, where, platform):
    """It is found by its name, which has its hash."""
    plan = drytune.plan(dataset, max_usd=1, **where)
    name = plan.task.training.upload_name
    there = platform.client.files.create(file=(name, dataset.read_bytes()), purpose="fine-tune")
    run = drytune.run(plan, **where)
    assert (run.file["id"], platform.count(UPLOAD)) == (there.id, 0)
