"""Clocks: the same schedule, at five speeds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drytune_simulator import AdvancingClock, InstantClock, ManualClock, ScaledClock, SystemClock
from drytune_simulator.clock import from_date, to_date


def test_a_manual_clock_stands_still_until_it_is_moved():
    """Time is what the program says it is."""
    clock = ManualClock(100.0)
    assert (clock.now(), clock.now()) == (100.0, 100.0)
    clock.advance(5)
    assert clock.now() == 105.0


def test_time_does_not_go_backwards():
    """Neither by a negative step nor by a moment that has passed."""
    clock = ManualClock(100.0)
    with pytest.raises(ValueError, match="does not go backwards"):
        clock.advance(-1)
    clock.advance_to(50.0)
    assert clock.now() == 100.0


def test_an_advancing_clock_moves_to_the_next_happening_at_each_poll():
    """And stays where it is when nothing more will happen."""
    clock = AdvancingClock(ManualClock(0.0))
    clock.created([10.0, 20.0])
    assert clock.now() == 0.0
    for expected in (10.0, 20.0):
        clock.polled([at for at in (10.0, 20.0) if at > clock.now()])
        assert clock.now() == expected
    clock.polled([])
    assert clock.now() == 20.0


def test_an_instant_clock_is_at_the_end_as_soon_as_something_begins():
    """A job is at its end when it is created."""
    clock = InstantClock(ManualClock(0.0))
    clock.created([10.0, 20.0])
    assert clock.now() == 20.0


def test_a_scaled_clock_runs_so_many_times_as_fast():
    """From the moment it is made."""
    base = ManualClock(1000.0)
    clock = ScaledClock(600, base)
    base.advance(2)
    assert clock.now() == 2200.0
    clock.advance_to(5000.0)
    base.advance(1)
    assert clock.now() == 5600.0


@pytest.mark.parametrize("speed", [0, -1, float("inf"), float("nan")])
def test_a_speed_is_a_positive_number(speed):
    """Anything else is refused by name."""
    with pytest.raises(ValueError, match="speed must be a positive number"):
        ScaledClock(speed)


def test_the_system_clock_is_not_hurried_by_polls():
    """It is the only one that nobody moves."""
    clock = SystemClock()
    clock.polled([clock.now() + 1e6])
    assert clock.now() < from_date(to_date(clock.now())) + 2 * 86_400


@given(st.dates())
def test_a_day_survives_the_way_to_seconds_and_back(day):
    """Days are UTC days."""
    assert to_date(from_date(day)) == day
