"""Keeps what the desk knows of one account true: reads it, hears its stream, keeps its books.

Reads and events come in; one view, the orders and the books go out. Law: a plan is made on one
moment. What changed since the positions were read, by our own orders or by anybody, is held
back on that leg, or read again first.
"""

import asyncio
import contextlib
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from decimal import Decimal

from nettools.decimals import ZERO
from nettools.desk.account import AccountReader
from nettools.desk.audit import Audit
from nettools.desk.books import Books
from nettools.desk.feed import Feed
from nettools.desk.recorder import Recorder
from nettools.desk.recovery import (
    Recovered,
    adopt_orders,
    begin,
    look_up,
    may_go_on,
    reported_since,
)
from nettools.desk.refused import MINUTE, Refusals
from nettools.desk.report import View
from nettools.desk.settings import Settings
from nettools.desk.touches import Touches
from nettools.errors import JournalError, VenueError, VenueUnavailable
from nettools.journal.records import Banned, Reported
from nettools.model import Fill, Leg, OrderReport, OrderState, Position, Quote
from nettools.router import OrderRouter
from nettools.snapshot import Snapshot
from nettools.targets import TargetBook
from nettools.venues.protocol import Venue
from nettools.venues.streams import Event

FRESH = timedelta(seconds=0.5)
"""The automatic loop plans on a view this young without reading the account again."""
SAME_BAN = timedelta(seconds=1)
"""Ends of bans that lie so close together are one; clocks drift by less meanwhile."""
_TOUCHED = frozenset(
    {OrderState.ACKED, OrderState.CANCELED, OrderState.EXPIRED, OrderState.REJECTED}
)
CATCH_UP = (0.05, 0.1, 0.2, 0.4, 0.8, 1.6)
"""Seconds between reads while the venue's position has not caught up with our fills."""


