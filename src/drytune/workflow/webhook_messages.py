"""Messages of webhooks: whether they are signed, new, and tell of anything (Standard Webhooks)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import threading
from collections.abc import Mapping
from typing import Final

import msgspec

from drytune.errors import UsageError
from drytune_simulator.clock import Clock, SystemClock

__all__ = ["TOLERANCE", "Event", "Verifier", "WebhookError"]

TOLERANCE: Final = 300
"""Seconds by which the time of sending may differ from the time here (Standard Webhooks)."""

_PREFIX: Final = "whsec_"


class Event(msgspec.Struct, frozen=True):
    """What a webhook tells.

    Attributes:
        type: E.g. ``fine_tuning.job.succeeded``.
        job_id: Of the object that it is about.
    """

    type: str
    job_id: str


class WebhookError(ValueError):
    """A request that is not taken; its text says why, and never has the secret.

    Attributes:
        status: Of HTTP, for the answer.
    """

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class _Data(msgspec.Struct):
    id: str


class _Body(msgspec.Struct):
    type: str
    data: _Data


class Verifier:
    """Says whether a message is from who has the secret, is new, and comes for the first time.

    Args:
        secret: ``whsec_`` and base64, as the platform shows it once.
        clock: Tells the time.

    Raises:
        UsageError: It is no such secret; it is not in the message.
    """

    def __init__(self, secret: str, clock: Clock | None = None) -> None:
        self._key = _key_of(secret)
        self._clock = clock or SystemClock()
        self._seen: dict[str, int] = {}
        self._lock = threading.Lock()

    def event_in(self, headers: Mapping[str, str], body: bytes) -> Event | None:
        """What a message tells; None if it was told before, by an earlier attempt to deliver it.

        Args:
            headers: Of the request, names in lower case.
            body: Its bytes.

        Raises:
            WebhookError: It is not signed with the secret, is too old, or was copied.
        """
        name, sent_at = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
        if not 0 < len(name) <= 256 or not (sent_at.isascii() and sent_at.isdecimal() and len(sent_at) <= 12):
            raise WebhookError(400, "it has no webhook-id and webhook-timestamp")
        signed = f"{name}.{sent_at}.".encode("utf-8", "surrogateescape") + body
        wanted = base64.b64encode(hmac.new(self._key, signed, hashlib.sha256).digest())
        given = headers.get("webhook-signature", "")[:4096].split()
        told = [
            part.removeprefix("v1,").encode("utf-8", "replace") for part in given if part.startswith("v1,")
        ]
        if not any(hmac.compare_digest(wanted, one) for one in told):
            raise WebhookError(401, "its signature is not of this secret")
        now = self._clock.now()
        if abs(now - int(sent_at)) > TOLERANCE:
            raise WebhookError(401, f"it was sent {now - int(sent_at):.0f} s ago by its timestamp")
        is_new = self._is_new(name, int(sent_at), now)
        event = _event_in(body)
        return event if is_new else None

    def _is_new(self, name: str, sent_at: int, now: float) -> bool:
        with self._lock:
            for old in [one for one, at in self._seen.items() if now - at > 2 * TOLERANCE]:
                del self._seen[old]
            before = self._seen.get(name)
            if before is not None and sent_at <= before:
                raise WebhookError(409, "it was received before")
            self._seen[name] = sent_at
            return before is None


def _event_in(body: bytes) -> Event:
    try:
        told = msgspec.json.decode(body, type=_Body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise WebhookError(400, "it is signed, and no event") from None
    return Event(told.type, told.data.id)


def _key_of(secret: str) -> bytes:
    try:
        key = base64.b64decode(secret.strip().removeprefix(_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not key:
        raise UsageError(
            f"A webhook's secret is {_PREFIX} and then base64, as the platform shows it when the webhook is made; "
            "what was given is none."
        )
    return key
