"""What columns of targets trade and earn, added up piece by piece.

Pieces of targets (bars × columns, float64) come in; turnover, PnL before costs and funding per
column go out. Law: what is added for the columns and for their sum obeys Σ PnL = PnL of the
sum; with whole numbers exactly, because sums that could reach 2**53 are done in integers.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from nettools.allocate import exactly
from nettools.errors import InvalidInput
from nettools.study.kernels import PieceAdder
from nettools.study.lanes import Engine
from nettools.study.panel import EXACT_BELOW, Array, Floats, Panel

WHOLE_BARS = 1024
"""Bars that are added up at once as Python's integers, each an object of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """Sums per column; floats, or Python integers (funding: Decimals) when exact."""

    turnover: Array
    """Σ |q_t − q_{t−1}| · p_t from flat, target units × price units."""
    pnl: Array
    """Σ q_t · (p_{t+1} − p_t), before costs."""
    funding: Array
    """Received; negative is paid."""


class Account:
    """Adds up what some columns trade and earn, one piece after the other.

    Args:
        columns: how many.
        settlements: what a position of one, held into a bar, pays there; by bar.
        exact: the pieces are whole numbers, and the sums are to be exact.
        engine: how pieces are added up.
    """

    def __init__(
        self,
        columns: int,
        settlements: Mapping[int, Any],
        *,
        exact: bool,
        engine: Engine = "numpy",
    ) -> None:
        self._exact = exact
        self._adder = PieceAdder(columns, engine)
        self._held: Floats = np.zeros(columns)
        self._turnover, self._pnl = _Sum(columns, exact), _Sum(columns, exact)
        self._funding: Array = np.zeros(columns, dtype=object if exact else np.float64)
        self._settlements = settlements
        self._bars = sorted(settlements)

    def add(self, start: int, piece: Array, prices: Floats, steps: Floats) -> Floats:
        """Add the bars from ``start`` on; gives the columns' sum on each of them.

        Args:
            start: number of the piece's first bar.
            piece: targets, bars × columns.
            prices: of these bars.
            steps: p[t + 1] − p[t] of these bars.
        """
        if self._bars:
            self._settle(start, piece)
        turnover: Array
        pnl: Array
        # The sums may round, or reach infinity: the caller looks at them at the end.
        turnover, pnl, net = self._adder.add(piece, self._held, prices, steps)
        if self._exact and not self._fits(piece, turnover, prices, steps):
            turnover, pnl = whole_sums(piece, self._held, prices, steps)
        self._turnover.add(turnover)
        self._pnl.add(pnl)
        self._held = piece[-1].astype(np.float64)
        return net

    def _fits(self, piece: Array, turnover: Floats, prices: Floats, steps: Floats) -> bool:
        """Say whether no partial sum of this piece reached what float64 holds exactly."""
        moved, columns = np.abs(steps).sum(), piece.shape[1]
        # Nobody can hold more than what was held before and all that was traded since.
        largest = float((np.abs(self._held) + turnover / prices.min()).max())
        if largest * max(columns, moved) >= EXACT_BELOW / 2:
            largest = max(float(piece.max()), -float(piece.min()))
        if largest * columns >= EXACT_BELOW:
            raise InvalidInput(
                f"targets of up to {largest:,.0f} units are too large to be exact; their sum "
                "must stay below 2**53, use larger lots"
            )
        return bool(max(largest * moved, turnover.max()) < EXACT_BELOW)

    @exactly
    def _settle(self, start: int, piece: Array) -> None:
        low, high = np.searchsorted(self._bars, (start, start + len(piece)))
        for bar in self._bars[low:high]:
            held = self._held if bar == start else piece[bar - start - 1]
            self._funding -= (integers(held) if self._exact else held) * self._settlements[bar]

    def totals(self) -> Totals:
        """Give the sums so far."""
        return Totals(
            turnover=self._turnover.value(), pnl=self._pnl.value(), funding=self._funding
        )


class _Sum:
    """A sum per column; whole numbers move to Python's integers before float64 rounds them."""

    def __init__(self, columns: int, exact: bool) -> None:  # noqa: FBT001 - two of a kind
        self._exact = exact
        self._part: Floats = np.zeros(columns)
        self._whole: Array = np.zeros(columns, dtype=object)

    def add(self, values: Array) -> None:
        if not self._exact:
            self._part += values
        elif values.dtype == object:
            self._whole += values
        else:
            after = self._part + values
            if np.abs(after).max(initial=0) < EXACT_BELOW:
                self._part = after
            else:
                self._whole += integers(self._part) + integers(values)
                self._part = np.zeros_like(self._part)

    def value(self) -> Array:
        return self._whole + integers(self._part) if self._exact else self._part


def integers(values: Array) -> Array:
    """Give whole numbers held as float64 as Python's integers."""
    return values.astype(np.int64).astype(object)


def whole_sums(
    piece: Array, held: Floats, prices: Floats, steps: Floats
) -> tuple[Array, Array]:
    """Give turnover and PnL per column of whole numbers of any size."""
    before = integers(held)
    turnover = pnl = np.zeros(len(held), dtype=object)
    for start in range(0, len(piece), WHOLE_BARS):
        bars = slice(start, start + WHOLE_BARS)
        wanted = integers(piece[bars])
        traded = np.abs(np.diff(wanted, axis=0, prepend=before[None]))
        turnover = turnover + integers(prices[bars]) @ traded
        pnl = pnl + integers(steps[bars]) @ wanted
        before = wanted[-1]
    return turnover, pnl


def account_for(
    panel: Panel, progress: Callable[..., Any], engine: Engine
) -> tuple[Totals, Totals]:
    """Add up what each strategy of a panel trades and earns alone, and what their sum does.

    Args:
        panel: targets and prices.
        progress: takes the panel and gives its pieces, showing how far it is.
        engine: how pieces are added up.
    """
    market = panel.market
    exact = market.tick is not None
    alone = Account(len(panel.names), market.settlements, exact=exact, engine=engine)
    netted = Account(1, market.settlements, exact=exact, engine=engine)
    for start, piece in progress(panel):
        stop = start + len(piece)
        prices, steps = market.prices[start:stop], market.steps(start, stop)
        net = alone.add(start, piece, prices, steps)
        netted.add(start, net[:, None], prices, steps)
    return alone.totals(), netted.totals()
