"""JSON Schemas of function parameters, compiled; nothing outside a schema is ever fetched."""

from __future__ import annotations

import json
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    import jsonschema_rs

__all__ = ["Schema", "compiled", "fault_of_schema"]

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


class Schema:
    """A function's parameters, of any shape; compiled when the first arguments are looked at."""

    __slots__ = ("_parameters", "_validator")

    def __init__(self, parameters: object) -> None:
        self._parameters = parameters
        self._validator: jsonschema_rs.Draft202012Validator | None = None

    def allows(self, arguments: object) -> bool:
        """Whether arguments match; what is no schema, or an invalid one, forbids nothing."""
        if self._validator is None:
            text = json.dumps(self._parameters) if isinstance(self._parameters, dict) else "true"
            self._validator = compiled("true" if _fault(text) is not None else text)
        return self._validator.is_valid(arguments)

    def faults(self, arguments: object) -> list[tuple[list[str | int], str]]:
        """Where and how arguments do not match, the first few."""
        if self.allows(arguments) or self._validator is None:
            return []
        return [
            (list(error.instance_path), error.message)
            for error in islice(self._validator.iter_errors(arguments), _MAX_FAULTS)
        ]
