"""The journal's files: ours alone to read, and one writer at a time.

A path comes in; a safe file and a held lock go out, or one sentence. Links, other people's
files and files that others may read are refused, not repaired: somebody put them there. The
operating system lets go of the lock when its process ends, however it ends.
"""

import contextlib
import os
import stat
import sys
from pathlib import Path

from nettools.errors import DeskLocked, JournalError
from nettools.journal.coding import read, write
from nettools.journal.records import Owner

COMPANIONS = ("-wal", "-shm", "-journal", ".lock")
"""Endings of what lies beside a journal; all of it belongs to it."""
REPAIRED = ".repaired"
"""Ending of a sound copy until it takes the damaged journal's place."""
OURS_ALONE = 0o600
_FOLDER = 0o700
_LONGEST = 4096
"""Bytes of a lock's file that say who holds it."""
_NOFOLLOW = getattr(os, "O_NOFOLLOW", 0)
_CLOEXEC = getattr(os, "O_CLOEXEC", 0)


def secure(path: Path) -> None:
    """Make the file when it is not there, and check that it and its folder are safe.

    Raises:
        JournalError: it cannot be made, is a link, is another user's, or may be read by
            others; or everybody may write to its folder.
    """
    try:
        path.parent.mkdir(mode=_FOLDER, parents=True, exist_ok=True)
        _check_folder(path.parent)
        check_files(path)
        if not path.exists():
            for ending in ("-wal", REPAIRED):
                if path.with_name(path.name + ending).exists():
                    raise JournalError(
                        f"the journal {path} is gone but {path.name}{ending} is still there; "
                        f"put back what belongs to it, or move {path.name}{ending} away"
                    )
            make(path)
    except OSError as error:
        raise _unusable(path, error) from None


def check_files(path: Path) -> None:
    """Refuse a journal that is not a file of ours alone; one that is not there is fine.

    Raises:
        JournalError: says which file, and what to do.
    """
    for name in ("", *COMPANIONS):
        file = path.with_name(path.name + name)
        with contextlib.suppress(FileNotFoundError):
            _check_file(file, file.lstat())


def _check_file(file: Path, found: os.stat_result) -> None:
    if not stat.S_ISREG(found.st_mode):
        raise JournalError(f"{file} is a link or no plain file; name another journal")
    if sys.platform == "win32":
        return
    if found.st_uid != os.geteuid():
        raise JournalError(f"{file} belongs to another user; name another journal")
    if stat.S_IMODE(found.st_mode) & ~OURS_ALONE:
        raise JournalError(
            f"{file} may be used by others (mode {stat.S_IMODE(found.st_mode):o}); if they "
            f"cannot have changed it, run: chmod 600 {file}"
        )


def _check_folder(folder: Path) -> None:
    mode = folder.stat().st_mode
    if sys.platform != "win32" and mode & stat.S_IWOTH and not mode & stat.S_ISVTX:
        raise JournalError(
            f"everybody may replace files in {folder}; name another folder, or run: "
            f"chmod o-w {folder}"
        )


def make(path: Path) -> None:
    """Make an empty file that only we can use; raises OSError when it is there."""
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | _NOFOLLOW | _CLOEXEC
    os.close(os.open(path, flags, OURS_ALONE))
    if sys.platform != "win32":
        path.chmod(OURS_ALONE)  # whatever the umask says
        sync_folder(path.parent)


def fill_up(path: Path, size: int) -> None:
    """Lengthen a file of ours to this many bytes with zeros; if it cannot be, it stays."""
    with contextlib.suppress(OSError):
        file = os.open(path, os.O_WRONLY | _NOFOLLOW | _CLOEXEC)
        before = os.fstat(file).st_size
        try:
            os.lseek(file, before, os.SEEK_SET)
            if before < size and os.write(file, bytes(size - before)) < size - before:
                os.ftruncate(file, before)  # the disk is nearly full: leave it the rest
            os.fsync(file)
        finally:
            os.close(file)


class Place:
    """The names under which files in use are found; somebody may give them to others."""

    def __init__(self, *files: Path) -> None:
        known = {str(file): _number(str(file)) for file in files}
        self._numbers = {file: number for file, number in known.items() if number >= 0}

    def gone(self) -> str:
        """Name the first file that is not there any more, or is another one; else nothing."""
        changed = (f for f, number in self._numbers.items() if _number(f) != number)
        return next(changed, "")


def _number(file: str) -> int:
    try:
        return os.stat(file).st_ino  # noqa: PTH116 - asked with every step: without a Path
    except OSError:
        return -1


def sync_folder(folder: Path) -> None:
    """Make sure that a new name survives a power cut."""
    if sys.platform == "win32":
        return
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def _unusable(path: Path, error: OSError) -> JournalError:
    return JournalError(
        f"the journal {path} cannot be used ({error.strerror}); nothing may be sent without "
        "one: name another place, or make this one writable"
    )


class Lock:
    """The right to something, held by one desk of one process.

    The file itself says who holds it, for whoever comes second.

    Args:
        path: of the lock's own file; made when it is not there, never removed.
        owner: who wants it.
        what: the right, in words: "the journal desk.sqlite".

    Raises:
        DeskLocked: another desk holds it; the message names that desk.
        JournalError: the file cannot be made.
    """

    def __init__(self, path: Path, owner: Owner, what: str) -> None:
        self._file = -1
        try:
            flags = os.O_RDWR | os.O_CREAT | _NOFOLLOW | _CLOEXEC
            file = os.open(path, flags, OURS_ALONE)
            if sys.platform != "win32":
                os.fchmod(file, OURS_ALONE)
        except OSError as error:
            raise _unusable(path, error) from None
        try:
            _hold(file)
        except OSError:
            holder = _holder(file)
            os.close(file)
            raise DeskLocked(
                f"{what} is in use by {holder}; close that desk, or open this one with another"
            ) from None
        self._file = file
        self._say(write(owner))

    def _say(self, text: str) -> None:
        with contextlib.suppress(OSError):  # a full disk: locked all the same, but nameless
            os.ftruncate(self._file, 0)
            os.lseek(self._file, 0, os.SEEK_SET)
            os.write(self._file, text.encode())

    def release(self) -> None:
        """Let the next desk in; the file stays, because removing it would race."""
        if self._file >= 0:
            self._say("")
            os.close(self._file)
            self._file = -1


def lock_of(journal: Path, owner: Owner) -> Lock:
    """Take the right to write a journal; raises as ``Lock`` does."""
    return Lock(journal.with_name(f"{journal.name}.lock"), owner, f"the journal {journal}")


def _holder(file: int) -> str:
    try:
        os.lseek(file, 0, os.SEEK_SET)
        return str(read(os.read(file, _LONGEST).decode(), Owner))
    except (OSError, ValueError, JournalError):
        return "another desk"


def _hold(file: int) -> None:
    """Take the lock of the whole file or raise OSError at once."""
    if sys.platform == "win32":
        import msvcrt  # noqa: PLC0415 - there only

        os.lseek(file, _LONGEST, os.SEEK_SET)  # what is locked cannot be read there
        msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
    else:
        import fcntl  # noqa: PLC0415 - not there

        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
