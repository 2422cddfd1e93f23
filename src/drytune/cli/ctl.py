"""``drytune ctl``: move the clock of a running `drytune serve`, make things go wrong, see what was asked."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

import click

from drytune.cli.output import print_json, print_lines
from drytune.errors import UsageError

if TYPE_CHECKING:
    from drytune.cli.ctl_remote import Remote

__all__ = ["ctl"]

_URL = "http://127.0.0.1:8000"
_PARTS = ("state", "faults", "scenarios", "requests")

Lines = Callable[[Any], Iterable[str]]


class _Session:
    """Where to ask, and how to print what comes."""

    def __init__(self, remote: Remote, *, as_json: bool) -> None:
        self.remote = remote
        self.as_json = as_json

    def tell(self, answer: Any, lines: Lines) -> None:
        if self.as_json:
            print_json(answer)
        else:
            print_lines(lines(answer))


def _command(function: Callable[..., None]) -> Callable[..., None]:
    """A command that is given the session, and takes ``--json`` as the group does."""

    @click.option("--json", "as_json", is_flag=True, help="Print the answer as JSON.")
    @click.pass_obj
    def run(session: _Session, /, *arguments: Any, as_json: bool, **options: Any) -> None:
        session.as_json = session.as_json or as_json
        function(session, *arguments, **options)

    run.__name__, run.__doc__ = function.__name__, function.__doc__
    return run


@click.group()
@click.option("--url", default=_URL, show_default=True, metavar="URL", help="Where the server is.")
@click.option(
    "--key-env", metavar="NAME", help="Environment variable with an API key, if the server wants one."
)
@click.option("--json", "as_json", is_flag=True, help="Print answers as JSON.")
@click.pass_context
def ctl(ctx: click.Context, url: str, key_env: str | None, *, as_json: bool) -> None:
    """Control a running `drytune serve`: its clock, its faults, what it was asked.

    Of a server with several workers, faults and scenarios are those that it was started with, and counts and
    requests are those of the one worker that happens to answer.
    """
    from drytune.cli.ctl_remote import Remote

    key = None
    if key_env is not None:
        key = os.environ.get(key_env)
        if not key:
            raise UsageError(f"--key-env {key_env}: there is no such environment variable, or it is empty")
    ctx.obj = _Session(Remote(url, key), as_json=as_json)


@ctl.command()
@_command
def status(session: _Session) -> None:
    """What the server is, and its counts."""
    session.tell(session.remote.ask("GET"), lambda answer: _about(session.remote.url, answer))


@ctl.command()
@_command
def clock(session: _Session) -> None:
    """The server's time."""
    session.tell(session.remote.ask("GET", "/clock"), _time)


@ctl.command()
@click.argument("duration", required=False)
@click.option("--to", "moment", metavar="DATE", help="Up to then, e.g. 2027-01-07 or 2027-01-07T12:00:00Z.")
@_command
def advance(session: _Session, duration: str | None, moment: str | None) -> None:
    """Move the clock by DURATION, such as 90s, 15m, 12h or 3d; or to a date."""
    if (duration is None) == (moment is None):
        raise UsageError(
            "say either how far, e.g. `advance 12h`, or up to when, e.g. `advance --to 2027-01-07`"
        )
    _move(session, {"advance": duration} if moment is None else {"advance_to": moment})


@ctl.command("next")
@_command
def next_happening(session: _Session) -> None:
    """Move the clock to the next happening of any job."""
    _move(session, {"next": True})


@ctl.command()
@click.argument("job", required=False)
@_command
def finish(session: _Session, job: str | None) -> None:
    """Move the clock to the end of JOB, or of all jobs that end by themselves."""
    _move(session, {"finish": job or True})


def _roster(name: str, kind: str, example: str) -> click.Group:
    """The commands about faults or about scenarios."""

    @click.group(name, invoke_without_command=True, help=f"The {name}; without a command, list them.")
    @click.pass_context
    def group(ctx: click.Context) -> None:
        if ctx.invoked_subcommand is None:
            ctx.invoke(show)

    @group.command(
        "list",
        help=f"List the {name}, and how often each has struck (of several workers: in the one that answers).",
        short_help=f"List the {name}, and how often each has struck.",
    )
    @_command
    def show(session: _Session) -> None:
        session.tell(session.remote.ask("GET", f"/{name}"), _rows)

    @group.command(help=f'Add a {kind}, e.g. "{example}".', short_help=f"Add a {kind}.")
    @click.argument("text", nargs=-1, required=True)
    @_command
    def add(session: _Session, text: tuple[str, ...]) -> None:
        session.tell(session.remote.ask("POST", f"/{name}", [{"text": one} for one in text]), _rows)

    @group.command(help=f"Have the {name} of a TOML file instead.")
    @click.argument("file", type=click.Path(path_type=Path, readable=False))
    @_command
    def load(session: _Session, file: Path) -> None:
        session.tell(session.remote.ask("PUT", f"/{name}", _tables(file, name)), _rows)

    @group.command(help=f"Take out the {kind} with this name or number.")
    @click.argument("which")
    @_command
    def remove(session: _Session, which: str) -> None:
        answer = session.remote.ask("DELETE", f"/{name}/{quote(which, safe='')}")
        session.tell(answer, lambda _: [f"{kind} {which} is gone"])

    @group.command(help=f"Have no {name} any more.")
    @_command
    def clear(session: _Session) -> None:
        session.tell(session.remote.ask("DELETE", f"/{name}"), _rows)

    return group


