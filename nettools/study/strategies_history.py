"""The rules of the example strategies over a whole history at once.

Arrays of prices come in, arrays of wishes go out. Law: bar by bar the live strategy wants the
same, to the last digit; both do the same floating-point steps in the same order, so that no
comparison with a threshold can come out differently.
"""

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd

from nettools.errors import InvalidInput

Floats = np.ndarray[Any, np.dtype[np.float64]]
Whole = np.ndarray[Any, np.dtype[np.int64]]


def read_closes(prices: pd.DataFrame, symbols: Iterable[str]) -> dict[str, Floats]:
    """Give the closes of each symbol, quote units.

    Raises:
        InvalidInput: a symbol without prices, or a price that is not above zero.
    """
    closes = {}
    for symbol in symbols:
        if symbol not in prices:
            raise InvalidInput(f"there are no prices of {symbol}; give a column of that name")
        found = prices[symbol].to_numpy(dtype=np.float64)
        wrong = ~(np.isfinite(found) & (found > 0))
        if wrong.any():
            row = int(wrong.argmax())
            raise InvalidInput(
                f"a price must be above zero, was {found[row]} of {symbol} in row {row + 1}; "
                "load it with study.read_prices, which says what may be done"
            )
        closes[symbol] = found
    return closes


def distances(closes: Floats, window: int, enough: int) -> Floats:
    """Say how far each price is from the average of the last ones, in standard deviations.

    The oldest price counts first, as in the live strategy. Zero while fewer than ``enough``
    are known, and where they are all the same.
    """
    bars = len(closes)
    count = np.minimum(np.arange(1, bars + 1), window).astype(np.float64)
    mean = _over_window(closes, window, lambda apart: apart) / count
    square = _over_window(closes, window, lambda apart: (apart - mean) * (apart - mean))
    spread = np.sqrt(square / count)
    known = (count >= enough) & (spread > 0)
    return np.divide(0.0 - mean, spread, out=np.zeros(bars), where=known)


def _over_window(closes: Floats, window: int, part: Callable[[Floats], Floats]) -> Floats:
    """Add up a function of each price less the newest one, the oldest first."""
    total = np.zeros(len(closes))
    for lag in range(min(window, len(closes)) - 1, -1, -1):
        apart = np.zeros(len(closes))
        apart[lag:] = closes[: len(closes) - lag] - closes[lag:]
        added = part(apart)
        added[:lag] = 0.0  # no price is so old there
        total += added
    return total


def ranges(closes: Floats, window: int, enough: int) -> tuple[Floats, Floats]:
    """Give the lowest and the highest price before each; NaN while too few are known."""
    before = pd.Series(closes).rolling(window, min_periods=enough)
    low, high = before.min().shift(1), before.max().shift(1)
    return low.to_numpy(), high.to_numpy()


def walk(bars: int, next_state: Callable[[int], Whole]) -> Whole:
    """Follow a state from 0 through all bars, from one change to the next.

    Args:
        bars: how many there are.
        next_state: given a state, what it would become on each bar.
    """
    states = np.zeros(bars, dtype=np.int64)
    changes: dict[int, tuple[Whole, Whole]] = {}
    bar, state = 0, 0
    while bar < bars:
        if state not in changes:
            wanted = next_state(state)
            changes[state] = np.flatnonzero(wanted != state), wanted
        leaving, wanted = changes[state]
        number = int(np.searchsorted(leaving, bar))
        if number == len(leaving):
            break
        bar = int(leaving[number])
        state = int(wanted[bar])
        states[bar:] = state
        bar += 1
    return states


def all_sides(closes: Floats, low: Floats, high: Floats) -> Whole:
    """Give the side after each close: 1 above the range, -1 below, 0 past the middle again."""
    away = closes - (low + high) / 2

    def next_side(side: int) -> Whole:
        stay = np.where(away * side < 0, 0, side)
        return np.where(closes > high, 1, np.where(closes < low, -1, stay))

    return walk(len(closes), next_side)


def levels(share: Callable[[int], Decimal], parts: Whole, most: int) -> Floats:
    """Give the position of each number of parts, from ``-most`` to ``most``, base units."""
    table = np.array([float(share(part)) for part in range(-most, most + 1)])
    return table[parts + most]


def as_frame(wishes: Mapping[str, Floats], prices: pd.DataFrame) -> pd.DataFrame:
    """Give a column per symbol on the index of the prices; signed base units."""
    return pd.DataFrame(dict(wishes), index=prices.index)
