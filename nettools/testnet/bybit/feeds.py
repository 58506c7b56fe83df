"""What Bybit's public topics tell: the book, executions, tickers, candles.

The name of a topic comes in, a feed that looks at engine and market goes out, or None for a
topic that is not offered. Law: after the snapshot each delta of a book has the next ``u``, and
snapshot and deltas together are the engine's best levels.
"""

from collections.abc import Callable, Iterable
from datetime import datetime

from nettools.model import Instrument
from nettools.testnet.bybit.exchange import Exchange
from nettools.testnet.bybit.market import MINUTES, ticker_row
from nettools.testnet.bybit.names import execution_id, venue_side
from nettools.testnet.bybit.shapes import candle_row, level_row
from nettools.testnet.feeds import Feed, PrintTape
from nettools.testnet.floor import Print
from nettools.testnet.rows import Row, millis, on_grid, venue_symbol

_DEPTHS = {"1": 1, "50": 1, "200": 1, "500": 1, "1000": 2}
"""Beats between two deltas, by number of levels."""
_CANDLE_BEATS = 3


def find_feed(exchange: Exchange, topic: str) -> Callable[[], Feed] | None:
    """Give what makes the feed of a topic; None when there is no such topic."""
    rest, _, name = topic.rpartition(".")
    kind, *middle = rest.split(".")
    instrument = exchange.named(name)
    if instrument is None:
        return None
    match kind, middle:
        case "orderbook", [levels] if levels in _DEPTHS:
            return lambda: BookFeed(exchange, instrument, topic, int(levels))
        case "kline", [interval] if interval in MINUTES:
            return lambda: CandleFeed(exchange, instrument, topic, interval)
        case "publicTrade", []:
            return lambda: TradeFeed(exchange, instrument, topic)
        case "tickers", []:
            return lambda: TickerFeed(exchange, instrument, topic)
    return None


class BookFeed:
    """The best levels of a book: a snapshot for each who comes, then deltas for all.

    Args:
        exchange: whose book.
        instrument: of which contract.
        topic: as it was asked for.
        levels: of each side.
    """

    def __init__(
        self, exchange: Exchange, instrument: Instrument, topic: str, levels: int
    ) -> None:
        self.every = _DEPTHS[str(levels)]
        self._engine = exchange.engine
        self._instrument = instrument
        self._topic = topic
        self._levels = levels
        self._update = 1
        self._sequence = self._engine.sequence
        self._told = self._sides()

    def rows(self, now: datetime) -> Iterable[Row]:
        """Give what changed; a level that is gone, or too far from the best, has size 0."""
        if self._sequence == self._engine.sequence:
            return
        self._sequence = self._engine.sequence
        told, self._told = self._told, self._sides()
        if told == self._told:
            return
        self._update += 1
        changes = [
            [[price, size] for price, size in side.items() if before.get(price) != size]
            + [[price, "0"] for price in before if price not in side]
            for before, side in zip(told, self._told, strict=True)
        ]
        yield self._frame("delta", changes, now)

    def welcome(self, now: datetime) -> Iterable[Row]:
        """Give the levels as they were told last."""
        levels = [[[price, size] for price, size in side.items()] for side in self._told]
        return (self._frame("snapshot", levels, now),)

    def end(self) -> None:
        """Hold nothing, so let go of nothing."""

    def _sides(self) -> list[dict[str, str]]:
        depth = self._engine.depth(self._instrument.symbol, self._levels)
        rows = ([level_row(level, self._instrument) for level in side] for side in depth)
        return [{row[0]: row[1] for row in side} for side in rows]

    def _frame(self, kind: str, sides: list[list[list[str]]], now: datetime) -> Row:
        data = {
            "s": venue_symbol(self._instrument.symbol),
            "b": sides[0],
            "a": sides[1],
            "u": self._update,
            "seq": self._sequence,
        }
        return _frame(self._topic, kind, data, now) | {"cts": millis(now)}


