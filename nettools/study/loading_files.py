"""Gets a table out of whatever holds one: a file, a frame of pandas, polars or Arrow.

A path or an object comes in; columns as they are, with the rows in their own order, go out.
Law: a file that was cut off in the middle is said to be, and never read as a shorter one.
"""

import gzip
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from io import StringIO
from os import PathLike
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from nettools.errors import InvalidInput

Source = Any
"""A path (CSV, Parquet, Feather), a frame of pandas, polars, Arrow or whoever offers Arrow's
stream or the interchange protocol, or a mapping of columns."""
INDEX = "(index)"
"""The name of a column that was the index of a frame."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Table:
    """A table as it was found; nothing of it is believed yet."""

    name: str
    """What messages call it."""
    frame: pd.DataFrame
    """Its columns; rows are counted from 0."""
    is_cut: bool = False
    """Whether the last line of the file has no end."""


def read_table(source: Source, name: str | None = None) -> Table:
    """Get the table out of a source.

    Args:
        source: what holds it.
        name: what messages call it; the file's own when None.

    Raises:
        InvalidInput: there is no such file, it is of no kind we know, it is cut off or
            damaged, or two of its columns have the same name.
    """
    if isinstance(source, str | PathLike):
        table = _read_file(Path(source))
    else:
        table = Table(name=name or "the frame", frame=_frame_of(source))
    names = [str(name) for name in table.frame.columns]
    double = sorted({name for name in names if names.count(name) > 1})
    if double:
        raise InvalidInput(f"{table.name} has two columns {double[0]!r}; name them apart")
    if table.frame.empty:
        raise InvalidInput(f"{table.name} has no rows")
    return Table(
        name=table.name, frame=table.frame.set_axis(names, axis=1), is_cut=table.is_cut
    )


def _frame_of(source: Source) -> pd.DataFrame:
    frame = _pandas(source)
    if isinstance(frame.columns, pd.MultiIndex):
        raise InvalidInput("a frame has one line of column names; this one has more")
    if isinstance(frame.index, pd.RangeIndex):
        return frame.reset_index(drop=True)
    name = INDEX if frame.index.name is None else str(frame.index.name)
    return frame.rename_axis(index=name).reset_index()


def _pandas(source: Source) -> pd.DataFrame:
    if isinstance(source, pd.DataFrame):
        return source
    if isinstance(source, pd.Series):
        return source.to_frame()
    return pd.DataFrame(source) if isinstance(source, Mapping) else _foreign(source)


def _foreign(source: Source) -> pd.DataFrame:
    frame: pd.DataFrame
    if hasattr(source, "__arrow_c_stream__"):
        frame = pa.table(source).to_pandas()
    elif hasattr(source, "__dataframe__"):
        from pyarrow.interchange import from_dataframe  # noqa: PLC0415 - rarely needed

        frame = from_dataframe(source).to_pandas()
    else:
        raise InvalidInput(
            "a history is a path, a frame of pandas, polars or Arrow, or a mapping of columns; "
            f"was {type(source).__name__}"
        )
    return frame


def _read_file(path: Path) -> Table:
    kind = path.name.lower().removesuffix(".gz").rpartition(".")[2]
    if kind not in _READERS:
        raise InvalidInput(
            f"{path.name} must end in {', '.join(f'.{known}' for known in _READERS)}; "
            "a frame can be given as it is"
        )
    if not path.is_file():
        raise InvalidInput(f"there is no file {path.name} in {path.parent}; check the path")
    damage = "is cut off in the middle or damaged; get it again"
    try:
        return _READERS[kind](path)
    except (pa.ArrowException, EOFError, OSError) as error:
        what = damage if not isinstance(error, PermissionError) else "may not be read"
        raise InvalidInput(f"{path.name} {what}") from None
    except UnicodeDecodeError as error:
        raise InvalidInput(
            f"{path.name} is no UTF-8 text (byte {error.start}); save it as UTF-8"
        ) from None
    except pd.errors.EmptyDataError:
        raise InvalidInput(f"{path.name} is empty") from None
    except pd.errors.ParserError as error:
        found = str(error).strip().rpartition("error: ")[2].splitlines()[0]
        raise InvalidInput(f"{path.name} cannot be read as CSV: {found}") from None


def _read_csv(path: Path) -> Table:
    raw = path.read_bytes()
    if path.name.lower().endswith(".gz"):
        raw = gzip.decompress(raw)
    text = raw.decode("utf-8-sig")
    if not text.strip():
        raise pd.errors.EmptyDataError
    # as text: pandas would make two columns of one name two names, and round some numbers
    lines = pd.read_csv(StringIO(text), dtype=str, header=None, skip_blank_lines=True)
    frame = lines.iloc[1:].reset_index(drop=True)
    frame.columns = pd.Index([str(name).strip() for name in lines.iloc[0]])
    return Table(name=path.name, frame=frame, is_cut=not text.endswith("\n"))


def _read_parquet(path: Path) -> Table:
    from pyarrow import parquet  # noqa: PLC0415 - on first use

    return Table(name=path.name, frame=_frame_of(parquet.read_table(path).to_pandas()))


def _read_feather(path: Path) -> Table:
    from pyarrow import feather  # noqa: PLC0415 - on first use

    return Table(name=path.name, frame=_frame_of(feather.read_table(path).to_pandas()))


_READERS: dict[str, Callable[[Path], Table]] = {
    "csv": _read_csv,
    "parquet": _read_parquet,
    "feather": _read_feather,
    "arrow": _read_feather,
}
