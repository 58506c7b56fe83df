"""Puts the histories of several symbols on the times they have in common.

Histories by symbol come in; one frame with a column per symbol goes out, and the report. Law:
a bar that a symbol lacks is refused, dropped for all or filled, as was said, and never guessed.
"""

from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from nettools.errors import InvalidInput
from nettools.study.loading import History, read_candles
from nettools.study.loading_report import (
    DROP,
    FORWARD_FILL,
    REFUSE,
    SHOWN,
    Fault,
    LoadReport,
    Policy,
    done,
    read_policy,
)

_FUTURES_PARTS = 3
"""Of a file name: base, quote and settlement currency."""


def common_grid(
    histories: Mapping[str, "History | pd.DataFrame | pd.Series[Any]"],
    *,
    column: str = "close",
    faults: str = REFUSE,
) -> History:
    """Put several symbols on the times they have in common: a column per symbol.

    Rows before the latest start and after the earliest end are left out, and the report says
    how many. A bar that one symbol lacks between them is a gap.

    Args:
        histories: by symbol, as read here, or frames and series with times as the index.
        column: what is taken of each that has several columns.
        faults: about gaps: ``"refuse"``, ``"drop"`` (the bar, for all symbols) or
            ``"forward_fill"`` (with that symbol's last value).

    Raises:
        InvalidInput: they have no time in common, or a gap is refused.
    """
    if not histories:
        raise InvalidInput("common_grid needs at least one history")
    policy = read_policy({"gap": faults})["gap"]
    series = {symbol: _column(symbol, one, column) for symbol, one in histories.items()}
    start = max(one.index[0] for one in series.values())
    end = min(one.index[-1] for one in series.values())
    if start > end:
        late = max(series, key=lambda symbol: series[symbol].index[0])
        raise InvalidInput(f"the histories have no time in common: {late} begins at {start}")
    frame = _between(series, start, end)
    found = _gaps(frame, policy)
    if policy == FORWARD_FILL:
        filled = {
            symbol: one.reindex(frame.index, method="ffill") for symbol, one in series.items()
        }
        frame = pd.DataFrame(filled)
    bars = len(frame)
    frame = frame.dropna().rename_axis("time")
    report = LoadReport(
        source=f"the common grid of {len(series)} symbols",
        rows=bars,
        kept=len(frame),
        first=start,
        last=end,
        bar=None,
        faults=found,
        notes=_left_out(series, start, end),
    )
    report.raise_unrepaired()
    return History(frame=frame, report=report)


def read_folder(
    folder: str | PathLike[str], *, column: str = "close", faults: Policy = REFUSE
) -> History:
    """Read the candles of several symbols from a folder: closes, a column per symbol.

    Args:
        folder: with files of minutes named after their symbol and interval, such as
            ``BTC_USDT_USDT-1m-futures.feather``; other files are left alone.
        column: what is taken of each candle.
        faults: as in ``read_candles``; gaps between symbols as in ``common_grid``.

    Raises:
        InvalidInput: no such file there, or what those two raise.
    """
    paths = sorted(path for path in Path(folder).glob("*-1m*") if path.is_file())
    if not paths:
        raise InvalidInput(
            f"there are no candles of minutes in {folder}; name the files like "
            "BTC_USDT_USDT-1m-futures.feather"
        )
    candles = {_symbol(path): read_candles(path, faults=faults) for path in paths}
    between = faults if isinstance(faults, str) else faults.get("gap", REFUSE)
    return common_grid(
        candles, column=column, faults=between if between in {DROP, FORWARD_FILL} else REFUSE
    )


def _symbol(path: Path) -> str:
    name = path.name.partition("-")[0]
    parts = name.split("_")
    return f"{parts[0]}/{parts[1]}:{parts[2]}" if len(parts) == _FUTURES_PARTS else name


def _column(
    symbol: str, one: "History | pd.DataFrame | pd.Series[Any]", column: str
) -> "pd.Series[Any]":
    frame = one.frame if isinstance(one, History) else one
    if isinstance(frame, pd.DataFrame):
        only = frame.columns[0] if len(frame.columns) == 1 else column
        if only not in frame.columns:
            raise InvalidInput(f"{symbol} has no column {only!r}; name one with column=")
        frame = frame[only]
    index = frame.index
    if not (isinstance(index, pd.DatetimeIndex) and index.tz is not None and len(index)):
        raise InvalidInput(f"{symbol} must be indexed by UTC times; read it with read_candles")
    if not (index.is_monotonic_increasing and index.is_unique):
        raise InvalidInput(
            f"{symbol} has times twice or out of order; read it with read_candles"
        )
    return frame


def _between(
    series: Mapping[str, "pd.Series[Any]"], start: pd.Timestamp, end: pd.Timestamp
) -> pd.DataFrame:
    times = pd.DatetimeIndex([], tz="UTC")
    for one in series.values():
        times = times.union(pd.DatetimeIndex(one.loc[start:end].index))
    return pd.DataFrame({symbol: one.reindex(times) for symbol, one in series.items()})


def _left_out(
    series: Mapping[str, "pd.Series[Any]"], start: pd.Timestamp, end: pd.Timestamp
) -> tuple[str, ...]:
    counts = {
        symbol: (int((one.index < start).sum()), int((one.index > end).sum()))
        for symbol, one in series.items()
    }
    return tuple(
        f"{symbol}: {before} rows before and {after} after the common span left out"
        for symbol, (before, after) in counts.items()
        if before or after
    )


def _gaps(frame: pd.DataFrame, policy: str) -> tuple[Fault, ...]:
    rows, across = np.nonzero(frame.isna().to_numpy())
    if not len(rows):
        return ()
    places = [
        f"{frame.columns[int(column)]} at {frame.index[int(row)]:%Y-%m-%d %H:%M} UTC"
        for row, column in list(zip(rows, across, strict=True))[:SHOWN]
    ]
    words = done(policy) if policy != DROP else "the bar dropped for all"
    return (
        Fault(kind="gap", rows=np.unique(rows) + 1, places=tuple(places), done=words,
              bars=len(rows)),
    )  # fmt: skip
