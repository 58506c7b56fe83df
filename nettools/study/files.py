"""Targets in a file larger than memory, streamed batch by batch.

The name of a Parquet or Feather file comes in, a column per strategy and perhaps one of times;
a Source goes out that holds one batch at a time. A file that cannot be read to its end raises
InvalidInput: what was lost must not look like the end of history.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from nettools.errors import InvalidInput
from nettools.study import feather
from nettools.study.panel import LONG, READY, Array, piece_rows, row_name

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

BUFFER_BYTES = 65_536
"""Read ahead per column of a Parquet file."""
READ_BARS = 32_768
"""Bars of a Feather file read at once: few calls, and 100 strategies take 26 MB."""
PARQUET = {".parquet", ".pq"}
FEATHER = {".feather", ".arrow", ".ipc"}


class FileSource:
    """A file with a column per strategy, a row per bar.

    Args:
        path: Parquet or Feather; told by the suffix.
        closes: prices of the same bars; where both have times, the times are compared.
        skip: a column that holds no targets, for instance the prices.
    """

    def __init__(
        self, path: str | Path, closes: "pd.Series[Any]", skip: str | None = None
    ) -> None:
        import pandas as pd  # noqa: PLC0415 - on first use
        import pyarrow as pa  # noqa: PLC0415 - on first use

        self.path = Path(path)
        schema, self.bars = _checked_shape(self.path)
        kinds = dict(zip(schema.names, schema.types, strict=True))
        times = [name for name, kind in kinds.items() if pa.types.is_temporal(kind)]
        self.names = [name for name in kinds if name not in {skip, *times}]
        self.is_integer = all(pa.types.is_integer(kinds[name]) for name in self.names)
        self._index = closes.index
        self._buffer: Array = np.empty((len(self.names), 0))
        is_timed = isinstance(self._index, pd.DatetimeIndex)
        self._times = times[0] if times and is_timed else None

    def pieces(self, *, raw: bool = False) -> Iterator[tuple[int, Array]]:
        """Give one batch after the other, each checked for gaps and for its times."""
        wanted = [*self.names, *([self._times] if self._times else [])]
        short = piece_rows(len(self.names), "F")
        is_read = raw and self.path.suffix in FEATHER
        start = 0
        for batch in batches(self.path, wanted, READ_BARS if is_read else short):
            self._compare_times(batch, start)
            columns = [self._column(batch, name, start) for name in self.names]
            del batch  # else it would stay in memory while the next one is read
            piece = side_by_side(columns) if raw else None
            rows = short if piece is None else LONG
            for first in range(0, len(columns[0]), rows):
                bars = slice(first, first + rows)
                yield start + first, self._copied(columns, bars) if piece is None else piece
            start += len(columns[0])
            del columns, piece
        if start != self.bars:
            raise InvalidInput(
                f"{self.path.name} ends after {start} of {self.bars} bars; it is damaged"
            )

    def _copied(self, columns: list[Array], bars: slice) -> Array:
        """Copy columns together; good until the next call."""
        parts = [column[bars] for column in columns]
        if self._buffer.shape[1] < len(parts[0]):
            kind = np.int64 if self.is_integer else np.float64
            self._buffer = np.empty((len(parts), len(parts[0])), dtype=kind)
        for row, part in enumerate(parts):
            self._buffer[row, : len(part)] = part
        return self._buffer[:, : len(parts[0])].T

    def _column(self, batch: "pa.RecordBatch", name: str, start: int) -> Array:
        column = batch.column(name)
        if column.null_count:
            row = start + int(np.argmax(column.is_null().to_numpy(zero_copy_only=False)))
            where = row_name(self._index, row)
            raise InvalidInput(
                f"target of {name!r} in {where} is missing; missing is unknown, not zero: fill "
                "it or leave the bar out"
            )
        values: Array = column.to_numpy(zero_copy_only=False)
        return values

    def _compare_times(self, batch: "pa.RecordBatch", start: int) -> None:
        import pandas as pd  # noqa: PLC0415 - on first use

        if self._times is None:
            return
        found = pd.DatetimeIndex(batch.column(self._times).to_pandas())
        known = self._index[start : start + len(found)]
        if not found.equals(known) and not (found == known).all():
            row = int(np.argmin(found == known))
            raise InvalidInput(
                f"targets and prices must have the same times; in row {start + row} they are "
                f"{found[row]} and {known[row]}"
            )


def side_by_side(columns: list[Array]) -> Array | None:
    """Give columns that lie in memory at equal distances as one array, without a copy."""
    first = columns[0]
    places = {column.ctypes.data for column in columns}
    apart = (max(places) - min(places)) // max(len(columns) - 1, 1)
    expected = [first.ctypes.data + number * apart for number in range(len(columns))]
    if first.dtype not in READY or [column.ctypes.data for column in columns] != expected:
        return None
    if any(column.dtype != first.dtype for column in columns):
        return None
    view: Array = np.lib.stride_tricks.as_strided(
        first, (len(first), len(columns)), (first.itemsize, apart), writeable=False
    )
    return view


def column_of(path: str | Path, name: str) -> "pd.Series[Any]":
    """Read one column of a file, with its times where it has some."""
    import pandas as pd  # noqa: PLC0415 - on first use
    import pyarrow as pa  # noqa: PLC0415 - on first use

    schema, _ = _checked_shape(Path(path))
    if name not in schema.names:
        raise InvalidInput(f"{Path(path).name} has no column {name!r} of prices; name another")
    times = [f.name for f in schema if pa.types.is_temporal(f.type)][:1]
    parts = list(batches(Path(path), [name, *times], BUFFER_BYTES))
    frame = pa.Table.from_batches(parts).to_pandas() if parts else pd.DataFrame({name: []})
    del parts
    prices: pd.Series[Any] = (frame.set_index(times[0]) if times else frame)[name]
    return prices


def batches(path: Path, columns: list[str], rows: int) -> "Iterator[pa.RecordBatch]":
    """Give the rows of a file in batches of at most so many, one in memory at a time."""
    stream = reading(
        path, _parquet if path.suffix in PARQUET else feather.batches, columns, rows
    )
    while True:
        batch = reading(path, next, stream, None)
        if batch is None:
            return
        yield batch
        del batch


def _parquet(path: Path, columns: list[str], rows: int) -> "Iterator[pa.RecordBatch]":
    import pyarrow.parquet as pq  # noqa: PLC0415 - on first use

    with pq.ParquetFile(path, buffer_size=BUFFER_BYTES, pre_buffer=False) as file:
        yield from file.iter_batches(batch_size=rows, columns=columns, use_threads=False)


def _checked_shape(path: Path) -> "tuple[pa.Schema, int]":
    schema, bars = reading(path, _shape)
    if twice := sorted({name for name in schema.names if schema.names.count(name) > 1}):
        raise InvalidInput(
            f"{path.name} has more than one column {twice[0]!r}; give each strategy a name of "
            "its own"
        )
    return schema, bars


def _shape(path: Path) -> "tuple[pa.Schema, int]":
    """Give the columns and the number of bars, without reading the bars."""
    import pyarrow.parquet as pq  # noqa: PLC0415 - on first use

    if path.suffix in PARQUET:
        with pq.ParquetFile(path) as file:
            return file.schema_arrow, file.metadata.num_rows
    if path.suffix in FEATHER:
        return feather.shape(path)
    raise InvalidInput(
        f"{path.name} must end in one of {', '.join(sorted(PARQUET | FEATHER))}; save it as one"
    )


def reading(path: Path, read: Callable[..., Any], *args: Any) -> Any:  # noqa: ANN401 - as read
    """Call a reader, and say in one sentence what is wrong with the file."""
    import pyarrow as pa  # noqa: PLC0415 - on first use

    first = () if read is next else (path,)
    try:
        return read(*first, *args)
    except FileNotFoundError:
        raise InvalidInput(f"there is no file {path.name}; check the name") from None
    except (pa.ArrowException, OSError, EOFError) as error:
        reason = str(error).splitlines()[0][:120]
        raise InvalidInput(
            f"{path.name} cannot be read to its end ({reason}); it is damaged or cut off: "
            "write it again"
        ) from None
