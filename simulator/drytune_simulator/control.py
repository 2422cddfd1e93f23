"""The control API: what stands behind ``/_drytune``, a prefix that no real API uses.

| method and path                    | what                                                                   |
|------------------------------------|------------------------------------------------------------------------|
| ``GET /_drytune``                  | what this is: version, clock, seed, counts                             |
| ``GET``, ``POST /_drytune/clock``  | the time; move it (`moving.move`)                                      |
| ``GET /_drytune/faults``           | the faults, and how often each has struck                              |
| ``POST /_drytune/faults``          | add one (a table, or ``{"text": "…"}``), or a list of them             |
| ``PUT /_drytune/faults``           | have these instead: a list                                             |
| ``DELETE /_drytune/faults[/{id}]`` | none any more, or all but that one                                     |
| … ``/_drytune/scenarios``          | the same for the scenarios of jobs                                     |
| … ``/_drytune/answers``            | the same for scripted answers, which are tables only                   |
| ``GET /_drytune/requests``         | the last ones; by path, method, status, fault, layer, since, limit     |
| ``DELETE /_drytune/requests``      | forget them                                                            |
| ``POST /_drytune/reset``           | begin anew: ``{"only": ["state", …]}``, out of state, faults,          |
|                                    | scenarios, answers and requests                                        |

Errors have the platform's envelope. Where a server takes only certain API keys, so does this. A reset leaves the
clock as it is.

Several server processes share their state and their clock. Faults, scenarios and scripted answers are then those
that the server was started with; what would change them, or forget requests, is refused with 409, and a reset is
one of the state. Each process counts for itself, and notes its own requests: what is answered is that of one, and
says so (``workers``).
"""

from __future__ import annotations

import logging
from typing import Any

from drytune_simulator.errors import refuse
from drytune_simulator.faults.forms import fault_of, parse, parse_scenario, rule_of
from drytune_simulator.faults.plan import FaultPlan
from drytune_simulator.faults.scenarios import Scenarios
from drytune_simulator.faults.words import FaultError, shown
from drytune_simulator.http import ApiError, Handler, Request, Response
from drytune_simulator.journal import Journal
from drytune_simulator.listed import Answer, Listed, json_of
from drytune_simulator.moving import bad, move, told_time
from drytune_simulator.scripts import ScriptError, script_of
from drytune_simulator.simulator import Simulator
from drytune_simulator.store import StoreError
from drytune_simulator.version import __version__
from drytune_simulator.world import World, authenticate
from drytune_simulator.wrapping import Wrapper

__all__ = ["PREFIX", "controlled", "is_control"]

_LOG = logging.getLogger("drytune_simulator")

PREFIX = "_drytune"
_PARTS = ("state", "faults", "scenarios", "answers", "requests")
_SHARED = ("state",)
_HEADERS = {"x-drytune": "simulated", "cache-control": "no-store"}


