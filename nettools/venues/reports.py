"""What is checked of an answer about an order before it is believed. Pure.

A report as it was read comes in; the same comes out, in the words of the order it must be
about, or ``Malformed``. Beside what was known before, nothing of that is lost.
"""

from dataclasses import replace
from decimal import Decimal

from nettools.decimals import plain
from nettools.model import Order, OrderReport, OrderState
from nettools.venues.rows import Malformed

_AGES = {
    OrderState.INTENT: 0,
    OrderState.SENT: 0,
    OrderState.UNKNOWN: 0,
    OrderState.ACKED: 1,
    OrderState.PARTIAL: 2,
    OrderState.CANCEL_SENT: 3,
    OrderState.CANCEL_UNKNOWN: 3,
}
"""How far into its life an order is; evidence from further back tells nothing new. Final
states are not here: nothing follows them."""
STRANGE_STATUS = "the venue names a status we do not know"
"""Said of an order whose state cannot be told from the venue's word for it."""


def checked(report: OrderReport) -> OrderReport:
    """Refuse a report that contradicts itself; raises Malformed."""
    asked = report.order.quantity
    too_little = report.state is OrderState.FILLED and report.filled != asked
    if report.filled > asked or too_little or report.filled < 0:
        raise Malformed(f"{plain(report.filled)} filled of {plain(asked)}")
    return report


def about(order: Order, report: OrderReport) -> OrderReport:
    """Refuse a report about another order than ours.

    The venue may have accepted less than was asked (a reduce-only order is cut to what there
    is to reduce); the report then carries that smaller quantity.

    Raises:
        Malformed: it is about another one.
    """
    there = report.order
    same = (there.client_order_id, there.leg, there.side) == (
        order.client_order_id,
        order.leg,
        order.side,
    )
    if not same or there.quantity > order.quantity:
        raise Malformed("an answer about another order")
    smaller = there.quantity < order.quantity
    return replace(report, order=replace(order, quantity=there.quantity) if smaller else order)


def grown(known: OrderReport, report: OrderReport) -> OrderReport:
    """Give a report with nothing of what was known lost."""
    is_older = report.filled < known.filled
    went_back = _AGES.get(report.state, 9) < _AGES.get(known.state, 0)
    return replace(
        report,
        state=known.state if went_back else report.state,
        message=known.message if went_back else report.message,
        filled=max(report.filled, known.filled),
        average_price=known.average_price if is_older else report.average_price,
        venue_order_id=report.venue_order_id or known.venue_order_id,
    )


def at_work(report: OrderReport) -> tuple[Decimal, Decimal]:
    """Give what is filled and what may still be, base units: what a position depends on."""
    return report.filled, report.working_quantity
