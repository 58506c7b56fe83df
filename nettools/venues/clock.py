"""The venue's time and ours, both kept by the monotonic clock.

Where time comes from, and what the venue said its clock shows, come in; the time on either
goes out. Law: a wall clock that is set does not move them, so a jump neither spoils a signature
nor ends a ban; it is noticed, and the venue's clock is measured again.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random

SLIP = timedelta(seconds=1)
"""A wall clock that moved so far against the monotonic one was set, or the machine slept."""
MEASURE_EVERY = timedelta(hours=1)
"""Two clocks drift apart by less than half a second in so long."""


def utc_now() -> datetime:
    """Read this machine's clock (UTC)."""
    return datetime.now(UTC)  # noqa: TID251 - the one clock of the venues, replaceable


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """Where a venue takes time and chance from; replaced as a whole by tests."""

    wall: Callable[[], datetime] = utc_now
    """This machine's clock (UTC)."""
    monotonic: Callable[[], float] = time.monotonic
    """Seconds; never set."""
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    """Waits so many seconds."""
    rng: Random = field(default_factory=Random)
    """Spreads what would otherwise happen in step."""


class VenueClock:
    """Our clock and the venue's, for one account.

    Args:
        timing: where time comes from.
    """

    def __init__(self, timing: Timing) -> None:
        self.offset = timedelta()
        """How far the venue's clock is ahead of ours, as measured last."""
        self.is_doubtful = False
        """Whether the venue refused a request for its time."""
        self._timing = timing
        self._began = timing.wall()
        self._began_at = timing.monotonic()
        self._slip = timedelta()
        self._measured: datetime | None = None
        self._lowest = timedelta()
        """The least the venue's clock ever was ahead of the wall clock; negative is behind."""

    def ours(self) -> datetime:
        """Give our time: the wall clock's at the start, and the seconds since (UTC)."""
        return self._began + timedelta(seconds=self._timing.monotonic() - self._began_at)

    def theirs(self) -> datetime:
        """Give the venue's time (UTC)."""
        return self.ours() + self.offset

    def earliest(self, moment: datetime) -> datetime:
        """Give the least the venue's clock may have shown at a moment of the wall clock (UTC).

        What happened then may carry the time of a clock that was put right since. Clocks
        that are a second apart are taken as one.
        """
        behind = min(self._lowest, self.offset - self.slip())
        return moment + behind if behind < -SLIP else moment

    def slip(self) -> timedelta:
        """Say how far the wall clock was set forward since the start, or the machine slept."""
        return self._timing.wall() - self.ours()

    def must_measure(self) -> bool:
        """Say whether the venue's clock should be measured before anything is signed."""
        if self.is_doubtful or self._measured is None:
            return self.is_doubtful
        is_old = self.ours() - self._measured > MEASURE_EVERY
        return is_old or abs(self.slip() - self._slip) > SLIP

    def measured(self, theirs: datetime, before: datetime, after: datetime) -> None:
        """Take a measurement over.

        Args:
            theirs: what the venue said (UTC).
            before: our time when it was asked.
            after: our time when it had answered.
        """
        self.offset = theirs - (before + (after - before) / 2)
        self._measured = after
        self._slip = self.slip()
        self._lowest = min(self._lowest, self.offset - self._slip)
        self.is_doubtful = False
