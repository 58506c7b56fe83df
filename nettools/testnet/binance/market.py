"""Binance's public answers: clock, contracts, book, tickers, candles, premium index.

Parameters and the time come in, rows ready for JSON go out. Nothing here needs a key.
"""

from collections.abc import Callable
from datetime import datetime

from nettools.decimals import ZERO
from nettools.model import Instrument
from nettools.testnet.binance.errors import ApiError
from nettools.testnet.binance.exchange import Exchange
from nettools.testnet.binance.orders import symbol_row
from nettools.testnet.binance.request import Params
from nettools.testnet.binance.shapes import candle_row
from nettools.testnet.engine import Level
from nettools.testnet.rows import Row, exact, millis, on_grid, venue_symbol

_DEPTHS = frozenset({5, 10, 20, 50, 100, 500, 1000})
MINUTES = {
    "1m": 1,
    "3m": 3,
    "5m": 5,
    "15m": 15,
    "30m": 30,
    "1h": 60,
    "2h": 120,
    "4h": 240,
    "6h": 360,
    "8h": 480,
    "12h": 720,
    "1d": 1_440,
    "3d": 4_320,
    "1w": 10_080,
}
"""Minutes of each interval a candle can have."""
_MOST_CANDLES = 1_500


def ping(_exchange: Exchange, _params: Params, _now: datetime) -> object:
    """Answer ``GET ping``."""
    return {}


def server_time(_exchange: Exchange, _params: Params, now: datetime) -> object:
    """Answer ``GET time``."""
    return {"serverTime": millis(now)}


def exchange_info(exchange: Exchange, _params: Params, now: datetime) -> object:
    """Answer ``GET exchangeInfo``: contracts, filters, limits."""
    budget = exchange.budget
    limits = [
        ("REQUEST_WEIGHT", "MINUTE", 1, budget.weight_minute),
        ("ORDERS", "MINUTE", 1, budget.orders_minute),
        ("ORDERS", "SECOND", 10, budget.orders_ten_seconds),
    ]
    names = ("rateLimitType", "interval", "intervalNum", "limit")
    return {
        "timezone": "UTC",
        "serverTime": millis(now),
        "futuresType": "U_MARGINED",
        "rateLimits": [dict(zip(names, limit, strict=True)) for limit in limits],
        "exchangeFilters": [],
        "assets": [{"asset": "USDT", "marginAvailable": True, "autoAssetExchange": "0"}],
        "symbols": [
            symbol_row(
                instrument,
                exchange.max_open_orders,
                exchange.engine.status(instrument.symbol),
            )
            for instrument in exchange.by_name.values()
        ],
    }


def depth(exchange: Exchange, params: Params, now: datetime) -> object:
    """Answer ``GET depth``: both sides, best first."""
    instrument = exchange.instrument(params)
    limit = params.integer("limit")
    if limit is None:
        limit = 500
    if limit not in _DEPTHS:
        raise ApiError(-4021, f"{limit} is not valid depth limit.")
    bids, asks = exchange.engine.depth(instrument.symbol, limit)
    stamp = millis(now)
    return {
        "lastUpdateId": exchange.engine.sequence,
        "E": stamp,
        "T": stamp,
        "bids": [level_row(level, instrument) for level in bids],
        "asks": [level_row(level, instrument) for level in asks],
    }


def level_row(level: Level, instrument: Instrument) -> list[str]:
    """Show one level of a book: price and quantity."""
    return [exact(level[0], instrument.tick_size), exact(level[1], instrument.step_size)]


def _one_or_all(
    exchange: Exchange,
    params: Params,
    now: datetime,
    row: Callable[[Exchange, Instrument, datetime], Row],
) -> Row | list[Row]:
    rows = [row(exchange, instrument, now) for instrument in exchange.instruments(params)]
    return rows[0] if "symbol" in params else rows


def book_ticker(exchange: Exchange, params: Params, now: datetime) -> object:
    """Answer ``GET ticker/bookTicker``."""
    return _one_or_all(exchange, params, now, book_ticker_row)


