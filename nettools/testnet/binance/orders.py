"""A new order as Binance reads it: which parameters belong together, and how fine numbers are.

Parameters come in; an ``Order`` of ours goes out, or ``ApiError`` for what the venue refuses
before its matching engine sees it. What the engine itself refuses (filters, margin, mode,
reduce-only) is not repeated here. ``exchangeInfo`` states the same rules, so it is here too.
"""

from decimal import Decimal

from nettools.decimals import ZERO, plain
from nettools.model import (
    Instrument,
    Order,
    PositionMode,
    PositionSide,
    Side,
    TimeInForce,
)
from nettools.testnet.binance.errors import (
    PRECISION,
    ApiError,
    not_allowed,
    superfluous,
)
from nettools.testnet.binance.request import Params
from nettools.testnet.binance.shapes import read_time_in_force
from nettools.testnet.rows import Row, decimals_of, on_grid, venue_symbol

_PRICE_PRECISION = {"BTC": 2, "ETH": 2, "SOL": 4, "BNB": 3, "XRP": 4}
"""Decimals a price may have before its tick is looked at, as the venue states them."""
_LARGEST_PRICE_TICKS = 45_000_000
_CONDITIONAL = frozenset(
    {"STOP", "STOP_MARKET", "TAKE_PROFIT", "TAKE_PROFIT_MARKET", "TRAILING_STOP_MARKET"}
)
_ORDER_TYPES = frozenset({"LIMIT", "MARKET"})
_CONDITIONAL_PARAMETERS = ("stopPrice", "activationPrice", "callbackRate")
_TIMES_IN_FORCE = frozenset({"GTC", "IOC", "FOK", "GTX", "GTD"})
_SAME_FOR_ALL = {
    "deliveryDate": 4_133_404_800_000,
    "onboardDate": 1_569_398_400_000,
    "maintMarginPercent": "2.5000",
    "requiredMarginPercent": "5.0000",
    "underlyingType": "COIN",
    "underlyingSubType": [],
    "settlePlan": 0,
    "triggerProtect": "0.0500",
    "liquidationFee": "0.012500",
    "marketTakeBound": "0.05",
    "maxMoveOrderLimit": 10_000,
}
_SIDES = frozenset({"BUY", "SELL"})
_POSITION_SIDES = frozenset({"BOTH", "LONG", "SHORT"})


def read_order(params: Params, instrument: Instrument, mode: PositionMode) -> Order:
    """Read a new order.

    Raises:
        ApiError: -1102 -1106 for parameters missing or not belonging, -1111 -4001 -4002 -4003
            for numbers, -1115 -1116 -1117 -4060 for words, -4120 for conditional types,
            -4084 for what is not offered here.
    """
    side = params.choice("side", _SIDES, (-1117, "Invalid side."))
    kind = params.text("type")
    if kind in _CONDITIONAL:
        raise ApiError(
            -4120,
            "Order type not supported for this endpoint. Please use the Algo Order API "
            "endpoints instead.",
        )
    if kind not in _ORDER_TYPES:
        raise ApiError(-1116, "Invalid orderType.")
    _refuse_strangers(params)
    position_side = _read_position_side(params)
    reduce_only = _read_reduce_only(params, position_side, mode)
    time_in_force, post_only = _read_time_in_force(params, is_market=kind == "MARKET")
    quantity = _read_quantity(params, instrument)
    price = _read_price(params, instrument, is_market=kind == "MARKET")
    return Order(
        client_order_id=params.get("newClientOrderId") or "",
        symbol=instrument.symbol,
        position_side=position_side,
        side=Side[side],
        quantity=quantity,
        limit_price=price,
        time_in_force=time_in_force,
        post_only=post_only,
        reduce_only=reduce_only,
    )


def wants_result(params: Params) -> bool:
    """Say whether the answer is to wait for the outcome; raises -1136 for other words."""
    wanted = params.get("newOrderRespType") or "ACK"
    if wanted not in {"ACK", "RESULT"}:
        raise ApiError(-1136, "Invalid newOrderRespType.")
    return wanted == "RESULT"


def _refuse_strangers(params: Params) -> None:
    for name in _CONDITIONAL_PARAMETERS:
        if name in params:
            raise superfluous(name)
    if params.flag("closePosition") or params.get("priceMatch") not in {None, "NONE"}:
        raise not_allowed()
    if params.get("selfTradePreventionMode") not in {None, "EXPIRE_MAKER"}:
        raise not_allowed()


def _read_position_side(params: Params) -> PositionSide:
    if "positionSide" not in params:
        return PositionSide.BOTH
    error = (-4060, "Invalid position side.")
    return PositionSide[params.choice("positionSide", _POSITION_SIDES, error)]


