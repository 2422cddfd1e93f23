"""Live runs: planned, journalled, within a budget; and gone on with after whatever has cut them off.

Each function has an async twin, whose callbacks are ordinary functions all the same.
"""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self, TypedDict, Unpack

import msgspec

from drytune.backends import Backend, choose
from drytune.backends.choosing import in_ci
from drytune.backends.endpoint import Endpoint
from drytune.errors import Refused, UsageError
from drytune.workflow.conditions import Condition
from drytune.workflow.context import Choice, Context, Hooks, Settings, Stopped
from drytune.workflow.effects import Script, adrive, drive
from drytune.workflow.ending import cancel_job
from drytune.workflow.fine_tune import fine_tune
from drytune.workflow.held_out import form_of
from drytune.workflow.journal import Journal
from drytune.workflow.plan import Plan, Prices
from drytune.workflow.planning import is_plan, load_plan, require_unchanged
from drytune.workflow.planning import plan as make_plan
from drytune.workflow.pricing import given_prices
from drytune.workflow.purse import Purse
from drytune.workflow.records import Job, Run
from drytune_simulator.clock import Clock, to_date, wait

if TYPE_CHECKING:
    from openai import AsyncOpenAI, OpenAI

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

StrPath = str | os.PathLike[str]
What = Plan | Job | StrPath


class Where(TypedDict, total=False):
    """Which API is asked, and where the journal is.

    Attributes:
        backend: ``simulated``, ``live``, ``live:PROFILE`` or ``replayed:FILE``, or one that is open; by default as
            ``DRYTUNE_BACKEND``, the project, or CI say (see `drytune.backends.choose`).
        profile: Of ``[tool.drytune.profiles]``.
        base_url: Of a live one.
        key_env: The environment variable with its key.
        state: The directory of the journal; by default the user's state directory.
        clock: Tells the time; by default the wall clock, or that of the backend.
    """

    backend: str | Backend | None
    profile: str | None
    base_url: str | None
    key_env: str | None
    state: Path | str | None
    clock: Clock | None


class Options(Where, total=False):
    """How a run goes.

    Attributes:
        timeout_s: Seconds after which the job is waited for no longer.
        at_timeout: Whether it is then left running (the default), or cancelled.
        cancel_if: Cancels the job, e.g. ``valid_loss > 2.5 after 100``.
        follow: Whether the job is waited for at all; True by default.
        progress: Told the run after each thing that changed it.
        waiting: Told the seconds of a pause after a failure, and why.
        interrupted: Asked at Ctrl-C, while the job is waited for, what becomes of it.
        sleep: Lets seconds pass; by default real ones. An async twin may be given a function that is awaited.
        news: Lets seconds pass, or less if there are news of the job with this id: `Receiver.wait` of
            `drytune.workflow.webhooks`, or its `async_wait`. By default a job is looked at when time is up.
    """

    timeout_s: float | None
    at_timeout: Literal["leave", "cancel"]
    cancel_if: str | Condition | None
    follow: bool
    progress: Callable[[Run], object] | None
    waiting: Callable[[float, str], object] | None
    interrupted: Callable[[Run], Choice] | None
    sleep: Callable[[float], Any] | None
    news: Callable[[float, str], Any] | None


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
    with _Desk(where) as desk:
        return desk.planned(job, max_usd, rules=rules, encoding=encoding)


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
    with _Desk(options, of_plan=_plan_in(what)) as desk:
        run_id = desk.begun(what, max_usd, again=again, confirm=confirm, rules=rules, encoding=encoding)
        return desk.drive(run_id, options, fine_tune)


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
    with _Desk(options, of_plan=_plan_in(what)) as desk:
        run_id = desk.begun(what, max_usd, again=again, confirm=confirm, rules=rules, encoding=encoding)
        return await desk.adrive(run_id, options, fine_tune)


def resume(run_id: str = "last", **options: Unpack[Options]) -> Run:
    """Go on with a run: what may have been made is looked for before anything is made.

    Args:
        run_id: Its id, or the beginning of it; ``last`` is the newest.
        **options: See `Options`. The API is that of the run.

    Raises:
        UsageError: There is no such run.
        Refused: Another process works on it, or its API is not what it was.
        Stopped: The API stays away; another `resume` goes on.
    """
    with _Desk(options, of_run=run_id) as desk:
        return desk.drive(desk.run_id, options, fine_tune)


