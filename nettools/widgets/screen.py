"""One desk as its views see it: a copy of its state on the notebook's own event loop.

The desk changes on its own thread; every change is carried over and set as traits here, on
the loop that the widgets live on. While a view is on a page, and only then, the screen looks
once a second and has the account read again every other second.
"""

import asyncio
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from weakref import WeakValueDictionary

from traitlets import Bool, HasTraits, Int, observe

from nettools.desk import Desk, DeskStatus, View
from nettools.errors import NettoolsError, VenueUnavailable
from nettools.texts import say
from nettools.widgets.home import Home
from nettools.widgets.state import RunForm, StyleForm, TargetForm
from nettools.widgets.words import HERE

LOOK_SECONDS = 1.0
"""Between two looks at the desk while a view is on a page."""
READ_SECONDS = 1.5
"""A view of the account older than this is read again, when live."""

_screens: "WeakValueDictionary[int, Screen]" = WeakValueDictionary()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadProblem:
    """Why the account could not be read: one line for a whole series of failures."""

    sentence: str
    since: datetime
    """When the first of them failed, by the desk's clock (UTC)."""
    count: int


class Screen(HasTraits):
    """What the views of one desk share; ``screen_of(desk)`` gives the desk's only one."""

    beat = Int(0)
    """Counts the looks; whoever shows the desk draws again when it changes."""
    live = Bool(default_value=True)
    """Read the account again and again while a view is on a page."""
    pages = Int(0)
    """How many times views of this desk are on a page now."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.home = Home()
        self.desk = desk
        self.turn = asyncio.Lock()
        """Held by whoever talks to the venue, so that reads and orders do not cross."""
        self.style = StyleForm()
        self.rhythm = RunForm()
        self.targets = TargetForm(desk)
        self.locked = why_locked(desk.status.venue, os.environ)
        for form in (self.style, self.rhythm, self.targets):
            form.locked = self.locked
        self._ticking: asyncio.Task[None] | None = None
        self._reading: asyncio.Task[None] | None = None
        self._is_told = False
        self.status: DeskStatus = desk.status
        self.view: View | None = None
        """The account as last read; None before the first read."""
        self.problem: ReadProblem | None = None
        """Set while the account cannot be read."""
        self.look()
        desk.subscribe(self._on_change)

    def look(self) -> None:
        """Take over what the desk says now; nothing is read from the venue."""
        self._is_told = False
        self.targets.book = self.desk.targets
        with suppress(VenueUnavailable):  # nothing read yet: the view stays None
            self.view = self.desk.view
        self.status = self.desk.status
        self.beat += 1

    def _on_change(self) -> None:
        """Hear of a change, on any thread; must never raise into the desk's work."""
        if not self._is_told:
            self._is_told = True
            self.home.soon(self.look)

    async def refresh(self) -> None:
        """Read the account; a read that fails is kept as a problem with its count."""
        if self.desk.status.state == "closed":
            return
        try:
            async with self.turn:
                await self.desk.refresh()
        except NettoolsError as error:
            known, now = self.problem, self.desk.status.time
            self.problem = ReadProblem(
                sentence=str(error),
                since=now if known is None else known.since,
                count=1 if known is None else known.count + 1,
            )
        else:
            self.problem = None
        self.look()

    @observe("pages")
    def _on_pages(self, _: object) -> None:
        if self.pages > 0 and self._ticking is None:
            self._ticking = self.home.loop.create_task(self._tick())
        elif self.pages <= 0 and self._ticking is not None:
            self._ticking.cancel()
            self._ticking = None

    async def _tick(self) -> None:
        """Look, and read when due; a read that hangs is not waited for, and never doubled."""
        while True:
            self.look()
            age = self.status.age_seconds
            is_due = age is None or age > READ_SECONDS
            is_reading = self._reading is not None and not self._reading.done()
            if self.live and is_due and not is_reading and not self.turn.locked():
                self._reading = self.home.loop.create_task(self.refresh())
            await asyncio.sleep(LOOK_SECONDS)


def screen_of(desk: Desk) -> Screen:
    """Give the one screen that all views of a desk share.

    Raises:
        InvalidInput: there is no running event loop, as in a plain script.
    """
    found = _screens.get(id(desk))
    if found is not None and found.desk is desk:
        return found
    screen = Screen(desk)
    _screens[id(desk)] = screen
    return screen


def why_locked(venue: str, environment: Mapping[str, str]) -> str:
    """Say why the controls are off; empty when they are on.

    A page served by Voilà or through JupyterHub is reached by people who do not own the
    account, so there a desk on a real testnet is for looking at only.
    """
    served = environment.get("SERVER_SOFTWARE", "").startswith("voila")
    hub = "JUPYTERHUB_USER" in environment or "JUPYTERHUB_API_TOKEN" in environment
    if venue in HERE or not (served or hub):
        return ""
    return say(
        "this page is shared, so the desk on {venue} is for looking at only; "
        "trade from a notebook of your own",
        venue=venue,
    )
