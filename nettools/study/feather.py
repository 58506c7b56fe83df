"""Rows of a Feather file (Arrow IPC), read and never mapped.

A path comes in; batches of rows go out. To touch a mapped page that the file has lost ends the
whole process (SIGBUS), so the values are read, and a file cut off meanwhile is an error. Of a
batch of plain numbers, neither packed nor with holes, only the rows asked for are read, however
many it has; another one is read whole.
"""

import io
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pyarrow as pa

_APART_BYTES = 64
"""Between two columns: at distances of a power of two they would push each other out of the
cache."""
_BEGIN_BYTES, _PREFIX_BYTES, _CONTINUED, _RECORD_BATCH = 8, 8, -1, 3
"""Of a file's beginning and of a message's; what that begins with, and the kind of a batch."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Laid:
    """Where a batch's plain columns lie in the file."""

    rows: int
    offsets: list[int]
    """Of each column's first value; bytes from the file's beginning."""


def shape(path: Path) -> "tuple[pa.Schema, int]":
    """Give the columns and the number of rows; reads no more than the first column."""
    import pyarrow as pa  # noqa: PLC0415 - on first use

    with pa.OSFile(str(path)) as source, pa.ipc.open_file(source) as file:
        schema, count = file.schema, file.num_record_batches
    first = [0][: len(schema)]
    return schema, sum(_whole(path, number, first).num_rows for number in range(count))


def batches(path: Path, columns: list[str], rows: int) -> "Iterator[pa.RecordBatch]":
    """Give the rows in batches of at most so many.

    Raises:
        OSError: the file is shorter than it says, or a header is damaged.
    """
    import pyarrow as pa  # noqa: PLC0415 - on first use

    with pa.OSFile(str(path)) as source, pa.ipc.open_file(source) as file:
        count, schema = file.num_record_batches, file.schema
    fields = [schema.get_field_index(name) for name in columns]
    picked = pa.schema([schema.field(field) for field in fields])
    with path.open("rb", buffering=0) as raw:
        try:
            laid = _all_laid(raw, schema, fields, count)
        except (struct.error, IndexError, OverflowError, ValueError) as error:
            raise OSError(f"a header cannot be read: {error}") from None
        for number in range(count):
            if place := laid[number]:
                for start in range(0, place.rows, rows):
                    yield _part(raw, picked, place, start, min(rows, place.rows - start))
            else:
                batch = _whole(path, number, sorted(fields)).select(columns)
                for start in range(0, batch.num_rows, rows):
                    yield batch.slice(start, rows)
                del batch


def _all_laid(
    raw: io.RawIOBase, schema: "pa.Schema", fields: list[int], count: int
) -> list[_Laid | None]:
    """Follow the headers from batch to batch; None for one that is not of plain numbers.

    The source of the rules is Arrow's "IPC file format": a message is a prefix, a header and
    a body, one behind the other.
    """
    laid: list[_Laid | None] = []
    plain = [_is_plain(kind) for kind in schema.types]
    place = _BEGIN_BYTES
    while all(plain) and len(laid) < count:
        continued, size = struct.unpack_from("<ii", _read(raw, place, _PREFIX_BYTES))
        if continued != _CONTINUED or size <= 0:
            break
        header = bytes(_read(raw, place + _PREFIX_BYTES, size))
        body = place + _PREFIX_BYTES + size
        kind, message, length = _message(header)
        if kind == _RECORD_BATCH:
            laid.append(_laid(header, message, fields, body))
        if length < 0:
            raise ValueError("a body shorter than nothing")
        place = body + length
    return laid if len(laid) == count else [None] * count


def _is_plain(kind: "pa.DataType") -> bool:
    import pyarrow as pa  # noqa: PLC0415 - on first use

    return bool(pa.types.is_primitive(kind)) and kind.bit_width % 8 == 0


def _message(header: bytes) -> tuple[int, int, int]:
    """Give a message's kind, where in the header it is told, and its body's bytes."""
    table = int(struct.unpack_from("<I", header)[0])
    kind, told, length = (_field(header, table, number) for number in (1, 2, 3))
    told += struct.unpack_from("<I", header, told)[0]
    return header[kind], told, struct.unpack_from("<q", header, length)[0] if length else 0


def _laid(header: bytes, table: int, fields: list[int], body: int) -> _Laid | None:
    rows, nodes, buffers, packed = (_field(header, table, number) for number in range(4))
    if packed or not rows:
        return None
    nodes += struct.unpack_from("<I", header, nodes)[0] + 4
    buffers += struct.unpack_from("<I", header, buffers)[0] + 4
    if any(struct.unpack_from("<q", header, nodes + 16 * field + 8)[0] for field in fields):
        return None
    # Two buffers a column, which of its values are there and the values; 16 bytes tell of one.
    offsets = [
        struct.unpack_from("<q", header, buffers + 32 * field + 16)[0] for field in fields
    ]
    return _Laid(
        rows=struct.unpack_from("<q", header, rows)[0],
        offsets=[body + offset for offset in offsets],
    )


def _field(header: bytes, table: int, number: int) -> int:
    """Give where a table's field is in a flatbuffer; 0 when it is left out."""
    index = table - struct.unpack_from("<i", header, table)[0]
    slot = 4 + 2 * number
    if slot >= struct.unpack_from("<H", header, index)[0]:
        return 0
    offset = int(struct.unpack_from("<H", header, index + slot)[0])
    return table + offset if offset else 0


def _part(
    raw: io.RawIOBase, schema: "pa.Schema", laid: _Laid, start: int, rows: int
) -> "pa.RecordBatch":
    import pyarrow as pa  # noqa: PLC0415 - on first use

    kinds = schema.types
    widths = [kind.bit_width // 8 for kind in kinds]
    apart = -(-rows * max(widths) // _APART_BYTES) * _APART_BYTES + _APART_BYTES
    block = np.empty(len(widths) * apart, dtype=np.uint8).data
    columns = []
    for number, width in enumerate(widths):
        values = block[number * apart :][: rows * width]
        _read_into(raw, laid.offsets[number] + start * width, values)
        buffers = [None, pa.py_buffer(values)]
        columns.append(pa.Array.from_buffers(kinds[number], rows, buffers))
    return pa.RecordBatch.from_arrays(columns, schema=schema)


def _read(raw: io.RawIOBase, place: int, size: int) -> bytearray:
    found = bytearray(size)
    _read_into(raw, place, memoryview(found))
    return found


def _read_into(raw: io.RawIOBase, place: int, values: memoryview) -> None:
    raw.seek(place)
    while values:
        done = raw.readinto(values)
        if not done:
            raise OSError("File too short")
        values = values[done:]


def _whole(path: Path, number: int, fields: list[int]) -> "pa.RecordBatch":
    import pyarrow as pa  # noqa: PLC0415 - on first use

    options = pa.ipc.IpcReadOptions(included_fields=fields, use_threads=False)
    with (
        pa.OSFile(str(path)) as source,
        pa.ipc.open_file(source, options=options) as file,
    ):
        return file.get_batch(number)
