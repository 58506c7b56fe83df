"""One netted target followed under many configurations at once, a lane each.

The net target, the prices and the lanes' settings come in, all as float64 that holds whole
numbers; what each lane traded and how far it strayed goes out. Keeps the rule of ``diff`` and
``plan``: no trade while |delta| ≤ deadband, except to a flat target; to the target or to the
band's edge; rounded toward zero to the step. Three ways give the same numbers to the last bit:
the loop below as it stands, compiled by numba, and ``follow_numpy``.
"""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from importlib.util import find_spec
from typing import Literal, NamedTuple

import numpy as np

from nettools.errors import InvalidInput
from nettools.study.panel import Floats

Engine = Literal["numpy", "numba"]
WORTH_COMPILING = 2e7
"""Bars × lanes from which loading numba pays for itself."""
SEEN = 5
"""Rows of what a lane gives: see ``follow_lanes``."""
GROUP = 256
"""Lanes followed together: their settings and sums stay in the first cache."""
BLOCK = 256
"""Bars that numpy adds up at once."""


class Course(NamedTuple):
    """What every lane of a symbol follows."""

    net: Floats
    """Net target of each bar, whole grains, below 2**52."""
    prices: Floats
    """Closes."""
    steps: Floats
    """p[t + 1] − p[t]; zero at the last bar."""


class Lanes(NamedTuple):
    """Settings, one of each a lane, whole grains."""

    deadbands: Floats
    edges: Floats
    """How far from the target a trade stops: the deadband, or 0."""
    step_sizes: Floats

    def settings(self) -> Floats:
        """Give the settings as rows, with the inverse of the steps, rounded up a little."""
        return np.array([*self, np.nextafter(np.nextafter(1 / self.step_sizes, 9), 9)])

    def part(self, start: int, stop: int) -> "Lanes":
        """Give some of the lanes."""
        return Lanes(*(column[start:stop] for column in self))


def follow_lanes(course: Course, lanes: Lanes, engine: Engine) -> Floats:
    """Give SEEN rows × lanes: position at the end, trades, turnover, stray, squared stray.

    Turnover is Σ |traded| · p, stray Σ (position − target) · (p[t + 1] − p[t]), in grains ×
    price units; sums of whole numbers below 2**53 are exact.
    """
    seen = np.zeros((SEEN, len(lanes.deadbands)))
    if engine == "numba":
        compiled_loop()(*course, lanes.settings(), seen)
    else:
        follow_numpy(course, lanes, seen)
    return seen


