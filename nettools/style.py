"""How a plan is executed: at market, as a limit order, or resting first and then taking.

A side and a quote come in, a limit price on the tick grid goes out. Buys round down and sells
round up, so that rounding never pays more than was meant.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from nettools.decimals import ZERO, check_numbers, round_down, round_up
from nettools.errors import InvalidInput
from nettools.model import Instrument, Quote, Side, TimeInForce
from nettools.render import Shown

StyleName = Literal["market", "limit", "smart"]
_WHOLE = 10_000
_FINEST = Decimal("0.01")


@dataclass(frozen=True, slots=True, kw_only=True)
class Style(Shown):
    """An execution style with its parameters.

    *market* is a limit order, immediate or cancel, capped ``slippage_bps`` beyond the touch:
    a plain market order has no worst price. *limit* rests ``offset_bps`` behind the best
    own-side price, or at ``limit_price``. *smart* rests post-only at the best own-side price,
    follows it, and takes what is left for a named reason only; its defaults suit a perpetual
    whose taker fee is several times its spread.
    """

    name: StyleName = "market"
    slippage_bps: Decimal = Decimal(20)
    """market, smart: how far beyond the touch it may take, hundredths of a percent."""
    offset_bps: Decimal = ZERO
    """limit: how far behind the best own-side price it rests; negative is into the spread."""
    limit_price: Decimal | None = None
    """limit: this price instead of an offset, quote units."""
    rests: bool = True
    """limit: good till canceled, or only immediate (IOC)."""
    post_only: bool = False
    """limit: cancel rather than take; smart orders always rest so."""
    improve_ticks: int = 0
    """smart: how far into the spread it rests where there is room, ticks; 0 joins the best."""
    rest_seconds: Decimal = Decimal(3)
    """smart: a quote rests at least so long before a better price makes it move."""
    most_requotes: int = 20
    """smart: so many quotes may be replaced, then it takes."""
    most_refusals: int = 5
    """smart: so many post-only orders may be refused in a row, then it takes."""
    timeout_seconds: Decimal = Decimal(60)
    """smart: after so long it takes."""
    adverse_bps: Decimal | None = Decimal(10)
    """smart: takes when the mid ran so far away from the arrival price; None for never."""
    imbalance: Decimal | None = None
    """smart: takes when our side of the touch holds this share of both, 0.5 to 1; None for
    never, because the touch of a liquid perpetual leans to and fro all the time."""
    min_slice: Decimal | None = None
    """smart: a smaller remainder is left to the next diff, base units; None for the smallest
    order the venue takes."""

    def __post_init__(self) -> None:
        """Refuse a style that means nothing."""
        if self.name not in {"market", "limit", "smart"}:
            raise InvalidInput(f'style must be "market", "limit" or "smart", was {self.name!r}')
        check_numbers(self, "slippage_bps", "offset_bps", "limit_price")
        if not 0 <= self.slippage_bps < _WHOLE:
            raise InvalidInput(
                f"slippage_bps must be from 0 to below 10000, was {self.slippage_bps}"
            )
        if abs(self.offset_bps) >= _WHOLE:
            raise InvalidInput(
                f"offset_bps must be between -10000 and 10000, was {self.offset_bps}"
            )
        if self.limit_price is not None and self.limit_price <= 0:
            raise InvalidInput(f"limit_price must be above zero, was {self.limit_price}")
        if self.post_only and self.time_in_force is not TimeInForce.GTC:
            raise InvalidInput("post_only needs a style that rests; use Style(name='limit')")
        self._check_smart()

    def _check_smart(self) -> None:
        check_numbers(self, "rest_seconds", "timeout_seconds", "adverse_bps")
        check_numbers(self, "imbalance", "min_slice")
        for name in ("improve_ticks", "most_requotes", "most_refusals"):
            count = getattr(self, name)
            if type(count) is not int or count < 0:
                raise InvalidInput(f"{name} must be a whole number from 0 on, was {count!r}")
        for name in ("rest_seconds", "timeout_seconds", "min_slice"):
            value = getattr(self, name)
            if value is not None and value < 0:
                raise InvalidInput(f"{name} must not be negative, was {value}")
        if self.adverse_bps is not None and not _FINEST <= self.adverse_bps < _WHOLE:
            raise InvalidInput(
                f"adverse_bps must be from 0.01 to below 10000, was {self.adverse_bps}; "
                "None for never"
            )
        if self.imbalance is not None and not Decimal("0.5") <= self.imbalance <= 1:
            raise InvalidInput(
                f"imbalance must be from 0.5 to 1, was {self.imbalance}; None for never"
            )

    @classmethod
    def read(cls, style: "Style | str") -> "Style":
        """Take a Style as it is, or its name with the default parameters."""
        if isinstance(style, Style):
            return style
        return cls(name=style)  # type: ignore[arg-type]  # __post_init__ refuses other names

    @property
    def time_in_force(self) -> TimeInForce:
        """How long an order of this style lives."""
        rests = self.name == "smart" or (self.name == "limit" and self.rests)
        return TimeInForce.GTC if rests else TimeInForce.IOC

    def limit_price_for(self, side: Side, quote: Quote, instrument: Instrument) -> Decimal:
        """Give the price an order leaves with, quote units, on the tick grid."""
        if self.name == "limit" and self.limit_price is not None:
            price = self.limit_price
        elif self.name == "smart":
            price = self._inside(side, quote, instrument.tick_size)
        elif self.name == "limit":
            own = quote.bid if side is Side.BUY else quote.ask
            price = own * (1 - side.sign * self.offset_bps / _WHOLE)
        else:
            far = quote.ask if side is Side.BUY else quote.bid
            price = far * (1 + side.sign * self.slippage_bps / _WHOLE)
        rounded = round_down if side is Side.BUY else round_up
        return rounded(price, instrument.tick_size)

    def _inside(self, side: Side, quote: Quote, tick: Decimal) -> Decimal:
        """Give where a smart order first rests: the best own price, or inside a wide spread."""
        own = quote.bid if side is Side.BUY else quote.ask
        room = max(int((quote.ask - quote.bid) // tick) - 1, 0)
        return own + side.sign * tick * min(self.improve_ticks, room)
