"""Type and range checks in the words of the routes of 2022: completions and embeddings (`errors.others`).

`drytune_simulator.checks` has those of the newer routes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from drytune_simulator.dataset.tokens import well_formed
from drytune_simulator.errors import refuse
from drytune_simulator.http import ApiError

__all__ = ["a_boolean", "a_number", "a_string", "a_whole_number", "an_object", "known", "texts", "wrong_type"]

_SHOWN = 200
"""So many characters of a value are shown; the platform shows all of it."""


def known(body: Mapping[str, Any], names: frozenset[str]) -> None:
    """Refuse what is none of the parameters.

    Raises:
        ApiError: 400 for the first such.
    """
    for name in body:
        if name not in names:
            raise refuse("unrecognized-argument", name=well_formed(name))


def a_string(value: object, name: str, *, supported: Sequence[str] | None = None) -> str:
    """`value` if it is a string, and one of `supported` if given.

    Raises:
        ApiError: 400.
    """
    if not isinstance(value, str):
        raise wrong_type(value, "string", name)
    if supported is not None and value not in supported:
        raise refuse("older-value", got=_shown(value), supported=list(supported), name=name)
    return value


def a_boolean(value: object, name: str) -> bool:
    """`value` if it is a boolean.

    Raises:
        ApiError: 400.
    """
    if not isinstance(value, bool):
        raise wrong_type(value, "boolean", name)
    return value


def an_object(value: object, name: str) -> Mapping[str, Any]:
    """`value` if it is an object.

    Raises:
        ApiError: 400.
    """
    if not isinstance(value, dict):
        raise wrong_type(value, "object", name)
    return value


def a_whole_number(value: object, name: str, *, low: int | None = None, high: int | None = None) -> int:
    """`value` if it is a whole number from `low` to `high`.

    Raises:
        ApiError: 400.
    """
    if isinstance(value, bool) or not isinstance(value, int):
        raise wrong_type(value, "integer", name)
    _bounded(value, name, low, high)
    return value


def a_number(value: object, name: str, *, low: float, high: float) -> float:
    """`value` if it is a number from `low` to `high`.

    Raises:
        ApiError: 400.
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise wrong_type(value, "number", name)
    _bounded(value, name, low, high)
    return float(value)


def texts(value: object, name: str, most: int) -> tuple[str, ...]:
    """A string or at most `most` strings; empty ones do not count.

    Raises:
        ApiError: 400.
    """
    if isinstance(value, str):
        return (value,) if value else ()
    if not isinstance(value, list):
        raise wrong_type(value, "string", name)
    if len(value) > most:
        raise refuse("older-too-long", got=_shown(value), name=name)
    return tuple(text for number, one in enumerate(value) if (text := a_string(one, f"{name}.{number}")))


def wrong_type(value: object, kind: str, name: str) -> ApiError:
    """``True is not of type 'string' - 'user'``."""
    return refuse("older-type", got=_shown(value), type=kind, name=name)


def _bounded(value: float, name: str, low: float | None, high: float | None) -> None:
    if low is not None and value < low:
        raise refuse("older-minimum", got=_shown(value), bound=low, name=name)
    if high is not None and value > high:
        raise refuse("older-maximum", got=_shown(value), bound=high, name=name)


def _shown(value: object) -> str:
    """A value as that checker writes it, cut."""
    if isinstance(value, str):
        value = value[: _SHOWN + 1]  # so that no work is done for what is not shown
    try:
        text = well_formed(repr(value))
    except (RecursionError, ValueError):  # nested too deeply, or a number of too many digits
        return "That"
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
