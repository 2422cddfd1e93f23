"""The simulator behind each library that mocks httpx or httpx2, with the SDK of that family.

Each in an environment of its own: pytest-httpx2 and httpx2-pytest have one import package and one fixture name.
What is not theirs comes from the environment of these tests.
"""

import json
import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

SUITE = Path(__file__).with_name("mounted_suite.py")
LIBRARIES = [
    (("respx", "openai>=2,<3"), "respx_mock", "httpx"),
    (("pytest-httpx>=0.35", "openai>=2,<3"), "httpx_mock", "httpx"),
    (("pytest-httpx2",), "httpx2_mock", "httpx2"),
    (("httpx2-pytest",), "httpx2_mock", "httpx2"),
]


def run(*command: object, **options: object) -> subprocess.CompletedProcess:
    return subprocess.run(
        [*map(str, command)], check=False, capture_output=True, text=True, timeout=300, **options
    )


@pytest.mark.parametrize(("packages", "fixture", "family"), LIBRARIES, ids=[case[0][0] for case in LIBRARIES])
def test_the_simulator_behind(packages, fixture, family, tmp_path):
    """Its users keep their fixture; the SDK's default clients, sync and async, are served through it."""
    home = tmp_path / "venv"
    assert run(sys.executable, "-m", "venv", "--without-pip", home).returncode == 0
    python = home / "bin" / "python"
    shared = json.dumps(sysconfig.get_path("purelib"))
    (own,) = home.glob("lib/python3*/site-packages")
    (own / "shared.pth").write_text(f"import site; site.addsitedir({shared})\n")
    installed = run(sys.executable, "-m", "pip", "--python", python, "install", "-q", *packages)
    if installed.returncode and not os.environ.get("CI"):
        pytest.skip(f"pip could not install {' '.join(packages)}: {installed.stderr.strip()[-200:]}")
    assert installed.returncode == 0, installed.stderr
    suite = tmp_path / "test_mounted_suite.py"
    suite.write_text(SUITE.read_text("utf-8"), "utf-8")
    (tmp_path / "pytest.ini").write_text("[pytest]\nfilterwarnings = error\n")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("OPENAI_", "PYTEST_"))}
    variables = {**kept, "LIBRARY_FIXTURE": fixture, "FAMILY": family, "PYTHONDONTWRITEBYTECODE": "1"}
    without = ("-p", "no:cacheprovider", "-p", "no:asyncio")
    done = run(python, "-m", "pytest", "-q", *without, suite, env=variables, cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert " passed" in done.stdout
