"""The modes of VCR: what is replayed, what is asked, what is kept."""

import pytest

from drytune.errors import UsageError
from drytune.handlers.replay import Replay
from drytune_simulator import ManualClock, Response

FILES, JOBS, CHAT = "/v1/files", "/v1/fine_tuning/jobs", "/v1/chat/completions"


class Platform:
    """Answers everything, with ids that count."""

    waits = True

    def __init__(self) -> None:
        self.asked: list[str] = []

    def blocks(self, request):
        return request.method == "POST"

    def __call__(self, request):
        self.asked.append(f"{request.method} {request.path}")
        number = len(self.asked)
        if request.path == FILES:
            return Response.json({"id": f"file-live{number}", "object": "file"})
        return Response.json({"id": f"ftjob-live{number}", "live": True})


@pytest.fixture
def recorded(make_exchange, make_cassette):
    return make_cassette(
        make_exchange("POST", FILES, {"content": "A"}, {"id": "file-old1", "object": "file"}, at=0.0),
        make_exchange("POST", JOBS, {"file": "file-old1"}, {"id": "ftjob-old1", "file": "file-old1"}, at=1.0),
        make_exchange("GET", f"{JOBS}/ftjob-old1", None, {"id": "ftjob-old1", "status": "running"}, at=2.0),
        make_exchange("GET", FILES, None, {"data": [{"id": "file-old1"}]}, at=3.0),
    )


@pytest.mark.parametrize("mode", ["none", "once"])
def test_what_was_not_recorded_is_refused(recorded, ask, refused, mode):
    platform = Platform()
    replay = Replay(recorded, mode=mode, upstream=platform)
    assert ask(replay, "POST", FILES, {"content": "A"})[1]["id"] == "file-old1"
    refused(replay, "POST", FILES, {"content": "B"})
    assert platform.asked == []
    assert not replay.waits


def test_once_asks_for_everything_if_nothing_was_recorded(make_cassette, ask):
    platform, kept = Platform(), []
    replay = Replay(make_cassette(), mode="once", upstream=platform, record=kept.append, clock=ManualClock())
    for _ in range(2):
        ask(replay, "POST", FILES, {"content": "A"})
    assert len(platform.asked) == len(kept) == 2


def test_new_episodes_asks_for_what_was_not_recorded_and_keeps_it(recorded, ask):
    platform, kept = Platform(), []
    replay = Replay(recorded, mode="new_episodes", upstream=platform, record=kept.append, clock=ManualClock())
    assert ask(replay, "POST", FILES, {"content": "A"})[1]["id"] == "file-old1"
    assert ask(replay, "POST", FILES, {"content": "B"})[1]["id"] == "file-live1"
    assert [one.request.body for one in kept] == [b'{"content": "B"}']
    assert kept[0].at >= 3.0  # behind all that there was
    assert replay.unmatched == []
    assert replay.played == 1


def test_all_asks_for_everything(recorded, ask):
    platform, kept = Platform(), []
    replay = Replay(recorded, mode="all", upstream=platform, record=kept.append, clock=ManualClock())
    assert ask(replay, "POST", FILES, {"content": "A"})[1]["id"] == "file-live1"
    assert len(kept) == 1
    assert replay.unused() == [1, 2, 3, 4]


@pytest.mark.parametrize("mode", ["new_episodes", "all"])
def test_modes_that_ask_need_somebody_to_be_asked(recorded, mode):
    with pytest.raises(UsageError, match="give an upstream"):
        Replay(recorded, mode=mode)


def test_ids_that_the_platform_gives_now_stand_for_the_recorded_ones(recorded, ask):
    """The same file is uploaded a second time, and gets a new id; what is done with it was recorded."""
    platform = Platform()
    replay = Replay(recorded, mode="new_episodes", upstream=platform)
    ask(replay, "POST", FILES, {"content": "A"})
    assert ask(replay, "POST", FILES, {"content": "A"})[1]["id"] == "file-live1"
    told = ask(replay, "POST", JOBS, {"file": "file-live1"})[1]
    assert told == {"id": "ftjob-old1", "file": "file-live1"}
    assert ask(replay, "POST", JOBS, {"file": "file-live1"})[1] == {"id": "ftjob-live2", "live": True}
    assert ask(replay, "GET", f"{JOBS}/ftjob-live2")[1] == {"id": "ftjob-live2", "status": "running"}
    assert platform.asked == [f"POST {FILES}", f"POST {JOBS}"]


def test_the_platform_is_asked_with_the_clients_own_words(recorded, ask):
    seen = []

    def platform(request):
        seen.append((request.target, request.body))
        return Response.json({"id": "file-live1"})

    replay = Replay(recorded, mode="new_episodes", upstream=platform)
    ask(replay, "POST", FILES, {"content": "A"})
    ask(replay, "POST", FILES, {"content": "A"})
    ask(replay, "POST", JOBS, {"file": "file-live1", "new": 1})
    ask(replay, "GET", f"{FILES}/file-live1")
    assert seen[1:] == [(JOBS, b'{"file": "file-live1", "new": 1}'), (f"{FILES}/file-live1", b"")]


def test_what_the_platform_has_changed_since_is_asked_for(recorded, ask):
    platform = Platform()
    replay = Replay(recorded, mode="new_episodes", upstream=platform)
    ask(replay, "POST", FILES, {"content": "A"})
    assert ask(replay, "GET", FILES)[1]["data"]
    ask(replay, "POST", FILES, {"content": "B"})
    assert "live" in ask(replay, "GET", FILES)[1]["id"]


def test_a_job_that_had_not_ended_when_it_was_recorded_is_looked_at_now(recorded, ask):
    platform = Platform()
    replay = Replay(recorded, mode="new_episodes", upstream=platform)
    assert ask(replay, "GET", f"{JOBS}/ftjob-old1")[1]["status"] == "running"
    assert ask(replay, "GET", f"{JOBS}/ftjob-old1")[1]["live"]


def test_it_blocks_and_waits_as_its_upstream_does(recorded):
    from drytune_simulator import Request

    look, post = Request("GET", FILES), Request("POST", FILES, body=b"x")
    mixed = Replay(recorded, mode="new_episodes", upstream=Platform())
    assert (mixed.waits, mixed.blocks(look), mixed.blocks(post)) == (True, False, True)
    alone = Replay(recorded)
    assert (alone.waits, alone.blocks(look), alone.blocks(post)) == (False, False, False)
    silent = Replay(recorded, mode="all", upstream=lambda request: Response(200))
    assert (silent.waits, silent.blocks(look)) == (False, True)
