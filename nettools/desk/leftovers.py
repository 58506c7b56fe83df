"""Removes the journals of local testnets that ended, once nobody is likely to miss them.

A folder of journals comes in, one line about what was removed goes out. A local testnet ends
with its account, and no later one ever has its address and key again. Law: only what the desk
named itself is touched, of an account on this machine, a week old, that nobody holds and
nobody answers for; journals a user named and those of real testnets are the user's.
"""

import contextlib
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

from nettools.errors import NettoolsError
from nettools.journal import Reading
from nettools.journal.files import COMPANIONS, Lock
from nettools.journal.records import Opened, Owner
from nettools.testnet.session import is_listening

KEPT_FOR = timedelta(days=7)
"""After the last change of the file; long enough to look at what was played last week."""
_OURS = re.compile(r"local(-bybit)?-[0-9a-f]{12}\.sqlite")
"""How the desk names the journal of a local testnet."""
_ADDRESS = re.compile(r"http://127\.0\.0\.1:(\d{1,5}) [0-9a-f]+")
"""How the account of a local testnet is named."""


def remove_leftovers(folder: Path, owner: Owner) -> str:
    """Remove old journals of local testnets that are gone; say how many, or nothing.

    What cannot be read, locked or removed stays as it is.

    Args:
        folder: where the desk puts journals that nobody named.
        owner: who removes them, and when (UTC).
    """
    files = [file for file in folder.glob("local*.sqlite") if _OURS.fullmatch(file.name)]
    count = sum(_is_old(file, owner.since) and _remove(file, owner) for file in files)
    if not count:
        return ""
    journals = "journals of local testnets" if count > 1 else "journal of a local testnet"
    when = f"more than {KEPT_FOR.days} days ago"
    return f"{count} {journals} that ended {when} removed from {folder}"


def _is_old(journal: Path, now: datetime) -> bool:
    times = []
    for file in (journal, journal.with_name(f"{journal.name}-wal")):
        with contextlib.suppress(OSError):
            found = file.stat()
            times += [found.st_mtime] * bool(found.st_size)  # whoever reads leaves empty ones
    return bool(times) and now - datetime.fromtimestamp(max(times), UTC) > KEPT_FOR


def _remove(journal: Path, owner: Owner) -> bool:
    account = journal.with_suffix(".lock")
    try:
        locks = [Lock(account, owner, "the account")]
        try:
            locks.append(Lock(journal.with_name(f"{journal.name}.lock"), owner, "the journal"))
            if not _is_gone(journal):
                return False
            for ending in ("", *COMPANIONS):
                journal.with_name(journal.name + ending).unlink(missing_ok=True)
            account.unlink(missing_ok=True)
        finally:
            for lock in locks:
                lock.release()
    except (NettoolsError, OSError):
        return False
    return True


def _is_gone(journal: Path) -> bool:
    with Reading.open_to_read(journal) as reading:
        first = next(reading.rows(kinds=["opened"]), None)
    if first is None or not isinstance(first.record, Opened):
        return False
    found = _ADDRESS.fullmatch(first.record.account)
    return found is not None and not is_listening(int(found[1]))
