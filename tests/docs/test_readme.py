"""The READMEs are true: their Python runs, their commands work, their links lead somewhere."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [
    ROOT / name
    for name in (
        "README.md",
        "README.ja.md",
        "simulator/README.md",
        "docs/serving.md",
        "docs/judgement.md",
        "docs/answers.md",
        "docs/moderations.md",
        "docs/recordings.md",
        "docs/live.md",
        "docs/backends.md",
        "recordings/README.md",
    )
]


def blocks(language: str) -> list:
    found = []
    for page in PAGES:
        for number, text in enumerate(
            re.findall(rf"```{language}\n(.*?)```", page.read_text("utf-8"), re.DOTALL)
        ):
            found.append(pytest.param(text, id=f"{page.relative_to(ROOT)}-{number}"))
    return found


def run(*command: str) -> None:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def programs() -> list:
    """The Python blocks, each once: pages in other languages have the same ones with other comments."""
    found = {}
    for block in blocks("python"):
        code = "\n".join(re.sub(r"\s*#.*", "", line) for line in block.values[0].splitlines())
        found.setdefault(code, block)
    return list(found.values())


@pytest.mark.parametrize("block", programs())
def test_python_blocks_run(block, tmp_path):
    """As a script, or as the test that it is."""
    script = tmp_path / "test_block.py"
    script.write_text(block, "utf-8")
    if "def test_" in block:
        run(sys.executable, "-m", "pytest", "-q", "--rootdir", str(tmp_path), str(script))
    else:
        run(sys.executable, str(script))


def commands() -> list[str]:
    lines = [line.partition("#")[0] for block in blocks("sh") for line in block.values[0].splitlines()]
    return sorted({line.strip() for line in lines if re.match(r"drytune (check|dry-run) examples/", line)})


@pytest.mark.parametrize("command", commands())
def test_commands_on_the_examples_work(command, drytune, root):
    """Those that name a file of the repository."""
    import shlex

    done = drytune(*shlex.split(command)[1:], cwd=root)
    assert done.returncode == 0, done.stderr


def test_there_are_commands_to_try():
    """The test above would pass on an empty list."""
    assert len(commands()) >= 3


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page):
    """Relative ones; others are not followed."""
    targets = re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text("utf-8"))
    assert [target for target in targets if not (page.parent / target).exists()] == []


def test_both_readmes_have_the_same_commands():
    """The Japanese page says what the English one says."""
    english, japanese = (
        re.findall(r"^(?:make \S+|drytune \S+)", page.read_text("utf-8"), re.MULTILINE) for page in PAGES[:2]
    )
    assert english == japanese


def test_changelog_has_a_place_for_what_comes_next():
    """Users read it, not the commits."""
    assert "## Unreleased" in (ROOT / "CHANGELOG.md").read_text("utf-8")


def block_with(table: str) -> str:
    """The TOML of the serving page that has this table."""
    page = (ROOT / "docs" / "serving.md").read_text("utf-8")
    (found,) = [text for text in re.findall(r"```toml\n(.*?)```", page, re.DOTALL) if table in text]
    return found


def test_the_fault_file_of_the_page_is_one():
    """As it stands there."""
    from drytune_simulator.faults import loads

    loaded = loads(block_with("[[fault]]"))
    assert (len(loaded.faults), len(loaded.scenarios)) == (1, 1)


def test_the_scripts_of_the_page_are_some():
    """As they stand there."""
    from drytune_simulator.scripts import loads

    (script,) = loads(block_with("[[script]]"))
    assert len(script.answers) == 2


def test_the_options_of_the_serving_page_exist(drytune):
    """Every `--option` that it names is one of `serve`, `ctl` or their subcommands."""
    page = (ROOT / "docs" / "serving.md").read_text("utf-8")
    told = b"".join(
        drytune(*command, "--help").stdout for command in (("serve",), ("ctl", "advance"))
    ).decode()
    assert [option for option in set(re.findall(r"--[a-z][a-z-]+", page)) if option not in told] == []


@pytest.mark.parametrize(
    "text", re.findall(r'--fault "(.*?)"', (ROOT / "docs/serving.md").read_text("utf-8"))
)
def test_the_faults_of_the_page_are_faults(text):
    """As the command line takes them."""
    from drytune_simulator.faults import parse

    assert parse(text)
