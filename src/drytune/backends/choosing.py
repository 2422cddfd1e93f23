"""Which backend it is: what an argument says, or the environment, or the project; in CI a simulated one.

| asked for                               | not in CI              | in CI (``CI`` is true, 1 or yes)     |
|-----------------------------------------|------------------------|--------------------------------------|
| an argument, or ``DRYTUNE_BACKEND``     | that                   | that                                 |
| ``[tool.drytune] backend``              | that                   | that, unless it is live              |
| nothing                                 | ``live``               | ``simulated``                        |
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from drytune.backends.access import access_of
from drytune.backends.backend import Backend, Live
from drytune.backends.in_process import Replayed, Simulated
from drytune.backends.live import profile_of
from drytune.config import Config, load_config
from drytune.errors import UsageError
from drytune.profiles import Profile
from drytune.tables import nearest, shown

if TYPE_CHECKING:
    from openai import AsyncOpenAI, OpenAI

__all__ = ["async_client", "choose", "client", "in_ci"]

VARIABLE: Final = "DRYTUNE_BACKEND"
_TRUE: Final = frozenset({"true", "1", "yes"})


@dataclass(frozen=True, slots=True)
class _Choice:
    """A backend's name, taken apart.

    Attributes:
        kind: Of backend.
        name: Of the profile or the file.
        source: What says so; ``default`` if nothing does.
        note: What else is to be told with its words.
    """

    kind: Literal["simulated", "live", "replayed"]
    name: str = ""
    source: Literal["argument", "environment", "project", "default", "ci"] = "default"
    note: str = ""


def choose(
    backend: str | None = None,
    *,
    profile: Profile | str | None = None,
    base_url: str | None = None,
    key_env: str | None = None,
    state: Path | None = None,
    seed: int = 0,
    config: Config | None = None,
    environ: Mapping[str, str] | None = None,
) -> Backend:
    """The backend that is meant.

    Args:
        backend: ``simulated``, ``live``, ``live:PROFILE`` or ``replayed:FILE``; by default ``DRYTUNE_BACKEND``,
            then what ``[tool.drytune] backend`` says, then ``simulated`` in CI and ``live`` elsewhere. In CI only
            the first two can make it live.
        profile: Of a live one: a platform, or the name of one in ``[tool.drytune.profiles]``.
        base_url: Of a live one: its address.
        key_env: Of a live one: the environment variable with its key.
        state: Directory below which a simulated one is kept, in ``simulated``; without it, in memory.
        seed: Of a simulated one.
        config: Of the project; by default it is looked for.
        environ: The environment; by default that of the process.

    Raises:
        UsageError: There is no such backend or profile, settings of a live one are given for another, or in CI
            without a word that it is to be live.
    """
    environ = os.environ if environ is None else environ
    config = load_config() if config is None else config
    choice = _choice(backend, config, environ)
    given = [
        name for name, value in (("profile", profile), ("base_url", base_url), ("key_env", key_env)) if value
    ]
    if choice.kind != "live" and given and choice.source != "environment":
        raise UsageError(_no_live(given[0], choice, config))
    if choice.kind == "simulated":
        data = None if state is None else state / "simulated"
        return Simulated(data=data, seed=seed, note=choice.note)
    if choice.kind == "replayed":
        beside = config.file if choice.source == "project" else None
        return Replayed(Path(choice.name) if beside is None else beside.parent / choice.name)
    if profile is not None and choice.name and choice.source == "argument":
        name = profile.name if isinstance(profile, Profile) else profile
        if name != choice.name:
            raise UsageError(
                f"the backend live:{choice.name} and the profile {shown(name)} are two; choose one of them"
            )
    meant = profile_of(profile or choice.name or None, base_url=base_url, config=config)
    return Live(access_of(meant, environ, base_url=base_url, key_env=key_env))


def client(
    backend: str | None = None,
    *,
    profile: Profile | str | None = None,
    base_url: str | None = None,
    key_env: str | None = None,
    state: Path | None = None,
    seed: int = 0,
    max_retries: int = 2,
) -> OpenAI:
    """An `openai.OpenAI` client of the backend that is meant: the same code asks a simulator, or a real API.

    Args:
        backend: As for `drytune.backends.choose`, and so are `profile`, `base_url`, `key_env`, `state` and `seed`.
        profile: Of a live one.
        base_url: Of a live one.
        key_env: Of a live one.
        state: Of a simulated one.
        seed: Of a simulated one.
        max_retries: As for `openai.OpenAI`.

    Raises:
        UsageError: As `choose` does, or there is no key.
    """
    chosen = choose(backend, profile=profile, base_url=base_url, key_env=key_env, state=state, seed=seed)
    return chosen.client(max_retries)


def async_client(
    backend: str | None = None,
    *,
    profile: Profile | str | None = None,
    base_url: str | None = None,
    key_env: str | None = None,
    state: Path | None = None,
    seed: int = 0,
    max_retries: int = 2,
) -> AsyncOpenAI:
    """The same as `client`, as an `openai.AsyncOpenAI` client."""
    chosen = choose(backend, profile=profile, base_url=base_url, key_env=key_env, state=state, seed=seed)
    return chosen.async_client(max_retries)


def in_ci(environ: Mapping[str, str]) -> bool:
    """Whether this is a build server, as these say of themselves."""
    return environ.get("CI", "").strip().lower() in _TRUE


def _choice(backend: str | None, config: Config, environ: Mapping[str, str]) -> _Choice:
    if backend is not None:
        return _parsed(backend, "argument", "the backend")
    if told := environ.get(VARIABLE, "").strip():
        return _parsed(told, "environment", VARIABLE)
    is_ci = in_ci(environ)
    if config.backend is not None:
        choice = _parsed(config.backend, "project", f"{config.file}: [tool.drytune] backend")
        if not (is_ci and choice.kind == "live"):
            return choice
        return _Choice("simulated", source="ci", note=f" (this is CI; live needs --backend {config.backend})")
    return _Choice("simulated", source="ci") if is_ci else _Choice("live")


def _parsed(text: str, source: Literal["argument", "environment", "project"], place: str) -> _Choice:
    kind, colon, name = text.partition(":")
    if kind == "simulated" and not colon:
        return _Choice("simulated", source=source)
    if kind == "live" and bool(colon) == bool(name):
        return _Choice("live", name, source)
    if kind == "replayed" and name:
        return _Choice("replayed", name, source)
    near = nearest(kind, ("simulated", "live", "replayed")) if not colon else ""
    raise UsageError(
        f"{place} is {shown(text)}; it must be simulated, live, live:PROFILE or replayed:FILE{near or '.'}"
    )


def _no_live(given: str, choice: _Choice, config: Config) -> str:
    """Why a setting of a live API cannot be."""
    option = f"{given} (--{given.replace('_', '-')})"
    if choice.source == "ci":
        return (
            f"{option} is for a live API, and in CI live must be asked for in words: say --backend live "
            f'(backend="live" in Python), or set {VARIABLE}=live; to rehearse there, set {VARIABLE}=simulated'
        )
    if choice.source == "project":
        return (
            f"{option} is for a live API, and {config.file} has the backend {choice.kind}: say --backend live, or "
            f"leave {given} out"
        )
    return f"{option} is for a live API, and the backend is {choice.kind}: leave one of them out"
