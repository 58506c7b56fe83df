"""Writes a journal's rows to a file for other programs: CSV, Parquet or JSON lines.

Rows go through in pieces, so that the journal may be larger than memory. Each line has the
row's number, time and kind, and its record as JSON; JSON begins with a brace, so no cell can
be a formula to a spreadsheet.
"""

import csv
import json
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from nettools.errors import InvalidInput
from nettools.journal.coding import write
from nettools.journal.reading import Row

if TYPE_CHECKING:
    import pyarrow as pa

_COLUMNS = ("row", "time", "kind", "record")
_PIECE = 5000


def export_rows(rows: Iterator[Row], path: Path, form: str) -> int:
    """Write rows into a file, which appears when it is whole; give how many.

    Args:
        rows: what ``Reading.rows`` gives.
        path: of the file; one that is there is replaced.
        form: "csv", "parquet" or "jsonl".

    Raises:
        InvalidInput: another form, or the file cannot be written.
        JournalError: a row is damaged; nothing is left behind.
    """
    if form not in _WRITERS:
        raise InvalidInput(f'form must be "csv", "parquet" or "jsonl", was {form!r}')
    part = path.with_name(f"{path.name}.part")
    try:
        try:
            count = _WRITERS[form](rows, part)
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        raise InvalidInput(
            f"the rows cannot be written to {path} ({error.strerror}); name another file"
        ) from None
    return count


def line_of(row: Row) -> str:
    """Give a row as one line of JSON."""
    head = json.dumps({"row": row.id, "time": row.time.isoformat(), "kind": row.kind})
    return f'{head[:-1]}, "record": {write(row.record)}}}'


def _write_csv(rows: Iterator[Row], path: Path) -> int:
    count = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(_COLUMNS)
        for row in rows:
            count += 1
            writer.writerow((row.id, row.time.isoformat(), row.kind, write(row.record)))
    return count


def _write_jsonl(rows: Iterator[Row], path: Path) -> int:
    count = 0
    with path.open("w", encoding="utf-8") as file:
        for row in rows:
            count += 1
            file.write(f"{line_of(row)}\n")
    return count


def _write_parquet(rows: Iterator[Row], path: Path) -> int:
    import pyarrow as pa  # noqa: PLC0415 - on first use
    from pyarrow import parquet  # noqa: PLC0415 - on first use

    types = (pa.int64(), pa.timestamp("us", tz="UTC"), pa.string(), pa.string())
    schema = pa.schema(list(zip(_COLUMNS, types, strict=True)))
    count = 0
    with parquet.ParquetWriter(path, schema) as writer:
        while piece := list(islice(rows, _PIECE)):
            writer.write_table(_table(piece, schema))
            count += len(piece)
    return count


def _table(rows: list[Row], schema: "pa.Schema") -> "pa.Table":
    import pyarrow as pa  # noqa: PLC0415 - on first use

    lines = [(row.id, row.time, row.kind, write(row.record)) for row in rows]
    return pa.table([list(column) for column in zip(*lines, strict=True)], schema=schema)


_WRITERS: dict[str, Callable[[Iterator[Row], Path], int]] = {
    "csv": _write_csv,
    "parquet": _write_parquet,
    "jsonl": _write_jsonl,
}
