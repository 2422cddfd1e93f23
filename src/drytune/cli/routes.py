"""``drytune routes``: what of the platform's documented API is simulated."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import click

from drytune.cli.output import print_json, print_lines

if TYPE_CHECKING:
    from drytune_simulator.routes import Documented

__all__ = ["routes"]


@click.command()
@click.option("--all", "everything", is_flag=True, help="Also each operation that is not simulated.")
@click.option("--json", "form", flag_value="json", help="All operations as JSON.")
@click.option("--markdown", "form", flag_value="markdown", help="The table of the simulator's README.")
def routes(*, everything: bool, form: str | None) -> None:
    """List the operations of the platform's API: simulated, refused as by the platform, or not simulated.

    What is documented but not simulated is answered with 501 and its name; any other path as the platform does.
    """
    from dataclasses import asdict

    from drytune_simulator.routes import surface

    operations = surface()
    if form == "json":
        print_json([asdict(operation) for operation in operations])
    elif form == "markdown":
        print_lines(_markdown(operations))
    else:
        print_lines(_text(operations, everything=everything))


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
