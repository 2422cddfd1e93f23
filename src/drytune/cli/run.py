"""``drytune run``, ``resume`` and ``cancel``: a fine-tune for real, within a budget, and never lost."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from drytune.cli.backend_options import backend_options
from drytune.cli.job_options import given_job_options, job_of, job_options
from drytune.cli.state_options import STATE
from drytune.cli.waiting_options import waiting_options

__all__ = ["cancel", "resume", "run"]

_FORMAT = click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True
)
_YES = click.option("--yes", "-y", is_flag=True, help="Do not ask; for scripts and CI.")


@click.command()
@click.argument("target", metavar="PLAN|DATASET")
@click.option(
    "--max-usd",
    type=float,
    metavar="USD",
    help="All of it may cost so much at most; without a budget nothing is sent. A plan has its own.",
)
@_YES
@click.option(
    "--encoding",
    type=click.Choice(["o200k_base", "cl100k_base"]),
    help="Of the tokens of DATASET; with it the model may be any vendor's.",
)
@click.option("--again", is_flag=True, help="Do it although the same was done before, and pay again.")
@job_options
@backend_options
@waiting_options
@STATE
@_FORMAT
@click.pass_context
def run(
    ctx: click.Context,
    /,
    target: str,
    max_usd: float | None,
    encoding: str | None,
    *,
    yes: bool,
    again: bool,
    state: Path | None,
    form: str,
    **values: Any,
) -> int:
    """Do what PLAN says, or plan DATASET and do that: upload, train, ask the tuned model.

    This asks a real API, unless --backend says otherwise, and what it trains is billed. It asks once before it
    sends anything. Each step is kept in a journal before it is tried: `drytune resume` goes on after anything that
    cuts it off, and never uploads or trains twice.

    Exit codes: 0 the job succeeded and all was asked, 1 it did not, or not yet, or nothing was sent, 2 wrong use,
    130 Ctrl-C.
    """
    from drytune.cli.plan import tell_refusal
    from drytune.cli.running import Desk, checked_budget, where_of
    from drytune.config import load_config, policy_of
    from drytune.errors import UsageError
    from drytune.workflow.live import run as run_live
    from drytune.workflow.planning import NotPlanned, is_plan

    what: Any = target
    of_dataset: dict[str, Any] = {}
    if is_plan(target):
        given = [*given_job_options(ctx), *(["--encoding"] if encoding else [])]
        if given:
            raise UsageError(f"{target} is a plan, and says what {given[0]} would: plan again with it.")
    else:
        config = load_config()
        what = job_of(target, config=config, **values)
        max_usd = config.max_usd if max_usd is None else max_usd
        of_dataset = {"rules": policy_of(config), "encoding": encoding or config.encoding}
    desk = Desk(form, state, is_asking=not yes)
    try:
        with desk.waiting(values) as options:
            return desk.done(
                lambda: run_live(
                    what,
                    max_usd=checked_budget(max_usd),
                    again=again,
                    confirm=desk.confirm,
                    **of_dataset,
                    **options,
                    **where_of(values, state),
                )
            )
    except NotPlanned as refusal:
        return tell_refusal(refusal, form)


@click.command()
@click.argument("run_id", metavar="RUN", default="")
@click.option(
    "--max-usd",
    type=float,
    metavar="USD",
    help="All of it may cost so much at most, instead of what the plan says.",
)
@backend_options
@waiting_options
@STATE
@_FORMAT
def resume(run_id: str, max_usd: float | None, state: Path | None, form: str, **values: Any) -> int:
    """Go on with RUN where it was cut off, or left; without RUN, with the one that is not finished.

    What may have been made already is looked for at the platform before anything is made. The API is that of the
    run.

    Exit codes: as of `drytune run`.
    """
    from drytune.cli.running import Desk, checked_budget, the_unfinished, where_of
    from drytune.workflow.live import resume as resume_live

    where = where_of(values, state)
    wanted = run_id or the_unfinished(state)
    desk = Desk(form, state, is_asking=True)
    with desk.waiting(values) as options:
        budget = checked_budget(max_usd)
        return desk.done(lambda: resume_live(wanted, max_usd=budget, **options, **where))


@click.command()
@click.argument("run_id", metavar="RUN")
@backend_options
@_YES
@STATE
@_FORMAT
def cancel(run_id: str, state: Path | None, form: str, *, yes: bool, **values: Any) -> int:
    """Cancel the job of RUN; what it has trained by then may be billed.

    Exit codes: 0 the job is cancelled, or had ended, or there was none; 1 it could not be cancelled; 2 wrong use.
    """
    from drytune.cli.running import Desk, where_of
    from drytune.workflow.live import cancel as cancel_live

    desk = Desk(form, state, is_asking=not yes)
    where = where_of(values, state)
    desk.require_consent(f"Cancel the job of {run_id}?", "cancelled")
    return desk.done(lambda: cancel_live(run_id, progress=desk.progress, **where), is_cancelling=True)
