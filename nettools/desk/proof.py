"""Proves the books: positions and money add up to what the venue says, on every read."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from nettools.allocate import EXACT, RESIDUAL, exact_sum, exactly
from nettools.decimals import ZERO
from nettools.desk.books import Books
from nettools.desk.report import View
from nettools.ledger import Ledger, post
from nettools.model import Leg
from nettools.reconcile import Proof, Repair, adjustment

MONEY = Decimal("1e-8")
"""The venue rounds each leg's unrealized PnL to so much, quote units."""
OUTSIDE = "(not ours)"
"""Whose the positions are that are in no account: baselines, and breaks nobody repaired yet."""


def equity(view: View) -> Decimal:
    """Give what the account is worth by the venue: wallet + unrealized PnL, quote units."""
    total = view.balance.wallet
    for position in view.positions.values():
        total = EXACT.add(total, position.unrealized_pnl or ZERO)
    return total


def prove(books: Books, view: View, opening: Decimal) -> tuple[Proof, ...]:
    """Check both identities; positions leg by leg, money over the whole account.

    ``opening`` is what the account was worth when the books were opened, quote units.

    1. virtual positions + residual + baseline + open breaks = the venue's position, exactly;
    2. PnL of all accounts - fees + funding = change of the account's equity, to 1e-8 a leg.
    """
    expected = books.expected()
    for leg, found in books.breaks.items():
        expected[leg] = expected.get(leg, ZERO) + found.difference
    legs = sorted({*expected, *view.positions}, key=str)
    positions = tuple(
        Proof(
            name=f"position on {leg}",
            expected=expected.get(leg, ZERO),
            found=view.position(leg),
        )
        for leg in legs
    )
    money = Proof(
        name="money",
        expected=exact_sum(earned(books, view).values()),
        found=EXACT.subtract(equity(view), opening),
        tolerance=MONEY * (len(legs) + 1),
    )
    return (*positions, money)


def dated(proofs: Iterable[Proof], before: Iterable[Proof], now: datetime) -> tuple[Proof, ...]:
    """Say since when each proof fails: since it first did, or since this read."""
    known = {proof.name: proof.since for proof in before}
    return tuple(
        proof if proof.holds else replace(proof, since=known.get(proof.name) or now)
        for proof in proofs
    )


@exactly
def earned(books: Books, view: View) -> dict[str, Decimal]:
    """Give what each account earned since the opening, after fees and funding, quote units.

    At the marks the venue values positions at. What is in no account is OUTSIDE's, so that
    all together is the change of the account's equity.
    """
    totals: dict[str, Decimal] = {}
    for ledger in (books.ledger, books.outside, _open_breaks(books)):
        for leg, on_leg in ledger.legs.items():
            mark = _mark(leg, view)
            fees = on_leg.fees.get(view.balance.currency, {})
            # Columns, because this is done at every read for every account on every leg.
            for name, held in on_leg.quantity.items():
                owner = name if ledger is books.ledger else OUTSIDE
                net = on_leg.cash.get(name, ZERO) + held * mark
                net += on_leg.funding.get(name, ZERO) - fees.get(name, ZERO)
                totals[owner] = totals.get(owner, ZERO) + net
    return totals


def _open_breaks(books: Books) -> Ledger:
    """Give breaks that are not repaired yet as if they were, so that they hide nothing."""
    ledger = Ledger()
    for found in books.breaks.values():
        ledger = post(ledger, adjustment(found, RESIDUAL, Repair.FLATTEN, found.time))
    return ledger


def _mark(leg: Leg, view: View) -> Decimal:
    held = view.positions.get(leg)
    if held is not None and held.mark_price is not None:
        return held.mark_price
    quote = view.quotes.get(leg.symbol)
    if quote is None:
        return ZERO
    return quote.mid if quote.mark_price is None else quote.mark_price
