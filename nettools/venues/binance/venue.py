"""A Binance USD-M account through ccxt: which endpoint answers each question.

Orders go through ccxt's unified calls; lists are read from the venue's own endpoints through
ccxt, because the unified ones take an empty body for an empty list.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from nettools.model import (
    FeeRates,
    Fill,
    Funding,
    Instrument,
    Order,
    OrderReport,
    Position,
    PositionMode,
    Quote,
)
from nettools.venues.binance import rows
from nettools.venues.binance.dialect import BINANCE
from nettools.venues.binance.ear import BINANCE_EAR
from nettools.venues.binance.funding import ask_bookings, ask_settlements
from nettools.venues.binance.tariff import BOOK_ALL, BOOK_ONE, MARK_ALL, MARK_ONE
from nettools.venues.budget import Urgency
from nettools.venues.ccxt_venue import OLDEST_QUOTE, CcxtVenue, urgency_of
from nettools.venues.contracts import Contract
from nettools.venues.funding import Booking
from nettools.venues.messages import order_line
from nettools.venues.outcomes import Failure
from nettools.venues.protocol import Balance, Permissions
from nettools.venues.reports import about
from nettools.venues.rows import Row, as_row, as_rows

Wanted = dict[str, Any]
"""The parameters of a question."""
Ask = Callable[[Wanted, Any], Awaitable[object]]
"""Asks ccxt's client one question with these parameters."""

PAGE = 1000
"""Executions or orders asked for at once; a shorter page is the last one."""
WINDOW = timedelta(days=7)
"""The venue answers for at most so long a time per request."""
MOST_FORCED = 100
"""Forced orders the venue tells at most."""
SETTLED = "settlement_autoclose-"
"""How the client id of an order begins with which the venue settles a contract (docs)."""
HISTORY = timedelta(days=180)
"""The venue keeps executions for so long (docs)."""
NO_SUCH_ORDER = -2013
"""The one code that says the venue knows no such id."""


