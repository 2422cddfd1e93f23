"""What a journal says when it cannot be used, and that two processes do not work on one run."""

import os
import sqlite3
import subprocess
import sys
from contextlib import contextmanager

import pytest

from drytune.errors import DrytuneError, Refused, UsageError
from drytune.state import JOURNAL
from drytune.workflow.journal import Journal, JournalError
from drytune.workflow.journal_schema import VERSION


def test_a_file_of_something_else_is_not_touched(tmp_path):
    path = tmp_path / JOURNAL
    path.write_bytes(b"not a database, but long enough to be looked at" * 30)
    before = path.read_bytes()
    with pytest.raises(UsageError, match="is no journal of drytune"):
        Journal.open(tmp_path)
    assert path.read_bytes() == before


def test_a_database_of_something_else_is_not_touched(tmp_path):
    with sqlite3.connect(tmp_path / JOURNAL) as other:
        other.execute("CREATE TABLE mine (a)")
    other.close()
    with pytest.raises(UsageError, match="a database of something else"):
        Journal.open(tmp_path)


def test_a_newer_journal_is_left_to_a_newer_drytune(journal):
    journal._database._connection.execute(f"PRAGMA user_version={VERSION + 1}")
    with pytest.raises(UsageError, match="newer drytune"):
        Journal.open(journal.directory)


def test_a_journal_that_was_cut_off_at_its_beginning_is_made(tmp_path):
    (tmp_path / JOURNAL).touch()
    with Journal.open(tmp_path) as journal:
        assert journal.runs() == ()


def test_a_damaged_journal_is_a_sentence(journal, plan, run_id, having):
    with journal.log(run_id) as log:
        log.keep(having(log.run, results="x" * 100_000))
    journal.close()
    path = journal.directory / JOURNAL
    data = path.read_bytes()
    path.write_bytes(data[:4096] + b"\xff" * (len(data) - 4096))
    with pytest.raises(DrytuneError, match="damaged"), Journal.open(journal.directory) as again:
        again.find("last")


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE runs SET plan = '{\"a\": 1}'",
        "UPDATE snapshots SET value = '[' WHERE field = 'bill'",
        "UPDATE snapshots SET value = '7' WHERE field = 'task'",
        "DELETE FROM snapshots WHERE field = 'task'",
    ],
)
def test_what_cannot_be_read_is_named(journal, run_id, change):
    journal._database._connection.execute(change)
    with pytest.raises(JournalError, match=run_id):
        journal.find(run_id)


def test_a_field_of_a_later_version_is_passed_over(journal, run_id):
    journal._database._connection.execute(
        "INSERT INTO snapshots (run, field, value) VALUES (?, 'mood', '\"good\"')", (run_id,)
    )
    assert journal.find(run_id).id == run_id


def test_a_full_disk_undoes_the_step_and_is_a_sentence(journal, run_id, having):
    connection = journal._database._connection
    with journal.log(run_id) as log:
        number = log.begin("upload:training")
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count={pages + 1}")
        big = having(log.run, file={"id": "file-1"}, results="x" * 200_000)
        with pytest.raises(JournalError, match="the disk is full: make room"):
            log.end(number, "done", big)
        connection.execute("PRAGMA max_page_count=1000000")
        assert log.attempts()[0].is_open
        assert log.run.file is None
        log.end(number, "done", big)
    entry = journal.find(run_id)
    assert (entry.attempts[0].ending, entry.run.file) == ("done", {"id": "file-1"})


def test_a_read_only_journal_is_a_sentence(journal, plan):
    journal._database._connection.execute("PRAGMA query_only=ON")
    with pytest.raises(JournalError, match="read-only"):
        journal.begin(plan)


