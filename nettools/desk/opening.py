"""Where a desk's journal lies, and who may write it: one desk per account and per journal.

A venue and the user's choice come in; a recorder with its locks goes out. The folder of the
user's state and everything in it is for this user alone. An account is locked in that folder,
whichever journal is used, so a second program on the same account finds the first.
"""

import os
import platform
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from hashlib import blake2s
from pathlib import Path

from nettools.desk.leftovers import remove_leftovers
from nettools.desk.recorder import Recorder
from nettools.errors import JournalError
from nettools.journal import Journal
from nettools.journal.files import Lock
from nettools.journal.records import Owner
from nettools.venues import MemoryVenue
from nettools.venues.opening import LOCAL
from nettools.venues.protocol import Venue

Choice = str | Path | bool | None
"""A journal's path; None for the usual place; False for none at all."""


def state_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """Give the folder where this user's desks keep what must survive: made when missing.

    ``NETTOOLS_STATE_DIR``, else ``nettools`` in ``XDG_STATE_HOME`` or ``~/.local/state``.

    Raises:
        JournalError: it cannot be made.
    """
    named = environment.get("NETTOOLS_STATE_DIR", "")
    home = environment.get("XDG_STATE_HOME", "")
    base = Path(home) if home else Path.home() / ".local" / "state"
    folder = Path(named) if named else base / "nettools"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise JournalError(
            f"the folder {folder} for journals cannot be made ({error.strerror}); set "
            "NETTOOLS_STATE_DIR to one that can, or name a journal"
        ) from None
    return folder


def open_recorder(
    venue: Venue, choice: Choice, name: str, clock: Callable[[], datetime]
) -> Recorder:
    """Take the account and its journal for one desk.

    An exchange in this process has no journal unless one is named, for it ends with it.

    Args:
        venue: the account; not connected yet.
        choice: see ``Choice``.
        name: of the desk, for whoever finds the account in use.
        clock: gives the time (UTC).

    Raises:
        DeskLocked: another desk has the account or the journal; the message names it.
        JournalError: the journal cannot be written, is damaged, or is of another account.
    """
    is_memory = isinstance(venue, MemoryVenue)
    if choice is False or (is_memory and choice is None):
        path = None
    elif choice is None or choice is True:
        path = state_folder() / f"{_file_name(venue)}.sqlite"
    else:
        path = Path(choice).expanduser()
    if is_memory and path is None:
        return Recorder(clock)
    owner = Owner(name=name, pid=os.getpid(), host=platform.node(), since=clock())
    lock = None
    if not is_memory:
        place = state_folder() / f"{_file_name(venue)}.lock"
        lock = Lock(place, owner, f"the account {venue.account}")
    try:
        journal = None if path is None else _open(path, venue, owner, clock)
        return Recorder(clock, journal, lock)
    except BaseException:
        if lock is not None:
            lock.release()
        raise


def _open(path: Path, venue: Venue, owner: Owner, clock: Callable[[], datetime]) -> Journal:
    journal = Journal.open(
        path, account=venue.account, owner=owner.name, clock=clock, redact=venue.mask
    )
    if venue.name in LOCAL and (told := remove_leftovers(state_folder(), owner)):
        journal.notices += (told,)
    return journal


def _file_name(venue: Venue) -> str:
    """Name the account in a file: readable, and different for different accounts."""
    plain = re.sub(r"[^A-Za-z0-9]+", "-", venue.name).strip("-")
    return f"{plain}-{blake2s(venue.account.encode(), digest_size=6).hexdigest()}"
