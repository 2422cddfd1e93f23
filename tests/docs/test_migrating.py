"""The migration pages are true: each test on them passes where its tool is, before and after.

A block whose first line is ``# NAME.py`` is that file; ``before/`` holds what the other tool does, ``after/`` what
is written for drytune. ``<!-- fails -->`` before a block: its tests fail.
"""

import json
import os
import re
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
VCRPY = ROOT / "docs" / "migrating-from-vcrpy.md"
OPENAI_RESPONSES = ROOT / "docs" / "migrating-from-openai-responses.md"
PAGES = [VCRPY, OPENAI_RESPONSES]
_BLOCK = re.compile(
    r"^(<!-- fails -->\n)?```(?:python|yaml)\n(# (\S+\.\w+)\n.*?)^```$", re.DOTALL | re.MULTILINE
)


def files(page: Path) -> dict[str, tuple[str, bool]]:
    """By name, what is in them, and whether they fail."""
    found = {name: (code, bool(fails)) for fails, code, name in _BLOCK.findall(page.read_text("utf-8"))}
    assert len(found) == len(re.findall(r"^```(?:python|yaml)$", page.read_text("utf-8"), re.MULTILINE)), (
        "one has no name"
    )
    return found


def suites(page: Path, side: str) -> list[str]:
    return [name for name in files(page) if name.startswith(f"{side}/test_")]


def laid_out(directory: Path) -> Path:
    """A directory with the files of both pages; paths of the repository lead to what is there."""
    for name in ("examples", "recordings"):
        (directory / name).symlink_to(ROOT / name)
    for page in PAGES:
        for name, (code, _) in files(page).items():
            path = directory / name
            path.parent.mkdir(exist_ok=True)
            assert not path.exists(), f"both pages have a {name}"
            path.write_text(code, "utf-8")
    return directory


def outcome(python: object, directory: Path, *names: str) -> tuple[set[str], set[str], str]:
    """Of a run of pytest on these files: those in which all passed, those in which all failed, and its words."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "SYSTEMROOT") if name in os.environ}
    kept |= {"HOME": str(directory), "PYTHONUTF8": "1", "COLUMNS": "120"}
    command = [
        str(python),
        "-B",
        "-m",
        "pytest",
        "-rA",
        "--tb=short",
        "--rootdir=.",
        "-p",
        "no:cacheprovider",
    ]
    command += ["-p", "no:asyncio", "-o", "pythonpath=.", "--import-mode=importlib", *names]
    done = subprocess.run(
        command, cwd=directory, env=kept, capture_output=True, text=True, check=False, timeout=300
    )
    passed = set(re.findall(r"^PASSED (\S+?)::", done.stdout, re.MULTILINE))
    failed = set(re.findall(r"^(?:FAILED|ERROR) ([^\s:]+)", done.stdout, re.MULTILINE))
    return passed - failed, failed - passed, done.stdout + done.stderr


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """What came of all that can be tried in this environment, in one run."""
    names = [*suites(VCRPY, "before"), *suites(VCRPY, "after"), *suites(OPENAI_RESPONSES, "after")]
    return outcome(sys.executable, laid_out(tmp_path_factory.mktemp("migrating")), *names)


@pytest.mark.parametrize(
    ("page", "side"),
    [(VCRPY, "before"), (VCRPY, "after"), (OPENAI_RESPONSES, "after")],
    ids=["vcrpy-before", "vcrpy-after", "openai-responses-after"],
)
def test_each_example_does_what_the_page_says(page, side, ran):
    """It passes, or fails where the page says so."""
    passed, failed, words = ran
    told = {name: fails for name, (_, fails) in files(page).items() if name in suites(page, side)}
    assert {name for name in passed if name in told} == {name for name in told if not told[name]}, words
    assert {name for name in failed if name in told} == {name for name in told if told[name]}, words


def test_a_dataset_that_was_not_recorded_is_named(ran):
    """As the page of vcrpy says: the nearest recording, and what differs."""
    _, _, words = ran
    assert "weather-tools.jsonl" in words
    assert "cat.jsonl" in words


@pytest.mark.slow
def test_what_openai_responses_does_is_as_the_page_says(tmp_path):
    """In an environment of its own: it needs an older SDK and an older respx."""
    home = tmp_path / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(home)], check=True)
    python = home / "bin" / "python"
    # what is not pinned by it comes from the environment of these tests
    (own,) = home.glob("lib/python3*/site-packages")
    (own / "shared.pth").write_text(
        f"import site; site.addsitedir({json.dumps(sysconfig.get_path('purelib'))})\n"
    )
    install = [
        sys.executable,
        "-m",
        "pip",
        "--python",
        str(python),
        "install",
        "-q",
        "openai-responses>=0.13",
    ]
    installed = subprocess.run(install, capture_output=True, text=True, check=False, timeout=300)
    if installed.returncode and not os.environ.get("CI"):
        pytest.skip(f"pip could not install openai-responses: {installed.stderr.strip()[-200:]}")
    assert installed.returncode == 0, installed.stderr
    names = suites(OPENAI_RESPONSES, "before")
    directory = tmp_path / "pages"
    directory.mkdir()
    passed, _, words = outcome(python, laid_out(directory), *names)
    assert passed == set(names), words


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_each_step_is_shown_before_and_after(page):
    """Or after only, where there was nothing before."""
    assert {name.removeprefix("before/") for name in suites(page, "before")} <= {
        name.removeprefix("after/") for name in suites(page, "after")
    }
    assert len(suites(page, "before")) >= 2


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_links_of_the_page_lead_somewhere(page):
    """Relative ones."""
    targets = re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text("utf-8"))
    assert [target for target in targets if not (page.parent / target).exists()] == []
