"""What is written down before a plan is sent: the targets it commits to, why, and each order.

A plan and the state so far come in, records go out; all of them are one step of the journal.
"""

from collections.abc import Mapping
from decimal import Decimal

from nettools.journal import DeskState
from nettools.journal.records import Intended, Planned, TargetsSet
from nettools.journal.smart import SmartBegun
from nettools.model import FeeRates
from nettools.orders import grows
from nettools.plan import Plan, PlanLine
from nettools.smart import Grid, least_lots_of


def intent_of(
    plan: Plan, state: DeskState, rates: Mapping[str, FeeRates], taking: Mapping[str, str]
) -> tuple[TargetsSet | Planned | Intended | SmartBegun, ...]:
    """Give the records that must be on the disk before anything of the plan is sent.

    ``taking``: by symbol, why a smart order does not rest first.
    """
    now, sending = plan.snapshot, plan.orders
    targets = TargetsSet.between(state.book, now.book)
    planned = Planned(
        plan_id=plan.id,
        sequence=now.sequence,
        style=plan.style,
        quotes=tuple(now.quotes.values()),
        fee_rates={symbol: rates[symbol] for symbol in now.quotes if symbol in rates},
        orders=tuple(order.client_order_id for order in sending),
        cancels=tuple(report.order.client_order_id for report in plan.cancels),
        why=tuple(f"{line.leg}: {line.why}" for line in plan.lines),
    )
    orders = (
        smart_orders(plan, taking)
        if plan.style.name == "smart"
        else tuple(Intended(plan_id=plan.id, order=order) for order in sending)
    )
    return (*([] if targets is None else [targets]), planned, *orders)


def smart_orders(plan: Plan, taking: Mapping[str, str]) -> tuple[SmartBegun, ...]:
    """Give what a plan in the smart style wants minded, closing first."""
    lines = {order.client_order_id: line for line in plan.lines for order in line.orders}
    return tuple(
        SmartBegun(
            plan_id=plan.id,
            order=order,
            style=plan.style,
            arrival=plan.snapshot.quotes[order.symbol],
            target=lines[order.client_order_id].delta.target,
            net=lines[order.client_order_id].net.net,
            least=_least(plan, lines[order.client_order_id]),
            taking=taking.get(order.symbol, ""),
        )
        for order in plan.orders
    )


def _least(plan: Plan, line: PlanLine) -> Decimal:
    """Give the smallest remainder worth sending, base units."""
    instrument = plan.snapshot.instruments[line.leg.symbol]
    lots = least_lots_of(
        plan.style,
        instrument,
        quantity=abs(line.order_quantity),
        price=plan.snapshot.quotes[line.leg.symbol].bid,
        reduces=not grows(line.delta, line.order_quantity),
    )
    return Grid.of(instrument).quantity(lots)
