"""Which model a request for an answer means, whether it is there, and how much of this minute it takes.

Chats, responses, completions, embeddings and moderations ask alike: `asked` finds the model, `metered` counts.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

import msgspec

from drytune_simulator import catalog
from drytune_simulator.catalog.others import OTHERS
from drytune_simulator.checks import as_string
from drytune_simulator.errors import refuse
from drytune_simulator.http import Response
from drytune_simulator.rates import span
from drytune_simulator.resources import dates, models
from drytune_simulator.store import Row
from drytune_simulator.world import Call, World

if TYPE_CHECKING:
    from drytune_simulator.inference.abilities import Abilities
    from drytune_simulator.inference.pace import Pace
    from drytune_simulator.inference.voice import Door as VoiceDoor
    from drytune_simulator.inference.voice import Voices

__all__ = ["Asked", "asked", "metered", "pace", "voices"]

Door = Literal["chat", "responses", "completions", "embeddings", "moderations"]

_FORMATS: Final = {"chat": "chat", "responses": "chat", "completions": "prompt_completion"}

_WRONG_DOOR: Final[Mapping[Door, str]] = {
    "chat": "not-a-chat-model",
    "responses": "not-a-responses-model",
    "completions": "not-a-completions-model",
    "embeddings": "not-an-embeddings-model",
    "moderations": "not-a-moderations-model",
}
"""Refusals of a model that is there but answers elsewhere."""

_STAND_IN: Final = "gpt-4o-2024-08-06"
"""Whose tokenizer counts for a model that a voice names, and of which the catalog knows nothing."""


@dataclass(frozen=True, slots=True)
class Asked:
    """The model that a request means.

    Attributes:
        name: To be echoed: a snapshot for a floating name, a tuned model's own name.
        base: What it is, or was tuned from; None for one that cannot be tuned.
        row: The tuned model, or None for a base model, and for one that only a voice names.
        warnings: What is to be said of it, e.g. that it is shut down.
        known: Whether the catalog knows what it is, or was tuned from; else `base` only stands in for it.
    """

    name: str
    base: catalog.Model | None
    row: Row | None
    warnings: Sequence[str] = ()
    known: bool = True

    @property
    def tuned(self) -> bool:
        """Whether it was tuned, here or elsewhere."""
        return self.row is not None or self.name.startswith("ft:")

    @property
    def abilities(self) -> Abilities:
        """What it can do at a chat; anything, if nothing is known of it."""
        from drytune_simulator.inference.abilities import ANYTHING, Abilities

        return Abilities.of(self.answering, tuned=self.tuned) if self.known else ANYTHING

    @property
    def context(self) -> int | None:
        """Tokens that it reads; None for no limit."""
        base = self.answering
        return (base.inference_context if self.tuned else base.base_context) if self.known else None

    @property
    def answering(self) -> catalog.Model:
        """`base`, at a door where nothing answers but models of the catalog, and what was tuned from them."""
        assert self.base is not None  # noqa: S101 - `asked` refuses all others at such a door
        return self.base

    @property
    def pool(self) -> str:
        """Whose limits it shares: tuned models have those of their base."""
        return self.name if self.base is None or not self.known else self.base.id

    def told(self, response: Response, rates: Mapping[str, str]) -> Response:
        """`response` with the headers of the rates and the warnings."""
        return dates.with_warnings(response.with_headers(rates), self.warnings)


def asked(world: World, call: Call, name: object, *, wants: Door) -> Asked:
    """The model called `name`, which must answer at the door `wants`.

    Args:
        world: Its day counts.
        call: Who asks.
        name: As the request has it; of any type.
        wants: Where it was asked.

    Raises:
        ApiError: 400, no name is given, or it is no string; 404, there is no such model, it is shut down and
            dates are applied; 400, 403 or 404, it answers at another door.
    """
    if name in (None, ""):
        raise refuse("no-model")
    name = as_string(name, "model")
    if name in OTHERS and dates.released(world, OTHERS[name].created):
        if OTHERS[name].kind != wants:
            raise refuse(_WRONG_DOOR[wants], model=name)
        return Asked(name, None, None)
    row = models.usable(world, call.tenant, name)
    tuned = name.startswith("ft:") if row is None else True
    base = _base(world, name, wants) if row is None else models.base_of(row)
    if base is None:
        return Asked(name, catalog.find(_STAND_IN), None, known=False)
    silenced = row is None or not models.is_kept(row)
    if (
        silenced
        and world.strict
        and dates.gone(world, base, tuned=tuned)
        and not _is_named(world, wants, name, name if tuned else base.id, exactly=True)
    ):
        raise refuse("model-deprecated", model=name, reason=f"as of {world.today()} it is shut down")
    if _FORMATS.get(wants) != base.data_format:
        raise refuse(_WRONG_DOOR[wants], model=name)
    # without applied dates it answers all the same, since old pipelines are rehearsed too
    warnings = dates.obituary(world, name, base, tuned=tuned)
    return Asked(name if tuned else base.id, base, row, warnings)


def metered(world: World, call: Call, model: Asked, content: object, most: object = 0) -> dict[str, str]:
    """The rate-limit headers of the answer (FACTS.md §6).

    What a request asks for is estimated before it is answered, as the platform documents: a quarter of its
    characters, or the most tokens that the answer may have if those are more.

    Args:
        world: Its clock and limits count.
        call: Who asks.
        model: Which one.
        content: What is to be read, as JSON-able data.
        most: The most tokens of the answer, as the request has it; what is no whole number does not count.

    Raises:
        ApiError: 429, it is too much for this minute, and limits are enforced.
    """
    profile = world.profile
    tokens = max(1, most if type(most) is int else 0, len(msgspec.json.encode(content)) // 4)
    limits = (profile.requests_per_minute, profile.tokens_per_minute)
    window = world.rates.use(
        f"{call.tenant.scope}/{model.pool}", world.now(), tokens, limits if profile.enforce_rates else None
    )
    headers = window.headers(*limits)
    if window.full is None:
        return headers
    by_requests = window.full == "requests"
    refusal = refuse(
        "requests-a-minute" if by_requests else "tokens-a-minute",
        model=model.pool,
        organization=call.tenant.organization,
        limit=limits[not by_requests],
        used=window.requests if by_requests else window.tokens,
        requested=tokens,
        wait=span(window.reset),
    )
    refusal.headers |= {**headers, "retry-after": str(math.ceil(window.reset))}
    raise refusal


def pace(world: World, answer_id: str) -> Pace:
    """How fast an answer comes, as the profile has it."""
    from drytune_simulator.inference.pace import Pace

    profile = world.profile
    return Pace.of(profile.first_token, profile.tokens_per_second, profile.jitter, world.seed, answer_id)


def voices(world: World, door: VoiceDoor, model: object) -> Voices:
    """What is asked before the model: the voices of the world.

    Args:
        world: Whose they are.
        door: Where the request was made.
        model: The name as the request has it.
    """
    from drytune_simulator.inference.voice import Voices

    return Voices(world.voices, door, str(model))


def _base(world: World, name: str, wants: Door) -> catalog.Model | None:
    """What a model is that no job of this world has made, or was tuned from; None if only a voice knows it.

    Raises:
        ApiError: 404, nobody knows it.
    """
    if not name.startswith("ft:"):
        try:
            return dates.find_model(world, name)
        except catalog.UnknownModelError as error:
            reason = str(error)
    else:
        reason = "no job of this key has made such a model, and no permission opens it to this project"
    try:
        base: catalog.Model | None = catalog.find(name)
    except catalog.UnknownModelError:
        base = None
    # the platform has the base, though perhaps not on the world's day: that is for an exact name to say
    early = base is not None and world.strict and base.released > world.today()
    names = (name,) if base is None or name.startswith("ft:") else (name, base.id)
    if not _is_named(world, wants, *names, exactly=early):
        raise refuse("model-not-found", model=name, reason=reason)
    return base


def _is_named(world: World, wants: Door, *names: str, exactly: bool) -> bool:
    """Whether a voice answers for a model that is asked for an answer, be it here or not."""
    return wants in _FORMATS and any(
        voice.names_model(*names, exactly=exactly) for voice in world.voices if hasattr(voice, "names_model")
    )
