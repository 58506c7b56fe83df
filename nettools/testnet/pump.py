"""Moves the market with the wall clock, without ever racing to catch up.

Elapsed monotonic seconds come in; whole steps of market time go out, ``speed`` seconds of them
for each wall second. Time a machine slept, or could not keep up with, is dropped: the market
falls behind instead of jumping.
"""

import time
from collections.abc import Callable
from datetime import datetime
from typing import Protocol

_LONGEST_GAP = 2.0
"""Wall seconds one call makes up for; more means the machine slept."""
_SLICE = 5
"""Steps done at a stretch when a step is a second, about a millisecond of work each."""
_SLICES = 20
"""Stretches of a second whose steps are finer."""
_PATIENCE = 0.02
"""Wall seconds one call may take before the rest is dropped."""


class Moving(Protocol):
    """What a pump drives: the synthetic market or a replay."""

    def step(self, steps: int, now: datetime) -> int:
        """Move by so many steps of market time; give how many were done."""
        ...


class Pump:
    """Turns wall time into market time.

    Args:
        market: what moves.
        speed: market seconds per wall second; 0 stands still.
        start: the monotonic clock now, seconds.
        monotonic: reads it again, to stop after 20 ms of work.
        steps_per_second: of market time.
    """

    def __init__(
        self,
        market: Moving,
        *,
        speed: float,
        start: float,
        monotonic: Callable[[], float] = time.monotonic,
        steps_per_second: int = 1,
    ) -> None:
        self.speed = speed
        self._market = market
        self._last = start
        self._owed = 0.0
        self._monotonic = monotonic
        self._per_second = steps_per_second
        self._slice = max(_SLICE, steps_per_second // _SLICES)

    def run(self, moment: float, now: datetime) -> int:
        """Move the market to this moment; give the steps of market time done.

        Args:
            moment: the monotonic clock, seconds.
            now: the time shown on what happens (UTC).
        """
        elapsed = min(max(moment - self._last, 0.0), _LONGEST_GAP)
        self._last = moment
        self._owed += elapsed * self.speed * self._per_second
        due = int(self._owed)
        self._owed -= due
        done = 0
        while done < due:
            moved = self._market.step(min(self._slice, due - done), now)
            done += moved
            if not moved or self._monotonic() - moment > _PATIENCE:
                break
        return done
