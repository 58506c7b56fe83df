"""The position manager: reads the account, plans, sends, and repeats.

It lives on the desk's thread and holds all that changes: the target book, the last view of
the account, the orders. Every way to the venue leads through ``preview`` and ``execute``, so
limits, staleness and halt hold on all of them. What is known of the account is ``watch``'s.
"""

import asyncio
import contextlib
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

from nettools.allocate import Posting
from nettools.desk.adoption import adopted_target, break_to_repair
from nettools.desk.executor import Executor
from nettools.desk.incidents import (
    Incident,
    Incidents,
    Trouble,
    trouble_of_desk,
    troubles_of,
)
from nettools.desk.loop import Loop, Problem
from nettools.desk.minder import Means
from nettools.desk.notes import notes_on
from nettools.desk.recorder import Recorder
from nettools.desk.recovery import first_epoch
from nettools.desk.report import Activity, DeskStatus, Report, View
from nettools.desk.settings import Settings
from nettools.desk.watch import AccountWatch
from nettools.desk.wishes import Wishes, check_target, hold_stale
from nettools.errors import (
    DeskHalted,
    InvalidInput,
    JournalError,
    NettoolsError,
    StalePlan,
)
from nettools.journal.records import Halted, Resumed, TargetsSet
from nettools.model import Leg, OrderReport
from nettools.plan import Plan, make_plan
from nettools.reconcile import Repair
from nettools.smart import HALTED
from nettools.snapshot import Snapshot, what_moved
from nettools.style import Style
from nettools.targets import Strategy, TargetBook
from nettools.venues.protocol import Venue


