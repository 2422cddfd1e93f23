"""The key is in nothing that is kept, written or said: in no case, and in no encoding."""

import base64
import json
import logging
import traceback
from pathlib import Path
from urllib.parse import quote

import pytest

from drytune.errors import DrytuneError
from drytune.workflow import live
from drytune_simulator import ids

KEY = "sk-proj-" + ids.identifier(44, "nowhere") + "_T3-x"
CODED = base64.b64encode(KEY.encode()).decode()
QUOTED = f"Incorrect API key provided: {KEY} (Bearer {KEY}, {KEY.upper()}, {CODED})."


def spellings(key: str) -> set[bytes]:
    """How a key may stand somewhere, folded to lower case where that is not base64."""
    found = {key, quote(key), quote(key, safe=""), json.dumps(key)[1:-1], key[3:], key[8:40]}
    found.add("".join(f"%{ord(char):02x}" for char in key[8:40]))
    folded = {text.lower().encode() for text in found}
    # within longer text base64 depends on where the key begins; so what is in the middle of each is looked for
    for ahead in range(3):
        coded = base64.b64encode(b"x" * ahead + key.encode())
        folded |= {coded[4:-4].lower(), base64.urlsafe_b64encode(b"x" * ahead + key.encode())[4:-4].lower()}
    return folded


def found_in(data: bytes | str, key: str = KEY) -> list[bytes]:
    """The spellings of the key that are in it."""
    data = (data if isinstance(data, bytes) else data.encode("utf-8", "surrogateescape")).lower()
    return [one for one in spellings(key) if one in data]


def test_it_would_be_found():
    """In each spelling; so that the tests below say something."""
    for text in (
        KEY,
        KEY.upper(),
        f"x{KEY.swapcase()}y",
        quote(KEY, safe=""),
        base64.b64encode(KEY.encode()).decode(),
        base64.b64encode(f"user:{KEY}!".encode()).decode(),
        "".join(f"%{ord(char):02X}" for char in KEY),
    ):
        assert found_in(f"…{text}…"), text
    assert not found_in("sk-proj-" + ids.identifier(44, "another"))


def everything_below(place: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in place.rglob("*") if path.is_file()}


@pytest.fixture
def talkative(rig):
    """Makes a platform that tells the key to whoever listens: in errors, and in what it answers."""
    from drytune_simulator import Response
    from drytune_simulator.wrapping import Wrapper

    class Talkative(Wrapper):
        failing = ""
        status = 401

        def __call__(self, request):
            where = f"{request.method} {request.path}"
            if self.failing and where.startswith(self.failing):
                return Response.json(
                    {"error": {"message": QUOTED, "type": "x", "param": KEY, "code": KEY}},
                    self.status,
                    {"x-key": KEY},
                )
            response = self._handler(request)
            if response.status == 200 and isinstance(response.body, bytes) and b'"object"' in response.body:
                told = json.loads(response.body)
                told["echo"] = QUOTED
                for one in told.get("choices", ()):
                    if "message" in one:
                        one["message"]["content"] = QUOTED
                for one in told.get("data", ()):
                    if isinstance(one, dict) and one.get("object") == "fine_tuning.job.event":
                        one["message"] = QUOTED
                return Response(200, dict(response.headers), json.dumps(told).encode(), response.delay)
            return response

    return Talkative


@pytest.fixture
def desk(rig, talkative, place, tmp_path, caplog):
    """Runs against a talkative platform with the key; gives what comes of it, and everything that was said."""
    caplog.set_level(logging.DEBUG)
    platform = rig.Platform(place)
    handler = talkative(platform.till)

    def perform(work, failing="", status=401):
        handler.failing, handler.status = failing, status
        options = platform.options()
        backend = options["backend"]
        backend._handler = handler
        backend._key = lambda: KEY
        backend.__class__ = type("Keyed", (type(backend),), {"known": (KEY,)})
        try:
            return work(**options), ""
        except DrytuneError:
            return None, traceback.format_exc()

    yield perform, platform
    platform.__exit__()


