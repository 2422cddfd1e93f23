"""`OpenAISimulator`: the simulated platform as a test has it, with all that a test wants to know of it."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self

from drytune.clients import REPLAYED_KEY, SIMULATED_KEY
from drytune.errors import UsageError
from drytune.handlers.addresses import checked_base_url
from drytune.testing.current_test import current_test
from drytune.testing.environment import with_variables
from drytune.testing.exchanges import Recorder
from drytune.testing.guard import current, watching
from drytune.testing.interception import asking
from drytune.testing.judging import Judge
from drytune.testing.looking_back import LookingBack
from drytune.testing.opened import opened
from drytune.testing.reachable import Reachable
from drytune.testing.scripting import Expectation, Scripting
from drytune.testing.settings import clock_for, day_of, plan_of, rules_of, simulator_with
from drytune.testing.unanswered import NoWayOut, together
from drytune_simulator import (
    Clock,
    Fault,
    FaultError,
    FaultPlan,
    ManualClock,
    Request,
    Response,
    ScenarioRule,
    Scenarios,
    Scripts,
    Simulator,
    failing,
)
from drytune_simulator.http import ApiError
from drytune_simulator.wrapping import close_body

if TYPE_CHECKING:
    from drytune.handlers.replay import Replay
    from drytune.keeping.kept import Kept
    from drytune_simulator.inference.voice import Question
    from drytune_simulator.world import World

__all__ = ["OpenAISimulator"]

_PATIENCE: Final = 1000
_REPLAYING: Final = ("speed", "polls", "repeats", "redact")


class OpenAISimulator(LookingBack, Reachable):
    """A simulated OpenAI platform for one test; what it is asked stays in this process.

    A Handler: ``drytune.simulated(simulator)`` is a client of it, and so is `client`. As a context manager it also
    serves the clients that the code under test builds for itself (by the environment, and in-process where they
    name their address), lets no connection leave the machine, and raises at its end what was swallowed::

        class TestPipeline(unittest.TestCase):
            def setUp(self):
                self.openai = self.enterContext(OpenAISimulator(seed=7))

    In pytest the fixture ``openai_simulator`` is one, and the mark of that name has its arguments.

    Args:
        seed: Same seed, clock and requests: same ids, losses and answers.
        autojump: True has each read of a job move it to its next happening; a number moves the time on by so many
            seconds at each read; with False the clock stands still until the test moves it.
        as_of: The day on which the clock begins and whose catalog applies; a date or ``2027-01-07``.
        faults: What goes wrong: `drytune_simulator.Fault`, or lines as ``drytune serve --fault`` takes them.
        scenarios: Which jobs go wrong: `drytune_simulator.ScenarioRule`, or lines as for ``--scenario``.
        replay: A recording, or the archive of a kept model, that answers instead; `settings` are then those of
            `drytune.replayed`, and there is no clock, no seed and nothing to be scripted.
        base_url: The address at which the code under test asks, if it names one; that of OpenAI is known.
        clock: Instead of `autojump`.
        strict: Whether a request that nothing answers ends the test: an unknown route, something that is not
            simulated, a question to a model that was not taught the answer. Else the platform's refusal, or a
            sentence that says so, is the answer.
        patience: How often the same may be asked while its answer stays the same and nothing else is done.
        skip_sleeps: Whether pauses, of the program and of the SDK between its retries, move the clock instead of
            taking time (`skipping_sleeps`).
        where: The test's name, for messages; by default the one that pytest is at.
        answering: What answers from a recording, already opened.
        settings: As of `drytune_simulator.Simulator`: organization, profile, scripts, voices, store.

    Attributes:
        base_url: As given.
        key: The API key of its clients. It opens nothing.
        faults: What goes wrong; may be added to and cleared.
        unanswered: What ended the test, or would have had it not been swallowed; cleared, it is forgiven.
        door: As the Handler itself, but what nothing answers is raised at once: for clients in this process.

    Raises:
        UsageError: A setting makes no sense.
    """

    def __init__(
        self,
        *,
        seed: int = 0,
        autojump: bool | float = True,
        as_of: dt.date | str | None = None,
        faults: FaultPlan | Iterable[Fault | str] | Fault | str = (),
        scenarios: Scenarios | Iterable[ScenarioRule | str] | ScenarioRule | str = (),
        replay: Path | str | None = None,
        base_url: str | None = None,
        clock: Clock | None = None,
        strict: bool = True,
        patience: int = _PATIENCE,
        skip_sleeps: bool = False,
        where: str | None = None,
        answering: Replay | Kept | None = None,
        **settings: Any,
    ) -> None:
        self._where, self._began_at = where, where or current_test()
        self.faults = plan_of(faults)
        self.unanswered: list[NoWayOut] = []
        self._strict = strict
        self._judge = Judge(lambda: self.where, patience)
        self._around = ExitStack()
        self._watch = current()
        self._is_guarded = self._is_closed = False
        self._simulator: Simulator | None = None
        self._recording: Replay | Kept | None = answering
        if replay is not None:
            self._recording = self._opened(replay, settings)
        if self._recording is not None:
            key, clock = REPLAYED_KEY, ManualClock()
            LookingBack.__init__(self, Recorder(failing(self._recording, self.faults), clock))
        else:
            clock = clock or clock_for(autojump, as_of)
            settings |= {
                "clock": clock,
                "seed": seed,
                "as_of": day_of(as_of),
                "scenarios": rules_of(scenarios),
            }
            self._simulator = simulator_with(settings)
            self._scripting = Scripting(self._simulator.scripts)
            self._judge.scripts = self._simulator.scripts
            key, world = SIMULATED_KEY, self._simulator.world
            LookingBack.__init__(self, Recorder(failing(self._simulator, self.faults), clock), world)
        own = None if base_url is None else checked_base_url(base_url)
        Reachable.__init__(self, key=key, base_url=own, clock=clock, skip_sleeps=skip_sleeps)

    @property
    def where(self) -> str:
        """The test's name: the one that was given, or the one that asks; empty if nobody knows it."""
        return self._where or current_test() or self._began_at

    def __repr__(self) -> str:
        return f"OpenAISimulator({len(self._recorder.requests)} requests)"

    # -- what it is asked ---------------------------------------------------------------------------------------

    def __call__(self, request: Request) -> Response:
        """Answer `request`; what nothing answers is refused, and noted in `unanswered`."""
        response, problem = self.ask(request)
        if problem is not None and response.status < 400:
            close_body(response.body)
            return ApiError(501, problem.message, code="nothing_answers").response()
        return response

    @property
    def waits(self) -> bool:
        """Whether answers may wait for a real platform that is recorded."""
        return self._recorder.waits

    def blocks(self, request: Request) -> bool:
        """Whether answering may take so long that a server should do it in a thread."""
        return self._recorder.blocks(request)

    def ask(self, request: Request) -> tuple[Response, NoWayOut | None]:
        """The answer to `request`, and what ends the test if it is none, which is noted as well."""
        with asking():  # a real API that is recorded is asked by a client of httpx, too
            response = self._recorder(request)
        if not self._strict:
            return response, None
        host = request.headers.get("host", "")
        scheme = "http" if host.startswith("127.0.0.1:") else "https"  # the one server that there is
        problem = self._judge.problem(request, response, f"{scheme}://{host}")
        if problem is not None:
            self.unanswered.append(problem)
        return response, problem

    # -- what it is made of -------------------------------------------------------------------------------------

    @property
    def world(self) -> World:
        """State, settings and time of the simulated platform."""
        return self._platform("state").world

    @property
    def clock(self) -> Clock:
        """The clock by which jobs move."""
        return self._platform("clock").clock

    @property
    def seed(self) -> int:
        """The seed."""
        return self._platform("seed").seed

    @property
    def scripts(self) -> Scripts:
        """The scripted answers, as `drytune_simulator.Script`; `on_chat` adds to them."""
        return self._platform("scripts").scripts

    @property
    def recording(self) -> Replay | Kept:
        """What answers from a recording.

        Raises:
            UsageError: It is a simulated platform that answers.
        """
        if self._recording is None:
            msg = "nothing is replayed here: a simulated platform answers"
            raise UsageError(msg)
        return self._recording

    @property
    def unmatched(self) -> list[str]:
        """Of a recording: a sentence about each request that nothing recorded answered."""
        return self.recording.unmatched

    def _platform(self, what: str) -> Simulator:
        if self._simulator is None:
            msg = f"a recording has no {what}: leave replay out, or look at `requests`"
            raise UsageError(msg)
        return self._simulator

    # -- what happens -------------------------------------------------------------------------------------------

    def on_chat(
        self,
        model: str | None = None,
        *,
        text: str | None = None,
        pattern: str | re.Pattern[str] | None = None,
        turn: int | None = None,
        tool_result: str | None = None,
        when: Callable[[Question], object] | None = None,
        name: str | None = None,
        times: int | None = None,
    ) -> Expectation:
        """Decide what is said to certain questions, whatever the model was taught: ``on_chat(…).reply("…")``.

        Args:
            model: The model that is asked; ``*`` and ``?`` stand for anything, as in ``ft:*``.
            text: The last message of the user is exactly this.
            pattern: A regular expression that is found in it; as a text without look-arounds and references.
            turn: So many messages of the user there are.
            tool_result: The conversation ends with results of tools, one of which contains this.
            when: A function of the question (`drytune_simulator.inference.voice.Question`) that agrees.
            name: What headers and lists call it.
            times: At most so often; then the next one, or the model, answers.

        Raises:
            UsageError: A recording answers.
            ScriptError: The conditions make no sense.
        """
        self._platform("answers to be scripted")
        return self._scripting.on_chat(
            model,
            text=text,
            pattern=pattern,
            turn=turn,
            tool_result=tool_result,
            when=when,
            name=name,
            times=times,
        )

    def fail(self, route: str, what: int | str, **details: Any) -> None:
        """From now on have requests go wrong: ``fail("POST /v1/fine_tuning/jobs", 500, when="after", nth=1)``.

        Args:
            route: Which ones.
            what: A status from 400 to 599, or a name out of `drytune_simulator.faults.fault.WHAT`.
            details: As of `drytune_simulator.Fault`.

        Raises:
            UsageError: It cannot be.
        """
        try:
            self.faults.add(Fault(route, what, **details))
        except (FaultError, TypeError) as error:
            raise UsageError(str(error)) from None

    # -- its beginning and its end ------------------------------------------------------------------------------

    def __enter__(self) -> Self:
        if self._is_closed:
            msg = "this simulator is closed, and its state gone: make a new one"
            raise UsageError(msg)
        before = current()
        with ExitStack() as around:
            # within a test of pytest it is guarded already, and that guard knows what is allowed
            self._watch = current() or around.enter_context(watching(self.where))
            self._watch.fixture_used = True
            self._is_guarded = current() is not before
            around.enter_context(opened(self))
            around.enter_context(with_variables(self.environment))
            around.enter_context(self.serving())
            self._around = around.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._around.close()
        if self._is_guarded and self._watch is not None:  # else pytest's plugin tells
            self.unanswered += self._watch.escapes
            self._watch.escapes.clear()
        try:
            if error is None:
                self.settle()
            elif self._is_guarded:
                for noted in self.unanswered:
                    if noted is not error:
                        error.add_note(f"and was swallowed: {noted}")
        finally:
            self.close()

    def settle(self) -> None:
        """Raise what a program has swallowed, and forget it.

        Raises:
            NoWayOut: Something was asked that nothing answers, or would have left the machine.
            UsageError: A script was begun and says nothing.
        """
        noted, self.unanswered = self.unanswered, []
        if noted:
            raise together(noted)
        self.check_scripts()

    def check_scripts(self) -> None:
        """Raise if a script was begun and says nothing.

        Raises:
            UsageError: There is one.
        """
        if self._simulator is not None and (unfinished := self._scripting.unfinished):
            msg = f"{unfinished[0]!r} has no answer; go on with .reply(…), .call(…), .refuse(…) or .fail(…)"
            raise UsageError(msg)

    def forgive(self) -> None:
        """Forget what nothing answered so far, and what would have left the machine: the test wanted to see it."""
        self.unanswered.clear()
        for watch in (current(), self._watch):
            if watch is not None:
                watch.escapes.clear()

    def close(self) -> None:
        """Let go of the state and the port."""
        self._is_closed = True
        self.unreach()
        if self._simulator is not None:
            self._simulator.close()

    @staticmethod
    def _opened(replay: Path | str, settings: dict[str, Any]) -> Replay | Kept:
        from drytune.keeping.opening import opened

        chosen = {name: settings.pop(name) for name in _REPLAYING if name in settings}
        if settings:
            msg = f"a replay has no {', '.join(sorted(settings))}; it takes {', '.join(_REPLAYING)}"
            raise UsageError(msg)
        return opened(replay, **chosen).handler
