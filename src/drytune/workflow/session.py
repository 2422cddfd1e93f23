"""A backend and a journal, for as long as a run is worked on; and the run itself, by nobody else meanwhile."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import msgspec

from drytune.errors import Refused, UsageError
from drytune.estimate import checked_budget
from drytune.workflow.conditions import Condition
from drytune.workflow.context import Context, Hooks, Settings, Stopped
from drytune.workflow.effects import Script, adrive, drive
from drytune.workflow.held_out import form_of
from drytune.workflow.journal import Journal, RunLog
from drytune.workflow.journal_forms import Keys
from drytune.workflow.options import Options, Where
from drytune.workflow.placing import backend_for
from drytune.workflow.plan import Plan, Prices
from drytune.workflow.planning import is_plan, load_plan, require_unchanged
from drytune.workflow.planning import plan as make_plan
from drytune.workflow.pricing import given_prices
from drytune.workflow.purse import Purse
from drytune.workflow.records import Run
from drytune.workflow.tasks import Job
from drytune_simulator.clock import to_date, wait

if TYPE_CHECKING:
    from openai import AsyncOpenAI, OpenAI

__all__ = ["Session", "StrPath", "What", "plan_in"]

StrPath = str | os.PathLike[str]
What = Plan | Job | StrPath


def plan_in(what: What) -> Plan | None:
    """The plan that `what` is, if it is one."""
    if isinstance(what, Plan):
        return what
    return load_plan(what) if not isinstance(what, Job) and is_plan(what) else None


class Session:
    """A backend and a journal, for as long as something is done with them.

    Args:
        where: Which ones.
        of_plan: Whose API is asked, if it is planned already.
        of_run: Whose API is asked, if it has begun.
        reads: Whether nothing is written down, so that a journal that is not there is not made.
    """

    def __init__(
        self,
        where: Any,
        *,
        of_plan: Plan | None = None,
        of_run: str | None = None,
        reads: bool = False,
    ) -> None:
        self._where: Where = where
        state = where.get("state")
        self._state = None if state is None else Path(state)
        self._reads = reads
        self._plan = of_plan
        self._wanted = of_run
        condition = where.get("cancel_if")
        # before anything is begun: it may be none
        self.cancel_if = Condition.parse(condition) if isinstance(condition, str) else condition
        self._stack = ExitStack()
        self.run_id = ""

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            clock = self._where.get("clock")
            self.journal = stack.enter_context(Journal.open(self._state, clock=clock, empty=self._reads))
            planned = None if self._plan is None else self._plan.endpoint
            if self._wanted is not None:
                entry = self.journal.find(self._wanted)
                self.run_id, planned = entry.id, entry.plan.endpoint
            self.backend = backend_for(
                self._where,
                planned,
                has_begun=self._wanted is not None,
                state=self.journal.directory,
            )
            if self.backend is not self._where.get("backend"):
                stack.callback(self.backend.close)
            self.journal.hide(*self.backend.known)
            self._keys = Keys(self.backend.known)
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
        made = make_plan(
            job,
            max_usd=max_usd,
            endpoint=endpoint,
            prices=self._prices(),
            correction=partial(self.journal.correction, endpoint.name),
            rules=rules,
            encoding=encoding,
            clock=self.clock,
        )
        self._require_no_key(made)
        return made

    def _require_no_key(self, the_plan: Plan) -> None:
        """Refuse a plan that would show a key, or write it down.

        Raises:
            Refused: One stands in it.
        """
        said = the_plan.to_dict()
        if self._keys.hidden(said) != said:
            raise Refused("the API key stands in what is to be asked or sent: take it out, and plan again.")

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
            if the_plan.digest != the_plan.actual_digest:
                raise Refused("the plan was changed after it was made; plan again with what you want.")
            if max_usd is not None and max_usd != the_plan.max_usd:
                own = "no budget" if the_plan.max_usd is None else f"a budget of {the_plan.max_usd:g} USD"
                raise UsageError(
                    f"the plan has {own}, and {max_usd:g} is another; plan again with that, or leave it out."
                )
            _require_budget(the_plan.max_usd, "plan again with max_usd (--max-usd)")
            _require_room(the_plan)
            today = to_date(self.clock.now())
            require_unchanged(the_plan, today=today, prices=self._prices(), endpoint=self.backend.endpoint)
        self._require_no_key(the_plan)
        self.journal.require_new(the_plan, again=again)
        self.backend.client(max_retries=0).close()  # a key that is not there is told before anybody is asked
        if confirm is not None and not confirm(the_plan):
            raise Refused("nothing was sent.")
        return self.journal.begin(the_plan, again=again)

    def _prices(self) -> Prices | None:
        """Those that the project knows, where the catalog does not."""
        profile = self.backend.profile
        if profile is None:
            return None
        return given_prices(profile.prices, f"the profile {profile.name}".strip())

    def drive(
        self,
        run_id: str,
        options: Options,
        script: Callable[[Run, Context], Script[Run]],
        *,
        max_usd: float | None = None,
    ) -> Run:
        """Have `script` done.

        Args:
            run_id: Of which run.
            options: How.
            script: What is done.
            max_usd: The budget, instead of the plan's.
        """
        with _Working(self, run_id, options, max_usd) as (begun, context):
            sleep = options.get("sleep") or self.backend.sleep or wait
            client: OpenAI = self._stack.enter_context(self.backend.client(max_retries=0))
            news = options.get("news")
            return drive(script(begun, context), client, sleep=sleep, news=news, hide=self._keys.hidden)

    async def adrive(
        self,
        run_id: str,
        options: Options,
        script: Callable[[Run, Context], Script[Run]],
        *,
        max_usd: float | None = None,
    ) -> Run:
        """Have `script` done, through an async client; the arguments are those of `drive`."""
        import anyio

        with _Working(self, run_id, options, max_usd) as (begun, context):
            client: AsyncOpenAI = self.backend.async_client(max_retries=0)
            async with client:
                sleep = _awaited(options.get("sleep") or self.backend.sleep or anyio.sleep)
                news = options.get("news")
                told = None if news is None else _awaited(news)
                return await adrive(
                    script(begun, context), client, sleep=sleep, news=told, hide=self._keys.hidden
                )


class _Working:
    """A run, worked on by nobody else: its log is open, and what goes wrong says how to go on."""

    def __init__(self, session: Session, run_id: str, options: Options, max_usd: float | None = None) -> None:
        self._session, self._id, self._options = session, run_id, options
        self._max_usd = checked_budget(max_usd)
        self._stack = ExitStack()

    def __enter__(self) -> tuple[Run, Context]:
        log = self._session.journal.log(self._id)
        with ExitStack() as stack:
            stack.callback(log.close)
            context = self._context(log)
            self._stack = stack.pop_all()
        return msgspec.structs.replace(log.run, id=self._id), context

    def _context(self, log: RunLog) -> Context:
        options, session = self._options, self._session
        the_plan = log.plan
        if self._max_usd is not None:
            the_plan = msgspec.structs.replace(the_plan, max_usd=self._max_usd)
        settings = Settings(
            timeout_s=options.get("timeout_s"),
            at_timeout=options.get("at_timeout", "leave"),
            cancel_if=session.cancel_if,
            follow=options.get("follow", True),
            clock=session.clock,
        )
        hooks = Hooks(options.get("progress"), options.get("waiting"), options.get("interrupted"))
        return Context(
            log=log,
            money=Purse(the_plan, log, session.clock.now),
            hooks=hooks,
            settings=settings,
            marker={"drytune_run": self._id, "drytune_plan": the_plan.identity[:32]},
            started=session.clock.now(),
            taken=partial(_jobs_of_others, session.journal, self._id),
            learn=partial(_learn, session.journal, the_plan, self._id),
        )

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        self._stack.close()
        if isinstance(error, Stopped):
            raise Stopped(f"{error}; `drytune resume {self._id}` goes on where it was.") from error


def _jobs_of_others(journal: Journal, run_id: str) -> Iterator[str]:
    """The ids of the jobs of other runs."""
    for entry in journal.runs():
        if entry.id != run_id and entry.run.remote is not None:
            yield str(entry.run.remote["id"])


def _learn(journal: Journal, the_plan: Plan, run_id: str, ended: Run) -> None:
    """Remember what the job was billed beside what was expected."""
    task, tokens = the_plan.task, ended.bill.trained_tokens
    if tokens:
        counted = the_plan.estimate.counted
        journal.learn(the_plan.endpoint.name, task.model, task.method, form_of(task), counted, tokens, run_id)


def _require_budget(max_usd: float | None, what_to_do: str) -> None:
    if max_usd is None:
        raise UsageError(f"without a budget nothing is sent: {what_to_do}.")


def _require_room(the_plan: Plan) -> None:
    """Refuse a plan that may cost more than its budget; none is made so."""
    most = the_plan.estimate.total_high_usd
    if most is None or most > (the_plan.max_usd or 0.0):
        raise Refused("the plan may cost more than its budget; plan again.")


def _awaited(call: Callable[..., Any]) -> Callable[..., Awaitable[object]]:
    """`call`, which may be an ordinary function, as one that is awaited."""

    async def called(*arguments: object) -> object:
        result = call(*arguments)
        return await result if isinstance(result, Awaitable) else result

    return called
