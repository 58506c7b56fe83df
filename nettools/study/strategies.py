"""Three example strategies, as a user of nettools could have written them.

Quotes come in once a tick, wanted positions in signed base units go out; ``targets_over`` gives
the same for a whole history of prices at once. Each remembers the mid prices it was shown and
nothing else: no clock and no randomness, so the same quotes give the same targets. Sizes move
in quarters, not with every price. They show what netting does with strategies that disagree;
none of them is meant to earn money.
"""

import operator
from collections import deque
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from functools import partial
from math import sqrt

import numpy as np
import pandas as pd

from nettools.decimals import exact, positive, round_toward_zero
from nettools.errors import InvalidInput
from nettools.model import Quote
from nettools.study.strategies_history import (
    Floats,
    Whole,
    all_sides,
    as_frame,
    distances,
    levels,
    ranges,
    read_closes,
    walk,
)

BTC, ETH = "BTC/USDT:USDT", "ETH/USDT:USDT"
STEP = Decimal("0.001")
"""Targets are multiples of this, base units: the step of BTC and ETH at Binance."""
QUARTERS = 4
"""A size is wanted in so many parts, so that a small move of the price changes nothing."""
STICKY = 1.3
"""Of a part: the wish must move this far before another number of parts is chosen."""
SHORTEST_WINDOW = 3
"""Prices; fewer have neither an average nor a range worth the name."""
ENOUGH = 8
"""Prices after which a strategy acts (or its whole window, when that is shorter)."""

Sizes = Mapping[str, str | int | Decimal]
"""Base units by symbol, above zero."""


class MeanReversion:
    """Sell when the price is above its recent average, buy when it is below.

    Args:
        sizes: largest |position| per symbol, base units.
        window: mid prices the average is taken over; one comes in with every tick.
        full_at: distance from the average at which the whole size is wanted, in standard
            deviations of the window.
        name: unique on the desk.

    Raises:
        InvalidInput: a size or ``full_at`` that is not above zero, or a window below 3.
    """

    def __init__(
        self,
        sizes: Sizes | None = None,
        *,
        window: int = 40,
        full_at: float = 2.0,
        name: str = "Mean reversion",
    ) -> None:
        self.name = name
        self._sizes = read_sizes(sizes or {BTC: "1.0", ETH: "20"})
        self._recent = {symbol: _Recent(window) for symbol in self._sizes}
        self._full_at = _above_zero(full_at, "full_at")
        self._parts = dict.fromkeys(self._sizes, 0)

    def targets(self, quotes: Mapping[str, Quote], now: datetime) -> dict[str, Decimal]:
        """Want short above the average, long below it, more the further away."""
        del now  # the quotes say it all
        for symbol in self._sizes.keys() & quotes.keys():
            distance = self._recent[symbol].distance(float(quotes[symbol].mid))
            wish = min(max(-distance / self._full_at, -1.0), 1.0)
            self._parts[symbol] = whole_parts(wish * QUARTERS, self._parts[symbol])
        return {s: share(size, self._parts[s]) for s, size in self._sizes.items()}

    def targets_over(self, prices: pd.DataFrame) -> pd.DataFrame:
        """Give what a fresh strategy would want at each bar, shown the closes as mids.

        Args:
            prices: a column per symbol, quote units.

        Raises:
            InvalidInput: a symbol without prices, or a price that is not above zero.
        """
        wanted = {}
        for symbol, closes in read_closes(prices, self._sizes).items():
            away = self._recent[symbol].distances(closes)
            parts = all_parts(np.clip(-away / self._full_at, -1.0, 1.0) * QUARTERS)
            wanted[symbol] = levels(partial(share, self._sizes[symbol]), parts, QUARTERS)
        return as_frame(wanted, prices)


class Breakout:
    """Go with the price when it leaves its recent range; get out in the middle of it.

    Args:
        sizes: |position| per symbol, base units.
        window: mid prices the range is taken over; one comes in with every tick.
        name: unique on the desk.

    Raises:
        InvalidInput: a size that is not above zero, or a window below 3.
    """

    def __init__(
        self, sizes: Sizes | None = None, *, window: int = 30, name: str = "Breakout"
    ) -> None:
        self.name = name
        self._sizes = read_sizes(sizes or {BTC: "0.5", ETH: "10"})
        self._recent = {symbol: _Recent(window) for symbol in self._sizes}
        self._sides = dict.fromkeys(self._sizes, 0)

    def targets(self, quotes: Mapping[str, Quote], now: datetime) -> dict[str, Decimal]:
        """Want long above the range, short below it, nothing once the middle is crossed."""
        del now  # the quotes say it all
        for symbol in self._sizes.keys() & quotes.keys():
            self._look(symbol, float(quotes[symbol].mid))
        return {symbol: size * self._sides[symbol] for symbol, size in self._sizes.items()}

    def _look(self, symbol: str, mid: float) -> None:
        recent = self._recent[symbol]
        if recent.knows_enough:
            low, high = min(recent.mids), max(recent.mids)
            if mid > high:
                self._sides[symbol] = 1
            elif mid < low:
                self._sides[symbol] = -1
            elif (mid - (low + high) / 2) * self._sides[symbol] < 0:
                self._sides[symbol] = 0
        recent.mids.append(mid)

    def targets_over(self, prices: pd.DataFrame) -> pd.DataFrame:
        """Give what a fresh strategy would want at each bar, shown the closes as mids.

        Args and errors as of ``MeanReversion.targets_over``.
        """
        wanted = {}
        for symbol, closes in read_closes(prices, self._sizes).items():
            sides = all_sides(closes, *self._recent[symbol].ranges(closes))
            wanted[symbol] = levels(partial(operator.mul, self._sizes[symbol]), sides, 1)
        return as_frame(wanted, prices)


