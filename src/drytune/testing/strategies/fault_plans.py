"""Plans of what goes wrong."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final, Literal

from hypothesis import strategies as st
from hypothesis.errors import InvalidArgument
from hypothesis.strategies import DrawFn, SearchStrategy

from drytune.testing.strategies.arguments import check_bool, check_choice, check_range
from drytune_simulator.faults import Fault, FaultError, FaultPlan

__all__ = ["DrawnPlan", "fault_plans"]

Effect = Literal["before", "after"]

_ROUTES: Final = (
    "*",
    "POST /v1/files",
    "POST /v1/fine_tuning/jobs",
    "GET /v1/fine_tuning/jobs/*",
    "POST /v1/chat/completions",
)
_PASSING: Final[tuple[int | str, ...]] = (
    "rate_limited",
    "server_error",
    "overloaded",
    "slow_down",
    "bad_gateway",
    408,
    409,
    504,
)
"""Errors after which an SDK tries again; here it does so at once."""

_BROKEN: Final[tuple[int | str, ...]] = ("drop", "timeout")


class DrawnPlan(FaultPlan):
    """A plan that shows what it plans."""

    def __repr__(self) -> str:
        return f"DrawnPlan({[str(fault) for fault in self.items]!r})"


def fault_plans(
    routes: Sequence[str] = _ROUTES,
    *,
    what: Sequence[int | str] = _PASSING,
    effects: Sequence[Effect] = ("before", "after"),
    min_faults: int = 0,
    max_faults: int = 3,
    connections: bool = False,
    survivable: bool = False,
) -> SearchStrategy[DrawnPlan]:
    """Plans of faults: status errors that an SDK retries at once, so that no test has to wait.

    The first calls of a route go wrong, or a certain one; then there is quiet again. A plan counts what it has
    struck, so each is to be used once.

    Args:
        routes: Where, as `drytune_simulator.faults.Fault` takes them.
        what: Statuses from 400 to 599, or names of `drytune_simulator.faults.fault.ERRORS`.
        effects: Whether the simulator is asked all the same, so that only the answer is lost (``after``).
        min_faults: Faults at least.
        max_faults: Faults at most.
        connections: Whether connections break, too. To that no answer tells an SDK to try again at once: it
            sleeps, unless sleeps are skipped (`drytune.testing.sleeping.skipping_sleeps`).
        survivable: Whether a request meets with no more than two faults that are no effect: an SDK with its two
            retries survives all of them.

    Raises:
        InvalidArgument: A list is empty, a route or an error is none, or a number is none, or no range.
    """
    check_range("min_faults", min_faults, "max_faults", max_faults, least=0)
    check_bool(connections=connections, survivable=survivable)
    for name, values in (("routes", routes), ("what", what), ("effects", effects)):
        if isinstance(values, str) or not list(values):
            raise InvalidArgument(f"Expected some {name} but got {name}={values!r}")
    for effect in effects:
        check_choice("effects", effect, ("before", "after"))
    whats = [*what, *(_BROKEN if connections else ())]
    _check(routes, whats)
    if survivable:
        if "before" not in effects:
            raise InvalidArgument(
                f"Cannot have survivable=True with effects={effects!r}: what is lost is lost"
            )
        if min_faults > 2:
            raise InvalidArgument(
                f"Cannot have survivable=True with min_faults={min_faults}: two are survived"
            )
        effects, max_faults = ("before",), min(2, max_faults)
    return _plans(tuple(routes), whats, tuple(effects), min_faults, max_faults, survivable)


@st.composite
def _plans(
    draw: DrawFn,
    routes: Sequence[str],
    whats: Sequence[int | str],
    effects: Sequence[Effect],
    least: int,
    most: int,
    survivable: bool,
) -> DrawnPlan:
    faults = []
    for _ in range(draw(st.integers(least, most))):
        chosen: dict[str, Any] = {"when": draw(st.sampled_from(effects))}
        which = "nth" if survivable else draw(st.sampled_from(["nth", "first"]))
        chosen[which] = draw(st.integers(1, 3))
        faults.append(Fault(draw(st.sampled_from(routes)), draw(st.sampled_from(whats)), **chosen))
    return DrawnPlan(faults)


def _check(routes: Iterable[str], whats: Iterable[int | str]) -> None:
    for route in routes:
        for what in whats:
            try:
                Fault(route, what)
            except (FaultError, TypeError) as error:
                raise InvalidArgument(f"Cannot have routes={route!r} with what={what!r}: {error}") from None
