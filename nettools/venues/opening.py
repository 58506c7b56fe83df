"""The only way to a venue, and its closed list: local testnets and the venues' own testnets.

A name or a testnet's handle comes in, a venue that is not connected yet goes out. There is no
option for another address, a proxy or ccxt's settings, and no way to name a live exchange.
"""

import os
from collections.abc import Mapping

from nettools.errors import LiveTradingRefused, VenueUnavailable
from nettools.testnet import Testnet, attach
from nettools.testnet.session import read_session
from nettools.venues.binance.venue import BinanceVenue
from nettools.venues.bybit.venue import BybitVenue
from nettools.venues.ccxt_venue import CcxtVenue
from nettools.venues.clock import Timing
from nettools.venues.credentials import credentials, read_credentials
from nettools.venues.guard import TESTNETS, local_address
from nettools.venues.protocol import Venue
from nettools.venues.wire import Wire

LOCAL = {"local": "binance", "local-bybit": "bybit"}
"""The local testnets, and whose dialect each speaks."""
VENUES = (*LOCAL, *TESTNETS)
"""Every venue that can be named."""

_SPEAKERS: dict[str, type[CcxtVenue]] = {"binance": BinanceVenue, "bybit": BybitVenue}
_NAMES = {dialect: name for name, dialect in LOCAL.items()}
_VENUE, _URL = "NETTOOLS_LOCAL_VENUE", "NETTOOLS_LOCAL_URL"


def open_venue(
    venue: str | Testnet | Venue, environment: Mapping[str, str] = os.environ
) -> Venue:
    """Give the venue, not connected yet; nothing is sent to an exchange before ``connect``.

    Args:
        venue: ``"local"`` (the testnet named by the environment, whichever it speaks, or this
            user's running one of Binance), ``"local-bybit"`` (the same of Bybit),
            ``"binance-demo"``, ``"bybit-testnet"``, ``"bybit-demo"``, a handle from
            ``nettools.testnet``, or a venue already made.
        environment: where keys are read from; never from a cell.

    Raises:
        LiveTradingRefused: any other name, or an address that is not a testnet's.
        VenueUnavailable: no local testnet is running, or the keys are not set.
    """
    if isinstance(venue, Testnet):
        return _local(venue)
    if not isinstance(venue, str):
        return venue
    if venue in LOCAL:
        return _local(attach(_local_variables(venue, environment)))
    if venue in TESTNETS:
        speaker = _SPEAKERS[venue.partition("-")[0]]
        return speaker(venue, TESTNETS[venue], read_credentials(venue, environment))
    raise LiveTradingRefused(
        f"nettools trades on testnets only: use {' or '.join(map(repr, VENUES))}, "
        f"was {venue[:60]!r}; nothing was sent"
    )


def open_public(venue: str | Testnet, environment: Mapping[str, str], timing: Timing) -> Wire:
    """Give a wire, not connected yet, for what a venue tells everybody; it has no keys.

    Raises:
        LiveTradingRefused, VenueUnavailable: as ``open_venue``, but for the keys.
    """
    if isinstance(venue, str) and venue in TESTNETS:
        dialect = _SPEAKERS[venue.partition("-")[0]].dialect
        return Wire(venue, TESTNETS[venue], credentials("none", "none"), dialect, timing)
    opened = open_venue(venue, environment)
    if not isinstance(opened, CcxtVenue):
        raise LiveTradingRefused(f"candles come from {' or '.join(VENUES)}; nothing was sent")
    return Wire(
        opened.name, opened.address, credentials("none", "none"), opened.dialect, timing
    )


def _local_variables(name: str, environment: Mapping[str, str]) -> Mapping[str, str]:
    named = environment.get(_VENUE, "")
    if environment.get(_URL) and (name == "local" or named == LOCAL[name]):
        return environment
    session = read_session(LOCAL[name])  # one that `nettools testnet` or a notebook started
    if session is not None:
        return session.variables
    if name == "local":
        return environment
    raise VenueUnavailable(
        f"no local testnet of {LOCAL[name]} is running; start one with `nettools testnet "
        f'--venue {LOCAL[name]}` in a terminal, or nt.testnet.start("{LOCAL[name]}")'
    )


def _local(testnet: Testnet) -> Venue:
    speaker = _SPEAKERS.get(testnet.venue)
    if speaker is None:
        raise LiveTradingRefused(
            f"a local testnet speaks {' or '.join(_SPEAKERS)}, was {testnet.venue[:60]!r}; "
            "nothing was sent"
        )
    held = credentials(testnet.api_key, testnet.secret)
    return speaker(_NAMES[testnet.venue], local_address(testnet.url), held)
