"""What every resource of the platform is given: the state, the time, the seed, and who is asking."""

from __future__ import annotations

import datetime as dt
import hmac
import re
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Protocol, TypeVar

from drytune_simulator import ids
from drytune_simulator.clock import Clock, to_date
from drytune_simulator.errors import refuse
from drytune_simulator.http import Request
from drytune_simulator.profile import Profile
from drytune_simulator.store import Store

__all__ = ["Call", "NewJob", "NoScenarios", "Scenarios", "Tenant", "World", "authenticate"]

_Taught = TypeVar("_Taught")
_NOTED_AHEAD = 1.0
_KEY = re.compile(r"sk-[A-Za-z0-9_-]+")


@dataclass(frozen=True, slots=True)
class Tenant:
    """Who is asking: state belongs to a key, an organization and a project, as at the platform.

    Attributes:
        scope: Digest of the three; the key itself is kept nowhere.
        organization: ``org-…`` id for ``organization_id`` and the ``openai-organization`` header.
        project: ``proj_…`` as the ``openai-project`` header named it; empty without one.
        administers: Digest of the organization that an admin key (``sk-admin-…``) administers, or empty.
        belongs: Digest of the organization that this tenant belongs to, to be compared with `administers`.
    """

    scope: str
    organization: str
    project: str = ""
    administers: str = ""
    belongs: str = ""


@dataclass(frozen=True, slots=True)
class Call:
    """One authenticated request, and the values of its path's variables.

    Attributes:
        specified: Whether the answer is to have the form of the published specification where real answers were
            recorded to differ (`Profile.form`, or the header ``x-drytune-form: specified`` of this request).
    """

    request: Request
    tenant: Tenant
    path: tuple[str, ...]
    specified: bool = False


@dataclass(frozen=True, slots=True)
class NewJob:
    """What a scenario is chosen by."""

    model: str
    suffix: str | None
    metadata: dict[str, str]
    tenant: Tenant


class Scenarios(Protocol):
    """Decides which new jobs go wrong, and how."""

    def choose(self, job: NewJob) -> str | None:
        """The name of the scenario that `job` follows, or None; called once for each job that is asked for."""


class NoScenarios:
    """All jobs go as their files deserve."""

    def choose(self, job: NewJob) -> str | None:  # noqa: ARG002 - the protocol's signature
        """Nothing is chosen."""
        return None


@dataclass(slots=True)
class World:
    """The simulated platform's state, its settings, and its sources of time and chance.

    Attributes:
        profile: What the platform allows.
        as_of: The day as of which the catalog's dates apply when the simulator begins; None if they only warn.
        scenarios: Names the scenario, if any, that a new job is to follow.
    """

    store: Store
    clock: Clock
    seed: int
    profile: Profile = field(default_factory=Profile)
    as_of: dt.date | None = None
    scenarios: Scenarios = field(default_factory=NoScenarios)
    _days_ahead: int = 0
    _taught: OrderedDict[str, Any] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _building: threading.Lock = field(default_factory=threading.Lock)
    _noted: float = 0.0

    def __post_init__(self) -> None:
        if self.as_of is not None:
            self._days_ahead = (self.as_of - to_date(self.clock.now())).days

    @property
    def strict(self) -> bool:
        """Whether the catalog's dates are applied; else they only warn."""
        return self.as_of is not None

    def today(self) -> dt.date:
        """The day whose catalog applies: that of `as_of`, going on with the clock, or the clock's own."""
        return to_date(self.now()) + dt.timedelta(days=self._days_ahead)

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

    def taught(self, key: str, build: Callable[[], _Taught]) -> _Taught:
        """What a tuned model was taught, built once; the 32 used last are kept."""
        known: _Taught | None = self._remembered(key)
        if known is not None:
            return known
        with self._building:  # many first questions at once should build it once
            known = self._remembered(key)
            if known is None:
                known = build()
                with self._lock:
                    self._taught[key] = known
                    while len(self._taught) > 32:
                        self._taught.popitem(last=False)
            return known

    def _remembered(self, key: str) -> Any:
        with self._lock:
            if key in self._taught:
                self._taught.move_to_end(key)
            return self._taught.get(key)


def authenticate(request: Request, keys: frozenset[str] | None = None) -> Tenant:
    """Who is asking.

    Args:
        request: Its headers are looked at.
        keys: Those that are taken; None takes any of the right form, which is then somebody's.

    Raises:
        ApiError: 401, no key, a malformed one, or one that is not among `keys`.
    """
    header = request.headers.get("authorization", "").strip()
    scheme, _, key = header.partition(" ")
    key = key.strip()
    if scheme.lower() != "bearer" or not key:
        newer = request.method == "GET" and request.path == "/v1/models"
        raise refuse(
            "no-bearer" if newer else "no-key", reason="send the header `Authorization: Bearer sk-...`"
        )
    if keys is not None and not any(hmac.compare_digest(key.encode(), known.encode()) for known in keys):
        raise refuse(
            "bad-key", key=_masked(key), reason="this server takes only the keys it was started with"
        )
    if keys is None and not _KEY.fullmatch(key):
        raise refuse(
            "bad-key",
            key=_masked(key),
            reason="the simulator takes any key of letters and digits after `sk-`",
        )
    return _tenant(
        key, request.headers.get("openai-organization", ""), request.headers.get("openai-project", "")
    )


@lru_cache(maxsize=1024)
def _tenant(key: str, organization: str, project: str) -> Tenant:
    scope = ids.digest("tenant", key, organization, project).hex()[:32]
    belongs = ids.digest("organization", organization).hex()[:32]
    return Tenant(
        scope=scope,
        organization=organization or "org-" + ids.identifier(24, "organization", scope),
        project=project,
        administers=belongs if key.startswith("sk-admin-") else "",
        belongs=belongs,
    )


def _masked(key: str) -> str:
    if len(key) < 20:
        return "*" * len(key)
    return key[:8] + "*" * (len(key) - 12) + key[-4:]
