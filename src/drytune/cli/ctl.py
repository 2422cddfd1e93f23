"""``drytune ctl``: move the clock of a running `drytune serve`, make things go wrong, see what was asked."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode

import click

from drytune.cli.ctl_lists import groups
from drytune.cli.ctl_session import Session, command, of_one
from drytune.errors import UsageError

__all__ = ["ctl"]

_URL = "http://127.0.0.1:8000"
_PARTS = ("state", "faults", "scenarios", "answers", "requests")


@click.group()
@click.option("--url", default=_URL, show_default=True, metavar="URL", help="Where the server is.")
@click.option(
    "--key-env", metavar="NAME", help="Environment variable with an API key, if the server wants one."
)
@click.option("--json", "as_json", is_flag=True, help="Print answers as JSON.")
@click.pass_context
def ctl(ctx: click.Context, url: str, key_env: str | None, *, as_json: bool) -> None:
    """Control a running `drytune serve`: its clock, its faults, its answers, what it was asked.

    Of a server with several workers, faults, scenarios and scripted answers are those that it was started with,
    and counts and requests are those of the one worker that happens to answer.
    """
    from drytune.cli.ctl_remote import Remote

    key = None
    if key_env is not None:
        key = os.environ.get(key_env)
        if not key:
            raise UsageError(f"--key-env {key_env}: there is no such environment variable, or it is empty")
    ctx.obj = Session(Remote(url, key), as_json=as_json)


@ctl.command()
@command
def status(session: Session) -> None:
    """What the server is, and its counts."""
    session.tell(session.remote.ask("GET"), lambda answer: _about(session.remote.url, answer))


@ctl.command()
@command
def clock(session: Session) -> None:
    """The server's time."""
    session.tell(session.remote.ask("GET", "/clock"), _time)


@ctl.command()
@click.argument("duration", required=False)
@click.option("--to", "moment", metavar="DATE", help="Up to then, e.g. 2027-01-07 or 2027-01-07T12:00:00Z.")
@command
def advance(session: Session, duration: str | None, moment: str | None) -> None:
    """Move the clock by DURATION, such as 90s, 15m, 12h or 3d; or to a date."""
    if (duration is None) == (moment is None):
        raise UsageError(
            "say either how far, e.g. `advance 12h`, or up to when, e.g. `advance --to 2027-01-07`"
        )
    _move(session, {"advance": duration} if moment is None else {"advance_to": moment})


@ctl.command("next")
@command
def next_happening(session: Session) -> None:
    """Move the clock to the next happening of any job."""
    _move(session, {"next": True})


@ctl.command()
@click.argument("job", required=False)
@command
def finish(session: Session, job: str | None) -> None:
    """Move the clock to the end of JOB, or of all jobs that end by themselves."""
    _move(session, {"finish": job or True})


for _group in groups():
    ctl.add_command(_group)


@ctl.command("requests")
@click.option("--path", metavar="PATH", help="Only those whose path begins so.")
@click.option("--method", help="Only those with this method.")
@click.option("--status", type=click.IntRange(100, 599), help="Only those with this status.")
@click.option("--fault", metavar="NAME", help="Only those that this fault struck.")
@click.option("--layer", metavar="NAME", help="Only those that this layer answered, e.g. taught.")
@click.option("--since", type=click.IntRange(0), metavar="NUMBER", help="Only those with a greater number.")
@click.option(
    "--limit", type=click.IntRange(1), default=20, show_default=True, help="At most the last so many."
)
@click.option("--clear", is_flag=True, help="Forget them all instead.")
@command
def requests_seen(session: Session, *, clear: bool, **filters: str | int | None) -> None:
    """What the server was asked last, oldest first; of several workers, the one that answers."""
    if clear:
        session.tell(session.remote.ask("DELETE", "/requests"), lambda _: ["no requests any more"])
        return
    query = urlencode({name: value for name, value in filters.items() if value is not None})
    session.tell(session.remote.ask("GET", f"/requests?{query}"), _requests)


@ctl.command()
@click.option("--only", multiple=True, type=click.Choice(_PARTS), help="Only this; may be repeated.")
@command
def reset(session: Session, only: tuple[str, ...]) -> None:
    """Begin anew: forget files, jobs, models and requests; have the faults, scenarios and answers of the start.

    The clock stays where it is. With several workers only the state begins anew.
    """
    answer = session.remote.ask("POST", "/reset", {"only": list(only)} if only else {})
    session.tell(
        answer, lambda told: [f"begun anew: {', '.join(told['reset'])}; the clock stays where it is"]
    )


@ctl.command()
@command
def rewind(session: Session) -> None:
    """Have a server that replays (`drytune serve --replay`) begin anew."""
    answer = session.remote.ask("POST", "/rewind", {})
    session.tell(answer, lambda told: [f"{told['file']} is replayed from the beginning"])


def _move(session: Session, how: dict[str, object]) -> None:
    session.tell(session.remote.ask("POST", "/clock", how), _moved)


def _about(url: str, answer: Any) -> Iterable[str]:
    if "clock" not in answer:  # of recordings
        yield f"drytune {answer.pop('version')} at {url}, {answer.pop('drytune')}"
        yield from (f"{name:<10} {value}" for name, value in answer.items())
        return
    yield f"drytune {answer['version']} at {url}, simulated"
    yield f"clock      {answer['clock']['date']} ({answer['clock']['kind']})"
    if answer["as_of"] is not None:
        yield f"as of      {answer['clock']['today']}, from {answer['as_of']} on"
    for name in ("seed", "workers", "requests", "faults", "scenarios", "answers"):
        yield f"{name:<10} {answer.get(name, 1)}"
    yield from of_one(answer)


def _time(answer: Any) -> Iterable[str]:
    yield f"{answer['date']} ({answer['kind']}{'' if answer['movable'] else ', cannot be moved'})"


def _moved(answer: Any) -> Iterable[str]:
    from datetime import timedelta

    far = timedelta(seconds=round(answer["moved"]))
    job = f" for {answer['job']}" if answer["job"] else ""
    yield f"{answer['date']}, moved by {far}{job}" if far else f"{answer['date']}, nothing to move for"


def _requests(answer: Any) -> Iterable[str]:
    from datetime import UTC, datetime

    for entry in answer["data"]:
        at = "-"
        if entry["at"] is not None:
            at = datetime.fromtimestamp(entry["at"], UTC).isoformat(timespec="seconds")
        end = "broken off" if entry["dropped"] else entry["status"]
        yield f"{entry['number']:>5}  {at}  {entry['method']:<6} {entry['path']}  {end}{_from(entry)}"
    yield from of_one(answer)


def _from(entry: Any) -> str:
    """Which fault or layer an answer came from."""
    from drytune_simulator.layers import Origin

    said = f"   fault {entry['fault']}" if entry["fault"] else ""
    parts = {name: entry.get(name) for name in Origin._fields}
    if parts["layer"] is None or parts["layer"] == "fault":
        return said
    return f"{said}   {Origin(**parts)}"
