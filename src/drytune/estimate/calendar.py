"""What the calendar says about tuning a model (FACTS.md §1.3, §2)."""

from __future__ import annotations

from datetime import date
from typing import Final, Literal

import msgspec

from drytune_simulator.catalog import Model, timeline
from drytune_simulator.dataset.finding import Finding
from drytune_simulator.dataset.lens import Policy
from drytune_simulator.dataset.rules import Found, Rule
from drytune_simulator.dataset.rules import calendar as rules

__all__ = ["SOON_DAYS", "Standing", "State", "notices", "standing"]

SOON_DAYS: Final = 180
"""Retirements within so many days are worth a warning."""

FIRST_DAY: Final = date(2023, 8, 22)
"""Fine-tuning of chat models opens (FACTS.md §1.1)."""

State = Literal["not-yet", "open", "closed", "dead", "untunable", "unknown"]
"""Whether a model can be tuned on a day: not before a later day; yes; no more, but what was tuned still works; no
more, and nothing that was tuned works; never; or it is another vendor's."""


class Standing(msgspec.Struct, frozen=True):
    """How a model stands on a day.

    Attributes:
        day: The day.
        state: Whether it can be tuned.
        training_starts: The first day on which it could be tuned.
        training_ends: The first day on which it cannot be tuned any more.
        tunes_end: The day on which what was tuned from it is shut down.
        base_ends: The day on which it is shut down itself.
    """

    day: date
    state: State
    training_starts: date | None = None
    training_ends: date | None = None
    tunes_end: date | None = None
    base_ends: date | None = None

    def days_left(self, end: date | None) -> int | None:
        """Days from `day` until `end`, 0 when it has come; None when there is no end."""
        return None if end is None else max(0, (end - self.day).days)


def standing(model: Model, day: date) -> Standing:
    """How `model` stands on `day`.

    A model takes no training once it is shut down, and what was tuned from it is taken to go with it where no day
    of its own is known.
    """
    if model.access == "foreign":
        return Standing(day, "unknown")
    base_ends = model.shutdown_date
    tunes_end = model.shutdown_date_ft or base_ends
    if not model.methods:
        return Standing(day, "untunable", base_ends=base_ends)
    starts = max(FIRST_DAY, model.released)
    ends = min(
        end
        for end in (model.training_closed, base_ends, tunes_end, timeline().no_jobs_at_all)
        if end is not None
    )
    if tunes_end is not None and tunes_end <= day:
        state: State = "dead"
    elif ends <= day:
        state = "closed"
    else:
        state = "open" if starts <= day else "not-yet"
    return Standing(day, state, starts, ends, tunes_end, base_ends)


def notices(model: Model, day: date | None, policy: Policy | None = None) -> list[Finding]:
    """What the calendar says on `day` about tuning `model`; nothing when no day is given or the model is foreign.

    Args:
        model: The base model.
        day: Of the training.
        policy: Severities by code, where they are not the rule's own.

    Returns:
        Warnings of the codes ``price-not-yet-valid``, ``model-retired``, ``model-retiring``, ``training-closed``
        and ``platform-closing``.
    """
    if day is None or model.access == "foreign":
        return []
    findings = []
    for rule, found in (*_too_early(model, day), *_retirements(model, day), *_closings(model, day)):
        level = (policy or {}).get(rule.code, rule.severity)
        if level != "off":
            findings.append(rule.finding(found, severity=level))
    return findings


def _too_early(model: Model, day: date) -> list[tuple[Rule, Found]]:
    """Nobody could have trained the model on that day: there was no price then."""
    first = max(FIRST_DAY, model.released)
    return (
        [(rules.PRICE_NOT_YET_VALID, rules.price_not_yet_valid(model.id, first))]
        if model.methods and day < first
        else []
    )


def _retirements(model: Model, day: date) -> list[tuple[Rule, Found]]:
    """The ends of the base model and of what is tuned from it, as one when both are on the same day."""
    ends: dict[date, list[str]] = {}
    for end, name in ((model.shutdown_date, model.id), (model.shutdown_date_ft, "models tuned from it")):
        if end is not None:
            ends.setdefault(end, []).append(name)
    found: list[tuple[Rule, Found]] = []
    for end, what in sorted(ends.items()):
        names = tuple(what) if model.id in what else (f"models tuned from {model.id}",)
        left = (end - day).days
        if left <= 0:
            found.append((rules.MODEL_RETIRED, rules.model_retired(names, end, model.replacement)))
        elif left <= SOON_DAYS:
            found.append((rules.MODEL_RETIRING, rules.model_retiring(names, end, left, model.replacement)))
    return found


def _closings(model: Model, day: date) -> list[tuple[Rule, Found]]:
    """The ends of training: of this model, and of the platform."""
    found: list[tuple[Rule, Found]] = []
    if model.training_closed is not None and model.training_closed <= day:
        closed = rules.training_closed(model.id, model.training_closed, model.replacement)
        found.append((rules.TRAINING_CLOSED, closed))
    dates = timeline()
    left = (dates.no_jobs_at_all - day).days
    if left <= 0:
        found.append((rules.PLATFORM_CLOSING, rules.platform_closed(dates.no_jobs_at_all)))
    elif left <= SOON_DAYS:
        closing = rules.platform_closing(dates.no_jobs_at_all, left, dates.no_new_customers)
        found.append((rules.PLATFORM_CLOSING, closing))
    return found
