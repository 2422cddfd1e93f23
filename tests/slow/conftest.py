"""Programs of other people, each with what it needs in a place of its own."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CLIENTS = Path(__file__).with_name("clients")


@pytest.fixture(name="run")
def run_fixture():
    """Run a program to its end."""
    return run


def run(*command: object, **options: object) -> subprocess.CompletedProcess:
    settings = {"capture_output": True, "text": True, "timeout": 900, **options}
    return subprocess.run([*map(str, command)], check=False, **settings)


def installed(done: subprocess.CompletedProcess, what: str) -> None:
    """Skip where nothing can be installed; fail where that must not be."""
    if done.returncode and not os.environ.get("CI"):
        pytest.skip(f"{what} could not be installed: {done.stderr.strip()[-200:]}")
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="session")
def python_with(tmp_path_factory):
    """An interpreter in an environment of its own, with these packages; the same for the same packages."""
    made: dict[tuple[str, ...], Path] = {}

    def make(*packages: str) -> Path:
        if packages not in made:
            place = tmp_path_factory.mktemp("python") / "venv"
            assert run(sys.executable, "-m", "venv", place).returncode == 0
            python = place / "bin" / "python"
            installed(run(python, "-m", "pip", "install", "-q", *packages), " ".join(packages))
            made[packages] = python
        return made[packages]

    return make


@pytest.fixture
def frameworks(python_with) -> Path:
    """An interpreter with the libraries through which other programs call the platform, all in one place."""
    return python_with("litellm", "langchain-openai", "instructor", "pydantic-ai-slim[openai]")


@pytest.fixture
def node_with(tmp_path):
    """Put a program of `clients` where it has these packages: in the test's own directory."""

    def make(program: str, *packages: str) -> Path:
        if shutil.which("node") is None or shutil.which("npm") is None:
            pytest.skip("node and npm are not installed")
        (tmp_path / "package.json").write_text('{"type": "module"}')
        shutil.copy(CLIENTS / program, tmp_path)
        done = run("npm", "install", "--no-audit", "--no-fund", *packages, cwd=tmp_path)
        installed(done, f"{' and '.join(packages)} for node")
        return tmp_path / program

    return make
