"""Sends one plan: written down, sent in its order, booked, and read back.

A plan comes in, a report of what became of it goes out. Law: nothing of a plan is sent before
all of it is on the disk.
"""

from collections.abc import Callable
from decimal import Decimal

from nettools.desk.activity import committed, with_fills
from nettools.desk.intent import intent_of
from nettools.desk.recorder import Recorder
from nettools.desk.report import Activity, Report, View
from nettools.desk.watch import AccountWatch
from nettools.errors import DeskHalted, JournalError, VenueError
from nettools.model import Leg, OrderReport, OrderState, PositionMode
from nettools.plan import Plan
from nettools.targets import TargetBook


class Executor:
    """Sends the plans of one desk, one at a time.

    Args:
        watch: the account, its orders and its books.
        recorder: writes the plan down.
        mode: the desk was opened in.
        may_send: asked before every order; raises DeskHalted.
        halt: called with the reason when nothing may be sent any more.
    """

    def __init__(
        self,
        watch: AccountWatch,
        recorder: Recorder,
        mode: PositionMode,
        *,
        may_send: Callable[[], None],
        halt: Callable[[str], None],
    ) -> None:
        self.activity = Activity()
        """What was sent and what netting made unnecessary."""
        self._watch = watch
        self._recorder = recorder
        self._mode = mode
        self._may_send = may_send
        self._halt = halt

    async def send(self, plan: Plan) -> Report:
        """Cancel and send what the plan says, in its order, and commit its targets.

        Raises:
            JournalError: it could not be written, so nothing was sent.
        """
        watch, before = self._watch, self._recorder.state.committed
        if not plan.is_empty or plan.snapshot.book != before:
            rates = watch.account.rates
            self._recorder.write(*intent_of(plan, self._recorder.state, rates))
        untold = ""
        try:
            reports, problem = await self._route(plan)
        finally:
            untold = self._book(plan, before)
        fills = watch.router.fills_of(report.order for report in reports)
        self.activity = with_fills(self.activity, fills, len(plan.orders))
        problem = problem or untold
        if not plan.is_empty:
            problem = await watch.catch_up(plan.snapshot.book.symbols) or problem
            problem = await self._why_other_mode(reports) or problem
        problem = self._release_removed(plan) or problem
        return Report(
            plan=plan,
            orders=reports,
            fills=fills,
            positions=_held(plan, watch.view) if not problem else {},
            problem=problem,
        )

    async def _route(self, plan: Plan) -> tuple[tuple[OrderReport, ...], str]:
        router = self._watch.router
        reports = [await router.cancel(report.order) for report in plan.cancels]
        for order in plan.orders:
            try:
                self._may_send()
                reports.append(await router.send(order))
            except (DeskHalted, VenueError) as error:
                return tuple(reports), f"{len(plan.orders)} orders planned; {error}"
            self._watch.tell()
        return tuple(reports), ""

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
        if all(report.state is not OrderState.REJECTED for report in reports):
            return ""
        moved = await self._watch.account.why_other_mode(self._mode)
        if moved:
            self._halt(moved)
        return moved

    def _release_removed(self, plan: Plan) -> str:
        try:
            self._watch.books.release_removed(plan.snapshot, plan.id)
        except JournalError as error:
            return str(error)
        return ""


def _held(plan: Plan, view: View | None) -> dict[Leg, Decimal]:
    return {line.leg: view.position(line.leg) for line in plan.lines} if view else {}
