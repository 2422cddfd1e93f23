"""Large files take no memory: neither when they come, whole or in parts, nor when they are read (issue 4)."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

PROBE = Path(__file__).parent / "upload_probe.py"


@pytest.mark.parametrize("how", ["whole", "parts"])
def test_memory_stays_flat(environment, tmp_path, how):
    """64 MB come and go in a process that grows by less than a quarter of them."""
    command = [sys.executable, PROBE, tmp_path / "data", "64", "fine-tune", how]
    run = subprocess.run(
        list(map(str, command)), check=False, env=environment, capture_output=True, timeout=120
    )
    assert run.returncode == 0, run.stderr.decode()
    assert json.loads(run.stdout)["grown_mb"] < 16
