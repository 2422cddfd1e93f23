"""Keeping from a real server in another process; one that is killed has lost nothing."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import textwrap

import openai
import pytest

from drytune import UsageError
from drytune.cassettes.files import load
from drytune.cassettes.journal import part_of
from drytune.cassettes.tape import recover
from drytune.keeping.archive import answered
from drytune.keeping.keep import keep


def tuned(client: openai.OpenAI, data: bytes) -> str:
    file = client.files.create(file=("lessons.jsonl", data), purpose="fine-tune")
    job = client.fine_tuning.jobs.create(model="gpt-4o-mini-2024-07-18", training_file=file.id)
    while job.status not in {"succeeded", "failed"}:
        job = client.fine_tuning.jobs.retrieve(job.id)
    return job.fine_tuned_model


@pytest.fixture
def server(serving, make_jsonl, good):
    """A platform behind a socket: its base URL, and the model that it has tuned."""
    with serving() as (url, _), openai.OpenAI(api_key="sk-keeping", base_url=url, max_retries=0) as client:
        yield url, tuned(client, make_jsonl(*good))


# it is killed in the middle of its third question
_KILLED = """
    import os, signal, sys
    from pathlib import Path
    from drytune.handlers.upstream import Upstream
    from drytune.keeping.keep import keep

    model, url, prompts, out = sys.argv[1:]
    upstream, asked = Upstream(url), []

    def fatal(request):
        if request.method == "POST":
            asked.append(request)
            if len(asked) == 3:
                os.kill(os.getpid(), signal.SIGKILL)
        return upstream(request)

    keep(model, prompts, out, handler=fatal, base_url=url, api_key="sk-keeping", repeats=2)
"""


def test_a_model_is_kept_from_a_server(server, tmp_path):
    url, model = server
    prompts, out = tmp_path / "prompts.jsonl", tmp_path / "kept.yaml"
    prompts.write_text("".join(json.dumps(f"What comes after {n}?") + "\n" for n in range(1, 4)))
    archive = keep(model, prompts, out, base_url=url, api_key="sk-keeping", max_usd=1.0)
    assert (archive.asked, archive.complete, archive.stopped) == (3, True, None)
    assert load(out).header.source == url
    assert archive.manifest["job"]["fine_tuned_model"] == model
    assert archive.manifest["dataset"][0]["sha256"]
    assert "sk-keeping" not in out.read_text()


def test_a_run_that_was_killed_is_gone_on_with(server, tmp_path, environment):
    url, model = server
    prompts, out = tmp_path / "prompts.jsonl", tmp_path / "kept.yaml"
    prompts.write_text("".join(json.dumps(f"What comes after {n}?") + "\n" for n in range(1, 4)))
    command = [sys.executable, "-c", textwrap.dedent(_KILLED), model, url, str(prompts), str(out)]
    for _ in range(2):
        killed = subprocess.run(command, env=environment, check=False, timeout=60)
        assert killed.returncode == -signal.SIGKILL
        assert part_of(out).exists()

    archive = keep(model, prompts, out, base_url=url, api_key="sk-keeping", repeats=2)
    assert (archive.asked, archive.complete) == (2, True)
    # whether the calls that went on then were answered nobody knows: the longest answers of two
    assert archive.manifest["lost_usd"] == pytest.approx(2 * 16_384 * 1.2 / 1e6, rel=0.01)
    assert not part_of(out).exists()
    assert load(out).header.note is None
    asked = [json.loads(msg)["messages"][0]["content"] for msg in _bodies(out)]
    assert sorted(asked) == sorted([f"What comes after {n}?" for n in range(1, 4)] * 2)
    assert archive.manifest["complete"] is True
    with pytest.raises(UsageError):
        recover(out)


def _bodies(path):
    cassette = load(path)
    numbers = [one.number for one in answered(cassette.exchanges)]
    return [cassette.exchanges[number - 1].request.body for number in numbers]


def test_where_no_server_is_it_says_so(tmp_path):
    prompts, out, slept = tmp_path / "prompts.jsonl", tmp_path / "kept.yaml", []
    prompts.write_text('"Hi"\n"Ho"\n')
    archive = keep(
        "gpt-4o-mini", prompts, out, base_url="http://127.0.0.1:9/v1", api_key="sk-x", sleep=slept.append
    )
    assert (archive.asked, archive.left, archive.failed) == (0, 2, 1)
    assert "ConnectError" in archive.stopped
    assert len(slept) == 7
