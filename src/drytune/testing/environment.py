"""The environment in which `OpenAI()` finds the simulator."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final

_NO_PROXY: Final = ("NO_PROXY", "no_proxy")
_LOOPBACK: Final = ("127.0.0.1", "localhost")

__all__ = ["variables", "with_variables"]


def variables(url: str, key: str) -> dict[str, str | None]:
    """What the SDK reads: values by name; None for what must not be there.

    Args:
        url: Base URL of a server.
        key: What clients send.
    """
    return {
        "OPENAI_API_KEY": key,
        "OPENAI_BASE_URL": url,
        # a proxy is not to be asked for what is on this machine
        **{name: _with_loopback(os.environ.get(name, "")) for name in _NO_PROXY},
        # with these the same code would have other ids on other machines, and a custom header may be a secret
        "OPENAI_ADMIN_KEY": None,
        "OPENAI_CUSTOM_HEADERS": None,
        "OPENAI_ORG_ID": None,
        "OPENAI_PROJECT_ID": None,
    }


def _with_loopback(hosts: str) -> str:
    there = [host.strip() for host in hosts.split(",") if host.strip()]
    return ",".join([*there, *(host for host in _LOOPBACK if host not in there)])


@contextmanager
def with_variables(values: Mapping[str, str | None]) -> Iterator[None]:
    """Inside of it the environment has these values; None for none.

    Several may overlap in any order: the last one holds, and at its end comes back what it has found.
    """
    layer = {name: os.environ.get(name) for name in values}
    _LAYERS.append(layer)
    try:
        _set(values)
        yield
    finally:
        place = next(number for number, other in enumerate(_LAYERS) if other is layer)
        if place == len(_LAYERS) - 1:
            _set(layer)
        else:
            _LAYERS[place + 1].update(layer)  # which has found what is of no use any more
        del _LAYERS[place]


_LAYERS: Final[list[dict[str, str | None]]] = []
"""What each has found, the innermost last."""


def _set(values: Mapping[str, str | None]) -> None:
    for name, value in values.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
