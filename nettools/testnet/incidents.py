"""An engine to which incidents happen, and which keeps a log of every event. Pure.

What an operator or a bad day does comes in: fills held back, filters changed, money taken,
everything reset. Each order, execution, settlement and incident goes into one numbered log
with the position and the wallet after it, so that what must hold can be checked on every event
and not only at the end.
"""

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple, TypedDict, Unpack

from nettools.decimals import ZERO, is_multiple, plain, round_down, round_up
from nettools.errors import InvalidInput, OrderRejected
from nettools.model import Fill, Instrument, Leg, Order, PositionMode, PositionSide
from nettools.testnet.account import CENT, Account
from nettools.testnet.engine import EngineOrder, Settlement
from nettools.testnet.floor import STATUSES, TRADING, Execution, Pit
from nettools.testnet.funding import FundingLog
from nettools.testnet.liquidation import LiquidatingEngine
from nettools.testnet.orders import OrderLog, reduces
from nettools.testnet.rules import check_book

_REMEMBERED = 100_000
_ONE = Decimal(1)
FILTERS = (
    *("tick_size", "step_size", "min_quantity", "max_quantity", "max_market_quantity"),
    *("min_notional", "price_band"),
)
"""What ``change_filters`` can change."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing that happened to the account, and what it left."""

    number: int
    """Rises by one with each event, a reset included."""
    kind: str
    """order, fill, funding, transfer, filters, status or reset."""
    time: datetime
    symbol: str = ""
    """Unified symbol; empty for what concerns the whole account."""
    position_side: str = ""
    order_id: str = ""
    client_order_id: str = ""
    state: str = ""
    """Of the order after it, or of the contract."""
    fill_id: str = ""
    position: Decimal = ZERO
    """Of the leg after it, signed base units."""
    wallet: Decimal = ZERO
    """After it, quote units."""


class Terms(TypedDict, total=False):
    """The terms of an account, as ``Engine`` takes them."""

    mode: PositionMode
    deposit: Decimal
    leverage: int
    maker_rate: Decimal
    taker_rate: Decimal
    ids_unique_forever: bool
    reduce_only_in_hedge: bool
    max_open_orders: int


class _Late(NamedTuple):
    order_id: str
    due: datetime


