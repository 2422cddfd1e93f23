"""``POST /v1/moderations``: texts and images, classified by a short list of phrases."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from msgspec import UNSET

from drytune_simulator import ids
from drytune_simulator.catalog.others import OTHERS, OtherModel
from drytune_simulator.checks import as_object, as_string, missing
from drytune_simulator.errors import refuse
from drytune_simulator.http import Response
from drytune_simulator.reading import json_object, read
from drytune_simulator.resources.asked import asked
from drytune_simulator.wire import others
from drytune_simulator.world import Call, World

__all__ = ["create"]

_DEFAULT: Final = "omni-moderation-latest"
"""As specified; a recorded answer of August 2025 to a request without a model is of text-moderation-007."""

_ADDRESSES: Final = ("http://", "https://", "data:image/")
_NEWER: Final = ("illicit", "illicit/violent")


@dataclass(frozen=True, slots=True)
class _Input:
    """What is classified together."""

    texts: tuple[str, ...]
    images: tuple[str, ...] = ()


def create(world: World, call: Call) -> Response:
    """Classify texts and images; it is free, so no limits are told (recorded)."""
    from drytune_simulator.inference.moderations import moderate

    request = read(json_object(call.request), others.CreateModeration)
    meant = asked(world, call, _DEFAULT if request.model is None else request.model, wants="moderations")
    model = OTHERS[meant.name]
    inputs = _inputs(request.input, model)
    number = world.store.number("moderation", call.tenant.scope)
    place = (world.seed, call.tenant.scope, "moderation", number)
    # recorded so of the one kind, documented so of the other
    identity = ids.digest(*place).hex()[:32] if model.images else ids.identifier(29, *place)
    answer = others.Moderations(
        id=f"modr-{identity}",
        model=model.told,
        results=[
            _result(moderate(one.texts, one.images), one, model, specified=call.specified) for one in inputs
        ],
    )
    return meant.told(Response.json(answer), {})


def _inputs(value: str | list[str | dict[str, Any]], model: OtherModel) -> list[_Input]:
    """A text, or texts one by one, or parts together."""
    if isinstance(value, str):
        return [_Input((value,))]
    if all(isinstance(one, str) for one in value):
        return [_Input((as_string(one, f"input[{place}]"),)) for place, one in enumerate(value)]
    texts: list[str] = []
    images: list[str] = []
    for place, one in enumerate(value):
        name = f"input[{place}]"
        part = as_object(one, name)
        if "type" not in part:
            raise missing(f"{name}.type")
        if as_string(part["type"], f"{name}.type", supported=("text", "image_url")) == "text":
            texts.append(as_string(_field(part, "text", name), f"{name}.text"))
        else:
            images.append(_address(as_object(_field(part, "image_url", name), f"{name}.image_url"), name))
    if len(images) > 1:
        raise refuse("too-many-images", count=len(images))
    if images and not model.images:
        raise refuse("images-not-moderated", model=model.id)
    return [_Input(tuple(texts), tuple(images))]


def _field(part: Mapping[str, Any], field: str, name: str) -> object:
    if field not in part:
        raise missing(f"{name}.{field}")
    for other in part:
        if other not in ("type", field):
            raise refuse("unknown-parameter", name=f"{name}.{ascii(other)[1:-1]}")
    return part[field]


def _address(image: Mapping[str, Any], name: str) -> str:
    if "url" not in image:
        raise missing(f"{name}.image_url.url")
    address = as_string(image["url"], f"{name}.image_url.url")
    if not address.lower().startswith(_ADDRESSES):
        raise refuse("bad-image-url", name=f"{name}.image_url.url")
    return address


def _result(
    scores: Mapping[str, float], one: _Input, model: OtherModel, *, specified: bool
) -> others.Moderation:
    """In the form of the model; the published specification has but one, that of the newer models."""
    from drytune_simulator.inference.moderations import FLAGGED_FROM
    from drytune_simulator.inference.moderations_words import CATEGORIES, OF_IMAGES

    if not model.images:
        scores = {**scores, **dict.fromkeys(_NEWER, 0.0)}
    names = [name for name in CATEGORIES if model.images or specified or name not in _NEWER]
    fields = {name: name.replace("/", "_").replace("-", "_") for name in names}
    applied: dict[str, Any] = {}
    for name, field in fields.items():
        image = bool(one.images) and name in OF_IMAGES
        applied[field] = ["text"] * bool(one.texts) + ["image"] * image
    return others.Moderation(
        flagged=any(scores[name] >= FLAGGED_FROM for name in names),
        categories=others.Categories(
            **{field: scores[name] >= FLAGGED_FROM for name, field in fields.items()}
        ),
        category_scores=others.CategoryScores(**{field: scores[name] for name, field in fields.items()}),
        category_applied_input_types=(
            others.AppliedInputTypes(**applied) if model.images or specified else UNSET
        ),
    )
