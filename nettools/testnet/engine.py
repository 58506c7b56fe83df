"""The local exchange without its network: accept, match, cancel. Pure and deterministic.

Orders of one trader and the liquidity of anonymous makers come in, each with the time ``now``;
order records and fills go out, and refusals are raised as ``OrderRejected`` with nothing
changed. The order of calls alone decides everything: no clock, no randomness. Rules are those
of Binance USD-M (VENUES.md 7, 9, 15); how a refusal is *shown* is the dialect's business.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from nettools.decimals import ZERO
from nettools.model import (
    Fill,
    Instrument,
    Leg,
    Order,
    OrderState,
    Position,
    PositionMode,
    Quote,
    Side,
)
from nettools.testnet.account import AccountState

Level = tuple[Decimal, Decimal]
"""Price (quote units) and the quantity resting there (base units)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineOrder:
    """What the exchange knows of one of the trader's orders; a snapshot, never changed."""

    order_id: str
    """The exchange's own id: a whole number as text, rising over all symbols."""
    order: Order
    """As accepted: a reduce-only order may have been clipped to what it can reduce."""
    state: OrderState
    """ACKED, PARTIAL, FILLED, CANCELED or EXPIRED; a refused order leaves no record."""
    filled: Decimal = ZERO
    """Base units executed so far."""
    filled_notional: Decimal = ZERO
    """Quote units executed so far (Σ quantity × price)."""
    created: datetime
    """When it was accepted (UTC)."""
    updated: datetime
    """When it last changed (UTC)."""
    expire_reason: str = ""
    """Why it expired: IOC, SELF_TRADE or REDUCE_ONLY; empty otherwise."""

    @property
    def remaining(self) -> Decimal:
        """Base units not executed."""
        return self.order.quantity - self.filled

    @property
    def average_price(self) -> Decimal | None:
        """Quantity-weighted price of what was filled, quote units; None when nothing was."""
        return self.filled_notional / self.filled if self.filled else None

    @property
    def is_open(self) -> bool:
        """Say whether it still rests in the book."""
        return not self.state.is_final


Listener = Callable[[EngineOrder, Fill | None], None]
"""Told of each change of one of the trader's orders, with the execution if it was one."""


