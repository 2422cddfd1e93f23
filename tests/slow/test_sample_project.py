"""The sample project's own suite, from the built wheel, where there is no network at all."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

EMPTY = Path(__file__).with_name("empty_network.py")
HERE = "import drytune, openai, sys; print(openai.__version__, drytune.__file__)"
# what is not the SDK's own choice keeps the version that the other tests run on
FREE = ("openai==", "httpx==", "httpx2==", "httpcore", "anyio==", "pydantic", "typing")


def run(*command: object, **options: object) -> subprocess.CompletedProcess:
    settings = {"capture_output": True, "text": True, "timeout": 900, **options}
    return subprocess.run([*map(str, command)], check=False, **settings)


@pytest.fixture(scope="module")
def unshared() -> list[str]:
    """What a command begins with that is to have a network namespace of its own."""
    for begin in (["unshare", "--net"], ["unshare", "--map-root-user", "--net"]):
        if (
            shutil.which("unshare")
            and run(*begin, sys.executable, EMPTY, sys.executable, "-V").returncode == 0
        ):
            return begin
    why = "this machine lets nobody have a network namespace of his own (unshare --map-root-user --net)"
    if os.environ.get("CI"):
        pytest.fail(why)
    pytest.skip(why)


@pytest.fixture(scope="module")
def wheel(root, tmp_path_factory) -> Path:
    """drytune as it is published."""
    place = tmp_path_factory.mktemp("dist")
    done = run(sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", place, root)
    if done.returncode and not os.environ.get("CI"):
        pytest.skip(f"the wheel could not be built: {done.stderr.strip()[-200:]}")
    assert done.returncode == 0, done.stderr
    (built,) = place.glob("drytune-*.whl")
    return built


@pytest.fixture(scope="module")
def pins(root, tmp_path_factory) -> Path:
    """Constraints, without those that the SDK of one generation and another understand differently."""
    lines = (root / "constraints.txt").read_text().splitlines()
    kept = tmp_path_factory.mktemp("pins") / "constraints.txt"
    kept.write_text("\n".join(pin for pin in lines if not pin.startswith(FREE)))
    return kept


@pytest.fixture
def bare(tmp_path) -> dict[str, str]:
    """An environment that knows no key, no address and nothing of this checkout."""
    home = tmp_path / "home"
    home.mkdir()
    kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
    return {**kept, "HOME": str(home), "PYTHONUTF8": "1"}


@pytest.mark.parametrize(
    "version", [">=1.60,<2", ">=2,<3", ">=3,<4"], ids=["openai-1", "openai-2", "openai-3"]
)
def test_the_sample_suite_passes_without_a_network(version, wheel, pins, unshared, bare, root, tmp_path):
    """Installed from the wheel, in parallel, without a key, on each generation of the SDK."""
    sample = tmp_path / "pipeline"
    leave = shutil.ignore_patterns("__pycache__", ".*", "build")
    shutil.copytree(root / "examples" / "pipeline", sample, ignore=leave)
    python = tmp_path / "venv" / "bin" / "python"
    assert run(sys.executable, "-m", "venv", tmp_path / "venv").returncode == 0
    packages = [f"{wheel}[pytest,hypothesis]", f"{sample}[test]", f"openai{version}"]
    done = run(python, "-m", "pip", "install", "-q", "-c", pins, *packages)
    if done.returncode and not os.environ.get("CI"):
        pytest.skip(f"pip could not install openai{version}: {done.stderr.strip()[-200:]}")
    assert done.returncode == 0, done.stderr

    alone = [*unshared, python, EMPTY, python]
    seen = run(*alone, "-c", HERE, env=bare, cwd=tmp_path)
    assert seen.returncode == 0, seen.stderr
    sdk, where = seen.stdout.split()
    assert sdk.split(".")[0] == re.search(r"\d", version).group()
    assert Path(where).is_relative_to(tmp_path / "venv")

    # what is drawn is the same each time: a check of the wheel is no search for further bugs
    options = ("-n", "4", "-p", "no:cacheprovider", "--hypothesis-seed=0")
    done = run(*alone, "-m", "pytest", *options, env=bare, cwd=sample)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    assert "the network is empty" in done.stderr
    counts = _counts(done)
    assert set(counts) == {"passed"}, done.stdout
    assert counts["passed"] >= 15


def _counts(done: subprocess.CompletedProcess) -> dict[str, int]:
    """How many tests passed, failed, were skipped …, by pytest's last line."""
    last = done.stdout.strip().splitlines()[-1]
    return {what: int(count) for count, what in re.findall(r"(\d+) ([a-z]+)", last.split(" in ")[0])}
