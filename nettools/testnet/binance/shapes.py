"""Binance's JSON rows: what the engine knows, in the venue's keys and its kind of numbers.

Engine values come in, dictionaries ready for JSON go out. Prices, quantities and money are
text, as at the venue, with its number of decimals and more where digits would be lost; ids
and times (milliseconds) are whole numbers.
"""

from decimal import Decimal

from nettools.decimals import ZERO, plain
from nettools.model import (
    Fill,
    Instrument,
    Liquidity,
    OrderState,
    Position,
    PositionMode,
    Side,
    TimeInForce,
)
from nettools.testnet.account import AccountState
from nettools.testnet.engine import EngineOrder
from nettools.testnet.market import Candle
from nettools.testnet.rows import Row, millis, money, on_grid, venue_symbol

_UNUSED_OF_POSITIONS = {
    "openOrderInitialMargin": "0",
    "adl": 0,
    "bidNotional": "0",
    "askNotional": "0",
}
_STATES = {
    OrderState.ACKED: "NEW",
    OrderState.PARTIAL: "PARTIALLY_FILLED",
    OrderState.FILLED: "FILLED",
    OrderState.CANCELED: "CANCELED",
    OrderState.EXPIRED: "EXPIRED",
}


def order_row(record: EngineOrder, instrument: Instrument) -> Row:
    """Show an order as ``GET order``, ``openOrders`` and ``allOrders`` do."""
    row = placed_row(record, instrument)
    del row["cumQty"]
    row["time"] = millis(record.created)
    return row


def placed_row(record: EngineOrder, instrument: Instrument, *, as_new: bool = False) -> Row:
    """Show an order as ``POST`` and ``DELETE order`` do.

    Args:
        record: the order.
        instrument: its contract.
        as_new: show it as it was when accepted, before it matched anything (ACK).
    """
    order = record.order
    is_market = order.limit_price is None
    kind = "MARKET" if is_market else "LIMIT"
    filled = ZERO if as_new else record.filled
    executed = on_grid(filled, instrument.step_size)
    return {
        "orderId": int(record.order_id),
        "symbol": venue_symbol(order.symbol),
        "status": "NEW" if as_new else _status(record),
        "clientOrderId": order.client_order_id,
        "price": "0" if order.limit_price is None else _price(order.limit_price, instrument),
        "avgPrice": f"{(not as_new and record.average_price) or ZERO:.5f}",
        "origQty": on_grid(order.quantity, instrument.step_size),
        "executedQty": executed,
        "cumQty": executed,
        "cumQuote": f"{ZERO if as_new else record.filled_notional:.5f}",
        "timeInForce": _time_in_force(record),
        "type": kind,
        "reduceOnly": order.reduce_only,
        "closePosition": False,
        "side": order.side.name,
        "positionSide": order.position_side.name,
        "stopPrice": "0",
        "workingType": "CONTRACT_PRICE",
        "priceProtect": False,
        "origType": kind,
        "priceMatch": "NONE",
        "selfTradePreventionMode": "EXPIRE_MAKER",
        "goodTillDate": 0,
        "updateTime": millis(record.updated),
    }


def _price(price: Decimal, instrument: Instrument) -> str:
    return on_grid(price, instrument.tick_size)


def _status(record: EngineOrder) -> str:
    if record.expire_reason == "SELF_TRADE":
        return "EXPIRED_IN_MATCH"
    return _STATES[record.state]


def _time_in_force(record: EngineOrder) -> str:
    order = record.order
    if order.post_only:
        return "GTX"
    return "GTC" if order.limit_price is None else order.time_in_force.name


def read_time_in_force(text: str) -> tuple[TimeInForce, bool]:
    """Read the venue's word for how long an order lives, and whether it is post-only."""
    return (TimeInForce.GTC, True) if text == "GTX" else (TimeInForce[text], False)


def trade_row(fill: Fill, instrument: Instrument) -> Row:
    """Show one of the trader's executions as ``userTrades`` does."""
    return {
        "symbol": venue_symbol(fill.symbol),
        "id": int(fill.fill_id),
        "orderId": int(fill.venue_order_id),
        "side": fill.side.name,
        "price": _price(fill.price, instrument),
        "qty": on_grid(fill.quantity, instrument.step_size),
        "realizedPnl": money(fill.realized_pnl or ZERO),
        "quoteQty": money(fill.notional),
        "commission": money(fill.fee),
        "commissionAsset": fill.fee_currency,
        "time": millis(fill.time),
        "positionSide": fill.position_side.name,
        "buyer": fill.side is Side.BUY,
        "maker": fill.liquidity is Liquidity.MAKER,
    }


