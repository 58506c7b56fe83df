"""Compares the ledger with the venue, and repairs a difference with one adjustment.

What the books expect and what the venue holds come in; breaks go out, one a leg, each with
its likely cause. A repair gives the postings that close its break in one pass. Keeps law 7:
equal states give no break; |difference| is symmetric; posting the adjustment closes it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import Enum

from nettools.allocate import EXACT, Cause, Posting
from nettools.decimals import ZERO, plain, signed
from nettools.model import Fill, Leg
from nettools.render import Shown, html_table


class Repair(Enum):
    """What a user can do about a break."""

    ADOPT = "adopt"
    """A strategy takes the difference over as its own position."""
    ASSIGN = "assign"
    """The residual account keeps it; the desk neither adds to it nor closes it."""
    BASELINE = "baseline"
    """Left alone: not ours, not in the books, taken off what the venue reports."""
    FLATTEN = "flatten"
    """The residual account takes it and the next plan closes it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Break:
    """A difference between the books and the venue that own fills cannot explain."""

    leg: Leg
    expected: Decimal
    """By the books: virtual positions, residual and baseline, signed base units."""
    found: Decimal
    """By the venue, signed base units."""
    cause: str
    """The likely one, in words."""
    fills: tuple[Fill, ...] = ()
    """Executions on the account that are not ours and make up the difference; may be empty."""
    price: Decimal
    """What the difference is taken over at when no fills explain it, quote units."""
    time: datetime
    """When it was first seen (UTC)."""

    @property
    def difference(self) -> Decimal:
        """Found - expected, signed base units."""
        return self.found - self.expected

    def __str__(self) -> str:
        unit = self.leg.symbol.partition("/")[0]
        return (
            f"{self.leg}: expected {signed(self.expected)} {unit}, the venue holds "
            f"{signed(self.found)} {unit}, difference {signed(self.difference)} {unit}; "
            f"{self.cause}"
        )

    def __repr__(self) -> str:
        return f"Break({self})"

    def _repr_html_(self) -> str:
        row = (
            str(self.leg),
            signed(self.expected),
            signed(self.found),
            signed(self.difference),
            self.cause,
        )
        return html_table(("leg", "expected", "found", "difference", "likely cause"), [row])


def find_breaks(  # noqa: PLR0913 - the two sides, and what may explain a difference
    expected: Mapping[Leg, Decimal],
    found: Mapping[Leg, Decimal],
    *,
    prices: Mapping[Leg, Decimal],
    foreign: Mapping[Leg, Sequence[Fill]],
    now: datetime,
    known: Mapping[Leg, Break] | None = None,
    tolerance: Decimal = ZERO,
) -> tuple[Break, ...]:
    """Compare position by position; call it only when nothing of ours is in flight.

    Args:
        expected: by the books, signed base units; a leg left out is flat.
        found: by the venue, signed base units; a leg left out is flat.
        prices: entry price or mark per leg, quote units, for a difference without fills.
        foreign: executions on the account since the last quiet moment that are not ours.
        now: the time of the read (UTC).
        known: breaks found before: one that is still there keeps its time.
        tolerance: a difference up to this is none, base units.
    """
    breaks = []
    for leg in sorted({*expected, *found}, key=str):
        wanted, there = expected.get(leg, ZERO), found.get(leg, ZERO)
        difference = there - wanted
        fills = tuple(foreign.get(leg, ()))
        explained = sum((fill.signed_quantity for fill in fills), ZERO) == difference
        if abs(difference) <= tolerance and not (fills and explained):
            continue  # traded there and back, fills leave no difference and still cost money
        before = (known or {}).get(leg)
        breaks.append(
            Break(
                leg=leg,
                expected=wanted,
                found=there,
                cause=_likely_cause(fills, difference, explained=explained),
                fills=fills if explained else (),
                price=prices[leg],
                time=now if before is None else before.time,
            )
        )
    return tuple(breaks)


def _likely_cause(fills: Sequence[Fill], difference: Decimal, *, explained: bool) -> str:
    if not fills:
        return "no execution explains it: a position from before, or a missed fill"
    forced = {
        "autoclose": "liquidated by the venue",
        "adl_autoclose": "closed by the venue's ADL",
        "settlement_autoclose": "settled by the venue",
    }
    words = next(
        (
            text
            for prefix, text in forced.items()
            for f in fills
            if f.client_order_id.startswith(prefix)
        ),
        "traded by hand or by another program",
    )
    total = sum((fill.signed_quantity for fill in fills), ZERO)
    part = "" if explained else f", which explains {signed(total)} of {signed(difference)}"
    prices = ", ".join(plain(price) for price in sorted({fill.price for fill in fills})[:3])
    number = "1 execution" if len(fills) == 1 else f"{len(fills)} executions"
    return f"{words}: {number} at {prices}{part}"


def adjustment(
    found: Break, account: str, reason: Repair, now: datetime
) -> tuple[Posting, ...]:
    """Give the postings that close a break by putting its difference into one account.

    With the executions that explain it, at their prices and fees; otherwise at the break's
    price without a fee.

    Args:
        found: the break.
        account: a strategy's name, or RESIDUAL.
        reason: the repair; a BASELINE is posted outside the books, for the proof only.
        now: the time of the repair (UTC).
    """
    if not found.fills:
        rows = [(found.difference, found.price, ZERO, "")]
    else:
        rows = [(f.signed_quantity, f.price, f.fee, f.fee_currency) for f in found.fills]
    return tuple(
        Posting(
            account=account,
            leg=found.leg,
            cause=Cause.ADJUSTMENT,
            source=f"break {found.time.isoformat()} {number}",
            quantity=quantity,
            price=price,
            fee=fee,
            fee_currency=currency,
            note=reason.value,
            time=now,
        )
        for number, (quantity, price, fee, currency) in enumerate(rows, 1)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof(Shown):
    """One identity of the books, checked."""

    name: str
    """What is proved: ``position on …`` or ``money``."""
    expected: Decimal
    """By the books: signed base units for a position, quote units for money."""
    found: Decimal
    """By the venue, in the same unit."""
    tolerance: Decimal = ZERO
    """How far apart they may be: what the venue rounds away, in the same unit."""
    since: datetime | None = None
    """Since when it fails (UTC); None while it holds."""

    @property
    def gap(self) -> Decimal:
        """Found - expected, base units for a position, quote units for money."""
        return EXACT.subtract(self.found, self.expected)

    @property
    def holds(self) -> bool:
        """Say whether the two sides are equal within the tolerance."""
        return abs(self.gap) <= self.tolerance
