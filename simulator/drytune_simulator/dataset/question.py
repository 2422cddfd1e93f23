"""What is asked about a file: for which model and method, and so how its lines are to be looked at."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from drytune_simulator.catalog import Model
from drytune_simulator.dataset.forms import (
    KIND_OF_FORM,
    Form,
    Kind,
    Method,
    detect,
    fits,
    form_of,
    method_of,
)
from drytune_simulator.dataset.grader import GraderConfig, read_grader
from drytune_simulator.dataset.lens import Lens, Limits, Policy
from drytune_simulator.dataset.reader import Block

__all__ = ["Question", "question"]


class Question(msgspec.Struct, frozen=True):
    """What is asked about a file; see `judge`, which takes the same.

    Attributes:
        model: For which it is meant.
        method: As the job asks; `kind` is what most of its first lines are, which decides where nothing is asked.
        lens: How its lines are looked at.
    """

    model: Model
    method: Method
    kind: Kind | None
    lens: Lens
    n_epochs: int | None = None
    grader: GraderConfig | None = None


def question(
    first: Block | None,
    *,
    model: Model,
    method: Method | None = None,
    n_epochs: int | None = None,
    policy: Policy | None = None,
    encoding: str | None = None,
    grader: Mapping[str, Any] | None = None,
    response_format: Mapping[str, Any] | None = None,
    limits: Limits | None = None,
) -> Question:
    """What is to be asked about the file that begins with the block `first`; the rest is as for `judge`."""
    kind = detect(first)
    chosen = method or method_of(model, kind)
    config = None
    if chosen == "reinforcement" and (grader is not None or response_format is not None):
        config = read_grader(grader, response_format)
    lens = _lens(model, chosen, kind, policy or {}, encoding, limits or Limits(), config)
    return Question(model, chosen, kind, lens, n_epochs, config)


def _lens(
    model: Model,
    method: Method,
    kind: Kind | None,
    policy: Policy,
    encoding: str | None,
    limits: Limits,
    grader: GraderConfig | None = None,
) -> Lens:
    """How to look at a file for a model and a method: as what its lines are, whatever they should be."""
    form = form_of(model, method)
    if kind is not None and not fits(kind, form):
        forms: dict[Kind, Form] = {known: form for form, known in KIND_OF_FORM.items()}
        form = forms[kind]
    return Lens(
        encoding=encoding or model.encoding,
        limit=model.example_tokens,
        form=form,
        image_tokens=model.image_tokens if model.vision_training else None,
        policy=policy,
        limits=limits,
        grader_fields=grader.fields if grader is not None else (),
    )
