"""Finds what is wrong with a history, and repairs what the caller said may be repaired.

Rows with their times come in; a clean frame and the report go out. Law: a number that was not
in the source is in the frame only where ``forward_fill`` was asked for, and the report says so.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from nettools.errors import InvalidInput
from nettools.study.loading_report import (
    DROP,
    FORWARD_FILL,
    SHOWN,
    SORT,
    Fault,
    LoadReport,
    done,
    place,
)

Mask = Any
"""A numpy array of truths, one a row."""
OHLC = ("open", "high", "low", "close")
_LONGEST_TEXT = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What the numbers of one kind of history must be."""

    is_price: bool = False
    """Every number is a price: above zero."""
    is_candle: bool = False
    """The columns are ``OHLC`` and perhaps ``volume``; a candle is sound or not as a whole."""
    may_be_filled: bool = True
    """Whether what was known before says anything of now."""


def clean(  # noqa: PLR0913 - what a history is made of, by keyword
    frame: pd.DataFrame,
    times: pd.DatetimeIndex,
    *,
    source: str,
    is_cut: bool,
    rules: Rules,
    policy: Mapping[str, str],
    bar: pd.Timedelta | str | None,
) -> tuple[pd.DataFrame, LoadReport]:
    """Give the history, indexed by time, and the report; the report may refuse it.

    Args:
        frame: the columns of numbers, as found.
        times: of its rows (UTC), NaT where unreadable.
        source: for messages.
        is_cut: whether the last row is the end of a file without an end of line.
        rules: of the numbers.
        policy: what to do about each kind of fault.
        bar: from row to row; None to go by the commonest, ``"any"`` when they need not be even.
    """
    work = _Work(frame, times, source, policy)
    work.leave_out("cut off", work.last_row() if is_cut else work.none())
    work.leave_out("time", np.asarray(times.isna()))
    work.put_in_order()
    work.leave_out("duplicate", work.duplicates())
    length = _bar_length(work.kept_times(), bar)
    work.leave_out("off grid", work.off_grid(length))
    work.look_at_numbers(rules)
    work.look_for_gaps(length)
    clean_frame = work.finish(rules, length)
    kept = clean_frame.index
    report = LoadReport(
        source=source,
        rows=len(frame),
        kept=len(kept),
        first=kept[0] if len(kept) else None,
        last=kept[-1] if len(kept) else None,
        bar=length,
        faults=tuple(work.faults),
    )
    return clean_frame, report


def _bar_length(times: pd.DatetimeIndex, bar: pd.Timedelta | str | None) -> pd.Timedelta | None:
    if bar == "any":
        return None
    if bar is not None:
        try:
            length = pd.Timedelta(bar)
        except ValueError:
            length = pd.Timedelta(0)
        if not length > pd.Timedelta(0):
            raise InvalidInput(f"bar must be a length of time like '1min', was {bar!r}")
        return length
    steps, counts = np.unique(np.diff(times.asi8), return_counts=True)
    return pd.Timedelta(int(steps[counts.argmax()]), unit="ns") if len(steps) else None


