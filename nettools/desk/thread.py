"""The desk's own thread and event loop.

A busy notebook cell never stalls a resting order, and an interrupted cell never tears a send:
what was handed over runs to its end.
"""

import asyncio
import contextlib
import threading
from collections.abc import Coroutine
from concurrent.futures import Future
from typing import Any, TypeVar

from nettools.errors import DeskHalted

T = TypeVar("T")


class DeskThread:
    """A daemon thread that runs one event loop until it is stopped."""

    def __init__(self, name: str) -> None:
        self._loop = asyncio.new_event_loop()
        self._working: set[asyncio.Task[Any]] = set()
        self._thread = threading.Thread(target=self._run, name=f"desk-{name}", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()
        left = asyncio.all_tasks(self._loop)
        for task in left:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
        self._loop.close()

    def start(self, work: Coroutine[Any, Any, T]) -> "Future[T]":
        """Hand work over from any thread and go on; the future tells how it ended.

        Raises:
            DeskHalted: the thread was stopped, so the work will never run.
        """
        self._check_alive(work)
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    async def call(self, work: Coroutine[Any, Any, T]) -> T:
        """Hand work over and wait; cancelling the wait does not cancel the work.

        By hand: a future that any thread may wait for takes as long as planning an order.

        Raises:
            DeskHalted: the thread was stopped, so the work will never run.
        """
        self._check_alive(work)
        waiting = asyncio.get_running_loop()
        done: asyncio.Future[T] = waiting.create_future()

        def begin() -> None:
            task = self._loop.create_task(work)
            self._working.add(task)  # a loop alone does not keep its tasks
            task.add_done_callback(end)

        def end(task: asyncio.Task[T]) -> None:
            self._working.discard(task)
            with contextlib.suppress(RuntimeError):  # that loop is closed: nobody waits
                waiting.call_soon_threadsafe(_hand_on, task, done)

        self._loop.call_soon_threadsafe(begin)
        return await done

    def _check_alive(self, work: Coroutine[Any, Any, T]) -> None:
        if not self._thread.is_alive():
            work.close()
            raise DeskHalted("the desk is closed; open it again with Desk.open")

    def stop(self) -> None:
        """Stop the loop and wait for the thread; safe to call twice."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(timeout=5)


def _hand_on(task: asyncio.Task[T], done: asyncio.Future[T]) -> None:
    """Let whoever waits know how the work ended; he may have stopped waiting."""
    error = None if task.cancelled() else task.exception()
    if done.done():
        return
    if task.cancelled():
        done.cancel()
    elif error is not None:
        done.set_exception(error)
    else:
        done.set_result(task.result())
