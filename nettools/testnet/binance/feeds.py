"""What Binance's public streams tell: depth, touch, executions, marks, candles, tickers.

The name of a stream comes in, a feed that looks at engine and market goes out, or None for a
name the venue does not know. Law: the depth events of a stream follow each other without a
gap, and each says at which sequence (``lastUpdateId`` of ``GET depth``) it begins and ends.
"""

import re
from collections.abc import Callable, Iterable
from datetime import datetime

from nettools.model import Instrument, Side
from nettools.testnet.binance.exchange import Exchange
from nettools.testnet.binance.market import (
    MINUTES,
    book_ticker_row,
    day_row,
    level_row,
    premium_row,
)
from nettools.testnet.binance.shapes import candle_row
from nettools.testnet.feeds import Feed, PrintTape, RowFeed
from nettools.testnet.floor import Level, Print
from nettools.testnet.rows import Row, exact, millis, venue_symbol

_UM = 1
"""The venue's mark of a contract margined in USD."""
_SECOND = 10
"""Beats in a second."""
_SPEEDS = {None: 3, "@100ms": 1, "@250ms": 3, "@500ms": 5}
"""Beats between two depth events; without a speed it is 250 ms (docs)."""
_DEPTH = re.compile(r"depth(?P<levels>5|10|20)?(?P<speed>@100ms|@250ms|@500ms)?")
_TICKER_KEYS = {
    "p": "priceChange",
    "P": "priceChangePercent",
    "w": "weightedAvgPrice",
    "c": "lastPrice",
    "Q": "lastQty",
    "o": "openPrice",
    "h": "highPrice",
    "l": "lowPrice",
    "v": "volume",
    "q": "quoteVolume",
    "O": "openTime",
    "C": "closeTime",
    "F": "firstId",
    "L": "lastId",
    "n": "count",
}
_MINI_KEYS = {name: _TICKER_KEYS[name] for name in "cohlvq"}
_MARK_KEYS = {
    "p": "markPrice",
    "i": "indexPrice",
    "P": "estimatedSettlePrice",
    "r": "lastFundingRate",
    "T": "nextFundingTime",
}
_TOUCH_KEYS = {"b": "bidPrice", "B": "bidQty", "a": "askPrice", "A": "askQty"}

_Show = Callable[[Exchange, Instrument, datetime], Row]


def category_of(stream: str) -> str:
    """Give below which address a stream is: ``"public"`` or ``"market"``."""
    kind = stream.partition("@")[2] or stream.removeprefix("!")
    is_public = kind in {"bookTicker", "trade"} or _DEPTH.fullmatch(kind) is not None
    return "public" if is_public else "market"


def find_feed(exchange: Exchange, stream: str) -> Callable[[], Feed] | None:
    """Give what makes the feed of a stream; None when there is no such stream."""
    if stream.startswith("!"):
        instruments = tuple(exchange.by_name.values())
        return _rows(exchange, instruments, stream[1:], is_all=True)
    name, _, kind = stream.partition("@")
    instrument = exchange.named(name.upper())
    if instrument is None or name != name.lower():
        return None
    depth = _DEPTH.fullmatch(kind)
    if depth is not None:
        return _depth(exchange, instrument, int(depth["levels"] or 0), _SPEEDS[depth["speed"]])
    if kind in {"trade", "aggTrade"}:
        return lambda: TradeFeed(exchange, instrument, is_aggregate=kind == "aggTrade")
    interval = kind.removeprefix("kline_")
    if interval in MINUTES and interval != kind:
        return lambda: CandleFeed(exchange, instrument, interval)
    return _rows(exchange, (instrument,), kind, is_all=False)


def _depth(
    exchange: Exchange, instrument: Instrument, levels: int, every: int
) -> Callable[[], Feed]:
    if not levels:
        return lambda: DepthFeed(exchange, instrument, every)
    return lambda: RowFeed(
        lambda now: [_top(exchange, instrument, levels, now)], every, is_quiet=True
    )


def _rows(
    exchange: Exchange, instruments: tuple[Instrument, ...], kind: str, *, is_all: bool
) -> Callable[[], Feed] | None:
    kinds: dict[str, tuple[_Show, int]] = {
        "markPrice": (_mark_event, 3 * _SECOND),
        "markPrice@1s": (_mark_event, _SECOND),
        "ticker": (_ticker_event, _SECOND),
        "miniTicker": (_mini_event, _SECOND),
        "bookTicker": (_touch_event, 1),
    }
    bare, is_list = kind, False
    if is_all and kind != "bookTicker":
        bare, is_list = kind.replace("@arr", "", 1), "@arr" in kind
    if bare not in kinds or (is_all and kind != "bookTicker" and not is_list):
        return None
    show, every = kinds[bare]
    return lambda: RowFeed(
        lambda now: [show(exchange, instrument, now) for instrument in instruments],
        every,
        is_quiet=kind == "bookTicker",
        is_list=is_list,
    )


def _renamed(event: str, keys: dict[str, str], row: Row) -> Row:
    renamed = {short: row[name] for short, name in keys.items()}
    return {"e": event, "s": row["symbol"], "st": _UM} | renamed


def _touch_event(exchange: Exchange, instrument: Instrument, now: datetime) -> Row:
    row = book_ticker_row(exchange, instrument, now)
    times = {"u": row["lastUpdateId"], "E": row["time"], "T": row["time"], "ps": row["symbol"]}
    return _renamed("bookTicker", _TOUCH_KEYS, row) | times


def _mark_event(exchange: Exchange, instrument: Instrument, now: datetime) -> Row:
    row = premium_row(exchange, instrument, now)
    return _renamed("markPriceUpdate", _MARK_KEYS, row) | {"E": row["time"]}


