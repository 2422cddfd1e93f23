"""``drytune dry-run``: the whole fine-tune, rehearsed."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import click

from drytune.cli.job_options import job_of, job_options
from drytune.cli.options import AS_OF, day_or_today
from drytune.cli.output import print_json, terminal

__all__ = ["dry_run"]


@click.command("dry-run")
@click.argument("file", type=click.Path(path_type=Path, readable=False))
@job_options
@click.option(
    "--send-anyway", is_flag=True, help="Go on with errors in the dataset, to see how the platform says no."
)
@AS_OF
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.pass_context
def dry_run(
    ctx: click.Context,
    /,
    file: Path,
    *,
    send_anyway: bool,
    as_of: datetime | None,
    form: str,
    **values: Any,
) -> None:
    """Rehearse a fine-tune of FILE: check, upload, train and ask, against a simulator in this process.

    Nothing is sent anywhere, nothing is trained, nothing is billed. The same --seed gives the same ids and losses;
    it is 0 if none is given.
    """
    from drytune.reports.dry_run import Printer
    from drytune.workflow import dry_run as rehearse

    printer = Printer(terminal()) if form == "text" else None
    rehearsal = rehearse(
        job_of(str(file), **values),
        as_of=day_or_today(as_of),
        seed=values["seed"] or 0,
        send_anyway=send_anyway,
        checked=printer.checked if printer else None,
        progress=printer.progress if printer else None,
    )
    if printer is None:
        print_json(rehearsal.to_dict())
    else:
        printer.report(rehearsal)
    ctx.exit(0 if rehearsal.ok else 1)
