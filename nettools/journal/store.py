"""The file itself: an append-only, checksummed table in SQLite (WAL, synchronous=FULL).

Entries of text come in and go out; what they mean is known elsewhere. Each checksum covers the
row and the checksum before it, so that a row changed, lost or put in later is found. One
``append`` is one transaction and one sync: when it returns, all of it is on the disk; when it
raises, none of it counts.
"""

import contextlib
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from hashlib import blake2s
from pathlib import Path
from typing import NamedTuple

from nettools.errors import JournalError, NettoolsError
from nettools.journal.failures import SENTENCES, in_words, name_of
from nettools.journal.files import Place, fill_up

APPLICATION = 0x6E657474
"""Marks the file as a journal of ours ("nett")."""
MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        """CREATE TABLE entry (
            id INTEGER PRIMARY KEY, time INTEGER NOT NULL, kind TEXT NOT NULL, key TEXT,
            body TEXT NOT NULL, checksum BLOB NOT NULL)""",
        "CREATE UNIQUE INDEX entry_key ON entry (key) WHERE key IS NOT NULL",
        """CREATE TRIGGER no_change BEFORE UPDATE ON entry
            BEGIN SELECT RAISE(ABORT, 'a journal is only added to'); END""",
        """CREATE TRIGGER no_removal BEFORE DELETE ON entry
            BEGIN SELECT RAISE(ABORT, 'a journal is only added to'); END""",
        """CREATE TABLE checkpoint (
            id INTEGER PRIMARY KEY, body TEXT NOT NULL, checksum BLOB NOT NULL)""",
    ),
)
"""Statements that bring a file from version n to n + 1; an empty file has version 0."""
PATIENCE_SECONDS = 2.0
"""How long to wait for another program that holds the file."""
MOST_CHECKPOINTS = 32
_PAGE = 4096
LOG_ROOM = 32 + 500 * (24 + _PAGE)
"""Bytes the log is given beforehand: its head, and pages with theirs."""
_FOLD_AT = LOG_ROOM // 2
"""A log this full should be folded into the file; SQLite itself does it at 1,000 pages."""
_PAGES_A_STEP = 3
"""A step rewrites the last page of the table and of the index, and mostly begins a new one."""
_CHUNK = 1000
_SHORTEST = 512
"""Bytes of the smallest database."""


class Entry(NamedTuple):
    """One row as it lies in the file."""

    id: int
    time: int
    """Microseconds since 1970 (UTC), never falling."""
    kind: str
    key: str | None
    """What may be there once only; None for most rows."""
    body: bytes
    """JSON, plain ASCII."""
    checksum: bytes

    def is_sound(self, before: bytes) -> bool:
        """Say whether the checksum fits the row and the checksum before it."""
        return self.checksum == chained(before, *self[:5])


def chained(  # noqa: PLR0913, PLR0917 - the columns
    before: bytes, number: int, time: int, kind: str, key: str | None, body: bytes
) -> bytes:
    """Give the checksum of a row after the row with the checksum ``before``."""
    text = f"{number}|{time}|{kind}|{key or ''}|".encode(errors="replace")
    return blake2s(before + text + body, digest_size=8).digest()


