"""What is different about a venue before a single row of it is read.

Which client of ccxt speaks it, how that client is pointed at one address, where its answers
keep code and words, what its codes mean, what its requests cost, and how to ask for its clock.
Plain values and pure functions; what the rows mean is in the venue's package.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from nettools.venues.candle_rows import Span
from nettools.venues.contracts import Contract
from nettools.venues.guard import Address
from nettools.venues.meter import Tariff
from nettools.venues.outcomes import Failure, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """How one venue is spoken to."""

    client: str
    """The name of ccxt's class, for example ``"binanceusdm"``."""
    options: Mapping[str, object]
    """ccxt's options for it, beside those every venue gets."""
    point_at: Callable[[Any, Address], None]
    """Makes a fresh client speak to one address; may leave no other address in it."""
    code: str
    """The field of an answer that holds the venue's code."""
    text: str
    """The field of an answer that holds the venue's words."""
    classify: Callable[[Failure], Verdict]
    """Says what a failed request means for the order."""
    tariff: Tariff
    """What its requests cost, and how its answers tell."""
    ask_clock: Callable[[Any], Awaitable[Any]]
    """Asks the client for the venue's clock."""
    read_clock: Callable[[object], datetime]
    """Reads the answer (UTC), or raises ``Malformed``."""
    ask_candles: Callable[[Any, Contract, str, Span], Awaitable[Any]]
    """Asks the client for the candles of a contract, an interval and a span."""
    candle_lists: Callable[[object, Contract], object]
    """Takes them out of the answer, oldest first, or raises ``Malformed``."""
