"""What a server does beside answering: counts for others, directories, errors that go on."""

import asyncio
import fcntl
import json
import logging
import os
import re
import stat
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import pytest

from drytune_simulator.connection import Exchange
from drytune_simulator.serving import scratch, server
from drytune_simulator.serving.measures import Measures, _alive
from drytune_simulator.store import StoreError

pytestmark = pytest.mark.slow

HOOK = ("--webhook", "http://127.0.0.1:9/hook")


def test_the_end_of_a_request_is_published(tmp_path):
    """One that begins and one that ends are two changes, not none."""
    measures, other = Measures(tmp_path), Measures(tmp_path)
    measures.began()
    measures.publish()
    assert not measures.unpublished
    measures.ended(Exchange("GET", "/health", 0.0, 200), "/health", 0.1)
    assert measures.unpublished
    measures.publish()
    (path,) = tmp_path.glob("*.json")
    path.rename(tmp_path / f"{os.getppid()}.json")
    counts = other.counts()
    assert (counts.in_flight, [sum(one.times) for one in counts.series]) == (0, [1])


def test_several_threads_publish(tmp_path):
    """A round that is not over when the server ends, and the end itself."""
    measures = Measures(tmp_path)

    def publish(_: int) -> None:
        measures.began()
        measures.publish()

    with ThreadPoolExecutor(4) as pool:
        assert len(list(pool.map(publish, range(500)))) == 500  # or it raises what went wrong
    assert [path.suffix for path in tmp_path.iterdir()] == [".json"]


def test_counts_that_could_not_be_written_are_not_published(tmp_path):
    """The next round tries again."""
    measures = Measures(tmp_path / "none")
    measures.began()
    with pytest.raises(OSError, match="none"):
        measures.publish()
    assert measures.unpublished


def test_a_process_of_somebody_else_lives(monkeypatch):
    """The system says so by refusing."""

    def refused(pid: int, number: int) -> None:
        raise PermissionError(pid, number)

    monkeypatch.setattr(os, "kill", refused)
    assert _alive(1)


@pytest.fixture
def going_round(monkeypatch, caplog):
    """Let a server's rounds go for a moment, with what they have to do; gives how often that was tried."""
    monkeypatch.setattr(server, "_SECONDS_BETWEEN_ROUNDS", 0.001)

    def go(seconds: float, **parts: object) -> list[logging.LogRecord]:
        async def rounds() -> None:
            one = object.__new__(server._Server)
            settings = SimpleNamespace(profile=SimpleNamespace(webhooks=("one",)))
            deliver = parts.pop("deliver", lambda: None)
            one._served, one._pool = SimpleNamespace(settings=settings, deliver=deliver), None
            one._measures = parts.pop("measures", Measures())
            task = asyncio.ensure_future(one._go_round())
            await asyncio.sleep(seconds)
            task.cancel()

        with caplog.at_level(logging.INFO, "drytune_simulator"):
            asyncio.run(rounds())
        return caplog.records

    return go


def test_a_trouble_that_goes_on_is_logged_once(going_round):
    """Until it is another one; and it is tried again less and less often."""
    tried = []

    def failing() -> None:
        tried.append(1)
        raise StoreError("gone" if len(tried) < 4 else "gone again")

    records = going_round(0.5, deliver=failing)
    assert [record.getMessage().rpartition(": ")[2] for record in records] == ["gone", "gone again"]
    assert not any(record.exc_info for record in records)
    assert 4 <= len(tried) < 12


def test_the_event_loop_writes_no_files(going_round, tmp_path):
    """A thread does; a disk may be slow."""
    threads = []

    class Seen(Measures):
        def publish(self, snapshot: object = None) -> None:
            threads.append(threading.current_thread() is threading.main_thread())
            super().publish(snapshot)

    measures = Seen(tmp_path)
    measures.began()
    going_round(0.2, measures=measures)
    assert threads == [False]
    assert json.loads(next(tmp_path.glob("*.json")).read_bytes())["in_flight"] == 1


@pytest.fixture
def temporary(tmp_path, monkeypatch):
    """A place for temporary directories that is empty."""
    place = tmp_path / "temporary"
    place.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    return place


def old(path: Path) -> Path:
    os.utime(path, (1, 1))
    return path


def test_what_a_killed_server_has_left_is_removed_by_the_next(temporary):
    """By its lock it is seen that nobody has it; others' directories, and those in use, stay."""
    for name in ("drytune-x-dead", "drytune-x-used", "drytune-x-unlocked", "other-dead"):
        (temporary / name).mkdir()
        (temporary / name / "content").write_text("x")
        if "unlocked" not in name:
            (temporary / name / ".drytune-owner").touch()
            old(temporary / name / ".drytune-owner")
    old(temporary / "drytune-x-unlocked")
    (temporary / "drytune-x-empty").mkdir()
    old(temporary / "drytune-x-empty")
    (temporary / "drytune-x-new").mkdir()
    (temporary / "drytune-x-link").symlink_to(temporary / "other-dead")
    with (temporary / "drytune-x-used" / ".drytune-owner").open() as used:
        fcntl.flock(used, fcntl.LOCK_EX)
        with scratch("drytune-x-") as mine:
            left = {path.name for path in temporary.iterdir()} - {mine.name}
            with scratch("drytune-x-"):
                assert mine.exists()
    assert not mine.exists()
    assert left == {
        "drytune-x-link",
        "drytune-x-new",
        "drytune-x-unlocked",
        "drytune-x-used",
        "other-dead",
    }


def test_a_supervisor_that_is_killed_leaves_nothing_for_ever(serving, temporary):
    """The next one clears up behind it."""
    variables = {"TMPDIR": str(temporary)}
    with serving("--workers", 2, variables=variables) as (url, process):
        assert url
        process.kill()
        process.wait(30)
        process.stderr.read()  # until the workers have ended as well
    left = {path.name for path in temporary.iterdir()}
    assert {name.rpartition("-")[0] for name in left} >= {"drytune-state", "drytune-counts"}
    for path in temporary.glob("*/.drytune-owner"):
        old(path)
    with serving("--workers", 2, variables=variables) as (url, process):
        assert url
        assert not left & {path.name for path in temporary.iterdir() if path.name.startswith("drytune-")}
        process.terminate()
        process.wait(30)
    assert not list(temporary.glob("drytune-*"))


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_secret_that_was_made_is_in_a_file_and_in_no_log(serving, temporary, form):
    """Only the user can read it; it goes away with the server."""
    with serving(*HOOK, "--log-format", form, variables={"TMPDIR": str(temporary)}) as (url, process):
        assert url
        (file,) = temporary.glob("drytune-secret-*/webhook-secret")
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert re.fullmatch(r"whsec_[A-Za-z0-9+/]{43}=\n", file.read_text())
        process.terminate()
        log = process.stderr.read()
    assert "whsec" not in log
    assert str(file) in log
    if form == "json":
        assert all(json.loads(line)["message"] for line in log.splitlines())
    assert not file.exists()


def test_the_secret_of_a_state_stays_the_same(serving, tmp_path):
    """Its receiver knows it."""
    seen = []
    for _ in range(2):
        with serving(*HOOK, "--data", tmp_path / "state") as (url, process):
            assert url
            seen.append((tmp_path / "state" / "webhook-secret").read_text())
            process.terminate()
    assert seen[0] == seen[1]
