"""The catalog's dates: what exists on the world's day, and what is said of what does not any more.

With `World.as_of` they are applied; without it everything in the catalog works, whatever the day, and the answer
carries a warning (``x-drytune-warning``).

Of the three steps in which the platform closes (FACTS.md §2) only the last is applied, from which on nobody can
create a job. The two before it concern organizations that never tuned a model, or used none for 60 days. What the
simulated organization did before the simulation began is not known, so it is taken for one that has always been
active (a decision of drytune's), and the answer says so. The scenario ``permission_denied`` refuses as those two
steps do.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator

from drytune_simulator import catalog
from drytune_simulator.errors import refuse
from drytune_simulator.http import Response, header_text
from drytune_simulator.world import World

__all__ = [
    "closed_since",
    "end_of",
    "existing",
    "find_model",
    "gone",
    "is_closed",
    "model_can_be_trained",
    "obituary",
    "organization_may_train",
    "released",
    "with_warnings",
]

_FIRST_DAY = dt.date(2023, 8, 22)
"""The catalog knows what floating names meant from the day on which the tuning of chat models began."""


class _NotReleasedError(catalog.UnknownModelError):
    """The model exists, but not yet on the world's day."""

    def __init__(self, name: str, model: catalog.Model, today: dt.date) -> None:
        super().__init__(name, ())
        self._model = model
        self._today = today

    def __str__(self) -> str:
        return f"as of {self._today} there is no {self._model.id}: it was released on {self._model.released}"


def find_model(world: World, name: str) -> catalog.Model:
    """The base model that `name` means on the world's day, be it alive or not.

    Raises:
        UnknownModelError: There is none, or it is not released yet and dates are applied.
    """
    today = world.today()
    model = catalog.find(name, as_of=today if world.strict or today >= _FIRST_DAY else None)
    if world.strict and model.released > today:
        raise _NotReleasedError(name, model, today)
    return model


def existing(world: World) -> Iterator[catalog.Model]:
    """The catalog's models that the platform has on the world's day; without applied dates, all of them."""
    for model in catalog.models():
        if not world.strict or (model.released <= world.today() and not gone(world, model)):
            yield model


def released(world: World, created: int | None) -> bool:
    """Whether a model that cannot be tuned is there on the world's day; without applied dates each is.

    Args:
        world: Its day counts.
        created: As the models endpoint tells it, Unix seconds; None of a model from before all others.
    """
    if created is None or not world.strict:
        return True
    return dt.datetime.fromtimestamp(created, dt.UTC).date() <= world.today()


def end_of(model: catalog.Model, *, tuned: bool = False) -> dt.date | None:
    """From which day on a base model, or what was tuned from it, does not answer any more (FACTS.md §1.3)."""
    return (model.shutdown_date_ft or model.shutdown_date) if tuned else model.shutdown_date


def gone(world: World, model: catalog.Model, *, tuned: bool = False) -> bool:
    """Whether that day has come, be it applied or not."""
    end = end_of(model, tuned=tuned)
    return end is not None and world.today() >= end


def obituary(world: World, name: str, model: catalog.Model, *, tuned: bool = False) -> list[str]:
    """What to say of an answer by, or about, a model that is gone; nothing of one that is there."""
    if not gone(world, model, tuned=tuned):
        return []
    return [f"{name} was shut down on {end_of(model, tuned=tuned)}: the platform answers 404 since then"]


def is_closed(world: World) -> bool:
    """Whether nobody can create jobs any more on the world's day, be it applied or not."""
    return world.today() >= catalog.timeline().no_jobs_at_all


def organization_may_train(world: World) -> list[str]:
    """What to say of any job that is created on the world's day.

    Raises:
        ApiError: 403, nobody can create jobs any more, and dates are applied.
    """
    today, steps = world.today(), catalog.timeline()
    if is_closed(world):
        closed = f"since {steps.no_jobs_at_all} nobody can create a job"
        if world.strict:
            raise refuse("training-not-available", reason=f"as of {today}: {closed}")
        return [f"{closed}: the platform answers 403"]
    if today >= steps.no_inactive_customers:
        since, whom = steps.no_inactive_customers, "organizations that have used no tuned model for 60 days"
    elif today >= steps.no_new_customers:
        since, whom = steps.no_new_customers, "organizations that never tuned a model"
    else:
        return []
    return [f"since {since} the platform answers 403 to {whom}; drytune takes yours for an active one"]


def model_can_be_trained(world: World, name: str, model: catalog.Model, *, tuned: bool) -> list[str]:
    """What to say of a job with this model on the world's day: its training is closed, or it is shut down.

    Args:
        world: Its day counts.
        name: As the request has it.
        model: What that means, or its base.
        tuned: Whether `name` is of a tuned model. It ends with its base's training as well (grade I).

    Raises:
        ApiError: 400, it cannot be trained any more, and dates are applied.
    """
    since = closed_since(world, model, tuned=tuned)
    if since is None:
        return []
    closed = f"{model.id} cannot be trained since {since}"
    if world.strict:
        raise refuse("model-not-available", model=name, reason=f"as of {world.today()}: {closed}")
    return [f"{closed}: the platform answers 400"]


def closed_since(world: World, model: catalog.Model, *, tuned: bool = False) -> dt.date | None:
    """Since when a base, or what was tuned from it, cannot be trained any more; None if it can be."""
    days = (model.training_closed, model.shutdown_date, end_of(model, tuned=tuned))
    return min((day for day in days if day is not None and day <= world.today()), default=None)


def with_warnings(response: Response, warnings: Iterable[str]) -> Response:
    """`response` with the header ``x-drytune-warning``, if there is anything to say."""
    text = "; ".join(warnings)
    return response.with_headers({"x-drytune-warning": header_text(text)}) if text else response
