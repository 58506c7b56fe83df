"""Writes down what a desk does, and adds up what was written.

Records come in; when ``write`` returns they are on the disk and in the state, in this order,
and when it raises they are in neither. So what a desk knows is what its journal says, at every
moment. Without a journal the same happens in memory and ends with the desk.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable, Collection, Iterator
from datetime import datetime
from pathlib import Path
from typing import TypedDict

from nettools.allocate import Posting
from nettools.errors import InvalidInput, JournalError
from nettools.journal import DeskState, Journal, Reading, Row
from nettools.journal.files import Lock
from nettools.journal.records import (
    KIND_OF,
    Adjusted,
    Crossed,
    Cut,
    Epoch,
    Filled,
    FundingSettled,
    Intended,
    Opened,
    Record,
)

RECENT = 5_000
"""Rows kept in memory; older ones are read from the journal."""
SOON_SECONDS = 0.05
"""What need not be on the disk before something else happens is written so much later."""
BOOKED = (Filled, Crossed, FundingSettled, Adjusted)
"""Records with postings."""
_ONCE = (Intended, Filled, FundingSettled)


class Told(TypedDict):
    """What a desk's status says of its journal."""

    journal: Path | None
    journal_bytes: int
    journal_synced: datetime | None


class Recorder:
    """One desk's records, on the disk or in memory only, and the state they add up to.

    Lives on the desk's thread; ``rows``, ``recent`` and ``soon`` are safe from any.

    Args:
        clock: gives the time of a record (UTC).
        journal: where it is written; None for in memory only.
        lock: of the account; let go of at the end.
    """

    def __init__(
        self,
        clock: Callable[[], datetime],
        journal: Journal | None = None,
        lock: Lock | None = None,
    ) -> None:
        self.journal = journal
        self.state = DeskState()
        self.failed: Callable[[str], None] = _ignore
        """Called with the reason when something could not be written."""
        self.outstanding: Callable[[], tuple[Record, ...]] = tuple
        """Gives what has changed since it was last written, and is to be written soon."""
        self.wrote: Callable[[], None] = lambda: None
        """Called after something was written that waited."""
        self.is_busy: Callable[[], bool] = lambda: False
        """Whether somebody is trading, and housekeeping should wait."""
        self.synced: datetime | None = None
        """When something was last written (UTC)."""
        self.left: datetime | None = None
        """When an earlier desk last wrote (UTC); None when this one is the first."""
        self._clock = clock
        self._lock = lock
        self._waiting: list[Record] = []
        self._recent: deque[Row] = deque(maxlen=RECENT)
        self._once: dict[tuple[type, str], Row] = {}
        self._number = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._timer: asyncio.TimerHandle | None = None
        if journal is not None:
            journal.restore(self.state)
            self._recent.extend(journal.rows(after=max(0, journal.size - RECENT // 2)))
            self._number = journal.size
            earlier = (row for row in reversed(self._recent) if not _is_opening(row, journal))
            self.left = next((row.time for row in earlier), None)

    # Writing

    def write(self, *records: Record) -> None:
        """Write what waits and then these, all or none.

        Raises:
            JournalError: nothing was written, so nothing may be sent.
        """
        count = len(self._waiting)  # another thread may add to it meanwhile
        batch = (*self._waiting[:count], *records)
        if not batch:
            return
        try:
            rows = self._append(batch)
        except JournalError as error:
            self.failed(str(error))
            raise
        del self._waiting[:count]
        self.synced = rows[-1].time
        for row in rows:
            self._take(row)

    def later(self, record: Record) -> None:
        """Write it soon, or with whatever is written next; in order."""
        self._waiting.append(record)
        self.soon()

    def soon(self) -> None:
        """Have written soon what waits or is outstanding; from any thread, never raises."""
        if self._loop is not None and self._timer is None:  # else it is coming anyway
            with contextlib.suppress(RuntimeError):  # the loop is closed, and so is the desk
                self._loop.call_soon_threadsafe(self._wind_up)

    def flush(self) -> None:
        """Write what waits and what is outstanding; a failure is told, not raised."""
        self._timer = None
        outstanding = self.outstanding()
        if not self._waiting and not outstanding:
            return
        with contextlib.suppress(JournalError):  # ``write`` has told ``failed``
            self.write(*outstanding)
            self.wrote()
        if not self.is_busy():
            self.tidy()

    def tidy(self) -> None:
        """Do the journal's housekeeping, between two steps; what fails is done another time."""
        if self.journal is not None:
            with contextlib.suppress(JournalError):  # the next write tells, if it matters
                self.journal.tidy(self.state)

    def open(self, loop: asyncio.AbstractEventLoop) -> None:
        """Write on this loop what can wait a little."""
        self._loop = loop

    def close(self) -> None:
        """Write the rest and let go of the journal."""
        self._loop = None
        if self._timer is not None:
            self._timer.cancel()
        self.flush()
        if self.journal is not None:
            self.journal.close()
        if self._lock is not None:
            self._lock.release()

    def _append(self, batch: tuple[Record, ...]) -> tuple[Row, ...]:
        if self.journal is not None:
            return self.journal.append(*batch)
        now = self._clock()
        return tuple(Row(self._number + n, now, record) for n, record in enumerate(batch, 1))

    def _take(self, row: Row) -> None:
        self._number = row.id
        if isinstance(row.record, Epoch) and _is_new(row.record, self.state.epoch):
            self._recent.clear()
            self._once.clear()
        if self.journal is None and isinstance(row.record, _ONCE):
            self._once[type(row.record), row.record.key] = row
        self._recent.append(row)
        self.state.take(row)

    def _wind_up(self) -> None:
        if self._timer is None and self._loop is not None:
            self._timer = self._loop.call_later(SOON_SECONDS, self.flush)

    # Reading

    def told(self) -> Told:
        """Say where it is written, how large that is, and when it was last synced."""
        if self.journal is None:
            return Told(journal=None, journal_bytes=0, journal_synced=None)
        path = self.journal.path
        files = (path, path.with_name(f"{path.name}-wal"))
        size = sum(file.stat().st_size for file in files if file.exists())
        return Told(journal=path, journal_bytes=size, journal_synced=self.synced)

    def has(self, record: type[Record], key: str) -> bool:
        """Say whether what counts once is written already."""
        return self.find(record, key) is not None

    def find(self, record: type[Record], key: str) -> Row | None:
        """Give the row of what counts once; None when there is none in this epoch."""
        if self.journal is None:
            return self._once.get((record, key))
        return self.journal.find(record, key)

    @property
    def recent(self) -> tuple[Row, ...]:
        """The newest rows, oldest first; bounded."""
        return tuple(self._recent)

    def rows(
        self, kinds: Collection[type[Record]] = (), since: datetime | None = None
    ) -> Iterator[Row]:
        """Give rows, oldest first: all there ever were, or without a journal the newest.

        Raises:
            JournalError: the journal cannot be read.
        """
        if self.journal is None:
            for row in self.recent:
                is_wanted = not kinds or type(row.record) in kinds
                if is_wanted and (since is None or row.time >= since):
                    yield row
            return
        with Reading.open_to_read(self.journal.path) as reading:
            yield from reading.rows(since=since, kinds=[KIND_OF[kind] for kind in kinds])

    def at(self, moment: datetime) -> DeskState:
        """Give the state as of a past moment.

        Raises:
            InvalidInput: there is no journal to read it from.
            JournalError: the journal cannot be read.
        """
        if self.journal is None:
            raise InvalidInput(
                "this desk was opened without a journal, so the past was not kept; open it "
                'with journal="desk.sqlite"'
            )
        state = DeskState()
        with Reading.open_to_read(self.journal.path) as reading:
            reading.restore(state, at=moment)
        return state

    def postings(self, since: datetime | None = None) -> Iterator[Posting]:
        """Give the postings of the epoch, oldest first, booked at ``since`` or later."""
        began = self.state.began
        start = max(filter(None, (began, since)), default=None)
        for row in self.rows(BOOKED, start):
            if isinstance(row.record, BOOKED):
                yield from row.record.postings


def _is_new(epoch: Epoch, before: Epoch | None) -> bool:
    return before is not None and before.number != epoch.number


def _is_opening(row: Row, journal: Journal) -> bool:
    """Say whether this desk wrote the row when it opened the journal."""
    record = row.record
    return isinstance(record, Cut) or (
        isinstance(record, Opened) and record.owner == journal.owner
    )


def _ignore(_: str) -> None:
    """Do nothing."""