class _Controlled(Wrapper):
    def __init__(
        self,
        handler: Handler,
        simulator: Simulator,
        plan: FaultPlan,
        scenarios: Scenarios,
        journal: Journal,
        workers: int,
    ) -> None:
        super().__init__(handler)
        self._world = simulator.world
        self._journal = journal
        self._workers = workers
        self._lists = {
            "faults": Listed("fault", plan, fault_of, parse, options="--fault or --faults", workers=workers),
            "scenarios": Listed(
                "scenario",
                scenarios,
                rule_of,
                parse_scenario,
                options="--scenario or --faults",
                workers=workers,
            ),
            "answers": Listed(
                "script", simulator.scripts, script_of, None, options="--answers", workers=workers
            ),
        }
        self._answers: dict[str, dict[str, Answer]] = {
            "": {"GET": self._about},
            "clock": {"GET": lambda _: told_time(self._world), "POST": self._move},
            **{name: listed.methods for name, listed in self._lists.items()},
            "requests": {"GET": self._requests, "DELETE": self._forget_requests},
            "reset": {"POST": self._reset},
        }

    def __call__(self, request: Request) -> Response:
        if not is_control(request):
            return self._handler(request)
        try:
            keys = self._world.profile.keys
            if keys is not None:
                authenticate(request, keys)
            return Response.json(self._answer(request)(request)).with_headers(_HEADERS)
        except (FaultError, ScriptError) as error:
            return bad(f"{error}.").response().with_headers(_HEADERS)
        except ApiError as refusal:
            return refusal.response().with_headers(_HEADERS)
        except StoreError as error:
            _LOG.error("%s", error)
            return refuse("state-unavailable", why=str(error)).response().with_headers(_HEADERS)

    def blocks(self, request: Request) -> bool:
        """Whether answering may take long: looking for what happens next looks at every job."""
        return is_control(request) or super().blocks(request)

    def _answer(self, request: Request) -> Answer:
        parts = [part for part in request.segments[1:] if part]
        if len(parts) == 2 and parts[0] in self._lists:
            listed = self._lists[parts[0]]
            answers: dict[str, Answer] | None = {"DELETE": lambda _: listed.remove(parts[1])}
        else:
            answers = self._answers.get("/".join(parts))
        if answers is None:
            raise refuse("control-unknown", method=request.method, path=request.path)
        answer = answers.get("GET" if request.method == "HEAD" else request.method)
        if answer is None:
            refusal = refuse("wrong-method", method=request.method, path=request.path)
            refusal.headers["allow"] = ", ".join(answers)
            raise refusal
        return answer

    def _about(self, request: Request) -> object:  # noqa: ARG002
        world = self._world
        return {
            "object": "drytune",
            "simulated": True,
            "version": __version__,
            "seed": world.seed,
            "as_of": None if world.as_of is None else world.as_of.isoformat(),
            "clock": told_time(world),
            "requests": self._journal.seen,
            **{name: len(listed.roster.items) for name, listed in self._lists.items()},
            "workers": self._workers,
        }

    def _move(self, request: Request) -> object:
        return move(self._world, _object(request))

    def _requests(self, request: Request) -> object:
        asked: dict[str, Any] = {}
        for name, value in request.query:
            if name in ("since", "limit", "status"):
                if not (value.isascii() and value.isdigit() and len(value) < 10):
                    raise bad(f"{name} is {shown(value)}; it must be a whole number", name)
                asked[name] = int(value)
            elif name in ("path", "method", "fault", "layer"):
                asked[name] = value.upper() if name == "method" else value
            else:
                raise bad(f"requests has no filter {shown(name)}", name)
        entries = [entry.to_dict() for entry in self._journal.entries(**asked)]
        return {"object": "list", "data": entries, "workers": self._workers}

    def _forget_requests(self, request: Request) -> object:  # noqa: ARG002
        self._check_alone()
        self._journal.clear()
        return {"object": "list", "data": [], "workers": self._workers}

    def _check_alone(self) -> None:
        if self._workers > 1:
            raise refuse(
                "control-of-one-worker",
                workers=self._workers,
                what="the requests",
                instead="look at those that come from now on, or start it with --workers 1",
            )

    def _reset(self, request: Request) -> object:
        asked = _object(request) if request.body else {}
        # what each process has for itself, one alone would begin anew
        parts = asked.pop("only", list(_PARTS if self._workers == 1 else _SHARED))
        if asked or not isinstance(parts, list) or not all(part in _PARTS for part in parts):
            raise bad(f'say nothing, or {{"only": […]}} with some of {", ".join(_PARTS)}', "only")
        listed = [each for name, each in self._lists.items() if name in parts]
        for each in listed:
            each.check_alone()
        if "requests" in parts:
            self._check_alone()
        if "state" in parts:  # the first: only it can go wrong
            _forget(self._world)
        for each in listed:
            each.reset()
        if "requests" in parts:
            self._journal.clear()
        done = [part for part in _PARTS if part in parts]
        return {"object": "drytune.reset", "reset": done, "kept": ["clock"], "workers": self._workers}


def is_control(request: Request) -> bool:
    """Whether a request is one to the control API, however its path is written."""
    return request.segments[:1] == (PREFIX,)


def controlled(
    handler: Handler,
    simulator: Simulator,
    *,
    plan: FaultPlan | None = None,
    scenarios: Scenarios | None = None,
    journal: Journal | None = None,
    workers: int = 1,
) -> Handler:
    """`handler`, and the control API beside it.

        plan, scenarios, journal = FaultPlan(), Scenarios(), Journal()
        simulator = Simulator(scenarios=scenarios)
        handler = journaled(failing(simulator, plan), journal)
        handler = controlled(handler, simulator, plan=plan, scenarios=scenarios, journal=journal)

    Args:
        handler: Answers all else.
        simulator: Whose clock and state it is; at the heart of `handler`.
        plan: The faults in `handler`.
        scenarios: Those that `simulator` was given.
        journal: Of `handler`.
        workers: How many processes the server has, each with a Handler like this one.
    """
    return _Controlled(
        handler,
        simulator,
        FaultPlan() if plan is None else plan,
        Scenarios() if scenarios is None else scenarios,
        Journal() if journal is None else journal,
        workers,
    )


def _forget(world: World) -> None:
    reset = getattr(world.store, "reset", None)
    if reset is None:
        raise refuse("not-simulated", what="Forgetting the state", version=__version__)
    reset()


def _object(request: Request) -> dict[str, Any]:
    value = json_of(request)
    if not isinstance(value, dict):
        raise bad(f"the body is {shown(value)}; it must be an object")
    return value
