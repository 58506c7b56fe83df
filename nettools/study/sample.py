"""Prices made up from a seed, for lessons and tests where no recorded ones are at hand.

A seed comes in; minutes of closes of up to eight symbols go out, on their ticks. They wander
together, as coins do: half of what moves one moves all.
"""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import pandas as pd

from nettools.errors import InvalidInput

START = pd.Timestamp("2026-01-01", tz="UTC")
"""The time of the first bar."""
SWING = 6e-4
"""Standard deviation of one minute, a fraction; about 70 % a year."""


class _Coin(NamedTuple):
    price: float
    """Of the first bar, quote units."""
    tick: str
    """Quote units."""


_COINS = {
    "BTC/USDT:USDT": _Coin(100_000, "0.1"),
    "ETH/USDT:USDT": _Coin(2_500, "0.01"),
    "BNB/USDT:USDT": _Coin(650, "0.01"),
    "SOL/USDT:USDT": _Coin(160, "0.01"),
    "XRP/USDT:USDT": _Coin(2.2, "0.0001"),
    "LTC/USDT:USDT": _Coin(90, "0.01"),
    "LINK/USDT:USDT": _Coin(15, "0.001"),
    "AVAX/USDT:USDT": _Coin(21, "0.001"),
}


def sample_prices(
    bars: int = 10_000, *, symbols: Iterable[str] = tuple(_COINS), seed: int = 7
) -> pd.DataFrame:
    """Make up closes, a row a minute and a column per symbol, quote units on the tick.

    Args:
        bars: rows.
        symbols: some of the eight.
        seed: the same seed gives the same prices.

    Raises:
        InvalidInput: no bars, or a symbol that is not known here.
    """
    if bars < 1:
        raise InvalidInput(f"bars must be at least 1, was {bars}")
    chosen = list(symbols)
    if unknown := [symbol for symbol in chosen if symbol not in _COINS]:
        raise InvalidInput(f"sample prices are of {', '.join(_COINS)}; not of {unknown[0]!r}")
    together = np.random.default_rng((seed, len(_COINS))).standard_normal(bars)
    columns = {}
    for symbol in chosen:
        coin = _COINS[symbol]
        own = np.random.default_rng((seed, list(_COINS).index(symbol))).standard_normal(bars)
        moves = SWING * (together + own) / np.sqrt(2)
        moves[0] = 0.0
        digits = len(coin.tick.partition(".")[2])
        columns[symbol] = np.round(coin.price * np.exp(np.cumsum(moves)), digits)
    times = pd.date_range(START, periods=bars, freq="min", name="time")
    return pd.DataFrame(columns, index=times)
