"""What a desk must know to go on, folded from its journal row by row.

Rows come in, in order; targets, orders that may still execute, the ledger, breaks and bans
come out, now or as of any past moment. Postings are taken as they were booked, so the ledger
is the same to the last digit. It stays small: settled orders and what is only told are left
in the journal.
"""

from bisect import bisect_right
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from nettools import twin
from nettools.allocate import RESIDUAL, Posting, exact_sum
from nettools.decimals import ZERO
from nettools.errors import JournalError
from nettools.journal.coding import read, write
from nettools.journal.reading import Row
from nettools.journal.records import (
    Adjusted,
    Banned,
    BreakClosed,
    BreakOpened,
    Crossed,
    Epoch,
    Filled,
    FundingSettled,
    Halted,
    Intended,
    Planned,
    Reported,
    Resumed,
    TargetsSet,
)
from nettools.journal.smart import SmartBegun, SmartEnded, SmartOrder, Switched, filled_by
from nettools.ledger import Ledger, post
from nettools.model import Leg, OrderReport, OrderState, PositionMode, Quote, legs_of
from nettools.reconcile import Break, Repair
from nettools.targets import TargetBook
from nettools.twin import Twin

WATCHED_FOR = timedelta(hours=24)
"""How long an order that "never arrived" is watched for a late fill."""
_MINUTE = timedelta(minutes=1)
_VERSION = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchedOrder:
    """An order that may still execute, or whose fills do not add up yet."""

    plan_id: str
    report: OrderReport
    sent: datetime
    """When its intent was recorded (UTC); it may have been sent then."""
    booked: Decimal = ZERO
    """Base units of its fills in the journal."""
    changed: datetime
    """When it was last heard of (UTC)."""

    @property
    def is_settled(self) -> bool:
        """Say whether it is final and its fills add up."""
        return self.report.state.is_final and self.booked >= self.report.filled

    @property
    def never_arrived(self) -> bool:
        """Say whether it was closed without the venue ever having shown it."""
        closed = self.report.state in {OrderState.CANCELED, OrderState.EXPIRED}
        return closed and not self.report.venue_order_id and not self.booked


@dataclass(slots=True, kw_only=True)
class DeskState:
    """The state of one desk; empty until it is restored: ``journal.restore(state)``."""

    epoch: Epoch | None = None
    began: datetime | None = None
    """When the epoch was begun (UTC)."""
    book: TargetBook = field(default_factory=TargetBook)
    """The targets as they stand."""
    committed: TargetBook = field(default_factory=TargetBook)
    """The targets as of the last plan that was committed."""
    plans: int = 0
    """How many were executed."""
    wanted: dict[Leg, dict[str, Decimal]] = field(default_factory=dict)
    """Per leg what each strategy is committed to, signed base units."""
    orders: dict[str, WatchedOrder] = field(default_factory=dict)
    """By client order id: not settled, or never arrived and still watched."""
    smart: dict[str, SmartOrder] = field(default_factory=dict)
    """Smart orders at work, by the id their plan gave them."""
    sent: tuple[datetime, ...] = ()
    """When orders were sent, of the last minute (UTC)."""
    ledger: Ledger = field(default_factory=Ledger)
    outside: Ledger = field(default_factory=Ledger)
    """Baselines: positions on the account that are not ours."""
    posted: dict[str, int] = field(default_factory=dict)
    """How many postings each account had."""
    twins: dict[Leg, Twin] = field(default_factory=dict)
    """The un-netted twin of each leg."""
    explained: tuple[str, ...] = ()
    """Executions that are not ours and were taken over by a repair: symbol and fill id."""
    baseline: dict[Leg, Decimal] = field(default_factory=dict)
    """What is not ours, signed base units."""
    kept: dict[Leg, Decimal] = field(default_factory=dict)
    """What the residual account was told to keep, signed base units."""
    breaks: dict[Leg, Break] = field(default_factory=dict)
    halted: str = ""
    """Why nothing may be sent; empty when it may."""
    banned_until: datetime | None = None
    """The venue takes no requests before (UTC)."""

    def take(self, row: Row) -> None:
        """Take the next row in; rows that only tell something change nothing."""
        step = _STEPS.get(type(row.record))
        if step is not None:
            step(self, row.record, row.time)

    def dump(self) -> str:
        """Give all of it as plain ASCII text."""
        kept = {f.name: getattr(self, f.name) for f in fields(self)}
        kept["book"] = _all_of(self.book)
        kept["committed"] = _all_of(self.committed)
        return write(_Dumped(version=_VERSION, **kept))

    def load(self, text: str) -> None:
        """Become what was dumped; raises JournalError, unchanged, when it cannot be read."""
        dumped = read(text, _Dumped)
        if dumped.version != _VERSION:
            raise JournalError("the checkpoint is of another version; the rows are folded")
        for part in fields(self):
            value = getattr(dumped, part.name)
            if isinstance(value, TargetsSet):
                value = value.onto(TargetBook())
            setattr(self, part.name, value)


