"""The sums of one piece of targets, by numpy or compiled by numba.

A piece (bars × columns), what was held before, prices and their steps come in; turnover and
PnL per column and the net per bar go out. Law: both ways agree to rounding, and exactly on
whole numbers whose sums stay below 2**53; who needs that looks at the sums (``accounting``).
"""

from collections.abc import Callable
from functools import cache
from typing import Literal, NamedTuple

import numpy as np

from nettools.study.lanes import Engine
from nettools.study.panel import Array, Floats

TILE_BYTES = 400_000
"""Of the piece numpy works on at once: with what was traded it stays in the second cache."""
STRETCH = 8192
"""Bars of a column added up at once."""
QUAD = 4
"""Bars that the compiled loop takes at once, so that sums are touched once in four."""


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
        self._traded: Floats = np.empty((0, columns))
        self._tile: Floats = np.empty((0, columns))
        self._engine = engine

    def add(self, piece: Array, held: Floats, prices: Floats, steps: Floats) -> PieceSums:
        """Give the sums of one piece; ``held`` is what the columns held before it.

        Args:
            piece: bars × columns, float64 or int64; either the columns or the bars lie
                together.
            held: per column.
            prices: per bar.
            steps: p[t + 1] − p[t] per bar.
        """
        first = piece[0].astype(np.float64)
        net = np.empty(len(piece))
        net[0] = first.sum()
        sums = PieceSums(prices[0] * np.abs(first - held), steps[0] * first, net)
        if self._engine == "numba":
            add_compiled(piece, prices, steps, sums)
        elif piece.shape[1] == 1:
            add_line(piece[:, 0], prices, steps, sums)
        else:
            self._add_tiles(piece, prices, steps, sums)
        return sums

    def _add_tiles(self, piece: Array, prices: Floats, steps: Floats, sums: PieceSums) -> None:
        """Add all but the first bar's trades, in tiles that stay near the processor."""
        rows = max(TILE_BYTES // (8 * max(piece.shape[1], 1)), 16)
        self._make_room(piece, min(rows, len(piece)))
        turnover, pnl, net = sums
        for start in range(1, len(piece), rows):
            bars = slice(start, start + rows)
            tile = piece[start - 1 : start + rows]
            if tile.dtype != np.float64:
                tile = self._tile[: len(tile)]
                np.copyto(tile, piece[start - 1 : start + rows])
            wanted = tile[1:]
            traded = self._traded[: len(wanted)]
            np.subtract(wanted, tile[:-1], out=traded)
            np.abs(traded, out=traded)
            turnover += prices[bars] @ traded
            pnl += steps[bars] @ wanted
            np.matmul(wanted, self._ones, out=net[bars])

    def _make_room(self, piece: Array, rows: int) -> None:
        if len(self._traded) < rows:
            order: Literal["C", "F"] = "C" if lies_by_rows(piece) else "F"
            self._traded = np.empty((rows, piece.shape[1]), order=order)
        if piece.dtype != np.float64 and len(self._tile) <= rows:
            self._tile = np.empty_like(self._traded, shape=(rows + 1, piece.shape[1]))


def add_line(line: Array, prices: Floats, steps: Floats, sums: PieceSums) -> None:
    """Add all but the first bar's trades of a column that is alone: plain dot products."""
    sums.net[1:] = line[1:]
    for start in range(1, len(line), STRETCH):
        bars = slice(start, start + STRETCH)
        traded = np.diff(line[start - 1 : start + STRETCH].astype(np.float64, copy=False))
        np.abs(traded, out=traded)
        sums.turnover[0] += prices[bars] @ traded
        sums.pnl[0] += steps[bars] @ sums.net[bars]


def lies_by_rows(piece: Array) -> bool:
    """Say whether the columns of a bar lie together, rather than the bars of a column."""
    return piece.shape[1] == 1 or piece.strides[1] == piece.itemsize


def add_compiled(piece: Array, prices: Floats, steps: Floats, sums: PieceSums) -> None:
    """Add all but the first bar's trades in compiled loops."""
    by_quads, by_rows, by_column = compiled_sums()
    if piece.flags.c_contiguous and piece.shape[1] > 1:
        done = by_quads(piece, prices, steps, *sums)
        by_rows(piece[done:], prices[done:], steps[done:], *sums[:2], sums.net[done:])
        return
    # Column by column: of a two-dimensional part numba would not know that they lie together,
    # and make no vectors of them. In stretches whose net stays near the processor.
    sums.net[1:] = 0
    for start in range(0, len(piece) - 1, STRETCH):
        bars = slice(start, start + STRETCH + 1)
        for column, line in enumerate(piece[bars].T):
            traded, earned = by_column(line, prices[bars], steps[bars], sums.net[bars])
            sums.turnover[column] += traded
            sums.pnl[column] += earned


def sum_quads(  # noqa: PLR0913, PLR0917 - arrays, as numba wants them
    piece: Array, prices: Floats, steps: Floats, turnover: Floats, pnl: Floats, net: Floats
) -> int:
    """Add the trades of all bars but the first, four at once; gives the last that was done.

    The net comes first: it reads the four rows in the order in which they lie in memory.
    """
    bar = 1
    while bar + QUAD <= piece.shape[0]:
        for at in range(bar, bar + QUAD):
            total = 0.0
            for column in range(piece.shape[1]):
                total += float(piece[at, column])
            net[at] = total
        p0, p1, p2, p3 = prices[bar], prices[bar + 1], prices[bar + 2], prices[bar + 3]
        s0, s1, s2, s3 = steps[bar], steps[bar + 1], steps[bar + 2], steps[bar + 3]
        held, row0, row1 = piece[bar - 1], piece[bar], piece[bar + 1]
        row2, row3 = piece[bar + 2], piece[bar + 3]
        for column in range(piece.shape[1]):
            q0, q1 = float(row0[column]), float(row1[column])
            q2, q3 = float(row2[column]), float(row3[column])
            turnover[column] += (
                abs(q0 - float(held[column])) * p0
                + abs(q1 - q0) * p1
                + abs(q2 - q1) * p2
                + abs(q3 - q2) * p3
            )
            pnl[column] += q0 * s0 + q1 * s1 + q2 * s2 + q3 * s3
        bar += QUAD
    return bar - 1


def sum_rows(  # noqa: PLR0913, PLR0917 - arrays, as numba wants them
    piece: Array, prices: Floats, steps: Floats, turnover: Floats, pnl: Floats, net: Floats
) -> None:
    """Add the trades of all bars but the first, one at a time: what four leave over."""
    for bar in range(1, piece.shape[0]):
        net[bar] = 0.0
        for column in range(piece.shape[1]):
            target = float(piece[bar, column])
            turnover[column] += abs(target - float(piece[bar - 1, column])) * prices[bar]
            pnl[column] += target * steps[bar]
            net[bar] += target


def sum_column(
    column: Array, prices: Floats, steps: Floats, net: Floats
) -> tuple[float, float]:
    """Add all but the first bar's trades of a column; gives its turnover and PnL."""
    traded = earned = 0.0
    for bar in range(1, column.shape[0]):
        target = float(column[bar])
        traded += abs(target - float(column[bar - 1])) * prices[bar]
        earned += target * steps[bar]
        net[bar] += target
    return traded, earned


def sum_changes(  # noqa: PLR0913, PLR0917 - arrays, as numba wants them
    bars: Array, columns: Array, targets: Array, prices: Floats, states: Floats, netted: Floats
) -> int:
    """Add up what changes trade and earn; gives the first that is second on its bar, or −1.

    One pass, and without a branch where the bar is a new one: that cannot be foretold.

    Args:
        bars: never fall.
        columns: of each change.
        targets: of each change.
        prices: of all bars.
        states: a row per column: the bar of its last change (−1: none), what it holds,
            turnover and PnL; all that a change touches lies together.
        netted: turnover and PnL of the columns' sum, and Σ |PnL| of the changes.
    """
    last = prices[prices.shape[0] - 1]
    moved, price, rest, now, twice = 0.0, 0.0, 0.0, -1, -1
    turnover = pnl = earned = 0.0
    for row in range(bars.shape[0]):
        bar, column = bars[row], columns[row]
        done = moved if bar != now else 0.0
        turnover += abs(done) * price
        pnl += done * rest
        now, price = bar, prices[bar]
        rest = last - price
        twice = row if states[column, 0] == bar and twice < 0 else twice
        target = float(targets[row])
        delta = target - states[column, 1]
        gain = delta * rest
        states[column, 0], states[column, 1] = bar, target
        states[column, 2] += abs(delta) * price
        states[column, 3] += gain
        earned += abs(gain)
        moved = moved - done + delta
    netted[0] += turnover + abs(moved) * price
    netted[1] += pnl + moved * rest
    netted[2] += earned
    return twice


@cache
def compiled_changes() -> Callable[..., int]:
    """Compile the pass over changes, once a process."""
    import numba  # noqa: PLC0415 - an extra, and slow to load

    compiled: Callable[..., int] = numba.njit(nogil=True, cache=True)(sum_changes)
    return compiled


@cache
def compiled_sums() -> tuple[
    Callable[..., int], Callable[..., None], Callable[..., tuple[float, float]]
]:
    """Compile the loops, once a process; sums may be reordered, so that they are vectors."""
    import numba  # noqa: PLC0415 - an extra, and slow to load

    compiler = numba.njit(nogil=True, cache=True, fastmath={"reassoc", "nsz", "contract"})
    return compiler(sum_quads), compiler(sum_rows), compiler(sum_column)
