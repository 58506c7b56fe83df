"""The rule of the desk, bar by bar and lane by lane, in loops that numba compiles.

A course, the lanes' settings as rows and the sums so far come in; the sums are added to. Each
loop runs as it stands too, and gives the same to the last bit: no fast mathematics, and each
product is rounded before it is added. The inner loops have no branches, so that eight lanes
become one vector. Three loops, for lanes that need less are followed several times as fast.
"""

from collections.abc import Callable
from functools import cache
from typing import Literal

import numpy as np

from nettools.study.panel import Floats

Kind = Literal["plain", "rounded", "full"]
FLAT, WIDE, EDGES, STEPS, INVERSES = range(5)
"""Rows of the settings: a trade must be more than FLAT when the target is flat, else more than
WIDE; EDGES is how far from the target it stops; STEPS and their INVERSES round it."""
DEADBANDS, FRACTIONS, NOTIONALS, TO_EDGE, SMALLEST, LEAST_NOTIONALS = range(5, 11)
"""Rows that only the full loop reads."""


def follow_plain(
    net: Floats, prices: Floats, steps: Floats, settings: Floats, seen: Floats
) -> None:
    """Follow lanes that trade to the target, where there is nothing to round.

    Two bars at a time: what each lane is up to is loaded and stored half as often. An odd last
    bar is looked at twice, which changes nothing: its step is zero and its trade is done.
    """
    held, trades, turnover = seen[0], seen[1], seen[2]
    stray, squares = seen[3], seen[4]
    last = net.shape[0] - 1
    for bar in range(0, last + 1, 2):
        after = min(bar + 1, last)
        target, later_target = net[bar], net[after]
        price, later_price = prices[bar], prices[after]
        step, later_step = steps[bar], steps[after]
        row = WIDE if target != 0.0 else FLAT
        later_row = WIDE if later_target != 0.0 else FLAT
        for lane in range(seen.shape[1]):
            now, count, sum_traded = held[lane], trades[lane], turnover[lane]
            delta = target - now
            size = abs(delta)
            moves = size > settings[row, lane]
            one_more, more_traded = count + 1.0, sum_traded + size * price
            count = one_more if moves else count
            sum_traded = more_traded if moves else sum_traded
            now = target if moves else now
            away = delta * step
            missed = 0.0 if moves else away

            delta = later_target - now
            size = abs(delta)
            moves = size > settings[later_row, lane]
            one_more, more_traded = count + 1.0, sum_traded + size * later_price
            trades[lane] = one_more if moves else count
            turnover[lane] = more_traded if moves else sum_traded
            held[lane] = later_target if moves else now
            away = delta * later_step
            later_missed = 0.0 if moves else away

            stray[lane] = stray[lane] - missed - later_missed
            squares[lane] = squares[lane] + missed * missed + later_missed * later_missed


def follow_rounded(
    net: Floats, prices: Floats, steps: Floats, settings: Floats, seen: Floats
) -> None:
    """Follow lanes whose deadband is a quantity, to the target or the edge, on any grid."""
    edges, grids, inverses = settings[EDGES], settings[STEPS], settings[INVERSES]
    held, trades, turnover = seen[0], seen[1], seen[2]
    stray, squares = seen[3], seen[4]
    for bar in range(net.shape[0]):
        target, price, step = net[bar], prices[bar], steps[bar]
        is_open = 1.0 if target != 0.0 else 0.0  # a flat target knows no deadband and no edge
        row = WIDE if target != 0.0 else FLAT
        for lane in range(seen.shape[1]):
            delta = target - held[lane]
            size = abs(delta)
            room = size - edges[lane] * is_open
            count = np.floor(room * inverses[lane])  # never too few, at most one too many
            count -= 1.0 if room - count * grids[lane] < 0.0 else 0.0
            moves = 1.0 if size > settings[row, lane] else 0.0
            traded = count * grids[lane] * moves
            now = held[lane] + np.copysign(traded, delta)
            held[lane] = now
            trades[lane] += moves
            turnover[lane] += traded * price
            missed = (now - target) * step
            stray[lane] += missed
            squares[lane] += missed * missed


def follow_full(
    net: Floats, prices: Floats, steps: Floats, settings: Floats, seen: Floats
) -> None:
    """Follow lanes with every term: bands that depend on target and price, least notionals."""
    held, trades, turnover = seen[0], seen[1], seen[2]
    stray, squares = seen[3], seen[4]
    for bar in range(net.shape[0]):
        target, price, step = net[bar], prices[bar], steps[bar]
        wanted = abs(target)
        is_open = 1.0 if target != 0.0 else 0.0
        for lane in range(seen.shape[1]):
            before = held[lane]
            delta = target - before
            size = abs(delta)
            grid, smallest = settings[STEPS, lane], settings[SMALLEST, lane]
            by_fraction = np.rint(settings[FRACTIONS, lane] * wanted)
            by_notional = settings[NOTIONALS, lane] / price
            band = max(settings[DEADBANDS, lane], by_fraction, by_notional) * is_open
            room = size - band * settings[TO_EDGE, lane]
            count = np.floor(room * settings[INVERSES, lane])
            count -= 1.0 if room - count * grid < 0.0 else 0.0
            traded = count * grid
            closes = (before * delta < 0.0) & (
                traded <= abs(before)
            )  # exempt from the notional
            is_worth = (traded * price >= settings[LEAST_NOTIONALS, lane]) | closes
            moves = 1.0 if (size > band) & (traded >= smallest) & is_worth else 0.0
            traded *= moves
            now = before + np.copysign(traded, delta)
            held[lane] = now
            trades[lane] += moves
            turnover[lane] += traded * price
            missed = (now - target) * step
            stray[lane] += missed
            squares[lane] += missed * missed


LOOPS: dict[Kind, Callable[..., None]] = {
    "plain": follow_plain,
    "rounded": follow_rounded,
    "full": follow_full,
}


@cache
def compiled_loop(kind: Kind) -> Callable[..., None]:
    """Compile a loop with numba, once a process; other threads run beside it."""
    import numba  # noqa: PLC0415 - an extra, and slow to load

    compiled: Callable[..., None] = numba.njit(
        nogil=True, cache=True, error_model="numpy"
    )(LOOPS[kind])  # fmt: skip
    return compiled