class PositionManager:
    """One account, one book of targets, and the loop that brings the two together."""

    def __init__(
        self,
        venue: Venue,
        settings: Settings,
        clock: Callable[[], datetime],
        recorder: Recorder,
    ) -> None:
        self.venue = venue
        self.settings = settings
        self.recorder = recorder
        self.book = recorder.state.book
        self.wishes = Wishes(self.check_target)
        self.listeners: list[Callable[[], None]] = []
        self.watch = AccountWatch(venue, settings, recorder, clock, self._tell)
        self.router = self.watch.router
        self.account = self.watch.account
        self.books = self.watch.books
        self.audit = self.watch.audit
        self._clock = clock
        self._state = "halted" if recorder.state.halted else "idle"
        self._restored = set(self.book.strategies)
        self._turn = self.watch.turn
        means = Means(self.watch, recorder, settings.limits, self._may_send, self._fail)
        self._executor = Executor(means, settings.mode)
        self.minders = self._executor.minders
        self._change = threading.Lock()
        self._style = Style()
        self._problem = Problem(clock)
        self._incidents = Incidents(clock, recorder.later)
        self._thread = 0
        self._slept: timedelta | None = None
        self._loop = Loop(
            self._step, lambda: self._state == "running", clock, self._read_after_sleep
        )
        self._problem.note(recorder.state.halted)
        recorder.failed = self._halt_unrecorded
        recorder.outstanding = self._unrecorded
        recorder.wrote = self._tell

    @property
    def activity(self) -> Activity:
        """What was sent and what netting made unnecessary since the desk was opened."""
        return self._executor.activity

    @property
    def committed(self) -> TargetBook:
        """The targets of the last plan that was executed."""
        return self.recorder.state.committed

    @property
    def view(self) -> View | None:
        """The account as last read and heard; None before the first read."""
        return self.watch.view

    async def open(self) -> None:
        """Reach the venue, take up what was left, read the account, begin to listen."""
        self._thread = threading.get_ident()
        self.recorder.open(asyncio.get_running_loop())
        await self.watch.open(self.book.symbols)
        self.minders.take_up(self.recorder.state.smart.values())

    async def close(self) -> None:
        """Stop the loop and let go of the venue; resting orders stay where they are."""
        await self.stop()
        await self.minders.close()
        self._state = "closed"
        await self.watch.close()
        self.recorder.close()
        self._tell()

    async def give_up(self) -> None:
        """Let go of everything when the opening has failed."""
        await self.venue.close()
        self.recorder.close()

    def change(self, make: Callable[[TargetBook], TargetBook]) -> None:
        """Replace the book by what ``make`` gives, from any thread; if it raises, nothing."""
        with self._change:
            self.book = make(self.book)
        self.recorder.soon()
        self._tell()

    def add(self, name: str, strategy: Strategy | None, ttl: timedelta | None) -> None:
        """Add a strategy; one that the journal brought back is taken up as it was."""
        if name in self._restored & set(self.book.strategies):
            self._restored.remove(name)
        else:
            self.change(lambda book: book.add(name))
        self.wishes.add(name, strategy, ttl)

    def remove(self, name: str) -> None:
        """Remove a strategy; its targets count zero."""
        self.change(lambda book: book.remove(name))
        self.wishes.remove(name)

    def set_target(
        self, strategy: str, symbol: str, quantity: Decimal, ttl: timedelta | None
    ) -> None:
        """Set what a strategy wants; its own time to live counts where none is given."""
        self.check_target(strategy, symbol, quantity)
        ttl, now = ttl or self.wishes.ttl_of(strategy), self._clock()
        self.change(lambda book: book.set(strategy, symbol, quantity, ttl=ttl, said=now))

    def check_target(self, strategy: str, symbol: str, quantity: Decimal) -> None:
        """Refuse a symbol the venue does not trade and a target beyond the strategy cap."""
        quotes, cap = self.watch.quotes(), self.settings.limits.strategy_notional
        quote = quotes.get(symbol)
        check_target(strategy, symbol, quantity, venue=self.venue, quote=quote, cap=cap)

    async def look(self) -> View:
        """Read the account when no plan is on its way."""
        async with self._turn:
            return await self.read()

    async def read(self) -> View:
        """Read the account, book new fills, compare; raises when any read fails."""
        view = await self.watch.read(self.book.symbols)
        self._hold_stale()
        return view

    def _hold_stale(self) -> None:
        """Hold strategies whose wishes are stale; a desk that is halted asks nobody."""
        now = self._clock()
        if self._state != "halted" and any(target.is_stale(now) for target in self.book):
            self.change(lambda book: hold_stale(book, self.books, now))

    async def preview(self, style: Style) -> Plan:
        """Read the account and plan on it; sends nothing."""
        async with self._turn:
            return make_plan(self._snapshot(await self.read()), style)

    async def execute(self, plan: Plan, *, wait: bool = True) -> Report:
        """Send exactly this plan, or raise when what it was made from has moved.

        Raises:
            DeskHalted: the desk is halted or closed.
            StalePlan: targets, positions, working orders or prices moved, or it is too old.
            VenueUnavailable: the account could not be read; nothing was sent.
        """
        async with self._turn:
            self._may_send()
            moved = what_moved(plan.snapshot, self._snapshot(await self.read()))
            if moved:
                raise StalePlan(f"{'; '.join(moved)}: nothing was sent, preview again")
            report = await self._send(plan)
        return await self._executor.completed(report) if wait else report

    async def tick(self, style: Style) -> Report:
        """Ask the strategies, plan and send: one step of the automatic loop."""
        async with self._turn:
            self._may_send()
            view = await self.watch.fresh(self.book.symbols)
            if self.wishes.strategies:
                every = self._loop.every if self._state == "running" else None
                self.change(self.wishes.ask(view.quotes, self._clock(), every))
            self._hold_stale()
            if set(self.book.symbols) - view.quotes.keys():
                view = await self.read()  # a strategy has just named a new symbol
            return await self._send(make_plan(self._snapshot(view), style))

    def run(self, every: float, style: Style) -> None:
        """Tick every so many seconds; a second call only changes the rhythm and the style."""
        self._may_send()
        self._style = style
        self._state = "running"
        self._loop.start(every)
        self._tell()

    async def stop(self) -> None:
        """End the automatic loop after the step it is in."""
        if self._state == "running":
            self._state = "idle"
        await self._loop.ended()
        self._tell()

    async def halt(self) -> tuple[OrderReport, ...]:
        """Send nothing more, and cancel own working orders; gives what became of each."""
        self._halt("halted by hand")
        self._loop.wake()
        self._tell()
        stopped = await self.minders.stop_all(HALTED)
        canceled = [await self.router.cancel(r.order) for r in self.router.working]
        self._tell()
        return (*stopped, *canceled)

    async def repair(
        self, leg: Leg, how: Repair, account: str, shown: Decimal | None = None
    ) -> tuple[Posting, ...]:
        """Close a break in one adjustment; raises InvalidInput when it cannot be done so."""
        async with self._turn:
            now = break_to_repair(self.books.breaks, leg, shown).difference
            book = self.book
            if how is Repair.ADOPT:
                wanted = adopted_target(book, account, leg, now, self.settings.mode)
                self.check_target(account, leg.symbol, wanted)
                book = book.set(account, leg.symbol, wanted)
            elif how is Repair.FLATTEN:
                book = book.with_symbol(leg.symbol)
            postings = self.books.repair(
                leg,
                how,
                account,
                targets=TargetsSet.between(self.recorder.state.book, book),
                quotes=self.watch.quotes(),
                rates=self.account.rates,
                now=self._clock(),
            )
            self.change(lambda _: book)
            await self.read()
            return postings

    async def begin_epoch(self, note: str) -> None:
        """Begin the account's books anew, because the testnet was wiped.

        Raises:
            InvalidInput: nothing speaks for a reset, so the books are kept.
            JournalError: it could not be written; nothing has changed.
        """
        async with self._turn:
            before, found = self.recorder.state.epoch, self.audit.comparer.reset
            if before is None or not found:
                raise InvalidInput(
                    "the venue still knows our newest trades, so it was not reset and the "
                    "books are kept; differences are repaired one by one"
                )
            name = f"{self._clock().timestamp():.6f}"
            self.settings = replace(self.settings, name=name)
            number, told = before.number + 1, note or "confirmed: the testnet was reset"
            epoch = first_epoch(self.venue, self.settings, number, told)
            self.recorder.write(epoch, Resumed(why=told))
            self.minders.let_go()
            self.watch.begin_anew()
            self._state = "idle"
            self._problem.note("")
            await self.read()

    def resume(self) -> None:
        """Allow sending again after a halt."""
        if self._state == "halted":
            self._state = "idle"
            self.recorder.later(Resumed(why="resumed by hand"))
            self._problem.note("")
        self._tell()

    def status(self) -> DeskStatus:
        """Say in one value how the desk is."""
        reset = self.audit.comparer.reset
        return DeskStatus(
            venue=self.venue.name,
            mode=self.settings.mode,
            state="halted" if reset and self._state != "closed" else self._state,
            updated=self.view.time if self.view else None,
            problem=reset or self._problem.text,
            problem_since=self._problem.since,
            problem_count=self._problem.count,
            stream=self.watch.feed.state,
            stream_since=self.watch.feed.since,
            notes=notes_on(self.watch, self.book),
            **self.recorder.told(),
            recovered=self.watch.taken_up,
            time=self._clock(),
        )

    def _halt(self, why: str) -> None:
        """Send nothing from here on; it is written down first, if it can be."""
        if self._state != "closed":
            self._state = "halted"
            with contextlib.suppress(JournalError):  # halted all the same
                self.recorder.write(Halted(why=why))

    def _fail(self, why: str) -> None:
        self._halt(why)
        self._note_problem(why)

    def _halt_unrecorded(self, why: str) -> None:
        if self._state != "closed":
            self._state = "halted"
        self._note_problem(why)

    def _unrecorded(self) -> tuple[TargetsSet, ...]:
        """Give what the targets are now and the journal does not say yet."""
        changed = TargetsSet.between(self.recorder.state.book, self.book)
        return () if changed is None else (changed,)

    def _may_send(self) -> None:
        if self._state == "closed":
            raise DeskHalted("the desk is closed; open it again with Desk.open")
        if self._state == "halted":
            raise DeskHalted("the desk is halted and sends nothing; resume it first")
        if self.audit.comparer.reset:
            raise DeskHalted(self.audit.comparer.reset)

    def _snapshot(self, view: View) -> Snapshot:
        working = self.minders.working(self.router.working)
        return self.watch.snapshot(view, self.book, working, self.minders.names())

    async def _send(self, plan: Plan) -> Report:
        report = await self._executor.send(plan)
        if not plan.is_empty:
            self._note_problem(report.problem)
        return report

    async def _step(self) -> None:
        """Tick once by itself; a failure becomes the incident, one nobody expected halts."""
        try:
            report = await self.tick(self._style)
        except NettoolsError as error:
            self._note_problem(str(error))
        except Exception as error:  # noqa: BLE001 - the one place: shown, and halted
            self._fail(f"halted on an unexpected {type(error).__name__}: {error}")
        else:
            self._slept = None
            if not report.problem:
                self._note_problem("")

    def _read_after_sleep(self, late: timedelta) -> None:
        self._slept = late
        self.watch.feed.surprise()
        self._tell()

    def _note_problem(self, problem: str) -> None:
        self._problem.note(problem)
        self._tell()

    def incidents(self) -> tuple[Incident, ...]:
        """What is or was wrong, a line each."""
        return self._incidents.rows

    def _tell(self) -> None:
        if threading.get_ident() == self._thread:  # else it is done when the change is written
            self._incidents.note(self._troubles())
            self.minders.wake()
        for listener in tuple(self.listeners):
            listener()

    def _troubles(self) -> list[Trouble]:
        found = self._incidents.of_targets(self.book, self.wishes.silent)
        found += troubles_of(self.watch, self._clock())
        own = trouble_of_desk(self._state, self._problem, self.view, self._slept)
        return found if own is None or self.audit.comparer.reset else [*found, own]
