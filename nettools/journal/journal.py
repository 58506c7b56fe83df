"""The journal of one desk: no record, no send.

Records come in; when ``append`` returns they are on the disk, all of them, and when it raises
none of them is. One desk writes; what an unfinished write left at the end is cut and told;
damage in the middle stops with the command that repairs it.
"""

import contextlib
import os
import platform
import threading
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from nettools.errors import InvalidInput, JournalError, NettoolsError
from nettools.journal.coding import write
from nettools.journal.files import Lock, lock_of, secure
from nettools.journal.reading import (
    Fold,
    Reading,
    Row,
    ascii_key,
    damaged,
    epoch_key,
    microseconds,
    moment,
    row_of,
)
from nettools.journal.records import (
    KIND_OF,
    Closed,
    Cut,
    Epoch,
    Filled,
    FundingSettled,
    Intended,
    Opened,
    Owner,
    Record,
)
from nettools.journal.store import Store
from nettools.journal.wal import examine

CHECKPOINT_EVERY = 10_000
"""A desk that makes a checkpoint after so many rows opens within a second."""
_TAIL = 50_000
"""At most so many rows are read at the opening; ``restore`` looks at each it takes anyway."""
_ONCE = (Intended, Filled, FundingSettled)
"""Records that count once in an epoch, by their key."""


