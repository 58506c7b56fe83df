"""Time that passes only when there is nothing left to do: hours in milliseconds.

A loop runs what is ready, looks at its sockets, and when both are still moves its clock to
the next timer instead of waiting for it. Both ends of a connection live on the same loop, so
still sockets mean that nobody has anything to say. Work in threads is waited for in real time.
"""

import asyncio
import functools
import inspect
import os
import selectors
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any

NOON = datetime(2025, 6, 2, 12, tzinfo=UTC)
_MOMENT = 1e-5
"""Seconds that pass with every look at the sockets, so that no two things happen at once."""
_GRACE = 0.0002
"""Real seconds a socket may take to carry what was written, besides a turn of the machine's."""
_PATIENCE = 30.0
"""Real seconds a thread may take, or a loop without any timer."""


class Stuck(AssertionError):
    """Nobody will ever do anything again."""


class TravelLoop(asyncio.SelectorEventLoop):
    """An event loop on a time of its own."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.threads = 0
        """Pieces of work that run in threads now."""
        super().__init__(_Still(self))

    def time(self) -> float:
        """Read the stopwatch."""
        return self.seconds

    def now(self) -> datetime:
        """Read the wall clock (UTC)."""
        return NOON + timedelta(seconds=self.seconds)

    def run_in_executor(self, executor: Any, func: Any, *args: Any) -> Any:
        """Run something in a thread; time stands still meanwhile."""
        self.threads += 1
        running = super().run_in_executor(executor, func, *args)
        running.add_done_callback(self._returned)
        return running

    def _returned(self, _: object) -> None:
        self.threads -= 1


class _Still(selectors.SelectSelector):
    """Sockets that are looked at, and time that jumps while they are still.

    By ``select``, which waits for microseconds where ``epoll`` waits for milliseconds.
    """

    def __init__(self, loop: TravelLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> Any:
        self._loop.seconds += _MOMENT
        ready = super().select(0)
        if ready or (timeout is not None and timeout <= 0):
            return ready
        if self._loop.threads or timeout is None:
            ready = super().select(_PATIENCE)
            if not ready:
                raise Stuck("nothing is ready, nothing is planned, nobody speaks")
            return ready
        os.sched_yield()
        ready = super().select(_GRACE)
        if not ready:
            self._loop.seconds += timeout
        return ready


def travels(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """Let a test run on a time of its own."""

    @functools.wraps(test)
    def run(*args: Any, **kwargs: Any) -> None:
        with asyncio.Runner(loop_factory=TravelLoop) as runner:
            runner.run(test(*args, **kwargs))

    del run.__wrapped__  # what runs is no coroutine
    run.__signature__ = inspect.signature(test)  # type: ignore[attr-defined] # for fixtures
    return run
