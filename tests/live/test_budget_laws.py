"""No faults, kills, retries and resumes make the platform bill more than the budget."""

import contextlib
from functools import partial

import msgspec
import pytest
from hypothesis import HealthCheck, Phase, event, given, settings
from hypothesis import strategies as st

from drytune.errors import DrytuneError
from drytune.workflow import live
from drytune_simulator.faults import Fault

_CHAT, _JOBS = "POST /v1/chat/completions", "/v1/fine_tuning/jobs"
_ROUTES = (
    "POST /v1/files",
    "GET /v1/files",
    f"POST {_JOBS}",
    f"GET {_JOBS}",
    f"GET {_JOBS}/*",
    f"GET {_JOBS}/*/events",
    f"GET {_JOBS}/*/checkpoints",
    "GET /v1/files/*/content",
    *([_CHAT] * 4),
    "*",
)
_WHENS = ("before", "after")


@st.composite
def faults(draw) -> Fault:
    """What may go wrong with a platform that is honest about its refusals: they come instead of the effect."""
    route = draw(st.sampled_from(_ROUTES))
    what = draw(
        st.sampled_from((500, 503, 502, 408, 409, 504, "drop", "drop", "truncate", "malformed", 429, 400))
    )
    more = {}
    if what in (429, 400):
        more["when"] = "before"
        if what == 429 and draw(st.booleans()):
            more["retry_after"] = draw(st.integers(1, 7200))
    elif what not in ("truncate", "malformed"):
        more["when"] = draw(st.sampled_from(_WHENS))
    which = draw(st.sampled_from(("nth", "first", "every", "probability")))
    number = draw(st.integers(1, 9))
    more[which] = number / 10 if which == "probability" else number + (which == "every")
    return Fault(route, what, seed=draw(st.integers(0, 99)), **more)


lates = st.none() | st.tuples(
    st.sampled_from(("POST /v1/files", f"POST {_JOBS}", f"POST {_JOBS}", _CHAT)), st.integers(1, 30)
)
epochs = st.sampled_from((2, 40))  # the training is cheaper than the questions, or dearer
kills = st.lists(st.tuples(st.integers(1, 40), st.booleans()), max_size=4)


def follow(rig, platform, job, slack: float, lives) -> list[str]:
    """Run and resume in several processes, of which all but the last may be killed; check the law after each.

    Returns:
        The states of the jobs that are there then, but for those that were cancelled.
    """
    plan = live.plan(job, max_usd=100.0, **platform.options())
    budget = plan.estimate.total_high_usd + slack
    for number, one in enumerate([*lives, None]):
        work = partial(live.resume, "last") if number else partial(live.run, job, max_usd=budget)
        run = None
        with contextlib.suppress(DrytuneError):
            run = platform.in_process(work, None if one is None else rig.Kill(*one))
        billed = platform.billed()
        assert billed <= budget, f"{billed} of {budget} USD after process {number + 1}"
        if run is not None:
            assert billed <= run.bill.spent_usd + 1e-9 <= budget + 2e-9, (
                "the run knows of all that was billed"
            )
    event("ended with an error" if run is None else f"ended {run.status}")
    return [one.status for one in platform.jobs() if one.status != "cancelled"]


@pytest.fixture
def job(rig, tmp_path):
    return rig.job(tmp_path)


# an example takes a third of a second, and to shrink one takes hundreds
without_shrinking = settings(
    phases=[phase for phase in Phase if phase is not Phase.shrink],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
slacks = st.sampled_from((0.0, 0.00001, 0.0001, 0.001, 0.01, 1.0))


@given(st.lists(faults(), max_size=5), slacks, kills, lates, epochs)
@settings(without_shrinking, max_examples=10)
def test_the_budget_holds_whatever_happens(rig, job, place, planned, slack, lives, late, epochs):
    """The platform's own bill, lost answers included, is never more."""
    with rig.Platform(place, planned) as platform:
        if late is not None:
            platform.till_before(lambda handler: rig.Late(handler, *late))
        left = follow(rig, platform, msgspec.structs.replace(job, n_epochs=epochs), slack, lives)
        # what arrives when nobody is there to see it can be cancelled by nobody
        assert len(left) <= 1 + (late is not None and late[0].endswith("jobs"))


@pytest.mark.slow
@given(st.lists(faults(), max_size=8), slacks, kills, lates, epochs)
@settings(without_shrinking, max_examples=300)
def test_it_holds_for_long(rig, job, place, planned, slack, lives, late, epochs):
    """The same, longer."""
    with rig.Platform(place, planned) as platform:
        if late is not None:
            platform.till_before(lambda handler: rig.Late(handler, *late))
        left = follow(rig, platform, msgspec.structs.replace(job, n_epochs=epochs), slack, lives)
        # what arrives when nobody is there to see it can be cancelled by nobody
        assert len(left) <= 1 + (late is not None and late[0].endswith("jobs"))


def test_without_faults_all_is_done_within_the_estimate(rig, job, place):
    """So the law above is not about runs that do nothing."""
    with rig.Platform(place) as platform:
        plan = live.plan(job, max_usd=100.0, **platform.options())
        run = live.run(job, max_usd=plan.estimate.total_high_usd, **platform.options())
        assert (run.status, run.done, len(run.answers), platform.till.answers) == ("succeeded", True, 2, 6)
        assert run.holdout.tuned.answered == run.holdout.base.answered == 2
        assert 0 < platform.billed() == pytest.approx(run.bill.spent_usd)


@pytest.mark.parametrize("has_arrived", [False, True])
def test_killed_at_each_request_it_ends_after_a_resume(rig, job, place, has_arrived):
    """Nothing is made twice, wherever it was killed."""
    nth, run = 0, None
    while run is None:
        nth += 1
        assert nth < 100, "it does not come to an end"
        with rig.Platform(place) as platform:
            run = platform.in_process(
                lambda platform=platform, **options: live.run(job, max_usd=1.0, **options),
                rig.Kill(nth, has_arrived),
            )
            ended = platform.in_process(lambda **options: live.resume("last", **options))
            assert (ended.status, ended.done, len(ended.answers)) == ("succeeded", True, 2), nth
            assert len(platform.jobs()) == 1, nth
            assert len(platform.uploads()) == 2, nth
            assert platform.till.answers in ((6, 7) if has_arrived else (6,)), nth
            assert platform.billed() <= ended.bill.spent_usd + 1e-9 <= 1.0
    assert nth > 15
