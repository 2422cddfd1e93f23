"""The options of `drytune check`, as a user types them."""

import gzip
import json
import subprocess
import sys

import pytest
import zstandard


def chat(user, reply="Meow"):
    return {"messages": [{"role": "user", "content": user}, {"role": "assistant", "content": reply}]}


GOOD = [chat(f"I am number {number}.") for number in range(10)]


def lines(rows):
    return "\n".join(json.dumps(row, ensure_ascii=False) for row in rows).encode()


def check(folder, *arguments, data=b""):
    """Exit code, standard output, standard error."""
    done = subprocess.run(
        [sys.executable, "-m", "drytune", "check", *map(str, arguments)],
        cwd=folder,
        input=data,
        capture_output=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def findings(folder, *arguments, data=b""):
    """Codes of the findings about files."""
    _, out, _ = check(folder, *arguments, "--format", "json", data=data)
    return [finding["code"] for finding in json.loads(out)["findings"] if finding["file"] is not None]


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "good.jsonl").write_bytes(lines(GOOD))
    (tmp_path / "bad.jsonl").write_bytes(lines([*GOOD, {"messages": GOOD[0]["messages"][:1]}]))
    (tmp_path / "twice.jsonl").write_bytes(lines([*GOOD, GOOD[0]]))
    return tmp_path


def test_standard_input_and_compressed_files(folder):
    """All hold the same."""
    (folder / "a.jsonl.gz").write_bytes(gzip.compress((folder / "bad.jsonl").read_bytes()))
    (folder / "a.jsonl.zst").write_bytes(zstandard.compress((folder / "bad.jsonl").read_bytes()))
    for name in ("a.jsonl.gz", "a.jsonl.zst"):
        assert findings(folder, name) == ["missing-assistant"]
    assert findings(folder, "-", data=(folder / "bad.jsonl").read_bytes()) == ["missing-assistant"]


def test_patterns_name_several_files(folder):
    """In order, each told by its own name."""
    code, out, _ = check(folder, "*.jsonl", "--format", "json")
    report = json.loads(out)
    assert (code, [file["file"] for file in report["files"]]) == (
        1,
        ["bad.jsonl", "good.jsonl", "twice.jsonl"],
    )
    code, _, err = check(folder, "*.csv")
    assert (code, "matches" in err) == (2, True)


def test_a_validation_file(folder):
    """What of it is trained on is told."""
    (folder / "valid.jsonl").write_bytes(lines([GOOD[4]]))
    assert findings(folder, "good.jsonl", "--validation", "valid.jsonl") == ["leaked-validation"]


def test_severities_by_option_and_by_file(folder):
    """An option wins; `--strict` makes errors of warnings about the files, not of the calendar."""
    assert check(folder, "twice.jsonl")[0] == 0
    assert check(folder, "twice.jsonl", "--strict")[0] == 1
    assert check(folder, "good.jsonl", "--strict")[0] == 0
    assert check(folder, "twice.jsonl", "--error", "duplicate-example")[0] == 1
    assert check(folder, "bad.jsonl", "--off", "missing-assistant")[0] == 0
    (folder / "pyproject.toml").write_text('[tool.drytune.rules]\nduplicate-example = "error"\n')
    assert check(folder, "twice.jsonl")[0] == 1
    assert check(folder, "twice.jsonl", "--warning", "duplicate-example")[0] == 0
    code, _, err = check(folder, "good.jsonl", "--off", "missing-asistant")
    assert (code, "missing-assistant" in err) == (2, True)


def test_a_budget_and_another_currency(folder):
    """The command fails when the upper estimate exceeds the budget."""
    code, out, _ = check(folder, "good.jsonl", "--max-usd", "0.0001", "--rate", "JPY=150")
    assert code == 1
    assert "over-budget" in out
    assert "JPY" in out
    assert check(folder, "good.jsonl", "--max-usd", "1")[0] == 0
    assert check(folder, "good.jsonl", "--rate", "JPY")[0] == 2


def test_formats_for_programs(folder):
    """GitHub's annotations, SARIF, the cookbook's statistics."""
    _, out, _ = check(folder, "bad.jsonl", "--format", "github")
    assert "::error file=bad.jsonl,line=11,title=missing-assistant" in out
    _, out, _ = check(folder, "bad.jsonl", "--format", "sarif")
    run = json.loads(out)["runs"][0]
    assert "missing-assistant" in {result["ruleId"] for result in run["results"]}
    _, out, _ = check(folder, "good.jsonl", "--format", "cookbook")
    assert "num_messages_per_example" in out


def test_a_page(folder):
    """One file that needs no other."""
    pytest.importorskip("matplotlib")
    code, _, _ = check(folder, "bad.jsonl", "--html", "report.html")
    page = (folder / "report.html").read_text("utf-8")
    assert (code, page.startswith("<!doctype html>"), "missing-assistant" in page) == (1, True, True)


def test_a_repaired_copy(folder):
    """What has one safe repair is mended, what is left is told, and the input stays as it is."""
    data = (
        b"\xef\xbb\xbf"
        + lines([*GOOD, {"messages": [{**GOOD[0]["messages"][0], "role": "User"}]}])
        + b",\r\n\r\n"
    )
    (folder / "odd.jsonl").write_bytes(data)
    code, out, _ = check(folder, "odd.jsonl", "--fix", "mended.jsonl")
    assert code == 1
    assert (folder / "odd.jsonl").read_bytes() == data
    assert findings(folder, "mended.jsonl") == ["missing-assistant"]
    assert "left, as no repair is safe: missing-assistant 1" in out
    code, _, err = check(folder, "-", "--fix", "again.jsonl", data=data)
    assert (code, err) == (1, "")
    assert (folder / "again.jsonl").read_bytes() == (folder / "mended.jsonl").read_bytes()
    code, _, err = check(folder, "odd.jsonl", "--fix", "odd.jsonl")
    assert (code, "odd.jsonl" in err, (folder / "odd.jsonl").read_bytes()) == (2, True, data)


def test_reinforcement_with_a_grader(folder):
    """The grader's templates say what each example must have."""
    rows = [{"messages": [{"role": "user", "content": f"{n}+1?"}], "answer": str(n + 1)} for n in range(10)]
    (folder / "tasks.jsonl").write_bytes(lines([*rows, {"messages": rows[0]["messages"]}]))
    grader = {"type": "string_check", "name": "same", "input": "{{sample.output_text}}",
              "reference": "{{item.answer}}", "operation": "eq"}  # fmt: skip
    (folder / "grader.json").write_text(json.dumps(grader))
    options = ("tasks.jsonl", "--model", "o4-mini", "--grader", "grader.json")
    assert "missing-grader-field" in findings(folder, *options)
    (folder / "grader.json").write_text('{"type": "magic"}')
    assert "wrong-grader" in findings(folder, *options)
    (folder / "grader.json").write_text("{")
    assert check(folder, *options)[0] == 2
