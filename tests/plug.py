"""A program that trades on a local testnet until its power goes off: ``plug.py POINT TARGET``.

With ``smart`` as a third word it rests first, and takes half a second later.

Run in a process of its own, with the testnet in its environment. POINT says where kill -9
strikes: a place and how many times it is passed before, for example ``after-send:1``.
"""

import asyncio
import os
import signal
import sys
from datetime import timedelta
from decimal import Decimal

from makers import BTC

import nettools as nt
from nettools import absence
from nettools.journal import Journal
from nettools.venues.binance.venue import BinanceVenue
from nettools.venues.bybit.venue import BybitVenue


class Power:
    """Goes off for good when a place is passed the wanted number of times, once it is armed."""

    def __init__(self, point: str) -> None:
        place, _, count = point.partition(":")
        self.left = {place: int(count)}
        self.is_armed = False

    def passes(self, place: str) -> None:
        """Pass a place, or end there as ``kill -9`` ends a process."""
        if self.is_armed and place in self.left:
            self.left[place] -= 1
            if self.left[place] == 0:
                os.kill(os.getpid(), signal.SIGKILL)


def wire(power: Power) -> None:
    """Mark the places a desk passes on its way through one order."""
    append = Journal.append

    def written(journal: Journal, *records: object) -> object:
        power.passes("before-write")
        rows = append(journal, *records)
        power.passes("after-write")
        return rows

    Journal.append = written
    for venue in (BinanceVenue, BybitVenue):
        _wire_venue(venue, power)


def _wire_venue(venue: type, power: Power) -> None:
    send, find = venue.send, venue.find_order

    async def sent(self: object, order: nt.Order) -> object:
        power.passes("before-send")
        report = await send(self, order)
        power.passes("after-send")
        return report

    async def found(self: object, order: nt.Order) -> object:
        report = await find(self, order)
        power.passes("after-find")
        return report

    venue.send, venue.find_order = sent, found


def say(word: str) -> None:
    """Tell the test how far it came."""
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


STYLES = {
    "market": nt.Style(),
    "smart": nt.Style(name="smart", timeout_seconds=Decimal("0.5")),
}


async def trade(point: str, target: str, style: str = "market") -> None:
    """Open the desk of this account, want a position, and go for it."""
    # the one before was killed: nothing is on its way
    absence.NEVER_ARRIVED_AFTER = timedelta(0)
    power = Power(point)
    wire(power)
    desk = await nt.Desk.open("local", streams=False)
    say("open")
    desk.set_target("A", BTC, target)
    desk.set_target("B", BTC, "0.2")
    power.is_armed = True
    await desk.execute(await desk.preview(STYLES[style]))
    await asyncio.sleep(0.2)
    await desk.close()
    say("alive")


if __name__ == "__main__":
    asyncio.run(trade(*sys.argv[1:]))
