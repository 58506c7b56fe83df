"""The local exchange as Bybit shows it: acknowledged first, done a moment later.

Orders and cancels come in and are acknowledged; they reach the engine when their delay has
passed, in the order they came. ``catch_up`` does what is due: the server calls it with its
clock, and every request does before it is answered, so that it holds with a market that
stands still as well. Rows of what the engine knows go out.
"""

from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import islice

from nettools.decimals import ZERO
from nettools.errors import OrderRejected
from nettools.model import Fill, Instrument, Leg, Order, legs_of
from nettools.testnet.account import AccountState
from nettools.testnet.bybit.errors import ApiError, invalid, processing
from nettools.testnet.bybit.request import Params
from nettools.testnet.bybit.shapes import LegLife, execution_row, order_row, position_row
from nettools.testnet.engine import Engine, EngineOrder
from nettools.testnet.exchange import LocalExchange
from nettools.testnet.floor import Print
from nettools.testnet.rows import Row, millis
from nettools.testnet.stage import Stage

KEPT_PRINTS = 1_000
"""Executions of a contract that ``market/recent-trade`` still knows (docs)."""
KEPT_CLOSED = 500
"""Closed orders that ``order/realtime`` still knows (docs)."""


class Exchange(LocalExchange):
    """One local exchange as the Bybit dialect sees it.

    Args:
        engine: orders, positions, wallet.
        market: candles and public prices.
        started: when it opened (UTC).
        delay: between an acknowledgement and its order being matched or canceled.
    """

    def __init__(
        self, engine: Engine, market: Stage, *, started: datetime, delay: timedelta
    ) -> None:
        super().__init__(engine, market, started=started)
        self.deposit = engine.account().wallet
        self.started = started
        self._delay = delay
        self._waiting: deque[tuple[datetime, Callable[[datetime], None]]] = deque()
        self._entering: dict[str, Order] = {}
        self._canceling: set[str] = set()
        self._closed: deque[EngineOrder] = deque(maxlen=KEPT_CLOSED)
        self._fees: dict[str, Decimal] = {}
        self._lives: dict[Leg, LegLife] = {}
        self._prints = {s: deque[Print](maxlen=KEPT_PRINTS) for s in engine.instruments}
        engine.listen_prints(lambda printed: self._prints[printed.symbol].append(printed))

    # --- what is asked for by name

    def instrument(self, params: Params) -> Instrument:
        """Give the contract named by ``symbol``; raises 10001 when absent or unknown."""
        name = params.text("symbol")
        found = self.named(name)
        if found is None:
            raise invalid("symbol")
        return found

    # --- what is acknowledged now and done later

    @property
    def next_due(self) -> datetime | None:
        """When the first acknowledged request will be done (UTC); None when none waits."""
        return self._waiting[0][0] if self._waiting else None

    @property
    def is_entering(self) -> bool:
        """Say whether an acknowledged order has not been matched yet."""
        return bool(self._entering)

    def catch_up(self, now: datetime) -> None:
        """Do what is due at ``now`` (UTC), each at its own time."""
        while self._waiting and self._waiting[0][0] <= now:
            due, act = self._waiting.popleft()
            act(due)

    def accept(self, order: Order, now: datetime) -> str:
        """Acknowledge an order; give the engine's id of it.

        Raises:
            OrderRejected: what cannot be right already, as ``Engine.acknowledge`` says; an id
                of an order that still waits is taken, too.
        """
        link_id = order.client_order_id
        if link_id and any(link_id == o.client_order_id for o in self._entering.values()):
            raise OrderRejected(f"client_order_id {link_id!r} is taken", reason="DUPLICATE_ID")
        order_id = self.engine.acknowledge(order)
        self._entering[order_id] = order

        def enter(due: datetime) -> None:
            del self._entering[order_id]
            self.engine.enter(order, order_id, due)

        self._waiting.append((now + self._delay, enter))
        return order_id

    def withdraw(self, record: EngineOrder, now: datetime) -> None:
        """Acknowledge the cancel of an open order; what fills until it is done stays filled.

        Raises:
            ApiError: 110079 while an earlier cancel of it waits (assumed).
        """
        if record.order_id in self._canceling:
            raise processing()
        self._canceling.add(record.order_id)

        def cancel(due: datetime) -> None:
            self._canceling.discard(record.order_id)
            found = self.engine.find(record.order.symbol, order_id=record.order_id)
            if found is not None and found.is_open:
                self.engine.cancel(record.order.symbol, due, order_id=record.order_id)

        self._waiting.append((now + self._delay, cancel))

    def reset(self, now: datetime) -> None:
        """Forget what the engine has forgotten, and what was acknowledged before."""
        super().reset(now)
        for known in (self._waiting, self._entering, self._canceling, self._closed):
            known.clear()
        self._fees.clear()
        self._lives.clear()

    # --- what is known of orders

    def find(self, order_id: str | None, link_id: str | None) -> EngineOrder | None:
        """Look an order up on any symbol, by the engine's id or ours."""
        found = (
            self.engine.find(symbol, order_id=order_id, client_order_id=link_id)
            for symbol in self.engine.instruments
        )
        return next((record for record in found if record is not None), None)

    def is_waiting(self, order_id: str | None, link_id: str | None) -> bool:
        """Say whether an order was acknowledged and is not matched yet."""
        if order_id is not None:
            return order_id in self._entering
        return any(link_id == order.client_order_id for order in self._entering.values())

    def is_canceling(self, record: EngineOrder) -> bool:
        """Say whether the cancel of an order was acknowledged and is not done yet."""
        return record.order_id in self._canceling

    def closed(self) -> tuple[EngineOrder, ...]:
        """Give the last 500 orders that ended, oldest end first."""
        return tuple(self._closed)

    def is_recent(self, record: EngineOrder) -> bool:
        """Say whether an order is open, or among the last 500 that ended."""
        return record.is_open or any(record.order_id == c.order_id for c in self._closed)

    # --- rows

    def prints(self, symbol: str, limit: int) -> list[Print]:
        """Give the last executions on a contract, anybody's, newest first."""
        return list(islice(reversed(self._prints[symbol]), limit))

    def order_row(self, record: EngineOrder) -> Row:
        """Show an order."""
        instrument = self.engine.instruments[record.order.symbol]
        return order_row(record, instrument, self._fees.get(record.order_id, ZERO))

    def execution_row(self, fill: Fill, record: EngineOrder | None = None) -> Row:
        """Show a fill; ``record`` is its order as it was then, by default as it is now."""
        if record is None:
            record = self.engine.find(fill.symbol, order_id=fill.venue_order_id)
        if record is None:
            raise ApiError(10016, "Server error.")
        instrument = self.engine.instruments[fill.symbol]
        return execution_row(fill, record, instrument, self.engine.mark_price(fill.symbol))

    def position_row(self, leg: Leg, state: AccountState | None = None) -> Row:
        """Show a leg; ``state`` is the account now, when it is known already."""
        engine = self.engine
        return position_row(
            engine.position(leg),
            engine.instruments[leg.symbol],
            engine.leg_margin(leg),
            liquidation_price=self.liquidation_price(leg, state or engine.account()),
            leverage=engine.leverage(leg.symbol),
            life=self._lives.get(leg, LegLife()),
        )

    def legs(self, instrument: Instrument) -> tuple[Leg, ...]:
        """Name the legs of a contract."""
        return legs_of(instrument.symbol, self.engine.mode)

    # --- bookkeeping

    def _note(self, record: EngineOrder, fill: Fill | None) -> None:
        super()._note(record, fill)
        if fill is not None:
            fees = self._fees.get(record.order_id, ZERO)
            self._fees[record.order_id] = fees + fill.fee
            self._lives[record.order.leg] = self._lived(fill, record.order.leg)
        if record.state.is_final:
            self._closed.append(record)

    def _lived(self, fill: Fill, leg: Leg) -> LegLife:
        life, stamp = self._lives.get(leg, LegLife()), millis(fill.time)
        earned = (fill.realized_pnl or ZERO) - fill.fee
        is_opening = self.engine.position(leg).quantity == fill.signed_quantity
        return LegLife(
            realized=earned if is_opening else life.realized + earned,
            realized_ever=life.realized_ever + earned,
            created=life.created or stamp,
            updated=stamp,
            sequence=int(fill.fill_id),
        )
