"""`drytune serve`: a real process, a real socket, any client."""

import json
import os
import signal
import socket
import urllib.error
import urllib.request
from pathlib import Path

import openai
import pytest

from drytune.cli.serve import _listen


def fetch(url: str, **headers: str) -> tuple[int, dict]:
    request = urllib.request.Request(url, headers=headers)
    try:
        with urllib.request.urlopen(request) as response:
            return response.status, json.load(response)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def tuned(client: openai.OpenAI, training: Path):
    with training.open("rb") as file:
        uploaded = client.files.create(file=file, purpose="fine-tune")
    return client.fine_tuning.jobs.create(model="gpt-4o-mini", training_file=uploaded.id)


def test_it_prints_its_base_url_and_is_healthy(serving):
    """One line, when it is ready."""
    with serving() as (url, _):
        assert url.startswith("http://127.0.0.1:")
        assert url.endswith("/v1")
        assert fetch(url.removesuffix("/v1") + "/health") == (200, {"status": "ok", "simulated": True})
        status, body = fetch(url + "/models")
        assert (status, body["error"]["type"]) == (401, "invalid_request_error")


@pytest.mark.parametrize(
    ("speed", "first", "second"),
    [
        ("instant", "succeeded", "succeeded"),
        ("poll", "validating_files", "queued"),
        ("1", "validating_files", "validating_files"),
        ("real", "validating_files", "validating_files"),
        ("manual", "validating_files", "validating_files"),
    ],
)
def test_speed_says_how_jobs_move(serving, cat, speed, first, second):
    """At their end when created; a happening at each read; or with time."""
    with serving("--speed", speed) as (url, _), openai.OpenAI(base_url=url, api_key="sk-test") as client:
        job = tuned(client, cat)
        assert job.status == first
        assert client.fine_tuning.jobs.retrieve(job.id).status == second


def test_a_fast_clock_finishes_a_job_by_itself(serving, cat):
    """A million times real time: a quarter of an hour passes in a millisecond."""
    with serving("--speed", "1e6") as (url, _), openai.OpenAI(base_url=url, api_key="sk-test") as client:
        job = tuned(client, cat)
        for _ in range(200):
            job = client.fine_tuning.jobs.retrieve(job.id)
            if job.status == "succeeded":
                break
        assert job.status == "succeeded"


def test_reading_only_the_list_moves_jobs_too(serving, cat):
    """A client that polls nothing but the list does not wait for ever."""
    with serving() as (url, _), openai.OpenAI(base_url=url, api_key="sk-test") as client:
        tuned(client, cat)
        for _ in range(100):
            if client.fine_tuning.jobs.list().data[0].status == "succeeded":
                break
        assert client.fine_tuning.jobs.list().data[0].status == "succeeded"


def test_state_outlives_the_process(serving, cat, tmp_path):
    """Files, jobs and models are there after a kill, and time does not go back."""
    state = tmp_path / "state"
    question = json.loads(cat.read_text("utf-8").splitlines()[0])["messages"]
    with serving("--data", state, "--speed", "instant") as (url, process):
        with openai.OpenAI(base_url=url, api_key="sk-test") as client:
            job = tuned(client, cat)
        process.kill()
    with serving("--data", state) as (url, _), openai.OpenAI(base_url=url, api_key="sk-test") as client:
        again = client.fine_tuning.jobs.retrieve(job.id)
        assert again.to_dict() == job.to_dict()
        answer = client.chat.completions.create(model=job.fine_tuned_model, messages=question[:-1])
        assert answer.choices[0].message.content == question[-1]["content"]
        assert len(list(client.files.list())) == 2


def test_streams_arrive_over_http(serving, cat):
    """With their chunks, and the usage at the end."""
    question = json.loads(cat.read_text("utf-8").splitlines()[1])["messages"]
    with serving("--speed", "instant") as (url, _), openai.OpenAI(base_url=url, api_key="sk-test") as client:
        model = tuned(client, cat).fine_tuned_model
        options = {"stream": True, "stream_options": {"include_usage": True}}
        chunks = list(client.chat.completions.create(model=model, messages=question[:-1], **options))
        said = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
        assert said == question[-1]["content"]
        assert chunks[-1].usage.completion_tokens > 0


def test_answers_are_not_held_back():
    """asyncio turns Nagle's algorithm off only for sockets that say that they are TCP."""
    listener, _ = _listen("127.0.0.1", 0)
    with listener:
        assert listener.proto == socket.IPPROTO_TCP


def test_ctrl_c_stops_it_with_one_sentence(serving):
    """Exit code 130, no traceback."""
    with serving() as (url, process):
        assert url
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 130
        about, *rest = process.stderr.read().splitlines()
        assert "drytune simulates the API: nothing is sent anywhere" in about
        assert [line for line in rest if line] == ["drytune: interrupted"]


def test_sigterm_stops_it_and_is_no_failure(serving):
    """Exit code 0, no traceback."""
    with serving() as (url, process):
        assert url
        process.terminate()
        assert process.wait(20) == 0
        assert len(process.stderr.read().splitlines()) == 1


def test_a_port_in_use_is_one_sentence(serving, drytune):
    """It names the port, and what to do."""
    with serving() as (url, _):
        port = url.removesuffix("/v1").rpartition(":")[2]
        done = drytune("serve", "--port", port)
    assert done.returncode == 2
    assert done.stderr.decode().count("\n") == 1
    assert f"port {port} of 127.0.0.1 cannot be used" in done.stderr.decode()


@pytest.mark.skipif(os.name != "posix", reason="permissions as POSIX has them")
@pytest.mark.parametrize("place", ["file", "read-only"])
def test_a_place_that_cannot_be_written_is_one_sentence(drytune, tmp_path, place):
    """Where, why, and what to do."""
    target = tmp_path / "target"
    if place == "file":
        target.write_text("in the way")
    elif os.geteuid() == 0:
        target = Path("/proc/drytune")  # permissions do not bind root, but this file system does
    else:
        target.mkdir(mode=0o500)
    done = drytune("serve", "--port", "0", "--data", target)
    error = done.stderr.decode()
    assert (done.returncode, error.count("\n")) == (2, 1)
    assert f"state cannot be kept in {target}" in error


@pytest.mark.parametrize("speed", ["slow", "0", "-3", "nan"])
def test_a_speed_that_makes_no_sense_is_one_sentence(drytune, speed):
    """It says what is allowed."""
    done = drytune("serve", "--port", "0", f"--speed={speed}")
    assert done.returncode == 2
    assert "expected `manual`, `instant`, `poll`, `real` or a positive number" in done.stderr.decode()
