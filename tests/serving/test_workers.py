"""Several processes on one socket and one database are one server."""

import os
import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import openai
import pytest

pytestmark = [
    pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="finds processes in /proc"),
    pytest.mark.slow,
]


def children(pid: int) -> list[int]:
    """The processes that a process has started."""
    text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(word) for word in text.split()]


def workers(pid: int) -> list[int]:
    """Those of them that answer; one only keeps track of what Python shares between processes."""
    commands = {child: Path(f"/proc/{child}/cmdline").read_bytes() for child in children(pid)}
    return [child for child, command in commands.items() if b"resource_tracker" not in command]


def gone(pid: int) -> bool:
    try:
        return "\nState:\tZ" in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return True


@pytest.fixture
def answered_by(wire, request_head):
    """Which processes have answered so many requests, each on a connection of its own."""

    def ask(url: str, count: int = 24) -> int:
        connections = [wire(url) for _ in range(count)]
        for connection in connections:
            connection.send(request_head("GET", "/v1/models", "connection: close"))
        answers = [connection.rest() for connection in connections]
        assert all(one.startswith(b"HTTP/1.1 200") for one in answers)
        return len(answers)

    return ask


def test_they_print_one_base_url_and_share_all_state(serving, client_of, tuned, answered_by):
    """What was created by one is known to all, without a data directory as well; the clock is one, too."""
    with serving("--workers", 2) as (url, process):
        assert len(workers(process.pid)) == 2
        job = tuned(client_of(url))

        def look(_: int) -> str:
            # a client of its own is a connection of its own, which any process may get
            with openai.OpenAI(base_url=url, api_key="sk-test", max_retries=0) as client:
                return client.fine_tuning.jobs.retrieve(job.id).status

        seen = set()
        with ThreadPoolExecutor(8) as pool:
            while "succeeded" not in seen:
                seen |= set(pool.map(look, range(20)))
        assert {"running", "succeeded"} <= seen <= {"validating_files", "queued", "running", "succeeded"}
        assert answered_by(url) == 24
        process.terminate()
        assert process.wait(30) == 0
        assert process.stdout.read() == ""


def test_a_worker_that_is_killed_is_replaced_and_nothing_is_lost(
    serving, client_of, make_jsonl, good, tmp_path
):
    """Every file that was acknowledged is there; the server goes on answering."""
    content = make_jsonl(*good)
    with serving("--workers", 2, "--data", tmp_path / "state") as (url, process):
        before = workers(process.pid)

        def upload(number: int) -> str | None:
            if number == 10:
                os.kill(before[0], signal.SIGKILL)
            try:
                with openai.OpenAI(base_url=url, api_key="sk-test", max_retries=0) as client:
                    return client.files.create(file=(f"{number}.jsonl", content), purpose="fine-tune").id
            except openai.APIConnectionError:
                return None

        with ThreadPoolExecutor(4) as pool:
            ids = [one for one in pool.map(upload, range(40)) if one is not None]
        assert len(ids) == len(set(ids)) >= 20
        assert {file.id for file in client_of(url).files.list()} >= set(ids)
        line = process.stderr.readline() + process.stderr.readline()
        assert "worker 0 ended with exit code -9; another takes its place" in line
        assert len(workers(process.pid)) == 2
        assert workers(process.pid) != before


def test_they_may_share_postgresql(serving, client_of, tuned, postgres_database, tmp_path):
    """Given by the environment, where a password is safe; contents of files stay in the directory."""
    variables = {"DRYTUNE_DATABASE_URL": postgres_database}
    options = ["--workers", 2, "--data", tmp_path / "files"]
    with serving(*options, "--speed", "instant", variables=variables) as (url, process):
        job = tuned(client_of(url))
        assert job.status == "succeeded"
        process.kill()
    with serving(*options, variables=variables) as (url, _):
        client = client_of(url)
        assert client.fine_tuning.jobs.retrieve(job.id).fine_tuned_model == job.fine_tuned_model
        assert client.files.content(job.training_file).content


def test_they_are_told_how_many_they_are(serving, drytune):
    """And that faults of one are not those of all."""
    with serving("--workers", 2) as (url, _):
        assert b"workers    2" in drytune("ctl", "--url", url, "status").stdout
        done = drytune("ctl", "--url", url, "faults", "add", "/v1/models: 503")
        assert done.returncode == 1
        assert b"has 2 worker processes" in done.stderr


def test_contents_in_memory_are_refused(serving):
    """Each would have its own."""
    with serving("--workers", 2, "--files-url", "memory://here") as (url, process):
        assert (url, process.wait(60)) == ("", 2)
        assert "are gone with this process" in process.stderr.read()


def test_workers_end_with_the_process_that_started_them(serving):
    """Also when that one is killed, and can tell nobody."""
    with serving("--workers", 2) as (url, process):
        assert url
        theirs = workers(process.pid)
        process.kill()
        process.wait(30)
        # they hold its standard error until they end
        assert "Traceback" not in process.stderr.read()
        assert all(map(gone, theirs))


def test_ctrl_c_stops_them_all(serving):
    """With one sentence and exit code 130, as for one process."""
    with serving("--workers", 2, start_new_session=True) as (url, process):
        assert url
        theirs = workers(process.pid)
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to all
        assert process.wait(30) == 130
        rest = [line for line in process.stderr.read().splitlines() if line]
        assert rest[-1] == "drytune: interrupted"
        assert "Traceback" not in "".join(rest)
        assert all(map(gone, theirs))


def test_metrics_are_those_of_all(serving, client_of):
    """Whichever process is asked."""
    pytest.importorskip("prometheus_client")
    with serving("--workers", 2) as (url, _):

        def look(_: int) -> None:
            with openai.OpenAI(base_url=url, api_key="sk-test") as client:
                client.files.list()

        with ThreadPoolExecutor(8) as pool:
            list(pool.map(look, range(20)))
        client = client_of(url.removesuffix("/v1"))
        wanted = 'drytune_requests_total{method="GET",route="/v1/files",status="200"} 20.0'
        for _ in range(200):  # a process tells the others a moment later
            if wanted in client.get("/metrics", cast_to=str):
                break
        assert wanted in client.get("/metrics", cast_to=str)


def test_a_setting_that_cannot_be_is_one_sentence(drytune, tmp_path):
    """From whichever process found it, once."""
    (tmp_path / "file").write_text("in the way")
    done = drytune("serve", "--port", "0", "--workers", 2, "--data", tmp_path / "file")
    error = done.stderr.decode()
    assert (done.returncode, error.count("\n")) == (2, 1)
    assert "state cannot be kept in" in error
