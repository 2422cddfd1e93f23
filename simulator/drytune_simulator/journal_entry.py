"""One entry of the journal, and what of a request may be kept: no headers, and no secrets."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

import msgspec

__all__ = ["Entry", "Filter", "kept"]

_MAX_BODY_BYTES = 64 * 1024
_KEY = re.compile(rb"(?<![A-Za-z0-9_-])(?:sk-|whsec_|Bearer )[A-Za-z0-9_+/=.-]{6,}")
_SECRET_FIELD = re.compile(
    rb'("(?:[A-Za-z_-]*(?:api[_-]?key|secret|password|authorization|cookie)[A-Za-z_-]*)"\s*:\s*)'
    rb'"(?:[^"\\]|\\.)*"',
    re.IGNORECASE,
)
_SECRET_NAME = re.compile(r"key|secret|password|token|authorization|signature", re.IGNORECASE)
_HIDDEN = "[hidden]"
_JOB = re.compile(r"ftjob-[A-Za-z0-9]+")
_FILE = re.compile(r"file-[A-Za-z0-9]+")


class Entry(msgspec.Struct, kw_only=True):
    """One request and its answer.

    Attributes:
        number: From 1 on, in the order in which they came.
        at: When it came, by the simulator's clock, in Unix seconds.
        seconds: How long it took until the answer was there (not a stream's end), in real seconds.
        method, path: As sent; the path without its query.
        status: Of the answer; None where the connection broke before it.
        request_id: ``x-request-id`` of the answer.
        fault: Name or number of the fault that struck.
        dropped: Whether the connection broke, before or in the answer.
        tenant: Digest of key, organization and project (`Tenant.scope`); None without a key of the right form.
        request_bytes, response_bytes: Sizes of the bodies; of a stream, what was read so far.
        raw_query, raw_request, raw_response: As sent and answered, the bodies where they were said to be JSON and
            had at most 64 KiB. They may hold secrets, so they are never shown; `query`, `request_json` and
            `response_json` are what may be. Most entries are never looked at, so it is then that they are cleaned.
    """

    number: int
    at: float
    method: str
    path: str
    tenant: str | None
    seconds: float = 0.0
    status: int | None = None
    request_id: str | None = None
    fault: str | None = None
    dropped: bool = False
    request_bytes: int = 0
    response_bytes: int = 0
    raw_query: str = ""
    raw_request: bytes | None = None
    raw_response: bytes | None = None

    def __repr__(self) -> str:
        """Without what may hold a secret."""
        return f"Entry(number={self.number}, {self.method} {self.path}, status={self.status})"

    @property
    def query(self) -> list[tuple[str, str]]:
        """Names and values, in order, secrets replaced."""
        return _clean_query(self.raw_query)

    @property
    def request_json(self) -> bytes | None:
        """The JSON that was sent, secrets replaced."""
        return _clean_json(self.raw_request)

    @property
    def response_json(self) -> bytes | None:
        """The JSON that was answered, secrets replaced."""
        return _clean_json(self.raw_response)

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
        fields = {name: getattr(self, name) for name in self.__struct_fields__ if not name.startswith("raw_")}
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

    def takes(self, entry: Entry) -> bool:
        """Whether `entry` is one of them."""
        if self.path is not None and not entry.path.startswith(self.path):
            return False
        wanted = ((self.method, entry.method), (self.status, entry.status), (self.fault, entry.fault))
        if any(asked is not None and asked != there for asked, there in wanted):
            return False
        return entry.number > self.since and self.tenant in (None, entry.tenant)


def kept(body: bytes, content_type: str) -> bytes | None:
    """The body, if it is said to be JSON and is small enough to be kept."""
    if content_type.startswith("application/json") and 0 < len(body) <= _MAX_BODY_BYTES:
        return body
    return None


def _clean_json(body: bytes | None) -> bytes | None:
    if body is None:
        return None
    return _KEY.sub(_HIDDEN.encode(), _SECRET_FIELD.sub(rb'\1"[hidden]"', body))


def _decoded(body: bytes | None) -> Any:
    if body is None:
        return None
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _clean_query(query: str) -> list[tuple[str, str]]:
    pairs: Iterable[tuple[str, str]] = parse_qsl(query, keep_blank_values=True)
    return [
        (
            name,
            _HIDDEN if _SECRET_NAME.search(name) or _KEY.search(value.encode("utf-8", "replace")) else value,
        )
        for name, value in pairs
    ]
