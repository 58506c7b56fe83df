"""Splits internal crosses and venue fills into postings, one share per account.

What each account still needs comes in; postings that add up exactly go out. Keeps law 4:
postings sum to the fill exactly, in quantity and in fee; crosses sum to zero; nobody gets the
wrong sign or more than it needs. Shares are pro rata on a grid of 1e-12; whatever no strategy
needs belongs to the residual account.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
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
from itertools import accumulate, compress
from operator import sub
from typing import NamedTuple, ParamSpec, TypeVar

from nettools.decimals import FINEST, ZERO
from nettools.errors import InvalidInput
from nettools.model import Fill, Leg, Side
from nettools.render import html_record

RESIDUAL = "(residual)"
"""The account that owns rounding dust and what no strategy asked for; no strategy can be
named like it, because a strategy's name has no brackets."""

EXACT = Context(
    prec=120, Emax=MAX_EMAX, Emin=MIN_EMIN, traps=[Inexact, InvalidOperation, DivisionByZero]
)
"""Arithmetic that raises rather than rounds."""

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

    A named tuple: there are many, and a frozen dataclass takes five times as long to make.
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

    def _repr_html_(self) -> str:
        return html_record(self)


class Allocation(Collection[Posting]):
    """One cross or fill shared among accounts: a posting for each, made when it is read.

    Kept as columns, as the ledger takes them: to make the postings would take as long as to
    share the quantity.
    """

    __slots__ = ("accounts", "fee_currency", "fees", "leg", "price", "quantities", "terms")

    def __init__(  # noqa: PLR0913, PLR0917 - a posting's fields, those that differ as columns
        self,
        leg: Leg,
        cause: Cause,
        source: str,
        shares: tuple[list[str], list[Decimal], list[Decimal]],
        price: Decimal,
        time: datetime,
        fee_currency: str = "",
        note: str = "",
    ) -> None:
        accounts, quantities, fees = shares
        if not all(quantities):  # a part less than a grain is none
            is_held = [bool(part) for part in quantities]
            accounts, fees = [*compress(accounts, is_held)], [*compress(fees, is_held)]
            quantities = [part for part in quantities if part]
        self.leg, self.price, self.fee_currency = leg, price, fee_currency
        self.terms = cause, source, time, note
        """What it is, the id it is a share of, when (UTC), and a posting's note."""
        self.accounts = accounts
        """Who got a share, each once."""
        self.quantities = quantities
        """Of each: signed base units, never zero."""
        self.fees = fees
        """Of each: in the fee currency; positive is paid."""

    def __len__(self) -> int:
        return len(self.accounts)

    def __contains__(self, posting: object) -> bool:
        return any(posting == own for own in self)

    def __iter__(self) -> Iterator[Posting]:
        leg, price, currency = self.leg, self.price, self.fee_currency
        cause, source, time, note = self.terms
        shares = zip(self.accounts, self.quantities, self.fees, strict=True)
        for name, part, fee in shares:
            yield Posting(
                name, leg, cause, source, part, price, time, fee, currency, ZERO, note
            )


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
    reached = _reached(amount, [*accumulate(weights.values())])
    return dict(zip(weights, _parts(reached), strict=True))


def _reached(amount: Decimal, passed: list[Decimal]) -> list[Decimal]:
    """Say how much of an amount is given away once so much of the weights has passed.

    It is pro rata, rounded toward zero, and in the end all of it; so what it grows by, each
    one's part, sums to the amount by construction. Largest remainder, with the same bound,
    has left-over grains to rank and hand out, which takes twice as long. Weights have one
    sign, not always the amount's.
    """
    if amount == passed[-1]:
        return passed
    given = _on_grid(amount, passed, FINEST)
    if given[-1] != amount:
        last_place = Decimal(1).scaleb(int(amount.as_tuple().exponent))
        given = _on_grid(amount, passed, last_place)
    return given


def _on_grid(amount: Decimal, passed: list[Decimal], grain: Decimal) -> list[Decimal]:
    whole = passed[-1] * grain
    return [amount * weight // whole * grain for weight in passed]


def _parts(reached: list[Decimal]) -> list[Decimal]:
    return [*map(sub, reached, (ZERO, *reached))]


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
    if not buyers or not sellers:
        return {}
    bought, sold = [*accumulate(buyers.values())], [*accumulate(sellers.values())]
    crossed = min(bought[-1], -sold[-1])
    parts = [*_parts(_reached(crossed, bought)), *_parts(_reached(-crossed, sold))]
    return dict(zip((*buyers, *sellers), parts, strict=True))


def book_crosses(  # noqa: PLR0913 - the terms of one cross
    leg: Leg,
    needs: Mapping[str, Decimal],
    *,
    price: Decimal,
    source: str,
    policy: str,
    time: datetime,
) -> Allocation:
    """Cross what the accounts' needs have in common, at one price, free of fees.

    Args:
        leg: the leg they are on.
        needs: target - virtual position of each account, signed base units.
        price: of the cross, quote units.
        source: the plan it was committed with.
        policy: how the price was chosen: "mid", "mark" or "last".
        time: of the commit (UTC).
    """
    crossed = crossed_shares(needs)
    shares = [*crossed], [*crossed.values()], [ZERO] * len(crossed)
    return Allocation(leg, Cause.CROSS, source, shares, price, time, note=policy)


@exactly
def allocate_fill(fill: Fill, needs: Mapping[str, Decimal]) -> Allocation:
    """Share one execution among the accounts that still need it, quantity and fee exactly.

    Accounts on the other side of the fill get nothing, nobody gets more than it needs, and
    what nobody needs goes to the residual account.

    Args:
        fill: the execution.
        needs: target - virtual position of each account, signed base units.
    """
    if fill.side is Side.BUY:
        traded = fill.quantity
        wanted = {name: need for name, need in needs.items() if need > ZERO}
    else:
        traded = -fill.quantity
        wanted = {name: need for name, need in needs.items() if need < ZERO}
    passed = [*accumulate(wanted.values())]
    if not passed or abs(passed[-1]) < fill.quantity:
        beyond = traded - sum(wanted.values(), ZERO)
        wanted[RESIDUAL] = wanted.get(RESIDUAL, ZERO) + beyond
        passed = [*accumulate(wanted.values())]
    reached = _reached(traded, passed)
    shares = [*wanted], _parts(reached), _parts(_reached(fill.fee, reached))
    leg, currency = Leg(fill.symbol, fill.position_side), fill.fee_currency
    return Allocation(leg, Cause.FILL, fill.fill_id, shares, fill.price, fill.time, currency)


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
