"""What the synthetic market and the replay share: time, one crowd a symbol, candles.

Steps of one second of *market time* come in; books that move go out. With no step the books
stand still, and what the trader took stays taken until the next one. Each call has one
``now``, the wall clock's, for all its executions; the candles are kept on market time.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import NamedTuple

from nettools.errors import InvalidInput
from nettools.testnet.candles import Bar, Candle, CandleLog
from nettools.testnet.crowd import Crowd
from nettools.testnet.floor import Floor

SECOND = timedelta(seconds=1)


def minute_of(time: datetime) -> int:
    """Give the minutes since 1970 that a moment lies in."""
    return int(time.timestamp()) // 60


class Second(NamedTuple):
    """What one symbol does in one second."""

    mid: float
    """Quote units."""
    lots: int = 0
    """Steps traded elsewhere, shown in the candles."""


class Stage(ABC):
    """Moves every symbol of a floor.

    Args:
        floor: whose books it moves; liquidity is there at once.
        past: for each symbol the minutes before ``now`` (or none).
        mids: the first mid of each symbol, quote units.
        seed: decides the makers' sizes and the takers.
        now: the time of the first quotes.
    """

    time: datetime
    """Market time: about ``now`` at the start, one second more with every step."""
    is_finished: bool = False
    """True when a replay has no data left and stands still."""

    def __init__(
        self,
        floor: Floor,
        past: Mapping[str, Iterable[Bar]],
        mids: Mapping[str, float],
        seed: int,
        now: datetime,
    ) -> None:
        self.time = now
        self._crowds: dict[str, Crowd] = {}
        for symbol, mid in mids.items():
            candles = CandleLog(floor.instruments[symbol], past.get(symbol, ()))
            candles.begin(minute_of(now), int(mid / float(candles.instrument.tick_size)))
            rng = Random(f"{seed}/{symbol}/crowd")  # noqa: S311 - a market, no secret
            self._crowds[symbol] = Crowd(floor, candles, rng, mid, now)

    def advance(self, seconds: int, now: datetime) -> int:
        """Move by so many seconds of market time; give how many were done.

        Args:
            seconds: whole seconds, zero or more.
            now: the time shown on the executions (one for all steps of the call).

        Raises:
            InvalidInput: a negative number of seconds.
        """
        if seconds < 0:
            raise InvalidInput(f"seconds must be zero or more, was {seconds}")
        for done in range(seconds):
            moves = self._next()
            if moves is None:
                return done
            minute = minute_of(self.time)
            self.time += SECOND
            for symbol, move in moves.items():
                self._crowds[symbol].step(move.mid, minute, now, move.lots)
        return seconds

    @abstractmethod
    def _next(self) -> dict[str, Second] | None:
        """Give what each symbol does next; None when there is nothing left."""

    def candles(
        self, symbol: str, *, minutes: int, limit: int, now: datetime
    ) -> tuple[Candle, ...]:
        """Give up to ``limit`` candles of ``minutes`` each, oldest first.

        Aggregated on market time and labelled back from ``now``: the newest, unfinished one
        carries the interval ``now`` lies in. At speed 1 that is the time they happened.
        """
        return self._crowd(symbol).candles.candles(minutes=minutes, limit=limit, now=now)

    def day(self, symbol: str, now: datetime) -> Candle:
        """Give the last 24 hours (or what there is of them) as one candle."""
        return self._crowd(symbol).candles.day(now)

    def index_price(self, symbol: str) -> Decimal:
        """Give the price the perpetual is measured against, quote units."""
        return self._crowd(symbol).index_price()

    def funding_rate(self, symbol: str) -> Decimal:
        """Give the rate of the next funding; positive: longs pay shorts. Not settled yet."""
        return self._crowd(symbol).funding_rate()

    def _crowd(self, symbol: str) -> Crowd:
        crowd = self._crowds.get(symbol)
        if crowd is None:
            raise InvalidInput(f"symbol must be one of {sorted(self._crowds)}, was {symbol!r}")
        return crowd
