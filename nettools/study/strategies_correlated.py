"""Many strategies that agree as much as one says: a crowd to study netting with.

A seed, a number and a correlation come in; strategies go out, live and over a whole history at
once. Each follows a signal of its own that wanders around zero, mixed with one that all share.
Law: strategy by strategy and bar by bar, the live object and the history want the same.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import islice
from math import sqrt
from typing import Any, Protocol

import numpy as np
import pandas as pd

from nettools.errors import InvalidInput
from nettools.model import Quote
from nettools.study.strategies import (
    QUARTERS,
    STICKY,
    Sizes,
    read_sizes,
    share,
    whole_parts,
)
from nettools.study.strategies_history import Floats, as_frame

FULL_AT = 2.0
"""Standard deviations of its signal at which a strategy wants its whole size."""
_PIECE = 1024
"""Bars whose chances are drawn at once; the draws are the same one by one."""
_SHARED = 0
"""The number of the signal that all share; strategies count from 1."""


class OverHistory(Protocol):
    """A strategy that can say at once what it would have wanted."""

    name: str

    def targets_over(self, prices: pd.DataFrame) -> pd.DataFrame:
        """Give a column per symbol, signed base units."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class _Crowd:
    """What the strategies of one crowd have in common."""

    sizes: Mapping[str, Decimal]
    correlation: float
    persistence: float
    seed: int

    def chance(self, symbol: str, number: int) -> np.random.Generator:
        """Give the source of chance of one signal."""
        return np.random.default_rng((self.seed, list(self.sizes).index(symbol), number))

    @property
    def fresh(self) -> float:
        """How much of a signal is new with each bar, so that its spread stays one."""
        return sqrt(1 - self.persistence * self.persistence)

    @property
    def weights(self) -> tuple[float, float]:
        """Give the weight of the shared signal and of a strategy's own."""
        return sqrt(self.correlation), sqrt(1 - self.correlation)


class Correlated:
    """One of a crowd; made by ``correlated_strategies``.

    It looks at no price: its signal wanders by chance, from its seed. Wishes move in quarters
    of the size, as those of the other examples do.

    Args:
        name: unique on the desk.
        crowd: what it shares with the others.
        number: its own, from 1.
    """

    def __init__(self, name: str, crowd: _Crowd, number: int) -> None:
        self.name = name
        self._crowd, self._number = crowd, number
        self._signals = {symbol: _Signal(crowd, symbol, number) for symbol in crowd.sizes}

    def targets(self, quotes: Mapping[str, Quote], now: datetime) -> dict[str, Decimal]:
        """Let the signal of every symbol that has a quote go on by one bar."""
        del now  # a bar is a call
        for symbol in self._crowd.sizes.keys() & quotes.keys():
            self._signals[symbol].go_on()
        return {s: share(size, self._signals[s].parts) for s, size in self._crowd.sizes.items()}

    def targets_over(self, prices: pd.DataFrame) -> pd.DataFrame:
        """Give what a fresh one would want at each bar; of the prices only the index counts."""
        found = {s: one[self.name] for s, one in targets_of([self], prices).items()}
        return as_frame({symbol: one.to_numpy() for symbol, one in found.items()}, prices)


class _Signal:
    """The signal of one strategy on one symbol, bar by bar."""

    def __init__(self, crowd: _Crowd, symbol: str, number: int) -> None:
        self.parts = 0
        self._crowd = crowd
        self._chances = [crowd.chance(symbol, one) for one in (_SHARED, number)]
        self._state: list[float] = []

    def go_on(self) -> None:
        drawn = [float(chance.standard_normal()) for chance in self._chances]
        keep, fresh = self._crowd.persistence, self._crowd.fresh
        if self._state:
            pairs = zip(self._state, drawn, strict=True)
            drawn = [keep * before + fresh * new for before, new in pairs]
        self._state = drawn
        shared, own = self._crowd.weights
        wish = (shared * drawn[0] + own * drawn[1]) / FULL_AT
        self.parts = whole_parts(min(max(wish, -1.0), 1.0) * QUARTERS, self.parts)


