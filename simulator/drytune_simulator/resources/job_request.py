"""The body of ``POST /v1/fine_tuning/jobs``: its fields, their limits, their refusals (FACTS.md §4.1, §4.3)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from drytune_simulator.checks import missing
from drytune_simulator.dataset.forms import Method
from drytune_simulator.errors import refuse
from drytune_simulator.reading import read
from drytune_simulator.training import SCENARIOS
from drytune_simulator.wire import requests

__all__ = ["JobRequest", "parse"]

_LONGEST_SUFFIX = 64
_SCENARIO = "drytune_scenario"


class JobRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A well-formed request; what was left out, or is ``auto``, is None.

    Attributes:
        hyperparameters: By name, those of the method among them (FACTS.md §4.1).
        scenario: What its metadata wants to go wrong (`training.SCENARIOS`).
        warnings: What of it has no effect here.
    """

    model: str
    training_file: str
    validation_file: str | None
    method: Method
    hyperparameters: Mapping[str, Any]
    suffix: str | None
    seed: int | None
    metadata: dict[str, str] | None
    grader: dict[str, Any] | None
    response_format: dict[str, Any] | None
    integrations: tuple[requests.Integration, ...]
    scenario: str | None
    warnings: tuple[str, ...]

    @property
    def n_epochs(self) -> int | None:
        """Passes over the training file."""
        epochs: int | None = self.hyperparameters.get("n_epochs")
        return epochs


def parse(fields: dict[str, Any]) -> JobRequest:
    """Read the request.

    Raises:
        ApiError: 400, a field is missing, unknown, of a wrong type or out of range, or the metadata names a
            scenario that does not exist.
    """
    suffix = fields.get("suffix")
    too_long = isinstance(suffix, str) and len(suffix) > _LONGEST_SUFFIX
    body = read({**fields, "suffix": None} if too_long else fields, requests.CreateJob)
    if too_long:  # in words of its own, which were recorded
        raise refuse("suffix-too-long", suffix=suffix)
    method = body.method.type if body.method is not None else "supervised"
    settings = None if body.method is None else getattr(body.method, method)
    grader = getattr(settings, "grader", None)
    if method == "reinforcement" and grader is None:
        raise missing("method.reinforcement.grader")
    chosen = None if settings is None else settings.hyperparameters
    return JobRequest(
        model=body.model,
        training_file=body.training_file,
        validation_file=body.validation_file,
        method=method,
        hyperparameters=_numbers(_which(method, chosen, body.hyperparameters)),
        suffix=body.suffix,
        seed=body.seed,
        metadata=body.metadata,
        grader=grader,
        response_format=getattr(settings, "response_format", None),
        integrations=tuple(body.integrations or ()),
        scenario=_scenario(body.metadata),
        warnings=tuple(_warnings(body, method, chosen)),
    )


def _which(
    method: Method, chosen: requests.Hyperparameters | None, older: requests.Hyperparameters | None
) -> requests.Hyperparameters | None:
    """Those under the method; where it has none, those of the older field, which is of supervised tuning only."""
    return older if method == "supervised" and (chosen is None or not _numbers(chosen)) else chosen


def _numbers(given: requests.Hyperparameters | None) -> dict[str, Any]:
    """The hyperparameters that were chosen, by name; ``auto`` is no choice."""
    if given is None:
        return {}
    values = msgspec.structs.asdict(given)
    return {name: value for name, value in values.items() if value is not None and value != "auto"}


def _scenario(metadata: dict[str, str] | None) -> str | None:
    scenario = (metadata or {}).get(_SCENARIO)
    if scenario is not None and scenario not in SCENARIOS:
        raise refuse("unknown-scenario", scenario=scenario, known=", ".join(SCENARIOS))
    return scenario


def _warnings(body: requests.CreateJob, method: Method, chosen: requests.Hyperparameters | None) -> list[str]:
    """What of the request has no effect here; what the platform does about the first two is not known."""
    warnings = []
    if _numbers(body.hyperparameters):
        if method != "supervised":
            warnings.append(
                "`hyperparameters` is of supervised tuning only and was ignored: use "
                f"`method.{method}.hyperparameters`"
            )
        elif _numbers(chosen):
            warnings.append(
                "`hyperparameters` was ignored: `method.supervised.hyperparameters` is given as well"
            )
    if body.integrations:
        warnings.append("drytune sends nothing to Weights & Biases")
    return warnings
