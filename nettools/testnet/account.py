"""One trader's account: positions by leg, wallet, margin. Pure.

Executions come in; positions, realized PnL and the wallet go out. Each leg keeps its open
*cost* (signed quantity × price, summed) and not an average price, so that at every moment
``wallet = deposit + Σ realized - Σ fees`` and ``Σ realized + q·mark - cost`` is the cash flow
valued at the mark, both to the last digit (law 5). The average price divides: display only.
"""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountState:
    """The money of the account at the current marks, quote units."""

    wallet: Decimal
    """Deposit + realized PnL - fees."""
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
    def available(self) -> Decimal:
        """What new positions may still use; never negative."""
        return max(Decimal(0), self.margin_balance - self.initial_margin)
