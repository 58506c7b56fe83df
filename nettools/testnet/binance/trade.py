"""Binance's answers about orders and executions: place, cancel, look up, list.

Parameters and the time come in, the engine is asked, rows ready for JSON go out. A refused
post-only or fill-or-kill order leaves no row; canceled and expired ones stay findable.
"""

from datetime import datetime

from nettools.errors import OrderRejected
from nettools.model import TimeInForce
from nettools.testnet.binance.errors import NO_SUCH_ORDER, ApiError, refusal_error
from nettools.testnet.binance.exchange import Exchange
from nettools.testnet.binance.orders import read_ids, read_order, wants_result
from nettools.testnet.binance.request import Params
from nettools.testnet.binance.shapes import order_row, placed_row, trade_row
from nettools.testnet.engine import EngineOrder
from nettools.testnet.rows import Row, from_millis, is_within, millis

_DAY = 86_400_000
_WEEK = 7 * _DAY
_MOST_ROWS = 1_000


def place_order(exchange: Exchange, params: Params, now: datetime) -> object:
    """Answer ``POST order``.

    ``RESULT`` shows the outcome of market, IOC and FOK orders at once; every other answer
    shows the order as it was accepted (``NEW``, nothing filled), as the venue documents it:
    what happened next must be asked for.
    """
    instrument = exchange.instrument(params)
    order = read_order(params, instrument, exchange.engine.mode)
    is_final = wants_result(params) and (
        order.limit_price is None or order.time_in_force is not TimeInForce.GTC
    )
    try:
        record = exchange.engine.place(order, now)
    except OrderRejected as refusal:
        mark = exchange.engine.mark_price(instrument.symbol)
        raise refusal_error(
            refusal, order=order, instrument=instrument, mark_price=mark
        ) from None
    return placed_row(record, instrument, as_new=not is_final)


def cancel_order(exchange: Exchange, params: Params, now: datetime) -> object:
    """Answer ``DELETE order``: -2011 when no such order is open."""
    instrument = exchange.instrument(params)
    order_id, client_id = read_ids(params)
    record = exchange.engine.cancel(
        instrument.symbol, now, order_id=order_id, client_order_id=client_id
    )
    return placed_row(record, instrument)


def cancel_all_orders(exchange: Exchange, params: Params, now: datetime) -> object:
    """Answer ``DELETE allOpenOrders``."""
    exchange.engine.cancel_all(exchange.instrument(params).symbol, now)
    return {"code": 200, "msg": "The operation of cancel all open order is done."}


def find_order(exchange: Exchange, params: Params, _now: datetime) -> object:
    """Answer ``GET order``, open or final: -2013 when there never was one."""
    return _find(exchange, params, is_open=False)


def find_open_order(exchange: Exchange, params: Params, _now: datetime) -> object:
    """Answer ``GET openOrder``: -2013 when it does not rest any more."""
    return _find(exchange, params, is_open=True)


def _find(exchange: Exchange, params: Params, *, is_open: bool) -> Row:
    instrument = exchange.instrument(params)
    order_id, client_id = read_ids(params)
    record = exchange.engine.find(
        instrument.symbol, order_id=order_id, client_order_id=client_id
    )
    if record is None or (is_open and not record.is_open):
        raise ApiError(*NO_SUCH_ORDER)
    return order_row(record, instrument)


def open_orders(exchange: Exchange, params: Params, _now: datetime) -> object:
    """Answer ``GET openOrders`` of one symbol or of all."""
    symbol = exchange.instrument(params).symbol if "symbol" in params else None
    return _rows(exchange, exchange.engine.open_orders(symbol))


def all_orders(exchange: Exchange, params: Params, _now: datetime) -> object:
    """Answer ``GET allOrders``: the newest, or the first from an id or a time on."""
    records = exchange.engine.orders(exchange.instrument(params).symbol)
    limit = params.limit(500, _MOST_ROWS)
    order_id = params.integer("orderId")
    start, end = params.stamp("startTime"), params.stamp("endTime")
    if order_id is not None:
        records = tuple(r for r in records if int(r.order_id) >= order_id)
    else:
        records = tuple(r for r in records if is_within(r.created, start, end))
    is_forward = order_id is not None or start is not None
    return _rows(exchange, records[:limit] if is_forward else records[-limit:])


def own_trades(exchange: Exchange, params: Params, now: datetime) -> object:
    """Answer ``GET userTrades``: pages by id, or by a time span of at most seven days."""
    instrument = exchange.instrument(params)
    limit = params.limit(500, _MOST_ROWS)
    start, end = params.stamp("startTime"), params.stamp("endTime")
    from_id, order_id = params.integer("fromId"), params.integer("orderId")
    if from_id is not None and (start is not None or end is not None):
        raise ApiError(-1128, "Combination of optional parameters invalid.")
    if from_id is None:
        start, end = _week(start, end, now)
    fills = exchange.engine.fills(
        instrument.symbol,
        since=None if start is None else from_millis(start),
        from_id=from_id,
    )
    rows = [
        trade_row(fill, instrument)
        for fill in fills
        if is_within(fill.time, None, end)
        and (order_id is None or int(fill.venue_order_id) == order_id)
    ]
    is_forward = from_id is not None or "startTime" in params
    return rows[:limit] if is_forward else rows[-limit:]


def _week(start: int | None, end: int | None, now: datetime) -> tuple[int, int]:
    if start is None:
        last = millis(now) if end is None else end
        return last - _WEEK, last
    if end is None:
        return start, start + _WEEK
    if end < start:
        raise ApiError(-1023, "Start time is greater than end time.")
    if end - start > _WEEK:
        raise ApiError(-4165, "Maximum time interval is 7 days")
    return start, end


def _rows(exchange: Exchange, records: tuple[EngineOrder, ...]) -> list[Row]:
    instruments = exchange.engine.instruments
    return [order_row(record, instruments[record.order.symbol]) for record in records]
