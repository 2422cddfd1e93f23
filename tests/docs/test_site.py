"""The pages of the site are true: what they show is run, what they name is there, both languages say the same.

How a page is read:

- Python blocks without a name are one session of that page, in its order; a ``text`` block right after one is what
  it prints. ``…`` stands for anything.
- A block whose first line is ``# NAME.py`` is that file; one with more words in that line goes on with it. All
  files are in one directory, and pytest runs them once.
- ``<!-- fails -->`` before a block: its tests fail, and the ``text`` block after it is what pytest says then.
- ``<!-- slow -->``: its tests are run by ``make test-slow``.
"""

import contextlib
import io
import json
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
TUTORIAL, TRANSLATED = DOCS / "tutorial.md", DOCS / "tutorial.ja.md"
RUN = [TUTORIAL, *sorted(DOCS.glob("how-to/*.md")), *sorted(DOCS.glob("explanation/*.md"))]
PAGES = [page for page in sorted(DOCS.rglob("*.md")) if page.parent.name != "rules"]
_FENCE = re.compile(
    r"(?:^<!-- (?P<mark>[\w ]+) -->\n)?^```(?P<language>\w+)\n(?P<code>.*?)^```$", re.DOTALL | re.MULTILINE
)

# as a user runs it, but that any warning is an error; of those of other plugins there may be some
_OPTIONS = (
    *("--rootdir=.", "-rfE", "--tb=short", "--continue-on-collection-errors"),
    *("--junitxml=report.xml", "-o", "junit_family=xunit1", "-o", "pythonpath=.", "-p", "no:cacheprovider"),
    *("-W", "error", "-W", "ignore::pytest.PytestDeprecationWarning"),
)


@dataclass(frozen=True)
class Block:
    """A piece of code on a page, and what it is said to print."""

    page: Path
    line: int
    language: str
    code: str
    mark: str
    shown: str | None = None

    @property
    def name(self) -> str | None:
        """Of the file that it is."""
        found = re.match(r"# ([\w./-]+\.py)\b", self.code)
        return found[1] if found else None

    @property
    def goes_on(self) -> bool:
        """Whether it is not the first of its file."""
        return not self.code.startswith(f"# {self.name}\n")

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def blocks(page: Path) -> list[Block]:
    """In the order of the page; what is printed belongs to the block before it."""
    text = page.read_text("utf-8")
    found: list[Block] = []
    end = 0
    for fence in _FENCE.finditer(text):
        between, end = text[end : fence.start()], fence.end()
        language, code, mark = fence["language"], fence["code"], fence["mark"] or ""
        if language == "text" and found and not between.strip():
            found[-1] = replace(found[-1], shown=code)
        else:
            line = text.count("\n", 0, fence.start("language")) + 1
            found.append(Block(page, line, language, code, mark))
    return found


def python(page: Path) -> list[Block]:
    return [block for block in blocks(page) if block.language == "python"]


def files() -> list[Block]:
    return [block for page in RUN for block in python(page) if block.name is not None]


def suites(*, slow: bool = False) -> list[Block]:
    tests = [block for block in files() if Path(block.name).name.startswith("test_")]
    return [block for block in tests if ("slow" in block.mark) == slow]


