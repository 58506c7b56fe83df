"""The door to any exchange: one protocol, a ccxt venue and an in-memory venue behind it.

``open_venue`` is the only way in, and its list is closed. Importing this opens nothing; what
is behind a name loads on its first use, and ccxt only when a venue connects.
"""

from typing import TYPE_CHECKING, Any

from nettools.venues.protocol import Balance, Venue

if TYPE_CHECKING:
    from nettools.venues.memory import MemoryVenue
    from nettools.venues.opening import open_venue

__all__ = ["Balance", "MemoryVenue", "Venue", "open_venue"]


def __getattr__(name: str) -> Any:  # noqa: ANN401 - a class or a function, by name
    if name == "MemoryVenue":
        from nettools.venues.memory import MemoryVenue  # noqa: PLC0415 - on first use

        return MemoryVenue
    if name == "open_venue":
        from nettools.venues.opening import open_venue  # noqa: PLC0415 - on first use

        return open_venue
    raise AttributeError(f"module 'nettools.venues' has no attribute {name!r}")
