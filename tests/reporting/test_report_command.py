"""`drytune report`: a run of the journal, however it is named, told in every form."""

from __future__ import annotations

import json
import os
import stat

import msgspec
import pytest
from click.testing import CliRunner

from drytune.cli.report import report
from drytune.errors import UsageError
from drytune.workflow.journal import Journal


@pytest.fixture
def state(tmp_path, plan, succeeded, monkeypatch):
    """A journal with one run; its id is in `name`."""
    monkeypatch.chdir(tmp_path)
    with Journal.open(tmp_path / "state") as journal:
        run_id = journal.begin(plan)
        with journal.log(run_id) as log:
            log.keep(msgspec.structs.replace(succeeded, id=run_id))
    return tmp_path / "state"


@pytest.fixture
def name(state):
    with Journal.open(state) as journal:
        return journal.runs()[0].id


@pytest.fixture
def told(state):
    """What the command says to arguments."""

    def tell(*arguments):
        return CliRunner().invoke(
            report, [*map(str, arguments), "--state", str(state)], catch_exceptions=False
        )

    return tell


def test_text_is_told_by_default(told, name):
    """An id, its beginning, or `last`: the same report."""
    texts = {told(one).stdout for one in (name, name[:8], "last")}

    (text,) = texts
    assert f"Run             {name}" in text
    assert text.rstrip().endswith("ok the job succeeded, and all questions were asked.")


def test_json_and_markdown(told, name):
    """For programs, and for a pull request."""
    assert json.loads(told("last", "--format", "json").stdout)["id"] == name
    assert told("last", "--format", "markdown").stdout.startswith(f"# drytune report of {name}\n")


@pytest.mark.parametrize("arguments", [("last", "--html"), ("--html", "last")])
def test_html_is_written_beside(told, name, tmp_path, arguments):
    """Without a name the page is RUN.html, wherever the option stands; the command says so, and tells no more."""
    result = told(*arguments)

    assert (result.stdout, result.stderr) == ("", f"The report is in {name}.html.\n")
    assert (tmp_path / f"{name}.html").read_text("utf-8").startswith("<!doctype html>")


def test_html_and_a_form(told, tmp_path):
    """Both can be had at once; an earlier page is replaced."""
    for _ in range(2):
        result = told("last", "--html", "page.html", "--format", "json")
        assert json.loads(result.stdout)["ok"] is True
    assert (tmp_path / "page.html").exists()


def test_out_is_a_new_file(told, tmp_path):
    """What would be printed is in the file; what is there already is left as it is."""
    assert told("last", "--format", "markdown", "--out", "report.md").stdout == ""
    assert (tmp_path / "report.md").read_text("utf-8") == told("last", "--format", "markdown").stdout
    with pytest.raises(UsageError, match="exists already"):
        told("last", "--out", "report.md")
    told("last", "--out", "report.txt")
    assert (tmp_path / "report.txt").read_text("utf-8") == told("last").stdout


def test_nothing_else_is_overwritten(told, tmp_path):
    """A file that is no page is worth more than the page."""
    (tmp_path / "mine.html").write_text("my own notes")

    with pytest.raises(UsageError, match=r"mine\.html"):
        told("last", "--html", "mine.html")

    assert (tmp_path / "mine.html").read_text() == "my own notes"


def test_unknown_runs(told):
    """The name is told, and none at all is wrong use."""
    with pytest.raises(UsageError, match="run-zzz"):
        told("run-zzz")
    assert told().exit_code == 2


def test_reading_makes_no_journal(tmp_path):
    """Whoever only looks leaves nothing behind."""
    with pytest.raises(UsageError, match="no runs"):
        CliRunner().invoke(report, ["last", "--state", str(tmp_path / "none")], catch_exceptions=False)

    assert not (tmp_path / "none").exists()


@pytest.mark.skipif(os.name == "nt", reason="rights are different there")
def test_a_report_has_the_rights_of_any_new_file(told, tmp_path):
    """It is for others to read, as the user's mask has it."""
    told("last", "--html", "page.html", "--out", "page.txt")

    mask = os.umask(0)
    os.umask(mask)
    for made in ("page.html", "page.txt"):
        assert stat.S_IMODE((tmp_path / made).stat().st_mode) == 0o666 & ~mask
