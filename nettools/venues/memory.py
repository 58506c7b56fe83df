"""An exchange in this process: the ``Venue`` protocol over the testnet's engine, no sockets.

Same engine, same rules and same refusals as the local testnet, so whatever holds here must
hold there (``tests/test_venue_contract.py``). For tests, and for people who want to see what
the desk does without a server. Nothing is lost on the way, so no outcome is ever unknown.
"""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

from nettools.decimals import ZERO
from nettools.errors import InvalidInput, OrderRejected, VenueUnavailable
from nettools.model import (
    FeeRates,
    Fill,
    Funding,
    Instrument,
    Leg,
    Order,
    OrderReport,
    Position,
    PositionMode,
    Quote,
)
from nettools.testnet.engine import Engine, EngineOrder
from nettools.testnet.funding import EIGHT_HOURS
from nettools.testnet.instruments import INSTRUMENTS
from nettools.testnet.market import Market
from nettools.testnet.stage import Stage
from nettools.testnet.taped import Recording, TapeMarket
from nettools.venues.protocol import Balance
from nettools.venues.sendable import LARGEST_LEVERAGE, as_sent, instrument_of
from nettools.venues.streams import Event, Hear, Live


def _utc_now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 - the one clock of the venue, replaceable


class MemoryVenue:
    """One account on an engine of its own, with a seeded market around it.

    Args:
        mode: what the account starts in.
        seed: of the market; same seed, same calls, same fills.
        clock: gives the time of orders and fills (UTC).
        instruments: what is traded; Binance's filters by default.
        funding_interval: seconds of market time between two settlements of funding.
        recording: a recorded market to replay instead; it says what is traded.
    """

    def __init__(  # noqa: PLR0913 - all by keyword, all defaulted
        self,
        *,
        mode: PositionMode = PositionMode.ONE_WAY,
        seed: int = 7,
        clock: Callable[[], datetime] = _utc_now,
        instruments: Iterable[Instrument] = INSTRUMENTS,
        funding_interval: int = EIGHT_HOURS,
        recording: Recording | None = None,
    ) -> None:
        self.name = "memory"
        self.account = f"memory {id(self)}"
        self.market: Stage
        if recording is None:
            self.engine = Engine(instruments, mode=mode)
            self.market = Market(self.engine, seed, clock())
        else:
            self.engine = Engine([recording.instrument], mode=mode)
            self.market = TapeMarket(self.engine, recording, clock())
        self.market.settle_every(funding_interval)
        self._clock = clock
        self._streams: list[MemoryStream] = []
        self.engine.listen(self._tell)

    def advance(self, seconds: int) -> None:
        """Let the market move by so many seconds of market time; it stands still otherwise."""
        self.step(seconds * self.market.steps_per_second)

    def step(self, steps: int) -> None:
        """Let the market move by so many steps: seconds, or milliseconds of a recording."""
        self.market.step(steps, self._clock())
        for symbol in self.engine.instruments:
            self._show(symbol)

    def settle_funding(self, symbol: str, rate: Decimal | None = None) -> None:
        """Settle funding on a symbol at once, at its mark; the market's rate when None."""
        instrument_of(symbol, self.engine.instruments)
        self.market.settle(symbol, self._clock(), rate)

    async def connect(self) -> None:
        """Do nothing: it is here already."""

    async def close(self) -> None:
        """Do nothing: there is no connection; the account stays as it is."""

    def mask(self, text: str) -> str:
        """Give the text: there is no key."""
        return text

    def banned_until(self) -> None:
        """Say that it never bans."""

    def restore_ban(self, until: datetime) -> None:
        """Do nothing: it never bans."""

    def instruments(self) -> dict[str, Instrument]:
        """Give every tradeable contract by symbol."""
        return dict(self.engine.instruments)

    async def reload_instruments(self) -> None:
        """Do nothing: they are the engine's own."""

    async def server_time(self) -> datetime:
        """Give the time of the clock it was made with (UTC)."""
        return self._clock()

    async def position_mode(self) -> PositionMode:
        """Tell whether the account keeps one leg per symbol or two."""
        return self.engine.mode

    async def set_position_mode(self, mode: PositionMode) -> None:
        """Switch the mode; refused with positions or orders (OrderRejected)."""
        try:
            self.engine.set_mode(mode)
        except OrderRejected as refusal:
            if refusal.reason != "NO_CHANGE":
                raise

    async def set_leverage(self, symbol: str, leverage: int) -> None:
        """Set the leverage used for margin on one symbol, a whole number from 1 to 125."""
        instrument_of(symbol, self.engine.instruments)
        if not 1 <= leverage <= LARGEST_LEVERAGE:
            raise InvalidInput(f"leverage must be 1 to {LARGEST_LEVERAGE}, was {leverage}")
        self.engine.set_leverage(symbol, leverage)

    async def permissions(self) -> None:
        """Tell nothing: there are no keys."""

    async def balance(self) -> Balance:
        """Tell the account's money."""
        state = self.engine.account()
        return Balance(currency="USDT", wallet=state.wallet, available=state.available)

    async def fee_rates(self, symbol: str) -> FeeRates:
        """Tell the account's own fee rates on one symbol."""
        instrument_of(symbol, self.engine.instruments)
        return FeeRates(maker=self.engine.maker_rate, taker=self.engine.taker_rate)

    async def positions(self) -> tuple[Position, ...]:
        """Tell every leg that is not flat."""
        return self.engine.positions()

    async def quotes(self, symbols: Iterable[str]) -> dict[str, Quote]:
        """Tell touch and mark of each symbol; an empty side raises VenueUnavailable."""
        return {symbol: self._quote(symbol) for symbol in symbols}

    async def last_prices(self, symbols: Iterable[str]) -> dict[str, Decimal]:
        """Tell the price of the last trade on each symbol, quote units."""
        return {symbol: self.engine.last_price(symbol) for symbol in symbols}

    def _quote(self, symbol: str) -> Quote:
        instrument_of(symbol, self.engine.instruments)
        quote = self._touch(symbol)
        if quote is None:
            raise VenueUnavailable(
                f"the quote of {symbol} could not be read: a side of its book is empty; "
                "it is unknown until the market moves"
            )
        return quote

    def _touch(self, symbol: str) -> Quote | None:
        quote = self.engine.quote(symbol, self._clock())
        if quote is None:
            return None
        bids, asks = self.engine.depth(symbol, 1)
        return replace(quote, bid_quantity=bids[0][1], ask_quantity=asks[0][1])

    async def open_orders(self, symbol: str) -> tuple[OrderReport, ...]:
        """Tell the resting orders on one symbol, oldest first."""
        instrument_of(symbol, self.engine.instruments)
        return tuple(_report(record) for record in self.engine.open_orders(symbol))

    async def send(self, order: Order) -> OrderReport:
        """Place one order and tell what became of it at once; raises OrderRejected."""
        order = as_sent(order, self.engine.instruments)
        record = self.engine.place(order, self._clock())
        self._show(order.symbol)
        return _report(record)

    async def cancel(self, order: Order) -> None:
        """Cancel by our id; raises OrderRejected(NOT_FOUND) when no such order is open."""
        instrument_of(order.symbol, self.engine.instruments)
        now = self._clock()
        self.engine.cancel(order.symbol, now, client_order_id=order.client_order_id)
        self._show(order.symbol)

    async def find_order(self, order: Order) -> OrderReport | None:
        """Look the order up by our id; None when it was never accepted."""
        instrument_of(order.symbol, self.engine.instruments)
        record = self.engine.find(order.symbol, client_order_id=order.client_order_id)
        return None if record is None else _report(record)

    async def fills(self, symbol: str, since: datetime) -> tuple[Fill, ...]:
        """Tell our executions on one symbol from ``since`` on, oldest first."""
        instrument_of(symbol, self.engine.instruments)
        return self.engine.fills(symbol, since=since)

    async def forced_orders(self, symbol: str, since: datetime) -> dict[str, str]:
        """Tell nothing: every execution carries its order's client id."""
        del symbol, since
        return {}

    async def funding(self, symbol: str, since: datetime) -> tuple[Funding, ...]:
        """Tell the funding settlements on one symbol after ``since``, oldest first."""
        instrument_of(symbol, self.engine.instruments)
        return tuple(
            Funding(
                symbol=symbol,
                rate=settlement.rate,
                mark_price=settlement.mark_price,
                received=settlement.received,
                time=settlement.time,
            )
            for settlement in self.engine.settlements(symbol)
            if settlement.time > since
        )

    def listen(self, hear: Hear) -> "MemoryStream":
        """Tell what happens on the account from now on, whichever thread makes it happen."""
        stream = MemoryStream(hear, asyncio.get_running_loop(), self._streams)
        stream.tell(Live())
        return stream

    def _tell(self, record: EngineOrder, fill: Fill | None) -> None:
        for stream in tuple(self._streams):
            if fill is not None:
                stream.tell(fill)
                stream.tell(self._position(Leg(fill.symbol, fill.position_side)))
            stream.tell(_report(record))

    def _position(self, leg: Leg) -> Position:
        held = (position for position in self.engine.positions() if position.leg == leg)
        flat = Position(symbol=leg.symbol, position_side=leg.position_side, quantity=ZERO)
        return next(held, flat)

    def _show(self, symbol: str) -> None:
        quote = self._touch(symbol)
        for stream in tuple(self._streams):
            if quote is not None and symbol in stream.symbols:
                stream.tell(quote)


class MemoryStream:
    """What an in-memory venue tells one listener, on the listener's own event loop."""

    def __init__(
        self, hear: Hear, loop: asyncio.AbstractEventLoop, among: "list[MemoryStream]"
    ) -> None:
        self.symbols: set[str] = set()
        self._hear = hear
        self._loop = loop
        self._among = among
        among.append(self)

    def tell(self, event: Event) -> None:
        """Hand one event over, from any thread."""
        self._loop.call_soon_threadsafe(self._hand_over, event)

    def _hand_over(self, event: Event) -> None:
        if self in self._among:
            self._hear(event)

    def follow(self, symbols: Iterable[str]) -> None:
        """Tell the quotes of these symbols as well, whenever they move."""
        self.symbols.update(symbols)

    async def close(self) -> None:
        """End it; safe to call twice."""
        if self in self._among:
            self._among.remove(self)


def _report(record: EngineOrder) -> OrderReport:
    return OrderReport(
        order=record.order,
        state=record.state,
        venue_order_id=record.order_id,
        filled=record.filled,
        average_price=record.average_price,
    )
