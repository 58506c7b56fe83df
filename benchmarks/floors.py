"""The least that a study of netting could do: what ``history.py`` prints beside the study.

A panel or a list of changes and prices come in; work that leaves out all but what nobody could
leave out goes out. A study cannot be quicker than these, however it is written around them.
"""

from collections.abc import Callable

import numpy as np
import pandas as pd

Panel = np.ndarray
Work = Callable[[], object]


def numpy_floor(panel: Panel, prices: Panel) -> Panel:
    """Do the least numpy can: |diff| in place and one product, in tiles of 512 bars."""
    traded, turnover = np.empty((512, panel.shape[1])), np.zeros(panel.shape[1])
    for start in range(1, len(panel), 512):
        now = panel[start : start + 512]
        part = traded[: len(now)]
        np.subtract(now, panel[start - 1 : start - 1 + len(now)], out=part)
        np.abs(part, out=part)
        turnover += prices[start : start + 512] @ part
    return turnover


def numba_floor(panel: Panel, prices: Panel) -> Work:
    """Give the compiled loop over the panel, and nothing else."""
    from nettools.study.kernels import compiled_sums  # noqa: PLC0415 - compiles

    steps, net = np.diff(prices, append=prices[-1]), np.zeros(len(panel))
    turnover, pnl = np.zeros((2, panel.shape[1]))
    return lambda: compiled_sums()[0](panel, prices, steps, turnover, pnl, net)


def changes_floor(changes: pd.DataFrame, prices: Panel) -> Work:
    """Give a compiled loop that touches each change once: one read, one write of the held."""
    from numba import njit  # noqa: PLC0415 - an extra

    @njit
    def touched(bars, columns, targets, closes, held):  # noqa: ANN001, ANN202 - compiled
        turnover = 0
        for row in range(len(bars)):
            column = columns[row]
            turnover += abs(targets[row] - held[column]) * closes[bars[row]]
            held[column] = targets[row]
        return turnover

    columns = changes["strategy"].cat.codes.to_numpy()
    given = changes["bar"].to_numpy(), columns, changes["target"].to_numpy(), prices
    return lambda: touched(*given, np.zeros(columns.max() + 1, dtype=np.int64))
