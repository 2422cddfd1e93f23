"""A server that stops finishes what it is at, but does not wait for ever; a large upload costs no memory."""

import hashlib
import threading
from pathlib import Path

import openai
import pytest

pytestmark = pytest.mark.slow

SLOW = """
import threading
from drytune_simulator.resources import models
from drytune_simulator import route_table

begun = threading.Event()
def slow(world, call):
    print("begun", flush=True)
    threading.Event().wait({seconds})
    return models_list(world, call)
models_list = models.list_models
models.list_models = slow
for route in route_table.ROUTES:
    if route.name == "models.list":
        object.__setattr__(route, "operation", slow)
"""


def memory(process, field: str) -> float:
    """Megabytes of a process: ``VmRSS`` now, ``VmHWM`` at most."""
    lines = Path(f"/proc/{process.pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(field)) / 1024


def test_what_is_being_answered_is_finished(settled, client_of):
    """The answer arrives after the signal, and then the process ends with exit code 0."""
    with settled("", SLOW.format(seconds=0.5)) as (url, process):
        client, answers = client_of(url), []
        asking = threading.Thread(target=lambda: answers.append(client.models.list().data))
        asking.start()
        assert process.stdout.readline() == "begun\n"
        process.terminate()
        asking.join(30)
        assert process.wait(30) == 0
        assert len(answers) == 1
        assert answers[0]
        assert "Traceback" not in process.stderr.read()


def test_what_takes_too_long_is_cut_off(settled, client_of):
    """The client sees a lost connection, never half an answer that looks whole."""
    with settled("patience=0.5", SLOW.format(seconds=3600)) as (url, process):
        client, errors = client_of(url), []

        def ask() -> None:
            with pytest.raises(openai.APIConnectionError) as raised:
                client.models.list()
            errors.append(raised.value)

        asking = threading.Thread(target=ask)
        asking.start()
        assert process.stdout.readline() == "begun\n"
        process.terminate()
        assert process.wait(30) == 0
        asking.join(30)
        assert len(errors) == 1
        log = process.stderr.read()
        assert "stopped in the middle of an answer" in log
        assert "Traceback" not in log


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read from /proc")
def test_a_large_file_is_never_whole_in_memory(serving, client_of, tmp_path):
    """64 MB go up and come down again, unchanged, while the server grows by far less."""
    line = b'{"messages": [{"role": "user", "content": "' + b"x" * 950 + b'"}]}\n'
    large = tmp_path / "large.jsonl"
    with large.open("wb") as file:
        for _ in range(64 * 1024 * 1024 // len(line)):
            file.write(line)
    with serving("--data", tmp_path / "state") as (url, process):
        client = client_of(url)
        client.files.list()
        before = memory(process, "VmRSS")
        with large.open("rb") as file:
            uploaded = client.files.create(file=file, purpose="fine-tune")
        digest = hashlib.sha256()
        with client.files.with_streaming_response.content(uploaded.id) as response:
            for piece in response.iter_bytes():
                digest.update(piece)
        assert digest.digest() == hashlib.sha256(large.read_bytes()).digest()
        assert memory(process, "VmHWM") - before < 48
        assert list((tmp_path / "state").glob("tmp*")) == []
