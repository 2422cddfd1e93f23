"""A person at a terminal: plan, run, Ctrl-C, resume, report; narrow and wide, with colours and without."""

import json
import sys
import urllib.request

import pytest

from drytune_simulator import ids

KEY = "sk-" + ids.identifier(40, "terminal")
MODEL = "gpt-4.1-nano"


class Person:
    """Types commands into one terminal after the other, all of the same width, and reads all of it."""

    def __init__(self, screens, environment, *, columns: int, cwd: str) -> None:
        self._screens, self._environment = screens, environment
        self._columns, self._cwd = columns, cwd
        self.read: list[object] = []

    def types(self, *arguments: object):
        """A command; the terminal in which it works."""
        terminal = self._screens.Terminal(
            [sys.executable, "-m", "drytune", *map(str, arguments)],
            self._environment,
            columns=self._columns,
            cwd=self._cwd,
        )
        self.read.append(terminal)
        return terminal

    @property
    def transcript(self) -> str:
        return "\n".join(terminal.screen.text for terminal in self.read)

    def leaves(self) -> None:
        for terminal in self.read:
            terminal.close()


@pytest.fixture
def person(screens, environment, tmp_path, request):
    columns, colours = request.param
    variables = {**environment, "OPENAI_API_KEY": KEY, "DRYTUNE_STATE": str(tmp_path / "state")}
    one = Person(
        screens,
        variables if colours else {**variables, "NO_COLOR": "1"},
        columns=columns,
        cwd=str(tmp_path),
    )
    yield one
    one.leaves()


SENTENCES = ("wrote ", "The job ", "drytune: ", "Send this ", "and spend ", "Leave it ", "go on waiting ")

KINDS = [
    pytest.param((40, False), id="narrow"),
    pytest.param((120, True), id="wide, in colour", marks=pytest.mark.slow),
    pytest.param((40, True), id="narrow, in colour", marks=pytest.mark.slow),
    pytest.param((120, False), id="wide", marks=pytest.mark.slow),
]


@pytest.mark.parametrize("person", KINDS, indirect=True)
def test_plan_run_leave_resume_report(person, rig, serving, drytune, tmp_path, request):
    """What was sent, left running and gone on with can be followed on the screen, and nothing is sent twice."""
    _, colours = request.node.callspec.params["person"]
    wanted = rig.job(tmp_path)
    with serving("--speed", "manual") as (url, _):
        where = ("--backend", "live", "--base-url", url)
        files = ("--validation", wanted.validation, "--holdout", wanted.holdout)
        given = (*files, "--model", MODEL, "--epochs", 2)

        terminal = person.types("plan", wanted.training, *given, "--max-usd", 1, *where)
        assert terminal.end() == 0, terminal.screen.text
        words = said(terminal)
        assert "12 examples" in words
        assert "wrote training.plan.json" in words

        terminal = person.types("run", "training.plan.json")
        terminal.until("[y/N]")
        assert "at most 1" in said(terminal)
        assert asked(url) == []
        terminal.type("y\n")
        terminal.until(lambda text: "ftjob-" in text)
        terminal.until(lambda text: any(word in text for word in ("validating", "queued", "running")))
        terminal.quiet()
        terminal.type("\x03")
        terminal.until("go on waiting (g)?")
        terminal.type("l\n")
        assert terminal.end() == 130, terminal.screen.text
        assert "drytune resume" in said(terminal)

        finish(drytune, url)

        terminal = person.types("resume")
        assert terminal.end() == 0, terminal.screen.text
        assert "succeeded" in said(terminal)

        terminal = person.types("report", "last")
        assert terminal.end() == 0, terminal.screen.text
        words = said(terminal)
        assert "SIMULATED" in words
        assert "the job succeeded, and all questions were asked" in words
        made = [path for method, path in asked(url) if method == "POST"]
        assert made.count("/v1/files") == 2
        assert made.count("/v1/fine_tuning/jobs") == 1

    for terminal in person.read:
        screen = terminal.screen
        assert screen.unknown == []
        # messages of one sentence are left to the terminal, and so are words that no line has room for
        broken = [line for line in screen.wraps if " " in line.strip() and not line.startswith(SENTENCES)]
        assert broken == []
        assert bool(screen.colours) <= colours
    assert any(terminal.screen.colours for terminal in person.read) == colours
    assert KEY not in person.transcript
    assert "Traceback" not in person.transcript


def said(terminal) -> str:
    """What is on the screen, as one line: where lines are broken depends on the width."""
    return " ".join(terminal.screen.text.split())


def finish(drytune, url) -> None:
    """Have the server's clock move to the end of the job."""
    done = drytune("ctl", "--url", url.removesuffix("/v1"), "finish")
    assert done.returncode == 0, done.stderr


def asked(url) -> list[tuple[str, str]]:
    """What the server was asked."""
    with urllib.request.urlopen(f"{url.removesuffix('/v1')}/_drytune/requests?limit=1000") as response:
        told = json.loads(response.read())
    return [(one["method"], one["path"]) for one in told["data"]]
