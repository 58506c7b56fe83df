"""A replayed tape in this process, behind a line with a latency that can lose what it carries.

Everything is on the time of a ``TravelLoop``: no socket, no thread, the same story again from a
seed. What must hold is looked at on every event of the account.
"""

import asyncio
from random import Random
from typing import Any

from makers import BTC
from travel import TravelLoop

from nettools.errors import OrderRejected, OutcomeUnknown, VenueUnavailable
from nettools.model import Fill, Order, OrderReport, Position
from nettools.testnet.engine import EngineOrder
from nettools.testnet.taped import Recording
from nettools.venues import MemoryVenue


class TapedVenue(MemoryVenue):
    """The in-memory venue on a tape, with a latency, and faults while they are on.

    Args:
        recording: what is replayed, each event at its own time.
        loop: whose time it is.
        seed: of the faults.
        faults: chance of one at each request.
        there: seconds a request takes.
        back: seconds its answer takes.
        more: of ``MemoryVenue``.
    """

    def __init__(  # noqa: PLR0913 - all but two by keyword, all defaulted
        self,
        recording: Recording,
        loop: TravelLoop,
        *,
        seed: int = 0,
        faults: float = 0.0,
        there: float = 0.02,
        back: float = 0.03,
        **more: Any,
    ) -> None:
        super().__init__(clock=loop.now, recording=recording, **more)
        self.faults = faults
        self.happened: list[str] = []
        """The faults, in order."""
        self.wrong: list[str] = []
        """What must never happen, and did."""
        self._loop = loop
        self._there, self._back = there, back
        self._rng = Random(seed)  # noqa: S311 - faults for a test
        self._printed = 0
        self.engine.listen(self._watch)

    async def play(self) -> None:
        """Play the tape to its end."""
        begun, offset = self.market.started, self._loop.seconds
        while (moment := self.market.next_moment) is not None:
            await asyncio.sleep(max(0.0, (moment - begun) / 1e9 + offset - self._loop.seconds))
            self.market.play_until(moment, self._loop.now())
            self._show(BTC)

    def _watch(self, record: EngineOrder, fill: Fill | None) -> None:
        if record.filled > record.order.quantity:
            self.wrong.append(f"{record.order.client_order_id} was filled beyond its quantity")
        if record.expire_reason == "SELF_TRADE":
            self.wrong.append(f"{record.order.client_order_id} met an order of its own account")
        if fill is not None and fill.quantity <= 0:
            self.wrong.append(f"a fill of {fill.quantity}")

    def _meets(self, *fates: str) -> str:
        if self._rng.random() >= self.faults:
            return ""
        self.happened.append(self._rng.choice(fates))
        return self.happened[-1]

    async def send(self, order: Order) -> OrderReport:
        """Send; request or answer may be lost, or nothing be sent, or it be late."""
        fate = self._meets("not sent", "lost request", "lost answer", "late", "refused")
        if fate == "not sent":
            raise VenueUnavailable("the venue does not answer; nothing was sent")
        await asyncio.sleep(self._there * (40 if fate == "late" else 1))
        if fate == "lost request":
            raise OutcomeUnknown("no answer in time")
        if fate == "refused":
            await asyncio.sleep(self._back)
            raise OrderRejected("too many orders; wait", reason="RATE_LIMIT")
        try:
            report = await super().send(order)
        finally:
            await asyncio.sleep(self._back)
        if fate == "lost answer":
            raise OutcomeUnknown("no answer in time")
        return report

    async def cancel(self, order: Order) -> None:
        """Cancel; request or answer may be lost."""
        fate = self._meets("lost cancel", "lost answer to a cancel", "late cancel")
        await asyncio.sleep(self._there * (40 if fate == "late cancel" else 1))
        if fate == "lost cancel":
            raise OutcomeUnknown("no answer in time")
        try:
            await super().cancel(order)
        finally:
            await asyncio.sleep(self._back)
        if fate == "lost answer to a cancel":
            raise OutcomeUnknown("no answer in time")

    async def find_order(self, order: Order) -> OrderReport | None:
        """Look up, unless that fails."""
        await self._read()
        return await super().find_order(order)

    async def positions(self) -> tuple[Position, ...]:
        """Read, unless that fails."""
        await self._read()
        return await super().positions()

    async def fills(self, symbol: str, since: Any) -> tuple[Fill, ...]:
        """Read, unless that fails."""
        await self._read()
        return await super().fills(symbol, since)

    async def _read(self) -> None:
        await asyncio.sleep(self._there + self._back)
        if self._meets("failed read"):
            raise VenueUnavailable("the read came back empty; it is unknown")

    def _tell(self, record: EngineOrder, fill: Fill | None) -> None:
        if self._meets("lost event") == "":
            self._loop.call_later(self._back, super()._tell, record, fill)