def position_row(
    position: Position,
    instrument: Instrument,
    margins: tuple[Decimal, Decimal],
    *,
    liquidation_price: Decimal,
    updated: int,
) -> Row:
    """Show one leg as ``v3/positionRisk`` does.

    Args:
        position: the leg; may be flat.
        instrument: its contract.
        margins: initial and maintenance margin, quote units.
        liquidation_price: quote units; zero when no price would liquidate it.
        updated: when it last changed, milliseconds.
    """
    mark = position.mark_price or ZERO
    entry = position.average_price or ZERO
    initial, maintenance = map(money, margins)
    return {
        "symbol": venue_symbol(position.symbol),
        "positionSide": position.position_side.name,
        "positionAmt": on_grid(position.quantity, instrument.step_size),
        "entryPrice": plain(entry) if entry else "0.0",
        "breakEvenPrice": plain(entry) if entry else "0.0",
        "markPrice": f"{mark:.8f}",
        "unRealizedProfit": money(position.unrealized_pnl or ZERO),
        "liquidationPrice": _price(liquidation_price, instrument) if liquidation_price else "0",
        "isolatedMargin": "0",
        "notional": money(position.quantity * mark),
        "marginAsset": instrument.quote,
        "isolatedWallet": "0",
        "initialMargin": initial,
        "maintMargin": maintenance,
        "positionInitialMargin": initial,
        "updateTime": updated,
    } | _UNUSED_OF_POSITIONS


def position_row_v2(row: Row, leverage: int, max_notional: Decimal) -> Row:
    """Show the same leg as ``v2/positionRisk`` does (``leverage``, ``marginType``)."""
    names = (
        "symbol positionAmt entryPrice breakEvenPrice markPrice unRealizedProfit "
        "liquidationPrice isolatedMargin notional isolatedWallet updateTime positionSide"
    )
    return {name: row[name] for name in names.split()} | {
        "leverage": str(leverage),
        "maxNotionalValue": plain(max_notional),
        "marginType": "cross",
        "isAutoAddMargin": "false",
        "adlQuantile": 0,
    }


def account_position_row(row: Row) -> Row:
    """Show the same leg as ``v3/account`` does inside ``positions``."""
    names = (
        "symbol positionSide positionAmt isolatedMargin notional isolatedWallet "
        "initialMargin maintMargin updateTime"
    )
    return {name: row[name] for name in names.split()} | {
        "unrealizedProfit": row["unRealizedProfit"]
    }


def account_position_row_v2(row: Row, leverage: int, max_notional: Decimal) -> Row:
    """Show the same leg as ``v2/account`` does inside ``positions``."""
    names = "positionInitialMargin openOrderInitialMargin entryPrice bidNotional askNotional"
    shown = account_position_row(row) | {name: row[name] for name in names.split()}
    for name in ("isolatedMargin",):
        del shown[name]
    return shown | {
        "leverage": str(leverage),
        "isolated": False,
        "maxNotional": plain(max_notional),
    }


def asset_row(state: AccountState, updated: int) -> Row:
    """Show the USDT of the account as ``account`` does inside ``assets``."""
    return {
        "asset": "USDT",
        "walletBalance": money(state.wallet),
        "unrealizedProfit": money(state.unrealized_pnl),
        "marginBalance": money(state.margin_balance),
        "maintMargin": money(state.maintenance_margin),
        "initialMargin": money(state.initial_margin),
        "positionInitialMargin": money(state.position_margin),
        "openOrderInitialMargin": money(state.order_margin),
        "crossWalletBalance": money(state.wallet),
        "crossUnPnl": money(state.unrealized_pnl),
        "availableBalance": money(state.available),
        "maxWithdrawAmount": money(min(state.available, state.wallet)),
        "marginAvailable": True,
        "updateTime": updated,
    }


def account_row(state: AccountState, positions: list[Row], updated: int) -> Row:
    """Show the account as ``v3/account`` does."""
    return {
        "totalInitialMargin": money(state.initial_margin),
        "totalMaintMargin": money(state.maintenance_margin),
        "totalWalletBalance": money(state.wallet),
        "totalUnrealizedProfit": money(state.unrealized_pnl),
        "totalMarginBalance": money(state.margin_balance),
        "totalPositionInitialMargin": money(state.position_margin),
        "totalOpenOrderInitialMargin": money(state.order_margin),
        "totalCrossWalletBalance": money(state.wallet),
        "totalCrossUnPnl": money(state.unrealized_pnl),
        "availableBalance": money(state.available),
        "maxWithdrawAmount": money(min(state.available, state.wallet)),
        "assets": [asset_row(state, updated)],
        "positions": positions,
    }


def balance_row(state: AccountState, updated: int) -> Row:
    """Show the USDT of the account as ``balance`` does."""
    return {
        "accountAlias": "SgsR",
        "asset": "USDT",
        "balance": money(state.wallet),
        "crossWalletBalance": money(state.wallet),
        "crossUnPnl": money(state.unrealized_pnl),
        "availableBalance": money(state.available),
        "maxWithdrawAmount": money(min(state.available, state.wallet)),
        "marginAvailable": True,
        "updateTime": updated,
    }


def candle_row(candle: Candle, minutes: int, instrument: Instrument) -> list[object]:
    """Show a candle as ``klines`` does: a list, open time first."""
    start = millis(candle.open_time)
    half = candle.quantity / 2
    return [
        start,
        *(
            _price(price, instrument)
            for price in (candle.open, candle.high, candle.low, candle.close)
        ),
        on_grid(candle.quantity, instrument.step_size),
        start + minutes * 60_000 - 1,
        f"{candle.notional:.5f}",
        candle.count,
        on_grid(half, instrument.step_size),
        f"{candle.notional / 2:.5f}",
        "0",
    ]


def is_hedged(mode: PositionMode) -> bool:
    """Say whether long and short are kept apart (``dualSidePosition``)."""
    return mode is PositionMode.HEDGE