def _set_targets(state: DeskState, record: TargetsSet, _: datetime) -> None:
    state.book = record.onto(state.book)


def _plan(state: DeskState, record: Planned, _: datetime) -> None:
    """Commit the targets as they stand: the un-netted twin trades every change alone."""
    state.committed = state.book
    state.plans = record.sequence + 1
    mode = PositionMode.ONE_WAY if state.epoch is None else state.epoch.mode
    for quote in record.quotes:  # without a price nothing is committed on a symbol
        taker = (
            record.fee_rates[quote.symbol].taker if quote.symbol in record.fee_rates else ZERO
        )
        for leg in legs_of(quote.symbol, mode):
            after = {t.strategy: leg.part_of(t.quantity) for t in state.book.on(leg.symbol)}
            before = state.wanted.get(leg, {})
            deltas = {
                name: after.get(name, ZERO) - before.get(name, ZERO)
                for name in {**before, **after}
                if after.get(name, ZERO) != before.get(name, ZERO)
            }
            if deltas:
                state.wanted[leg] = after
                _commit_twin(state, leg, deltas, quote, taker)


def _commit_twin(
    state: DeskState, leg: Leg, deltas: Mapping[str, Decimal], quote: Quote, taker: Decimal
) -> None:
    state.twins[leg] = twin.commit(state.twins.get(leg, Twin()), deltas, quote, taker)


def _begin(state: DeskState, record: Epoch, time: datetime) -> None:
    """Begin the books anew after a reset; what strategies want, halts and bans stay."""
    is_new = state.epoch is None or state.epoch.number != record.number
    if state.epoch is not None and is_new:
        state.committed = TargetBook()
        state.ledger, state.outside = Ledger(), Ledger()
        state.explained = ()
        for old in (
            state.orders, state.smart, state.baseline, state.kept, state.breaks,
            state.wanted, state.twins, state.posted,
        ):  # fmt: skip
            old.clear()
    state.began = time if is_new else state.began
    state.epoch = record


def _intend(state: DeskState, record: Intended, time: datetime) -> None:
    report = OrderReport(order=record.order, state=OrderState.INTENT)
    state.orders[record.order.client_order_id] = WatchedOrder(
        plan_id=record.plan_id, report=report, sent=time, changed=time
    )
    state.sent = (*state.sent[bisect_right(state.sent, time - _MINUTE) :], time)


def _begin_smart(state: DeskState, record: SmartBegun, time: datetime) -> None:
    parent = record.order.client_order_id
    state.smart[parent] = SmartOrder(begun=record, started=time)


def _switch(state: DeskState, record: Switched, time: datetime) -> None:
    known = state.smart.get(record.parent)
    if known is not None:
        state.smart[record.parent] = known.switched(record, time)


def _end_smart(state: DeskState, record: SmartEnded, _: datetime) -> None:
    state.smart.pop(record.parent, None)


def _report(state: DeskState, record: Reported, time: datetime) -> None:
    known = state.orders.get(record.client_order_id)
    if known is not None:  # else settled already: what is late changes nothing but its fills
        report = record.about(known.report.order)
        _note(state, replace(known, report=report, changed=time))


def _fill(state: DeskState, record: Filled, time: datetime) -> None:
    _post(state, record.postings)
    fill, quote = record.fill, record.quote
    if quote is not None and record.taker_rate is not None:
        leg = Leg(fill.symbol, fill.position_side)
        # Another currency cannot be set against the twin's fee.
        is_in_quote = fill.symbol.partition("/")[2].startswith(fill.fee_currency)
        state.twins[leg] = twin.fill(
            state.twins.get(leg, Twin()),
            fill.signed_quantity,
            fill.price,
            fee=fill.fee if is_in_quote else ZERO,
            quote=quote,
            taker_rate=record.taker_rate,
        )
    filled_by(state.smart, record.fill)
    known = state.orders.get(record.fill.client_order_id)
    if known is not None:
        booked = known.booked + record.fill.quantity
        _note(state, replace(known, booked=booked, changed=time))


