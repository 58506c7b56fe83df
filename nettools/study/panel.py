"""Targets of many strategies over many bars, read piece by piece, checked once.

A frame or an array T×S and prices T come in; a Panel goes out that gives the targets in pieces
small enough for the processor's cache, as float64, without a copy of the whole. Integers
(lots and ticks) stay exact: every piece is checked to lie below 2**53. Whatever cannot be
right raises InvalidInput, which names row and column; rows are counted from 0.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt

from nettools.errors import InvalidInput
from nettools.study.side_by_side import Numbers, read_number

if TYPE_CHECKING:
    import pandas as pd

Floats = npt.NDArray[np.float64]
Array = npt.NDArray[Any]

EXACT_BELOW = 2.0**53
"""float64 holds every integer up to this one; sums that stay below it are exact."""
PIECE_BYTES = {"C": 1_600_000, "F": 3_200_000}
"""Of one piece, by layout: rows in turn stay near the processor, columns need longer runs."""
READY = (np.float64, np.int64)
"""Kinds of numbers that are added up as they are."""
LONG = 65_536
"""Bars of a piece that is no copy."""


class Source(Protocol):
    """Where targets come from: an array, a frame, a file."""

    names: list[Any]
    bars: int
    is_integer: bool

    def pieces(self, *, raw: bool = False) -> Iterator[tuple[int, Array]]:
        """Give the first bar and the targets of each piece, in order, bars × strategies.

        Args:
            raw: pieces may be long where that needs no copy; they are added up, no more.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Market:
    """Prices and funding of one symbol."""

    prices: Floats
    """Closes, T; quote units, or whole numbers of ``tick``."""
    settlements: Mapping[int, Any]
    """What a position of one held into a bar pays there, price × rate, by number of the bar;
    floats, or Decimals when exact."""
    tick: Decimal | None
    """Unit of the prices, quote units; None when they are floats."""
    index: "pd.Index[Any]"

    @property
    def bars(self) -> int:
        """T."""
        return len(self.prices)

    def steps(self, start: int = 0, stop: int | None = None) -> Floats:
        """Give p[t + 1] − p[t] of some bars, zero at the last of all, as the prices."""
        now = self.prices[start:stop]
        after = self.prices[start + 1 :][: len(now)]
        steps = np.zeros(len(now))
        np.subtract(after, now[: len(after)], out=steps[: len(after)])
        return steps


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """The targets of one symbol and its market."""

    source: Source
    market: Market
    step: Decimal
    """Unit of the targets, base units."""

    @property
    def names(self) -> list[Any]:
        """The strategies, in the order of the columns."""
        return self.source.names

    @property
    def unit(self) -> Decimal | None:
        """Quote units of one unit of targets × one of prices; None for floats."""
        return None if self.market.tick is None else self.market.tick * self.step

    def pieces(self, *, raw: bool = False) -> Iterator[tuple[int, Array]]:
        """Give the first bar and the targets of each piece, as float64.

        Args:
            raw: give whole numbers as they are, and long pieces where that needs no copy.
        """
        for start, piece in self.source.pieces(raw=raw):
            is_whole = raw and piece.dtype == np.int64
            yield start, piece if is_whole else self._floats(start, piece)

    def _floats(self, start: int, piece: Array) -> Floats:
        try:
            return np.asarray(piece, dtype=np.float64)
        except (TypeError, ValueError):
            self.refuse(start, piece)
            raise

    def refuse(self, start: int, piece: Array) -> None:
        """Raise for the first target of a piece that is no finite number, if there is one."""
        for row, targets in enumerate(piece, start):
            where = row_name(self.market.index, row)
            for name, target in zip(self.names, targets, strict=True):
                check_finite(target, f"target of {name!r} in {where}")

    def find_bad_target(self) -> None:
        """Look for a target that is no finite number, and raise; a slow second look."""
        for start, piece in self.source.pieces():
            values = self._floats(start, piece)
            if not np.isfinite(values).all():
                self.refuse(start, values)


def check_finite(value: Any, name: str) -> None:  # noqa: ANN401 - whatever a cell holds
    """Raise InvalidInput unless the value is a finite number."""
    try:
        is_finite = bool(np.isfinite(float(value)))
    except (TypeError, ValueError):
        is_finite = False
    if not is_finite:
        missing = value is None or value != value  # noqa: PLR0124 - only NaN is unequal to itself
        cure = "missing is unknown, not zero: fill it or leave the bar out"
        own = value.item() if hasattr(value, "item") else value
        raise InvalidInput(
            f"{name} must be a finite number, was {own!r}" + (f"; {cure}" if missing else "")
        )


