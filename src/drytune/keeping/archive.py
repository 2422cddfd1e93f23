"""An archive: a cassette whose header says which model was kept, of what, when, and how far."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import msgspec

from drytune.cassettes.model import Cassette, Exchange
from drytune.errors import UsageError
from drytune.estimate.calendar import standing
from drytune.keeping.asking import OF_THE_KEY, RETRIED
from drytune.keeping.budget import base_of, usage_of
from drytune.keeping.doors import Door, door_of, resource_of, segments_of
from drytune.keeping.prompts import Prompts
from drytune_simulator.catalog import source
from drytune_simulator.clock import to_date

__all__ = [
    "Answered",
    "Archive",
    "answered",
    "catalog_of",
    "counted",
    "digest_of",
    "iso",
    "kept_model",
    "manifest_of",
    "recorded",
    "spent_on",
]

_LIMITS: Final = frozenset({"model", "max_completion_tokens", "max_tokens", "max_output_tokens"})
_SHOWN: Final = 300
_NUMBERED = re.compile(r"REDACTED-([a-z-]*)\d+")
"""Placeholders are numbered in the order in which secrets are met, which is another one each time."""


@dataclass(frozen=True, slots=True)
class Archive:
    """What `keep` has made, or gone on with.

    Attributes:
        path: The file.
        cassette: What is in it.
        asked: How many questions were asked now.
        left: How many are still to be asked.
        failed: How many of them were asked, in vain.
        spent_usd: For all that is in it; None if nobody knows the price.
        stopped: Why it went no further, and what to do; None if it came to its end.
    """

    path: Path
    cassette: Cassette
    asked: int
    left: int
    failed: int
    spent_usd: float | None
    stopped: str | None = None

    @property
    def manifest(self) -> dict[str, Any]:
        """What the header says: see `manifest_of`."""
        return self.cassette.header.archive or {}

    @property
    def model(self) -> str:
        """The model that was kept."""
        return kept_model(self.cassette)

    @property
    def refusals(self) -> tuple[int, int, str]:
        """How many questions were refused for good, of how many, and what was said of the first, on one line."""
        told = list(answered(self.cassette.exchanges))
        refused = [one for one in told if one.status >= 400]
        return len(refused), len(told), _words_of(refused[0]) if refused else ""

    @property
    def complete(self) -> bool:
        """Whether each prompt was asked as often as was wanted."""
        return self.left == 0


@dataclass(frozen=True, slots=True)
class Answered:
    """A question of an archive that was answered, or refused for good.

    Attributes:
        number: Of the exchange, from 1.
        door: Where it was asked.
        body: Of the request, decoded.
        status: Of the answer.
        data: Its body, decoded.
    """

    number: int
    door: Door
    body: Mapping[str, Any]
    status: int
    data: Any


def kept_model(cassette: Cassette) -> str:
    """The model that an archive has kept.

    Raises:
        UsageError: The cassette is no archive.
    """
    model = (cassette.header.archive or {}).get("model")
    if not isinstance(model, str) or not model:
        raise UsageError(
            f"{cassette.name} is no archive of a model: its header names none. `drytune keep MODEL` makes one."
        )
    return model


def answered(exchanges: Iterable[Exchange]) -> Iterator[Answered]:
    """What models were asked, with final answers; what says nothing about the question is passed over."""
    for number, exchange in enumerate(exchanges, start=1):
        told = exchange.response
        door = door_of(exchange.request.method, segments_of(exchange.request.uri))
        if door is None or told.interrupted or told.status >= 500:
            continue
        if told.status in RETRIED or told.status in OF_THE_KEY:
            continue
        body, data = _decoded(exchange.request.body), _decoded(told.body)
        if isinstance(body, Mapping) and isinstance(data, Mapping):
            yield Answered(number, door, body, told.status, data)


def recorded(exchanges: Iterable[Exchange], resource: str) -> Any:
    """The last answer to ``GET resource`` that is no error, decoded; None without one."""
    found = None
    for exchange in exchanges:
        is_read = exchange.request.method == "GET" and exchange.response.status == 200
        if is_read and resource_of(segments_of(exchange.request.uri)) == resource:
            found = _decoded(exchange.response.body)
    return found


def digest_of(door: Door, body: Mapping[str, Any]) -> str:
    """What a question is known by, whichever limits it is asked with, and however its secrets are numbered."""
    asked = {name: value for name, value in body.items() if name not in _LIMITS}
    text = msgspec.json.encode([door, asked], order="deterministic").decode()
    return hashlib.sha256(_NUMBERED.sub(r"REDACTED-\1#", text).encode()).hexdigest()


def spent_on(exchanges: Iterable[Exchange], cost: Callable[[int, int, int], float]) -> float:
    """What all answers have cost, in USD.

    Args:
        exchanges: Of an archive.
        cost: Of a call: tokens of the prompt, of the answer, and those that were cached.
    """
    used = (usage_of(one.data) for one in answered(exchanges) if one.status == 200)
    return sum(cost(*tokens) for tokens in used if tokens is not None)


def manifest_of(
    model: str,
    exchanges: Sequence[Exchange],
    prompts: Prompts,
    *,
    repeats: int,
    began: float,
    ended: float | None,
    complete: bool,
    spent_usd: float | None = None,
    lost_usd: float = 0.0,
    dataset: Sequence[Mapping[str, Any]] = (),
    notes: Iterable[str] = (),
) -> dict[str, Any]:
    """What the header of an archive says, as JSON-able data.

    ====================  =============================================================================
    ``model``             its name
    ``base_model``        the snapshot it was tuned from; None if the catalog does not know it
    ``model_object``      as the platform tells it; None if it did not
    ``job``               the job that made it, likewise
    ``dataset``           its files: ``role``, ``id``, ``filename``, ``bytes`` and ``sha256`` of the content
    ``prompts``           ``file``, ``count`` and ``sha256``
    ``references``        by the number of a prompt, what its example was trained to say
    ``repeats``           how often each was to be asked
    ``asked_at``          when it began; ``ended_at`` when it was written last
    ``catalog``           snapshot, prices and days of the catalog, as of then
    ``spent_usd``         for the answers; None where no price is known
    ``lost_usd``          at most so much of it for answers that nobody got, or that do not say what they took
    ``complete``          whether each prompt has been asked as often as wanted
    ``notes``             what could not be found out, a sentence each
    ====================  =============================================================================
    """
    job = next(_jobs(exchanges), None)
    return {
        "model": model,
        "base_model": None if (base := base_of(model)) is None else base.id,
        "model_object": recorded(exchanges, f"/models/{model}"),
        "job": job,
        "dataset": [dict(file) for file in dataset],
        "prompts": {"file": prompts.name, "count": len(prompts), "sha256": prompts.sha256},
        "references": {str(one.number): one.reference for one in prompts if one.reference is not None},
        "repeats": repeats,
        "asked_at": iso(began),
        "ended_at": None if ended is None else iso(ended),
        "catalog": catalog_of(model, began),
        "spent_usd": spent_usd,
        "lost_usd": lost_usd,
        "complete": complete,
        "notes": list(notes),
    }


def catalog_of(model: str, now: float) -> dict[str, Any] | None:
    """What the catalog knows of a model on a day; None if nothing."""
    base = base_of(model)
    if base is None:
        return None
    on = standing(base, to_date(now))
    price = base.price_on(on.day) if model.startswith("ft:") else base.base_price
    return {
        "snapshot": base.id,
        "as_of": str(on.day),
        "training_ends": _day(on.training_ends),
        "tunes_end": _day(on.tunes_end),
        "base_ends": _day(on.base_ends),
        "dates_source": source(base.shutdown_source),
        "replacement": base.replacement,
        "input_usd_per_million": price.input,
        "output_usd_per_million": price.output,
        "price_source": source(price.source),
        "price_valid": price.valid,
    }


def iso(seconds: float) -> str:
    """Unix seconds as ``2026-11-25T10:00:00Z``."""
    return datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def counted(exchanges: Iterable[Exchange]) -> Counter[str]:
    """How often each question was answered, by its digest."""
    return Counter(digest_of(one.door, one.body) for one in answered(exchanges))


def _jobs(exchanges: Iterable[Exchange]) -> Iterator[Any]:
    for exchange in exchanges:
        path = resource_of(segments_of(exchange.request.uri))
        is_read = exchange.request.method == "GET" and exchange.response.status == 200
        if is_read and re.fullmatch(r"/fine_tuning/jobs/[^/]+", path):
            yield _decoded(exchange.response.body)


def _words_of(refused: Answered) -> str:
    """Status and message of a refusal."""
    error = refused.data.get("error")
    message = error.get("message") if isinstance(error, Mapping) else error
    return f"{refused.status}: {' '.join(str(message).split())[:_SHOWN]}"


def _decoded(body: bytes) -> Any:
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def _day(day: object) -> str | None:
    return None if day is None else str(day)
