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
from nettools.study.panel import EXACT_BELOW, Array, Floats, Market, Panel

NET_BARS = 65_536
"""The net is added up in pieces of so many bars; at least as long as a panel's."""


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
        if self._exact and not self._fits(piece, turnover, steps):
            traded = integers(self._adder.traded(piece, self._held))
            turnover, pnl = integers(prices) @ traded, integers(steps) @ integers(piece)
        self._turnover.add(turnover)
        self._pnl.add(pnl)
        self._held = piece[-1].astype(np.float64)
        return net

    def _fits(self, piece: Array, turnover: Floats, steps: Floats) -> bool:
        """Say whether no partial sum of this piece reached what float64 holds exactly."""
        largest = self._adder.largest(piece)
        if largest * piece.shape[1] >= EXACT_BELOW:
            raise InvalidInput(
                f"targets of up to {largest:,.0f} units are too large to be exact; their sum "
                "must stay below 2**53, use larger lots"
            )
        return bool(max(largest * np.abs(steps).sum(), turnover.max()) < EXACT_BELOW)

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


def account_for(
    panel: Panel, progress: Callable[..., Any], engine: Engine
) -> tuple[Totals, Totals]:
    """Add up what each strategy of a panel trades and earns alone, and what their sum does.

    Args:
        panel: targets and prices.
        progress: takes the panel and gives its pieces, showing how far it is.
        engine: how pieces are added up.
    """
    market, steps = panel.market, panel.market.steps()
    exact = market.tick is not None
    alone = Account(len(panel.names), market.settlements, exact=exact, engine=engine)
    netted = Account(1, market.settlements, exact=exact)
    nets, first = np.empty(min(NET_BARS, market.bars)), 0
    for start, piece in progress(panel, raw=engine == "numba"):
        stop = start + len(piece)
        if stop - first > len(nets):
            _add_net(netted, nets[: start - first], first, market, steps)
            nets, first = np.empty(max(len(nets), len(piece))), start
        net = alone.add(start, piece, market.prices[start:stop], steps[start:stop])
        nets[start - first : stop - first] = net
    _add_net(netted, nets[: market.bars - first], first, market, steps)
    return alone.totals(), netted.totals()


def _add_net(netted: Account, nets: Floats, first: int, market: Market, steps: Floats) -> None:
    bars = slice(first, first + len(nets))
    if len(nets):
        netted.add(first, nets[:, None], market.prices[bars], steps[bars])
