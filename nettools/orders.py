"""One delta becomes child orders on the venue's grid, or a refusal with its numbers.

Rounds once, toward zero, from the unrounded delta. Keeps law 3: children sum to within one
step of what is to be traded, never past it, never of the other sign; each is on the grid and
above the minimums; a reduce_only child cannot grow a position.
"""

from dataclasses import dataclass, replace
from decimal import Decimal

from nettools.decimals import ZERO, plain, round_toward_zero, signed
from nettools.diff import Delta
from nettools.model import (
    Instrument,
    Leg,
    Order,
    OrderReport,
    PositionSide,
    Quote,
    Side,
    TimeInForce,
    legs_of,
)
from nettools.net import NetTarget
from nettools.render import Shown
from nettools.snapshot import Limits, Snapshot
from nettools.style import Style


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal(Shown):
    """An order that is not sent, and why, with its numbers."""

    leg: Leg
    reason: str
    """Our code, for example ``MIN_NOTIONAL``."""
    message: str

    def __str__(self) -> str:
        return f"{self.leg}: {self.message}"


def grows(delta: Delta, quantity: Decimal) -> bool:
    """Say whether trading this signed quantity leaves the leg larger, or past zero."""
    after = delta.position + delta.working + quantity
    return abs(after) > abs(delta.position) or after * delta.position < 0


def within_what_is_stopped(delta: Delta, snapshot: Snapshot) -> Delta:
    """Where orders that grow a leg are stopped, trade no more of a flip than closes it."""
    if (delta.leg, True) not in snapshot.stopped:
        return delta
    there = delta.position + delta.working
    flips = delta.working == 0 and there * (there + delta.to_trade) < 0
    return replace(delta, to_trade=-there) if flips else delta


def orders_or_why_not(
    snapshot: Snapshot, style: Style, delta: Delta, quote: Quote | None, net: NetTarget
) -> tuple[Order, ...] | Refusal:
    """Turn a delta into orders, unless its leg is frozen, has no price, or is held back."""
    leg, frozen = delta.leg, _why_frozen(snapshot, delta.leg)
    if frozen:
        return Refusal(leg=leg, reason="FROZEN", message=frozen)
    if delta.to_trade == 0:
        return ()
    if quote is None:
        return Refusal(leg=leg, reason="NO_QUOTE", message="no usable price; nothing is sent")
    return why_not(delta, snapshot, quote, net) or plan_orders(
        delta, snapshot.instruments[leg.symbol], quote, style, snapshot.limits
    )


def _why_frozen(snapshot: Snapshot, leg: Leg) -> str:
    """Say why nothing may be sent on a leg; a break on one leg freezes the whole symbol."""
    if not snapshot.frozen:
        return ""
    if leg in snapshot.frozen:
        return snapshot.frozen[leg]
    others = (o for o in legs_of(leg.symbol, snapshot.mode) if o in snapshot.frozen)
    other = next(others, None)
    return "" if other is None else f"nothing is sent while {other} is frozen"


def why_not(delta: Delta, snapshot: Snapshot, quote: Quote, net: NetTarget) -> Refusal | None:
    """Say why a delta is not planned at all: an old price, the strategy cap, a refusal."""
    limits, does_grow = snapshot.limits, grows(delta, delta.to_trade)
    age = Decimal(str((snapshot.time - quote.time).total_seconds()))
    if age > limits.data_age_seconds:
        message = (
            f"the price is {age:.1f} s old, more than {plain(limits.data_age_seconds)} s; "
            "nothing is sent on it"
        )
        return Refusal(leg=delta.leg, reason="STALE_QUOTE", message=message)
    if does_grow and (message := _above_strategy_cap(delta.leg, snapshot, quote, net)):
        return Refusal(leg=delta.leg, reason="STRATEGY_LIMIT", message=message)
    if message := snapshot.stopped.get((delta.leg, does_grow), ""):
        return Refusal(leg=delta.leg, reason="REFUSED_BEFORE", message=message)
    return None


def _above_strategy_cap(leg: Leg, snapshot: Snapshot, quote: Quote, net: NetTarget) -> str:
    """Say whose target is worth too much: one set before there was a price was not checked."""
    cap, mid = snapshot.limits.strategy_notional, quote.mid
    if max(net.long, net.short) * mid <= cap:
        return ""  # all who want one side together are below it
    for target in snapshot.book.on(leg.symbol):
        notional = abs(target.quantity) * mid
        if notional > cap and leg.part_of(target.quantity) != ZERO:
            return (
                f"the target of {target.strategy} is worth {notional:,.0f}, above the cap of "
                f"{cap:,.0f} per strategy, so nothing grows here; lower it or raise "
                "limits.strategy_notional"
            )
    return ""


def goes_first(report: OrderReport, delta: Delta, style: Style, minded: frozenset[str]) -> bool:
    """Say whether a working order on the leg is canceled before its delta is traded.

    It pulls against it, and both could fill; or it is smart (``minded``) and the new one too,
    and they would fight for one queue.
    """
    is_minded = style.name == "smart" and report.order.client_order_id in minded
    pulls_against = report.working_quantity * delta.to_trade < 0
    return pulls_against or (is_minded and delta.to_trade != 0)


