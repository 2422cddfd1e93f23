"""`drytune plan` on the command line."""

import io
import json
import os
from pathlib import Path

import pytest
from rich.console import Console

from drytune.cli.plan import plan as command
from drytune.errors import Refused, UsageError
from drytune.reports.plan import plan_lines, print_plan
from drytune.workflow.journal import Journal
from drytune.workflow.plan import Correction
from drytune.workflow.planning import load_plan


@pytest.fixture(autouse=True)
def _alone(monkeypatch, tmp_path):
    """No project, no environment, and a journal of its own."""
    for name in ("CI", "DRYTUNE_BACKEND", "OPENAI_BASE_URL", "OPENAI_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DRYTUNE_STATE", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def run(capsys, write):
    """Run the command; gives its exit code, standard output, standard error."""
    write()

    def ran(*arguments):
        code = command.main([*map(str, arguments)], prog_name="drytune plan", standalone_mode=False)
        out, err = capsys.readouterr()
        return code or 0, out, err

    return ran


def test_a_plan_is_told_and_written(run):
    """What will be done, the bill at most, and how to go on; no key is needed for it."""
    code, out, err = run("count.jsonl", "--max-usd", "2", "--suffix", "cats")
    made = load_plan("count.plan.json")
    assert (code, err) == (0, "wrote count.plan.json; `drytune run count.plan.json` does exactly this\n")
    assert out.startswith(
        "plan       fine-tune gpt-4.1-mini-2025-04-14 (supervised) at https://api.openai.com/v1\n"
    )
    assert f"SHA-256 {made.task.training.sha256[:16]}… · uploaded as {made.task.training.upload_name}" in out
    assert f"in all     at most {made.estimate.total_high_usd:.4f} USD; the budget is 2.0000 USD\n" in out
    assert "\x1b" not in out


def test_json(run):
    """The plan as the file has it; without a budget nothing is said of running it."""
    code, out, err = run("count.jsonl", "--format", "json", "--backend", "simulated", "--out", "my.json")
    assert (code, err) == (0, "wrote my.json\n")
    assert out == Path("my.json").read_text(encoding="utf-8")
    assert json.loads(out)["endpoint"]["backend"] == "simulated"


def test_all_options_of_a_job(run, write):
    """Each comes into the plan."""
    write("valid.jsonl", first=50)
    write("held.jsonl", first=90)
    options = (
        "--method supervised --epochs 2 --batch-size 3 --learning-rate-multiplier 0.5 --suffix s --seed 9"
    )
    files = (
        "--validation valid.jsonl --holdout held.jsonl --ask Hm? --ask Why? --system Be --model gpt-4.1-nano"
    )
    run("count.jsonl", *options.split(), *files.split())
    task = load_plan("count.plan.json").task
    assert task.hyperparameters == {"n_epochs": 2, "batch_size": 3, "learning_rate_multiplier": 0.5}
    assert (task.suffix, task.seed, task.model) == ("s", 9, "gpt-4.1-nano-2025-04-14")
    assert [question.prompt for question in task.questions] == ["Hm?", "Why?"]
    assert {question.system for question in task.questions} == {"Be"}
    assert (task.validation.local.name, task.holdout.local.name) == ("valid.jsonl", "held.jsonl")


def test_what_the_project_says(run, write):
    """Options that are not given come from pyproject.toml, the budget and the rules too."""
    table = 'model = "gpt-4.1"\nepochs = 2\nmax-usd = 7\n[tool.drytune.rules]\nemail-address = "off"\n'
    write("pyproject.toml", f"[tool.drytune]\n{table}")
    run("count.jsonl")
    made = load_plan("count.plan.json")
    assert (made.task.model, made.task.hyperparameters) == ("gpt-4.1-2025-04-14", {"n_epochs": 2})
    assert (made.max_usd, made.rules) == (7.0, {"email-address": "off"})
    run("count.jsonl", "--force", "--epochs", "3", "--max-usd", "8")
    made = load_plan("count.plan.json")
    assert (made.task.hyperparameters, made.max_usd) == ({"n_epochs": 3}, 8.0)


def test_prices_of_a_profile(run, write):
    """A vendor's own, whose model the catalog need not know."""
    profile = (
        '[tool.drytune.profiles.team]\nbase-url = "https://llm.example.com/v1"\nprices = {training = 2.0}\n'
    )
    write("pyproject.toml", profile)
    run(
        "count.jsonl",
        "--profile",
        "team",
        "--backend",
        "live",
        "--model",
        "their-own",
        "--encoding",
        "o200k_base",
    )
    made = load_plan("count.plan.json")
    assert (made.endpoint.name, made.estimate.prices.training) == ("https://llm.example.com/v1", 2.0)
    assert "team" in made.estimate.prices.source


def test_own_jobs_correct_the_estimate(run, tmp_path):
    """What earlier jobs of this kind were billed is in the journal."""
    with Journal.open(tmp_path / "state") as journal:
        journal.learn("simulated", "gpt-4.1-mini-2025-04-14", "supervised", "chat", 1000, 1200, "run-1")
    _, out, _ = run("count.jsonl", "--backend", "simulated")
    assert "learned    1.2 times the " in out
    estimate = load_plan("count.plan.json").estimate
    assert estimate.tokens == round(estimate.counted * 1.2)
    run("count.jsonl", "--backend", "live", "--out", "live.json")
    assert load_plan("live.json").estimate.correction is None


def test_a_dataset_with_errors(run, write):
    """The verdict, and no plan; as JSON too."""
    write("bad.jsonl", '{"messages": []}\n')
    code, out, err = run("bad.jsonl")
    assert (code, out.splitlines()[0][:2]) == (1, "NO")
    assert err == "drytune: the dataset has errors, so there is no plan, and nothing was sent\n"
    code, out, err = run("bad.jsonl", "--format", "json")
    assert (code, err, json.loads(out)["ok"]) == (1, "", False)
    assert json.loads(out)["refused"].startswith("bad.jsonl: too-few-examples: ")
    assert not os.path.lexists("bad.plan.json")


def test_more_than_the_budget(run):
    """A sentence, and no plan."""
    with pytest.raises(Refused, match=r"more than the budget of 0\.001 USD"):
        run("count.jsonl", "--max-usd", "0.001")
    assert not os.path.lexists("count.plan.json")


def test_an_earlier_plan_is_replaced_only_by_force(run, write):
    """And what is no plan never is."""
    run("count.jsonl")
    with pytest.raises(UsageError, match="is there already; add --force"):
        run("count.jsonl", "--suffix", "new")
    run("count.jsonl", "--suffix", "new", "--force")
    assert load_plan("count.plan.json").task.suffix == "new"
    write("notes.txt", "mine")
    for out, sentence in (
        ("notes.txt", "is no plan, so it is not replaced"),
        ("count.jsonl", "is no plan, so it is not replaced"),
        (".", "is a directory"),
        ("none/x.json", "none is no directory"),
        ("-", "needs the name of a file"),
    ):
        with pytest.raises(UsageError, match=sentence):
            run("count.jsonl", "--force", "--out", out)


def test_help_names_all_options():
    """Those of a job, of a backend, and its own."""
    names = {option for parameter in command.params for option in parameter.opts}
    wanted = (
        "--max-usd --out --force --format --state --backend --profile --model --holdout --ask --seed --grader"
    )
    assert set(wanted.split()) <= names


@pytest.mark.parametrize("width", [40, 120])
def test_a_plan_on_a_terminal(planned, width, write):
    """Nothing is lost at any width; the sentence about one's own jobs is there."""
    learned = Correction(factor=1.5, jobs=2, low=1.0, high=2.0)
    made = planned(correction=learned, holdout=write("held.jsonl", first=90, count=3), max_usd=3)
    console = Console(width=width, force_terminal=True, color_system=None, file=io.StringIO())
    print_plan(made, console)
    text = " ".join(console.file.getvalue().split())
    for name, said in plan_lines(made):
        assert name in text
        assert said.replace(" ", "") in text.replace(" ", "")
    assert "1.5 times" in text
    assert "by 2 jobs of your own (1 to 2)" in text
    assert "for the held-out examples, asked of both models" in text


def test_what_a_dataset_says_cannot_steer_the_terminal(planned):
    """A prompt with escapes is shown without them."""
    made = planned(ask=("\x1b[31mred\x07",))
    console = Console(width=80, file=io.StringIO())
    print_plan(made, console)
    text = console.file.getvalue()
    assert "red" in text
    assert "\x1b" not in text
    assert "\x07" not in text
