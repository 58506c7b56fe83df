"""Folds postings into virtual sub-accounts: position, average price, PnL, fees, funding.

Postings come in, a new Ledger goes out; nothing is ever changed in place. Keeps laws 5 and 6:
the accounts' cash and positions, the residual's included, add up to the account's by its
fills exactly; duplicates change nothing; the same postings give the same ledger.

Exact is *cash + position x mark*. An average price divides and rounds, so what rounding moves
between the open cost and realized PnL is the same on both sides: their sum stays exact.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple

from nettools.allocate import EXACT, Allocation, Posting, exact_sum, exactly
from nettools.decimals import FINEST, ZERO
from nettools.model import Leg
from nettools.render import html_record


class SubAccount(NamedTuple):
    """One account's state on one leg."""

    quantity: Decimal = ZERO
    """Virtual position, signed base units; short is negative."""
    cash: Decimal = ZERO
    """Sum of -quantity x price over its postings, quote units, fees and funding apart."""
    open_cost: Decimal = ZERO
    """What the open position cost, signed quote units: quantity x average price."""
    fees: Mapping[str, Decimal] = {}
    """Paid, by currency."""
    funding: Decimal = ZERO
    """Received, quote units; negative is paid."""

    def _repr_html_(self) -> str:
        return html_record(self)

    @property
    def realized_pnl(self) -> Decimal:
        """What closing earned, quote units, before fees and funding."""
        return EXACT.add(self.cash, self.open_cost)

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


class LegAccounts(NamedTuple):
    """All accounts on one leg, a column per amount; a column is never changed in place.

    Columns, because a fill moves four amounts of ten accounts: numbers put into columns take
    two thirds of the time of ten new sub-accounts, and a column is added up at once.
    """

    quantity: Mapping[str, Decimal] = {}
    """Virtual positions, signed base units; has a row for everybody who was posted to."""
    cash: Mapping[str, Decimal] = {}
    """Sums of -quantity x price, quote units, fees and funding apart."""
    open_cost: Mapping[str, Decimal] = {}
    """What the open positions cost, signed quote units."""
    fees: Mapping[str, Mapping[str, Decimal]] = {}
    """Paid, by currency; has a row for who paid any in it."""
    funding: Mapping[str, Decimal] = {}
    """Received, quote units, negative is paid; has a row for who had any."""

    def sub_account(self, name: str) -> SubAccount:
        """Give one account's state; an empty one when nothing was posted to it."""
        return SubAccount(
            quantity=self.quantity.get(name, ZERO),
            cash=self.cash.get(name, ZERO),
            open_cost=self.open_cost.get(name, ZERO),
            fees={currency: paid[name] for currency, paid in self.fees.items() if name in paid},
            funding=self.funding.get(name, ZERO),
        )


_NOBODY = LegAccounts()
_Column = Mapping[str, Decimal]
_TERMS = attrgetter("leg", "price", "fee_currency")
_SHARE = attrgetter("account", "quantity", "fee", "funding")


@dataclass(frozen=True, slots=True)
class Ledger:
    """All sub-accounts, by leg and account."""

    legs: Mapping[Leg, LegAccounts] = field(default_factory=dict)

    @property
    def accounts(self) -> dict[Leg, dict[str, SubAccount]]:
        """All sub-accounts, made to be read, by leg and account."""
        return {
            leg: {name: on_leg.sub_account(name) for name in on_leg.quantity}
            for leg, on_leg in self.legs.items()
        }

    def on(self, leg: Leg, account: str) -> SubAccount:
        """Give one sub-account; an empty one when nothing was posted to it."""
        return self.legs.get(leg, _NOBODY).sub_account(account)

    def virtual(self, leg: Leg) -> dict[str, Decimal]:
        """Give every account's position on a leg, signed base units, the residual's too."""
        return {**self.legs.get(leg, _NOBODY).quantity}

    def position(self, leg: Leg) -> Decimal:
        """Add the accounts' positions on a leg up: the position by our fills, signed."""
        return exact_sum(self.legs.get(leg, _NOBODY).quantity.values())

    @exactly
    def totals(self, leg: Leg) -> tuple[Decimal, Decimal]:
        """Add all accounts on a leg up: signed base units, and cash in quote units."""
        on_leg = self.legs.get(leg, _NOBODY)
        return sum(on_leg.quantity.values(), ZERO), sum(on_leg.cash.values(), ZERO)

    def cash(self) -> Decimal:
        """Add all accounts' cash up, quote units, fees and funding apart."""
        return exact_sum([self.totals(leg)[1] for leg in self.legs])


@exactly
def post(ledger: Ledger, postings: Iterable[Posting]) -> Ledger:
    """Give the ledger with these postings added."""
    legs = {**ledger.legs}
    if isinstance(postings, Allocation):
        if postings.accounts:
            leg, terms = postings.leg, (postings.price, postings.fee_currency)
            shares = postings.accounts, postings.quantities, postings.fees
            legs[leg] = _moved(legs.get(leg, _NOBODY), *shares, *terms)
        return Ledger(legs)
    for (leg, price, currency), rows in groupby(postings, key=_TERMS):
        names, quantities, fees, received = zip(*map(_SHARE, rows), strict=True)
        on_leg = _moved(legs.get(leg, _NOBODY), names, quantities, fees, price, currency)
        if any(received):
            on_leg = on_leg._replace(funding=_added(on_leg.funding, names, received))
        legs[leg] = on_leg
    return Ledger(legs)


def _moved(  # noqa: PLR0913, PLR0917 - the columns of a trade and its terms
    on_leg: LegAccounts,
    names: Sequence[str],
    quantities: Sequence[Decimal],
    fees: Sequence[Decimal],
    price: Decimal,
    currency: str,
) -> LegAccounts:
    traded = _traded(on_leg, names, quantities, price)
    by_currency = on_leg.fees
    if any(fees):
        paid = _added(by_currency.get(currency, {}), names, fees)
        by_currency = {**by_currency, currency: paid}
    return LegAccounts(*traded, by_currency, on_leg.funding)


def _traded(
    on_leg: LegAccounts, names: Sequence[str], quantities: Sequence[Decimal], price: Decimal
) -> tuple[_Column, _Column, _Column]:
    """Adding adds its cost, reducing keeps the average price, flipping starts a new one."""
    held, cash, open_cost = {**on_leg.quantity}, {**on_leg.cash}, {**on_leg.open_cost}
    for name, traded in zip(names, quantities, strict=True):
        before = held.get(name, ZERO)
        held[name] = after = before + traded
        value = traded * price
        cash[name] = cash.get(name, ZERO) - value
        if not before:
            open_cost[name] = value
        elif (before > ZERO) is (traded > ZERO) or not traded:
            open_cost[name] += value
        elif (after > ZERO) is (traded > ZERO):
            open_cost[name] = after * price
        else:
            open_cost[name] = open_cost[name] * after // (before * FINEST) * FINEST
    return held, cash, open_cost


def _added(column: _Column, names: Sequence[str], amounts: Sequence[Decimal]) -> _Column:
    sums = {**column}
    for name, amount in zip(names, amounts, strict=True):
        if amount:
            sums[name] = sums.get(name, ZERO) + amount
    return sums
