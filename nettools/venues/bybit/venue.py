"""A Bybit v5 linear account through ccxt: which endpoint answers each question.

The venue's own endpoints are asked through ccxt, because its unified calls take strange bodies
for empty lists and for orders without an id. Orders are sent the same way, so that the whole
envelope is read: a create or a cancel is only acknowledged, and what became of it must be
asked for.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from nettools.errors import OrderRejected
from nettools.model import (
    FeeRates,
    Fill,
    Funding,
    Instrument,
    Order,
    OrderReport,
    OrderState,
    Position,
    PositionMode,
    PositionSide,
    Quote,
)
from nettools.venues.budget import Urgency
from nettools.venues.bybit import orders, rows
from nettools.venues.bybit.dialect import BYBIT
from nettools.venues.bybit.ear import BYBIT_EAR
from nettools.venues.bybit.history import (
    HISTORY,
    Ask,
    Wanted,
    ask_executions,
    ask_pages,
    ask_settlements,
    named,
)
from nettools.venues.bybit.rows import CATEGORY, QUOTE_CURRENCY
from nettools.venues.ccxt_venue import OLDEST_QUOTE, CcxtVenue, urgency_of
from nettools.venues.clock import Timing, utc_now
from nettools.venues.contracts import Contract
from nettools.venues.credentials import Credentials
from nettools.venues.funding import Booking
from nettools.venues.guard import Address
from nettools.venues.messages import order_line
from nettools.venues.protocol import Balance, Permissions
from nettools.venues.reports import about
from nettools.venues.rows import Malformed, Row, word

POSITIONS = 200
"""Legs asked for at once."""
ORDERS = 50
"""Orders asked for at once."""
MOST_LEGS = 10_000
"""Orders whose leg is remembered; an older one's is asked for again."""
PROBE = "BTC/USDT:USDT"
"""Whose legs tell the account's mode; the first contract where this one is not traded."""


