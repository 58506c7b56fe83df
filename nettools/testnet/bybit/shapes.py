"""Bybit's JSON rows: what the engine knows, in the venue's keys and its kind of numbers.

Engine values come in, dictionaries ready for JSON go out. Every number and every time is text,
as at the venue; indices and sequences are whole numbers. The rows of REST are those of the
streams, which add ``category``.
"""

from decimal import Decimal
from typing import NamedTuple

from nettools.decimals import ZERO, plain
from nettools.model import (
    Fill,
    Instrument,
    Liquidity,
    Order,
    OrderState,
    Position,
    PositionSide,
    Side,
    TimeInForce,
)
from nettools.testnet.account import AccountState
from nettools.testnet.bybit.endings import ending_of
from nettools.testnet.bybit.names import (
    execution_id,
    order_link_id,
    venue_order_id,
    venue_side,
)
from nettools.testnet.candles import Candle
from nettools.testnet.engine import EngineOrder, Level, Settlement
from nettools.testnet.floor import Print
from nettools.testnet.funding import Payment
from nettools.testnet.rows import Row, millis, money, on_grid, venue_symbol

_STATES = {OrderState.ACKED: "New", OrderState.PARTIAL: "PartiallyFilled"}
_INDICES = {PositionSide.BOTH: 0, PositionSide.LONG: 1, PositionSide.SHORT: 2}
_UNUSED_OF_ORDERS = {
    "blockTradeId": "",
    "isLeverage": "",
    "stopOrderType": "UNKNOWN",
    "orderIv": "",
    "triggerPrice": "0.00",
    "takeProfit": "0.00",
    "stopLoss": "0.00",
    "tpTriggerBy": "UNKNOWN",
    "slTriggerBy": "UNKNOWN",
    "triggerDirection": 0,
    "triggerBy": "UNKNOWN",
    "lastPriceOnCreated": "0.00",
    "closeOnTrigger": False,
    "smpType": "None",
    "smpGroup": 0,
    "smpOrderId": "",
    "tpslMode": "",
    "tpLimitPrice": "",
    "slLimitPrice": "",
    "placeType": "",
}
_UNUSED_OF_EXECUTIONS = {
    "underlyingPrice": "",
    "indexPrice": "",
    "stopOrderType": "UNKNOWN",
    "tradeIv": "",
    "markIv": "",
    "blockTradeId": "",
    "extraFees": "",
}
_UNUSED_OF_POSITIONS = {
    "riskId": 1,
    "riskLimitValue": "2000000",
    "tradeMode": 0,
    "positionStatus": "Normal",
    "autoAddMargin": 0,
    "adlRankIndicator": 0,
    "positionBalance": "0",
    "bustPrice": "",
    "tpslMode": "Full",
    "takeProfit": "",
    "stopLoss": "",
    "trailingStop": "0",
    "sessionAvgPrice": "",
    "isReduceOnly": False,
    "mmrSysUpdatedTime": "",
    "leverageSysUpdatedTime": "",
}


class LegLife(NamedTuple):
    """What one leg has been through."""

    realized: Decimal = ZERO
    """PnL less fees of what is held now, quote units."""
    realized_ever: Decimal = ZERO
    """The same of all time."""
    created: int = 0
    """When it first traded, milliseconds; 0 before."""
    updated: int = 0
    """When it last traded, milliseconds; 0 before."""
    sequence: int = -1
    """The ``seq`` of its last execution; -1 before."""


# --- words


def _order_type(order: Order) -> str:
    return "Market" if order.limit_price is None else "Limit"


def _time_in_force(order: Order) -> str:
    if order.post_only:
        return "PostOnly"
    is_market = order.limit_price is None
    return (TimeInForce.IOC if is_market else order.time_in_force).name


def _price(price: Decimal | None, instrument: Instrument) -> str:
    return on_grid(price or ZERO, instrument.tick_size)


# --- the account


