"""Where tuners stand side by side: what they are given, how they are called, what their calls leave."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, multiple, precondition
from hypothesis.strategies import SearchStrategy

from drytune.testing.machine import expectations as expect
from drytune.testing.machine.agreement import agree
from drytune.testing.machine.contents import Content, contents
from drytune.testing.machine.expectations import Asked
from drytune.testing.machine.hunt import begin_run
from drytune.testing.machine.known import (
    CREATE,
    PASSING,
    REFUSING,
    KnownFile,
    KnownJob,
    as_options,
    billed,
    flaw_of,
)
from drytune.testing.machine.platform import Platform
from drytune.testing.machine.steps import Side, Step
from drytune.testing.machine.tuner import ENDED, SdkTuner, can, look_over, options_for
from drytune.testing.strategies.hyperparameters import hyperparameters
from drytune.testing.strategies.jobs import suffixes
from drytune_simulator.faults import Fault

if TYPE_CHECKING:
    from openai import OpenAI

__all__ = ["Bench", "chosen", "having"]


def chosen(name: str) -> SearchStrategy[Any]:
    """What the machine itself decides: a method of it that gives a strategy."""
    return st.runner().flatmap(lambda machine: getattr(machine, name)())


def having(*names: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Only if the tuner has these methods."""
    return precondition(lambda machine: all(can(machine.tuner, name) for name in names))


