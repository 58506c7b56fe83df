"""An exchange account through ccxt: what is the same on every venue.

Our nouns come in and go out; between them unmodified ccxt signs, sends and raises. Answers are
read from the venue's own rows, because ccxt's unified calls take an empty body for an empty
list. Every failure becomes one of ours, without ccxt's text, and by status and code, never by
its class. Which endpoint is asked, and what its rows mean, is in the venue's own package.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from hashlib import blake2s
from typing import ClassVar, NoReturn

from nettools.errors import InvalidInput, OrderRejected
from nettools.model import (
    FeeRates,
    Fill,
    Funding,
    Instrument,
    Order,
    OrderReport,
    Position,
    PositionMode,
    PositionSide,
    Quote,
    Side,
)
from nettools.venues.budget import Urgency
from nettools.venues.ccxt_stream import CcxtStream
from nettools.venues.clock import Timing, utc_now
from nettools.venues.contracts import Contract, Contracts, read_contracts
from nettools.venues.credentials import Credentials
from nettools.venues.dialect import Dialect
from nettools.venues.ear import Ear
from nettools.venues.funding import BOOKED, JITTER, Booking, join
from nettools.venues.guard import LOOPBACK, Address, stream_address
from nettools.venues.protocol import Balance, Permissions
from nettools.venues.rows import Row, price
from nettools.venues.sendable import LARGEST_LEVERAGE, as_sent, instrument_of
from nettools.venues.streams import Hear, Stream
from nettools.venues.wire import Request, Wire

OLDEST_QUOTE = timedelta(seconds=60)
"""A touch that a real testnet says has not changed for longer is stale."""


def urgency_of(order: Order) -> Urgency:
    """Say what an order is for: one that can only reduce makes the account safer."""
    closes = {Side.SELL: PositionSide.LONG, Side.BUY: PositionSide.SHORT}[order.side]
    is_reducing = order.reduce_only or order.position_side is closes
    return Urgency.SAFETY if is_reducing else Urgency.ORDER


class CcxtVenue(ABC):
    """One account behind the ``Venue`` protocol.

    Cancelling the task of a ``send`` or ``cancel`` leaves its outcome unknown, exactly like a
    lost answer: ``asyncio.CancelledError`` passes through, and whoever canceled must look the
    order up before anything else.

    Args:
        name: ``"local"``, ``"bybit-testnet"`` and so on; shown on the badge.
        address: the only place requests may go; see ``guard``.
        held: what signs them.
        clock: gives the time quotes are stamped with (UTC).
        timing: where the time of requests, waiting and chance come from.
    """

    dialect: ClassVar[Dialect]
    """How the venue is spoken to."""
    ear: ClassVar[Ear | None] = None
    """How it is listened to; None while nothing is heard."""
    last_price: ClassVar[str]
    """The field that holds the price of the last trade."""
    keeps_reduce_only: ClassVar[bool] = False
    """Whether ``reduceOnly`` may stand beside a leg of a hedged account."""
    funding_history: ClassVar[timedelta]
    """The venue keeps what it booked for so long."""

    def __init__(
        self,
        name: str,
        address: Address,
        held: Credentials,
        clock: Callable[[], datetime] = utc_now,
        timing: Timing | None = None,
    ) -> None:
        self.name = name
        self.account = f"{address} {blake2s(held.api_key.reveal().encode()).hexdigest()[:8]}"
        self._wire = Wire(name, address, held, self.dialect, timing)
        self._clock = clock
        self._is_local = address.host == LOOPBACK
        self._instruments: dict[str, Instrument] = {}
        self._contracts: Contracts = {}
        self._by_symbol: dict[str, Contract] = {}

    def __repr__(self) -> str:
        """Show the badge and nothing else."""
        return f"<{type(self).__name__} {self.name}>"

    def __reduce__(self) -> NoReturn:
        """Refuse pickle: an account is not copied."""
        raise TypeError("a venue is not pickled; open it again by its name")

    @property
    def address(self) -> Address:
        """The only place its requests may go."""
        return self._wire.address

    # --- connecting

    async def connect(self) -> None:
        """Reach the venue, measure its clock, load the instruments, check the keys."""
        if self._wire.is_open:
            return
        try:
            await self._wire.open()
            await self._load_instruments()
            await self.balance()
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        """Let go of every connection; safe to call twice."""
        await self._wire.close()

    def mask(self, text: str) -> str:
        """Mask the account's keys in a text that is to be kept; the rest stays as it is."""
        return self._wire.mask(text)

    def banned_until(self) -> datetime | None:
        """Say until when the venue takes nothing, by this machine's clock (UTC), or None."""
        return self._wire.banned_until()

    def restore_ban(self, until: datetime) -> None:
        """Ask for nothing before ``until`` (UTC): what ``banned_until`` said, before."""
        self._wire.restore_ban(until)

    async def reload_instruments(self) -> None:
        """Ask for the rules of all contracts again; those that trade no more stay known.

        Raises:
            VenueUnavailable: they could not be read, and are those that were known.
        """
        await self._load_instruments()

    async def _load_instruments(self) -> None:
        what = "the list of contracts"
        markets = await self._wire.read(
            what,
            lambda ccxt: ccxt.load_markets(reload=True),
            lambda found: list(found.values()),
        )
        self._instruments = self._instruments | self._read_instruments(markets)
        self._contracts = {**self._contracts, **read_contracts(markets)}
        self._by_symbol = {one.symbol: one for one in self._contracts.values()}
        if not self._instruments:
            raise self._wire.say.malformed(what, "no contract that trades")

    @abstractmethod
    def _read_instruments(self, markets: Iterable[Row]) -> dict[str, Instrument]:
        """Read the rules of every contract that trades."""

    def _contract(self, symbol: str) -> Contract:
        """Find a contract by its unified symbol; raises InvalidInput."""
        if symbol not in self._by_symbol:
            instrument_of(symbol, self._instruments)
        return self._by_symbol[symbol]

    # --- what the account and the market are

    def instruments(self) -> dict[str, Instrument]:
        """Give every contract by symbol that trades, or did when its rules were last read."""
        return dict(self._instruments)

    async def server_time(self) -> datetime:
        """Ask the venue for its clock (UTC)."""
        return await self._wire.server_time()

    @abstractmethod
    async def position_mode(self) -> PositionMode:
        """Ask whether the account keeps one leg per symbol or two."""

    @abstractmethod
    async def permissions(self) -> Permissions | None:
        """Ask what the keys may do; None where the venue does not offer the question."""

    @abstractmethod
    async def balance(self) -> Balance:
        """Ask for the account's money."""

    @abstractmethod
    async def fee_rates(self, symbol: str) -> FeeRates:
        """Ask for the account's own fee rates on one symbol."""

    async def positions(self) -> tuple[Position, ...]:
        """Ask for every leg that is not flat.

        An empty list is believed only when the account page agrees that nothing is held.
        """
        held = await self._held()
        if not held and not await self._is_flat():
            raise self._wire.say.malformed(
                "the positions", "an empty list, while the account page shows some"
            )
        return held

    @abstractmethod
    async def _held(self) -> tuple[Position, ...]:
        """Ask for every leg that is not flat, all pages."""

    @abstractmethod
    async def _is_flat(self) -> bool:
        """Ask the account page whether nothing is held."""

    @abstractmethod
    async def quotes(self, symbols: Iterable[str]) -> dict[str, Quote]:
        """Ask for touch and mark of each symbol.

        Raises:
            VenueUnavailable: one of them is crossed, empty on a side, stale or missing.
            InvalidInput: a symbol the venue does not trade.
        """

    async def last_prices(self, symbols: Iterable[str]) -> dict[str, Decimal]:
        """Ask for the price of the last trade anybody made on each symbol, quote units.

        Raises:
            VenueUnavailable: one of them is missing or no price.
            InvalidInput: a symbol the venue does not trade.
        """
        ids = {symbol: self._contract(symbol).market_id for symbol in symbols}
        what = "the last prices"
        found = await self._tickers(what, tuple(ids.values()))
        return {
            symbol: self._wire.believe(what, partial(price, found.get(key), self.last_price))
            for symbol, key in ids.items()
        }

    @abstractmethod
    async def _tickers(self, what: str, ids: Sequence[str]) -> dict[str, Row]:
        """Ask for tickers, which hold last prices, by the venue's own names."""

    @abstractmethod
    async def open_orders(self, symbol: str) -> tuple[OrderReport, ...]:
        """Ask for the resting orders on one symbol, foreign ones too."""

    @abstractmethod
    async def find_order(self, order: Order) -> OrderReport | None:
        """Look the order up by our id; None only when the venue says it knows no such id."""

    async def fills(self, symbol: str, since: datetime) -> tuple[Fill, ...]:
        """Give our executions on one symbol from ``since`` on, oldest first, all pages.

        ``since`` is by our clock; where the venue's was ever behind it, older ones come too.
        """
        since = self._wire.clock.earliest(since)
        # the venue's times have whole milliseconds: round down, or a fill would be lost
        since = since.replace(microsecond=since.microsecond // 1000 * 1000)
        found = await self._executions(self._contract(symbol), since)
        return tuple(fill for fill in found if fill.time >= since)

    @abstractmethod
    async def _executions(self, contract: Contract, since: datetime) -> Sequence[Fill]:
        """Give the executions on a contract from ``since`` on, oldest first, each once."""

    async def forced_orders(self, symbol: str, since: datetime) -> dict[str, str]:
        """Tell nothing where executions say themselves what they are."""
        del symbol, since
        return {}

    async def funding(self, symbol: str, since: datetime) -> tuple[Funding, ...]:
        """Give the funding settlements on one symbol after ``since``, oldest first.

        One a settlement, with what the account received or paid on all its legs; zero when
        nothing was booked. A real testnet books a moment later than it settles, so there a
        settlement is told once it is a minute old.
        """
        contract, since = self._contract(symbol), self._wire.clock.earliest(since)
        jitter = timedelta() if self._is_local else JITTER
        now = self._wire.venue_now()
        # rows before ``since`` too: what was booked near it may belong to the settlement
        # before; settlements first, so that a booking without one is only early, never lost
        start = max(since - jitter, now - self.funding_history + jitter)
        settlements = await self._settlements(contract, start)
        if not any(settlement.time > since for settlement in settlements):
            return ()
        bookings = await self._bookings(contract, settlements[0].time - jitter)
        joined = self._wire.believe(
            f"the funding of {symbol}", lambda: join(settlements, bookings, jitter)
        )
        latest = settlements[-1].time if self._is_local else now - BOOKED
        return tuple(one for one in joined if since < one.time <= latest)

    @abstractmethod
    async def _settlements(self, contract: Contract, start: datetime) -> Sequence[Funding]:
        """Give the settlements on a contract from ``start`` on, nothing received yet."""

    @abstractmethod
    async def _bookings(self, contract: Contract, start: datetime) -> Sequence[Booking]:
        """Give what was booked on a contract from ``start`` on."""

    def listen(self, hear: Hear) -> Stream | None:
        """Tell ``hear`` what happens on the account from now on; None where nothing is told."""
        if self.ear is None:
            return None
        address = stream_address(self.name, self._wire.address)
        return CcxtStream(
            self._wire, address, self.ear, self._contracts, hear=hear, clock=self._clock
        )

    # --- what changes something

    async def send(self, order: Order) -> OrderReport:
        """Send one order once; never retried here.

        A resting order is reported as the venue accepted it; what it filled since must be
        asked for. A venue that only acknowledges gives SENT: it will process the order, and
        what became of it must be asked for as well.

        Raises:
            OrderRejected: the venue refused, finally, or the order is off its grid.
            OutcomeUnknown: it may be live; look it up by its id.
            VenueUnavailable: nothing was sent.
            LiveTradingRefused: nothing was sent, and the address was not the testnet's.
        """
        order = as_sent(order, self._instruments, keeps_reduce_only=self.keeps_reduce_only)
        return await self._place(order, self._contract(order.symbol))

    @abstractmethod
    async def _place(self, order: Order, contract: Contract) -> OrderReport:
        """Send an order that was checked."""

    @abstractmethod
    async def cancel(self, order: Order) -> None:
        """Ask for a cancel by our id. Returning means the request was accepted, no more.

        Raises:
            OrderRejected: NOT_FOUND when no such order is open: it may be filled, or canceled
                by our own request if the connection dropped and it was sent twice, so look.
            OutcomeUnknown: it may have been canceled or not.
        """

    async def set_position_mode(self, mode: PositionMode) -> None:
        """Switch the mode; the venue refuses with positions or orders (OrderRejected)."""
        await self._unless_so_already(
            f"switch the account to {mode.value} mode",
            lambda ccxt: ccxt.set_position_mode(mode is PositionMode.HEDGE),
            self._read_mode_set,
        )

    async def set_leverage(self, symbol: str, leverage: int) -> None:
        """Set the leverage used for margin on one symbol, a whole number from 1 to 125."""
        if not 1 <= leverage <= LARGEST_LEVERAGE:
            raise InvalidInput(f"leverage must be 1 to {LARGEST_LEVERAGE}, was {leverage}")
        self._contract(symbol)
        await self._unless_so_already(
            f"set the leverage of {symbol} to {leverage}",
            lambda ccxt: ccxt.set_leverage(leverage, symbol),
            self._read_leverage_set,
        )

    async def _unless_so_already(
        self, what: str, request: Request, parse: Callable[[object], object]
    ) -> None:
        try:
            await self._wire.change(what, request, parse)
        except OrderRejected as refusal:
            if refusal.reason != "NO_CHANGE":
                raise

    @staticmethod
    @abstractmethod
    def _read_mode_set(answer: object) -> object:
        """Read that the mode was switched; raises Malformed."""

    @staticmethod
    @abstractmethod
    def _read_leverage_set(answer: object) -> object:
        """Read that the leverage was set; raises Malformed."""
