"""One smart order as it stands: its children, what they filled, and what it sees.

What was written, what the router knows and the newest touch come in; what is to be decided on
goes out, in whole numbers, and what people read. Law: what was filled never falls, and a child
whose fate is not known yet is a live one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from nettools import smart
from nettools.decimals import ZERO
from nettools.journal.smart import SmartOrder, child_id
from nettools.model import Fill, Instrument, Leg, Order, OrderReport, OrderState, Quote, Side
from nettools.router import OrderRouter
from nettools.snapshot import Limits


@dataclass(frozen=True, slots=True, kw_only=True)
class AtWork:
    """One smart order at one moment, for people."""

    client_order_id: str
    leg: Leg
    side: Side
    quantity: Decimal
    """Of the whole, base units."""
    filled: Decimal
    """Base units."""
    resting_at: Decimal | None
    """Quote units; None when nothing rests."""
    requotes: int
    """Quotes that replaced one that was not filled."""
    most_requotes: int
    elapsed_seconds: Decimal
    """Since it began to work."""
    timeout_seconds: Decimal
    """After so long it takes."""
    doing: str
    """The last switch and its reason, for example ``rest: first quote``."""


class Parent:
    """A smart order and its children.

    Args:
        work: as far as it was written.
        router: knows the children.
        instruments: by symbol; it is traded on its own one's grid.
        limits: how old a touch may be.
    """

    def __init__(
        self,
        work: SmartOrder,
        router: OrderRouter,
        instruments: Mapping[str, Instrument],
        limits: Limits,
    ) -> None:
        self.begun = work.begun
        self.order = work.begun.order
        self.instrument = instruments[self.order.symbol]
        self.reason = ""
        """Why it ended; empty while it is at work."""
        self.message = ""
        """What the venue said when it refused a child; empty otherwise."""
        self.children: list[Order] = []
        """Sent by this desk or adopted from the last, oldest first."""
        self.started = work.started
        """When it began to work (UTC)."""
        self.doing = ""
        """The last switch and its reason."""
        self.requotes = self.refusals = 0
        self.switching = smart.reason_of(work.begun.taking)
        """Why something is being canceled, to go on for that reason afterwards."""
        self.told = 0
        """Why it must stop; 0 while it need not."""
        self.grid = smart.Grid.of(self.instrument)
        self.rule = smart.rule_of(
            work.begun.style,
            self.order.side.sign,
            least_lots=self.grid.lots(work.begun.least),
            data_age_seconds=limits.data_age_seconds,
        )
        self._arrival = sum(self.grid.touch(work.begun.arrival))
        self._router = router
        self._take_up(work)

    def _take_up(self, work: SmartOrder) -> None:
        """Go on from what was written; what the last child filled may be known better now."""
        self.sent, self.quotes, self.is_taken = work.children, work.quotes, work.is_taken
        self.quoted = work.quoted or work.started
        if (last := work.last) is not None:
            self.requotes, self.refusals = last.requotes, last.refusals
            self.doing = f"{last.action}: {last.reason}"
            reason = smart.reason_of(last.reason)
            self.switching = reason if last.action in {"take", "re-quote"} else 0
            self.told = reason if last.action == "stop" else 0
        self._before, self._filled = work.booked, dict[str, Decimal]()
        name = child_id(self.order.client_order_id, work.children)
        child = self._router.find(name)
        if child is not None:
            self.children.append(child.order)
            self._before -= self._router.booked_of(child.order)
        self.is_judged = child is None
        """Whether how the last child ended was taken note of."""

    @property
    def is_done(self) -> bool:
        """Whether it has ended."""
        return bool(self.reason)

    @property
    def filled(self) -> Decimal:
        """Base units executed so far, of all its children."""
        for child in self.children:
            report = self._router.find(child.client_order_id)
            if report is not None:
                self._filled[child.client_order_id] = report.filled
        return sum(self._filled.values(), self._before)

    @property
    def left(self) -> Decimal:
        """Base units not executed; never below zero."""
        return max(self.order.quantity - self.filled, ZERO)

    @property
    def live(self) -> Order | None:
        """The child that may still execute, or whose fills do not add up yet."""
        if not self.children or self._router.is_settled(self.children[-1]):
            return None
        return self.children[-1]

    @property
    def report(self) -> OrderReport:
        """What is known of the whole, as of an order; at work it counts in full."""
        filled = self.order.quantity - self.left
        state = OrderState.PARTIAL if filled else OrderState.ACKED
        if self.is_done:
            state = OrderState.CANCELED if self.left else OrderState.FILLED
        said = "; ".join(filter(None, (self.reason or self.doing, self.message)))
        message = "" if state is OrderState.FILLED else said
        return OrderReport(order=self.order, state=state, filled=filled, message=message)

    @property
    def fills(self) -> tuple[Fill, ...]:
        """Executions of its children, oldest first."""
        return self._router.fills_of(self.children)

    def owns(self, client_order_id: str) -> bool:
        """Say whether an order was sent for it."""
        return client_order_id.rpartition("-")[0] == self.order.client_order_id

    def at_work(self, now: datetime) -> AtWork:
        """Say how it is, for people."""
        live, style = self.live, self.begun.style
        return AtWork(
            client_order_id=self.order.client_order_id,
            leg=self.order.leg,
            side=self.order.side,
            quantity=self.order.quantity,
            filled=self.filled,
            resting_at=None if live is None else live.limit_price,
            requotes=self.requotes,
            most_requotes=style.most_requotes,
            elapsed_seconds=Decimal(f"{(now - self.started).total_seconds():.1f}"),
            timeout_seconds=style.timeout_seconds,
            doing=self.doing or "waits for its turn",
        )

    def seen(self, now: datetime, touch: Quote | None, told: int) -> smart.Seen:
        """Write what it sees in whole numbers; ``told`` is why it must stop."""
        live = self.live
        rest = ZERO if live is None else live.limit_price or ZERO
        bid, ask = (0, 0) if touch is None else self.grid.touch(touch)
        bid_lots, ask_lots = self._sizes(touch)
        return smart.Seen(
            now_ns=smart.nanoseconds(now),
            started_ns=smart.nanoseconds(self.started),
            arrival_half_ticks=self._arrival,
            remaining_lots=self.grid.lots(self.left),
            bid=bid,
            ask=ask,
            bid_lots=bid_lots,
            ask_lots=ask_lots,
            touch_ns=0 if touch is None else smart.nanoseconds(touch.time),
            rest_price=int(rest / self.grid.tick_size),
            rested_ns=smart.nanoseconds(self.quoted),
            quotes=self.quotes,
            requotes=self.requotes,
            refusals=self.refusals,
            switching=self.switching,
            told=told,
            taken=int(self.is_taken),
        )

    def _sizes(self, touch: Quote | None) -> tuple[int, int]:
        """Give what rests at the touch without our own quote, lots; -1 where it is not told."""
        if touch is None or touch.bid_quantity is None or touch.ask_quantity is None:
            return -1, -1
        bid, ask, live = touch.bid_quantity, touch.ask_quantity, self.live
        if live is not None and live.limit_price == (
            touch.bid if live.side is Side.BUY else touch.ask
        ):
            own = live.quantity - self._filled.get(live.client_order_id, ZERO)
            bid, ask = (bid - own, ask) if live.side is Side.BUY else (bid, ask - own)
        return self.grid.lots(max(bid, ZERO)), self.grid.lots(max(ask, ZERO))

    def judge(self) -> None:
        """Take note of how the last child ended: refused as post-only, refused, or worked."""
        if self.is_judged or self.live is not None:
            return
        self.is_judged = True
        report = self._router.report(self.children[-1].client_order_id)
        is_refused = report.reason == "WOULD_TAKE" or report.state is OrderState.EXPIRED
        if is_refused and report.order.post_only and not report.filled:
            self.refusals += 1
            return
        self.refusals = 0
        if report.state is OrderState.REJECTED:
            self.told, self.message = self.told or smart.REFUSED, report.message

    def requotes_after(self) -> int:
        """Count the re-quotes with the next quote: one more if the last was not filled."""
        if not self.quotes:
            return 0
        last = self._router.find(self.children[-1].client_order_id) if self.children else None
        return self.requotes + (last is None or last.remaining > 0)
