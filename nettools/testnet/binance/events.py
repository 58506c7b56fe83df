"""What Binance tells of the account: order updates, executions, balances and positions.

Changes of the engine come in, events ready for JSON go out, in the venue's short keys. Money
and quantities are text as in its REST rows, from which these are made.
"""

from decimal import Decimal

from nettools.decimals import ZERO, plain
from nettools.model import Fill, Instrument, OrderState, Position
from nettools.testnet.binance.shapes import order_row, trade_row
from nettools.testnet.engine import EngineOrder
from nettools.testnet.funding import Settlement
from nettools.testnet.rows import Row, millis, money, on_grid, venue_symbol

_HAPPENED = {
    OrderState.ACKED: "NEW",
    OrderState.CANCELED: "CANCELED",
    OrderState.EXPIRED: "EXPIRED",
}
_EXPIRY_REASONS = {"SELF_TRADE": "1", "IOC": "2", "REDUCE_ONLY": "4"}
"""The venue's numbers (docs); 0 is none."""
_MARKET_EXPIRY = "9"
"""A market order that found no more to trade with (docs)."""
_ORDER_KEYS = {
    "s": "symbol",
    "c": "clientOrderId",
    "S": "side",
    "o": "type",
    "f": "timeInForce",
    "q": "origQty",
    "p": "price",
    "ap": "avgPrice",
    "sp": "stopPrice",
    "X": "status",
    "i": "orderId",
    "z": "executedQty",
    "R": "reduceOnly",
    "wt": "workingType",
    "ot": "origType",
    "ps": "positionSide",
    "cp": "closePosition",
    "pP": "priceProtect",
    "V": "selfTradePreventionMode",
    "pm": "priceMatch",
    "gtd": "goodTillDate",
}


def order_update(record: EngineOrder, fill: Fill | None, instrument: Instrument) -> Row:
    """Show a change of an order as ``ORDER_TRADE_UPDATE``.

    Args:
        record: the order after it.
        fill: the execution, if it was one.
        instrument: its contract.
    """
    row = order_row(record, instrument)
    stamp = millis(record.updated)
    order: Row = {short: row[name] for short, name in _ORDER_KEYS.items()}
    order |= {
        "x": "TRADE" if fill is not None else _HAPPENED[record.state],
        "T": stamp,
        "b": "0",
        "a": "0",
        "si": 0,
        "ss": 0,
        "er": _expiry_reason(record),
    }
    order |= _execution(fill, instrument)
    return {"e": "ORDER_TRADE_UPDATE", "E": stamp, "T": stamp, "o": order}


def _execution(fill: Fill | None, instrument: Instrument) -> Row:
    if fill is None:
        nothing = {"l": on_grid(ZERO, instrument.step_size), "L": "0", "n": "0", "rp": "0"}
        return nothing | {"N": instrument.quote, "t": 0, "m": False}
    trade = trade_row(fill, instrument)
    return {
        "l": trade["qty"],
        "L": trade["price"],
        "N": trade["commissionAsset"],
        "n": trade["commission"],
        "t": trade["id"],
        "m": trade["maker"],
        "rp": trade["realizedPnl"],
    }


def _expiry_reason(record: EngineOrder) -> str:
    if record.expire_reason == "IOC" and record.order.limit_price is None:
        return _MARKET_EXPIRY
    return _EXPIRY_REASONS.get(record.expire_reason, "0")


def trade_lite(record: EngineOrder, fill: Fill, instrument: Instrument) -> Row:
    """Show an execution as ``TRADE_LITE``: the same one once more, sooner and shorter."""
    order, trade = order_row(record, instrument), trade_row(fill, instrument)
    return {
        "e": "TRADE_LITE",
        "E": trade["time"],
        "T": trade["time"],
        "s": trade["symbol"],
        "q": order["origQty"],
        "p": order["price"],
        "m": trade["maker"],
        "c": order["clientOrderId"],
        "S": trade["side"],
        "L": trade["price"],
        "l": trade["qty"],
        "t": trade["id"],
        "i": trade["orderId"],
    }


def account_update(
    fill: Fill, position: Position, wallet: Decimal, realized: Decimal, instrument: Instrument
) -> Row:
    """Show what an execution made of wallet and position, as ``ACCOUNT_UPDATE``.

    Args:
        fill: the execution.
        position: its leg after it.
        wallet: after it, quote units.
        realized: of the leg since the beginning, before fees, quote units.
        instrument: its contract.
    """
    entry = position.average_price
    price = plain(entry) if entry else "0"
    leg: Row = {
        "s": venue_symbol(position.symbol),
        "pa": on_grid(position.quantity, instrument.step_size),
        "ep": price,
        "bep": price,
        "cr": money(realized),
        "up": money(position.unrealized_pnl or ZERO),
        "mt": "cross",
        "iw": "0",
        "ps": position.position_side.name,
        "ma": instrument.quote,
    }
    stamp = millis(fill.time)
    return _account(stamp, "ORDER", _balance(instrument.quote, wallet, ZERO), [leg])


def funding_update(settlement: Settlement, wallet: Decimal, quote: str) -> Row:
    """Show a settlement as ``ACCOUNT_UPDATE``: balance only, as for cross margin (docs).

    Args:
        settlement: after which the wallet moved.
        wallet: after it, quote units.
        quote: its currency.
    """
    balance = _balance(quote, wallet, settlement.received)
    return _account(millis(settlement.time), "FUNDING_FEE", balance, [])


def _balance(quote: str, wallet: Decimal, change: Decimal) -> Row:
    """Make a balance; the change is that of neither PnL nor commission (docs)."""
    return {"a": quote, "wb": money(wallet), "cw": money(wallet), "bc": money(change)}


def _account(stamp: int, reason: str, balance: Row, legs: list[Row]) -> Row:
    told: Row = {"m": reason, "B": [balance], "P": legs}
    return {"e": "ACCOUNT_UPDATE", "E": stamp, "T": stamp, "a": told}


def key_expired(key: str, stamp: int) -> Row:
    """Say that a listen key has expired: nothing more comes with it."""
    return {"e": "listenKeyExpired", "E": stamp, "listenKey": key}
