"""Remembers where the market stood lately, and marks our executions out against it.

Touches that were read or heard come in; the touch at a moment goes out, and a record per
execution: the mid 1, 5 and 30 seconds later. Law: a moment nobody looked at is unknown, never
the touch of another one.
"""

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from nettools.journal.records import MarkedOut
from nettools.model import Fill, Quote

HORIZONS = (1, 5, 30)
"""Seconds after an execution."""
STILL = timedelta(seconds=2)
"""A touch is taken to have stood for so long after it was last seen."""
MOST_TOUCHES = 2_000
"""Kept per symbol, of the last minute or so."""
MOST_WAITING = 5_000
"""Executions that wait for their horizons at the same time; more are left unknown."""


@dataclass(slots=True)
class _Seen:
    """One touch, from when it was first seen until it was last seen."""

    quote: Quote
    last: datetime


@dataclass(slots=True)
class _Waiting:
    """One execution, and the mids found for it so far."""

    fill: Fill
    mids: dict[int, Decimal | None]


class Touches:
    """The lately seen touches of every symbol, and the executions that wait for later ones.

    Args:
        write: takes a record when all horizons of an execution have passed.
    """

    def __init__(self, write: Callable[[MarkedOut], None]) -> None:
        self._write = write
        self._seen: dict[str, deque[_Seen]] = {}
        self._waiting: dict[str, list[_Waiting]] = {}

    def note(self, quote: Quote) -> None:
        """Take in a touch as it was read or heard; older than the newest ones are left out."""
        seen = self._seen.setdefault(quote.symbol, deque(maxlen=MOST_TOUCHES))
        if seen and quote.time < seen[-1].last:
            return
        if seen and (seen[-1].quote.bid, seen[-1].quote.ask) == (quote.bid, quote.ask):
            self._mark(quote.symbol, quote.time)
            seen[-1].last = quote.time
            return
        self._mark(quote.symbol, quote.time)
        seen.append(_Seen(quote, quote.time))

    def follow(self, fills: Iterable[Fill]) -> None:
        """Mark these executions out when their horizons have passed."""
        for fill in fills:
            waiting = self._waiting.setdefault(fill.symbol, [])
            if len(waiting) < MOST_WAITING:
                waiting.append(_Waiting(fill, {}))

    def at(self, symbol: str, moment: datetime) -> Quote | None:
        """Give the touch at a moment; None when nobody looked about then."""
        for seen in reversed(self._seen.get(symbol, ())):
            if seen.quote.time <= moment:
                return seen.quote if moment - seen.last <= STILL else None
        return None

    def between(
        self, symbol: str, since: datetime, until: datetime | None
    ) -> tuple[Quote, ...]:
        """Give the touches seen from a moment on, the one before it too, oldest first."""
        seen = tuple(self._seen.get(symbol, ()))
        first = next((n for n, one in enumerate(seen) if one.last >= since), len(seen))
        return tuple(
            one.quote for one in seen[first:] if until is None or one.quote.time <= until
        )

    def close(self, now: datetime) -> None:
        """Write what is known of those that still wait; the rest of it stays unknown."""
        for symbol in tuple(self._waiting):
            self._mark(symbol, now)
            for waiting in self._waiting.pop(symbol):
                self._tell(waiting)

    def _mark(self, symbol: str, now: datetime) -> None:
        """Look what has become due until now; called before the touch of now is taken in."""
        waiting = self._waiting.get(symbol)
        if not waiting:
            return
        for one in waiting:
            for seconds in HORIZONS:
                due = one.fill.time + timedelta(seconds=seconds)
                if seconds not in one.mids and due < now:
                    quote = self.at(symbol, due)
                    one.mids[seconds] = None if quote is None else quote.mid
        done = [one for one in waiting if len(one.mids) == len(HORIZONS)]
        if done:
            self._waiting[symbol] = [o for o in waiting if len(o.mids) < len(HORIZONS)]
            for one in done:
                self._tell(one)

    def _tell(self, waiting: _Waiting) -> None:
        mids = tuple((seconds, waiting.mids.get(seconds)) for seconds in HORIZONS)
        if any(mid is not None for _, mid in mids):
            fill = waiting.fill
            self._write(MarkedOut(symbol=fill.symbol, fill_id=fill.fill_id, mids=mids))
