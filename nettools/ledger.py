"""Folds postings into virtual sub-accounts: position, average price, PnL, fees, funding.

Postings come in, a new Ledger goes out; nothing is ever changed in place. Keeps laws 5 and 6:
the accounts' cash and positions, the residual's included, add up to the account's by its
fills exactly; duplicates change nothing; the same postings give the same ledger.

Exact is *cash + position x mark*. An average price divides and rounds, so what rounding moves
between the open cost and realized PnL is the same on both sides: their sum stays exact.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple

from nettools.allocate import EXACT, Posting, bare, exact_sum, exactly
from nettools.decimals import FINEST, ZERO
from nettools.model import Leg


class SubAccount(NamedTuple):
    """One account's state on one leg."""

    quantity: Decimal = ZERO
    """Virtual position, signed base units; short is negative."""
    realized_pnl: Decimal = ZERO
    """What closing earned, quote units, before fees and funding."""
    open_cost: Decimal = ZERO
    """What the open position cost, signed quote units: quantity x average price."""
    fees: Mapping[str, Decimal] = {}
    """Paid, by currency."""
    funding: Decimal = ZERO
    """Received, quote units; negative is paid."""

    @property
    def cash(self) -> Decimal:
        """Sum of -quantity x price over its postings, quote units, fees and funding apart."""
        return EXACT.subtract(self.realized_pnl, self.open_cost)

    @property
    def average_price(self) -> Decimal | None:
        """Quantity-weighted entry price, quote units, rounded for display; None when flat."""
        return self.open_cost / self.quantity if self.quantity else None

    @exactly
    def unrealized_pnl(self, mark_price: Decimal) -> Decimal:
        """What closing at the mark would earn, quote units, before fees."""
        return self.quantity * mark_price - self.open_cost

    @exactly
    def pnl(self, mark_price: Decimal) -> Decimal:
        """Realized + unrealized, quote units, before fees and funding; exact."""
        return self.cash + self.quantity * mark_price


@dataclass(frozen=True, slots=True)
class Ledger:
    """All sub-accounts, by leg and account."""

    accounts: Mapping[Leg, Mapping[str, SubAccount]] = field(default_factory=dict)

    def on(self, leg: Leg, account: str) -> SubAccount:
        """Give one sub-account; an empty one when nothing was posted to it."""
        return self.accounts.get(leg, {}).get(account, _EMPTY)

    def virtual(self, leg: Leg) -> dict[str, Decimal]:
        """Give every account's position on a leg, signed base units, the residual's too."""
        return {name: sub.quantity for name, sub in self.accounts.get(leg, {}).items()}

    def position(self, leg: Leg) -> Decimal:
        """Add the accounts' positions on a leg up: the position by our fills, signed."""
        return exact_sum([sub.quantity for sub in self.accounts.get(leg, {}).values()])

    @exactly
    def totals(self, leg: Leg) -> tuple[Decimal, Decimal]:
        """Add all accounts on a leg up: signed base units, and cash in quote units."""
        subs = self.accounts.get(leg, {}).values()
        quantity = sum([sub.quantity for sub in subs], ZERO)
        realized = sum([sub.realized_pnl for sub in subs], ZERO)
        return quantity, realized - sum([sub.open_cost for sub in subs], ZERO)

    def cash(self) -> Decimal:
        """Add all accounts' cash up, quote units, fees and funding apart."""
        return exact_sum([self.totals(leg)[1] for leg in self.accounts])


_EMPTY = SubAccount()
_LEG = attrgetter("leg")


@exactly
def post(ledger: Ledger, postings: Iterable[Posting]) -> Ledger:
    """Give the ledger with these postings added."""
    touched: dict[Leg, dict[str, SubAccount]] = {}
    for leg, postings_on in groupby(postings, key=_LEG):
        on_leg = touched.setdefault(leg, dict(ledger.accounts.get(leg, {})))
        for posting in postings_on:
            on_leg[posting.account] = _moved(on_leg.get(posting.account, _EMPTY), posting)
    return Ledger({**ledger.accounts, **touched})


def _moved(sub: SubAccount, posting: Posting) -> SubAccount:
    """Adding adds its cost, reducing keeps the average price, flipping starts a new one."""
    quantity, realized, open_cost, fees, funding = sub
    _, _, _, _, traded, price, _, fee, currency, received, _ = posting
    if traded:
        after = quantity + traded
        value = traded * price
        if quantity and (quantity > ZERO) is not (traded > ZERO):
            kept = _kept(sub, after, price)
            realized += kept - open_cost - value
            open_cost = kept
        else:
            open_cost += value
        quantity = after
    if fee:
        fees = {**fees, currency: fees.get(currency, ZERO) + fee}
    if received:
        funding += received
    return bare(SubAccount, (quantity, realized, open_cost, fees, funding))


def _kept(sub: SubAccount, after: Decimal, price: Decimal) -> Decimal:
    """Give what is left open of the cost after trading against the position."""
    if after and (after > ZERO) is not (sub.quantity > ZERO):
        return after * price
    return sub.open_cost * after // (sub.quantity * FINEST) * FINEST
