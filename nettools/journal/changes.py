"""What strategies wanted over time, out of a journal, as a list of changes for a study.

A journal comes in; a frame with a row for every change of what counted goes out. Law: folded
from its rows, the list gives the targets the desk had at every moment; nothing in between.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from nettools.decimals import ZERO
from nettools.errors import InvalidInput
from nettools.journal.reading import Reading
from nettools.journal.records import TargetsSet
from nettools.targets import TargetBook

if TYPE_CHECKING:
    import pandas as pd


class Change(NamedTuple):
    """One strategy wants another position on one symbol."""

    time: datetime
    """When it was recorded (UTC)."""
    symbol: str
    strategy: str
    target: Decimal
    """What counts in the net from now on (zero on flat and removed), signed base units."""


def target_changes(
    journal: "str | Path | Reading", *, bars: "pd.DatetimeIndex | None" = None
) -> "pd.DataFrame":
    """Give every change of a target in a journal, as ``study.netting`` takes it.

    Args:
        journal: its path, or an open one; a desk may be writing it meanwhile.
        bars: the times of the prices it is to be studied with, rising. A change belongs to the
            first bar at or after it; what was wanted before the first bar counts from there,
            and what changed after the last one is left out.

    Returns:
        Columns ``time``, ``symbol``, ``strategy`` and ``target`` (Decimals, signed base
        units); with ``bars`` also ``bar``, and only the last change of a strategy in each.

    Raises:
        JournalError: there is no journal, or a row of it is damaged.
        InvalidInput: bars without a zone, or that do not rise.
    """
    import pandas as pd  # noqa: PLC0415 - on first use

    with ExitStack() as stack:
        reading = (
            journal
            if isinstance(journal, Reading)
            else stack.enter_context(Reading.open_to_read(journal))
        )
        found = list(_changes(reading))
    frame = pd.DataFrame(found, columns=list(Change._fields))
    frame["time"] = pd.to_datetime(frame["time"], utc=True)
    return frame if bars is None else _on_bars(frame, bars)


def _changes(reading: Reading) -> Iterator[Change]:
    book = TargetBook()
    known: dict[tuple[str, str], Decimal] = {}
    for row in reading.rows(kinds=("targets",)):
        if not isinstance(row.record, TargetsSet):
            continue
        book = row.record.onto(book)
        now = {(target.symbol, target.strategy): target.quantity for target in book}
        for key in known | now:
            wanted = now.get(key, ZERO)
            if wanted != known.get(key, ZERO):
                yield Change(row.time, *key, wanted)
        known = now


def _on_bars(frame: "pd.DataFrame", bars: "pd.DatetimeIndex") -> "pd.DataFrame":
    if bars.tz is None or not (bars.is_monotonic_increasing and bars.is_unique):
        raise InvalidInput(
            "bars must be rising times with their zone, like the index of prices"
        )
    places = bars.searchsorted(frame["time"])
    inside = places < len(bars)
    frame = frame[inside].assign(bar=bars[places[inside]])
    last = ~frame.duplicated(["bar", "symbol", "strategy"], keep="last")
    return frame[last].reset_index(drop=True)
