"""``/v1/fine_tuning/alpha/graders``: validate and run (FACTS.md §4.8).

Both look at a grader with the rules that decide on a reinforcement job's (`drytune_simulator.dataset.grader`).
`validate` says whether a grader of any type is well-formed; `run` calculates those that need no model and no code.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from drytune_simulator import ids
from drytune_simulator.checks import invalid_type, invalid_value, missing
from drytune_simulator.dataset.grader import Fault, is_grader, read_grader
from drytune_simulator.dataset.tokens import well_formed
from drytune_simulator.errors import refuse
from drytune_simulator.grading import GRADED, grade, grader_warnings, inner_graders
from drytune_simulator.grading.similarity import MissingLibraryError
from drytune_simulator.http import ApiError, Response, header_text
from drytune_simulator.reading import json_object, read
from drytune_simulator.wire import objects, requests
from drytune_simulator.world import Call, World

__all__ = ["run", "validate"]

_NOT_RUN: Final = {
    "python": "it would run the code of whoever sends the request",
    "score_model": "it would ask a model for its opinion",
    "label_model": "it would ask a model for its opinion",
}


def validate(world: World, call: Call) -> Response:
    """Whether a grader is well-formed; the answer is the grader, with names where it has none.

    What is well-formed and would go wrong all the same is told in the header ``x-drytune-warning``.

    Raises:
        ApiError: 400, it is not; the field is named.
    """
    grader = _checked(read(json_object(call.request), requests.ValidateGrader).grader)
    answer = objects.GraderValidation(grader=_named(world, call, grader))
    return Response.json(answer).with_headers(_told("x-drytune-warning", list(grader_warnings(grader))))


def run(world: World, call: Call) -> Response:
    """What a grader says of a sample; what goes wrong in it is told by flags, and in ``x-drytune-reason``.

    Raises:
        ApiError: 400, the grader is not well-formed; 501, it is of a type that is not calculated here, or needs a
            library that is not installed.
    """
    asked = read(json_object(call.request), requests.RunGrader)
    grader = _checked(asked.grader)
    for inner in (grader, *inner_graders(grader).values()):
        if inner["type"] not in GRADED:
            raise refuse("grader-not-run", type=inner["type"], why=_NOT_RUN[inner["type"]])
    item = {} if asked.reference_answer is None else {"reference_answer": asked.reference_answer}
    try:
        graded = grade(grader, {**item, **(asked.item or {})}, asked.model_sample)
    except MissingLibraryError as error:
        raise refuse("graders-not-installed", library=error) from error
    named = _named(world, call, grader)
    answer = objects.GraderRun(
        reward=graded.reward,
        metadata=objects.GraderRunMetadata(
            name=named["name"],
            type=named["type"],
            errors=graded.errors,
            execution_time=0.0,  # nothing is timed: the same call has the same answer
            scores={},
        ),
        sub_rewards=graded.rewards,
        model_grader_token_usage_per_model={},
    )
    headers = {
        **_told("x-drytune-warning", list(grader_warnings(grader))),
        **_told("x-drytune-reason", graded.reasons),
    }
    return Response.json(answer).with_headers(headers)


def _checked(grader: dict[str, Any]) -> dict[str, Any]:
    """`grader` without what is null, which is as good as not there.

    Raises:
        ApiError: 400, in the platform's words; it calls fields by their place in the grader, as the platform does.
    """
    faults = read_grader(grader, None).faults
    if faults:
        refusal = _refusal(faults[0])
        refusal.reason = f"{faults[0].found} {faults[0].advice}"
        raise refusal
    return {key: value for key, value in grader.items() if value is not None}


def _refusal(fault: Fault) -> ApiError:
    name = well_formed(fault.name)
    match fault.problem:
        case "missing":
            return missing(name)
        case "type":
            return invalid_type(name, fault.expected[0], fault.value)
        case "value":
            return invalid_value(name, fault.value, fault.expected)
    return refuse("wrong-grader", name=name, found=well_formed(fault.found))


def _named(world: World, call: Call, grader: Mapping[str, Any]) -> dict[str, Any]:
    """`grader` with a name where it has none, as the platform gives it one: ``grader-VasDqHrerHW5`` (R)."""
    place = (world.seed, call.tenant.scope, call.request.path, msgspec.json.encode(grader).hex())

    def named(one: Mapping[str, Any], *inside: str) -> dict[str, Any]:
        name = one.get("name") or "grader-" + ids.identifier(12, *place, *inside)
        return {**one, "name": name}

    whole = named(grader)
    if whole["type"] == "multi":
        graders = whole["graders"]
        whole["graders"] = (
            named(graders, "")
            if is_grader(graders)
            else {name: named(one, name) for name, one in graders.items()}
        )
    return whole


def _told(header: str, words: list[str] | tuple[str, ...]) -> dict[str, str]:
    return {header: header_text(" ".join(words))} if words else {}
