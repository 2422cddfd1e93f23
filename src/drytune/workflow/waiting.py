"""How long to wait between two looks at a job, and what is known of it meanwhile."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from drytune.errors import UsageError
from drytune.workflow.conditions import figure_in
from drytune.workflow.records import TERMINAL, Run
from drytune_simulator import ids

__all__ = ["FIRST_PAUSE", "LONGEST_PAUSE", "Progress", "duration", "pauses", "progress_of"]

FIRST_PAUSE: Final = 5.0
LONGEST_PAUSE: Final = 300.0
"""Seconds; no pause is longer, its jitter with it."""

_GROWTH: Final = 1.25
_JITTER: Final = 0.2
_STEP: Final = re.compile(r"Step (\d{1,9})/(\d{1,9})")


def pauses(seed: object) -> Iterator[float]:
    """Seconds to wait before each look: from about 5 on a quarter more each time, up to 300, and never an end.

    Each is up to a fifth shorter or longer, so that many runs do not ask at the same time. Whoever sees the job's
    state change begins anew.

    Args:
        seed: The same gives the same pauses, e.g. the run's id.
    """
    pause, number = FIRST_PAUSE, 0
    longest = LONGEST_PAUSE / (1 + _JITTER)
    while True:
        yield pause * (1 + _JITTER * ids.noise("pause", seed, number))
        pause, number = min(pause * _GROWTH, longest), number + 1


def duration(text: str) -> float:
    """Seconds, from words such as ``90s``, ``15m``, ``2h``, ``1h30m`` or ``3d``, or from a number of them.

    Raises:
        UsageError: It is none.
    """
    from drytune_simulator.faults.words import FaultError
    from drytune_simulator.faults.words import duration as seconds_in

    try:
        return seconds_in(text)
    except FaultError as error:
        raise UsageError(f"{error}.") from None


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run has come, in figures; None where nobody knows.

    Attributes:
        state: As `Run.status` has it.
        step: The last that the job has told of.
        total_steps: How many there will be.
        loss: Of the training, at the last step that told it.
        valid_loss: Of the validation, likewise.
        reward: Mean of the training samples, of a reinforcement job.
        valid_reward: Mean over the validation file.
        cost_so_far_usd: The steps' share of the training's expected bill, or the bill itself once it is known, and
            what answers have cost.
        estimated_end: When the training will have ended, Unix seconds: as the platform tells, else as fast as the
            steps so far.
        elapsed_s: Seconds since the job was created, up to its end.
    """

    state: str
    step: int | None = None
    total_steps: int | None = None
    loss: float | None = None
    valid_loss: float | None = None
    reward: float | None = None
    valid_reward: float | None = None
    cost_so_far_usd: float | None = None
    estimated_end: float | None = None
    elapsed_s: float | None = None

    @property
    def share(self) -> float | None:
        """Which part of the steps is done, 0.0 to 1.0."""
        return _share(self.step, self.total_steps)


def progress_of(run: Run, now: float) -> Progress:
    """What can be told of `run` now.

    Args:
        run: As it was last seen.
        now: Unix seconds.
    """
    steps = [seen for event in run.events if (seen := _seen(event)) is not None]
    figures = [data for event in run.events if isinstance(data := event.get("data"), Mapping)]
    step, total = (steps[-1].step, steps[-1].total) if steps else (None, None)
    # a platform whose clock is ahead, such as a simulated one that is fast, has told of later times
    told = [figure_in(about, "created_at") for about in (run.remote or {}, *run.events)]
    there = max([now, *(at for at in told if at is not None)])
    end = _end(run, steps, there)
    return Progress(
        state=run.status,
        step=step,
        total_steps=total,
        loss=_last(figures, "train_loss"),
        valid_loss=_last(figures, "full_valid_loss", "valid_loss"),
        reward=_last(figures, "train_mean_reward"),
        valid_reward=_last(figures, "full_valid_mean_reward"),
        cost_so_far_usd=_cost(run, _share(step, total)),
        estimated_end=None if end is None else end - (there - now),
        elapsed_s=_elapsed(run, there),
    )


@dataclass(frozen=True, slots=True)
class _Step:
    """A step that an event tells of."""

    step: int
    total: int | None
    at: float | None


def _share(step: int | None, total: int | None) -> float | None:
    return None if step is None or not total else min(1.0, step / total)


def _seen(event: Mapping[str, Any]) -> _Step | None:
    """The step of a metrics event, by its data or its words; None if it tells of none."""
    data = event.get("data")
    data = data if isinstance(data, Mapping) else {}
    told = _STEP.match(str(event.get("message") or ""))
    if event.get("type") != "metrics" and told is None:
        return None
    step, total = figure_in(data, "step"), figure_in(data, "total_steps")
    if told is not None:
        step = float(told[1]) if step is None else step
        total = float(told[2]) if total is None else total
    if step is None or step < 0:
        return None
    return _Step(
        int(step), int(total) if total is not None and total > 0 else None, figure_in(event, "created_at")
    )


def _last(figures: Sequence[Mapping[str, Any]], *names: str) -> float | None:
    """The last figure of one of the names; of one step, that of the first name."""
    for data in reversed(figures):
        for name in names:
            figure = figure_in(data, name)
            if figure is not None:
                return figure
    return None


def _cost(run: Run, share: float | None) -> float | None:
    bill = run.bill
    if bill.training_usd is not None:
        return bill.training_usd + bill.answers_usd
    if bill.expected_usd is None:
        return None
    done = 1.0 if run.status == "succeeded" else share or 0.0
    return done * bill.expected_usd + bill.answers_usd


def _end(run: Run, steps: Sequence[_Step], now: float) -> float | None:
    """When the training will have ended; None if it has, or nobody knows, or that time is over."""
    if run.remote is None or run.status in TERMINAL or run.status == "paused":
        return None
    told = figure_in(run.remote, "estimated_finish")
    if told is not None and told > now:
        return told
    timed = [(seen.step, seen.at) for seen in steps if seen.at is not None]
    total = steps[-1].total if steps else None
    if len(timed) < 2 or total is None:
        return None
    (first, began), (last, came) = timed[0], timed[-1]
    if last <= first or came <= began:
        return None
    end = came + (total - last) * (came - began) / (last - first)
    return end if end > now else None


def _elapsed(run: Run, now: float) -> float | None:
    created = None if run.remote is None else figure_in(run.remote, "created_at")
    if run.remote is None or created is None:
        return None
    finished = figure_in(run.remote, "finished_at")
    return max(0.0, (now if finished is None else finished) - created)
