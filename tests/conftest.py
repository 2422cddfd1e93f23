"""What all tests share: small datasets, and processes without a way out (the plugin guards this one)."""

import importlib.util
import json
import os
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import settings

HERE = Path(__file__).parent
ROOT = HERE.parent


def beside(name: str):
    """The module of that name in this directory, which is no package."""
    spec = importlib.util.spec_from_file_location(name, HERE / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


# fixtures are found by name in this module
_postgres = beside("postgres")
postgres_url = _postgres.postgres_url
make_postgres_database = _postgres.make_postgres_database
postgres_database = _postgres.postgres_database

# how long an example takes says more about the machine than about the code; benchmarks/ looks at speed
settings.register_profile("drytune", deadline=None)
settings.load_profile("drytune")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Most tests are about what the platform refuses, which is an answer to them; those of the kit are strict."""
    for item in items:
        if HERE / "kit" not in item.path.parents:
            item.add_marker(pytest.mark.openai_simulator(strict=False))


@pytest.fixture(scope="session")
def anyio_backend():
    """Async tests run on asyncio, as the SDK does."""
    return "asyncio"


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository."""
    return ROOT


@pytest.fixture(scope="session")
def cat(root: Path) -> Path:
    """The dataset of the cheerful cat."""
    return root / "examples" / "cat.jsonl"


@pytest.fixture(scope="session")
def weather(root: Path) -> Path:
    """The dataset that calls tools and functions."""
    return root / "examples" / "weather-tools.jsonl"


def example(number: int = 1, **changes: object) -> dict:
    """A small good chat example."""
    messages = [
        {"role": "system", "content": "You count."},
        {"role": "user", "content": f"What comes after {number}?"},
        {"role": "assistant", "content": f"After {number} comes {number + 1}."},
    ]
    return {"messages": messages, **changes}


def jsonl(*examples: object) -> bytes:
    """Examples as JSON Lines."""
    return b"".join(json.dumps(one, ensure_ascii=False).encode() + b"\n" for one in examples)


@pytest.fixture(scope="session")
def good() -> list[dict]:
    """Twelve good examples."""
    return [example(number) for number in range(1, 13)]


@pytest.fixture(scope="session")
def make_jsonl():
    """`jsonl`, for tests that cannot import it."""
    return jsonl


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """The environment of a process that has an empty home, no key, and no way out."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "SYSTEMROOT") if name in os.environ}
    home = tmp_path / "home"
    home.mkdir()
    return {**kept, "HOME": str(home), "PYTHONPATH": str(HERE / "guarded"), "PYTHONUTF8": "1"}


# a shell that runs the tests in the background has its children ignore Ctrl-C
_HEEDING = (
    "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
    "from drytune.cli import main; main()"
)


@pytest.fixture
def serving(environment: dict[str, str], tmp_path: Path):
    """Start `drytune serve` with some options in a process of its own; gives its base URL and the process."""

    @contextmanager
    def run(*options: object, before: str = "", variables: dict[str, str] | None = None, **settings: object):
        command = [sys.executable, "-c", before + "\n" + _HEEDING, "serve", "--port", "0", *map(str, options)]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        variables = {**environment, **(variables or {})}
        with subprocess.Popen(command, env=variables, cwd=tmp_path, **pipes, **settings) as process:
            try:
                yield process.stdout.readline().strip(), process
            finally:
                if process.poll() is None:
                    process.terminate()

    return run


@pytest.fixture
def drytune(environment: dict[str, str], tmp_path: Path):
    """Run the command line in a process of its own; gives the completed process."""

    def run(*arguments: object, **options: object) -> subprocess.CompletedProcess:
        command = [sys.executable, "-m", "drytune", *map(str, arguments)]
        settings = {"env": environment, "cwd": tmp_path, "capture_output": True, "timeout": 120, **options}
        return subprocess.run(command, check=False, **settings)

    return run