class _Work:
    """A history while it is looked at; rows are left out, and remembered with the reason."""

    def __init__(
        self,
        frame: pd.DataFrame,
        times: pd.DatetimeIndex,
        source: str,
        policy: Mapping[str, str],
    ) -> None:
        self.faults: list[Fault] = []
        self._found, self._times, self._source = frame, times, source
        self._policy = policy
        self._order = np.arange(len(frame))
        """Rows still in, in the order they will have; counted from 0."""
        self._numbers = frame

    def none(self) -> Mask:
        return np.zeros(len(self._found), dtype=bool)

    def last_row(self) -> Mask:
        return np.arange(len(self._found)) == len(self._found) - 1

    def kept_times(self) -> pd.DatetimeIndex:
        return self._times[self._order]

    def leave_out(self, kind: str, wrong: Mask) -> None:
        """Note the rows that are wrong, and look no further at them."""
        rows = self._order[wrong[self._order]]
        self._note(kind, rows, self._places(rows))
        self._order = self._order[~wrong[self._order]]

    def _places(self, rows: Sequence[int] | Any) -> list[str]:  # noqa: ANN401 - numbers of rows
        return [place(int(row) + 1, self._times[row]) for row in rows[:SHOWN]]

    def _note(self, kind: str, rows: Any, places: Sequence[str], bars: int = 0) -> None:  # noqa: ANN401 - any index
        if len(rows):
            self.faults.append(
                Fault(
                    kind=kind,
                    rows=np.asarray(rows) + 1,
                    places=tuple(places[:SHOWN]),
                    done=done(self._policy[kind]),
                    bars=bars,
                )
            )

    def put_in_order(self) -> None:
        """Find the rows that go back in time; sort them in, or leave them out."""
        stamps = self._times.asi8[self._order]
        latest = np.maximum.accumulate(stamps) if len(stamps) else stamps
        rows = self._order[stamps < latest]
        self._note("order", rows, self._places(rows))
        if self._policy["order"] == SORT:
            self._order = self._order[np.argsort(stamps, kind="stable")]
        else:
            self._order = self._order[stamps >= latest]

    def duplicates(self) -> Mask:
        stamps = self._times.asi8[self._order]
        again = np.zeros(len(self._found), dtype=bool)
        again[self._order[1:]] = np.diff(stamps) == 0
        return again

    def off_grid(self, length: pd.Timedelta | None) -> Mask:
        wrong = self.none()
        if length is not None and len(self._order):
            rest = self._times.asi8[self._order] % length.value
            usual, counts = np.unique(rest, return_counts=True)
            wrong[self._order] = rest != usual[counts.argmax()]
        return wrong

    def look_at_numbers(self, rules: Rules) -> None:
        """Read every number, and find those that cannot be."""
        columns, bad = {}, {}
        for name, column in self._found.iloc[self._order].items():
            columns[name], bad[name] = _numbers(column, f"{self._source}, {name}")
        numbers = pd.DataFrame(columns, index=self._order)
        is_text = pd.DataFrame(bad, index=self._order)
        self._cells("missing", numbers.isna() & ~is_text)
        self._cells("not finite", is_text | ~np.isfinite(numbers.fillna(0.0)))
        sound = numbers.where(np.isfinite(numbers))
        if rules.is_price or rules.is_candle:
            prices = sound[[name for name in sound if name != "volume"]]
            self._cells("price", prices <= 0)
            sound = sound.where(~(prices <= 0).reindex(columns=sound.columns, fill_value=False))
        if rules.is_candle:
            self._candles(sound)
        self._numbers = sound

    def _cells(self, kind: str, wrong: pd.DataFrame) -> None:
        at, across = np.nonzero(wrong.to_numpy(dtype=bool))
        if not len(at):
            return
        names = list(wrong.columns)
        places = []
        for number in np.unique(at, return_index=True)[1][:SHOWN]:  # the first cell of a row
            row, name = int(self._order[at[number]]), str(names[across[number]])
            text = "" if kind == "missing" else _shown(self._found[name].iloc[row])
            places.append(place(row + 1, self._times[row], name, text))
        self._note(kind, np.sort(self._order[np.unique(at)]), places)

    def _candles(self, numbers: pd.DataFrame) -> None:
        ends = numbers[["open", "close"]]
        wrong = (numbers["high"] < ends.max(axis=1)) | (numbers["low"] > ends.min(axis=1))
        if "volume" in numbers:
            wrong |= numbers["volume"] < 0
        rows = self._order[wrong.to_numpy()]
        self._note("candle", rows, self._places(rows))
        numbers.loc[wrong.to_numpy()] = np.nan

    def look_for_gaps(self, length: pd.Timedelta | None) -> None:
        """Find the rows before which bars are missing."""
        if length is None:
            return
        steps = np.diff(self._times.asi8[self._order]) // length.value
        rows = self._order[1:][steps > 1]
        missing = steps[steps > 1] - 1
        places = [
            f"{missing[number]} before {words}"
            for number, words in enumerate(self._places(rows))
        ]
        self._note("gap", rows, places, int(missing.sum()))

    def finish(self, rules: Rules, length: pd.Timedelta | None) -> pd.DataFrame:
        """Drop and fill as it was said; what cannot be filled is one more fault."""
        frame = self._numbers.set_axis(self.kept_times(), axis=0).rename_axis("time")
        incomplete = frame.isna().any(axis=1)
        kinds = [fault.kind for fault in self.faults]
        cells = [kind for kind in kinds if kind in {"missing", "not finite", "price", "candle"}]
        if any(self._policy[kind] == DROP for kind in cells):
            frame = frame[~self._must_go(incomplete)]
        if length is not None and "gap" in kinds and self._policy["gap"] == FORWARD_FILL:
            frame = frame.reindex(
                pd.date_range(frame.index[0], frame.index[-1], freq=length, name="time")
            )
        if any(self._policy[kind] == FORWARD_FILL for kind in kinds):
            self._check_filling(rules)
            frame = _filled(frame, rules)
        left = frame.isna().any(axis=1).to_numpy()
        if left.any() and all(fault.done for fault in self.faults):
            self._refuse_filling(frame.index[int(left.argmax())])
        return frame[~left]

    def _must_go(self, incomplete: "pd.Series[bool]") -> Mask:
        """Tell the rows with a fault that is dropped; the rest may be filled."""
        going = {
            int(row) - 1
            for fault in self.faults
            if self._policy[fault.kind] == DROP
            for row in fault.rows
        }
        return incomplete.to_numpy() & np.array(
            [row in going for row in self._order], dtype=bool
        )

    def _check_filling(self, rules: Rules) -> None:
        if not rules.may_be_filled:
            raise InvalidInput(
                f"{self._source}: a settlement that is missing is not filled with the one "
                "before; drop it, or get it"
            )

    def _refuse_filling(self, time: pd.Timestamp) -> None:
        number = next(
            number
            for number, fault in enumerate(self.faults)
            if self._policy[fault.kind] == FORWARD_FILL
        )
        fault = self.faults[number]
        words = f"nothing known before {time:%Y-%m-%d %H:%M} UTC to fill it with"
        self.faults[number] = replace(
            fault, done="", places=(words, *fault.places[: SHOWN - 1])
        )


