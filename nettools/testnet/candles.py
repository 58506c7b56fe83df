"""One-minute candles of one symbol, kept on market time and shown on the reader's clock.

What was executed in each second comes in, in ticks and steps; candles of any number of minutes
go out. Nothing is lost in between: prices, quantities and notionals are whole numbers inside.
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from nettools.model import Instrument
from nettools.testnet.book import Tape

KEPT_MINUTES = 20_000
"""Older minutes are forgotten: two weeks, a few megabytes for five contracts."""
DAY_MINUTES = 1440


@dataclass(frozen=True, slots=True, kw_only=True)
class Candle:
    """Prices and turnover of one interval."""

    open_time: datetime
    """Start of the interval (UTC), mapped so that the newest candle is the current one."""
    open: Decimal
    """First price, quote units."""
    high: Decimal
    """Highest price, quote units."""
    low: Decimal
    """Lowest price, quote units."""
    close: Decimal
    """Last price, quote units."""
    quantity: Decimal
    """Base units traded."""
    notional: Decimal
    """Quote units traded."""
    count: int
    """Number of executions."""


@dataclass(slots=True)
class Bar:
    """One minute, or several joined; prices in ticks, quantity in steps."""

    minute: int
    """Minutes of market time since 1970."""
    open: int
    high: int
    low: int
    close: int
    lots: int = 0
    notional: int = 0
    """Ticks × steps."""
    count: int = 0

    def join(self, later: "Bar") -> None:
        """Take in a bar that follows this one."""
        self.high = max(self.high, later.high)
        self.low = min(self.low, later.low)
        self.close = later.close
        self.lots += later.lots
        self.notional += later.notional
        self.count += later.count


class CandleLog:
    """The minutes of one symbol, the newest one unfinished.

    Args:
        instrument: whose ticks and steps the bars count in.
        history: minutes before the first second, oldest first, one for every minute.
    """

    def __init__(self, instrument: Instrument, history: Iterable[Bar] = ()) -> None:
        self.instrument = instrument
        self._bars: deque[Bar] = deque(history, maxlen=KEPT_MINUTES)

    def add(self, minute: int, tape: Tape, lots: int = 0) -> None:
        """Note one second; ``lots`` were traded elsewhere, at the last price.

        A second without executions changes nothing but may begin a minute.
        """
        if tape.last is None:
            return
        prices = (tape.first, tape.high, tape.low, tape.last)
        first, high, low, last = (tape.last if price is None else price for price in prices)
        later = Bar(minute, first, high, low, last, tape.lots, tape.notional, tape.count)
        later.lots += lots
        later.notional += lots * tape.last
        if self._bars and self._bars[-1].minute == minute:
            self._bars[-1].join(later)
        else:
            self._bars.append(later)

    def begin(self, minute: int, ticks: int) -> None:
        """Open the first minute at a price, before anything is traded."""
        self._bars.append(Bar(minute, ticks, ticks, ticks, ticks))

    def candles(self, *, minutes: int, limit: int, now: datetime) -> tuple[Candle, ...]:
        """Give up to ``limit`` candles of ``minutes`` each, oldest first.

        Grouped on market time and labelled back from ``now``: the newest, unfinished one
        carries the interval ``now`` lies in.
        """
        groups: list[Bar] = []
        for bar in reversed(self._bars):
            group = bar.minute // minutes
            if groups and groups[-1].minute == group:
                groups[-1] = _joined(bar, groups[-1])
            elif len(groups) == limit:
                break
            else:
                groups.append(_joined(bar))
            groups[-1].minute = group
        newest = int(now.timestamp()) // (60 * minutes)
        return tuple(
            self._candle(bar, (newest - groups[0].minute + bar.minute) * minutes)
            for bar in reversed(groups)
        )

    def day(self, now: datetime) -> Candle:
        """Give the last 24 hours, or what there is of them, as one candle."""
        bars = list(self._bars)[-DAY_MINUTES:]
        whole = _joined(*bars)
        start = int((now - timedelta(minutes=len(bars))).timestamp()) // 60
        return self._candle(whole, start)

    def _candle(self, bar: Bar, minute: int) -> Candle:
        tick, step = self.instrument.tick_size, self.instrument.step_size
        return Candle(
            open_time=datetime.fromtimestamp(minute * 60, UTC),
            open=bar.open * tick,
            high=bar.high * tick,
            low=bar.low * tick,
            close=bar.close * tick,
            quantity=bar.lots * step,
            notional=bar.notional * tick * step,
            count=bar.count,
        )


def _joined(first: Bar, *later: Bar) -> Bar:
    whole = Bar(
        first.minute,
        first.open,
        first.high,
        first.low,
        first.close,
        first.lots,
        first.notional,
        first.count,
    )
    for bar in later:
        whole.join(bar)
    return whole
