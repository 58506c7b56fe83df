"""The only way to a venue, and its closed list: the local testnet and Binance's demo.

A name or a testnet's handle comes in, a venue that is not connected yet goes out. There is no
option for another address, a proxy or ccxt's settings, and no way to name a live exchange.
"""

import os
from collections.abc import Mapping

from nettools.errors import LiveTradingRefused
from nettools.testnet import Testnet, attach
from nettools.testnet.session import read_session
from nettools.venues.binance.venue import BinanceVenue
from nettools.venues.credentials import credentials, read_credentials
from nettools.venues.guard import TESTNETS, local_address
from nettools.venues.protocol import Venue

VENUES = ("local", *TESTNETS)
"""Every venue that can be named."""


def open_venue(
    venue: str | Testnet | Venue, environment: Mapping[str, str] = os.environ
) -> Venue:
    """Give the venue, not connected yet; nothing is sent to an exchange before ``connect``.

    Args:
        venue: ``"local"`` (the testnet named by the environment, or this user's running one),
            ``"binance-demo"``, a handle from ``nettools.testnet``, or a venue already made.
        environment: where keys are read from; never from a cell.

    Raises:
        LiveTradingRefused: any other name, or an address that is not a testnet's.
        VenueUnavailable: no local testnet is running, or the keys are not set.
    """
    if isinstance(venue, Testnet):
        return _local(venue)
    if not isinstance(venue, str):
        return venue
    if venue == "local":
        return _local(attach(_local_variables(environment)))
    if venue in TESTNETS:
        return BinanceVenue(venue, TESTNETS[venue], read_credentials(venue, environment))
    raise LiveTradingRefused(
        f"nettools trades on testnets only: use {' or '.join(map(repr, VENUES))}, "
        f"was {venue[:60]!r}; nothing was sent"
    )


def _local_variables(environment: Mapping[str, str]) -> Mapping[str, str]:
    if environment.get("NETTOOLS_LOCAL_URL"):
        return environment
    session = read_session("binance")  # one that `nettools testnet` or a notebook started
    return environment if session is None else session.variables


def _local(testnet: Testnet) -> Venue:
    held = credentials(testnet.api_key, testnet.secret)
    return BinanceVenue("local", local_address(testnet.url), held)
