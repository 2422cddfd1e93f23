"""What a server is, for the page at ``/``; and what any server of a Handler has to be able to do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from drytune_simulator.clock import Clock
from drytune_simulator.http import Handler
from drytune_simulator.routes import ROUTES
from drytune_simulator.serving.settings import Settings
from drytune_simulator.version import __version__

__all__ = ["About", "Served", "about"]

_SPEEDS = {
    "manual": "when the control API moves the clock",
    "instant": "to their end when they are created",
    "poll": "to their next happening each time somebody reads them",
    "real": "in real time",
}
_WHAT = (
    "drytune answers here as OpenAI's documented fine-tuning platform would. Nothing is sent anywhere, nothing is "
    "trained, nothing is billed. Any key of letters and digits after sk- is taken, unless the server was given "
    "keys."
)


@dataclass(frozen=True, slots=True)
class About:
    """What a server says of itself.

    Attributes:
        title: In a few words.
        what: In a few sentences.
        facts: Names and values.
        routes: Of each operation that it may be asked: method, path, summary.
    """

    title: str
    what: str
    facts: list[tuple[str, str]]
    routes: list[tuple[str, str, str]]


class Served(Protocol):
    """A Handler with what a server needs beside it; the simulator's is `Assembly`."""

    @property
    def settings(self) -> Settings:
        """What it was made from."""

    @property
    def handler(self) -> Handler:
        """What answers."""

    def check(self) -> None:
        """Raise whatever is the matter, if it cannot answer now."""

    def about(self) -> About:
        """What it says of itself."""

    def deliver(self) -> None:
        """Send the webhooks that are due."""

    def close(self) -> None:
        """Let go of everything; what was not written yet is."""


def about(settings: Settings, clock: Clock) -> About:
    """What a simulated platform says of itself."""
    seconds = min(clock.now(), datetime.max.replace(tzinfo=UTC).timestamp() - 1)
    now = datetime.fromtimestamp(seconds, tz=UTC)
    as_of = "none: every model of the catalog works" if settings.as_of is None else settings.as_of.isoformat()
    facts = [
        ("version", __version__),
        ("simulated time", now.isoformat(" ", "seconds")),
        ("jobs move", _SPEEDS.get(settings.speed, f"{settings.speed} times as fast as real time")),
        ("catalog as of", as_of),
        ("seed", str(settings.seed)),
    ]
    routes = [(route.method, route.path, route.summary) for route in ROUTES]
    return About("A simulated fine-tuning API", _WHAT, facts, routes)
