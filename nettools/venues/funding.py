"""Settlements of funding joined with what they brought the account, on any venue. Pure.

What was settled and what was booked come in; one ``Funding`` a settlement goes out, or
``Malformed``. The two lists of a venue name no common id, so they are joined by time; a hedged
account has a booking for each leg.
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

from nettools.decimals import ZERO
from nettools.model import Funding
from nettools.venues.rows import Malformed

Booking = tuple[datetime, Decimal]
"""When something was booked, and the amount in quote units; negative is paid."""

JITTER = timedelta(seconds=15)
"""On a real testnet a booking is at most so far from its settlement (docs)."""
BOOKED = timedelta(seconds=60)
"""After so long a real testnet has booked a settlement; before, no row says nothing."""
LARGEST_RATE = Decimal(1)


def join(
    settlements: Sequence[Funding],
    bookings: Iterable[Booking],
    jitter: timedelta,
) -> tuple[Funding, ...]:
    """Add each booking to the settlement nearest in time; one without any received zero.

    A booking later than every settlement waits: the venue will state that one too.

    Args:
        settlements: oldest first, one a time.
        bookings: time and amount, quote units, negative is paid.
        jitter: a booking further away belongs to another settlement.

    Raises:
        Malformed: a booking between two settlements that belongs to neither.
    """
    times = [settlement.time for settlement in settlements]
    received = [ZERO] * len(times)
    for time, amount in bookings:
        after = bisect_left(times, time)
        near = range(max(0, after - 1), min(len(times), after + 1))
        nearest = min(near, key=lambda index: abs(times[index] - time), default=None)
        if nearest is not None and abs(times[nearest] - time) <= jitter:
            received[nearest] += amount
        elif 0 < after < len(times):
            raise Malformed(f"a booking at {time:%Y-%m-%d %H:%M:%S} UTC without a settlement")
    pairs = zip(settlements, received, strict=True)
    return tuple(replace(one, received=amount) for one, amount in pairs)