def _filled(frame: pd.DataFrame, rules: Rules) -> pd.DataFrame:
    if not rules.is_candle:
        return frame.ffill()
    unknown = frame.isna().any(axis=1)
    frame = frame.mask(unknown)
    close = frame["close"].ffill()
    for name in OHLC:
        frame[name] = frame[name].where(~unknown, close)
    if "volume" in frame:
        frame["volume"] = frame["volume"].where(~unknown | close.isna(), 0.0)
    return frame


def _numbers(column: "pd.Series[Any]", name: str) -> tuple[Any, Any]:
    """Give floats, and a mask of what is no number at all; missing is NaN and not in it."""
    if pd.api.types.is_bool_dtype(column):
        raise InvalidInput(f"{name} must hold numbers, was true and false")
    if pd.api.types.is_numeric_dtype(column):
        floats = column.to_numpy(dtype=np.float64, na_value=np.nan)
        return floats, np.zeros(len(column), dtype=bool)
    known = column.notna().to_numpy()
    floats = np.full(len(column), np.nan)
    wrong = np.zeros(len(column), dtype=bool)
    values = column.to_numpy(dtype=object)
    try:
        floats[known] = values[known].astype(
            np.float64
        )  # as Python reads them: to the last bit
        clean = not any("_" in one for one in values[known] if isinstance(one, str))
    except (ValueError, TypeError, OverflowError):
        clean = False
    if not clean:
        for at in np.flatnonzero(known):
            floats[at], wrong[at] = _number(values[at])
    return floats, wrong


def _number(value: object) -> tuple[float, bool]:
    try:
        if isinstance(value, str) and "_" in value:
            return np.nan, True
        return float(value), False  # type: ignore[arg-type] # whatever is no number raises
    except (ValueError, TypeError, OverflowError):
        return np.nan, True


def _shown(value: object) -> str:
    text = repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= _LONGEST_TEXT else f"{text[: _LONGEST_TEXT - 1]}…"