class BinanceVenue(CcxtVenue):
    """One Binance USD-M account, on the local testnet or on Binance's demo."""

    dialect = BINANCE
    last_price = "price"
    ear = BINANCE_EAR
    funding_history = timedelta(days=90)
    _read_mode_set = staticmethod(rows.read_done)

    @staticmethod
    def _read_leverage_set(answer: object) -> object:
        return as_row(answer, "leverage")

    def _read_instruments(self, markets: Iterable[Row]) -> dict[str, Instrument]:
        return rows.read_instruments(markets)

    # --- what the account and the market are

    async def position_mode(self) -> PositionMode:
        """Ask whether the account keeps one leg per symbol or two."""
        return await self._wire.read(
            "the position mode",
            lambda ccxt: ccxt.fapiPrivateGetPositionSideDual(),
            rows.read_mode,
        )

    async def permissions(self) -> Permissions:
        """Ask what the keys may do."""
        return await self._wire.read(
            "what the keys may do",
            lambda ccxt: ccxt.fapiPrivateGetAccountConfig(),
            rows.read_permissions,
        )

    async def balance(self) -> Balance:
        """Ask for the account's money."""
        return await self._wire.read("the balance", _account, rows.read_balance)

    async def fee_rates(self, symbol: str) -> FeeRates:
        """Ask for the account's own fee rates on one symbol."""
        wanted = {"symbol": self._contract(symbol).market_id}
        return await self._wire.read(
            f"the fee rates of {symbol}",
            lambda ccxt: ccxt.fapiPrivateGetCommissionRate(wanted),
            rows.read_fee_rates,
        )

    async def _held(self) -> tuple[Position, ...]:
        return await self._wire.read(
            "the positions",
            lambda ccxt: ccxt.fapiPrivateV3GetPositionRisk(),
            lambda answer: rows.read_positions(answer, self._contracts),
        )

    async def _is_flat(self) -> bool:
        return await self._wire.read("the positions", _account, rows.witnesses_flat)

    async def quotes(self, symbols: Iterable[str]) -> dict[str, Quote]:
        """Ask for touch and mark of each symbol, in whatever way costs the least weight.

        Raises:
            VenueUnavailable: one of them is crossed, empty on a side, stale or missing.
            InvalidInput: a symbol the venue does not trade.
        """
        ids = {symbol: self._contract(symbol).market_id for symbol in symbols}
        if not ids:
            return {}
        named = [{"symbol": market_id} for market_id in ids.values()]
        books, premiums = await asyncio.gather(
            self._cheapest("the best prices", _ask_books, named, (BOOK_ONE, BOOK_ALL)),
            self._cheapest("the mark prices", _ask_marks, named, (MARK_ONE, MARK_ALL)),
        )
        now = self._clock()
        oldest = self._wire.venue_now() - OLDEST_QUOTE
        return {
            symbol: self._wire.believe(
                f"the quote of {symbol}",
                partial(
                    rows.read_quote, symbol, books.get(key), premiums.get(key), now, oldest
                ),
            )
            for symbol, key in ids.items()
        }

    async def _cheapest(
        self, what: str, ask: Ask, named: Sequence[Wanted], weights: tuple[int, int]
    ) -> dict[str, Row]:
        one, all_of_them = weights
        pages = named if len(named) * one <= all_of_them else [{}]
        found = await asyncio.gather(
            *(self._wire.read(what, partial(ask, page), rows.rows_by_symbol) for page in pages)
        )
        return {key: row for page in found for key, row in page.items()}

    async def _tickers(self, what: str, ids: Sequence[str]) -> dict[str, Row]:
        del ids  # one request tells all
        return await self._wire.read(
            what, lambda ccxt: ccxt.fapiPublicGetTickerPrice(), rows.rows_by_symbol
        )

    async def open_orders(self, symbol: str) -> tuple[OrderReport, ...]:
        """Ask for the resting orders on one symbol, foreign ones too."""
        wanted = {"symbol": self._contract(symbol).market_id}
        return await self._wire.read(
            f"the open orders on {symbol}",
            lambda ccxt: ccxt.fapiPrivateGetOpenOrders(wanted),
            lambda answer: tuple(
                rows.read_order(row, self._contracts) for row in as_rows(answer)
            ),
        )

    async def find_order(self, order: Order) -> OrderReport | None:
        """Look the order up by our id; None only when the venue says it knows no such id."""
        what = f"the order to {order_line(order)}"
        answer = await self._wire.ask(
            lambda ccxt: ccxt.fetch_order(None, order.symbol, _by_our_id(order)),
            Urgency.ORDER,
        )
        if isinstance(answer, Failure):
            if answer.code == NO_SUCH_ORDER:
                return None
            raise self._wire.read_failed(what, answer)
        return self._wire.believe(what, lambda: self._read_own_order(answer, order))

    def _read_own_order(self, answer: object, order: Order) -> OrderReport:
        return about(order, rows.read_order(rows.info_of(answer), self._contracts))

    async def _executions(self, contract: Contract, since: datetime) -> Sequence[Fill]:
        found: dict[int, Fill] = {}
        page = await self._first_page(contract, since)
        while page:
            found |= page
            if len(page) < PAGE:
                break
            page = await self._trades(contract, {"fromId": max(page) + 1})
        return [found[key] for key in sorted(found)]

    async def forced_orders(self, symbol: str, since: datetime) -> dict[str, str]:
        """Ask for liquidations, ADL and settlements on one symbol, of at most seven days.

        The list of forced orders has no settlements; among all orders they are told by the
        client id the venue gives them, ``settlement_autoclose-…`` (docs).
        """
        what = f"the forced orders on {symbol}"
        start = max(since, self._wire.venue_now() - WINDOW)
        wanted = {
            "symbol": self._contract(symbol).market_id,
            "startTime": int(start.timestamp() * 1000),
        }
        forced = await self._wire.read(
            what, partial(_ask_forced, wanted | {"limit": MOST_FORCED}), rows.read_ids
        )
        ordered = await self._wire.read(
            what, partial(_ask_ordered, wanted | {"limit": PAGE}), rows.read_ids
        )
        settled = {own: name for own, name in ordered.items() if name.startswith(SETTLED)}
        return settled | forced

    async def _first_page(self, contract: Contract, since: datetime) -> dict[int, Fill]:
        now = self._wire.venue_now()
        start = max(since, now - HISTORY)
        while True:
            page = await self._trades(contract, {"startTime": int(start.timestamp() * 1000)})
            start += WINDOW
            if page or start > now:
                return page

    async def _trades(self, contract: Contract, wanted: dict[str, int]) -> dict[int, Fill]:
        request = {"symbol": contract.market_id, "limit": PAGE} | wanted
        fills = await self._wire.read(
            f"the executions on {contract.symbol}",
            lambda ccxt: ccxt.fapiPrivateGetUserTrades(request),
            lambda answer: [rows.read_fill(row, self._contracts) for row in as_rows(answer)],
        )
        return {int(fill.fill_id): fill for fill in fills}

    async def _settlements(self, contract: Contract, start: datetime) -> Sequence[Funding]:
        return await ask_settlements(self._wire, contract, start)

    async def _bookings(self, contract: Contract, start: datetime) -> Sequence[Booking]:
        return await ask_bookings(self._wire, contract, start)

    # --- what changes something

    async def _place(self, order: Order, contract: Contract) -> OrderReport:
        kind, quantity, price, params = rows.order_request(order, contract)
        return await self._wire.change(
            order_line(order),
            lambda ccxt: ccxt.create_order(
                order.symbol, kind, order.side.value, quantity, price, params
            ),
            lambda answer: self._read_own_order(answer, order),
            urgency_of(order),
        )

    async def cancel(self, order: Order) -> None:
        """Ask for a cancel by our id. Returning means the request was accepted, no more.

        Raises:
            OrderRejected: NOT_FOUND when no such order is open: it may be filled, or canceled
                by our own request if the connection dropped and it was sent twice, so look.
            OutcomeUnknown: it may have been canceled or not.
        """
        await self._wire.change(
            f"cancel {order_line(order)}",
            lambda ccxt: ccxt.cancel_order(None, order.symbol, _by_our_id(order)),
            lambda answer: self._read_own_order(answer, order),
            Urgency.SAFETY,
        )


async def _ask_books(wanted: Wanted, ccxt: Any) -> object:  # noqa: ANN401 - no types
    return await ccxt.fapiPublicGetTickerBookTicker(wanted)


async def _ask_marks(wanted: Wanted, ccxt: Any) -> object:  # noqa: ANN401 - no types
    return await ccxt.fapiPublicGetPremiumIndex(wanted)


async def _ask_forced(wanted: Wanted, ccxt: Any) -> object:  # noqa: ANN401 - no types
    return await ccxt.fapiPrivateGetForceOrders(wanted)


async def _ask_ordered(wanted: Wanted, ccxt: Any) -> object:  # noqa: ANN401 - no types
    return await ccxt.fapiPrivateGetAllOrders(wanted)


async def _account(ccxt: Any) -> object:  # noqa: ANN401 - ccxt has no types
    return await ccxt.fapiPrivateV3GetAccount()


def _by_our_id(order: Order) -> dict[str, str]:
    return {"clientOrderId": order.client_order_id}
