"""What a venue tells, through ccxt: opened, read, checked, and opened again when it breaks.

Frames come in from a client that listens; events in our own nouns go out, with exact numbers.
Law: whatever could have been missed is told as a ``Gap`` before anything else is told. No text
of ccxt leaves here, for it holds the keys of the streams.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from nettools.errors import InvalidInput, LiveTradingRefused, VenueError
from nettools.model import Fill, OrderReport, Position, Quote
from nettools.venues.book import Book, Torn
from nettools.venues.client import Connection
from nettools.venues.contracts import Contract, Contracts
from nettools.venues.ear import Change, Ear, Ended, Snapshot, Subscribed, Told
from nettools.venues.guard import Address
from nettools.venues.hearing import hang_up
from nettools.venues.rows import Malformed
from nettools.venues.streams import Event, Gap, Hear, Live
from nettools.venues.wire import Wire

LATE = timedelta(seconds=5)
"""A stream that tells the account's events later than this lags, and is opened again."""
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 30.0
"""Seconds before a broken stream is opened again; doubled while that fails."""
SNAPSHOT_PAUSE = 1.0
"""Seconds between two requests for the snapshot of one book."""
BROKE = "the connection broke"
WORDS = {
    "AuthenticationError": "the venue refused the keys",
    "PermissionDenied": "the venue refused the keys",
    "RequestTimeout": "no answer came in time",
    "ChecksumError": "updates of the book are missing",
    "DDoSProtection": "the venue asked for fewer requests",
    "RateLimitExceeded": "the venue asked for fewer requests",
}
"""What a class of ccxt's means here; any other: the connection broke."""


