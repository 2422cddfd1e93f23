"""``POST /v1/chat/completions``: which model is meant, and what it has been taught."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import msgspec

from drytune_simulator import catalog, ids
from drytune_simulator.checks import as_string
from drytune_simulator.errors import refuse
from drytune_simulator.http import Response
from drytune_simulator.rates import span
from drytune_simulator.reading import json_object
from drytune_simulator.resources import dates, models
from drytune_simulator.resources.contents import opened
from drytune_simulator.resources.job_record import Job
from drytune_simulator.store import Row
from drytune_simulator.world import Call, World

if TYPE_CHECKING:
    from drytune_simulator.inference import Taught

__all__ = ["create"]


def create(world: World, call: Call) -> Response:
    """Answer a conversation."""
    from drytune_simulator.inference import complete

    fields = json_object(call.request)
    if fields.get("model") in (None, ""):
        raise refuse("no-model")
    name = as_string(fields["model"], "model")
    tuned = models.usable(world, call.tenant, name)
    base = _base(world, name) if tuned is None else models.base_of(tuned)
    if world.strict and dates.gone(world, base, tuned=tuned is not None):
        raise refuse("model-deprecated", model=name, reason=f"as of {world.today()} it is shut down")
    if base.data_format != "chat":
        raise refuse("not-a-chat-model")
    rates = _metered(world, call, fields, base)
    number = world.store.number("chat", call.tenant.scope)
    response = complete(
        fields,
        model=base.id if tuned is None else name,
        encoding=base.encoding,
        taught=None if tuned is None else _taught(world, tuned),
        completion_id="chatcmpl-" + ids.identifier(29, world.seed, call.tenant.scope, "chat", number),
        created=int(world.now()),
        seed=world.seed,
    ).with_headers(rates)
    # without applied dates it answers all the same, since old pipelines are rehearsed too
    return dates.with_warnings(response, dates.obituary(world, name, base, tuned=tuned is not None))


def _base(world: World, name: str) -> catalog.Model:
    if name.startswith("ft:"):
        reason = "no job of this key has made such a model, and no permission opens it to this project"
        raise refuse("model-not-found", model=name, reason=reason)
    try:
        return dates.find_model(world, name)
    except catalog.UnknownModelError as error:
        raise refuse("model-not-found", model=name, reason=str(error)) from error


def _metered(world: World, call: Call, fields: dict[str, Any], base: catalog.Model) -> dict[str, str]:
    """The rate-limit headers of the answer (FACTS.md §6); tuned models share the limits of their base.

    What a request asks for is estimated before it is answered, as the platform documents: a quarter of its
    characters, or the most tokens that the answer may have if those are more.

    Raises:
        ApiError: 429, it is too much for this minute, and limits are enforced.
    """
    profile = world.profile
    asked = [fields.get(limit) for limit in ("max_completion_tokens", "max_tokens")]
    most = max((number for number in asked if type(number) is int), default=0)
    tokens = max(1, most, len(msgspec.json.encode(fields.get("messages"))) // 4)
    limits = (profile.requests_per_minute, profile.tokens_per_minute)
    window = world.rates.use(
        f"{call.tenant.scope}/{base.id}", world.now(), tokens, limits if profile.enforce_rates else None
    )
    headers = window.headers(*limits)
    if window.full is None:
        return headers
    by_requests = window.full == "requests"
    refusal = refuse(
        "requests-a-minute" if by_requests else "tokens-a-minute",
        model=base.id,
        organization=call.tenant.organization,
        limit=limits[not by_requests],
        used=window.requests if by_requests else window.tokens,
        requested=tokens,
        wait=span(window.reset),
    )
    refusal.headers |= {**headers, "retry-after": str(math.ceil(window.reset))}
    raise refusal


def _taught(world: World, tuned: Row) -> Taught:
    from drytune_simulator.inference import Taught

    def build() -> Taught:
        # a tune of a tune knows both; what it was taught last comes first
        contents, job_id = [], tuned.document["job"]
        while job_id is not None:
            # the first may be of another project, which has permitted this one to use its checkpoint
            row = world.store.anywhere("job", job_id, world.now())
            if row is None:
                break
            with opened(world, row) as content:
                contents.append(content.read())
            job_id = Job.of(row).base_job
        return Taught.from_jsonl(*contents)

    return world.taught(f"{tuned.scope}/{tuned.document['job']}", build)
