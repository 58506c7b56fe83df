"""A floor whose public is a recording: displayed levels, and trades between others.

Whole numbers of a tape come in (ticks, steps, sides as signs); what they would have filled of
the trader's resting orders goes through the same hooks as every execution. What he takes of a
displayed level stays taken until the tape displays that level anew, and his own orders never
change what is displayed. Law: of no trade and of no displayed quantity is more filled than it
had (rules of ``nettools.tape.queue``).
"""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from nettools.model import Side
from nettools.tape import fill_by_quote, fill_by_trade, queue_after_level
from nettools.testnet.book import Book, Entry
from nettools.testnet.floor import TRADING, Execution, Floor, Pit

_SIDES = {1: Side.BUY, -1: Side.SELL}
Rungs = Iterable[tuple[int, int]]
"""Levels: ticks, steps."""


class DisplayedFloor(Floor):
    """A floor on which a tape can be replayed; without one it is the plain one."""

    def display(
        self, symbol: str, bids: Rungs, asks: Rungs, now: datetime, *, is_whole: bool = False
    ) -> None:
        """Let levels display what the tape says, zero steps for gone.

        Args:
            symbol: unified symbol.
            bids: changed levels.
            asks: changed levels.
            now: the time shown on what this fills.
            is_whole: levels that are not named are gone; none at all means that the book is
                not known, and then nobody's place in a queue has changed.
        """
        pit = self._pit(symbol)
        self.sequence += 1
        for side, rungs in ((Side.BUY, bids), (Side.SELL, asks)):
            _display(pit.book, side, dict(rungs), is_whole=is_whole)
        if pit.book.is_crossed and pit.status == TRADING:
            for side in (Side.BUY, Side.SELL):
                self._meet_quotes(pit, side, now)

    def displayed_touch(self, symbol: str) -> tuple[Decimal, Decimal] | None:
        """Give best bid and ask, the trader's own left out; None while a side is empty."""
        pit = self._pit(symbol)
        bid, ask = (pit.book.best_displayed(side) for side in (Side.BUY, Side.SELL))
        return None if bid is None or ask is None else (pit.price(bid), pit.price(ask))

    def trade_elsewhere(
        self, symbol: str, taker: int, price: int, lots: int, now: datetime
    ) -> None:
        """Let two others trade, and the trader's orders get what they would have got of it.

        Args:
            symbol: unified symbol.
            taker: +1 when the buyer took, -1 when the seller did.
            price: ticks.
            lots: steps, the trader's share included.
            now: the time shown.
        """
        pit = self._pit(symbol)
        if pit.status != TRADING:
            return
        left = lots
        for entry in pit.book.own_reached(_SIDES[-taker], price):
            if not entry.lots or not left:
                continue  # an execution before it has taken it off
            entry.ahead, met = fill_by_trade(
                -taker, entry.price, entry.ahead, entry.lots, (taker, price, left)
            )
            left -= self._execute(pit, entry, met, now)
        if left:
            pit.book.tape.add(price, left)
            pit.trades += 1
            if self._print_listeners:
                self._print(pit, _SIDES[taker], Execution(price, left, now))

    def _meet_quotes(self, pit: Pit, side: Side, now: datetime) -> None:
        other = Side.SELL if side is Side.BUY else Side.BUY
        best = pit.book.best_displayed(other)
        for entry in () if best is None else pit.book.own_reached(side, best):
            while entry.lots:
                quote = pit.book.first_against(side, entry.price)
                if quote is None or quote.is_own:
                    break
                met = fill_by_quote(side.sign, entry.price, entry.lots, quote.price, quote.lots)
                done = self._execute(pit, entry, met, now)
                if not done:
                    break
                pit.book.shrink(quote, done)

    def _execute(self, pit: Pit, entry: Entry, lots: int, now: datetime) -> int:
        lots = min(lots, self._own_lots(pit, entry, "", now)) if lots else 0
        if not lots:
            return 0
        self.sequence += 1
        pit.book.shrink(entry, lots)
        pit.book.tape.add(entry.price, lots)
        pit.trades += 1
        execution = Execution(entry.price, lots, now)
        if self._print_listeners:
            taker = Side.SELL if entry.side is Side.BUY else Side.BUY
            self._print(pit, taker, execution)
        self._executed(pit, execution, entry, "")
        return lots


def _display(book: Book, side: Side, told: dict[int, int], *, is_whole: bool) -> None:
    if is_whole:
        gone = [price for price in book.displayed(side) if price not in told]
        if told:  # a snapshot reaches so far; beyond it nothing is known of a queue
            end = min(price * side.sign for price in told)
            reached = (price for price in book.own_prices(side) if price * side.sign >= end)
            told = dict.fromkeys(reached, 0) | told
        for price in gone:
            book.display(side, price, 0)
    for price, lots in told.items():
        book.display(side, price, lots)
    for price in book.own_prices(side) & told.keys():
        for entry in book.own_at(side, price):
            entry.ahead = queue_after_level(entry.ahead, told[price])
