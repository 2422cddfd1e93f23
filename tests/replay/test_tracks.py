"""Looking again and again: the recorded states come one after the other, and every loop ends."""

import pytest

from drytune.handlers.matching.tracks import PATIENCE
from drytune.handlers.replay import Replay
from drytune_simulator import ManualClock

JOBS = "/v1/fine_tuning/jobs"
JOB = f"{JOBS}/ftjob-1"
ENDED = {"succeeded", "failed", "cancelled"}


@pytest.fixture
def job(make_exchange):
    """An exchange that shows the job in a state."""

    def look(state, **more):
        return make_exchange("GET", JOB, None, {"id": "ftjob-1", "status": state}, **more)

    return look


@pytest.fixture
def created(make_exchange):
    return make_exchange(
        "POST", JOBS, {"model": "m"}, {"id": "ftjob-1", "status": "validating_files"}, at=0.0
    )


@pytest.fixture
def four(created, job, make_cassette):
    """Created, and looked at four times."""
    states = ["validating_files", "queued", "running", "succeeded"]
    return make_cassette(created, *(job(state, at=10.0 * (n + 1)) for n, state in enumerate(states)))


@pytest.fixture
def looks(ask):
    """The states that so many looks show."""

    def looked(replay, times, path=JOB):
        answers = [ask(replay, "GET", path) for _ in range(times)]
        assert {status for status, _ in answers} == {200}
        return [answer["status"] for _, answer in answers]

    return looked


def test_each_look_gives_the_next_state_and_the_last_one_for_ever(four, looks):
    replay = Replay(four)
    assert looks(replay, 4) == ["validating_files", "queued", "running", "succeeded"]
    assert set(looks(replay, 500)) == {"succeeded"}


@pytest.mark.parametrize("polls", [1, 2, 3, 4, 5, 6, 500])
def test_the_look_that_shows_the_end_can_be_chosen(four, looks, polls):
    states = looks(Replay(four, polls=polls), polls + 20)
    assert [state in ENDED for state in states] == [False] * (polls - 1) + [True] * 21
    order = ["validating_files", "queued", "running", "succeeded"]
    assert sorted(states, key=order.index) == states
    if polls >= 4:
        assert set(states) == set(order)
        times = [states.count(state) for state in order[:3]]
        assert max(times) - min(times) <= 1  # evenly


def test_accidents_on_the_way_happen_once_and_are_not_spread(created, job, make_cassette, ask, looks):
    busy = job("running", status=429)
    cassette = make_cassette(created, job("running"), busy, job("succeeded"), job("succeeded", status=500))
    replay = Replay(cassette)
    assert [ask(replay, "GET", JOB)[0] for _ in range(6)] == [200, 429, 200, 500, 200, 200]
    assert looks(Replay(cassette, polls=9), 12) == ["running"] * 8 + ["succeeded"] * 4


@pytest.mark.parametrize("last", ["running", "queued", "validating_files", "in_progress", "paused"])
def test_a_recording_that_ends_before_the_job_does_says_so(created, job, make_cassette, looks, refused, last):
    replay = Replay(make_cassette(created, job("queued"), job(last)))
    assert looks(replay, 2) == ["queued", last]
    said = refused(replay, "GET", JOB)
    assert said.endswith(
        f"the recording ends (exchange 3) while ftjob-1 is still `{last}`; record it to its end"
    )
    assert replay.unmatched == [said]


def test_what_has_no_state_may_be_looked_at_for_ever(make_cassette, make_exchange, ask):
    replay = Replay(make_cassette(make_exchange("GET", "/v1/models/gpt-4o", None, {"id": "gpt-4o"})))
    assert {ask(replay, "GET", "/v1/models/gpt-4o")[0] for _ in range(2 * PATIENCE)} == {200}