def meets(own: Order, orders: tuple[Order, ...]) -> bool:
    """Say whether orders that take at once could trade with a resting one of our own."""
    if own.time_in_force is not TimeInForce.GTC or own.limit_price is None:
        return False
    return any(
        (order.limit_price - own.limit_price) * order.side.sign >= 0
        for order in orders
        if order.time_in_force is not TimeInForce.GTC
        and order.symbol == own.symbol
        and order.side is not own.side
        and order.limit_price is not None
    )


def plan_orders(
    delta: Delta, instrument: Instrument, quote: Quote, style: Style, limits: Limits
) -> tuple[Order, ...] | Refusal:
    """Turn one delta into child orders on the venue's grid, or say why not.

    Sources: LOT_SIZE, MIN_NOTIONAL and PERCENT_PRICE filters of Binance USD-M and their Bybit
    counterparts; closing orders are exempt from the minimum notional. ``reduce_only`` is set
    only when the order cannot cross zero, and never in hedge mode: there Binance refuses it
    beside a position side, and takes a closing order as reduce-only by itself.
    """
    side = Side.of(delta.to_trade)
    quantity = abs(round_toward_zero(delta.to_trade, instrument.step_size))
    trade = quantity * side.sign
    # Every working order counts against the allowance, whichever way it pulls.
    left = abs(delta.position) - abs(delta.working)
    closes = delta.position * trade < 0 and quantity <= left
    price = style.limit_price_for(side, quote, instrument)
    problem = (
        _outside_band(side, price, quote, instrument)
        or _below_minimum(quantity, price, delta, instrument, exempt=closes)
        or (_above_limit(quantity, delta, quote, limits) if grows(delta, trade) else None)
    )
    if problem is not None:
        return Refusal(leg=delta.leg, reason=problem[0], message=problem[1])
    largest = None if style.name == "smart" else instrument.max_quantity  # sliced when sent
    return tuple(
        Order(
            client_order_id="draft",
            symbol=delta.leg.symbol,
            position_side=delta.leg.position_side,
            side=side,
            quantity=part,
            limit_price=price,
            time_in_force=style.time_in_force,
            post_only=style.post_only or style.name == "smart",
            reduce_only=closes and delta.leg.position_side is PositionSide.BOTH,
        )
        for part in _split(quantity, largest, instrument.step_size)
    )


def _below_minimum(
    quantity: Decimal, price: Decimal, delta: Delta, instrument: Instrument, *, exempt: bool
) -> tuple[str, str] | None:
    smallest = max(instrument.min_quantity, instrument.step_size)
    is_small = not exempt and quantity * price < instrument.min_notional
    if quantity >= smallest and not is_small:
        return None
    base, quote = instrument.base, instrument.quote
    wanted = f"{signed(delta.to_trade)} {base} is held, not sent"
    if quantity < smallest:
        return "MIN_QUANTITY", f"{wanted}: the smallest order is {plain(smallest)} {base}"
    return "MIN_NOTIONAL", (
        f"{wanted}: {plain(quantity)} {base} × {plain(price)} is "
        f"{quantity * price:.2f} {quote}, the smallest order is "
        f"{plain(instrument.min_notional)} {quote}"
    )


def _outside_band(
    side: Side, price: Decimal, quote: Quote, instrument: Instrument
) -> tuple[str, str] | None:
    if price <= 0:
        smallest = f"{plain(instrument.tick_size)} {instrument.quote}"
        return "TICK_SIZE", f"the limit price rounds to zero; choose one of at least {smallest}"
    mark = quote.mark_price
    if instrument.price_band is None or mark is None:
        return None
    if (price - mark) * side.sign <= mark * instrument.price_band:
        return None  # a price on the passive side only waits, however far it is
    away = "above" if side is Side.BUY else "below"
    return "PRICE_BAND", (
        f"limit price {plain(price)} is more than {plain(instrument.price_band * 100)} % "
        f"{away} the mark {plain(mark)} {instrument.quote}; choose one nearer"
    )


def _above_limit(
    quantity: Decimal, delta: Delta, quote: Quote, limits: Limits
) -> tuple[str, str] | None:
    notional = quantity * quote.mid
    if notional > limits.order_notional:
        return "ORDER_LIMIT", (
            f"order of {notional:,.0f} is above the limit of {limits.order_notional:,.0f} "
            "per order; lower the targets or raise limits.order_notional"
        )
    after = abs(delta.target) * quote.mid
    if after > limits.symbol_notional:
        return "SYMBOL_LIMIT", (
            f"a position of {after:,.0f} is above the limit of "
            f"{limits.symbol_notional:,.0f} per symbol; lower the targets or raise "
            "limits.symbol_notional"
        )
    return None


def _split(quantity: Decimal, largest: Decimal | None, step: Decimal) -> tuple[Decimal, ...]:
    """Cut into equal children no larger than ``largest``, the odd steps on the first ones."""
    if largest is None or quantity <= largest:
        return (quantity,)
    count = -(-int(quantity // step) // int(largest // step))  # of integers: // rounds down
    steps, odd = divmod(int(quantity // step), count)
    return tuple((steps + (number < odd)) * step for number in range(count))