def order_row(record: EngineOrder, instrument: Instrument, fee: Decimal) -> Row:
    """Show an order as ``order/realtime`` and ``order/history`` do.

    Args:
        record: the order.
        instrument: its contract.
        fee: paid on its executions so far, quote units.
    """
    order, step = record.order, instrument.step_size
    ending = ending_of(record)
    is_final = record.state.is_final
    left = ZERO if is_final else record.remaining
    average = record.average_price
    return {
        "orderId": venue_order_id(record.order_id),
        "orderLinkId": order_link_id(record),
        "symbol": venue_symbol(order.symbol),
        "price": _price(order.limit_price, instrument),
        "qty": on_grid(order.quantity, step),
        "side": venue_side(order.side),
        "positionIdx": _INDICES[order.position_side],
        "orderStatus": ending.status if is_final else _STATES[record.state],
        "createType": "CreateByUser",
        "cancelType": ending.cancel_type,
        "rejectReason": ending.reject_reason,
        "avgPrice": "" if average is None else plain(round(average, 8)),
        "leavesQty": on_grid(left, step),
        "leavesValue": plain(left * (order.limit_price or ZERO)),
        "cumExecQty": on_grid(record.filled, step),
        "cumExecValue": plain(record.filled_notional),
        "cumExecFee": plain(fee),
        "cumFeeDetail": {instrument.quote: plain(fee)} if record.filled else {},
        "timeInForce": _time_in_force(order),
        "orderType": _order_type(order),
        "reduceOnly": order.reduce_only,
        "createdTime": str(millis(record.created)),
        "updatedTime": str(millis(record.updated)),
    } | _UNUSED_OF_ORDERS


def execution_row(
    fill: Fill, record: EngineOrder, instrument: Instrument, mark_price: Decimal
) -> Row:
    """Show one of the trader's fills as ``execution/list`` does.

    Args:
        fill: the execution.
        record: its order, as it is now or was then: only what never changes is read.
        instrument: its contract.
        mark_price: quote units; the current one stands for the one of then.
    """
    order, step = record.order, instrument.step_size
    return {
        "symbol": venue_symbol(fill.symbol),
        "orderId": venue_order_id(fill.venue_order_id),
        "orderLinkId": order_link_id(record),
        "side": venue_side(fill.side),
        "orderPrice": _price(order.limit_price, instrument),
        "orderQty": on_grid(order.quantity, step),
        "leavesQty": on_grid(ZERO, step) if record.state.is_final else plain(record.remaining),
        "createType": "CreateByUser",
        "orderType": _order_type(order),
        "execFee": plain(fill.fee),
        "execId": execution_id(fill.symbol, "fill", fill.fill_id),
        "execPrice": _price(fill.price, instrument),
        "execQty": on_grid(fill.quantity, step),
        "execType": "Trade",
        "execValue": plain(fill.notional),
        "execTime": str(millis(fill.time)),
        "feeCurrency": fill.fee_currency,
        "isMaker": fill.liquidity is Liquidity.MAKER,
        "feeRate": plain(round(fill.fee / fill.notional, 8)),
        "markPrice": _price(mark_price, instrument),
        "closedSize": "",
        "seq": int(fill.fill_id),
    } | _UNUSED_OF_EXECUTIONS


def funding_row(settlement: Settlement, payment: Payment, instrument: Instrument) -> Row:
    """Show what one leg received or paid as ``execution/list`` does (``execType=Funding``).

    The whole position is shown as the quantity, though none of it was traded. ``execFee`` is
    positive when paid and ``feeRate`` has its sign.
    """
    quantity, step = abs(payment.quantity), instrument.step_size
    is_paying_rate = payment.quantity > 0
    return {
        "symbol": venue_symbol(settlement.symbol),
        "orderId": execution_id(settlement.symbol, "settlement", payment.payment_id),
        "orderLinkId": "",
        "side": venue_side(Side.BUY if payment.quantity > 0 else Side.SELL),
        "orderPrice": "0",
        "orderQty": "0",
        "leavesQty": "0",
        "createType": "",
        "orderType": "UNKNOWN",
        "execFee": plain(-payment.received),
        "execId": execution_id(settlement.symbol, "funding", payment.payment_id),
        "execPrice": _price(settlement.mark_price, instrument),
        "execQty": on_grid(quantity, step),
        "execType": "Funding",
        "execValue": plain(quantity * settlement.mark_price),
        "execTime": str(millis(settlement.time)),
        "feeCurrency": "",
        "isMaker": False,
        "feeRate": plain(settlement.rate if is_paying_rate else -settlement.rate),
        "markPrice": _price(settlement.mark_price, instrument),
        "closedSize": "0",
        "seq": int(payment.payment_id),
    } | _UNUSED_OF_EXECUTIONS


