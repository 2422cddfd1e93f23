"""Webhooks of `drytune serve`, which sends them on its own."""

import contextlib
import signal
import subprocess
import sys

import openai
import pytest

SECRET = "whsec_bm90IG11Y2ggb2YgYSBzZWNyZXQ="


@contextlib.contextmanager
def server(environment, folder, *options):
    """A server process; gives its base URL."""
    command = [sys.executable, "-m", "drytune", "serve", "--port", "0", *options]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL, "text": True}
    with subprocess.Popen(
        command, env={**environment, "DRYTUNE_WEBHOOK_SECRET": SECRET}, cwd=folder, **pipes
    ) as process:
        try:
            yield process.stdout.readline().strip()
        finally:
            process.send_signal(signal.SIGTERM)


@pytest.mark.parametrize("workers", [1, 2])
def test_a_server_tells_of_jobs_that_have_ended(
    environment, tmp_path, make_receiver, make_jsonl, good, workers
):
    """Once, however many processes serve; and the SDK takes it."""
    receiver = make_receiver()
    options = ("--speed", "instant", "--webhook", receiver.url, "--workers", str(workers))
    with (
        server(environment, tmp_path, *options) as url,
        openai.OpenAI(api_key="sk-x", base_url=url) as client,
    ):
        file = client.files.create(file=("data.jsonl", make_jsonl(*good)), purpose="fine-tune")
        job = client.fine_tuning.jobs.create(model="gpt-4.1-mini", training_file=file.id)
        assert receiver.told.wait(30)
        _, headers, body = receiver.received[0]
        event = client.webhooks.unwrap(body, headers, secret=SECRET)
        assert (event.type, event.data.id) == ("fine_tuning.job.succeeded", job.id)
    assert len(receiver.received) == 1


@pytest.mark.parametrize("url", ["http://me:pass@127.0.0.1/", "http://127.0.0.1/日本", "http://192.0.2.7/"])
def test_a_url_that_cannot_be_is_a_usage_error(drytune, url):
    """It is told before anything is served, in one line."""
    done = drytune("serve", "--port", "0", "--webhook", url)
    assert done.returncode == 2
    assert b"--webhook" in done.stderr
    assert b"Traceback" not in done.stderr
