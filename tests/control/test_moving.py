"""The control API's clock: by so much, to a moment, to what happens next, to the end of a job."""

import pytest

from drytune import simulated
from drytune_simulator import AdvancingClock, InstantClock, ManualClock, ScaledClock, SystemClock
from drytune_simulator.faults import ScenarioRule

START = 1_767_225_600.0  # 2026-01-01


@pytest.mark.parametrize(
    ("asked", "seconds"),
    [
        ({"advance": 60}, 60),
        ({"advance": "1h30m"}, 5400),
        ({"advance": 0}, 0),
        ({"advance_to": START + 5}, 5),
        ({"advance_to": "2026-01-02"}, 86_400),
        ({"advance_to": "2026-01-01T01:00:00+00:30"}, 1800),
        ({"advance_to": "2026-01-01T00:00:10Z", "next": None}, 10),
    ],
)
def test_the_clock_moves_by_so_much_or_to_a_moment(start, asked, seconds):
    """Seconds or words, Unix seconds or ISO dates."""
    server = start()
    moved = server.post("/clock", asked)
    assert (moved["moved"], moved["now"], moved["job"]) == (seconds, START + seconds, None)
    assert server.get("/clock")["now"] == START + seconds == server.simulator.clock.now()


def test_a_job_goes_on_by_what_happens_next(start, lines):
    """One step at a time, to its end; then there is nothing to wait for."""
    server = start()
    job = server.job(lines)
    seen = [job.status]
    while (moved := server.post("/clock", {"next": True}))["moved"]:
        assert moved["job"] == job.id
        seen.append(server.client.fine_tuning.jobs.retrieve(job.id).status)
    assert list(dict.fromkeys(seen)) == ["validating_files", "queued", "running", "succeeded"]
    assert moved["job"] is None


def test_a_job_is_finished(start, lines):
    """By its id; or all jobs, of all keys, at once."""
    server = start()
    job = server.job(lines)
    assert server.post("/clock", {"finish": job.id})["job"] == job.id
    done = server.client.fine_tuning.jobs.retrieve(job.id)
    assert done.status == "succeeded"
    assert server.post("/clock", {"finish": job.id})["moved"] == 0
    with simulated(server.handler, api_key="sk-other") as other:
        file = other.files.create(file=("good.jsonl", lines), purpose="fine-tune")
        theirs = other.fine_tuning.jobs.create(model="gpt-4o-mini", training_file=file.id)
        assert server.post("/clock", {"finish": True})["moved"] > 0
        assert other.fine_tuning.jobs.retrieve(theirs.id).status == "succeeded"


def test_a_job_that_does_not_end_cannot_be_finished(start, lines):
    """Stuck by a scenario, or paused; the others can."""
    server = start(rules=[ScenarioRule("stuck_in_queue", nth=1)])
    stuck, other = server.job(lines), server.job(lines)
    status, answer = server.ask("POST", "/clock", {"finish": stuck.id})
    assert (status, answer["error"]["code"]) == (409, "clock_cannot_move")
    assert f"Job {stuck.id} is validating_files and does not end by itself" in answer["error"]["message"]
    assert server.post("/clock", {"finish": True})["moved"] > 0
    retrieve = server.client.fine_tuning.jobs.retrieve
    assert (retrieve(stuck.id).status, retrieve(other.id).status) == ("queued", "succeeded")


def test_where_all_jobs_wait_for_somebody_nothing_happens_next(start, lines):
    """Stuck and paused ones: the same answer as without jobs."""
    server = start(rules=[ScenarioRule("stuck_in_queue", nth=2)])
    paused, stuck = server.job(lines, hyperparameters={"n_epochs": 50}), server.job(lines)
    jobs = server.client.fine_tuning.jobs
    server.post("/clock", {"advance": 300})
    assert (jobs.pause(paused.id).status, jobs.retrieve(stuck.id).status) == ("paused", "queued")
    server.post("/clock", {"advance": 3600})
    moved = server.post("/clock", {"next": True})
    assert (moved["moved"], moved["job"]) == (0, None)


@pytest.mark.parametrize(
    "clock", [AdvancingClock(), ScaledClock(1, ManualClock()), InstantClock(), ManualClock()]
)
def test_every_clock_but_the_wall_clock_moves(start, clock):
    """Whatever moves it otherwise."""
    assert start(clock).post("/clock", {"advance": "1d"})["moved"] == 86_400


def test_the_wall_clock_does_not_move(start):
    """409, and what to do."""
    server = start(SystemClock())
    assert server.get("/clock")["movable"] is False
    status, answer = server.ask("POST", "/clock", {"advance": 1})
    assert (status, answer["error"]["code"]) == (409, "clock_cannot_move")
    assert "start it with another clock" in answer["error"]["message"]


@pytest.mark.parametrize(
    ("asked", "problem"),
    [
        ({}, "say one of advance, advance_to, next, finish"),
        ({"advance": 1, "next": True}, "say one of"),
        ({"advence": 1}, 'and not "advence"'),
        ({"advance": -1}, "advance: -1 is no duration"),
        ({"advance": "soon"}, 'advance: "soon" is no duration'),
        ({"advance": True}, "is no duration"),
        ({"advance": 1e299}, "goes up to 3000-01-01"),
        ({"advance": 10**400}, "is no duration"),
        ({"advance_to": "2025-01-01"}, "time does not go backwards"),
        ({"advance_to": "tomorrow"}, "is no moment; write Unix seconds, or a date such as 2027-01-07"),
        ({"advance_to": "9999-12-31"}, "goes up to 3000-01-01"),
        ({"advance_to": []}, "is no moment"),
        ({"next": False}, "next must be true"),
        ({"finish": 3}, "finish must be true or the id of a job"),
        ([], "it must be an object"),
    ],
)
def test_what_the_clock_cannot_do_is_told(start, asked, problem):
    """400 in the platform's envelope; the time stays as it is."""
    server = start()
    status, answer = server.ask("POST", "/clock", asked)
    assert (status, answer["error"]["type"]) == (400, "invalid_request_error")
    assert problem in answer["error"]["message"]
    assert server.simulator.clock.now() == START


def test_an_unknown_job_is_not_found(start):
    """404."""
    status, answer = start().ask("POST", "/clock", {"finish": "ftjob-none"})
    assert (status, answer["error"]["message"]) == (404, "There is no job ftjob-none.")
