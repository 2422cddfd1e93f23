"""Models as data: what can be tuned, how, at what price, and until when."""

from drytune_simulator.catalog.model import ImageTokens, Model, ObservedAuto, PastPrice, Price
from drytune_simulator.catalog.names import TunedName, slug
from drytune_simulator.catalog.store import (
    Timeline,
    UnknownModelError,
    UntunableModelError,
    aliases_of,
    find,
    models,
    source,
    timeline,
)

__all__ = [
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
    "find",
    "models",
    "slug",
    "source",
    "timeline",
]
