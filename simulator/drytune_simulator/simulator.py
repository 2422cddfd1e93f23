"""The simulated platform: a Handler."""

from __future__ import annotations

import datetime as dt
import itertools
import logging

from drytune_simulator import ids
from drytune_simulator.clock import AdvancingClock, Clock, ManualClock, from_date
from drytune_simulator.http import ApiError, Request, Response
from drytune_simulator.profile import Profile
from drytune_simulator.routes import match
from drytune_simulator.store import Store
from drytune_simulator.world import Call, NoScenarios, Scenarios, World, authenticate

__all__ = ["Simulator"]

_LOG = logging.getLogger("drytune_simulator")
_HEALTH = (("health",), ("v1", "health"))


class Simulator:
    """What an OpenAI-style fine-tuning platform accepts, refuses, does and answers; nothing leaves the process.

    Call it with a `Request` to get a `Response`. It never raises: refusals are responses.

    Args:
        clock: Decides how fast jobs move; by default each read of a job moves it to its next happening,
            from 2026-01-01 on.
        seed: Same seed, clock and requests: same ids, losses and answers.
        store: Where the state is kept; by default in memory.
        organization: As it stands in the names of tuned models, ``ft:<base>:<organization>:…``; short for a
            profile with nothing else in it.
        profile: What the platform allows, and in which form it answers.
        as_of: The day whose catalog applies, going on with the clock: retired models are gone, doors closed.
            Without it all models work, and answers about retired ones carry a warning.
        scenarios: Decides which new jobs go wrong, and how.
    """

    def __init__(
        self,
        *,
        clock: Clock | None = None,
        seed: int = 0,
        store: Store | None = None,
        organization: str = "personal",
        profile: Profile | None = None,
        as_of: dt.date | None = None,
        scenarios: Scenarios | None = None,
    ) -> None:
        start = ManualClock() if as_of is None else ManualClock(from_date(as_of))
        self._world = World(
            store=store or Store(),
            clock=clock or AdvancingClock(start),
            seed=seed,
            profile=profile or Profile(organization),
            as_of=as_of,
            scenarios=scenarios or NoScenarios(),
        )
        # a store that outlives the process counts its starts, so that no id of a request comes twice
        self._start = self._world.store.number("start", "")
        self._numbers = itertools.count(1)

    @property
    def clock(self) -> Clock:
        """The clock it was given."""
        return self._world.clock

    @property
    def seed(self) -> int:
        """The seed it was given."""
        return self._world.seed

    def close(self) -> None:
        """Let go of the store."""
        self._world.store.close()

    def __call__(self, request: Request) -> Response:
        """Answer `request`."""
        headers = {
            "x-request-id": "req_" + ids.digest(self.seed, self._start, next(self._numbers)).hex()[:32],
            "x-drytune": "simulated",
        }
        try:
            if request.method in {"GET", "HEAD"} and request.segments in _HEALTH:
                return Response.json({"status": "ok", "simulated": True}).with_headers(headers)
            tenant = authenticate(request, self._world.profile.keys)
            headers["openai-version"] = "2020-10-01"
            headers["openai-organization"] = tenant.organization
            headers["openai-processing-ms"] = "1"
            route, values = match(request)
            form = request.headers.get("x-drytune-form", self._world.profile.form)
            response = route.operation(self._world, Call(request, tenant, values, form == "specified"))
        except ApiError as refusal:
            response = refusal.response()
        except Exception as error:  # noqa: BLE001 - a fault of ours is an answer too, and is logged whole
            _LOG.exception("drytune failed to answer %s %s", request.method, request.path)
            response = ApiError(
                500,
                f"drytune itself failed on this request ({type(error).__name__}); its log has the details. "
                "Please report it.",
                type="server_error",
            ).response()
        return response.with_headers(headers)
