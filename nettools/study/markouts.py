"""Where the market went after each fill: means with confidence intervals.

Gains of single fills in bps come in; a mean per liquidity and horizon goes out, with the range
that covers the true mean in 95 of 100 cases. Floats, because these are statistics. Fills of one
parent order are no independent witnesses, so the error is taken over parent orders (clustered).
"""

from collections.abc import Iterable, Sequence
from math import sqrt
from typing import NamedTuple

TWO_SIDED_95 = 1.96
"""Standard errors on either side of the mean; of a normal distribution, so for many orders."""


class MarkedFill(NamedTuple):
    """One fill at one horizon."""

    parent: int
    """Which parent order it belongs to."""
    liquidity: str
    """``maker`` or ``taker``."""
    seconds: int
    """After the fill."""
    gain_bps: float | None
    """What it had gained by then; negative was lost; None when no quote was seen."""


def mean_and_error(values: Sequence[float], clusters: Sequence[int]) -> tuple[float, float]:
    """Give the mean and its standard error over clusters; NaN error for a single cluster."""
    mean = sum(values) / len(values)
    apart: dict[int, float] = {}
    for value, cluster in zip(values, clusters, strict=True):
        apart[cluster] = apart.get(cluster, 0.0) + value - mean
    count = len(apart)
    if count < 2:  # noqa: PLR2004 - one witness says nothing about its own error
        return mean, float("nan")
    spread = sum(value * value for value in apart.values())
    return mean, sqrt(spread * count / (count - 1)) / len(values)


def markout_rows(fills: Iterable[MarkedFill]) -> list[tuple[object, ...]]:
    """Give a row per liquidity and horizon.

    liquidity, seconds, fills that are known, fills that are not, and in bps the mean gain
    with the lower and the upper end of its 95 % interval (None when unknown).
    """
    groups: dict[tuple[str, int], list[MarkedFill]] = {}
    for fill in fills:
        groups.setdefault((fill.liquidity, fill.seconds), []).append(fill)
    rows: list[tuple[object, ...]] = []
    for (liquidity, seconds), group in sorted(groups.items()):
        known = [(f.gain_bps, f.parent) for f in group if f.gain_bps is not None]
        counts = len(known), len(group) - len(known)
        if not known:
            rows.append((liquidity, seconds, *counts, None, None, None))
            continue
        mean, error = mean_and_error([gain for gain, _ in known], [p for _, p in known])
        half = TWO_SIDED_95 * error
        ends = (None, None) if error != error else (mean - half, mean + half)  # noqa: PLR0124 - NaN
        rows.append((liquidity, seconds, *counts, mean, *ends))
    return rows
