"""Several processes share a store, and some of them are killed."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = Path(__file__).parent / "processes.py"


@pytest.fixture(params=["directory", "postgres"])
def run(request, tmp_path):
    """Run the program beside this file on an empty store; gives what it found."""
    url = [request.getfixturevalue("postgres_database")] if request.param == "postgres" else []

    def run(*arguments: str) -> dict:
        command = [sys.executable, str(PROGRAM), *arguments, str(tmp_path / "state"), *url]
        done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=300)
        assert (done.returncode, done.stderr) == (0, "")
        return json.loads(done.stdout)

    return run


def test_processes_work_together(run):
    """A number is given once, no update is lost, a claim has one winner, a row has its content."""
    found = run("together")
    assert found["codes"] == [0, 0, 0, 0]
    numbers = sorted(int(line.split()[1]) for line in found["said"] if line.startswith("number"))
    assert numbers == list(range(1, 161))
    tasks = sorted(line for line in found["said"] if line.startswith("task"))
    assert tasks == sorted(f"task task-{number}" for number in range(40))
    assert found["total"] == 160
    assert "lost content" not in found["said"]
    assert found["contents left"] == 0


def test_nothing_acknowledged_is_lost_with_a_process(run):
    """`kill -9`, of each of two at once, while they open the store, put contents, commit and delete."""
    assert run("killed", "12")["acknowledged"] > 24


@pytest.mark.slow
def test_nothing_acknowledged_is_lost_with_many_processes(run):
    """The same, 200 times."""
    assert run("killed", "100")["acknowledged"] > 200
