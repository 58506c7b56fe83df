"""An exchange account through ccxt: Binance USD-M, on the local testnet or on Binance's demo.

Our nouns come in and go out; between them unmodified ccxt signs, sends and raises. Orders go
through ccxt's unified calls; lists are read from the venue's own endpoints through ccxt,
because the unified ones take an empty body for an empty list. Every failure
becomes one of ours, without ccxt's text, and by status and code, never by its class.
"""

import asyncio
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from hashlib import blake2s
from typing import Any, NoReturn

from nettools.errors import InvalidInput, OrderRejected
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
from nettools.venues import binance
from nettools.venues.ccxt_funding import Contract, read_funding
from nettools.venues.credentials import Credentials
from nettools.venues.guard import LOOPBACK, Address
from nettools.venues.messages import order_line
from nettools.venues.outcomes import Failure
from nettools.venues.protocol import Balance
from nettools.venues.rows import as_row, as_rows
from nettools.venues.sendable import LARGEST_LEVERAGE, as_sent, instrument_of
from nettools.venues.wire import Wire

PAGE = 1000
"""Executions asked for at once; a shorter page is the last one."""
WINDOW = timedelta(days=7)
"""The venue answers for at most so long a time per request."""
HISTORY = timedelta(days=180)
"""The venue keeps executions for so long (docs)."""
OLDEST_QUOTE = timedelta(seconds=60)
"""A touch that a real testnet says has not changed for longer is stale."""
NO_SUCH_ORDER = -2013
"""The one code that says the venue knows no such id."""


def _utc_now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 - the one clock of the venue, replaceable


