"""``drytune plan``: what a fine-tune would do and cost, written down for ``drytune run``."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click

from drytune.cli.backend_options import backend_options
from drytune.cli.job_options import job_of, job_options
from drytune.cli.output import print_json, terminal
from drytune.cli.state_options import STATE
from drytune.errors import UsageError

if TYPE_CHECKING:
    from drytune.workflow.planning import NotPlanned

__all__ = ["plan", "tell_refusal"]


@click.command()
@click.argument("dataset", metavar="DATASET", type=click.Path(readable=False, allow_dash=True))
@job_options
@click.option("--max-usd", type=float, metavar="USD", help="The most that all of it may cost.")
@click.option(
    "--encoding",
    type=click.Choice(["o200k_base", "cl100k_base"]),
    help="Of the tokens; with it the model may be any vendor's.",
)
@click.option("--out", metavar="FILE", help="The plan.  [default: the dataset's name with .plan.json]")
@click.option("--force", is_flag=True, help="Replace an earlier plan.")
@backend_options
@STATE
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.pass_context
def plan(
    ctx: click.Context,
    /,
    dataset: str,
    max_usd: float | None,
    encoding: str | None,
    out: str | None,
    state: Path | None,
    form: str,
    *,
    force: bool,
    **options: Any,
) -> None:
    """Write down what a fine-tune on DATASET would do and cost at most; `drytune run` then does exactly that.

    Nothing is sent anywhere. A dataset with errors gets no plan, and neither does what may cost more than
    --max-usd. Options that are not given come from [tool.drytune] in pyproject.toml. Exit code 0: planned;
    1: no plan; 2: wrong use.
    """
    from drytune.cli.running import where_of
    from drytune.config import load_config, policy_of
    from drytune.estimate import checked_budget
    from drytune.workflow import live
    from drytune.workflow.planning import NotPlanned, save_plan

    config = load_config()
    budget = checked_budget(max_usd, "--max-usd")
    target = _target(dataset, out, force=force)
    job = job_of(dataset, config=config, **options)
    try:
        made = live.plan(
            job,
            max_usd=config.max_usd if budget is None else budget,
            rules=cast("dict[str, str]", policy_of(config)),
            encoding=encoding or config.encoding,
            **where_of(options, state),
        )
    except NotPlanned as refusal:
        ctx.exit(tell_refusal(refusal, form))
    save_plan(made, target)
    if form == "json":
        print_json(made.to_dict())
    else:
        from drytune.reports.plan import print_plan

        print_plan(made, terminal())
    again = "" if made.max_usd is None else f"; `drytune run {target}` does exactly this"
    click.echo(f"wrote {target}{again}", err=True)


def tell_refusal(refusal: NotPlanned, form: str) -> int:
    """Say why there is no plan, with the verdict on the dataset if that is it; the exit code."""
    if form == "json":
        print_json({**refusal.report.to_dict(), "refused": str(refusal)})
        return refusal.exit_code
    if refusal.report.ok:
        raise refusal
    from drytune.reports.check import print_report

    print_report(refusal.report, terminal(), charts=False)
    click.echo("drytune: the dataset has errors, so there is no plan, and nothing was sent", err=True)
    return refusal.exit_code


def _target(dataset: str, out: str | None, *, force: bool) -> str:
    """Where the plan goes.

    Raises:
        UsageError: There is something that it may not replace.
    """
    from drytune.workflow.planning import is_plan

    target = f"{Path(dataset).stem}.plan.json" if out is None else out
    if not target or "\0" in target or target == "-":
        raise UsageError("--out needs the name of a file for the plan.")
    path = Path(target)
    if path.is_dir() or not path.parent.is_dir():
        what = "is a directory" if path.is_dir() else f"cannot be written, as {path.parent} is no directory"
        raise UsageError(f"{target} {what}; name a file with --out.")
    if not os.path.lexists(path):
        return target
    if not is_plan(path):
        raise UsageError(
            f"{target} is there already and is no plan, so it is not replaced; name another with --out."
        )
    if not force:
        raise UsageError(f"{target} is there already; add --force to replace it, or name another with --out.")
    return target
