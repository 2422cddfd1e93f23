"""`drytune ctl` against a real server on loopback."""

import json
import socket
import threading

import openai
import pytest
import uvicorn
from click.testing import CliRunner

from drytune import simulated
from drytune.cli.app import app
from drytune.errors import DrytuneError, Refused, UsageError
from drytune_simulator import ManualClock, Response, Simulator
from drytune_simulator.asgi import asgi_app
from drytune_simulator.control import controlled
from drytune_simulator.faults import FaultPlan, Scenarios, failing
from drytune_simulator.journal import Journal, journaled
from drytune_simulator.profile import Profile


@pytest.fixture
def serve():
    """Serve handlers on free ports; gives the addresses."""
    running = []

    def run(handler) -> str:
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listener.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(asgi_app(handler), lifespan="off", log_level="critical"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        running.append((server, thread, listener))
        # the socket listens before the server does, and keeps those who come early
        listener.listen()
        return f"http://127.0.0.1:{listener.getsockname()[1]}"

    yield run
    for server, thread, listener in running:
        while not server.started:
            thread.join(0.01)
        server.should_exit = True
        thread.join()
        listener.close()


class Platform:
    """A simulator with all that stands before it."""

    def __init__(self, workers=1, **options) -> None:
        plan, scenarios = FaultPlan(), Scenarios()
        self.simulator = Simulator(clock=ManualClock(), scenarios=scenarios, **options)
        journal = Journal(self.simulator.clock)
        handler = journaled(failing(self.simulator, plan), journal)
        self.handler = controlled(
            handler, self.simulator, plan=plan, scenarios=scenarios, journal=journal, workers=workers
        )


@pytest.fixture
def platform():
    """One with default settings."""
    made = Platform()
    yield made
    made.simulator.close()


@pytest.fixture
def ctl(platform, serve):
    """Run `drytune ctl` against it; gives what it prints, or raises what `drytune` would say."""
    url = serve(platform.handler)

    def run(*arguments: str, url: str = url) -> str:
        result = CliRunner().invoke(app, ["ctl", "--url", url, *arguments], standalone_mode=False)
        if result.exception is not None:
            raise result.exception
        return result.stdout

    run.url = url
    return run


@pytest.fixture
def job(platform, good, make_jsonl):
    """A job of the platform."""
    with simulated(platform.handler) as client:
        file = client.files.create(file=("good.jsonl", make_jsonl(*good)), purpose="fine-tune")
        yield client.fine_tuning.jobs.create(model="gpt-4o-mini", training_file=file.id)


def test_status_says_what_the_server_is(ctl):
    """A line each; the address may have the /v1 that clients want."""
    lines = ctl("status", url=f"{ctl.url}/v1").splitlines()
    assert f" at {ctl.url}, simulated" in lines[0]
    assert lines[1] == "clock      2026-01-01T00:00:00+00:00 (ManualClock)"
    assert {"workers    1", "faults     0"} <= set(lines)


def test_the_clock_is_moved(ctl, job):
    """By so much, to a date, to what happens next, and to the end of a job."""
    assert ctl("clock") == "2026-01-01T00:00:00+00:00 (ManualClock)\n"
    assert ctl("advance", "10s") == "2026-01-01T00:00:10+00:00, moved by 0:00:10\n"
    assert ctl("next").endswith(f" for {job.id}\n")
    assert ctl("finish", job.id).endswith(f" for {job.id}\n")
    assert ctl("finish").endswith("nothing to move for\n")
    assert ctl("advance", "--to", "2027-01-07").startswith("2027-01-07T00:00:00+00:00, moved by ")
    assert json.loads(ctl("clock", "--json"))["date"] == json.loads(ctl("--json", "clock"))["date"]


@pytest.mark.parametrize(
    ("name", "text", "toml"),
    [
        ("faults", "POST /v1/fine_tuning/jobs: 500 after, nth=1", "[[fault]]\nwhat = 503\nname = 'all'"),
        ("scenarios", "fails_in_training: nth=2", "[[scenario]]\nscenario = 'file_expired'\nname = 'all'"),
    ],
)
def test_faults_and_scenarios_are_changed(ctl, tmp_path, name, text, toml):
    """Added as text, loaded from a file, listed, taken out."""
    file = tmp_path / "plan.toml"
    file.write_text(toml)
    assert ctl(name) == "none\n"
    assert ctl(name, "add", text) == f"1        {text}   (struck 0 of 0)\n"
    assert ctl(name, "list") == ctl(name)
    assert ctl(name, "load", str(file)).startswith("all      ")
    assert ctl(name, "remove", "all") == f"{name.removesuffix('s')} all is gone\n"
    assert ctl(name, "clear") == "none\n"


def test_requests_are_listed(ctl, job):
    """With their end, and as JSON with all that is known."""
    ctl("faults", "add", "/v1/models: 503, name=busy")
    ctl("faults", "add", "/v1/files/*: drop, name=gone")
    with openai.OpenAI(base_url=f"{ctl.url}/v1", api_key="sk-simulated", max_retries=0) as client:
        for call in (client.models.list, lambda: client.files.retrieve("file-a")):
            # this server cannot break a connection off, and answers 500 instead
            with pytest.raises(openai.InternalServerError):
                call()
    lines = ctl("requests").splitlines()
    assert lines[1].endswith("POST   /v1/fine_tuning/jobs  200")
    assert lines[2].endswith("GET    /v1/models  503   fault busy")
    assert lines[3].endswith("GET    /v1/files/file-a  broken off   fault gone")
    (entry,) = json.loads(ctl("requests", "--status", "503", "--json"))["data"]
    assert entry["response"]["error"]["code"] == "server_is_overloaded"
    assert ctl("requests", "--clear") == "no requests any more\n"
    assert ctl("requests") == ""


def test_a_reset_begins_anew(ctl):
    """Only what is named."""
    ctl("faults", "add", "/v1/models: 503")
    assert ctl("reset", "--only", "faults", "--only", "requests") == (
        "begun anew: faults, requests; the clock stays where it is\n"
    )
    assert ctl("faults") == "none\n"


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        (["advance"], UsageError, "say either how far"),
        (["advance", "1h", "--to", "2027-01-07"], UsageError, "say either how far"),
        (["advance", "soon"], UsageError, '"soon" is no duration'),
        (["advance", "--to", "2020-01-01"], UsageError, "time does not go backwards"),
        (["finish", "ftjob-none"], Refused, "There is no job ftjob-none"),
        (["faults", "add", "nonsense"], UsageError, "write ROUTE: WHAT"),
        (["faults", "remove", "none"], Refused, 'There is no fault "none"'),
        (["faults", "load", "none.toml"], UsageError, r"none.toml cannot be read.*[^.]$"),
        (["scenarios", "add", "fails"], UsageError, "there is no scenario"),
    ],
)
def test_what_cannot_be_is_a_sentence(ctl, arguments, error, words):
    """2 for wrong use, 1 where the answer is no."""
    with pytest.raises(DrytuneError, match=words) as raised:
        ctl(*arguments)
    assert not str(raised.value).endswith(".")
    assert type(raised.value) is error
    assert "\n" not in str(raised.value)


