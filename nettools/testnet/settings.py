"""How a local testnet is set up: what its command, its handle and its tests may choose.

Choices come in, and are refused at once when they cannot be meant.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from nettools.errors import InvalidInput
from nettools.model import PositionMode
from nettools.testnet.admin import checked_interval, checked_speed
from nettools.testnet.funding import EIGHT_HOURS
from nettools.testnet.instruments import LISTED, USUAL

VENUES = ("binance", "bybit")
"""The dialects there are."""
_LONGEST_DELAY = 60

ReplayFiles = str | Sequence[str] | Mapping[str, str] | None
"""Files of one-minute candles, named after their symbol or by unified symbol; or one recording
of a venue's public streams."""
Latency = float | Sequence[float]
"""Seconds an order is on its way; or a pair: there, and its answer back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How a local testnet is set up."""

    venue: str = "binance"
    """Whose dialect the trading port speaks."""
    symbols: int = USUAL
    """How many contracts the synthetic market has, BTC first; at most ten."""
    seed: int = 7
    """Of the synthetic market; the same seed and steps give the same market."""
    mode: str = "one-way"
    """The account's position mode, ``"one-way"`` or ``"hedge"``."""
    speed: float = 1.0
    """Market seconds per wall second; 0 moves only when told to."""
    port: int = 0
    """Of the trading port; 0 takes a free one. The admin port is always a free one."""
    replay: ReplayFiles = None
    """Candles to replay instead of the synthetic market: a path, several, or by symbol; or
    the recording of an order book."""
    latency: Latency = 0.0
    """Wall seconds between an order (or its cancel) sent and matched, or a pair: that, and
    from there until its answer arrives. Each up to a minute; reads and streams have none."""
    idle_seconds: float = 1800.0
    """Stop after so long without a request; 0 never."""
    ack_delay: float = 0.02
    """Wall seconds between an order acknowledged and matched, up to a minute; Bybit alone."""
    rate_limits: bool = True
    """Refuse what is over the venue's request and order limits; off for benchmarks."""
    funding_interval: int = EIGHT_HOURS
    """Seconds of market time between two settlements of funding, at most a day."""
    api_key: str = field(default="", repr=False)
    """The account's key; empty makes a random one."""
    secret: str = field(default="", repr=False)
    """The account's secret; empty makes a random one."""

    def __post_init__(self) -> None:
        """Refuse settings that cannot be meant; raises InvalidInput."""
        if self.venue not in VENUES:
            raise InvalidInput(f'venue must be "binance" or "bybit", was {self.venue!r}')
        PositionMode.read(self.mode)
        checked_speed(self.speed)
        checked_interval(self.funding_interval)
        if self.port not in range(65536):
            raise InvalidInput(f"port must be from 0 to 65535, was {self.port!r}")
        _check_symbols(self.symbols, most=len(LISTED[self.venue]))
        if not _is_number(self.seed) or int(self.seed) != self.seed:
            raise InvalidInput(f"seed must be a whole number, was {self.seed!r}")
        if not _is_number(self.idle_seconds) or self.idle_seconds < 0:
            raise InvalidInput(f"idle_seconds must be zero or more, was {self.idle_seconds!r}")
        if not _is_number(self.ack_delay) or not 0 <= self.ack_delay <= _LONGEST_DELAY:
            raise InvalidInput(
                f"ack_delay must be from 0 to {_LONGEST_DELAY} seconds, was {self.ack_delay!r}"
            )
        if not all(_is_number(delay) and 0 <= delay <= _LONGEST_DELAY for delay in self.delays):
            raise InvalidInput(
                f"latency must be seconds from 0 to {_LONGEST_DELAY}, or a pair of them "
                f"(to the venue, and back), was {self.latency!r}"
            )
        if bool(self.api_key) is not bool(self.secret):
            raise InvalidInput("give both API key and secret, or neither")

    @property
    def delays(self) -> tuple[float, float]:
        """Seconds an order takes to the venue, and its answer back."""
        told = self.latency
        if isinstance(told, list | tuple) and len(told) == 2:  # noqa: PLR2004 - there and back
            return told[0], told[1]
        return (told, 0.0) if isinstance(told, int | float) else (math.nan, math.nan)


def _check_symbols(count: object, *, most: int) -> None:
    if type(count) is not int or not 1 <= count <= most:
        raise InvalidInput(f"symbols must be a whole number from 1 to {most}, was {count!r}")


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and math.isfinite(value)
