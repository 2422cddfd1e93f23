"""Requests that schemathesis makes up from `/openapi.json`, sent to a real server, are answered as it says."""

from __future__ import annotations

import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest

# 501 says what is not simulated; where it may come is documented, so that `status_code_conformance` looks at it
CONFIG = """
[checks]
not_a_server_error.expected-statuses = ["2xx", "3xx", "4xx", "501"]
# ids that were made up are not found, which is right
positive_data_acceptance.enabled = false

# of a key that comes twice the last one counts, and in a query a null is a text
[[operations]]
include-operation-id = ["fine_tuning.jobs.list", "chat.completions.list"]
checks.negative_data_rejection.enabled = false
"""


@contextmanager
def serving(environment: dict[str, str], folder: Path):
    """A server of its own; gives its address."""
    command = [sys.executable, "-m", "drytune", "serve", "--port", "0"]
    with (
        (folder / "log").open("w+b") as log,
        subprocess.Popen(
            command, env=environment, cwd=folder, stdout=subprocess.PIPE, stderr=log, text=True
        ) as server,
    ):
        try:
            yield server.stdout.readline().strip().removesuffix("/v1")
        finally:
            server.terminate()
            server.wait()
            log.seek(0)
            assert b"failed to answer" not in log.read()


def fuzz(address: str, environment: dict[str, str], folder: Path, *, examples: int, seed: int) -> None:
    """Run schemathesis against a server."""
    config = folder / "schemathesis.toml"
    config.write_text(CONFIG)
    command = [
        *(sys.executable, "-c", "from schemathesis.cli import schemathesis; schemathesis()"),
        *("--config-file", config, "run", f"{address}/openapi.json", "--no-color", "--warnings", "off"),
        *("--header", "Authorization: Bearer sk-admin-fuzz", "--continue-on-failure"),
        *("--max-examples", examples, "--seed", seed, "--generation-database", "none"),
    ]
    done = subprocess.run(
        [str(part) for part in command],
        check=False,
        env=environment,
        cwd=folder,
        capture_output=True,
        encoding="utf-8",
        timeout=3000,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.slow
def test_made_up_requests_are_answered_as_documented(environment, tmp_path):
    """No 5xx, no undocumented status, content type or field, no wrong request accepted, nothing without a key."""
    with serving(environment, tmp_path) as address:
        fuzz(address, environment, tmp_path, examples=10, seed=1)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [2, 3])
def test_many_more_made_up_requests_are_answered_as_documented(environment, tmp_path, seed):
    """The same with other and more of them."""
    with serving(environment, tmp_path) as address:
        fuzz(address, environment, tmp_path, examples=150, seed=seed)
