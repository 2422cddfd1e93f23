"""Reading a JSON body field by field, with the platform's refusals for what does not fit."""

from __future__ import annotations

from typing import Any

import msgspec

from drytune_simulator.errors import refuse
from drytune_simulator.http import Request

__all__ = ["Body", "json_object"]

_NAMES = {
    str: "a string",
    bool: "a boolean",
    int: "an integer",
    float: "a decimal",
    list: "an array",
    dict: "an object",
    type(None): "null",
}


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
    """A JSON object whose fields are taken one by one; `path` is its own name in messages."""

    def __init__(self, fields: dict[str, Any], path: str = "") -> None:
        self._fields = fields
        self._path = path

    def name(self, field: str) -> str:
        """The field's name as messages give it, e.g. ``hyperparameters.n_epochs``."""
        return f"{self._path}.{field}" if self._path else field

    def only(self, *known: str) -> None:
        """Refuse a field that is not among `known`."""
        for field in self._fields:
            if field not in known:
                raise refuse("unknown-parameter", name=self.name(field))

    def string(self, field: str) -> str | None:
        """A string, or None if it is absent or null."""
        value = self._fields.get(field)
        if value is not None and not isinstance(value, str):
            raise self._wrong(field, "a string")
        return value

    def required(self, field: str) -> str:
        """A string that must be there."""
        if self._fields.get(field) is None:
            raise refuse("missing-parameter", name=self.name(field))
        return self.string(field) or ""

    def integer(self, field: str, low: int, high: int) -> int | None:
        """A whole number from `low` to `high`, or None if it is absent or null."""
        value = self._fields.get(field)
        if value is None:
            return None
        if not isinstance(value, int) or isinstance(value, bool):
            raise self._wrong(field, "an integer")
        self._range(field, value, low, high, "integer")
        return value

    def auto(self, field: str, low: float, high: float, *, whole: bool) -> float | None:
        """A number from `low` to `high`, or None for ``auto``, absent or null."""
        value = self._fields.get(field)
        if value is None or value == "auto":
            return None
        if whole:
            return self.integer(field, int(low), int(high))
        if not isinstance(value, int | float) or isinstance(value, bool):
            raise self._wrong(field, "a decimal or 'auto'")
        self._range(field, value, low, high, "decimal")
        return float(value)

    def object(self, field: str) -> Body | None:
        """A nested object, or None if it is absent or null."""
        value = self._fields.get(field)
        if value is None:
            return None
        if not isinstance(value, dict):
            raise self._wrong(field, "an object")
        return Body(value, self.name(field))

    def strings(self, field: str) -> dict[str, str]:
        """An object whose values are strings; empty if it is absent or null."""
        nested = self.object(field)
        return {} if nested is None else {key: nested.string(key) or "" for key in nested.names()}

    def names(self) -> list[str]:
        """Names of the fields that are there."""
        return list(self._fields)

    def _wrong(self, field: str, expected: str) -> Exception:
        got = _NAMES.get(type(self._fields[field]), "something else")
        return refuse("wrong-type", name=self.name(field), expected=expected, got=got)

    def _range(self, field: str, value: float, low: float, high: float, kind: str) -> None:
        if value < low:
            direction, bound = "below minimum value", f">= {low}"
        elif value > high:
            direction, bound = "above maximum value", f"<= {high}"
        else:
            return
        code = f"{kind}_{direction.replace(' ', '_')}"
        raise refuse(
            "out-of-range",
            name=self.name(field),
            kind=kind,
            direction=direction,
            bound=bound,
            got=value,
            code=code,
        )
