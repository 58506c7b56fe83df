"""Folds postings into virtual sub-accounts: position, average price, PnL, fees, funding.

Postings come in, a new Ledger goes out; nothing is ever changed in place. Keeps laws 5 and 6:
the accounts' cash and positions, the residual's included, add up to the account's by its
fills exactly; duplicates change nothing; the same postings give the same ledger.

Exact is *cash + position x mark*. An average price divides and rounds, so realized PnL is
what of that sum is not unrealized: the two always add up, whatever the rounding.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Context, Decimal

from nettools.allocate import EXACT, RESIDUAL, Posting
from nettools.decimals import FINEST, ZERO
from nettools.model import Leg

_GRAIN = FINEST
_WIDE = Context(prec=80)


@dataclass(frozen=True, slots=True, kw_only=True)
class SubAccount:
    """One account's state on one leg."""

    quantity: Decimal = ZERO
    """Virtual position, signed base units; short is negative."""
    cash: Decimal = ZERO
    """Sum of -quantity x price over its postings, quote units, fees and funding apart."""
    open_cost: Decimal = ZERO
    """What the open position cost, signed quote units: quantity x average price."""
    fees: Mapping[str, Decimal] = field(default_factory=dict)
    """Paid, by currency."""
    funding: Decimal = ZERO
    """Received, quote units; negative is paid."""

    @property
    def average_price(self) -> Decimal | None:
        """Quantity-weighted entry price, quote units, rounded for display; None when flat."""
        return self.open_cost / self.quantity if self.quantity else None

    @property
    def realized_pnl(self) -> Decimal:
        """What closing earned, quote units, before fees and funding."""
        return EXACT.add(self.cash, self.open_cost)

    def unrealized_pnl(self, mark_price: Decimal) -> Decimal:
        """What closing at the mark would earn, quote units, before fees."""
        return EXACT.subtract(EXACT.multiply(self.quantity, mark_price), self.open_cost)

    def pnl(self, mark_price: Decimal) -> Decimal:
        """Realized + unrealized, quote units, before fees and funding; exact."""
        return EXACT.add(self.cash, EXACT.multiply(self.quantity, mark_price))


@dataclass(frozen=True, slots=True)
class Ledger:
    """All sub-accounts, by leg and account, and which sources are already in it."""

    accounts: Mapping[Leg, Mapping[str, SubAccount]] = field(default_factory=dict)

    def on(self, leg: Leg, account: str) -> SubAccount:
        """Give one sub-account; an empty one when nothing was posted to it."""
        return self.accounts.get(leg, {}).get(account, _EMPTY)

    def virtual(self, leg: Leg) -> dict[str, Decimal]:
        """Give every account's position on a leg, signed base units, the residual's too."""
        return {name: sub.quantity for name, sub in self.accounts.get(leg, {}).items()}

    def position(self, leg: Leg) -> Decimal:
        """Add the accounts' positions on a leg up: the position by our fills, signed."""
        return sum((s.quantity for s in self.accounts.get(leg, {}).values()), ZERO)

    def cash(self) -> Decimal:
        """Add all accounts' cash up, quote units, fees and funding apart."""
        total = ZERO
        for per_account in self.accounts.values():
            for sub in per_account.values():
                total = EXACT.add(total, sub.cash)
        return total


_EMPTY = SubAccount()


def post(ledger: Ledger, postings: Iterable[Posting]) -> Ledger:
    """Give the ledger with these postings added."""
    accounts = dict(ledger.accounts)
    touched: dict[Leg, dict[str, SubAccount]] = {}
    for posting in postings:
        on_leg = touched.get(posting.leg)
        if on_leg is None:
            on_leg = touched[posting.leg] = dict(accounts.get(posting.leg, {}))
        on_leg[posting.account] = _moved(on_leg.get(posting.account, _EMPTY), posting)
    return Ledger({**accounts, **touched})


def _moved(sub: SubAccount, posting: Posting) -> SubAccount:
    fees = sub.fees
    if posting.fee:
        paid = EXACT.add(fees.get(posting.fee_currency, ZERO), posting.fee)
        fees = {**fees, posting.fee_currency: paid}
    return replace(
        sub,
        quantity=EXACT.add(sub.quantity, posting.quantity),
        cash=EXACT.add(sub.cash, posting.cash),
        open_cost=_open_cost(sub, posting),
        fees=fees,
        funding=EXACT.add(sub.funding, posting.funding),
    )


def _open_cost(sub: SubAccount, posting: Posting) -> Decimal:
    """Average cost: adding adds its cost, reducing keeps the average, flipping starts anew."""
    traded, after = posting.quantity, sub.quantity + posting.quantity
    if not traded:
        return sub.open_cost
    if sub.quantity * traded >= 0:
        return EXACT.subtract(sub.open_cost, posting.cash)
    if sub.quantity * after <= 0:
        return EXACT.multiply(after, posting.price)
    kept = _WIDE.divide(_WIDE.multiply(sub.open_cost, after), sub.quantity)
    return kept.quantize(_GRAIN, context=_WIDE)
