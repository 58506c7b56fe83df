"""Looks at SQLite's write-ahead log before SQLite does: what will it drop, and does it matter?

The bytes of a log come in; what is whole, cut off or damaged goes out. SQLite silently drops
everything from the first bad frame on. Each transaction was synced before the next began, so
a power cut can only tear the last one: that is a torn tail. When whole transactions follow a
bad frame, the middle is damaged, and opening the file would throw them away. Zeros behind
the last transaction are room that was made beforehand.

Source: "The WAL file format", sqlite.org/fileformat2.html section 4 (docs).
"""

import struct
from dataclasses import dataclass

_MAGIC = 0x377F0682
"""The last bit says whether checksums are over big-endian words."""
_HEADER = 32
_FRAME = 24
_WORD = 0xFFFFFFFF


@dataclass(frozen=True, slots=True, kw_only=True)
class Log:
    """What a write-ahead log holds."""

    transactions: int = 0
    """That SQLite will read."""
    lost: int = 0
    """Finished transactions that it will drop."""
    unread: int = 0
    """Bytes of this generation that it will drop; more than 0 is a torn tail or damage."""

    @property
    def is_damaged(self) -> bool:
        """Say whether more than the last transaction would be dropped."""
        return self.lost > 1


def examine(log: bytes) -> Log:
    """Say what SQLite would make of a log."""
    if len(log) <= _HEADER:
        return Log(unread=len(log) % _HEADER)
    magic, _, page, _, salts, *sums = struct.unpack(">IIII8sII", log[:_HEADER])
    order = ">" if magic & 1 else "<"
    size = _FRAME + page
    is_header = magic & ~1 == _MAGIC and page and page <= 1 << 16
    if not any(log):
        return Log()  # room that was made and not used yet
    if not is_header or list(_checksum(log[:24], (0, 0), order)) != sums:
        return Log(lost=max((len(log) - _HEADER) // (_FRAME + 4096), 2), unread=len(log))
    frames = range(_HEADER, len(log) - size + 1, size)
    whole, end, chain = 0, _HEADER, (sums[0], sums[1])
    for start in frames:
        frame = memoryview(log)[start : start + size]
        chain = _checksum(frame[_FRAME:], _checksum(frame[:8], chain, order), order)
        if frame[8:16] != salts or chain != struct.unpack(">II", frame[16:24]):
            break
        if struct.unpack(">I", frame[4:8])[0]:
            whole, end = whole + 1, start + size
    # A longer log of an earlier generation may lie behind ours: its salts are others.
    last = max([end, *(at + size for at in frames if log[at + 8 : at + 16] == salts)])
    finished = sum(log[at + 4 : at + 8] != bytes(4) for at in range(end, last, size))
    rest = log[last : last + size]
    if len(rest) < size and rest[8:16] == salts[: len(rest[8:16])]:
        last += len(rest)
    return Log(transactions=whole, lost=finished, unread=last - end)


def _checksum(data: bytes | memoryview, before: tuple[int, int], order: str) -> tuple[int, int]:
    first, second = before
    words = iter(struct.unpack(f"{order}{len(data) // 4}I", data))
    for one, other in zip(words, words, strict=True):
        first = (first + one + second) & _WORD
        second = (second + other + first) & _WORD
    return first, second
