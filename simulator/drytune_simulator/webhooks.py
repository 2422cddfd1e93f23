"""Tells others of jobs that have ended: ``fine_tuning.job.succeeded``, ``failed``, ``cancelled`` (FACTS.md §4.8).

A reminder (a row of kind ``webhook``) is written with its job and becomes due when the job ends. Whoever calls
`deliver` then sends it, signed as Standard Webhooks says. The platform's guide "Webhooks" (O) has the rest: the
headers; that any answer but 2xx, a redirect too, is a failure; that failures are tried again for up to 72 hours,
with exponential backoff; that the same message may come twice, and ``webhook-id`` is what to know it by.

It may here too: a process that is killed after it has sent and before it has noted so sends again. Of all
processes that share a store, one at a time has a reminder.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import logging
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, cast
from urllib.parse import urlsplit

import msgspec

from drytune_simulator import ids, posting
from drytune_simulator.clock import Clock, SystemClock
from drytune_simulator.posting import ElsewhereError, Post
from drytune_simulator.profile import WebhookEndpoint
from drytune_simulator.resources.job_record import TERMINAL, Job
from drytune_simulator.store import Row
from drytune_simulator.wire.objects import WebhookData, WebhookEvent
from drytune_simulator.world import World

__all__ = ["GIVE_UP_AFTER", "Delivery", "deliver", "signature"]

GIVE_UP_AFTER: Final = 72 * 3600.0
"""Seconds, by the simulator's clock, from the first attempt until none is made any more (guide "Webhooks", O)."""

_FIRST_WAIT: Final = 5.0
"""Seconds until the second attempt; then twice as long each time, 16 attempts in all (D: not published)."""
_JITTER: Final = 0.1
_LEASE: Final = 60.0
"""Real seconds for which a process has a reminder; longer than it takes to tell a few endpoints."""
_AT_A_TIME: Final = 100
_USER_AGENT: Final = "OpenAI/1.0 (+https://platform.openai.com/docs/webhooks)"
_LOG: Final = logging.getLogger("drytune_simulator.webhooks")


@dataclass(frozen=True, slots=True)
class Delivery:
    """One attempt to tell an endpoint.

    Attributes:
        job: The job's id.
        type: Of the event.
        url: The endpoint's, without its query.
        webhook_id: The same for all attempts.
        attempt: 1, 2, 3 …
        status: What the endpoint answered; None if it did not.
        error: Why it did not.
        next_attempt: When it is tried again, in Unix seconds by the simulator's clock; None if it is not.
    """

    job: str
    type: str
    url: str
    webhook_id: str
    attempt: int
    status: int | None = None
    error: str | None = None
    next_attempt: float | None = None

    @property
    def delivered(self) -> bool:
        """Whether the endpoint has taken it."""
        return self.status is not None and 200 <= self.status < 300


class _Told(msgspec.Struct, frozen=True):
    """How far it has come with an endpoint."""

    attempts: int = 0
    first_at: float = 0.0
    next_at: float = 0.0
    over: bool = False


class _Reminder(msgspec.Struct):
    """The document of a row; `endpoints` by a digest, since a URL may hold a secret."""

    job: str
    attempts: int = 0
    endpoints: dict[str, _Told] = {}


def signature(key: bytes, webhook_id: str, timestamp: int, body: bytes) -> str:
    """The header ``webhook-signature`` of Standard Webhooks: ``v1,`` and the HMAC-SHA256 in base64.

    Args:
        key: What the endpoint's secret writes down.
        webhook_id: The header ``webhook-id``.
        timestamp: The header ``webhook-timestamp``: when it is sent, in Unix seconds.
        body: The bytes that are sent.
    """
    signed = f"{webhook_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def deliver(world: World, post: Post | None = None, *, clock: Clock | None = None) -> list[Delivery]:
    """Send all that is due now, once to each endpoint that wants it.

    Args:
        world: Its profile says where to; its clock when to, first and again.
        post: Sends one request; by default over a connection of its own.
        clock: Tells the time of sending, which is signed. By default it is the real one, whatever the world's
            shows: receivers refuse a signature that is five minutes off.

    Returns:
        What was tried, in order.
    """
    tried: list[Delivery] = []
    if not world.profile.webhooks:
        return tried
    while True:
        rows = world.store.due("webhook", world.now(), _AT_A_TIME)
        taken = 0
        for row in rows:
            lease = world.now() + _LEASE * max(1.0, getattr(world.clock, "speed", 1.0))
            if world.store.claim(row, until=lease):
                taken += 1
                tried.extend(_Errand(world, row, lease, post or posting.post, clock or SystemClock()).run())
        if not taken or len(rows) < _AT_A_TIME:
            return tried


