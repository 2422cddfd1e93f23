"""Type and range checks of a decoded JSON body, refused in the platform's words (FACTS.md §6, §9)."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Mapping, Sequence
from typing import Any, TypeGuard

from drytune_simulator.dataset.tokens import well_formed
from drytune_simulator.errors import refuse
from drytune_simulator.http import ApiError

__all__ = [
    "as_array",
    "as_boolean",
    "as_integer",
    "as_number",
    "as_object",
    "as_string",
    "invalid_type",
    "invalid_value",
    "is_object",
    "missing",
    "not_simulated",
]

_KINDS: dict[type, str] = {
    bool: "a boolean",
    dict: "an object",
    float: "a decimal",
    int: "an integer",
    list: "an array",
    str: "a string",
    type(None): "null",
}


def is_object(value: object) -> TypeGuard[Mapping[str, Any]]:
    """Whether `value` is a JSON object (its keys are always strings)."""
    return isinstance(value, dict)


def invalid_type(name: str, expected: str, value: object) -> ApiError:
    """``Invalid type for 'x': expected a string, but got a boolean instead.`` (FACTS.md §6)."""
    return refuse("wrong-type", name=name, expected=expected, got=_KINDS.get(type(value), "something else"))


def missing(name: str) -> ApiError:
    """``Missing required parameter: 'x'.`` (FACTS.md §6)."""
    return refuse("missing-parameter", name=name)


def invalid_value(name: str, value: object, supported: Sequence[str]) -> ApiError:
    """``Invalid value: 'x'. Supported values are: 'a', 'b', and 'c'.``, code ``invalid_value``."""
    quoted = [f"'{word}'" for word in supported]
    if len(quoted) == 1:
        listed = f"Value must be {quoted[0]}"
    elif len(quoted) == 2:
        listed = f"Supported values are: {quoted[0]} and {quoted[1]}"
    else:
        listed = f"Supported values are: {', '.join(quoted[:-1])}, and {quoted[-1]}"
    return refuse("wrong-value", name=name, value=well_formed(str(value)), supported=listed)


def not_simulated(name: str, what: str) -> ApiError:
    """501: the platform has `what`, drytune does not; an answer without it would be a wrong one."""
    return refuse("parameter-not-simulated", name=name, what=what)


def as_string(
    value: object, name: str, *, supported: Sequence[str] | None = None, longest: int | None = None
) -> str:
    """`value` if it is a string, one of `supported` if given, of at most `longest` characters.

    Raises:
        ApiError: 400 ``invalid_type``, ``invalid_value`` or ``string_above_max_length``.
    """
    if not isinstance(value, str):
        raise invalid_type(name, "a string", value)
    if supported is not None and value not in supported:
        raise invalid_value(name, value, supported)
    if longest is not None and len(value) > longest:
        raise refuse("string-too-long", name=name, longest=longest, length=len(value))
    return value


def as_boolean(value: object, name: str) -> bool:
    """`value` if it is a boolean.

    Raises:
        ApiError: 400 ``invalid_type``.
    """
    if not isinstance(value, bool):
        raise invalid_type(name, "a boolean", value)
    return value


def as_object(value: object, name: str) -> Mapping[str, Any]:
    """`value` if it is an object.

    Raises:
        ApiError: 400 ``invalid_type``.
    """
    if not is_object(value):
        raise invalid_type(name, "an object", value)
    return value


def as_array(value: object, name: str, *, shortest: int = 0, longest: int | None = None) -> Sequence[Any]:
    """`value` if it is an array of `shortest` to `longest` elements.

    Raises:
        ApiError: 400 ``invalid_type``, ``empty_array`` or ``array_above_max_length``.
    """
    if not isinstance(value, list):
        raise invalid_type(name, "an array", value)
    if len(value) < shortest:
        raise refuse("empty-array", name=name, shortest=shortest)
    if longest is not None and len(value) > longest:
        raise refuse("array-too-long", name=name, longest=longest, length=len(value))
    return value


def as_integer(value: object, name: str, *, low: int | None = None, high: int | None = None) -> int:
    """`value` if it is a whole number from `low` to `high`.

    Raises:
        ApiError: 400 ``invalid_type``, ``integer_below_min_value`` or ``integer_above_max_value``.
    """
    if isinstance(value, bool) or not isinstance(value, int):
        raise invalid_type(name, "an integer", value)
    _bounded(value, name, "integer", low, high)
    return value


def as_number(
    value: object,
    name: str,
    *,
    low: float | None = None,
    high: float | None = None,
    above: float | None = None,
) -> float:
    """`value` if it is a number from `low`, or from just above `above`, to `high`, and a float can hold it.

    Raises:
        ApiError: 400 ``invalid_type``, ``decimal_below_min_value`` or ``decimal_above_max_value``.
    """
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value:  # noqa: PLR0124 - NaN
        raise invalid_type(name, "a decimal", value)
    number: float = value
    with contextlib.suppress(OverflowError):  # a whole number is shown as the platform shows it, 99.0
        number = float(value)
    largest = sys.float_info.max
    _bounded(number, name, "decimal", low, high if high is not None else largest, above)
    if low is None and above is None:
        _bounded(number, name, "decimal", -largest, None)
    return number


def _bounded(
    value: float, name: str, kind: str, low: float | None, high: float | None, above: float | None = None
) -> None:
    """Refuse a number outside its range."""
    if low is not None and value < low:
        direction, bound, code = "below minimum value", f">= {_shown(low)}", "below_min_value"
    elif above is not None and value <= above:
        direction, bound, code = "below minimum value", f"> {_shown(above)}", "below_min_value"
    elif high is not None and value > high:
        direction, bound, code = "above maximum value", f"<= {_shown(high)}", "above_max_value"
    else:
        return
    raise refuse(
        "out-of-range",
        name=name,
        kind=kind,
        direction=direction,
        bound=bound,
        got=value,
        code=f"{kind}_{code}",
    )


def _shown(bound: float) -> str:
    """A bound in all its digits: 2147483647, 0.5, 2 rather than 2.0."""
    return repr(bound).removesuffix(".0")
