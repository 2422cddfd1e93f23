"""Which API is asked: the options of all commands that may ask a live one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from drytune.backends import Backend
    from drytune.config import Config

__all__ = ["backend_of", "backend_options"]

_Command = TypeVar("_Command", bound=Callable[..., Any])

_OPTIONS = (
    click.option(
        "--backend",
        metavar="simulated|live|live:PROFILE|replayed:FILE",
        help="What is asked; or set DRYTUNE_BACKEND.  [default: backend of [tool.drytune]; else live, or "
        "simulated in CI]",
    ),
    click.option("--profile", metavar="NAME", help="The live API, as [tool.drytune.profiles.NAME] has it."),
    click.option(
        "--base-url",
        metavar="URL",
        help="The address of the live API.  [default: the profile's, OPENAI_BASE_URL, or OpenAI's]",
    ),
    click.option(
        "--key-env",
        metavar="NAME",
        help="Environment variable with the key for it.  [default: the profile's, or OPENAI_API_KEY]",
    ),
)


def backend_options(command: _Command) -> _Command:
    """Add them to a command, as ``backend``, ``profile``, ``base_url`` and ``key_env``."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def backend_of(
    backend: str | None = None,
    profile: str | None = None,
    base_url: str | None = None,
    key_env: str | None = None,
    *,
    state: Path | None = None,
    seed: int = 0,
    config: Config | None = None,
) -> Backend:
    """What they mean, as `drytune.backends.choose` says.

    Raises:
        UsageError: As `choose` does.
    """
    from drytune.backends import choose

    return choose(
        backend, profile=profile, base_url=base_url, key_env=key_env, state=state, seed=seed, config=config
    )
