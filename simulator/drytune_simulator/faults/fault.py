"""One fault: what goes wrong, where, for which calls, and whether before or after the effect."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from drytune_simulator.errors import REFUSALS
from drytune_simulator.faults.selection import Selection
from drytune_simulator.faults.where import Where
from drytune_simulator.faults.words import FaultError, nearest, shown

__all__ = ["ERRORS", "WHAT", "Fault"]

ERRORS: Mapping[str, str] = {
    "rate_limited": "requests-a-minute",
    "quota": "fault-quota",
    "server_error": "fault-server-error",
    "overloaded": "fault-overloaded",
    "slow_down": "fault-slow-down",
    "bad_gateway": "fault-bad-gateway",
}
"""Errors that have a name, and their rows in the table of refusals, which says how sure the wording is."""

WHAT: Mapping[str, str] = {
    **{
        name: f"the error {REFUSALS[row].status} {REFUSALS[row].code or ''}".rstrip()
        for name, row in ERRORS.items()
    },
    "timeout": "no answer for an hour, or for `delay` seconds; then the connection breaks",
    "slow": "the answer comes after `delay`, a stream after `first_token`, at `tokens_per_second`",
    "drop": "the connection breaks before any byte; `at` = headers: behind those; or after so many of the body",
    "truncate": "the body ends too early, after `at` bytes, though its length was announced",
    "malformed": "the body is whole and is no JSON; of a stream, one event is not",
}
"""Everything that can go wrong by name, and a sentence about it."""

_NEED_AN_ANSWER = ("slow", "truncate", "malformed")
_ONLY_FOR = {
    "at": ("drop", "truncate"),
    "first_token": ("slow",),
    "tokens_per_second": ("slow",),
}
# they say where an answer ends and how long the connection lives, or that drytune made it: no fault may lie there
_OF_THE_SERVER = frozenset(
    {
        "connection",
        "content-length",
        "date",
        "keep-alive",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
_OF_ERRORS = ("message", "type", "code", "param", "body", "retry_after")


class _Place(Selection, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    route: str
    what: int | str


class Fault(_Place, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """Something that goes wrong, on purpose.

    Attributes:
        route: ``POST /v1/fine_tuning/jobs``, ``/v1/files/*``, ``/v1/files/**`` (what follows, too), or ``*``.
        what: A status from 400 to 599, or a name out of `WHAT`. After ``drop`` and ``timeout`` no answer tells an
            SDK to try again at once: between its own retries it sleeps half a second and more, and it waits for
            each timeout anew. Give its client ``max_retries=0`` in tests of them, or count on that time.
        when: ``before`` the effect: the simulator is never asked; ``after``: it is asked, the effect is there, and
            the answer is lost or spoiled. By default before, and after for what spoils an answer.
        message, type, code, param: Of a status error, instead of the platform's own.
        body: Of a status error, instead of JSON: a gateway's page, say.
        headers: Added to the answer.
        retry_after: Seconds, sent as ``retry-after``. Without it, and with 0, errors that an SDK retries carry
            ``retry-after-ms: 1``, so that it does not wait; 429 and 503 say ``retry-after: 1`` beside it.
        delay: Seconds before the answer begins, or the connection breaks.
        first_token: Seconds before the first event of a stream, after its headers.
        tokens_per_second: Events of a stream in a second.
        jitter: Share, from 0 to 1, by which all these times are longer or shorter, drawn by the seed.
        at: Where a connection breaks or a body ends: ``start``, ``headers``, or a number of bytes of the body.

    Raises:
        FaultError: The parts do not fit together; the sentence says which.
    """

    when: Literal["before", "after"] | None = None
    message: str | None = None
    type: str | None = None
    code: str | None = None
    param: str | None = None
    body: str | None = None
    headers: dict[str, str] = msgspec.field(default_factory=dict)
    retry_after: float | None = None
    delay: float | None = None
    first_token: float | None = None
    tokens_per_second: float | None = None
    jitter: float = 0.0
    at: int | Literal["start", "headers"] | None = None

    def __post_init__(self) -> None:
        Selection.__post_init__(self)
        Where(self.route)
        _check_what(self.what)
        _check_numbers(self)
        _check_headers(self.headers)
        for key in _OF_ERRORS:
            if getattr(self, key) is not None and not self.is_error:
                msg = f"{key} is of a status error, and what is {shown(self.what)}; leave it out"
                raise FaultError(msg)
        for key, whats in _ONLY_FOR.items():
            if getattr(self, key) is not None and self.what not in whats:
                msg = f"{key} is only for {' and '.join(whats)}, and what is {shown(self.what)}; leave it out"
                raise FaultError(msg)
        if self.when not in (None, "before", "after"):
            msg = f"when is {shown(self.when)}; it must be before or after (the effect)"
            raise FaultError(msg)
        if self.what == "slow":
            self._check_slow()
        if self.what == "truncate" and self.at in ("start", "headers"):
            msg = "at must be a number of bytes where what is truncate; a connection that breaks earlier is a drop"
            raise FaultError(msg)

    def _check_slow(self) -> None:
        if self.when == "before":
            msg = "slow has no `before`: what comes late is the simulator's own answer; take timeout instead"
            raise FaultError(msg)
        if self.delay is self.first_token is self.tokens_per_second is None:
            msg = "slow needs at least one of delay, first_token and tokens_per_second"
            raise FaultError(msg)

    @property
    def is_error(self) -> bool:
        """Whether it is answered with a status error."""
        return isinstance(self.what, int) or self.what in ERRORS

    @property
    def asks(self) -> bool:
        """Whether the simulator is asked, so that the effect is there."""
        return (self.when or ("after" if self.what in _NEED_AN_ANSWER else "before")) == "after"

    def table(self) -> dict[str, Any]:
        """As a table of TOML or an object of JSON has it; what is as by default is left out."""
        fields: dict[str, Any] = msgspec.to_builtins(self)
        return {key: fields[key] for key in ("route", "what", *fields) if key in fields}

    def __str__(self) -> str:
        """As the command line takes it."""
        from drytune_simulator.faults.forms import text_of

        return text_of(self)


def _check_what(what: int | str) -> None:
    if isinstance(what, str) and what not in WHAT:
        msg = f"what is {shown(what)}; it must be a status from 400 to 599, or a name{nearest(what, WHAT)}"
        raise FaultError(msg)
    if not isinstance(what, str) and not 400 <= what <= 599:
        msg = f"what is {shown(what)}; a status that is an error is from 400 to 599"
        raise FaultError(msg)


def _check_numbers(fault: Fault) -> None:
    for key in ("delay", "first_token", "retry_after"):
        number = getattr(fault, key)
        if number is not None and not 0 <= number < math.inf:
            msg = f"{key} is {shown(number)}; it must be a number of seconds, 0 or more"
            raise FaultError(msg)
    speed = fault.tokens_per_second
    if speed is not None and not 0 < speed < math.inf:
        msg = f"tokens_per_second is {shown(speed)}; it must be a number above 0"
        raise FaultError(msg)
    if not 0 <= fault.jitter <= 1:
        msg = f"jitter is {shown(fault.jitter)}; it must be a share from 0 to 1"
        raise FaultError(msg)
    if isinstance(fault.at, int) and fault.at < 0:
        msg = f"at is {shown(fault.at)}; it must be a number of bytes, 0 or more"
        raise FaultError(msg)


def _check_headers(headers: Mapping[str, str]) -> None:
    for name, value in headers.items():
        if not (name.isascii() and name.replace("-", "").replace("_", "").isalnum()):
            msg = f"headers has {shown(name)}, which is no name of a header"
            raise FaultError(msg)
        if not (value.isascii() and value.isprintable() and value == value.strip()):
            msg = f"the header {name} is {shown(value)}; it must be of printable ASCII characters, trimmed"
            raise FaultError(msg)
        if name.lower() in _OF_THE_SERVER or name.lower().startswith("x-drytune"):
            msg = f"headers has {name}, which the server itself sets; {_instead(name.lower())}"
            raise FaultError(msg)


def _instead(name: str) -> str:
    if name == "content-length":
        return "a body that is shorter than announced is what = truncate"
    return "a connection that breaks is what = drop" if name == "connection" else "leave it out"
