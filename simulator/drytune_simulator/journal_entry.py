"""One entry of the journal, and what of a request may be kept: no headers, and no secrets."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, quote, unquote

import msgspec

from drytune_simulator.layers import Origin

__all__ = ["Entry", "Filter", "Hider", "kept"]

_MAX_BODY_BYTES = 64 * 1024
_KEY = re.compile(r"(?<![A-Za-z0-9_-])(?:sk-|whsec_|Bearer )[A-Za-z0-9_+/=.-]{6,}")
_SECRET_FIELD = re.compile(
    r'("(?:[A-Za-z_-]*(?:api[_-]?key|secret|password|authorization|cookie)[A-Za-z_-]*)"\s*:\s*)'
    r'"(?:[^"\\]|\\.)*"',
    re.IGNORECASE,
)
_SECRET_NAME = re.compile(r"key|secret|password|token|authorization|signature", re.IGNORECASE)
_HIDDEN = "[hidden]"
_TOLD = (
    *("number", "at", "method", "path", "tenant", "seconds", "status", "request_id", "fault", "dropped"),
    *("layer", "similarity", "line", "script", "repaired", "request_bytes", "response_bytes"),
)
_JOB = re.compile(r"ftjob-[A-Za-z0-9]+")
_FILE = re.compile(r"file-[A-Za-z0-9]+")


class Hider:
    """Replaces what must not be shown: keys that are known, and what looks like one.

    Args:
        keys: Those that are known, of any form.
    """

    def __init__(self, keys: Iterable[str] = ()) -> None:
        spellings = {spelling for key in keys if key for spelling in _spellings(key)}
        # the longest first: one may be the beginning of another
        longest_first = sorted(spellings, key=len, reverse=True)
        self._known = re.compile("|".join(map(re.escape, longest_first))) if spellings else None

    def text(self, text: str) -> str:
        """A text without them."""
        known = text if self._known is None else self._known.sub(_HIDDEN, text)
        return _KEY.sub(_HIDDEN, known)

    def path(self, path: str) -> str:
        """A path without them, percent-encoded or not."""
        shown = self.text(path)
        decoded = unquote(shown)
        hidden = self.text(decoded)
        return shown if hidden == decoded else hidden

    def json(self, body: bytes | None) -> bytes | None:
        """JSON without them, nor the values of fields that are called so."""
        if body is None:
            return None
        text = _SECRET_FIELD.sub(r'\1"[hidden]"', body.decode("utf-8", "surrogateescape"))
        return self.text(text).encode("utf-8", "surrogateescape")

    def query(self, query: str) -> list[tuple[str, str]]:
        """Names and values without them, nor the values of what is called so."""
        pairs: Iterable[tuple[str, str]] = parse_qsl(query, keep_blank_values=True)
        return [
            (self.text(name), _HIDDEN if _SECRET_NAME.search(name) or self.text(value) != value else value)
            for name, value in pairs
        ]


def _spellings(key: str) -> tuple[str, ...]:
    """How a key may stand in a path, a query and JSON."""
    in_json = (json.dumps(key, ensure_ascii=is_ascii)[1:-1] for is_ascii in (True, False))
    return (key, quote(key), quote(key, safe=""), *in_json)


_NOTHING_KNOWN = Hider()


class Entry(msgspec.Struct, kw_only=True):
    """One request and its answer.

    Attributes:
        number: From 1 on, in the order in which they came.
        at: When it came, by the simulator's clock, in Unix seconds; None where nobody could tell yet.
        seconds: How long it took until the answer was there (not a stream's end), in real seconds.
        method: As sent.
        status: Of the answer; None where the connection broke before it.
        request_id: ``x-request-id`` of the answer.
        fault: Name or number of the fault that struck.
        dropped: Whether the connection broke, before or in the answer.
        layer, similarity, line, script, repaired: Where the answer came from (`layers.Origin`); of one that a
            fault made or spoiled the layer is ``fault``. None where an answer does not say.
        tenant: Digest of key, organization and project (`Tenant.scope`); None without a key of the right form.
        request_bytes, response_bytes: Sizes of the bodies; of a stream, what was read so far.
        raw_path, raw_query, raw_request, raw_response: As sent and answered, the bodies where they were said to be
            JSON and had at most 64 KiB. They may hold secrets, so they are never shown; `path`, `query`,
            `request_json` and `response_json` are what may be. Most entries are never looked at, so it is then
            that they are cleaned.
        raw_hider: Cleans them.
    """

    number: int
    at: float | None
    method: str
    tenant: str | None
    seconds: float = 0.0
    status: int | None = None
    request_id: str | None = None
    fault: str | None = None
    dropped: bool = False
    layer: str | None = None
    similarity: float | None = None
    line: int | None = None
    script: str | None = None
    repaired: bool | None = None
    request_bytes: int = 0
    response_bytes: int = 0
    raw_path: str
    raw_query: str = ""
    raw_request: bytes | None = None
    raw_response: bytes | None = None
    raw_hider: Hider = _NOTHING_KNOWN

    def note_origin(self, origin: Origin | None) -> None:
        """Note where the answer came from."""
        if origin is not None:
            self.layer, self.similarity, self.line, self.script, self.repaired = origin

    def __repr__(self) -> str:
        """Without what may hold a secret."""
        return f"Entry(number={self.number}, {self.method} {self.path}, status={self.status})"

    @property
    def path(self) -> str:
        """As sent, without its query, secrets replaced."""
        return self.raw_hider.path(self.raw_path)

    @property
    def query(self) -> list[tuple[str, str]]:
        """Names and values, in order, secrets replaced."""
        return self.raw_hider.query(self.raw_query)

    @property
    def request_json(self) -> bytes | None:
        """The JSON that was sent, secrets replaced."""
        return self.raw_hider.json(self.raw_request)

    @property
    def response_json(self) -> bytes | None:
        """The JSON that was answered, secrets replaced."""
        return self.raw_hider.json(self.raw_response)

    @property
    def request(self) -> Any:
        """The JSON that was sent, decoded; None if it was none."""
        return _decoded(self.request_json)

    @property
    def response(self) -> Any:
        """The JSON that was answered, decoded; None if it was none."""
        return _decoded(self.response_json)

    @property
    def model(self) -> str | None:
        """The model that the request names."""
        asked = self.request
        model = asked.get("model") if isinstance(asked, dict) else None
        return model if isinstance(model, str) else None

    @property
    def ids(self) -> dict[str, list[str]]:
        """The jobs and files that request and answer are about, in the order in which they are named."""
        asked, told = self.request, self.response
        about = [self.path]
        if isinstance(asked, dict):
            about += [str(asked.get(name)) for name in ("training_file", "validation_file")]
        if isinstance(told, dict):
            about.append(str(told.get("id")))
        found = {
            name: pattern.findall(" ".join(about)) for name, pattern in (("jobs", _JOB), ("files", _FILE))
        }
        return {name: list(dict.fromkeys(ids)) for name, ids in found.items()}

    def to_dict(self) -> dict[str, Any]:
        """As the control API answers it."""
        fields = {name: getattr(self, name) for name in _TOLD}
        fields["query"] = [list(pair) for pair in self.query]
        return {**fields, "model": self.model, **self.ids, "request": self.request, "response": self.response}


@dataclass(frozen=True, slots=True)
class Filter:
    """Which entries are asked for; see `Journal.entries`."""

    path: str | None = None
    method: str | None = None
    status: int | None = None
    fault: str | None = None
    tenant: str | None = None
    since: int = 0
    layer: str | None = None

    def takes(self, entry: Entry) -> bool:
        """Whether `entry` is one of them."""
        if self.path is not None and not entry.path.startswith(self.path):
            return False
        wanted = (
            *((self.method, entry.method), (self.status, entry.status)),
            *((self.fault, entry.fault), (self.layer, entry.layer)),
        )
        if any(asked is not None and asked != there for asked, there in wanted):
            return False
        return entry.number > self.since and self.tenant in (None, entry.tenant)


def kept(body: bytes, content_type: str) -> bytes | None:
    """The body, if it is said to be JSON and is small enough to be kept."""
    if content_type.startswith("application/json") and 0 < len(body) <= _MAX_BODY_BYTES:
        return body
    return None


def _decoded(body: bytes | None) -> Any:
    if body is None:
        return None
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
