"""Bybit's ids and words for what the engine knows by numbers.

Ids of the engine come in, UUIDs as the venue has them go out, and back. They are pure
functions, so nothing has to be remembered.
"""

from uuid import NAMESPACE_URL, UUID, uuid5

from nettools.model import Side
from nettools.testnet.engine import EngineOrder

_ORDER_IDS = UUID("6e657474-6f6f-4c73-8000-000000000000").int
_MOST_ORDERS = 1 << 48
_SIDES = {Side.BUY: "Buy", Side.SELL: "Sell"}


def venue_order_id(order_id: str) -> str:
    """Give the venue's id (a UUID) of an order the engine has a number for."""
    return str(UUID(int=_ORDER_IDS + int(order_id)))


def engine_order_id(text: str) -> str | None:
    """Give the engine's number of the venue's id; None when no order can have it."""
    try:
        number = UUID(text).int - _ORDER_IDS
    except ValueError:
        return None
    is_ours = 0 < number < _MOST_ORDERS and text == venue_order_id(str(number))
    return str(number) if is_ours else None


def order_link_id(record: EngineOrder) -> str:
    """Give the id the trader gave an order; empty when he gave none."""
    given = record.order.client_order_id
    return "" if given == f"local-{record.order_id}" else given


def execution_id(symbol: str, kind: str, number: str) -> str:
    """Give the venue's id (a UUID) of a fill or a payment, unique over all symbols."""
    return str(uuid5(NAMESPACE_URL, f"{kind}/{symbol}/{number}"))


def venue_side(side: Side) -> str:
    """Write a side in the venue's word."""
    return _SIDES[side]
