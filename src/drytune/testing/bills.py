"""What a test would have cost at the real API, by the catalog's prices."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Final, Literal

from drytune.keeping.budget import Price, base_of, price_of, usage_of
from drytune.testing.bills_counted import counted
from drytune.testing.looking import jobs_of

if TYPE_CHECKING:
    from drytune.testing.exchanges import Recorder
    from drytune.testing.jobs_and_files import Job
    from drytune.testing.recorded_request import RecordedRequest
    from drytune_simulator.world import World

__all__ = ["Bill", "Line", "bill_of"]

_ASKING: Final = ("chat.completions.create", "responses.create", "completions.create", "embeddings.create")
_HOURLY: Final = "billed by the hour of its training, which is not known"
_NO_PRICE: Final = "no price is known"
_COUNTED: Final = "counted here, since an answer told no usage"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One item of a bill.

    Attributes:
        kind: ``training`` or ``inference``.
        what: A job's id, or the operation that was called.
        model: That was tuned or asked.
        count: How many calls they were; 1 of a job.
        tokens: All that are billed.
        usd: None where nobody knows the price.
        is_committed: Whether it is not billed yet: of a job that has not ended.
        note: What has to be said of it; empty if nothing has.
    """

    kind: Literal["training", "inference"]
    what: str
    model: str
    count: int = 1
    tokens: int = 0
    usd: float | None = None
    is_committed: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True)
class Bill:
    """What a test would have cost; printed, a table.

    Attributes:
        lines: A line for each job, and one for each model that was asked, and how.
    """

    lines: tuple[Line, ...]

    @property
    def training_usd(self) -> float:
        """Of all jobs; one that has not ended counts with what it will be billed at its end."""
        return _sum(line for line in self.lines if line.kind == "training")

    @property
    def committed_usd(self) -> float:
        """What of it is of jobs that have not ended."""
        return _sum(line for line in self.lines if line.is_committed)

    @property
    def inference_usd(self) -> float:
        """Of all calls of models."""
        return _sum(line for line in self.lines if line.kind == "inference")

    @property
    def total_usd(self) -> float:
        """Of both; what nobody knows the price of is not in it (`unpriced`)."""
        return _sum(self.lines)

    @property
    def unpriced(self) -> tuple[Line, ...]:
        """What nobody knows the price of."""
        return tuple(line for line in self.lines if line.usd is None)

    def __str__(self) -> str:
        """A table, its sum last."""
        rows = [("", "model", "calls", "tokens", "USD", "")]
        rows += [
            (line.what, line.model, f"{line.count:,}", f"{line.tokens:,}", _money(line.usd), line.note)
            for line in self.lines
        ]
        rows.append(("total", "", "", "", _money(self.total_usd), ""))
        widths = [max(len(row[column]) for row in rows) for column in range(6)]
        return "\n".join(
            "  ".join(
                f"{cell:>{width}}" if 2 <= column <= 4 else f"{cell:<{width}}"
                for column, (cell, width) in enumerate(zip(row, widths, strict=True))
            ).rstrip()
            for row in rows
        )


def bill_of(world: World | None, recorder: Recorder) -> Bill:
    """The bill of all that was asked.

    Args:
        world: Of the simulator, whose day's prices count; None of a recording: the last ones published do.
        recorder: Tells who has asked, and what.
    """
    day = date.max if world is None else world.today()
    trained = [_training(job, day) for job in jobs_of(world, recorder)]
    return Bill((*trained, *_calls(recorder.requests, day)))


def _training(job: Job, day: date) -> Line:
    base, tokens = base_of(job.model), job.committed_tokens
    price = None if base is None else base.price_on(day)
    usd, note = None, _NO_PRICE
    if job.status == "failed":
        usd, note = 0.0, "failed, and is not billed"
    elif price is not None and price.training is not None and tokens is not None:
        usd = tokens * price.training / 1e6
        note = {"succeeded": "", "cancelled": "what was trained until it was cancelled"}.get(
            job.status, f"{job.status}; at its end"
        )
    elif price is not None and price.training_per_hour is not None:
        note = _HOURLY
    elif tokens is None:
        note = "how much it trains on is not known"
    return Line(
        kind="training",
        what=job.id,
        model=job.model,
        tokens=tokens or 0,
        usd=usd,
        is_committed=not job.has_ended,
        note=note,
    )


def _calls(requests: Iterable[RecordedRequest], day: date) -> Iterator[Line]:
    lines: dict[tuple[str, str], Line] = {}
    for one in requests:
        if one.operation not in _ASKING or one.status is None or one.status >= 400:
            continue
        line = _call(one, day)
        before = lines.get((line.what, line.model))
        lines[line.what, line.model] = line if before is None else _both(before, line)
    yield from lines.values()


def _both(one: Line, other: Line) -> Line:
    usd = None if one.usd is None or other.usd is None else one.usd + other.usd
    return replace(
        one,
        count=one.count + other.count,
        tokens=one.tokens + other.tokens,
        usd=usd,
        note=one.note or other.note,
    )


def _call(one: RecordedRequest, day: date) -> Line:
    answer = one.answer
    told = answer.get("model") if isinstance(answer, Mapping) else None
    model = one.model or (told if isinstance(told, str) else "")
    used, note = usage_of(answer), ""
    base = base_of(model)
    if used is None and base is not None:
        used, note = counted(one, model, base), _COUNTED
    price: Price | None = price_of(model, day)
    if price is None or used is None:
        note = _NO_PRICE if price is None else "its answer told no usage"
    usd = None if price is None or used is None else price.of(*used)
    tokens = 0 if used is None else used[0] + used[1]
    return Line(
        kind="inference", what=one.operation or one.path, model=model, tokens=tokens, usd=usd, note=note
    )


def _sum(lines: Iterable[Line]) -> float:
    return math.fsum(line.usd for line in lines if line.usd is not None)


def _money(usd: float | None) -> str:
    return "?" if usd is None else f"{usd:.6f}"
