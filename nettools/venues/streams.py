"""What a venue tells by itself, in our own nouns, and when it may have missed something.

A stream is the quick way to know and never the only one: whatever it tells can also be read.
Its one promise: between ``Live`` and the next ``Gap`` nothing was left out. Events may come
late, twice, and out of order beside the answers of requests.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

from nettools.model import Fill, OrderReport, Position, Quote


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """From here on the account's orders, fills and positions are told.

    What happened before is not: read the account once, then both together are complete.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """Something may have been missed: the stream broke, lagged, or made no sense."""

    reason: str
    """One clause for the trader: what happened; holds no secret."""
    symbol: str = ""
    """Whose book is not known any more; empty when it is the account's stream."""


Event = OrderReport | Fill | Position | Quote | Live | Gap
"""A position that is told may be flat; a quote comes from a book whose sequence is whole."""
Hear = Callable[[Event], None]
"""Called with each event on the event loop that listens, in order; must not block or raise."""


class Stream(Protocol):
    """One connection to what an account and its books do; opens itself again when it breaks."""

    def follow(self, symbols: Iterable[str]) -> None:
        """Tell the quotes of these symbols as well, from now on; more can be added later."""
        ...

    async def close(self) -> None:
        """End it: nothing is heard afterwards; safe to call twice."""
        ...
