"""Keeps one desk's books: who holds what, what netting saved, and where the venue disagrees.

Everything is a posting in the ledger; the rest is what the postings are made from: what each
strategy last committed to, the un-netted twin of each leg, breaks and their repairs.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from itertools import chain
from typing import Literal

from nettools import twin
from nettools.allocate import (
    RESIDUAL,
    Cause,
    Posting,
    allocate_fill,
    book_crosses,
    share,
    share_funding,
)
from nettools.decimals import ZERO
from nettools.errors import InvalidInput
from nettools.ledger import Ledger, post
from nettools.model import (
    FeeRates,
    Fill,
    Funding,
    Leg,
    PositionMode,
    Quote,
    legs_of,
)
from nettools.reconcile import Break, Repair, adjustment
from nettools.snapshot import Snapshot
from nettools.targets import TargetBook
from nettools.twin import Saving, Twin

CENT = Decimal("1e-8")
"""What the venue rounds money to, quote units."""
Prices = Mapping[str, Quote]
Rates = Mapping[str, FeeRates]


class Books:
    """The ledger of one desk and what belongs to it.

    Args:
        mode: whether legs are one or two per symbol.
        policy: the price crosses are booked at: "mid", "mark" or "last".
    """

    def __init__(self, mode: PositionMode, policy: str = "mid") -> None:
        self.mode = mode
        self.policy = policy
        self.ledger = Ledger()
        self.events: list[Collection[Posting]] = []
        """Crosses, fills, fundings and adjustments, oldest first: the postings of each."""
        self.twins: dict[Leg, Twin] = {}
        self.baseline: dict[Leg, Decimal] = {}
        """Positions on the account that are not ours, signed base units."""
        self.kept: dict[Leg, Decimal] = {}
        """What the residual account was told to keep, signed base units."""
        self.breaks: dict[Leg, Break] = {}
        self.outside = Ledger()
        """Baselines: positions on the account that are not ours, for the proof only."""
        self._wanted: dict[Leg, dict[str, Decimal]] = {}
        self._booked: set[tuple[str, str]] = set()
        self._settled: set[tuple[str, datetime]] = set()

    # What the ledger is asked for

    @property
    def postings(self) -> list[Posting]:
        """Every posting, oldest first."""
        return [*chain.from_iterable(tuple(self.events))]  # read while the desk trades

    def set_aside(self, leg: Leg) -> Decimal:
        """Give what the desk neither closes nor adds to, signed base units."""
        return self.baseline.get(leg, ZERO) + self.kept.get(leg, ZERO)

    def expected(self) -> dict[Leg, Decimal]:
        """Give the position per leg the venue should show, signed base units."""
        legs = {*self.ledger.legs, *self.baseline}
        return {leg: self.ledger.position(leg) + self.baseline.get(leg, ZERO) for leg in legs}

    def needs(self, leg: Leg) -> dict[str, Decimal]:
        """Give what each account still wants to trade, signed base units.

        The residual account wants to be rid of all but what it was told to keep.
        """
        virtual = self.ledger.virtual(leg)
        wanted = {**self._wanted.get(leg, {}), RESIDUAL: self.kept.get(leg, ZERO)}
        return {
            account: wanted.get(account, ZERO) - virtual.get(account, ZERO)
            for account in {**wanted, **virtual}
        }

    def is_booked(self, fill: Fill) -> bool:
        """Say whether an execution is in the books already."""
        return (fill.symbol, fill.fill_id) in self._booked

    # What moves it

    def commit(
        self, book: TargetBook, quotes: Prices, rates: Rates, *, source: str, now: datetime
    ) -> None:
        """Take the targets as committed: cross inside what meets, at once and free of fees."""
        held = [leg.symbol for leg in self.ledger.legs]
        for symbol in dict.fromkeys([*book.symbols, *held]):
            quote = quotes.get(symbol)
            if quote is None:
                continue  # without a price nothing can be crossed; the plan refuses it too
            for leg in legs_of(symbol, self.mode):
                wanted = {t.strategy: leg.part_of(t.quantity) for t in book.on(symbol)}
                self._commit_leg(leg, wanted, quote, rates)
                crosses = book_crosses(
                    leg,
                    self.needs(leg),
                    price=cross_price(quote, self.policy),
                    source=source,
                    policy=self.policy,
                    time=now,
                )
                self._post(crosses)

    def _commit_leg(
        self, leg: Leg, wanted: dict[str, Decimal], quote: Quote, rates: Rates
    ) -> None:
        before = self._wanted.get(leg, {})
        deltas = {
            name: wanted.get(name, ZERO) - before.get(name, ZERO)
            for name in {**before, **wanted}
            if wanted.get(name, ZERO) != before.get(name, ZERO)
        }
        self._wanted[leg] = wanted
        if deltas:
            self.twins[leg] = twin.commit(
                self.twins.get(leg, Twin()), deltas, quote, rates[leg.symbol].taker
            )

    def book_fills(self, fills: Iterable[Fill], quotes: Prices, rates: Rates) -> None:
        """Share our executions among the accounts that need them; each one counts once."""
        for fill in fills:
            key = (fill.symbol, fill.fill_id)
            if key in self._booked:
                continue
            self._booked.add(key)
            leg = Leg(fill.symbol, fill.position_side)
            self._post(allocate_fill(fill, self.needs(leg)))
            quote = quotes.get(fill.symbol)
            if quote is not None:
                self.twins[leg] = twin.fill(
                    self.twins.get(leg, Twin()),
                    fill.signed_quantity,
                    fill.price,
                    fee=fill.fee if _is_in_quote(fill) else ZERO,
                    quote=quote,
                    taker_rate=rates[fill.symbol].taker,
                )

    def virtual_at(self, leg: Leg, moment: datetime) -> dict[str, Decimal]:
        """Give every account's position on a leg at a past moment, signed base units."""
        held: dict[str, Decimal] = {}
        for posting in self.postings:
            if posting.leg == leg and posting.time <= moment:
                held[posting.account] = held.get(posting.account, ZERO) + posting.quantity
        return held

    def settle(self, funding: Funding) -> None:
        """Share a funding settlement by what each account held at its time; each once.

        Internal longs pay internal shorts at the venue's rate. What a baseline received is
        not ours and is kept outside.
        """
        key = (funding.symbol, funding.time)
        if key in self._settled:
            return
        self._settled.add(key)
        left, per_unit = funding.received, -funding.mark_price * funding.rate
        legs = legs_of(funding.symbol, self.mode)
        for leg in legs:
            aside = (self.baseline.get(leg, ZERO) * per_unit).quantize(CENT)
            if aside:
                self.outside = post(self.outside, _outside_funding(leg, aside, funding))
            left -= aside
        for number, leg in enumerate(legs, 1):
            virtual = self.virtual_at(leg, funding.time)
            due = (sum(virtual.values(), ZERO) * per_unit).quantize(CENT)
            paid = left if number == len(legs) else due
            left -= paid
            self._post(
                share_funding(
                    leg,
                    virtual,
                    paid=paid,
                    rate=funding.rate,
                    mark_price=funding.mark_price,
                    source=f"funding {funding.time.isoformat()}",
                    time=funding.time,
                )
            )
            wanted = sum(self._wanted.get(leg, {}).values(), ZERO)
            if leg in self.twins:
                self.twins[leg] = twin.fund(self.twins[leg], paid, wanted * per_unit)

    def release_removed(self, snapshot: Snapshot, source: str) -> None:
        """Hand what a removed strategy could not trade out over to the residual account."""
        for leg, on_leg in self.ledger.legs.items():
            quote = snapshot.quotes.get(leg.symbol)
            for account, held in on_leg.quantity.items():
                gone = account != RESIDUAL and account not in snapshot.book.strategies
                if gone and held and quote is not None:
                    self._post(
                        book_crosses(
                            leg,
                            {account: -held, RESIDUAL: held},
                            price=cross_price(quote, self.policy),
                            source=source,
                            policy=f"{self.policy}, strategy removed",
                            time=snapshot.time,
                        )
                    )

    def repair(  # noqa: PLR0913 - the break, the choice, and what it is priced with
        self,
        leg: Leg,
        how: Repair,
        account: str,
        *,
        quotes: Prices,
        rates: Rates,
        now: datetime,
    ) -> tuple[Posting, ...]:
        """Close a break in one adjustment, as the user chose; gives what was posted.

        What a strategy adopts it also wants from now on; the twin has traded neither. What is
        to be flattened, the twin flattens too.
        """
        found = self.breaks.pop(leg)
        if how is Repair.BASELINE:
            self.baseline[leg] = self.baseline.get(leg, ZERO) + found.difference
        elif how is Repair.ASSIGN:
            self.kept[leg] = self.kept.get(leg, ZERO) + found.difference
        elif how is Repair.ADOPT:
            wanted = self._wanted.setdefault(leg, {})
            wanted[account] = wanted.get(account, ZERO) + found.difference
        elif found.difference and leg.symbol in quotes:
            self.twins[leg] = twin.commit(
                self.twins.get(leg, Twin()),
                {RESIDUAL: -found.difference},
                quotes[leg.symbol],
                rates[leg.symbol].taker,
            )
        self._booked |= {(fill.symbol, fill.fill_id) for fill in found.fills}
        owner = account if how is Repair.ADOPT else RESIDUAL
        postings = adjustment(found, owner, how, now)
        if how is Repair.BASELINE:
            self.outside = post(self.outside, postings)
        else:
            self._post(postings)
        return postings

    def _post(self, postings: Collection[Posting]) -> None:
        if postings:
            self.ledger = post(self.ledger, postings)
            self.events.append(postings)

    def shares_of_saving(
        self, saving: Decimal, by: Literal["pro_rata", "marginal"] = "pro_rata"
    ) -> dict[str, Decimal]:
        """Share a saving among the strategies, quote units; adds up to it exactly.

        ``pro_rata`` by the turnover each brought; ``marginal`` by how much each shrank what
        had to be sent, so that who offsets the others is credited.
        """
        weights: dict[str, Decimal] = {}
        for beside in tuple(self.twins.values()):  # read while the desk trades
            part = beside.turnover if by == "pro_rata" else beside.credit
            for name, amount in part.items():
                weights[name] = weights.get(name, ZERO) + amount
        weights = {name: weight for name, weight in weights.items() if weight > 0}
        return share(saving, weights) if weights else {}

    def saving(self, quotes: Prices) -> Saving:
        """Give what netting saved since the desk was opened, quote units, at the marks."""
        total = Saving()
        for leg, beside in tuple(self.twins.items()):  # read while the desk trades
            quote = quotes.get(leg.symbol)
            if quote is not None:
                total += beside.saving(mark_of(quote))
        return total


