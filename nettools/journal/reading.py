"""Reads a journal: its rows, and any state they lead to, now or at a past moment.

Rows come out one by one, each checked against its checksum before it is believed, in pieces
of a file that may be far larger than memory. A state is folded from the newest checkpoint
before the moment and the rows after it. Keeps law 8: what was written reads back equal.
"""

from collections.abc import Collection, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple, Protocol, Self

from nettools.errors import InvalidInput, JournalError
from nettools.journal.coding import read
from nettools.journal.files import check_files
from nettools.journal.records import KIND_OF, KINDS, Record
from nettools.journal.store import Entry, Store

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Row(NamedTuple):
    """One record, where and when it was written."""

    id: int
    """Counts from 1 without gaps."""
    time: datetime
    """When it was recorded, by our clock (UTC); never before the row above it."""
    record: Record

    @property
    def kind(self) -> str:
        """What the record is called in the file, for example ``intent``."""
        return KIND_OF[type(self.record)]


class Fold(Protocol):
    """A state that rows lead to; it can be put down as text and taken up again."""

    def take(self, row: Row) -> None:
        """Take the next row in."""
        ...

    def dump(self) -> str:
        """Give all of it as plain ASCII text."""
        ...

    def load(self, text: str) -> None:
        """Become what was dumped; raises JournalError, unchanged, when it cannot be read."""
        ...


class Reading:
    """A journal that is only read; a desk may be writing it meanwhile.

    Made by ``Reading.open_to_read``; close it, or use it in a ``with`` block.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    @classmethod
    def open_to_read(cls, path: str | Path) -> "Reading":
        """Open a journal without the right to write it.

        Raises:
            JournalError: there is none, or it cannot be read.
        """
        file = Path(path)
        if not file.is_file():
            raise JournalError(f"there is no journal {file}; check the path")
        check_files(file)
        return Reading(Store(file, read_only=True))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        self._store.close()

    @property
    def path(self) -> Path:
        """Where it is."""
        return self._store.path

    @property
    def size(self) -> int:
        """How many rows there are."""
        return self._store.last.id

    def rows(
        self,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        kinds: Collection[str] = (),
        after: int = 0,
    ) -> Iterator[Row]:
        """Give rows in the order they were written, one by one.

        Args:
            since: recorded at this time or later (UTC).
            until: recorded at this time or earlier (UTC).
            kinds: only these; all when empty.
            after: only rows behind this number.

        Raises:
            InvalidInput: there is no such kind.
            JournalError: a row is damaged; nothing behind it is believed.
        """
        unknown = sorted(set(kinds) - KINDS.keys())
        if unknown:
            raise InvalidInput(
                f"no rows are called {unknown[0]!r}; there is {', '.join(KINDS)}"
            )
        if since is not None:
            after = max(after, self._store.last_before(microseconds(since) - 1))
        end = self._end(until)
        for entry in self._sound(after, end):
            if not kinds or entry.kind in kinds:
                yield row_of(entry)

    def restore(
        self, fold: Fold, *, at: datetime | None = None, upto: int | None = None
    ) -> int:
        """Bring an empty fold to the state after all rows, or to that of a past moment.

        Args:
            fold: takes the rows.
            at: rows recorded at this time or earlier (UTC).
            upto: rows up to this number; those of one append share their time.

        Returns:
            The number of the last row it knows.

        Raises:
            JournalError: a row on the way is damaged.
        """
        end, start = self._end(at), 0
        end = end if upto is None else min(end, upto)
        for number, body in self._store.checkpoints(end):
            try:
                fold.load(body.decode("ascii"))
            except JournalError:
                continue  # of an older version: the rows say it all again
            start = number
            break
        for entry in self._sound(start, end):
            fold.take(row_of(entry))
        return end

    def find(self, record: type[Record], key: str) -> Row | None:
        """Find the one row of a kind that counts once, in the newest epoch.

        ``Intended`` by its client order id, ``Filled`` by symbol and fill id,
        ``FundingSettled`` by symbol and time, as their ``key`` says; None when there is none.
        """
        entry = self._store.by_key(self._full_key(KIND_OF[record], key))
        return None if entry is None else next(self.rows(after=entry.id - 1))

    def complaints(self) -> tuple[str, ...]:
        """Ask SQLite what is wrong with the file itself; nothing when it is sound."""
        return self._store.complaints()

    def _full_key(self, kind: str, key: str) -> str:
        return ascii_key(self._epoch(), kind, key)

    def _epoch(self) -> int:
        number = 0
        while self._store.by_key(epoch_key(number + 1)) is not None:
            number += 1
        return number

    def _end(self, moment: datetime | None) -> int:
        return self.size if moment is None else self._store.last_before(microseconds(moment))

    def _sound(self, after: int, until: int) -> Iterator[Entry]:
        start = self._store.entry(after) if after else None
        before, number = b"" if start is None else start.checksum, after
        for entry in self._store.entries(after, until):
            number += 1
            if entry.id != number or not entry.is_sound(before):
                raise damaged(self.path, number)
            before = entry.checksum
            yield entry
        if number < until:
            raise damaged(self.path, number + 1)


def damaged(path: Path, number: int) -> JournalError:
    """Say that a row is damaged, and what to do."""
    return JournalError(
        f"row {number} of the journal {path} is damaged; the rows before it are sound. Run: "
        f"nettools journal check --repair {path}"
    )


def row_of(entry: Entry) -> Row:
    """Read what a row says; raises JournalError when this version does not know it."""
    kind = KINDS.get(entry.kind)
    if kind is None:
        raise JournalError(
            f"row {entry.id} of the journal is of the kind {entry.kind!r}, which this nettools "
            "does not know; install the one that wrote it"
        )
    return Row(entry.id, moment(entry.time), read(entry.body.decode("ascii"), kind))


def microseconds(time: datetime) -> int:
    """Give microseconds since 1970; raises InvalidInput for a time without its zone."""
    if time.tzinfo is None:
        raise InvalidInput(f"a time needs its zone, was {time}; give it in UTC")
    return (time - _EPOCH) // _MICROSECOND


def moment(count: int) -> datetime:
    """Give the time of that many microseconds since 1970 (UTC)."""
    return _EPOCH + count * _MICROSECOND


def epoch_key(number: int) -> str:
    """Name the beginning of an epoch."""
    return f"epoch {number}"


def ascii_key(epoch: int, kind: str, key: str) -> str:
    """Name what counts once; a venue may reuse its ids after a reset, hence the epoch."""
    return f"{epoch} {kind} {key}".encode("ascii", "backslashreplace").decode()
