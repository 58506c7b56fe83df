"""The venue's time and ours: what happened is asked for by the earliest it may be dated."""

from datetime import timedelta

from makers import NOW

from nettools.venues.clock import Timing, VenueClock

HOUR = timedelta(hours=1)


class _Wall:
    """A wall clock that can be set, and a stopwatch that stands still."""

    def __init__(self) -> None:
        self.now = NOW

    def clock(self):
        """Give a venue's clock beside it, measured equal."""
        clock = VenueClock(Timing(wall=lambda: self.now, monotonic=lambda: 0.0))
        clock.measured(NOW, NOW, NOW)
        return clock


def test_clocks_that_agree_to_a_second_are_one():
    clock = _Wall().clock()
    clock.measured(NOW - timedelta(seconds=1), NOW, NOW)
    assert clock.earliest(NOW) == NOW


def test_what_happened_while_the_venue_was_an_hour_behind_is_looked_for_an_hour_earlier():
    clock = _Wall().clock()
    clock.measured(NOW - HOUR, NOW, NOW)
    assert clock.earliest(NOW) == NOW - HOUR
    clock.measured(NOW, NOW, NOW)  # put right; what it dated meanwhile keeps its date
    assert clock.earliest(NOW) == NOW - HOUR


def test_a_venue_that_is_ahead_leaves_the_moment_as_it_is():
    clock = _Wall().clock()
    clock.measured(NOW + HOUR, NOW, NOW)
    assert clock.earliest(NOW) == NOW


def test_our_own_clock_set_forward_leaves_the_venue_behind_it():
    wall = _Wall()
    clock = wall.clock()
    wall.now += HOUR
    assert clock.earliest(wall.now) == NOW