def test_a_list_may_be_read_often_but_not_for_ever_while_something_in_it_runs(
    make_cassette, make_exchange, ask, refused
):
    listed = {"object": "list", "data": [{"id": "ftjob-1", "status": "running"}]}
    replay = Replay(make_cassette(make_exchange("GET", JOBS, None, listed)))
    assert {ask(replay, "GET", JOBS)[0] for _ in range(PATIENCE)} == {200}
    assert "while ftjob-1 is still `running`" in refused(replay, "GET", JOBS)


def test_a_state_stays_until_the_client_makes_the_recorded_change(
    created, job, make_cassette, make_exchange, ask, looks
):
    cancel = make_exchange("POST", f"{JOB}/cancel", None, {"id": "ftjob-1", "status": "cancelled"})
    replay = Replay(make_cassette(created, job("queued"), job("running"), cancel, job("cancelled")))
    assert looks(replay, 5) == ["queued", *["running"] * 4]
    assert ask(replay, "POST", f"{JOB}/cancel")[0] == 200
    assert looks(replay, 3) == ["cancelled"] * 3


def test_a_change_may_come_earlier_than_it_was_recorded(
    created, job, make_cassette, make_exchange, ask, looks
):
    cancel = make_exchange("POST", f"{JOB}/cancel", None, {"id": "ftjob-1", "status": "cancelled"})
    replay = Replay(make_cassette(created, job("queued"), job("running"), cancel, job("cancelled")))
    ask(replay, "POST", f"{JOB}/cancel")
    assert looks(replay, 2) == ["cancelled"] * 2
    assert replay.unused() == [1, 2, 3]


def test_a_loop_that_waits_for_a_change_which_never_comes_is_ended(
    created, job, make_cassette, make_exchange, looks, refused
):
    cancel = make_exchange("POST", f"{JOB}/cancel", None, {"id": "ftjob-1", "status": "cancelled"})
    replay = Replay(make_cassette(created, job("running"), cancel, job("cancelled")))
    looks(replay, PATIENCE)
    said = refused(replay, "GET", JOB)
    assert (
        "still `running` in the recording until exchange 3 (POST /v1/fine_tuning/jobs/ftjob-1/cancel)" in said
    )


def test_a_refused_change_changes_nothing(created, job, make_cassette, make_exchange, looks):
    cancel = make_exchange("POST", f"{JOB}/cancel", None, {"error": {}}, status=400)
    replay = Replay(make_cassette(created, job("running"), cancel, job("succeeded")))
    assert looks(replay, 3) == ["running", "succeeded", "succeeded"]


def test_a_list_shows_what_was_added_only_when_it_was_added(make_cassette, make_exchange, ask, refused):
    def files(*ids):
        return make_exchange("GET", "/v1/files", None, {"data": [{"id": one} for one in ids]})

    upload = [make_exchange("POST", "/v1/files", {"n": n}, {"id": f"file-{n}"}) for n in (1, 2)]
    gone = make_exchange("DELETE", "/v1/files/file-1", None, {"id": "file-1", "deleted": True})
    cassette = make_cassette(
        upload[0], files("file-1"), upload[1], files("file-1", "file-2"), gone, files("file-2")
    )

    def ids(replay):
        return [one["id"] for one in ask(replay, "GET", "/v1/files")[1]["data"]]

    replay = Replay(cassette)
    said = refused(replay, "GET", "/v1/files")
    assert "it was recorded after exchange 1 (POST /v1/files), which nobody asked yet" in said
    ask(replay, "POST", "/v1/files", {"n": 1})
    assert ids(replay) == ids(replay) == ["file-1"]
    ask(replay, "POST", "/v1/files", {"n": 2})
    assert ids(replay) == ids(replay) == ["file-1", "file-2"]
    ask(replay, "DELETE", "/v1/files/file-1")
    assert ids(replay) == ["file-2"]


