"""The arguments of a call: as trained if they fit the declared schema, else repaired until they do."""

from __future__ import annotations

import json

from drytune_simulator.checks import is_object
from drytune_simulator.dataset.schemas import compiled
from drytune_simulator.errors import refuse
from drytune_simulator.inference.fitting import decoded, fitted_json
from drytune_simulator.inference.offer import Function
from drytune_simulator.inference.schema_check import fault_of_schema

__all__ = ["check_schema", "fits", "fitted"]


def check_schema(function: Function, *, tuned: bool = False) -> None:
    """Refuse a function whose parameters are no valid JSON Schema of an object.

    Args:
        function: As the request declares it; a strict one must keep to the subset for structured output.
        tuned: Whether a fine-tuned model is to call it.

    Raises:
        ApiError: 400, code ``invalid_function_parameters``.
    """
    parameters = function.parameters
    if parameters is None and function.strict:
        parameters = {"type": "object"}  # recorded so: what is left out is no strict schema
    if parameters is None:
        return
    problem = fault_of_schema(parameters, strict=function.strict, tuned=tuned)
    if problem is not None:
        raise refuse("invalid-function-schema", function=function.name, problem=problem, param=function.param)


def fits(function: Function, text: str) -> bool:
    """Whether a text is a JSON object that would do as arguments: valid, and of declared properties alone."""
    value, schema = decoded(text), function.parameters
    if not is_object(value) or schema is None or not value.keys() <= schema.get("properties", {}).keys():
        return False
    return compiled(json.dumps(schema)).is_valid(value)


def fitted(function: Function, trained: str | None, question: str = "") -> str:
    """Arguments for a call of `function`, a JSON object valid against its parameters.

    Args:
        function: As the request declares it; its schema has been checked.
        trained: The arguments of the training example, kept byte for byte when they are valid.
        question: What is built anew takes values from it where the schema allows them.

    Raises:
        ApiError: 501 when no valid arguments could be built.
    """
    if function.parameters is None:
        return trained if trained is not None and is_object(decoded(trained)) else "{}"
    text = fitted_json(function.parameters, trained, question)
    if text is None:
        raise refuse("arguments-not-simulated", function=function.name, param=function.param)
    return text
