"""A venue over ccxt for a local testnet in this process, whichever dialect that speaks."""

from faulty import FaultyServer

from nettools.venues.binance.venue import BinanceVenue
from nettools.venues.bybit.venue import BybitVenue
from nettools.venues.ccxt_venue import CcxtVenue
from nettools.venues.credentials import credentials
from nettools.venues.guard import local_address

SPEAKERS = {"binance": BinanceVenue, "bybit": BybitVenue}
NAMES = {"binance": "local", "bybit": "local-bybit"}


def venue_on(server: FaultyServer, **keys: str) -> CcxtVenue:
    """Make a venue for a running testnet, not connected; other keys may be given."""
    held = credentials(keys.get("api_key", server.api_key), keys.get("secret", server.secret))
    kind = server.settings.venue
    return SPEAKERS[kind](NAMES[kind], local_address(server.url), held)
