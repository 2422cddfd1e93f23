"""Keeping a tuned model: each prompt is asked so often, and all that is said goes into an archive."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterable
from pathlib import Path

from drytune.cassettes.files import load
from drytune.cassettes.journal import Journal, part_of
from drytune.cassettes.model import Cassette
from drytune.cassettes.redaction import Redactor
from drytune.cassettes.tape import recover
from drytune.clients import SIMULATED_KEY
from drytune.errors import UsageError
from drytune.handlers.addresses import DEFAULT_BASE_URL
from drytune.handlers.upstream import Upstream
from drytune.keeping.archive import Archive, kept_model, spent_on
from drytune.keeping.budget import Budget, base_of
from drytune.keeping.plan import planned
from drytune.keeping.prompts import read_prompts
from drytune.keeping.sitting import Progress, Sitting
from drytune_simulator import Handler
from drytune_simulator.clock import Clock, SystemClock, to_date, wait

__all__ = ["Progress", "keep"]


def keep(
    model: str,
    prompts: Path | str,
    out: Path | str,
    *,
    handler: Handler | None = None,
    base_url: str | None = None,
    api_key: str | None = None,
    repeats: int = 1,
    max_usd: float | None = None,
    rpm: float | None = None,
    max_tokens: int | None = None,
    redact: Iterable[str] = (),
    anew: bool = False,
    title: str | None = None,
    clock: Clock | None = None,
    sleep: Callable[[float], None] | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> Archive:
    """Ask a model each prompt so often, and keep what it says in an archive, which is a cassette.

    All prompts are read before the first is asked. They are asked in their order, once each; then again, so that
    an archive that had to stop early has answers to as many as can be. If `out` is an archive of the same model,
    or a run into it was cut off, it is gone on with: nothing that was answered is asked again.

    Args:
        model: Its name, ``ft:…`` or that of any model.
        prompts: A file of them (`drytune.keeping.prompts.read_prompts`).
        out: The archive.
        handler: What answers, e.g. a `Simulator`; by default the API at `base_url`.
        base_url: By default that of the environment (``OPENAI_BASE_URL``), or OpenAI's.
        api_key: By default that of the environment (``OPENAI_API_KEY``).
        repeats: How often each prompt is asked.
        max_usd: The most that all answers in the archive may cost, in USD. Before each call its worst case is set
            aside, so it is never passed.
        rpm: Calls in a minute, at most.
        max_tokens: The longest answer, in tokens; a prompt's own limit counts where it is lower.
        redact: Regular expressions of what nobody may read in the archive, beside all that looks like a key.
        anew: Whether an archive that is there is begun anew; it stays as it is until the new one is sealed.
        title: One line about it.
        clock: Tells the time; the wall clock by default.
        sleep: Waits for so many seconds.
        progress: Told how far it is, after each answer and before each wait.

    Returns:
        The archive; `Archive.stopped` says why it went no further, if it did not come to its end.

    Raises:
        UsageError: A prompt is none; `out` is something else; or a budget cannot be kept. Nothing was asked then.
        SecretLeft: Something that looks like a secret is left in an answer; the file is as it was.
        NotKept: The disk took it not; the file is as it was.
    """
    _check(model, repeats, rpm, max_tokens)
    path, clock = Path(out), clock or SystemClock()
    base = base_of(model)
    read = read_prompts(Path(prompts), completes=base is not None and base.data_format == "prompt_completion")
    redactor = Redactor(patterns=redact)
    key = api_key or os.environ.get("OPENAI_API_KEY") or (None if handler is None else SIMULATED_KEY)
    if key is not None:
        redactor.learn(key)  # before prompts are compared with the archive, in which it is hidden
    was_cut = not anew and part_of(path).exists()
    before = None if anew else _before(path, model)
    if before is not None:
        redactor.after(before.exchanges)
    budget = _budget(model, clock, max_usd, before)
    plan = planned(
        model,
        read,
        repeats,
        before=() if before is None else before.exchanges,
        max_tokens=max_tokens,
        budget=budget,
        redact=redactor.data,
    )
    if before is not None and not plan.tasks and (before.header.archive or {}).get("complete"):
        return Archive(path, before, 0, 0, 0, None if budget.price is None else budget.spent)
    url = base_url or os.environ.get("OPENAI_BASE_URL") or DEFAULT_BASE_URL
    if key is None:
        raise UsageError("There is no API key: set OPENAI_API_KEY, or give one.")
    if anew and part_of(path).exists():
        Journal(path, left_behind=True).remove()  # unless somebody is writing it
    upstream = Upstream(url) if handler is None else None
    try:
        sitting = Sitting(
            model=model,
            prompts=read,
            repeats=repeats,
            plan=plan,
            budget=budget,
            before=before,
            redactor=redactor,
            clock=clock,
            sleep=sleep or wait,
            rpm=rpm,
            progress=progress,
            was_cut=was_cut,
        )
        return sitting.into(path, handler or upstream, base_url=url, api_key=key, title=title)
    finally:
        if upstream is not None:
            upstream.close()


def _check(model: str, repeats: int, rpm: float | None, max_tokens: int | None) -> None:
    if not model.strip():
        raise UsageError("The name of the model is empty; say which one is asked.")
    if repeats < 1:
        raise UsageError(f"Each prompt is to be asked {repeats} times; it must be once at least.")
    if rpm is not None and not (math.isfinite(rpm) and rpm > 0):
        raise UsageError(f"{rpm:g} calls a minute cannot be; it must be a positive number.")
    if max_tokens is not None and max_tokens < 1:
        raise UsageError(f"An answer of {max_tokens} tokens cannot be; it must be 1 at least.")


def _before(path: Path, model: str) -> Cassette | None:
    """The archive that is gone on with, also that of a run that was cut off.

    Raises:
        UsageError: It is something else; or another run goes on.
    """
    if part_of(path).exists():
        recover(path)
    if not path.exists():
        return None
    there = load(path)
    if there.header.archive is None:
        raise UsageError(f"{path} is there, and is no archive of a model: choose another name.")
    if kept_model(there) != model:
        raise UsageError(f"{path} is an archive of {kept_model(there)}, not of {model}: choose another name.")
    return there


def _budget(model: str, clock: Clock, max_usd: float | None, before: Cassette | None) -> Budget:
    """What may be spent, and what has been."""
    budget = Budget(model, to_date(clock.now()), max_usd)
    if before is not None and budget.price is not None:
        lost = (before.header.archive or {}).get("lost_usd")
        budget.spent = spent_on(before.exchanges, budget.price.of) + (
            lost if isinstance(lost, float) else 0.0
        )
    return budget
