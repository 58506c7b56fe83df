"""An in-memory exchange whose stream loses, doubles and swaps events, or breaks when told."""

from lossy import Clock, LossyVenue

from nettools.errors import VenueUnavailable
from nettools.model import Fill, Order, OrderReport, Position
from nettools.venues.streams import Event, Gap, Hear, Live, Stream

PASS, DROP, DOUBLE, HOLD = range(4)
"""What becomes of an event; one that is held comes after the next."""


class WaveringVenue(LossyVenue):
    """The in-memory venue, with a stream one cannot rely on.

    Args:
        fates: what becomes of each event in turn; when they run out, all pass.
    """

    def __init__(self, clock: Clock | None = None, fates: tuple[int, ...] = ()) -> None:
        super().__init__(clock)
        self.orders_are_lost = False
        """Whether orders and executions cannot be looked up."""
        self.is_mute = False
        """Whether there is no stream at all."""
        self.reads = 0
        """How often the positions were read."""
        self.looks = 0
        """How often an order was looked up."""
        self._fates = iter(fates)
        self._held: list[Event] = []

    def listen(self, hear: Hear) -> Stream | None:
        """Give a stream whose events meet their fates; breaks and beginnings always pass."""
        return None if self.is_mute else super().listen(lambda event: self._waver(event, hear))

    def _waver(self, event: Event, hear: Hear) -> None:
        fate = PASS if isinstance(event, Gap | Live) else next(self._fates, PASS)
        if fate == HOLD:
            self._held.append(event)
            return
        late, self._held = self._held, []
        for told in [event] * {PASS: 1, DROP: 0, DOUBLE: 2}[fate] + late:
            hear(told)

    def tell(self, event: Event) -> None:
        """Tell something to whoever listens, from any thread."""
        for stream in tuple(self._streams):
            stream.tell(event)

    async def positions(self) -> tuple[Position, ...]:
        """Read, and count it."""
        self.reads += 1
        return await super().positions()

    async def find_order(self, order: Order) -> OrderReport | None:
        """Look up, unless that is broken."""
        self.looks += 1
        self._may_look()
        return await super().find_order(order)

    async def fills(self, symbol: str, since: object) -> tuple[Fill, ...]:
        """Read, unless that is broken."""
        self._may_look()
        return await super().fills(symbol, since)

    def _may_look(self) -> None:
        if self.orders_are_lost:
            raise VenueUnavailable("orders cannot be looked up")