async def async_resume(run_id: str = "last", **options: Unpack[Options]) -> Run:
    """As `resume`, through an async client."""
    with _Desk(options, of_run=run_id) as desk:
        return await desk.adrive(desk.run_id, options, fine_tune)


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
    with _Desk(options, of_run=run_id) as desk:
        return desk.drive(desk.run_id, options, cancel_job)


async def async_cancel(run_id: str, **options: Unpack[Options]) -> Run:
    """As `cancel`, through an async client."""
    with _Desk(options, of_run=run_id) as desk:
        return await desk.adrive(desk.run_id, options, cancel_job)


def _plan_in(what: What) -> Plan | None:
    """The plan that `what` is, if it is one."""
    if isinstance(what, Plan):
        return what
    return load_plan(what) if not isinstance(what, Job) and is_plan(what) else None


class _Desk:
    """A backend and a journal, for as long as something is done with them.

    Args:
        where: Which ones.
        of_plan: Whose API is asked, if it is planned already.
        of_run: Whose API is asked, if it has begun.
    """

    def __init__(self, where: Any, *, of_plan: Plan | None = None, of_run: str | None = None) -> None:
        self._where: Where = where
        state = where.get("state")
        self._state = None if state is None else Path(state)
        self._plan = of_plan
        self._wanted = of_run
        self._stack = ExitStack()
        self.run_id = ""

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            clock = self._where.get("clock")
            self.journal = stack.enter_context(Journal.open(self._state, clock=clock))
            planned = None if self._plan is None else self._plan.endpoint
            if self._wanted is not None:
                entry = self.journal.find(self._wanted)
                self.run_id, planned = entry.id, entry.plan.endpoint
            self.backend = self._chosen(planned, has_begun=self._wanted is not None)
            if self.backend is not self._where.get("backend"):
                stack.callback(self.backend.close)
            self.journal.hide(*self.backend.known)
            self.clock = clock or self.backend.clock
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    def planned(
        self,
        job: Job | StrPath,
        max_usd: float | None,
        *,
        rules: dict[str, str] | None = None,
        encoding: str | None = None,
    ) -> Plan:
        """A plan for this backend."""
        endpoint = self.backend.endpoint
        return make_plan(
            job,
            max_usd=max_usd,
            endpoint=endpoint,
            prices=self._prices(),
            correction=partial(self.journal.correction, endpoint.name),
            rules=rules,
            encoding=encoding,
            clock=self.clock,
        )

    def begun(
        self,
        what: What,
        max_usd: float | None,
        *,
        again: bool,
        confirm: Callable[[Plan], bool] | None,
        rules: dict[str, str] | None,
        encoding: str | None,
    ) -> str:
        """The id of a new run."""
        if self._plan is None:
            assert not isinstance(what, Plan)  # noqa: S101 - it would be the plan
            _require_budget(max_usd, "give max_usd (--max-usd)")
            the_plan = self.planned(what, max_usd, rules=rules, encoding=encoding)
        else:
            the_plan = self._plan
            if max_usd is not None and max_usd != the_plan.max_usd:
                raise UsageError(
                    f"the plan has a budget of {the_plan.max_usd} USD, and {max_usd:g} is another; plan again "
                    "with that, or leave it out."
                )
            _require_budget(the_plan.max_usd, "plan again with max_usd (--max-usd)")
            today = to_date(self.clock.now())
            require_unchanged(the_plan, today=today, prices=self._prices(), endpoint=self.backend.endpoint)
        self.journal.require_new(the_plan, again=again)
        if confirm is not None and not confirm(the_plan):
            raise Refused("nothing was sent.")
        return self.journal.begin(the_plan, again=again)

    def _prices(self) -> Prices | None:
        """Those that the project knows, where the catalog does not."""
        profile = self.backend.profile
        if profile is None:
            return None
        return given_prices(profile.prices, f"the profile {profile.name}".strip())

    def drive(self, run_id: str, options: Options, script: Callable[[Run, Context], Script[Run]]) -> Run:
        """Have `script` done."""
        with self._working(run_id, options) as (begun, context):
            sleep = options.get("sleep") or self.backend.sleep or wait
            client: OpenAI = self._stack.enter_context(self.backend.client(max_retries=0))
            return drive(script(begun, context), client, sleep=sleep, news=options.get("news"))

    async def adrive(
        self, run_id: str, options: Options, script: Callable[[Run, Context], Script[Run]]
    ) -> Run:
        """Have `script` done, through an async client."""
        import anyio

        with self._working(run_id, options) as (begun, context):
            client: AsyncOpenAI = self.backend.async_client(max_retries=0)
            async with client:
                sleep = _awaited(options.get("sleep") or self.backend.sleep or anyio.sleep)
                news = options.get("news")
                told = None if news is None else _awaited(news)
                return await adrive(script(begun, context), client, sleep=sleep, news=told)

    def _working(self, run_id: str, options: Options) -> _Working:
        return _Working(self, run_id, options)

    def _chosen(self, planned: Endpoint | None, *, has_begun: bool) -> Backend:
        """The backend that is asked for; of a plan or a run, its own.

        Raises:
            Refused: It is another than that of the plan.
        """
        where = self._where
        given = where.get("backend")
        if isinstance(given, Backend):
            return _required(given, planned)
        settings: dict[str, Any] = {
            "profile": where.get("profile"),
            "base_url": where.get("base_url"),
            "key_env": where.get("key_env"),
            "state": self.journal.directory,
        }
        asked_for = given or settings["profile"] or settings["base_url"] or os.environ.get("DRYTUNE_BACKEND")
        if planned is None or (asked_for and not has_begun):
            return _required(choose(given, **settings), planned)
        if not has_begun and planned.backend == "live" and in_ci(os.environ):
            raise Refused(
                f"the plan is for {planned.name}, and in CI nothing live is asked unless it is said in words: add "
                "--backend live, or set DRYTUNE_BACKEND=live."
            )
        if planned.backend == "live":
            settings["profile"] = planned.profile
            # a plan's profile may lead elsewhere by now, and then it is refused; a run stays where it began
            settings["base_url"] = planned.base_url if has_begun or planned.profile is None else None
        kind = f"replayed:{planned.recording}" if planned.backend == "replayed" else planned.backend
        return _required(choose(kind, **settings), planned)


