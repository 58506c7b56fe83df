"""Candles out of a file or a frame, checked row by row before anything is built on them.

A Feather, Parquet or CSV file or a pandas DataFrame comes in; one ``Series`` of one-minute rows
goes out, or one sentence naming the file, the row and what to do.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from nettools.errors import InvalidInput

if TYPE_CHECKING:  # pandas is loaded when a file is read, not on import
    import pandas as pd

COLUMNS = ("date", "open", "high", "low", "close", "volume")
PRICES = COLUMNS[1:5]
LARGEST_PRICE = 1e9
_FUTURES_NAME = re.compile(r"([A-Z0-9]+)_([A-Z]+)_([A-Z]+)(?![A-Z0-9])")
_PLAIN_NAME = re.compile(r"([A-Z0-9]+?)[_-]?(USDT|USDC)(?![A-Z0-9])")


class Row(NamedTuple):
    """One minute; prices in quote units."""

    open: float
    high: float
    low: float
    close: float
    volume: float
    """Base units."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """The minutes of one symbol."""

    name: str
    """The file it came from, for messages."""
    rows: dict[int, Row]
    """By minutes since 1970, rising; minutes without a row had no trades."""


def symbol_of(path: str | Path) -> str:
    """Tell the unified symbol from a file name: ``BTC_USDT_USDT-1m-futures`` or ``BTCUSDT-1m``.

    Raises:
        InvalidInput: the name does not begin with a symbol.
    """
    name = Path(path).name.upper()
    futures, plain = _FUTURES_NAME.match(name), _PLAIN_NAME.match(name)
    if futures:
        return "{}/{}:{}".format(*futures.groups())
    if plain:
        return f"{plain[1]}/{plain[2]}:{plain[2]}"
    raise InvalidInput(
        f"cannot tell the symbol from the file name {Path(path).name!r}; name it like "
        "BTC_USDT_USDT-1m-futures.feather, or pass {'BTC/USDT:USDT': file}"
    )


def read_history(
    sources: "Iterable[str | Path] | Mapping[str, str | Path | pd.DataFrame]",
) -> dict[str, Series]:
    """Read the candles of several symbols.

    Args:
        sources: files named after their symbol, or symbol → file or frame. Columns: date
            (UTC; text, times or milliseconds), open, high, low, close (quote units), volume
            (base units); one row a minute, rising.

    Raises:
        InvalidInput: no file, the same symbol twice, or a file that cannot be right.
    """
    if isinstance(sources, Mapping):
        pairs = list(sources.items())
    else:
        pairs = [(symbol_of(source), source) for source in sources]
    if not pairs:
        raise InvalidInput("a replay needs at least one file of candles, there was none")
    series: dict[str, Series] = {}
    for symbol, source in pairs:
        if symbol in series:
            raise InvalidInput(f"{symbol} has two files of candles; keep one")
        is_file = isinstance(source, str | Path)
        name = Path(source).name if is_file else f"the frame of {symbol}"
        frame = _load(Path(source)) if is_file else source
        series[symbol] = Series(name=name, rows=_rows(frame, name))
    return series


def _load(path: Path) -> "pd.DataFrame":
    import pandas as pd  # noqa: PLC0415 - heavy, and only replays need it

    kind = path.suffix.lower()
    if kind not in {".feather", ".parquet", ".csv"}:
        raise InvalidInput(f"{path.name} must end in .feather, .parquet or .csv; convert it")
    if not path.is_file():
        raise InvalidInput(f"there is no file {path}; check the path")
    if path.stat().st_size == 0:
        raise InvalidInput(f"{path.name} is empty; download it again")
    try:
        if kind == ".csv":
            return pd.read_csv(path)
        return pd.read_feather(path) if kind == ".feather" else pd.read_parquet(path)
    except (OSError, ValueError) as error:
        first = str(error).partition("\n")[0][:120]
        raise InvalidInput(
            f"{path.name} cannot be read as {kind[1:]} ({first}); download it again"
        ) from None


def _rows(frame: "pd.DataFrame", name: str) -> dict[int, Row]:
    import pandas as pd  # noqa: PLC0415 - heavy, and only replays need it

    missing = [column for column in COLUMNS if column not in frame.columns]
    if missing:
        raise InvalidInput(
            f"{name} must have the columns {', '.join(COLUMNS)}; missing: {', '.join(missing)}"
        )
    if frame.empty:
        raise InvalidInput(f"{name} has no rows; a replay needs at least one minute")
    date = frame["date"]
    if pd.api.types.is_numeric_dtype(date):
        dates = pd.to_datetime(date, utc=True, errors="coerce", unit="ms")
    else:
        dates = pd.to_datetime(date, utc=True, errors="coerce")
    _refuse(name, dates.isna(), date, "date must be a time")
    numbers = {c: pd.to_numeric(frame[c], errors="coerce").astype(float) for c in COLUMNS[1:]}
    _check_numbers(frame, numbers, name)
    epoch = pd.Timestamp(0, tz="UTC")
    minutes = ((dates - epoch) // pd.Timedelta(minutes=1)).astype(int)
    _check_minutes(minutes, dates, name)
    columns = [numbers[column].tolist() for column in COLUMNS[1:]]
    return dict(zip(minutes.tolist(), map(Row, *columns), strict=True))


def _check_numbers(frame: "pd.DataFrame", numbers: "dict[str, pd.Series]", name: str) -> None:
    for column, values in numbers.items():
        wrong = values.isna() | (values.abs() == float("inf"))
        _refuse(name, wrong, frame[column], f"{column} must be a number")
    for column in PRICES:
        values = numbers[column]
        _refuse(name, values <= 0, values, f"{column} must be above zero")
        _refuse(name, values > LARGEST_PRICE, values, f"{column} must be below a billion")
    _refuse(name, numbers["volume"] < 0, numbers["volume"], "volume must not be negative")
    for column in ("open", "close"):
        values = numbers[column]
        wrong = (values > numbers["high"]) | (values < numbers["low"])
        _refuse(name, wrong, values, f"{column} must lie between low and high")


def _check_minutes(minutes: "pd.Series", dates: "pd.Series", name: str) -> None:
    steps = minutes.diff()
    _refuse(name, steps == 0, dates, "date must not repeat a minute; drop the duplicate: it")
    _refuse(name, steps < 0, dates, "date must be after the row before; sort the file: it")
    usual = steps.median()
    if len(minutes) > 1 and usual != 1:
        raise InvalidInput(
            f"{name} must have one row a minute, its rows are {usual:g} minutes apart; "
            "download 1m candles"
        )


def _refuse(name: str, wrong: "pd.Series", values: "pd.Series", rule: str) -> None:
    where = wrong.to_numpy().nonzero()[0]
    if len(where):
        row = int(where[0])
        raise InvalidInput(f"{name}, row {row + 1}: {rule}, was {values.iloc[row]}")
