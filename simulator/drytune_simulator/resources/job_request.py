"""The body of ``POST /v1/fine_tuning/jobs``: its fields, their limits, their refusals (FACTS.md §4.1, §4.3)."""

from __future__ import annotations

import re
from typing import Any, cast

import msgspec

from drytune_simulator.checks import missing
from drytune_simulator.dataset.forms import METHODS, Method
from drytune_simulator.errors import refuse
from drytune_simulator.http import ApiError
from drytune_simulator.resources.body import Body

__all__ = ["JobRequest", "parse"]

_MORE: dict[Method, tuple[str, ...]] = {
    "supervised": (),
    "dpo": ("beta",),
    "reinforcement": ("reasoning_effort", "compute_multiplier", "eval_interval", "eval_samples"),
}
"""Hyperparameters of a method besides those of all; they change nothing that is simulated."""

_FIELDS = (
    "model",
    "training_file",
    "validation_file",
    "hyperparameters",
    "method",
    "suffix",
    "seed",
    "metadata",
    "integrations",
)


class JobRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A well-formed request; ``auto`` is None."""

    model: str
    training_file: str
    validation_file: str | None
    method: Method
    n_epochs: int | None
    batch_size: int | None
    learning_rate_multiplier: float | None
    suffix: str | None
    seed: int | None
    metadata: dict[str, str] | None
    grader: dict[str, Any] | None = None
    response_format: dict[str, Any] | None = None


def parse(fields: dict[str, Any]) -> JobRequest:
    """Read the request.

    Raises:
        ApiError: 400, a field is missing, unknown, of a wrong type or out of range; 501, an integration or a
            method that is not simulated.
    """
    body = Body(fields)
    body.only(*_FIELDS)
    training_file, model = body.required("training_file"), body.required("model")
    method, hyperparameters, grader, response_format = _method(body)
    suffix = body.string("suffix")
    if suffix == "":
        raise refuse("empty-string", name="suffix")
    if suffix is not None and len(suffix) > 64:
        raise refuse("suffix-too-long", suffix=suffix)
    if body.array("integrations"):
        raise refuse("not-simulated", what="A job's `integrations`", version="yet")
    return JobRequest(
        model=model,
        training_file=training_file,
        validation_file=body.string("validation_file"),
        method=method,
        n_epochs=hyperparameters.auto_integer("n_epochs", 1, 50),
        batch_size=hyperparameters.auto_integer("batch_size", 1, 256),
        learning_rate_multiplier=hyperparameters.auto_positive("learning_rate_multiplier"),
        suffix=suffix,
        seed=body.integer("seed", 0, 2_147_483_647),
        metadata=_metadata(body),
        grader=grader,
        response_format=response_format,
    )


def slug(suffix: str | None) -> str:
    """A suffix as it stands in a model's name: ``Banking_Intent`` is ``banking-intent`` (FACTS.md §4.7)."""
    return re.sub(r"[^a-z0-9]+", "-", (suffix or "").lower()).strip("-")


def _method(body: Body) -> tuple[Method, Body, dict[str, Any] | None, dict[str, Any] | None]:
    """The method, its hyperparameters, and the grader and the response format if there are any."""
    chosen = body.object("method")
    name: Method = "supervised"
    settings = None
    if chosen is not None:
        chosen.only("type", *METHODS)
        name = cast("Method", chosen.required("type", supported=METHODS))
        settings = chosen.object(name)
    settings = settings or Body({})
    settings.only("hyperparameters", *(("grader", "response_format") if name == "reinforcement" else ()))
    hyperparameters = settings.object("hyperparameters") or Body({})
    if name == "supervised" and not hyperparameters.fields:
        hyperparameters = body.object("hyperparameters") or hyperparameters
    hyperparameters.only("n_epochs", "batch_size", "learning_rate_multiplier", *_MORE[name])
    grader = settings.object("grader")
    if name == "reinforcement" and grader is None:
        raise missing("method.reinforcement.grader")
    response_format = settings.object("response_format")
    fields = [None if part is None else dict(part.fields) for part in (grader, response_format)]
    return name, hyperparameters, fields[0], fields[1]


def _metadata(body: Body) -> dict[str, str] | None:
    given = body.object("metadata")
    if given is None:
        return None
    metadata = given.strings()
    if len(metadata) > 16:
        raise _metadata_error(f"at most 16 pairs, but got {len(metadata)}")
    for key, value in metadata.items():
        if len(key) > 64:
            raise _metadata_error(f"keys of at most 64 characters, but got one of {len(key)}")
        if len(value) > 512:
            raise _metadata_error(f"values of at most 512 characters, but got one of {len(value)}")
    return metadata


def _metadata_error(expected: str) -> ApiError:
    return ApiError(400, f"Invalid 'metadata': expected {expected}.", param="metadata")