def variables() -> dict[str, str]:
    """The environment of a process without a key."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "SYSTEMROOT", "HOME") if name in os.environ}
    return {**kept, "PYTHONUTF8": "1", "PYTHONDONTWRITEBYTECODE": "1", "COLUMNS": "120"}


def like(shown: str) -> str:
    """A pattern of what is shown."""
    return ".*?".join(map(re.escape, shown.strip("\n").split("…")))


def like_wrapped(shown: str) -> str:
    """The same of what pytest says, whose lines are as long as the terminal is wide, and longer."""
    words = (like(word) if word.strip("-") else "-+" for word in shown.split())
    return r"\s+".join(words)


def with_data(directory: Path) -> Path:
    """A directory in which paths of the repository lead to what is there."""
    for name in ("examples", "recordings"):
        (directory / name).symlink_to(ROOT / name)
    return directory


@pytest.mark.parametrize("page", RUN, ids=lambda page: str(page.relative_to(DOCS)))
def test_the_session_of_a_page_prints_what_it_shows(page, tmp_path, monkeypatch):
    """From its first block to its last, in one namespace."""
    monkeypatch.chdir(with_data(tmp_path))
    names: dict[str, object] = {"__name__": "__main__"}
    for block in python(page):
        if block.name is not None:
            continue
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile("\n" * block.line + block.code, str(page), "exec"), names)
        if block.shown is not None:
            assert re.fullmatch(like(block.shown), printed.getvalue().strip("\n"), re.DOTALL), (
                f"{block} prints\n{printed.getvalue()}"
            )


def run_by_pytest(directory: Path, chosen: list[Block]) -> tuple[dict[str, set[str]], str]:
    """What pytest says of these files, which see all others: outcomes by file, and its words."""
    for block in files():
        path = directory / block.name
        path.parent.mkdir(exist_ok=True)
        assert path.exists() == block.goes_on, (
            f"{block}: there is another {block.name}, or none to go on with"
        )
        with path.open("a", encoding="utf-8") as file:
            file.write(f"\n\n{block.code}" if block.goes_on else block.code)
    command = [
        sys.executable,
        "-B",
        "-m",
        "pytest",
        *_OPTIONS,
        *dict.fromkeys(block.name for block in chosen),
    ]
    storage = {"HYPOTHESIS_STORAGE_DIRECTORY": str(directory / "hypothesis")}
    done = subprocess.run(
        command, cwd=directory, env=variables() | storage, capture_output=True, text=True, check=False
    )
    report = directory / "report.xml"
    assert report.exists(), done.stdout + done.stderr
    outcomes: dict[str, set[str]] = {}
    for case in ET.parse(report).iter("testcase"):
        kinds = {child.tag for child in case} & {"failure", "error", "skipped"}
        # a machine's test is defined in Hypothesis: its class tells where it is
        (module,) = [name for name in case.get("classname").split(".") if name.startswith("test_")]
        outcomes.setdefault(f"{module}.py", set()).update(kinds or {"passed"})
    return outcomes, re.sub(r"[ ]+$", "", done.stdout, flags=re.MULTILINE)


def does_as_it_says(block: Block, outcomes: dict[str, set[str]], said: str) -> None:
    """Its tests pass (or are expected to fail), or fail as it shows."""
    outcome = outcomes.get(Path(block.name).name, set())
    if "fails" not in block.mark:
        assert outcome - {"skipped"} == {"passed"}, said
        return
    assert outcome & {"failure", "error"}, f"{block} does not fail"
    assert re.search(like_wrapped(block.shown), said, re.DOTALL), (
        f"{block} shows\n{block.shown}\nbut pytest says\n{said}"
    )


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """All files of all pages, but the slow ones; in one run of pytest."""
    return run_by_pytest(with_data(tmp_path_factory.mktemp("pages")), suites())


@pytest.mark.parametrize("block", suites(), ids=str)
def test_the_tests_of_a_page_do_what_it_says(block, ran):
    """They pass, or fail as it shows."""
    does_as_it_says(block, *ran)


@pytest.mark.slow
@pytest.mark.parametrize("block", suites(slow=True), ids=str)
def test_the_slow_tests_of_a_page_do_what_it_says(block, tmp_path):
    """They, too."""
    does_as_it_says(block, *run_by_pytest(with_data(tmp_path), [block]))


def test_there_are_pages_to_run():
    """The tests above would pass on an empty list."""
    assert len(RUN) >= 10
    assert len(suites()) >= 10


def uncommented(code: str) -> str:
    """Comments may be in another language."""
    return re.sub(r"[ ]*#(?! [\w./-]+\.py$).*$", "", code, flags=re.MULTILINE)


def test_the_tutorial_is_the_same_in_both_languages():
    """Code, commands and what is printed; only the words around them are others."""
    english, japanese = (
        [(block.language, uncommented(block.code), block.shown) for block in blocks(page)]
        for page in (TUTORIAL, TRANSLATED)
    )
    assert japanese == english


def test_the_tutorial_has_the_same_chapters_in_both_languages():
    """Numbered ones."""
    english, japanese = (
        re.findall(r"^## (\d+)\.", page.read_text("utf-8"), re.MULTILINE) for page in (TUTORIAL, TRANSLATED)
    )
    assert english == japanese


def lines_of_commands() -> list:
    """Of new pages; those of the older ones are tried beside this module."""
    found = []
    for page in [*RUN, TRANSLATED]:
        for block in blocks(page):
            if block.language == "sh":
                lines = (line.partition("  #")[0].strip() for line in block.code.splitlines())
                found += [pytest.param(line, id=f"{block}-{line[:40]}") for line in lines if line]
    return found


@pytest.mark.parametrize("line", lines_of_commands())
def test_the_options_of_a_command_exist(line, pytestconfig):
    """Of drytune's commands and of the pytest plugin."""
    from drytune.cli.app import app

    words = line.split()
    options = {word.partition("=")[0] for word in words if word.startswith("--")}
    if "drytune" in words:
        command, rest = app, words[words.index("drytune") + 1 :]
        while hasattr(command, "commands") or command is app:
            command = command.get_command(None, rest.pop(0))
            assert command is not None, line
        known = {
            option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)
        }
        assert options <= known
    elif "pytest" in words:
        known = {
            option
            for group in [pytestconfig._parser._anonymous, *pytestconfig._parser._groups]
            for one in group.options
            for option in one.names()
        }
        assert {option for option in options if option.startswith("--drytune")} <= known


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(DOCS)))
def test_links_of_the_site_lead_somewhere(page):
    """Relative ones, and all headings that are pointed at."""
    for target in re.findall(r"\]\((?!https?:)([^)\s]+)\)", page.read_text("utf-8")):
        path, _, anchor = target.partition("#")
        leads = (page.parent / path) if path else page
        assert leads.exists(), target
        if anchor:
            headings = re.findall(r"^#+ (.*)$", leads.read_text("utf-8"), re.MULTILINE)
            slugs = {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
            assert anchor in slugs, target


def test_every_page_has_its_place():
    """In one of the four parts; the rules' pages have theirs together."""
    trees = re.findall(r"```\{toctree\}\n(.*?)```", (DOCS / "index.md").read_text("utf-8"), re.DOTALL)
    entries = {
        re.sub(r".*<(.*)>", r"\1", line)
        for tree in trees
        for line in tree.splitlines()
        if line and line[0] != ":"
    }
    pages = {str(page.relative_to(DOCS).with_suffix("")) for page in PAGES} - {"index"}
    assert pages - entries == set()
    assert {entry for entry in entries if not (DOCS / f"{entry}.md").exists()} == set()


@pytest.mark.parametrize(
    ("module", "page"),
    [
        ("drytune", "reference/python.md"),
        ("drytune.testing", "reference/testing.md"),
        ("drytune.testing.strategies", "reference/testing.md"),
        ("drytune_simulator", "reference/simulator.md"),
    ],
)
def test_the_reference_has_every_public_name(module, page):
    """What is exported is described somewhere."""
    import importlib

    text = (DOCS / page).read_text("utf-8")
    described = set(re.findall(r"^\.\. auto\w+:: (?:[\w.]+\.)?(\w+)", text, re.MULTILINE))
    exported = {name for name in importlib.import_module(module).__all__ if not name.startswith("__")}
    assert exported - described - {"Simulator" if module == "drytune" else ""} == set()


def test_the_reference_has_every_law():
    """In the machine's own words."""
    from drytune.testing.machine import LAWS

    text = (DOCS / "reference/testing.md").read_text("utf-8")
    assert [name for name, law in LAWS.items() if f"| `{name}` | {law} |" not in text] == []


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The site, built as ``make docs`` does, where no connection is possible."""
    out = tmp_path_factory.mktemp("site")
    command = re.search(r"-m sphinx (.*)", (ROOT / "Makefile").read_text("utf-8"))[1]
    options = (
        command.replace("build/site", str(out / "site"))
        .replace("build/doctrees", str(out / "doctrees"))
        .split()
    )
    done = subprocess.run(
        [sys.executable, "-m", "sphinx", *options],
        cwd=ROOT,
        env=variables() | {"PYTHONPATH": str(ROOT / "tests" / "guarded")},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return out / "site"


@pytest.mark.slow
def test_the_site_is_built_without_a_warning_and_without_a_network(site):
    """Every page of it is there, in both languages, and so are the rules."""
    for name in (
        "index",
        "docs/index",
        "docs/tutorial",
        "docs/tutorial.ja",
        "docs/rules/api-key",
        "simulator/README",
    ):
        assert (site / f"{name}.html").exists()
    assert "assert_job_created_once" in (site / "docs/reference/testing.html").read_text("utf-8")
    assert "--max-usd" in (site / "docs/reference/command-line.html").read_text("utf-8")


@pytest.mark.slow
def test_the_site_needs_nothing_from_outside(site):
    """No script, style, font or picture of another host; links to read on are no need."""
    for page in site.rglob("*.html"):
        text = page.read_text("utf-8")
        needed = re.findall(r"<(?:script|img|iframe|source)\b[^>]*\bsrc=\"([^\"]+)\"", text)
        needed += re.findall(
            r"<link\b[^>]*\brel=\"(?:stylesheet|icon|preload|preconnect)\"[^>]*\bhref=\"([^\"]+)\"", text
        )
        needed += re.findall(
            r"<link\b[^>]*\bhref=\"([^\"]+)\"[^>]*\brel=\"(?:stylesheet|icon|preload|preconnect)\"", text
        )
        assert [one for one in needed if re.match(r"(?:https?:)?//", one)] == [], page
    for style in site.rglob("*.css"):
        found = re.findall(
            r"url\(\s*[\"']?((?:https?:)?//[^)\"']+)|@import\s+[\"']((?:https?:)?//[^\"']+)",
            style.read_text("utf-8"),
        )
        assert found == [], style


@pytest.mark.slow
def test_the_site_can_be_searched_offline(site):
    """The index is a script, so that it works from a file as well."""
    text = (site / "searchindex.js").read_text("utf-8")
    index = json.loads(text[text.index("{") : text.rindex("}") + 1])
    assert "docs/tutorial" in index["docnames"]
    assert "unansw" in "".join(index["terms"])
