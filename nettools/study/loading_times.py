"""Reads a column of times as UTC, whatever it is written in.

Dates with a zone, numbers since 1970 in seconds to nanoseconds, text of ISO 8601 come in; UTC
goes out, with nothing where a time cannot be read. Law: a time without a zone is never guessed;
the caller names its zone or is refused.
"""

import re
from collections.abc import Iterable
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from nettools.errors import InvalidInput
from nettools.study.loading_files import INDEX

NAMES = ("time", "date", "datetime", "timestamp", "open_time", "opentime", "ts", INDEX.lower())
"""Columns that hold times, if none is named; in this order, in small letters."""
Mask = Any
"""A numpy array of truths, one a row."""
_ZONE = re.compile(r"(?:[zZ]|[+-]\d\d:?\d\d)$")
_UNITS = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}
_EARLIEST, _LATEST = 946_684_800, 7_258_118_400
"""Seconds since 1970 of the years 2000 and 2200; numbers outside are no times."""


def time_column(columns: Iterable[str], named: str | None, source: str) -> str:
    """Find the column that holds the times.

    Raises:
        InvalidInput: there is none, or not the one that was named.
    """
    known = list(columns)
    if named is not None:
        if named not in known:
            raise InvalidInput(f"{source} has no column {named!r}; it has {', '.join(known)}")
        return named
    small = {name.lower(): name for name in reversed(known)}
    for name in NAMES:
        if name in small:
            return small[name]
    raise InvalidInput(
        f"{source} has no column of times (looked for {', '.join(NAMES[:-1])} and an index of "
        f"times; it has {', '.join(known)}); name it with time="
    )


def read_times(column: "pd.Series[Any]", tz: str | None, source: str) -> pd.DatetimeIndex:
    """Give the times as UTC; NaT where one is missing or cannot be read.

    Args:
        column: as it was found.
        tz: the zone of times that name none; a time that does not exist there, or exists
            twice (when clocks are set), cannot be read.
        source: for messages.

    Raises:
        InvalidInput: times without a zone while ``tz`` is None, or no such zone.
    """
    zone = _zone(tz)
    if isinstance(column.dtype, pd.DatetimeTZDtype):
        return pd.DatetimeIndex(column).tz_convert("UTC").as_unit("ns")
    if pd.api.types.is_datetime64_any_dtype(column):
        bare = pd.DatetimeIndex(column)
        return _placed(bare, bare.notna(), zone, source).as_unit("ns")
    numbers = _as_numbers(column)
    if numbers is not None:
        return _since_1970(numbers)
    text = column.astype(object).where(column.notna(), "").astype(str).str.strip()
    text = text.str.replace(r" ?(?:UTC|GMT)$", "Z", regex=True)
    read = pd.DatetimeIndex(
        pd.to_datetime(text, utc=True, format="ISO8601", errors="coerce")
    ).as_unit("ns")
    naive = np.array([not _ZONE.search(one) for one in text]) & read.notna()
    return _placed(read.tz_localize(None), naive, zone, source)


def _zone(tz: str | None) -> ZoneInfo | None:
    try:
        return None if tz is None else ZoneInfo(tz)
    except (ValueError, KeyError, OSError):
        raise InvalidInput(f"there is no time zone {tz!r}; use a name like 'UTC'") from None


def _placed(
    bare: pd.DatetimeIndex,
    naive: Mask,
    zone: ZoneInfo | None,
    source: str,
) -> pd.DatetimeIndex:
    """Give UTC times; those that are ``naive`` are read in the zone."""
    if naive.any() and zone is None:
        row = int(np.flatnonzero(naive)[0])
        raise InvalidInput(
            f"{source} has times without a zone (row {row + 1}: {bare[row]}); say which they "
            "are in, for example tz='UTC'"
        )
    as_utc = bare.tz_localize("UTC")
    if not naive.any():
        return as_utc
    there = bare.tz_localize(zone, ambiguous="NaT", nonexistent="NaT").tz_convert("UTC")
    return pd.DatetimeIndex(there.where(naive, as_utc))


def _as_numbers(column: "pd.Series[Any]") -> "np.ndarray[Any, Any] | None":
    if pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column):
        return column.to_numpy(dtype=np.float64, na_value=np.nan)
    text = column.dropna().astype(str)
    if text.empty or not text.str.fullmatch(r"\d{9,20}(?:\.0*)?").all():
        return None
    return pd.to_numeric(column).to_numpy(dtype=np.float64, na_value=np.nan)


def _since_1970(numbers: "np.ndarray[Any, Any]") -> pd.DatetimeIndex:
    """Read numbers since 1970 in the one unit that makes most of them times of our century."""
    known = numbers[np.isfinite(numbers)]
    middle = float(np.median(known)) if len(known) else 0.0
    for name, per_second in _UNITS.items():
        if _EARLIEST <= middle / per_second < _LATEST:
            sound = (numbers >= _EARLIEST * per_second) & (numbers < _LATEST * per_second)
            whole = np.where(sound, numbers, 0).astype(np.int64)
            times = pd.DatetimeIndex(whole.astype(f"datetime64[{name}]")).tz_localize("UTC")
            return pd.DatetimeIndex(times.as_unit("ns").where(sound))
    return pd.DatetimeIndex([pd.NaT] * len(numbers), tz="UTC").as_unit("ns")
