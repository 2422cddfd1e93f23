"""A server that is killed at any moment has lost nothing that it acknowledged, and shows nothing that is half."""

import itertools
import os
import signal
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import openai
import pytest

from drytune_simulator import ids

pytestmark = pytest.mark.slow

KILLS = 52
CLIENTS = 4


class Acknowledged:
    """What clients were told, and what they have asked for."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.files: dict[str, tuple[str, int]] = {}
        self.jobs: dict[str, str] = {}
        self.deleting: set[str] = set()
        self.deleted: set[str] = set()

    def file(self, file, size: int) -> None:
        with self._lock:
            assert file.id not in self.files, "an id came twice"
            self.files[file.id] = (file.filename, size)

    def job(self, job) -> None:
        with self._lock:
            assert job.id not in self.jobs, "an id came twice"
            self.jobs[job.id] = job.training_file


def work(url: str, told: Acknowledged, content: bytes, number: int, acknowledged: Callable[[], None]) -> None:
    """Upload, create, delete, until nobody answers any more."""
    client = openai.OpenAI(base_url=url, api_key="sk-test", max_retries=0, timeout=30)
    with client, suppress(openai.APIConnectionError):
        for turn in range(100_000):
            padding = b'{"x": "' + b"y" * (turn % 7 * 20_000) + b'"}\n'
            data = content + padding if turn % 7 else content
            file = client.files.create(file=(f"{number}-{turn}.jsonl", data), purpose="fine-tune")
            told.file(file, len(data))
            acknowledged()
            if turn % 7 == 0:
                told.job(client.fine_tuning.jobs.create(model="gpt-4o-mini", training_file=file.id))
                acknowledged()
            elif turn % 7 == 3:
                told.deleting.add(file.id)
                client.files.delete(file.id)
                told.deleted.add(file.id)
                acknowledged()


def check(client: openai.OpenAI, told: Acknowledged, content: bytes) -> None:
    """All that was told is there, whole; and nothing that cannot be."""
    files = {file.id: file for file in client.files.list() if file.purpose == "fine-tune"}
    assert not told.deleted & set(files)
    assert set(told.files) - set(files) <= told.deleting
    for name in told.files.keys() & files.keys():
        assert told.files[name] == (files[name].filename, files[name].bytes)
    for file in list(files.values())[:8]:
        assert len(client.files.content(file.id).content) == file.bytes >= len(content)
    jobs = {job.id: job for job in client.fine_tuning.jobs.list(limit=100)}
    assert set(told.jobs) <= set(jobs)
    models = {model.id for model in client.models.list()}
    for job in jobs.values():
        assert (job.status == "succeeded") == (job.fine_tuned_model is not None)
        assert job.fine_tuned_model is None or job.fine_tuned_model in models


@pytest.mark.parametrize("workers", [1, 2])
def test_nothing_acknowledged_is_lost_however_often_it_is_killed(
    serving, make_jsonl, good, tmp_path, workers
):
    """Killed in the middle of uploads and creations, each time at another moment, and started anew."""
    content = make_jsonl(*good)
    told = Acknowledged()
    options = ("--data", tmp_path / "state", "--speed", "3000", "--concurrent-jobs", 0, "--workers", workers)
    clock = 0
    for kill in range(KILLS // 2):
        with serving(*options, start_new_session=True) as (url, process):
            with openai.OpenAI(base_url=url, api_key="sk-test", max_retries=0) as client:
                check(client, told, content)
                now = max([0, *(job.created_at for job in client.fine_tuning.jobs.list())])
                assert now >= clock, "time went back"
                clock = now
            left = itertools.count(3 + ids.integer(25, "kill", workers, kill), -1)

            def acknowledged(left=left, process=process) -> None:
                if next(left) == 0:  # while the other clients are in the middle of something
                    os.killpg(process.pid, signal.SIGKILL)

            with ThreadPoolExecutor(CLIENTS) as pool:
                numbers = range(kill * CLIENTS, (kill + 1) * CLIENTS)
                list(pool.map(lambda n, url=url, a=acknowledged: work(url, told, content, n, a), numbers))
    with serving(*options) as (url, _), openai.OpenAI(base_url=url, api_key="sk-test") as client:
        check(client, told, content)
        assert len(told.files) > KILLS
        assert len(told.jobs) >= KILLS // 4
        job = client.fine_tuning.jobs.retrieve(next(iter(told.jobs)))
        for _ in range(2_000):
            if job.status == "succeeded":
                break
            job = client.fine_tuning.jobs.retrieve(job.id)
        assert job.status == "succeeded"
