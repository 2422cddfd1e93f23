"""What a simulated platform allows, and in which of two forms it answers: settings, not state."""

from __future__ import annotations

import base64
import binascii
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal
from urllib.parse import urlsplit

from drytune_simulator.catalog import slug

__all__ = ["WEBHOOK_EVENTS", "Profile", "WebhookEndpoint"]

WEBHOOK_EVENTS: Final = ("fine_tuning.job.succeeded", "fine_tuning.job.failed", "fine_tuning.job.cancelled")
"""Types of the webhooks that are sent (FACTS.md §4.8)."""

_SECRET_PREFIX: Final = "whsec_"  # noqa: S105 - what a secret begins with
_LONGEST_ORGANIZATION: Final = 64


@dataclass(frozen=True, slots=True)
class WebhookEndpoint:
    """Where to tell of jobs that have ended.

    Attributes:
        url: Loopback only, unless `anywhere`.
        secret: ``whsec_`` and base64, as Standard Webhooks writes it; signs what is sent, and is shown nowhere.
        events: Types that are sent; all three by default.
        anywhere: Whether another host than this machine may be called.

    Raises:
        ValueError: The URL is none of http or https, or has a name and a password in it; the secret is not
            ``whsec_`` and base64; an event is none of `WEBHOOK_EVENTS`. The secret is in no message.
    """

    url: str
    secret: str = field(repr=False)
    events: tuple[str, ...] = WEBHOOK_EVENTS
    anywhere: bool = False

    def __post_init__(self) -> None:
        if (fault := _fault_of_url(self.url)) is not None:
            shown = "one" if "@" in self.url else repr(self.url)  # a password is shown to nobody
            msg = f"a webhook's url {fault}, but got {shown}; write it as http://127.0.0.1:9000/hook"
            raise ValueError(msg)
        if not self.key:
            msg = (
                f"a webhook's secret must be {_SECRET_PREFIX!r} and then base64, as Standard Webhooks has it"
            )
            raise ValueError(msg)
        unknown = [event for event in self.events if event not in WEBHOOK_EVENTS]
        if unknown or not self.events:
            msg = f"a webhook's events must be some of {', '.join(WEBHOOK_EVENTS)}, but got {self.events!r}"
            raise ValueError(msg)

    @property
    def key(self) -> bytes:
        """The key that the secret writes down; empty if it is no secret."""
        try:
            key = base64.b64decode(self.secret.removeprefix(_SECRET_PREFIX), validate=True)
        except (binascii.Error, ValueError):
            return b""
        return key if self.secret.startswith(_SECRET_PREFIX) else b""


@dataclass(frozen=True, slots=True)
class Profile:
    """What the platform is like.

    Attributes:
        organization: As it stands in the names of tuned models; ``personal`` for a person. A name is made what it
            is there: ``Acme Corp.`` is ``acme-corp`` (FACTS.md §4.7).
        keys: The API keys that are taken; None takes any of the right form.
        concurrent_jobs: How many jobs a model may have at a time (FACTS.md §4.3); None for no limit.
        daily_jobs: How many jobs a model may be given in a day; None for no limit.
        requests_per_minute, tokens_per_minute: What the rate-limit headers of a chat tell.
        enforce_rates: Whether exceeding them is refused.
        form: ``recorded`` answers as real answers were recorded in 2025-26; ``specified`` as the published
            specification has it where the two differ (``error: null``, no ``moderation_checks``, no ``paused``).
        webhooks: Where to tell of jobs that have ended.
        free_account: Whether the account is a free one, which may not download training files (FACTS.md §3.2).
        first_token: Seconds until a streamed answer begins.
        tokens_per_second: How fast it goes on; None for all at once.
        jitter: By which part of itself, 0 to 1, each of these times may be shorter or longer.

    Raises:
        ValueError: Nothing is left of the organization's name, or too much; a time is negative or no number, or
            the jitter not within 0 to 1.
    """

    organization: str = "personal"
    keys: frozenset[str] | None = field(default=None, repr=False)
    concurrent_jobs: int | None = 3
    daily_jobs: int | None = None
    requests_per_minute: int = 10_000
    tokens_per_minute: int = 2_000_000
    enforce_rates: bool = False
    form: Literal["recorded", "specified"] = "recorded"
    webhooks: tuple[WebhookEndpoint, ...] = ()
    free_account: bool = False
    first_token: float = 0.0
    tokens_per_second: float | None = None
    jitter: float = 0.0

    def __post_init__(self) -> None:
        organization = slug(self.organization)
        if not 1 <= len(organization) <= _LONGEST_ORGANIZATION:
            msg = (
                f"an organization's name must have 1 to {_LONGEST_ORGANIZATION} letters a to z, digits and "
                f"dashes, as in its models' names, but got {self.organization[:100]!r}; write it as acme-corp"
            )
            raise ValueError(msg)
        object.__setattr__(self, "organization", organization)
        speed = self.tokens_per_second
        if not (0 <= self.first_token < math.inf and (speed is None or speed > 0)):
            msg = (
                "a stream's first_token must be 0 seconds or more and its tokens_per_second above 0, but got "
                f"{self.first_token!r} and {speed!r}"
            )
            raise ValueError(msg)
        if not 0 <= self.jitter <= 1:
            msg = f"a stream's jitter must be from 0 to 1, but got {self.jitter!r}"
            raise ValueError(msg)

    def limits(self) -> Mapping[str, int | None]:
        """The limits on jobs, by the names of ``model_limits``."""
        return {"max_total_jobs": self.daily_jobs, "max_concurrent_jobs": self.concurrent_jobs}


def _fault_of_url(url: str) -> str | None:
    """What a webhook's URL must be and is not, or None."""
    if not re.fullmatch(r"[!-~]+", url):
        return "must be of printable ASCII characters without spaces"
    try:
        parts = urlsplit(url)
        known = parts.scheme in {"http", "https"} and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        known = False
    if not known:
        return "must begin with http:// or https:// and a host"
    return "must have no name and no password in it" if "@" in parts.netloc else None
