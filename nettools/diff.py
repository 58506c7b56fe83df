"""How far the venue is from the net target, after working orders and the deadband.

A leg's target, position and working quantity come in; a Delta goes out, with what is to be
traded or the reason why nothing is. Keeps law 2: position + working + delta = target before
the deadband; no trade while |delta| <= deadband, except to a flat target the venue can reach;
after a perfect fill the next diff is nothing.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from nettools.decimals import ZERO, check_numbers, plain, signed
from nettools.errors import InvalidInput
from nettools.model import Instrument, Leg
from nettools.render import Shown

TradeTo = Literal["target", "edge"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadband(Shown):
    """How far the position may stand from the target before anything is traded.

    The widest of the three counts.
    """

    quantity: Decimal | None = None
    """Base units; None means the instrument's min_quantity."""
    notional: Decimal = ZERO
    """Quote units."""
    fraction: Decimal = ZERO
    """Of the |target|, 0.05 is five percent."""
    trade_to: TradeTo = "target"
    """Trade to the target, or only back to the band's edge."""

    def __post_init__(self) -> None:
        """Refuse floats and negative widths."""
        check_numbers(self, "quantity", "notional", "fraction")
        if min(self.quantity or ZERO, self.notional, self.fraction) < 0:
            raise InvalidInput("a deadband must not be negative; use 0 for none")
        if self.trade_to not in {"target", "edge"}:
            raise InvalidInput(f'trade_to must be "target" or "edge", was {self.trade_to!r}')

    def width(self, instrument: Instrument, target: Decimal, price: Decimal | None) -> Decimal:
        """Give the band for one leg, base units: the widest of quantity, notional, fraction.

        Without a price the notional cannot be converted and is left out.
        """
        own = instrument.min_quantity if self.quantity is None else self.quantity
        by_notional = ZERO if price is None else self.notional / price
        return max(own, by_notional, self.fraction * abs(target))


@dataclass(frozen=True, slots=True, kw_only=True)
class Delta(Shown):
    """The distance between what is wanted on a leg and what is there or on its way."""

    leg: Leg
    target: Decimal
    """Signed base units."""
    position: Decimal
    """Signed base units, as the venue says."""
    working: Decimal
    """Signed base units that own orders may still execute; an unknown order counts in full."""
    deadband: Decimal
    """Base units."""
    to_trade: Decimal
    """Signed base units after the deadband, before rounding; zero when nothing is done."""

    @property
    def quantity(self) -> Decimal:
        """Target - (position + working), signed base units."""
        return self.target - (self.position + self.working)

    @property
    def reason(self) -> str:
        """Why nothing is to be traded; empty when something is."""
        if self.to_trade != 0:
            return ""
        unit = self.leg.symbol.partition("/")[0]
        if self.quantity == 0:
            return "already there"
        return (
            f"inside the deadband: {signed(self.quantity)} {unit} is not more than "
            f"{plain(self.deadband)} {unit}"
        )


def diff_position(  # noqa: PLR0913 - the terms of one formula, each named at the call
    leg: Leg,
    *,
    target: Decimal,
    position: Decimal,
    working: Decimal = ZERO,
    deadband: Decimal = ZERO,
    trade_to: TradeTo = "target",
    smallest: Decimal = ZERO,
) -> Delta:
    """Compare a leg's target with what is there and on its way.

    Args:
        leg: which position.
        target: wanted, signed base units.
        position: held, signed base units.
        working: may still execute, signed base units.
        deadband: no trade while |delta| is not more than this, base units.
        trade_to: "target", or "edge": only back to the band's edge.
        smallest: the least the venue trades, base units; a flat target is traded to when the
            rest is at least this, whatever the deadband.
    """
    return Delta(
        leg=leg,
        target=target,
        position=position,
        working=working,
        deadband=deadband,
        to_trade=quantity_to_trade(target, position + working, deadband, trade_to, smallest),
    )


def quantity_to_trade(
    target: Decimal,
    projected: Decimal,
    deadband: Decimal,
    trade_to: TradeTo = "target",
    smallest: Decimal = ZERO,
) -> Decimal:
    """Decide how much to trade, signed base units; zero is "do nothing".

    ``projected`` is position + working. Without the working orders the same difference would
    be sent twice.
    """
    delta = target - projected
    if abs(delta) <= deadband:
        reaches_flat = not target and delta and abs(delta) >= smallest
        return delta if reaches_flat else ZERO
    if trade_to == "edge" and target:
        return delta - deadband if delta > 0 else delta + deadband
    return delta
