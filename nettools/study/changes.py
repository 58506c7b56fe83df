"""A list of changes of targets: who wants what from which bar on; as the journal holds them.

A frame with a row per change comes in; the sums of ``accounting`` go out, at a cost that grows
with the changes and not with the bars. Law: the same totals as the dense frame. It rests on
Σ q_t · (p_{t+1} − p_t) = Σ Δq · (p_last − p at the change), so nothing between two changes
needs to be looked at.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np
import numpy.typing as npt

from nettools.allocate import exactly
from nettools.errors import InvalidInput
from nettools.study.accounting import Totals, integers
from nettools.study.kernels import compiled_changes
from nettools.study.lanes import Engine
from nettools.study.panel import (
    EXACT_BELOW,
    Array,
    Floats,
    Market,
    as_series,
    check_finite,
    piece_rows,
    read_market,
    scaled,
)
from nettools.study.side_by_side import Numbers

if TYPE_CHECKING:
    import pandas as pd

Places = npt.NDArray[np.int64]
COLUMNS = ("bar", "strategy", "target")


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """Changes of targets on one symbol, in order of their bars."""

    names: list[Any]
    market: Market
    step: Decimal
    """Unit of the targets, base units."""
    bars: Places
    """Number of the bar of each change; never falls."""
    strategies: Array
    """Column of each change, an index into ``names``."""
    targets: Array
    """Wanted from this bar's close on, units of ``step``; float64 or int64."""
    engine: Engine = "numpy"

    @property
    def unit(self) -> Decimal | None:
        """Quote units of one unit of targets × one of prices; None for floats."""
        return None if self.market.tick is None else self.market.tick * self.step

    def before(self) -> Floats:
        """Give what the same strategy wanted until each change, 0 at first.

        Raises:
            InvalidInput: two changes of a strategy on one bar.
        """
        before = np.zeros(len(self.targets))
        order = np.argsort(self.strategies, kind="stable")
        codes, bars = self.strategies[order], self.bars[order]
        same = codes[1:] == codes[:-1]
        twice = order[1:][same & (bars[1:] == bars[:-1])]
        if len(twice):
            self._refuse(int(twice.min()))
        before[order[1:]] = np.where(same, self.targets[order[:-1]], 0)
        return before

    def _refuse(self, row: int) -> NoReturn:
        name = self.names[self.strategies[row]]
        raise InvalidInput(
            f"change {row} is the second of {name!r} on its bar; keep the last one"
        )

    def totals(self) -> tuple[Totals, Totals]:
        """Add up what each strategy trades and earns alone, and what their sum does.

        Raises:
            InvalidInput: two changes of a strategy on one bar.
        """
        if self.engine == "numba" and not self.market.settlements:
            found = self._compiled()
            if found is not None:
                return found
        deltas = self.targets - self.before()
        bars, netted = self._per_bar(deltas)
        return (
            self._totals(self.bars, self.strategies, deltas, len(self.names)),
            self._totals(bars, np.zeros(len(bars), dtype=np.int64), netted, 1),
        )

    def _compiled(self) -> tuple[Totals, Totals] | None:
        """Do it in one pass; None when the sums might be too large to be exact."""
        exact = self.market.tick is not None
        states, net = np.zeros((len(self.names), 4)), np.zeros(3)
        states[:, 0] = -1
        given = self.bars, self.strategies, self.targets, self.market.prices
        twice = compiled_changes()(*given, states, net)
        if twice >= 0:
            self._refuse(twice)
        if exact and max(states[:, 2].sum(), net[2]) >= EXACT_BELOW:
            return None
        columns = [states[:, 2].copy(), states[:, 3].copy(), net[:1], net[1:2]]
        if exact:
            columns = [integers(column) for column in columns]
        nothing = [np.zeros(len(c), dtype=c.dtype) for c in (columns[0], columns[2])]
        return (
            Totals(turnover=columns[0], pnl=columns[1], funding=nothing[0]),
            Totals(turnover=columns[2], pnl=columns[3], funding=nothing[1]),
        )

    def legs(self) -> Totals:
        """Add up what the LONG and the SHORT leg of a hedged account trade and earn."""
        before = self.before()
        legs = [
            self._per_bar(part(self.targets, 0) - part(before, 0))
            for part in (np.maximum, np.minimum)
        ]
        bars, deltas = (np.concatenate(column) for column in zip(*legs, strict=True))
        leg = np.repeat([0, 1], [len(one[0]) for one in legs])
        order = np.argsort(bars, kind="stable")
        return self._totals(bars[order], leg[order], deltas[order], 2)

    def pieces(self) -> Iterator[tuple[int, Floats]]:
        """Give the targets of all bars in dense pieces, for what needs them."""
        size = len(self.names)
        held, rows = np.zeros(size), piece_rows(size, "C")
        deltas = self.targets - self.before()
        for start in range(0, self.market.bars, rows):
            stop = min(start + rows, self.market.bars)
            low, high = np.searchsorted(self.bars, (start, stop))
            piece = np.zeros((stop - start, size))
            piece[0] = held
            at = self.bars[low:high] - start, self.strategies[low:high]
            np.add.at(piece, at, deltas[low:high])
            held = np.cumsum(piece, axis=0, out=piece)[-1].copy()
            yield start, piece

    def _per_bar(self, deltas: Floats) -> tuple[Places, Floats]:
        """Add the changes of each bar up; gives the bars that have any."""
        if not len(self.bars):
            return self.bars, deltas
        first = np.flatnonzero(np.diff(self.bars, prepend=-1))
        return self.bars[first], np.add.reduceat(deltas, first)

    def _totals(self, bars: Places, columns: Array, deltas: Floats, size: int) -> Totals:
        market = self.market
        prices = market.prices[bars]
        values = np.abs(deltas) * prices
        earned = deltas * (market.prices[-1] - prices)
        funding = _funding(market, bars, columns, deltas, size)
        exact = market.tick is not None
        if exact and max(values.sum(), np.abs(earned).sum()) >= EXACT_BELOW:
            whole, at = integers(deltas), integers(prices)
            last = int(market.prices[-1])
            turnover = _object_sums(columns, abs(whole) * at, size)
            pnl = _object_sums(columns, whole * (last - at), size)
            return Totals(turnover=turnover, pnl=pnl, funding=funding)
        turnover, pnl = (np.bincount(columns, column, size) for column in (values, earned))
        if exact:
            turnover, pnl = integers(turnover), integers(pnl)
        return Totals(turnover=turnover, pnl=pnl, funding=funding)


