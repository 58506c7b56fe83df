"""Asks Binance through ccxt what was settled on a contract, and what was booked for it.

A contract and a moment come in; every settlement and every booking from then on goes out, all
pages, or ``VenueUnavailable``.
"""

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from nettools.model import Funding
from nettools.venues.binance.settlements import FUNDING_FEE, read_bookings, read_settlements
from nettools.venues.contracts import Contract
from nettools.venues.funding import Booking
from nettools.venues.wire import Wire

PAGE = 1000
"""Rows asked for at once; a shorter page is the last one."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


async def ask_settlements(wire: Wire, contract: Contract, start: datetime) -> list[Funding]:
    """Give the settlements on a contract from ``start`` on, oldest first."""
    found: list[Funding] = []
    while True:
        page = await wire.read(
            f"the funding rates of {contract.symbol}",
            partial(_ask_rates, _wanted(contract, start)),
            lambda answer: read_settlements(answer, contract),
        )
        found += page
        if len(page) < PAGE:
            return found
        start = page[-1].time + _MILLISECOND


async def ask_bookings(wire: Wire, contract: Contract, start: datetime) -> list[Booking]:
    """Give what was booked on a contract from ``start`` on."""
    found: dict[str, Booking] = {}
    while True:
        page = await wire.read(
            f"the funding booked on {contract.symbol}",
            partial(_ask_income, _wanted(contract, start) | {"incomeType": FUNDING_FEE}),
            lambda answer: read_bookings(answer, contract),
        )
        is_last = len(page) < PAGE or page.keys() <= found.keys()
        found |= page
        if is_last:
            return list(found.values())
        # two legs are booked at the same time and may stand on two pages
        start = max(booking.time for booking in page.values())


def _wanted(contract: Contract, start: datetime) -> dict[str, Any]:
    return {
        "symbol": contract.market_id,
        "startTime": (start - _EPOCH) // _MILLISECOND,
        "limit": PAGE,
    }


async def _ask_rates(wanted: dict[str, Any], ccxt: Any) -> object:  # noqa: ANN401 - no types
    return await ccxt.fapiPublicGetFundingRate(wanted)


async def _ask_income(wanted: dict[str, Any], ccxt: Any) -> object:  # noqa: ANN401 - no types
    return await ccxt.fapiPrivateGetIncome(wanted)
