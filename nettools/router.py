"""Sends a plan's orders, watches them until they are settled, and never guesses.

Orders come in, their reports and fills are kept here. An order is written down before it is
sent and never sent twice. "Rejected" needs the venue's own word; everything unclear is
UNKNOWN, counts in full, and leaves that state by evidence only: the venue shows the order, or
says three times, long enough after the send, that it knows no such id. A final order is
settled when its fills add up to its filled quantity. Fills are applied once, by trade id.
"""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

from nettools.decimals import ZERO, plain
from nettools.errors import OrderRejected, OutcomeUnknown, VenueError, VenueUnavailable
from nettools.model import Fill, Order, OrderReport, OrderState, TimeInForce
from nettools.venues.protocol import Venue

NEVER_ARRIVED_AFTER = timedelta(seconds=20)
"""Request time-out + the venue's receive window: later, the request cannot arrive any more."""
NEVER_ARRIVED_ANSWERS = 3
"""How many "no such id" answers it takes, besides the time."""
CLOCK_SLACK = timedelta(seconds=30)
"""Fills are asked for from this long before the send: the two clocks differ a little."""
_POLLS = (0.0, 0.02, 0.05, 0.1, 0.2, 0.4, 0.8, 1.5)
"""Seconds between looks at an order that should soon be settled."""


class OrderRouter:
    """The orders this desk has sent to one venue, and what became of them."""

    def __init__(self, venue: Venue, clock: Callable[[], datetime]) -> None:
        self._venue = venue
        self._clock = clock
        self._reports: dict[str, OrderReport] = {}
        self._sent_at: dict[str, datetime] = {}
        self._not_found: dict[str, list[datetime]] = {}
        self._fills: dict[str, dict[str, Fill]] = {}
        self._unsettled: dict[str, None] = {}
        self._fresh: list[Fill] = []

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
        self._note(replace(self.report(order.client_order_id), state=OrderState.CANCEL_SENT))
        try:
            await self._venue.cancel(order)
        except VenueError as error:
            # Even "not found" is unclear: the order may just have been filled. Look.
            now = self.report(order.client_order_id)
            self._note(replace(now, state=OrderState.CANCEL_UNKNOWN, message=str(error)))
        return await self._watch(order, may_rest=False)

    async def refresh(self) -> None:
        """Look every unsettled order up, and book fills that came meanwhile."""
        for report in self.unsettled:
            await self._look(report.order)

    async def _watch(self, order: Order, *, may_rest: bool) -> OrderReport:
        """Look until the order is settled or patience ends; what is left stays as it is."""
        for pause in _POLLS:
            report = self.report(order.client_order_id)
            rests = may_rest and report.state in {OrderState.ACKED, OrderState.PARTIAL}
            if self._adds_up(report) and (report.state.is_final or rests):
                break
            await asyncio.sleep(pause)
            try:
                await self._look(order)
            except VenueUnavailable:
                continue  # a look that failed says nothing about the order; look again
        return self.report(order.client_order_id)

    async def _look(self, order: Order) -> None:
        known = self.report(order.client_order_id)
        if not known.state.is_final:
            found = await self._venue.find_order(order)
            if found is not None:
                self._not_found.pop(order.client_order_id, None)
                self._note(found)
            else:
                self._note_not_found(known)
        now = self.report(order.client_order_id)
        if not self._adds_up(now) or now.state is OrderState.UNKNOWN:
            await self._pull_fills(order)

    async def _pull_fills(self, order: Order) -> None:
        since = self._sent_at[order.client_order_id] - CLOCK_SLACK
        known = self.report(order.client_order_id)
        for fill in await self._venue.fills(order.symbol, since):
            ours = self._named(fill)
            if ours is not None:
                booked = self._fills[ours.client_order_id]
                if fill.fill_id not in booked:
                    booked[fill.fill_id] = ours
                    self._fresh.append(ours)
        self._note(replace(known, filled=max(known.filled, self._booked(order))))

    def _named(self, fill: Fill) -> Fill | None:
        """Give the fill our order id; Binance names only its own id on executions."""
        if fill.client_order_id in self._reports:
            return fill
        for report in self._reports.values():
            if report.venue_order_id and report.venue_order_id == fill.venue_order_id:
                return replace(fill, client_order_id=report.order.client_order_id)
        return None

    def _refused(self, order: Order, error: OrderRejected) -> OrderReport:
        if error.reason == "DUPLICATE_ID":
            # An order with our id exists: ours, so look it up rather than call it refused.
            return OrderReport(order=order, state=OrderState.UNKNOWN, message=str(error))
        return OrderReport(order=order, state=OrderState.REJECTED, message=str(error))

    def _note(self, report: OrderReport) -> None:
        """Take a report in; what was filled never falls, and final states stay."""
        known = self._reports.get(report.order.client_order_id)
        if known is not None:
            if known.state.is_final and not report.state.is_final:
                return
            report = replace(
                report,
                filled=max(report.filled, known.filled),
                venue_order_id=report.venue_order_id or known.venue_order_id,
            )
        self._reports[report.order.client_order_id] = report
        if report.state.is_final and self._adds_up(report):
            self._unsettled.pop(report.order.client_order_id, None)
        else:
            self._unsettled[report.order.client_order_id] = None

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

    def _booked(self, order: Order) -> Decimal:
        fills = self._fills[order.client_order_id].values()
        return sum((fill.quantity for fill in fills), ZERO)

    def _adds_up(self, report: OrderReport) -> bool:
        return self._booked(report.order) >= report.filled


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
