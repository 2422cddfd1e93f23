"""What `drytune check` costs on a short file, from the start of the process to its end."""

import os
import shutil
import statistics
import subprocess
import sys
import sysconfig
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
RUNS = 15


def bench_cold_start() -> None:
    """Both commands in turn, so that whatever else the machine does slows both."""
    ours = [*_drytune(), "check", str(Path("examples", "cat.jsonl"))]
    baseline = [sys.executable, "-c", "import tiktoken"]
    durations: dict[str, list[float]] = {"ours": [], "baseline": []}
    _seconds(ours)  # Python keeps the modules' bytecode from now on, as it does for every user
    _seconds(baseline)
    for _ in range(RUNS):
        durations["ours"].append(_seconds(ours))
        durations["baseline"].append(_seconds(baseline))
    check, tiktoken = (statistics.median(durations[name]) for name in ("ours", "baseline"))
    ratio = f"{check / tiktoken:.1f} times `python -c 'import tiktoken'`"
    print(f"check examples/cat.jsonl, cold: {check * 1e3:.0f} ms, {ratio}")


def _drytune() -> list[str]:
    command = shutil.which("drytune", path=sysconfig.get_path("scripts"))
    return [sys.executable, "-m", "drytune"] if command is None else [command]


def _seconds(command: list[str]) -> float:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    start = time.perf_counter()
    subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - start


if __name__ == "__main__":
    bench_cold_start()
