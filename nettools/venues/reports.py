"""What is checked of an answer about an order before it is believed. Pure.

A report as it was read comes in; the same comes out, in the words of the order it must be
about, or ``Malformed``.
"""

from dataclasses import replace

from nettools.decimals import plain
from nettools.model import Order, OrderReport, OrderState
from nettools.venues.rows import Malformed

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
