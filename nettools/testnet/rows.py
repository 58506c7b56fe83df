"""What the JSON rows of both dialects are made of: names of symbols, times, numbers.

Engine values come in; text and whole numbers as a venue writes them go out, with more decimals
than the venue has where digits would be lost.
"""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from nettools.decimals import plain

Row = dict[str, object]
"""One JSON object."""

LATEST = 253_402_300_799_000
"""The end of the year 9999, milliseconds: no time that is asked for is later."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


def millis(moment: datetime) -> int:
    """Give a UTC time as milliseconds since 1970, rounded down."""
    return (moment - _EPOCH) // _MILLISECOND


def from_millis(milliseconds: int) -> datetime:
    """Give the UTC time of so many milliseconds since 1970."""
    return _EPOCH + milliseconds * _MILLISECOND


def is_within(moment: datetime, start: int | None, end: int | None) -> bool:
    """Say whether a time lies between two in milliseconds, both included; None is open."""
    stamp = millis(moment)
    return (start is None or stamp >= start) and (end is None or stamp <= end)


def money(value: Decimal) -> str:
    """Write an amount with 8 decimals, or as many more as it has."""
    text = f"{value:.8f}"
    return text if Decimal(text) == value else plain(value)


def venue_symbol(symbol: str) -> str:
    """Give the venues' name of a unified symbol: ``BTCUSDT`` for ``BTC/USDT:USDT``."""
    return symbol.partition(":")[0].replace("/", "")


def on_grid(value: Decimal, grid: Decimal) -> str:
    """Write a number with as many decimals as its grid has."""
    exponent = grid.as_tuple().exponent
    return f"{value:.{-exponent if isinstance(exponent, int) and exponent < 0 else 0}f}"


def decimals_of(value: Decimal) -> int:
    """Count the decimals a number has, zeros at its end apart."""
    return len(plain(value).partition(".")[2])
