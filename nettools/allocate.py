"""Splits internal crosses and venue fills into postings, one share per account.

What each account still needs comes in; postings that add up exactly go out. Keeps law 4:
postings sum to the fill exactly, in quantity and in fee; crosses sum to zero; nobody gets the
wrong sign or more than it needs. Shares are pro rata, rounded by largest remainder on a grid
of 1e-12; whatever no strategy needs belongs to the residual account.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import (
    MAX_EMAX,
    MIN_EMIN,
    Context,
    Decimal,
    DivisionByZero,
    Inexact,
    InvalidOperation,
)
from enum import Enum

from nettools.decimals import FINEST, ZERO
from nettools.errors import InvalidInput
from nettools.model import Fill, Leg

RESIDUAL = "(residual)"
"""The account that owns rounding dust and what no strategy asked for; no strategy can be
named like it, because a strategy's name has no brackets."""

EXACT = Context(
    prec=80, Emax=MAX_EMAX, Emin=MIN_EMIN, traps=[Inexact, InvalidOperation, DivisionByZero]
)
"""Arithmetic that raises rather than rounds."""

_GRAIN = FINEST
_DIGITS = 12


class Cause(Enum):
    """What moved an account."""

    CROSS = "cross"
    FILL = "fill"
    FUNDING = "funding"
    ADJUSTMENT = "adjustment"


@dataclass(frozen=True, slots=True, kw_only=True)
class Posting:
    """One account's share of a cross, a fill, a funding payment or an adjustment."""

    account: str
    """A strategy's name, or RESIDUAL."""
    leg: Leg
    cause: Cause
    source: str
    """What it is a share of: the fill's id, the plan's id, …"""
    quantity: Decimal
    """Signed base units; zero for funding."""
    price: Decimal
    """Quote units."""
    fee: Decimal = ZERO
    """In ``fee_currency``; positive is paid."""
    fee_currency: str = ""
    funding: Decimal = ZERO
    """Quote units; positive is received."""
    note: str = ""
    """The price policy of a cross, the reason of an adjustment."""
    time: datetime

    @property
    def cash(self) -> Decimal:
        """What it adds to the account's cash before fees and funding, quote units."""
        return EXACT.multiply(-self.quantity, self.price)


def share(amount: Decimal, weights: Mapping[str, Decimal]) -> dict[str, Decimal]:
    """Share an amount pro rata to positive weights, exactly, by largest remainder.

    Args:
        amount: of any sign, at most 12 decimal places.
        weights: above zero each; at least one.

    Returns:
        Shares of the amount's sign that sum to it exactly, none further than 1e-12 from its
        pro-rata part. Ties go to the account named first.
    """
    total = sum(weights.values(), ZERO)
    grains = int(amount.scaleb(_DIGITS, EXACT))
    if grains != amount.scaleb(_DIGITS, EXACT) or total <= 0:
        raise InvalidInput(f"cannot share {amount} over weights that sum to {total}")
    sign, grains = (-1, -grains) if grains < 0 else (1, grains)
    scaled = {name: int(weight.scaleb(_DIGITS, EXACT)) for name, weight in weights.items()}
    whole = sum(scaled.values())
    parts = {name: divmod(grains * weight, whole) for name, weight in scaled.items()}
    left = grains - sum(quotient for quotient, _ in parts.values())
    by_remainder = sorted(parts, key=lambda name: -parts[name][1])
    extra = set(by_remainder[:left])
    return {
        name: EXACT.multiply(Decimal(sign * (quotient + (name in extra))), _GRAIN)
        for name, (quotient, _) in parts.items()
    }


