"""Bybit's public answers: clock, contracts, book, tickers, candles, funding rates.

Parameters and the time come in, rows ready for JSON go out. Nothing here needs a key. Lists are
newest first.
"""

from datetime import datetime

from nettools.decimals import ZERO, plain
from nettools.model import Instrument
from nettools.testnet.bybit.errors import PARAMETER, ApiError, invalid
from nettools.testnet.bybit.exchange import Exchange
from nettools.testnet.bybit.orders import check_category, instrument_row
from nettools.testnet.bybit.request import Params
from nettools.testnet.bybit.shapes import candle_row, level_row, print_row
from nettools.testnet.rows import (
    Row,
    from_millis,
    is_within,
    millis,
    on_grid,
    venue_symbol,
)

MINUTES = {
    **{str(minutes): minutes for minutes in (1, 3, 5, 15, 30, 60, 120, 240, 360, 720)},
    "D": 1_440,
    "W": 10_080,
}
"""Minutes of each interval a candle can have."""
_STATUSES = frozenset({"PreLaunch", "Trading", "Delivering", "Closed"})
_UNUSED_OF_TICKERS: Row = {
    "openInterest": "0",
    "openInterestValue": "0",
    "predictedDeliveryPrice": "",
    "basisRate": "",
    "basis": "",
    "deliveryFeeRate": "",
    "deliveryTime": "0",
    "preOpenPrice": "",
    "preQty": "",
    "curPreListingPhase": "",
    "fundingCap": "0.005",
    "basisRateYear": "",
}


