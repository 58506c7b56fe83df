"""Everything a plan is a function of, read at one moment, and the limits it must keep.

Values only: the desk reads them, the plan is made from them, and before sending they are
compared with what is read then.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from decimal import Decimal

from nettools.decimals import ZERO, check_numbers, signed
from nettools.diff import Deadband
from nettools.errors import InvalidInput
from nettools.model import Instrument, Leg, OrderReport, PositionMode, Quote
from nettools.render import Shown
from nettools.targets import TargetBook


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits(Shown):
    """What no order of this desk may exceed, on any path. Reducing is always allowed."""

    order_notional: Decimal = Decimal(250_000)
    """One order, quote units."""
    symbol_notional: Decimal = Decimal(500_000)
    """|Position| on one leg after the order, quote units."""
    account_notional: Decimal = Decimal(1_000_000)
    """Sum of |position| over all legs after the orders, quote units."""
    strategy_notional: Decimal = Decimal(500_000)
    """|Target| of one strategy on one symbol, quote units; a larger one is not taken."""
    orders_per_minute: int = 120
    price_move_bps: Decimal = Decimal(25)
    """A plan is stale when a mid price moved further than this since its preview."""
    plan_age_seconds: Decimal = Decimal(60)
    """A plan is stale when its preview is older than this."""
    data_age_seconds: Decimal = Decimal(5)
    """Nothing is planned on prices or positions older than this."""

    def __post_init__(self) -> None:
        """Refuse limits that are no number or negative."""
        for limit in fields(self):
            check_numbers(self, limit.name)
            if getattr(self, limit.name) < 0:
                raise InvalidInput(
                    f"{limit.name} must not be negative, was {getattr(self, limit.name)}"
                )


Direction = tuple[Leg, bool]
"""A leg, and whether an order grows it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """Everything a plan is a function of, read at one moment."""

    desk: str
    """Which desk, so that two desks never derive the same order id."""
    sequence: int
    """How many plans this desk has executed before."""
    mode: PositionMode
    book: TargetBook
    positions: Mapping[Leg, Decimal]
    """Signed base units per leg; a leg left out is flat."""
    working: tuple[OrderReport, ...] = ()
    """Own orders that are not final; a smart order in full, in place of its children."""
    minded: frozenset[str] = frozenset()
    """Those of them that are smart orders, by client order id."""
    instruments: Mapping[str, Instrument]
    quotes: Mapping[str, Quote]
    available: Decimal
    """Margin that new positions may use, quote units."""
    leverage: Decimal = Decimal(20)
    """Notional per unit of margin."""
    deadbands: Mapping[str, Deadband] = field(default_factory=dict)
    """Per symbol; a symbol left out has the default band."""
    limits: Limits = field(default_factory=Limits)
    frozen: Mapping[Leg, str] = field(default_factory=dict)
    """Legs on which nothing may be sent, and why: the books and the venue disagree."""
    stopped: Mapping[Direction, str] = field(default_factory=dict)
    """What is not sent again yet, and why: the venue has refused it."""
    sent_last_minute: int = 0
    time: datetime
    """When it was read (UTC)."""


def what_moved(plan: Snapshot, now: Snapshot) -> tuple[str, ...]:
    """Say what changed between the snapshot a plan was made from and the one read now.

    Targets, positions and working orders must be equal; mid prices may move by
    ``limits.price_move_bps``; the plan may be ``limits.plan_age_seconds`` old.
    """
    moved = []
    age = Decimal(str((now.time - plan.time).total_seconds()))
    if age > plan.limits.plan_age_seconds:
        moved.append(f"the preview is {age:.0f} s old")
    if plan.sequence != now.sequence:
        moved.append("another plan was executed since")
    if plan.mode is not now.mode:
        moved.append(f"the account is in {now.mode.value} mode now")
    if plan.book != now.book:
        moved.append("the targets changed")
    moved += [
        f"the position on {leg} moved from {signed(plan.positions.get(leg, ZERO))} to "
        f"{signed(now.positions.get(leg, ZERO))}"
        for leg in {**plan.positions, **now.positions}
        if plan.positions.get(leg, ZERO) != now.positions.get(leg, ZERO)
    ]
    if _working(plan) != _working(now):
        moved.append("the working orders changed")
    return (*moved, *_prices_moved(plan, now))


def _working(snapshot: Snapshot) -> dict[str, Decimal]:
    return {r.order.client_order_id: r.working_quantity for r in snapshot.working}


def _prices_moved(plan: Snapshot, now: Snapshot) -> tuple[str, ...]:
    moved = []
    for symbol, quote in plan.quotes.items():
        if symbol not in now.quotes:
            moved.append(f"the price of {symbol} is not known now")
            continue
        bps = (now.quotes[symbol].mid / quote.mid - 1) * 10_000
        if abs(bps) > plan.limits.price_move_bps:
            moved.append(f"the price of {symbol} moved {bps:+.0f} bps")
    return tuple(moved)
