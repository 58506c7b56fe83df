"""Records of smart orders, and what they add up to while one is at work.

A smart order is begun by its plan, switches between resting, re-quoting and taking, each time
for a reason, and ends. Every switch is written before it is made. So what is at work can be
taken up after a crash: under the same parameters, with the time and the re-quotes it has used.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

from nettools.decimals import ZERO
from nettools.model import Fill, Order, Quote
from nettools.style import Style


@dataclass(frozen=True, slots=True, kw_only=True)
class SmartBegun:
    """A plan wants this much traded on a leg, resting first."""

    plan_id: str
    order: Order
    """The whole of it; never sent itself. Its children's ids are its id and a number."""
    style: Style
    arrival: Quote
    """The touch when the plan was made."""
    target: Decimal
    """What is wanted on the leg, signed base units."""
    net: Decimal
    """What all strategies together want of the symbol, signed base units."""
    least: Decimal
    """A smaller remainder is left to the next diff, base units."""
    taking: str = ""
    """Why it takes at once; empty when it rests first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Switched:
    """What a smart order does from here on, why, and the numbers it saw."""

    parent: str
    action: str
    """``rest``, ``re-quote``, ``take`` or ``stop``; all but the first cancel what rests."""
    reason: str
    child: str = ""
    """Client order id of what is sent now; empty while something must be canceled first."""
    price: Decimal | None = None
    """Of the child, quote units."""
    bid: Decimal | None = None
    """The best that was seen, quote units; None when there was none."""
    ask: Decimal | None = None
    """The best that was seen, quote units; None when there was none."""
    elapsed: timedelta
    """Since it began to work."""
    filled: Decimal = ZERO
    """Of the whole, base units."""
    requotes: int = 0
    """Quotes that replaced one that was not filled."""
    refusals: int = 0
    """Post-only orders refused in a row."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SmartEnded:
    """A smart order is done; what was not filled returns to the next diff."""

    parent: str
    reason: str
    filled: Decimal
    """Base units."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SmartOrder:
    """A smart order at work, as far as it was written."""

    begun: SmartBegun
    started: datetime
    """When it began to work (UTC)."""
    last: Switched | None = None
    quotes: int = 0
    """How many were sent."""
    quoted: datetime | None = None
    """When the last was sent (UTC)."""
    children: int = 0
    """How many orders were sent for it, the taker leg included."""
    is_taken: bool = False
    """Whether the taker leg was sent."""
    booked: Decimal = ZERO
    """Base units of its fills in the journal."""

    def switched(self, record: Switched, time: datetime) -> "SmartOrder":
        """Give it after its next switch."""
        sends = bool(record.child)
        rests = sends and record.action == "rest"
        return replace(
            self,
            last=record,
            started=time - record.elapsed,
            quotes=self.quotes + rests,
            quoted=time if rests else self.quoted,
            children=self.children + sends,
            is_taken=self.is_taken or (sends and not rests),
        )


def child_id(parent: str, number: int) -> str:
    """Name the order that is sent for a smart order as its ``number``-th."""
    return f"{parent}-{number}"


def filled_by(orders: dict[str, SmartOrder], fill: Fill) -> None:
    """Take note in these smart orders, by parent id, of an execution that was booked."""
    parent = fill.client_order_id.rpartition("-")[0]
    known = orders.get(parent)
    if known is not None:
        orders[parent] = replace(known, booked=known.booked + fill.quantity)
