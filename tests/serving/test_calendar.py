"""When a server begins, and how far its time goes."""

import datetime as dt
import json

import pytest

from drytune_simulator import InstantClock, Request, Simulator
from drytune_simulator.clock import ScaledClock, SystemClock, from_date, to_date
from drytune_simulator.serving import BadSetting, Settings, assemble, clock_of

DAY = dt.date(2026, 3, 1)
LATER = dt.date(2027, 6, 1)
SPEEDS = ["manual", "instant", "poll", "real", "600"]


def told(assembly) -> dict:
    return json.loads(assembly.handler(Request("GET", "/_drytune/clock")).body)


@pytest.mark.parametrize("speed", SPEEDS)
def test_a_fresh_state_begins_on_its_day(speed):
    """So that what is created then says so, and the day that the catalog goes by is the same."""
    assembly = assemble(Settings(speed=speed, as_of=LATER))
    clock = told(assembly)
    assert clock["date"].startswith("2027-06-01T00:")
    assert clock["today"] == "2027-06-01"
    assembly.close()


@pytest.mark.parametrize("speed", SPEEDS)
def test_today_is_now(speed):
    """Not its midnight."""
    real = SystemClock().now()
    assembly = assemble(Settings(speed=speed, as_of=to_date(real)))
    assert real <= assembly.simulator.world.now() < real + 3600 * 24
    assembly.close()


@pytest.mark.parametrize("speed", ["instant", "poll", "real", "600"])
def test_a_state_that_has_run_goes_on_from_its_own_time(speed, tmp_path):
    """Neither back nor ahead to the day; the catalog's day goes on with the clock."""
    first = assemble(Settings(data=tmp_path, speed=speed, as_of=LATER))
    first.simulator.clock.advance(40 * 86_400)
    first.close()
    for day in (LATER, DAY, dt.date(2028, 1, 1)):
        again = assemble(Settings(data=tmp_path, speed=speed, as_of=day))
        assert told(again)["date"].startswith("2027-07-11T")
        assert again.simulator.world.today() == (dt.date(2027, 7, 11) if day == LATER else day)
        again.close()


def test_what_is_created_has_the_day(serving, client_of, cat):
    """Over the wire."""
    with serving("--as-of", "2026-03-01", "--speed", "real") as (url, _), cat.open("rb") as file:
        created = client_of(url).files.create(file=file, purpose="fine-tune").created_at
    assert to_date(created) == DAY


@pytest.mark.parametrize("speed", ["1e308", "1000001", "inf", "nan", "0", "-1", "fast"])
def test_a_speed_has_a_bound(speed):
    """Time would be over at once."""
    with pytest.raises(BadSetting, match="a positive number up to a million"):
        clock_of(speed)
    assert isinstance(clock_of("1e6"), ScaledClock)


@pytest.mark.parametrize(
    "day", ["9999-12-31", "3000-01-01", "1999-12-31", "20270107", "2027-W01-4", "2027-1-7"]
)
def test_a_day_is_one_of_this_millennium_and_written_out(drytune, day):
    """What else Python takes for a date is refused in one sentence."""
    done = drytune("serve", "--port", "0", "--as-of", day)
    error = done.stderr.decode()
    assert (done.returncode, error.count("\n")) == (2, 1)
    assert "expected a day such as 2027-01-07, from the year 2000 to 2999, or `today`" in error


def test_the_calendar_does_not_overflow():
    """Neither in a clock that has run for very long, nor by days on top of it."""
    simulator = Simulator(clock=InstantClock(start=from_date(dt.date(2026, 1, 1))), as_of=dt.date(2999, 1, 1))
    simulator.clock.advance(7500 * 365.25 * 86_400)
    assert simulator.world.today() == dt.date.max
    simulator.clock.advance(1e15)
    assert simulator.world.today() == dt.date.max
    simulator.close()
    assembly = assemble(Settings(speed="manual"))
    assembly.simulator.clock.advance(1e15)
    assert told(assembly)["today"] == "9999-12-31"
    assembly.close()
