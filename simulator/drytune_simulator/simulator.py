"""The simulated platform: a Handler."""

from __future__ import annotations

import datetime as dt
import itertools
import logging
from collections.abc import Iterable
from typing import TYPE_CHECKING

from drytune_simulator import ids
from drytune_simulator.clock import AdvancingClock, Clock, ManualClock, from_date
from drytune_simulator.errors import refuse
from drytune_simulator.faults import FaultPlan, failing
from drytune_simulator.http import ApiError, ConnectionDropped, Handler, Request, Response
from drytune_simulator.profile import Profile
from drytune_simulator.routes import is_quick, match
from drytune_simulator.scripts import Script, ScriptedFailure, Scripts
from drytune_simulator.store import Store, StoreError
from drytune_simulator.world import Call, NoScenarios, Scenarios, World, authenticate

if TYPE_CHECKING:
    from drytune_simulator.inference.voice import Voice

__all__ = ["Simulator"]

_LOG = logging.getLogger("drytune_simulator")
_HEALTH = (("health",), ("v1", "health"))


class Simulator:
    """What an OpenAI-style fine-tuning platform accepts, refuses, does and answers; nothing leaves the process.

    Call it with a `Request` to get a `Response`. Refusals are responses: it raises nothing but
    `ConnectionDropped`, where a fault or a script wants that.

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
        faults: Which requests go wrong, and how (`drytune_simulator.faults`).
        scenarios: Decides which new jobs go wrong, and how.
        scripts: What models are to say, whatever they were taught (`drytune_simulator.scripts`).
        voices: What else answers before a model does, after the scripts (`inference.voice.Voice`).
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
        faults: FaultPlan | None = None,
        scenarios: Scenarios | None = None,
        scripts: Scripts | Iterable[Script] = (),
        voices: Iterable[Voice] = (),
    ) -> None:
        self._scripts = scripts if isinstance(scripts, Scripts) else Scripts(scripts)
        start = ManualClock() if as_of is None else ManualClock(from_date(as_of))
        self._world = World(
            store=store or Store(),
            clock=clock or AdvancingClock(start),
            seed=seed,
            profile=profile or Profile(organization),
            as_of=as_of,
            scenarios=scenarios or NoScenarios(),
            voices=(self._scripts, *voices),
        )
        # a store that outlives the process counts its starts, so that no id of a request comes twice
        self._start = self._world.store.number("start", "")
        self._numbers = itertools.count(1)
        self._handler: Handler = self._answer if faults is None else failing(self._answer, faults)

    @property
    def world(self) -> World:
        """The state, the settings, the time: for what is done outside of a request."""
        return self._world

    @property
    def clock(self) -> Clock:
        """The clock it was given."""
        return self._world.clock

    @property
    def seed(self) -> int:
        """The seed it was given."""
        return self._world.seed

    @property
    def scripts(self) -> Scripts:
        """The scripted answers; they may be added to, replaced and cleared at any time."""
        return self._scripts

    def close(self) -> None:
        """Let go of the store."""
        self._world.store.close()

    def blocks(self, request: Request) -> bool:
        """Whether answering may take so long that a server should do it in a thread."""
        return not is_quick(request, self._world)

    def __call__(self, request: Request) -> Response:
        """Answer `request`."""
        return self._handler(request)

    def _answer(self, request: Request) -> Response:
        headers = {
            "x-request-id": "req_" + ids.hexadecimal(32, self.seed, self._start, next(self._numbers)),
            "x-drytune": "simulated",
            "x-content-type-options": "nosniff",
            "strict-transport-security": "max-age=31536000; includeSubDomains; preload",
        }
        try:
            open_to_all = _without_key(request)
            if open_to_all is not None:
                return open_to_all.with_headers(headers)
            _check_client_request_id(request)
            tenant = authenticate(request, self._world.profile.keys)
            headers["openai-version"] = "2020-10-01"
            headers["openai-organization"] = tenant.organization
            headers["openai-processing-ms"] = "1"
            route, values = match(request)
            form = request.headers.get("x-drytune-form", self._world.profile.form)
            with self._world.store.moment():
                response = route.operation(self._world, Call(request, tenant, values, form == "specified"))
        except ApiError as refusal:
            response = refusal.response()
        except ScriptedFailure as failure:
            response = failure.response(headers)
        except ConnectionDropped:
            raise
        except StoreError as error:
            _LOG.error("%s", error)
            response = refuse("state-unavailable", why=str(error)).response()
        except Exception as error:  # noqa: BLE001 - a fault of ours is an answer too, and is logged whole
            _LOG.exception("drytune failed to answer %s %s", request.method, request.path)
            response = ApiError(
                500,
                f"drytune itself failed on this request ({type(error).__name__}); its log has the details. "
                "Please report it.",
                type="server_error",
            ).response()
        return response.with_headers(headers)


def _without_key(request: Request) -> Response | None:
    """The answer to a request that needs no key."""
    if request.method not in {"GET", "HEAD"}:
        return None
    segments = request.segments
    if segments in _HEALTH:
        return Response.json({"status": "ok", "simulated": True})
    if segments == ("openapi.json",):
        from drytune_simulator.openapi import document_json

        return Response(200, {"content-type": "application/json"}, document_json())
    return None


def _check_client_request_id(request: Request) -> None:
    given = request.headers.get("x-client-request-id", "")
    if len(given) > 512 or not given.isascii():
        raise refuse("bad-client-request-id")
