"""Binance's answers about the account: money, positions, mode, leverage, fees.

Parameters and the time come in, rows ready for JSON go out. Positions are shown as the venue
does: version 3 leaves flat legs out, version 2 shows them all.
"""

from datetime import datetime
from decimal import Decimal

from nettools.decimals import plain
from nettools.errors import OrderRejected
from nettools.model import Instrument, Leg, PositionMode, PositionSide, legs_of
from nettools.testnet.account import MAINTENANCE_RATE, AccountState
from nettools.testnet.binance.errors import ApiError, missing, not_allowed
from nettools.testnet.binance.exchange import Exchange
from nettools.testnet.binance.request import Params
from nettools.testnet.binance.shapes import (
    account_position_row,
    account_position_row_v2,
    account_row,
    balance_row,
    is_hedged,
    position_row,
    position_row_v2,
)
from nettools.testnet.rows import Row, venue_symbol

_MOST_NOTIONAL = Decimal(1_000_000_000)
_MOST_LEVERAGE = 125
_DONE = {"code": 200, "msg": "success"}
_MARGIN_TYPES = frozenset({"ISOLATED", "CROSSED"})


def account(exchange: Exchange, _params: Params, _now: datetime) -> object:
    """Answer ``GET v3/account``."""
    state = exchange.engine.account()
    rows = [account_position_row(row) for row in _held_rows(exchange, state)]
    return account_row(state, rows, exchange.wallet_time)


def account_v2(exchange: Exchange, _params: Params, _now: datetime) -> object:
    """Answer ``GET v2/account``."""
    state = exchange.engine.account()
    rows = [
        account_position_row_v2(row, exchange.engine.leverage(leg.symbol), _MOST_NOTIONAL)
        for leg, row in _all_rows(exchange, state, tuple(exchange.by_name.values()))
    ]
    flags = {
        "feeTier": 0,
        "canTrade": True,
        "canDeposit": True,
        "canWithdraw": True,
        "updateTime": 0,
        "multiAssetsMargin": False,
        "tradeGroupId": -1,
    }
    return flags | account_row(state, rows, exchange.wallet_time)


def balance(exchange: Exchange, _params: Params, _now: datetime) -> object:
    """Answer ``GET v2/balance`` and ``v3/balance``."""
    return [balance_row(exchange.engine.account(), exchange.wallet_time)]


def positions(exchange: Exchange, params: Params, _now: datetime) -> object:
    """Answer ``GET v3/positionRisk``: the legs that are not flat."""
    wanted = {venue_symbol(i.symbol) for i in exchange.instruments(params)}
    rows = _held_rows(exchange, exchange.engine.account())
    return [row for row in rows if row["symbol"] in wanted]


def positions_v2(exchange: Exchange, params: Params, _now: datetime) -> object:
    """Answer ``GET v2/positionRisk``: every leg, flat ones too, with its leverage."""
    instruments = exchange.instruments(params)
    rows = _all_rows(exchange, exchange.engine.account(), instruments)
    return [
        position_row_v2(row, exchange.engine.leverage(leg.symbol), _MOST_NOTIONAL)
        for leg, row in rows
    ]


def _held_rows(exchange: Exchange, state: AccountState) -> list[Row]:
    legs = (position.leg for position in exchange.engine.positions())
    return [_leg_row(exchange, leg, state) for leg in legs]


def _all_rows(
    exchange: Exchange, state: AccountState, instruments: tuple[Instrument, ...]
) -> list[tuple[Leg, Row]]:
    shown = []
    for instrument in instruments:
        legs = legs_of(instrument.symbol, exchange.engine.mode)
        if exchange.engine.mode is PositionMode.HEDGE:
            legs = (Leg(instrument.symbol, PositionSide.BOTH), *legs)
        shown += [(leg, _leg_row(exchange, leg, state)) for leg in legs]
    return shown


def _leg_row(exchange: Exchange, leg: Leg, state: AccountState) -> Row:
    engine = exchange.engine
    return position_row(
        engine.position(leg),
        engine.instruments[leg.symbol],
        engine.leg_margin(leg),
        liquidation_price=exchange.liquidation_price(leg, state),
        updated=exchange.leg_time(leg),
    )


def position_mode(exchange: Exchange, _params: Params, _now: datetime) -> object:
    """Answer ``GET positionSide/dual``."""
    return {"dualSidePosition": is_hedged(exchange.engine.mode)}


