"""Sends a plan's orders, watches them until they are settled, and never guesses.

Orders come in, their reports and fills are kept here. An order is written down before it is
sent and never sent twice. "Rejected" needs the venue's own word; everything unclear is
UNKNOWN, counts in full, and leaves that state by evidence only: the venue shows the order, or
says three times, long enough after the send, that it knows no such id. A final order is
settled when its fills add up to its filled quantity. Fills are applied once, by trade id.

Evidence is looked up, and heard from a stream when there is one; either alone is enough. It may
come late, twice and in any order: what is known only ever grows. Orders of an earlier session
are adopted and followed like any other.

Nothing is sent again under the id of an order that never arrived. What it was to trade returns
to the next diff and is priced anew, as another intent with an id of its own. The old id would
let a venue refuse the second of two that both arrive; but Binance compares open orders only, so
there a filled one would be filled again, and two orders of one id could not be told apart: the
fills of the second would belong to nobody. What protects is the time that was waited (a request
that old is refused for its age) and the watch: if the first turns up all the same, it is booked
to its own plan, and the next diff trades back what was too much. The price: on Bybit, which
compares closed orders too, that second would have been refused.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

from nettools.absence import Absence
from nettools.decimals import ZERO
from nettools.errors import OrderRejected, OutcomeUnknown, VenueError, VenueUnavailable
from nettools.model import Fill, Leg, Order, OrderReport, OrderState, TimeInForce
from nettools.venues.protocol import Venue
from nettools.venues.reports import at_work, grown

CLOCK_SLACK = timedelta(seconds=30)
"""Fills are asked for from this long before the send: the two clocks differ a little."""
_POLLS = (0.0, 0.02, 0.05, 0.1, 0.2, 0.4, 0.8, 1.5)
"""Seconds between looks at an order; news ends a pause. With a stream the first is left out."""
MOST_SETTLED = 2_000
"""Settled orders that are remembered; older ones are only in the journal."""
_ANSWER = "the venue's answer"


class OrderRouter:
    """The orders this desk has sent to one venue, and what became of them."""

    def __init__(self, venue: Venue, clock: Callable[[], datetime]) -> None:
        self.noted: Callable[[OrderReport, str], None] = lambda *_: None
        """Called with every report that says something new, and what it is known from."""
        self.is_written: Callable[[Fill], bool] = lambda _: False
        """Whether a fill was booked already, perhaps by an earlier session."""
        self._venue = venue
        self._clock = clock
        self._reports: dict[str, OrderReport] = {}
        self._sent_at: dict[str, datetime] = {}
        self._sends: deque[datetime] = deque()
        self._absence = Absence()
        self._fills: dict[str, dict[str, Fill]] = {}
        self._booked_before: dict[str, Decimal] = {}
        self._ours: dict[tuple[str, str], str] = {}
        self._unsettled: dict[str, None] = {}
        self._settled: dict[str, None] = {}
        self._fresh: list[Fill] = []
        self._moves: dict[Leg, int] = {}
        self._news = asyncio.Event()
        self.hears_all = False
        """Whether a stream has told everything since the last sweep: then an order that cannot
        be looked up is still known."""
        self.has_sent = False
        """Whether an order was ever handed over, also by an earlier session."""

    @property
    def working(self) -> tuple[OrderReport, ...]:
        """Orders that may still execute; one whose outcome is unknown counts in full."""
        return tuple(report for report in self.unsettled if not report.state.is_final)

    @property
    def unsettled(self) -> tuple[OrderReport, ...]:
        """Orders that are not final, or final with fills that do not add up yet."""
        return tuple(self._reports[client_order_id] for client_order_id in self._unsettled)

    def knows(self, order: Order) -> bool:
        """Say whether this order was handed to the router."""
        return order.client_order_id in self._reports

    def is_lost(self, order: Order) -> bool:
        """Say whether this order of ours is unknown, or was closed as never arrived."""
        name = order.client_order_id
        is_unknown = name in self._reports and self.report(name).state is OrderState.UNKNOWN
        return is_unknown or self._absence.has_given_up(name)

    def find(self, client_order_id: str) -> OrderReport | None:
        """Give what is known of an order; None when it is not ours, or forgotten."""
        return self._reports.get(client_order_id)

    def is_settled(self, order: Order) -> bool:
        """Say whether an order is final and its fills add up."""
        return order.client_order_id not in self._unsettled

    def report(self, client_order_id: str) -> OrderReport:
        """Give the last known report of one of our orders."""
        return self._reports[client_order_id]

    def fills_of(self, orders: Iterable[Order]) -> tuple[Fill, ...]:
        """Give the fills of these orders, oldest first."""
        known = [self._fills.get(order.client_order_id, {}).values() for order in orders]
        return tuple(sorted((f for fills in known for f in fills), key=lambda fill: fill.time))

    def sent_since(self, moment: datetime) -> int:
        """Count the orders sent since then, at most a minute ago."""
        while self._sends and self._sends[0] < moment:
            self._sends.popleft()
        return len(self._sends)

    def adopt(self, report: OrderReport, *, sent: datetime, booked: Decimal) -> None:
        """Go on with an order of an earlier session.

        Args:
            report: the last that was written of it; an intent may have been sent.
            sent: when its intent was written (UTC).
            booked: base units of its fills that are in the books already.
        """
        name = report.order.client_order_id
        if report.state is OrderState.INTENT:
            ended = "the desk ended before its outcome was known"
            report = replace(report, state=OrderState.UNKNOWN, message=ended)
        self._sent_at[name], self._fills[name], self._booked_before[name] = sent, {}, booked
        if report.state.is_final and not report.venue_order_id and not booked:
            self._absence.give_up(name, sent)
        self._note(report)

    def adopt_sends(self, moments: Iterable[datetime]) -> None:
        """Count the orders that an earlier session sent in its last minute."""
        self._sends.extend(moments)

    @property
    def moves(self) -> dict[Leg, int]:
        """Count, per leg, how often what works or is filled there has changed.

        A position read while its leg's count rises may or may not hold the change.
        """
        return dict(self._moves)

    def is_ours(self, fill: Fill) -> bool:
        """Say whether an execution belongs to one of our orders."""
        return self._named(fill) is not None

    @property
    def fresh_fills(self) -> tuple[Fill, ...]:
        """Fills that nobody has booked yet, each once, as they came in."""
        return tuple(self._fresh)

    def booked(self, fills: tuple[Fill, ...]) -> None:
        """Take note that these, the first of the fresh ones, are in the books."""
        del self._fresh[: len(fills)]

    def begin_anew(self) -> None:
        """Forget every order: the account they were sent to is no more."""
        for memory in (
            self._reports, self._sent_at, self._absence, self._fills, self._booked_before,
            self._ours, self._unsettled, self._settled, self._fresh,
        ):  # fmt: skip
            memory.clear()
        self.has_sent = False

    async def send(self, order: Order) -> OrderReport:
        """Send one order once and watch it until it rests or is settled.

        Every outcome is in the report; ``VenueUnavailable`` alone is raised, when nothing was
        sent. An interrupted send leaves the order UNKNOWN.
        """
        self._sent_at[order.client_order_id] = now = self._clock()
        self._sends.append(now)
        self.has_sent = True
        self._fills[order.client_order_id] = {}
        self._note(OrderReport(order=order, state=OrderState.INTENT))
        try:
            report = await self._venue.send(order)
        except OrderRejected as error:
            report = self._refused(order, error)
        except OutcomeUnknown as error:
            report = OrderReport(order=order, state=OrderState.UNKNOWN, message=str(error))
        except VenueUnavailable as error:
            never = OrderReport(order=order, state=OrderState.CANCELED, message="never sent")
            self._note(never, "nothing left this machine")
            raise VenueUnavailable(f"nothing was sent: {error}") from None
        except asyncio.CancelledError:
            self._note(OrderReport(order=order, state=OrderState.UNKNOWN), "interrupted")
            raise
        self._note(report, _ANSWER)
        return await self._watch(order, may_rest=order.time_in_force is TimeInForce.GTC)

    async def cancel(self, order: Order) -> OrderReport:
        """Ask for a cancel and watch until the order is final and its fills add up."""
        known = self.report(order.client_order_id)
        if known.state.is_final:
            return await self._watch(order, may_rest=False)
        self._note(replace(known, state=OrderState.CANCEL_SENT), "we asked for a cancel")
        try:
            await self._venue.cancel(order)
        except VenueError as error:
            # Even "not found" is unclear: the order may just have been filled. Look.
            now = self.report(order.client_order_id)
            unclear = replace(now, state=OrderState.CANCEL_UNKNOWN, message=str(error))
            self._note(unclear, _ANSWER)
        return await self._watch(order, may_rest=False)

    async def resolve(self, order: Order) -> OrderReport:
        """Watch an order of an earlier session until it rests or is settled, or for a while."""
        return await self._watch(order, may_rest=True)

    @property
    def unresolved(self) -> tuple[OrderReport, ...]:
        """Unsettled orders that neither rest nor work: nobody knows, or fills are missing."""
        return tuple(r for r in self.unsettled if not self._rests(r.order, may_rest=True))

    async def refresh(self) -> None:
        """Look every unsettled order up, and book fills that came meanwhile.

        Raises:
            VenueUnavailable: one could not be looked up, and no stream speaks for it.
        """
        for report in self.unsettled:
            try:
                await self.look(report.order)
            except VenueUnavailable:
                if not self.hears_all:
                    raise

    async def look_again(self, strangers: Iterable[Fill]) -> None:
        """Look up what was given up as never arrived and may have made these executions.

        Raises:
            VenueUnavailable: one could not be looked up, so nobody knows whose they are.
        """
        kinds = {(fill.symbol, fill.position_side, fill.side) for fill in strangers}
        for name in self._absence.watched(self._clock()) if kinds else ():
            order = self.report(name).order
            if (*order.leg, order.side) in kinds:
                found = await self._venue.find_order(order)
                if found is not None:
                    self._note(found, "looked up again")

    def take(self, heard: OrderReport | Fill) -> None:
        """Take what a stream tells of an order or an execution; foreign ones are left alone."""
        if isinstance(heard, Fill):
            self._book(heard, "the stream")
        else:
            self._hear(heard, "the stream")
        self._news.set()
        self._news = asyncio.Event()

    def show(self, open_orders: Iterable[OrderReport], fills: Iterable[Fill] = ()) -> None:
        """Take what a read shows of the account; foreign orders and fills are left alone."""
        for fill in fills:
            self._book(fill, "the venue's trades")
        for report in open_orders:
            self._hear(report, "the open orders")

    def _hear(self, heard: OrderReport, evidence: str) -> None:
        known = self._reports.get(heard.order.client_order_id)
        if known is None or known.venue_order_id not in {"", heard.venue_order_id}:
            return  # foreign, or somebody has used our id again
        # A reduce-only order is cut to what there is to reduce; the rest is as it was sent.
        accepted = min(heard.order.quantity, known.order.quantity)
        self._note(replace(heard, order=replace(known.order, quantity=accepted)), evidence)

    async def _watch(self, order: Order, *, may_rest: bool) -> OrderReport:
        """Look until the order is settled or patience ends; what is left stays as it is."""
        for pause in _POLLS[1:] if self.hears_all else _POLLS:
            if await self._comes_to_rest(order, pause, may_rest=may_rest):
                break
            try:
                await self.look(order)
            except VenueUnavailable:
                continue  # a look that failed says nothing about the order; look again
        return self.report(order.client_order_id)

    async def _comes_to_rest(self, order: Order, seconds: float, *, may_rest: bool) -> bool:
        """Wait so long for news to settle an order; say whether it is settled, or rests."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while not self._rests(order, may_rest=may_rest):
                    await self._news.wait()
        return self._rests(order, may_rest=may_rest)

    def _rests(self, order: Order, *, may_rest: bool) -> bool:
        report = self.report(order.client_order_id)
        is_open = may_rest and report.state in {OrderState.ACKED, OrderState.PARTIAL}
        return self._adds_up(report) and (report.state.is_final or is_open)

    async def look(self, order: Order) -> None:
        """Look an order up, and its fills; raises VenueUnavailable when that cannot be."""
        known = self.report(order.client_order_id)
        if not known.state.is_final:
            found = await self._venue.find_order(order)
            if found is not None:
                self._absence.found(order.client_order_id)
                self._note(found, "looked up")
            elif self.report(order.client_order_id) is known:  # no stream showed it meanwhile
                self._note_not_found(known)
        now = self.report(order.client_order_id)
        if not self._adds_up(now) or now.state is OrderState.UNKNOWN:
            since = self._sent_at[order.client_order_id] - CLOCK_SLACK
            for fill in await self._venue.fills(order.symbol, since):
                self._book(fill, "the venue's trades")

    def _book(self, fill: Fill, evidence: str) -> None:
        """Book an execution of ours, once; it shows that its order was there."""
        ours = self._named(fill)
        if ours is None or fill.fill_id in self._fills[ours.client_order_id]:
            return
        if self.is_written(ours):
            return  # an earlier session has booked it
        self._fills[ours.client_order_id][fill.fill_id] = ours
        self._fresh.append(ours)
        known = self._reports[ours.client_order_id]
        filled = max(known.filled, self.booked_of(known.order))
        self._note(replace(known, state=OrderState.PARTIAL, filled=filled), evidence)

    def _named(self, fill: Fill) -> Fill | None:
        """Give the fill our order's id and leg; venues leave the one or the other out."""
        ours = self._ours.get((fill.symbol, fill.venue_order_id), fill.client_order_id)
        report = self._reports.get(ours)
        if report is None or report.venue_order_id not in {"", fill.venue_order_id}:
            return None
        leg = report.order.position_side
        return replace(fill, client_order_id=ours, position_side=leg)

    def _refused(self, order: Order, error: OrderRejected) -> OrderReport:
        is_there = self.report(order.client_order_id).state is not OrderState.INTENT
        if error.reason == "DUPLICATE_ID" or is_there:
            # An order with our id exists: ours, so look it up rather than call it refused.
            return OrderReport(order=order, state=OrderState.UNKNOWN, message=str(error))
        return OrderReport(
            order=order,
            state=OrderState.REJECTED,
            message=str(error),
            reason=error.reason,
        )

    def _note(self, report: OrderReport, evidence: str = "") -> None:
        """Take a report in: what was filled never falls, and states only go forward."""
        client_order_id = report.order.client_order_id
        known = self._reports.get(client_order_id)
        if known is not None:
            was_given_up = self._absence.arrived(client_order_id)
            if not was_given_up and known.state.is_final and not report.state.is_final:
                report = replace(report, state=known.state, message=known.message)
            report = grown(known, report)
        self._reports[client_order_id] = report
        if report.venue_order_id:
            self._ours[report.order.symbol, report.venue_order_id] = client_order_id
        self._sort(client_order_id, is_settled=report.state.is_final and self._adds_up(report))
        if known is None or at_work(known) != at_work(report):
            self._moves[report.order.leg] = self._moves.get(report.order.leg, 0) + 1
        if known is not None and report != known:
            self.noted(report, evidence)

    def _sort(self, client_order_id: str, *, is_settled: bool) -> None:
        """Keep apart what must be looked after; of what is settled the oldest is forgotten."""
        kept, left = self._unsettled, self._settled
        if is_settled:
            kept, left = left, kept
        left.pop(client_order_id, None)
        kept[client_order_id] = None
        if len(self._settled) > MOST_SETTLED:
            self._forget(next(iter(self._settled)))

    def _forget(self, client_order_id: str) -> None:
        if client_order_id in self._absence.watched(self._clock()):
            self._settled[client_order_id] = self._settled.pop(client_order_id)  # to the end
            return
        report = self._reports.pop(client_order_id)
        self._ours.pop((report.order.symbol, report.venue_order_id), None)
        self._absence.forget(client_order_id)
        for memory in (self._settled, self._sent_at, self._fills, self._booked_before):
            memory.pop(client_order_id, None)

    def _note_not_found(self, known: OrderReport) -> None:
        """Count a "no such id"; enough of them, late enough, and it never arrived."""
        now, name = self._clock(), known.order.client_order_id
        answers = self._absence.not_found(name, sent=self._sent_at[name], now=now)
        if answers and self.booked_of(known.order) == 0:
            message = f"never arrived: the venue said so {answers} times"
            never = replace(known, state=OrderState.CANCELED, message=message)
            self._note(never, "the venue knows no such id")
            self._absence.give_up(name, now)

    def booked_of(self, order: Order) -> Decimal:
        """Give what its known fills add up to, base units."""
        fills = self._fills[order.client_order_id].values()
        before = self._booked_before.get(order.client_order_id, ZERO)
        return sum((fill.quantity for fill in fills), before)

    def _adds_up(self, report: OrderReport) -> bool:
        return self.booked_of(report.order) >= report.filled