STEPS = (
    "",
    "POST /v1/files",
    "POST /v1/fine_tuning/jobs",
    "GET /v1/fine_tuning/jobs/",
    "POST /v1/chat/completions",
)


@pytest.mark.parametrize("status", [401, 500])
@pytest.mark.parametrize("failing", STEPS)
def test_it_is_in_no_journal_report_log_or_traceback(desk, rig, tmp_path, caplog, capfd, failing, status):
    """Whatever the platform does with it."""
    from drytune.reports.run_html import run_page
    from drytune.reports.run_json import run_dict
    from drytune.reports.run_markdown import run_markdown
    from drytune.workflow.journal import Journal

    perform, platform = desk
    job = rig.job(tmp_path)
    told: dict[str, object] = {}
    heard: list[str] = []
    hooks = {
        "progress": lambda run: heard.append(repr(run)),
        "waiting": lambda seconds, why: heard.append(why),
    }
    run, told["traceback"] = perform(
        lambda **options: live.run(job, max_usd=1.0, **hooks, **options), failing, status
    )
    told["the journal at that time"] = b"".join(everything_below(platform.state).values())
    told["what callbacks hear"] = " ".join(heard)
    told["what is returned"] = repr(run)
    _, told["traceback of resume"] = perform(
        lambda **options: live.resume("last", **options), failing, status
    )
    with Journal.open(platform.state) as journal:
        entry = journal.find("last")
    told["the run"] = repr(entry.run)
    told["the attempts"] = repr(entry.attempts)
    told["html"] = run_page(entry.plan, entry.run)
    told["markdown"] = run_markdown(entry.plan, entry.run)
    told["json"] = json.dumps(run_dict(entry.plan, entry.run))
    told["log"] = caplog.text
    told["output"] = "".join(capfd.readouterr())
    told |= everything_below(platform.state)
    assert {name: found_in(data) for name, data in told.items() if found_in(data)} == {}
    if not failing:
        assert entry.run.status == "succeeded"
        assert entry.run.done
    said = str(told["the attempts"]) + str(told["the run"]) + str(told["traceback"])
    assert "Incorrect API key provided" in said, "what quoted it is there, without it"


COMMANDS = (
    ("run", "{file}", "--max-usd", "1", "--yes"),
    ("runs",),
    ("runs", "show", "last"),
    ("resume", "last"),
    ("report", "last"),
    ("report", "last", "--format", "json"),
    ("report", "last", "--format", "markdown"),
    ("report", "last", "--html"),
    ("cancel", "last", "--yes"),
)


@pytest.mark.parametrize(
    "fault",
    [
        f"POST /v1/files: 401, message={QUOTED!r}".replace("'", '"'),
        f"GET /v1/fine_tuning/jobs/*: 500, message={QUOTED!r}".replace("'", '"'),
    ],
    ids=["refused", "failing"],
)
def test_commands_neither_keep_nor_say_it(serving, environment, drytune, rig, tmp_path, fault):
    """Over HTTP, with a server that quotes it, and its log at its loudest."""
    file = rig.job(tmp_path, validation=False, held_out=0).training
    variables = {
        **environment,
        "OPENAI_API_KEY": KEY,
        "OPENAI_LOG": "debug",
        "DRYTUNE_STATE": str(tmp_path / "state"),
    }
    with serving("--speed", "instant", "--fault", fault) as (url, _):
        told = {}
        for command in COMMANDS[:3] if "files" in fault else COMMANDS[:2]:
            given = [part.format(file=file) for part in command]
            if command[0] == "run":
                given += ["--backend", "live", "--base-url", url, "--timeout", "1s"]
            done = drytune(*given, env=variables)
            told[" ".join(command)] = done.stdout + done.stderr
    told |= everything_below(tmp_path / "state")
    assert {name: found_in(data) for name, data in told.items() if found_in(data)} == {}
    assert any("state" in name for name in told)
