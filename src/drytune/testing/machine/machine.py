"""`FineTuningMachine`: calls of a tuner in any order, with what goes wrong, and the laws that must hold."""

from __future__ import annotations

import sys
from functools import partial, wraps
from typing import Any, Final

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import rule, run_state_machine_as_test

from drytune.testing.machine.bench import chosen
from drytune.testing.machine.hunt import bounded, hunting, note_mistake
from drytune.testing.machine.laws import Broken
from drytune.testing.machine.run_rules import RunRules
from drytune_simulator.faults import Fault

__all__ = ["FineTuningMachine"]

_RUNS: Final = 30
_CALLS: Final = 20


class FineTuningMachine(RunRules):
    """Drives somebody's own code that fine-tunes through whatever may happen, and checks the laws it must keep.

        class MyMachine(FineTuningMachine):
            def make(self, client):
                return MyAdapter(client)  # a `Tuner`; methods may be left out

        TestMine = MyMachine.TestCase

    Each run has a platform of its own, on which a job moves on when it is looked at, and nobody sleeps. Files are
    sent, good ones and others; jobs are created, watched, cancelled; requests fail, before or after their effect;
    jobs fail; models are asked what they were taught. After each call the platform itself is looked at. What does
    not hold is raised as `Broken`, with the sentence of the law; Hypothesis then looks for a short way there,
    for a few seconds: see `hunts`.

    What code builds as ``OpenAI()`` or ``AsyncOpenAI()`` inside a call, or when it is made, is served, too.

    To test two side by side, as one's own code and the plain SDK, give the second from `make_other`: each call is
    made of both, each on its own platform, and they must come to the same.

    Attributes:
        models: What jobs are created for.
        instructions: What training examples begin with, and what the model must be told when it is asked.
        seed: Of the simulator.
        patience: So many looks at what cannot change any more, in one call, are taken for asking for ever.
        drops: Whether connections break, too. An SDK then waits before it tries again: only ``time.sleep`` and
            ``asyncio.sleep`` are skipped.
        hunts: So many runs, after one that has found a mistake, look for a shorter way to it. More of them may
            find a shorter one; each takes a moment.
        files, jobs, tuned: Bundles, for rules of one's own.
    """

    def __init_subclass__(cls, **keywords: Any) -> None:
        super().__init_subclass__(**keywords)
        _settle(cls)

    @rule(fault=chosen("faults"))
    def arm(self, fault: Fault) -> None:
        """Something will go wrong in the next call."""
        if len(self.armed) < 2:
            self.armed.append(fault)

    @rule(seconds=st.sampled_from([10, 600, 86_400]))
    def let_time_pass(self, seconds: int) -> None:
        """Jobs move on though nobody looks."""
        for side in self.sides:
            side.itself(partial(side.platform.clock.advance, seconds))

    def teardown(self) -> None:
        """What was trained was asked for; all is let go of."""
        note_mistake(sum(side.platform.clock.vain for side in self.sides))
        is_fine = (
            sys.exc_info()[0] is None
        )  # what was found before is not to be hidden by what follows from it
        for side, allowed in zip(self.sides, self.allowed, strict=True):
            trained = sum(job["trained_tokens"] or 0 for job in side.truth.jobs.values())
            side.platform.close()
            if is_fine and trained > allowed:
                try:
                    raise Broken("cost", None, f"at most {allowed} tokens", f"{trained} were trained")
                finally:
                    note_mistake()


def _settle(machine: type[FineTuningMachine]) -> None:
    """Fewer runs than by default, which find nearly as much; who has chosen a number keeps it."""
    default, given = settings.get_profile("default"), machine.TestCase.settings
    runs = _RUNS if given.max_examples == default.max_examples else given.max_examples
    calls = _CALLS if given.stateful_step_count == default.stateful_step_count else given.stateful_step_count
    machine.TestCase.settings = settings(given, max_examples=runs, stateful_step_count=calls)

    @wraps(machine.TestCase.runTest)
    def run(case: Any) -> None:
        with hunting(machine.hunts):
            run_state_machine_as_test(machine, settings=bounded(case.settings))

    machine.TestCase.runTest = run  # type: ignore[assignment, method-assign]


_settle(FineTuningMachine)
