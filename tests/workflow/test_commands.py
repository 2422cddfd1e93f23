"""`drytune run`, `resume` and `cancel`, against a simulator that keeps its state beside the journal."""

import json
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from drytune.cli.app import app
from drytune.errors import DrytuneError
from drytune.workflow.journal import Journal


@pytest.fixture
def command(tmp_path, monkeypatch):
    """Run a command in an empty project; its exit code, and what it said."""
    folder = tmp_path / "project"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("DRYTUNE_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("DRYTUNE_BACKEND", "simulated")

    def run(*arguments: object) -> SimpleNamespace:
        result = CliRunner().invoke(app, [str(one) for one in arguments], standalone_mode=False)
        if result.exception is not None:
            assert isinstance(result.exception, DrytuneError), result.exception
            return SimpleNamespace(code=result.exception.exit_code, said=str(result.exception), out="")
        code = result.return_value if isinstance(result.return_value, int) else result.exit_code
        return SimpleNamespace(code=code, said=result.output, out=result.stdout)

    return run


def test_a_dataset_is_planned_and_done(command, dataset):
    """With `--yes` nobody is asked; what is simulated says so."""
    done = command("run", dataset, "--max-usd", 1, "--yes", "--ask", "One?")
    assert done.code == 0
    for words in ("SIMULATED", "at most 1.0000 USD", "ask       answer 1 of 1", "ok the job succeeded"):
        assert words in done.said


def test_a_plan_is_done(command, dataset):
    """It has its budget and all options of the job; others are refused."""
    assert command("plan", dataset, "--max-usd", 1, "--suffix", "abc", "--out", "my.plan.json").code == 0
    refused = command("run", "my.plan.json", "--epochs", 2)
    assert (refused.code, "plan again" in refused.said) == (2, True)
    assert command("run", "my.plan.json", "--max-usd", 2, "--yes").code == 2
    done = command("run", "my.plan.json", "--yes", "--format", "json")
    run = json.loads(done.out)
    assert (done.code, run["ok"], run["task"]["suffix"]) == (0, True, "abc")


@pytest.mark.parametrize(
    ("options", "code", "words"),
    [
        (["--yes"], 2, "without a budget"),
        (["--max-usd", "1"], 2, "add --yes"),
        (["--max-usd", "nan", "--yes"], 2, "--max-usd"),
        (["--max-usd", "-1", "--yes"], 2, "--max-usd"),
        (["--max-usd", "0", "--yes"], 1, "more than the budget"),
        (["--max-usd", "1", "--yes", "--cancel-if", "loss is bad"], 2, "loss"),
        (["--max-usd", "1", "--yes", "--timeout", "soon"], 2, "soon"),
        (["--max-usd", "1", "--yes", "--webhook", "here"], 2, "--webhook"),
        (["--max-usd", "1", "--yes", "--model", "gpt-9"], 2, "gpt-9"),
    ],
)
def test_what_cannot_be_sends_nothing(options, code, words, command, dataset):
    """And says why."""
    done = command("run", dataset, *options)
    assert (done.code, words in done.said) == (code, True), done.said
    assert "run-" not in command("runs").said


def test_a_dataset_with_errors_shows_its_verdict(command, tmp_path):
    """As `drytune check` would."""
    bad = tmp_path / "bad.jsonl"
    bad.write_text('{"messages": []}\n' * 12)
    done = command("run", bad, "--max-usd", 1, "--yes")
    assert done.code == 1
    assert "nothing was sent" in done.said
    assert "empty" in done.said


def test_the_same_twice_is_named(command, dataset):
    """The run that did it, and how to do it again."""
    assert command("run", dataset, "--max-usd", 1, "--yes").code == 0
    again = command("run", dataset, "--max-usd", 1, "--yes")
    assert (again.code, "--again" in again.said) == (1, True)
    assert command("run", dataset, "--max-usd", 1, "--yes", "--again").code == 0


def test_a_run_that_was_left_is_found_by_itself(command, dataset):
    """`resume` without a name goes on with the only one that is not finished."""
    left = command("run", dataset, "--max-usd", 1, "--yes", "--no-wait")
    assert (left.code, "drytune resume run-" in left.said) == (1, True)
    done = command("resume")
    assert (done.code, "ok the job succeeded" in done.said) == (0, True)
    nothing = command("resume")
    assert (nothing.code, "no run that is not finished" in nothing.said) == (2, True)


def test_a_run_is_cancelled(command, dataset):
    """After it was asked for, or with `--yes`."""
    command("run", dataset, "--max-usd", 1, "--yes", "--no-wait")
    assert command("cancel", "last").code == 2
    done = command("cancel", "last", "--yes")
    assert (done.code, "cancelled" in done.said) == (0, True)


def test_a_project_has_its_budget_and_rules(command, dataset):
    """Those of `[tool.drytune]`."""
    Path("pyproject.toml").write_text('[tool.drytune]\nmax-usd = 1\nmodel = "gpt-4o-mini"\n')
    done = command("run", dataset, "--yes", "--format", "json")
    run = json.loads(done.out)
    assert (done.code, run["bill"]["max_usd"], run["task"]["model"]) == (0, 1.0, "gpt-4o-mini-2024-07-18")


@pytest.fixture
def live(command, monkeypatch):
    """Commands that would ask a platform at an address where nobody answers."""
    monkeypatch.setenv("DRYTUNE_BACKEND", "live")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-proj-VERYSECRETKEY0123456789")
    return command


def test_a_missing_key_is_told_before_anything_is_begun(live, dataset, monkeypatch):
    """No run is left over."""
    monkeypatch.delenv("OPENAI_API_KEY")
    done = live("run", dataset, "--max-usd", 1, "--yes")
    assert (done.code, "OPENAI_API_KEY is not set" in done.said) == (2, True)
    assert "run-" not in live("runs").said


@pytest.mark.parametrize("command_name", ["plan", "run"])
def test_a_key_in_a_question_is_refused_before_it_is_shown(command_name, live, dataset):
    """It would stand in the plan, and in the terminal."""
    asked = ["--ask", "Is sk-proj-VERYSECRETKEY0123456789 good?", "--max-usd", "1"]
    done = live(command_name, dataset, *asked, *(["--yes"] if command_name == "run" else []))
    assert (done.code, "key stands in" in done.said) == (1, True)
    assert "VERYSECRET" not in done.said
    assert not list(Path().glob("*.plan.json"))


def test_a_plan_with_something_more_is_not_done(command, dataset):
    """Whoever wrote it meant something by it."""
    command("plan", dataset, "--max-usd", 1, "--out", "my.plan.json")
    plan = json.loads(Path("my.plan.json").read_text())
    plan["task"]["hyperparameters2"] = {"n_epochs": 50}
    Path("my.plan.json").write_text(json.dumps(plan))
    done = command("run", "my.plan.json", "--yes")
    assert (done.code, "has been changed" in done.said) == (1, True)


def test_a_live_run_is_not_gone_on_with_unasked(command, dataset, monkeypatch):
    """In CI it takes a word, and another backend than its own is refused."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-anything")
    command("run", dataset, "--max-usd", 1, "--yes", "--no-wait")
    monkeypatch.setenv("DRYTUNE_BACKEND", "live")
    done = command("resume", "last", "--backend", "live")
    assert (done.code, "planned for simulated" in done.said) == (1, True)


def test_a_larger_budget_goes_on_where_the_smaller_ended(command, dataset):
    """Here with the same one, which is enough."""
    command("run", dataset, "--max-usd", 1, "--yes", "--no-wait")
    assert command("resume", "--max-usd", "nan").code == 2
    done = command("resume", "--max-usd", 2, "--format", "json")
    assert (done.code, json.loads(done.out)["bill"]["max_usd"]) == (0, 2.0)


def test_what_had_ended_cannot_be_cancelled(command, dataset):
    """It is said."""
    command("run", dataset, "--max-usd", 1, "--yes")
    assert "nothing to cancel" in command("cancel", "last", "--yes").said


def test_a_check_tells_what_ones_own_jobs_were_billed(live, dataset, where, monkeypatch, tmp_path):
    """Of the API that `drytune run` would ask; without a journal it says nothing of the kind."""
    assert "your own jobs" not in live("check", dataset).said
    with Journal.open(tmp_path / "state") as journal:
        name = "http://127.0.0.1:9/v1"
        journal.learn(name, "gpt-4.1-mini-2025-04-14", "supervised", "chat", 1000, 1100, "run-1")
    told = live("check", dataset)
    assert (told.code, "your own jobs: 1.1 times" in told.said) == (0, True)
    (tmp_path / "state" / "runs.sqlite3").write_bytes(b"no journal" * 100)
    assert live("check", dataset).code == 0