def server_time(_exchange: Exchange, _params: Params, now: datetime) -> Row:
    """Answer ``market/time``."""
    stamp = millis(now)
    return {"timeSecond": str(stamp // 1000), "timeNano": str(stamp * 1_000_000)}


def instruments_info(exchange: Exchange, params: Params, _now: datetime) -> Row:
    """Answer ``market/instruments-info``: contracts and their rules, in one page."""
    check_category(params)
    params.limit(500, 1_000)
    status = params.get("status") or "Trading"
    if status not in _STATUSES:
        raise invalid("status")
    base = params.get("baseCoin")
    rows = [
        instrument_row(instrument, exchange.market.funding_interval)
        for instrument in _chosen(exchange, params)
        if status == "Trading" and base in {None, instrument.base}
    ]
    return {"category": "linear", "list": rows, "nextPageCursor": ""}


def _chosen(exchange: Exchange, params: Params) -> list[Instrument]:
    if params.get("symbol") is None:
        return list(exchange.by_name.values())
    return [exchange.instrument(params)]


def order_book(exchange: Exchange, params: Params, now: datetime) -> Row:
    """Answer ``market/orderbook``: both sides, best first; 25 levels by default."""
    check_category(params)
    instrument = exchange.instrument(params)
    bids, asks = exchange.engine.depth(instrument.symbol, params.limit(25, 1_000))
    stamp = millis(now)
    return {
        "s": venue_symbol(instrument.symbol),
        "b": [level_row(level, instrument) for level in bids],
        "a": [level_row(level, instrument) for level in asks],
        "ts": stamp,
        "u": exchange.engine.sequence,
        "seq": exchange.engine.sequence,
        "cts": stamp,
    }


def tickers(exchange: Exchange, params: Params, now: datetime) -> Row:
    """Answer ``market/tickers``: touch, mark, index, the last day and the next funding."""
    check_category(params)
    rows = [ticker_row(exchange, one, now) for one in _chosen(exchange, params)]
    return {"category": "linear", "list": rows}


def ticker_row(exchange: Exchange, instrument: Instrument, now: datetime) -> Row:
    """Show one contract as ``market/tickers`` does; an empty side of the book reads 0.

    The next funding is counted from ``now`` in market time: at speed 1 that is when it is.
    """
    symbol, tick, market = instrument.symbol, instrument.tick_size, exchange.market
    day = market.day(symbol, now)
    [hour] = market.candles(symbol, minutes=60, limit=1, now=now)
    sides = exchange.engine.depth(symbol, 1)
    bid, ask = (level_row(side[0] if side else (ZERO, ZERO), instrument) for side in sides)
    left = market.next_funding - market.time
    return {
        "symbol": venue_symbol(symbol),
        "lastPrice": on_grid(exchange.engine.last_price(symbol), tick),
        "indexPrice": on_grid(market.index_price(symbol), tick),
        "markPrice": on_grid(exchange.engine.mark_price(symbol), tick),
        "prevPrice24h": on_grid(day.open, tick),
        "price24hPcnt": f"{(day.close - day.open) / day.open:.6f}",
        "highPrice24h": on_grid(day.high, tick),
        "lowPrice24h": on_grid(day.low, tick),
        "prevPrice1h": on_grid(hour.open, tick),
        "turnover24h": f"{day.notional:.4f}",
        "volume24h": on_grid(day.quantity, instrument.step_size),
        "fundingRate": plain(market.funding_rate(symbol)),
        "nextFundingTime": str(millis(now + left)),
        "fundingIntervalHour": str(max(1, market.funding_interval // 3_600)),
        "bid1Price": bid[0],
        "bid1Size": bid[1],
        "ask1Price": ask[0],
        "ask1Size": ask[1],
    } | _UNUSED_OF_TICKERS


def candles(exchange: Exchange, params: Params, now: datetime) -> Row:
    """Answer ``market/kline``: the newest candles, or the first ones from ``start`` on."""
    if params.get("category") is not None:
        check_category(params)
    instrument = exchange.instrument(params)
    minutes = MINUTES[params.choice("interval", MINUTES)]
    span = params.stamp("start"), params.stamp("end")
    rows = exchange.candles(instrument, minutes, params.limit(200, 1_000), span, now)
    return {
        "category": "linear",
        "symbol": venue_symbol(instrument.symbol),
        "list": [candle_row(row, instrument) for row in reversed(rows)],
    }


def mark_candles(exchange: Exchange, params: Params, now: datetime) -> Row:
    """Answer ``market/mark-price-kline``: candles without volume.

    The local mark stays near what trades, so trades stand for it; an interval in which funding
    settled opens at the mark it settled at.
    """
    check_category(params)
    instrument = exchange.instrument(params)
    minutes = MINUTES[params.choice("interval", MINUTES)]
    span = params.stamp("start"), params.stamp("end")
    limit = params.limit(200, 1_000)
    found = exchange.candles(instrument, minutes, limit, span, now)
    rows = {int(row[0]): row[:5] for row in (candle_row(one, instrument) for one in found)}
    length = minutes * 60_000
    for settlement in reversed(exchange.engine.settlements(instrument.symbol)):
        opened = millis(settlement.time) // length * length
        if opened in rows or is_within(from_millis(opened), *span):
            mark = plain(settlement.mark_price)
            _, *rest = rows.get(opened, [str(opened), *[mark] * 4])
            rows[opened] = [str(opened), mark, *rest[1:]]
    newest = [rows[opened] for opened in sorted(rows, reverse=True)]
    return {
        "category": "linear",
        "symbol": venue_symbol(instrument.symbol),
        "list": newest[:limit],
    }


def recent_trades(exchange: Exchange, params: Params, _now: datetime) -> Row:
    """Answer ``market/recent-trade``: the last executions, anybody's."""
    check_category(params)
    instrument = exchange.instrument(params)
    printed = exchange.prints(instrument.symbol, params.limit(500, 1_000))
    return {"category": "linear", "list": [print_row(one, instrument) for one in printed]}


def funding_history(exchange: Exchange, params: Params, _now: datetime) -> Row:
    """Answer ``market/funding/history``; a start without an end is an error (docs)."""
    check_category(params)
    instrument = exchange.instrument(params)
    start, end = params.stamp("startTime"), params.stamp("endTime")
    if start is not None and end is None:
        raise ApiError(PARAMETER, "params error: endTime is required with startTime")
    limit = params.limit(200, 200)
    rows = [
        {
            "symbol": venue_symbol(settlement.symbol),
            "fundingRate": plain(settlement.rate),
            "fundingRateTimestamp": str(millis(settlement.time)),
        }
        for settlement in exchange.engine.settlements(instrument.symbol)
        if is_within(settlement.time, start, end)
    ]
    return {"category": "linear", "list": rows[: -limit - 1 : -1]}
