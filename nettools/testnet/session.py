"""Where a shared local testnet is written down, so that this user's other programs find it.

One small file a venue in a directory of this user alone (0700, files 0600): address, keys of
the throwaway account, admin token. Looser or foreign files are not believed. A file whose
server is gone is removed by whoever notices.
"""

import contextlib
import json
import os
import socket
import stat
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from nettools.errors import VenueUnavailable

_IS_POSIX = hasattr(os, "getuid")
_ANSWER_SECONDS = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A shared testnet as it was written down; it may be gone by now."""

    pid: int
    """The server's process."""
    variables: dict[str, str] = field(repr=False)
    """What a program needs to attach: address, keys, admin token."""


def runtime_directory() -> Path:
    """Give the directory of this user's running testnets, made with mode 0700 if need be.

    Raises:
        VenueUnavailable: it belongs to somebody else, is a link, or others may enter it.
    """
    base = os.environ.get("XDG_RUNTIME_DIR", "")
    if _IS_POSIX and base and Path(base).is_dir():
        path = Path(base) / "nettools"
    else:
        owner = f"-{os.getuid()}" if _IS_POSIX else ""
        path = Path(tempfile.gettempdir()) / f"nettools{owner}"
    try:
        path.mkdir(mode=0o700, exist_ok=True)
        found = path.lstat()
    except OSError as error:
        raise VenueUnavailable(
            f"cannot keep the testnet's address in {path} ({error.strerror}); "
            "make it writable for yourself"
        ) from None
    if not stat.S_ISDIR(found.st_mode) or not _is_private(found):
        raise VenueUnavailable(
            f"{path} must be a directory that only you may enter, and is not; remove it"
        )
    return path


def _is_private(found: os.stat_result) -> bool:
    return not _IS_POSIX or (found.st_uid == os.getuid() and not found.st_mode & 0o077)


def write_session(venue: str, variables: Mapping[str, str], pid: int) -> None:
    """Write down where the shared testnet of a venue is; the newest one counts."""
    directory = runtime_directory()
    draft = directory / f"testnet-{venue}.{pid}.json"
    draft.unlink(missing_ok=True)
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump({"pid": pid, "variables": dict(variables)}, file)
    draft.replace(_path(directory, venue))


def read_session(venue: str) -> Session | None:
    """Give what is written down for a venue; None when nothing is, or nothing believable."""
    path = _path(runtime_directory(), venue)
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
    except OSError:
        return None
    with os.fdopen(handle, encoding="utf-8") as file:
        if not _is_private(os.fstat(file.fileno())):
            return None
        try:
            found = json.load(file)
            variables = {str(name): str(value) for name, value in found["variables"].items()}
            return Session(pid=int(found["pid"]), variables=variables)
        except (ValueError, TypeError, KeyError, AttributeError):
            return None


def forget_session(venue: str, pid: int) -> None:
    """Remove what a process wrote down for a venue; leave what another one wrote."""
    found = read_session(venue)
    if found is not None and found.pid == pid:
        _path(runtime_directory(), venue).unlink(missing_ok=True)


def is_listening(port: int) -> bool:
    """Say whether any program on this machine takes connections on a port of 127.0.0.1."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=_ANSWER_SECONDS):
            return True
    except ConnectionRefusedError:
        return False
    except (OSError, OverflowError):
        return True  # not refused: somebody may be there


def _path(directory: Path, venue: str) -> Path:
    return directory / f"testnet-{venue}.json"


@contextlib.contextmanager
def one_at_a_time() -> Iterator[None]:
    """Let one process of this user at a time decide whether to start a shared testnet."""
    try:
        import fcntl  # noqa: PLC0415 - not on Windows, where two may start at the same moment
    except ImportError:
        yield
        return
    path = runtime_directory() / "testnet.lock"
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise VenueUnavailable(f"cannot open {path} ({error.strerror}); remove it") from None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
