"""What `drytune check` writes: `--html` and `--fix` are looked at before the data, and never cost a file."""

import json
import os
import subprocess
import sys
from pathlib import Path

import click
import pytest

import drytune.engines
from drytune.checking import check as check_files
from drytune.cli.check import check as command
from drytune.engines import Interrupted
from drytune.errors import UsageError
from drytune.repair.targets import replace_page

pytest.importorskip("jinja2")
pytest.importorskip("matplotlib")

PAGE = "<!doctype html>\n"


def chat(user):
    return {"messages": [{"role": "user", "content": user}, {"role": "assistant", "content": "Meow"}]}


DATA = "\n".join(json.dumps(chat(f"I am number {number}.")) for number in range(10))


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


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "good.jsonl").write_text(DATA)
    (tmp_path / "other.jsonl").write_text(DATA.replace("number", "cat"))
    (tmp_path / "sub").mkdir()
    return tmp_path


@pytest.fixture
def unread(folder, monkeypatch):
    """A folder in which whoever looks at the data fails."""

    def refuse(*arguments, **options):
        raise AssertionError("the data was read")

    monkeypatch.chdir(folder)
    monkeypatch.setattr(drytune.engines, "first_block", refuse)
    monkeypatch.setattr(drytune.engines, "inspect_many", refuse)
    return folder


def refusal(*arguments):
    """The sentence with which the command refuses."""
    with pytest.raises(UsageError) as caught:
        command.main([*map(str, arguments)], standalone_mode=False)
    assert caught.value.exit_code == 2
    return str(caught.value)


def everything(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def another_name(kind, folder):
    """`good.jsonl` under another name."""
    if kind == "relative":
        return "sub/../good.jsonl"
    if kind == "absolute":
        return folder / "good.jsonl"
    if kind == "hard link":
        os.link("good.jsonl", "link.html")
    elif kind == "symbolic link":
        Path("link.html").symlink_to("good.jsonl")
    return "good.jsonl" if kind == "same" else "link.html"


@pytest.mark.parametrize("kind", ["same", "relative", "absolute", "hard link", "symbolic link"])
def test_the_page_never_replaces_an_input(unread, kind):
    """Whatever the training file, the validation file or a file of a pattern is called, it stays as it is."""
    out = another_name(kind, unread)
    before = everything(unread)
    sentence = f"{out} is the input, which is never touched; name another file for the page."
    assert refusal("good.jsonl", "--html", out) == sentence
    assert refusal(f"file://{unread}/good.jsonl", "--html", out) == sentence
    assert refusal("other.jsonl", "--validation", "good.jsonl", "--html", out) == sentence
    assert refusal("*.jsonl", "--html", out) == sentence
    assert everything(unread) == before


def test_a_page_that_is_an_input(unread):
    """A file that looks like a page is no less an input; so are graders and configurations."""
    Path("page.jsonl").write_text(PAGE)
    for option in ("--grader", "--response-format"):
        assert "is the input" in refusal("good.jsonl", option, "page.jsonl", "--html", "page.jsonl")
    assert "is the input" in refusal("page.jsonl", "--html", "page.jsonl")
    with pytest.raises(UsageError, match="is the input"):
        replace_page(PAGE, "page.jsonl", ["page.jsonl"])


def test_standard_input_from_a_file(folder):
    """A file that is piped in by the shell is an input as well."""
    (folder / "in.html").write_text(PAGE)
    with (folder / "in.html").open("rb") as stream:
        done = subprocess.run(
            [sys.executable, "-m", "drytune", "check", "-", "--html", "in.html"],
            cwd=folder, stdin=stream, capture_output=True, timeout=60, check=False,
        )  # fmt: skip
    assert (done.returncode, b"in.html is the input" in done.stderr) == (2, True)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--html", "-"], "--html needs the name of a file for the page."),
        (["--html", ""], "--html needs the name of a file for the page."),
        (["--html", "notes.txt"], "notes.txt exists already and is no HTML report, so it is not replaced; remove"),
        (["--html", "sub"], "sub exists already and is not a regular file; name another file for the page."),
        (["--html", os.devnull], f"{os.devnull} exists already and is not a regular file; name another"),
        (["--html", "none/a.html"], "{folder}/none is no directory, so none/a.html cannot be written; make it"),
        (["--html", "dangling.html"], "dangling.html is a symbolic link that leads nowhere; remove it, or name"),
        (["--fix", "good.jsonl"], "good.jsonl is the input, which is never touched; name another file for"),
        (["--fix", "notes.txt"], "notes.txt exists already; remove it, or name another file for the copy."),
        (["--fix", "none/a.jsonl"], "none is no directory, so none/a.jsonl cannot be written; make it first."),
        (["--fix", "a.jsonl.gz"], "a.jsonl.gz: the repaired copy is not compressed; name it a.jsonl."),
        (["--fix", "a.txt"], "a.txt does not end in .jsonl, so the platform would refuse the copy; name it a."),
        (["other.jsonl", "--fix", "a.jsonl"], "--fix repairs one file at a time, and 2 were named."),
        (["--html", "a.jsonl", "--fix", "sub/../a.jsonl"], "--html and --fix both name sub/../a.jsonl; they"),
    ],
)  # fmt: skip
def test_what_cannot_be_written_is_told_before_anything_is_read(unread, arguments, sentence):
    """Nobody waits for a check whose result then cannot be written, and nothing is changed."""
    Path("notes.txt").write_text("precious")
    Path("dangling.html").symlink_to("nowhere")
    before = sorted(unread.rglob("*"))
    assert refusal("good.jsonl", *arguments).startswith(sentence.format(folder=unread))
    assert sorted(unread.rglob("*")) == before
    assert Path("notes.txt").read_text() == "precious"


