"""What a platform tells that cannot be: it gives no money back, damages no journal, and nothing is paid twice."""

import json

import pytest

import drytune
from drytune.errors import Refused
from drytune.workflow.cleaning import clean
from drytune.workflow.journal import Journal
from drytune_simulator import Response

ASKED = "POST /v1/chat/completions"
JOBS = "POST /v1/fine_tuning/jobs"


class Shifted:
    """A clock that is ahead of another."""

    def __init__(self, clock, seconds):
        self.clock, self.seconds = clock, seconds

    def now(self):
        return self.clock.now() + self.seconds


@pytest.fixture
def job(dataset):
    return drytune.Job(training=dataset, n_epochs=1, ask=["How many?"])


@pytest.fixture
def changes(platform):
    """Has all answers of the simulator to requests that fit changed."""
    real = platform.simulator

    def change(fits, into):
        def answer(request):
            response = real(request)
            if response.status != 200 or not fits(f"{request.method} {request.path}"):
                return response
            data = json.loads(response.body)
            into(data)
            return Response.json(data, status=200)

        answer.close = real.close
        platform.simulator = answer

    return change


def is_look(name):
    return name.startswith("GET /v1/fine_tuning/jobs/ftjob") and not name.endswith(("events", "checkpoints"))


def of_ended(**fields):
    """Changes a job that has succeeded."""

    def into(data):
        if data["status"] == "succeeded":
            data.update(fields)

    return into


def worst_of(state):
    with Journal.open(state) as journal:
        return journal.find("last").attempts[-1].data["worst_usd"]


@pytest.mark.parametrize(
    "usage",
    [
        {"prompt_tokens": True, "completion_tokens": 3},
        {"prompt_tokens": -5, "completion_tokens": 3},
        {"prompt_tokens": 10, "completion_tokens": -(10**9)},
        {"prompt_tokens": 10, "completion_tokens": "abc"},
        {"prompt_tokens": 10, "completion_tokens": [1]},
        {"prompt_tokens": 10, "completion_tokens": 10**400},
        {"prompt_tokens": 10},
        {"prompt_tokens": 10, "completion_tokens": 3, "prompt_tokens_details": {"cached_tokens": 10**9}},
        {"prompt_tokens": 10, "completion_tokens": 3, "prompt_tokens_details": {"cached_tokens": -1}},
        "none",
    ],
)
def test_odd_usage_counts_at_its_worst_and_is_paid_once(platform, where, job, changes, usage):
    """An answer whose cost cannot be known is kept, and costs what it may; the journal stays readable."""
    changes(lambda name: name == ASKED, lambda data: data.update(usage=usage))
    run = drytune.run(job, max_usd=50, **where)
    assert run.done
    assert run.bill.answers_usd == pytest.approx(worst_of(where["state"]))
    assert drytune.resume(run.id, **where).answers == run.answers
    assert platform.count(ASKED) == 1
    with Journal.open(where["state"]) as journal:
        [entry] = journal.runs()
    assert entry.damage is None
    assert all(type(count) is int for count in entry.run.answers[0].usage.values())


@pytest.mark.parametrize("tokens", [-9_000_000, 0, 12.5, True, "1234", None, [1]])
def test_odd_trained_tokens_count_as_planned_at_most(where, job, changes, tokens):
    """Nothing that cannot be makes room in the budget."""
    changes(is_look, of_ended(trained_tokens=tokens))
    run = drytune.run(job, max_usd=50, **where)
    assert run.status == "succeeded"
    assert run.bill.trained_tokens is None
    assert run.bill.training_usd is None
    assert run.bill.spent_usd == pytest.approx(run.bill.high_usd + run.bill.answers_usd)
    with Journal.open(where["state"]) as journal:
        assert [entry.damage for entry in journal.runs()] == [None]


@pytest.mark.parametrize("name", [None, {}, ""])
def test_a_model_without_a_name_is_not_asked(platform, where, job, changes, name):
    """The run stops and says why; when the platform tells the name, it goes on."""
    real = platform.simulator
    changes(is_look, of_ended(fine_tuned_model=name))
    run = drytune.run(job, max_usd=50, **where)
    assert "does not tell the name of its model" in run.stopped
    assert not run.done
    assert platform.count(ASKED) == 0
    platform.simulator = real
    run = drytune.resume(run.id, **where)
    assert (run.done, run.stopped, len(run.answers)) == (True, None, 1)


@pytest.mark.parametrize("of", ["events", "checkpoints", "content"])
def test_what_stays_away_besides_the_job_is_a_note(platform, where, job, of):
    """A platform without events, checkpoints or results files has trained all the same."""
    real = platform.simulator

    def away(request):
        return (
            Response.json({"error": {"message": "no"}}, 500) if request.path.endswith(of) else real(request)
        )

    away.close = real.close
    platform.simulator = away
    run = drytune.run(job, max_usd=50, **where)
    assert run.done
    assert len([note for note in run.notes if "could not be fetched" in note]) == 1


def lost_job(platform, where, job, *, made=True):
    """A run that was interrupted while its job was made."""
    platform.interrupts(JOBS, after=made)
    with pytest.raises(KeyboardInterrupt):
        drytune.run(job, max_usd=50, **where)


def cleaned(where, **options):
    deeds = []
    clean("last", wanted=lambda _: True, done=deeds.append, **where, **options)
    return [deed.ending for deed in deeds]


def test_a_job_that_a_list_shows_late_is_waited_for_before_its_file_is_deleted(platform, where, job, changes):
    """Nothing is deleted under a job that runs."""
    lost_job(platform, where, job)
    hidden = []

    def hide(data):
        if len(hidden) < 3:
            hidden.append(data.update(data=[], has_more=False))

    changes(lambda name: name == "GET /v1/fine_tuning/jobs", hide)
    with pytest.raises(Refused, match="Nothing was deleted"):
        cleaned(where)
    assert len(hidden) == 3
    assert len(platform.files) == 1


def test_a_job_that_may_still_appear_keeps_its_file_for_a_quarter_of_an_hour(platform, where, job):
    """After that it is deleted, and a resume uploads it again."""
    lost_job(platform, where, job, made=False)
    with pytest.raises(Refused, match="may still appear"):
        cleaned(where)
    assert len(platform.files) == 1
    assert cleaned(where, clock=Shifted(platform.clock, 1_000.0)) == ["deleted"]
    assert platform.files == []


def test_after_a_cleaning_a_run_without_a_job_uploads_again(platform, where, job):
    """What was deleted is not what a job is made of."""
    platform.refuses(JOBS, 400, "no money")
    first = drytune.run(job, max_usd=50, **where)
    assert first.status == "refused"
    assert cleaned(where) == ["deleted"]
    run = drytune.resume("last", **where)
    assert run.done
    assert run.file["id"] != first.file["id"]
    assert platform.count("POST /v1/files") == 2


def test_files_that_were_made_at_a_time_in_words_are_cleaned(platform, where, job, changes):
    """`created_at` may be a text."""
    platform.interrupts("POST /v1/files", after=True)
    with pytest.raises(KeyboardInterrupt):
        drytune.run(job, max_usd=50, **where)

    def say(data):
        for one in data["data"]:
            one["created_at"] = "2026-01-01T00:00:00Z"

    changes(lambda name: name == "GET /v1/files", say)
    assert cleaned(where) == ["deleted"]
