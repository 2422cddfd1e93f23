"""Exchanges are shown so that one sees at a glance what went wrong, and never a secret."""

import pytest

import drytune
from drytune.testing.exchanges import Recorder
from drytune.testing.looking_back import LookingBack
from drytune.testing.showing import shown, table
from drytune_simulator import Fault, FaultPlan, Request, Script, Simulator, failing
from drytune_simulator.http import Headers

MODEL = "gpt-4.1-mini-2025-04-14"


class Bench:
    def __init__(self, *faults: Fault) -> None:
        self.simulator = Simulator(scripts=[Script("Hi.", name="greeting")])
        self.recorder = Recorder(failing(self.simulator, FaultPlan(faults)), self.simulator.clock)
        self.client = drytune.simulated(self.recorder)

    def ask(self, text: str = "Hello") -> None:
        self.client.chat.completions.create(model=MODEL, messages=[{"role": "user", "content": text}])

    def shown(self, **settings) -> list[str]:
        return shown(self.recorder.requests, **settings).split("\n")


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_a_line_for_each_request(bench: Bench):
    """Number, method, status with who answered, path, model."""
    bench.client.models.retrieve(MODEL)
    bench.ask()
    assert str(bench.recorder.requests).split("\n") == [
        f"1  GET   200                     /v1/models/{MODEL}",
        f"2  POST  200, scripted greeting  /v1/chat/completions                {MODEL}",
    ]


def test_looking_again_and_again_is_one_line(bench: Bench, good, make_jsonl):
    """A loop that waits for a job does not hide the rest."""
    file = bench.client.files.create(file=("a.jsonl", make_jsonl(*good)), purpose="fine-tune")
    job = bench.client.fine_tuning.jobs.create(model=MODEL, training_file=file.id)
    while bench.client.fine_tuning.jobs.retrieve(job.id).status != "succeeded":
        pass
    lines = table(bench.recorder.requests).split("\n")
    assert len(lines) == 3
    assert "times)" in lines[2]
    assert lines[2].startswith(f"3-{len(bench.recorder.requests)}  GET")


def test_the_last_ones_tell_what_they_said(bench: Bench):
    """What was asked and what was answered, in a line each."""
    for number in range(5):
        bench.ask(f"Question {number}")
    lines = bench.shown()
    assert sum("asked" in line for line in lines) == 3
    assert '"content": "Question 4"' in lines[-2]
    assert lines[-1] == "        answered  Hi."


def test_errors_tell_their_words_however_old_they_are():
    """Of a refusal the message, of a broken connection what broke."""
    bench = Bench(Fault("/v1/models", 500, first=1, name="hiccup"))
    bench.client.models.list()
    for _ in range(5):
        bench.ask()
    lines = bench.shown()
    assert "500, fault hiccup" in lines[0]
    assert lines[1].startswith("        answered  The server had an error")


def test_only_the_newest_are_shown(bench: Bench):
    """How many are left out is told."""
    for _ in range(6):
        bench.ask()
    lines = bench.shown(limit=2)
    assert lines[0] == "(4 earlier requests)"
    assert lines[1].lstrip().startswith("5 ")


def test_no_line_is_longer_than_wished(bench: Bench):
    """Long texts are cut."""
    bench.ask("word " * 500)
    assert max(map(len, bench.shown(width=80))) == 80


def test_nothing_secret_is_shown(bench: Bench):
    """Neither the client's key nor what looks like one, in paths, bodies and answers."""
    secret = "sk-proj-" + "Ab3" * 12
    bench.ask(f"{secret} and sk-simulated")
    bench.client.models.list(extra_query={"api_key": secret})
    text = shown(bench.recorder.requests, width=1000) + table(bench.recorder.requests)
    assert "Ab3" not in text
    assert "sk-simulated" not in text
    assert "[hidden]" in text


def test_the_developer_s_real_key_is_not_shown(monkeypatch: pytest.MonkeyPatch):
    """Also after the simulator has put its own in that place of the environment."""
    real = "4f3a9be01c2d48e7a6b5c4d3e2f10918"
    monkeypatch.setenv("OPENAI_API_KEY", real)
    bench = Bench()
    LookingBack(bench.recorder)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-simulated")
    bench.ask(f"My key is {real}")
    text = shown(bench.recorder.requests, width=1000)
    assert real not in text
    assert "My key is [hidden]" in text


def test_text_stays_in_its_line(bench: Bench):
    """Line breaks and control characters of others cannot draw on the terminal."""
    bench.ask("a\x1b[31m\nb")
    assert all(line.isprintable() for line in bench.shown())
    bench.recorder(Request("GET", "/v1/\x1b[31m", Headers({"authorization": "Bearer sk-a"})))
    assert "\x1b" not in table(bench.recorder.requests)


def test_uploads_are_told_without_their_content(bench: Bench, good, make_jsonl):
    """A name and a size."""
    bench.client.files.create(file=("a.jsonl", make_jsonl(*good)), purpose="fine-tune")
    lines = bench.shown(width=200)
    assert "purpose=fine-tune" in lines[1]
    assert "'a.jsonl'" in lines[1]
    assert "What comes after" not in lines[1]


def test_it_never_raises():
    """A report of a failure must not fail itself."""

    class Broken:
        def __getattr__(self, name: str) -> object:
            raise RuntimeError(name)

    assert shown([Broken()]) == "(the exchanges cannot be shown: RuntimeError)"
    assert shown([]) == "(no requests)"
