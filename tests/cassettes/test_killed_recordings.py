"""Recordings in processes of their own, which end in all the ways in which processes end."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

from drytune.cassettes.files import load, save
from drytune.cassettes.tape import Tape, recover
from drytune.errors import UsageError

RECORDS = """
import sys
from drytune.cassettes.model import Asked, Exchange, Told
from drytune.cassettes.redaction import Redactor
from drytune.cassettes.tape import Tape

def exchange(number):
    asked = Asked(method="GET", uri=f"https://x.test/v1/models?page={number}")
    return Exchange(request=asked, response=Told(status=200, body=b"x" * 500), at=float(number))

tape = Tape(sys.argv[1], redactor=Redactor())
"""


@pytest.fixture
def records(tmp_path, environment):
    """Start a process that records into a file, and what it does then; gives the file and the process."""
    started = []

    def start(program: str):
        file = tmp_path / "scenario.yaml"
        command = [sys.executable, "-c", RECORDS + program, str(file)]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        process = subprocess.Popen(command, env=environment, cwd=tmp_path, **pipes)
        started.append(process)
        return file, process

    yield start
    for process in started:
        process.kill()
        process.communicate()


ON_AND_ON = """
number = 0
while True:
    tape.add(exchange(number))
    print(number, flush=True)
    number += 1
"""


def test_after_a_kill_the_file_is_as_it_was_and_all_that_was_acknowledged_can_be_had(
    records, cassette, nothing
):
    file, process = records(ON_AND_ON)
    save(file, cassette)
    was = file.read_bytes()
    acknowledged = [int(process.stdout.readline()) for _ in range(20)]
    with pytest.raises(UsageError, match="is going on"):
        Tape(file, redactor=nothing)
    process.kill()
    acknowledged += [int(line) for line in process.stdout]
    assert process.wait() == -signal.SIGKILL
    assert file.read_bytes() == was
    with pytest.raises(UsageError, match="drytune cassette recover"):
        Tape(file, redactor=nothing)
    pages = [
        exchange.request.uri.partition("page=")[2] for exchange in recover(file, overwrite=True).exchanges
    ]
    assert pages[: len(acknowledged)] == list(map(str, acknowledged))
    assert len(pages) - len(acknowledged) in {0, 1}  # the last one may not have been told of any more
    assert len(load(file).exchanges) == len(pages)


@pytest.mark.parametrize("ending", ["", "sys.exit(3)", "raise ValueError", "del tape"])
def test_a_process_that_ends_by_itself_seals_what_it_recorded(records, ending):
    file, process = records(f"tape.add(exchange(1)); tape.add(exchange(0))\n{ending}")
    process.communicate(timeout=60)
    assert [one.at for one in load(file).exchanges] == [0.0, 1.0]
    assert not file.with_name(file.name + ".part").exists()


def test_a_process_that_was_forked_off_adds_and_seals_nothing(records):
    file, process = records(
        "import os\n"
        "tape.add(exchange(0))\n"
        "if not (child := os.fork()):\n"
        "    tape.add(exchange(1))\n"
        "    sys.exit()\n"  # with all that is done at the end of a process
        "os.waitpid(child, 0)\n"
        "import pathlib; print(pathlib.Path(sys.argv[1]).exists())\n"
        "tape.add(exchange(2))\n"
    )
    printed, told = process.communicate(timeout=60)
    assert (printed.strip(), told) == ("False", "")
    assert [one.at for one in load(file).exchanges] == [0.0, 1.0, 2.0]


def test_a_file_system_that_takes_no_more(records, cassette):
    file, process = records(
        "import resource, signal\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))\n"
        "for number in range(10):\n"
        "    tape.add(exchange(number))\n"
        "from drytune.cassettes.errors import NotKept\n"
        "try:\n"
        "    tape.seal()\n"
        "except NotKept as error:\n"
        "    print(error)\n"
    )
    save(file, cassette)
    was = file.read_bytes()
    printed, told = process.communicate(timeout=60)
    assert "File too large" in printed
    assert "is as it was" in printed
    assert told.count("cannot be written") == 1
    assert file.read_bytes() == was
    recovered = recover(file, overwrite=True).exchanges
    assert [one.at for one in recovered] == [0.0, 1.0]
    assert f"{10 - len(recovered)} of 10 exchanges are lost" in printed
