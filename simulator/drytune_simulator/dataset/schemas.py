"""JSON Schemas of function parameters, compiled; nothing outside a schema is ever fetched."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    import jsonschema_rs

__all__ = ["compiled", "fault_of_schema", "faults_of_arguments"]

_MAX_FAULTS = 5
"""So many faults of one call are told."""


@lru_cache(maxsize=1024)
def compiled(text: str) -> jsonschema_rs.Draft202012Validator:
    """The validator of a schema.

    Args:
        text: The schema as JSON.

    Raises:
        ValueError: It is no valid schema; the library's own errors are ValueErrors.
    """
    import jsonschema_rs  # late: only datasets and requests with functions need it

    return jsonschema_rs.Draft202012Validator(json.loads(text), retriever=_never_fetched)


def _never_fetched(address: str) -> NoReturn:
    raise ValueError(f"references outside the schema are not followed ({address})")


@lru_cache(maxsize=1024)
def _fault(text: str) -> str | None:
    try:
        compiled(text)
    except (ValueError, RecursionError) as error:
        return str(getattr(error, "message", error)).splitlines()[0].rstrip(".")
    return None


def fault_of_schema(parameters: dict[str, Any]) -> str | None:
    """What is wrong with a schema, in a few words, or None."""
    return _fault(json.dumps(parameters))


def faults_of_arguments(parameters: dict[str, Any], arguments: Any) -> list[tuple[list[str | int], str]]:
    """Where and how arguments do not match their schema, the first few; nothing when the schema is invalid."""
    text = json.dumps(parameters)
    if _fault(text) is not None:
        return []
    validator = compiled(text)
    if validator.is_valid(arguments):
        return []
    faults: list[tuple[list[str | int], str]] = []
    for error in validator.iter_errors(arguments):
        faults.append((list(error.instance_path), error.message))
        if len(faults) == _MAX_FAULTS:
            break
    return faults
