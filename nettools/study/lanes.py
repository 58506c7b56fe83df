"""One netted target followed under many configurations at once, a lane each.

The net target, the prices and the lanes' settings come in, as float64 that holds whole
numbers; what each lane traded and how far it strayed goes out. Keeps the rule of ``diff`` and
``plan``: no trade while |delta| ≤ deadband, except to a flat target; to the target or to the
band's edge; rounded toward zero to the step; nothing below the smallest order. Three ways give
the same numbers to the last bit: a loop as it stands, compiled by numba, and ``follow_numpy``.
"""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from importlib.util import find_spec
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from nettools.errors import InvalidInput
from nettools.study.lanes_loops import FLAT, WIDE, Kind, compiled_loop
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
    """Closes: whole ticks, or quote units."""
    steps: Floats
    """p[t + 1] − p[t]; zero at the last bar."""


class Lanes(NamedTuple):
    """Settings, one of each a lane."""

    deadbands: Floats
    """Whole grains."""
    step_sizes: Floats
    """Whole grains."""
    to_edge: Floats
    """1 trades to the band's edge, 0 to the target."""
    smallest: Floats
    """The least that is traded: grains, a multiple of the step size."""
    fractions: Floats
    """The band is at least this share of the |target|; what it makes is rounded to a grain."""
    notionals: Floats
    """The band is worth at least this, grains × price units."""
    least_notionals: Floats
    """What a trade that does not close is worth at least, grains × price units."""

    @classmethod
    def of(cls, deadbands: Floats, **others: Floats) -> "Lanes":
        """Give lanes with these settings: by default all is traded, to the target."""
        zeros, ones = np.zeros_like(deadbands), np.ones_like(deadbands)
        steps = others.get("step_sizes", ones)
        return cls(
            **dict.fromkeys(cls._fields, zeros)
            | {"deadbands": deadbands, "step_sizes": steps, "smallest": steps}
            | others
        )

    @property
    def kind(self) -> Kind:
        """Say what the lanes need."""
        if self.fractions.any() or self.notionals.any() or self.least_notionals.any():
            return "full"
        is_plain = self.step_sizes.max() <= 1 and not self.to_edge.any()
        return "plain" if is_plain else "rounded"

    def settings(self) -> Floats:
        """Give the settings as rows, in the order the loops name them."""
        # What is traded is whole steps: at least the smallest of them, or nothing.
        below = self.smallest - 1
        edges = self.deadbands * self.to_edge
        # The inverse is rounded up a little.
        inverses = np.nextafter(np.nextafter(1 / self.step_sizes, 9), 9)
        return np.array([
            below, np.maximum(self.deadbands, below + edges), edges, self.step_sizes, inverses,
            self.deadbands, self.fractions, self.notionals, self.to_edge, self.smallest,
            self.least_notionals,
        ])  # fmt: skip

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
        compiled_loop(lanes.kind)(*course, lanes.settings(), seen)
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
        for kind in {part.kind for part in parts}:
            compiled_loop(kind)
    with ThreadPoolExecutor(cores) as pool:
        seen = []
        for part in pool.map(lambda part: follow_lanes(course, part, engine), parts):
            seen.append(part)
            done(len(course.net) * part.shape[1])
    return np.concatenate(seen, axis=1)


def follow_numpy(course: Course, lanes: Lanes, seen: Floats) -> None:
    """Follow bar by bar, all lanes in one operation each; sums are made block by block.

    The sums of a block run down its rows, one after the other, as the loops make them.
    """
    held, settings, is_full = seen[0], lanes.settings(), lanes.kind == "full"
    positions, traded = np.zeros((2, BLOCK + 1, len(held)))
    delta, size = np.zeros((2, len(held)))
    moves = np.zeros(len(held), dtype=bool)
    for start in range(0, len(course.net), BLOCK):
        part = Course(*(column[start : start + BLOCK] for column in course))
        traded[:] = 0
        bars = zip(part.net.tolist(), part.prices.tolist(), strict=True)
        for row, (target, price) in enumerate(bars, 1):
            np.subtract(target, held, out=delta)
            np.abs(delta, out=size)
            band = _bands(lanes, target, price) if is_full else lanes.deadbands
            np.greater(size, band if is_full else settings[WIDE if target else FLAT], out=moves)
            if moves[moves.argmax()]:
                room = (size - band * lanes.to_edge if target else size) * moves
                np.subtract(room, np.fmod(room, lanes.step_sizes), out=traded[row])
                if is_full:
                    traded[row] *= _is_sent(lanes, traded[row], held, delta, price)
                held += np.copysign(traded[row], delta)
            positions[row] = held
        _add_block(part, positions, traded, seen)


def _bands(lanes: Lanes, target: float, price: float) -> Floats:
    """Give the widest of the three; a flat target knows none."""
    by_fraction = np.rint(lanes.fractions * abs(target))
    band = np.maximum(lanes.deadbands, np.maximum(by_fraction, lanes.notionals / price))
    return band * (target != 0)


def _is_sent(
    lanes: Lanes, traded: Floats, held: Floats, delta: Floats, price: float
) -> npt.NDArray[np.bool_]:
    """Say what is large enough; what closes need not be worth anything."""
    closes = (held * delta < 0) & (traded <= np.abs(held))
    is_worth = (traded * price >= lanes.least_notionals) | closes
    return (traded >= lanes.smallest) & is_worth


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
