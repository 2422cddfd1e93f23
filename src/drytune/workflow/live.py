"""Live runs: planned, journalled, within a budget; and gone on with after whatever has cut them off.

Each function has an async twin, whose callbacks are ordinary functions all the same.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Unpack

from drytune.workflow.ending import cancel_job
from drytune.workflow.fine_tune import fine_tune
from drytune.workflow.options import Options, Where
from drytune.workflow.plan import Plan
from drytune.workflow.records import Run
from drytune.workflow.session import Session, StrPath, What, plan_in
from drytune.workflow.tasks import Job

__all__ = [
    "Options",
    "Where",
    "async_cancel",
    "async_plan",
    "async_resume",
    "async_run",
    "cancel",
    "plan",
    "resume",
    "run",
]


def plan(
    job: Job | StrPath,
    *,
    max_usd: float | None = None,
    rules: dict[str, str] | None = None,
    encoding: str | None = None,
    **where: Unpack[Where],
) -> Plan:
    """What a fine-tune would do and cost, exactly; nothing is sent.

    Args:
        job: What is wanted, or only its training file.
        max_usd: The budget of all of it, in USD; without one, nothing will be sent.
        rules: ``off``, ``error``, ``warning`` or ``info`` by the code of a rule.
        encoding: ``o200k_base`` or ``cl100k_base``, for another vendor's model.
        **where: See `Where`.

    Raises:
        UsageError: A file cannot be read, or an argument is out of range.
        Refused: The dataset has errors, or it may cost more than the budget.
    """
    with Session(where, reads=True) as session:
        return session.planned(job, max_usd, rules=rules, encoding=encoding)


async def async_plan(
    job: Job | StrPath,
    *,
    max_usd: float | None = None,
    rules: dict[str, str] | None = None,
    encoding: str | None = None,
    **where: Unpack[Where],
) -> Plan:
    """As `plan`, in a thread of its own: a large file takes a while."""
    import anyio.to_thread

    call = partial(plan, job, max_usd=max_usd, rules=rules, encoding=encoding, **where)
    return await anyio.to_thread.run_sync(call)


def run(
    what: What,
    *,
    max_usd: float | None = None,
    again: bool = False,
    confirm: Callable[[Plan], bool] | None = None,
    rules: dict[str, str] | None = None,
    encoding: str | None = None,
    **options: Unpack[Options],
) -> Run:
    """Do for real what a plan says, and nothing else: upload, train, infer.

    Each step is in a journal before it is tried and after; `resume` goes on where this was cut off, and makes
    nothing twice.

    Args:
        what: A plan, or the file of one; or what would be planned.
        max_usd: The budget, in USD, of what is not planned yet.
        again: Whether to do what was done already.
        confirm: Asked before anything is sent; nothing is, if it says no.
        rules: As for `plan`, of what is not planned yet; `encoding` likewise.
        encoding: See `rules`.
        **options: See `Options`.

    Returns:
        How far it came: `Run.done`, `Run.status`, and `Run.stopped` if something is left to do.

    Raises:
        UsageError: There is no budget, or an argument cannot be.
        Refused: Something has changed since it was planned, the dataset has errors, it may cost too much, it was
            done already, or `confirm` said no.
        Stopped: The API stays away; `resume` goes on.
    """
    with Session(options, of_plan=plan_in(what)) as session:
        run_id = session.begun(what, max_usd, again=again, confirm=confirm, rules=rules, encoding=encoding)
        return session.drive(run_id, options, fine_tune)


async def async_run(
    what: What,
    *,
    max_usd: float | None = None,
    again: bool = False,
    confirm: Callable[[Plan], bool] | None = None,
    rules: dict[str, str] | None = None,
    encoding: str | None = None,
    **options: Unpack[Options],
) -> Run:
    """As `run`, through an async client."""
    import anyio.to_thread

    with Session(options, of_plan=plan_in(what)) as session:
        begin = partial(
            session.begun, what, max_usd, again=again, confirm=confirm, rules=rules, encoding=encoding
        )
        run_id = await anyio.to_thread.run_sync(begin)  # a large file takes a while
        return await session.adrive(run_id, options, fine_tune)


def resume(run_id: str = "last", *, max_usd: float | None = None, **options: Unpack[Options]) -> Run:
    """Go on with a run: what may have been made is looked for before anything is made.

    Args:
        run_id: Its id, or the beginning of it; ``last`` is the newest.
        max_usd: The budget of all of it, in USD, instead of the plan's: for a run that stopped where that ended.
        **options: See `Options`. The API is that of the run.

    Raises:
        UsageError: There is no such run.
        Refused: Another process works on it, or its API is not what it was.
        Stopped: The API stays away; another `resume` goes on.
    """
    with Session(options, of_run=run_id) as session:
        return session.drive(session.run_id, options, fine_tune, max_usd=max_usd)


async def async_resume(
    run_id: str = "last", *, max_usd: float | None = None, **options: Unpack[Options]
) -> Run:
    """As `resume`, through an async client."""
    with Session(options, of_run=run_id) as session:
        return await session.adrive(session.run_id, options, fine_tune, max_usd=max_usd)


def cancel(run_id: str, **options: Unpack[Options]) -> Run:
    """Cancel the job of a run, also one whose creation was cut off.

    Args:
        run_id: Its id, or the beginning of it.
        **options: See `Options`.

    Raises:
        UsageError: There is no such run.
        Refused: Another process works on it.
        Stopped: The API stays away.
    """
    with Session(options, of_run=run_id) as session:
        return session.drive(session.run_id, options, cancel_job)


async def async_cancel(run_id: str, **options: Unpack[Options]) -> Run:
    """As `cancel`, through an async client."""
    with Session(options, of_run=run_id) as session:
        return await session.adrive(session.run_id, options, cancel_job)
