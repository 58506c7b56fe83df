"""What is different about listening to a venue: addresses, what to subscribe, what frames say.

Plain values and pure functions; the connection itself is ``CcxtStream``'s.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from nettools.model import Fill, OrderReport, Position
from nettools.venues.book import Update
from nettools.venues.contracts import Contract, Contracts
from nettools.venues.guard import Address

Watch = Callable[[Any], Awaitable[object]]
"""Has ccxt keep a stream open; returns when something came, raises when it broke."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """All that rests in a book at one moment."""

    symbol: str
    bids: tuple[tuple[Decimal, Decimal], ...]
    """Price (quote units) and quantity (base units)."""
    asks: tuple[tuple[Decimal, Decimal], ...]
    """Price (quote units) and quantity (base units)."""
    sequence: int
    """Number of the last change in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """An update of one symbol's book."""

    symbol: str
    update: Update


@dataclass(frozen=True, slots=True)
class Subscribed:
    """The venue has accepted one of the account's subscriptions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """The venue says that it tells nothing more on this connection."""

    reason: str
    """One clause for the trader."""


Told = OrderReport | Fill | Position | Snapshot | Change | Subscribed | Ended


@dataclass(frozen=True, slots=True, kw_only=True)
class Ear:
    """How one venue is listened to."""

    urls: Callable[[Address], Mapping[str, object]]
    """Where ccxt finds its streams, all below one address."""
    account_path: str
    """A part of the address of the account's stream that no other address has."""
    account: tuple[Watch, ...]
    """What to watch for the account's orders, executions and positions."""
    acknowledged: int
    """How many subscriptions are accepted before the account is told everything; with none,
    being connected is enough."""
    book: Callable[[Any, str], Awaitable[object]]
    """Watches the book of a symbol (unified)."""
    has_books: Callable[[Mapping[str, object]], bool]
    """Whether books are told at these addresses."""
    ask_book: Callable[[Any, Contract], Awaitable[object]] | None
    """Asks for a book's snapshot; None where each subscription begins with one."""
    read_book: Callable[[object, Contract], Snapshot] | None
    """Reads the answer, or raises Malformed; None where nothing is asked."""
    read: Callable[[object, Contracts], Iterable[Told]]
    """Reads a frame; what does not matter gives nothing; raises Malformed."""
    told_at: Callable[[object], datetime | None]
    """Reads when the venue told a frame (UTC, its clock); None when it does not say."""
    renew: Callable[[Any], None]
    """Makes the client sign in anew at its next connection."""
