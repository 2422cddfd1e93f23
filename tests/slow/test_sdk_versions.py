"""drytune with the oldest and the newest SDK of each generation, each in an environment of its own."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

PROBE = Path(__file__).with_name("sdk_probe.py")


def run(*command: object, **options: object) -> subprocess.CompletedProcess:
    return subprocess.run([*map(str, command)], check=False, capture_output=True, text=True, **options)


@pytest.fixture(scope="module")
def expected(cat) -> dict:
    """What the SDK of this environment gives."""
    done = run(sys.executable, PROBE, cat)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("version", ["==1.40.0", ">=1.40,<2", "==2.0.0", ">=2,<3"])
def test_the_same_workflow_gives_the_same_ids_and_answers(version, expected, cat, root, tmp_path):
    """openai 1.x and 2.x are built on httpx, 3.x on httpx2; drytune does not mind."""
    python = tmp_path / "venv" / "bin" / "python"
    assert run(sys.executable, "-m", "venv", tmp_path / "venv").returncode == 0
    # the pins of everything that is not part of the SDK's own choice
    pins = (root / "constraints.txt").read_text().splitlines()
    free = ("openai==", "httpx==", "httpx2==", "httpcore", "anyio==", "pydantic", "typing")
    kept = tmp_path / "constraints.txt"
    kept.write_text("\n".join(pin for pin in pins if not pin.startswith(free)))
    installed = run(
        python, "-m", "pip", "install", "-q", "-c", kept, "-e", root, f"openai{version}", timeout=600
    )
    if installed.returncode and not os.environ.get("CI"):
        pytest.skip(f"pip could not install openai{version}: {installed.stderr.strip()[-200:]}")
    assert installed.returncode == 0, installed.stderr
    guarded = {**os.environ, "PYTHONPATH": str(root / "tests" / "guarded")}
    done = run(python, PROBE, cat, env=guarded)
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    assert seen["version"] != expected["version"]
    assert {**seen, "version": ""} == {**expected, "version": ""}
    assert seen["sync"]["answer"] == seen["async"]["streamed"]
