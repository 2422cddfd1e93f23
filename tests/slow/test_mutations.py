"""Bugs are seeded into copies of the sample pipeline: its tests find them by what the kit looks at."""

import json
import os
import shutil
import subprocess
import sys
import tomllib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

HERE = Path(__file__).parent
SAMPLE = HERE.parents[1] / "examples" / "pipeline"
MUTATIONS = tomllib.loads((HERE / "mutations.toml").read_text(encoding="utf-8"))["mutation"]
AT_LEAST = 0.9  # 18 of 20
SECONDS = 180


@dataclass(frozen=True)
class Outcome:
    """What the sample's suite said of a copy."""

    name: str
    ended: bool
    code: int | None
    found: list[dict]
    printed: str

    @property
    def by_kit(self) -> list[dict]:
        return [line for line in self.found if line["kit"]]

    def __str__(self) -> str:
        if not self.ended:
            return f"{self.name:58} NO   its suite did not end in {SECONDS} s"
        if not self.found:
            return (
                f"{self.name:58} NO   every test passed"
                if self.code == 0
                else f"{self.name:58} NO   {self.printed}"
            )
        who, (first, *_) = ("kit ", self.by_kit) if self.by_kit else ("test", self.found)
        return f"{self.name:58} {who} {first['test']}: {first['kind']}: {first['told'][:90]}"


def tried(name: str, place: Path, mutation: dict | None = None) -> Outcome:
    """Run the sample's suite on a copy, with a bug if one is given."""
    copy = place / "pipeline"
    shutil.copytree(SAMPLE, copy, ignore=shutil.ignore_patterns("__pycache__", ".*"))
    if mutation is not None:
        path = copy / "src" / "support_tuner" / mutation["file"]
        source = path.read_text(encoding="utf-8")
        assert source.count(mutation["old"]) == 1, f"{name}: what it changes has to stand there once"
        path.write_text(source.replace(mutation["old"], mutation["new"]), encoding="utf-8")
        compile(path.read_bytes(), path, "exec")
    notes = place / "found.jsonl"
    kept = {key: os.environ[key] for key in ("PATH", "LANG") if key in os.environ}
    environment = {
        **kept,
        "HOME": str(place),
        "PYTHONPATH": str(HERE),
        "FOUND_BY": str(notes),
        "PYTHONUTF8": "1",
    }
    command = [sys.executable, "-m", "pytest", "-q", "-p", "found_by", "-p", "no:cacheprovider"]
    command += ["--hypothesis-profile=quick", "--hypothesis-seed=8"]
    ended, code, printed = True, None, ""
    try:
        done = subprocess.run(
            command, cwd=copy, env=environment, capture_output=True, text=True, timeout=SECONDS, check=False
        )
        code, printed = done.returncode, done.stdout + done.stderr
    except subprocess.TimeoutExpired:
        ended = False
    lines = notes.read_text(encoding="utf-8").splitlines() if notes.exists() else []
    return Outcome(name, ended, code, [json.loads(line) for line in lines], printed)


def test_the_suite_passes_without_a_bug(tmp_path):
    """So that what fails in the next test fails by the bug."""
    outcome = tried("no bug", tmp_path)
    assert outcome.code == 0, outcome.printed


def test_the_kit_finds_the_seeded_bugs(tmp_path, capsys):
    """At least nine of ten are found by its own assertions, machine and guards; each run ends by itself."""
    assert len(MUTATIONS) >= 20
    places = []
    for number, _ in enumerate(MUTATIONS):
        places.append(tmp_path / str(number))
        places[-1].mkdir()
    names = [mutation["name"] for mutation in MUTATIONS]
    with ThreadPoolExecutor(max_workers=2) as pool:
        outcomes = list(pool.map(tried, names, places, MUTATIONS))
    found = [outcome for outcome in outcomes if outcome.ended and outcome.by_kit]
    table = "\n".join(map(str, outcomes))
    with capsys.disabled():
        print(f"\n{table}\n{len(found)} of {len(outcomes)} seeded bugs were found by the kit")
    assert all(outcome.ended for outcome in outcomes), table
    assert len(found) >= AT_LEAST * len(outcomes), table
