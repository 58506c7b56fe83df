"""Bybit's answers about orders: place, cancel, look up, list; and executions.

Parameters and the time come in, the engine is asked or told later, rows ready for JSON go out.
Placing and canceling are acknowledged with ids alone: what became of them must be asked for.
"""

from collections.abc import Iterator
from datetime import datetime
from functools import partial
from heapq import merge

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
from nettools.testnet.bybit.names import order_link_id, venue_order_id
from nettools.testnet.bybit.orders import check_category, read_ids, read_link_id, read_order
from nettools.testnet.bybit.pages import Found, in_pages
from nettools.testnet.bybit.request import Params
from nettools.testnet.bybit.shapes import funding_row
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
    open_only = params.integer("openOnly") or 0
    if open_only not in {0, 1, 2}:
        raise invalid("openOnly")
    records = _by_id(exchange, params)
    if records is None:
        source = exchange.closed() if open_only else exchange.engine.open_orders()
        records = [record for record in source if record.order.symbol in names]
    else:
        records = [record for record in records if exchange.is_recent(record)]
    found = (_listed(exchange, record) for record in records)
    newest = sorted(found, key=_place, reverse=True)
    return in_pages(newest, params, default=20, most=50)


def order_history(exchange: Exchange, params: Params, now: datetime) -> Row:
    """Answer ``order/history``: closed orders of a week; unfilled ones of a day (docs)."""
    check_category(params)
    span = _week(params, now)
    wanted = params.get("orderStatus")
    if wanted is not None and wanted not in _STATUSES:
        raise invalid("orderStatus")
    oldest_unfilled = from_millis(millis(now) - _DAY)

    def is_shown(record: EngineOrder) -> bool:
        is_kept = bool(record.filled) or record.updated >= oldest_unfilled
        is_wanted = wanted is None or exchange.order_row(record)["orderStatus"] == wanted
        return record.state.is_final and is_kept and is_wanted

    records = _by_id(exchange, params)
    if records is None:
        named = _named(exchange, params)
        each = [_created(exchange, one.symbol, span) for one in named]
    else:
        each = [iter(records)]
    found = ((_listed(exchange, one) for one in some if is_shown(one)) for some in each)
    newest = merge(*found, key=_place, reverse=True)
    return in_pages(newest, params, default=20, most=50)


def _by_id(exchange: Exchange, params: Params) -> list[EngineOrder] | None:
    order_id, link_id = read_ids(params)
    if order_id is None and link_id is None:
        return None
    found = exchange.find(order_id, link_id)
    return [] if found is None else [found]


def _created(exchange: Exchange, symbol: str, span: tuple[int, int]) -> Iterator[EngineOrder]:
    for record in reversed(exchange.engine.orders(symbol)):
        if is_within(record.created, *span):
            yield record
        elif millis(record.created) < span[0]:
            break


def _named(exchange: Exchange, params: Params) -> list[Instrument]:
    names = ("symbol", "baseCoin", "settleCoin")
    if all(params.get(name) is None for name in names):
        return list(exchange.by_name.values())
    return _scope(exchange, params)


def _listed(exchange: Exchange, record: EngineOrder) -> Found:
    key = (millis(record.created), int(record.order_id))
    return Found(key, partial(exchange.order_row, record))


def _place(found: Found) -> tuple[int, ...]:
    return found.key


def executions(exchange: Exchange, params: Params, now: datetime) -> Row:
    """Answer ``execution/list``: trades and funding of a week, newest first.

    Without ``execType`` both kinds come, and a funding row carries the whole position as its
    quantity. An id wins over everything else (docs); funding belongs to no order.
    """
    check_category(params)
    span = _week(params, now)
    kind = params.get("execType")
    if kind is not None and kind not in _KINDS:
        raise invalid("execType")
    records = _by_id(exchange, params)
    if records is not None:
        each = [_fills_of(exchange, record) for record in records]
    else:
        named = [one.symbol for one in _named(exchange, params)]
        each = [_fills(exchange, one, span) for one in named if kind in {None, "Trade"}]
        each += [_payments(exchange, one, span) for one in named if kind in {None, "Funding"}]
    newest = merge(*each, key=_place, reverse=True)
    return in_pages(newest, params, default=50, most=100)


def _fills_of(exchange: Exchange, record: EngineOrder) -> Iterator[Found]:
    fills = exchange.engine.fills(record.order.symbol, since=record.created)
    for fill in reversed(fills):
        if fill.venue_order_id == record.order_id:
            key = (millis(fill.time), int(fill.fill_id))
            yield Found(key, partial(exchange.execution_row, fill, record))


def _fills(exchange: Exchange, symbol: str, span: tuple[int, int]) -> Iterator[Found]:
    place = list(exchange.engine.instruments).index(symbol)
    for fill in reversed(exchange.engine.fills(symbol)):
        if is_within(fill.time, *span):
            key = (millis(fill.time), int(fill.fill_id), place, 0)
            yield Found(key, partial(exchange.execution_row, fill))
        elif millis(fill.time) < span[0]:
            break


def _payments(exchange: Exchange, symbol: str, span: tuple[int, int]) -> Iterator[Found]:
    instrument = exchange.engine.instruments[symbol]
    place = list(exchange.engine.instruments).index(symbol)
    for settlement in reversed(exchange.engine.settlements(symbol)):
        if is_within(settlement.time, *span):
            for payment in reversed(settlement.payments):
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
