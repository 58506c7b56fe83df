"""What a recording says, in whole numbers: displayed levels, trades, the touch. Pure.

Text of the venue comes in, prices go out in ticks, quantities in lots and times in ns since
1970, all below 2^53, so that any array of 64-bit numbers holds them.
"""

from collections.abc import Iterable, Iterator
from decimal import Decimal, InvalidOperation
from typing import NamedTuple

from nettools.decimals import plain
from nettools.errors import InvalidInput

RESET, LEVEL, APPLIED, TRADE, TOUCH = range(5)
"""Kinds of a row of ``rows``: an emptied book, one level, the end of one update (only now may
the book be looked at), a trade, one side of the venue's own best prices."""
LARGEST = 1 << 53
_KEPT = 200_000
"""Numbers a grid remembers, a few megabytes."""

Rung = tuple[int, int]
"""One price level: ticks, lots."""


class Levels(NamedTuple):
    """An update of the displayed book."""

    time: int
    """Received, ns."""
    update: int
    """The venue's number of the last change in it; 0 when the book is not known."""
    bids: list[Rung]
    """Changed levels with the lots they now display; 0 means gone."""
    asks: list[Rung]
    is_whole: bool = False
    """A snapshot: levels that it does not name are gone. Without any level: not known."""


class Trade(NamedTuple):
    """One execution on the recorded venue."""

    time: int
    """Received, ns."""
    taker: int
    """Side of who took: +1 a buyer, -1 a seller."""
    price: int
    lots: int


class Touch(NamedTuple):
    """The venue's own best prices (``bookTicker``); the book does not need it."""

    time: int
    """Received, ns."""
    update: int
    """The venue's number of the change it shows."""
    bid: int
    bid_lots: int
    ask: int
    ask_lots: int


Event = Levels | Trade | Touch


class Grid(dict[str, int]):
    """Reads the venue's text as whole multiples of a size, each text once.

    Args:
        size: of one tick or one step.
        what: is counted, for the message.
    """

    def __init__(self, size: Decimal, what: str) -> None:
        super().__init__()
        self.size = size
        self._what = what

    def __missing__(self, text: str) -> int:
        """Read a text for the first time; raises InvalidInput when it is off the grid."""
        try:
            number = Decimal(text) / self.size
            count = int(number)
        except (InvalidOperation, TypeError, ValueError, OverflowError):
            raise InvalidInput(f"{self._what} must be a number as text, was {text!r}") from None
        if count != number or not 0 <= count < LARGEST:
            raise InvalidInput(
                f"{self._what} must be a multiple of {plain(self.size)}, was {text[:40]!r}"
            )
        if len(self) >= _KEPT:
            self.clear()
        self[text] = count
        return count


def rows(events: Iterable[Event]) -> Iterator[tuple[int, int, int, int, int]]:
    """Flatten events to (time, kind, side, price, lots), each a whole number.

    A level of zero lots is gone. The sides are +1 (bids; a buying taker) and -1.
    """
    for event in events:
        time = event.time
        if isinstance(event, Trade):
            yield time, TRADE, event.taker, event.price, event.lots
        elif isinstance(event, Touch):
            yield time, TOUCH, 1, event.bid, event.bid_lots
            yield time, TOUCH, -1, event.ask, event.ask_lots
        else:
            if event.is_whole:
                yield time, RESET, 0, 0, 0
            for side, levels in ((1, event.bids), (-1, event.asks)):
                for price, lots in levels:
                    yield time, LEVEL, side, price, lots
            yield time, APPLIED, 0, 0, 0