def row_name(index: "pd.Index[Any]", row: int) -> str:
    """Name a row by its number and, where it has one, its time."""
    label = index[row] if row < len(index) else row
    return f"row {row}" if isinstance(label, int | np.integer) else f"row {row} ({label})"


class ArraySource:
    """An array of bars × strategies, in either layout."""

    def __init__(self, values: Array, names: list[Any]) -> None:
        self.values, self.names = values, names
        self.bars = len(values)
        self.is_integer = values.dtype.kind in "iu"

    def pieces(self, *, raw: bool = False) -> Iterator[tuple[int, Array]]:
        """Cut the array into views."""
        flags = self.values.flags
        rows = piece_rows(len(self.names), "C" if flags.c_contiguous else "F")
        if raw and self.values.dtype in READY and (flags.c_contiguous or flags.f_contiguous):
            rows = LONG
        for start in range(0, self.bars, rows):
            yield start, self.values[start : start + rows]


class FrameSource:
    """A frame whose columns do not lie together; each piece is put together when needed."""

    def __init__(self, frame: "pd.DataFrame") -> None:
        self.frame, self.names = frame, list(frame.columns)
        self.bars = len(frame)
        self.is_integer = all(kind.kind in "iu" for kind in frame.dtypes)

    def pieces(self, *, raw: bool = False) -> Iterator[tuple[int, Array]]:  # noqa: ARG002 - a copy is short
        """Copy one piece after the other."""
        rows = piece_rows(len(self.names), "F")
        for start in range(0, self.bars, rows):
            yield start, self.frame.iloc[start : start + rows].to_numpy()


