"""The catalog's file, read once, and look-ups in it."""

from __future__ import annotations

import difflib
import functools
import threading
from datetime import date
from importlib import resources

import msgspec

from drytune_simulator.catalog.model import Model

__all__ = [
    "BlockedError",
    "Timeline",
    "UnknownModelError",
    "blocked_error",
    "find",
    "models",
    "source",
    "timeline",
]


_SHOWN = 100
"""So many characters of a name that nobody knows are looked at and shown."""


class Timeline(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The days on which the fine-tuning platform closes, step by step (FACTS.md §2)."""

    no_new_customers: date
    no_inactive_customers: date
    no_jobs_at_all: date
    evals_read_only: date
    evals_off: date


class BlockedError(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a blocked organization gets when it creates a job (FACTS.md §2)."""

    status: int
    type: str
    code: str
    message: str


class _Meaning(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a floating name meant from `start` on."""

    alias: str
    target: str
    start: date = msgspec.field(name="from")
    certainty: str = "official"


class _Catalog(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    compiled: date
    currency: str
    source: dict[str, str]
    timeline: Timeline
    blocked_error: BlockedError
    model: dict[str, Model]
    alias_history: tuple[_Meaning, ...]


class UnknownModelError(LookupError):
    """No model of the catalog has this name.

    Attributes:
        name: As it was asked for.
        nearest: Up to three known names that look like it, the nearest first.
    """

    def __init__(self, name: str, nearest: tuple[str, ...]) -> None:
        super().__init__(name, nearest)
        self.name = name
        self.nearest = nearest

    def __str__(self) -> str:
        name = self.name if len(self.name) <= _SHOWN else f"{self.name[:_SHOWN]}…"
        if self.nearest:
            return f"Unknown model {name!r}; did you mean {' or '.join(self.nearest)}?"
        return f"Unknown model {name!r}; some that can be tuned are gpt-4.1-mini and gpt-4o-mini."


_LOADING = threading.Lock()


def _catalog() -> _Catalog:
    # one thread at a time: msgspec crashes when several build the decoder of a type for the first time
    with _LOADING:
        return _loaded()


@functools.cache
def _loaded() -> _Catalog:
    text = resources.files("drytune_simulator.catalog").joinpath("models.toml").read_bytes()
    catalog = msgspec.toml.decode(text, type=_Catalog)
    named = {name: msgspec.structs.replace(model, id=name) for name, model in catalog.model.items()}
    return msgspec.structs.replace(catalog, model=named)


def models() -> tuple[Model, ...]:
    """All models, in the catalog's order: newest generation first."""
    return tuple(_catalog().model.values())


def timeline() -> Timeline:
    """The days on which the platform closes."""
    return _catalog().timeline


def blocked_error() -> BlockedError:
    """The refusal of a job by a platform that is being wound down."""
    return _catalog().blocked_error


def source(key: str | None) -> str | None:
    """What a source key of the catalog stands for, in words; a key that is not there is returned as it is."""
    return key if key is None else _catalog().source.get(key, key)


def find(name: str, as_of: date | None = None) -> Model:
    """The model that `name` means.

    Args:
        name: A snapshot, a floating name (``gpt-4o-mini``), or a tuned model's name, which means its base.
        as_of: The day on which a floating name is to be understood; None means its present target, and so does a
            name without history. Before the first day on record the first target counts.

    Raises:
        UnknownModelError: There is no such model; its text names the nearest.
    """
    catalog = _catalog()
    base = name.split(":")[1] if name.startswith("ft:") else name
    if base in catalog.model:
        return catalog.model[base]
    history = [meaning for meaning in catalog.alias_history if meaning.alias == base]
    if as_of is not None and history:
        past = [meaning for meaning in history if meaning.start <= as_of]
        return catalog.model[(past[-1] if past else history[0]).target]
    for model in catalog.model.values():
        if base in model.aliases:
            return model
    known = [known for model in catalog.model.values() for known in (*model.aliases, model.id)]
    raise UnknownModelError(name, tuple(difflib.get_close_matches(base[:_SHOWN], known, n=3, cutoff=0.5)))
