"""The automatic loop of a desk, and the one line about what last went wrong."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

OVERSLEPT = timedelta(seconds=10)
"""A step so late: the machine slept, or its clock jumped; what happened meanwhile is read."""


class Loop:
    """Repeats one step every so many seconds for as long as it should go on.

    Args:
        step: one step; handles its own failures.
        goes_on: asked before each step.
        clock: gives the time (UTC).
        overslept: called before a step that comes far too late, with by how much.
    """

    def __init__(
        self,
        step: Callable[[], Awaitable[None]],
        goes_on: Callable[[], bool],
        clock: Callable[[], datetime],
        overslept: Callable[[timedelta], None],
    ) -> None:
        self._overslept = overslept
        self._step = step
        self._goes_on = goes_on
        self._clock = clock
        self.every = 1.0
        """Seconds between two steps."""
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self, every: float) -> None:
        """Begin, or only change the rhythm when it is on already; seconds between two steps."""
        self.every = every
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
        time = asyncio.get_running_loop().time
        while self._goes_on():
            began, started = self._clock(), time()
            await self._step()
            pause = max(self.every - (self._clock() - began).total_seconds(), 0.0)
            self._wake.clear()
            paused = time()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), pause)
            # The loop's time stands still while the machine sleeps; ours goes on.
            jumped = (self._clock() - began).total_seconds() - (time() - started)
            late = timedelta(seconds=max(jumped, time() - paused - pause))
            if late > OVERSLEPT:
                self._overslept(late)


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
