"""Pages of candles kept on this machine, so that none is asked for twice.

Pages come in and go out by their span, a Feather file each. Law: a file is whole or not there;
one that is damaged is thrown away and asked for again.
"""

import os
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile

from nettools.venues.candle_rows import CandleRow, Span, check_rows
from nettools.venues.rows import Malformed


def cache_folder(environment: Mapping[str, str]) -> Path:
    """Give where pages are kept: below ``XDG_CACHE_HOME``, or ``~/.cache``."""
    base = environment.get("XDG_CACHE_HOME", "")
    return (Path(base) if base else Path.home() / ".cache") / "nettools" / "candles"


class CandleCache:
    """The kept pages of one contract and interval.

    Args:
        folder: of all pages; None keeps nothing.
        parts: what names the contract: venue, its own name of the contract, interval.
    """

    def __init__(self, folder: Path | None, *parts: str) -> None:
        names = [re.sub(r"[^A-Za-z0-9_-]", "_", part) for part in parts]
        self._folder = None if folder is None else folder.joinpath(*names)
        self.trouble = ""
        """Why pages could not be kept; empty when all is well."""

    @property
    def is_on(self) -> bool:
        """Whether pages are kept."""
        return self._folder is not None

    def _path(self, span: Span) -> Path | None:
        return None if self._folder is None else self._folder / f"{span.first}.feather"

    def load(self, span: Span) -> list[CandleRow] | None:
        """Give a page that is kept; None when it is not, or not whole."""
        path = self._path(span)
        if path is None or not path.is_file():
            return None
        import pyarrow as pa  # noqa: PLC0415 - on first use
        from pyarrow import feather  # noqa: PLC0415 - heavy; only when used

        try:
            table = feather.read_table(path, memory_map=False)
            columns = [table.column(name).to_pylist() for name in CandleRow._fields]
            rows = [CandleRow(*row) for row in zip(*columns, strict=True)]
            check_rows(rows, span)
        except (pa.ArrowException, OSError, KeyError, TypeError, Malformed):
            with suppress(OSError):
                path.unlink()
            return None
        return rows

    def save(self, span: Span, rows: Sequence[CandleRow]) -> None:
        """Keep a page; when that fails, say so in ``trouble`` and go on."""
        path = self._path(span)
        if path is None or self.trouble:
            return
        import pyarrow as pa  # noqa: PLC0415 - on first use
        from pyarrow import feather  # noqa: PLC0415 - heavy; only when used

        columns = list(zip(*rows, strict=True)) or [()] * len(CandleRow._fields)
        types = [pa.int64(), *[pa.float64()] * (len(CandleRow._fields) - 1)]
        arrays = [pa.array(column, kind) for column, kind in zip(columns, types, strict=True)]
        table = pa.table(dict(zip(CandleRow._fields, arrays, strict=True)))
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with NamedTemporaryFile(dir=path.parent, suffix=".part", delete=False) as part:
                try:
                    feather.write_feather(table, part)
                    part.flush()
                    os.fsync(part.fileno())
                    Path(part.name).replace(path)
                except BaseException:
                    Path(part.name).unlink(missing_ok=True)
                    raise
        except OSError as error:
            self.trouble = f"pages could not be kept ({error.strerror})"
