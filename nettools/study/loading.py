"""Reads histories (targets, prices, candles, funding rates) and says what is wrong with them.

A file or a frame comes in; a frame of floats indexed by UTC time goes out, with a report of
every fault by row. Law: a history with a fault is refused unless the caller chose what to do
about it; nothing is filled silently.
"""

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd

from nettools.errors import InvalidInput
from nettools.study.loading_files import INDEX, Source, Table, read_table
from nettools.study.loading_repair import OHLC, Rules, clean
from nettools.study.loading_report import (
    REFUSE,
    LoadReport,
    Policy,
    read_policy,
)
from nettools.study.loading_times import read_times, time_column

JITTER = pd.Timedelta(seconds=1)
"""Venues settle funding on the minute and stamp it a few milliseconds late (measured)."""
LARGEST_RATE = 0.2
"""A funding rate beyond 20 % of the notional is none: another column was read."""
TARGETS, PRICES = Rules(), Rules(is_price=True)
CANDLES, FUNDING = Rules(is_price=True, is_candle=True), Rules(may_be_filled=False)
_KINDS = {"targets": TARGETS, "prices": PRICES, "candles": CANDLES, "funding": FUNDING}
_RATES = ("funding_rate", "fundingrate", "rate")
Bar = timedelta | pd.Timedelta | str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _How:
    """How a source is read."""

    rules: Rules
    time: str | None = None
    tz: str | None = None
    bar: Bar = None
    columns: list[str] | None = None
    faults: Policy = REFUSE
    name: str | None = None

    @property
    def length(self) -> pd.Timedelta | str | None:
        return (
            self.bar
            if self.bar is None or isinstance(self.bar, str)
            else pd.Timedelta(self.bar)
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class History:
    """A history that may be used."""

    frame: pd.DataFrame
    """Floats; indexed by time (UTC), which rises from row to row."""
    report: LoadReport = field(repr=False)
    """What was found, and what was done about it."""

    def __getitem__(self, column: str) -> "pd.Series[float]":
        """Give one column."""
        return self.frame[column]

    def __len__(self) -> int:
        """Count the rows."""
        return len(self.frame)

    def __repr__(self) -> str:
        return repr(self.report)

    def _repr_html_(self) -> str:
        return self.report._repr_html_()


def read_targets(  # noqa: PLR0913 - one source and how to read it, by keyword, all defaulted
    source: Source,
    *,
    time: str | None = None,
    tz: str | None = None,
    bar: Bar = None,
    columns: list[str] | None = None,
    faults: Policy = REFUSE,
) -> History:
    """Read what strategies wanted: a column per strategy, signed base units.

    Args:
        source: a path (CSV, Parquet, Feather), a frame of pandas, polars or Arrow, or a
            mapping of columns.
        time: the column of times; found by its name when None.
        tz: the zone of times that name none.
        bar: from row to row, like ``"1min"``; the commonest when None, ``"any"`` for none.
        columns: the strategies to read; all when None.
        faults: what to do about them: ``"refuse"``, ``"drop"``, ``"forward_fill"``, or one for
            each kind, for example ``{"gap": "forward_fill", "order": "sort"}``.

    Raises:
        InvalidInput: a fault that is refused, named with its rows, or a source that cannot be
            read at all, for instance a file that was cut off in the middle.
    """
    how = _How(rules=TARGETS, time=time, tz=tz, bar=bar, columns=columns, faults=faults)
    return _use(source, how)


def read_prices(  # noqa: PLR0913 - as above
    source: Source,
    *,
    time: str | None = None,
    tz: str | None = None,
    bar: Bar = None,
    columns: list[str] | None = None,
    faults: Policy = REFUSE,
) -> History:
    """Read prices: a column per symbol, quote units, above zero; else as ``read_targets``."""
    how = _How(rules=PRICES, time=time, tz=tz, bar=bar, columns=columns, faults=faults)
    return _use(source, how)


def read_candles(  # noqa: PLR0913 - as above
    source: Source,
    *,
    time: str | None = None,
    tz: str | None = None,
    bar: Bar = None,
    faults: Policy = REFUSE,
    name: str | None = None,
) -> History:
    """Read candles of one symbol: open, high, low, close (quote units), volume if there is one.

    ``forward_fill`` puts a candle that stands at the last close, without volume, where one is
    missing; messages call the source ``name``; else as ``read_targets``.
    """
    how = _How(rules=CANDLES, time=time, tz=tz, bar=bar, faults=faults, name=name)
    return _use(source, how)


def read_funding(
    source: Source,
    *,
    time: str | None = None,
    tz: str | None = None,
    bar: Bar = None,
    faults: Policy = REFUSE,
) -> History:
    """Read funding rates: one column, ``funding_rate``, a fraction; positive: longs pay shorts.

    The rate may stand in a column of that name, or in ``open`` of a candle that is otherwise
    zero, as some archives write it. Times are rounded to the minute they are within a second
    of. Nothing can be filled: a settlement that is missing was paid all the same.
    """
    return _use(source, _How(rules=FUNDING, time=time, tz=tz, bar=bar, faults=faults))


def check_history(source: Source, *, kind: str = "targets", **how: Any) -> LoadReport:  # noqa: ANN401 - handed on
    """Say what is wrong with a history without refusing it.

    Args:
        source: as in ``read_targets``.
        kind: ``"targets"``, ``"prices"``, ``"candles"`` or ``"funding"``.
        how: ``time``, ``tz``, ``bar``, ``columns`` and ``faults``, as there.

    Raises:
        InvalidInput: it cannot be read at all.
    """
    if kind not in _KINDS:
        raise InvalidInput(f"kind must be {' or '.join(_KINDS)}, was {kind!r}")
    return _read(source, _How(rules=_KINDS[kind], **how)).report


def _use(source: Source, how: _How) -> History:
    history = _read(source, how)
    history.report.raise_unrepaired()
    if not len(history):
        raise InvalidInput(f"{history.report.source} has no row that can be used")
    return history


def _read(source: Source, how: _How) -> History:
    table, policy = read_table(source, how.name), read_policy(how.faults)
    at = time_column(table.frame.columns, how.time, table.name)
    times = read_times(table.frame[at], how.tz, table.name)
    is_funding = how.rules is FUNDING
    times, notes = _without_jitter(times) if is_funding else (times, ())
    frame, report = clean(
        _chosen(table, at, how),
        times,
        source=table.name,
        is_cut=table.is_cut,
        rules=how.rules,
        policy=policy,
        bar=how.length,
    )
    if is_funding:
        _check_rates(frame, table.name)
    return History(frame=frame, report=replace(report, notes=notes))


def _chosen(table: Table, at: str, how: _How) -> pd.DataFrame:
    frame = table.frame.drop(columns=[at, *({INDEX} & set(table.frame.columns) - {at})])
    if how.rules is FUNDING:
        return _rates(frame, table.name)
    columns = how.columns
    if how.rules.is_candle:
        frame = frame.rename(columns=str.lower)
        columns = [*OHLC, *({"volume"} & set(frame.columns))]
    wanted = list(frame.columns) if columns is None else columns
    missing = [name for name in wanted if name not in frame.columns]
    if missing or not wanted:
        raise InvalidInput(
            f"{table.name} has no column {', '.join(missing) or 'of numbers'}; it has "
            f"{', '.join(table.frame.columns)}"
        )
    return frame[wanted]


def _rates(frame: pd.DataFrame, source: str) -> pd.DataFrame:
    small = {name.lower(): name for name in frame.columns}
    named = next((small[name] for name in _RATES if name in small), None)
    if named is None and "open" in small:
        others = [small[name] for name in ("high", "low", "close") if name in small]
        rest = frame[others].apply(pd.to_numeric, errors="coerce").fillna(0)
        if rest.to_numpy().any():
            raise InvalidInput(f"{source} holds candles, not funding rates; was it mistaken?")
        named = small["open"]
    if named is None:
        raise InvalidInput(
            f"{source} has no column of funding rates (looked for {', '.join(_RATES)}, and "
            f"open beside zeros); it has {', '.join(frame.columns)}"
        )
    return frame[[named]].set_axis(["funding_rate"], axis=1)


def _without_jitter(times: pd.DatetimeIndex) -> tuple[pd.DatetimeIndex, tuple[str, ...]]:
    """Round times to the minute they are near to; say how many, and how far."""
    near = times.round("min")
    off = pd.TimedeltaIndex(np.abs(times.asi8 - near.asi8))
    moved = (off > pd.Timedelta(0)) & (off <= JITTER)
    if not moved.any():
        return times, ()
    furthest = off[moved].max() / pd.Timedelta(milliseconds=1)
    note = f"{int(moved.sum())} times rounded to the minute, by at most {furthest:g} ms"
    return near.where(moved, times), (note,)


def _check_rates(frame: pd.DataFrame, source: str) -> None:
    rates = frame["funding_rate"]
    if len(rates) and (worst := rates.abs().max()) > LARGEST_RATE:
        at = rates.abs().idxmax()
        raise InvalidInput(
            f"{source}: a funding rate is a fraction, at most {LARGEST_RATE}; was {worst:g} at "
            f"{at:%Y-%m-%d %H:%M} UTC, so another column was read, or it is in percent"
        )
