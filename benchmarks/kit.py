"""What the testing kit costs a suite, as ratios to respx, vcrpy and a canned transport in the same run.

Each suite is a file of tests of its own, run by a pytest of its own, which loads no plugin but the one that
is measured.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import yaml

from drytune.clients import simulated
from drytune_simulator import Request, Response, Simulator

ROOT = Path(__file__).parents[1]
RUNS = 15
FEW, MANY, ROUNDS = 150, 1000, 3

_CLOCK = """
import json, os, time
import pytest

_SECONDS = []

@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item):
    start = time.perf_counter()
    result = yield
    _SECONDS.append(time.perf_counter() - start)
    return result

def pytest_sessionfinish(session, exitstatus):
    with open(os.environ["BENCH_SECONDS"], "w") as file:
        json.dump(_SECONDS, file)
"""

# what a pipeline does; the pauses between two looks are none
_STEPS = """
import io, itertools, json, os, time
import pytest
from openai import OpenAI

TRAIN = open(os.environ["BENCH_TRAIN"], "rb").read()
NUMBERS = range(int(os.environ["BENCH_TESTS"]))

def steps(client):
    file = client.files.create(file=("train.jsonl", TRAIN), purpose="fine-tune")
    job = client.fine_tuning.jobs.create(training_file=file.id, model="gpt-4o-mini-2024-07-18", suffix="bench")
    while job.status != "succeeded":
        job = client.fine_tuning.jobs.retrieve(job.id)
    asked = [{"role": "system", "content": "You count."}, {"role": "user", "content": "What comes after 3?"}]
    answer = client.chat.completions.create(model=job.fine_tuned_model, messages=asked)
    assert answer.choices[0].message.content == "After 3 comes 4."
    client.files.delete(file.id)

TOLD = [(one["method"], one["path"], one["status"], one["headers"], one["body"].encode())
        for one in json.load(open(os.environ["BENCH_TOLD"]))]
"""


class Suite(NamedTuple):
    """What one way of testing looks like."""

    plugin: str | None
    tests: str
    baseline: str | None = None


_EMPTY = Suite(
    None,
    """
@pytest.mark.parametrize("number", NUMBERS)
def test_nothing(number):
    pass
""",
)

_FIXTURES = {
    "openai_simulator": Suite(
        "drytune.testing.plugin",
        """
@pytest.mark.parametrize("number", NUMBERS)
def test_nothing(number, openai_simulator):
    pass
""",
    ),
    "openai_client": Suite(
        "drytune.testing.plugin",
        """
@pytest.mark.parametrize("number", NUMBERS)
def test_nothing(number, openai_client):
    pass
""",
    ),
    "no fixture, the plugin loaded": Suite("drytune.testing.plugin", _EMPTY.tests),
    "respx_mock": Suite(
        "respx.plugin",
        """
@pytest.mark.parametrize("number", NUMBERS)
def test_nothing(number, respx_mock):
    pass
""",
    ),
    "vcr.use_cassette": Suite(
        None,
        """
import vcr

@pytest.mark.parametrize("number", NUMBERS)
def test_nothing(number):
    with vcr.use_cassette(os.environ["BENCH_CASSETTE"], record_mode="none"):
        pass
""",
    ),
}

_CANNED = "a canned transport"
_OWN_CANNED = "the code's own OpenAI(), its transport's answers canned"
_WORKFLOWS = {
    _CANNED: Suite(
        None,
        """
import httpx2

@pytest.mark.parametrize("number", NUMBERS)
def test_steps(number):
    answers = iter(TOLD)

    def answer(request):
        _, _, status, headers, body = next(answers)
        return httpx2.Response(status, headers=headers, content=body)

    with httpx2.Client(transport=httpx2.MockTransport(answer)) as http, OpenAI(
        base_url="http://127.0.0.1/v1", api_key="sk-test", http_client=http
    ) as client:
        steps(client)
""",
    ),
    _OWN_CANNED: Suite(
        None,
        """
import httpx2

@pytest.mark.parametrize("number", NUMBERS)
def test_steps(number, monkeypatch):
    answers = iter(TOLD)

    def answer(self, request):
        _, _, status, headers, body = next(answers)
        return httpx2.Response(status, headers=headers, content=body)

    monkeypatch.setattr(httpx2.HTTPTransport, "handle_request", answer)
    with OpenAI(base_url="http://127.0.0.1/v1", api_key="sk-test") as client:
        steps(client)
