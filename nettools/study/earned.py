"""What strategies earn over time, alone and netted: the lines behind the totals of ``netting``.

Targets and prices come in; what was earned up to each bar goes out. Law: before costs the two
lines are the same but for rounding, at every bar and not only at the end.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from nettools.errors import InvalidInput
from nettools.study.strategies_history import Floats, read_closes

ALONE, NETTED = "Σ alone", "netted"
AFTER = "after costs"


def earned_over_time(
    targets: Mapping[str, pd.DataFrame],
    prices: pd.DataFrame,
    *,
    fee_rate: float | str = "0.0005",
    spread_bps: float | str = 0,
) -> pd.DataFrame:
    """Add up what the strategies earn, each alone, and what their net earns; quote units.

    Args:
        targets: {symbol: frame T×S}, signed base units, as ``targets_of`` gives them.
        prices: a column of closes per symbol with the same index, quote units.
        fee_rate: of a taker, a fraction.
        spread_bps: bid to ask, in bps of the price; a taker pays half of it.

    Returns:
        A row per bar; columns ``Σ alone`` and ``netted`` (since the start, before costs) and
        the same ``after costs``.

    Raises:
        InvalidInput: indexes that differ, a target that is no finite number, a price that is
            not above zero.
    """
    cost = float(fee_rate) + float(spread_bps) / 20_000
    found = np.zeros((4, len(prices)))
    for symbol, closes in read_closes(prices, targets).items():
        wanted = _wanted(targets[symbol], prices, symbol)
        for row, positions in ((0, wanted), (1, wanted.sum(axis=1, keepdims=True))):
            earned, paid = _of(positions, closes, cost)
            found[row] += earned
            found[row + 2] += earned - paid
    names = [ALONE, NETTED, f"{ALONE} {AFTER}", f"{NETTED} {AFTER}"]
    return pd.DataFrame(found.T, index=prices.index, columns=names)


def _wanted(frame: pd.DataFrame, prices: pd.DataFrame, symbol: str) -> Floats:
    if not frame.index.equals(prices.index):
        raise InvalidInput(f"targets of {symbol} and prices must have the same index")
    wanted = frame.to_numpy(dtype=np.float64)
    if not np.isfinite(wanted).all():
        row, column = (int(one[0]) for one in np.nonzero(~np.isfinite(wanted)))
        raise InvalidInput(
            f"a target must be a finite number, was {wanted[row, column]} of "
            f"{frame.columns[column]} on {symbol} in row {row + 1}; a missing one is unknown, "
            "not zero"
        )
    return wanted


def _of(positions: Floats, closes: Floats, cost: float) -> tuple[Floats, Floats]:
    """Give what the columns together earned and paid up to each bar."""
    moves = np.diff(closes, prepend=closes[0])
    held = np.vstack([np.zeros((1, positions.shape[1])), positions[:-1]])
    earned = np.cumsum(held * moves[:, None], axis=0).sum(axis=1)
    traded = np.abs(positions - held).sum(axis=1)
    return earned, np.cumsum(traded * closes) * cost
