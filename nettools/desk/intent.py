"""What is written down before a plan is sent: the targets it commits to, why, and each order.

A plan and the state so far come in, records go out; all of them are one step of the journal.
"""

from collections.abc import Mapping

from nettools.journal import DeskState
from nettools.journal.records import Intended, Planned, TargetsSet
from nettools.model import FeeRates
from nettools.plan import Plan


def intent_of(
    plan: Plan, state: DeskState, rates: Mapping[str, FeeRates]
) -> tuple[TargetsSet | Planned | Intended, ...]:
    """Give the records that must be on the disk before anything of the plan is sent."""
    now = plan.snapshot
    targets = TargetsSet.between(state.book, now.book)
    planned = Planned(
        plan_id=plan.id,
        sequence=now.sequence,
        style=plan.style,
        quotes=tuple(now.quotes.values()),
        fee_rates={symbol: rates[symbol] for symbol in now.quotes if symbol in rates},
        orders=tuple(order.client_order_id for order in plan.orders),
        cancels=tuple(report.order.client_order_id for report in plan.cancels),
        why=tuple(f"{line.leg}: {line.why}" for line in plan.lines),
    )
    orders = (Intended(plan_id=plan.id, order=order) for order in plan.orders)
    return (*([] if targets is None else [targets]), planned, *orders)
