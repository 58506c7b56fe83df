"""The sums of one piece of targets, by numpy or compiled by numba.

A piece (bars × columns), what was held before, prices and their steps come in; turnover and
PnL per column and the net per bar go out. Law: both ways agree to rounding, and exactly on
whole numbers whose sums stay below 2**53; who needs that looks at the sums (``accounting``).
"""

from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import numpy as np

from nettools.study.lanes import Engine
from nettools.study.panel import Array, Floats


class PieceSums(NamedTuple):
    """What a piece adds up to."""

    turnover: Floats
    """Σ |q_t − q_{t−1}| · p_t per column."""
    pnl: Floats
    """Σ q_t · (p_{t+1} − p_t) per column."""
    net: Floats
    """Σ of the columns per bar."""


class PieceAdder:
    """Adds pieces up, keeping its memory from one to the next.

    Args:
        columns: of every piece.
        engine: "numpy", or "numba" once it pays to load it.
    """

    def __init__(self, columns: int, engine: Engine = "numpy") -> None:
        self._ones = np.ones(columns)
        self._buffer: Floats = np.empty((0, 0))
        self._engine = engine

    def add(self, piece: Array, held: Floats, prices: Floats, steps: Floats) -> PieceSums:
        """Give the sums of one piece; ``held`` is what the columns held before it."""
        if self._engine == "numba":
            return self._compiled(piece, held, prices, steps)
        turnover = prices @ self.traded(piece, held)
        return PieceSums(turnover, steps @ piece, piece @ self._ones)

    def largest(self, piece: Array) -> float:
        """Give the largest |target| of a piece."""
        if self._engine == "numpy":
            return float(max(piece.max(), -piece.min()))
        lines = [piece.reshape(-1)] if piece.flags.c_contiguous else piece.T
        return float(max(compiled_largest()(line) for line in lines))

    def traded(self, piece: Array, held: Floats) -> Floats:
        """Give |q_t − q_{t−1}| in the layout of the piece; good until the next call."""
        if len(self._buffer) < len(piece):
            self._buffer = np.empty_like(piece, dtype=np.float64)
        traded = self._buffer[: len(piece)]
        np.subtract(piece[1:], piece[:-1], out=traded[1:])
        np.subtract(piece[0], held, out=traded[0])
        return np.abs(traded, out=traded)

    @staticmethod
    def _compiled(piece: Array, held: Floats, prices: Floats, steps: Floats) -> PieceSums:
        turnover, pnl = prices[0] * np.abs(piece[0] - held), steps[0] * piece[0]
        net = np.zeros(len(piece))
        by_rows, by_column = compiled_sums()
        if piece.flags.c_contiguous:
            by_rows(piece, prices, steps, turnover, pnl, net)
        else:
            # Column by column: of a two-dimensional part numba would not know that they lie
            # together, and make no vectors of them.
            sums = [by_column(column, prices, steps, net) for column in piece.T]
            turnover, pnl = np.array([turnover, pnl]) + np.transpose(sums)
        return PieceSums(turnover, pnl, net)


def sum_rows(  # noqa: PLR0913, PLR0917 - arrays, as numba wants them
    piece: Array, prices: Floats, steps: Floats, turnover: Floats, pnl: Floats, net: Floats
) -> None:
    """Add all but the first bar's trades, row by row (whose columns lie together)."""
    for column in range(piece.shape[1]):
        net[0] += piece[0, column]
    for bar in range(1, piece.shape[0]):
        price, step, total = prices[bar], steps[bar], 0.0
        for column in range(piece.shape[1]):
            target = float(piece[bar, column])
            turnover[column] += abs(target - float(piece[bar - 1, column])) * price
            pnl[column] += target * step
            total += target
        net[bar] = total


def sum_column(
    column: Array, prices: Floats, steps: Floats, net: Floats
) -> tuple[float, float]:
    """Add one column up whose bars lie together; gives its turnover and PnL."""
    traded = earned = 0.0
    net[0] += column[0]
    for bar in range(1, column.shape[0]):
        target = float(column[bar])
        traded += abs(target - float(column[bar - 1])) * prices[bar]
        earned += target * steps[bar]
        net[bar] += target
    return traded, earned


def before_of(
    bars: Array, columns: Array, targets: Floats, before: Floats, held: Floats
) -> int:
    """Fill in what each change replaces; gives the first that is second on its bar, or −1."""
    latest = np.full(held.shape[0], -1)
    twice = -1
    for row in range(bars.shape[0]):
        column = columns[row]
        if latest[column] == bars[row] and twice < 0:
            twice = row
        latest[column] = bars[row]
        before[row] = held[column]
        held[column] = targets[row]
    return twice


def sum_changes(  # noqa: PLR0913, PLR0917 - arrays, as numba wants them
    bars: Array, columns: Array, deltas: Floats, prices: Floats, alone: Floats, netted: Floats
) -> None:
    """Add turnover and PnL of changes up, rows 0 and 1, per column and for their sum."""
    last = prices[prices.shape[0] - 1]
    moved, price = 0.0, 0.0
    for row in range(bars.shape[0]):
        if row == 0 or bars[row] != bars[row - 1]:
            netted[0] += abs(moved) * price
            netted[1] += moved * (last - price)
            moved, price = 0.0, prices[bars[row]]
        delta, column = deltas[row], columns[row]
        moved += delta
        alone[0, column] += abs(delta) * price
        alone[1, column] += delta * (last - price)
    netted[0] += abs(moved) * price
    netted[1] += moved * (last - price)


@cache
def compiled_changes() -> tuple[Callable[..., int], Callable[..., None]]:
    """Compile both passes over changes, once a process."""
    import numba  # noqa: PLC0415 - an extra, and slow to load

    compiler = numba.njit(nogil=True, cache=True)
    return compiler(before_of), compiler(sum_changes)


def largest_of(values: Array) -> Any:  # noqa: ANN401 - a number as in the array
    """Give the largest |value|."""
    most = abs(values[0])
    for place in range(values.shape[0]):
        most = max(most, abs(values[place]))
    return most


@cache
def compiled_largest() -> Callable[[Array], Any]:
    """Compile the search for the largest, once a process."""
    import numba  # noqa: PLC0415 - an extra, and slow to load

    found: Callable[[Array], Any] = numba.njit(nogil=True, cache=True)(largest_of)
    return found


@cache
def compiled_sums() -> tuple[Callable[..., None], Callable[..., tuple[float, float]]]:
    """Compile both loops, once a process; sums may be reordered, so that they are vectors."""
    import numba  # noqa: PLC0415 - an extra, and slow to load

    compiler = numba.njit(nogil=True, cache=True, fastmath={"reassoc", "nsz"})
    return compiler(sum_rows), compiler(sum_column)