class AccountWatch:
    """One account as the desk knows it.

    Args:
        venue: where the account is.
        settings: what the desk was opened with.
        clock: gives the time (UTC).
        changed: called whenever there is something new to show.
    """

    def __init__(
        self,
        venue: Venue,
        settings: Settings,
        recorder: Recorder,
        clock: Callable[[], datetime],
        changed: Callable[[], None],
    ) -> None:
        self.view: View | None = None
        self.recovered: Recovered | None = None
        """What an earlier desk had left to be done; None when there was none."""
        self.turn = asyncio.Lock()
        """Held while the account is read, or a plan is on its way."""
        recorder.is_busy = self.turn.locked
        self.router = OrderRouter(venue, clock)
        self.feed = Feed(venue, self.router, clock, self._hear)
        self.account = AccountReader(
            venue,
            self.router,
            clock,
            newest=self.feed.newest,
            wants_last=settings.cross_at == "last",
        )
        self.books = Books(settings.mode, recorder, settings.cross_at)
        self.router.noted = self._record
        self.router.is_written = self._is_booked
        self.audit = Audit(venue, self.router, self.books, self.account.rates, clock)
        self.touches = Touches(recorder.later)
        self.touched: Callable[[str], None] = lambda _: None
        """Called with the symbol of every touch that is heard."""
        self.feed.touched = self._note_touch
        self.audit.booked = self.touches.follow
        self.venue = venue
        self._settings = settings
        self._recorder = recorder
        self.refused = Refusals(clock)
        self._known_ban = recorder.state.banned_until
        self.clock = clock
        self.tell = changed
        """Called whenever there is something new to show."""

    async def open(self, symbols: Iterable[str]) -> None:
        """Reach the venue, check the mode, go on with what was left, begin to listen."""
        state = self._recorder.state
        if state.banned_until is not None:
            self.venue.restore_ban(state.banned_until)
        try:
            await self.venue.connect()
        finally:
            self._note_ban()
        await self.account.agree_on_mode(
            self._settings, lambda: may_go_on(state, self._settings)
        )
        begin(self._recorder, self.venue, self._settings)
        if self._recorder.left is None:
            view = await self.read(symbols)
        else:
            view = await self._take_up(symbols, self._recorder.left)
        if self._settings.streams:
            self.feed.open()
            self.feed.follow(view.quotes)

    async def _take_up(self, symbols: Iterable[str], left: datetime) -> View:
        """Look up what an earlier desk left on its way, then read and compare."""
        adopt_orders(self.router, self._recorder.state)
        orders, resolved = await look_up(self.router, self.venue, self._recorder.state, left)
        fills = len(self.router.fresh_fills)
        view = await self.read(symbols)
        for when, report in reported_since(self._recorder, self.clock() - MINUTE):
            self.refused.note(report, view.position(report.order.leg), when)
        # It may have ended between sending its plan and crossing inside what met.
        self.books.cross(view.quotes, source="taken up", now=view.time)
        self.recovered = Recovered(
            orders=orders, resolved=resolved, fills=fills, breaks=len(self.books.breaks)
        )
        return view

    @property
    def taken_up(self) -> str:
        """What was done about what an earlier desk had left; empty when there was none."""
        journal = self._recorder.journal
        said = () if journal is None else journal.notices
        return "; ".join(filter(None, (*said, str(self.recovered or ""))))

    async def close(self) -> None:
        """Listen no more and let go of the venue."""
        await self.feed.close()
        self.touches.close(self.clock())
        await self.venue.close()

    async def read(self, symbols: Iterable[str]) -> View:
        """Read the account, book new fills, compare; raises when any read fails."""
        surprises = self.feed.surprises
        await self._read_rules()
        try:
            self.view = view = await self.account.read(symbols)
        finally:
            self._note_ban()
        for quote in view.quotes.values():
            self.touches.note(quote)
        await self.audit.take(view)
        self.feed.swept(surprises)
        self.feed.follow(view.quotes)
        self.tell()
        return view

    async def _read_rules(self) -> None:
        """Read the contracts' rules again when they may have changed; else they stay."""
        if self.refused.take_reload():
            with contextlib.suppress(VenueUnavailable):
                await self.venue.reload_instruments()

    async def make_room(self) -> None:
        """Where there was less to reduce than we thought, cancel what we have resting there."""
        for leg in self.refused.take_blocked():
            for report in self.router.working:
                order, held = report.order, self.view.position(leg) if self.view else ZERO
                reduces = order.reduce_only or held * order.side.sign < 0
                if order.leg == leg and reduces:
                    await self.router.cancel(order)

    def _note_ban(self) -> None:
        until, known = self.venue.banned_until(), self._known_ban
        if until is not None and (known is None or until - known > SAME_BAN):
            self._known_ban = until
            # it outlives this desk
            self._recorder.later(Banned(until=until, why="the venue was asked too often"))

    @property
    def banned_until(self) -> datetime | None:
        """Until when the venue takes no request (UTC); None when it takes them."""
        return self.venue.banned_until()

    async def fresh(self, symbols: Iterable[str]) -> View:
        """Give a view to plan on: the last one while it is young and nothing has happened."""
        view, wanted = self.view, set(symbols)
        if (
            view is None
            or wanted - view.quotes.keys()
            or not timedelta() <= self.clock() - view.time <= FRESH
            or self.feed.must_sweep
            or self.account.moved()
        ):
            return await self.read(wanted)
        return view

    async def catch_up(self, symbols: Iterable[str]) -> str:
        """Read until the venue's positions agree with the books, or say that they do not.

        Planning on a position that lacks a fill would send the same difference twice; a leg
        that still differs is frozen until it agrees or the user has repaired it.
        """
        problem, wanted = "", tuple(symbols)
        await self.make_room()
        for pause in (0.0, *CATCH_UP):
            await asyncio.sleep(pause)
            try:
                await self.read(wanted)
            except (VenueError, JournalError) as error:
                problem = str(error)
                continue
            problem = "; ".join(f"{leg}: {why}" for leg, why in self.frozen().items())
            if not problem:
                break
        return problem

    def quotes(self) -> dict[str, Quote]:
        """Give the newest touch of each symbol of the view, read or told."""
        return self.feed.newest(self.view.quotes) if self.view else {}

    async def touch(self, symbol: str) -> Quote:
        """Read the touch of one symbol; raises VenueUnavailable when there is no usable one."""
        quote = (await self.venue.quotes([symbol]))[symbol]
        self.touches.note(quote)
        return quote

    def _note_touch(self, quote: Quote) -> None:
        self.touches.note(quote)
        self.touched(quote.symbol)

    def book_fills(self) -> None:
        """Book at once what came in.

        During a turn it waits for the turn's targets: fills go to who needs them.
        """
        if self.router.fresh_fills and not self.turn.locked():
            with contextlib.suppress(JournalError):  # told already; they are booked later
                self.audit.book_fills(self.quotes())

    def positions(self, view: View) -> dict[Leg, Decimal]:
        """Give the positions the desk may trade: without baselines and what is kept."""
        legs = {*view.positions, *self.books.baseline, *self.books.kept}
        return {leg: view.position(leg) - self.books.set_aside(leg) for leg in legs}

    def frozen(self) -> dict[Leg, str]:
        """Name the legs on which nothing may be sent now, and why."""
        moved = dict.fromkeys(
            self.account.moved(),
            "an order on it changed while the account was read; look again",
        )
        return {**moved, **self.audit.comparer.frozen}

    def snapshot(
        self,
        view: View,
        book: TargetBook,
        working: tuple[OrderReport, ...],
        minded: frozenset[str],
    ) -> Snapshot:
        """Give everything a plan is a function of, as it is now.

        Args:
            view: the account as it was read last.
            book: the targets.
            working: own orders that are not final, smart ones in full.
            minded: names the smart ones.
        """
        now, settings, epoch = self.clock(), self._settings, self._recorder.state.epoch
        snapshot = Snapshot(
            desk=settings.name if epoch is None else epoch.desk,
            sequence=self._recorder.state.plans,
            mode=settings.mode,
            book=book,
            positions=self.positions(view),
            frozen=self.frozen(),
            working=working,
            minded=minded,
            instruments=self.venue.instruments(),
            quotes=self.quotes(),
            available=view.balance.available,
            leverage=settings.leverage,
            deadbands=settings.deadbands,
            limits=settings.limits,
            sent_last_minute=self.router.sent_since(now - timedelta(minutes=1)),
            time=now,
        )
        return self.refused.hold_back(snapshot)

    def _hear(self, event: Event) -> None:
        """Show at once what the stream tells; it is compared when the account is read."""
        if isinstance(event, Position) and self.view is not None:
            if self.view.position(event.leg) != event.quantity:
                self.feed.surprise()
            self.view = self.view.with_position(event)
        if isinstance(event, Fill):
            self.book_fills()
        self.tell()

    def _record(self, report: OrderReport, evidence: str) -> None:
        held = self.view.position(report.order.leg) if self.view else ZERO
        self.refused.note(report, held)
        self._recorder.later(Reported.of(report, evidence, self._touch_for(report)))
        self.tell()

    def _touch_for(self, report: OrderReport) -> Quote | None:
        """Give the touch an order comes to rest at, or ends unfilled at: its cost needs it."""
        if report.state not in _TOUCHED or report.filled == report.order.quantity:
            return None
        return self.quotes().get(report.order.symbol)

    def _is_booked(self, fill: Fill) -> bool:
        try:
            return self.books.is_booked(fill)
        except JournalError:  # asked again before it is booked, and told then
            return False

    def begin_anew(self) -> None:
        """Forget orders and comparisons: the account's books were begun anew."""
        self.router.begin_anew()
        self.audit.begin_anew()
        self.refused.clear()
