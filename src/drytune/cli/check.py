"""``drytune check``: the verdict and the bill of training files."""

from __future__ import annotations

from datetime import datetime

import click

from drytune.cli.options import AS_OF, DEFAULT_MODEL, day_or_today
from drytune.cli.output import print_json, terminal

__all__ = ["check"]


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...", type=click.Path(readable=False))
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
        print_json(report.to_dict())
    else:
        from drytune.reports.check import print_report

        print_report(report, terminal())
    if not report.ok:
        ctx.exit(1)
