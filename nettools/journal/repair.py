"""Checks a whole journal, and makes a sound one of a damaged one.

A path comes in; sentences about what is wrong, or what was kept and lost, go out. A repair
keeps the rows before the first damaged one, as they were; the damaged file stays beside it
under another name, because what lies behind the damage may still tell something.
"""

import os
import platform
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path

from nettools.allocate import exact_sum
from nettools.errors import JournalError
from nettools.journal.coding import write
from nettools.journal.files import REPAIRED, check_files, lock_of, make, sync_folder
from nettools.journal.reading import Reading, Row, microseconds
from nettools.journal.records import KIND_OF, Crossed, Cut, Filled, Owner
from nettools.journal.store import Entry, Store
from nettools.journal.wal import Log, examine


def check(path: Path) -> tuple[str, ...]:
    """Read all of a journal and say what is wrong with it; nothing when it is sound.

    Raises:
        JournalError: there is none, or it cannot be opened at all.
    """
    with Reading.open_to_read(path) as journal:
        log = _log_of(path)
        problems = [f"its log: {log.lost} finished steps cannot be read"] * log.is_damaged
        problems += [f"its file: {text}" for text in journal.complaints()]
        try:
            problems += [text for row in journal.rows() if (text := _wrong_sum(row))]
        except JournalError as error:
            problems.append(str(error))
    return tuple(problems)


def _wrong_sum(row: Row) -> str:
    """Hold the law of allocation: shares add up to the fill, crosses to nothing."""
    record = row.record
    if isinstance(record, Filled):
        shares = exact_sum(posting.quantity for posting in record.postings)
        fees = exact_sum(posting.fee for posting in record.postings)
        if (shares, fees) != (record.fill.signed_quantity, record.fill.fee):
            return f"row {row.id}: the shares of a fill do not add up to it"
    if isinstance(record, Crossed):
        for leg in {posting.leg for posting in record.postings}:
            crossed = exact_sum(p.quantity for p in record.postings if p.leg == leg)
            if crossed:
                return f"row {row.id}: a cross does not add up to zero on {leg}"
    return ""


def repair(path: Path, clock: Callable[[], datetime]) -> str:
    """Put a sound journal in the place of a damaged one; say what was kept and lost.

    Raises:
        DeskLocked: a desk is using it.
        JournalError: nothing of it can be read, or it cannot be written here; the journal is
            as it was.
    """
    if not path.is_file():
        raise JournalError(f"there is no journal {path}; check the path")
    check_files(path)
    owner = Owner(name="repair", pid=os.getpid(), host=platform.node(), since=clock())
    lock = lock_of(path, owner)
    try:
        return _repair(path, microseconds(clock()))
    except OSError as error:
        raise JournalError(
            f"the journal {path} could not be repaired ({error.strerror}); it is as it was"
        ) from None
    finally:
        lock.release()


def _repair(path: Path, now: int) -> str:
    repaired = path.with_name(path.name + REPAIRED)
    with tempfile.TemporaryDirectory(prefix=".repair-", dir=path.parent) as folder:
        # A copy is opened: opening the file itself would drop what SQLite cannot read.
        copy = Path(folder, "copy")
        for ending in ("", "-wal"):
            if (part := path.with_name(path.name + ending)).exists():
                shutil.copyfile(part, copy.with_name(copy.name + ending))
        repaired.unlink(missing_ok=True)
        make(repaired)
        try:
            told = _copy_what_is_sound(copy, repaired, _log_of(path), now)
        except BaseException:
            repaired.unlink()
            raise
    if not told:
        repaired.unlink()
        return f"the journal {path} is sound; nothing was done"
    return f"{told}; the damaged journal is now {_exchange(path, repaired)}"


def _copy_what_is_sound(damaged: Path, repaired: Path, log: Log, now: int) -> str:
    """Copy the rows before the first damaged one, and a last one that says what was lost."""
    with closing(Store(damaged)) as old, closing(Store(repaired)) as new:
        behind = "".join(_copy_rows(old, new))
        kept = new.last
        if not kept.id:
            raise JournalError(f"nothing of {damaged} can be read; put a backup in its place")
        if log.unread:
            steps = f"{log.lost} finished steps" if log.lost else "an unfinished record"
            behind = f"{behind}; {steps} in its log" if behind else f"{steps} in its log"
        if not behind:
            return ""
        told = f"rows 1 to {kept.id} of the journal were kept, what could not be read: {behind}"
        new.append([(KIND_OF[Cut], None, write(Cut(text=told)))], max(now, kept.time))
        new.fold_log("TRUNCATE")
        return told


def _copy_rows(old: Store, new: Store) -> Iterator[str]:
    """Copy until a row is damaged; give at most one sentence about what is behind."""
    reason = []

    def sound() -> Iterator[Entry]:
        before, number = b"", 0
        try:
            for entry in old.entries():
                if entry.id != number + 1 or not entry.is_sound(before):
                    reason.append(f"row {number + 1} is damaged")
                    return
                before, number = entry.checksum, entry.id
                yield entry
        except JournalError:
            reason.append(f"row {number + 1} cannot be reached")

    new.copy(sound())
    for text in reason:
        yield f"{text}, and with it up to {old.last.id - new.last.id} rows"


def _exchange(path: Path, repaired: Path) -> Path:
    """Put the repaired journal in place. Interrupted, the next opening finds one missing."""
    number = 1
    while (aside := path.with_name(f"{path.name}.damaged-{number}")).exists():
        number += 1
    path.replace(aside)
    log = path.with_name(f"{path.name}-wal")
    if log.exists():
        log.replace(aside.with_name(f"{aside.name}-wal"))
    path.with_name(f"{path.name}-shm").unlink(missing_ok=True)
    repaired.replace(path)
    sync_folder(path.parent)
    return aside


def _log_of(path: Path) -> Log:
    try:
        return examine(path.with_name(f"{path.name}-wal").read_bytes())
    except FileNotFoundError:
        return Log()
