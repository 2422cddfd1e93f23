"""Another model is asked what a recorded one was asked, and what the two said is compared."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Final

import msgspec

from drytune.cassettes.model import Cassette
from drytune.clients import SIMULATED_KEY, simulated
from drytune.errors import Refused, UsageError
from drytune.keeping.agreeing import NEAR
from drytune.keeping.asking import Asker
from drytune.keeping.budget import Budget, Price, price_of
from drytune.keeping.collected import Prompt, model_of, prompts_of
from drytune.keeping.comparison import Compared, Comparison, Side
from drytune.keeping.interview import Interview, Progress, Stopped, priced
from drytune.keeping.measures import measures_of, overall, verdict_on
from drytune.keeping.notes import notes_on
from drytune.keeping.said import Said
from drytune.keeping.style import style_of
from drytune.keeping.watching import Watch
from drytune_simulator.clock import Clock, SystemClock, to_date, wait

if TYPE_CHECKING:
    from drytune_simulator import Handler

__all__ = ["compare"]

_MOST_REPEATS: Final = 1_000


def compare(
    archive: Cassette,
    *,
    model: str,
    handler: Handler,
    recorded_model: str | None = None,
    repeats: int | None = None,
    max_usd: float | None = None,
    rpm: float | None = None,
    api_key: str = SIMULATED_KEY,
    source: str | None = None,
    clock: Clock | None = None,
    sleep: Callable[[float], None] | None = None,
    progress: Progress | None = None,
) -> Comparison:
    """Ask `model` every prompt of `archive`, and compare all that was recorded with all that it says.

    What is asked is the recorded request with another model's name: parameters that the model does not take are an
    error of that prompt, not of the comparison. Prompts are asked one after the other.

    Args:
        archive: A kept model, or any recording in which one model was asked.
        model: The other model.
        handler: What answers for it: the real API (`drytune.handlers.upstream.Upstream`), a simulator, a replay.
        recorded_model: Whose answers are compared; by default the archive's.
        repeats: How often each prompt is asked; by default as often as an answer to it was recorded.
        max_usd: No more is spent; before each request the most that it may cost has to be left.
        rpm: At most so many requests in a minute.
        api_key: Of the client; a handler with a key of its own does not need it.
        source: The base URL, for the report.
        clock: What latency is measured by.
        sleep: Waits so many seconds, for `rpm` and where the platform is busy.
        progress: Called after each request with how many are done, how many there are, and what was spent.

    Raises:
        UsageError: The archive has no prompts; or there is a budget, and what an answer may cost is not known.
        Refused: Nothing was answered: the key or the model is refused, or nobody is there.
    """
    clock = clock or SystemClock()
    _check(repeats, rpm)
    old = recorded_model or model_of(archive)
    prompts = prompts_of(archive, old)
    today = to_date(clock.now())
    begun = datetime.fromtimestamp(clock.now(), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    budget = Budget(model, today, max_usd)
    watch = Watch(handler, clock)
    with simulated(watch, api_key=api_key, max_retries=0) as client:
        asker = Asker(client, rpm=rpm, clock=clock, sleep=sleep or wait)
        interview = Interview(model, asker=asker, watch=watch, budget=budget)
        new, stopped = _ask_all(interview, prompts, repeats, progress)
    if stopped is not None and not any(one.error is None for said in new for one in said):
        raise Refused(stopped)
    manifest = archive.header.archive or {}
    asked_at = manifest.get("asked_at") or archive.header.recorded_at
    asked_at = asked_at if isinstance(asked_at, str) else None
    old_price = price_of(old, _day(asked_at) or today)
    prompts = _priced(prompts, old_price)
    found = [_compared(prompt, said) for prompt, said in zip(prompts, new, strict=True)]
    comparison = Comparison(
        archive=archive.name,
        recorded=Side(
            model=old,
            provenance=archive.header.provenance,
            source=archive.header.source,
            at=asked_at,
            price=_source(old_price),
        ),
        new=Side(
            model=model,
            provenance=watch.provenance,
            source=source,
            at=begun,
            price=_source(budget.price),
        ),
        prompts=tuple(found),
        measures=overall(list(zip(prompts, new, strict=True)), [each.measures for each in found]),
        style=style_of([(_texts(each.recorded), _texts(each.new)) for each in found]),
        near=NEAR,
        spent_usd=interview.spent,
        complete=stopped is None,
        stopped=stopped,
    )
    return msgspec.structs.replace(comparison, notes=notes_on(comparison, manifest))


def _check(repeats: int | None, rpm: float | None) -> None:
    if repeats is not None and not 1 <= repeats <= _MOST_REPEATS:
        raise UsageError(f"repeats is {repeats}; a prompt is asked 1 to {_MOST_REPEATS:,} times.")
    if rpm is not None and not (math.isfinite(rpm) and rpm > 0):
        raise UsageError(f"rpm is {rpm:g}; it must be a positive number of requests in a minute.")


def _ask_all(
    interview: Interview, prompts: Sequence[Prompt], repeats: int | None, progress: Progress | None
) -> tuple[list[tuple[Said, ...]], str | None]:
    """What was answered to each prompt, and why it ended early, if it did."""
    times = [repeats or _times(prompt) for prompt in prompts]
    total, done = sum(times), 0
    new: list[tuple[Said, ...]] = [()] * len(prompts)
    try:
        interview.prepare(prompts)
        for place, prompt in enumerate(prompts):
            for _ in range(times[place]):
                said = interview.ask(prompt)
                new[place] += said
                done += 1
                if progress is not None:
                    progress(done, total, interview.spent)
                if said[0].error is not None and 400 <= said[0].status < 500:
                    # what is refused once is refused again
                    done += times[place] - sum(1 for _ in new[place])
                    break
    except Stopped as stop:
        return new, str(stop)
    return new, None


def _times(prompt: Prompt) -> int:
    """As often as there are answers, of which one request may have got several."""
    each = prompt.body.get("n", 1)
    answers = sum(one.error is None for one in prompt.recorded)
    return max(1, round(answers / each) if isinstance(each, int) and each > 0 else answers)


def _priced(prompts: Sequence[Prompt], price: Price | None) -> tuple[Prompt, ...]:
    """The prompts, with what their recorded answers cost."""
    return tuple(
        msgspec.structs.replace(prompt, recorded=tuple(priced(said, price) for said in prompt.recorded))
        for prompt in prompts
    )


def _compared(prompt: Prompt, new: tuple[Said, ...]) -> Compared:
    measures = measures_of(prompt, new)
    return Compared(
        number=prompt.number,
        verdict=verdict_on(measures),
        door=prompt.door,
        prompt=prompt.text,
        request=prompt.body,
        measures=measures,
        recorded=prompt.recorded,
        new=new,
    )


def _texts(said: Sequence[Said]) -> list[str]:
    """The words of answers; errors, and answers that say nothing or only call functions, have none."""
    return [one.text for one in said if one.error is None and one.text.strip()]


def _source(price: Price | None) -> str | None:
    return None if price is None else price.source or "the catalog"


def _day(moment: str | None) -> date | None:
    try:
        return date.fromisoformat((moment or "")[:10])
    except ValueError:
        return None