def book_ticker_row(exchange: Exchange, instrument: Instrument, now: datetime) -> Row:
    """Show the touch; an empty side reads 0."""
    bids, asks = exchange.engine.depth(instrument.symbol, 1)
    nothing = (ZERO, ZERO)
    bid = level_row(bids[0] if bids else nothing, instrument)
    ask = level_row(asks[0] if asks else nothing, instrument)
    return {
        "symbol": venue_symbol(instrument.symbol),
        "bidPrice": bid[0],
        "bidQty": bid[1],
        "askPrice": ask[0],
        "askQty": ask[1],
        "time": millis(now),
        "lastUpdateId": exchange.engine.sequence,
    }


def price_ticker(exchange: Exchange, params: Params, now: datetime) -> object:
    """Answer ``GET ticker/price``: the last price."""
    return _one_or_all(exchange, params, now, _price_row)


def _price_row(exchange: Exchange, instrument: Instrument, now: datetime) -> Row:
    last = exchange.engine.last_price(instrument.symbol)
    return {
        "symbol": venue_symbol(instrument.symbol),
        "price": exact(last, instrument.tick_size),
        "time": millis(now),
    }


def day_ticker(exchange: Exchange, params: Params, now: datetime) -> object:
    """Answer ``GET ticker/24hr``."""
    return _one_or_all(exchange, params, now, day_row)


def day_row(exchange: Exchange, instrument: Instrument, now: datetime) -> Row:
    """Show the last day in one row, without bid and ask."""
    day = exchange.market.day(instrument.symbol, now)
    tick, step = instrument.tick_size, instrument.step_size
    change = day.close - day.open
    average = day.notional / day.quantity if day.quantity else day.close
    return {
        "symbol": venue_symbol(instrument.symbol),
        "priceChange": on_grid(change, tick),
        "priceChangePercent": f"{change / day.open * 100:.3f}",
        "weightedAvgPrice": on_grid(average, tick),
        "lastPrice": on_grid(day.close, tick),
        "lastQty": on_grid(instrument.min_quantity, step),
        "openPrice": on_grid(day.open, tick),
        "highPrice": on_grid(day.high, tick),
        "lowPrice": on_grid(day.low, tick),
        "volume": on_grid(day.quantity, step),
        "quoteVolume": f"{day.notional:.2f}",
        "openTime": millis(day.open_time),
        "closeTime": millis(now),
        "firstId": 1,
        "lastId": max(1, day.count),
        "count": day.count,
    }


def candles(exchange: Exchange, params: Params, now: datetime) -> object:
    """Answer ``GET klines``: the newest candles, or the first ones from ``startTime`` on."""
    instrument = exchange.instrument(params)
    minutes = MINUTES.get(params.text("interval"))
    if minutes is None:
        raise ApiError(-1120, "Invalid interval.")
    limit = params.limit(500, _MOST_CANDLES)
    span = params.stamp("startTime"), params.stamp("endTime")
    rows = exchange.candles(instrument, minutes, limit, span, now)
    return [candle_row(row, minutes, instrument) for row in rows]


def premium_index(exchange: Exchange, params: Params, now: datetime) -> object:
    """Answer ``GET premiumIndex``."""
    return _one_or_all(exchange, params, now, premium_row)


def premium_row(exchange: Exchange, instrument: Instrument, now: datetime) -> Row:
    """Show mark, index and the next funding.

    The rate is what would be settled now. Market time until the next settlement is counted
    from ``now``: at speed 1 that is when it will be.
    """
    left = exchange.market.next_funding - exchange.market.time
    mark = exchange.engine.mark_price(instrument.symbol)
    index = exchange.market.index_price(instrument.symbol)
    return {
        "symbol": venue_symbol(instrument.symbol),
        "markPrice": f"{mark:.8f}",
        "indexPrice": f"{index:.8f}",
        "estimatedSettlePrice": f"{index:.8f}",
        "lastFundingRate": f"{exchange.market.funding_rate(instrument.symbol):.8f}",
        "interestRate": "0.00010000",
        "nextFundingTime": millis(now + left),
        "time": millis(now),
    }
