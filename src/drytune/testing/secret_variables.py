"""Secrets in the environment: which variables have one by their name, and which were there before a test."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Final

from drytune.clients import REPLAYED_KEY, SIMULATED_KEY

__all__ = ["SHORTEST", "Secrets", "ever_kept", "kept_secrets", "secrets_of"]

SHORTEST: Final = 8
"""Characters of a secret; less are words."""
_NAMES: Final = frozenset({"APIKEY", "TOKEN", "SECRET", "PASSWORD", "PASSWD", "PASSPHRASE"})
_ABOUT: Final = frozenset({"FILE", "PATH", "DIR", "URL", "NAME", "ID", "SOCK", "TYPE"})
"""A name that ends so tells something about a secret."""
_API_KEY: Final = ("API", "KEY")
_KEY: Final = "KEY"
"""A word of many meanings: ``SORT_KEY`` is none."""
_WORD = re.compile(r"[^A-Za-z0-9]+")
_RANDOM = re.compile(r"[A-Za-z0-9+/=_.~-]{16,}")
_TURN = re.compile(r"(?<=[A-Za-z])(?=[0-9])|(?<=[0-9])(?=[A-Za-z])|(?<=[a-z])(?=[A-Z])")
_FEWEST_TURNS: Final = 4
_KIT: Final = frozenset({SIMULATED_KEY, REPLAYED_KEY})

_EVER: dict[str, str] = {}


class Secrets(Mapping[str, str]):
    """Secrets by the variables that have them; shown without what they are."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = dict(values)

    def __getitem__(self, name: str) -> str:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        """The names only."""
        return f"<values of {', '.join(self._values) or 'nothing'}>"


def secrets_of(environment: Mapping[str, str] | None = None) -> Secrets:
    """The secrets of an environment, by default that of this process.

    ``API_KEY``, ``TOKEN``, ``SECRET`` and ``PASSWORD`` name one whatever it is, of eight characters and more; any
    other ``KEY`` one that looks as if it had been drawn by chance.
    """
    given = os.environ if environment is None else environment
    return Secrets({name: value for name, value in given.items() if _is_secret(name, value)})


def kept_secrets() -> Secrets:
    """Those of this process at this moment, without the keys that the kit gives to clients."""
    found = Secrets({name: value for name, value in secrets_of().items() if value not in _KIT})
    _EVER.update({value: name for name, value in found.items()})
    return found


def ever_kept() -> Mapping[str, str]:
    """All that `kept_secrets` has found in this process, and its names: what reports must never show."""
    return dict(_EVER)


def _is_secret(name: str, value: str) -> bool:
    if len(value) < SHORTEST:
        return False
    words = [word for word in _WORD.split(name.upper()) if word]
    if not words or words[-1] in _ABOUT:
        return False
    if not _NAMES.isdisjoint(words) or _API_KEY in pairwise(words):
        return True
    return _KEY in words and _looks_random(value)


def _looks_random(value: str) -> bool:
    """Whether letters and digits change as they do in no word: ``4f3a9be01c2d48e7``, and not ``created_at``."""
    if value.startswith("-----BEGIN "):
        return True
    return (
        _RANDOM.fullmatch(value) is not None
        and any(letter.isdigit() for letter in value)
        and len(_TURN.findall(value)) >= _FEWEST_TURNS
    )
