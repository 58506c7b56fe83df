"""Asks Binance through ccxt what was settled on a contract, and what was booked for it.

A contract and a moment come in; every settlement after it goes out, all pages, joined with
what the account received. Settlements are read first, so that a booking without one is only
early, never lost.
"""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any, NamedTuple

from nettools.model import Funding
from nettools.venues.binance import Symbols
from nettools.venues.binance_funding import (
    BOOKED,
    FUNDING_FEE,
    JITTER,
    join,
    read_bookings,
    read_settlements,
)
from nettools.venues.wire import Wire

PAGE = 1000
"""Rows asked for at once; a shorter page is the last one."""
HISTORY = timedelta(days=90)
"""The venue keeps what it booked for so long (docs)."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_Bookings = dict[str, tuple[datetime, Decimal]]


class Contract(NamedTuple):
    """Whose funding is asked for."""

    symbol: str
    """Unified."""
    market_id: str
    """The venue's own name of it."""
    symbols: Symbols
    """Unified symbols by the venue's names, to read its rows with."""


async def read_funding(
    wire: Wire, contract: Contract, since: datetime, *, is_local: bool
) -> tuple[Funding, ...]:
    """Give the settlements on a contract after ``since``, oldest first.

    Args:
        wire: the connection that asks.
        contract: whose funding.
        since: settlements at this very time are not told again.
        is_local: the local testnet books at the time it settles and at once; a real one may
            be seconds off, and is believed once a settlement is a minute old.

    Raises:
        VenueUnavailable: it could not be read, or contradicts itself.
    """
    jitter = timedelta() if is_local else JITTER
    now = wire.venue_now()
    # rows before ``since`` too: what was booked near it may belong to the settlement before
    settlements = await _settlements(
        wire, contract, max(since - jitter, now - HISTORY + jitter)
    )
    if not any(settlement.time > since for settlement in settlements):
        return ()
    bookings = await _bookings(wire, contract, settlements[0].time - jitter)
    joined = wire.believe(
        f"the funding of {contract.symbol}",
        lambda: join(settlements, bookings.values(), jitter),
    )
    latest = settlements[-1].time if is_local else now - BOOKED
    return tuple(one for one in joined if since < one.time <= latest)


async def _settlements(wire: Wire, contract: Contract, start: datetime) -> list[Funding]:
    found: list[Funding] = []
    while True:
        page = await wire.read(
            f"the funding rates of {contract.symbol}",
            partial(_ask_rates, _wanted(contract, start)),
            lambda answer: read_settlements(answer, contract.symbol, contract.symbols),
        )
        found += page
        if len(page) < PAGE:
            return found
        start = page[-1].time + _MILLISECOND


async def _bookings(wire: Wire, contract: Contract, start: datetime) -> _Bookings:
    found: _Bookings = {}
    while True:
        page = await wire.read(
            f"the funding booked on {contract.symbol}",
            partial(_ask_income, _wanted(contract, start) | {"incomeType": FUNDING_FEE}),
            lambda answer: read_bookings(answer, contract.symbol, contract.symbols),
        )
        is_last = len(page) < PAGE or page.keys() <= found.keys()
        found |= page
        if is_last:
            return found
        # two legs are booked at the same time and may stand on two pages
        start = max(time for time, _ in page.values())


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
