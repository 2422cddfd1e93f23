"""What a backend gives a workflow: clients that ask the same, a clock, the keys that nobody is to see."""

import traceback

import click
import pytest
from click.testing import CliRunner

from drytune.backends import Live, Profile, Replayed, Simulated, async_client, choose, client
from drytune.cli.backend_options import backend_of, backend_options
from drytune.config import Config
from drytune.errors import UsageError
from drytune_simulator import ManualClock, Simulator
from drytune_simulator.clock import SystemClock

KEY = "sk-proj-geheim0123456789"


def upload(asked, data):
    """A training file's id."""
    return asked.files.create(file=("cats.jsonl", data), purpose="fine-tune").id


def ids(asked):
    """Of all files."""
    return [file.id for file in asked.files.list()]


@pytest.fixture
def data(make_jsonl, good):
    """Of a training file."""
    return make_jsonl(*good)


def test_clients_of_a_simulated_one_ask_the_same(data):
    """What one uploads, another sees; another backend is another platform."""
    with Simulated() as backend, backend.client() as one, backend.client(max_retries=0) as two:
        assert (one.max_retries, two.max_retries) == (2, 0)
        assert ids(two) == []
        file = upload(one, data)
        assert ids(two) == [file]
    with Simulated() as other, other.client() as three:
        assert ids(three) == []


@pytest.mark.anyio
async def test_async_clients_ask_the_same(data):
    """Both kinds, of one backend."""
    with Simulated() as backend, backend.client() as one:
        upload(one, data)
        async with backend.async_client() as two:
            assert [file.id async for file in two.files.list()] == ids(one)


def test_a_simulated_one_that_is_kept(tmp_path, data):
    """Another process goes on with it, and `drytune serve --data` would, too; nobody else may read it."""
    from drytune.clients import SIMULATED_KEY
    from drytune_simulator import Request
    from drytune_simulator.serving.assembly import assemble
    from drytune_simulator.serving.settings import Settings

    state = tmp_path / "state"
    with choose("simulated", state=state, config=Config()) as backend, backend.client() as asked:
        file = upload(asked, data)
    with choose("simulated", state=state, config=Config()) as backend, backend.client() as asked:
        assert ids(asked) == [file]
    assert (state.stat().st_mode & 0o777, (state / "simulated").stat().st_mode & 0o777) == (0o700, 0o700)
    served = assemble(Settings(data=state / "simulated"))
    try:
        request = Request("GET", f"/v1/files/{file}", {"authorization": f"Bearer {SIMULATED_KEY}"})
        assert served.handler(request).status == 200
    finally:
        served.close()


def test_a_simulated_one_that_cannot_be_kept(tmp_path):
    """In a sentence."""
    (tmp_path / "state").write_text("a file")
    backend = choose("simulated", state=tmp_path / "state", config=Config())
    with pytest.raises(UsageError, match=r"^the simulated platform cannot be kept in .*state"):
        backend.client()


def test_nobody_waits_for_a_simulated_one(data):
    """A loop that looks at a job ends, and the clock has moved on."""
    with Simulated() as backend, backend.client() as asked:
        before = backend.clock.now()
        job = asked.fine_tuning.jobs.create(
            model="gpt-4.1-mini-2025-04-14", training_file=upload(asked, data)
        )
        while job.status not in {"succeeded", "failed"}:
            backend.sleep(300.0)
            job = asked.fine_tuning.jobs.retrieve(job.id)
        assert job.status == "succeeded"
        assert backend.clock.now() >= job.finished_at > before


def test_a_simulator_of_ones_own(data):
    """Its clock is the backend's, and it is not closed with that."""
    clock = ManualClock()
    simulator = Simulator(clock=clock)
    with Simulated(simulator) as backend, backend.client() as asked:
        upload(asked, data)
        assert backend.clock is clock
    with Simulated(simulator.__call__) as backend, backend.client() as asked:
        assert len(ids(asked)) == 1
        assert isinstance(backend.clock, SystemClock)
    simulator.close()


