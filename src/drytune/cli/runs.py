"""``drytune runs``: what the journal has."""

from __future__ import annotations

from pathlib import Path

import click

from drytune.cli.output import print_json, terminal
from drytune.cli.state_options import STATE

__all__ = ["runs"]

_FORMAT = click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True
)


@click.group(invoke_without_command=True)
@STATE
@_FORMAT
@click.pass_context
def runs(ctx: click.Context, state: Path | None, form: str) -> None:
    """List the runs of the journal, or show one of them. Nothing is asked of an API.

    `drytune resume` goes on with one that is not finished, `drytune report` tells what became of one, and
    `drytune clean` deletes what it has left at the platform.
    """
    ctx.obj = (state, form)
    if ctx.invoked_subcommand is not None:
        return
    from drytune.reports.runs import entry_dict, print_runs
    from drytune.workflow.journal import Journal

    with Journal.open(state, empty=True) as journal:
        entries = journal.runs()
        directory = journal.directory
    if form == "json":
        print_json([entry_dict(entry) for entry in entries])
    elif entries:
        print_runs(entries, terminal())
    else:
        click.echo(f"There are no runs in {directory}: `drytune run` begins one.")


@runs.command()
@click.argument("run")
@STATE
@_FORMAT
@click.pass_context
def show(ctx: click.Context, run: str, state: Path | None, form: str) -> None:
    """Show RUN: what it is, each thing that was tried, and what it has left at the platform.

    RUN is its id, the beginning of it, or `last`.
    """
    from drytune.reports.runs import print_entry, shown_dict
    from drytune.workflow.journal import Journal

    outer_state, outer_form = ctx.obj
    with Journal.open(state or outer_state, empty=True) as journal:
        entry = journal.find(run)
    if "json" in (form, outer_form):
        print_json(shown_dict(entry))
    else:
        print_entry(entry, terminal())
