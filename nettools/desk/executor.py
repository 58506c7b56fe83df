"""Sends one plan: written down, sent in its order, booked, and read back.

A plan comes in, a report of what became of it goes out. Law: nothing of a plan is sent before
all of it is on the disk.
"""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from nettools import smart
from nettools.desk.activity import committed, with_fills
from nettools.desk.intent import intent_of
from nettools.desk.minder import Means, Minder
from nettools.desk.minders import PATIENCE, Minders
from nettools.desk.report import Activity, Report, View
from nettools.errors import DeskHalted, JournalError, VenueError
from nettools.journal.records import Reported
from nettools.journal.smart import SmartBegun
from nettools.model import Leg, Order, OrderReport, OrderState, PositionMode
from nettools.plan import Plan
from nettools.targets import TargetBook


class Executor:
    """Sends the plans of one desk, one at a time.

    Args:
        means: the account, the recorder, and what may stop a send.
        mode: the desk was opened in.
    """

    def __init__(self, means: Means, mode: PositionMode) -> None:
        self.activity = Activity()
        """What was sent and what netting made unnecessary."""
        self.minders = Minders(means, self._note_ended)
        """The smart orders at work."""
        self._watch = means.watch
        self._recorder = means.recorder
        self._mode = mode
        self._may_send = means.may_send
        self._halt = means.halt
        self._turned: dict[str, int] = {}
        self._sent: dict[str, tuple[Minder, ...]] = {}

    async def send(self, plan: Plan) -> Report:
        """Cancel and send what the plan says, in its order, and commit its targets.

        Raises:
            JournalError: it could not be written, so nothing was sent.
        """
        watch, before = self._watch, self._recorder.state.committed
        begun: tuple[SmartBegun, ...] = ()
        if not plan.is_empty or plan.snapshot.book != before:
            records = intent_of(
                plan, self._recorder.state, watch.account.rates, self._taking(plan)
            )
            begun = tuple(record for record in records if isinstance(record, SmartBegun))
            self._recorder.write(*records)
        untold = ""
        try:
            reports, problem = await self._route(plan, begun)
        finally:
            untold = self._book(plan, before)
        fills = watch.router.fills_of(report.order for report in reports)
        self.activity = with_fills(self.activity, fills, 0 if begun else len(plan.orders))
        problem = problem or untold
        if not plan.is_empty and not begun:
            problem = await watch.catch_up(plan.snapshot.book.symbols) or problem
            problem = await self._why_other_mode(reports) or problem
        problem = self._release_removed(plan) or problem
        self._recorder.tidy()
        return Report(
            plan=plan,
            orders=reports,
            fills=fills,
            positions=_held(plan, watch.view) if not problem else {},
            problem=problem,
        )

    async def completed(self, report: Report) -> Report:
        """Wait for the smart orders of a plan; gives what became of them. Not during a turn.

        Each ends by itself when its time is up; one that cannot be canceled or looked up for
        longer than that is reported as it is, goes on, and counts in full.
        """
        minders, plan = self._sent.pop(report.plan.id, ()), report.plan
        if not minders:
            return report
        longest = timedelta(seconds=float(plan.style.timeout_seconds))
        await self.minders.finished(minders, longest * len(minders) + PATIENCE)
        async with self._watch.turn:
            problem = await self._watch.catch_up(plan.snapshot.book.symbols)
            problem = self._release_removed(plan) or problem
        problem = problem or "; ".join(
            f"{minder.parent.order.leg}: {minder.parent.message}"
            for minder in minders
            if minder.parent.message
        )
        fills = [fill for minder in minders for fill in minder.parent.fills]
        return replace(
            report,
            orders=(
                *report.orders[: len(plan.cancels)],
                *(minder.parent.report for minder in minders),
            ),
            fills=tuple(sorted(fills, key=lambda fill: fill.time)),
            positions=_held(plan, self._watch.view) if not problem else {},
            problem=problem,
        )

    def _note_ended(self, minder: Minder) -> None:
        parent = minder.parent
        self.activity = with_fills(self.activity, parent.fills, len(parent.children))
        self._watch.tell()

    def _taking(self, plan: Plan) -> dict[str, str]:
        """Give the symbols on which the strategies have changed sides while an order worked."""
        name = smart.REASONS[smart.TARGET_CHANGED_SIGN]
        nets = {line.leg.symbol: line.net.net for line in plan.lines if line.orders}
        turned = {s: self._turned.pop(s) for s in nets.keys() & self._turned.keys()}
        return {symbol: name for symbol, sign in turned.items() if nets[symbol] * sign > 0}

    async def _cancel(self, plan: Plan, report: OrderReport) -> OrderReport:
        """Cancel one working order; a smart one is told why, and cancels what rests of it."""
        name = report.order.client_order_id
        minder = self.minders.find(name)
        if minder is None and name in plan.snapshot.minded:
            return report  # it has ended by itself meanwhile
        if minder is None:
            return await self._watch.router.cancel(report.order)
        line = next(line for line in plan.lines if line.leg == report.order.leg)
        has_turned = line.net.net * minder.parent.begun.net < 0
        if has_turned:
            self._turned[line.leg.symbol] = 1 if line.net.net > 0 else -1
            reason = smart.TARGET_CHANGED_SIGN
        elif line.delta.target != minder.parent.begun.target:
            reason = smart.TARGET_CHANGED
        else:  # what it was planned on is not so any more
            reason = smart.POSITION_MOVED
        return (await self.minders.stop([minder], reason))[0]

    async def _route(
        self, plan: Plan, begun: tuple[SmartBegun, ...]
    ) -> tuple[tuple[OrderReport, ...], str]:
        router = self._watch.router
        reports = [await self._cancel(plan, report) for report in plan.cancels]
        if begun:
            minders = self.minders.begin(begun)
            self._sent = {plan.id: minders}
            return (*reports, *(minder.parent.report for minder in minders)), ""
        for order in plan.orders:
            if any(one.order.leg == order.leg and _is_refused(one) for one in reports):
                reports.append(self._leave_out(order))
                continue
            try:
                self._may_send()
                reports.append(await router.send(order))
            except (DeskHalted, VenueError) as error:
                return tuple(reports), f"{len(plan.orders)} orders planned; {error}"
            self._watch.tell()
        return tuple(reports), ""

    def _leave_out(self, order: Order) -> OrderReport:
        """Close the intent of an order whose like the venue has just refused on its leg."""
        why = "not sent: the venue refused the one before it"
        report = OrderReport(order=order, state=OrderState.CANCELED, message=why)
        self._recorder.later(Reported.of(report, "nothing left this machine"))
        return report

    def _book(self, plan: Plan, before: TargetBook) -> str:
        """Book what the plan did, after its orders are on their way: that can wait for them.

        The targets are committed by the plan's record; what meets inside is crossed, then
        fills go to who needs them. Gives why it could not be written; it is tried again.
        """
        now, watch = plan.snapshot, self._watch
        self.activity = committed(self.activity, before, now, watch.account.rates)
        try:
            watch.books.cross(now.quotes, source=plan.id, now=now.time)
            # Priced by the touch they were sent on; later reads show what they left behind.
            watch.audit.book_fills(now.quotes)
        except JournalError as error:
            return str(error)
        return ""

    async def _why_other_mode(self, reports: tuple[OrderReport, ...]) -> str:
        """After a refusal: halt if somebody has switched the account's mode."""
        if not any(map(_is_refused, reports)):
            return ""
        moved = await self._watch.account.why_other_mode(self._mode)
        if moved:
            self._halt(moved)
        return moved

    def _release_removed(self, plan: Plan) -> str:
        if not self.minders.is_idle:
            return ""  # what is on its way belongs to whom it was planned for
        try:
            self._watch.books.release_removed(plan.snapshot, plan.id)
        except JournalError as error:
            return str(error)
        return ""


def _held(plan: Plan, view: View | None) -> dict[Leg, Decimal]:
    return {line.leg: view.position(line.leg) for line in plan.lines} if view else {}


def _is_refused(report: OrderReport) -> bool:
    return report.state is OrderState.REJECTED
