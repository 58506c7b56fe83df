"""What Binance USD-M refuses before matching: ids, filters, sides, reducing, margin. Pure.

An order and what it meets come in; nothing goes out, or ``OrderRejected`` with our reason code
and one sentence: what must hold, what was found, what to do.
"""

import re
from dataclasses import replace
from decimal import Decimal

from nettools.decimals import is_multiple, plain, round_down, round_up
from nettools.errors import OrderRejected
from nettools.model import Instrument, Order, PositionMode, PositionSide, Side, TimeInForce
from nettools.testnet.floor import Pit
from nettools.testnet.orders import OrderLog, reduces

_CLIENT_ID = re.compile(r"[.A-Z:/a-z0-9_-]{1,36}")


def check_client_id(order: Order, log: OrderLog, *, unique_forever: bool) -> None:
    """Refuse a client order id outside the venue's alphabet (BAD_ID) or taken (DUPLICATE_ID).

    Args:
        order: the order as sent.
        log: the orders before it.
        unique_forever: an id is taken once used (Bybit), not only while open (Binance).
    """
    client_id = order.client_order_id
    if not _CLIENT_ID.fullmatch(client_id):
        raise OrderRejected(
            "client_order_id must be 1 to 36 of A-Z a-z 0-9 . : / _ -, "
            f"was {client_id[:60]!r}; use another id",
            reason="BAD_ID",
        )
    other = log.newest(client_id)
    if other is not None and (other.is_open or unique_forever):
        raise OrderRejected(
            f"client_order_id {client_id!r} belongs to order {other.order_id} "
            f"({other.state.value}); look that one up",
            reason="DUPLICATE_ID",
        )


def check_side(order: Order, mode: PositionMode, *, reduce_only_in_hedge: bool) -> None:
    """Refuse a position side that does not fit the mode, or reduce_only beside one.

    Args:
        order: the order as sent.
        mode: of the account.
        reduce_only_in_hedge: reduce_only may be sent in hedge mode (Bybit), where it must
            fit the side; else it is refused (Binance).

    Raises:
        OrderRejected: POSITION_SIDE, BAD_PARAMETER; REDUCE_ONLY for a reduce_only order that
            would open its leg.
    """
    is_both = order.position_side is PositionSide.BOTH
    if is_both is not (mode is PositionMode.ONE_WAY):
        wanted = "BOTH" if mode is PositionMode.ONE_WAY else "LONG or SHORT"
        raise OrderRejected(
            f"position side must be {wanted} in {mode.value} mode, was "
            f"{order.position_side.name}; send the matching side or switch the mode",
            reason="POSITION_SIDE",
        )
    if order.reduce_only and not is_both and reduce_only_in_hedge:
        if not reduces(order):
            raise OrderRejected(
                f"a reduce_only {order.side.value} cannot reduce {order.leg}; "
                "send the other side",
                reason="REDUCE_ONLY",
                venue_code="-2022",
            )
    elif order.reduce_only and not is_both:
        raise OrderRejected(
            "reduce_only must not be sent in hedge mode, where the position side already "
            "says it; leave it out",
            reason="BAD_PARAMETER",
        )


def check_filters(order: Order, instrument: Instrument, mark: Decimal) -> None:
    """Refuse what the instrument's filters forbid.

    Args:
        order: the order as sent.
        instrument: its rules.
        mark: mark price, quote units; zero when there is none yet (then no band holds).

    Raises:
        OrderRejected: STEP_SIZE, MIN_QUANTITY, MAX_QUANTITY, TICK_SIZE, PRICE_BAND,
            MIN_NOTIONAL.
    """
    _check_quantity(order, instrument)
    if order.limit_price is not None:
        _check_price(order, order.limit_price, instrument, mark)
    price = mark if order.limit_price is None else order.limit_price
    notional = order.quantity * price
    # Assumed: closing a hedge leg is exempt like reduce-only (docs name only the latter).
    if price and notional < instrument.min_notional and not reduces(order):
        raise OrderRejected(
            f"notional of {order.symbol} must be at least {plain(instrument.min_notional)} "
            f"{instrument.quote} (unless reduce-only), was {plain(notional)}; "
            "send a larger order",
            reason="MIN_NOTIONAL",
        )


def _check_quantity(order: Order, instrument: Instrument) -> None:
    quantity, step, base = order.quantity, instrument.step_size, instrument.base
    is_market = order.limit_price is None
    largest = instrument.max_market_quantity if is_market else instrument.max_quantity
    if not is_multiple(quantity, step):
        below, above = round_down(quantity, step), round_up(quantity, step)
        choice = f"{plain(below)} or {plain(above)}" if below else plain(above)
        raise OrderRejected(
            f"quantity must be a multiple of {plain(step)} {base}, was {plain(quantity)}; "
            f"use {choice}",
            reason="STEP_SIZE",
        )
    if quantity < instrument.min_quantity:
        raise OrderRejected(
            f"quantity must be at least {plain(instrument.min_quantity)} {base}, "
            f"was {plain(quantity)}; send a larger order",
            reason="MIN_QUANTITY",
        )
    if largest is not None and quantity > largest:
        kind = "market" if is_market else "limit"
        raise OrderRejected(
            f"quantity of a {kind} order must be at most {plain(largest)} {base}, "
            f"was {plain(quantity)}; split it",
            reason="MAX_QUANTITY",
        )