""",
    ),
    "the kit's client": Suite(
        "drytune.testing.plugin",
        """
@pytest.mark.parametrize("number", NUMBERS)
def test_steps(number, openai_client):
    steps(openai_client)
""",
        _CANNED,
    ),
    "the code's own OpenAI()": Suite(
        "drytune.testing.plugin",
        """
@pytest.mark.parametrize("number", NUMBERS)
def test_steps(number, openai_simulator):
    with OpenAI() as client:
        steps(client)
""",
        _OWN_CANNED,
    ),
    "respx, an httpx.Client injected": Suite(
        "respx.plugin",
        """
import httpx

@pytest.mark.parametrize("number", NUMBERS)
def test_steps(number, respx_mock):
    routes = {}
    for method, path, status, headers, body in TOLD:
        routes.setdefault((method, path), []).append(httpx.Response(status, headers=headers, content=body))
    for (method, path), answers in routes.items():
        respx_mock.route(method=method, path=path).mock(side_effect=answers)
    with httpx.Client() as http, OpenAI(
        base_url="http://127.0.0.1/v1", api_key="sk-test", http_client=http
    ) as client:
        steps(client)
""",
        _CANNED,
    ),
    "vcrpy, the code's own OpenAI()": Suite(
        None,
        """
import vcr

@pytest.mark.parametrize("number", NUMBERS)
def test_steps(number):
    with vcr.use_cassette(os.environ["BENCH_CASSETTE"], record_mode="none", match_on=("method", "path")), OpenAI(
        base_url="http://127.0.0.1/v1", api_key="sk-test"
    ) as client:
        steps(client)
