"""The anonymous public of one symbol: makers around a mid, small takers at the touch.

A mid comes in once a second of market time; a ladder of about fifty levels a side, small
takers, mark and index prices and candles go out. Floats live in the random process only and
are whole ticks and steps before they touch the book. How much is drawn never depends on the
book, so the trader cannot change the market's future by trading.
"""

from datetime import datetime
from decimal import Decimal
from random import Random

from nettools.model import Side
from nettools.testnet.candles import CandleLog
from nettools.testnet.floor import Floor

LEVELS = 50
"""Price levels a side."""
GAP = 2e-5
"""Distance of levels as a fraction of the price (0.2 bps), at least a tick."""
TOUCH_NOTIONAL = 30_000.0
"""Mean notional of the best level, quote units: 1.5 BTC at 100,000 reaches about 1 bps."""
NOTIONAL_GROWTH = 1_000.0
"""What each level further away holds more."""
TAKER_NOTIONAL = 3_000.0
"""Mean notional of a taker: a tenth of the best level, so the touch fills in parts."""
LARGEST_TAKER = 2.5
"""In means: all takers of a second together never break through the best level."""
TAKERS = 2
"""A second, each on a random side."""
MARK_SPEED, INDEX_SPEED = 0.2, 0.03
"""Share of the way to the mid that mark and index go each second (means of 5 s and 30 s)."""
COIN, TIGHT = 0.5, 0.7
"""Chance of a taker to buy; chance of a spread of one tick (else two)."""
MARK_GRAIN = Decimal("0.01")
"""The mark is rounded to this part of a tick."""
INTEREST, FUNDING_CLAMP = Decimal("0.0001"), Decimal("0.0005")
"""Binance's formula: rate = premium + clamp(interest - premium, ±0.05 %)."""


class Crowd:
    """Makers and takers of one symbol.

    Args:
        floor: whose book they trade on.
        candles: what happened before; what happens is added.
        rng: decides sizes, gaps and takers; nobody else may draw from it.
        mid: the first mid, quote units.
        now: the time of the first quotes.
    """

    def __init__(
        self, floor: Floor, candles: CandleLog, rng: Random, mid: float, now: datetime
    ) -> None:
        instrument = candles.instrument
        self.candles = candles
        self._floor = floor
        self._symbol = instrument.symbol
        self._rng = rng
        self._tick, self._step = float(instrument.tick_size), float(instrument.step_size)
        self._step_size = instrument.step_size
        self._grain = instrument.tick_size * MARK_GRAIN
        self._mark = self._index = self._mid = mid
        self._absent: Side | None = None
        self._quote(mid, now)

    def step(self, mid: float, minute: int, now: datetime, lots: int = 0) -> None:
        """Live through one second of market time.

        Args:
            mid: where the makers now see the price, quote units.
            minute: of market time, since 1970.
            now: the time shown on the executions.
            lots: steps traded elsewhere, to be shown in the candles.
        """
        self._quote(mid, now)
        for _ in range(TAKERS):
            side = Side.BUY if self._rng.random() < COIN else Side.SELL
            size = min(self._rng.expovariate(1), LARGEST_TAKER) * TAKER_NOTIONAL
            wanted = size / (mid * self._step)
            self._floor.take(self._symbol, side, max(1, int(wanted)) * self._step_size, now)
        self.candles.add(minute, self._floor.take_tape(self._symbol), lots)

    def jump(self, factor: float, now: datetime) -> None:
        """Quote at so many times the price from now on; mark and index follow at once."""
        self._mark *= factor
        self._index *= factor
        self._quote(self._mid * factor, now)

    def leave(self, side: Side | None, now: datetime) -> None:
        """Leave one side of the book empty, or come back (None)."""
        self._absent = side
        self._quote(self._mid, now)

    def index_price(self) -> Decimal:
        """Give the slow mean of the mid, quote units."""
        return self._rounded(self._index)

    def funding_rate(self) -> Decimal:
        """Give the rate of the next funding from mark against index; fraction."""
        index = self.index_price()
        premium = (self._rounded(self._mark) - index) / index
        pull = min(FUNDING_CLAMP, max(-FUNDING_CLAMP, INTEREST - premium))
        return (premium + pull).quantize(Decimal("1e-8"))

    def _quote(self, mid: float, now: datetime) -> None:
        draw = self._rng.random
        bid = max(LEVELS, int(mid / self._tick + 1e-6))  # 0.3 / 0.1 must be 3 ticks, not 2
        ask = bid + (1 if draw() < TIGHT else 2)
        gap = max(1, int(mid * GAP / self._tick))
        unit = mid * self._step
        bids, asks = [], []
        for level in range(LEVELS):
            base = (TOUCH_NOTIONAL + NOTIONAL_GROWTH * level) / unit
            off = level * gap
            jitter = gap if level else 1
            price = bid - off - int(draw() * jitter)
            if price > 0:
                bids.append((price, 1 + int(base * (0.5 + draw()))))
            price = ask + off + int(draw() * jitter)
            asks.append((price, 1 + int(base * (0.5 + draw()))))
        self._mid = mid
        if self._absent is not None:
            (bids if self._absent is Side.BUY else asks).clear()
        self._floor.requote(self._symbol, bids, asks, now)
        self._mark += (mid - self._mark) * MARK_SPEED
        self._index += (mid - self._index) * INDEX_SPEED
        self._floor.set_mark(self._symbol, self._rounded(self._mark))

    def _rounded(self, price: float) -> Decimal:
        return max(1, round(price / float(self._grain))) * self._grain
