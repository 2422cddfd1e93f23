"""Models as data: what can be tuned, how, at what price, and until when."""

from drytune_simulator.catalog.model import ImageTokens, Model, ObservedAuto, PastPrice, Price
from drytune_simulator.catalog.names import TunedName
from drytune_simulator.catalog.store import (
    BlockedError,
    Timeline,
    UnknownModelError,
    UntunableModelError,
    aliases_of,
    blocked_error,
    find,
    models,
    source,
    timeline,
)

__all__ = [
    "BlockedError",
    "ImageTokens",
    "Model",
    "ObservedAuto",
    "PastPrice",
    "Price",
    "Timeline",
    "TunedName",
    "UnknownModelError",
    "UntunableModelError",
    "aliases_of",
    "blocked_error",
    "find",
    "models",
    "source",
    "timeline",
]