""",
        _OWN_CANNED,
    ),
}


def bench_kit() -> None:
    """The plugin where nobody uses it; fixtures; a workflow; a thousand tests."""
    with tempfile.TemporaryDirectory() as directory:
        bench = _Bench(Path(directory))
        bench.loading()
        bench.fixtures()
        bench.workflows()
        bench.a_thousand()


class _Bench:
    def __init__(self, place: Path) -> None:
        self._place = place
        (place / "bench_clock.py").write_text(_CLOCK)
        train = place / "train.jsonl"
        train.write_bytes(_training())
        told = place / "told.json"
        cassette = place / "cassette.yaml"
        _record(train.read_bytes(), told, cassette)
        self._environment = {
            **os.environ,
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
            "PYTHONPATH": str(place),
            "BENCH_CASSETTE": str(cassette),
            "BENCH_SECONDS": str(place / "seconds.json"),
            "BENCH_TOLD": str(told),
            "BENCH_TRAIN": str(train),
        }
        self._environment.pop("PYTHONDONTWRITEBYTECODE", None)

    def loading(self) -> None:
        """A suite that does not use it, with and without it, in turn; and with respx's, as little used."""
        file = self._place / "test_nothing.py"
        file.write_text("def test_nothing():\n    pass\n")
        plugins = {"none": (), "kit": ("-p", "drytune.testing.plugin"), "respx": ("-p", "respx.plugin")}
        seconds: dict[str, list[float]] = {name: [] for name in plugins}
        for plugin in plugins.values():
            self._pytest(file, *plugin)  # Python keeps the modules' bytecode from now on
        for _ in range(RUNS):
            for name, plugin in plugins.items():
                start = time.perf_counter()
                self._pytest(file, *plugin)
                seconds[name].append(time.perf_counter() - start)
        more = {
            name: statistics.median(
                one - none for one, none in zip(seconds[name], seconds["none"], strict=True)
            )
            for name in ("kit", "respx")
        }
        without = statistics.median(seconds["none"])
        print(
            f"the plugin in a suite that does not use it: {more['kit'] * 1e3:+.0f} ms on {without * 1e3:.0f} ms "
            f"of pytest; respx's plugin {more['respx'] * 1e3:+.0f} ms"
        )

    def fixtures(self) -> None:
        """What a test pays for asking for them, beyond an empty test."""
        suites = {"none": _EMPTY, **_FIXTURES}
        empty, *rest = self._best(suites, FEW).items()
        told = [f"{name} {(seconds - empty[1]) * 1e3:.2f} ms" for name, seconds in rest]
        print(f"fixtures, beyond an empty test: {', '.join(told)}")

    def workflows(self) -> None:
        """Upload, create, poll to the end, ask, delete."""
        self._told("one workflow test", self._best(_WORKFLOWS, FEW), 1e3, "ms")

    def a_thousand(self) -> None:
        """All of it, imports included."""
        seconds = {}
        for name, suite in _WORKFLOWS.items():
            start = time.perf_counter()
            self._run(suite, MANY)
            seconds[name] = time.perf_counter() - start
        self._told(
            f"{MANY:,} workflow tests in one run, from the start of pytest to its end", seconds, 1, "s"
        )

    @staticmethod
    def _told(what: str, seconds: dict[str, float], scale: float, unit: str) -> None:
        print(f"{what}:")
        for name, suite in _WORKFLOWS.items():
            told = f"  {name}: {seconds[name] * scale:.1f} {unit}"
            if suite.baseline is not None:
                told += f", {seconds[name] / seconds[suite.baseline]:.2f} times {suite.baseline}"
            print(told)

    def _best(self, suites: dict[str, Suite], tests: int) -> dict[str, float]:
        """Seconds of a test, by suite: the median of a run, and of that the best of some runs, in turn."""
        medians: dict[str, list[float]] = {name: [] for name in suites}
        for _ in range(ROUNDS):
            for name, suite in suites.items():
                medians[name].append(statistics.median(self._run(suite, tests)))
        return {name: min(seconds) for name, seconds in medians.items()}

    def _run(self, suite: Suite, tests: int) -> list[float]:
        """Seconds of each test."""
        file = self._place / "test_suite.py"
        file.write_text(_STEPS + suite.tests)
        self._environment["BENCH_TESTS"] = str(tests)
        self._pytest(file, "-p", "bench_clock", *(("-p", suite.plugin) if suite.plugin else ()))
        return json.loads((self._place / "seconds.json").read_text())

    def _pytest(self, file: Path, *options: str) -> None:
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options, str(file)]
        done = subprocess.run(
            command, cwd=self._place, env=self._environment, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise RuntimeError(done.stdout + done.stderr)


def _training() -> bytes:
    messages = [
        [
            {"role": "system", "content": "You count."},
            {"role": "user", "content": f"What comes after {number}?"},
            {"role": "assistant", "content": f"After {number} comes {number + 1}."},
        ]
        for number in range(1, 13)
    ]
    return b"".join(json.dumps({"messages": one}).encode() + b"\n" for one in messages)


def _record(train: bytes, told: Path, cassette: Path) -> None:
    """What the steps ask and are answered, once as JSON and once as vcrpy reads it."""
    exchanges: list[tuple[Request, Response]] = []
    simulator = Simulator()

    def handler(request: Request) -> Response:
        exchanges.append((request, simulator(request)))
        return exchanges[-1][1]

    names: dict[str, object] = {}
    environment = {
        "BENCH_TRAIN": str(told.with_name("train.jsonl")),
        "BENCH_TOLD": os.devnull,
        "BENCH_TESTS": "0",
    }
    source = _STEPS.partition("\nTOLD = ")[0]
    before = dict(os.environ)
    os.environ.update(environment)
    try:
        exec(compile(source, "steps", "exec"), names)
        names["steps"](simulated(handler))
    finally:
        os.environ.clear()
        os.environ.update(before)
        simulator.close()
    rows = [
        {
            "method": request.method,
            "path": request.path,
            "status": response.status,
            "headers": dict(response.headers),
            "body": response.body.decode(),
        }
        for request, response in exchanges
    ]
    told.write_text(json.dumps(rows))
    interactions = [
        {
            "request": {
                "method": row["method"],
                "uri": f"http://127.0.0.1{row['path']}",
                "headers": {},
                "body": None,
            },
            "response": {
                "status": {"code": row["status"], "message": "OK"},
                "headers": {name: [value] for name, value in row["headers"].items()},
                "body": {"string": row["body"]},
            },
        }
        for row in rows
    ]
    cassette.write_text(yaml.safe_dump({"version": 1, "interactions": interactions}))


if __name__ == "__main__":
    bench_kit()
