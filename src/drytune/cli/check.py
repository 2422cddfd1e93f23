"""``drytune check``: the verdict and the bill of training files."""

from __future__ import annotations

import json
import sys
from datetime import datetime
from typing import TYPE_CHECKING

import click

from drytune.cli.options import AS_OF, DEFAULT_MODEL, day_or_today

if TYPE_CHECKING:
    from drytune.checking import Report

__all__ = ["check"]


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...", type=click.Path())
@click.option("--model", "-m", default=DEFAULT_MODEL, show_default=True, help="The model to be tuned.")
@click.option("--epochs", type=click.IntRange(1, 50), help="Times the file is trained on.  [default: auto]")
@AS_OF
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.pass_context
def check(
    ctx: click.Context,
    files: tuple[str, ...],
    model: str,
    epochs: int | None,
    as_of: datetime | None,
    form: str,
) -> None:
    """Say what the platform would say to FILE..., and what the training would cost.

    Nothing is sent anywhere. Exit code 0: no errors; 1: errors; 2: wrong use.
    """
    from drytune.checking import check as check_files

    report = check_files(files, model, as_of=day_or_today(as_of), n_epochs=epochs)
    if form == "json":
        _print_json(report.to_dict())
    else:
        _print_text(report)
    if not report.ok:
        ctx.exit(1)


def _print_json(value: object) -> None:
    """`value` on standard output as UTF-8 JSON; what UTF-8 cannot spell becomes an escape, which JSON has too."""
    text = json.dumps(value, ensure_ascii=False, indent=2)
    click.echo(text.encode("utf-8", "backslashreplace"))


def _print_text(report: Report) -> None:
    from rich.console import Console

    from drytune.reports.check import print_report

    reconfigure = getattr(sys.stdout, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(errors="replace")  # a terminal that lacks a character shows a question mark
    console = Console(highlight=False)
    if not console.is_terminal:
        console.soft_wrap = True  # a finding is a line, for those who grep
    print_report(report, console)
