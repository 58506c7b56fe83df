"""How a plan is executed: at market, or as a limit order.

A side and a quote come in, a limit price on the tick grid goes out. Buys round down and sells
round up, so that rounding never pays more than was meant.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from nettools.decimals import ZERO, check_numbers, round_down, round_up
from nettools.errors import InvalidInput
from nettools.model import Instrument, Quote, Side, TimeInForce

StyleName = Literal["market", "limit"]
_WHOLE = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """An execution style with its parameters.

    *market* is a limit order, immediate or cancel, capped ``slippage_bps`` beyond the touch:
    a plain market order has no worst price. *limit* rests ``offset_bps`` behind the best
    own-side price, or at ``limit_price``.
    """

    name: StyleName = "market"
    slippage_bps: Decimal = Decimal(20)
    """market: how far beyond the touch it may trade, hundredths of a percent."""
    offset_bps: Decimal = ZERO
    """limit: how far behind the best own-side price it rests; negative is into the spread."""
    limit_price: Decimal | None = None
    """limit: this price instead of an offset, quote units."""
    rests: bool = True
    """limit: good till canceled, or only immediate (IOC)."""
    post_only: bool = False
    """limit: cancel rather than take."""

    def __post_init__(self) -> None:
        """Refuse a style that means nothing."""
        if self.name not in {"market", "limit"}:
            raise InvalidInput(f'style must be "market" or "limit", was {self.name!r}')
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

    @classmethod
    def read(cls, style: "Style | str") -> "Style":
        """Take a Style as it is, or its name with the default parameters."""
        if isinstance(style, Style):
            return style
        return cls(name=style)  # type: ignore[arg-type]  # __post_init__ refuses other names

    @property
    def time_in_force(self) -> TimeInForce:
        """How long an order of this style lives."""
        rests = self.name == "limit" and self.rests
        return TimeInForce.GTC if rests else TimeInForce.IOC

    def limit_price_for(self, side: Side, quote: Quote, instrument: Instrument) -> Decimal:
        """Give the price an order leaves with, quote units, on the tick grid."""
        if self.name == "limit" and self.limit_price is not None:
            price = self.limit_price
        elif self.name == "limit":
            own = quote.bid if side is Side.BUY else quote.ask
            price = own * (1 - side.sign * self.offset_bps / _WHOLE)
        else:
            far = quote.ask if side is Side.BUY else quote.bid
            price = far * (1 + side.sign * self.slippage_bps / _WHOLE)
        rounded = round_down if side is Side.BUY else round_up
        return rounded(price, instrument.tick_size)
