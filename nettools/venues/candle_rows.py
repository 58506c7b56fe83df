"""Candles of one page, checked one by one before any is believed. Pure.

What the venue listed comes in; candles of the span that was asked for go out, or ``Malformed``.
Law: a page of another span, with a candle twice, out of order or impossible is no page at all.
"""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import NamedTuple

from nettools.venues.rows import Malformed, describe, number, price, whole

LENGTHS = {
    "1m": 60_000,
    "5m": 300_000,
    "15m": 900_000,
    "1h": 3_600_000,
    "4h": 14_400_000,
    "1d": 86_400_000,
}
"""Milliseconds of each interval."""


class Span(NamedTuple):
    """Opening times from the first up to, not including, the end; milliseconds since 1970."""

    first: int
    end: int
    length: int
    """Of each candle."""

    @property
    def candles(self) -> int:
        """How many it holds when none is missing."""
        return (self.end - self.first) // self.length


class CandleRow(NamedTuple):
    """One candle; floats, as studies use them."""

    opened: int
    """Milliseconds since 1970."""
    open: float
    """Quote units, like the next three."""
    high: float
    low: float
    close: float
    volume: float
    """Base units."""


def read_page(lists: object, span: Span, size: Decimal = Decimal(1)) -> list[CandleRow]:
    """Read a page, oldest first.

    Args:
        lists: what the venue listed, oldest first: open time, prices, contracts traded.
        span: what was asked for.
        size: base units per contract.

    Raises:
        Malformed: a candle outside the span, off its grid, twice, out of order, or impossible.
    """
    if not isinstance(lists, list):
        raise Malformed(f"{describe(lists)} where candles were due")
    rows = [_read(one, size) for one in lists]
    check_rows(rows, span)
    return rows


def check_rows(rows: Iterable[CandleRow], span: Span) -> None:
    """Refuse candles that cannot be those of the span; raises Malformed."""
    before = span.first - span.length
    for row in rows:
        if not span.first <= row.opened < span.end or row.opened % span.length:
            raise Malformed("a candle of a time that was not asked for")
        if row.opened <= before:
            raise Malformed("a candle twice, or out of order")
        if not row.low <= min(row.open, row.close) <= max(row.open, row.close) <= row.high:
            raise Malformed("a candle whose high and low do not enclose it")
        if not (row.low > 0 and row.volume >= 0):
            raise Malformed("a candle with a price or a volume that cannot be")
        before = row.opened


def _read(listed: object, size: Decimal) -> CandleRow:
    if not isinstance(listed, Sequence) or isinstance(listed, str):
        raise Malformed(f"{describe(listed)} where a candle was due")
    row = dict(zip(CandleRow._fields, listed, strict=False))
    return CandleRow(
        opened=whole(row, "opened"),
        open=float(price(row, "open")),
        high=float(price(row, "high")),
        low=float(price(row, "low")),
        close=float(price(row, "close")),
        volume=float(number(row, "volume") * size),
    )
