"""Where orders meet: the books of all symbols, matching, and the anonymous public.

Makers' ladders and anonymous orders come in; executions go to whoever owns the orders they
touch. The floor knows no account: ``Engine`` adds the one trader and says, through three hooks,
how much of his resting order may trade, what an execution and what a settlement of funding
mean for him.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from nettools.decimals import ZERO, is_multiple, plain, round_down, round_up
from nettools.errors import InvalidInput, OrderRejected
from nettools.model import Instrument, Order, Quote, Side
from nettools.testnet.book import Book, Entry, Tape, Watch
from nettools.testnet.funding import Settlement

Level = tuple[Decimal, Decimal]
"""Price (quote units) and the quantity resting there (base units)."""


@dataclass(slots=True, eq=False)
class Pit:
    """One symbol: its rules, its book and the prices that go with it."""

    instrument: Instrument
    book: Book = field(default_factory=Book)
    mark: Decimal | None = None
    """Quote units; None until the market sets it."""
    trades: int = 0
    """Executions so far, anybody's; the id of the last one."""

    def ticks(self, price: Decimal) -> int:
        """Read a price on the grid as a whole number; InvalidInput off the grid."""
        if price <= 0 or not is_multiple(price, self.instrument.tick_size):
            tick = plain(self.instrument.tick_size)
            raise InvalidInput(f"price must be a multiple of {tick}, was {plain(price)}")
        return int(price / self.instrument.tick_size)

    def lots(self, quantity: Decimal) -> int:
        """Read a quantity on the grid as a whole number; InvalidInput off the grid."""
        if quantity <= 0 or not is_multiple(quantity, self.instrument.step_size):
            step = plain(self.instrument.step_size)
            raise InvalidInput(f"quantity must be a multiple of {step}, was {plain(quantity)}")
        return int(quantity / self.instrument.step_size)

    def price(self, ticks: int) -> Decimal:
        """Write a price in quote units."""
        return ticks * self.instrument.tick_size

    def quantity(self, lots: int) -> Decimal:
        """Write a quantity in base units."""
        return lots * self.instrument.step_size

    def known_price(self) -> Decimal:
        """Give the mark; the last price before there is one; zero before either."""
        if self.mark is not None:
            return self.mark
        last = self.book.tape.last
        return ZERO if last is None else self.price(last)

    def limit(self, order: Order) -> int | None:
        """Give the worst price (ticks) of an order; a market order's is the band's edge."""
        if order.limit_price is not None:
            return self.ticks(order.limit_price)
        side, band, price = order.side, self.instrument.price_band, self.known_price()
        if band is None or not price:
            return None
        tick = self.instrument.tick_size
        inside = round_down if side is Side.BUY else round_up
        return int(inside(price * (1 + side.sign * band), tick) / tick)


class Execution(NamedTuple):
    """One match, before anybody's account is touched."""

    price: int
    """Ticks: always the resting order's price."""
    lots: int
    """Steps."""
    time: datetime


class Print(NamedTuple):
    """One execution as the public sees it, whoever traded."""

    symbol: str
    trade_id: int
    """Rises by one with each execution on the symbol."""
    side: Side
    """The taker's."""
    price: Decimal
    """Quote units."""
    quantity: Decimal
    """Base units."""
    time: datetime


