"""What the journal records: one kind of row for every arrow of the flow.

Frozen values, written as they happen and never changed. A row holds its cause (the fill, the
settlement, the repair) and what was booked for it (the postings), so that the ledger reads
back the same whatever later versions would book. Whoever changes a class here so that old
rows would read differently raises the schema's version and migrates them (``store``).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from nettools.allocate import Posting
from nettools.decimals import ZERO
from nettools.errors import InvalidInput
from nettools.journal.smart import SmartBegun, SmartEnded, Switched
from nettools.model import (
    FeeRates,
    Fill,
    Funding,
    Instrument,
    Leg,
    Order,
    OrderReport,
    OrderState,
    PositionMode,
    Quote,
)
from nettools.reconcile import Break, Repair
from nettools.style import Style
from nettools.targets import TargetBook, TargetPosition, TargetState


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """Who writes, or wrote, a journal."""

    name: str
    """Of the desk."""
    pid: int
    """Of its process."""
    host: str
    """The machine it runs on."""
    since: datetime
    """When it opened the journal (UTC)."""

    def __str__(self) -> str:
        return (
            f"desk {self.name!r} (process {self.pid} on {self.host}, "
            f"since {self.since:%Y-%m-%d %H:%M:%S} UTC)"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A desk took the journal over; the first row of every session."""

    account: str
    """Whose trades these are: the venue and a fingerprint of the account, never a key."""
    owner: Owner


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed:
    """The desk let go of the journal on purpose; missing after a crash."""

    owner: Owner


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """What was lost of an earlier session: an unfinished record, or a damaged part."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Epoch:
    """An account's life from one reset to the next; trade ids are unique within it."""

    number: int
    """1 for the first; a testnet that was wiped begins the next one."""
    account: str
    venue: str
    mode: PositionMode
    desk: str
    cross_at: str
    """The price strategies cross at inside: "mid", "mark" or "last"."""
    instruments: tuple[Instrument, ...]
    opening_equity: Decimal | None = None
    """Of the account when the books were opened, quote units; None while not read."""
    note: str = ""
    """Why it began."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetsSet:
    """What changed in the book of targets."""

    targets: tuple[TargetPosition, ...] = ()
    """New and changed targets."""
    states: tuple[tuple[str, TargetState], ...] = ()
    """Strategies whose state changed, before the targets; removed and active again means
    that its old targets are gone."""
    symbols: tuple[str, ...] = ()
    """Symbols taken in that nobody wants."""

    @classmethod
    def between(cls, before: TargetBook, after: TargetBook) -> "TargetsSet | None":
        """Compare two books of one desk; None when nothing changed."""
        states: list[tuple[str, TargetState]] = []
        renewed = {
            old.strategy for old in before if after.target(old.strategy, old.symbol) is None
        }
        for strategy, state in after.states.items():
            if strategy in renewed:
                states += [(strategy, TargetState.REMOVED), (strategy, TargetState.ACTIVE)]
            if strategy in renewed or before.states.get(strategy) is not state:
                states.append((strategy, state))
        changed = tuple(
            target
            for target in after
            if target.strategy in renewed
            or (
                (old := before.target(target.strategy, target.symbol)) is not target
                and old != target
            )
        )
        named = {target.symbol for target in changed}.union(before.symbols)
        symbols = tuple(symbol for symbol in after.symbols if symbol not in named)
        if not (states or changed or symbols):
            return None
        return cls(targets=changed, states=tuple(states), symbols=symbols)

    def onto(self, book: TargetBook) -> TargetBook:
        """Give the book with these changes made."""
        states = dict(book.states)
        targets = {symbol: {t.strategy: t for t in book.on(symbol)} for symbol in book.symbols}
        for strategy, state in self.states:
            if states.get(strategy) is TargetState.REMOVED is not state:
                for per_strategy in targets.values():
                    per_strategy.pop(strategy, None)
            states[strategy] = state
        for symbol in self.symbols:
            targets.setdefault(symbol, {})
        for target in self.targets:
            targets.setdefault(target.symbol, {})[target.strategy] = target
        return TargetBook(states, targets)


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A plan was committed: the book of targets as it stands counts from here on."""

    plan_id: str
    sequence: int
    """How many plans the desk had executed before."""
    style: Style
    quotes: tuple[Quote, ...] = ()
    """What it was made on, and crosses were priced with."""
    fee_rates: Mapping[str, FeeRates] = field(default_factory=dict)
    """The account's own, by symbol."""
    orders: tuple[str, ...] = ()
    """Client order ids, in the order of sending."""
    cancels: tuple[str, ...] = ()
    """Client order ids of own orders canceled first."""
    why: tuple[str, ...] = ()
    """A line per leg: why this order, or why none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Intended:
    """An order is about to be sent. After a crash it may have been."""

    plan_id: str
    order: Order

    @property
    def key(self) -> str:
        """The client order id: one intent each."""
        return self.order.client_order_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """An order's state changed, or more is known of it."""

    client_order_id: str
    state: OrderState
    venue_order_id: str = ""
    filled: Decimal = ZERO
    """Base units executed so far, cumulative."""
    average_price: Decimal | None = None
    """Of what was filled, quote units."""
    message: str = ""
    evidence: str = ""
    """What it is known from: the venue's answer, a stream, a read, nothing yet."""
    quote: Quote | None = None
    """The touch when it came to rest, or ended unfilled; None otherwise, or when not seen."""
    reason: str | None = None
    """Why the venue refused it; None when it did not."""

    @classmethod
    def of(
        cls, report: OrderReport, evidence: str = "", quote: Quote | None = None
    ) -> "Reported":
        """Take from a report what its intent does not say already."""
        return cls(
            client_order_id=report.order.client_order_id,
            state=report.state,
            venue_order_id=report.venue_order_id,
            filled=report.filled,
            average_price=report.average_price,
            message=report.message,
            evidence=evidence,
            quote=quote,
            reason=report.reason or None,
        )

    def about(self, order: Order) -> OrderReport:
        """Give the report back, with its order; raises InvalidInput for another order."""
        if order.client_order_id != self.client_order_id:
            raise InvalidInput(
                f"a report of {self.client_order_id} is not about {order.client_order_id}"
            )
        return OrderReport(
            order=order,
            state=self.state,
            venue_order_id=self.venue_order_id,
            filled=self.filled,
            average_price=self.average_price,
            message=self.message,
            reason=self.reason or "",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """An execution of ours, and who got it."""

    fill: Fill
    postings: tuple[Posting, ...]
    """Sum to the fill exactly, in quantity and fee."""
    quote: Quote | None = None
    """The touch it is measured against."""
    taker_rate: Decimal | None = None
    """The account's, a fraction of notional: what the un-netted twin pays."""

    @property
    def key(self) -> str:
        """The venue's trade id is unique per symbol: one row each."""
        return f"{self.fill.symbol} {self.fill.fill_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkedOut:
    """Where the market stood some time after an execution of ours; it changes no state."""

    symbol: str
    fill_id: str
    mids: tuple[tuple[int, Decimal | None], ...]
    """Seconds after the fill, and the mid then in quote units; None when none was seen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Crossed:
    """Strategies traded with each other, inside."""

    postings: tuple[Posting, ...]
    """Sum to zero on each leg; their price and policy are on them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FundingSettled:
    """The venue settled funding on a symbol, and who got it."""

    funding: Funding
    postings: tuple[Posting, ...]
    outside: tuple[Posting, ...] = ()
    """What belongs to a baseline."""

    @property
    def key(self) -> str:
        """Symbol and time name the settlement: one row each."""
        return f"{self.funding.symbol} {self.funding.time.isoformat()}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Adjusted:
    """A break was repaired, as the user chose."""

    found: Break
    how: Repair
    account: str
    """Who took it over; empty unless adopted."""
    postings: tuple[Posting, ...] = ()
    outside: tuple[Posting, ...] = ()
    """What belongs to a baseline: not in the books."""
    quote: Quote | None = None
    """The touch when it was repaired."""
    taker_rate: Decimal | None = None
    """The account's, a fraction of notional: what the un-netted twin pays to flatten it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakOpened:
    """The venue holds what own fills cannot explain; also when a known break changed."""

    found: Break


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakClosed:
    """A difference is gone without a repair."""

    leg: Leg
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Halted:
    """Nothing is sent from here on."""

    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Resumed:
    """Sending is allowed again."""

    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """Something went wrong, told once with its count."""

    text: str
    since: datetime
    """When it was first seen (UTC)."""
    count: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Banned:
    """The venue takes no requests until then."""

    until: datetime
    """By our clock (UTC)."""
    why: str


Record = (
    Opened | Closed | Cut | Epoch | TargetsSet | Planned | Intended | Reported | Filled
    | Crossed | FundingSettled | Adjusted | BreakOpened | BreakClosed | Halted | Resumed
    | Incident | Banned | MarkedOut | SmartBegun | Switched | SmartEnded
)  # fmt: skip

KINDS: Mapping[str, type[Record]] = {
    "opened": Opened,
    "closed": Closed,
    "cut": Cut,
    "epoch": Epoch,
    "targets": TargetsSet,
    "plan": Planned,
    "smart": SmartBegun,
    "switch": Switched,
    "smart-ended": SmartEnded,
    "intent": Intended,
    "report": Reported,
    "fill": Filled,
    "cross": Crossed,
    "funding": FundingSettled,
    "adjustment": Adjusted,
    "break": BreakOpened,
    "break-closed": BreakClosed,
    "halt": Halted,
    "resume": Resumed,
    "incident": Incident,
    "ban": Banned,
    "markout": MarkedOut,
}
"""What each kind of row is called in the file, in the order of the flow."""
KIND_OF: Mapping[type, str] = {record: kind for kind, record in KINDS.items()}
