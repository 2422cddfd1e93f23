"""Reading JSON into the types of `wire.requests`, with the platform's refusals for what does not fit."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints

import msgspec
from msgspec import inspect

from drytune_simulator.checks import (
    as_array,
    as_boolean,
    as_integer,
    as_number,
    as_object,
    as_string,
    missing,
)
from drytune_simulator.dataset.tokens import well_formed
from drytune_simulator.errors import refuse
from drytune_simulator.http import LARGEST_IN_MEMORY, Request

__all__ = ["DEEPEST", "json_object", "read", "read_query", "whole_number"]

_Struct = TypeVar("_Struct", bound=msgspec.Struct)

DEEPEST = 128
"""Most levels of arrays and objects in each other: more than any request needs, fewer than Python's stack has."""

_BRACKETS = re.compile(rb'"(?:[^"\\]|\\.)*"|[\[{]|[\]}]', re.DOTALL)


def json_object(request: Request) -> dict[str, Any]:
    """The body as a JSON object.

    Raises:
        ApiError: 400, it is not JSON, not an object, or nested deeper than `DEEPEST`; 413, it is too large.
    """
    if request.stream is not None:
        raise refuse("body-too-large", limit=LARGEST_IN_MEMORY)
    body = request.body
    # what is read here may be written again from deeper in the stack, where fewer levels are left
    if body.count(b"[") + body.count(b"{") > DEEPEST and _depth(body) > DEEPEST:
        raise refuse("bad-json", reason=f"the body is nested deeper than {DEEPEST} levels")
    try:
        value = msgspec.json.decode(body)
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
            raise refuse("unknown-parameter", name=well_formed(_inside(path, field)))
    values = {}
    for field, (attribute, kind, required) in described.items():
        given = fields.get(field)
        if given is not None:
            values[attribute] = _value(given, kind, _inside(path, field))
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
    numbers = {name for name, (_, kind, _) in _described(type).items() if isinstance(kind, inspect.IntType)}
    return read(
        {name: whole_number(value) if name in numbers else value for name, value in fields.items()}, type
    )


def whole_number(text: str | None) -> int | str | None:
    """What stands for a whole number in a query or a form, as that number; anything else as it is."""
    return int(text) if text is not None and re.fullmatch(r"-?[0-9]{1,100}", text) else text


def _depth(body: bytes) -> int:
    """How many arrays and objects are open at once, at most; strings, even unfinished ones, are skipped."""
    deepest = depth = 0
    for token in _BRACKETS.finditer(body):
        start = token[0][:1]
        if start in b"[{":
            depth += 1
            deepest = max(deepest, depth)
        elif start in b"]}":
            depth -= 1
    return deepest


@lru_cache(maxsize=64)
def _described(type_: type[msgspec.Struct]) -> dict[str, tuple[str, inspect.Type, bool]]:
    """The fields by their names on the wire: the attribute, the type, whether it must be there."""
    described = inspect.type_info(type_)
    assert isinstance(described, inspect.StructType)  # noqa: S101 - so says the signature
    hints = get_type_hints(type_, include_extras=True)
    return {
        field.encode_name: (field.name, _as_declared(field.type, hints[field.name]), field.required)
        for field in described.fields
    }


def _as_declared(kind: inspect.Type, annotation: Any) -> inspect.Type:
    """`kind` with the words of a `Literal` in the order in which messages list them; msgspec has sorted them."""
    if isinstance(kind, inspect.LiteralType):
        return inspect.LiteralType(_words(annotation))
    if isinstance(kind, inspect.UnionType):
        return inspect.UnionType(tuple(_as_declared(one, annotation) for one in kind.types))
    return kind


def _words(annotation: Any) -> tuple[Any, ...]:
    """The words of the `Literal` in an annotation that has one."""
    parts = get_args(annotation)
    if get_origin(annotation) is Literal:
        return parts
    return next(filter(None, map(_words, parts)), ())


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
    if kind.max_length is not None and len(pairs) > kind.max_length:
        raise refuse("too-many-properties", name=name, most=kind.max_length, count=len(pairs))
    longest = kind.key_type.max_length if isinstance(kind.key_type, inspect.StrType) else None
    for key in pairs:
        if longest is not None and len(key) > longest:
            shown = well_formed(key[:longest]) + "..."
            raise refuse("property-name-too-long", name=name, shown=shown, longest=longest, length=len(key))
    return {key: _value(item, kind.value_type, f"{name}.{key}") for key, item in pairs.items()}


def _one_of(value: Any, kind: inspect.UnionType, name: str) -> Any:
    """A value of one of several types: ``auto`` or a number, a string or a list of them; null is none of them."""
    kinds = [one for one in kind.types if not isinstance(one, inspect.NoneType)]
    for one in kinds:
        if isinstance(value, _JSON.get(type(one), ())) and (
            not isinstance(one, inspect.LiteralType) or value in one.values or len(kinds) == 1
        ):
            return _value(value, one, name)
    # it fits none: said as if only the last, which is not the word `auto`, were allowed
    rest = [one for one in kinds if not isinstance(one, inspect.LiteralType)] or kinds
    return _value(value, rest[-1], name)


def _text(value: Any, kind: inspect.StrType, name: str) -> str:
    text = as_string(value, name, longest=kind.max_length)
    if kind.min_length and not text:
        raise refuse("empty-string", name=name)
    return text


_READERS: dict[type[inspect.Type], Callable[[Any, Any, str], Any]] = {
    inspect.UnionType: _one_of,
    inspect.StructType: lambda value, kind, name: read(as_object(value, name), kind.cls, name),
    inspect.LiteralType: lambda value, kind, name: as_string(
        value, name, supported=[str(word) for word in kind.values]
    ),
    inspect.StrType: _text,
    inspect.BoolType: lambda value, _, name: as_boolean(value, name),
    inspect.IntType: lambda value, kind, name: as_integer(value, name, low=kind.ge, high=kind.le),
    inspect.FloatType: lambda value, kind, name: as_number(
        value, name, low=kind.ge, high=kind.le, above=kind.gt
    ),
    inspect.ListType: _array,
    inspect.DictType: _pairs,
}

# what a JSON value must be in Python to be looked at as a type; a boolean, which is an int there, is then refused
_JSON: dict[type[inspect.Type], type | tuple[type, ...]] = {
    inspect.StructType: dict,
    inspect.DictType: dict,
    inspect.ListType: list,
    inspect.LiteralType: str,
    inspect.StrType: str,
    inspect.BoolType: bool,
    inspect.IntType: int,
    inspect.FloatType: (int, float),
}
