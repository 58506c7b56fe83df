"""A disk whose syncs fail when a test says so, under the SQLite that everybody uses.

SQLite reaches the disk through a table of functions; here it gets a copy of its own table in
which only the sync is another one. All above it is the real thing.
"""

import _sqlite3
import ctypes
from collections.abc import Iterator
from contextlib import contextmanager
from ctypes import CFUNCTYPE, POINTER, Structure, c_char_p, c_int, c_void_p

IOERR_FSYNC = 10 | 4 << 8
_FILE_METHODS = 18
_SYNC = 4
"""The fifth of a file's functions."""
# The name goes through as it is: SQLite goes on using that very piece of memory.
_Open = CFUNCTYPE(c_int, c_void_p, c_void_p, c_void_p, c_int, c_void_p)
_Sync = CFUNCTYPE(c_int, c_void_p, c_int)


class _Vfs(Structure):
    _fields_ = (
        ("version", c_int),
        ("file_bytes", c_int),
        ("longest", c_int),
        ("next", c_void_p),
        ("name", c_char_p),
        ("data", c_void_p),
        ("open", _Open),
        ("others", c_void_p * 16),
    )


class _Methods(Structure):
    _fields_ = (("version", c_int), ("functions", c_void_p * _FILE_METHODS))


class Disk:
    """What the syncs of every journal opened meanwhile do."""

    def __init__(self) -> None:
        self.fails = False
        self.syncs = 0
        self._sqlite = ctypes.CDLL(_sqlite3.__file__)
        self._sqlite.sqlite3_vfs_find.restype = POINTER(_Vfs)
        real = self._sqlite.sqlite3_vfs_find(None)
        self._open = real.contents.open
        self._sync: dict[int, object] = {}
        self._methods: dict[int, _Methods] = {}
        self.vfs = _Vfs.from_buffer_copy(real.contents)
        self.vfs.name = b"failing"
        self.vfs.open = _Open(self._opened)
        _ALIVE.append(self)  # a connection that is never closed may still call it

    def begin(self) -> None:
        """Be SQLite's way to the disk from here on."""
        assert self._sqlite.sqlite3_vfs_register(ctypes.byref(self.vfs), 1) == 0

    def end(self) -> None:
        """Be it no more."""
        self._sqlite.sqlite3_vfs_unregister(ctypes.byref(self.vfs))

    def _opened(self, vfs: int, name: int | None, file: int, flags: int, out: int) -> int:
        code: int = self._open(vfs, name, file, flags, out)
        table = ctypes.cast(file, POINTER(c_void_p))
        if code == 0 and table[0]:
            table[0] = ctypes.addressof(self._with_our_sync(table[0]))
        return code

    def _with_our_sync(self, real: int) -> _Methods:
        if real not in self._methods:
            methods = _Methods.from_buffer_copy(ctypes.cast(real, POINTER(_Methods)).contents)
            sync = _Sync(methods.functions[_SYNC])

            def ours(file: int, flags: int) -> int:
                self.syncs += 1
                return IOERR_FSYNC if self.fails else sync(file, flags)

            self._sync[real] = kept = _Sync(ours)
            methods.functions[_SYNC] = ctypes.cast(kept, c_void_p).value
            self._methods[real] = methods
        return self._methods[real]


_ALIVE: list[Disk] = []


@contextmanager
def failing_disk() -> Iterator[Disk]:
    """Give a disk under every journal that is opened within.

    Raises:
        OSError: this Python's SQLite cannot be reached so.
    """
    try:
        disk = Disk()
    except AttributeError as error:
        raise OSError(str(error)) from None
    disk.begin()
    try:
        yield disk
    finally:
        disk.fails = False
        disk.end()
