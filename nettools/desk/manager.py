"""The position manager: reads the account, plans, sends, and repeats.

It lives on the desk's thread and holds all that changes: the target book, the last view of
the account, the orders. Every way to the venue leads through ``preview`` and ``execute``, so
limits, staleness and halt hold on all of them. What is known of the account is ``watch``'s.
"""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal

from nettools.allocate import Posting
from nettools.decimals import ZERO, signed
from nettools.desk.activity import committed, with_fills
from nettools.desk.adoption import adopted_target
from nettools.desk.loop import Incident, Loop
from nettools.desk.notes import notes_on
from nettools.desk.report import Activity, DeskStatus, Report, View
from nettools.desk.settings import Settings
from nettools.desk.watch import AccountWatch
from nettools.desk.wishes import ask_strategies, with_answers
from nettools.errors import DeskHalted, InvalidInput, NettoolsError, StalePlan, VenueError
from nettools.model import Leg, OrderReport, OrderState
from nettools.plan import Plan, make_plan
from nettools.reconcile import Repair
from nettools.snapshot import Snapshot, what_moved
from nettools.style import Style
from nettools.targets import Strategy, TargetBook
from nettools.venues.protocol import Venue


class PositionManager:
    """One account, one book of targets, and the loop that brings the two together."""

    def __init__(self, venue: Venue, settings: Settings, clock: Callable[[], datetime]) -> None:
        self.venue = venue
        self.settings = settings
        self.book = TargetBook()
        self.activity = Activity()
        self.strategies: dict[str, Strategy] = {}
        self.listeners: list[Callable[[], None]] = []
        self.watch = AccountWatch(venue, settings, clock, self._tell)
        self.router = self.watch.router
        self.account = self.watch.account
        self.books = self.watch.books
        self.audit = self.watch.audit
        self._clock = clock
        self._state = "idle"
        self._sequence = 0
        self.committed = TargetBook()
        """The targets of the last plan that was executed."""
        self._turn = self.watch.turn
        self._change = threading.Lock()
        self._style = Style()
        self._incident = Incident(clock)
        self._loop = Loop(self._step, lambda: self._state == "running", clock)

    @property
    def view(self) -> View | None:
        """The account as last read and heard; None before the first read."""
        return self.watch.view

    async def open(self) -> None:
        """Reach the venue, check the mode, read the account once, begin to listen."""
        await self.watch.open(self.book.symbols)

    async def close(self) -> None:
        """Stop the loop and let go of the venue; resting orders stay where they are."""
        await self.stop()
        self._state = "closed"
        await self.watch.close()
        self._tell()

    def change(self, make: Callable[[TargetBook], TargetBook]) -> None:
        """Replace the book by what ``make`` gives, from any thread; if it raises, nothing."""
        with self._change:
            self.book = make(self.book)
        self._tell()

    def check_target(self, strategy: str, symbol: str, quantity: Decimal) -> None:
        """Refuse a symbol the venue does not trade and a target beyond the strategy cap."""
        instruments = self.venue.instruments()
        if symbol not in instruments:
            near = ", ".join(sorted(instruments)[:5])
            raise InvalidInput(
                f"{symbol!r} is not traded on {self.venue.name}; there is {near}"
            )
        quote = self.view.quotes.get(symbol) if self.view else None
        notional = abs(quantity) * quote.mid if quote else ZERO
        cap = self.settings.limits.strategy_notional
        if notional > cap:
            raise InvalidInput(
                f"target of {strategy} on {symbol} is worth {notional:,.0f}, above the cap of "
                f"{cap:,.0f} per strategy; lower it or raise limits.strategy_notional"
            )

    async def look(self) -> View:
        """Read the account when no plan is on its way."""
        async with self._turn:
            return await self.read()

    async def read(self) -> View:
        """Read the account, book new fills, compare; raises when any read fails."""
        return await self.watch.read(self.book.symbols)

    async def preview(self, style: Style) -> Plan:
        """Read the account and plan on it; sends nothing."""
        async with self._turn:
            return make_plan(self._snapshot(await self.read()), style)

    async def execute(self, plan: Plan) -> Report:
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
            return await self._send(plan)

    async def tick(self, style: Style) -> Report:
        """Ask the strategies, plan and send: one step of the automatic loop."""
        async with self._turn:
            self._may_send()
            view = await self.watch.fresh(self.book.symbols)
            if self.strategies:
                answers = ask_strategies(
                    self.strategies, view.quotes, self._clock(), self.check_target
                )
                self.change(lambda book: with_answers(book, answers))
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
        if self._state != "closed":
            self._state = "halted"
        self._loop.wake()
        self._tell()
        canceled = [await self.router.cancel(r.order) for r in self.router.working]
        self._tell()
        return tuple(canceled)

    async def repair(
        self, leg: Leg, how: Repair, account: str, shown: Decimal | None = None
    ) -> tuple[Posting, ...]:
        """Close a break in one adjustment; raises InvalidInput when it cannot be done so."""
        async with self._turn:
            if leg not in self.books.breaks:
                broken = ", ".join(map(str, self.books.breaks)) or "none"
                raise InvalidInput(f"there is no break on {leg}; open breaks: {broken}")
            if shown not in {None, now := self.books.breaks[leg].difference}:
                raise InvalidInput(
                    f"the break on {leg} must be as it was shown, {signed(shown or ZERO)}, "
                    f"was {signed(now)}; look again"
                )
            if how is Repair.ADOPT:
                wanted = adopted_target(self.book, account, leg, now, self.settings.mode)
                self.check_target(account, leg.symbol, wanted)
                self.change(lambda book: book.set(account, leg.symbol, wanted))
            elif how is Repair.FLATTEN:
                self.change(lambda book: book.with_symbol(leg.symbol))
            postings = self.books.repair(
                leg,
                how,
                account,
                quotes=self.watch.quotes(),
                rates=self.account.rates,
                now=self._clock(),
            )
            await self.read()
            return postings

    def resume(self) -> None:
        """Allow sending again after a halt."""
        if self._state == "halted":
            self._state = "idle"
        self._tell()

    def status(self) -> DeskStatus:
        """Say in one value how the desk is."""
        return DeskStatus(
            venue=self.venue.name,
            mode=self.settings.mode,
            state=self._state,
            updated=self.view.time if self.view else None,
            problem=self._incident.problem,
            problem_since=self._incident.since,
            problem_count=self._incident.count,
            stream=self.watch.feed.state,
            stream_since=self.watch.feed.since,
            notes=notes_on(self.watch, self.book),
            time=self._clock(),
        )

    def _may_send(self) -> None:
        if self._state == "closed":
            raise DeskHalted("the desk is closed; open it again with Desk.open")
        if self._state == "halted":
            raise DeskHalted("the desk is halted and sends nothing; resume it first")

    def _snapshot(self, view: View) -> Snapshot:
        now = self._clock()
        return Snapshot(
            desk=self.settings.name,
            sequence=self._sequence,
            mode=self.settings.mode,
            book=self.book,
            positions=self.watch.positions(view),
            frozen=self.watch.frozen(),
            working=self.router.working,
            instruments=self.venue.instruments(),
            quotes=self.watch.quotes(),
            available=view.balance.available,
            leverage=self.settings.leverage,
            deadbands=self.settings.deadbands,
            limits=self.settings.limits,
            sent_last_minute=self.router.sent_since(now - timedelta(minutes=1)),
            time=now,
        )

    async def _send(self, plan: Plan) -> Report:
        """Cancel and send what the plan says, in its order, and commit its targets."""
        self._sequence += 1
        try:
            reports, problem = await self._route(plan)
        finally:
            self._commit(plan)  # after the orders are on their way: booking can wait for them
        # Priced by the touch they were sent on; later reads show what they left behind.
        self.audit.book_fills(plan.snapshot.quotes)
        fills = self.router.fills_of(report.order for report in reports)
        self.activity = with_fills(self.activity, fills, len(plan.orders))
        if not plan.is_empty:
            problem = await self.watch.catch_up(self.book.symbols) or problem
            if any(report.state is OrderState.REJECTED for report in reports):
                moved = await self.account.why_other_mode(self.settings.mode)
                self._state = "halted" if moved else self._state
                problem = moved or problem
            self._note_problem(problem)
        self.books.release_removed(plan.snapshot, plan.id)
        return Report(
            plan=plan,
            orders=reports,
            fills=fills,
            positions=_held(plan, self.view) if not problem else {},
            problem=problem,
        )

    def _commit(self, plan: Plan) -> None:
        """Take the plan's targets as committed: count them, cross inside what meets."""
        now, rates = plan.snapshot, self.account.rates
        before, self.committed = self.committed, now.book
        self.activity = committed(self.activity, before, now, rates)
        self.books.commit(now.book, now.quotes, rates, source=plan.id, now=now.time)

    async def _route(self, plan: Plan) -> tuple[tuple[OrderReport, ...], str]:
        reports = [await self.router.cancel(report.order) for report in plan.cancels]
        for order in plan.orders:
            try:
                self._may_send()
                reports.append(await self.router.send(order))
            except (DeskHalted, VenueError) as error:
                return tuple(reports), f"{len(plan.orders)} orders planned; {error}"
            self._tell()
        return tuple(reports), ""

    async def _step(self) -> None:
        """Tick once by itself; a failure becomes the incident, one nobody expected halts."""
        try:
            report = await self.tick(self._style)
        except NettoolsError as error:
            self._note_problem(str(error))
        except Exception as error:  # noqa: BLE001 - the one place: shown, and halted
            self._state = "halted"
            self._note_problem(f"halted on an unexpected {type(error).__name__}: {error}")
        else:
            if not report.problem:
                self._note_problem("")

    def _note_problem(self, problem: str) -> None:
        self._incident.note(problem)
        self._tell()

    def _tell(self) -> None:
        for listener in tuple(self.listeners):
            listener()


def _held(plan: Plan, view: View | None) -> dict[Leg, Decimal]:
    return {line.leg: view.position(line.leg) for line in plan.lines} if view else {}