class IncidentEngine(LiquidatingEngine):
    """An engine that an operator can interfere with; without that it is the plain one."""

    def __init__(self, instruments: Iterable[Instrument], **terms: Unpack[Terms]) -> None:
        super().__init__(instruments, **terms)
        self.events: deque[Event] = deque(maxlen=_REMEMBERED)
        self._deposit = self._account.wallet
        self._event_count = 0
        self._hold = timedelta()
        self._holds_left = 0
        self._late: list[_Late] = []
        self._coin, self._coin_price = "", _ONE

    # --- fees

    def set_fees(
        self, maker: Decimal, taker: Decimal, coin: str = "", price: Decimal = _ONE
    ) -> None:
        """Change what executions cost from now on.

        Args:
            maker: a fraction of notional; negative is a rebate.
            taker: likewise.
            coin: fees are paid in, from a purse beside the wallet, as a venue's discount has
                it; empty for the quote currency.
            price: of that coin, quote units.
        """
        self.maker_rate, self.taker_rate = maker, taker
        self._coin, self._coin_price = coin, price

    def _charged(self, fee: Decimal, pit: Pit) -> tuple[Decimal, str]:
        if not self._coin:
            return super()._charged(fee, pit)
        self._account.wallet += fee  # it was not the wallet that paid
        return (fee / self._coin_price).quantize(CENT), self._coin

    # --- fills that come late

    def hold_fills(self, orders: int, delay: timedelta) -> None:
        """Let the next orders be open and unmatched for a while after they were accepted."""
        self._holds_left, self._hold = orders, delay

    def release(self, now: datetime) -> None:
        """Match the orders whose time has come; what cannot stand any more expires."""
        due = [late for late in self._late if late.due <= now]
        self._late = [late for late in self._late if late.due > now]
        for late in due:
            record = self._log.get(late.order_id)
            order, pit = record.order, self._pit(record.order.symbol)
            is_void = (
                reduces(order) and self._held(order.leg) * order.side.sign > -order.quantity
            )
            try:
                check_book(order, pit)
            except OrderRejected as refusal:
                self._note(record.ended(now, refusal.reason))
                continue
            if is_void:
                self._note(record.ended(now, "REDUCE_ONLY"))
            else:
                super()._work(pit, order, late.order_id, now)

    def cancel(
        self,
        symbol: str,
        now: datetime,
        *,
        order_id: str | None = None,
        client_order_id: str | None = None,
    ) -> EngineOrder:
        """Cancel an open order, also one whose fill is held back; see ``Engine.cancel``."""
        record = self._log.find(symbol, order_id, client_order_id)
        late = (
            [] if record is None else [x for x in self._late if x.order_id == record.order_id]
        )
        if record is None or not late:
            return super().cancel(
                symbol, now, order_id=order_id, client_order_id=client_order_id
            )
        self._late.remove(late[0])
        self._note(record.ended(now))
        return self._log.get(record.order_id)

    def _expire_all(self, records: Iterable[EngineOrder], reason: str, now: datetime) -> None:
        late = {late.order_id for late in self._late}
        for record in records:
            if record.order_id in late:
                self._note(record.ended(now, reason))
            else:
                super()._expire_all([record], reason, now)
        self._late = [x for x in self._late if self._log.get(x.order_id).is_open]

    def open_orders(self, symbol: str | None = None) -> tuple[EngineOrder, ...]:
        """Give the open orders, those whose fill is held back last."""
        held = (self._log.get(late.order_id) for late in self._late)
        mine = (record for record in held if symbol in {None, record.order.symbol})
        return (*super().open_orders(symbol), *mine)

    def _work(self, pit: Pit, order: Order, order_id: str, now: datetime) -> None:
        if not self._holds_left:
            super()._work(pit, order, order_id, now)
            return
        self._holds_left -= 1
        self._late.append(_Late(order_id, now + self._hold))

    def fill_resting(self, client_order_id: str, percent: int, now: datetime) -> EngineOrder:
        """Let somebody trade against a resting order, wherever the market is.

        Args:
            client_order_id: of an order in the book.
            percent: of what is left of it, from 1 to 100; rounded up to a step.
            now: the time shown (UTC).

        Raises:
            InvalidInput: no such order rests in the book.
        """
        record = self._log.newest(client_order_id)
        entry = None if record is None else self._log.entry(record)
        if record is None or entry is None:
            raise InvalidInput(
                f"an order that rests is needed, but {client_order_id!r} is none"
            )
        pit = self._pit(record.order.symbol)
        lots = -(-entry.lots * percent // 100)
        lots = min(lots, self._own_lots(pit, entry, "", now))
        self.sequence += 1
        pit.book.shrink(entry, lots)
        pit.book.tape.add(entry.price, lots)
        pit.trades += 1
        self._executed(pit, Execution(entry.price, lots, now), entry, "")
        return self._log.get(record.order_id)

    # --- the venue changes its mind

    def change_filters(self, symbol: str, now: datetime, **rules: Decimal) -> Instrument:
        """Change filters of a contract (``FILTERS``); the book keeps its own grid.

        Smallest and largest quantities follow a new step, unless they are given as well.

        Raises:
            OrderRejected: UNKNOWN_SYMBOL.
            InvalidInput: filters that cannot be right, or grids finer than the book's.
        """
        pit = self._pit(symbol)
        changed = _with_rules(pit.instrument, rules)
        for name, grid in (("tick_size", pit.tick), ("step_size", pit.step)):
            if not is_multiple(getattr(changed, name), grid):
                raise InvalidInput(
                    f"{name} of {symbol} must be a multiple of {plain(grid)}, in which its "
                    f"book is kept, was {plain(getattr(changed, name))}"
                )
        pit.instrument = self.instruments[symbol] = changed
        self._log_event("filters", now, symbol=symbol)
        return changed

    def change_status(self, symbol: str, status: str, now: datetime) -> None:
        """Pause, settle, close or reopen a contract; a closed one is settled at its mark.

        Raises:
            OrderRejected: UNKNOWN_SYMBOL.
            InvalidInput: no such status.
        """
        if status not in STATUSES:
            raise InvalidInput(f"status must be one of {', '.join(STATUSES)}, was {status!r}")
        if status == "closed":
            self.close_contract(symbol, now)
        self.set_status(symbol, status)
        self._log_event("status", now, symbol=symbol, state=status)

    def set_wallet(self, wallet: Decimal, now: datetime) -> None:
        """Set the wallet as if money had been moved in or out; quote units."""
        self._account.wallet = wallet
        self._log_event("transfer", now)
        self.check_margin(now)

    def reset(self, now: datetime) -> None:
        """Forget orders, fills, positions and settlements, as testnets do now and then.

        The wallet is the first deposit again; ids of orders, trades and payments start anew.
        Books, marks, mode, leverages and filters stay.
        """
        for symbol in self.instruments:
            self.cancel_all(symbol, now)
        self._account = Account(self._deposit)
        self._funding = FundingLog()
        self._log = OrderLog()
        self._resting.clear()
        self._late.clear()
        self._order_ids = 0
        self.wallet_settled = None
        for pit in self._pits.values():
            pit.trades = 0
            pit.status = TRADING
        self._log_event("reset", now)

    # --- the log

    def settle(self, symbol: str, rate: Decimal, mark: Decimal, now: datetime) -> Settlement:
        """Settle funding; see ``Clearing.settle``."""
        settlement = super().settle(symbol, rate, mark, now)
        for payment in settlement.payments:
            leg = Leg(symbol, payment.position_side)
            self._log_event("funding", settlement.time, leg=leg, fill_id=payment.payment_id)
        return settlement

    def _note(self, record: EngineOrder, fill: Fill | None = None) -> None:
        self._log_event(
            "order" if fill is None else "fill",
            record.updated,
            leg=record.order.leg,
            order_id=record.order_id,
            client_order_id=record.order.client_order_id,
            state=record.state.value,
            fill_id="" if fill is None else fill.fill_id,
        )
        super()._note(record, fill)

    def _log_event(
        self,
        kind: str,
        now: datetime,
        *,
        leg: Leg | None = None,
        symbol: str = "",
        **facts: str,
    ) -> None:
        self._event_count += 1
        side: PositionSide | None = None if leg is None else leg.position_side
        self.events.append(
            Event(
                number=self._event_count,
                kind=kind,
                time=now,
                symbol=symbol if leg is None else leg.symbol,
                position_side="" if side is None else side.value,
                position=ZERO if leg is None else self._held(leg),
                wallet=self._account.wallet,
                **facts,
            )
        )


def _with_rules(instrument: Instrument, rules: Mapping[str, Decimal]) -> Instrument:
    told: dict[str, Any] = dict(rules)
    step = told.get("step_size")
    if step is not None and step > 0:  # smallest and largest stay on the grid
        told.setdefault("min_quantity", round_up(instrument.min_quantity, step))
        for name in ("max_quantity", "max_market_quantity"):
            largest = getattr(instrument, name)
            if largest is not None:
                told.setdefault(name, round_down(largest, step))
    return replace(instrument, **told)