def _ticker_event(exchange: Exchange, instrument: Instrument, now: datetime) -> Row:
    row = day_row(exchange, instrument, now)
    return _renamed("24hrTicker", _TICKER_KEYS, row) | {"E": row["closeTime"]}


def _mini_event(exchange: Exchange, instrument: Instrument, now: datetime) -> Row:
    row = day_row(exchange, instrument, now)
    return _renamed("24hrMiniTicker", _MINI_KEYS, row) | {"E": row["closeTime"]}


def _depth_event(
    instrument: Instrument,
    sides: tuple[Iterable[Level], Iterable[Level]],
    span: tuple[int, int, int],
    now: datetime,
) -> Row:
    stamp, name = millis(now), venue_symbol(instrument.symbol)
    first, last, before = span
    return {
        "e": "depthUpdate",
        "E": stamp,
        "T": stamp,
        "s": name,
        "ps": name,
        "st": _UM,
        "U": first,
        "u": last,
        "pu": before,
        "b": [level_row(level, instrument) for level in sides[0]],
        "a": [level_row(level, instrument) for level in sides[1]],
    }


def _top(exchange: Exchange, instrument: Instrument, levels: int, now: datetime) -> Row:
    sequence = exchange.engine.sequence
    sides = exchange.engine.depth(instrument.symbol, levels)
    return _depth_event(instrument, sides, (sequence, sequence, sequence), now)


class DepthFeed:
    """Every level that changed since the event before, as it is now.

    Args:
        exchange: whose book.
        instrument: of which contract.
        every: beats between two events.
    """

    def __init__(self, exchange: Exchange, instrument: Instrument, every: int) -> None:
        self.every = every
        self._engine = exchange.engine
        self._instrument = instrument
        self._watch = self._engine.watch(instrument.symbol)
        self._last = self._engine.sequence

    def rows(self, now: datetime) -> Iterable[Row]:
        """Give one event when anything changed."""
        sides = self._engine.take_changes(self._instrument.symbol, self._watch)
        if any(sides):
            before, self._last = self._last, self._engine.sequence
            span = (before + 1, self._last, before)
            yield _depth_event(self._instrument, sides, span, now)

    def welcome(self, _now: datetime) -> Iterable[Row]:
        """Give nothing: a listener asks ``GET depth`` where to begin."""
        return ()

    def end(self) -> None:
        """Stop watching the book."""
        self._engine.unwatch(self._instrument.symbol, self._watch)


class TradeFeed:
    """Every execution, anybody's, one event each.

    Args:
        exchange: whose executions.
        instrument: of which contract.
        is_aggregate: as ``aggTrade`` (each stands for itself alone) instead of ``trade``.
    """

    every = 1

    def __init__(
        self, exchange: Exchange, instrument: Instrument, *, is_aggregate: bool
    ) -> None:
        self._instrument = instrument
        self._is_aggregate = is_aggregate
        self._tape = PrintTape(exchange.engine, instrument.symbol)

    def rows(self, now: datetime) -> Iterable[Row]:
        """Give the executions since last asked."""
        return [self._event(printed, millis(now)) for printed in self._tape.take()]

    def welcome(self, _now: datetime) -> Iterable[Row]:
        """Give nothing: what was traded before is not told."""
        return ()

    def end(self) -> None:
        """Stop listening."""
        self._tape.end()

    def _event(self, printed: Print, stamp: int) -> Row:
        row: Row = {
            "E": stamp,
            "T": millis(printed.time),
            "s": venue_symbol(printed.symbol),
            "p": exact(printed.price, self._instrument.tick_size),
            "q": exact(printed.quantity, self._instrument.step_size),
            "m": printed.side is Side.SELL,
        }
        number = printed.trade_id
        if self._is_aggregate:
            return {"e": "aggTrade", "a": number, "f": number, "l": number, "st": _UM} | row
        return {"e": "trade", "t": number, "X": "MARKET"} | row


class CandleFeed:
    """The candle that is being made whenever it changed, and each one once when it is done.

    Args:
        exchange: whose candles.
        instrument: of which contract.
        interval: in the venue's word, for example ``"1m"``.
    """

    every = 3

    def __init__(self, exchange: Exchange, instrument: Instrument, interval: str) -> None:
        self._exchange = exchange
        self._instrument = instrument
        self._interval = interval
        self._told: list[object] = []

    def rows(self, now: datetime) -> Iterable[Row]:
        """Give the newest candle if it changed; before it the one it follows, closed."""
        *before, newest = self._candles(now)
        if newest == self._told:
            return
        if self._told and before and newest[0] != self._told[0]:
            yield self._event(before[-1], now, is_closed=True)
        self._told = newest
        yield self._event(newest, now, is_closed=False)

    def welcome(self, now: datetime) -> Iterable[Row]:
        """Give the newest candle as it is."""
        return (self._event(self._candles(now)[-1], now, is_closed=False),)

    def end(self) -> None:
        """Hold nothing, so let go of nothing."""

    def _candles(self, now: datetime) -> list[list[object]]:
        minutes = MINUTES[self._interval]
        candles = self._exchange.market.candles(
            self._instrument.symbol, minutes=minutes, limit=2, now=now
        )
        return [candle_row(candle, minutes, self._instrument) for candle in candles]

    def _event(self, row: list[object], now: datetime, *, is_closed: bool) -> Row:
        name = venue_symbol(self._instrument.symbol)
        keys = ("t", "o", "h", "l", "c", "v", "T", "q", "n", "V", "Q", "B")
        candle: Row = dict(zip(keys, row, strict=True))
        candle |= {"s": name, "i": self._interval, "f": 1, "L": row[8], "x": is_closed}
        return {"e": "kline", "E": millis(now), "s": name, "k": candle}
