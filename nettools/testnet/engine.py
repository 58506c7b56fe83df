"""The local exchange without its network: accept, match, cancel. Pure and deterministic.

Orders of one trader and the liquidity of anonymous makers come in, each with the time ``now``;
order records and fills go out, and refusals are raised as ``OrderRejected`` with nothing
changed. The order of calls alone decides everything: no clock, no randomness. Rules are those
of Binance USD-M, where an argument does not say otherwise; how a refusal is *shown* is the
dialect's business.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from nettools.decimals import ZERO
from nettools.errors import OrderRejected
from nettools.model import (
    Fill,
    Instrument,
    Leg,
    Liquidity,
    Order,
    OrderState,
    PositionMode,
    TimeInForce,
)
from nettools.testnet.account import AccountState
from nettools.testnet.book import Entry
from nettools.testnet.clearing import SIDES, Clearing
from nettools.testnet.floor import Execution, Level, Pit
from nettools.testnet.funding import Settlement
from nettools.testnet.orders import EngineOrder, OrderLog, Resting, reduces
from nettools.testnet.rules import (
    assumed_price,
    check_book,
    check_client_id,
    check_filters,
    check_margin,
    check_room,
    check_side,
    check_status,
    clip_reducing,
)

__all__ = ["AccountState", "Engine", "EngineOrder", "Level", "Listener", "Settlement"]

Listener = Callable[[EngineOrder, Fill | None], None]
"""Told of each change of one of the trader's orders, with the execution if it was one."""


