"""Minds one smart order: rests, follows, takes for a named reason, and ends.

A smart order and whatever is told of the book and of its children come in; orders, cancels and
records go out. Law: nothing new is sent before the last child is final and its fills add up,
and every switch is on the disk, with its reason, before it is made.
"""

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from nettools import smart
from nettools.desk.parent import Parent
from nettools.desk.recorder import Recorder
from nettools.desk.watch import AccountWatch
from nettools.errors import DeskHalted, JournalError, VenueError, VenueUnavailable
from nettools.journal.records import Intended
from nettools.journal.smart import SmartEnded, SmartOrder, Switched, child_id
from nettools.model import Order, Quote, Side, TimeInForce
from nettools.snapshot import Limits

LOOK_EVERY = timedelta(seconds=1)
"""So often the touch and the order are read where no stream tells them."""
_A_MINUTE = timedelta(minutes=1)
_SECOND = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Means:
    """What every minder of a desk works with."""

    watch: AccountWatch
    recorder: Recorder
    limits: Limits
    may_send: Callable[[], None]
    """Raises DeskHalted."""
    halt: Callable[[str], None]
    """Called with the reason when something happened that nobody expected."""


class Minder:
    """One smart order from its plan to its end.

    Args:
        work: the order, as far as it was written.
        means: what it works with.
        after: others on the same symbol that go first: closing comes before opening, and two
            orders of one account never meet.
        ended: called when it has ended.
    """

    def __init__(
        self,
        work: SmartOrder,
        means: Means,
        after: "tuple[Minder, ...]",
        ended: "Callable[[Minder], None]",
    ) -> None:
        self._means = means
        self._router = means.watch.router
        instruments = means.watch.venue.instruments()
        self.parent = Parent(work, self._router, instruments, means.limits)
        self._after = after
        self._ended = ended
        self._read: Quote | None = None
        self._looked = datetime.min.replace(tzinfo=UTC)
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to mind it, on the loop that is running."""
        self._task = asyncio.get_running_loop().create_task(self._mind())

    def stop(self, reason: int) -> None:
        """Tell it to cancel what rests and to end; ``ended`` waits for it."""
        self.parent.told = self.parent.told or reason
        self.wake()

    def wake(self) -> None:
        """Have it look at once: something has changed."""
        self._wake.set()

    async def ended(self) -> None:
        """Wait until it has ended."""
        if self._task is not None:
            await asyncio.wait([self._task])

    def let_go(self) -> None:
        """Mind it no more, where it is; in the journal it is still at work."""
        if self._task is not None:
            self._task.cancel()

    async def _mind(self) -> None:
        try:
            await self._until_its_turn()
            while not self.parent.is_done:
                await self._step()
        except Exception as error:  # noqa: BLE001 - nobody else would hear of it
            self.parent.reason = f"an unexpected {type(error).__name__}"
            self._means.halt(f"halted on an unexpected {type(error).__name__}: {error}")
        self._ended(self)

    async def _until_its_turn(self) -> None:
        """Wait for those that go first; the time it may take begins with its turn."""
        has_waited = False
        for other in self._after:
            while not (other.parent.is_done or self._why_stop()):
                has_waited = True
                self._wake.clear()
                await self._doze(LOOK_EVERY.total_seconds())
        if has_waited and not self.parent.sent:
            self.parent.started = self._means.watch.clock()

    async def _step(self) -> None:
        self._wake.clear()
        await self._look()
        action, ticks, reason = smart.decide(self.parent.rule, self._seen())
        if action == smart.STOP:
            await self._end(reason)
        elif action == smart.WAIT or self._must_hold():
            await self._pause()
        elif self.parent.live is not None:
            if self._note(action, reason):
                self.parent.switching = reason
                await self._cancel()
        else:
            await self._send(action, ticks, reason)

    async def _look(self) -> None:
        """Read what no stream tells, at most once a second, and judge what has ended."""
        now, live, touch = self._means.watch.clock(), self.parent.live, self._touch()
        if abs(now - self._looked) >= LOOK_EVERY:
            self._looked = now
            with contextlib.suppress(VenueError):  # unknown stays unknown; it looks again
                if live is not None and not self._router.hears_all:
                    await self._router.look(live)
                if touch is None or abs(now - touch.time) >= LOOK_EVERY:
                    self._read = await self._means.watch.touch(self.parent.order.symbol)
        self._means.watch.book_fills()
        self.parent.judge()

    def _seen(self) -> smart.Seen:
        return self.parent.seen(self._means.watch.clock(), self._touch(), self._why_stop())

    def _touch(self) -> Quote | None:
        """Give the newest touch, read or told."""
        known = (self._means.watch.quotes().get(self.parent.order.symbol), self._read)
        return max(filter(None, known), key=lambda quote: quote.time, default=None)

    def _why_stop(self) -> int:
        if self.parent.told:
            return self.parent.told
        try:
            self._means.may_send()
        except DeskHalted:
            return smart.HALTED
        return smart.FROZEN if self.parent.order.leg in self._means.watch.books.breaks else 0

    def _must_hold(self) -> bool:
        """Say whether nothing may be sent now: a difference is checked, or too much was."""
        sent = self._router.sent_since(self._means.watch.clock() - _A_MINUTE)
        is_checked = self.parent.order.leg in self._means.watch.audit.comparer.frozen
        return is_checked or sent >= self._means.limits.orders_per_minute

    async def _pause(self) -> None:
        """Wait for news, for a second, or until the clock alone would change the decision."""
        seen, rule = self._seen(), self.parent.rule
        due = (seen.started_ns + rule.timeout_ns, seen.rested_ns + rule.rest_ns)
        left = [(moment - seen.now_ns) / _SECOND for moment in due if moment > seen.now_ns]
        await self._doze(min([LOOK_EVERY.total_seconds(), *left]))

    async def _doze(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._wake.wait(), seconds)

    async def _send(self, action: int, ticks: int, reason: int) -> None:
        parent, child = self.parent, self._child(action, ticks)
        if child is None:
            parent.told = smart.OWN_ORDER
            return
        is_rest = action == smart.REST
        requotes = parent.requotes_after() if is_rest else parent.requotes
        if not self._note(action, reason, child, requotes):
            return
        parent.children.append(child)
        parent.sent, parent.requotes, parent.is_judged = parent.sent + 1, requotes, False
        if is_rest:
            parent.quotes, parent.quoted = parent.quotes + 1, self._means.watch.clock()
            parent.switching = 0
        else:
            parent.is_taken = True
        try:
            await self._router.send(child)
        except VenueUnavailable as error:
            parent.told, parent.message = parent.told or smart.NOT_SENT, str(error)

    def _child(self, action: int, ticks: int) -> Order | None:
        """Give the next order; None when it could only meet an order of our own."""
        parent, side = self.parent, self.parent.order.side
        price, tick = parent.grid.price(ticks), parent.instrument.tick_size
        for report in self._router.working:
            own = report.order
            if own.symbol != parent.order.symbol or own.side is side:
                continue
            if own.limit_price is not None:  # stay on this side of it
                near = own.limit_price - side.sign * tick
                price = min(price, near) if side is Side.BUY else max(price, near)
        takes, touch = action == smart.TAKE, self._touch()
        far = None if touch is None else touch.ask if side is Side.BUY else touch.bid
        if price <= 0 or (takes and (far is None or (price - far) * side.sign < 0)):
            return None
        largest = parent.instrument.max_quantity
        return replace(
            parent.order,
            client_order_id=child_id(parent.order.client_order_id, parent.sent + 1),
            quantity=parent.left if largest is None else min(parent.left, largest),
            limit_price=price,
            time_in_force=TimeInForce.IOC if takes else TimeInForce.GTC,
            post_only=not takes,
        )

    async def _cancel(self) -> None:
        """Cancel the live child until it is final and its fills add up; never gives up."""
        while (live := self.parent.live) is not None:
            await self._router.cancel(live)
            self._means.watch.book_fills()
            if self.parent.live is not None:
                await asyncio.sleep(LOOK_EVERY.total_seconds())

    async def _end(self, reason: int) -> None:
        parent = self.parent
        if parent.live is not None:
            self._note(smart.STOP, reason)
            parent.told = parent.told or reason
            await self._cancel()
        self._means.watch.book_fills()
        said = smart.REASONS[reason if parent.left else smart.FILLED]
        name = parent.order.client_order_id
        with contextlib.suppress(JournalError):  # told by the recorder; it is over all the same
            self._means.recorder.write(
                SmartEnded(parent=name, reason=said, filled=parent.filled)
            )
        parent.reason = said

    def _note(
        self, action: int, reason: int, child: Order | None = None, requotes: int | None = None
    ) -> bool:
        """Write a switch down before it is made; say whether it may be made."""
        parent, touch = self.parent, self._touch()
        switch = Switched(
            parent=parent.order.client_order_id,
            action=smart.ACTIONS[action],
            reason=smart.REASONS[reason],
            child="" if child is None else child.client_order_id,
            price=None if child is None else child.limit_price,
            bid=None if touch is None else touch.bid,
            ask=None if touch is None else touch.ask,
            elapsed=self._means.watch.clock() - parent.started,
            filled=parent.filled,
            requotes=parent.requotes if requotes is None else requotes,
            refusals=parent.refusals,
        )
        plan_id = parent.begun.plan_id
        intents = () if child is None else (Intended(plan_id=plan_id, order=child),)
        try:
            self._means.recorder.write(switch, *intents)
        except JournalError:
            parent.told = parent.told or smart.HALTED
            return False
        parent.doing = f"{switch.action}: {switch.reason}"
        self._means.watch.tell()
        return True
