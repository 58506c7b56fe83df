"""SQLite's errors, as sentences that say what was not written and what to do."""

import sqlite3
from pathlib import Path

from nettools.errors import InvalidInput, JournalError


def name_of(error: sqlite3.Error) -> str:
    """Name an error the way SQLite does; the driver's own errors have no name."""
    return getattr(error, "sqlite_errorname", "")


def in_words(path: Path, error: sqlite3.Error) -> JournalError | InvalidInput:
    """Make of SQLite's error one of ours, which says whether anything was written."""
    name = name_of(error)
    if name == "SQLITE_CONSTRAINT_UNIQUE":
        return InvalidInput(
            f"one of these records is in the journal {path} already and counts once; none of "
            "them was written"
        )
    for prefix, sentence in SENTENCES.items():
        if name.startswith(prefix):
            return JournalError(sentence.format(path=path, error=error))
    return JournalError(
        f"the journal {path} could not be used ({error}); nothing was written, so nothing may "
        "be sent"
    )


_UNSENT = "nothing was written, so nothing may be sent"
SENTENCES = {
    "SQLITE_FULL": f"the disk of the journal {{path}} is full: {_UNSENT}; free some space",
    "SQLITE_READONLY": f"the journal {{path}} is read-only: {_UNSENT}; make it writable",
    "SQLITE_BUSY": f"another program holds the journal {{path}}: {_UNSENT}; close that program",
    "SQLITE_LOCKED": f"another program holds the journal {{path}}: {_UNSENT}; close it",
    "SQLITE_CANTOPEN": "the journal {path} cannot be opened ({error}); check its folder",
    "SQLITE_NOTADB": "{path} is no journal, or its beginning is damaged; run: nettools journal "
    "check --repair {path}",
    "SQLITE_CORRUPT": "the journal {path} is damaged ({error}); run: nettools journal check "
    "--repair {path}",
    "SQLITE_CONSTRAINT_PRIMARYKEY": "another program has written to the journal {path}: "
    f"{_UNSENT}; open the desk again",
    "gone": "another program has taken {path} away while it was in use, so nothing may be "
    "sent; put it back if it was moved, then open the desk again",
    "SQLITE_IOERR": f"the disk of the journal {{path}} failed ({{error}}): {_UNSENT}; look "
    "after the disk, then open the desk again",
}
"""By the beginning of SQLite's name of the error, or ours."""