def position_row(  # noqa: PLR0913 - the facts of one leg, each from another place
    position: Position,
    instrument: Instrument,
    margins: tuple[Decimal, Decimal],
    *,
    liquidation_price: Decimal,
    leverage: int,
    life: LegLife,
) -> Row:
    """Show one leg as ``position/list`` does; a flat one has no side and size 0.

    Args:
        position: the leg.
        instrument: its contract.
        margins: initial and maintenance margin, quote units.
        liquidation_price: quote units; zero when no price would liquidate it.
        leverage: of its symbol.
        life: what it has been through.
    """
    quantity, mark = position.quantity, position.mark_price or ZERO
    side = "" if not quantity else venue_side(Side.BUY if quantity > 0 else Side.SELL)
    initial, maintenance = map(money, margins)
    entry = position.average_price or ZERO
    return {
        "positionIdx": _INDICES[position.position_side],
        "symbol": venue_symbol(position.symbol),
        "side": side,
        "size": on_grid(abs(quantity), instrument.step_size),
        "avgPrice": plain(entry),
        "positionValue": plain(abs(quantity) * entry) if quantity else "",
        "leverage": str(leverage),
        "markPrice": _price(mark, instrument),
        "liqPrice": _price(liquidation_price, instrument) if liquidation_price else "",
        "positionIM": initial,
        "positionIMByMp": initial,
        "positionMM": maintenance,
        "positionMMByMp": maintenance,
        "unrealisedPnl": plain(position.unrealized_pnl or ZERO) if quantity else "",
        "curRealisedPnl": money(life.realized),
        "cumRealisedPnl": money(life.realized_ever),
        "seq": life.sequence,
        "createdTime": str(life.created),
        "updatedTime": str(life.updated),
    } | _UNUSED_OF_POSITIONS


def wallet_row(state: AccountState, deposit: Decimal) -> Row:
    """Show the account as ``account/wallet-balance`` does.

    Args:
        state: the money of the account.
        deposit: what the wallet began with, quote units.
    """
    balance = state.margin_balance or Decimal(1)
    initial, maintenance = money(state.initial_margin), money(state.maintenance_margin)
    initial_rate = plain(round(state.initial_margin / balance, 4))
    maintenance_rate = plain(round(state.maintenance_margin / balance, 4))
    return {
        "accountType": "UNIFIED",
        "accountLTV": "0",
        "accountIMRate": initial_rate,
        "accountIMRateByMp": initial_rate,
        "accountMMRate": maintenance_rate,
        "accountMMRateByMp": maintenance_rate,
        "totalEquity": money(state.margin_balance),
        "totalWalletBalance": money(state.wallet),
        "totalMarginBalance": money(state.margin_balance),
        "totalAvailableBalance": money(state.available),
        "totalPerpUPL": money(state.unrealized_pnl),
        "totalInitialMargin": initial,
        "totalInitialMarginByMp": initial,
        "totalMaintenanceMargin": maintenance,
        "totalMaintenanceMarginByMp": maintenance,
        "coin": [_coin_row(state, deposit)],
    }


def _coin_row(state: AccountState, deposit: Decimal) -> Row:
    return {
        "coin": "USDT",
        "equity": money(state.margin_balance),
        "usdValue": money(state.margin_balance),
        "walletBalance": money(state.wallet),
        "availableToWithdraw": money(min(state.available, state.wallet)),
        "totalOrderIM": money(state.order_margin),
        "totalPositionIM": money(state.position_margin),
        "totalPositionMM": money(state.maintenance_margin),
        "unrealisedPnl": money(state.unrealized_pnl),
        "cumRealisedPnl": money(state.wallet - deposit),
        "locked": "0",
        "borrowAmount": "0",
        "spotBorrow": "0",
        "accruedInterest": "0",
        "availableToBorrow": "",
        "bonus": "0",
        "spotHedgingQty": "0",
        "collateralSwitch": True,
        "marginCollateral": True,
    }


# --- the market


def level_row(level: Level, instrument: Instrument) -> list[str]:
    """Show one level of the book: price and quantity."""
    return [on_grid(level[0], instrument.tick_size), on_grid(level[1], instrument.step_size)]


def print_row(printed: Print, instrument: Instrument) -> Row:
    """Show one execution, anybody's, as ``recent-trade`` does."""
    return {
        "execId": execution_id(printed.symbol, "fill", str(printed.trade_id)),
        "symbol": venue_symbol(printed.symbol),
        "price": _price(printed.price, instrument),
        "size": on_grid(printed.quantity, instrument.step_size),
        "side": venue_side(printed.side),
        "time": str(millis(printed.time)),
        "isBlockTrade": False,
        "isRPITrade": False,
        "seq": str(printed.trade_id),
    }


def candle_row(candle: Candle, instrument: Instrument) -> list[str]:
    """Show a candle as ``kline`` does: a list, open time first."""
    prices = (candle.open, candle.high, candle.low, candle.close)
    return [
        str(millis(candle.open_time)),
        *(_price(price, instrument) for price in prices),
        on_grid(candle.quantity, instrument.step_size),
        plain(candle.notional),
    ]
