"""Bybit's answers about orders: place, cancel, look up, list; and executions.

Parameters and the time come in, the engine is asked or told later, rows ready for JSON go out.
Placing and canceling are acknowledged with ids alone: what became of them must be asked for.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import partial

from nettools.errors import OrderRejected
from nettools.model import Instrument
from nettools.testnet.bybit.errors import (
    NO_SUCH_ORDER,
    ApiError,
    invalid,
    missing,
    processing,
    refusal_error,
)
from nettools.testnet.bybit.exchange import Exchange
from nettools.testnet.bybit.orders import check_category, read_ids, read_link_id, read_order
from nettools.testnet.bybit.pages import Found, in_pages
from nettools.testnet.bybit.request import Params
from nettools.testnet.bybit.shapes import funding_row, order_link_id, venue_order_id
from nettools.testnet.engine import EngineOrder
from nettools.testnet.rows import Row, from_millis, is_within, millis

_DAY = 86_400_000
_WEEK = 7 * _DAY
_STATUSES = frozenset(
    {"New", "PartiallyFilled", "Filled", "Cancelled", "Rejected", "PartiallyFilledCanceled"}
)
_KINDS = frozenset(
    {
        *("Trade", "Funding", "AdlTrade", "BustTrade", "Delivery", "Settle", "BlockTrade"),
        *("MovePosition", "FutureSpread"),
    }
)


def place_order(exchange: Exchange, params: Params, now: datetime) -> Row:
    """Answer ``order/create``: the ids of an order that will be matched in a moment.

    Refused at once is what can be seen without the book: parameters, filters, ids, margin, a
    position to reduce. A post-only order that would take, a FOK order that cannot be filled,
    and margin that is gone by then end the order when it is matched.
    """
    check_category(params)
    instrument = exchange.instrument(params)
    order = read_order(params, instrument, exchange.engine.mode)
    try:
        order_id = exchange.accept(order, now)
    except OrderRejected as refusal:
        raise refusal_error(refusal, instrument) from None
    return {"orderId": venue_order_id(order_id), "orderLinkId": order.client_order_id}


def cancel_order(exchange: Exchange, params: Params, now: datetime) -> Row:
    """Answer ``order/cancel``: 110001 when no such order is open, 110079 when one is coming."""
    check_category(params)
    instrument = exchange.instrument(params)
    read_link_id(params)
    order_id, link_id = read_ids(params)
    if order_id is None and link_id is None:
        raise missing("orderId or orderLinkId")
    if exchange.is_waiting(order_id, link_id):
        raise processing()
    record = exchange.engine.find(instrument.symbol, order_id=order_id, client_order_id=link_id)
    if record is None or not record.is_open:
        raise ApiError(*NO_SUCH_ORDER)
    exchange.withdraw(record, now)
    return _ids(record)


def cancel_all_orders(exchange: Exchange, params: Params, now: datetime) -> Row:
    """Answer ``order/cancel-all``: the orders that rest now; not those still to be matched."""
    check_category(params)
    names = {instrument.symbol for instrument in _scope(exchange, params)}
    chosen = [
        record
        for record in exchange.engine.open_orders()
        if record.order.symbol in names and not exchange.is_canceling(record)
    ]
    for record in chosen:
        exchange.withdraw(record, now)
    return {"list": [_ids(record) for record in chosen], "success": "1"}


def _ids(record: EngineOrder) -> Row:
    return {
        "orderId": venue_order_id(record.order_id),
        "orderLinkId": order_link_id(record),
    }


def _scope(exchange: Exchange, params: Params) -> list[Instrument]:
    if params.get("symbol") is not None:
        return [exchange.instrument(params)]
    base, settle = params.get("baseCoin"), params.get("settleCoin")
    if base is None and settle is None:
        raise missing("symbol or settleCoin or baseCoin")
    every = exchange.by_name.values()
    if base is not None:
        return [instrument for instrument in every if instrument.base == base]
    return [instrument for instrument in every if instrument.quote == settle]


def open_orders(exchange: Exchange, params: Params, _now: datetime) -> Row:
    """Answer ``order/realtime``: open orders, or the last 500 closed ones, newest first.

    An id wins over everything else and finds open and closed orders, whatever ``openOnly``
    says (docs). One of the contracts must be named all the same.
    """
    check_category(params)
    names = {instrument.symbol for instrument in _scope(exchange, params)}
    order_id, link_id = read_ids(params)
    open_only = params.integer("openOnly") or 0
    if open_only not in {0, 1, 2}:
        raise invalid("openOnly")
    if order_id is not None or link_id is not None:
        found = exchange.find(order_id, link_id)
        is_known = found is not None and (
            found.is_open or any(found.order_id == c.order_id for c in exchange.closed())
        )
        records: Iterable[EngineOrder] = (found,) if found is not None and is_known else ()
    else:
        source = exchange.closed() if open_only else exchange.engine.open_orders()
        records = (record for record in source if record.order.symbol in names)
    return _listed(exchange, params, records)


def order_history(exchange: Exchange, params: Params, now: datetime) -> Row:
    """Answer ``order/history``: closed orders of a week; unfilled ones of a day (docs)."""
    check_category(params)
    start, end = _week(params, now)
    wanted = params.get("orderStatus")
    if wanted is not None and wanted not in _STATUSES:
        raise invalid("orderStatus")
    order_id, link_id = read_ids(params)
    if order_id is not None or link_id is not None:
        found = exchange.find(order_id, link_id)
        records: Iterable[EngineOrder] = () if found is None else (found,)
    else:
        records = (
            record
            for instrument in _named(exchange, params)
            for record in exchange.engine.orders(instrument.symbol)
            if is_within(record.created, start, end)
        )
    oldest = from_millis(millis(now) - _DAY)
    shown = (
        record
        for record in records
        if record.state.is_final and (record.filled or record.updated >= oldest)
        if wanted is None or exchange.order_row(record)["orderStatus"] == wanted
    )
    return _listed(exchange, params, shown)


def _named(exchange: Exchange, params: Params) -> list[Instrument]:
    names = ("symbol", "baseCoin", "settleCoin")
    if all(params.get(name) is None for name in names):
        return list(exchange.by_name.values())
    return _scope(exchange, params)


def _listed(exchange: Exchange, params: Params, records: Iterable[EngineOrder]) -> Row:
    found = [
        Found(
            (millis(record.created), int(record.order_id)), partial(exchange.order_row, record)
        )
        for record in records
    ]
    return in_pages(found, params, default=20, most=50)


def executions(exchange: Exchange, params: Params, now: datetime) -> Row:
    """Answer ``execution/list``: trades and funding of a week, newest first.

    Without ``execType`` both kinds come, and a funding row carries the whole position as its
    quantity. An id wins over everything else (docs); funding belongs to no order.
    """
    check_category(params)
    start, end = _week(params, now)
    kind = params.get("execType")
    if kind is not None and kind not in _KINDS:
        raise invalid("execType")
    order_id, link_id = read_ids(params)
    if order_id is not None or link_id is not None:
        record = exchange.find(order_id, link_id)
        found = [] if record is None else list(_fills(exchange, record))
    else:
        found = [
            row
            for instrument in _named(exchange, params)
            for row in _executed(exchange, instrument, kind, (start, end))
        ]
    return in_pages(found, params, default=50, most=100)


def _fills(exchange: Exchange, record: EngineOrder) -> Iterator[Found]:
    for fill in exchange.engine.fills(record.order.symbol, since=record.created):
        if fill.venue_order_id == record.order_id:
            key = (millis(fill.time), int(fill.fill_id))
            yield Found(key, partial(exchange.execution_row, fill, record))


def _executed(
    exchange: Exchange, instrument: Instrument, kind: str | None, span: tuple[int, int]
) -> Iterator[Found]:
    symbol, (start, end) = instrument.symbol, span
    place = list(exchange.engine.instruments).index(symbol)
    if kind in {None, "Trade"}:
        for fill in exchange.engine.fills(symbol, since=from_millis(start)):
            if is_within(fill.time, start, end):
                key = (millis(fill.time), int(fill.fill_id), place, 0)
                yield Found(key, partial(exchange.execution_row, fill))
    if kind in {None, "Funding"}:
        for settlement in exchange.engine.settlements(symbol):
            if not is_within(settlement.time, start, end):
                continue
            for payment in settlement.payments:
                key = (millis(settlement.time), int(payment.payment_id), place, 1)
                yield Found(key, partial(funding_row, settlement, payment, instrument))


def _week(params: Params, now: datetime) -> tuple[int, int]:
    start, end = params.stamp("startTime"), params.stamp("endTime")
    if start is None:
        last = millis(now) if end is None else end
        return max(0, last - _WEEK), last
    if end is None:
        return start, start + _WEEK
    if not 0 <= end - start <= _WEEK:
        raise ApiError(10001, "The time range between startTime and endTime must be 7 days")
    return start, end
