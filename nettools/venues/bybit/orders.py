"""Bybit's orders and executions to our nouns, and our orders to its requests. Pure.

Rows come in, reports and fills go out, or ``Malformed``. On Bybit an accepted order can still
be refused: that is read from how it ended.
"""

import re
from collections.abc import Iterable
from typing import Any

from nettools.decimals import plain
from nettools.model import (
    Fill,
    Liquidity,
    Order,
    OrderReport,
    OrderState,
    PositionSide,
    Side,
    TimeInForce,
)
from nettools.venues.bybit.outcomes import REFUSED_LATER
from nettools.venues.bybit.rows import (
    CATEGORY,
    INDICES,
    LEGS,
    QUOTE_CURRENCY,
    SIDES,
    result_of,
)
from nettools.venues.contracts import Contract, Contracts, contract_of
from nettools.venues.funding import Booking
from nettools.venues.outcomes import ADVICE
from nettools.venues.reports import STRANGE_STATUS, checked
from nettools.venues.rows import Malformed, Row, as_row, choice, flag, moment, number, word

STATES = {
    "New": OrderState.ACKED,
    "PartiallyFilled": OrderState.PARTIAL,
    "Filled": OrderState.FILLED,
    "Cancelled": OrderState.CANCELED,
    "PartiallyFilledCanceled": OrderState.CANCELED,
    "Rejected": OrderState.REJECTED,
}
"""The venue's order statuses; one that is not here is UNKNOWN, whatever it may mean."""
MOVING = frozenset(
    {"Trade", "AdlTrade", "BustTrade", "Delivery", "Settle", "BlockTrade", "MovePosition"}
)
"""Kinds of execution that move a position. Funding moves cash only, though its row carries the
whole position as its quantity; a kind we do not know moves nothing either."""
FUNDING = "Funding"
_FORCED = {
    "AdlTrade": "adl_autoclose",
    "BustTrade": "autoclose",
    "Settle": "settlement_autoclose",
}
"""Executions that only close; such an order has no id of the trader's, so it is named as on
Binance, where the id says why."""
_CLOSES = {Side.SELL: PositionSide.LONG, Side.BUY: PositionSide.SHORT}
_OPENS = {Side.BUY: PositionSide.LONG, Side.SELL: PositionSide.SHORT}
_POST_ONLY = "PostOnly"
_LIFETIMES = {"IOC": TimeInForce.IOC, "FOK": TimeInForce.FOK}
_BY_REQUEST = "EC_PerCancelRequest"
_HARMLESS = re.compile(r"[A-Za-z_]{1,60}")
_ORDER_ID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|[0-9]{1,20}")
"""A UUID, or digits on older accounts (docs)."""
_ANY_ID = re.compile(r"[0-9A-Za-z-]{1,64}")
"""Of orders and executions that are not ours, where the docs promise no shape."""


def order_request(order: Order, contract: Contract) -> dict[str, Any]:
    """Say what to ask ``order/create`` for, all numbers exact text.

    ``positionIdx`` is always written out, so an account in the other mode refuses the order
    (10001) instead of opening another leg; ``reduceOnly`` may stand beside it (docs).
    """
    request: dict[str, Any] = {
        "category": CATEGORY,
        "symbol": contract.market_id,
        "side": order.side.value.capitalize(),
        "orderType": "Market" if order.limit_price is None else "Limit",
        "qty": plain(contract.contracts(order.quantity)),
        "positionIdx": INDICES[order.position_side],
        "orderLinkId": order.client_order_id,
    }
    if order.reduce_only:
        request["reduceOnly"] = True
    if order.limit_price is not None:
        request["price"] = plain(order.limit_price)
        request["timeInForce"] = _POST_ONLY if order.post_only else order.time_in_force.name
    return request


def by_our_id(order: Order, contract: Contract) -> dict[str, str]:
    """Say which order is meant; the venue knows our id as ``orderLinkId`` and no other name."""
    return {
        "category": CATEGORY,
        "symbol": contract.market_id,
        "orderLinkId": order.client_order_id,
    }


def read_accepted(answer: object, order: Order) -> str:
    """Read that the venue will process a request about our order; gives its own id.

    Raises:
        Malformed: it says something else, or speaks of another order.
    """
    result = as_row(result_of(answer), "orderId", "orderLinkId")
    if word(result, "orderLinkId") != order.client_order_id:
        raise Malformed("an answer about another order")
    return read_order_id(result)


def read_order_id(row: Row) -> str:
    """Read the venue's id of an order of ours; raises Malformed for one it cannot have made."""
    return _id(row, "orderId", _ORDER_ID)


def _id(row: Row, field: str, shape: re.Pattern[str] = _ANY_ID) -> str:
    found = word(row, field)
    if not shape.fullmatch(found):
        raise Malformed(f"{field} was no id of the venue")
    return found


