"""The catalog's file, read once, and look-ups in it."""

from __future__ import annotations

import functools
import threading
from collections.abc import Iterable
from datetime import date
from fnmatch import fnmatchcase
from pathlib import Path

import msgspec

from drytune_simulator.catalog.model import Model

__all__ = [
    "Timeline",
    "UnknownModelError",
    "UntunableModelError",
    "aliases_of",
    "find",
    "models",
    "source",
    "timeline",
]


_SHOWN = 100
"""So many characters of a name that nobody knows are looked at and shown."""

_PREFIX = 5
"""A name that is only begun is understood from so many characters on."""

_CUTOFF = 0.6
"""How similar a name has to be to be named: typing mistakes are, the models of other vendors are not."""


class Timeline(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The days on which the fine-tuning platform closes, step by step (FACTS.md §2)."""

    no_new_customers: date
    no_inactive_customers: date
    no_jobs_at_all: date
    evals_read_only: date
    evals_off: date


class _Meaning(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a floating name meant from `start` on."""

    alias: str
    target: str
    start: date = msgspec.field(name="from")
    certainty: str = "official"


class _Untunable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Models of OpenAI's that cannot be tuned, by patterns of their names, and what can be in their place."""

    names: tuple[str, ...]
    instead: tuple[str, ...]


class _Catalog(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    compiled: date
    currency: str
    source: dict[str, str]
    timeline: Timeline
    model: dict[str, Model]
    alias_history: tuple[_Meaning, ...]
    untunable: tuple[_Untunable, ...]


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
        name = _cut(self.name)
        if self.nearest:
            return f"Unknown model {name!r}; did you mean {' or '.join(self.nearest)}?"
        return f"Unknown model {name!r}; some that can be tuned are gpt-4.1-mini and gpt-4o-mini."


class UntunableModelError(UnknownModelError):
    """The name is of a model of OpenAI's that was never offered for tuning; `nearest` are some that were."""

    def __str__(self) -> str:
        return (
            f"{_cut(self.name)!r} cannot be fine-tuned; of OpenAI's models {' and '.join(self.nearest)} can."
        )


def _cut(name: str) -> str:
    return name if len(name) <= _SHOWN else f"{name[:_SHOWN]}…"


_LOADING = threading.Lock()


def _catalog() -> _Catalog:
    # one thread at a time: msgspec crashes when several build the decoder of a type for the first time
    with _LOADING:
        return _loaded()


@functools.cache
def _loaded() -> _Catalog:
    text = Path(__file__).with_name("models.toml").read_bytes()
    catalog = msgspec.toml.decode(text, type=_Catalog)
    named = {name: msgspec.structs.replace(model, id=name) for name, model in catalog.model.items()}
    return msgspec.structs.replace(catalog, model=named)


def models() -> tuple[Model, ...]:
    """All models, in the catalog's order: newest generation first."""
    return tuple(_catalog().model.values())


def timeline() -> Timeline:
    """The days on which the platform closes."""
    return _catalog().timeline


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
        UntunableModelError: It is one that cannot be tuned; its text names some that can.
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
    for group in catalog.untunable:
        if any(fnmatchcase(base.lower(), pattern) for pattern in group.names):
            raise UntunableModelError(name, group.instead)
    raise UnknownModelError(name, _nearest(base, catalog.model.values()))


def aliases_of(model: Model, as_of: date | None = None) -> tuple[str, ...]:
    """The floating names that mean `model` on a day; None means today's meaning, as for `find`."""
    catalog = _catalog()
    names = [name for known in catalog.model.values() for name in known.aliases]
    names += [meaning.alias for meaning in catalog.alias_history]
    return tuple(name for name in dict.fromkeys(names) if find(name, as_of) is model)


def _nearest(name: str, models: Iterable[Model]) -> tuple[str, ...]:
    """Up to three known names that look like `name`: those that go on where it ends, then the most similar ones.

    Case does not count, nor what people write for a dash.
    """
    known = [known for model in models for known in (*model.aliases, model.id)]
    asked = name[:_SHOWN].strip().lower().replace("_", "-").replace(" ", "-")
    longer = [one for one in known if len(asked) >= _PREFIX and one.startswith(asked)]
    import difflib  # late: it is for those who mistype

    similar = difflib.get_close_matches(asked, known, n=3, cutoff=_CUTOFF)
    return tuple(dict.fromkeys((*longer, *similar)))[:3]