class Store:
    """One connection to one file."""

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        self.path = path
        self.last = Entry(0, 0, "", None, b"", b"")
        """The newest row; all zeros when there is none."""
        self._failed: NettoolsError | None = None
        self._place = Place()
        self._logged = 0
        self._check_length()
        mode = "ro" if read_only else "rw"
        with self._told():
            self._sqlite = sqlite3.connect(
                f"{path.absolute().as_uri()}?mode={mode}",
                uri=True,
                timeout=PATIENCE_SECONDS,
                isolation_level=None,
                check_same_thread=False,
            )
        try:
            self._set_up(read_only=read_only)
        except BaseException:
            self.close()
            raise

    def _check_length(self) -> None:
        """Refuse a file too short to be a database: SQLite would take it for an empty one.

        The file is not opened for it. To close it again would let go of every lock this
        process holds on it, a desk's too, and the next program to look at the journal would
        take the log away from under that desk.
        """
        try:
            size = self.path.stat().st_size
        except OSError as error:
            raise JournalError(
                f"the journal {self.path} cannot be read ({error.strerror})"
            ) from None
        if 0 < size < _SHORTEST:
            raise JournalError(SENTENCES["SQLITE_NOTADB"].format(path=self.path))

    def close(self) -> None:
        """Let go of the file; the last writer folds the log into it."""
        with self._told():
            self._sqlite.close()

    def _set_up(self, *, read_only: bool) -> None:
        with self._told():
            # A damaged row may hold no text: rows are read as bytes and judged here.
            self._sqlite.text_factory = bytes
            version, application = (
                self._sqlite.execute(f"PRAGMA {name}").fetchone()[0]
                for name in ("user_version", "application_id")
            )
            is_new = version == application == 0 and not self._tables()
            if application != APPLICATION and not is_new:
                raise JournalError(f"{self.path} is no journal of nettools; name another file")
            if version > len(MIGRATIONS):
                raise JournalError(
                    f"the journal {self.path} has version {version} and this nettools knows "
                    f"{len(MIGRATIONS)}; install the newer nettools that wrote it"
                )
            if read_only:
                if version < len(MIGRATIONS):
                    raise JournalError(
                        f"the journal {self.path} has version {version}, before "
                        f"{len(MIGRATIONS)}; open a desk with it once, which migrates it"
                    )
            else:
                self._prepare(version)
            self._read_last()

    def _tables(self) -> int:
        found: int = self._sqlite.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        return found

    def _prepare(self, version: int) -> None:
        [mode] = self._sqlite.execute("PRAGMA journal_mode=WAL").fetchone()
        if mode != b"wal":
            raise JournalError(
                f"the disk of {self.path} cannot hold a journal (no write-ahead log on it); "
                "name a folder on a local disk"
            )
        for setting in ("synchronous=FULL", "fullfsync=ON"):
            self._sqlite.execute(f"PRAGMA {setting}")
        if version == len(MIGRATIONS):
            return
        with self._transaction():
            for statements in MIGRATIONS[version:]:
                for statement in statements:
                    self._sqlite.execute(statement)
            self._sqlite.execute(f"PRAGMA application_id={APPLICATION}")
            self._sqlite.execute(f"PRAGMA user_version={len(MIGRATIONS)}")

    def _read_last(self) -> None:
        self.last = Entry(0, 0, "", None, b"", b"")
        for entry in self._select("1 ORDER BY id DESC LIMIT 1"):
            self.last = entry

    # Writing

    def make_room(self) -> None:
        """Give the log its room beforehand, and remember which files these are.

        A sync of what lies within a file is one write; of what makes the file grow, it waits
        for the file system's own log as well, and for all that others have written there.
        """
        log = self.path.with_name(f"{self.path.name}-wal")
        fill_up(log, LOG_ROOM)
        self._place = Place(self.path, log)

    def append(self, rows: Sequence[tuple[str, str | None, str]], time: int) -> None:
        """Add rows of kind, key and body, all or none, and sync them.

        Args:
            rows: plain ASCII text.
            time: microseconds since 1970 (UTC); not before the newest row's.

        Raises:
            InvalidInput: a key is in the journal already.
            JournalError: they could not be written.
        """
        if self._failed is not None:
            raise self._failed  # a disk that failed once may claim to sync and not do it
        last, entries = self.last, []
        for number, (kind, key, text) in enumerate(rows, last.id + 1):
            body = text.encode("ascii")
            checksum = chained(last.checksum, number, time, kind, key, body)
            last = Entry(number, time, kind, key, body, checksum)
            entries.append((number, time, kind, key, text, checksum))
        try:
            with self._told(), self._transaction():
                self._sqlite.executemany("INSERT INTO entry VALUES (?,?,?,?,?,?)", entries)
        except BaseException:
            with contextlib.suppress(JournalError):  # the first error is the one to tell
                self._again()
            raise
        if gone := self._place.gone():
            self._failed = JournalError(SENTENCES["gone"].format(path=gone))
            raise self._failed
        self.last = last
        self._logged += _PAGES_A_STEP * _PAGE + sum(len(text) for _, _, text in rows)

    def _again(self) -> None:
        """Look what the file really holds, after something went wrong."""
        with self._told():
            self._read_last()

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        self._sqlite.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._sqlite.execute("COMMIT")
        except BaseException:
            if self._sqlite.in_transaction:
                with contextlib.suppress(sqlite3.Error):
                    self._sqlite.execute("ROLLBACK")
            raise

    def copy(self, entries: Iterable[Entry]) -> None:
        """Put rows of another journal into this empty one, as they were, checksums and all."""
        rows = ((*e[:4], e.body.decode("ascii"), e.checksum) for e in entries)
        with self._told(), self._transaction():
            self._sqlite.executemany("INSERT INTO entry VALUES (?,?,?,?,?,?)", rows)
        self._again()

    def cut_after(self, number: int) -> None:
        """Take the rows after this one out; only ever done to rows that cannot be read."""
        with self._told(), self._transaction():
            self._sqlite.execute("DROP TRIGGER no_removal")
            self._sqlite.execute("DELETE FROM entry WHERE id > ?", (number,))
            self._sqlite.execute("DELETE FROM checkpoint WHERE id > ?", (number,))
            [statement] = [s for s in MIGRATIONS[0] if "no_removal" in s]
            self._sqlite.execute(statement)
        self._again()

    def add_checkpoint(self, body: str) -> None:
        """Keep a state as of the newest row; of too many, every second goes."""
        checksum = _checkpoint_sum(self.last.checksum, body.encode("ascii"))
        with self._told(), self._transaction():
            self._sqlite.execute(
                "REPLACE INTO checkpoint VALUES (?,?,?)", (self.last.id, body, checksum)
            )
            kept = [row[0] for row in self._sqlite.execute("SELECT id FROM checkpoint")]
            if len(kept) > MOST_CHECKPOINTS:
                gone = sorted(kept)[1:-1:2]
                marks = ",".join("?" * len(gone))
                self._sqlite.execute(f"DELETE FROM checkpoint WHERE id IN ({marks})", gone)  # noqa: S608 - question marks

    @property
    def is_log_long(self) -> bool:
        """Say whether the log should be folded before SQLite does it during a step."""
        return self._logged >= _FOLD_AT

    def fold_log(self, how: str = "PASSIVE") -> None:
        """Move what is in the log into the file, as far as nobody reads it.

        Args:
            how: ``PASSIVE`` lets the log keep its room, ``TRUNCATE`` lets it go.
        """
        self._logged = 0
        with self._told():
            self._sqlite.execute(f"PRAGMA wal_checkpoint({how})").fetchone()

    # Reading

    def entries(self, after: int = 0, until: int | None = None) -> Iterator[Entry]:
        """Give the rows from ``after`` (not included) to ``until`` (included), in order.

        In pieces, so that neither memory nor a lock grows with the file.
        """
        end = self.last.id if until is None else until
        while after < end:
            with self._told():
                found = self._select(
                    f"id > ? AND id <= ? ORDER BY id LIMIT {_CHUNK}", after, end
                )
            if not found:
                return
            yield from found
            after = found[-1].id

    def entry(self, number: int) -> Entry | None:
        """Give one row; None when there is none."""
        with self._told():
            return next(iter(self._select("id = ?", number)), None)

    def by_key(self, key: str) -> Entry | None:
        """Give the row with this key; None when there is none."""
        with self._told():
            return next(iter(self._select("key = ?", key)), None)

    def last_before(self, time: int) -> int:
        """Give the number of the newest row that is not later; 0 when all are.

        Times never fall, so halving finds it without an index.
        """
        low, high = 0, self.last.id
        while low < high:
            middle = (low + high + 1) // 2
            entry = self.entry(middle)
            if entry is not None and entry.time <= time:
                low = middle
            else:
                high = middle - 1
        return low

    def checkpoints(self, until: int) -> Iterator[tuple[int, bytes]]:
        """Give the sound checkpoints up to a row, newest first: row number and body."""
        with self._told():
            found = self._sqlite.execute(
                "SELECT id FROM checkpoint WHERE id <= ? ORDER BY id DESC", (until,)
            ).fetchall()
        for (number,) in found:
            with self._told():
                row = self._sqlite.execute(
                    "SELECT body, checksum FROM checkpoint WHERE id = ?", (number,)
                ).fetchone()
            entry = self.entry(number)
            if entry is not None and row[1] == _checkpoint_sum(entry.checksum, row[0]):
                yield number, row[0]

    def first_unsound(self, after: int = 0) -> int | None:
        """Give the first row that its checksum does not fit; None when all after are sound."""
        start = self.entry(after)
        before, number = b"" if start is None else start.checksum, after
        for entry in self.entries(after):
            number += 1
            if entry.id != number or not entry.is_sound(before):
                return number
            before = entry.checksum
        return None if number == self.last.id else number + 1

    def complaints(self) -> tuple[str, ...]:
        """Ask SQLite what is wrong with the file; nothing when it is sound."""
        with self._told():
            rows = self._sqlite.execute("PRAGMA integrity_check(5)").fetchall()
        texts = (row[0].decode(errors="replace") for row in rows)
        return tuple(" ".join(text.split()) for text in texts if text != "ok")

    def _select(self, where: str, *values: object) -> list[Entry]:
        rows = self._sqlite.execute(
            f"SELECT id, time, kind, key, body, checksum FROM entry WHERE {where}",  # noqa: S608 - ours
            values,
        ).fetchall()
        return [_entry(*row) for row in rows]

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        """Turn SQLite's errors into sentences."""
        try:
            yield
        except sqlite3.Error as error:
            told = in_words(self.path, error)
            if name_of(error).startswith("SQLITE_IOERR"):
                self._failed = told
            raise told from None


def _entry(*columns: object) -> Entry:
    """Make a row of what was read; a column of the wrong type is damage, found later."""
    number, time, kind, key, body, checksum = columns
    return Entry(
        number if isinstance(number, int) else 0,
        time if isinstance(time, int) else 0,
        kind.decode(errors="replace") if isinstance(kind, bytes) else "",
        key.decode(errors="replace") if isinstance(key, bytes) else None,
        body if isinstance(body, bytes) else b"",
        checksum if isinstance(checksum, bytes) else b"",
    )


def _checkpoint_sum(before: bytes, body: bytes) -> bytes:
    return blake2s(before + body, digest_size=8).digest()
