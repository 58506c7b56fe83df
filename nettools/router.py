"""Sends a plan's orders, watches them until they are settled, and never guesses.

Orders come in, their reports and fills are kept here. An order is written down before it is
sent and never sent twice. "Rejected" needs the venue's own word; everything unclear is
UNKNOWN, counts in full, and leaves that state by evidence only: the venue shows the order, or
says three times, long enough after the send, that it knows no such id. A final order is
settled when its fills add up to its filled quantity. Fills are applied once, by trade id.

Evidence is looked up, and heard from a stream when there is one; either alone is enough. It may
come late, twice and in any order: what is known only ever grows.
"""

import asyncio
import contextlib
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

from nettools.decimals import ZERO, plain
from nettools.errors import OrderRejected, OutcomeUnknown, VenueError, VenueUnavailable
from nettools.model import Fill, Leg, Order, OrderReport, OrderState, TimeInForce
from nettools.venues.protocol import Venue

NEVER_ARRIVED_AFTER = timedelta(seconds=20)
"""Request time-out + the venue's receive window: later, the request cannot arrive any more."""
NEVER_ARRIVED_ANSWERS = 3
"""How many "no such id" answers it takes, besides the time."""
CLOCK_SLACK = timedelta(seconds=30)
"""Fills are asked for from this long before the send: the two clocks differ a little."""
_POLLS = (0.0, 0.02, 0.05, 0.1, 0.2, 0.4, 0.8, 1.5)
"""Seconds between looks at an order that should soon be settled; news of it ends a pause. While
a stream is heard the first look is left out: the news is on its way."""
_AGES = {
    OrderState.INTENT: 0,
    OrderState.SENT: 0,
    OrderState.UNKNOWN: 0,
    OrderState.ACKED: 1,
    OrderState.PARTIAL: 2,
    OrderState.CANCEL_SENT: 3,
    OrderState.CANCEL_UNKNOWN: 3,
}
"""How far into its life an order is; evidence from further back tells nothing new. Final
states are not here: nothing follows them."""


