"""What the synthetic market and the replays share: time, a public of each symbol, candles.

Steps of one second of *market time* come in; books that move go out. With no step the books
stand still, and what the trader took stays taken until the next one. Each call has one
``now``, the wall clock's, for all its executions; the candles are kept on market time.
Funding settles when market time passes a multiple of its interval.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import NamedTuple, Protocol

from nettools.errors import InvalidInput
from nettools.model import Side
from nettools.testnet.candles import Bar, Candle, CandleLog
from nettools.testnet.crowd import Crowd
from nettools.testnet.floor import TRADING, Floor
from nettools.testnet.funding import EIGHT_HOURS, Settlement

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


class Public(Protocol):
    """Who trades one symbol, and what is shown of it."""

    candles: CandleLog
    """What was traded."""

    def jump(self, factor: float, now: datetime) -> None:
        """Quote at so many times the price; InvalidInput where nobody can."""
        ...

    def leave(self, side: Side | None, now: datetime) -> None:
        """Leave one side of the book, or come back (None); InvalidInput where nobody can."""
        ...

    def index_price(self) -> Decimal:
        """Give the price the perpetual is measured against, quote units."""
        ...

    def funding_rate(self) -> Decimal:
        """Give the rate of the next funding; fraction."""
        ...


class Stage(ABC):
    """Moves every symbol of a floor.

    Args:
        floor: whose books it moves.
        now: the time of the first quotes.
    """

    steps_per_second: int = 1
    """How finely market time passes."""
    problem: str = ""
    """Why it stands still before the end of its data; empty when nothing is wrong."""

    time: datetime
    """Market time: about ``now`` at the start, one second more with every step."""
    funding_interval: int
    """Seconds of market time between two settlements of funding."""
    next_funding: datetime
    """The market time of the next settlement: a multiple of the interval since 1970."""
    is_finished: bool = False
    """True when a replay has no data left and stands still."""

    def __init__(self, floor: Floor, now: datetime) -> None:
        self.time = now
        self._floor = floor
        self._shifts: dict[str, float] = {}
        self.settle_every(EIGHT_HOURS)

    @property
    @abstractmethod
    def _publics(self) -> Mapping[str, Public]:
        """Give the public of each symbol."""

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
        return self.step(seconds * self.steps_per_second, now) // self.steps_per_second

    @abstractmethod
    def step(self, steps: int, now: datetime) -> int:
        """Move by so many steps (``steps_per_second``); give how many were done.

        Args:
            steps: zero or more.
            now: the time shown on the executions.
        """

    def _pass_second(self, now: datetime) -> None:
        self.time += SECOND
        self._floor.second_passed(now)
        if self.time >= self.next_funding:
            self.settle_every(self.funding_interval)
            for symbol in self._publics:
                self.settle(symbol, now)

    def settle_every(self, seconds: int) -> None:
        """Settle funding at each multiple of so many seconds of market time since 1970."""
        passed = int(self.time.timestamp()) // seconds
        self.funding_interval = seconds
        self.next_funding = datetime.fromtimestamp((passed + 1) * seconds, UTC)

    def settle(self, symbol: str, now: datetime, rate: Decimal | None = None) -> Settlement:
        """Settle funding on a symbol at once, at its mark; the schedule goes on as it was.

        Args:
            symbol: unified symbol.
            now: the time shown (UTC); see ``Engine.settle``.
            rate: a fraction of notional; ``funding_rate`` when None.
        """
        if rate is None:
            rate = self.funding_rate(symbol)
        return self._floor.settle(symbol, rate, self._floor.mark_price(symbol), now)

    def jump(self, symbol: str, factor: float, now: datetime) -> None:
        """Let a price jump to so many times what it was, mark and index too, for good."""
        self._public(symbol).jump(factor, now)
        self._shifts[symbol] = self._shifts.get(symbol, 1.0) * factor

    def thin(self, symbol: str, side: Side | None, now: datetime) -> None:
        """Let the makers of a symbol leave one side of the book; None brings them back."""
        self._public(symbol).leave(side, now)

    def candles(
        self, symbol: str, *, minutes: int, limit: int, now: datetime
    ) -> tuple[Candle, ...]:
        """Give up to ``limit`` candles of ``minutes`` each, oldest first.

        Aggregated on market time and labelled back from ``now``: the newest, unfinished one
        carries the interval ``now`` lies in. At speed 1 that is the time they happened.
        """
        return self._public(symbol).candles.candles(minutes=minutes, limit=limit, now=now)

    def day(self, symbol: str, now: datetime) -> Candle:
        """Give the last 24 hours (or what there is of them) as one candle."""
        return self._public(symbol).candles.day(now)

    def index_price(self, symbol: str) -> Decimal:
        """Give the price the perpetual is measured against, quote units."""
        return self._public(symbol).index_price()

    def funding_rate(self, symbol: str) -> Decimal:
        """Give the rate of the next funding; positive: longs pay shorts."""
        return self._public(symbol).funding_rate()

    def _public(self, symbol: str) -> Public:
        public = self._publics.get(symbol)
        if public is None:
            raise InvalidInput(f"symbol must be one of {sorted(self._publics)}, was {symbol!r}")
        return public


class CrowdStage(Stage):
    """A stage with an invented public, told each second where it sees the price.

    Args:
        floor: whose books it moves; liquidity is there at once.
        past: for each symbol the minutes before ``now`` (or none).
        mids: the first mid of each symbol, quote units.
        seed: decides the makers' sizes and the takers.
        now: the time of the first quotes.
    """

    def __init__(
        self,
        floor: Floor,
        past: Mapping[str, Iterable[Bar]],
        mids: Mapping[str, float],
        seed: int,
        now: datetime,
    ) -> None:
        super().__init__(floor, now)
        self._crowds: dict[str, Crowd] = {}
        for symbol, mid in mids.items():
            candles = CandleLog(floor.instruments[symbol], past.get(symbol, ()))
            candles.begin(minute_of(now), int(mid / float(candles.instrument.tick_size)))
            rng = Random(f"{seed}/{symbol}/crowd")  # noqa: S311 - a market, no secret
            self._crowds[symbol] = Crowd(floor, candles, rng, mid, now)

    @property
    def _publics(self) -> Mapping[str, Public]:
        return self._crowds

    def step(self, steps: int, now: datetime) -> int:
        """Move by so many seconds of market time; give how many were done."""
        for done in range(steps):
            moves = self._next()
            if moves is None:
                return done
            minute = minute_of(self.time)
            for symbol, move in moves.items():
                if self._floor.status(symbol) == TRADING:
                    mid = move.mid * self._shifts.get(symbol, 1.0)
                    self._crowds[symbol].step(mid, minute, now, move.lots)
            self._pass_second(now)
        return steps

    @abstractmethod
    def _next(self) -> dict[str, Second] | None:
        """Give what each symbol does next; None when there is nothing left."""
