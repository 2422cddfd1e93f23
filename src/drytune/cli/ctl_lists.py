"""``drytune ctl faults``, ``scenarios`` and ``answers``: what is listed, added, replaced and removed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import click

from drytune.cli.ctl_session import Session, command, of_one
from drytune.errors import UsageError

__all__ = ["groups"]

Tables = Callable[[Path], list[dict[str, Any]]]


def groups() -> Iterator[click.Group]:
    """The commands of each list."""
    yield _of_texts("faults", "fault", "POST /v1/fine_tuning/jobs: 500 after, nth=1")
    yield _of_texts("scenarios", "scenario", "fails_in_training: model=gpt-4o-mini*, nth=1")
    yield _answers()


def _of_texts(name: str, kind: str, example: str) -> click.Group:
    """The commands about faults or about scenarios, which may be written as lines of text."""
    group = _list(name, name, kind, lambda file: _tables(file, name), struck="struck")

    @group.command(help=f'Add a {kind}, e.g. "{example}".', short_help=f"Add a {kind}.")
    @click.argument("text", nargs=-1, required=True)
    @command
    def add(session: Session, text: tuple[str, ...]) -> None:
        answer = session.remote.ask("POST", f"/{name}", [{"text": one} for one in text])
        session.tell(answer, lambda told: _rows(told, "struck"))

    return group


def _answers() -> click.Group:
    """The commands about scripted answers."""
    group = _list("answers", "scripted answers", "script", _scripts, struck="used")

    @group.command(short_help="Add a script.")
    @click.argument("answer", nargs=-1)
    @click.option("--text", metavar="TEXT", help="Where the last message of the user is exactly this.")
    @click.option("--pattern", metavar="REGEX", help="Where this is found in the last message of the user.")
    @click.option("--model", metavar="NAME", help="Where this model is asked; * and ? stand for anything.")
    @click.option("--turn", type=click.IntRange(1), help="Where the user has written so many messages.")
    @click.option(
        "--tool-result", metavar="TEXT", help="Where a tool has just given a result with this in it."
    )
    @click.option("--times", type=click.IntRange(1), help="At most so often.")
    @click.option("--name", help="What headers and lists call it.")
    @click.option("--delay", metavar="SECONDS", help="Before the first token, e.g. 500ms.")
    @click.option("--refuse", is_flag=True, help="The model refuses, in these words.")
    @click.option(
        "--file", type=click.Path(path_type=Path, readable=False), help="Those of a TOML file instead."
    )
    @command
    def add(
        session: Session,
        answer: tuple[str, ...],
        *,
        delay: str | None,
        refuse: bool,
        file: Path | None,
        **conditions: str | int | None,
    ) -> None:
        """Add a script: what models say to all questions, or to those that the options tell.

        Several ANSWERs are given one after the other, the last one again and again. Calls of tools and JSON are
        written in a FILE.
        """
        given = {key: value for key, value in conditions.items() if value is not None}
        if (file is None) is not bool(answer) or (file is not None and (given or delay or refuse)):
            raise UsageError(
                'say either what is answered, e.g. `add "It is sunny." --text Weather?`, or --file FILE'
            )
        tables = [_script(answer, given, delay=delay, refuse=refuse)] if file is None else _scripts(file)
        session.tell(session.remote.ask("POST", "/answers", tables), lambda told: _rows(told, "used"))

    return group


def _list(name: str, what: str, kind: str, tables: Tables, *, struck: str) -> click.Group:
    """The commands that all lists have.

    Args:
        name: Of the group, and of the resource.
        what: The things of the list, in words.
        kind: One of them.
        tables: Reads a file of them.
        struck: What the count of those that happened is called.
    """
    listed = f"List the {what}, and how often each has {'been ' if struck == 'used' else ''}{struck}"

    @click.group(name, invoke_without_command=True, help=f"The {what}; without a command, list them.")
    @click.pass_context
    def group(ctx: click.Context) -> None:
        if ctx.invoked_subcommand is None:
            ctx.invoke(show)

    @group.command(
        "list",
        help=f"{listed} (of several workers: in the one that answers).",
        short_help=f"{listed}.",
    )
    @command
    def show(session: Session) -> None:
        session.tell(session.remote.ask("GET", f"/{name}"), lambda told: _rows(told, struck))

    @group.command(help=f"Have the {what} of a TOML file instead.")
    @click.argument("file", type=click.Path(path_type=Path, readable=False))
    @command
    def load(session: Session, file: Path) -> None:
        session.tell(session.remote.ask("PUT", f"/{name}", tables(file)), lambda told: _rows(told, struck))

    @group.command(help=f"Take out the {kind} with this name or number.")
    @click.argument("which")
    @command
    def remove(session: Session, which: str) -> None:
        answer = session.remote.ask("DELETE", f"/{name}/{quote(which, safe='')}")
        session.tell(answer, lambda _: [f"{kind} {which} is gone"])

    @group.command(help=f"Have no {what} any more.")
    @command
    def clear(session: Session) -> None:
        session.tell(session.remote.ask("DELETE", f"/{name}"), lambda told: _rows(told, struck))

    return group


def _tables(file: Path, name: str) -> list[dict[str, Any]]:
    from drytune_simulator.faults import FaultError, load

    try:
        loaded = load(file)
    except FaultError as error:
        raise UsageError(str(error)) from error
    return [item.table() for item in (loaded.faults if name == "faults" else loaded.scenarios)]


def _scripts(file: Path) -> list[dict[str, Any]]:
    from drytune_simulator.scripts import ScriptError, load

    try:
        return [script.table() for script in load(file)]
    except ScriptError as error:
        raise UsageError(str(error)) from error


def _script(
    texts: tuple[str, ...], given: dict[str, Any], *, delay: str | None, refuse: bool
) -> dict[str, Any]:
    """The table of a script.

    Raises:
        UsageError: It can be none.
    """
    from drytune_simulator.scripts import Say, Script, ScriptError

    try:
        said = [
            Say(refusal=text, delay=delay or 0) if refuse else Say(text, delay=delay or 0) for text in texts
        ]
        return Script(said, **given).table()
    except ScriptError as error:
        raise UsageError(str(error)) from error


def _rows(answer: Any, struck: str) -> Iterable[str]:
    if not answer["data"]:
        yield "none"
    for row in answer["data"]:
        yield f"{row['id']:<8} {row['text']}   ({struck} {row['struck']} of {row['seen']})"
    yield from of_one(answer)