def test_what_was_not_looked_at_after_the_last_change_is_not_known(
    make_cassette, make_exchange, ask, refused
):
    look = make_exchange("GET", "/v1/files/file-1", None, {"id": "file-1"})
    gone = make_exchange("DELETE", "/v1/files/file-1", None, {"id": "file-1", "deleted": True})
    replay = Replay(make_cassette(look, gone))
    ask(replay, "GET", "/v1/files/file-1")
    ask(replay, "GET", "/v1/files/file-1")
    ask(replay, "DELETE", "/v1/files/file-1")
    said = refused(replay, "GET", "/v1/files/file-1")
    assert "last (exchange 1) before exchange 2 (DELETE /v1/files/file-1)" in said


def test_what_was_asked_during_a_change_is_on_neither_side_of_it(make_cassette, make_exchange, ask):
    upload = make_exchange("POST", "/v1/files", {"n": 1}, {"id": "file-1"}, at=0.0, wait=2.0)
    files = make_exchange("GET", "/v1/files", None, {"data": []}, at=1.0)
    for order in ([upload, files], [files, upload]):
        replay = Replay(make_cassette(upload, files))
        for one in order:
            path = one.request.uri.removeprefix("https://api.openai.com")
            value = {"n": 1} if one is upload else None
            assert ask(replay, one.request.method, path, value)[0] == 200


def test_changes_of_other_things_do_not_matter(created, job, make_cassette, make_exchange, looks):
    other = make_exchange("POST", JOBS, {"model": "n"}, {"id": "ftjob-2", "status": "queued"})
    stop = make_exchange("POST", f"{JOBS}/ftjob-2/cancel", None, {"id": "ftjob-2", "status": "cancelled"})
    replay = Replay(make_cassette(created, job("queued"), other, job("running"), stop, job("succeeded")))
    assert looks(replay, 3) == ["queued", "running", "succeeded"]


def test_stored_chats_are_in_the_list_of_chats(make_cassette, make_exchange, ask, refused):
    def chat(n, *, store):
        return {"model": "m", "messages": [{"role": "user", "content": str(n)}], "store": store}

    chats = "/v1/chat/completions"
    kept = make_exchange("POST", chats, chat(1, store=True), {"id": "chatcmpl-1"})
    other = make_exchange("POST", chats, chat(2, store=False), {"id": "chatcmpl-2"})
    listed = make_exchange("GET", chats, None, {"data": [{"id": "chatcmpl-1"}]})
    replay = Replay(make_cassette(kept, other, listed))
    assert "after exchange 1 (POST /v1/chat/completions)" in refused(replay, "GET", chats)
    ask(replay, "POST", chats, chat(1, store=True))
    assert ask(replay, "GET", chats)[0] == 200


def test_a_state_is_also_reached_when_its_time_has_come(four, created, ask, looks):
    clock = ManualClock()
    replay = Replay(four, speed=10.0, clock=clock)
    ask(replay, "POST", JOBS, {"model": "m"})
    clock.advance(3.1)  # 31 of the recording's seconds
    assert looks(replay, 2) == ["running", "succeeded"]
    replay.rewind()
    ask(replay, "POST", JOBS, {"model": "m"})
    assert looks(replay, 1) == ["validating_files"]


def test_to_rewind_is_to_begin_anew(four, looks, ask, refused):
    replay = Replay(four)
    looks(replay, 4)
    ask(replay, "POST", JOBS, {"model": "m"})
    refused(replay, "POST", JOBS, {"model": "m"})
    assert (replay.played, replay.unused()) == (5, [])
    replay.rewind()
    assert (replay.played, replay.unused(), replay.unmatched) == (0, [1, 2, 3, 4, 5], [])
    assert looks(replay, 1) == ["validating_files"]


@pytest.mark.parametrize(
    "settings", [{"polls": 0}, {"speed": -1.0}, {"speed": float("inf")}, {"mode": "some"}]
)
def test_settings_without_a_meaning_are_refused(four, settings):
    with pytest.raises(ValueError, match=r"polls|speed|mode"):
        Replay(four, **settings)
