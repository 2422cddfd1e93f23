"""A process that is killed before any statement whatever leaves a journal that says what may have been done."""

import os
import subprocess
import sys

import pytest

# one interpreter, in which a child is forked off for each cut: none of them has to import anything
SCRIPT = """
import os, signal, sqlite3, sys
from pathlib import Path
import msgspec
from drytune.workflow.journal import Journal
from drytune.workflow.plan import Plan

plan = msgspec.json.decode(sys.stdin.buffer.read(), type=Plan)
root = Path(sys.argv[1])
left = 0

def counted(statement):
    global left
    left -= 1
    if left < 0:
        os.kill(os.getpid(), signal.SIGKILL)

real = sqlite3.connect

def connect(*arguments, **options):
    connection = real(*arguments, **options)
    connection.set_trace_callback(counted)
    return connection

def happened(state, what):
    with (state / "happened").open("ab", buffering=0) as file:
        file.write(what + b"\\n")

def work(state):
    with Journal.open(state) as journal:
        run_id = journal.begin(plan)
        with journal.log(run_id) as log:
            run = log.run
            for number, step in enumerate((b"upload:training", b"create", b"ask:0")):
                attempt = log.begin(step.decode(), worst_usd=0.5)
                happened(state, step)
                run = msgspec.structs.replace(run, notes=(*run.notes, step.decode()))
                log.end(attempt, "done", run, usd=0.1)
                run = msgspec.structs.replace(run, events=(*run.events, {"id": number}))
                log.keep(run)

def check(state, cut):
    steps = (state / "happened").read_text().split() if (state / "happened").exists() else []
    with Journal.open(state) as journal:
        for entry in journal.runs():
            entry = journal.find(entry.id)
            begun = [one.step for one in entry.attempts]
            done = [one.step for one in entry.attempts if one.ending == "done"]
            assert begun[: len(steps)] == steps, (cut, begun, steps)
            assert len(begun) - len(steps) in (0, 1), (cut, begun, steps)
            assert done == steps[: len(done)], (cut, done, steps)
            assert len(begun) - len(done) in (0, 1), (cut, begun, done)
            assert list(entry.run.notes) == done, (cut, entry.run, done)
            assert len(done) - len(entry.run.events) in (0, 1), (cut, entry.run, done)
            journal.log(entry.id).close()
            return 1
        assert not steps, (cut, steps)
        journal.begin(plan)
    return 0

cut = with_run = 0
while True:
    state = root / str(cut)
    state.mkdir()
    child = os.fork()
    if child == 0:
        left, sqlite3.connect = cut, connect
        work(state)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    with_run += check(state, cut)
    if status == 0:
        break
    assert os.WTERMSIG(status) == signal.SIGKILL, status
    cut += 1
print(cut, with_run)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_killed_before_each_statement(tmp_path, plan):
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(tmp_path)],
        input=_json(plan),
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    cuts, with_run = map(int, done.stdout.split())
    assert cuts > 50
    assert with_run > 40


def _json(plan) -> bytes:
    import msgspec

    return msgspec.json.encode(plan)
