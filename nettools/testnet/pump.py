"""Moves the market with the wall clock, without ever racing to catch up.

Elapsed monotonic seconds come in; whole seconds of market time go out, ``speed`` of them for
each wall second. Time a machine slept, or could not keep up with, is dropped: the market
falls behind instead of jumping.
"""

import time
from collections.abc import Callable
from datetime import datetime
from typing import Protocol

_LONGEST_GAP = 2.0
"""Wall seconds one call makes up for; more means the machine slept."""
_SLICE = 5
"""Seconds of market time done at a stretch, about a millisecond each."""
_PATIENCE = 0.02
"""Wall seconds one call may take before the rest is dropped."""


class Moving(Protocol):
    """What a pump drives: the synthetic market or a replay."""

    def advance(self, seconds: int, now: datetime) -> int:
        """Move by so many seconds of market time; give how many were done."""
        ...


class Pump:
    """Turns wall time into market time.

    Args:
        market: what moves.
        speed: market seconds per wall second; 0 stands still.
        start: the monotonic clock now, seconds.
        monotonic: reads it again, to stop after 20 ms of work.
    """

    def __init__(
        self,
        market: Moving,
        *,
        speed: float,
        start: float,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.speed = speed
        self._market = market
        self._last = start
        self._owed = 0.0
        self._monotonic = monotonic

    def run(self, moment: float, now: datetime) -> int:
        """Move the market to this moment; give the seconds of market time done.

        Args:
            moment: the monotonic clock, seconds.
            now: the time shown on what happens (UTC).
        """
        elapsed = min(max(moment - self._last, 0.0), _LONGEST_GAP)
        self._last = moment
        self._owed += elapsed * self.speed
        due = int(self._owed)
        self._owed -= due
        done = 0
        while done < due:
            moved = self._market.advance(min(_SLICE, due - done), now)
            done += moved
            if not moved or self._monotonic() - moment > _PATIENCE:
                break
        return done
