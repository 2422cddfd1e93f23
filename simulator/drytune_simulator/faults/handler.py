"""A Handler whose answers go wrong as a plan has it."""

from __future__ import annotations

from drytune_simulator.faults.outcome import spoiled
from drytune_simulator.faults.plan import FaultPlan
from drytune_simulator.http import Handler, Request, Response
from drytune_simulator.wrapping import Wrapper

__all__ = ["failing"]


class _Failing(Wrapper):
    def __init__(self, handler: Handler, plan: FaultPlan) -> None:
        super().__init__(handler)
        self._plan = plan

    def __call__(self, request: Request) -> Response:
        strike = self._plan.strike(request)
        if strike is None:
            return self._handler(request)
        return spoiled(strike, self._handler(request) if strike.fault.asks else None)


def failing(handler: Handler, plan: FaultPlan) -> Handler:
    """`handler`, whose answers go wrong as `plan` has it; an answer that a fault made or touched says so.

        plan = FaultPlan([Fault("/v1/files/*", "rate_limited", first=2)])
        client = drytune.simulated(failing(Simulator(), plan))

    Args:
        handler: Is asked where no fault strikes, and where one strikes after the effect.
        plan: May change while this is in use.

    Returns:
        A Handler, whose answers carry the name or number of the fault that struck as ``x-drytune-fault``. It
        raises `ConnectionDropped` where a connection breaks.
    """
    return _Failing(handler, plan)
