"""Reading JSON into the types of `wire.requests`, with the platform's refusals for what does not fit."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, TypeVar

import msgspec
from msgspec import inspect

from drytune_simulator.checks import (
    as_array,
    as_boolean,
    as_integer,
    as_number,
    as_object,
    as_string,
    invalid_type,
    missing,
)
from drytune_simulator.errors import refuse
from drytune_simulator.http import LARGEST_IN_MEMORY, Request

__all__ = ["json_object", "read", "read_query", "whole_number"]

_Struct = TypeVar("_Struct", bound=msgspec.Struct)


def json_object(request: Request) -> dict[str, Any]:
    """The body as a JSON object.

    Raises:
        ApiError: 400, it is not JSON, or not an object; 413, it is too large to be one.
    """
    if request.stream is not None:
        raise refuse("body-too-large", limit=LARGEST_IN_MEMORY)
    try:
        value = msgspec.json.decode(request.body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise refuse("bad-json", reason=str(error)) from error
    if not isinstance(value, dict):
        raise refuse("bad-json", reason="the body must be a JSON object")
    return value


def read(fields: Mapping[str, Any], type: type[_Struct], path: str = "") -> _Struct:  # noqa: A002 - as msgspec
    """`fields` as a `type`; null counts as left out, as at the platform.

    Args:
        fields: A decoded JSON object.
        type: A Struct of `wire.requests`.
        path: What messages call the object, e.g. ``hyperparameters``; the request's own body has no name.

    Raises:
        ApiError: 400, a field is unknown, missing, of a wrong type or out of its range; it names the field.
    """
    described = _described(type)
    for field in fields:
        if field not in described:
            raise refuse("unknown-parameter", name=_inside(path, field))
    values = {}
    for field, (kind, required) in described.items():
        given = fields.get(field)
        if given is not None:
            values[field] = _value(given, kind, _inside(path, field))
        elif required:
            raise missing(_inside(path, field))
    return type(**values)


def read_query(
    query: list[tuple[str, str]],
    type: type[_Struct],  # noqa: A002
    *,
    names: tuple[str, ...] = (),
) -> _Struct:
    """The parameters of a query as a `type`; those among `names` are left for the caller.

    Raises:
        ApiError: As `read`.
    """
    fields = {name: value for name, value in query if name not in names}
    described = _described(type)
    numbers = {name for name, (kind, _) in described.items() if isinstance(kind, inspect.IntType)}
    return read(
        {name: whole_number(value) if name in numbers else value for name, value in fields.items()}, type
    )


def whole_number(text: str | None) -> int | str | None:
    """What stands for a whole number in a query or a form, as that number; anything else as it is."""
    return int(text) if text is not None and re.fullmatch(r"-?[0-9]{1,18}", text) else text


@lru_cache(maxsize=64)
def _described(type_: type[msgspec.Struct]) -> dict[str, tuple[inspect.Type, bool]]:
    described = inspect.type_info(type_)
    assert isinstance(described, inspect.StructType)  # noqa: S101 - so says the signature
    return {field.encode_name: (field.type, field.required) for field in described.fields}


def _inside(path: str, field: str) -> str:
    return f"{path}.{field}" if path else field


def _value(value: Any, kind: inspect.Type, name: str) -> Any:
    reader = _READERS.get(type(kind))
    return value if reader is None else reader(value, kind, name)


def _array(value: Any, kind: inspect.ListType, name: str) -> list[Any]:
    items = as_array(value, name, shortest=kind.min_length or 0, longest=kind.max_length)
    return [_value(item, kind.item_type, f"{name}[{place}]") for place, item in enumerate(items)]


def _pairs(value: Any, kind: inspect.DictType, name: str) -> dict[str, Any]:
    pairs = as_object(value, name)
    return {key: _value(item, kind.value_type, f"{name}.{key}") for key, item in pairs.items()}


def _one_of(value: Any, kind: inspect.UnionType, name: str) -> Any:
    """A value of one of several types: ``auto`` or a number, in practice."""
    kinds = [one for one in kind.types if not isinstance(one, inspect.NoneType)]
    words = [one for one in kinds if isinstance(one, inspect.LiteralType)]
    if len(kinds) > 1 and any(value in one.values for one in words if isinstance(value, str)):
        return value
    rest = [one for one in kinds if one not in words] or kinds
    return _value(value, rest[0], name)


def _text(value: Any, kind: inspect.StrType, name: str) -> str:
    text = as_string(value, name, longest=kind.max_length)
    if kind.min_length and not text:
        raise refuse("empty-string", name=name)
    return text


def _number(value: Any, kind: inspect.FloatType, name: str) -> float:
    number = as_number(value, name, low=kind.ge, high=kind.le)
    if number == float("inf") or number != number:  # noqa: PLR0124 - NaN
        raise invalid_type(name, "a decimal", value)
    if kind.gt is not None and not number > kind.gt:
        raise refuse(
            "out-of-range",
            name=name,
            kind="decimal",
            direction="below minimum value",
            bound=f"> {kind.gt:g}",
            got=number,
            code="decimal_below_min_value",
        )
    return number


_READERS: dict[type[inspect.Type], Callable[[Any, Any, str], Any]] = {
    inspect.UnionType: _one_of,
    inspect.StructType: lambda value, kind, name: read(as_object(value, name), kind.cls, name),
    inspect.LiteralType: lambda value, kind, name: as_string(
        value, name, supported=[str(word) for word in kind.values]
    ),
    inspect.StrType: _text,
    inspect.BoolType: lambda value, _, name: as_boolean(value, name),
    inspect.IntType: lambda value, kind, name: as_integer(value, name, low=kind.ge, high=kind.le),
    inspect.FloatType: _number,
    inspect.ListType: _array,
    inspect.DictType: _pairs,
}
