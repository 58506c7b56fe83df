"""Keeps one desk's books: who holds what, what netting saved, and where the venue disagrees.

Everything that moves is made into a record and written down before it counts; the books are
what the records add up to (``journal.DeskState``). Law: a virtual position moves only by a
cross, a fill or a repair that was written.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Literal

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
from nettools.desk.recorder import BOOKED, Recorder
from nettools.errors import InvalidInput
from nettools.journal import DeskState
from nettools.journal.records import (
    Adjusted,
    BreakClosed,
    BreakOpened,
    Crossed,
    Filled,
    FundingSettled,
    TargetsSet,
)
from nettools.ledger import Ledger
from nettools.model import FeeRates, Fill, Funding, Leg, PositionMode, Quote, legs_of
from nettools.reconcile import Break, Repair, adjustment
from nettools.snapshot import Snapshot
from nettools.twin import Saving, Twin

CENT = Decimal("1e-8")
"""What the venue rounds money to, quote units."""
CLOCKS_APART = timedelta(seconds=30)
"""A record may be so much older by our clock than what it tells is by the venue's."""
Prices = Mapping[str, Quote]
Rates = Mapping[str, FeeRates]


class Books:
    """The ledger of one desk and what belongs to it.

    Args:
        mode: whether legs are one or two per symbol.
        recorder: writes down what moves them, and adds it up.
        policy: the price crosses are booked at: "mid", "mark" or "last".
    """

    def __init__(self, mode: PositionMode, recorder: Recorder, policy: str = "mid") -> None:
        self.mode = mode
        self.policy = policy
        self.recorder = recorder

    # What they add up to

    @property
    def _state(self) -> DeskState:
        return self.recorder.state

    @property
    def ledger(self) -> Ledger:
        """Virtual positions and money, the residual account's too."""
        return self._state.ledger

    @property
    def outside(self) -> Ledger:
        """Baselines: positions on the account that are not ours, for the proof only."""
        return self._state.outside

    @property
    def twins(self) -> Mapping[Leg, Twin]:
        """The un-netted twin of each leg."""
        return self._state.twins

    @property
    def baseline(self) -> Mapping[Leg, Decimal]:
        """Positions on the account that are not ours, signed base units."""
        return self._state.baseline

    @property
    def kept(self) -> Mapping[Leg, Decimal]:
        """What the residual account was told to keep, signed base units."""
        return self._state.kept

    @property
    def breaks(self) -> Mapping[Leg, Break]:
        """What own fills cannot explain and nobody has repaired yet."""
        return self._state.breaks

    @property
    def postings(self) -> list[Posting]:
        """Every posting, oldest first; without a journal the newest."""
        return [*self.recorder.postings()]

    @property
    def recent(self) -> list[Collection[Posting]]:
        """The newest crosses, fills, fundings and adjustments, oldest first; bounded."""
        rows = self.recorder.recent
        return [row.record.postings for row in rows if isinstance(row.record, BOOKED)]

    def posted(self, account: str | None = None) -> int:
        """Count the postings of all accounts, or of one."""
        counts = dict(self._state.posted)
        return sum(counts.values()) if account is None else counts.get(account, 0)

    def set_aside(self, leg: Leg) -> Decimal:
        """Give what the desk neither closes nor adds to, signed base units."""
        return self.baseline.get(leg, ZERO) + self.kept.get(leg, ZERO)

    def expected(self) -> dict[Leg, Decimal]:
        """Give the position per leg the venue should show, signed base units."""
        legs = {*self.ledger.legs, *self.baseline}
        return {leg: self.ledger.position(leg) + self.baseline.get(leg, ZERO) for leg in legs}

    def needs(self, leg: Leg) -> dict[str, Decimal]:
        """Give what each account still wants to trade, signed base units, by name.

        The residual account wants to be rid of all but what it was told to keep. In the order
        of names, so that a share's last digit does not hang on who came first.
        """
        virtual = self.ledger.virtual(leg)
        wanted = {**self._state.wanted.get(leg, {}), RESIDUAL: self.kept.get(leg, ZERO)}
        return {
            account: wanted.get(account, ZERO) - virtual.get(account, ZERO)
            for account in sorted({**wanted, **virtual})
        }

    def is_booked(self, fill: Fill) -> bool:
        """Say whether an execution is in the books already, or was taken over by a repair."""
        key = f"{fill.symbol} {fill.fill_id}"
        return key in self._state.explained or self.recorder.has(Filled, key)

    # What moves them; each raises JournalError, and nothing has moved

    def cross(self, quotes: Prices, *, source: str, now: datetime) -> None:
        """Cross inside what meets of the committed targets, at once and free of fees."""
        crosses: list[Posting] = []
        for leg in {**self._state.wanted, **self.ledger.legs}:
            quote = quotes.get(leg.symbol)
            if quote is None:
                continue  # without a price nothing can be crossed; the plan refuses it too
            crosses += book_crosses(
                leg,
                self.needs(leg),
                price=cross_price(quote, self.policy),
                source=source,
                policy=self.policy,
                time=now,
            )
        if crosses:
            self.recorder.write(Crossed(postings=tuple(crosses)))

    def book_fills(self, fills: Iterable[Fill], quotes: Prices, rates: Rates) -> None:
        """Share our executions among the accounts that need them; each one counts once."""
        booked: dict[str, Filled] = {}
        needs: dict[Leg, dict[str, Decimal]] = {}
        for fill in fills:
            if self.is_booked(fill) or f"{fill.symbol} {fill.fill_id}" in booked:
                continue
            leg = Leg(fill.symbol, fill.position_side)
            left = needs.setdefault(leg, self.needs(leg))
            postings = tuple(allocate_fill(fill, left))
            for posting in postings:
                left[posting.account] = left.get(posting.account, ZERO) - posting.quantity
            record = Filled(
                fill=fill,
                postings=postings,
                quote=quotes.get(fill.symbol),
                taker_rate=rates[fill.symbol].taker if fill.symbol in rates else None,
            )
            booked[record.key] = record
        self.recorder.write(*booked.values())

    def virtual_at(self, leg: Leg, moment: datetime) -> dict[str, Decimal]:
        """Give every account's position on a leg at a past moment, signed base units."""
        held = self.ledger.virtual(leg)
        rows = self.recorder.recent
        since = moment - CLOCKS_APART
        is_whole = bool(rows) and (rows[0].id == 1 or rows[0].time < since)
        postings = (
            (p for row in rows if isinstance(row.record, BOOKED) for p in row.record.postings)
            if is_whole
            else self.recorder.postings(since)
        )
        for posting in postings:
            if posting.leg == leg and posting.time > moment:
                held[posting.account] -= posting.quantity
        return held

    def settle(self, funding: Funding) -> None:
        """Share a funding settlement by what each account held at its time; each once.

        Internal longs pay internal shorts at the venue's rate. What a baseline received is
        not ours and is kept outside.
        """
        record = FundingSettled(funding=funding, postings=())
        if self.recorder.has(FundingSettled, record.key):
            return
        left, per_unit = funding.received, -funding.mark_price * funding.rate
        legs = legs_of(funding.symbol, self.mode)
        outside: list[Posting] = []
        for leg in legs:
            aside = (self.baseline.get(leg, ZERO) * per_unit).quantize(CENT)
            if aside:
                outside.append(_outside_funding(leg, aside, funding))
            left -= aside
        postings: list[Posting] = []
        for number, leg in enumerate(legs, 1):
            virtual = self.virtual_at(leg, funding.time)
            due = (sum(virtual.values(), ZERO) * per_unit).quantize(CENT)
            paid = left if number == len(legs) else due
            left -= paid
            postings += share_funding(
                leg,
                virtual,
                paid=paid,
                rate=funding.rate,
                mark_price=funding.mark_price,
                source=f"funding {funding.time.isoformat()}",
                time=funding.time,
            )
        record = FundingSettled(
            funding=funding, postings=tuple(postings), outside=tuple(outside)
        )
        self.recorder.write(record)

    def release_removed(self, snapshot: Snapshot, source: str) -> None:
        """Hand what a removed strategy could not trade out over to the residual account."""
        released: list[Posting] = []
        for leg, on_leg in self.ledger.legs.items():
            quote = snapshot.quotes.get(leg.symbol)
            for account, held in on_leg.quantity.items():
                gone = account != RESIDUAL and account not in snapshot.book.strategies
                if gone and held and quote is not None:
                    released += book_crosses(
                        leg,
                        {account: -held, RESIDUAL: held},
                        price=cross_price(quote, self.policy),
                        source=source,
                        policy=f"{self.policy}, strategy removed",
                        time=snapshot.time,
                    )
        if released:
            self.recorder.write(Crossed(postings=tuple(released)))

    def repair(  # noqa: PLR0913 - the break, the choice, and what it is priced with
        self,
        leg: Leg,
        how: Repair,
        account: str,
        *,
        targets: TargetsSet | None = None,
        quotes: Prices,
        rates: Rates,
        now: datetime,
    ) -> tuple[Posting, ...]:
        """Close a break in one adjustment, as the user chose; gives what was posted.

        ``targets`` is what the strategies want from then on, written in the same step.

        What a strategy adopts it also wants from now on; the twin has traded neither. What is
        to be flattened, the twin flattens too.
        """
        found = self.breaks[leg]
        postings = adjustment(found, account if how is Repair.ADOPT else RESIDUAL, how, now)
        is_ours = how is not Repair.BASELINE
        record = Adjusted(
            found=found,
            how=how,
            account=account if how is Repair.ADOPT else "",
            postings=postings if is_ours else (),
            outside=() if is_ours else postings,
            quote=quotes.get(leg.symbol),
            taker_rate=rates[leg.symbol].taker if leg.symbol in rates else None,
        )
        self.recorder.write(*([] if targets is None else [targets]), record)
        return postings

    def note_breaks(self, legs: Iterable[Leg], found: Mapping[Leg, Break]) -> None:
        """Take what was found on these legs: a break, or that there is none any more."""
        records: list[BreakOpened | BreakClosed] = []
        for leg in legs:
            now, before = found.get(leg), self.breaks.get(leg)
            if now is None and before is not None:
                records.append(BreakClosed(leg=leg, why="the venue holds what the books say"))
            elif now is not None and (before is None or _differs(now, before)):
                records.append(BreakOpened(found=now))
        self.recorder.write(*records)

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
        """Give what netting saved since the books were opened, quote units, at the marks."""
        total = Saving()
        for leg, beside in tuple(self.twins.items()):  # read while the desk trades
            quote = quotes.get(leg.symbol)
            if quote is not None:
                total += beside.saving(mark_of(quote))
        return total


def _differs(found: Break, before: Break) -> bool:
    """Say whether a break is news; the mark it would be taken over at moves all the time."""
    return replace(found, price=before.price) != before


def _outside_funding(leg: Leg, amount: Decimal, funding: Funding) -> Posting:
    return Posting(
        account=RESIDUAL,
        leg=leg,
        cause=Cause.FUNDING,
        source=f"funding {funding.time.isoformat()}",
        quantity=ZERO,
        price=funding.mark_price,
        funding=amount,
        note="baseline",
        time=funding.time,
    )


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