def piece_rows(columns: int, layout: str) -> int:
    """Give how many bars fit into one piece."""
    return int(np.clip(PIECE_BYTES[layout] // (8 * max(columns, 1)), 16, 65_536))


def read_panel(
    targets: Numbers, prices: Numbers, funding_rates: Numbers, *, exact: bool | None
) -> Panel:
    """Read what one symbol's strategies want, and its prices.

    Args:
        targets: frame or array T×S, or a Source; signed base units, or integer lots.
        prices: series T of closes with the same index; quote units, or integer ticks.
        funding_rates: series with some of the index, or None.
        exact: True reads every number through its shortest text; None when all are integers.

    Raises:
        InvalidInput: mismatched lengths or times, times that do not rise, a price not above
            zero, a target or rate that is no finite number.
    """
    closes = as_series(prices)
    source = targets if hasattr(targets, "pieces") else _frame_or_array(targets, closes)
    if source.bars != len(closes) or not len(closes):
        raise InvalidInput(
            f"targets have {source.bars} bars and prices {len(closes)}; give both the same "
            "bars, at least one"
        )
    whole = source.is_integer and closes.dtype.kind in "iu"
    step = Decimal(1)
    if exact and not whole:
        source, step = _scaled_targets(source, closes.index)
    market = read_market(closes, funding_rates, exact=whole if exact is None else exact)
    return Panel(source=source, market=market, step=step)


def as_series(values: Numbers) -> "pd.Series[Any]":
    """Give values as a series; one that is a series already, as it is."""
    import pandas as pd  # noqa: PLC0415 - on first use

    return values if isinstance(values, pd.Series) else pd.Series(values)


def prices_by_symbol(prices: Numbers) -> Numbers:
    """Give a frame with a column per symbol as {symbol: series}, anything else as it is."""
    import pandas as pd  # noqa: PLC0415 - on first use

    if isinstance(prices, pd.DataFrame):
        return {symbol: prices[symbol] for symbol in prices}
    return prices


def read_market(closes: "pd.Series[Any]", funding_rates: Numbers, *, exact: bool) -> "Market":
    """Read prices and funding of one symbol; see ``read_panel``."""
    check_times(closes.index, "prices")
    if not len(closes):
        raise InvalidInput("prices are empty; give at least one bar")
    check_prices(closes)
    rates = _rates(funding_rates, closes.index)
    settlements: dict[int, Any]
    if exact:
        is_whole = closes.dtype.kind in "iu"
        prices, tick = _whole(closes) if is_whole else scaled(closes.tolist(), "price")
        settlements = {bar: int(prices[bar]) * rate for bar, rate in rates.items()}
    else:
        prices, tick = closes.to_numpy(dtype=np.float64), None
        settlements = {bar: float(prices[bar]) * float(rate) for bar, rate in rates.items()}
    return Market(prices=prices, settlements=settlements, tick=tick, index=closes.index)


def _frame_or_array(targets: Numbers, closes: "pd.Series[Any]") -> Source:
    import pandas as pd  # noqa: PLC0415 - on first use

    if isinstance(targets, np.ndarray) and targets.ndim == 2:  # noqa: PLR2004 - T×S
        return ArraySource(targets, list(range(targets.shape[1])))
    frame = targets if isinstance(targets, pd.DataFrame) else pd.DataFrame(targets)
    check_times(frame.index, "targets")
    if len(frame) == len(closes) and not frame.index.equals(closes.index):
        row = int(np.argmax(frame.index.to_numpy() != closes.index.to_numpy()))
        raise InvalidInput(
            f"targets and prices must have the same times; in row {row} they are "
            f"{frame.index[row]} and {closes.index[row]}"
        )
    if frame.columns.has_duplicates:
        twice = frame.columns[frame.columns.duplicated()][0]
        raise InvalidInput(f"two columns of targets are named {twice!r}; rename one")
    values = frame.iloc[:1].to_numpy()
    if not len(frame) or np.shares_memory(values, frame.iloc[:1, -1].to_numpy()):
        return ArraySource(frame.to_numpy(), list(frame.columns))
    return FrameSource(frame)


def check_times(index: "pd.Index[Any]", name: str) -> None:
    """Raise InvalidInput unless every time is later than the one before."""
    if index.is_monotonic_increasing and index.is_unique:
        return
    for row in range(1, len(index)):
        if not index[row] > index[row - 1]:
            wrong = "the same as" if index[row] == index[row - 1] else "not after"
            raise InvalidInput(
                f"times of {name} must rise: row {row} ({index[row]}) is {wrong} row "
                f"{row - 1} ({index[row - 1]}); sort them and take duplicates out"
            )


def check_prices(closes: "pd.Series[Any]") -> None:
    """Raise InvalidInput for the first price that is not a finite number above zero."""
    try:
        values = closes.to_numpy()
        if values.dtype.kind not in "iuf":
            values = values.astype(np.float64)
        if values.min() > 0 and values.max() < np.inf:  # neither is true of NaN
            return
    except (TypeError, ValueError):
        pass
    for row, price in enumerate(closes):
        check_finite(price, f"price in {row_name(closes.index, row)}")
        if not float(price) > 0:
            where = row_name(closes.index, row)
            raise InvalidInput(f"price in {where} must be above zero, was {price}")


def _rates(funding_rates: Numbers, index: "pd.Index[Any]") -> dict[int, Decimal]:
    """Give the rates by number of the bar."""
    if funding_rates is None:
        return {}
    import pandas as pd  # noqa: PLC0415 - on first use

    rates = pd.Series(funding_rates, dtype=object).dropna()
    if not rates.index.is_unique:
        twice = rates.index[rates.index.duplicated()][0]
        raise InvalidInput(f"funding_rates have two rates at {twice}; keep one")
    rows = index.get_indexer(rates.index)
    for place, (at, row) in enumerate(zip(rates.index, rows, strict=True)):
        if row < 0:
            raise InvalidInput(
                f"funding is settled at {at} (rate {place}), which is no bar of prices; round "
                "the settlement to the bar it belongs to"
            )
    return {
        int(row): read_number(rate, f"funding rate of {row_name(index, int(row))}")
        for row, rate in zip(rows, rates, strict=True)
    }


def _scaled_targets(source: Source, index: "pd.Index[Any]") -> tuple[Source, Decimal]:
    """Read targets as exact numbers, as whole multiples of the finest of their units."""
    rows = [
        read_number(
            target, f"target of {source.names[column]!r} in {row_name(index, start + row)}"
        )
        for start, piece in source.pieces()
        for row, targets in enumerate(piece.tolist())
        for column, target in enumerate(targets)
    ]
    lots, unit = scaled(rows, "target")
    return ArraySource(lots.reshape(source.bars, len(source.names)), source.names), unit


def _whole(closes: "pd.Series[Any]") -> tuple[Floats, Decimal]:
    """Take integer prices as they are."""
    if int(closes.max()) >= EXACT_BELOW:
        raise InvalidInput("prices must be below 2**53 ticks to be exact; use larger ticks")
    return closes.to_numpy(dtype=np.float64), Decimal(1)


def scaled(values: list[Any], name: str) -> tuple[Floats, Decimal]:
    """Read exact numbers; give whole numbers of a power of ten, as float64, and that power."""
    numbers = [read_number(value, f"{name} of row {row}") for row, value in enumerate(values)]
    finest = min((int(n.normalize().as_tuple().exponent) for n in numbers if n), default=0)
    unit = Decimal(1).scaleb(min(finest, 0))
    whole = [int(n / unit) for n in numbers]
    if max(map(abs, whole), default=0) >= EXACT_BELOW:
        raise InvalidInput(f"{name} have too many digits to be exact; round them to a grid")
    return np.array(whole, dtype=np.float64), unit