ctl.add_command(_roster("faults", "fault", "POST /v1/fine_tuning/jobs: 500 after, nth=1"))
ctl.add_command(_roster("scenarios", "scenario", "fails_in_training: model=gpt-4o-mini*, nth=1"))


@ctl.command("requests")
@click.option("--path", metavar="PATH", help="Only those whose path begins so.")
@click.option("--method", help="Only those with this method.")
@click.option("--status", type=click.IntRange(100, 599), help="Only those with this status.")
@click.option("--fault", metavar="NAME", help="Only those that this fault struck.")
@click.option("--since", type=click.IntRange(0), metavar="NUMBER", help="Only those with a greater number.")
@click.option(
    "--limit", type=click.IntRange(1), default=20, show_default=True, help="At most the last so many."
)
@click.option("--clear", is_flag=True, help="Forget them all instead.")
@_command
def requests_seen(session: _Session, *, clear: bool, **filters: str | int | None) -> None:
    """What the server was asked last, oldest first; of several workers, the one that answers."""
    if clear:
        session.tell(session.remote.ask("DELETE", "/requests"), lambda _: ["no requests any more"])
        return
    query = urlencode({name: value for name, value in filters.items() if value is not None})
    session.tell(session.remote.ask("GET", f"/requests?{query}"), _requests)


@ctl.command()
@click.option("--only", multiple=True, type=click.Choice(_PARTS), help="Only this; may be repeated.")
@_command
def reset(session: _Session, only: tuple[str, ...]) -> None:
    """Begin anew: forget files, jobs, models and requests, and have the faults and scenarios of the start.

    The clock stays where it is. With several workers only the state begins anew.
    """
    answer = session.remote.ask("POST", "/reset", {"only": list(only)} if only else {})
    session.tell(
        answer, lambda told: [f"begun anew: {', '.join(told['reset'])}; the clock stays where it is"]
    )


def _move(session: _Session, how: dict[str, object]) -> None:
    session.tell(session.remote.ask("POST", "/clock", how), _moved)


def _tables(file: Path, name: str) -> list[dict[str, Any]]:
    from drytune_simulator.faults import FaultError, load

    try:
        loaded = load(file)
    except FaultError as error:
        raise UsageError(str(error)) from error
    return [item.table() for item in (loaded.faults if name == "faults" else loaded.scenarios)]


def _about(url: str, answer: Any) -> Iterable[str]:
    yield f"drytune {answer['version']} at {url}, simulated"
    yield f"clock      {answer['clock']['date']} ({answer['clock']['kind']})"
    if answer["as_of"] is not None:
        yield f"as of      {answer['clock']['today']}, from {answer['as_of']} on"
    for name in ("seed", "workers", "requests", "faults", "scenarios"):
        yield f"{name:<10} {answer.get(name, 1)}"
    yield from _of_one(answer)


def _time(answer: Any) -> Iterable[str]:
    yield f"{answer['date']} ({answer['kind']}{'' if answer['movable'] else ', cannot be moved'})"


def _moved(answer: Any) -> Iterable[str]:
    from datetime import timedelta

    far = timedelta(seconds=round(answer["moved"]))
    job = f" for {answer['job']}" if answer["job"] else ""
    yield f"{answer['date']}, moved by {far}{job}" if far else f"{answer['date']}, nothing to move for"


def _rows(answer: Any) -> Iterable[str]:
    if not answer["data"]:
        yield "none"
    for row in answer["data"]:
        yield f"{row['id']:<8} {row['text']}   (struck {row['struck']} of {row['seen']})"
    yield from _of_one(answer)


def _requests(answer: Any) -> Iterable[str]:
    from datetime import UTC, datetime

    for entry in answer["data"]:
        at = "-"
        if entry["at"] is not None:
            at = datetime.fromtimestamp(entry["at"], UTC).isoformat(timespec="seconds")
        end = "broken off" if entry["dropped"] else entry["status"]
        fault = f"   fault {entry['fault']}" if entry["fault"] else ""
        yield f"{entry['number']:>5}  {at}  {entry['method']:<6} {entry['path']}  {end}{fault}"
    yield from _of_one(answer)


def _of_one(answer: Any) -> Iterable[str]:
    """What has to be known about counts and requests where several processes answer."""
    workers = answer.get("workers", 1)
    if workers > 1:
        yield f"(as one of {workers} workers has it: each counts and notes only what it was asked itself)"