class TradeFeed:
    """Every execution, anybody's, those of one beat in one frame.

    Args:
        exchange: whose executions.
        instrument: of which contract.
        topic: as it was asked for.
    """

    every = 1

    def __init__(self, exchange: Exchange, instrument: Instrument, topic: str) -> None:
        self._exchange = exchange
        self._instrument = instrument
        self._topic = topic
        self._tape = PrintTape(exchange.engine, instrument.symbol)
        self._last = exchange.engine.last_price(instrument.symbol)

    def rows(self, now: datetime) -> Iterable[Row]:
        """Give the executions since last asked."""
        told = [self._row(printed) for printed in self._tape.take()]
        return [_frame(self._topic, "snapshot", told, now)] if told else []

    def welcome(self, _now: datetime) -> Iterable[Row]:
        """Give nothing: what was traded before is not told."""
        return ()

    def end(self) -> None:
        """Stop listening."""
        self._tape.end()

    def _row(self, printed: Print) -> Row:
        before, self._last = self._last, printed.price
        way = "Zero" if before == printed.price else ""
        return {
            "T": millis(printed.time),
            "s": venue_symbol(printed.symbol),
            "S": venue_side(printed.side),
            "v": on_grid(printed.quantity, self._instrument.step_size),
            "p": on_grid(printed.price, self._instrument.tick_size),
            "L": f"{way}{'Minus' if printed.price < before else 'Plus'}Tick",
            "i": execution_id(printed.symbol, "fill", str(printed.trade_id)),
            "BT": False,
            "RPI": False,
            "seq": printed.trade_id,
        }


class TickerFeed:
    """One contract at a glance: all of it for each who comes, then what changed for all.

    Args:
        exchange: whose market.
        instrument: which contract.
        topic: as it was asked for.
    """

    every = 1

    def __init__(self, exchange: Exchange, instrument: Instrument, topic: str) -> None:
        self._exchange = exchange
        self._instrument = instrument
        self._topic = topic
        self._seen = self._state()
        self._told: Row = {}

    def rows(self, now: datetime) -> Iterable[Row]:
        """Give the fields that changed, when the market did."""
        if self._told and self._seen == self._state():
            return
        self._seen = self._state()
        told, self._told = self._told, ticker_row(self._exchange, self._instrument, now)
        changed = {key: value for key, value in self._told.items() if told.get(key) != value}
        if changed:
            yield self._frame("delta", {"symbol": self._told["symbol"]} | changed, now)

    def welcome(self, now: datetime) -> Iterable[Row]:
        """Give every field as it was told last."""
        return (self._frame("snapshot", self._told, now),)

    def end(self) -> None:
        """Hold nothing, so let go of nothing."""

    def _state(self) -> tuple[int, datetime]:
        return self._exchange.engine.sequence, self._exchange.market.time

    def _frame(self, kind: str, data: Row, now: datetime) -> Row:
        return _frame(self._topic, kind, data, now) | {"cs": self._exchange.engine.sequence}


class CandleFeed:
    """The candle that is being made whenever it changed, and each one once when it is done.

    Args:
        exchange: whose candles.
        instrument: of which contract.
        topic: as it was asked for.
        interval: in the venue's word, for example ``"60"``.
    """

    every = _CANDLE_BEATS

    def __init__(
        self, exchange: Exchange, instrument: Instrument, topic: str, interval: str
    ) -> None:
        self._exchange = exchange
        self._instrument = instrument
        self._topic = topic
        self._interval = interval
        self._told: list[str] = []

    def rows(self, now: datetime) -> Iterable[Row]:
        """Give the newest candle if it changed; before it the one it follows, confirmed."""
        *before, newest = self._candles(now)
        if newest == self._told:
            return
        if self._told and before and newest[0] != self._told[0]:
            yield self._frame(before[-1], now, is_done=True)
        self._told = newest
        yield self._frame(newest, now, is_done=False)

    def welcome(self, now: datetime) -> Iterable[Row]:
        """Give the newest candle as it is."""
        return (self._frame(self._candles(now)[-1], now, is_done=False),)

    def end(self) -> None:
        """Hold nothing, so let go of nothing."""

    def _candles(self, now: datetime) -> list[list[str]]:
        minutes = MINUTES[self._interval]
        market, symbol = self._exchange.market, self._instrument.symbol
        candles = market.candles(symbol, minutes=minutes, limit=2, now=now)
        return [candle_row(candle, self._instrument) for candle in candles]

    def _frame(self, row: list[str], now: datetime, *, is_done: bool) -> Row:
        start = int(row[0])
        keys = ("open", "high", "low", "close", "volume", "turnover")
        candle: Row = {
            "start": start,
            "end": start + MINUTES[self._interval] * 60_000 - 1,
            "interval": self._interval,
            "confirm": is_done,
            "timestamp": millis(now),
        }
        candle |= dict(zip(keys, row[1:], strict=True))
        return _frame(self._topic, "snapshot", [candle], now)


def _frame(topic: str, kind: str, data: object, now: datetime) -> Row:
    return {"topic": topic, "type": kind, "ts": millis(now), "data": data}
