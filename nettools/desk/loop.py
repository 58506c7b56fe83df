"""The automatic loop of a desk, and the one line about what last went wrong."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from datetime import datetime


class Loop:
    """Repeats one step every so many seconds for as long as it should go on.

    Args:
        step: one step; handles its own failures.
        goes_on: asked before each step.
        clock: gives the time (UTC).
    """

    def __init__(
        self,
        step: Callable[[], Awaitable[None]],
        goes_on: Callable[[], bool],
        clock: Callable[[], datetime],
    ) -> None:
        self._step = step
        self._goes_on = goes_on
        self._clock = clock
        self._every = 1.0
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self, every: float) -> None:
        """Begin, or only change the rhythm when it is on already; seconds between two steps."""
        self._every = every
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._repeat())

    def wake(self) -> None:
        """Do not wait for the next step any longer."""
        self._wake.set()

    async def ended(self) -> None:
        """Wait until the step it is in is done and it does not go on."""
        self.wake()
        if self._task is not None:
            await self._task

    async def _repeat(self) -> None:
        while self._goes_on():
            began = self._clock()
            await self._step()
            spent = (self._clock() - began).total_seconds()
            self._wake.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), max(self._every - spent, 0.0))


class Problem:
    """What last went wrong: one line, however often it comes."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self.text = ""
        """Empty when the last step went well."""
        self.since: datetime | None = None
        """When it began (UTC)."""
        self.count = 0
        """How many steps in a row ended in a problem."""
        self._clock = clock

    def note(self, problem: str) -> None:
        """Take note of a problem, or that there is none (empty)."""
        self.text = problem
        self.since = (self.since or self._clock()) if problem else None
        self.count = self.count + 1 if problem else 0