class Bench(RuleBasedStateMachine):
    """Tuners side by side, each with its platform; without rules.

    Attributes:
        platform: On which the tuner works that was made last.
        sides: One, or two that must agree.
        armed: What goes wrong in the next call.
        trouble: What goes wrong in each call, for a while.
        allowed: How many tokens may be trained on each side, by what was asked for.
        is_crowded: Whether there are many jobs that are none of the tuner's.
    """

    models: ClassVar[Sequence[str]] = (
        "gpt-4.1-nano-2025-04-14",
        "gpt-4.1-mini-2025-04-14",
        "gpt-4o-mini-2024-07-18",
    )
    instructions: ClassVar[str | None] = None
    seed: ClassVar[int] = 0
    patience: ClassVar[int] = 1000
    drops: ClassVar[bool] = False
    hunts: ClassVar[int] = 50

    files: ClassVar[Bundle[Any]] = Bundle("files")
    jobs: ClassVar[Bundle[Any]] = Bundle("jobs")
    tuned: ClassVar[Bundle[Any]] = Bundle("tuned")

    def __init__(self) -> None:
        begin_run()
        super().__init__()
        self.sides = [self._side(self.make)]
        if type(self).make_other is not Bench.make_other:
            self.sides.append(self._side(self.make_other))
        self.armed: list[Fault] = []
        self.trouble: list[Fault] = []
        self.allowed = [0] * len(self.sides)
        self.is_crowded = False

    # -- what users say -----------------------------------------------------------------------------------------

    def make(self, client: OpenAI) -> Any:
        """The tuner to be tested, bound to `client`; by default the plain SDK.

        One that is asynchronous may be bound to ``self.platform.async_client`` instead.
        """
        return SdkTuner(client)

    def make_other(self, client: OpenAI) -> Any:
        """A second one, bound to a client of a platform of its own, with which the first must agree."""
        raise NotImplementedError

    def contents(self) -> SearchStrategy[Content]:
        """Good training files; `Content` makes one of bytes."""
        return contents(self.instructions)

    def options(self) -> SearchStrategy[Mapping[str, Any]]:
        """What jobs are asked to be, beside their file and model."""
        return st.fixed_dictionaries(
            {},
            optional={
                "hyperparameters": hyperparameters(max_epochs=3),
                "suffix": suffixes(),
                "seed": st.integers(0, 2_147_483_647),
                "metadata": st.dictionaries(st.sampled_from(["team", "run"]), st.sampled_from(["a", "b"])),
            },
        )

    def faults(self) -> SearchStrategy[Fault]:
        """What goes wrong in a call."""
        whats: list[int | str] = [*PASSING, "drop"] if self.drops else list(PASSING)
        return st.builds(
            lambda what, when, nth, route: Fault(route, what, when=when, nth=nth),
            st.sampled_from(whats),
            st.sampled_from(["before", "before", "after"]),
            st.sampled_from([1, 1, 2]),
            st.sampled_from(["*", CREATE]),
        )

    def a_model(self) -> SearchStrategy[str]:
        """What a job is created for."""
        return st.sampled_from(list(self.models))

    # -- how tuners are called ----------------------------------------------------------------------------------

    @property
    def tuner(self) -> Any:
        """The one that is tested; a second one must be able to do the same."""
        return self.sides[0].tuner

    def _side(self, make: Callable[[OpenAI], Any]) -> Side:
        self.platform = platform = Platform(self.seed, self.patience)
        with platform.served():
            tuner = make(platform.client)
        look_over(tuner)
        return Side(platform, tuner)

    def each(
        self,
        name: str,
        arguments: Callable[[int], Sequence[object]],
        options: dict[str, Any] | None = None,
        *,
        faults: Sequence[Fault] = (),
        fate: str | None = None,
        is_nonsense: bool = False,
    ) -> Iterator[tuple[Side, Step]]:
        """Call a method of all tuners, one after the other; then their times are the same again.

        Args:
            name: Of the method.
            arguments: For the tuner of this number.
            options: For it, by name.
            faults: What goes wrong, beside what is armed.
            fate: The scenario of a job that is created.
            is_nonsense: Whether values are of wrong types.
        """
        faults, self.armed = [*faults, *self.trouble, *self.armed], []
        for number, side in enumerate(self.sides):
            given = arguments(number)
            yield side, side.take(name, given, options, faults=faults, fate=fate, is_nonsense=is_nonsense)
        if len(self.sides) > 1:
            now = max(side.platform.clock.now() for side in self.sides)
            for side in self.sides:
                side.itself(partial(side.platform.clock.advance_to, now))

    def refused(self, name: str, arguments: Sequence[object], why: str) -> None:
        """Call a method with what cannot be."""
        steps = []
        for _, step in self.each(name, lambda _: arguments):
            expect.refused(step, f"an error: {why}")
            steps.append(step)
        agree(steps)

    def created(
        self,
        file: KnownFile,
        model: str,
        options: Mapping[str, Any],
        *,
        faults: Sequence[Fault] = (),
        fate: str | None = None,
        refusal: str = "",
        is_nonsense: bool = False,
    ) -> Any:
        """A job that is created, if it is; `refusal` says why it must not be."""
        refusal = refusal or ("the file is deleted" if file.deleted else "") or REFUSING.get(fate or "", "")
        if not can(self.tuner, "create"):
            return multiple() if refusal else self._created_by_kit(file, model, options, fate)
        taken = options_for(self.tuner.create, options)
        may_refuse = bool(flaw_of(file.content.data, model))
        asked = Asked(model, as_options(taken), may_refuse=may_refuse, must_refuse=refusal)
        steps = []
        calls = self.each(
            "create",
            lambda number: [file.ids[number], model],
            taken,
            faults=faults,
            fate=fate,
            is_nonsense=is_nonsense,
        )
        for number, (_, step) in enumerate(calls):
            self.allow(number, asked, file.content, len(step.new_jobs))
            expect.creating(step, asked, file.ids[number])
            steps.append(step)
        agree(steps)
        if any(step.has_raised for step in steps):
            return multiple()
        return KnownJob([step.value for step in steps], file.content, is_stuck=fate == "stuck_in_queue")

    def tuned_by_itself(
        self,
        content: Content,
        model: str,
        options: Mapping[str, Any],
        *,
        faults: Sequence[Fault] = (),
        fate: str | None = None,
    ) -> Any:
        """The job of a whole run, if that came to its end."""
        taken = options_for(self.tuner.tune, options)
        refusal = REFUSING.get(fate or "", "") or flaw_of(content.data, model)
        asked = Asked(model, as_options(taken), must_refuse=refusal)
        steps, ids = [], []
        calls = self.each("tune", lambda _: [content.data, "t.jsonl", model], taken, faults=faults, fate=fate)
        for number, (side, step) in enumerate(calls):
            self.allow(number, asked, content, len(step.new_jobs))
            stuck = fate == "stuck_in_queue"
            expect.tuning(step, asked, content.data, side.platform, is_stuck=stuck)
            steps.append(step)
            ids += [job for job, one in step.after.jobs.items() if one["fine_tuned_model"] == step.value][:1]
        agree(steps)
        return multiple() if any(step.has_raised for step in steps) else KnownJob(ids, content)

    def file_of(self, steps: Sequence[Step], content: Content) -> Any:
        """The file that uploads have made, if they have."""
        if any(step.has_raised for step in steps):
            return multiple()
        return KnownFile([step.value for step in steps], content)

    # -- what the kit does itself -------------------------------------------------------------------------------

    def sent(self, content: Content) -> KnownFile:
        """A file that the kit has sent."""
        return KnownFile([self.put(side, content.data, "fine-tune") for side in self.sides], content)

    def put(self, side: Side, data: bytes, purpose: Any) -> str:
        """Send a file; its id."""
        files = side.platform.own_client.files
        return str(side.itself(lambda: files.create(file=("t.jsonl", data), purpose=purpose).id))

    def end_of(self, job: KnownJob) -> Any:
        """The job, if it makes a model that knows something; the kit waits if the tuner has not."""
        if job.is_stuck:
            return multiple()
        for number, side in enumerate(self.sides):
            if side.truth.status(job.ids[number]) not in ENDED:
                side.itself(partial(SdkTuner(side.platform.own_client).wait, job.ids[number]))
        ends = {side.truth.status(job.ids[number]) for number, side in enumerate(self.sides)}
        return job if ends == {"succeeded"} and job.content.taught else multiple()

    def allow(self, number: int, asked: Asked, content: Content, times: int) -> None:
        """From now on this may be trained, so many times."""
        if times and not asked.must_refuse:
            epochs = asked.options.get("hyperparameters", {}).get("n_epochs", "auto")
            self.allowed[number] += times * billed(
                content.data, asked.model, None if epochs == "auto" else epochs
            )

    def _created_by_kit(
        self, file: KnownFile, model: str, options: Mapping[str, Any], fate: str | None
    ) -> KnownJob:
        ids = []
        for number, side in enumerate(self.sides):
            own = SdkTuner(side.platform.own_client)
            side.platform.fates.now = fate
            ids.append(side.itself(partial(own.create, file.ids[number], model, **options)))
            side.platform.fates.now = None
            self.allow(number, Asked(model, options), file.content, 1)
        return KnownJob(ids, file.content)
