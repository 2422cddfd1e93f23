"""Clocks that share a store: they agree, time never goes back, and it goes on while nobody is there."""

import itertools
import types

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from drytune_simulator import (
    AdvancingClock,
    InstantClock,
    ManualClock,
    ScaledClock,
    Simulator,
    SystemClock,
    clock,
)
from drytune_simulator.store import Store

NAMES = itertools.count(1)
START = 1_790_000_000.0


@pytest.fixture
def wall(monkeypatch):
    """The wall clock, which the test moves."""
    faked = types.SimpleNamespace(now=START)
    monkeypatch.setattr(clock, "time", types.SimpleNamespace(time=lambda: faked.now))
    return faked


MAKERS = {
    "poll": lambda: AdvancingClock(SystemClock()),
    "instant": lambda: InstantClock(SystemClock()),
    "600": lambda: ScaledClock(600),
    "0.5": lambda: ScaledClock(0.5),
    "manual": ManualClock,
    "manual, ahead": lambda: ManualClock(START + 1e6),
    "poll, manual": lambda: AdvancingClock(ManualClock()),
    "twice": lambda: ScaledClock(2, AdvancingClock(SystemClock())),
}
seconds = st.sampled_from((0.0, 0.25, 10.0, 86_400.0))
steps = st.lists(
    st.one_of(
        st.tuples(st.just("start"), st.sampled_from(sorted(MAKERS))),
        st.tuples(st.just("pass"), seconds),
        st.tuples(st.just("advance"), seconds),
        st.tuples(st.just("advance to"), st.sampled_from((START, START + 1e5, START + 1e8))),
        st.tuples(st.just("poll"), seconds),
        st.tuples(st.just("refused"), seconds),
    ),
    max_size=20,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(steps=steps)
def test_time_never_goes_back_and_all_agree(store, wall, steps):
    """Whatever clocks are started, moved and polled, in whichever process, and however long nobody asks."""
    name, clocks = f"clock {next(NAMES)}", []
    latest = 0.0
    for what, value in [("start", "poll"), *steps]:
        mover = clocks[-1 - len(clocks) // 2] if clocks else None
        if what == "start":
            clocks.append(MAKERS[value]())
            clocks[-1].keep(store.anchors, name)
        elif what == "pass":
            wall.now += value
        elif what == "advance":
            before = mover.now()
            mover.advance(value)
            assert mover.now() == pytest.approx(before + value)
        elif what == "advance to":
            mover.advance_to(value)
            assert mover.now() >= value
        elif what == "poll":
            mover.polled([mover.now() + value])
        else:
            before = mover.now()
            with pytest.raises(InterruptedError):
                refused(store, mover, value)
            assert mover.now() == pytest.approx(before + value)
        shown = {one.now() for one in clocks}
        assert len(shown) == 1
        assert shown.pop() >= latest
        latest = clocks[0].now()


def refused(store, mover, value) -> None:
    with store.transaction():
        mover.advance(value)
        raise InterruptedError


@pytest.mark.parametrize("speed", [1, 600, 0.5])
def test_time_goes_on_while_nobody_is_there(reopen, wall, speed):
    """A job that was running at a restart has gone on by the clock."""
    first = ScaledClock(speed)
    first.keep(reopen().anchors)
    wall.now += 10
    assert first.now() == START + 10 * speed
    wall.now += 1000  # it has been killed, and is started anew
    second = ScaledClock(speed)
    second.keep(reopen().anchors)
    assert second.now() == START + 1010 * speed


def test_another_speed_goes_on_from_where_the_time_was(reopen, wall):
    """Neither slower nor faster makes it jump; what passed before has passed at the old speed."""
    ScaledClock(600).keep(reopen().anchors)
    wall.now += 100
    slow = ScaledClock(2)
    slow.keep(reopen().anchors)
    assert slow.now() == START + 60_000
    wall.now += 100
    assert slow.now() == START + 60_200


def test_a_wall_clock_that_was_set_back_does_not_stop_the_time(reopen, wall):
    """It stands for a while where it is seen; after a restart it goes on."""
    first = ScaledClock(600)
    first.keep(reopen().anchors)
    first.advance(50)
    wall.now -= 3600
    assert first.now() == START + 50
    second = ScaledClock(600)
    second.keep(reopen().anchors)
    wall.now += 1
    assert first.now() == second.now() == START + 650


def test_what_was_skipped_is_skipped_for_all(reopen, wall):
    """Two servers behind one address: the second answers as of where the first has moved the time to."""
    one, other = AdvancingClock(SystemClock()), AdvancingClock(SystemClock())
    one.keep(reopen().anchors)
    other.keep(reopen().anchors)
    one.polled([START + 500])
    assert other.now() == START + 500
    wall.now += 1
    other.advance(10)
    assert one.now() == START + 511


def test_a_manual_clock_goes_on_where_it_was(tmp_path):
    """It was moved by a program; one that starts anew does not move it back."""
    first = Simulator(clock=ManualClock(1000.0), store=Store(tmp_path))
    first.clock.advance(50)
    first.close()
    second = Simulator(clock=ManualClock(1000.0), store=Store(tmp_path))
    assert second.clock.now() == 1050.0
    second.close()
    third = Simulator(clock=ManualClock(2000.0), store=Store(tmp_path))
    assert third.clock.now() == 2000.0
    third.close()


def test_a_clock_outlives_its_store(tmp_path):
    """A test closes the simulator and looks at the time afterwards, or goes on with it in another."""
    moved = ManualClock(1000.0)
    for expected in (1010.0, 1030.0):
        simulator = Simulator(clock=moved, store=Store(tmp_path))
        moved.advance(10)
        assert moved.now() == expected
        simulator.close()
        moved.advance(10)
        assert moved.now() == expected + 10


def test_within_a_moment_the_time_is_asked_for_once(reopen, wall):
    """A request is answered as of when it came, or got its turn to write; what it moves itself, it sees."""
    store, other = reopen(), reopen()
    mine, theirs = AdvancingClock(SystemClock()), AdvancingClock(SystemClock())
    mine.keep(store.anchors)
    theirs.keep(other.anchors)
    with store.moment():
        began = mine.now()
        theirs.advance(100)
        assert mine.now() == began
        with store.transaction():
            assert mine.now() == began + 100
        assert mine.now() == began + 100
        mine.advance(5)
        assert mine.now() == theirs.now() == began + 105


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
def test_time_does_not_go_back_by_hand(make):
    """Neither by a negative step nor by one that is no number."""
    one = make()
    for bad in (-1, float("inf"), float("nan")):
        with pytest.raises(ValueError, match="does not go backwards"):
            one.advance(bad)
