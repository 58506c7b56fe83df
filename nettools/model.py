"""The nouns every other module speaks: instruments, positions, quotes, orders, fills.

All are frozen values that check themselves. Positions are signed base units (short is
negative); orders and fills carry a side and a positive quantity; ``signed_quantity`` is the
one bridge between the two. Fees: positive is paid. Times are UTC-aware.
"""

from dataclasses import dataclass, fields
from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import NamedTuple

from nettools.decimals import ZERO, check_numbers, is_multiple, plain, signed
from nettools.errors import InvalidInput
from nettools.render import Shown


class Side(Enum):
    """Buy or sell."""

    BUY = "buy"
    SELL = "sell"

    @property
    def sign(self) -> int:
        """+1 for a buy, -1 for a sell."""
        return 1 if self is Side.BUY else -1

    @classmethod
    def of(cls, quantity: Decimal) -> "Side":
        """Give the side that moves a position by this signed quantity (never zero)."""
        return cls.BUY if quantity > 0 else cls.SELL


class PositionMode(Enum):
    """One net position per symbol, or long and short apart."""

    ONE_WAY = "one-way"
    HEDGE = "hedge"

    @classmethod
    def read(cls, text: "str | PositionMode") -> "PositionMode":
        """Read ``"one-way"`` or ``"hedge"``; raises InvalidInput for anything else."""
        try:
            return cls(text)
        except ValueError:
            raise InvalidInput(f'mode must be "one-way" or "hedge", was {text!r}') from None


class PositionSide(Enum):
    """The leg: BOTH in one-way mode, LONG or SHORT in hedge mode."""

    BOTH = "both"
    LONG = "long"
    SHORT = "short"


class Liquidity(Enum):
    """Whether an execution rested in the book (maker) or took from it (taker)."""

    MAKER = "maker"
    TAKER = "taker"


class TimeInForce(Enum):
    """How long an order lives: until canceled, or at once (partly or wholly)."""

    GTC = "gtc"
    IOC = "ioc"
    FOK = "fok"


class OrderState(Enum):
    """Where an order is in its life; UNKNOWN leaves only by evidence."""

    INTENT = "intent"
    SENT = "sent"
    ACKED = "acked"
    PARTIAL = "partial"
    FILLED = "filled"
    CANCELED = "canceled"
    EXPIRED = "expired"
    REJECTED = "rejected"
    UNKNOWN = "unknown"
    CANCEL_SENT = "cancel-sent"
    CANCEL_UNKNOWN = "cancel-unknown"

    @property
    def is_final(self) -> bool:
        """Say whether nothing can happen to the order any more."""
        return self in _FINAL


_FINAL = frozenset(
    {OrderState.FILLED, OrderState.CANCELED, OrderState.EXPIRED, OrderState.REJECTED}
)


class Leg(NamedTuple):
    """One position the venue keeps: a symbol and its side (BOTH in one-way mode)."""

    symbol: str
    position_side: PositionSide

    def part_of(self, quantity: Decimal) -> Decimal:
        """Give a target's part on this leg, signed base units: in hedge mode one sign of it."""
        if self.position_side is PositionSide.LONG:
            return max(quantity, ZERO)
        if self.position_side is PositionSide.SHORT:
            return min(quantity, ZERO)
        return quantity

    def __str__(self) -> str:
        """Name the leg the way a trader would: ``BTC/USDT:USDT`` or ``… LONG``."""
        if self.position_side is PositionSide.BOTH:
            return self.symbol
        return f"{self.symbol} {self.position_side.name}"


def legs_of(symbol: str, mode: PositionMode) -> tuple[Leg, ...]:
    """Name the legs the venue keeps for a symbol in this mode."""
    if mode is PositionMode.ONE_WAY:
        return (Leg(symbol, PositionSide.BOTH),)
    return (Leg(symbol, PositionSide.LONG), Leg(symbol, PositionSide.SHORT))