class Floor(ABC):
    """Books for several symbols, and the orders of an anonymous public.

    Args:
        instruments: what can be traded.
    """

    instruments: dict[str, Instrument]
    marks_on_tick: bool = False
    """Whether marks are on the price grid: what a row shows is then what PnL was taken at."""
    sequence: int
    """Rises with every change of any book: the ``lastUpdateId`` of a depth answer."""

    def __init__(self, instruments: Iterable[Instrument]) -> None:
        self.instruments = {instrument.symbol: instrument for instrument in instruments}
        self.sequence = 0
        self._pits = {symbol: Pit(rules) for symbol, rules in self.instruments.items()}
        self._print_listeners: tuple[Callable[[Print], None], ...] = ()

    def mark_price(self, symbol: str) -> Decimal:
        """Give the price used for margin and unrealized PnL; zero before the first one."""
        return self._pit(symbol).known_price()

    def last_price(self, symbol: str) -> Decimal:
        """Give the price of the last execution; the mark before the first one."""
        pit = self._pit(symbol)
        last = pit.book.tape.last
        return pit.known_price() if last is None else pit.price(last)

    def depth(
        self, symbol: str, limit: int = 50
    ) -> tuple[tuple[Level, ...], tuple[Level, ...]]:
        """Give bids and asks, best first, the trader's own orders included."""
        pit = self._pit(symbol)
        bids, asks = (
            tuple((pit.price(t), pit.quantity(n)) for t, n in pit.book.levels(side, limit))
            for side in (Side.BUY, Side.SELL)
        )
        return bids, asks

    def quote(self, symbol: str, now: datetime) -> Quote | None:
        """Give the touch and the mark; None when a side of the book is empty."""
        pit = self._pit(symbol)
        bid, ask = pit.book.best(Side.BUY), pit.book.best(Side.SELL)
        if bid is None or ask is None:
            return None
        return Quote(
            symbol=symbol,
            bid=pit.price(bid),
            ask=pit.price(ask),
            mark_price=pit.known_price() or None,
            time=now,
        )

    # --- watching: what a feed of market data is made from

    def watch(self, symbol: str) -> Watch:
        """Note from now on which prices of a book change, until ``unwatch``."""
        return self._pit(symbol).book.watch()

    def unwatch(self, symbol: str, watch: Watch) -> None:
        """Stop noting for a watch."""
        self._pit(symbol).book.unwatch(watch)

    def take_changes(
        self, symbol: str, watch: Watch
    ) -> tuple[tuple[Level, ...], tuple[Level, ...]]:
        """Give bids and asks touched since last asked, best first, as they are now.

        A level that is gone has quantity zero.
        """
        pit = self._pit(symbol)
        changes = []
        for side, touched in watch.touched.items():
            prices = sorted(touched, reverse=side is Side.BUY)
            touched.clear()
            lots = ((price, pit.book.lots_at(side, price)) for price in prices)
            changes.append(tuple((pit.price(p), pit.quantity(n)) for p, n in lots))
        return changes[0], changes[1]

    def listen_prints(self, listener: Callable[[Print], None]) -> None:
        """Call ``listener`` on every execution, anybody's, in order."""
        self._print_listeners = (*self._print_listeners, listener)

    def unlisten_prints(self, listener: Callable[[Print], None]) -> None:
        """Stop calling ``listener``."""
        kept = (known for known in self._print_listeners if known != listener)
        self._print_listeners = tuple(kept)

    # --- the anonymous public: no account, no fees, no record

    def set_mark(self, symbol: str, price: Decimal) -> None:
        """Set the mark price, quote units, above zero; to the nearest tick if marks are."""
        if price <= 0:
            raise InvalidInput(f"mark price of {symbol} must be above zero, was {price}")
        pit = self._pit(symbol)
        tick = pit.instrument.tick_size
        on_tick = max(round_down(price + tick / 2, tick), tick)
        pit.mark = on_tick if self.marks_on_tick else price

    def make(
        self, symbol: str, side: Side, price: Decimal, quantity: Decimal, now: datetime
    ) -> None:
        """Enter an anonymous limit order: it takes what it crosses, the rest stays for good.

        It matches the trader's resting orders like anybody's, so the trader is the maker.
        """
        pit = self._pit(symbol)
        limit = pit.ticks(price)
        self.sequence += 1
        left = self._match(pit, side, limit, Execution(limit, pit.lots(quantity), now))
        if left:
            pit.book.join(side, limit, left)

    def take(self, symbol: str, side: Side, quantity: Decimal, now: datetime) -> Decimal:
        """Enter an anonymous market order; give what it filled, base units."""
        pit = self._pit(symbol)
        self.sequence += 1
        lots = pit.lots(quantity)
        return pit.quantity(lots - self._match(pit, side, None, Execution(0, lots, now)))

    def requote(
        self,
        symbol: str,
        bids: Sequence[tuple[int, int]],
        asks: Sequence[tuple[int, int]],
        now: datetime,
    ) -> None:
        """Replace the makers' ladder: (price in ticks, quantity in steps), one per price.

        What stays at its price keeps its place in the queue and grows only while nobody
        stands behind it. New prices that run through the trader's orders fill them.
        """
        pit = self._pit(symbol)
        book = pit.book
        self.sequence += 1
        ladders = ((Side.BUY, bids), (Side.SELL, asks))
        for side, ladder in ladders:
            book.withdraw(side, dict(ladder))
        for side, ladder in ladders:
            for price, lots in ladder:
                left = lots
                if book.crosses(side, price):
                    left = self._match(pit, side, price, Execution(price, lots, now))
                if left:
                    book.provide(side, price, left)

    def take_tape(self, symbol: str) -> Tape:
        """Give what was executed since the last call (prices in ticks, quantities in steps)."""
        return self._pit(symbol).book.take_tape()

    # --- matching

    def _pit(self, symbol: str) -> Pit:
        pit = self._pits.get(symbol)
        if pit is None:
            known = ", ".join(self.instruments)
            raise OrderRejected(
                f"symbol must be one of {known}, was {symbol!r}", reason="UNKNOWN_SYMBOL"
            )
        return pit

    def _match(
        self, pit: Pit, side: Side, limit: int | None, wanted: Execution, taker: str = ""
    ) -> int:
        book, left = pit.book, wanted.lots
        while left:
            entry = book.first_against(side, limit)
            if entry is None:
                break
            lots = min(left, entry.lots)
            if entry.is_own:
                lots = min(lots, self._own_lots(pit, entry, taker, wanted.time))
                if not lots:
                    continue  # the hook has taken the entry off the book
            book.shrink(entry, lots)
            book.tape.add(entry.price, lots)
            pit.trades += 1
            left -= lots
            if self._print_listeners:
                self._print(pit, side, Execution(entry.price, lots, wanted.time))
            self._executed(pit, Execution(entry.price, lots, wanted.time), entry, taker)
        return left

    def _print(self, pit: Pit, side: Side, execution: Execution) -> None:
        printed = Print(
            symbol=pit.instrument.symbol,
            trade_id=pit.trades,
            side=side,
            price=pit.price(execution.price),
            quantity=pit.quantity(execution.lots),
            time=execution.time,
        )
        for listener in self._print_listeners:
            listener(printed)

    @abstractmethod
    def _own_lots(self, pit: Pit, entry: Entry, taker: str, now: datetime) -> int:
        """Say how much of a trader's resting order may trade now.

        Zero means the order has been taken off the book.
        """

    @abstractmethod
    def _executed(self, pit: Pit, execution: Execution, maker: Entry, taker: str) -> None:
        """Book one execution; ``taker`` is the trader's order id, empty if anonymous."""

    @abstractmethod
    def settle(self, symbol: str, rate: Decimal, mark: Decimal, now: datetime) -> Settlement:
        """Settle funding on a symbol at a rate (fraction) and a mark (quote units)."""