def _object_sums(columns: Array, values: Array, size: int) -> Array:
    sums = np.zeros(size, dtype=object)
    np.add.at(sums, columns, values)
    return sums


@exactly
def _funding(market: Market, bars: Places, columns: Array, deltas: Floats, size: int) -> Array:
    """Let what is held into each settlement pay; changes on its own bar come after it."""
    exact = market.tick is not None
    received: Array = np.zeros(size, dtype=object if exact else np.float64)
    held, low = np.zeros(size), 0
    for bar in sorted(market.settlements):
        high = int(np.searchsorted(bars, bar))
        held += np.bincount(columns[low:high], deltas[low:high], size)
        low = high
        received -= (integers(held) if exact else held) * market.settlements[bar]
    return received


def is_change_list(targets: Numbers) -> bool:
    """Say whether these targets are a frame with a row per change."""
    return set(COLUMNS) <= set(getattr(targets, "columns", ()))


def read_changes(
    changes: "pd.DataFrame",
    prices: Numbers,
    funding_rates: Numbers,
    *,
    exact: bool | None,
    engine: Engine = "numpy",
) -> Changes:
    """Read a list of changes on one symbol.

    Args:
        changes: columns ``bar`` (a label of prices; never falls), ``strategy`` (fastest when
            categorical), ``target`` (from this bar's close on; signed base units, or lots).
        prices: series T of closes.
        funding_rates: series with some of the index, or None.
        exact: as in ``read_panel``.
        engine: how they are added up.

    Raises:
        InvalidInput: a bar that prices do not have or that falls, two targets of a strategy on
            one bar, a target that is no finite number, and what ``read_market`` raises.
    """
    closes = as_series(prices)
    wanted = changes["target"]
    whole = wanted.dtype.kind in "iu" and closes.dtype.kind in "iu"
    is_exact = whole if exact is None else exact
    market = read_market(closes, funding_rates, exact=is_exact)
    step = Decimal(1)
    if is_exact and not whole:
        targets, step = scaled(wanted.tolist(), "target")
    else:
        targets = _numbers(wanted)
    codes, names = _coded(changes["strategy"])
    bars = _places(changes["bar"], closes.index)
    return Changes(
        names=names,
        market=market,
        step=step,
        bars=bars,
        strategies=codes,
        targets=targets,
        engine=engine,
    )


def _numbers(wanted: "pd.Series[Any]") -> Array:
    """Give the targets as they are where they are whole, else as finite floats."""
    if wanted.dtype == np.int64:
        return wanted.to_numpy()
    try:
        values = wanted.to_numpy(dtype=np.float64)
    except (TypeError, ValueError):
        values = np.full(len(wanted), np.nan)
    if not np.isfinite(values).all():
        for row, target in enumerate(wanted):
            check_finite(target, f"target of change {row}")
    return values


def _coded(strategies: "pd.Series[Any]") -> tuple[Array, list[Any]]:
    """Give each change's column and the names; a narrow type sorts many times faster."""
    import pandas as pd  # noqa: PLC0415 - on first use

    if isinstance(strategies.dtype, pd.CategoricalDtype):
        codes, names = strategies.cat.codes.to_numpy(), list(strategies.cat.categories)
    else:
        codes, unique = pd.factorize(strategies, sort=False)
        names = list(unique)
    if len(codes) and codes.min() < 0:
        raise InvalidInput(f"change {int(np.argmin(codes))} names no strategy; add its name")
    narrow = np.uint16 if len(names) <= np.iinfo(np.uint16).max else np.int64
    return codes.astype(narrow), names


def _places(labels: "pd.Series[Any]", index: "pd.Index[Any]") -> Places:
    """Give the number of each change's bar."""
    import pandas as pd  # noqa: PLC0415 - on first use

    if isinstance(index, pd.RangeIndex) and labels.dtype.kind in "iu":
        named = labels.to_numpy(dtype=np.int64)
        bars = (
            named
            if (index.start, index.step) == (0, 1)
            else (named - index.start) // index.step
        )
        known = (bars >= 0) & (bars < len(index))
        if index.step != 1:
            known &= bars * index.step + index.start == named
    else:
        bars = index.get_indexer(pd.Index(labels)).astype(np.int64)
        known = bars >= 0
    if not known.all():
        row = int(np.argmin(known))
        raise InvalidInput(
            f"change {row} is on bar {labels.iloc[row]}, which prices do not have; use their "
            "labels"
        )
    falls = bars[1:] < bars[:-1]
    if falls.any():
        row = int(np.argmax(falls)) + 1
        raise InvalidInput(
            f"bars of changes must not fall: change {row} is on {labels.iloc[row]}, the one "
            f"before on {labels.iloc[row - 1]}; sort them"
        )
    return bars
