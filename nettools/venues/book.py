"""One symbol's order book, kept from a snapshot and the updates after it. Pure.

Levels and their sequence come in; the touch goes out. Law: a book is whole or not known at all.
An update that does not follow the one before, or a book that crosses, ends it until the next
snapshot, because a price that is not there any more is worse than none.
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from nettools.decimals import plain

MOST_WAITING = 1000
"""Updates kept while a snapshot is on its way; of more the newest."""

Levels = Iterable[tuple[Decimal, Decimal]]
"""Price (quote units) and what rests there now (base units); zero: nothing any more."""


class Torn(ValueError):
    """The book is not known any more; says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """What changed in a book, and where that stands in the venue's sequence."""

    first: int
    """Number of the first change in it."""
    last: int
    """Number of the last change in it."""
    previous: int
    """Number of the last change in the update before."""
    bids: tuple[tuple[Decimal, Decimal], ...]
    """Price (quote units) and what rests there now (base units); zero: nothing any more."""
    asks: tuple[tuple[Decimal, Decimal], ...]
    """Price (quote units) and what rests there now (base units); zero: nothing any more."""


class Touch(NamedTuple):
    """The best prices and what rests there."""

    bid: Decimal
    """Quote units."""
    bid_quantity: Decimal
    """Base units."""
    ask: Decimal
    """Quote units."""
    ask_quantity: Decimal
    """Base units."""


class Book:
    """Bids and asks of one symbol; not known until the first snapshot."""

    def __init__(self) -> None:
        self._bids: dict[Decimal, Decimal] = {}
        self._asks: dict[Decimal, Decimal] = {}
        self._sequence: int | None = None
        self._is_joined = False
        self._waiting: deque[Update] = deque(maxlen=MOST_WAITING)

    @property
    def is_whole(self) -> bool:
        """Whether it is known."""
        return self._sequence is not None

    def forget(self) -> None:
        """Know nothing until the next snapshot."""
        self._sequence = None
        self._waiting.clear()

    def start(self, bids: Levels, asks: Levels, sequence: int) -> None:
        """Begin with a snapshot, and with the updates that came while it was on its way.

        Args:
            bids: all that rests.
            asks: all that rests.
            sequence: number of the last change it holds.

        Raises:
            Torn: the updates do not join it; it is too old.
        """
        self._bids, self._asks = {}, {}
        _change(self._bids, bids)
        _change(self._asks, asks)
        self._sequence, self._is_joined = sequence, False
        waiting = tuple(self._waiting)
        self._waiting.clear()
        for update in waiting:
            self.take(update)

    def take(self, update: Update) -> None:
        """Take one update in; it waits while there is no snapshot.

        Raises:
            Torn: it does not follow the one before: something was left out.
        """
        sequence = self._sequence
        if sequence is None:
            self._waiting.append(update)
            return
        if update.last < sequence or (self._is_joined and update.last == sequence):
            return  # it is in already
        # A snapshot is taken between two changes, perhaps in the middle of an update (docs).
        joins = not self._is_joined and update.first <= sequence
        if not joins and update.previous != sequence:
            self.forget()
            raise Torn(f"updates {sequence + 1} to {update.previous} of the book are missing")
        _change(self._bids, update.bids)
        _change(self._asks, update.asks)
        self._sequence, self._is_joined = update.last, True

    def touch(self) -> Touch | None:
        """Give the best prices; None while it is not known or empty on a side.

        Raises:
            Torn: bid and ask cross.
        """
        if not (self.is_whole and self._bids and self._asks):
            return None
        bid, ask = max(self._bids), min(self._asks)
        if bid >= ask:
            self.forget()
            raise Torn(f"the book crosses: bid {plain(bid)}, ask {plain(ask)}")
        return Touch(bid, self._bids[bid], ask, self._asks[ask])

    def levels(self) -> tuple[tuple[tuple[Decimal, Decimal], ...], ...]:
        """Give bids and asks, best first; nothing while it is not known."""
        if not self.is_whole:
            return (), ()
        return tuple(sorted(self._bids.items(), reverse=True)), tuple(
            sorted(self._asks.items())
        )


def _change(side: dict[Decimal, Decimal], levels: Levels) -> None:
    for price, quantity in levels:
        if quantity:
            side[price] = quantity
        else:
            side.pop(price, None)
