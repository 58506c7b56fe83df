"""Recorded candles that move the engine's books, with the same public around them.

Each minute runs from open through its two extremes to close: a rising one first to its low, a
falling one first to its high. At the end of the data the market stands still and says so
(``is_finished``); it never starts again by itself.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

from nettools.errors import InvalidInput
from nettools.model import Instrument
from nettools.testnet.candles import Bar
from nettools.testnet.floor import Floor
from nettools.testnet.history import Row, Series
from nettools.testnet.instruments import instrument_for
from nettools.testnet.stage import CrowdStage, Second, minute_of

MINUTE = 60
FIRST, SECOND_EXTREME, LAST = 20, 40, 59
"""Seconds of a minute at which the path is at its extremes and at its close."""
FEWEST_TICKS = 1000
"""A price of fewer ticks than this means the symbol is not the file's."""


def instruments_of(
    series: Mapping[str, Series], venue: str = "binance"
) -> tuple[Instrument, ...]:
    """Give the instruments an engine needs to replay these candles, by a venue's rules."""
    found = []
    for symbol, one in series.items():
        first = next(iter(one.rows.values())).open
        found.append(instrument_for(symbol, Decimal(f"{first:.6g}"), venue))
    return tuple(found)


class Replay(CrowdStage):
    """Moves every symbol of an engine along recorded candles, several at once.

    Args:
        engine: whose books it moves; it must trade exactly the symbols of the series.
        series: one-minute rows by symbol (``read_history``); the minutes common to all are
            played, and where a symbol has none its price stands still.
        seed: decides the makers' sizes and the takers.
        now: the time of the first quotes.
        history: so many minutes at the front are not played but shown as past candles, so
            that a strategy can start at once; none of them when there are not more.

    Raises:
        InvalidInput: other symbols than the engine's, no minute in common, or prices that
            cannot be this symbol's.
    """

    def __init__(
        self,
        engine: Floor,
        series: Mapping[str, Series],
        seed: int,
        now: datetime,
        *,
        history: int = 500,
    ) -> None:
        if series.keys() != engine.instruments.keys():
            raise InvalidInput(
                f"a replay needs candles of exactly the symbols {sorted(engine.instruments)}, "
                f"was {sorted(series)}"
            )
        first, end = _common_minutes(series)
        self._rows = {symbol: _dense(one, first, end) for symbol, one in series.items()}
        self._steps = {s: float(rules.step_size) for s, rules in engine.instruments.items()}
        self._start = first
        self._played = (history if end - first > history else 0) * MINUTE
        self._paths: dict[str, list[float]] = {}
        row, now_minute = self._played // MINUTE, minute_of(now)
        past: dict[str, list[Bar]] = {}
        for symbol, rules in engine.instruments.items():
            _check_prices(series[symbol], rules)
            bars = self._rows[symbol][:row]
            past[symbol] = [_bar(r, rules, now_minute - row + i) for i, r in enumerate(bars)]
        mids = {symbol: rows[row].open for symbol, rows in self._rows.items()}
        # On the minute, so that every row becomes one candle.
        super().__init__(engine, past, mids, seed, now.replace(second=0, microsecond=0))

    @property
    def data_time(self) -> datetime:
        """Give the recorded moment that plays next (UTC)."""
        return datetime.fromtimestamp(self._start * MINUTE, UTC) + timedelta(
            seconds=self._played
        )

    def _next(self) -> dict[str, Second] | None:
        if self.is_finished:
            return None
        row, second = divmod(self._played, MINUTE)
        if not second or not self._paths:
            self._paths = {symbol: _path(rows[row]) for symbol, rows in self._rows.items()}
        self._played += 1
        self.is_finished = self._played == MINUTE * len(next(iter(self._rows.values())))
        return {
            symbol: Second(path[second], self._lots(symbol, row, second))
            for symbol, path in self._paths.items()
        }

    def _lots(self, symbol: str, row: int, second: int) -> int:
        lots = int(self._rows[symbol][row].volume / self._steps[symbol] + 1e-6)
        return lots * (second + 1) // MINUTE - lots * second // MINUTE


def _common_minutes(series: Mapping[str, Series]) -> tuple[int, int]:
    first = max(next(iter(one.rows)) for one in series.values())
    end = min(next(reversed(one.rows)) for one in series.values()) + 1
    if first >= end:
        names = ", ".join(one.name for one in series.values())
        raise InvalidInput(f"the candles of {names} have no minute in common; use one period")
    return first, end


def _dense(series: Series, first: int, end: int) -> list[Row]:
    rows: list[Row] = []
    close = next(row for minute, row in series.rows.items() if minute >= first).open
    for minute in range(first, end):
        row = series.rows.get(minute)
        if row is None:
            row = Row(close, close, close, close, 0.0)
        rows.append(row)
        close = row.close
    return rows


def _path(row: Row) -> list[float]:
    """Give the 60 mids of a minute; open, low, high and close are all reached."""
    rises = row.close >= row.open
    extremes = (row.low, row.high) if rises else (row.high, row.low)
    anchors = zip(
        (0, FIRST, SECOND_EXTREME, LAST), (row.open, *extremes, row.close), strict=True
    )
    path = [row.open]
    for (begin, start), (finish, target) in pairwise(anchors):
        steps = finish - begin
        path += [start + (target - start) * k / steps for k in range(1, steps)]
        path.append(target)
    return path


def _bar(row: Row, instrument: Instrument, minute: int) -> Bar:
    tick, step = float(instrument.tick_size), float(instrument.step_size)
    start, top, bottom, close = (round(price / tick) for price in row[:4])
    lots = round(row.volume / step)
    return Bar(minute, start, top, bottom, close, lots, lots * close)


def _check_prices(series: Series, instrument: Instrument) -> None:
    lowest = min(row.low for row in series.rows.values())
    if lowest < float(instrument.tick_size) * FEWEST_TICKS:
        raise InvalidInput(
            f"{series.name} has a price of {lowest:g}, which cannot be {instrument.symbol} "
            f"(tick {instrument.tick_size}); check the symbol of the file"
        )
