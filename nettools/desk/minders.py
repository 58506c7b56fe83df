"""The smart orders of one desk that are at work.

Plans begin them, a new target, a halt or the end of the desk stops them; to every diff they
count in full, between two quotes too. Law: one at work per symbol at a time, closing first, so
that two orders of one account never meet.
"""

import asyncio
from collections.abc import Callable, Iterable
from datetime import timedelta

from nettools import smart
from nettools.desk.minder import Means, Minder
from nettools.desk.parent import AtWork
from nettools.journal.smart import SmartBegun, SmartOrder
from nettools.model import OrderReport

PATIENCE = timedelta(seconds=15)
"""How long somebody waits for a smart order to end that was told to."""


class Minders:
    """Every smart order of one desk, while it is at work.

    Args:
        means: what each works with.
        ended: called with each when it has ended.
    """

    def __init__(self, means: Means, ended: Callable[[Minder], None]) -> None:
        self._means = means
        self._ended = ended
        self._minders: dict[str, Minder] = {}
        means.watch.touched = self.wake

    @property
    def is_idle(self) -> bool:
        """Whether none is at work."""
        return not self._minders

    def begin(self, begun: Iterable[SmartBegun]) -> tuple[Minder, ...]:
        """Begin to mind what a plan wants, in its order; it was written already."""
        now = self._means.watch.clock()
        return tuple(self._start(SmartOrder(begun=one, started=now)) for one in begun)

    def take_up(self, works: Iterable[SmartOrder]) -> None:
        """Go on with what an earlier desk left at work, under the same parameters."""
        for work in sorted(works, key=lambda work: not work.children):
            self._start(work)

    def _start(self, work: SmartOrder) -> Minder:
        symbol = work.begun.order.symbol
        before = (m for m in self._minders.values() if m.parent.order.symbol == symbol)
        minder = Minder(work, self._means, tuple(before), self._end)
        self._minders[work.begun.order.client_order_id] = minder
        minder.start()
        return minder

    def _end(self, minder: Minder) -> None:
        self._minders.pop(minder.parent.order.client_order_id, None)
        self._ended(minder)
        self.wake()

    def find(self, client_order_id: str) -> Minder | None:
        """Give the one that minds this order of a plan; None when it is not at work."""
        return self._minders.get(client_order_id)

    def names(self) -> frozenset[str]:
        """Name those at work, by the ids their plans gave them."""
        return frozenset(self._minders)

    def at_work(self) -> tuple[AtWork, ...]:
        """Say of each how it is."""
        now = self._means.watch.clock()
        return tuple(minder.parent.at_work(now) for minder in tuple(self._minders.values()))

    def working(self, orders: Iterable[OrderReport]) -> tuple[OrderReport, ...]:
        """Give own working orders, with each smart order in full in place of its child."""
        parents = [minder.parent for minder in self._minders.values()]
        return (
            *(parent.report for parent in parents),
            *(
                report for report in orders
                if not any(parent.owns(report.order.client_order_id) for parent in parents)
            ),
        )  # fmt: skip

    def wake(self, symbol: str = "") -> None:
        """Have those on a symbol look at once, or all of them."""
        for minder in self._minders.values():
            if symbol in {"", minder.parent.order.symbol}:
                minder.wake()

    async def stop(self, minders: Iterable[Minder], reason: int) -> tuple[OrderReport, ...]:
        """Have these cancel what rests and end; gives what is known after a little patience."""
        told = tuple(minders)
        for minder in told:
            minder.stop(reason)
        await self.finished(told, PATIENCE)
        return tuple(minder.parent.report for minder in told)

    async def stop_all(self, reason: int) -> tuple[OrderReport, ...]:
        """Have all of them cancel what rests and end."""
        return await self.stop(tuple(self._minders.values()), reason)

    async def finished(self, minders: Iterable[Minder], patience: timedelta) -> None:
        """Wait until these have ended, or for so long."""
        waits = [asyncio.ensure_future(minder.ended()) for minder in minders]
        if waits:
            _, late = await asyncio.wait(waits, timeout=patience.total_seconds())
            for wait in late:
                wait.cancel()

    async def close(self) -> None:
        """End all of them; what cannot be canceled now is gone on with by the next desk."""
        await self.stop_all(smart.CLOSED)
        self.let_go()

    def let_go(self) -> None:
        """Mind none of them any more, where they are."""
        for minder in self._minders.values():
            minder.let_go()
        self._minders.clear()