class BybitVenue(CcxtVenue):
    """One Bybit account of linear contracts: local testnet, Bybit's testnet, Bybit's demo."""

    dialect = BYBIT
    last_price = "lastPrice"
    ear = BYBIT_EAR
    keeps_reduce_only = True
    funding_history = HISTORY
    _read_mode_set = staticmethod(rows.result_of)
    _read_leverage_set = staticmethod(rows.result_of)

    def __init__(
        self,
        name: str,
        address: Address,
        held: Credentials,
        clock: Callable[[], datetime] = utc_now,
        timing: Timing | None = None,
    ) -> None:
        super().__init__(name, address, held, clock, timing)
        self._modes: dict[str, PositionMode] = {}
        """The mode by symbol, as it was last seen."""
        self._legs: dict[str, PositionSide] = {}
        """The leg by the venue's order id: executions do not name it."""

    def _read_instruments(self, markets: Iterable[Row]) -> dict[str, Instrument]:
        return rows.read_instruments(markets)

    # --- what the account and the market are

    async def position_mode(self) -> PositionMode:
        """Ask whether the account keeps one leg per symbol or two.

        The venue keeps the mode per symbol and has no question for it: it is read from the
        legs it shows of one symbol (``PROBE``), flat ones too.
        """
        self._modes.clear()
        symbol = PROBE if PROBE in self._by_symbol else next(iter(self._by_symbol))
        return await self._mode_of(self._contract(symbol))

    async def _mode_of(self, contract: Contract) -> PositionMode:
        if contract.symbol not in self._modes:
            wanted = named(contract)
            self._modes[contract.symbol] = await self._wire.read(
                "the position mode",
                lambda ccxt: ccxt.privateGetV5PositionList(wanted),
                partial(_read_mode, contract),
            )
        return self._modes[contract.symbol]

    async def permissions(self) -> Permissions | None:
        """Ask what the keys may do; None on the demo, which does not offer the question."""
        if self.name == "bybit-demo":
            return None
        return await self._wire.read(
            "what the keys may do",
            lambda ccxt: ccxt.privateGetV5UserQueryApi(),
            rows.read_permissions,
        )

    async def balance(self) -> Balance:
        """Ask for the account's money."""
        return await self._wire.read("the balance", _wallet, rows.read_balance)

    async def fee_rates(self, symbol: str) -> FeeRates:
        """Ask for the account's own fee rates on one symbol."""
        contract = self._contract(symbol)
        return await self._wire.read(
            f"the fee rates of {symbol}",
            lambda ccxt: ccxt.privateGetV5AccountFeeRate(named(contract)),
            lambda answer: rows.read_fee_rates(answer, contract),
        )

    async def _held(self) -> tuple[Position, ...]:
        wanted = {"category": CATEGORY, "settleCoin": QUOTE_CURRENCY, "limit": POSITIONS}
        what = "the positions"
        found = await ask_pages(
            self._wire, what, lambda page, ccxt: ccxt.privateGetV5PositionList(page), wanted
        )
        return self._wire.believe(what, lambda: rows.read_positions(found, self._contracts))

    async def _is_flat(self) -> bool:
        return await self._wire.read("the positions", _wallet, rows.witnesses_flat)

    async def quotes(self, symbols: Iterable[str]) -> dict[str, Quote]:
        """Ask for touch and mark of each symbol, with one request however many there are.

        Raises:
            VenueUnavailable: one of them is crossed, empty on a side or missing, or the whole
                answer is stale. The venue states no time of a single touch.
            InvalidInput: a symbol the venue does not trade.
        """
        ids = {symbol: self._contract(symbol).market_id for symbol in symbols}
        if not ids:
            return {}
        tickers = await self._tickers("the best prices", tuple(ids.values()))
        now = self._clock()
        return {
            symbol: self._wire.believe(
                f"the quote of {symbol}",
                partial(rows.read_quote, symbol, tickers.get(key), now),
            )
            for symbol, key in ids.items()
        }

    async def _tickers(self, what: str, ids: Sequence[str]) -> dict[str, Row]:
        wanted = {"category": CATEGORY} | ({"symbol": ids[0]} if len(ids) == 1 else {})
        return await self._wire.read(
            what, lambda ccxt: ccxt.publicGetV5MarketTickers(wanted), self._read_tickers
        )

    def _read_tickers(self, answer: object) -> dict[str, Row]:
        oldest = self._wire.venue_now() - OLDEST_QUOTE
        if rows.read_time(answer) < oldest:
            raise Malformed(f"an answer that is older than {oldest:%H:%M:%S} UTC")
        return rows.read_tickers(answer)

    async def open_orders(self, symbol: str) -> tuple[OrderReport, ...]:
        """Ask for the resting orders on one symbol, foreign ones too, all pages."""
        what = f"the open orders on {symbol}"
        wanted = named(self._contract(symbol)) | {"openOnly": 0, "limit": ORDERS}
        found = await ask_pages(self._wire, what, _ask_latest, wanted)
        reports = self._wire.believe(
            what, lambda: [orders.read_order(row, self._contracts) for row in found]
        )
        return tuple(report for report in reports if not report.state.is_final)

    async def find_order(self, order: Order) -> OrderReport | None:
        """Look the order up by our id; None only when neither list of the venue knows it.

        It is asked for among the latest orders first, then in the history: after a restart of
        the venue the first list has forgotten the closed ones (docs). An order that was only
        acknowledged appears in neither for a moment.
        """
        for ask in (_ask_latest, _ask_history):
            report = await self._find(order, ask)
            if report is not None:
                return report
        return None

    async def _find(self, order: Order, ask: Ask) -> OrderReport | None:
        wanted = orders.by_our_id(order, self._contract(order.symbol))
        return await self._wire.read(
            f"the order to {order_line(order)}",
            partial(ask, wanted),
            lambda answer: self._read_found(answer, order),
            Urgency.ORDER,
        )

    def _read_found(self, answer: object, order: Order) -> OrderReport | None:
        found = rows.rows_of(answer)
        if len(found) > 1:
            raise Malformed("several orders with one id")
        if not found:
            return None
        orders.read_order_id(found[0])
        report = about(order, orders.read_order(found[0], self._contracts))
        self._remember(report.venue_order_id, order.position_side)
        return report

    async def _executions(self, contract: Contract, since: datetime) -> Sequence[Fill]:
        found = await ask_executions(self._wire, contract, since)
        what = f"the executions on {contract.symbol}"
        moved = self._wire.believe(what, lambda: orders.moving(found))
        legs = [await self._leg_of(row, contract) for row in moved]
        return self._wire.believe(
            what,
            lambda: [
                orders.read_fill(row, self._contracts, leg)
                for row, leg in zip(moved, legs, strict=True)
            ],
        )

    async def _leg_of(self, row: Row, contract: Contract) -> PositionSide:
        """Tell the leg of an execution; its row does not name it, so its order is asked."""
        what = f"the executions on {contract.symbol}"
        order_id = self._wire.believe(what, lambda: word(row, "orderId"))
        if order_id in self._legs:
            return self._legs[order_id]
        if await self._mode_of(contract) is PositionMode.ONE_WAY:
            return PositionSide.BOTH
        leg = self._wire.believe(what, lambda: orders.closed_leg(row))
        if leg is None:
            leg = await self._leg_of_order(order_id, contract)
        self._remember(order_id, leg)
        return leg

    def _remember(self, order_id: str, leg: PositionSide) -> None:
        self._legs[order_id] = leg
        if len(self._legs) > MOST_LEGS:
            del self._legs[next(iter(self._legs))]

    async def _leg_of_order(self, order_id: str, contract: Contract) -> PositionSide:
        wanted = named(contract) | {"orderId": order_id}
        what = f"the leg of an execution on {contract.symbol}"
        for ask in (_ask_latest, _ask_history):
            found = await self._wire.read(what, partial(ask, wanted), rows.rows_of)
            for row in found:
                report = self._wire.believe(
                    what, partial(orders.read_order, row, self._contracts)
                )
                if report.venue_order_id == order_id:
                    return report.order.position_side
        raise self._wire.say.malformed(what, "an execution of an order the venue does not know")

    async def _settlements(self, contract: Contract, start: datetime) -> Sequence[Funding]:
        return await ask_settlements(self._wire, contract, start)

    async def _bookings(self, contract: Contract, start: datetime) -> Sequence[Booking]:
        found = await ask_executions(self._wire, contract, start, orders.FUNDING)
        return self._wire.believe(
            f"the funding booked on {contract.symbol}",
            lambda: [orders.read_booking(row) for row in found],
        )

    # --- what changes something

    async def _place(self, order: Order, contract: Contract) -> OrderReport:
        request = orders.order_request(order, contract)
        try:
            order_id = await self._wire.change(
                order_line(order),
                lambda ccxt: ccxt.privatePostV5OrderCreate(request),
                lambda answer: orders.read_accepted(answer, order),
                urgency_of(order),
            )
        except OrderRejected as refusal:
            if refusal.reason == "POSITION_SIDE":
                self._modes.clear()
            raise
        self._remember(order_id, order.position_side)
        return OrderReport(
            order=order,
            state=OrderState.SENT,
            venue_order_id=order_id,
            message="accepted for processing; what became of it must be asked for",
        )

    async def cancel(self, order: Order) -> None:
        """Ask for a cancel by our id. Returning means the request was accepted, no more.

        Raises:
            OrderRejected: NOT_FOUND when no such order is open: it may be filled, so look.
            OutcomeUnknown: it may have been canceled or not.
        """
        wanted = orders.by_our_id(order, self._contract(order.symbol))
        await self._wire.change(
            f"cancel {order_line(order)}",
            lambda ccxt: ccxt.privatePostV5OrderCancel(wanted),
            lambda answer: orders.read_accepted(answer, order),
            Urgency.SAFETY,
        )

    async def set_position_mode(self, mode: PositionMode) -> None:
        """Switch the mode of all symbols; refused with positions or orders (OrderRejected)."""
        self._modes.clear()
        await super().set_position_mode(mode)


def _read_mode(contract: Contract, answer: object) -> PositionMode:
    return rows.read_mode(answer, contract)


async def _wallet(ccxt: Any) -> object:  # noqa: ANN401 - ccxt has no types
    wanted = {"accountType": "UNIFIED", "coin": QUOTE_CURRENCY}
    return await ccxt.privateGetV5AccountWalletBalance(wanted)


async def _ask_latest(wanted: Wanted, ccxt: Any) -> object:  # noqa: ANN401 - no types
    return await ccxt.privateGetV5OrderRealtime(wanted)


async def _ask_history(wanted: Wanted, ccxt: Any) -> object:  # noqa: ANN401 - no types
    return await ccxt.privateGetV5OrderHistory(wanted)