class _Working:
    """A run, worked on by nobody else: its log is open, and what goes wrong says how to go on."""

    def __init__(self, desk: _Desk, run_id: str, options: Options) -> None:
        self._desk, self._id, self._options = desk, run_id, options
        self._stack = ExitStack()

    def __enter__(self) -> tuple[Run, Context]:
        with ExitStack() as stack:
            log = self._desk.journal.log(self._id)
            stack.callback(log.close)
            self._stack = stack.pop_all()
        options, desk = self._options, self._desk
        the_plan = log.plan
        condition = options.get("cancel_if")
        settings = Settings(
            timeout_s=options.get("timeout_s"),
            at_timeout=options.get("at_timeout", "leave"),
            cancel_if=Condition.parse(condition) if isinstance(condition, str) else condition,
            follow=options.get("follow", True),
            clock=desk.clock,
        )
        hooks = Hooks(options.get("progress"), options.get("waiting"), options.get("interrupted"))
        context = Context(
            log=log,
            money=Purse(the_plan, log),
            hooks=hooks,
            settings=settings,
            marker={"drytune_run": self._id, "drytune_plan": the_plan.identity[:32]},
            started=desk.clock.now(),
            learn=partial(_learn, desk.journal, the_plan, self._id),
        )
        return msgspec.structs.replace(log.run, id=self._id), context

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        self._stack.close()
        if isinstance(error, Stopped):
            raise Stopped(f"{error}; `drytune resume {self._id}` goes on where it was.") from error


def _learn(journal: Journal, the_plan: Plan, run_id: str, ended: Run) -> None:
    """Remember what the job was billed beside what was expected."""
    task, tokens = the_plan.task, ended.trained_tokens
    if tokens:
        counted = the_plan.estimate.counted
        journal.learn(the_plan.endpoint.name, task.model, task.method, form_of(task), counted, tokens, run_id)


def _require_budget(max_usd: float | None, what_to_do: str) -> None:
    if max_usd is None:
        raise UsageError(f"without a budget nothing is sent: {what_to_do}.")


def _required(backend: Backend, planned: Endpoint | None) -> Backend:
    """`backend`, if it is the API that was planned."""
    found = backend.endpoint
    if planned is None or (found.backend, found.name) == (planned.backend, planned.name):
        return backend
    backend.close()
    raise Refused(
        f"it was planned for {planned.backend} ({planned.name}), and this is {found.backend} ({found.name}): plan "
        "again for that, or ask the planned one."
    )


def _awaited(call: Callable[..., Any]) -> Callable[..., Awaitable[object]]:
    """`call`, which may be an ordinary function, as one that is awaited."""

    async def called(*arguments: object) -> object:
        result = call(*arguments)
        return await result if isinstance(result, Awaitable) else result

    return called
