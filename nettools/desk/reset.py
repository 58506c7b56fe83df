"""Notices that a testnet was wiped: it no longer knows what we surely traded there.

The newest fills in the journal come in; a sentence goes out when the venue shows none of them
and does not know their order either. One read that leaves something out is not enough.
"""

from datetime import datetime, timedelta

from nettools.desk.recorder import Recorder
from nettools.journal.records import Filled, Intended
from nettools.venues.protocol import Venue

REMEMBERED_FOR = timedelta(days=2)
"""Every venue shows trades of so long ago (docs: Binance and Bybit seven days at least)."""
ASKED_FOR = 3
"""How many of the newest fills are looked for."""


async def why_reset(venue: Venue, recorder: Recorder, now: datetime) -> str:
    """Say that the account's past is gone; empty when it is there, or too long ago to tell.

    Raises:
        VenueUnavailable: it could not be read, so nothing is known.
    """
    rows = (row.record for row in reversed(recorder.recent))
    newest = [record.fill for record in rows if isinstance(record, Filled)][:ASKED_FOR]
    if not newest or now - newest[-1].time > REMEMBERED_FOR:
        return ""
    for fill in newest:
        shown = await venue.fills(fill.symbol, fill.time - timedelta(seconds=1))
        if any(other.fill_id == fill.fill_id for other in shown):
            return ""
    last = newest[0]
    intent = recorder.find(Intended, last.client_order_id)
    if intent is None or not isinstance(intent.record, Intended):
        return ""
    if await venue.find_order(intent.record.order) is not None:
        return ""
    return (
        f"the venue no longer knows our trade {last.fill_id} of {last.time:%Y-%m-%d %H:%M} UTC "
        "nor its order: the testnet was probably reset. Nothing is sent; look at the account, "
        "then begin its books anew with desk.begin_epoch() (the old ones stay in the journal)"
    )
