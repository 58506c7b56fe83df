"""Settlements of funding: at which rate and mark, and what each leg received. Pure.

What is held comes in with a rate and a mark; a settlement goes out, rounded as the venue shows
it, so that the rows a trader reads are exactly what moved his wallet.
"""

from collections import deque
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from nettools.decimals import ZERO
from nettools.model import PositionSide

EIGHT_HOURS = 28_800
"""Seconds between two settlements of most contracts on Binance."""
KEPT = 10_000
"""Settlements remembered on a symbol: a week of one a minute, nine years of one in 8 h."""
APART = timedelta(milliseconds=1)
"""Two settlements on a symbol are never shown at the same time; REST shows milliseconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """What one leg received or paid."""

    payment_id: str
    """A whole number as text, rising over all symbols."""
    position_side: PositionSide
    quantity: Decimal
    """Held at the settlement, signed base units."""
    received: Decimal
    """-(quantity × mark × rate), quote units, 8 decimals; negative is paid, never zero."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """One settlement on a symbol, whether or not anything was held."""

    symbol: str
    rate: Decimal
    """A fraction of notional; positive: longs pay shorts."""
    mark_price: Decimal
    """Quote units."""
    time: datetime
    """The wall clock when the market passed it (UTC); later than the one before."""
    payments: tuple[Payment, ...]
    """One a leg whose wallet moved."""

    @property
    def received(self) -> Decimal:
        """What all legs received together, quote units; negative is paid."""
        return sum((payment.received for payment in self.payments), ZERO)


class FundingLog:
    """The newest settlements of each symbol."""

    def __init__(self) -> None:
        self._settlements: dict[str, deque[Settlement]] = {}
        self._payments = 0

    def next_id(self) -> str:
        """Give the next payment a number of its own."""
        self._payments += 1
        return str(self._payments)

    def newest(self, symbol: str) -> Settlement | None:
        """Give the last settlement on a symbol; None before the first."""
        settlements = self._settlements.get(symbol)
        return settlements[-1] if settlements else None

    def time_for(self, symbol: str, now: datetime) -> datetime:
        """Give ``now``, or the first moment after the settlement before."""
        newest = self.newest(symbol)
        return now if newest is None else max(now, newest.time + APART)

    def add(self, settlement: Settlement) -> None:
        """Note a settlement; the oldest one of its symbol may be forgotten."""
        kept = self._settlements.setdefault(settlement.symbol, deque(maxlen=KEPT))
        kept.append(settlement)

    def of(self, symbol: str) -> tuple[Settlement, ...]:
        """Give the settlements on a symbol, oldest first."""
        return tuple(self._settlements.get(symbol, ()))