def crossed_shares(needs: Mapping[str, Decimal]) -> dict[str, Decimal]:
    """Match the accounts' needs against each other: what each gets inside, signed.

    Args:
        needs: what each account still wants to trade, signed base units.

    Returns:
        The lighter side in full, the heavier side pro rata; sums to zero exactly.
    """
    buyers = {name: need for name, need in needs.items() if need > 0}
    sellers = {name: -need for name, need in needs.items() if need < 0}
    crossed = min(sum(buyers.values(), ZERO), sum(sellers.values(), ZERO))
    if not crossed:
        return {}
    return {
        **share(crossed, buyers),
        **{name: -part for name, part in share(crossed, sellers).items()},
    }


def book_crosses(
    leg: Leg,
    needs: Mapping[str, Decimal],
    *,
    price: Decimal,
    source: str,
    policy: str,
    time: datetime,
) -> tuple[Posting, ...]:
    """Cross what the accounts' needs have in common, at one price, free of fees.

    Args:
        leg: the leg they are on.
        needs: target - virtual position of each account, signed base units.
        price: of the cross, quote units.
        source: the plan it was committed with.
        policy: how the price was chosen: "mid", "mark" or "last".
        time: of the commit (UTC).
    """
    return tuple(
        Posting(
            account=account,
            leg=leg,
            cause=Cause.CROSS,
            source=source,
            quantity=quantity,
            price=price,
            note=policy,
            time=time,
        )
        for account, quantity in crossed_shares(needs).items()
        if quantity
    )


def allocate_fill(fill: Fill, needs: Mapping[str, Decimal]) -> tuple[Posting, ...]:
    """Share one execution among the accounts that still need it, quantity and fee exactly.

    Accounts on the other side of the fill get nothing, nobody gets more than it needs, and
    what nobody needs goes to the residual account.
    """
    sign = fill.side.sign
    wanting = {name: need * sign for name, need in needs.items() if need * sign > 0}
    taken = min(fill.quantity, sum(wanting.values(), ZERO))
    parts = share(taken, wanting) if taken else {}
    if taken < fill.quantity:
        parts[RESIDUAL] = parts.get(RESIDUAL, ZERO) + fill.quantity - taken
    parts = {name: part for name, part in parts.items() if part}
    fees = share(fill.fee, parts)
    return tuple(
        Posting(
            account=account,
            leg=Leg(fill.symbol, fill.position_side),
            cause=Cause.FILL,
            source=fill.fill_id,
            quantity=part * sign,
            price=fill.price,
            fee=fees[account],
            fee_currency=fill.fee_currency,
            time=fill.time,
        )
        for account, part in parts.items()
    )


def share_funding(  # noqa: PLR0913 - the terms of one payment
    leg: Leg,
    virtual: Mapping[str, Decimal],
    *,
    paid: Decimal,
    rate: Decimal,
    mark_price: Decimal,
    source: str,
    time: datetime,
) -> tuple[Posting, ...]:
    """Share a funding payment by signed virtual quantity at the funding time.

    Internal longs pay internal shorts at the venue's rate, although the venue sees only the
    net; the few units between that and what the venue booked go to the residual account.

    Args:
        leg: the leg the payment is for.
        virtual: each account's position, signed base units.
        paid: what the venue booked, quote units, positive is received; zero when net flat.
        rate: the venue's rate; positive: longs pay shorts.
        mark_price: at the funding time, quote units.
        source: the funding time, or the venue's id of the payment.
        time: of the funding (UTC).
    """
    parts = {
        account: (-quantity * mark_price * rate).quantize(_GRAIN, context=Context(prec=80))
        for account, quantity in virtual.items()
        if quantity
    }
    gap = EXACT.subtract(paid, sum(parts.values(), ZERO))
    if gap:
        parts[RESIDUAL] = EXACT.add(parts.get(RESIDUAL, ZERO), gap)
    return tuple(
        Posting(
            account=account,
            leg=leg,
            cause=Cause.FUNDING,
            source=source,
            quantity=ZERO,
            price=mark_price,
            funding=part,
            note=f"rate {rate}",
            time=time,
        )
        for account, part in parts.items()
        if part
    )