def _check_price(order: Order, price: Decimal, instrument: Instrument, mark: Decimal) -> None:
    if not is_multiple(price, instrument.tick_size):
        raise OrderRejected(
            f"price must be a multiple of {plain(instrument.tick_size)} {instrument.quote}, "
            f"was {plain(price)}; round it",
            reason="TICK_SIZE",
        )
    if instrument.price_band is None or not mark:
        return
    bound = mark * (1 + order.side.sign * instrument.price_band)
    if (price - bound) * order.side.sign > 0:
        word = "at most" if order.side is Side.BUY else "at least"
        raise OrderRejected(
            f"price of a {order.side.value} must be {word} {plain(bound)} "
            f"(mark {plain(mark)} and a band of {plain(instrument.price_band * 100)} %), "
            f"was {plain(price)}; move it toward the mark",
            reason="PRICE_BAND",
        )


def clip_reducing(order: Order, held: Decimal, resting: Decimal) -> Order:
    """Cut a reducing order to what its leg still has to give, as Binance does.

    Resting reducing orders use up the allowance (-4118, measured by Qubx #386 on a live
    account). A reduce-only order above it is accepted with a smaller quantity (nautilus_trader
    #3983); a hedge close above it is refused (assumed).

    Args:
        order: for which ``reduces(order)`` holds.
        held: signed base units on its leg.
        resting: base units of reducing orders that rest on the same leg and side.

    Raises:
        OrderRejected: REDUCE_ONLY, ``venue_code`` "-4118" when resting orders use up the
            position and "-2022" when there is none to reduce, or not so much.
    """
    has = abs(held) if held * order.side.sign < 0 else Decimal(0)
    room = has - resting
    if order.quantity <= room:
        return order
    if room > 0 and order.reduce_only:
        return replace(order, quantity=room)
    used_up = order.quantity <= has or (order.reduce_only and has > 0)
    raise OrderRejected(
        f"a {order.side.value} of {plain(order.quantity)} on {order.leg} may only reduce, but "
        f"the position leaves {plain(has)} to reduce and resting orders use {plain(resting)}; "
        "cancel those or send less",
        reason="REDUCE_ONLY",
        venue_code="-4118" if used_up else "-2022",
    )


def check_book(order: Order, pit: Pit) -> None:
    """Refuse what the book does not allow (WOULD_TAKE, FOK).

    Args:
        order: the order as it would be accepted.
        pit: its symbol.
    """
    limit = pit.limit(order)
    if order.post_only and pit.book.crosses(order.side, limit):
        raise OrderRejected(
            f"a post_only {order.side.value} at {order.limit_price} would take; "
            "move it away from the other side",
            reason="WOULD_TAKE",
        )
    is_fok = order.time_in_force is TimeInForce.FOK
    if is_fok and not pit.book.fillable(order.side, limit, pit.lots(order.quantity)):
        raise OrderRejected(
            f"a fok {order.side.value} of {plain(order.quantity)} cannot be filled wholly at "
            "once; send less, or take a part with ioc",
            reason="FOK",
        )


def check_room(order: Order, room: int) -> None:
    """Refuse an order that may rest where no more may (TOO_MANY_ORDERS)."""
    if order.limit_price is not None and order.time_in_force is TimeInForce.GTC and room < 1:
        raise OrderRejected(
            f"too many orders rest on {order.symbol}; cancel some first",
            reason="TOO_MANY_ORDERS",
        )


def assumed_price(order: Order, pit: Pit) -> Decimal:
    """Give the price margin is asked at: the limit; a sell's no lower than the market."""
    other = Side.SELL if order.side is Side.BUY else Side.BUY
    touch = pit.book.best(other)
    market = pit.known_price() if touch is None else pit.price(touch)
    if order.limit_price is None:
        return market
    return order.limit_price if order.side is Side.BUY else max(order.limit_price, market)


def check_margin(needed: Decimal, free: Decimal, what: str) -> None:
    """Refuse what needs more margin than is free, quote units (INSUFFICIENT_MARGIN)."""
    if needed > free:
        raise OrderRejected(
            f"{what} needs {plain(round(needed, 2))} more margin, but "
            f"{plain(round(max(free, Decimal(0)), 2))} is free; send less, close something or "
            "raise the leverage",
            reason="INSUFFICIENT_MARGIN",
        )
