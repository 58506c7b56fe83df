"""The clock of a local testnet, as wrong as a drill wants it."""

from collections.abc import Callable
from datetime import datetime, timedelta


class SkewedClock:
    """A clock that runs ahead of another one, or behind it.

    Args:
        read: reads the right one (UTC).
    """

    def __init__(self, read: Callable[[], datetime]) -> None:
        self._read = read
        self.skew = timedelta()
        """How far it is ahead."""

    def __call__(self) -> datetime:
        """Read it (UTC)."""
        return self._read() + self.skew
