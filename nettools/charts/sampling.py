"""Fewer points for the same picture: what a line's extremes are, it keeps.

Numbers come in; the places of those worth drawing go out. Law: the first, the last, the highest
and the lowest stay, of all and of every stretch of the page, in their order; so a spike of one
minute in a month is still drawn.
"""

from itertools import pairwise
from typing import Any

import numpy as np

from nettools.errors import InvalidInput

MOST_POINTS = 800
"""Enough for a line across a page; eight such lines are well below half a megabyte."""
_FEWEST = 4


def keep_extremes(
    values: "np.ndarray[Any, np.dtype[np.float64]]", most: int = MOST_POINTS
) -> "np.ndarray[Any, np.dtype[np.int64]]":
    """Give the places of at most so many points, rising.

    Each stretch keeps its lowest and its highest point; what is no number is left out unless
    a line has nothing else.

    Args:
        values: of the line.
        most: points to keep, at least 4.

    Raises:
        InvalidInput: fewer than 4 points are to be kept.
    """
    if most < _FEWEST:
        raise InvalidInput(f"most must be at least {_FEWEST} points, was {most}")
    count = len(values)
    if count <= most:
        return np.arange(count)
    edges = np.linspace(0, count, (most - 2) // 2 + 1).astype(np.int64)
    known = np.isfinite(values)
    low, high = np.where(known, values, np.inf), np.where(known, values, -np.inf)
    kept: set[int] = {0, count - 1}
    for start, stop in pairwise(edges.tolist()):
        kept |= {int(start + low[start:stop].argmin()), int(start + high[start:stop].argmax())}
    return np.array(sorted(kept))
