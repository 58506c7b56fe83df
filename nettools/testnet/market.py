"""A seeded synthetic market that moves the engine's books. Deterministic.

Steps of one second of *market time* come in; prices, liquidity, small takers and candles go
out. With no step the book stands still, and what was taken stays taken until the next one.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from nettools.testnet.engine import Engine


@dataclass(frozen=True, slots=True, kw_only=True)
class Candle:
    """Prices and turnover of one interval."""

    open_time: datetime
    """Start of the interval (UTC), mapped so that the newest candle is the current one."""
    open: Decimal
    """Quote units, like high, low and close."""
    high: Decimal
    low: Decimal
    close: Decimal
    quantity: Decimal
    """Base units traded."""
    notional: Decimal
    """Quote units traded."""
    count: int
    """Number of executions."""


class Market:
    """Moves every symbol of an engine (``Replay`` has the same methods).

    Args:
        engine: whose books it moves; its liquidity is there at once.
        seed: same seed and same steps give the same market, whatever the trader does.
        now: the time of the first quotes.
    """

    time: datetime
    """Market time: ``now`` at the start, one second more with every step."""
    is_finished: bool
    """Always False here; True when a replay has no data left and stands still."""

    def __init__(self, engine: Engine, seed: int, now: datetime) -> None:
        raise NotImplementedError

    def advance(self, seconds: int, now: datetime) -> int:
        """Move by so many seconds of market time; give how many were done.

        Args:
            seconds: whole seconds, zero or more.
            now: the time shown on fills (one for all steps of the call).
        """
        raise NotImplementedError

    def candles(
        self, symbol: str, *, minutes: int, limit: int, now: datetime
    ) -> tuple[Candle, ...]:
        """Give up to ``limit`` candles of ``minutes`` each, oldest first.

        Aggregated on market time and labelled back from ``now``: the newest, unfinished one
        carries the interval ``now`` lies in.
        """
        raise NotImplementedError

    def day(self, symbol: str, now: datetime) -> Candle:
        """Give the last 24 hours (or what there is of them) as one candle."""
        raise NotImplementedError

    def index_price(self, symbol: str) -> Decimal:
        """Give the price the perpetual is measured against, quote units."""
        raise NotImplementedError

    def funding_rate(self, symbol: str) -> Decimal:
        """Give the rate of the next funding; positive: longs pay shorts. Not settled yet."""
        raise NotImplementedError
