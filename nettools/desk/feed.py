"""Hears the venue's stream for one desk, and says how far it may be relied on.

Events come in; orders and fills go to the router, the newest touch of each symbol is kept. One
law: after a gap, or anything that our own orders do not explain, nothing is planned before the
account was read once more. Without a stream everything works by reading, only later.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from nettools.errors import NettoolsError
from nettools.model import Fill, OrderReport, Quote
from nettools.router import OrderRouter
from nettools.venues.protocol import Venue
from nettools.venues.streams import Event, Gap, Hear, Live, Stream

OLDEST_TOUCH = timedelta(seconds=2)
"""A touch that was told longer ago is not taken for the market's: it is read instead."""


class Feed:
    """The stream of one venue, as far as a desk needs it.

    Args:
        venue: whose stream it is.
        router: is told of orders and fills.
        clock: gives the time (UTC).
        changed: called after every event but quotes.
    """

    def __init__(
        self, venue: Venue, router: OrderRouter, clock: Callable[[], datetime], changed: Hear
    ) -> None:
        self.state = "off"
        """``off`` (by choice, or because the venue tells nothing), ``opening``, ``live`` or
        ``down``."""
        self.since: datetime | None = None
        """Since when it is in this state (UTC)."""
        self.reason = ""
        """Why it is down."""
        self.touched: Callable[[Quote], None] = lambda _: None
        """Called with every touch that is heard."""
        self._venue = venue
        self._router = router
        self._clock = clock
        self._changed = changed
        self._stream: Stream | None = None
        self._touches: dict[str, Quote] = {}
        self._surprises = 0
        self._swept = 0

    def open(self) -> None:
        """Begin to listen; what goes wrong is in ``state`` and ``reason``, never raised."""
        self._become("opening")
        try:
            self._stream = self._venue.listen(self.hear)
        except NettoolsError as error:
            self._become("down", str(error))
        else:
            if self._stream is None:
                self._become("off")

    async def close(self) -> None:
        """Listen no more."""
        stream, self._stream = self._stream, None
        if stream is not None:
            await stream.close()
        self._become("off")

    def follow(self, symbols: Iterable[str]) -> None:
        """Hear the quotes of these symbols as well."""
        if self._stream is not None:
            self._stream.follow(symbols)

    # What the desk asks

    @property
    def must_sweep(self) -> bool:
        """Whether something happened since the last sweep that only reading explains."""
        return self._swept != self._surprises

    @property
    def surprises(self) -> int:
        """Count what only reading explains; taken before a sweep and given to ``swept``."""
        return self._surprises

    def swept(self, surprises: int) -> None:
        """Take note that the account was read, from when ``surprises`` was taken on."""
        self._swept = surprises
        if self.state == "live" and not self.must_sweep:
            self._router.hears_all = True

    def surprise(self) -> None:
        """Have the account read before anything is planned."""
        self._surprises += 1

    def newest(self, quotes: Mapping[str, Quote]) -> dict[str, Quote]:
        """Give the quotes, each with the touch that was told after it was read if there is one.

        The mark stays the one that was read: no stream of ours tells marks.
        """
        return {symbol: self._newer(quote) for symbol, quote in quotes.items()}

    def _newer(self, read: Quote) -> Quote:
        told = self._touches.get(read.symbol)
        if told is None or told.time <= read.time or self._is_old(told):
            return read
        mark = read.mark_price if told.mark_price is None else told.mark_price
        return replace(told, mark_price=mark, last_price=read.last_price)

    def _is_old(self, told: Quote) -> bool:
        return self._clock() - told.time > OLDEST_TOUCH

    @property
    def note(self) -> str:
        """Say in one line that the stream is down; empty when it is not."""
        if self.state != "down" or self.since is None:
            return ""
        when = f"{self.since:%H:%M:%S} UTC"
        return f"the stream is down since {when}, the account is read instead: {self.reason}"

    # What it hears

    def hear(self, event: Event) -> None:
        """Take one event in."""
        if isinstance(event, Quote):
            self._touches[event.symbol] = event
            self.touched(event)
            return
        if isinstance(event, OrderReport | Fill):
            self._router.take(event)
        if isinstance(event, Live | Gap):
            self._note_connection(event)
        if isinstance(event, Fill) and not self._router.is_ours(event):
            self.surprise()
        self._changed(event)

    def _note_connection(self, event: Live | Gap) -> None:
        if isinstance(event, Gap) and event.symbol:
            self._touches.pop(event.symbol, None)
            return
        if isinstance(event, Gap):
            self._become("down", event.reason)
        else:
            self._become("live")
        self._router.hears_all = False
        self.surprise()

    def _become(self, state: str, reason: str = "") -> None:
        if state != self.state:
            self.state, self.since = state, self._clock()
        self.reason = reason
