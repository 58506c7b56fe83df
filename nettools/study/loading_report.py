"""What was found wrong with a history, row by row, and what was done about it.

Row numbers and words come in; a report goes out that prints as a table. Law: nothing is filled,
dropped or put in order without a line here that says so.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from nettools.errors import InvalidInput
from nettools.render import html_table, text_table

REFUSE, DROP, FORWARD_FILL, SORT = "refuse", "drop", "forward_fill", "sort"
POLICIES = (REFUSE, DROP, FORWARD_FILL, SORT)
"""What may be done about a fault; the first unless the caller says otherwise."""
MEANINGS = {
    "cut off": "the file ends in the middle of a line",
    "time": "a time that is missing or cannot be read",
    "order": "a time before the one above it",
    "duplicate": "a time that was there already",
    "off grid": "a time between two bars",
    "gap": "bars missing before the row",
    "missing": "no number",
    "not finite": "infinity, or text that is no number",
    "price": "a price that is not above zero",
    "candle": "a high or a low that does not enclose the candle",
}
"""Every kind of fault, in the order they are looked for."""
_REPAIRS = {
    "order": (DROP, SORT),
    "gap": (DROP, FORWARD_FILL),
    **dict.fromkeys(("missing", "not finite", "price", "candle"), (DROP, FORWARD_FILL)),
}
_DONE = {
    DROP: "rows dropped",
    FORWARD_FILL: "filled with what was known before",
    SORT: "put in order",
}
SHOWN = 3
"""Places of a fault that are put into words."""

Policy = str | Mapping[str, str]
"""One policy for every fault, or one for each kind; what is not named is refused."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Fault:
    """One kind of thing that is wrong, wherever it is."""

    kind: str
    """A key of ``MEANINGS``."""
    rows: "np.ndarray[Any, np.dtype[np.int64]]"
    """The numbers of the rows; the first below the header is 1."""
    places: tuple[str, ...]
    """The first of them in words."""
    done: str = ""
    """What was done about it; empty when nothing was, and the history is refused."""
    bars: int = 0
    """Of a gap: bars that are missing, all together."""

    @property
    def count(self) -> int:
        """How many rows it is found at."""
        return len(self.rows)

    def __str__(self) -> str:
        """Say it as a part of a sentence."""
        more = self.count - len(self.places)
        size = f"{self.count} × {self.kind}" + (f" ({self.bars} bars)" if self.bars else "")
        return f"{size}: {'; '.join(self.places)}" + (f"; and {more} more" if more else "")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LoadReport:
    """What was read, what was wrong with it, and what was done."""

    source: str
    """What was read, by name."""
    rows: int
    """Rows in it."""
    kept: int
    """Rows in the history; more than there were when gaps were filled."""
    first: pd.Timestamp | None
    """The first time that is kept (UTC)."""
    last: pd.Timestamp | None
    """The last one."""
    bar: pd.Timedelta | None
    """From one row to the next; None when it is not regular."""
    faults: tuple[Fault, ...] = ()
    notes: tuple[str, ...] = ()
    """What was done beside: times rounded, rows outside a common span left out."""

    @property
    def is_clean(self) -> bool:
        """Whether nothing is wrong."""
        return not self.faults

    @property
    def unrepaired(self) -> tuple[Fault, ...]:
        """The faults nothing was done about."""
        return tuple(fault for fault in self.faults if not fault.done)

    def found(self, kind: str) -> Fault | None:
        """Give the fault of one kind, or None."""
        return next((fault for fault in self.faults if fault.kind == kind), None)

    @property
    def summary(self) -> str:
        """Say in one sentence what the history is."""
        span = "" if self.first is None else f", {_minute(self.first)} to {_minute(self.last)}"
        bar = "" if self.bar is None else f", a row every {span_text(self.bar)}"
        kinds = len(self.faults)
        state = f"{kinds} kind{'s' if kinds > 1 else ''} of fault" if kinds else "nothing wrong"
        rest = "".join(f"; {note}" for note in self.notes)
        return f"{self.source}: {self.rows} rows, {self.kept} kept{span}{bar}; {state}{rest}"

    def raise_unrepaired(self) -> None:
        """Refuse the history when something is wrong that nothing was done about.

        Raises:
            InvalidInput: names each fault, its rows, and what may be done.
        """
        if left := self.unrepaired:
            choices = {
                fault.kind: list(allowed)[-1] for fault in left if (allowed := repairs(fault))
            }
            advice = f"faults={choices}" if choices else "nothing; mend the source"
            raise InvalidInput(
                f"{self.source} is not used as it is: {'. '.join(map(str, left))}. Mend it, or "
                f"say what may be done, for example {advice}"
            )

    def _table(self) -> tuple[Sequence[str], Sequence[Sequence[str]]]:
        rows = [
            (fault.kind, str(fault.count), "; ".join(fault.places), fault.done or "refused")
            for fault in self.faults
        ]
        return ("fault", "rows", "first found at", "done"), rows

    def __repr__(self) -> str:
        headers, rows = self._table()
        return f"{self.summary}\n{text_table(headers, rows)}" if rows else self.summary

    def _repr_html_(self) -> str:
        headers, rows = self._table()
        return html_table(headers, rows, self.summary)


def repairs(fault: Fault) -> Sequence[str]:
    """Name the policies that can repair a fault."""
    return _REPAIRS.get(fault.kind, (DROP,))


def read_policy(faults: Policy) -> dict[str, str]:
    """Give the policy of each kind of fault.

    A single policy counts for every kind it can repair; the others stay refused.

    Raises:
        InvalidInput: no such kind, no such policy, or one that cannot repair the kind.
    """
    if isinstance(faults, str):
        if faults not in POLICIES:
            raise InvalidInput(f"faults must be one of {', '.join(POLICIES)}, was {faults!r}")
        return {
            kind: faults if faults in _REPAIRS.get(kind, (DROP,)) else REFUSE
            for kind in MEANINGS
        }
    chosen = dict.fromkeys(MEANINGS, REFUSE)
    for kind, policy in faults.items():
        if kind not in MEANINGS:
            raise InvalidInput(f"faults are {', '.join(MEANINGS)}; there is no {kind!r}")
        allowed = (REFUSE, *_REPAIRS.get(kind, (DROP,)))
        if policy not in allowed:
            raise InvalidInput(f"{kind!r} can be {' or '.join(allowed)}, was {policy!r}")
        chosen[kind] = policy
    return chosen


def done(policy: str) -> str:
    """Say what a policy did; empty for what is refused."""
    return _DONE.get(policy, "")


def place(row: int, time: pd.Timestamp | None = None, column: str = "", text: str = "") -> str:
    """Put one place into words: its row, its time, its column and what stands there."""
    words = f"row {row}"
    if time is not None and not pd.isna(time):
        words += f" ({_minute(time)})"
    words += f", {column}" if column else ""
    return words + (f": {text}" if text else "")


def span_text(span: pd.Timedelta) -> str:
    """Write a length of time as people do: ``1 min``, ``8 h``."""
    seconds = span.total_seconds()
    for unit, name in ((86_400, "days"), (3_600, "h"), (60, "min")):
        if seconds >= unit and seconds % unit == 0:
            return f"{int(seconds // unit)} {name}"
    return f"{seconds:g} s"


def _minute(time: pd.Timestamp | None) -> str:
    if time is None:
        return "never"
    form = "%Y-%m-%d %H:%M" if time.second == 0 and time.microsecond == 0 else None
    return (
        f"{time:{form}} UTC"
        if form
        else f"{time.isoformat(sep=' ').removesuffix('+00:00')} UTC"
    )
