"""`drytune check` on the command line."""

import json
import subprocess
import sys

import pytest
from rich.console import Console

from drytune.checking import check
from drytune.reports.check import MAX_SHOWN, print_report


def chat(text, reply="にゃ"):
    return {"messages": [{"role": "user", "content": text}, {"role": "assistant", "content": reply}]}


GOOD = chat("Hello")


def write(path, *examples, good=10):
    lines = [chat(f"Hello {number}") for number in range(good)] + list(examples)
    path.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    return path


def run(*arguments, cwd, env=None):
    """The command as a user has it: exit code, standard output, standard error."""
    done = subprocess.run(
        [sys.executable, "-c", "from drytune.cli import main; main()", "check", *map(str, arguments)],
        cwd=cwd,
        capture_output=True,
        timeout=60,
        check=False,
        env=env,
    )
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def test_json(tmp_path):
    """One object, with files and findings named as they were typed."""
    write(tmp_path / "cats.jsonl", {"messages": [{"role": "bot", "content": "猫"}]})
    code, out, err = run(
        "cats.jsonl", "--model", "gpt-4o-mini", "--as-of", "2025-01-01", "--format", "json", cwd=tmp_path
    )
    report = json.loads(out)
    assert (code, err, report["ok"]) == (1, "", False)
    first = next(finding for finding in report["findings"] if finding["severity"] == "error")
    assert (first["file"], first["line"], first["pointer"]) == ("cats.jsonl", 11, "/messages/0/role")
    assert report["files"][0]["file"] == "cats.jsonl"


def test_text(tmp_path):
    """A verdict, findings a line each, tokens, and the bill with its source."""
    write(tmp_path / "cats.jsonl", {"messages": [GOOD["messages"][0]]})
    code, out, _ = run("cats.jsonl", "--as-of", "2025-05-01", cwd=tmp_path)
    lines = out.splitlines()
    assert code == 1
    assert lines[0] == "NO: 1 error; 11 examples for gpt-4.1-mini-2025-04-14 (supervised)"
    assert lines[1] == (
        "cats.jsonl:11: error missing-assistant /messages: No message is from the assistant."
        " → Add the reply that the model shall learn, or remove the line."
    )
    assert any(line.startswith("bill: ") for line in lines)
    assert "  price: OpenAI pricing page, mid 2026 (last published mid-2026)" in lines
    assert "\x1b" not in out


def test_success(tmp_path):
    """A good file exits with 0; today's date is used and whatever it warns of stops nothing."""
    code, out, err = run(write(tmp_path / "good.jsonl").name, cwd=tmp_path)
    assert (code, err) == (0, "")
    assert out.startswith("OK: 10 examples for gpt-4.1-mini-2025-04-14 (supervised)")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["none.jsonl"], "none.jsonl does not exist"),
        (["."], "is a directory"),
        (["good.jsonl", "--model", "gpt-5-mini"], "'gpt-5-mini' cannot be fine-tuned"),
        (["good.jsonl", "--epochs", "0"], "--epochs"),
        (["good.jsonl", "--as-of", "soon"], "--as-of"),
        ([], "FILE"),
    ],
)
def test_wrong_use(tmp_path, arguments, sentence):
    """Wrong use exits with 2 and says why, without a traceback."""
    write(tmp_path / "good.jsonl")
    code, out, err = run(*arguments, cwd=tmp_path)
    assert (code, out) == (2, "")
    assert sentence in err
    assert "Traceback" not in err


def test_names_that_are_not_utf8(tmp_path):
    """A file's name may be any bytes; JSON and text come out all the same."""
    name = b"caf\xe9\x1b[31m.jsonl"
    try:
        (tmp_path / name.decode("utf-8", "surrogateescape")).write_bytes(b"{}")
    except (OSError, UnicodeError):
        pytest.skip("this file system wants UTF-8")
    for form in ("json", "text"):
        code, out, err = run(name.decode("utf-8", "surrogateescape"), "--format", form, cwd=tmp_path)
        assert (code, err) == (1, "")
        assert "\x1b" not in out


def rendered(report, width):
    console = Console(width=width, record=True, file=open("/dev/null", "w"), color_system=None)  # noqa: PTH123, SIM115
    with console.file:
        print_report(report, console)
        return console.export_text()


def test_sixty_columns(tmp_path):
    """The report keeps to 60 columns, and nothing in it is taken for markup."""
    path = write(tmp_path / "x.jsonl", {"messages": [{"role": "[bold]", "content": "[/]"}]})
    text = rendered(check(path), 60)
    assert max(map(len, text.splitlines())) <= 60
    assert "[bold]" in text


def test_a_cap_on_what_is_shown(tmp_path):
    """Fifty findings are shown, and how many more there are is told."""
    path = write(
        tmp_path / "x.jsonl", *[{"messages": chat(str(number))["messages"][:1]} for number in range(73)]
    )
    text = rendered(check(path), 500)
    assert text.count("error missing-assistant") == MAX_SHOWN == 50
    assert "… and 23 more" in text
    assert text.startswith("NO: 73 errors; 83 examples")


def test_nothing_heavy_is_imported():
    """The command's module loads no SDK, no tokenizer and no terminal library."""
    heavy = {"openai", "tiktoken", "quicktok", "rich"}
    script = f"import sys, drytune.cli.check; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