def read_order(row: Row, contracts: Contracts) -> OrderReport:
    """Read one order of the account, ours or foreign, with what became of it.

    Raises:
        Malformed: not an order, or a field of it cannot be read.
    """
    row = as_row(row, "orderId")
    contract = contract_of(row, contracts)
    lifetime, filled = word(row, "timeInForce"), contract.base(row, "cumExecQty")
    order = Order(
        client_order_id=_our_id(row),
        symbol=contract.symbol,
        position_side=choice(row, "positionIdx", LEGS),
        side=choice(row, "side", SIDES),
        quantity=contract.base(row, "qty"),
        limit_price=None if word(row, "orderType") == "Market" else number(row, "price"),
        time_in_force=_LIFETIMES.get(lifetime, TimeInForce.GTC),
        post_only=lifetime == _POST_ONLY,
        reduce_only=row.get("reduceOnly") is True,
    )
    state, reason = _state(row, order, is_filled=filled > 0)
    average = number(row, "avgPrice") if filled else None
    return checked(
        OrderReport(
            order=order,
            state=state,
            venue_order_id=_id(row, "orderId"),
            filled=filled,
            average_price=average,
            message=_message(row, state, reason),
            reason=reason,
        )
    )


def _our_id(row: Row) -> str:
    given = row.get("orderLinkId") or ""
    if not isinstance(given, str):
        raise Malformed("orderLinkId was not a word")
    return given


def _state(row: Row, order: Order, *, is_filled: bool) -> tuple[OrderState, str]:
    state = STATES.get(word(row, "orderStatus"), OrderState.UNKNOWN)
    if state not in {OrderState.CANCELED, OrderState.REJECTED}:
        return state, ""
    said = str(row.get("rejectReason"))
    reason = REFUSED_LATER.get(said, "")
    if order.time_in_force is not TimeInForce.FOK and reason == "FOK":
        reason = ""
    if reason and not is_filled:
        return OrderState.REJECTED, reason
    at_once = order.time_in_force is not TimeInForce.GTC or order.limit_price is None
    if state is OrderState.CANCELED and at_once and said != _BY_REQUEST:
        return OrderState.EXPIRED, ""
    return state, "REFUSED" if state is OrderState.REJECTED else ""


def _message(row: Row, state: OrderState, reason: str) -> str:
    if state is OrderState.UNKNOWN:
        return STRANGE_STATUS
    if not reason:
        return ""
    said = str(row.get("rejectReason"))
    code = said if _HARMLESS.fullmatch(said) else "without a reason we can show"
    advice = ADVICE.get(reason, "look at it on the venue's page")
    return f"the venue accepted it first and refused it then ({code}); {advice}"


def moving(rows: Iterable[Row]) -> list[Row]:
    """Keep the executions that moved a position; raises Malformed for one of no kind."""
    return [row for row in rows if word(row, "execType") in MOVING]


def closed_leg(row: Row) -> PositionSide | None:
    """Tell the leg of an execution on a hedged account by what it closed; None when untold.

    The venue repeats no ``positionIdx`` on executions. One of them opens or closes, never
    both: that is what hedged means.

    Raises:
        Malformed: the row cannot be read.
    """
    side = choice(row, "side", SIDES)
    if word(row, "execType") in _FORCED:
        return _CLOSES[side]
    if row.get("closedSize") in (None, ""):
        return None
    return (_CLOSES if number(row, "closedSize") else _OPENS)[side]


def read_fill(row: Row, contracts: Contracts, position_side: PositionSide) -> Fill:
    """Read one execution that moved a position (raises Malformed).

    Args:
        row: of ``execution/list`` or the stream.
        contracts: by the venue's own names.
        position_side: the leg it moved; the row does not tell.
    """
    contract = contract_of(row, contracts)
    earned = row.get("execPnl")
    return Fill(
        fill_id=_id(row, "execId"),
        client_order_id=_our_id(row) or _FORCED.get(word(row, "execType"), ""),
        venue_order_id=_id(row, "orderId"),
        symbol=contract.symbol,
        position_side=position_side,
        side=choice(row, "side", SIDES),
        quantity=contract.base(row, "execQty"),
        price=number(row, "execPrice"),
        fee=number(row, "execFee"),
        fee_currency=str(row.get("feeCurrency") or QUOTE_CURRENCY),
        liquidity=Liquidity.MAKER if flag(row, "isMaker") else Liquidity.TAKER,
        time=moment(row, "execTime"),
        realized_pnl=None if earned in (None, "") else number(row, "execPnl"),
    )


def read_booking(row: Row) -> Booking:
    """Read what a settlement of funding booked on one leg (raises Malformed).

    ``execFee`` is positive when paid; our amounts are positive when received.
    """
    if word(row, "execType") != FUNDING:
        raise Malformed("an execution of another kind")
    return Booking(moment(row, "execTime"), -number(row, "execFee"), number(row, "execPrice"))