def _read_reduce_only(params: Params, position_side: PositionSide, mode: PositionMode) -> bool:
    reduce_only = params.flag("reduceOnly")
    if reduce_only is None:
        return False
    # Even "false" is refused in hedge mode (seen by users of the venue's Go client).
    if mode is PositionMode.HEDGE or position_side is not PositionSide.BOTH:
        raise superfluous("reduceonly")
    return reduce_only


def _read_time_in_force(params: Params, *, is_market: bool) -> tuple[TimeInForce, bool]:
    if is_market:
        if "timeInForce" in params:
            raise superfluous("timeInForce")
        return TimeInForce.IOC, False
    word = params.choice("timeInForce", _TIMES_IN_FORCE, (-1115, "Invalid timeInForce."))
    if word == "GTD":
        raise not_allowed()
    return read_time_in_force(word)


def _read_quantity(params: Params, instrument: Instrument) -> Decimal:
    quantity = params.decimal("quantity")
    if quantity <= ZERO:
        raise ApiError(-4003, "Quantity less than or equal to zero.")
    if decimals_of(quantity) > decimals_of(instrument.step_size):
        raise ApiError(*PRECISION)
    return quantity


def _read_price(params: Params, instrument: Instrument, *, is_market: bool) -> Decimal | None:
    if is_market:
        if "price" in params:
            raise superfluous("price")
        return None
    price = params.decimal("price")
    if price <= ZERO:
        raise ApiError(-4001, "Price less than or equal to zero.")
    if decimals_of(price) > price_precision(instrument):
        raise ApiError(*PRECISION)
    if price > _LARGEST_PRICE_TICKS * instrument.tick_size:
        raise ApiError(-4002, "Price greater than max price.")
    return price


def price_precision(instrument: Instrument) -> int:
    """Give how many decimals a price may have (``pricePrecision``)."""
    return _PRICE_PRECISION.get(instrument.base, decimals_of(instrument.tick_size))


def read_ids(params: Params) -> tuple[str | None, str | None]:
    """Read which order is meant: the venue's id, ours (the venue's wins).

    Raises:
        ApiError: -1102 when neither id was sent, or one is malformed.
    """
    order_id = params.integer("orderId")
    client_id = params.get("origClientOrderId")
    if order_id is None and not client_id:
        raise ApiError(
            -1102,
            "Param 'origClientOrderId' or 'orderId' must be sent, but both were empty/null!",
        )
    return None if order_id is None else str(order_id), client_id


def symbol_row(instrument: Instrument, max_orders: int) -> Row:
    """Show a contract and its filters as ``exchangeInfo`` does."""
    tick, step = instrument.tick_size, instrument.step_size
    name = venue_symbol(instrument.symbol)
    return {
        "symbol": name,
        "pair": name,
        "contractType": "PERPETUAL",
        "status": "TRADING",
        "baseAsset": instrument.base,
        "quoteAsset": instrument.quote,
        "marginAsset": instrument.quote,
        "pricePrecision": price_precision(instrument),
        "quantityPrecision": decimals_of(step),
        "baseAssetPrecision": 8,
        "quotePrecision": 8,
        "filters": [
            {
                "filterType": "PRICE_FILTER",
                "minPrice": plain(tick),
                "maxPrice": plain(_LARGEST_PRICE_TICKS * tick),
                "tickSize": f"{tick:.{price_precision(instrument)}f}",
            },
            _lot_row("LOT_SIZE", instrument, instrument.max_quantity),
            _lot_row("MARKET_LOT_SIZE", instrument, instrument.max_market_quantity),
            {"filterType": "MAX_NUM_ORDERS", "limit": max_orders},
            {"filterType": "MAX_NUM_ALGO_ORDERS", "limit": 10},
            {"filterType": "MIN_NOTIONAL", "notional": plain(instrument.min_notional)},
            _band_row(instrument),
        ],
        "orderTypes": ["LIMIT", "MARKET", *sorted(_CONDITIONAL)],
        "timeInForce": ["GTC", "IOC", "FOK", "GTX", "GTD"],
    } | _SAME_FOR_ALL


def _lot_row(name: str, instrument: Instrument, largest: Decimal | None) -> Row:
    step = instrument.step_size
    return {
        "filterType": name,
        "minQty": on_grid(instrument.min_quantity, step),
        "maxQty": plain(largest or Decimal(1_000_000_000)),
        "stepSize": on_grid(step, step),
    }


def _band_row(instrument: Instrument) -> Row:
    band = instrument.price_band or ZERO
    return {
        "filterType": "PERCENT_PRICE",
        "multiplierUp": f"{1 + band:.4f}",
        "multiplierDown": f"{1 - band:.4f}",
        "multiplierDecimal": "4",
    }