def _note(state: DeskState, order: WatchedOrder) -> None:
    """Keep what is known of an order, and forget those that need no watching any more."""
    state.orders[order.report.order.client_order_id] = order
    for name, known in tuple(state.orders.items()):
        is_watched = known.never_arrived and order.changed - known.changed < WATCHED_FOR
        if known.is_settled and not is_watched:
            del state.orders[name]


def _post(state: DeskState, postings: tuple[Posting, ...]) -> None:
    state.ledger = post(state.ledger, postings)
    for posting in postings:
        state.posted[posting.account] = state.posted.get(posting.account, 0) + 1


def _cross(state: DeskState, record: Crossed, _: datetime) -> None:
    _post(state, record.postings)


def _settle(state: DeskState, record: FundingSettled, _: datetime) -> None:
    _post(state, record.postings)
    state.outside = post(state.outside, record.outside)
    funding = record.funding
    for leg, beside in state.twins.items():
        if leg.symbol == funding.symbol:
            paid = exact_sum(p.funding for p in record.postings if p.leg == leg)
            wanted = exact_sum(state.wanted.get(leg, {}).values())
            would_be = wanted * (-funding.mark_price * funding.rate)
            state.twins[leg] = twin.fund(beside, paid, would_be)


def _adjust(state: DeskState, record: Adjusted, _: datetime) -> None:
    found, leg = record.found, record.found.leg
    state.breaks.pop(leg, None)
    _post(state, record.postings)
    state.outside = post(state.outside, record.outside)
    state.explained += tuple(f"{fill.symbol} {fill.fill_id}" for fill in found.fills)
    if record.how is Repair.BASELINE:
        state.baseline[leg] = state.baseline.get(leg, ZERO) + found.difference
    elif record.how is Repair.ASSIGN:
        state.kept[leg] = state.kept.get(leg, ZERO) + found.difference
    elif record.how is Repair.ADOPT:
        before = state.committed.target(record.account, leg.symbol)
        held = (before.wanted if before else ZERO) + found.difference
        state.committed = state.committed.set(record.account, leg.symbol, held)
        wanted = {**state.wanted.get(leg, {})}
        wanted[record.account] = wanted.get(record.account, ZERO) + found.difference
        state.wanted[leg] = wanted
    elif found.difference and record.quote is not None and record.taker_rate is not None:
        deltas = {RESIDUAL: -found.difference}
        _commit_twin(state, leg, deltas, record.quote, record.taker_rate)


def _open_break(state: DeskState, record: BreakOpened, _: datetime) -> None:
    state.breaks[record.found.leg] = record.found


def _close_break(state: DeskState, record: BreakClosed, _: datetime) -> None:
    state.breaks.pop(record.leg, None)


def _halt(state: DeskState, record: Halted, _: datetime) -> None:
    state.halted = record.why or "halted"


def _resume(state: DeskState, _: Resumed, __: datetime) -> None:
    state.halted = ""


def _ban(state: DeskState, record: Banned, _: datetime) -> None:
    state.banned_until = record.until


_STEPS: Mapping[type, Callable[[DeskState, Any, datetime], None]] = {
    Epoch: _begin,
    TargetsSet: _set_targets,
    Planned: _plan,
    SmartBegun: _begin_smart,
    Switched: _switch,
    SmartEnded: _end_smart,
    Intended: _intend,
    Reported: _report,
    Filled: _fill,
    Crossed: _cross,
    FundingSettled: _settle,
    Adjusted: _adjust,
    BreakOpened: _open_break,
    BreakClosed: _close_break,
    Halted: _halt,
    Resumed: _resume,
    Banned: _ban,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Dumped:
    """A state as it is written: books of targets as the changes that make them."""

    version: int
    epoch: Epoch | None
    began: datetime | None
    book: TargetsSet
    committed: TargetsSet
    plans: int
    wanted: dict[Leg, dict[str, Decimal]]
    orders: dict[str, WatchedOrder]
    smart: dict[str, SmartOrder]
    sent: tuple[datetime, ...]
    ledger: Ledger
    outside: Ledger
    posted: dict[str, int]
    twins: dict[Leg, Twin]
    explained: tuple[str, ...]
    baseline: dict[Leg, Decimal]
    kept: dict[Leg, Decimal]
    breaks: dict[Leg, Break]
    halted: str
    banned_until: datetime | None


def _all_of(book: TargetBook) -> TargetsSet:
    return TargetsSet.between(TargetBook(), book) or TargetsSet()
