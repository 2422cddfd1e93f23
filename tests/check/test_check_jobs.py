"""Several files are several jobs; a bill of a part says so; options that decide nothing are refused."""

import json
import re

import click
import msgspec
import pytest
from click.testing import CliRunner

import drytune
from drytune import check
from drytune.cli.check import check as command
from drytune.cli.dry_run import dry_run
from drytune.reports.check import check_lines
from drytune.reports.figures import per_rule

USER = {"role": "user", "content": "Hello"}
CAT = {"role": "assistant", "content": "Meow"}
PAIR = {
    "input": {"messages": [USER]},
    "preferred_output": [CAT],
    "non_preferred_output": [{**CAT, "content": "Woof"}],
}
GRADER = {"type": "string_check", "name": "same", "input": "{{sample.output_text}}",
          "reference": "{{item.answer}}", "operation": "eq"}  # fmt: skip


def talk(number=0, reply="Meow"):
    messages = [{**USER, "content": f"Hello {number}"}, {**CAT, "content": reply}]
    return {"messages": messages}


def task(number):
    return {"messages": [{**USER, "content": f"{number}+1?"}], "answer": str(number + 1)}


def pair(number):
    return {**PAIR, "input": {"messages": [{**USER, "content": f"Hello {number}"}]}}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A file for each method, and one that is not all JSON."""
    monkeypatch.chdir(tmp_path)
    write("chat.jsonl", map(talk, range(12)))
    write("more.jsonl", map(talk, range(100, 112)))
    write("pairs.jsonl", map(pair, range(10)))
    write("tasks.jsonl", map(task, range(10)))
    return tmp_path


def write(name, rows):
    with open(name, "w", encoding="utf-8") as stream:  # noqa: PTH123
        stream.writelines(f"{row if isinstance(row, str) else json.dumps(row)}\n" for row in rows)
    return name


def told(report):
    return [line.plain for line in check_lines(report, charts=False)]


def refusal(*arguments):
    with pytest.raises(drytune.UsageError) as caught:
        command.main([*arguments], standalone_mode=False)
    assert caught.value.exit_code == 2
    return str(caught.value)


# several files


def test_several_files_are_several_jobs(folder):
    """The first line says how many jobs there are; each file has its method, examples, epochs and bill."""
    report = check(["chat.jsonl", "more.jsonl"])
    lines = told(report)
    assert lines[0] == (
        "OK: 24 examples in 2 files, each a job of its own, for gpt-4.1-mini-2025-04-14 (supervised)"
    )
    for file in report.files:
        usd = f"{file.cost.training_usd:,.4f} USD"
        assert f"{file.file}: ok; supervised, 12 examples, {file.epochs} epochs, {usd}" in lines
    assert any(
        line.startswith("bill: ") and line.endswith(" per million tokens, for 2 jobs") for line in lines
    )
    assert report.to_dict()["method"] == "supervised"


def test_files_of_several_methods(folder):
    """All methods are named; as no single one is true of all files, JSON has none at the top."""
    report = check(["chat.jsonl", "pairs.jsonl"])
    assert told(report)[0].endswith(
        "22 examples in 2 files, each a job of its own, for gpt-4.1-mini-2025-04-14 (supervised, dpo)"
    )
    assert report.methods == ("supervised", "dpo")
    printed = report.to_dict()
    assert printed["method"] is None
    assert [file["method"] for file in printed["files"]] == ["supervised", "dpo"]


def test_a_file_without_a_bill_among_others(folder):
    """A file that costs nothing, has no price or is billed by the hour says so in its line."""
    write("empty.jsonl", [])
    assert "empty.jsonl: 1 error; supervised, 0 examples, nothing to bill" in told(
        check(["chat.jsonl", "empty.jsonl"])
    )
    lines = told(check(["chat.jsonl", "more.jsonl"], "my-own", encoding="o200k_base"))
    assert any(re.fullmatch(r"chat\.jsonl: ok; supervised, 12 examples, \d+ epochs, no price is known", line)
               for line in lines)  # fmt: skip
    write("other.jsonl", map(task, range(50, 60)))
    lines = told(check(["tasks.jsonl", "other.jsonl"], "o4-mini"))
    assert any(line.endswith(", billed by the hour") for line in lines)


def test_the_page_tells_jobs_too(folder):
    """The table of files has the method, the epochs and the bill of each."""
    pytest.importorskip("jinja2")
    pytest.importorskip("matplotlib")
    from drytune.reports.html import html_page

    page = html_page(check(["chat.jsonl", "pairs.jsonl"]), {})
    assert "each a job of its own" in page
    assert re.search(r"<td>dpo, \d+ epochs?, \d+\.\d+ USD</td>", page)


def test_one_file_twice(folder):
    """It would be billed twice, so it is refused."""
    sentence = "chat.jsonl is named twice; name it once, as each file is a job of its own."
    assert refusal("chat.jsonl", "chat.jsonl") == sentence
    assert refusal("c*.jsonl", "chat.jsonl") == sentence


def test_a_bad_file_among_many_is_named(folder):
    """A check ends with the file that cannot be read, called by its own name rather than by the pattern."""
    (folder / "x.jsonl.gz").write_bytes(b"\x1f\x8b broken")
    assert refusal("*.jsonl*").startswith("x.jsonl.gz is ")
    (folder / "x.jsonl.gz").unlink()
    (folder / "gone.jsonl").symlink_to("nowhere")
    assert refusal("*.jsonl") == "gone.jsonl is a symbolic link that leads nowhere; mend it, or leave it out."


# the bill


def test_a_bill_after_errors(folder):
    """Lines without an example are on no bill, and that is said."""
    lines = told(check(write("bad.jsonl", [*map(talk, range(10)), "{", "[]", ""])))
    assert lines[-1] == "2 lines could not be counted: the bill is a lower bound"
    lines = told(check(write("bad.jsonl", [*map(talk, range(10)), "{"])))
    assert lines[-1] == "1 line could not be counted: the bill is a lower bound"
    assert not any("lower bound" in line for line in told(check("chat.jsonl")))


@pytest.mark.parametrize("rows", [[], ["{", "["]])
def test_nothing_to_bill(folder, rows):
    """Without an example there are no tokens and there is no bill."""
    lines = told(check(write("none.jsonl", rows)))
    assert lines[-1] == "nothing to bill: there is no example"
    assert not any(line.startswith(("tokens:", "billed:", "bill:", "1,000 calls")) for line in lines)


def test_a_part_of_a_bill(folder):
    """After an interruption it is said what tokens and bill are of."""
    report = check("chat.jsonl")
    (file,) = report.files
    file = msgspec.structs.replace(file, verdict=msgspec.structs.replace(file.verdict, partial=True))
    assert (
        told(msgspec.structs.replace(report, files=(file,)))[-1] == "tokens and bill cover only what was read"
    )


def test_calls_without_replies(folder):
    """Where no reply has tokens the price of calls is missing, and the line says why."""
    refused = {"messages": [USER, {"role": "assistant", "refusal": "No."}]}
    reason = "1,000 calls afterwards: not known, as no reply of the examples has tokens to count"
    report = check(write("refusals.jsonl", [refused] * 10))
    no_replies = msgspec.structs.replace(
        report,
        tokens=msgspec.structs.replace(report.tokens, assistant=0),
        cost=msgspec.structs.replace(report.cost, per_1000_calls_usd=None),
    )
    assert reason in told(no_replies)
    assert reason not in told(check("chat.jsonl"))
    assert reason not in told(check("chat.jsonl", "my-own", encoding="o200k_base"))


def test_findings_of_the_validation_file_are_counted(folder):
    """What was found there and not kept is omitted too, and its rules are counted."""
    write("valid.jsonl", ["{"] * 1500 + ['{"messages": [{"role": "user"}]}'] * 9000)
    report = check("chat.jsonl", validation="valid.jsonl")
    assert report.validation.verdict.omitted > 0
    assert report.omitted == report.to_dict()["omitted"] == report.validation.verdict.omitted
    counts = {one.code: one.times for one in per_rule(report.findings, report.inspected)}
    assert counts["missing-content"] == 9000
    assert told(report)[0].startswith(f"NO: {report.validation.verdict.facts.error_count:,} errors; ")


# options


@pytest.mark.parametrize("option", ["--grader", "--response-format"])
def test_a_grader_for_nothing(folder, option):
    """What only reinforcement has is refused where no file is for it; the method that was found is named."""
    (folder / "grader.json").write_text(json.dumps(GRADER))
    assert refusal("chat.jsonl", "pairs.jsonl", option, "grader.json") == (
        f"{option} is for reinforcement only, and the method found is supervised and dpo; leave {option} out, or"
        " name --method reinforcement."
    )
    assert "the method asked for is dpo; leave" in refusal(
        "pairs.jsonl", "--method", "dpo", option, "grader.json"
    )
    assert check("tasks.jsonl", "o4-mini", grader=GRADER).methods == ("reinforcement",)


@pytest.mark.parametrize("options", [(), ("--encoding", "o200k_base")])
def test_an_empty_name_of_a_model(folder, options):
    """It is no name; only who names none gets the default."""
    assert "''" in refusal("chat.jsonl", "-m", "", *options)
    (folder / "pyproject.toml").write_text('[tool.drytune]\nmodel = ""\n')
    assert 'model is ""; it must be the name of a model.' in refusal("chat.jsonl")


@pytest.mark.parametrize(
    ("budget", "shown"), [("-1", "-1"), ("nan", "nan"), ("inf", "inf"), ("-0.5", "-0.5")]
)
def test_no_budget(folder, budget, shown):
    """A budget is 0 or more; the option is named as it was typed, and before anything is read."""
    assert refusal("chat.jsonl", "--max-usd", budget) == (
        f"--max-usd is {shown}; a budget must be 0 or more, in US dollars."
    )
    with pytest.raises(drytune.UsageError, match="max_usd is"):
        check("chat.jsonl", max_usd=float(budget))


def test_nothing_may_be_spent(folder):
    """A budget of 0 is one, in the option as in the file."""
    result = CliRunner().invoke(command, ["chat.jsonl", "--max-usd", "0"])
    assert (result.exit_code, "over-budget" in result.output) == (1, True)
    (folder / "pyproject.toml").write_text("[tool.drytune]\nmax-usd = 0\n")
    result = CliRunner().invoke(command, ["chat.jsonl"])
    assert (result.exit_code, "over-budget" in result.output) == (1, True)
    assert CliRunner().invoke(command, ["chat.jsonl", "--max-usd", "5"]).exit_code == 0


def test_the_short_name_of_the_model(folder):
    """`-m` is the same option in `check` and in `dry-run`."""
    for one in (command, dry_run):
        assert any({"-m", "--model"} <= set(parameter.opts) for parameter in one.params)


def test_help_says_what_a_file_is(folder):
    """Several files are no shards of one."""
    help_text = command.get_help(click.Context(command))
    assert "Each FILE is a training file of its own." in " ".join(help_text.split())
