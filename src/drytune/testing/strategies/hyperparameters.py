"""Hyperparameters of a job: such as are taken, and such as are refused."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, get_args

import msgspec
from hypothesis import strategies as st
from hypothesis.errors import InvalidArgument
from hypothesis.strategies import DrawFn, SearchStrategy
from msgspec import inspect

from drytune.testing.strategies.arguments import check_choice, check_range
from drytune_simulator import catalog
from drytune_simulator.dataset.forms import Method
from drytune_simulator.wire import requests

__all__ = ["METHODS", "FlawedHyperparameters", "check_method", "flawed_hyperparameters", "hyperparameters"]

METHODS: Final[tuple[Method, ...]] = get_args(Method)

_TYPES: Final[dict[Method, type[msgspec.Struct]]] = {
    "supervised": requests.Hyperparameters,
    "dpo": requests.DpoHyperparameters,
    "reinforcement": requests.ReinforcementHyperparameters,
}
_MOST_EPOCHS: Final = 50
_LARGEST: Final = 1000
"""What is drawn at most where the platform sets no bound."""


@dataclass(frozen=True)
class FlawedHyperparameters:
    """Hyperparameters of which exactly one is refused.

    Attributes:
        hyperparameters: As they are sent.
        name: Of the one that is.
        code: Of the error.
        param: Of the error, if they are sent under the method, as they should be.
        message: How the platform's message begins, with that name in it.
    """

    hyperparameters: dict[str, Any]
    name: str
    code: str
    param: str
    message: str


def hyperparameters(
    method: Method = "supervised", *, model: str | None = None, max_epochs: int = _MOST_EPOCHS
) -> SearchStrategy[dict[str, Any]]:
    """Hyperparameters that the platform takes: any of those that the method has, by number or as ``auto``.

    Args:
        method: Of tuning.
        model: If given, one that is tuned by that method.
        max_epochs: Epochs at most; each is billed.

    Raises:
        InvalidArgument: There is no such method or model, or they do not fit together, or the epochs are no number
            from 1 to 50.
    """
    check_method(method, model)
    check_range("min_epochs", 1, "max_epochs", max_epochs, least=1)
    if max_epochs > _MOST_EPOCHS:
        raise InvalidArgument(
            f"Expected max_epochs of at most {_MOST_EPOCHS} but got max_epochs={max_epochs}"
        )
    values = {name: _values(kind) for name, kind in _kinds(method).items()}
    values["n_epochs"] = st.integers(1, max_epochs) | st.just("auto")
    return st.fixed_dictionaries({}, optional=values)


def flawed_hyperparameters(method: Method = "supervised") -> SearchStrategy[FlawedHyperparameters]:
    """Hyperparameters that would be taken but for one, and the error that it must cause.

    It is out of its range, or no number, or the method has none of that name.

    Raises:
        InvalidArgument: There is no such method.
    """
    check_method(method, None)
    return _flawed(method)


def check_method(method: object, model: str | None) -> None:
    """Refuse a method that there is not, and a model that is not tuned by it.

    Raises:
        InvalidArgument: It is so.
    """
    check_choice("method", method, METHODS)
    if model is None:
        return
    try:
        methods = catalog.find(model).methods
    except catalog.UnknownModelError as error:
        raise InvalidArgument(f"Unknown model={model!r}: {error}") from None
    if method not in methods:
        raise InvalidArgument(
            f"Cannot have method={method!r} with model={model!r}, which is tuned by {', '.join(methods) or 'none'}"
        )


@st.composite
def _flawed(draw: DrawFn, method: Method) -> FlawedHyperparameters:
    kinds = _kinds(method)
    name = draw(st.sampled_from([*kinds, "epochs"]))
    given = draw(hyperparameters(method, max_epochs=3))
    if name not in kinds:
        value, code, message = 3, "unknown_parameter", "Unknown parameter: '{}'."
    else:
        value, code, message = draw(st.sampled_from(_wrong(kinds[name])))
    place = f"method.{method}.hyperparameters.{name}"
    return FlawedHyperparameters({**given, name: value}, name, code, place, message.format(place))


@lru_cache(maxsize=8)
def _kinds(method: Method) -> dict[str, inspect.Type]:
    """The types of a method's hyperparameters, without ``auto`` and null: as the platform itself reads them."""
    described = inspect.type_info(_TYPES[method])
    assert isinstance(described, inspect.StructType)  # noqa: S101 - so says the table
    return {field.encode_name: _main(field.type) for field in described.fields}


def _main(kind: inspect.Type) -> inspect.Type:
    kinds = [one for one in getattr(kind, "types", (kind,)) if not isinstance(one, inspect.NoneType)]
    return next((one for one in kinds if not isinstance(one, inspect.LiteralType)), kinds[0])


def _values(kind: inspect.Type) -> SearchStrategy[Any]:
    auto = st.just("auto")
    if isinstance(kind, inspect.LiteralType):
        return st.sampled_from(list(kind.values))
    if isinstance(kind, inspect.IntType):
        return st.integers(kind.ge, kind.le or _LARGEST) | auto
    assert isinstance(kind, inspect.FloatType)  # noqa: S101 - there are no others
    least, most = kind.gt or 0.0, kind.le or float(_LARGEST)
    # what is nearer to the bound than this is of no use to anybody
    return st.floats(least, most, exclude_min=True, allow_subnormal=False) | auto


def _wrong(kind: inspect.Type) -> list[tuple[Any, str, str]]:
    """Values that are refused, with code and message."""
    if isinstance(kind, inspect.LiteralType):
        return [
            ("utmost", "invalid_value", "Invalid value: 'utmost'."),
            (3, "invalid_type", "Invalid type for '{}'"),
        ]
    word = "integer" if isinstance(kind, inspect.IntType) else "decimal"
    low, high = _bounds(kind)
    wrong: list[tuple[Any, str, str]] = [
        ("many", "invalid_type", "Invalid type for '{}'"),
        (True, "invalid_type", "Invalid type for '{}'"),
        ([1], "invalid_type", "Invalid type for '{}'"),
        (low, f"{word}_below_min_value", f"Invalid '{{}}': {word} below minimum value."),
        (-1, f"{word}_below_min_value", f"Invalid '{{}}': {word} below minimum value."),
    ]
    if high is not None:
        wrong.append((high + 1, f"{word}_above_max_value", f"Invalid '{{}}': {word} above maximum value."))
    if word == "integer":
        wrong.append((1.5, "invalid_type", "Invalid type for '{}'"))
    return wrong


def _bounds(kind: inspect.Type) -> tuple[float, float | None]:
    """The largest number that is too small, and the largest that is not too large."""
    if isinstance(kind, inspect.IntType):
        return (kind.ge or 1) - 1, kind.le
    assert isinstance(kind, inspect.FloatType)  # noqa: S101 - there are no others
    return kind.gt or 0, kind.le
