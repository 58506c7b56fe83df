"""Splits internal crosses and venue fills into postings, one share per account.

What each account still needs comes in; postings that add up exactly go out. Keeps law 4:
postings sum to the fill exactly, in quantity and in fee; crosses sum to zero; nobody gets the
wrong sign or more than it needs. Shares are pro rata on a grid of 1e-12; whatever no strategy
needs belongs to the residual account.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from decimal import (
    MAX_EMAX,
    MIN_EMIN,
    Context,
    Decimal,
    DivisionByZero,
    Inexact,
    InvalidOperation,
    getcontext,
    setcontext,
)
from enum import Enum
from functools import wraps
from typing import NamedTuple, ParamSpec, TypeVar

from nettools.decimals import FINEST, ZERO
from nettools.errors import InvalidInput
from nettools.model import Fill, Leg, Side

RESIDUAL = "(residual)"
"""The account that owns rounding dust and what no strategy asked for; no strategy can be
named like it, because a strategy's name has no brackets."""

EXACT = Context(
    prec=120, Emax=MAX_EMAX, Emin=MIN_EMIN, traps=[Inexact, InvalidOperation, DivisionByZero]
)
"""Arithmetic that raises rather than rounds."""

_GRAINS = 1 / FINEST
_P = ParamSpec("_P")
_R = TypeVar("_R")


def exactly(function: Callable[_P, _R]) -> Callable[_P, _R]:
    """Let a function's plain operators raise rather than round.

    By hand, because entering ``localcontext`` costs as much as ten additions.
    """

    @wraps(function)
    def run(*args: _P.args, **kwargs: _P.kwargs) -> _R:
        before = getcontext()
        setcontext(EXACT)
        try:
            return function(*args, **kwargs)
        finally:
            setcontext(before)

    return run


@exactly
def exact_sum(amounts: Iterable[Decimal]) -> Decimal:
    """Add numbers up without rounding, however many digits it takes; in their own unit."""
    return sum(amounts, ZERO)


class Cause(Enum):
    """What moved an account."""

    CROSS = "cross"
    FILL = "fill"
    FUNDING = "funding"
    ADJUSTMENT = "adjustment"


class Posting(NamedTuple):
    """One account's share of a cross, a fill, a funding payment or an adjustment.

    A named tuple, like a sub-account: a dozen are made per fill, and a frozen dataclass takes
    five times as long to make.
    """

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
    time: datetime
    fee: Decimal = ZERO
    """In ``fee_currency``; positive is paid."""
    fee_currency: str = ""
    funding: Decimal = ZERO
    """Quote units; positive is received."""
    note: str = ""
    """The price policy of a cross, the reason of an adjustment."""

    @property
    def cash(self) -> Decimal:
        """What it adds to the account's cash before fees and funding, quote units."""
        return EXACT.multiply(-self.quantity, self.price)


bare = tuple.__new__
"""Makes a named tuple from all its values in order, unchecked: a third of the usual cost."""


@exactly
def share(amount: Decimal, weights: Mapping[str, Decimal]) -> dict[str, Decimal]:
    """Share an amount pro rata to positive weights, exactly.

    Args:
        amount: of any sign.
        weights: above zero each; at least one.

    Returns:
        Shares, numbers in the amount's unit and of its sign; they sum to it exactly, on a
        grid of 1e-12 (or of the amount's own last place when that is finer), each less than a
        grain from pro rata.

    Raises:
        InvalidInput: there are no weights, or one is not above zero.
    """
    if not weights or min(weights.values()) <= 0:
        raise InvalidInput(f"weights to share {amount} over must be above zero, was {weights}")
    return _shares(amount, weights)


def _shares(amount: Decimal, weights: Mapping[str, Decimal]) -> dict[str, Decimal]:
    return dict(zip(weights, _split(amount, [*weights.values()]), strict=True))


def _split(amount: Decimal, weights: list[Decimal]) -> list[Decimal]:
    """Give each its part: what the rounded-down share of all up to it has grown by.

    The parts sum to the amount by construction; largest remainder, with the same bound, has
    left-over grains to rank and hand out, which takes twice as long. Weights have one sign,
    not always the amount's.
    """
    total = sum(weights, ZERO)
    if amount == total:
        return weights
    grain, grains = FINEST, amount * _GRAINS
    if grains % 1:
        places = -int(amount.as_tuple().exponent)
        grain, grains = Decimal(1).scaleb(-places), amount.scaleb(places)
    passed = given = ZERO
    parts = []
    for weight in weights:
        passed += weight
        reached = grains * passed // total
        parts.append((reached - given) * grain)
        given = reached
    return parts


@exactly
def crossed_shares(needs: Mapping[str, Decimal]) -> dict[str, Decimal]:
    """Match the accounts' needs against each other: what each gets inside, signed.

    Args:
        needs: what each account still wants to trade, signed base units.

    Returns:
        The lighter side in full, the heavier side pro rata; sums to zero exactly.
    """
    buyers = {name: need for name, need in needs.items() if need > ZERO}
    sellers = {name: need for name, need in needs.items() if need < ZERO}
    crossed = min(sum(buyers.values(), ZERO), -sum(sellers.values(), ZERO))
    if not crossed:
        return {}
    return {**_shares(crossed, buyers), **_shares(-crossed, sellers)}


def book_crosses(  # noqa: PLR0913 - the terms of one cross
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
        Posting(account, leg, Cause.CROSS, source, quantity, price, time, note=policy)
        for account, quantity in crossed_shares(needs).items()
        if quantity
    )


@exactly
def allocate_fill(fill: Fill, needs: Mapping[str, Decimal]) -> tuple[Posting, ...]:
    """Share one execution among the accounts that still need it, quantity and fee exactly.

    Accounts on the other side of the fill get nothing, nobody gets more than it needs, and
    what nobody needs goes to the residual account.

    Args:
        fill: the execution.
        needs: target - virtual position of each account, signed base units.
    """
    taken = _taken(fill, needs)
    parts = [*taken.values()]
    fees = _split(fill.fee, parts)
    leg, price, time = Leg(fill.symbol, fill.position_side), fill.price, fill.time
    cause, source, currency = Cause.FILL, fill.fill_id, fill.fee_currency
    rows = [
        bare(Posting, (name, leg, cause, source, part, price, time, fee, currency, ZERO, ""))
        for name, part, fee in zip(taken, parts, fees, strict=True)
        if part
    ]
    return tuple(rows)


def _taken(fill: Fill, needs: Mapping[str, Decimal]) -> dict[str, Decimal]:
    """Share the fill's signed quantity."""
    if fill.side is Side.BUY:
        traded = fill.quantity
        wanting = {name: need for name, need in needs.items() if need > ZERO}
    else:
        traded = -fill.quantity
        wanting = {name: need for name, need in needs.items() if need < ZERO}
    needed = sum(wanting.values(), ZERO)
    if abs(traded) < abs(needed):
        return _shares(traded, wanting)
    if traded != needed:
        wanting[RESIDUAL] = wanting.get(RESIDUAL, ZERO) + traded - needed
    return wanting


@exactly
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
    terms = -mark_price * rate
    parts = {
        account: quantity * terms // FINEST * FINEST for account, quantity in virtual.items()
    }
    gap = paid - sum(parts.values(), ZERO)
    parts[RESIDUAL] = parts.get(RESIDUAL, ZERO) + gap
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