class Journal(Reading):
    """A journal with the right to write it; made by ``Journal.open``.

    Safe from several threads of one process; each append is one step.
    """

    def __init__(
        self,
        store: Store,
        lock: Lock,
        owner: Owner,
        clock: Callable[[], datetime],
        redact: Callable[[str], str],
    ) -> None:
        super().__init__(store)
        self.notices: tuple[str, ...] = ()
        """What the user should know about the opening; empty when all was in order."""
        self.owner = owner
        self._lock = lock
        self._clock = clock
        self._redact = redact
        self._turn = threading.RLock()
        self._number = self._epoch()
        self._folded = next((number for number, _ in store.checkpoints(self.size)), 0)
        self._is_open = True

    @classmethod
    def open(
        cls,
        path: str | Path,
        *,
        account: str,
        owner: str,
        clock: Callable[[], datetime],
        redact: Callable[[str], str] = str,
    ) -> "Journal":
        """Open or begin a journal, as its only writer.

        Args:
            path: of the file; it and what lies beside it are readable by nobody else.
            account: whose trades it records: the venue and a fingerprint, never a key.
            owner: name of the desk, for whoever finds the journal in use.
            clock: gives our time (UTC).
            redact: masks what must never be written, in text that may be JSON.

        Raises:
            DeskLocked: another desk writes it; the message names it.
            JournalError: it cannot be written, is of another account, or is damaged.
        """
        file = Path(path)
        me = Owner(name=owner, pid=os.getpid(), host=platform.node(), since=clock())
        secure(file)
        lock = lock_of(file, me)
        try:
            cut = _look_at_log(file)
            store = Store(file)
        except BaseException:
            lock.release()
            raise
        try:
            store.make_room()
            journal = cls(store, lock, me, clock, redact)
            journal._begin(account, cut)
        except BaseException:
            store.close()
            lock.release()
            raise
        return journal

    def _begin(self, account: str, cut: str) -> None:
        self._check_account(account)
        cuts = [Cut(text=text) for text in (cut, self._cut_tail()) if text]
        notices = [lost.text for lost in cuts]
        last = None if not self.size else row_of(self._store.last).record
        if last is not None and not isinstance(last, Closed):
            notices.append(
                "the last desk on this journal ended without closing it; what it recorded is "
                "all here, and its open orders are looked up"
            )
        self.append(*cuts, Opened(account=account, owner=self.owner))
        self.notices = tuple(notices)

    def _check_account(self, account: str) -> None:
        first = self._store.entry(1)
        if first is None:
            return
        if not first.is_sound(b""):
            raise damaged(self.path, 1)
        opened = row_of(first).record
        if isinstance(opened, Opened) and opened.account != account:
            raise JournalError(
                f"the journal {self.path} belongs to the account {opened.account} and the desk "
                f"to {account}; name another file for it"
            )

    def _cut_tail(self) -> str:
        """Cut rows at the very end that cannot be read; raises when good ones follow them."""
        bad = self._store.first_unsound(max(self._folded, self.size - _TAIL))
        if bad is None:
            return ""
        start = self._store.entry(bad)
        before = b"" if start is None else start.checksum
        for entry in self._store.entries(bad):
            if entry.is_sound(before):
                raise damaged(self.path, bad)
            before = entry.checksum
        count = self.size - bad + 1
        self._store.cut_after(bad - 1)
        return (
            f"the last {count} rows of the journal could not be read and were cut (from row "
            f"{bad}); what they said is looked up at the venue, or shows as a break"
        )

    @property
    def rows_since_checkpoint(self) -> int:
        """How many rows the next opening would have to fold."""
        return self.size - self._folded

    def append(self, *records: Record) -> tuple[Row, ...]:
        """Write records, all or none, and sync them; give them as rows, for a fold.

        Raises:
            JournalError: none was written, and nothing may be sent.
            InvalidInput: none was written: one holds what no record may hold, or counts once
                and is in the journal already.
        """
        with self._turn:
            self._may_write()
            number, rows = self._number, []
            for record in records:
                kind, key = KIND_OF[type(record)], None
                if isinstance(record, _ONCE):
                    key = ascii_key(number, kind, record.key)
                elif isinstance(record, Epoch) and record.number != number:
                    number = _next_epoch(record, number)
                    key = epoch_key(number)
                rows.append((kind, key, self._redact(write(record))))
            now = max(microseconds(self._clock()), self._store.last.time)
            first = self.size + 1
            self._store.append(rows, now)
            self._number = number
            time = moment(now)
            return tuple(Row(n, time, record) for n, record in enumerate(records, first))

    def _full_key(self, kind: str, key: str) -> str:
        return ascii_key(self._number, kind, key)

    def checkpoint(self, fold: Fold) -> None:
        """Keep a fold that has taken every row, so that the next opening starts from it.

        Derived and disposable: without it the rows say it all again.

        Raises:
            JournalError: it could not be written; the rows are as they were.
        """
        with self._turn:
            self._may_write()
            self._store.add_checkpoint(self._redact(fold.dump()))
            self._folded = self.size

    def tidy(self, fold: Fold) -> None:
        """Do what may wait until nothing waits for the journal: checkpoints, folding the log.

        Args:
            fold: has taken every row.

        Raises:
            JournalError: it could not be done; the rows are as they were.
        """
        if self.rows_since_checkpoint >= CHECKPOINT_EVERY:
            self.checkpoint(fold)
        with self._turn:
            if self._store.is_log_long:
                self._may_write()
                self._store.fold_log()

    def close(self) -> None:
        """Record the end, fold the log into the file and let the next desk in."""
        with self._turn:
            if not self._is_open:
                return
            if self.owner.pid == os.getpid():
                with contextlib.suppress(NettoolsError):  # nothing is sent any more
                    self.append(Closed(owner=self.owner))
                    self._store.fold_log("TRUNCATE")
            self._is_open = False
            super().close()
            self._lock.release()

    def _may_write(self) -> None:
        if not self._is_open:
            raise JournalError(f"the journal {self.path} is closed; open the desk again")
        if self.owner.pid != os.getpid():
            raise JournalError(
                f"the journal {self.path} was opened by process {self.owner.pid} and is not "
                "shared with its children; open another one"
            )

    def __repr__(self) -> str:
        return f"Journal({self.path.name}, {self.size} rows)"


def _next_epoch(record: Epoch, number: int) -> int:
    if record.number != number + 1:
        raise InvalidInput(f"after epoch {number} comes {number + 1}, was {record.number}")
    return record.number


def _look_at_log(path: Path) -> str:
    """Say what SQLite will drop of the log, before it does; raises when that is too much."""
    try:
        log = path.with_name(f"{path.name}-wal").read_bytes()
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise JournalError(
            f"the log beside the journal {path} cannot be read ({error.strerror})"
        ) from None
    found = examine(log)
    if found.is_damaged:
        raise JournalError(
            f"the log beside the journal {path} is damaged in the middle: up to {found.lost} "
            f"finished steps in it cannot be read. Run: nettools journal check --repair {path}"
        )
    if not found.unread:
        return ""
    return (
        f"an unfinished record of {found.unread} bytes at the end of the journal was cut; what "
        "it said is looked up at the venue, or shows as a break"
    )
