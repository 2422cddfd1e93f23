"""A schema in the form that a strict function has, made as the platform does where `strict` is left out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["strict_form"]

_DEEPEST = 64


def strict_form(schema: Mapping[str, Any]) -> dict[str, Any] | None:
    """`schema` with all properties required and no others allowed, at every level (function calling guide, O).

    Returns:
        None where an object of it is meant to have other properties, or it nests too deeply.
    """
    try:
        form = _form(schema, 0)
    except _OtherwiseError:
        return None
    return form if isinstance(form, dict) else None


class _OtherwiseError(ValueError):
    """There is no such form."""


def _form(schema: Any, depth: int) -> Any:
    if depth > _DEEPEST:
        raise _OtherwiseError
    if not isinstance(schema, dict):
        return schema
    form: dict[str, Any] = {}
    for key, value in schema.items():
        if key in {"properties", "$defs", "definitions"} and isinstance(value, dict):
            form[key] = {name: _form(part, depth + 1) for name, part in value.items()}
        elif key in {"anyOf", "oneOf", "allOf"} and isinstance(value, list):
            form[key] = [_form(part, depth + 1) for part in value]
        elif key == "items":
            form[key] = _form(value, depth + 1)
        else:
            form[key] = value
    kinds = schema.get("type")
    if "object" in (kinds if isinstance(kinds, list) else [kinds]):
        properties = form.setdefault("properties", {})
        if form.setdefault("additionalProperties", False) is not False or not isinstance(properties, dict):
            raise _OtherwiseError
        form["required"] = list(properties)
    return form