def follow_here(
    course: Course, lanes: Lanes, engine: Engine, done: Callable[[int], object]
) -> Floats:
    """Follow all lanes in this process, on all its cores when compiled.

    Args:
        course: what to follow.
        lanes: how.
        engine: numpy or numba.
        done: is told how many bars × lanes are done.
    """
    size = len(lanes.deadbands)
    cores = (os.cpu_count() or 1) if engine == "numba" else 1
    width = min(GROUP, -(-size // cores)) if engine == "numba" else GROUP
    parts = [lanes.part(start, start + width) for start in range(0, size, width)]
    if engine == "numba":
        compiled_loop()
    with ThreadPoolExecutor(cores) as pool:
        seen = []
        for part in pool.map(lambda part: follow_lanes(course, part, engine), parts):
            seen.append(part)
            done(len(course.net) * part.shape[1])
    return np.concatenate(seen, axis=1)


def follow_loop(
    net: Floats, prices: Floats, steps: Floats, settings: Floats, seen: Floats
) -> None:
    """Follow bar by bar; the inner loops have no branches, so that lanes become vectors."""
    deadbands, edges, grids, inverses = settings[0], settings[1], settings[2], settings[3]
    held, trades, turnover = seen[0], seen[1], seen[2]
    stray, squares = seen[3], seen[4]
    nothing_to_round = grids.max() <= 1.0  # every whole number of grains is on such a grid
    for bar in range(net.shape[0]):
        target, price, step = net[bar], prices[bar], steps[bar]
        is_open = 1.0 if target != 0.0 else 0.0  # a flat target knows no deadband and no edge
        if nothing_to_round:
            for lane in range(seen.shape[1]):
                delta = target - held[lane]
                size = abs(delta)
                moves = 1.0 if size > deadbands[lane] * is_open else 0.0
                traded = (size - edges[lane] * is_open) * moves
                now = held[lane] + np.copysign(traded, delta)
                held[lane] = now
                trades[lane] += moves
                turnover[lane] += traded * price
                missed = (now - target) * step
                stray[lane] += missed
                squares[lane] += missed * missed
            continue
        for lane in range(seen.shape[1]):
            delta = target - held[lane]
            size = abs(delta)
            room = size - edges[lane] * is_open if size > deadbands[lane] * is_open else 0.0
            count = np.floor(room * inverses[lane])  # never too few, at most one too many
            count -= 1.0 if room - count * grids[lane] < 0.0 else 0.0
            traded = count * grids[lane]
            now = held[lane] + np.copysign(traded, delta)
            held[lane] = now
            trades[lane] += 1.0 if traded > 0.0 else 0.0
            turnover[lane] += traded * price
            missed = (now - target) * step
            stray[lane] += missed
            squares[lane] += missed * missed


def follow_numpy(course: Course, lanes: Lanes, seen: Floats) -> None:
    """Follow bar by bar, all lanes in one operation each; sums are made block by block.

    The sums of a block run down its rows, one after the other, as the loop makes them.
    """
    held = seen[0]
    positions, traded = np.zeros((2, BLOCK + 1, len(held)))
    delta, size = np.zeros((2, len(held)))
    moves = np.zeros(len(held), dtype=bool)
    for start in range(0, len(course.net), BLOCK):
        part = Course(*(column[start : start + BLOCK] for column in course))
        traded[:] = 0
        for row, target in enumerate(part.net.tolist(), 1):
            np.subtract(target, held, out=delta)
            np.abs(delta, out=size)
            np.greater(size, lanes.deadbands if target else 0.0, out=moves)
            if moves[moves.argmax()]:
                room = (size - lanes.edges if target else size) * moves
                np.subtract(room, np.fmod(room, lanes.step_sizes), out=traded[row])
                held += np.copysign(traded[row], delta)
            positions[row] = held
        _add_block(part, positions, traded, seen)


def _add_block(part: Course, positions: Floats, traded: Floats, seen: Floats) -> None:
    rows = slice(1, len(part.net) + 1)
    seen[1] += (traded[rows] > 0).sum(axis=0)
    missed = (positions[rows] - part.net[:, None]) * part.steps[:, None]
    for total, values in (
        (seen[2], traded[rows] * part.prices[:, None]),
        (seen[3], missed),
        (seen[4], missed * missed),
    ):
        # Not the plain sum: of one lane alone it would be made in pairs, and round otherwise.
        total[:] = np.add.accumulate(np.vstack([total, values]), axis=0)[-1]


@cache
def compiled_loop() -> Callable[..., None]:
    """Compile the loop with numba, once a process; other threads run beside it."""
    import numba  # noqa: PLC0415 - an extra, and slow to load

    loop: Callable[..., None] = numba.njit(nogil=True, cache=True)(follow_loop)
    return loop


@cache
def numba_is_installed() -> bool:
    """Say whether the extra ``fast`` is there, without loading it."""
    return find_spec("numba") is not None


def choose_engine(engine: str | None, cells: float, worth: float = WORTH_COMPILING) -> Engine:
    """Choose how bars are worked through.

    Args:
        engine: "numpy", "numba" or None for the quicker one.
        cells: bars × lanes, or bars × strategies.
        worth: cells from which loading numba pays for itself.

    Raises:
        InvalidInput: neither of them, or numba is asked for and not installed.
    """
    has_numba = engine != "numpy" and numba_is_installed()
    if engine is None:
        return "numba" if has_numba and cells >= worth else "numpy"
    if engine not in {"numpy", "numba"}:
        raise InvalidInput(f'engine must be "numpy" or "numba", was {engine!r}')
    if engine == "numba" and not has_numba:
        raise InvalidInput('engine "numba" is not installed; pip install "nettools[fast]"')
    return "numba" if engine == "numba" else "numpy"