def test_a_server_that_is_not_there_is_a_sentence(drytune):
    """What to do about it, and exit code 2."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        done = drytune("ctl", "--url", f"http://127.0.0.1:{taken.getsockname()[1]}", "status")
    assert (done.returncode, done.stderr.count(b"\n")) == (2, 1)
    assert b"nothing answers at http://127.0.0.1:" in done.stderr
    assert b"start one with `drytune serve`" in done.stderr


@pytest.mark.parametrize(
    "answer",
    [
        Response(200, {"content-type": "text/html"}, b"<html>"),
        Response(200, {"content-type": "application/json"}, b'{"ok": true}'),
        Response(404, {"content-type": "application/json"}, b'{"error": {"message": "no"}}'),
        Response(302, {"location": "http://127.0.0.1:9/"}, b""),
    ],
)
def test_another_server_is_a_sentence(ctl, serve, answer):
    """Nobody is sent elsewhere by it."""
    with pytest.raises(UsageError, match="is not a drytune server"):
        ctl("status", url=serve(lambda request: answer))


@pytest.mark.parametrize(
    "url", ["127.0.0.1:8000", "ftp://127.0.0.1", "http://", "http://[", "http://a b", "http://x:y"]
)
def test_an_address_that_is_none_is_a_sentence(ctl, url):
    """With an example."""
    with pytest.raises(UsageError, match="expected an address such as"):
        ctl("status", url=url)


def test_a_key_is_sent_where_one_is_wanted(ctl, serve, monkeypatch):
    """From an environment variable, never from the command line."""
    platform = Platform(profile=Profile(keys=frozenset({"sk-right"})))
    url = serve(platform.handler)
    monkeypatch.setenv("THE_KEY", "sk-right")
    monkeypatch.setenv("EMPTY", "")
    with pytest.raises(UsageError, match="--key-env"):
        ctl("status", url=url)
    assert "simulated" in ctl("--key-env", "THE_KEY", "status", url=url)
    for name in ("EMPTY", "NOT_THERE"):
        with pytest.raises(UsageError, match=f"--key-env {name}: there is no such environment variable"):
            ctl("--key-env", name, "status", url=url)
    platform.simulator.close()


def test_a_proxy_is_not_asked(ctl, monkeypatch):
    """A server that is meant is reached directly."""
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    assert "simulated" in ctl("status")


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Response.json({"error": {"message": "It is out."}}, 503, {"x-drytune": "simulated"}), "It is out"),
        (Response(502, {"content-type": "text/html"}, b"<html>"), "http://.* answers 502 Bad Gateway"),
        (Response(500, {}, b""), "http://.* answers 500 Internal Server Error"),
    ],
)
def test_a_server_that_fails_is_told_as_such(ctl, serve, answer, words):
    """It may be a drytune server all the same."""
    with pytest.raises(Refused, match=f"^the server failed: {words}$"):
        ctl("status", url=serve(lambda request: answer))


def test_several_workers_are_told(ctl, serve):
    """With whatever is of one of them."""
    platform = Platform(workers=2)
    url = serve(platform.handler)
    with simulated(platform.handler) as client:
        client.models.list()
    for command in ("status", "faults", "scenarios", "requests"):
        assert "as one of 2 workers has it" in ctl(command, url=url).splitlines()[-1]
    assert "workers    2" in ctl("status", url=url)
    with pytest.raises(Refused, match=r"has 2 worker processes.* start it with --fault or --faults"):
        ctl("faults", "add", "/v1/models: 503", url=url)
    assert ctl("reset", url=url) == "begun anew: state; the clock stays where it is\n"
    for command in ([], ["requests"], ["reset"], ["faults", "list"], ["scenarios", "list"]):
        assert "workers" in ctl(*command, "--help")
    assert "The clock stays" in ctl("reset", "--help")
    platform.simulator.close()
