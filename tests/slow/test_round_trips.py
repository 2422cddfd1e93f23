"""Three hundred sequences of requests, recorded and replayed with each generation of the SDK."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROUNDTRIP = Path(__file__).parents[1] / "roundtrip"


@pytest.fixture(scope="module")
def sequences():
    """Made by Hypothesis."""
    spec = importlib.util.spec_from_file_location("sequences", ROUNDTRIP / "sequences.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.drawn(300)


@pytest.mark.parametrize("generation", ["2", "3"])
def test_the_same_typed_results(generation, sequences, serving, python_with, root, tmp_path):
    """openai 2.x is built on httpx, 3.x on httpx2; sync and async clients take turns in recording."""
    assert len(sequences) == 300
    python = sys.executable
    if generation == "2":
        python = python_with("-e", str(root), "openai>=2,<3")
    with serving() as (url, _):
        given = {"directory": str(tmp_path), "sequences": sequences, "url": url}
        done = subprocess.run(
            [python, ROUNDTRIP / "program.py"],
            input=json.dumps(given),
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["openai"].startswith(f"{generation}.")
    assert (told["count"], told["differences"]) == (0, [])