@pytest.mark.parametrize("library", ["jinja2", "matplotlib"])
def test_a_missing_library_is_told_before_anything_is_read(unread, monkeypatch, library):
    """What a page needs is asked for at once."""
    monkeypatch.setitem(sys.modules, library, None)
    sentence = f"The HTML report needs {library}: pip install 'drytune[html]'"
    assert refusal("good.jsonl", "--html", "a.html") == sentence


def test_an_earlier_page_is_replaced(folder):
    """Whole, at the end of a link if it is one, with the rights that it had, and with nothing left beside it."""
    page = folder / "sub" / "page.html"
    page.write_text(PAGE + "of yesterday")
    page.chmod(0o600)
    (folder / "link.html").symlink_to("sub/page.html")
    code, _, err = check(folder, "good.jsonl", "--html", "link.html")
    assert (code, err) == (0, "wrote link.html\n")
    assert page.read_text("utf-8").startswith(PAGE)
    assert "of yesterday" not in page.read_text("utf-8")
    assert ((folder / "link.html").is_symlink(), page.stat().st_mode & 0o777) == (True, 0o600)
    assert [path.name for path in page.parent.iterdir()] == ["page.html"]


def test_a_page_is_whole_or_not_there(folder, monkeypatch):
    """If the disk is full, the earlier page stays, and nothing else is left."""
    page = folder / "sub" / "page.html"
    page.write_text(PAGE)

    def fail(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", fail)
    with pytest.raises(OSError, match="No space left"):
        replace_page(PAGE * 2, str(page), [])
    assert (page.read_text(), [path.name for path in page.parent.iterdir()]) == (PAGE, ["page.html"])


def test_what_an_interrupted_check_did_not_write(folder, monkeypatch, capsys):
    """The verdict so far is printed; that its bill is of a part and that nothing was written is told."""
    monkeypatch.chdir(folder)
    facts = check_files("good.jsonl").files[0].verdict.facts

    def interrupted(*arguments, **options):
        raise Interrupted([facts], 100, 1000)

    monkeypatch.setattr(drytune.engines, "inspect_many", interrupted)
    with pytest.raises(click.Abort):
        command.main(["good.jsonl", "--html", "a.html", "--fix", "b.jsonl"], standalone_mode=False)
    out, err = capsys.readouterr()
    assert out.splitlines()[0].endswith("; not all lines were read")
    assert out.splitlines()[-1] == "tokens and bill cover only what was read"
    assert "drytune: --html a.html and --fix b.jsonl were not written, as not all lines were read" in err
    assert not (folder / "a.html").exists()
    assert not (folder / "b.jsonl").exists()