class CcxtStream:
    """The streams of one account, through a ccxt client of their own.

    Args:
        wire: the connection whose venue it is; signs in with the same keys.
        address: the only place where a WebSocket may be opened.
        ear: how the venue is listened to.
        contracts: by the venue's own name.
        hear: is told every event.
        clock: gives the time quotes are stamped with (UTC).
    """

    def __init__(  # noqa: PLR0913 - what it listens to, with what, and who hears it
        self,
        wire: Wire,
        address: Address,
        ear: Ear,
        contracts: Contracts,
        *,
        hear: Hear,
        clock: Callable[[], datetime],
    ) -> None:
        self.address = address
        self.urls: Mapping[str, object] = ear.urls(address)
        self._wire = wire
        self._ear = ear
        self._contracts = contracts
        self._by_symbol = {one.symbol: one for one in contracts.values()}
        self._hear = hear
        self._clock = clock
        self._books: dict[str, Book] = {}
        self._asking: dict[str, asyncio.Task[None]] = {}
        self._connection: Connection | None = None
        self._gaps: dict[str, str] = {}
        self._acknowledged = 0
        self._is_live = False
        self._lives = 0
        self._is_closing = False
        self._tasks = {asyncio.get_running_loop().create_task(self._open())}

    def __repr__(self) -> str:
        """Show where it listens and nothing else."""
        return f"<CcxtStream {self.address}>"

    # --- opening and keeping open

    def follow(self, symbols: Iterable[str]) -> None:
        """Tell the quotes of these symbols as well, from now on; more can be added later."""
        for symbol in symbols if self._ear.has_books(self.urls) else ():
            if symbol in self._by_symbol and symbol not in self._books:
                self._books[symbol] = Book()
                if self._connection is not None:
                    self._keep_book(symbol)

    async def close(self) -> None:
        """End it: nothing is heard afterwards; safe to call twice."""
        self._is_closing = True
        tasks = [*self._tasks, *self._asking.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()

    async def _open(self) -> None:
        pause = FIRST_PAUSE
        while self._connection is None:
            try:
                self._connection = await self._wire.open_ear(self)
            except VenueError as error:
                self._gap(str(error))
                await asyncio.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE)
        for watch in self._ear.account:
            self._start(self._keep(watch))
        for symbol in self._books:
            self._keep_book(symbol)

    def _start(self, work: Any) -> None:  # noqa: ANN401 - a coroutine of ours
        self._tasks = {task for task in self._tasks if not task.done()}
        self._tasks.add(asyncio.get_running_loop().create_task(work))

    def _keep_book(self, symbol: str) -> None:
        async def watch(ccxt: Any) -> object:  # noqa: ANN401 - ccxt has no types
            return await self._ear.book(ccxt, symbol)

        self._start(self._keep(watch, symbol))

    async def _keep(self, watch: Callable[[Any], Awaitable[object]], symbol: str = "") -> None:
        """Watch for ever, and again after every break."""
        pause, lives = FIRST_PAUSE, self._lives
        while self._connection is not None:
            try:
                await watch(self._connection.client)
            except asyncio.CancelledError:
                if self._is_closing:
                    raise
                reason = BROKE  # ccxt cancels whoever waits for a connection it drops
            except Exception as error:  # noqa: BLE001 - ccxt raises anything at all
                reason = _reason(error)
                if _is_refused(error):
                    self._gap(reason, symbol)
                    return
            else:
                pause = FIRST_PAUSE
                continue
            if lives != self._lives and not symbol:
                pause, lives = FIRST_PAUSE, self._lives  # it did live in between
            self._gap(reason, symbol)
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)

    def _gap(self, reason: str, symbol: str = "") -> None:
        if self._is_closing:
            return
        if symbol:
            self._books[symbol].forget()
        else:
            self._is_live = False
            self._acknowledged = 0
            if self._connection is not None:
                self._ear.renew(self._connection.client)
        if self._gaps.get(symbol) != reason:  # each break is noticed by several of us
            self._gaps[symbol] = reason
            self._hear(Gap(reason=reason, symbol=symbol))

    # --- what ccxt's client tells

    def connected(self, url: str) -> None:
        """A connection was made."""
        if self._is_account(url):
            self._acknowledged = 0
            self._is_live = False
            self._check_live()

    def lost(self, url: str) -> None:
        """A connection, or the attempt to make one, has ended."""
        if self._is_account(url):
            self._gap(BROKE)
            return
        for symbol in self._books:
            self._gap(BROKE, symbol)

    def heard(self, url: str, frame: object) -> None:
        """Read a frame and tell what it says."""
        if self._is_closing:
            return
        try:
            events = tuple(self._ear.read(frame, self._contracts))
            late = self._lateness(frame) if events else timedelta()
        except (Malformed, InvalidInput) as wrong:
            self._stumble(url, str(wrong))
            return
        if late > LATE and self._is_account(url):
            self._hang_up(f"it lags by {late.total_seconds():.0f} s")
            return
        for told in events:
            if self._is_account(url) or isinstance(told, Snapshot | Change):
                self._take(told, late)

    def _is_account(self, url: str) -> bool:
        return self._ear.account_path in url

    def _lateness(self, frame: object) -> timedelta:
        told = self._ear.told_at(frame)
        late = timedelta() if told is None else self._wire.venue_now() - told
        return max(late, timedelta())

    def _check_live(self) -> None:
        if self._acknowledged == self._ear.acknowledged and not self._is_live:
            self._is_live = True
            self._lives += 1
            self._gaps.pop("", None)
            self._hear(Live())

    def _stumble(self, url: str, what: str) -> None:
        """Say that a frame was lost on us; the ones after it are as good as ever."""
        reason = f"a message could not be read ({what})"
        if self._is_account(url):
            self._hear(Gap(reason=reason))
            if self._is_live:
                self._hear(Live())
            return
        for symbol in self._books:
            self._gap(reason, symbol)

    def _hang_up(self, reason: str) -> None:
        self._gap(reason)
        if self._connection is not None:
            hang_up(self._connection.client, self._is_account)

    def _take(self, told: Told, late: timedelta) -> None:
        match told:
            case OrderReport() | Fill() | Position():
                self._hear(told)
            case Subscribed():
                self._acknowledged += 1
                self._check_live()
            case Ended():
                self._hang_up(told.reason)
            case Snapshot() | Change():
                self._take_book(told, late)

    # --- books

    def _take_book(self, told: Snapshot | Change, late: timedelta) -> None:
        book = self._books.get(told.symbol)
        if book is None:
            return
        try:
            if isinstance(told, Snapshot):
                book.start(told.bids, told.asks, told.sequence)
            else:
                book.take(told.update)
            quote = self._quote(told.symbol, book, late)
        except Torn as torn:
            self._gap(str(torn), told.symbol)
            return
        if quote is not None:
            self._gaps.pop(told.symbol, None)
            self._hear(quote)
        elif not book.is_whole:
            self._begin_anew(told.symbol)

    def _quote(self, symbol: str, book: Book, late: timedelta) -> Event | None:
        touch = book.touch()
        if touch is None:
            return None
        return Quote(
            symbol=symbol,
            bid=touch.bid,
            ask=touch.ask,
            bid_quantity=touch.bid_quantity,
            ask_quantity=touch.ask_quantity,
            time=self._clock() - late,
        )

    def _begin_anew(self, symbol: str) -> None:
        """Have a book that is not known begin with a snapshot; asked for one at a time."""
        asked = self._asking.get(symbol)
        if asked is None or asked.done():
            work = self._bring_snapshot(self._by_symbol[symbol])
            self._asking[symbol] = asyncio.get_running_loop().create_task(work)

    async def _bring_snapshot(self, contract: Contract) -> None:
        connection, ask, read = self._connection, self._ear.ask_book, self._ear.read_book
        if connection is None:
            return
        if ask is None or read is None:  # each subscription begins with one
            hang_up(connection.client, lambda url: not self._is_account(url))
            await asyncio.sleep(SNAPSHOT_PAUSE)
            return
        try:
            answer = await ask(connection.client, contract)
            self._take_book(read(answer, contract), self._lateness(answer))
        except (Malformed, InvalidInput) as wrong:
            self._gap(f"its snapshot could not be read ({wrong})", contract.symbol)
        except Exception as error:  # noqa: BLE001 - ccxt raises anything at all
            self._gap(_reason(error), contract.symbol)
        if not self._books[contract.symbol].is_whole:
            await asyncio.sleep(SNAPSHOT_PAUSE)


def _is_refused(error: BaseException) -> bool:
    return isinstance(error, LiveTradingRefused) or any(
        isinstance(inner, LiveTradingRefused) for inner in error.args
    )


def _reason(error: Exception) -> str:
    if _is_refused(error):
        return str(error if isinstance(error, LiveTradingRefused) else error.args[0])
    if isinstance(error, VenueError):
        return str(error)  # our own budget held a request back
    return next(
        (WORDS[kind.__name__] for kind in type(error).__mro__ if kind.__name__ in WORDS), BROKE
    )
