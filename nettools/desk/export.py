"""Writes the books to files: CSV for people and spreadsheets, Parquet for programs.

Frames come in, files with fixed names go out; nothing a strategy or a venue said becomes part
of a path. Numbers are written in full and stay numbers. In CSV a text that a spreadsheet would
run as a formula gets an apostrophe in front.
"""

import csv
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from nettools.decimals import plain
from nettools.errors import InvalidInput

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")  # noqa: RUF001 - their wide forms too
_NUMBER = (38, 20)
"""Digits in all and behind the point: what every reader of Parquet knows."""
_WIDE_NUMBER = (76, 38)
"""For a column that does not fit."""


def export_tables(
    tables: Mapping[str, "pd.DataFrame"], folder: str | Path, formats: Iterable[str]
) -> tuple[Path, ...]:
    """Write each table into the folder, once per format; files of these names are replaced.

    Args:
        tables: file name without ending → frame.
        folder: is made when it is not there.
        formats: "csv" and "parquet".

    Returns:
        The files, in the order of the tables.

    Raises:
        InvalidInput: another format, or the folder cannot be written to.
    """
    wanted = tuple(formats)
    unknown = [name for name in wanted if name not in _WRITERS]
    if unknown:
        raise InvalidInput(f'formats must be "csv" and "parquet", was {unknown[0]!r}')
    place, written = Path(folder), []
    try:
        place.mkdir(parents=True, exist_ok=True)
        for name, frame in tables.items():
            for ending in wanted:
                path = place / f"{name}.{ending}"
                part = path.with_name(f"{path.name}.part")
                _WRITERS[ending](frame, part)
                part.replace(path)  # whoever reads it meanwhile finds a whole file
                written.append(path)
    except OSError as error:
        raise InvalidInput(
            f"the books cannot be written to {place} ({error.strerror}); name another folder"
        ) from None
    return tuple(written)


def harmless(text: str) -> str:
    """Put an apostrophe before a text that a spreadsheet would take for a formula."""
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA) else text


def _write_csv(frame: "pd.DataFrame", path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([harmless(str(name)) for name in frame.columns])
        for row in frame.itertuples(index=False, name=None):
            writer.writerow([_cell(value) for value in row])


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, datetime):
        return value.isoformat()
    return harmless(str(value))


def _write_parquet(frame: "pd.DataFrame", path: Path) -> None:
    import pyarrow as pa  # noqa: PLC0415 - on first use
    from pyarrow import parquet  # noqa: PLC0415 - on first use

    columns = {str(name): _column(frame[name].tolist()) for name in frame.columns}
    parquet.write_table(pa.table(columns), path)


def _column(values: list[object]) -> "pa.Array":
    import pyarrow as pa  # noqa: PLC0415 - on first use

    first = next((value for value in values if value is not None), None)
    if isinstance(first, datetime):
        return pa.array(values, pa.timestamp("us", tz="UTC"))
    if first is not None and not isinstance(first, Decimal):
        return pa.array(values, pa.string())
    try:
        return pa.array(values, pa.decimal128(*_NUMBER))
    except pa.ArrowInvalid:
        return pa.array(values, pa.decimal256(*_WIDE_NUMBER))


_WRITERS: dict[str, Callable[["pd.DataFrame", Path], None]] = {
    "csv": _write_csv,
    "parquet": _write_parquet,
}
