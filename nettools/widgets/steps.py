"""Preview, then confirm: the two steps between a target and an order.

Targets and a style come in; the plan that stands on the screen goes out, once. Whatever
changes what the plan was made from takes the second step away until the next preview.
"""

import asyncio

from traitlets import Any as AnyTrait
from traitlets import Bool, Float, HasTraits, Unicode

from nettools.desk import Report
from nettools.errors import InvalidInput
from nettools.plan import Plan
from nettools.texts import say, word
from nettools.widgets.screen import Screen
from nettools.widgets.state import SMART_FIELDS


class Steps(HasTraits):
    """The plan on the screen, whether it may be confirmed, and what became of it."""

    plan: Plan | None = AnyTrait(None)  # type: ignore[assignment]  # a trait holds it
    report: Report | None = AnyTrait(None)  # type: ignore[assignment]  # a trait holds it
    is_armed = Bool(default_value=False)
    """The plan on the screen may be confirmed."""
    note = Unicode()
    """Why the plan cannot be confirmed any more; empty while it can."""
    seconds = Float(30.0)
    """How long a preview may be confirmed."""

    def __init__(self, screen: Screen, seconds: float) -> None:
        super().__init__(seconds=seconds)
        self._screen = screen
        self._expiry: asyncio.TimerHandle | None = None
        screen.targets.observe(self._on_change, "book")
        screen.observe(self._on_change, "beat")
        fields = ["name", "slippage_bps", "offset_bps", *SMART_FIELDS]
        screen.style.observe(self._on_style, fields)

    async def preview(self) -> None:
        """Plan on a fresh read of the account; sends nothing.

        Raises:
            InvalidInput: a field of the style has a bad entry.
            VenueUnavailable: the account could not be read.
        """
        self._disarm("")
        self.plan = self.report = None
        style = self._screen.style
        if style.errors:
            raise InvalidInput(say("correct the marked field first, then preview"))
        async with self._screen.turn:
            plan = await self._screen.desk.preview(style.style)
        self.plan = plan
        self.is_armed = not plan.is_empty
        if self.is_armed:
            loop = asyncio.get_running_loop()
            self._expiry = loop.call_later(self.seconds, self._expire)
        self._on_change()

    async def confirm(self) -> None:
        """Send exactly the plan on the screen; a second call finds nothing to confirm.

        Raises:
            InvalidInput: there is no preview to confirm, or it was put away.
            StalePlan, DeskHalted, VenueUnavailable: as ``Desk.execute``; nothing was sent.
        """
        self._screen.look()  # an entry that came with this click counts
        plan = self.plan
        if plan is None or not self.is_armed:
            raise InvalidInput(
                say("{note}; preview first", note=self.note or say("there is no preview yet"))
            )
        self._disarm("")
        try:
            async with self._screen.turn:
                # A smart order is at work for a minute: the screen goes on, and shows it.
                self.report = await self._screen.desk.execute(plan, wait=False)
            self.plan = None
        except BaseException:
            self._disarm(say("this preview cannot be sent any more"))
            raise

    def progress(self) -> tuple[int, int]:
        """Give how many of the plan's orders were handed over, and how many there are."""
        if self.plan is None:
            return 0, 0
        return len(self._screen.desk.reports(self.plan)), len(self.plan.orders)

    def _expire(self) -> None:
        self._disarm(say("the preview is older than {seconds:.0f} s", seconds=self.seconds))

    def _on_style(self, _: object) -> None:
        if self.is_armed:
            self._disarm(say("the style changed"))

    def _on_change(self, _: object = None) -> None:
        if not self.is_armed or self.plan is None:
            return
        if self._screen.targets.book != self.plan.snapshot.book:
            self._disarm(say("the targets changed"))
        elif self._screen.status.state in {"halted", "closed"}:
            self._disarm(say("the desk is {state}", state=word(self._screen.status.state)))

    def _disarm(self, why: str) -> None:
        if self._expiry is not None:
            self._expiry.cancel()
            self._expiry = None
        self.note = why
        self.is_armed = False
