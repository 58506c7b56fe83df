"""The demo's targets through a one-way and a hedged account, added up as they go.

The book and the touches of each tick come in; what both modes sent, paid and hold goes out.
Law: both trade by the live rules (``nettools.study``), each starts flat with the demo, and
every number is exact.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from nettools.decimals import ZERO
from nettools.model import Leg, PositionMode, Quote
from nettools.study import SideBySide, Terms
from nettools.study.modes import Bar
from nettools.targets import TargetBook


@dataclass(frozen=True, slots=True, kw_only=True)
class ModeTotals:
    """What one mode did since the demo began, and what it holds now."""

    orders: int = 0
    """Sent so far."""
    fees: Decimal = ZERO
    """Paid so far, quote units."""
    spread: Decimal = ZERO
    """Paid so far against the mid, quote units."""
    margin: Decimal = ZERO
    """Initial margin of all legs now, quote units."""
    positions: Mapping[Leg, Decimal] = field(default_factory=dict)
    """Signed base units; flat legs are left out."""

    def after(self, bar: Bar) -> "ModeTotals":
        """Add one bar."""
        return ModeTotals(
            orders=self.orders + bar.orders,
            fees=self.fees + bar.fees,
            spread=self.spread + bar.spread,
            margin=bar.margin,
            positions=bar.positions,
        )


class BothModes:
    """Follows a demo in both modes.

    Args:
        terms: of both accounts.
    """

    def __init__(self, terms: Terms) -> None:
        self._both = SideBySide(terms)
        self._totals = {mode: ModeTotals() for mode in PositionMode}

    def add(
        self, book: TargetBook, quotes: Mapping[str, Quote]
    ) -> Mapping[PositionMode, ModeTotals]:
        """Trade one tick's targets in both modes; gives what each did so far.

        A symbol without a touch keeps the whole tick out: nothing can be priced then.
        """
        if not set(book.symbols) - quotes.keys():
            self._both.step(book, quotes)
            self._totals = {
                mode: self._totals[mode].after(account.bars[-1])
                for mode, account in self._both.accounts.items()
            }
        return dict(self._totals)