class OrderRouter:
    """The orders this desk has sent to one venue, and what became of them."""

    def __init__(self, venue: Venue, clock: Callable[[], datetime]) -> None:
        self._venue = venue
        self._clock = clock
        self._reports: dict[str, OrderReport] = {}
        self._sent_at: dict[str, datetime] = {}
        self._not_found: dict[str, list[datetime]] = {}
        self._fills: dict[str, dict[str, Fill]] = {}
        self._ours: dict[tuple[str, str], str] = {}
        self._unsettled: dict[str, None] = {}
        self._given_up: set[str] = set()
        self._fresh: list[Fill] = []
        self._moves: dict[Leg, int] = {}
        self._news = asyncio.Event()
        self.hears_all = False
        """Whether a stream has told everything since the last sweep: then an order that cannot
        be looked up is still known."""

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

    def report(self, client_order_id: str) -> OrderReport:
        """Give the last known report of one of our orders."""
        return self._reports[client_order_id]

    def fills_of(self, orders: Iterable[Order]) -> tuple[Fill, ...]:
        """Give the fills of these orders, oldest first."""
        mine = [f for order in orders for f in self._fills[order.client_order_id].values()]
        return tuple(sorted(mine, key=lambda fill: fill.time))

    def sent_since(self, moment: datetime) -> int:
        """Count the orders sent since then."""
        return sum(1 for sent in self._sent_at.values() if sent >= moment)

    @property
    def has_sent(self) -> bool:
        """Say whether any order was ever handed over."""
        return bool(self._sent_at)

    @property
    def moves(self) -> dict[Leg, int]:
        """Count, per leg, how often what works or is filled there has changed.

        A position read while its leg's count rises may or may not hold the change.
        """
        return dict(self._moves)

    def is_ours(self, fill: Fill) -> bool:
        """Say whether an execution belongs to one of our orders."""
        return self._named(fill) is not None

    def take_fills(self) -> tuple[Fill, ...]:
        """Give the fills that came in since the last call, each exactly once."""
        taken, self._fresh = tuple(self._fresh), []
        return taken

    async def send(self, order: Order) -> OrderReport:
        """Send one order once and watch it until it rests or is settled.

        Every outcome is in the report; ``VenueUnavailable`` alone is raised, when nothing was
        sent. An interrupted send leaves the order UNKNOWN.
        """
        self._sent_at[order.client_order_id] = self._clock()
        self._fills[order.client_order_id] = {}
        self._note(OrderReport(order=order, state=OrderState.INTENT))
        try:
            report = await self._venue.send(order)
        except OrderRejected as error:
            report = self._refused(order, error)
        except OutcomeUnknown as error:
            report = OrderReport(order=order, state=OrderState.UNKNOWN, message=str(error))
        except VenueUnavailable as error:
            self._note(
                OrderReport(order=order, state=OrderState.CANCELED, message="never sent")
            )
            raise VenueUnavailable(f"nothing was sent: {error}") from None
        except asyncio.CancelledError:
            self._note(OrderReport(order=order, state=OrderState.UNKNOWN))
            raise
        self._note(report)
        return await self._watch(order, may_rest=order.time_in_force is TimeInForce.GTC)

    async def cancel(self, order: Order) -> OrderReport:
        """Ask for a cancel and watch until the order is final and its fills add up."""
        known = self.report(order.client_order_id)
        if known.state.is_final:
            return await self._watch(order, may_rest=False)
        self._note(replace(known, state=OrderState.CANCEL_SENT))
        try:
            await self._venue.cancel(order)
        except VenueError as error:
            # Even "not found" is unclear: the order may just have been filled. Look.
            now = self.report(order.client_order_id)
            self._note(replace(now, state=OrderState.CANCEL_UNKNOWN, message=str(error)))
        return await self._watch(order, may_rest=False)

    async def refresh(self) -> None:
        """Look every unsettled order up, and book fills that came meanwhile.

        Raises:
            VenueUnavailable: one could not be looked up, and no stream speaks for it.
        """
        for report in self.unsettled:
            try:
                await self._look(report.order)
            except VenueUnavailable:
                if not self.hears_all:
                    raise

    def take(self, heard: OrderReport | Fill) -> None:
        """Take what a stream tells of an order or an execution; foreign ones are left alone."""
        if isinstance(heard, Fill):
            self._book(heard)
        else:
            self._hear(heard)
        self._news.set()
        self._news = asyncio.Event()

    def _hear(self, heard: OrderReport) -> None:
        known = self._reports.get(heard.order.client_order_id)
        if known is None or known.venue_order_id not in {"", heard.venue_order_id}:
            return  # foreign, or somebody has used our id again
        # A reduce-only order is cut to what there is to reduce; the rest is as it was sent.
        accepted = min(heard.order.quantity, known.order.quantity)
        self._note(replace(heard, order=replace(known.order, quantity=accepted)))

    async def _watch(self, order: Order, *, may_rest: bool) -> OrderReport:
        """Look until the order is settled or patience ends; what is left stays as it is."""
        for pause in _POLLS[1:] if self.hears_all else _POLLS:
            if await self._comes_to_rest(order, pause, may_rest=may_rest):
                break
            try:
                await self._look(order)
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

    async def _look(self, order: Order) -> None:
        known = self.report(order.client_order_id)
        if not known.state.is_final:
            found = await self._venue.find_order(order)
            if found is not None:
                self._not_found.pop(order.client_order_id, None)
                self._note(found)
            elif self.report(order.client_order_id) is known:  # no stream showed it meanwhile
                self._note_not_found(known)
        now = self.report(order.client_order_id)
        if not self._adds_up(now) or now.state is OrderState.UNKNOWN:
            since = self._sent_at[order.client_order_id] - CLOCK_SLACK
            for fill in await self._venue.fills(order.symbol, since):
                self._book(fill)

    def _book(self, fill: Fill) -> None:
        """Book an execution of ours, once; it shows that its order was there."""
        ours = self._named(fill)
        if ours is None or fill.fill_id in self._fills[ours.client_order_id]:
            return
        self._fills[ours.client_order_id][fill.fill_id] = ours
        self._fresh.append(ours)
        known = self._reports[ours.client_order_id]
        filled = max(known.filled, self._booked(known.order))
        self._note(replace(known, state=OrderState.PARTIAL, filled=filled))

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

    def _note(self, report: OrderReport) -> None:
        """Take a report in: what was filled never falls, and states only go forward."""
        client_order_id = report.order.client_order_id
        known = self._reports.get(client_order_id)
        if known is not None:
            if client_order_id in self._given_up:
                self._given_up.remove(client_order_id)  # it did arrive
            elif known.state.is_final and not report.state.is_final:
                report = replace(report, state=known.state, message=known.message)
            report = _grown(known, report)
        self._reports[client_order_id] = report
        if report.venue_order_id:
            self._ours[report.order.symbol, report.venue_order_id] = client_order_id
        if report.state.is_final and self._adds_up(report):
            self._unsettled.pop(client_order_id, None)
        else:
            self._unsettled[client_order_id] = None
        if known is None or _at_work(known) != _at_work(report):
            self._moves[report.order.leg] = self._moves.get(report.order.leg, 0) + 1

    def _note_not_found(self, known: OrderReport) -> None:
        """Count a "no such id"; enough of them, late enough, and it never arrived."""
        now = self._clock()
        answers = self._not_found.setdefault(known.order.client_order_id, [])
        answers.append(now)
        waited = now - self._sent_at[known.order.client_order_id]
        if len(answers) < NEVER_ARRIVED_ANSWERS or waited < NEVER_ARRIVED_AFTER:
            return
        if self._booked(known.order) == 0:
            message = f"never arrived: the venue said so {len(answers)} times"
            self._note(replace(known, state=OrderState.CANCELED, message=message))
            self._given_up.add(known.order.client_order_id)

    def _booked(self, order: Order) -> Decimal:
        fills = self._fills[order.client_order_id].values()
        return sum((fill.quantity for fill in fills), ZERO)

    def _adds_up(self, report: OrderReport) -> bool:
        return self._booked(report.order) >= report.filled


def _grown(known: OrderReport, report: OrderReport) -> OrderReport:
    """Give a report with nothing of what was known lost."""
    is_older = report.filled < known.filled
    went_back = _AGES.get(report.state, 9) < _AGES.get(known.state, 0)
    return replace(
        report,
        state=known.state if went_back else report.state,
        message=known.message if went_back else report.message,
        filled=max(report.filled, known.filled),
        average_price=known.average_price if is_older else report.average_price,
        venue_order_id=report.venue_order_id or known.venue_order_id,
    )


def _at_work(report: OrderReport) -> tuple[Decimal, Decimal]:
    return report.filled, report.working_quantity


def outcome_of(report: OrderReport) -> str:
    """Say in one line what became of an order."""
    order, unit = report.order, report.order.symbol.partition("/")[0]
    text = (
        f"{order.side.value} {plain(order.quantity)} {unit}: {report.state.value}, "
        f"filled {plain(report.filled)}"
    )
    if report.average_price is not None and report.filled:
        text += f" at {report.average_price:.8g}"
    if report.state is OrderState.UNKNOWN:
        text += "; it may be live and counts in full until the venue shows what became of it"
    return text + (f" ({report.message})" if report.message else "")
