"""What nettools needs of an exchange, and nothing more.

Unified symbols, Decimals and our own nouns on this side; whatever the exchange speaks on the
other. Reads that fail, come back empty, malformed or stale raise ``VenueUnavailable``: a read
that failed is never "flat". Sends end in exactly one of: a report (confirmed),
``OrderRejected``, ``OutcomeUnknown`` or ``VenueUnavailable`` (nothing was sent).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Protocol, runtime_checkable

from nettools.model import (
    FeeRates,
    Fill,
    Funding,
    Instrument,
    Order,
    OrderReport,
    Position,
    PositionMode,
    Quote,
)
from nettools.venues.streams import Hear, Stream


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """The money of the account, in the quote currency."""

    currency: str
    wallet: Decimal
    """Deposits, realized PnL, fees and funding; without unrealized PnL."""
    available: Decimal
    """What new positions may still use as margin."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Permissions:
    """What the keys may do, as the venue says; None where it does not say."""

    may_trade: bool
    """Whether they may send orders."""
    may_withdraw: bool | None = None
    """Whether they may take money out; keys for a desk should not."""
    is_bound: bool | None = None
    """Whether they work from listed addresses only."""


@runtime_checkable
class Venue(Protocol):
    """One exchange account, reached over whatever the implementation speaks."""

    name: str
    """``"local"``, ``"binance-demo"`` and so on; shown on the badge."""
    account: str
    """Names the account behind it, the same for every connection to it; holds no key."""

    def mask(self, text: str) -> str:
        """Mask the account's keys in a text that is to be kept; the rest stays as it is."""
        ...

    async def connect(self) -> None:
        """Reach the venue, check keys and clock, load the instruments."""
        ...

    async def close(self) -> None:
        """Let go of every connection; safe to call twice."""
        ...

    def banned_until(self) -> datetime | None:
        """Say until when the venue takes no request of ours (UTC); None when it takes them.

        Whoever keeps a journal writes it there, for a ban outlives a restart.
        """
        ...

    def restore_ban(self, until: datetime) -> None:
        """Ask for nothing before ``until`` (UTC): what ``banned_until`` said, before."""
        ...

    def instruments(self) -> dict[str, Instrument]:
        """Give every instrument by symbol, as the venue stated its rules last.

        One that was tradeable once stays, with the rules it had.
        """
        ...

    async def reload_instruments(self) -> None:
        """Ask for the rules of all instruments again."""
        ...

    async def server_time(self) -> datetime:
        """Ask the venue for its clock (UTC)."""
        ...

    async def position_mode(self) -> PositionMode:
        """Ask which mode the account is in."""
        ...

    async def set_position_mode(self, mode: PositionMode) -> None:
        """Switch the mode; the venue refuses with positions or orders (OrderRejected)."""
        ...

    async def set_leverage(self, symbol: str, leverage: int) -> None:
        """Set the leverage used for margin on one symbol."""
        ...

    async def permissions(self) -> Permissions | None:
        """Ask what the keys may do; None where there are no keys, or nobody to ask."""
        ...

    async def balance(self) -> Balance:
        """Ask for the account's money."""
        ...

    async def fee_rates(self, symbol: str) -> FeeRates:
        """Ask for the account's own fee rates on one symbol."""
        ...

    async def positions(self) -> tuple[Position, ...]:
        """Ask for every leg that is not flat; empty only when the venue said so credibly."""
        ...

    async def quotes(self, symbols: Iterable[str]) -> dict[str, Quote]:
        """Ask for the touch and mark of each symbol; a symbol without a usable one raises."""
        ...

    async def last_prices(self, symbols: Iterable[str]) -> dict[str, Decimal]:
        """Ask for the price of the last trade anybody made on each symbol, quote units."""
        ...

    async def open_orders(self, symbol: str) -> tuple[OrderReport, ...]:
        """Ask for the resting orders on one symbol, foreign ones too."""
        ...

    async def send(self, order: Order) -> OrderReport:
        """Send one order once; never retried here.

        The report may be SENT: acknowledged, and what became of it must be asked for.
        """
        ...

    async def cancel(self, order: Order) -> None:
        """Ask for a cancel by our id. Returning means the request was accepted, no more.

        Raises OrderRejected(reason="NOT_FOUND") when the venue knows no such open order: it
        may be filled, so look.
        """
        ...

    async def find_order(self, order: Order) -> OrderReport | None:
        """Look the order up by our id; None only when the venue says it knows no such id."""
        ...

    async def fills(self, symbol: str, since: datetime) -> tuple[Fill, ...]:
        """Give our executions on one symbol from ``since`` on, oldest first, all pages."""
        ...

    async def forced_orders(self, symbol: str, since: datetime) -> dict[str, str]:
        """Give the client ids of orders the venue sent itself, by its own order ids.

        Only where executions do not tell: liquidation, ADL and settlement on Binance. Empty
        elsewhere.
        """
        ...

    async def funding(self, symbol: str, since: datetime) -> tuple[Funding, ...]:
        """Give the funding settlements on one symbol after ``since``, oldest first.

        One a settlement, with what the account received or paid; zero when it held nothing.
        """
        ...

    def listen(self, hear: Hear) -> Stream | None:
        """Tell ``hear`` what happens on the account from now on; None where nothing is told.

        Called on the event loop that is to hear it; opens in the background and never raises
        for what goes wrong there: that is a ``Gap``.
        """
        ...