def _outside_funding(leg: Leg, amount: Decimal, funding: Funding) -> tuple[Posting, ...]:
    return (
        Posting(
            account=RESIDUAL,
            leg=leg,
            cause=Cause.FUNDING,
            source=f"funding {funding.time.isoformat()}",
            quantity=ZERO,
            price=funding.mark_price,
            funding=amount,
            note="baseline",
            time=funding.time,
        ),
    )


def _is_in_quote(fill: Fill) -> bool:
    """Say whether the fee is in the quote currency; another cannot be set against it."""
    return fill.symbol.partition("/")[2].startswith(fill.fee_currency)


def mark_of(quote: Quote) -> Decimal:
    """Give the price positions are valued at: the mark, or the mid where none was read."""
    return quote.mid if quote.mark_price is None else quote.mark_price


def cross_price(quote: Quote, policy: str) -> Decimal:
    """Give the price a cross is booked at, quote units; raises InvalidInput if unknown."""
    prices = {"mid": quote.mid, "mark": quote.mark_price, "last": quote.last_price}
    if policy not in prices:
        raise InvalidInput(f'cross_at must be "mid", "mark" or "last", was {policy!r}')
    price = prices[policy]
    if price is None:
        raise InvalidInput(f"the {policy} price of {quote.symbol} is not known; cross at mid")
    return price
