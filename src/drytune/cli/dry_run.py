"""``drytune dry-run``: the whole fine-tune, rehearsed."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from drytune.cli.options import (
    AS_OF,
    DEFAULT_MODEL,
    GRADER,
    RESPONSE_FORMAT,
    day_or_today,
    json_file,
    require_text,
)
from drytune.cli.output import print_json, terminal

__all__ = ["dry_run"]


@click.command("dry-run")
@click.argument("file", type=click.Path(path_type=Path, readable=False))
@click.option("--model", "-m", default=DEFAULT_MODEL, show_default=True, help="The base model.")
@click.option(
    "--method",
    type=click.Choice(["supervised", "dpo", "reinforcement"]),
    help="How it is tuned.  [default: what the first lines look like]",
)
@GRADER
@RESPONSE_FORMAT
@click.option("--epochs", type=click.IntRange(1, 50), help="Epochs; by default as the platform picks them.")
@click.option("--suffix", help="Part of the tuned model's name.")
@click.option(
    "--seed",
    type=click.IntRange(0, 2_147_483_647),
    default=0,
    show_default=True,
    help="Seed of ids and losses.",
)
@click.option("--ask", multiple=True, metavar="PROMPT", help="Ask the tuned model this; may be repeated.")
@click.option("--system", metavar="PROMPT", help="System prompt of the questions; by default the dataset's.")
@click.option(
    "--send-anyway", is_flag=True, help="Go on with errors in the dataset, to see how the platform says no."
)
@AS_OF
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.pass_context
def dry_run(
    ctx: click.Context,
    file: Path,
    model: str,
    method: str | None,
    grader: str | None,
    response_format: str | None,
    epochs: int | None,
    suffix: str | None,
    seed: int,
    ask: tuple[str, ...],
    system: str | None,
    *,
    send_anyway: bool,
    as_of: datetime | None,
    form: str,
) -> None:
    """Rehearse a fine-tune of FILE: check, upload, train and ask, against a simulator in this process.

    Nothing is sent anywhere, nothing is trained, nothing is billed.
    """
    from drytune.reports.dry_run import Printer
    from drytune.workflow import dry_run as rehearse

    for text in (*ask, system or "", suffix or ""):
        require_text(text)
    printer = Printer(terminal()) if form == "text" else None
    rehearsal = rehearse(
        file,
        model,
        method=method,
        grader=json_file(grader, "--grader"),
        response_format=json_file(response_format, "--response-format"),
        as_of=day_or_today(as_of),
        seed=seed,
        suffix=suffix,
        n_epochs=epochs,
        ask=ask,
        system=system,
        send_anyway=send_anyway,
        checked=printer.checked if printer else None,
        progress=printer.progress if printer else None,
    )
    if printer is None:
        print_json(rehearsal.to_dict())
    else:
        printer.report(rehearsal)
    ctx.exit(0 if rehearsal.ok else 1)
