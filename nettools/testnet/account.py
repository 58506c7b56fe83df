"""One trader's account: positions by leg, wallet, margin. Pure.

Executions come in; positions, realized PnL and the wallet go out. Each leg keeps its open
*cost* (Σ signed quantity × price) and not an average price, so that at every moment, to the
last digit, ``wallet = deposit + Σ realized - Σ fees + Σ funding`` and ``Σ realized + q·mark -
cost`` is the cash flow plus the position at the mark (law 5). An average price divides:
display only.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from decimal import Decimal

from nettools.decimals import ZERO
from nettools.model import Leg, Side

CENT = Decimal("1e-8")
"""What Binance keeps of the quote currency."""
MAINTENANCE_RATE = Decimal("0.004")
"""Maintenance margin as a fraction of notional: the first bracket of BTCUSDT, for all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountState:
    """The money of the account at the current marks, quote units."""

    wallet: Decimal
    """Deposit + realized PnL - fees + funding."""
    funding: Decimal
    """Received at all settlements so far; negative is paid. Part of the wallet."""
    unrealized_pnl: Decimal
    """Of all legs at the mark; positive is a profit."""
    position_margin: Decimal
    """Initial margin of the positions at their leverage."""
    order_margin: Decimal
    """What the resting orders would add to it if they filled."""
    maintenance_margin: Decimal
    """What must remain for the positions to be kept."""

    @property
    def margin_balance(self) -> Decimal:
        """Wallet + unrealized PnL."""
        return self.wallet + self.unrealized_pnl

    @property
    def initial_margin(self) -> Decimal:
        """Margin of positions and resting orders together."""
        return self.position_margin + self.order_margin

    @property
    def free(self) -> Decimal:
        """Margin balance - initial margin; negative after losses."""
        return self.margin_balance - self.initial_margin

    @property
    def available(self) -> Decimal:
        """What new positions may still use; never negative."""
        return max(ZERO, self.free)


@dataclass(slots=True)
class Holding:
    """What is held on one leg."""

    quantity: Decimal = ZERO
    """Signed base units; negative is short."""
    cost: Decimal = ZERO
    """Signed quote units paid for it; negative for a short."""

    @property
    def average_price(self) -> Decimal | None:
        """Entry price rounded to 8 decimals, for display; None when flat."""
        return (self.cost / self.quantity).quantize(CENT) if self.quantity else None

    def value(self, mark: Decimal) -> Decimal:
        """Give the signed value at a mark, quote units."""
        return self.quantity * mark

    def unrealized_pnl(self, mark: Decimal) -> Decimal:
        """Give the PnL at a mark, exact; quote units."""
        return self.quantity * mark - self.cost

    def execute(self, signed_quantity: Decimal, price: Decimal) -> Decimal:
        """Book one execution; give the realized PnL (quote units, before fees).

        The cost of a partly closed position divides, so it is rounded once, to 1e-8, and
        what was taken out is taken exactly; closing the rest therefore loses nothing.
        """
        realized = ZERO
        if self.quantity * signed_quantity < 0:
            closed = -signed_quantity
            if abs(closed) > abs(self.quantity):
                closed = self.quantity
            cost = self.cost
            if closed != self.quantity:
                cost = (self.cost * closed / self.quantity).quantize(CENT)
            realized = closed * price - cost
            self.quantity -= closed
            self.cost -= cost
            signed_quantity += closed
        self.quantity += signed_quantity
        self.cost += signed_quantity * price
        return realized


@dataclass(frozen=True, slots=True, kw_only=True)
class LegExposure:
    """What one leg holds and what its resting orders could make of it; quote units."""

    value: Decimal
    """Signed value of the position at the mark."""
    opening_buys: Decimal = ZERO
    """Notional of resting buys that may open; reduce-only and closing ones do not count."""
    opening_sells: Decimal = ZERO
    """Likewise for sells."""

    @property
    def worst(self) -> Decimal:
        """Give the largest notional the leg could reach on one side."""
        return max(
            abs(self.value),
            abs(self.value + self.opening_buys),
            abs(self.value - self.opening_sells),
        )

    def adding(self, side: Side, notional: Decimal) -> "LegExposure":
        """Give the exposure with one more opening order resting."""
        if side is Side.BUY:
            return replace(self, opening_buys=self.opening_buys + notional)
        return replace(self, opening_sells=self.opening_sells + notional)


class Account:
    """Wallet and holdings of one trader, cross margin.

    Args:
        deposit: the wallet at the start, quote units.
    """

    def __init__(self, deposit: Decimal) -> None:
        self.wallet = deposit
        self.funding = Decimal(0)
        self.holdings: dict[Leg, Holding] = {}

    def holding(self, leg: Leg) -> Holding:
        """Give what one leg holds; a flat one when it never traded."""
        return self.holdings.get(leg) or Holding()

    def execute(
        self, leg: Leg, signed_quantity: Decimal, price: Decimal, rate: Decimal
    ) -> tuple[Decimal, Decimal]:
        """Book one execution; give realized PnL and fee (positive is paid), quote units."""
        holding = self.holdings.setdefault(leg, Holding())
        realized = holding.execute(signed_quantity, price)
        fee = abs(signed_quantity) * price * rate
        self.wallet += realized - fee
        return realized, fee

    def receive_funding(self, received: Decimal) -> None:
        """Book what a settlement brought, quote units; negative is paid."""
        self.wallet += received
        self.funding += received

    def state(
        self,
        exposures: Iterable[tuple[LegExposure, int]],
        mark: Callable[[str], Decimal],
    ) -> AccountState:
        """Value the account.

        Args:
            exposures: each leg's exposure with the leverage of its symbol.
            mark: gives the mark price of a symbol, quote units.
        """
        held = ordered = maintenance = ZERO
        for exposure, leverage in exposures:
            notional = abs(exposure.value)
            held += notional / leverage
            ordered += (exposure.worst - notional) / leverage
            maintenance += notional * MAINTENANCE_RATE
        return AccountState(
            wallet=self.wallet,
            funding=self.funding,
            unrealized_pnl=sum(
                (h.unrealized_pnl(mark(leg.symbol)) for leg, h in self.holdings.items()), ZERO
            ),
            position_margin=held,
            order_margin=ordered,
            maintenance_margin=maintenance,
        )