@pytest.mark.skipif(os.name != "posix", reason="modes are those of POSIX")
def test_a_directory_that_cannot_be_made_is_a_sentence(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(JournalError, match="cannot be opened: Not a directory"):
        Journal.open(tmp_path / "file" / "state")


def test_a_journal_that_another_process_holds_is_a_sentence(journal, plan, monkeypatch):
    other = sqlite3.connect(journal.directory / JOURNAL, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    journal._database._connection.execute("PRAGMA busy_timeout=1")
    with pytest.raises(JournalError, match="another process: try again"):
        journal.begin(plan)
    other.execute("ROLLBACK")
    other.close()
    assert journal.begin(plan)


def test_two_do_not_work_on_one_run(journal, make_plan, run_id):
    """The second is told who does; other runs and readers are not held up."""
    other = journal.begin(make_plan(2))
    with journal.log(run_id), Journal.open(journal.directory) as second:
        with pytest.raises(Refused, match=f"{run_id} is being worked on by process {os.getpid()}"):
            second.log(run_id)
        assert second.find(run_id).id == run_id
        second.log(other).close()
    journal.log(run_id).close()


@pytest.mark.skipif(os.name != "posix", reason="locks are those of POSIX")
def test_a_killed_process_holds_no_run(journal, run_id):
    script = (
        "import os, signal, sys; from pathlib import Path; from drytune.workflow.journal import Journal\n"
        "log = Journal.open(Path(sys.argv[1])).log(sys.argv[2]); log.begin('create')\n"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    done = subprocess.run([sys.executable, "-c", script, str(journal.directory), run_id], check=False)
    assert done.returncode == -9
    with journal.log(run_id) as log:
        assert [one.step for one in log.attempts() if one.is_open] == ["create"]


def test_a_log_sees_what_another_process_did_before_it(journal, run_id, having):
    entry = journal.find(run_id)
    with Journal.open(journal.directory) as other, other.log(run_id) as log:
        log.keep(having(log.run, file={"id": "file-1"}))
    with journal.log(entry.id) as log:
        assert log.run.file == {"id": "file-1"}


@pytest.mark.parametrize(
    ("change", "damaged"),
    [
        ("UPDATE snapshots SET value = '{\"spent_usd\": null}' WHERE field = 'bill'", True),
        ("UPDATE snapshots SET value = '7' WHERE field = 'task'", True),
        ("UPDATE runs SET plan = '{}'", None),
    ],
)
def test_a_damaged_run_hides_no_other(journal, make_plan, run_id, having, change, damaged):
    """It says so and shows what can be read; its job is not forgotten, and nobody is told to move the journal."""
    with journal.log(run_id) as log:
        log.keep(having(log.run, remote={"id": "ftjob-1", "status": "running"}))
    journal._database._connection.execute(f"{change}{' AND' if 'WHERE' in change else ' WHERE'} 1")
    other = journal.begin(make_plan(2))
    entries = {entry.id: entry for entry in journal.runs()}
    assert other in entries
    if damaged is None:
        assert list(entries) == [other]
    else:
        assert "is damaged" in entries[run_id].run.notes[-1]
        assert entries[run_id].run.remote["id"] == "ftjob-1"
        assert not entries[run_id].is_finished
    with pytest.raises(JournalError, match="goes on at the platform") as told:
        journal.find(run_id)
    assert "move" not in str(told.value)


def test_a_damaged_attempt_is_a_sentence(journal, run_id):
    with journal.log(run_id) as log:
        log.begin("create")
    journal._database._connection.execute("UPDATE attempts SET data = '['")
    with pytest.raises(JournalError, match="attempt 0 of run-"):
        journal.find(run_id)
    assert [entry.id for entry in journal.runs()] == [run_id]


def test_what_would_not_read_back_is_not_written(journal, run_id, having):
    """A value of another type leaves the field as it was; the rest is kept."""
    with journal.log(run_id) as log:
        before = log.run
        bad = having(before.bill, spent_usd=float("inf"), trained_tokens="many")
        log.keep(having(before, bill=bad, notes=("told",)))
        assert log.run.bill == before.bill
    run = journal.find(run_id).run
    assert (run.bill, run.notes) == (before.bill, ("told",))


@pytest.mark.parametrize("step", ["begin", "end", "keep"])
def test_an_interruption_right_after_the_commit_loses_nothing(journal, run_id, having, monkeypatch, step):
    """Ctrl-C may come when all is on the disk and nothing in memory: then it is read again."""
    from drytune.workflow import journal_schema

    real = journal_schema._transaction

    @contextmanager
    def interrupted(connection):
        with real(connection):
            yield
        raise KeyboardInterrupt

    with journal.log(run_id) as log:
        number = log.begin("create")
        run = having(log.run, remote={"id": "ftjob-1", "status": "running"}, events=({"id": "e1"},))
        monkeypatch.setattr(journal_schema, "_transaction", interrupted)
        with pytest.raises(KeyboardInterrupt):
            {"begin": lambda: log.begin("x"), "end": lambda: log.end(number, "done", run)}.get(
                step, lambda: log.keep(run)
            )()
        monkeypatch.setattr(journal_schema, "_transaction", real)
        assert log.run.events == (() if step == "begin" else run.events)
        assert len(log.attempts()) == (2 if step == "begin" else 1)
        log.begin("y")
        log.keep(having(run, events=(*run.events, {"id": "e2"})))
    entry = journal.find(run_id)
    assert [event["id"] for event in entry.run.events] == ["e1", "e2"]
    assert entry.attempts[0].is_open is (step != "end")
