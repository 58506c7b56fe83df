"""An exchange that works, behind a line that does not: answers get lost, before or after."""

from datetime import datetime, timedelta

from makers import NOW

from nettools.errors import OrderRejected, OutcomeUnknown, VenueUnavailable
from nettools.model import Fill, Order, OrderReport, Position
from nettools.venues import MemoryVenue


class Clock:
    """Time that stands still until it is told to go on."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now

    def go_on(self, seconds: float) -> None:
        """Let so many seconds pass."""
        self.now += timedelta(seconds=seconds)


class LossyVenue(MemoryVenue):
    """The in-memory venue, with one fault at a time."""

    def __init__(self, clock: Clock | None = None, **options: object) -> None:
        super().__init__(clock=clock or Clock(), **options)
        self.fault = ""
        """"lost request", "lost answer", "down", "duplicate", "blind", "late fills"."""
        self.sends = 0

    async def send(self, order: Order) -> OrderReport:
        """Send, unless the fault says otherwise."""
        self.sends += 1
        if self.fault == "down":
            raise VenueUnavailable("the venue does not answer")
        if self.fault == "lost request":
            raise OutcomeUnknown("no answer in time")
        report = await super().send(order)
        if self.fault == "lost answer":
            raise OutcomeUnknown("no answer in time")
        if self.fault == "duplicate":
            raise OrderRejected("that id exists", reason="DUPLICATE_ID", venue_code="-4116")
        return report

    async def find_order(self, order: Order) -> OrderReport | None:
        """Look up, unless nothing can be read."""
        self._may_read()
        return await super().find_order(order)

    async def positions(self) -> tuple[Position, ...]:
        """Read, unless nothing can be read."""
        self._may_read()
        return await super().positions()

    async def fills(self, symbol: str, since: datetime) -> tuple[Fill, ...]:
        """Read twice over, as a reconnect does, or not yet."""
        self._may_read()
        if self.fault == "late fills":
            return ()
        fills = await super().fills(symbol, since)
        return fills + fills

    def _may_read(self) -> None:
        if self.fault in {"down", "blind"}:
            raise VenueUnavailable("the read came back empty")
