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
from weakref import WeakValueDictionary

from drytune_simulator import ids
from drytune_simulator.clock import Anchor, Clock, SimulatedClock, from_date, to_date
from drytune_simulator.errors import refuse
from drytune_simulator.http import Request
from drytune_simulator.profile import Profile
from drytune_simulator.rates import Rates
from drytune_simulator.store import Store

__all__ = ["PROJECT", "Call", "NewJob", "NoScenarios", "Scenarios", "Tenant", "World", "authenticate"]

_Taught = TypeVar("_Taught")
# the newer routes, as seen in September 2026 (FACTS.md §6)
_WITHOUT_KEY = {
    ("GET", "/v1/models"): "no-bearer",
    ("GET", "/v1/chat/completions"): "no-bearer-or-basic",
    ("POST", "/v1/responses"): "no-bearer-or-basic",
}
_KNOWN_TO_BE_OVER = 4096
_WHO = ("authorization", "openai-organization", "openai-project")
_KEY = re.compile(r"sk-[A-Za-z0-9_-]+")
# longer ones would not fit into what is kept of them
_ORGANIZATION = re.compile(r"org-[A-Za-z0-9_-]{1,96}")
PROJECT = re.compile(r"proj_[A-Za-z0-9_-]{1,96}")


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
        """The name of the scenario that `job` follows, or None; called once for each well-formed request."""


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
        rates: Requests and tokens of the current minute.
        books: What finds the lessons of files (`inference.book.Book`), by their contents, while a model uses it.
        shelf: Where that is kept (`inference.shelf.Shelf`), once something was.
        voices: What answers before a model does, the first that has something to say (`inference.voice.Voice`).
    """

    store: Store
    clock: Clock
    seed: int
    profile: Profile = field(default_factory=Profile)
    as_of: dt.date | None = None
    scenarios: Scenarios = field(default_factory=NoScenarios)
    rates: Rates = field(default_factory=Rates)
    voices: tuple[Any, ...] = ()
    _days_ahead: int = 0
    _taught: OrderedDict[str, Any] = field(default_factory=OrderedDict)
    books: WeakValueDictionary[str, Any] = field(default_factory=WeakValueDictionary)
    shelf: Any = None
    _over: OrderedDict[tuple[str, str], None] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _building: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        # what outlives the process has to go on with its time
        if self.store.durable and isinstance(self.clock, SimulatedClock):
            self.clock.keep(self.store.anchors)
        if self.as_of is not None:
            self._days_ahead = self._since(self.as_of)

    def _since(self, as_of: dt.date) -> int:
        """Days from the clock's calendar to that of `as_of`; all processes, and later ones, have the same."""

        def first(kept: Anchor | None) -> Anchor:
            today = from_date(to_date(self.clock.now()))
            return kept or Anchor(real=today, world=from_date(as_of), speed=1.0, base="kept")

        name = f"as of {as_of}"
        self.store.anchors.move(name, first)
        anchor = self.store.anchors.read(name)
        assert anchor is not None  # noqa: S101 - it has just been set
        return (to_date(anchor.world) - to_date(anchor.real)).days

    @property
    def strict(self) -> bool:
        """Whether the catalog's dates are applied; else they only warn."""
        return self.as_of is not None

    def today(self) -> dt.date:
        """The day whose catalog applies: that of `as_of`, going on with the clock, or the clock's own."""
        try:
            return to_date(self.now()) + dt.timedelta(days=self._days_ahead)
        except OverflowError:  # a fast clock that has run for long
            return dt.date.max

    def now(self) -> float:
        """The time, on which all processes that share the store agree."""
        return self.clock.now()

    def new_id(self, prefix: str, length: int, kind: str, tenant: Tenant) -> tuple[str, int]:
        """A fresh id of `prefix` and `length` letters and digits, and the number it is made from."""
        number = self.store.number(kind, tenant.scope)
        return prefix + ids.identifier(length, self.seed, tenant.scope, kind, number), number

    def is_over(self, scope: str, job_id: str) -> bool:
        """Whether a job is known to have ended for good (`note_over`); ids never come again."""
        return (scope, job_id) in self._over

    def note_over(self, scope: str, job_id: str) -> None:
        """A job was seen, inside of a transaction, to have ended: nobody can change it any more."""
        with self._lock:
            self._over[scope, job_id] = None
            if len(self._over) > _KNOWN_TO_BE_OVER:
                self._over.popitem(last=False)

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

    def ready(self, key: str) -> bool:
        """Whether what that model was taught has been read, so that it answers in no time."""
        known = self._remembered(key)
        return known is not None and known.ready

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
        ApiError: 401, no key, a malformed one, or one that is not among `keys`; or an organization or a project
            that cannot be one.
    """
    given = (request.headers.get(name, "") for name in _WHO)
    tenant = _tenant_of(*given, keys)
    if tenant is None:
        words = _WITHOUT_KEY.get((request.method, request.path), "no-key")
        raise refuse(words, reason="send the header `Authorization: Bearer sk-...`")
    return tenant


@lru_cache(maxsize=1024)
def _tenant_of(
    authorization: str, organization: str, project: str, keys: frozenset[str] | None
) -> Tenant | None:
    """Whom the three headers mean, or None without a key."""
    scheme, _, key = authorization.strip().partition(" ")
    key = key.strip()
    if scheme.lower() != "bearer" or not key:
        return None
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
    if organization and not _ORGANIZATION.fullmatch(organization):
        raise refuse("no-such-organization", organization=organization, reason="ids begin with `org-`")
    if project and not PROJECT.fullmatch(project):
        raise refuse("no-such-project", project=project, reason="ids begin with `proj_`")
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