def set_position_mode(exchange: Exchange, params: Params, _now: datetime) -> object:
    """Answer ``POST positionSide/dual``: -4059 unchanged, -4067 orders, -4068 positions."""
    wanted = params.flag("dualSidePosition")
    if wanted is None:
        raise missing("dualSidePosition")
    exchange.engine.set_mode(PositionMode.HEDGE if wanted else PositionMode.ONE_WAY)
    return _DONE


def set_leverage(exchange: Exchange, params: Params, _now: datetime) -> object:
    """Answer ``POST leverage``: -4028 outside 1 to 125, -2028 when margin is too small."""
    instrument = exchange.instrument(params)
    leverage = params.integer("leverage")
    if leverage is None:
        raise missing("leverage")
    try:
        exchange.engine.set_leverage(instrument.symbol, leverage)
    except OrderRejected as refusal:
        if refusal.reason == "INSUFFICIENT_MARGIN":
            text = "Leverage is smaller than permitted: insufficient margin balance."
            raise ApiError(-2028, text) from None
        raise ApiError(-4028, f"Leverage {leverage} is not valid") from None
    return {
        "symbol": venue_symbol(instrument.symbol),
        "leverage": leverage,
        "maxNotionalValue": plain(_MOST_NOTIONAL),
    }


def set_margin_type(exchange: Exchange, params: Params, _now: datetime) -> object:
    """Answer ``POST marginType``: margin is crossed, and isolated is not offered."""
    exchange.instrument(params)
    wanted = params.text("marginType").upper()
    if wanted not in _MARGIN_TYPES:
        raise missing("marginType")
    if wanted == "ISOLATED":
        raise not_allowed()
    raise ApiError(-4046, "No need to change margin type.")


def leverage_brackets(exchange: Exchange, params: Params, _now: datetime) -> object:
    """Answer ``GET leverageBracket``: one bracket, as the engine computes margin."""

    def row(instrument: Instrument) -> Row:
        bracket = {
            "bracket": 1,
            "initialLeverage": _MOST_LEVERAGE,
            "notionalCap": int(_MOST_NOTIONAL),
            "notionalFloor": 0,
            "maintMarginRatio": float(MAINTENANCE_RATE),
            "cum": 0.0,
        }
        return {"symbol": venue_symbol(instrument.symbol), "brackets": [bracket]}

    rows = [row(instrument) for instrument in exchange.instruments(params)]
    return rows[0] if "symbol" in params else rows


def commission_rate(exchange: Exchange, params: Params, _now: datetime) -> object:
    """Answer ``GET commissionRate``."""
    return {
        "symbol": venue_symbol(exchange.instrument(params).symbol),
        "makerCommissionRate": f"{exchange.engine.maker_rate:.6f}",
        "takerCommissionRate": f"{exchange.engine.taker_rate:.6f}",
        "rpiCommissionRate": "0.000000",
    }


def multi_assets(_exchange: Exchange, _params: Params, _now: datetime) -> object:
    """Answer ``GET multiAssetsMargin``."""
    return {"multiAssetsMargin": False}


def symbol_config(exchange: Exchange, params: Params, _now: datetime) -> object:
    """Answer ``GET symbolConfig``: leverage and margin type by symbol."""
    return [
        {
            "symbol": venue_symbol(instrument.symbol),
            "marginType": "CROSSED",
            "isAutoAddMargin": False,
            "leverage": exchange.engine.leverage(instrument.symbol),
            "maxNotionalValue": plain(_MOST_NOTIONAL),
        }
        for instrument in exchange.instruments(params)
    ]


def account_config(exchange: Exchange, _params: Params, _now: datetime) -> object:
    """Answer ``GET accountConfig``."""
    return {
        "feeTier": 0,
        "canTrade": True,
        "canDeposit": True,
        "canWithdraw": True,
        "dualSidePosition": is_hedged(exchange.engine.mode),
        "updateTime": 0,
        "multiAssetsMargin": False,
        "tradeGroupId": -1,
    }


def create_listen_key(exchange: Exchange, _params: Params, now: datetime) -> object:
    """Answer ``POST listenKey``: the key that lives, or a new one, for an hour from now."""
    return {"listenKey": exchange.listen_keys.create(now)}


def keep_listen_key(exchange: Exchange, _params: Params, now: datetime) -> object:
    """Answer ``PUT listenKey``: another hour; -1125 when there is none."""
    return {"listenKey": exchange.listen_keys.keep(now)}


def drop_listen_key(exchange: Exchange, _params: Params, _now: datetime) -> object:
    """Answer ``DELETE listenKey``: its connections are closed."""
    exchange.listen_keys.drop()
    return {}