class CcxtVenue:
    """One Binance USD-M account behind the ``Venue`` protocol.

    Cancelling the task of a ``send`` or ``cancel`` leaves its outcome unknown, exactly like a
    lost answer: ``asyncio.CancelledError`` passes through, and whoever canceled must look the
    order up before anything else.

    Args:
        name: ``"local"`` or ``"binance-demo"``; shown on the badge.
        address: the only place requests may go; see ``guard``.
        held: what signs them.
        clock: gives the time quotes are stamped with (UTC).
    """

    def __init__(
        self,
        name: str,
        address: Address,
        held: Credentials,
        clock: Callable[[], datetime] = _utc_now,
    ) -> None:
        self.name = name
        self.account = f"{address} {blake2s(held.api_key.reveal().encode()).hexdigest()[:8]}"
        self._wire = Wire(name, address, held)
        self._clock = clock
        self._is_local = address.host == LOOPBACK
        self._instruments: dict[str, Instrument] = {}
        self._symbols: dict[str, str] = {}
        self._ids: dict[str, str] = {}

    def __repr__(self) -> str:
        """Show the badge and nothing else."""
        return f"<CcxtVenue {self.name}>"

    def __reduce__(self) -> NoReturn:
        """Refuse pickle: an account is not copied."""
        raise TypeError("a venue is not pickled; open it again by its name")

    # --- connecting

    async def connect(self) -> None:
        """Reach the venue, measure its clock, load the instruments, check the keys."""
        if self._wire.is_open:
            return
        try:
            await self._wire.open()
            await self._load_instruments()
            await self.balance()
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        """Let go of every connection; safe to call twice."""
        await self._wire.close()

    async def _load_instruments(self) -> None:
        what = "the list of contracts"
        markets = await self._wire.read(
            what, lambda ccxt: ccxt.load_markets(), lambda found: list(found.values())
        )
        self._instruments = binance.read_instruments(markets)
        self._symbols = {market["id"]: market["symbol"] for market in markets}
        self._ids = {symbol: market_id for market_id, symbol in self._symbols.items()}
        if not self._instruments:
            raise self._wire.say.malformed(what, "no contract that trades")

    # --- what the account and the market are

    def instruments(self) -> dict[str, Instrument]:
        """Give every tradeable contract by symbol, as the venue stated them on connect."""
        return dict(self._instruments)

    async def server_time(self) -> datetime:
        """Ask the venue for its clock (UTC)."""
        return await self._wire.server_time()

    async def position_mode(self) -> PositionMode:
        """Ask whether the account keeps one leg per symbol or two."""
        return await self._wire.read(
            "the position mode",
            lambda ccxt: ccxt.fapiPrivateGetPositionSideDual(),
            binance.read_mode,
        )

    async def balance(self) -> Balance:
        """Ask for the account's money."""
        return await self._wire.read("the balance", _account, binance.read_balance)

    async def fee_rates(self, symbol: str) -> FeeRates:
        """Ask for the account's own fee rates on one symbol."""
        wanted = {"symbol": self._id(symbol)}
        return await self._wire.read(
            f"the fee rates of {symbol}",
            lambda ccxt: ccxt.fapiPrivateGetCommissionRate(wanted),
            binance.read_fee_rates,
        )

    async def positions(self) -> tuple[Position, ...]:
        """Ask for every leg that is not flat.

        An empty list is believed only when the account page agrees that nothing is held.
        """
        what = "the positions"
        held = await self._wire.read(
            what,
            lambda ccxt: ccxt.fapiPrivateV3GetPositionRisk(),
            lambda answer: binance.read_positions(answer, self._symbols),
        )
        if not held and not await self._wire.read(what, _account, binance.witnesses_flat):
            raise self._wire.say.malformed(
                what, "an empty list, while the account page shows some"
            )
        return held

    async def quotes(self, symbols: Iterable[str]) -> dict[str, Quote]:
        """Ask for touch and mark of each symbol, with two requests however many there are.

        Raises:
            VenueUnavailable: one of them is crossed, empty on a side, stale or missing.
            InvalidInput: a symbol the venue does not trade.
        """
        ids = {symbol: self._id(symbol) for symbol in symbols}
        if not ids:
            return {}
        wanted = {"symbol": next(iter(ids.values()))} if len(ids) == 1 else {}
        books, premiums = await asyncio.gather(
            self._wire.read(
                "the best prices",
                lambda ccxt: ccxt.fapiPublicGetTickerBookTicker(wanted),
                binance.rows_by_symbol,
            ),
            self._wire.read(
                "the mark prices",
                lambda ccxt: ccxt.fapiPublicGetPremiumIndex(wanted),
                binance.rows_by_symbol,
            ),
        )
        now = self._clock()
        oldest = self._wire.venue_now() - OLDEST_QUOTE
        return {
            symbol: self._wire.believe(
                f"the quote of {symbol}",
                partial(
                    binance.read_quote, symbol, books.get(key), premiums.get(key), now, oldest
                ),
            )
            for symbol, key in ids.items()
        }

    async def last_prices(self, symbols: Iterable[str]) -> dict[str, Decimal]:
        """Ask for the price of the last trade anybody made on each symbol, quote units.

        Raises:
            VenueUnavailable: one of them is missing or no price.
            InvalidInput: a symbol the venue does not trade.
        """
        ids = {symbol: self._id(symbol) for symbol in symbols}
        what = "the last prices"
        rows = await self._wire.read(
            what, lambda ccxt: ccxt.fapiPublicGetTickerPrice(), binance.rows_by_symbol
        )
        return {
            symbol: self._wire.believe(what, partial(binance.read_last, rows.get(key)))
            for symbol, key in ids.items()
        }

    async def open_orders(self, symbol: str) -> tuple[OrderReport, ...]:
        """Ask for the resting orders on one symbol, foreign ones too."""
        wanted = {"symbol": self._id(symbol)}
        return await self._wire.read(
            f"the open orders on {symbol}",
            lambda ccxt: ccxt.fapiPrivateGetOpenOrders(wanted),
            lambda answer: tuple(
                binance.read_order(row, self._symbols) for row in as_rows(answer)
            ),
        )

    async def find_order(self, order: Order) -> OrderReport | None:
        """Look the order up by our id; None only when the venue says it knows no such id."""
        what = f"the order to {order_line(order)}"
        answer = await self._wire.ask(
            lambda ccxt: ccxt.fetch_order(None, order.symbol, _by_our_id(order))
        )
        if isinstance(answer, Failure):
            if answer.code == NO_SUCH_ORDER:
                return None
            raise self._wire.read_failed(what, answer)
        return self._wire.believe(
            what,
            lambda: binance.read_own_order(binance.info_of(answer), order, self._symbols),
        )

    async def fills(self, symbol: str, since: datetime) -> tuple[Fill, ...]:
        """Give our executions on one symbol from ``since`` on, oldest first, all pages."""
        found: dict[int, Fill] = {}
        # the venue's times have whole milliseconds: round down, or a fill would be lost
        since = since.replace(microsecond=since.microsecond // 1000 * 1000)
        page = await self._first_page(symbol, since)
        while page:
            found |= page
            if len(page) < PAGE:
                break
            page = await self._trades(symbol, {"fromId": max(page) + 1})
        return tuple(found[key] for key in sorted(found) if found[key].time >= since)

    async def _first_page(self, symbol: str, since: datetime) -> dict[int, Fill]:
        now = self._wire.venue_now()
        start = max(since, now - HISTORY)
        while True:
            page = await self._trades(symbol, {"startTime": int(start.timestamp() * 1000)})
            start += WINDOW
            if page or start > now:
                return page

    async def _trades(self, symbol: str, wanted: dict[str, int]) -> dict[int, Fill]:
        request = {"symbol": self._id(symbol), "limit": PAGE} | wanted
        fills = await self._wire.read(
            f"the executions on {symbol}",
            lambda ccxt: ccxt.fapiPrivateGetUserTrades(request),
            lambda answer: [binance.read_fill(row, self._symbols) for row in as_rows(answer)],
        )
        return {int(fill.fill_id): fill for fill in fills}

    async def funding(self, symbol: str, since: datetime) -> tuple[Funding, ...]:
        """Give the funding settlements on one symbol after ``since``, oldest first.

        One a settlement, with what the account received or paid on all its legs; zero when
        nothing was booked. A real testnet books a moment later than it settles, so there a
        settlement is told once it is a minute old.
        """
        contract = Contract(symbol, self._id(symbol), self._symbols)
        return await read_funding(self._wire, contract, since, is_local=self._is_local)

    # --- what changes something

    async def send(self, order: Order) -> OrderReport:
        """Send one order once; never retried here.

        A resting order is reported as the venue accepted it; what it filled since must be
        asked for.

        Raises:
            OrderRejected: the venue refused, finally, or the order is off its grid.
            OutcomeUnknown: it may be live; look it up by its id.
            VenueUnavailable: nothing was sent.
            LiveTradingRefused: nothing was sent, and the address was not the testnet's.
        """
        order = as_sent(order, self._instruments)
        kind, quantity, price, params = binance.order_request(order)
        return await self._wire.change(
            order_line(order),
            lambda ccxt: ccxt.create_order(
                order.symbol, kind, order.side.value, quantity, price, params
            ),
            lambda answer: binance.read_own_order(
                binance.info_of(answer), order, self._symbols
            ),
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
            lambda answer: binance.read_own_order(
                binance.info_of(answer), order, self._symbols
            ),
        )

    async def set_position_mode(self, mode: PositionMode) -> None:
        """Switch the mode; the venue refuses with positions or orders (OrderRejected)."""
        try:
            await self._wire.change(
                f"switch the account to {mode.value} mode",
                lambda ccxt: ccxt.set_position_mode(mode is PositionMode.HEDGE),
                binance.read_done,
            )
        except OrderRejected as refusal:
            if refusal.reason != "NO_CHANGE":
                raise

    async def set_leverage(self, symbol: str, leverage: int) -> None:
        """Set the leverage used for margin on one symbol, a whole number from 1 to 125."""
        if not 1 <= leverage <= LARGEST_LEVERAGE:
            raise InvalidInput(f"leverage must be 1 to {LARGEST_LEVERAGE}, was {leverage}")
        self._id(symbol)
        await self._wire.change(
            f"set the leverage of {symbol} to {leverage}",
            lambda ccxt: ccxt.set_leverage(leverage, symbol),
            lambda answer: as_row(answer, "leverage"),
        )

    def _id(self, symbol: str) -> str:
        if symbol not in self._ids:
            instrument_of(symbol, self._instruments)
        return self._ids[symbol]


async def _account(ccxt: Any) -> object:  # noqa: ANN401 - ccxt has no types
    return await ccxt.fapiPrivateV3GetAccount()


def _by_our_id(order: Order) -> dict[str, str]:
    return {"clientOrderId": order.client_order_id}
