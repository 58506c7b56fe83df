"""The exchange's record of the trader's orders and executions.

Accepted orders and their changes come in; lookups by either id, by symbol and by openness go
out, each in constant time per row. Records are snapshots: a change replaces, never mutates.
"""

from bisect import bisect_left
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from nettools.decimals import ZERO
from nettools.model import Fill, Order, OrderState, PositionSide, Side
from nettools.testnet.book import Entry


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineOrder:
    """What the exchange knows of one of the trader's orders; a snapshot, never changed."""

    order_id: str
    """The exchange's own id: a whole number as text, rising over all symbols."""
    order: Order
    """As accepted: a reduce-only order may have been clipped to what it can reduce."""
    state: OrderState
    """ACKED, PARTIAL, FILLED, CANCELED or EXPIRED; REJECTED when refused after it had been
    acknowledged. One refused at once leaves no record."""
    filled: Decimal = ZERO
    """Base units executed so far."""
    filled_notional: Decimal = ZERO
    """Quote units executed so far (Σ quantity × price)."""
    created: datetime
    """When it was accepted (UTC)."""
    updated: datetime
    """When it last changed (UTC)."""
    expire_reason: str = ""
    """Why it expired: IOC, SELF_TRADE or REDUCE_ONLY; the refusal's reason when REJECTED;
    empty otherwise."""

    @property
    def remaining(self) -> Decimal:
        """Base units not executed."""
        return self.order.quantity - self.filled

    @property
    def average_price(self) -> Decimal | None:
        """Quantity-weighted price of what was filled, quote units; None when nothing was."""
        return self.filled_notional / self.filled if self.filled else None

    def filled_more(self, quantity: Decimal, price: Decimal, now: datetime) -> "EngineOrder":
        """Give the record after one more execution (base units, quote units)."""
        filled = self.filled + quantity
        is_done = filled == self.order.quantity
        return replace(
            self,
            state=OrderState.FILLED if is_done else OrderState.PARTIAL,
            filled=filled,
            filled_notional=self.filled_notional + quantity * price,
            updated=now,
        )

    def ended(self, now: datetime, expire_reason: str = "") -> "EngineOrder":
        """Give the record after it expired for a reason, or was canceled without one."""
        state = OrderState.EXPIRED if expire_reason else OrderState.CANCELED
        return replace(self, state=state, updated=now, expire_reason=expire_reason)

    @property
    def is_open(self) -> bool:
        """Say whether it still rests in the book."""
        return not self.state.is_final


def reduces(order: Order) -> bool:
    """Say whether an order may only shrink its leg: reduce-only, or closing a hedge leg."""
    if order.position_side is PositionSide.LONG:
        return order.side is Side.SELL
    if order.position_side is PositionSide.SHORT:
        return order.side is Side.BUY
    return order.reduce_only


class OrderLog:
    """Every accepted order and every execution of the trader."""

    def __init__(self) -> None:
        self._records: dict[str, EngineOrder] = {}
        self._symbols: dict[str, list[str]] = {}
        self._newest: dict[str, str] = {}
        self._open: dict[str, dict[str, Entry]] = {}
        self._fills: dict[str, list[Fill]] = {}

    def put(self, record: EngineOrder) -> None:
        """Add a record, or replace the one with its order id."""
        if record.order_id not in self._records:
            self._symbols.setdefault(record.order.symbol, []).append(record.order_id)
            self._newest[record.order.client_order_id] = record.order_id
        self._records[record.order_id] = record
        if not record.is_open:
            self._open.get(record.order.symbol, {}).pop(record.order_id, None)

    def rest(self, record: EngineOrder, entry: Entry) -> None:
        """Note that an order rests in the book as this entry."""
        self._open.setdefault(record.order.symbol, {})[record.order_id] = entry

    def get(self, order_id: str) -> EngineOrder:
        """Give the record of an order known to exist."""
        return self._records[order_id]

    def entry(self, record: EngineOrder) -> Entry | None:
        """Give the book entry of an order; None when it does not rest."""
        return self._open.get(record.order.symbol, {}).get(record.order_id)

    def newest(self, client_order_id: str) -> EngineOrder | None:
        """Give the newest order, on any symbol, that carries a client id."""
        order_id = self._newest.get(client_order_id)
        return None if order_id is None else self._records[order_id]

    def find(
        self, symbol: str, order_id: str | None, client_order_id: str | None
    ) -> EngineOrder | None:
        """Look an order up by either id (``order_id`` wins) among those of a symbol."""
        if order_id is None and client_order_id is not None:
            order_id = self._newest.get(client_order_id)
        record = None if order_id is None else self._records.get(order_id)
        return record if record is not None and record.order.symbol == symbol else None

    def open(self, symbol: str | None) -> tuple[EngineOrder, ...]:
        """Give the resting orders of one symbol or of all, oldest first."""
        if symbol is not None:
            return tuple(self._records[key] for key in self._open.get(symbol, {}))
        ids = (key for ids in self._open.values() for key in ids)
        return tuple(self._records[key] for key in sorted(ids, key=int))

    def open_count(self, symbol: str) -> int:
        """Count the resting orders of a symbol."""
        return len(self._open.get(symbol, {}))

    def of(self, symbol: str) -> tuple[EngineOrder, ...]:
        """Give every order of a symbol, oldest first."""
        return tuple(self._records[key] for key in self._symbols.get(symbol, ()))

    def add_fill(self, fill: Fill) -> None:
        """Note an execution."""
        self._fills.setdefault(fill.symbol, []).append(fill)

    def fills(
        self, symbol: str, since: datetime | None, from_id: int | None
    ) -> tuple[Fill, ...]:
        """Give the executions of a symbol, oldest first, from a time and an id on."""
        fills = self._fills.get(symbol, [])
        if from_id is not None:
            fills = fills[bisect_left(fills, from_id, key=lambda fill: int(fill.fill_id)) :]
        return tuple(fill for fill in fills if since is None or fill.time >= since)


class Resting:
    """What rests on one leg and side, kept as sums so that no order is ever recounted."""

    __slots__ = ("opening", "reducing", "reducing_entries")

    def __init__(self) -> None:
        self.opening = 0
        """Ticks × steps of orders that may open a position."""
        self.reducing = 0
        """Steps of orders that may only shrink it."""
        self.reducing_entries: dict[int, Entry] = {}

    def add(self, entry: Entry, *, is_reducing: bool) -> None:
        """Count an entry that came to rest."""
        if is_reducing:
            self.reducing += entry.lots
            self.reducing_entries[entry.key] = entry
        else:
            self.opening += entry.lots * entry.price

    def drop(self, entry: Entry, lots: int, *, is_reducing: bool) -> None:
        """Discount lots an entry has just lost, executed or withdrawn."""
        if not is_reducing:
            self.opening -= lots * entry.price
            return
        self.reducing -= lots
        if not entry.lots:
            del self.reducing_entries[entry.key]
