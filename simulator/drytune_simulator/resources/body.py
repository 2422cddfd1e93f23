"""Reading a JSON body field by field, with the platform's refusals for what does not fit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from drytune_simulator.checks import (
    as_array,
    as_integer,
    as_number,
    as_object,
    as_string,
    invalid_type,
    missing,
)
from drytune_simulator.errors import refuse
from drytune_simulator.http import Request

__all__ = ["Body", "json_object"]


def json_object(request: Request) -> dict[str, Any]:
    """The body as a JSON object.

    Raises:
        ApiError: 400, it is not JSON, or not an object.
    """
    try:
        value = msgspec.json.decode(request.body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise refuse("bad-json", reason=str(error)) from error
    if not isinstance(value, dict):
        raise refuse("bad-json", reason="the body must be a JSON object")
    return value


class Body:
    """A JSON object whose fields are taken one by one; null counts as left out, as at the platform.

    Args:
        fields: The object.
        path: What messages call it, e.g. ``hyperparameters``; the request's own body has no name.
    """

    def __init__(self, fields: Mapping[str, Any], path: str = "") -> None:
        self.fields = fields
        self._path = path

    def name(self, field: str) -> str:
        """The field as messages call it, e.g. ``hyperparameters.n_epochs``."""
        return f"{self._path}.{field}" if self._path else field

    def only(self, *known: str) -> None:
        """Refuse a field that is not among `known`."""
        for field in self.fields:
            if field not in known:
                raise refuse("unknown-parameter", name=self.name(field))

    def string(self, field: str, *, supported: tuple[str, ...] | None = None) -> str | None:
        """A string, or None if it is left out."""
        value = self.fields.get(field)
        return None if value is None else as_string(value, self.name(field), supported=supported)

    def required(self, field: str, *, supported: tuple[str, ...] | None = None) -> str:
        """A string that must be there."""
        value = self.string(field, supported=supported)
        if value is None:
            raise missing(self.name(field))
        return value

    def integer(self, field: str, low: int, high: int) -> int | None:
        """A whole number from `low` to `high`, or None if it is left out."""
        value = self.fields.get(field)
        return None if value is None else as_integer(value, self.name(field), low=low, high=high)

    def auto_integer(self, field: str, low: int, high: int) -> int | None:
        """A whole number from `low` to `high`, or None for ``auto`` and if it is left out."""
        return None if self.fields.get(field) == "auto" else self.integer(field, low, high)

    def auto_positive(self, field: str) -> float | None:
        """A number above 0, or None for ``auto`` and if it is left out."""
        value = self.fields.get(field)
        if value is None or value == "auto":
            return None
        number = as_number(value, self.name(field))
        if not 0 < number < float("inf"):
            raise refuse(
                "out-of-range",
                name=self.name(field),
                kind="decimal",
                direction="below minimum value",
                bound="> 0",
                got=number,
                code="decimal_below_min_value",
            )
        return number

    def object(self, field: str) -> Body | None:
        """A nested object, or None if it is left out."""
        value = self.fields.get(field)
        return None if value is None else Body(as_object(value, self.name(field)), self.name(field))

    def array(self, field: str) -> list[Any]:
        """A list, empty if it is left out."""
        value = self.fields.get(field)
        return [] if value is None else list(as_array(value, self.name(field)))

    def strings(self) -> dict[str, str]:
        """The whole object, whose values must be strings."""
        for field, value in self.fields.items():
            if not isinstance(value, str):
                raise invalid_type(self.name(field), "a string", value)
        return dict(self.fields)
