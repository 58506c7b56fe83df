"""Bybit's answers about the account: money, positions, mode, leverage, fees, permissions.

Parameters and the time come in, rows ready for JSON go out. The account is a unified one with
cross margin, and its key may trade contracts and nothing else.
"""

from datetime import datetime
from functools import partial

from nettools.decimals import plain
from nettools.errors import OrderRejected
from nettools.model import PositionMode
from nettools.testnet.bybit.errors import (
    PARAMETER,
    ApiError,
    invalid,
    missing,
    not_offered,
    refusal_error,
)
from nettools.testnet.bybit.exchange import Exchange
from nettools.testnet.bybit.orders import MOST_LEVERAGE, check_category
from nettools.testnet.bybit.pages import Found, in_pages
from nettools.testnet.bybit.request import Params
from nettools.testnet.bybit.shapes import wallet_row
from nettools.testnet.rows import Row, millis

_MODES = {0: PositionMode.ONE_WAY, 3: PositionMode.HEDGE}
_MARGIN_MODES = frozenset({"ISOLATED_MARGIN", "REGULAR_MARGIN", "PORTFOLIO_MARGIN"})
_PERMISSIONS = {
    "ContractTrade": ["Order", "Position"],
    "Derivatives": ["DerivativesTrade"],
    **{name: [] for name in ("Spot", "Wallet", "Options", "CopyTrading", "BlockTrade")},
    **{name: [] for name in ("Exchange", "NFT", "Affiliate", "Earn")},
}


def wallet_balance(exchange: Exchange, params: Params, _now: datetime) -> Row:
    """Answer ``account/wallet-balance``: one unified account that holds USDT."""
    if params.text("accountType") != "UNIFIED":
        raise ApiError(PARAMETER, "accountType only support UNIFIED.")
    row = wallet_row(exchange.engine.account(), exchange.deposit)
    coins = params.get("coin")
    if coins is not None and "USDT" not in coins.split(","):
        row["coin"] = []
    return {"list": [row]}


def account_info(exchange: Exchange, _params: Params, _now: datetime) -> Row:
    """Answer ``account/info``."""
    return {
        "marginMode": "REGULAR_MARGIN",
        "updatedTime": str(millis(exchange.started)),
        "unifiedMarginStatus": 6,
        "dcpStatus": "OFF",
        "timeWindow": 0,
        "smpGroup": 0,
        "isMasterTrader": False,
        "spotHedgingStatus": "OFF",
    }


def fee_rate(exchange: Exchange, params: Params, _now: datetime) -> Row:
    """Answer ``account/fee-rate``: the same for every contract."""
    check_category(params)
    wanted = params.get("symbol")
    names = exchange.by_name
    if wanted is not None:
        names = {wanted: exchange.instrument(params)}
    return {
        "list": [
            {
                "symbol": name,
                "takerFeeRate": plain(exchange.engine.taker_rate),
                "makerFeeRate": plain(exchange.engine.maker_rate),
            }
            for name in names
        ]
    }


def key_info(exchange: Exchange, _params: Params, _now: datetime) -> Row:
    """Answer ``user/query-api``: a key of a unified account that may trade contracts.

    The key itself is not shown.
    """
    return {
        "id": "1",
        "note": "local testnet",
        "apiKey": "",
        "readOnly": 0,
        "secret": "",
        "permissions": _PERMISSIONS,
        "ips": ["*"],
        "type": 1,
        "deadlineDay": -2,
        "expiredAt": "1970-01-01T00:00:00Z",
        "createdAt": f"{exchange.started:%Y-%m-%dT%H:%M:%SZ}",
        "unified": 0,
        "uta": 1,
        "userID": 1,
        "inviterID": 0,
        "vipLevel": "No VIP",
        "mktMakerLevel": "0",
        "affiliateID": 0,
        "rsaPublicKey": "",
        "isMaster": True,
        "parentUid": "0",
    }


def coin_info(_exchange: Exchange, params: Params, _now: datetime) -> Row:
    """Answer ``asset/coin/query-info``: USDT, on no chain."""
    if params.get("coin") not in {None, "USDT"}:
        return {"rows": []}
    return {
        "rows": [{"name": "USDT", "coin": "USDT", "remainAmount": "10000000", "chains": []}]
    }


def positions(exchange: Exchange, params: Params, _now: datetime) -> Row:
    """Answer ``position/list``: all legs of a contract, flat ones too, or all that are held.

    Of inverse contracts none is held: who asks for every position asks for those as well.
    """
    if params.get("category") == "inverse":
        return {"category": "inverse", "list": [], "nextPageCursor": ""}
    check_category(params)
    state = exchange.engine.account()
    if params.get("symbol") is not None:
        legs = exchange.legs(exchange.instrument(params))
    elif params.get("settleCoin") is None:
        raise missing("symbol or settleCoin")
    else:
        held = exchange.engine.positions()
        legs = tuple(p.leg for p in held if params.get("settleCoin") == "USDT")
    found = [
        Found((len(legs) - place,), partial(exchange.position_row, leg, state))
        for place, leg in enumerate(legs)
    ]
    return in_pages(found, params, default=20, most=200)


def switch_mode(exchange: Exchange, params: Params, _now: datetime) -> Row:
    """Answer ``position/switch-mode``, for the whole account at once.

    The venue keeps a mode for each contract. Here there is one for all, so a request for a
    contract or for a coin switches everything, and is refused (110024, 110028) unless all
    contracts are flat and without orders; 110025 when the mode is that already.
    """
    check_category(params)
    mode = params.integer("mode")
    if mode not in _MODES:
        raise invalid("mode")
    if params.get("symbol") is not None:
        exchange.instrument(params)
    elif params.text("coin") != "USDT":
        raise invalid("coin")
    wanted = _MODES[mode]
    if exchange.is_entering and wanted is not exchange.engine.mode:
        blocked = OrderRejected("orders come", reason="POSITION_MODE", venue_code="-4067")
        raise refusal_error(blocked)
    exchange.engine.set_mode(wanted)
    return {}


def set_leverage(exchange: Exchange, params: Params, _now: datetime) -> Row:
    """Answer ``position/set-leverage``: the same for buys and sells, in whole numbers.

    110043 unchanged, 110013 above what the contract allows, 110044 when margin is too small.
    """
    check_category(params)
    instrument = exchange.instrument(params)
    buy, sell = params.decimal("buyLeverage"), params.decimal("sellLeverage")
    if buy != sell or buy != int(buy):
        raise invalid("buyLeverage")
    leverage = int(buy)
    if leverage > MOST_LEVERAGE:
        raise ApiError(110013, "Cannot set leverage due to risk limit level.")
    if leverage == exchange.engine.leverage(instrument.symbol):
        raise ApiError(110043, "leverage not modified")
    try:
        exchange.engine.set_leverage(instrument.symbol, leverage)
    except OrderRejected:
        raise ApiError(110044, "Available margin is insufficient.") from None
    return {}


def set_margin_mode(_exchange: Exchange, params: Params, _now: datetime) -> Row:
    """Answer ``account/set-margin-mode``: margin is crossed, and nothing else is offered."""
    wanted = params.choice("setMarginMode", _MARGIN_MODES)
    if wanted == "REGULAR_MARGIN":
        raise ApiError(110026, "Cross/isolated margin mode is not modified")
    raise ApiError(
        3400045,
        "Set margin mode failed",
        result={
            "reasons": [{"reasonCode": "3400000", "reasonMsg": not_offered().message}],
        },
    )
