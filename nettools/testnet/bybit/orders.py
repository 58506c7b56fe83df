"""A new order as Bybit reads it, and how a contract states the rules for one.

Parameters come in; an ``Order`` of ours goes out, or ``ApiError`` for what the venue refuses
before its engine sees it. What the engine refuses (filters, margin, mode, reduce-only) is not
repeated here. ``instruments-info`` states the same rules, so it is here too.
"""

import re

from nettools.decimals import ZERO, plain
from nettools.model import Instrument, Order, PositionMode, PositionSide, Side, TimeInForce
from nettools.testnet.bybit.errors import ApiError, invalid, not_offered
from nettools.testnet.bybit.names import engine_order_id
from nettools.testnet.bybit.request import Params
from nettools.testnet.rows import Row, decimals_of, on_grid, venue_symbol

MOST_LEVERAGE = 100
_LINK_ID = re.compile(r"[A-Za-z0-9_-]{1,36}", re.ASCII)
_CATEGORIES = frozenset({"linear", "inverse", "spot", "option"})
_SIDES = {"Buy": Side.BUY, "Sell": Side.SELL}
_INDICES = {0: PositionSide.BOTH, 1: PositionSide.LONG, 2: PositionSide.SHORT}
_TIMES_IN_FORCE = frozenset({"GTC", "IOC", "FOK", "PostOnly", "RPI"})
_ELSEWHERE = (
    *("triggerPrice", "takeProfit", "stopLoss", "tpslMode", "orderIv"),
    *("bboSideType", "slippageToleranceType"),
)
"""Parameters of orders that are not offered here: conditional ones, and prices of their own."""
_LARGEST_PRICE_TICKS = 19_999_998
_SAME_FOR_ALL = {
    "contractType": "LinearPerpetual",
    "status": "Trading",
    "launchTime": "1585526400000",
    "deliveryTime": "0",
    "deliveryFeeRate": "",
    "leverageFilter": {
        "minLeverage": "1",
        "maxLeverage": f"{MOST_LEVERAGE}.00",
        "leverageStep": "1",
    },
    "unifiedMarginTrade": True,
    "copyTrading": "none",
    "upperFundingRate": "0.005",
    "lowerFundingRate": "-0.005",
    "isPreListing": False,
    "preListingInfo": None,
    "symbolType": "",
}


def check_category(params: Params) -> None:
    """Take ``category=linear``; raises 10001 for no category of the venue, 10005 for others."""
    category = params.text("category")
    if category not in _CATEGORIES:
        raise invalid("category")
    if category != "linear":
        raise not_offered()


def read_order(params: Params, instrument: Instrument, mode: PositionMode) -> Order:
    """Read a new order.

    Raises:
        ApiError: 10001 for parameters missing, malformed or not fitting the position mode,
            110119 for RPI orders, 10005 for conditional orders and other kinds that are not
            offered here.
    """
    side = _SIDES[params.choice("side", _SIDES)]
    is_market = params.choice("orderType", ("Market", "Limit")) == "Market"
    _refuse_strangers(params)
    time_in_force, post_only = _read_time_in_force(params, is_market=is_market)
    position_side = _read_index(params)
    is_closing = (position_side, side) in {
        (PositionSide.LONG, Side.SELL),
        (PositionSide.SHORT, Side.BUY),
    }
    return Order(
        client_order_id=read_link_id(params) or "",
        symbol=instrument.symbol,
        position_side=position_side,
        side=side,
        quantity=params.decimal("qty"),
        limit_price=None if is_market else params.decimal("price"),
        time_in_force=time_in_force,
        post_only=post_only,
        # Selling the long leg can only reduce it, said or unsaid (assumed).
        reduce_only=params.flag("reduceOnly") or (is_closing and mode is PositionMode.HEDGE),
    )


def _refuse_strangers(params: Params) -> None:
    is_strange = any(params.get(name) is not None for name in _ELSEWHERE)
    if is_strange or params.flag("closeOnTrigger"):
        raise not_offered()
    if params.get("smpType") not in {None, "None"}:
        raise not_offered()


def _read_time_in_force(params: Params, *, is_market: bool) -> tuple[TimeInForce, bool]:
    if is_market:  # always IOC, whatever is sent (docs)
        return TimeInForce.IOC, False
    word = params.get("timeInForce") or "GTC"
    if word not in _TIMES_IN_FORCE:
        raise invalid("timeInForce")
    if word == "RPI":
        raise ApiError(
            110119, "Order failed. RPI orders are restricted to approved market makers only"
        )
    return (TimeInForce.GTC, True) if word == "PostOnly" else (TimeInForce[word], False)


def _read_index(params: Params) -> PositionSide:
    index = params.integer("positionIdx") or 0
    if index not in _INDICES:
        raise invalid("positionIdx")
    return _INDICES[index]


def read_link_id(params: Params) -> str | None:
    """Read ``orderLinkId``; raises 10001 outside the venue's alphabet and length (docs)."""
    link_id = params.get("orderLinkId")
    if link_id is not None and _LINK_ID.fullmatch(link_id) is None:
        raise invalid("orderLinkId")
    return link_id


def read_ids(params: Params) -> tuple[str | None, str | None]:
    """Read which order is meant: the engine's id, or ours.

    ``orderId`` wins over ``orderLinkId`` whatever it holds (docs); one that no order can have
    reads as ``"0"``.
    """
    order_id = params.get("orderId")
    if order_id is not None:
        return engine_order_id(order_id) or "0", None
    return None, params.get("orderLinkId")


def instrument_row(instrument: Instrument, funding_seconds: int) -> Row:
    """Show a contract and its rules as ``instruments-info`` does."""
    tick, step = instrument.tick_size, instrument.step_size
    band = instrument.price_band or ZERO
    largest = plain(instrument.max_quantity or ZERO)
    return {
        "symbol": venue_symbol(instrument.symbol),
        "baseCoin": instrument.base,
        "quoteCoin": instrument.quote,
        "settleCoin": instrument.quote,
        "priceScale": str(decimals_of(tick)),
        "priceFilter": {
            "minPrice": on_grid(tick, tick),
            "maxPrice": on_grid(_LARGEST_PRICE_TICKS * tick, tick),
            "tickSize": on_grid(tick, tick),
        },
        "lotSizeFilter": {
            "maxOrderQty": largest,
            "minOrderQty": on_grid(instrument.min_quantity, step),
            "qtyStep": on_grid(step, step),
            "postOnlyMaxOrderQty": largest,
            "maxMktOrderQty": plain(instrument.max_market_quantity or ZERO),
            "minNotionalValue": plain(instrument.min_notional),
        },
        "fundingInterval": max(1, funding_seconds // 60),
        "riskParameters": {
            "priceLimitRatioX": plain(band),
            "priceLimitRatioY": plain(2 * band),
        },
    } | _SAME_FOR_ALL
