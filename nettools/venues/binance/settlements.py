"""Binance's settlements of funding, and what it booked for them. Pure.

Rows of ``fundingRate`` (what was settled) and of ``income`` (what was booked) come in, as the
venue gave them; settlements and bookings go out, or ``Malformed``.
"""

from nettools.decimals import ZERO
from nettools.model import Funding
from nettools.venues.binance.rows import QUOTE_CURRENCY
from nettools.venues.contracts import Contract, check_about
from nettools.venues.funding import LARGEST_RATE, Booking
from nettools.venues.rows import Malformed, as_rows, moment, number, word

FUNDING_FEE = "FUNDING_FEE"


def read_settlements(answer: object, contract: Contract) -> list[Funding]:
    """Read the settlements on a contract, oldest first, nothing received yet.

    Raises:
        Malformed: a row that cannot be read, of another contract, or twice at the same time.
    """
    found = {}
    for row in as_rows(answer):
        check_about(row, contract)
        settlement = Funding(
            symbol=contract.symbol,
            rate=number(row, "fundingRate", largest=LARGEST_RATE),
            mark_price=number(row, "markPrice"),
            received=ZERO,
            time=moment(row, "fundingTime"),
        )
        if settlement.mark_price <= 0 or settlement.time in found:
            raise Malformed("a settlement without a mark, or two at the same time")
        found[settlement.time] = settlement
    return sorted(found.values(), key=lambda settlement: settlement.time)


def read_bookings(answer: object, contract: Contract) -> dict[str, Booking]:
    """Read what was booked on a contract: time and amount by the venue's id of the booking.

    Raises:
        Malformed: a row that cannot be read, of another contract, kind or currency.
    """
    found = {}
    for row in as_rows(answer):
        check_about(row, contract)
        if (word(row, "incomeType"), word(row, "asset")) != (FUNDING_FEE, QUOTE_CURRENCY):
            raise Malformed("a booking of another kind or currency")
        found[word(row, "tranId")] = Booking(moment(row, "time"), number(row, "income"))
    return found