class _Errand:
    """One reminder, taken by this process until `lease`."""

    def __init__(self, world: World, row: Row, lease: float, post: Post, clock: Clock) -> None:
        self._world = world
        self._row = row
        self._lease = lease
        self._post = post
        self._clock = clock

    def run(self) -> Iterator[Delivery]:
        """Tell every endpoint whose turn it is."""
        row = self._row
        with self._world.store.transaction():  # nobody is about to end it at an earlier moment
            job_row = self._world.store.get("job", row.scope, row.id, math.inf)
            now = self._world.now()
        if job_row is None:
            self._settle([])
            return
        status = Job.of(job_row).state(now).status
        if status not in TERMINAL:
            self._postpone(max(job_row.ends_at, now + 1))
            return
        ended_at = min(job_row.ends_at, now)
        place = (self._world.seed, row.scope, row.id, ended_at)
        event = WebhookEvent(
            id="evt_" + ids.digest("event", *place).hex()[:32],
            type=cast("Any", f"fine_tuning.job.{status}"),
            created_at=int(ended_at),
            data=WebhookData(id=row.id),
        )
        webhook_id = "wh_" + ids.digest("webhook", *place).hex()[:32]
        keys = []
        for endpoint in self._world.profile.webhooks:
            if event.type not in endpoint.events:
                continue
            key = ids.digest("endpoint", endpoint.url, *endpoint.events).hex()[:16]
            keys.append(key)
            told = self._reminder().endpoints.get(key, _Told())
            if not told.over and told.next_at <= now:
                yield self._tell(endpoint, key, told, event, webhook_id)
        self._settle(keys)

    def _tell(
        self, endpoint: WebhookEndpoint, key: str, told: _Told, event: WebhookEvent, webhook_id: str
    ) -> Delivery:
        """One attempt, noted at once."""
        body = msgspec.json.encode(event)
        timestamp = int(self._clock.now())
        headers = {
            "content-type": "application/json",
            "user-agent": _USER_AGENT,
            "webhook-id": webhook_id,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": signature(endpoint.key, webhook_id, timestamp, body),
            "x-drytune": "simulated",
        }
        status = error = None
        forbidden = False
        try:
            status = self._post(endpoint, body, headers)
        except Exception as failure:  # noqa: BLE001 - however it fails, it is tried again, and others are told
            error = f"{type(failure).__name__}: {failure}"
            forbidden = isinstance(failure, ElsewhereError)
        now = self._world.now()
        attempt = told.attempts + 1
        first_at = told.first_at if told.attempts else now
        noise = ids.noise(self._world.seed, webhook_id, key, attempt)
        next_at = now + _FIRST_WAIT * 2.0 ** (attempt - 1) * (1 + _JITTER * noise)
        over = forbidden or next_at - first_at > GIVE_UP_AFTER
        over |= status is not None and 200 <= status < 300
        self._note(key, _Told(attempt, first_at, next_at, over=over))
        delivery = Delivery(
            job=event.data.id,
            type=event.type,
            url=_bare(endpoint.url),
            webhook_id=webhook_id,
            attempt=attempt,
            status=status,
            error=error,
            next_attempt=None if over else next_at,
        )
        _log(delivery)
        return delivery

    def _reminder(self) -> _Reminder:
        """What is noted now."""
        row = self._world.store.get("webhook", self._row.scope, self._row.id, math.inf)
        return msgspec.convert((row or self._row).document, _Reminder)

    def _note(self, key: str, told: _Told) -> None:
        with self._world.store.transaction():
            row = self._world.store.get("webhook", self._row.scope, self._row.id, math.inf)
            if row is not None:
                reminder = msgspec.convert(row.document, _Reminder)
                known = reminder.endpoints.get(key, _Told())
                # whoever took it over, since the lease was over, may have been luckier
                endpoints = {**reminder.endpoints, key: known if known.over else told}
                noted = _Reminder(reminder.job, reminder.attempts + 1, endpoints)
                self._world.store.update(msgspec.structs.replace(row, document=msgspec.to_builtins(noted)))

    def _postpone(self, moment: float) -> None:
        """Let go of the reminder until `moment`: its job goes on."""
        with self._world.store.transaction():
            row = self._world.store.get("webhook", self._row.scope, self._row.id, math.inf)
            if row is not None:
                self._world.store.update(msgspec.structs.replace(row, visible_at=moment))

    def _settle(self, keys: list[str]) -> None:
        """Let go of the reminder: until an endpoint's next turn, or for good."""
        with self._world.store.transaction():
            row = self._world.store.get("webhook", self._row.scope, self._row.id, math.inf)
            if row is None:
                return
            told = msgspec.convert(row.document, _Reminder).endpoints
            turns = [told.get(key, _Told()).next_at for key in keys if not told.get(key, _Told()).over]
            if not turns:
                row = msgspec.structs.replace(row, ends_at=self._world.now())
            elif row.visible_at <= self._lease:  # else it is over, and another process has or had it
                row = msgspec.structs.replace(row, visible_at=min(turns))
            self._world.store.update(row)


def _log(delivery: Delivery) -> None:
    job, url, attempt = delivery.job, delivery.url, delivery.attempt
    if delivery.delivered:
        _LOG.info("webhook %s of %s delivered to %s (attempt %d)", delivery.type, job, url, attempt)
        return
    why = delivery.error or f"it answered {delivery.status}"
    if delivery.next_attempt is None:
        _LOG.error("webhook %s of %s given up at %s (attempt %d): %s", delivery.type, job, url, attempt, why)
    else:
        _LOG.warning("webhook %s of %s failed at %s (attempt %d): %s", delivery.type, job, url, attempt, why)


def _bare(url: str) -> str:
    """A URL without its query, where tokens may be."""
    return urlsplit(url)._replace(query="", fragment="").geturl()