class Engine(Clearing):
    """A price-time matching engine with one trader's account.

    Depth, quotes, marks and the anonymous public come from ``Floor``; positions, margin,
    leverage and funding from ``Clearing``.

    Args:
        instruments: what can be traded; their filters are enforced.
        mode: one net position per symbol, or long and short apart.
        deposit: the wallet at the start, quote units.
        leverage: of every symbol until ``set_leverage``; cross margin.
        maker_rate: fee as a fraction of notional for orders that rested.
        taker_rate: fee as a fraction of notional for orders that took.
        ids_unique_forever: refuse a client order id ever used before (Bybit) instead of
            only those of open orders (Binance).
        reduce_only_in_hedge: take reduce_only beside a position side (Bybit) instead of
            refusing it (Binance).
        max_open_orders: per symbol; more are refused (TOO_MANY_ORDERS).
    """

    maker_rate: Decimal
    taker_rate: Decimal

    def __init__(  # noqa: PLR0913 - the terms of one account, all by keyword, all defaulted
        self,
        instruments: Iterable[Instrument],
        *,
        mode: PositionMode = PositionMode.ONE_WAY,
        deposit: Decimal = Decimal(100_000),
        leverage: int = 20,
        maker_rate: Decimal = Decimal("0.0002"),
        taker_rate: Decimal = Decimal("0.0005"),
        ids_unique_forever: bool = False,
        reduce_only_in_hedge: bool = False,
        max_open_orders: int = 10_000,
    ) -> None:
        super().__init__(instruments, mode=mode, deposit=deposit, leverage=leverage)
        self.maker_rate = maker_rate
        self.taker_rate = taker_rate
        self._ids_unique_forever = ids_unique_forever
        self._reduce_only_in_hedge = reduce_only_in_hedge
        self._max_open_orders = max_open_orders
        self._log = OrderLog()
        self._order_ids = 0
        self._listeners: list[Listener] = []

    # --- the trader's orders

    def place(self, order: Order, now: datetime) -> EngineOrder:
        """Accept an order, match it, rest what is left; give it as it is afterwards.

        An empty ``client_order_id`` is replaced by one of the engine's. A plain market order
        has ``limit_price`` None and behaves as IOC within the price band. What an IOC or
        market order cannot fill ends as EXPIRED. The trader's own resting orders never
        trade with him: they expire when he runs into them (SELF_TRADE).

        Raises:
            OrderRejected: nothing has changed. Reasons: UNKNOWN_SYMBOL, POSITION_SIDE (side
                does not fit the mode), BAD_PARAMETER (reduce_only in hedge mode), BAD_ID,
                DUPLICATE_ID, STEP_SIZE, MIN_QUANTITY, MAX_QUANTITY, TICK_SIZE, PRICE_BAND,
                MIN_NOTIONAL, REDUCE_ONLY (nothing left to reduce; ``venue_code`` "-4118"
                when resting orders used it up, else "-2022"), TOO_MANY_ORDERS, WOULD_TAKE
                (post-only), FOK, INSUFFICIENT_MARGIN.
        """
        return self._place(order, now, str(self._order_ids + 1))

    def acknowledge(self, order: Order) -> str:
        """Give an order its id now, to be entered later; refuse what cannot be right already.

        The book is not looked at: whether a post-only order would take, or a FOK fill, is
        only known when it is entered.

        Raises:
            OrderRejected: as ``place`` does, WOULD_TAKE and FOK apart; nothing has changed.
        """
        pit = self._pit(order.symbol)
        self._check_margin(self._screen(order, pit, str(self._order_ids + 1)), pit)
        self._order_ids += 1
        return str(self._order_ids)

    def enter(self, order: Order, order_id: str, now: datetime) -> EngineOrder:
        """Place an order that was acknowledged under an id; a refusal now is its end.

        What ``place`` would refuse stays on record: REJECTED, the reason in
        ``expire_reason``, told to the listeners like every other change.
        """
        try:
            return self._place(order, now, order_id)
        except OrderRejected as refusal:
            record = EngineOrder(
                order_id=order_id,
                order=self._named(order, order_id),
                state=OrderState.REJECTED,
                created=now,
                updated=now,
                expire_reason=refusal.reason,
            )
            self._note(record)
            return record

    def _place(self, order: Order, now: datetime, order_id: str) -> EngineOrder:
        pit = self._pit(order.symbol)
        order = self._accept(order, pit, order_id)
        self._order_ids = max(self._order_ids, int(order_id))
        self.sequence += 1
        self._note(
            EngineOrder(
                order_id=order_id, order=order, state=OrderState.ACKED, created=now, updated=now
            )
        )
        self._work(pit, order, order_id, now)
        return self._log.get(order_id)

    def _work(self, pit: Pit, order: Order, order_id: str, now: datetime) -> None:
        wanted = Execution(0, pit.lots(order.quantity), now)
        left = self._match(pit, order.side, pit.limit(order), wanted, taker=order_id)
        if left:
            self._rest_or_expire(pit, self._log.get(order_id), left, now)

    def cancel(
        self,
        symbol: str,
        now: datetime,
        *,
        order_id: str | None = None,
        client_order_id: str | None = None,
    ) -> EngineOrder:
        """Cancel one open order by either id (``order_id`` wins); give its last record.

        Raises:
            OrderRejected: UNKNOWN_SYMBOL; NOT_FOUND when no such order is open.
        """
        pit = self._pit(symbol)
        record = self._log.find(symbol, order_id, client_order_id)
        entry = None if record is None else self._log.entry(record)
        if entry is None:
            shown = order_id if order_id is not None else client_order_id
            raise OrderRejected(
                f"no open order {shown!r} on {symbol}; it may be filled, so look it up",
                reason="NOT_FOUND",
            )
        return self._take_off(pit, entry, now)

    def cancel_all(self, symbol: str, now: datetime) -> tuple[EngineOrder, ...]:
        """Cancel every open order of a symbol, oldest first.

        Raises:
            OrderRejected: UNKNOWN_SYMBOL.
        """
        self._pit(symbol)
        return tuple(
            self.cancel(symbol, now, order_id=record.order_id)
            for record in self.open_orders(symbol)
        )

    def find(
        self, symbol: str, *, order_id: str | None = None, client_order_id: str | None = None
    ) -> EngineOrder | None:
        """Look an order up, open or final; by client id the newest one that carries it."""
        return self._log.find(symbol, order_id, client_order_id)

    def open_orders(self, symbol: str | None = None) -> tuple[EngineOrder, ...]:
        """Give the resting orders of one symbol or of all, oldest first."""
        return self._log.open(symbol)

    def orders(self, symbol: str) -> tuple[EngineOrder, ...]:
        """Give every accepted order of a symbol, final ones too, oldest first."""
        return self._log.of(symbol)

    def fills(
        self, symbol: str, *, since: datetime | None = None, from_id: int | None = None
    ) -> tuple[Fill, ...]:
        """Give the trader's executions on a symbol, oldest first.

        Args:
            symbol: unified symbol.
            since: only those at this time or later.
            from_id: only those whose ``fill_id`` (a whole number as text) is at least this.
        """
        return self._log.fills(symbol, since, from_id)

    # --- the account

    def set_mode(self, mode: PositionMode) -> None:
        """Switch between one-way and hedge.

        Raises:
            OrderRejected: NO_CHANGE when it is this already; POSITION_MODE while orders are
                open (``venue_code`` "-4067") or positions held ("-4068").
        """
        if mode is self.mode:
            raise OrderRejected(
                f"the account is in {mode.value} mode already", reason="NO_CHANGE"
            )
        for what, code, present in (
            ("orders are open", "-4067", self.open_orders()),
            ("positions are held", "-4068", self.positions()),
        ):
            if present:
                raise OrderRejected(
                    f"the position mode cannot change while {what} ({len(present)}); "
                    "cancel or close them first",
                    reason="POSITION_MODE",
                    venue_code=code,
                )
        self.mode = mode

    def listen(self, listener: Listener) -> None:
        """Call ``listener`` on every change of the trader's orders, in order."""
        self._listeners.append(listener)

    # --- accepting

    def _accept(self, order: Order, pit: Pit, order_id: str) -> Order:
        order = self._screen(order, pit, order_id)
        check_book(order, pit)
        self._check_margin(order, pit)
        return order

    def _screen(self, order: Order, pit: Pit, order_id: str) -> Order:
        check_side(order, self.mode, reduce_only_in_hedge=self._reduce_only_in_hedge)
        order = self._named(order, order_id)
        check_client_id(order, self._log, unique_forever=self._ids_unique_forever)
        check_status(order, pit)
        check_filters(order, pit.instrument, pit.known_price())
        if reduces(order):
            resting = self._resting.get((order.leg, order.side))
            used = ZERO if resting is None else pit.quantity(resting.reducing)
            order = clip_reducing(order, self._held(order.leg), used)
        check_room(order, self._max_open_orders - self._log.open_count(order.symbol))
        return order

    @staticmethod
    def _named(order: Order, order_id: str) -> Order:
        if order.client_order_id:
            return order
        return replace(order, client_order_id=f"local-{order_id}")

    def _check_margin(self, order: Order, pit: Pit) -> None:
        if reduces(order):
            return
        exposure = self._exposure(order.leg)
        more = exposure.adding(order.side, order.quantity * assumed_price(order, pit))
        needed = (more.worst - exposure.worst) / self._leverages[order.symbol]
        if needed > 0:
            check_margin(needed, self.account().free, f"this {order.side.value} on {order.leg}")

    # --- the life of an order

    def _rest_or_expire(self, pit: Pit, record: EngineOrder, lots: int, now: datetime) -> None:
        order = record.order
        if order.limit_price is None or order.time_in_force is not TimeInForce.GTC:
            self._note(record.ended(now, "IOC"))
            return
        key, price = int(record.order_id), pit.ticks(order.limit_price)
        entry = Entry(key=key, side=order.side, price=price, lots=lots, is_own=True)
        pit.book.add(entry)
        self._log.rest(record, entry)
        resting = self._resting.setdefault((order.leg, order.side), Resting())
        resting.add(entry, is_reducing=reduces(order))

    def _take_off(
        self, pit: Pit, entry: Entry, now: datetime, expire_reason: str = ""
    ) -> EngineOrder:
        self.sequence += 1
        record, lots = self._log.get(str(entry.key)), entry.lots
        pit.book.remove(entry)
        self._discount(record.order, entry, lots)
        record = record.ended(now, expire_reason)
        self._note(record)
        return record

    def _own_lots(self, pit: Pit, entry: Entry, taker: str, now: datetime) -> int:
        if taker:
            self._take_off(pit, entry, now, "SELF_TRADE")
            return 0
        order = self._log.get(str(entry.key)).order
        if not reduces(order):
            return entry.lots
        return pit.lots(abs(self._held(order.leg)))  # a flat leg has no reducing orders left

    def _executed(self, pit: Pit, execution: Execution, maker: Entry, taker: str) -> None:
        if maker.is_own:
            order = self._log.get(str(maker.key)).order
            self._discount(order, maker, execution.lots)
            self._settle(pit, execution, str(maker.key), Liquidity.MAKER)
        if taker:
            self._settle(pit, execution, taker, Liquidity.TAKER)

    def _settle(
        self, pit: Pit, execution: Execution, order_id: str, liquidity: Liquidity
    ) -> None:
        record = self._log.get(order_id)
        order = record.order
        quantity, price = pit.quantity(execution.lots), pit.price(execution.price)
        rate = self.maker_rate if liquidity is Liquidity.MAKER else self.taker_rate
        realized, fee = self._account.execute(
            order.leg, quantity * order.side.sign, price, rate
        )
        fee, currency = self._charged(fee, pit)
        fill = Fill(
            fill_id=str(pit.trades),
            client_order_id=order.client_order_id,
            venue_order_id=order_id,
            symbol=order.symbol,
            position_side=order.position_side,
            side=order.side,
            quantity=quantity,
            price=price,
            fee=fee,
            fee_currency=currency,
            liquidity=liquidity,
            time=execution.time,
            realized_pnl=realized,
        )
        self._log.add_fill(fill)
        self._note(record.filled_more(quantity, price, execution.time), fill)
        self._drop_reducing(pit, order.leg, execution.time)

    def _charged(self, fee: Decimal, pit: Pit) -> tuple[Decimal, str]:
        """Say how much of which coin a fee was that the wallet has just paid."""
        return fee, pit.instrument.quote

    def _drop_reducing(self, pit: Pit, leg: Leg, now: datetime) -> None:
        held = self._held(leg)
        for side in SIDES:
            resting = self._resting.get((leg, side))
            if resting is not None and held * side.sign >= 0:
                for entry in tuple(resting.reducing_entries.values()):
                    self._take_off(pit, entry, now, "REDUCE_ONLY")

    def _discount(self, order: Order, entry: Entry, lots: int) -> None:
        resting = self._resting[order.leg, order.side]
        resting.drop(entry, lots, is_reducing=reduces(order))

    def _note(self, record: EngineOrder, fill: Fill | None = None) -> None:
        self._log.put(record)
        for listener in self._listeners:
            listener(record, fill)
