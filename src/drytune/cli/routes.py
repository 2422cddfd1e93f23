"""``drytune routes``: what of the platform's documented API is simulated."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import click

from drytune.cli.output import print_json, print_lines

if TYPE_CHECKING:
    from drytune_simulator.routes import Documented

__all__ = ["routes"]


@click.command()
@click.option("--all", "everything", is_flag=True, help="Also each operation that is not simulated.")
@click.option(
    "--refusals",
    is_flag=True,
    help="Instead, what is refused and told of jobs in which words, and how sure they are.",
)
@click.option("--json", "form", flag_value="json", help="All operations, or refusals, as JSON.")
@click.option("--markdown", "form", flag_value="markdown", help="The table of the documentation.")
def routes(*, everything: bool, refusals: bool, form: str | None) -> None:
    """List the operations of the platform's API: simulated, refused as by the platform, or not simulated.

    What is documented but not simulated is answered with 501 and its name; any other path as the platform does.
    """
    if refusals:
        _print_refusals(form)
        return
    from dataclasses import asdict

    from drytune_simulator.routes import surface

    operations = surface()
    if form == "json":
        print_json([asdict(operation) for operation in operations])
    elif form == "markdown":
        print_lines(_markdown(operations))
    else:
        print_lines(_text(operations, everything=everything))


def _print_refusals(form: str | None) -> None:
    """Refusals, failures that are not the file's fault, texts of events, and defaults, with their grades."""
    from drytune_simulator.errors import REFUSALS
    from drytune_simulator.training import DEFAULTS, EVENTS, FAILURES

    rows = [
        {
            "name": name,
            "status": row.status,
            "type": row.type,
            "code": row.code,
            "param": row.param,
            "message": row.message,
            "grade": row.grade,
            "source": row.source,
        }
        for name, row in REFUSALS.items()
    ]
    rows += [
        {
            "name": name,
            "status": "job fails",
            "type": None,
            "code": row.failure.code,
            "param": row.failure.param,
            "message": row.failure.message,
            "grade": row.grade,
            "source": row.source,
        }
        for name, row in FAILURES.items()
    ]
    rows += [
        {
            "name": name,
            "status": "event",
            "type": None,
            "code": None,
            "param": None,
            "message": told.text,
            "grade": told.grade,
            "source": told.source,
        }
        for name, told in EVENTS.items()
    ]
    rows += [
        {
            "name": name,
            "status": "auto",
            "type": None,
            "code": None,
            "param": name,
            "message": f"{name} becomes {default.value:g}",
            "grade": default.grade,
            "source": default.source,
        }
        for name, default in DEFAULTS.items()
    ]
    if form == "json":
        print_json(rows)
    elif form == "markdown":
        print_lines(_refusal_table(rows))
    else:
        print_lines(f"{row['grade']}  {row['status']}  {row['name']}: {row['message']}" for row in rows)


def _refusal_table(rows: Sequence[Mapping[str, object]]) -> Iterator[str]:
    yield "| grade | status | code | param | message | source |"
    yield "|---|---|---|---|---|---|"
    for row in rows:
        cells = [str(row[name] or "") for name in ("grade", "status", "code", "param", "message", "source")]
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _text(operations: Sequence[Documented], *, everything: bool) -> Iterator[str]:
    shown = [one for one in operations if everything or one.state != "not simulated"]
    width = max(len(one.path) for one in shown)
    for one in shown:
        said = "; ".join(filter(None, (one.summary, one.note)))
        yield f"{one.method:<6} {one.path:<{width}}  {one.state:<13}  {said}".rstrip()
    hidden = len(operations) - len(shown)
    if hidden:
        yield f"{hidden} more are documented and not simulated (501): drytune routes --all"


def _markdown(operations: Sequence[Documented]) -> Iterator[str]:
    """The operations that are answered, one a row; the others by the first word of their paths."""
    yield "| operation | | |"
    yield "|---|---|---|"
    for one in operations:
        if one.state != "not simulated":
            said = "; ".join(filter(None, (one.summary, one.note)))
            yield f"| `{one.method} {one.path}` | {one.state} | {said} |"
    # a resource that is simulated in part is told operation by operation
    partly = {_resource(one) for one in operations if one.state == "simulated"}
    rest = [one for one in operations if one.state == "not simulated"]
    for one in rest:
        if _resource(one) in partly:
            yield f"| `{one.method} {one.path}` | not simulated | 501 |"
    for resource, count in Counter(map(_resource, rest)).items():
        if resource not in partly:
            yield f"| `{resource}`, {count} operation{'s' * (count > 1)} | not simulated | 501 |"


def _resource(operation: Documented) -> str:
    return "/".join(operation.path.split("/")[:3])
