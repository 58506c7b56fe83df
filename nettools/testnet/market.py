"""A seeded synthetic market that moves the engine's books. Deterministic.

Prices follow one random walk a symbol with a common factor, so that they move together, and
with a volatility that wanders around its mean. Same seed and same steps give the same market,
whatever the trader does and however many other symbols there are.
"""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from math import exp, sqrt
from random import Random

from nettools.errors import InvalidInput
from nettools.model import Instrument
from nettools.testnet.candles import Bar, Candle
from nettools.testnet.floor import Floor
from nettools.testnet.instruments import START_PRICES
from nettools.testnet.stage import CrowdStage, Second, minute_of

__all__ = ["Candle", "Market"]

YEAR_SECONDS = 365 * 24 * 3600
VOLATILITY = {"BTC": 0.45, "BNB": 0.5, "ETH": 0.65}
"""Standard deviation of a year's returns, about what 2025 showed."""
OTHER_VOLATILITY = 0.8
COMMON = 0.75
"""Correlation of each symbol's returns with the common factor."""
CALM, STIR = 0.01, 0.05
"""Pull of the log volatility toward its mean, and its noise, each second."""
HISTORY_MINUTES = 1500
"""More than a day, so that the 24 h ticker and 500 candles are there at once."""
MINUTE_NOTIONAL = 360_000.0
"""Mean turnover of a past minute, quote units: 60 s of the crowd's takers."""

HISTORY_COUNT = 120
"""Executions in a past minute."""
WICK = 0.4
"""How far a past minute's extremes reach beyond open and close, in its deviations."""


class _Walk:
    __slots__ = ("price", "rng", "sigma", "stir")

    def __init__(self, instrument: Instrument, seed: int, price: float) -> None:
        self.rng = Random(f"{seed}/{instrument.symbol}/path")  # noqa: S311 - no secret
        self.sigma = VOLATILITY.get(instrument.base, OTHER_VOLATILITY) / sqrt(YEAR_SECONDS)
        self.price = price
        self.stir = 0.0

    def shock(self, common: float) -> float:
        return COMMON * common + sqrt(1 - COMMON * COMMON) * self.rng.gauss(0, 1)

    def step(self, common: float) -> float:
        self.stir += STIR * self.rng.gauss(0, 1) - CALM * self.stir
        self.price *= exp(self.sigma * exp(self.stir) * self.shock(common))
        return self.price


class Market(CrowdStage):
    """Moves every symbol of an engine (``Replay`` has the same methods).

    Args:
        engine: whose books it moves; liquidity is there at once.
        seed: same seed and same steps give the same market, whatever the trader does.
        now: the time of the first quotes.
        prices: where each symbol of the engine begins, quote units.

    Raises:
        InvalidInput: a symbol without a price above zero.
    """

    def __init__(
        self,
        engine: Floor,
        seed: int,
        now: datetime,
        prices: Mapping[str, Decimal] = START_PRICES,
    ) -> None:
        for symbol in engine.instruments:
            if prices.get(symbol, Decimal(0)) <= 0:
                raise InvalidInput(
                    f"a start price above zero is needed for {symbol}; pass prices={{...}}"
                )
        self._common = Random(f"{seed}/common")  # noqa: S311 - a market, no secret
        self._walks = {
            symbol: _Walk(instrument, seed, float(prices[symbol]))
            for symbol, instrument in engine.instruments.items()
        }
        shocks = [self._common.gauss(0, 1) for _ in range(HISTORY_MINUTES)]
        past = {
            symbol: _past(walk, engine.instruments[symbol], shocks, minute_of(now))
            for symbol, walk in self._walks.items()
        }
        mids = {symbol: walk.price for symbol, walk in self._walks.items()}
        super().__init__(engine, past, mids, seed, now)

    def _next(self) -> dict[str, Second]:
        common = self._common.gauss(0, 1)
        return {symbol: Second(walk.step(common)) for symbol, walk in self._walks.items()}


def _past(walk: _Walk, instrument: Instrument, shocks: list[float], minute: int) -> list[Bar]:
    # Backward from the start price, so that the past ends where the market begins.
    rng, sigma = walk.rng, walk.sigma * sqrt(60)
    tick, step = float(instrument.tick_size), float(instrument.step_size)
    close, bars = walk.price, []
    for back, common in enumerate(shocks, start=1):
        start = close * exp(-sigma * walk.shock(common))
        top = max(start, close) * exp(sigma * abs(rng.gauss(0, WICK)))
        bottom = min(start, close) * exp(-sigma * abs(rng.gauss(0, WICK)))
        ticks = [max(1, int(price / tick)) for price in (start, top, bottom, close)]
        bar = Bar(minute - back, ticks[0], ticks[1], ticks[2], ticks[3], count=HISTORY_COUNT)
        bar.lots = max(1, int(MINUTE_NOTIONAL * (0.5 + rng.random()) / (close * step)))
        bar.notional = bar.lots * bar.close
        bars.append(bar)
        close = start
    return bars[::-1]
