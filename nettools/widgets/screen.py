"""One desk as its views see it: a copy of its state on the notebook's own event loop.

The desk changes on its own thread; every change is carried over and set as traits here, on
the loop that the widgets live on. While a view is on a page, and only then, the screen looks
once a second and has the account read again every other second.
"""

import asyncio
import os
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from weakref import WeakValueDictionary

from traitlets import Any as AnyTrait
from traitlets import Bool, HasTraits, Int, observe

from nettools.desk import Desk, DeskStatus, View
from nettools.errors import NettoolsError, VenueUnavailable
from nettools.widgets.home import Home
from nettools.widgets.state import RunForm, StyleForm, TargetForm

LOOK_SECONDS = 1.0
"""Between two looks at the desk while a view is on a page."""
READ_SECONDS = 1.5
"""A view of the account older than this is read again, when live."""
_HERE = ("local", "memory")

_screens: "WeakValueDictionary[int, Screen]" = WeakValueDictionary()


class Screen(HasTraits):
    """What the views of one desk share; ``screen_of(desk)`` gives the desk's only one."""

    status: DeskStatus = AnyTrait()  # type: ignore[assignment]  # a trait holds it
    view: View | None = AnyTrait(None)  # type: ignore[assignment]  # a trait holds it
    live = Bool(default_value=True)
    """Read the account again and again while a view is on a page."""
    looks = Int(0)
    """How often the desk was looked at: grows with everything that may have changed."""
    pages = Int(0)
    """How many times views of this desk are on a page now."""
    read_problem = AnyTrait("")
    """Why the account could not be read; empty when the last read went well."""
    read_problem_since: datetime | None = None
    read_problem_count = 0

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
        self.look()
        desk.subscribe(self._on_change)

    def look(self) -> None:
        """Take over what the desk says now; nothing is read from the venue."""
        self._is_told = False
        self.targets.book = self.desk.targets
        with suppress(VenueUnavailable):  # nothing read yet: the view stays None
            self.view = self.desk.view
        self.status = self.desk.status
        self.looks += 1

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
            self.read_problem_since = self.read_problem_since or self.desk.status.time
            self.read_problem_count += 1
            self.read_problem = str(error)
        else:
            self.read_problem_since, self.read_problem_count = None, 0
            self.read_problem = ""
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
    account (FAULTS S9), so there a desk on a real testnet is for looking at only.
    """
    served = environment.get("SERVER_SOFTWARE", "").startswith("voila")
    hub = "JUPYTERHUB_USER" in environment or "JUPYTERHUB_API_TOKEN" in environment
    if venue in _HERE or not (served or hub):
        return ""
    return (
        f"this page is shared, so the desk on {venue} is for looking at only; trade from a "
        "notebook of your own"
    )