def test_the_environment_is_nothing_to_a_simulated_one(monkeypatch):
    """Nor to a copy of its client: the SDK reads an organization there when it copies one."""
    monkeypatch.setenv("OPENAI_ORG_ID", "no id of an organization")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "no id of a project")
    with Simulated() as backend, backend.client() as asked:
        assert ids(asked.with_options(max_retries=0)) == []


def test_a_replayed_one(tmp_path, data):
    """Its clients play one recording, which begins anew after it was closed."""
    from drytune import recording

    file = tmp_path / "tape.yaml"
    with recording(file, upstream=Simulator()) as asked:
        recorded = upload(asked, data)
    backend = choose(f"replayed:{file}", config=Config())
    assert (type(backend), backend.endpoint.recording, backend.known) == (Replayed, str(file), ())
    for _ in range(2):
        with backend, backend.client(max_retries=0) as asked:
            assert upload(asked, data) == recorded


def test_a_plan_needs_no_key():
    """A live backend looks for it when it is to ask."""
    backend = choose("live", config=Config(), environ={})
    assert (backend.known, backend.endpoint.name) == ((), "https://api.openai.com/v1")
    with pytest.raises(UsageError, match="there is no key"):
        backend.client()


def test_keys_are_known_and_in_no_repr():
    """Neither that of a backend, nor of what it is made of, nor in a traceback."""
    environ = {
        "TEAM_KEY": KEY,
        "OPENAI_ADMIN_KEY": "sk-admin-geheim",
        "OPENAI_WEBHOOK_SECRET": "short",
        "OPENAI_CUSTOM_HEADERS": "Authorization: Bearer geheim-token\nX-Team: cats\nOpenAI-Organization: org-cats",
    }
    profile = Profile(name="team", key_env="TEAM_KEY")
    backend = choose("live", profile=profile, config=Config(), environ=environ)
    assert backend.known == (KEY, "sk-admin-geheim", "geheim-token")
    held = [value for name, value in vars(backend).items() if name != "_key"]
    assert "geheim" not in f"{backend!r} {held!r}"


def test_no_key_in_a_traceback():
    """Of a key that cannot be sent."""
    backend = choose("live", config=Config(), environ={"OPENAI_API_KEY": KEY + "\n"})
    with pytest.raises(UsageError) as caught:
        backend.client()
    assert "geheim" not in "".join(traceback.format_exception(caught.value))


def test_client(monkeypatch, data):
    """The shortest way: code that sees no backend at all."""
    monkeypatch.setenv("CI", "true")
    with client() as asked:
        upload(asked, data)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-x")
    with client("live", max_retries=5) as asked:
        assert (asked.api_key, asked.max_retries, str(asked.base_url)) == (
            "sk-x",
            5,
            "https://api.openai.com/v1/",
        )


@pytest.mark.anyio
async def test_async_client(monkeypatch):
    """Its twin."""
    monkeypatch.setenv("DRYTUNE_BACKEND", "simulated")
    async with async_client() as asked:
        assert [file async for file in asked.files.list()] == []


@click.command()
@backend_options
def command(**options):
    """Say which it is."""
    with backend_of(**options) as backend:
        click.echo(f"{type(backend).__name__} {backend.endpoint.base_url}")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--backend", "simulated"], "Simulated None"),
        (
            ["--backend", "live", "--base-url", "http://127.0.0.1:9/v1", "--key-env", "X"],
            "Live http://127.0.0.1:9/v1",
        ),
        (["--profile", "team"], "Live https://llm.example.com/v1"),
        ([], "Live https://api.openai.com/v1"),
    ],
)
def test_options(project, arguments, told):
    """Of commands."""
    project('[tool.drytune.profiles.team]\nbase-url = "https://llm.example.com/v1"')
    done = CliRunner().invoke(command, arguments, catch_exceptions=False)
    assert done.output == f"{told}\n"


def test_a_live_one_is_closed_without_effect():
    """It holds nothing, and says which it is."""
    with choose("live", config=Config(), environ={"OPENAI_API_KEY": KEY}) as backend:
        assert isinstance(backend, Live)
    assert repr(backend) == "<Live backend: live: https://api.openai.com/v1>"