class Engine:
    """A price-time matching engine with one trader's account.

    Args:
        instruments: what can be traded; their filters are enforced.
        mode: one net position per symbol, or long and short apart.
        deposit: the wallet at the start, quote units.
        leverage: of every symbol until ``set_leverage``; cross margin.
        maker_rate: fee as a fraction of notional for orders that rested.
        taker_rate: fee as a fraction of notional for orders that took.
        ids_unique_forever: refuse a client order id ever used before (Bybit) instead of
            only those of open orders (Binance).
        max_open_orders: per symbol; more are refused (TOO_MANY_ORDERS).
    """

    instruments: dict[str, Instrument]
    mode: PositionMode
    maker_rate: Decimal
    taker_rate: Decimal
    sequence: int
    """Rises with every change of any book: the ``lastUpdateId`` of a depth answer."""

    def __init__(
        self,
        instruments: Iterable[Instrument],
        *,
        mode: PositionMode = PositionMode.ONE_WAY,
        deposit: Decimal = Decimal(100_000),
        leverage: int = 20,
        maker_rate: Decimal = Decimal("0.0002"),
        taker_rate: Decimal = Decimal("0.0005"),
        ids_unique_forever: bool = False,
        max_open_orders: int = 10_000,
    ) -> None:
        raise NotImplementedError

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
        raise NotImplementedError

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
        raise NotImplementedError

    def cancel_all(self, symbol: str, now: datetime) -> tuple[EngineOrder, ...]:
        """Cancel every open order of a symbol, oldest first.

        Raises:
            OrderRejected: UNKNOWN_SYMBOL.
        """
        raise NotImplementedError

    def find(
        self, symbol: str, *, order_id: str | None = None, client_order_id: str | None = None
    ) -> EngineOrder | None:
        """Look an order up, open or final; by client id the newest one that carries it."""
        raise NotImplementedError

    def open_orders(self, symbol: str | None = None) -> tuple[EngineOrder, ...]:
        """Give the resting orders of one symbol or of all, oldest first."""
        raise NotImplementedError

    def orders(self, symbol: str) -> tuple[EngineOrder, ...]:
        """Give every accepted order of a symbol, final ones too, oldest first."""
        raise NotImplementedError

    def fills(
        self, symbol: str, *, since: datetime | None = None, from_id: int | None = None
    ) -> tuple[Fill, ...]:
        """Give the trader's executions on a symbol, oldest first.

        Args:
            symbol: unified symbol.
            since: only those at this time or later.
            from_id: only those whose ``fill_id`` (a whole number as text) is at least this.
        """
        raise NotImplementedError

    # --- the account

    def position(self, leg: Leg) -> Position:
        """Give one leg at the current mark; a flat leg has no average price."""
        raise NotImplementedError

    def positions(self) -> tuple[Position, ...]:
        """Give every leg that is not flat, in the order of the instruments, LONG first."""
        raise NotImplementedError

    def account(self) -> AccountState:
        """Give wallet, unrealized PnL and margins at the current marks."""
        raise NotImplementedError

    def leg_margin(self, leg: Leg) -> tuple[Decimal, Decimal]:
        """Give initial and maintenance margin of one leg's position, quote units."""
        raise NotImplementedError

    def leverage(self, symbol: str) -> int:
        """Give the leverage margin is computed with on a symbol."""
        raise NotImplementedError

    def set_leverage(self, symbol: str, leverage: int) -> None:
        """Change the leverage of a symbol.

        Raises:
            OrderRejected: UNKNOWN_SYMBOL; BAD_PARAMETER outside 1 to 125;
                INSUFFICIENT_MARGIN when positions and orders would need more than there is.
        """
        raise NotImplementedError

    def set_mode(self, mode: PositionMode) -> None:
        """Switch between one-way and hedge.

        Raises:
            OrderRejected: NO_CHANGE when it is this already; POSITION_MODE while orders are
                open (``venue_code`` "-4067") or positions held ("-4068").
        """
        raise NotImplementedError

    # --- the public market

    def mark_price(self, symbol: str) -> Decimal:
        """Give the price used for margin and unrealized PnL; zero before the first one."""
        raise NotImplementedError

    def last_price(self, symbol: str) -> Decimal:
        """Give the price of the last execution; the mark before the first one."""
        raise NotImplementedError

    def depth(
        self, symbol: str, limit: int = 50
    ) -> tuple[tuple[Level, ...], tuple[Level, ...]]:
        """Give bids and asks, best first, the trader's own orders included."""
        raise NotImplementedError

    def quote(self, symbol: str, now: datetime) -> Quote | None:
        """Give the touch and the mark; None when a side of the book is empty."""
        raise NotImplementedError

    # --- anonymous liquidity (the market's hand; no account, no fees, no record)

    def set_mark(self, symbol: str, price: Decimal) -> None:
        """Set the mark price, quote units, above zero."""
        raise NotImplementedError

    def make(
        self, symbol: str, side: Side, price: Decimal, quantity: Decimal, now: datetime
    ) -> None:
        """Enter an anonymous limit order: it takes what it crosses, the rest stays.

        It matches the trader's resting orders like anybody's, so the trader is the maker.
        """
        raise NotImplementedError

    def take(self, symbol: str, side: Side, quantity: Decimal, now: datetime) -> Decimal:
        """Enter an anonymous market order; give what it filled, base units."""
        raise NotImplementedError

    def requote(
        self,
        symbol: str,
        bids: Sequence[tuple[int, int]],
        asks: Sequence[tuple[int, int]],
        now: datetime,
    ) -> None:
        """Replace the makers' ladder: (price in ticks, quantity in steps), one per price.

        What stays at its price keeps its place in the queue and grows only while nobody
        stands behind it. New prices that run through the trader's orders fill them.
        """
        raise NotImplementedError

    def listen(self, listener: Listener) -> None:
        """Call ``listener`` on every change of the trader's orders, in order."""
        raise NotImplementedError
