"""What every resource of the platform is given: the state, the time, the seed, and who is asking."""

from __future__ import annotations

import re
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from drytune_simulator import ids
from drytune_simulator.clock import Clock
from drytune_simulator.errors import refuse
from drytune_simulator.http import Request
from drytune_simulator.store import Store

if TYPE_CHECKING:
    from drytune_simulator.inference import Taught

__all__ = ["Call", "Tenant", "World", "authenticate"]

_NOTED_AHEAD = 1.0
_KEY = re.compile(r"sk-[A-Za-z0-9_-]+")


@dataclass(frozen=True, slots=True)
class Tenant:
    """Who is asking: state belongs to a key, an organization and a project, as at the platform.

    Attributes:
        scope: Digest of the three; the key itself is kept nowhere.
        organization: ``org-…`` id for ``organization_id`` and the ``openai-organization`` header.
    """

    scope: str
    organization: str


@dataclass(frozen=True, slots=True)
class Call:
    """One authenticated request, and the values of its path's variables."""

    request: Request
    tenant: Tenant
    path: tuple[str, ...]


@dataclass(slots=True)
class World:
    """The simulated platform's state and its sources of time and chance.

    Attributes:
        slug: The organization as it stands in the names of tuned models; ``personal`` without one.
    """

    store: Store
    clock: Clock
    seed: int
    slug: str
    _taught: OrderedDict[str, Taught] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _building: threading.Lock = field(default_factory=threading.Lock)
    _noted: float = 0.0

    def now(self) -> float:
        """The time, noted where it has to survive a restart.

        What is noted is a little ahead, so that not every request writes: a restarted server begins there, and
        nothing that a client has seen lies in its future.
        """
        now = self.clock.now()
        if self.store.durable and now > self._noted:
            self._noted = now + _NOTED_AHEAD
            self.store.note(self._noted)
        return now

    def new_id(self, prefix: str, length: int, kind: str, tenant: Tenant) -> tuple[str, int]:
        """A fresh id of `prefix` and `length` letters and digits, and the number it is made from."""
        number = self.store.number(kind, tenant.scope)
        return prefix + ids.identifier(length, self.seed, tenant.scope, kind, number), number

    def taught(self, key: str, build: Callable[[], Taught]) -> Taught:
        """What a tuned model was taught, built once; the 32 used last are kept."""
        with self._lock:
            if key in self._taught:
                self._taught.move_to_end(key)
                return self._taught[key]
        with self._building:  # many first questions at once should build it once
            with self._lock:
                if key in self._taught:
                    return self._taught[key]
            built = build()
        with self._lock:
            self._taught[key] = built
            while len(self._taught) > 32:
                self._taught.popitem(last=False)
        return built


def authenticate(request: Request) -> Tenant:
    """Who is asking.

    Any key of the right form is somebody's; nothing is looked up.

    Raises:
        ApiError: 401, no key or a malformed one.
    """
    header = request.headers.get("authorization", "").strip()
    scheme, _, key = header.partition(" ")
    key = key.strip()
    if scheme.lower() != "bearer" or not key:
        newer = request.method == "GET" and request.path == "/v1/models"
        raise refuse(
            "no-bearer" if newer else "no-key", reason="send the header `Authorization: Bearer sk-...`"
        )
    if not _KEY.fullmatch(key):
        raise refuse(
            "bad-key",
            key=_masked(key),
            reason="the simulator takes any key of letters and digits after `sk-`",
        )
    organization = request.headers.get("openai-organization", "")
    project = request.headers.get("openai-project", "")
    scope = ids.digest("tenant", key, organization, project).hex()[:32]
    return Tenant(scope, organization or "org-" + ids.identifier(24, "organization", scope))


def _masked(key: str) -> str:
    if len(key) < 20:
        return "*" * len(key)
    return key[:8] + "*" * (len(key) - 12) + key[-4:]
