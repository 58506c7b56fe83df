"""Binance's settlements of funding, joined with what they brought the account. Pure.

Rows of ``fundingRate`` (what was settled) and of ``income`` (what was booked) come in, as the
venue gave them; one ``Funding`` a settlement goes out, or ``Malformed``. The two lists name no
common id, so they are joined by symbol and time; a hedged account has a row for each leg.
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

from nettools.decimals import ZERO
from nettools.model import Funding
from nettools.venues.binance import QUOTE_CURRENCY, Symbols
from nettools.venues.rows import Malformed, Row, as_rows, choice, moment, number, word

JITTER = timedelta(seconds=15)
"""On a real testnet a booking is at most so far from its settlement (docs)."""
BOOKED = timedelta(seconds=60)
"""After so long a real testnet has booked a settlement; before, no row says nothing."""
LARGEST_RATE = Decimal(1)
FUNDING_FEE = "FUNDING_FEE"


def read_settlements(answer: object, symbol: str, symbols: Symbols) -> list[Funding]:
    """Read the settlements on a symbol, oldest first, nothing received yet.

    Raises:
        Malformed: a row that cannot be read, of another symbol, or twice at the same time.
    """
    found = {}
    for row in as_rows(answer):
        _check_symbol(row, symbol, symbols)
        settlement = Funding(
            symbol=symbol,
            rate=number(row, "fundingRate", largest=LARGEST_RATE),
            mark_price=number(row, "markPrice"),
            received=ZERO,
            time=moment(row, "fundingTime"),
        )
        if settlement.mark_price <= 0 or settlement.time in found:
            raise Malformed("a settlement without a mark, or two at the same time")
        found[settlement.time] = settlement
    return sorted(found.values(), key=lambda settlement: settlement.time)


def read_bookings(
    answer: object, symbol: str, symbols: Symbols
) -> dict[str, tuple[datetime, Decimal]]:
    """Read what was booked on a symbol: time and amount by the venue's id of the booking.

    Raises:
        Malformed: a row that cannot be read, of another symbol, kind or currency.
    """
    found = {}
    for row in as_rows(answer):
        _check_symbol(row, symbol, symbols)
        if (word(row, "incomeType"), word(row, "asset")) != (FUNDING_FEE, QUOTE_CURRENCY):
            raise Malformed("a booking of another kind or currency")
        found[word(row, "tranId")] = moment(row, "time"), number(row, "income")
    return found


def _check_symbol(row: Row, symbol: str, symbols: Symbols) -> None:
    if choice(row, "symbol", symbols) != symbol:
        raise Malformed(f"a row that is not about {symbol}")


def join(
    settlements: Sequence[Funding],
    bookings: Iterable[tuple[datetime, Decimal]],
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