class Hedge:
    """Protect coins that are held elsewhere: short more of them while the price falls.

    Args:
        coins: held elsewhere per symbol, base units.
        least: share of them that is always sold short, 0 to 1.
        window: mid prices that rising and falling are judged by; one comes in with every tick.
        name: unique on the desk.

    Raises:
        InvalidInput: coins that are not above zero, a share outside 0 to 1, a window below 3.
    """

    def __init__(
        self,
        coins: Sizes | None = None,
        *,
        least: str | Decimal = "0.5",
        window: int = 40,
        name: str = "Hedge",
    ) -> None:
        self.name = name
        self._coins = read_sizes(coins or {BTC: "0.8", ETH: "16"})
        self._least = Decimal(least)
        if not 0 <= self._least <= 1:
            raise InvalidInput(f"least must be a share from 0 to 1, was {least}")
        self._recent = {symbol: _Recent(window) for symbol in self._coins}
        self._parts = dict.fromkeys(self._coins, 0)

    def targets(self, quotes: Mapping[str, Quote], now: datetime) -> dict[str, Decimal]:
        """Want the least share short at once, and the rest of it as the price falls."""
        del now  # the quotes say it all
        for symbol in self._coins.keys() & quotes.keys():
            distance = self._recent[symbol].distance(float(quotes[symbol].mid))
            wish = min(max(-distance, 0.0), 1.0)
            self._parts[symbol] = whole_parts(wish * QUARTERS, self._parts[symbol])
        return {symbol: self._short(symbol, self._parts[symbol]) for symbol in self._coins}

    def targets_over(self, prices: pd.DataFrame) -> pd.DataFrame:
        """Give what a fresh strategy would want at each bar, shown the closes as mids.

        Args and errors as of ``MeanReversion.targets_over``.
        """
        wanted = {}
        for symbol, closes in read_closes(prices, self._coins).items():
            away = self._recent[symbol].distances(closes)
            parts = all_parts(np.clip(-away, 0.0, 1.0) * QUARTERS)
            wanted[symbol] = levels(partial(self._short, symbol), parts, QUARTERS)
        return as_frame(wanted, prices)

    def _short(self, symbol: str, parts: int) -> Decimal:
        always = round_toward_zero(self._coins[symbol] * self._least, STEP)
        return -always - share(self._coins[symbol] - always, parts)


class _Recent:
    """The last mid prices of one symbol, quote units; floats, for judging only."""

    def __init__(self, window: int) -> None:
        if window < SHORTEST_WINDOW:
            raise InvalidInput(
                f"window must be at least {SHORTEST_WINDOW} prices, was {window}"
            )
        self.mids: deque[float] = deque(maxlen=window)
        self._window, self._enough = window, min(ENOUGH, window)

    @property
    def knows_enough(self) -> bool:
        return len(self.mids) >= self._enough

    def distance(self, mid: float) -> float:
        """Take a price in; say how far it is from the average, in standard deviations.

        Added up in a plain loop, less the newest price: ``distances`` does the same steps, and
        prices that are all the same have no spread, not a rounding error.
        """
        self.mids.append(mid)
        mean = square = 0.0
        for price in self.mids:
            mean += price - mid
        mean /= len(self.mids)
        for price in self.mids:
            square += (price - mid - mean) * (price - mid - mean)
        spread = sqrt(square / len(self.mids))
        return (0.0 - mean) / spread if self.knows_enough and spread > 0 else 0.0

    def distances(self, closes: Floats) -> Floats:
        """Give the distance of each price, were they shown one after the other from here."""
        return distances(closes, self._window, self._enough)

    def ranges(self, closes: Floats) -> tuple[Floats, Floats]:
        """Give the range before each price."""
        return ranges(closes, self._window, self._enough)


def read_sizes(sizes: Sizes) -> dict[str, Decimal]:
    """Read sizes, above zero and on the grid, base units; raises InvalidInput."""
    return {
        symbol: positive(
            round_toward_zero(exact(size, f"size of {symbol}"), STEP), f"size of {symbol}"
        )
        for symbol, size in sizes.items()
    }


def _above_zero(value: float, name: str) -> float:
    if not value > 0:
        raise InvalidInput(f"{name} must be above zero, was {value}")
    return value


def whole_parts(wish: float, parts: int) -> int:
    """Put a wish, in parts, as a whole number of them; it stays until it moved far enough."""
    return parts if abs(wish - parts) < STICKY else round(wish)


def all_parts(wishes: Floats) -> Whole:
    """Give the whole parts of each wish after the other, from none."""

    def next_parts(parts: int) -> Whole:
        near = np.abs(wishes - parts) < STICKY
        return np.where(near, parts, np.rint(wishes)).astype(np.int64)

    return walk(len(wishes), next_parts)


def share(size: Decimal, parts: int) -> Decimal:
    """Give so many quarters of a size, on the grid; signed base units."""
    return round_toward_zero(size * parts / QUARTERS, STEP)
