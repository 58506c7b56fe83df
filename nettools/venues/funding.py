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
from typing import NamedTuple

from nettools.model import Funding
from nettools.venues.rows import Malformed


class Booking(NamedTuple):
    """What a settlement brought one leg."""

    time: datetime
    """When it was booked (UTC)."""
    amount: Decimal
    """Quote units; negative is paid."""
    mark_price: Decimal | None = None
    """Where the venue states it: the mark it settled at, quote units."""


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
        bookings: of all legs, in any order.
        jitter: a booking further away belongs to another settlement.

    Raises:
        Malformed: a booking between two settlements that belongs to neither.
    """
    times = [settlement.time for settlement in settlements]
    joined = list(settlements)
    for booking in bookings:
        after = bisect_left(times, booking.time)
        near = range(max(0, after - 1), min(len(times), after + 1))
        nearest = min(near, key=lambda index: abs(times[index] - booking.time), default=None)
        if nearest is not None and abs(times[nearest] - booking.time) <= jitter:
            one = joined[nearest]
            joined[nearest] = replace(
                one,
                received=one.received + booking.amount,
                mark_price=booking.mark_price or one.mark_price,
            )
        elif 0 < after < len(times):
            when = f"{booking.time:%Y-%m-%d %H:%M:%S}"
            raise Malformed(f"a booking at {when} UTC without a settlement")
    return tuple(joined)
