"""What a simulated platform allows, and in which of two forms it answers: settings, not state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

__all__ = ["Profile", "WebhookEndpoint"]


@dataclass(frozen=True, slots=True)
class WebhookEndpoint:
    """Where to tell of jobs that have ended.

    Attributes:
        url: Loopback only, unless `anywhere`.
        secret: ``whsec_`` and base64, as Standard Webhooks writes it; signs what is sent, and is shown nowhere.
        events: Types that are sent; all three by default.
        anywhere: Whether another host than this machine may be called.
    """

    url: str
    secret: str = field(repr=False)
    events: tuple[str, ...] = (
        "fine_tuning.job.succeeded",
        "fine_tuning.job.failed",
        "fine_tuning.job.cancelled",
    )
    anywhere: bool = False


@dataclass(frozen=True, slots=True)
class Profile:
    """What the platform is like.

    Attributes:
        organization: As it stands in the names of tuned models; ``personal`` for a person.
        keys: The API keys that are taken; None takes any of the right form.
        concurrent_jobs: How many jobs a model may have at a time (FACTS.md §4.3); None for no limit.
        daily_jobs: How many jobs a model may be given in a day; None for no limit.
        requests_per_minute, tokens_per_minute: What the rate-limit headers of a chat tell.
        enforce_rates: Whether exceeding them is refused.
        form: ``recorded`` answers as real answers were recorded in 2025-26; ``specified`` as the published
            specification has it where the two differ (``error: null``, no ``moderation_checks``, no ``paused``).
        webhooks: Where to tell of jobs that have ended.
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

    def limits(self) -> Mapping[str, int | None]:
        """The limits on jobs, by the names of ``model_limits``."""
        return {"max_total_jobs": self.daily_jobs, "max_concurrent_jobs": self.concurrent_jobs}