def correlated_strategies(
    count: int = 100,
    *,
    sizes: Sizes,
    correlation: float = 0.3,
    persistence: float = 0.995,
    seed: int = 7,
) -> list[Correlated]:
    """Make a crowd of strategies that agree as much as one says.

    Args:
        count: how many.
        sizes: largest |position| of each per symbol, base units.
        correlation: of the signals of any two, from 0 (each for itself) to 1 (all the same);
            that of their targets, which move in quarters, is a little less.
        persistence: of a signal from one bar to the next, 0 up to 1; at 0.995 it takes some
            hundred bars to turn.
        seed: the same seed gives the same crowd; the first of a larger one are the same.

    Raises:
        InvalidInput: a number outside what is said here.
    """
    if count < 1:
        raise InvalidInput(f"count must be at least 1, was {count}")
    if not 0 <= correlation <= 1:
        raise InvalidInput(f"correlation must be from 0 to 1, was {correlation}")
    if not 0 <= persistence < 1:
        raise InvalidInput(f"persistence must be from 0 to below 1, was {persistence}")
    crowd = _Crowd(
        sizes=read_sizes(sizes), correlation=correlation, persistence=persistence, seed=seed
    )
    width = len(str(count))
    return [Correlated(f"S{number:0{width}}", crowd, number) for number in range(1, count + 1)]


def targets_of(
    strategies: Iterable[OverHistory], prices: pd.DataFrame
) -> dict[str, pd.DataFrame]:
    """Give what each strategy would have wanted: {symbol: frame T×S}, as ``netting`` takes it.

    Args:
        strategies: fresh ones; what live ones have seen does not count.
        prices: a column per symbol, quote units; a strategy that has no target on a symbol
            wants none of it.

    Raises:
        InvalidInput: two strategies of one name, or prices that are missing or not above zero.
    """
    every = list(strategies)
    names = [strategy.name for strategy in every]
    if double := {name for name in names if names.count(name) > 1}:
        raise InvalidInput(f"two strategies are named {min(double)!r}; names must differ")
    wanted: dict[str, dict[str, Any]] = {str(symbol): {} for symbol in prices}
    crowds: dict[int, list[Correlated]] = {}
    for strategy in every:
        if isinstance(strategy, Correlated):
            crowds.setdefault(id(strategy._crowd), []).append(strategy)  # noqa: SLF001 - its own
        else:
            for symbol, column in strategy.targets_over(prices).items():
                wanted[str(symbol)][strategy.name] = column.to_numpy()
    for members in crowds.values():
        for symbol, columns in _crowd_over(members, len(prices)).items():
            if symbol in wanted:
                wanted[symbol] |= columns
    nothing = np.zeros(len(prices))
    return {
        symbol: pd.DataFrame(
            {name: columns.get(name, nothing) for name in names}, index=prices.index
        )
        for symbol, columns in wanted.items()
    }


def _crowd_over(members: Sequence[Correlated], bars: int) -> dict[str, dict[str, Floats]]:
    crowd = members[0]._crowd  # noqa: SLF001 - of this module
    parts = _all_parts(crowd, [member._number for member in members], bars)  # noqa: SLF001 - its own crowd
    found = {}
    for place, (symbol, size) in enumerate(crowd.sizes.items()):
        table = np.array([float(share(size, p)) for p in range(-QUARTERS, QUARTERS + 1)])
        columns = table[parts[:, place].T + QUARTERS]
        found[symbol] = {m.name: column for m, column in zip(members, columns, strict=True)}
    return found


def _all_parts(
    crowd: _Crowd, numbers: Sequence[int], bars: int
) -> "np.ndarray[Any, np.dtype[np.int8]]":
    """Follow all signals (bar, symbol, strategy) at once; the steps of ``_Signal.go_on``."""
    chances = [
        [crowd.chance(symbol, number) for number in (_SHARED, *numbers)]
        for symbol in crowd.sizes
    ]
    keep, fresh = crowd.persistence, crowd.fresh
    shared, own = crowd.weights
    found = np.zeros((bars, len(chances), len(numbers)), dtype=np.int8)
    parts = np.zeros(found.shape[1:])
    state = np.zeros(0)
    for start in range(0, bars, _PIECE):
        rows = [[one.standard_normal(_PIECE) for one in row] for row in chances]
        drawn = np.ascontiguousarray(np.transpose(rows, (2, 0, 1)))
        for bar, new in enumerate(islice(drawn, bars - start), start):
            state = keep * state + fresh * new if bar else new
            wish = (shared * state[:, :1] + own * state[:, 1:]) / FULL_AT
            wish = np.minimum(np.maximum(wish, -1.0), 1.0) * QUARTERS
            parts = np.where(np.abs(wish - parts) < STICKY, parts, np.rint(wish))
            found[bar] = parts
    return found
