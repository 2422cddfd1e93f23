"""The environment in which `OpenAI()` finds the simulator."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

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
        # with these the same code would have other ids on other machines, and a custom header may be a secret
        "OPENAI_ADMIN_KEY": None,
        "OPENAI_CUSTOM_HEADERS": None,
        "OPENAI_ORG_ID": None,
        "OPENAI_PROJECT_ID": None,
    }


@contextmanager
def with_variables(values: Mapping[str, str | None]) -> Iterator[None]:
    """Inside of it the environment has these values; None for none."""
    before = {name: os.environ.get(name) for name in values}
    try:
        _set(values)
        yield
    finally:
        _set(before)


def _set(values: Mapping[str, str | None]) -> None:
    for name, value in values.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