@dataclass(frozen=True, slots=True, kw_only=True)
class Instrument(Shown):
    """A tradeable contract and the venue's rules for it."""

    symbol: str
    """ccxt's unified symbol, for example ``BTC/USDT:USDT``."""
    step_size: Decimal
    """Grid of quantities, base units."""
    tick_size: Decimal
    """Grid of prices, quote units."""
    min_quantity: Decimal
    """Smallest order, base units."""
    min_notional: Decimal
    """Smallest order, quote units; reduce-only orders are exempt where the venue says so."""
    max_quantity: Decimal | None = None
    """Largest limit order, base units; None when the venue states none."""
    max_market_quantity: Decimal | None = None
    """Largest plain market order, base units; None when the venue states none."""
    price_band: Decimal | None = None
    """A buy limit further above the mark, or a sell further below it, than this fraction is
    refused (both venues, docs); None for no band."""
    contract_size: Decimal = Decimal(1)
    """Base units per contract."""

    def __post_init__(self) -> None:
        """Refuse rules that no venue could mean."""
        check_numbers(self, *(field.name for field in fields(self) if field.name != "symbol"))
        for name in ("step_size", "tick_size", "contract_size"):
            if getattr(self, name) <= 0:
                raise InvalidInput(f"{name} of {self.symbol} must be above zero")
        if self.min_quantity < 0 or self.min_notional < 0:
            raise InvalidInput(f"minimums of {self.symbol} must not be negative")
        if not is_multiple(self.min_quantity, self.step_size):
            raise InvalidInput(
                f"min_quantity of {self.symbol} must be a multiple of its step_size "
                f"{plain(self.step_size)}, was {plain(self.min_quantity)}"
            )
        smallest = max(self.min_quantity, self.step_size)
        for name in ("max_quantity", "max_market_quantity"):
            largest = getattr(self, name)
            if largest is not None and largest < smallest:
                raise InvalidInput(
                    f"{name} of {self.symbol} must be at least its smallest order "
                    f"{plain(smallest)}, was {plain(largest)}"
                )

    @property
    def base(self) -> str:
        """The unit of quantities, for example ``BTC``."""
        return self.symbol.partition("/")[0]

    @property
    def quote(self) -> str:
        """The unit of prices and notionals, for example ``USDT``."""
        return self.symbol.partition("/")[2].partition(":")[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Position(Shown):
    """What the venue says we hold on one leg."""

    symbol: str
    position_side: PositionSide = PositionSide.BOTH
    quantity: Decimal
    """Signed base units; negative is short."""
    average_price: Decimal | None = None
    """Quantity-weighted entry price, quote units; None when flat."""
    mark_price: Decimal | None = None
    """Price the venue values it at, quote units."""
    unrealized_pnl: Decimal | None = None
    """Quote units; positive is a profit."""

    def __post_init__(self) -> None:
        """Refuse a leg whose sign contradicts its side."""
        wrong = (self.position_side is PositionSide.LONG and self.quantity < 0) or (
            self.position_side is PositionSide.SHORT and self.quantity > 0
        )
        if wrong:
            raise InvalidInput(
                f"the {self.position_side.name} leg of {self.symbol} cannot hold "
                f"{signed(self.quantity)}"
            )

    @property
    def leg(self) -> Leg:
        """The leg this position is held on."""
        return Leg(self.symbol, self.position_side)


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote(Shown):
    """The touch of the book, and the prices that go with it."""

    symbol: str
    bid: Decimal
    """Best price a seller gets, quote units."""
    ask: Decimal
    """Best price a buyer pays, quote units."""
    mark_price: Decimal | None = None
    """Price used for margin and unrealized PnL; None when not read."""
    last_price: Decimal | None = None
    """Of the last trade anybody made, quote units; None when not asked for."""
    bid_quantity: Decimal | None = None
    """What rests at the bid, base units; None when not told."""
    ask_quantity: Decimal | None = None
    """What rests at the ask, base units; None when not told."""
    time: datetime
    """When it was read, by our clock (UTC)."""

    def __post_init__(self) -> None:
        """Refuse a touch that cannot be traded on."""
        if not (self.bid > 0 and self.ask > self.bid):
            raise InvalidInput(
                f"quote of {self.symbol} must have 0 < bid < ask, was "
                f"bid {plain(self.bid)}, ask {plain(self.ask)}"
            )

    @property
    def mid(self) -> Decimal:
        """Half way between bid and ask, quote units."""
        return (self.bid + self.ask) / 2


@dataclass(frozen=True, slots=True, kw_only=True)
class FeeRates(Shown):
    """The account's own fee rates, as fractions of notional; negative is a rebate."""

    maker: Decimal
    """Paid by an order that rested; 0.0002 is two hundredths of a percent."""
    taker: Decimal
    """Paid by an order that took."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order(Shown):
    """A request to trade, as it is sent."""

    client_order_id: str
    symbol: str
    position_side: PositionSide = PositionSide.BOTH
    side: Side
    quantity: Decimal
    """Base units, above zero."""
    limit_price: Decimal | None = None
    """Quote units; None for a plain market order."""
    time_in_force: TimeInForce = TimeInForce.GTC
    post_only: bool = False
    """Cancel rather than take."""
    reduce_only: bool = False
    """May only shrink the position."""

    def __post_init__(self) -> None:
        """Refuse an order no venue could accept."""
        if self.quantity <= 0:
            raise InvalidInput(f"order quantity must be above zero, was {self.quantity}")
        if self.limit_price is not None and self.limit_price <= 0:
            raise InvalidInput(f"limit_price must be above zero, was {self.limit_price}")
        if self.post_only and self.time_in_force is not TimeInForce.GTC:
            raise InvalidInput("a post_only order rests, so its time_in_force must be gtc")

    @property
    def leg(self) -> Leg:
        """The leg this order trades."""
        return Leg(self.symbol, self.position_side)

    @property
    def signed_quantity(self) -> Decimal:
        """Signed base units; negative for a sell."""
        return self.quantity * self.side.sign


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderReport(Shown):
    """What is known of an order after asking the venue."""

    order: Order
    state: OrderState
    venue_order_id: str = ""
    """The venue's own id; empty while none is known."""
    filled: Decimal = ZERO
    """Base units executed so far, cumulative."""
    average_price: Decimal | None = None
    """Quantity-weighted price of what was filled, quote units."""
    message: str = ""
    """Why it was rejected or is unknown, for the trader; empty otherwise."""
    reason: str = ""
    """Our code for why the venue refused it, for example ``WOULD_TAKE``; empty otherwise."""

    @property
    def remaining(self) -> Decimal:
        """Base units not executed; what is still live is this until the state is final."""
        return self.order.quantity - self.filled

    @property
    def working_quantity(self) -> Decimal:
        """Signed base units that may still execute; an unknown order counts in full."""
        return ZERO if self.state.is_final else self.remaining * self.order.side.sign


@dataclass(frozen=True, slots=True, kw_only=True)
class Fill(Shown):
    """One execution."""

    fill_id: str
    """The venue's trade id, unique per symbol."""
    client_order_id: str
    """Ours, empty when the venue does not name it."""
    venue_order_id: str
    symbol: str
    position_side: PositionSide = PositionSide.BOTH
    side: Side
    quantity: Decimal
    """Base units, above zero."""
    price: Decimal
    """Quote units."""
    fee: Decimal
    """In ``fee_currency``; positive is paid, negative is a rebate."""
    fee_currency: str
    liquidity: Liquidity
    time: datetime
    """When the venue executed it (UTC)."""
    realized_pnl: Decimal | None = None
    """What the venue says closing earned, quote units before fees; None when it does not."""

    @property
    def signed_quantity(self) -> Decimal:
        """Signed base units; negative for a sell."""
        return self.quantity * self.side.sign

    @property
    def notional(self) -> Decimal:
        """Quantity × price, quote units."""
        return self.quantity * self.price


@dataclass(frozen=True, slots=True, kw_only=True)
class Funding(Shown):
    """One settlement of funding on a symbol, whether or not we held anything."""

    symbol: str
    rate: Decimal
    """The venue's rate, a fraction of notional; positive: longs pay shorts."""
    mark_price: Decimal
    """At the settlement, quote units."""
    received: Decimal
    """What the venue booked to the account for the symbol, quote units; negative is paid."""
    time: datetime
    """Of the settlement (UTC); with the symbol it names the settlement."""
