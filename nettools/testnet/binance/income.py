"""Binance's answers about funding, and about everything that moved the wallet.

Parameters and the time come in, rows ready for JSON go out. A settlement is shown at the wall
clock's time when the market passed it, in ``fundingRate`` and in ``income`` alike.
"""

from collections.abc import Iterator
from datetime import datetime

from nettools.model import Fill
from nettools.testnet.binance.exchange import Exchange
from nettools.testnet.binance.request import Params
from nettools.testnet.funding import EIGHT_HOURS, Settlement
from nettools.testnet.rows import Row, from_millis, is_within, millis, money, venue_symbol

_MOST_ROWS = 1_000
_WEEK = 7 * 86_400_000
_HOUR = 3_600


def funding_rates(exchange: Exchange, params: Params, _now: datetime) -> object:
    """Answer ``GET fundingRate``: the newest settlements, or the first from a time on."""
    start, end = params.stamp("startTime"), params.stamp("endTime")
    limit = params.limit(100, _MOST_ROWS)
    rows = [
        _settlement_row(settlement)
        for instrument in exchange.instruments(params)
        for settlement in exchange.engine.settlements(instrument.symbol)
        if is_within(settlement.time, start, end)
    ]
    rows.sort(key=lambda row: int(str(row["fundingTime"])))
    return rows[:limit] if start is not None else rows[-limit:]


def _settlement_row(settlement: Settlement) -> Row:
    return {
        "symbol": venue_symbol(settlement.symbol),
        "fundingRate": f"{settlement.rate:.8f}",
        "fundingTime": millis(settlement.time),
        "markPrice": money(settlement.mark_price),
    }


def funding_info(exchange: Exchange, _params: Params, _now: datetime) -> object:
    """Answer ``GET fundingInfo``: the contracts whose interval is not 8 hours.

    An interval of no whole hours, which the venue has not, is shown as a fraction.
    """
    seconds = exchange.market.funding_interval
    if seconds == EIGHT_HOURS:
        return []
    return [
        {
            "symbol": name,
            "adjustedFundingRateCap": "0.02000000",
            "adjustedFundingRateFloor": "-0.02000000",
            "fundingIntervalHours": seconds / _HOUR if seconds % _HOUR else seconds // _HOUR,
            "disclaimer": False,
        }
        for name in exchange.by_name
    ]


def income(exchange: Exchange, params: Params, now: datetime) -> object:
    """Answer ``GET income``: funding, fees and realized PnL, of the last week by default."""
    wanted = params.get("incomeType")
    start, end = params.stamp("startTime"), params.stamp("endTime")
    limit = params.limit(100, _MOST_ROWS)
    first = start
    if first is None:
        first = max(0, (millis(now) if end is None else end) - _WEEK)
    rows = [
        row
        for instrument in exchange.instruments(params)
        for row in _income_of(exchange, instrument.symbol, first, end)
        if wanted is None or row["incomeType"] == wanted
    ]
    rows.sort(key=_moment)
    return rows[:limit] if start is not None else rows[-limit:]


def _income_of(exchange: Exchange, symbol: str, first: int, end: int | None) -> Iterator[Row]:
    for settlement in exchange.engine.settlements(symbol):
        if is_within(settlement.time, first, end):
            yield from _funding_rows(settlement)
    for fill in exchange.engine.fills(symbol, since=from_millis(first)):
        if is_within(fill.time, first, end):
            yield from _fill_rows(fill)


def _funding_rows(settlement: Settlement) -> Iterator[Row]:
    for payment in settlement.payments:
        yield {
            "symbol": venue_symbol(settlement.symbol),
            "incomeType": "FUNDING_FEE",
            "income": money(payment.received),
            "asset": "USDT",
            "info": "FUNDING_FEE",
            "time": millis(settlement.time),
            "tranId": int(payment.payment_id),
            "tradeId": "",
        }


def _fill_rows(fill: Fill) -> Iterator[Row]:
    common = {
        "symbol": venue_symbol(fill.symbol),
        "asset": fill.fee_currency,
        "info": fill.fill_id,
        "time": millis(fill.time),
        "tranId": int(fill.fill_id),
        "tradeId": fill.fill_id,
    }
    if fill.realized_pnl:
        yield common | {"incomeType": "REALIZED_PNL", "income": money(fill.realized_pnl)}
    yield common | {"incomeType": "COMMISSION", "income": money(-fill.fee)}


def _moment(row: Row) -> tuple[int, int]:
    return int(str(row["time"])), int(str(row["tranId"]))
