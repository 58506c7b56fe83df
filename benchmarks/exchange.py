"""From a changed target to an accepted order: the desk against a bare ccxt ``create_order``.

They trade in turn, in one run, by the wall clock, each on a local testnet of its own (its
market stands still, its rate limits are off): on one account the desk would rightly take the
other's orders for trades by hand, and stop. ccxt is used as a script would use it, without
its throttle: once alone, and once by a script that puts 4 KiB of its own on the disk first,
which is the least that whoever keeps a record waits for.
"""

import asyncio
import os
import tempfile
import time
from itertools import chain
from statistics import median, quantiles
from typing import Any

from measure import Row, compared

import nettools as nt
from nettools.desk import Report
from nettools.model import Order, OrderReport
from nettools.venues import open_venue

BLOCKS = 5
ORDERS = 60
"""Orders of the desk in one block; ccxt alone sends twice as many, and as many after a sync."""
PAGE = bytes(4096)
STALE = 8
BTC = "BTC/USDT:USDT"
QUANTITY = "0.002"


class Stopwatch:
    """A venue that notes when an order was accepted; all else is the venue's own."""

    def __init__(self, venue: Any) -> None:  # noqa: ANN401 - whatever is measured
        self._venue = venue
        self.accepted = 0.0

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - the venue's own
        return getattr(self._venue, name)

    async def send(self, order: Order) -> OrderReport:
        """Send, and look at the clock when the answer is there."""
        report: OrderReport = await self._venue.send(order)
        self.accepted = time.perf_counter()
        return report


def bare_client(testnet: nt.testnet.Testnet) -> Any:  # noqa: ANN401 - ccxt has no types
    """Make ccxt's own client for the testnet, unthrottled."""
    import ccxt.async_support as ccxt  # noqa: PLC0415 - takes seconds

    client = ccxt.binanceusdm(
        {"apiKey": testnet.api_key, "secret": testnet.secret, "enableRateLimit": False}
    )
    client.has["fetchCurrencies"] = False
    client.urls["api"] = {
        f"fapi{access}{family}": f"{testnet.url}/fapi/{family.lower() or 'v1'}"
        for access in ("Public", "Private")
        for family in ("", "V2", "V3")
    }
    return client


class Contest:
    """One desk and one bare client on twin accounts, trading in turn.

    Args:
        client: ccxt's own.
        desk: ours.
        watch: its venue.
        record: a file that is only added to, in the folder of the desk's journal.
    """

    def __init__(
        self,
        client: Any,  # noqa: ANN401 - ccxt has no types
        desk: nt.Desk,
        watch: Stopwatch,
        record: int,
    ) -> None:
        self.client = client
        self.desk = desk
        self.watch = watch
        self.record = record

    async def bare_order(self, side: str, price: float) -> float:
        """Send one order with ccxt alone; gives seconds until it was accepted."""
        began = time.perf_counter()
        await self.client.create_order(
            BTC, "limit", side, float(QUANTITY), price, {"timeInForce": "IOC"}
        )
        return time.perf_counter() - began

    async def synced_order(self, side: str, price: float) -> tuple[float, float]:
        """Sync 4 KiB, send one with ccxt; gives seconds until accepted, and of the sync."""
        began = time.perf_counter()
        os.write(self.record, PAGE)
        os.fsync(self.record)
        synced = time.perf_counter() - began
        return synced + await self.bare_order(side, price), synced

    async def desk_order(self, number: int) -> tuple[float, float]:
        """Change a target and tick; gives seconds until accepted, and until settled."""
        began = time.perf_counter()
        self.desk.set_target("A", BTC, "0" if number % 2 else QUANTITY)
        report = await self.desk.tick()
        settled = time.perf_counter()
        _check(report)
        return self.watch.accepted - began, settled - began

    async def block(self) -> list[list[float]]:
        """Trade in turn; gives seconds of bare orders, desk accepted, settled, synced, sync."""
        touch = (await self.client.fetch_bids_asks([BTC]))[BTC]
        prices = {"buy": round(touch["ask"] * 1.002, 1), "sell": round(touch["bid"] * 0.998, 1)}
        bare, desk, synced = [], [], []
        for number in range(ORDERS):
            bare += [await self.bare_order(side, price) for side, price in prices.items()]
            side = "sell" if number % 2 else "buy"
            synced.append(await self.synced_order(side, prices[side]))
            desk.append(await self.desk_order(number))
        accepted, settled = zip(*desk, strict=True)
        recorded, syncs = zip(*synced, strict=True)
        return [bare, [*accepted], [*settled], [*recorded], [*syncs]]

    async def stale(self) -> list[float]:
        """Let the desk's view grow old before each step, so that it reads the account."""
        found = []
        for number in range(STALE):
            await asyncio.sleep(0.55)
            found.append((await self.desk_order(number))[0])
        return found


def _check(report: Report) -> None:
    if len(report.fills) != 1 or report.problem:
        raise SystemExit(f"one order with one fill was expected, was {report!r}")


async def exchange_rows() -> list[Row]:
    """Measure BLOCKS blocks after one to warm up."""
    options: nt.testnet.StartOptions = {"speed": 0, "rate_limits": False}
    with (
        nt.testnet.start(**options) as testnet,
        nt.testnet.start(**options) as other,
        tempfile.TemporaryDirectory() as folder,
    ):
        record = os.open(f"{folder}/record", os.O_CREAT | os.O_APPEND | os.O_WRONLY)
        watch = Stopwatch(open_venue(testnet))
        client = bare_client(other)
        desk = await nt.Desk.open(
            watch,
            limits=nt.Limits(orders_per_minute=1_000_000),
            journal=f"{folder}/desk.sqlite",
        )
        contest = Contest(client, desk, watch, record)
        try:
            await client.load_markets()
            await contest.block()
            blocks = []
            for _ in range(BLOCKS):
                testnet.advance(1)
                other.advance(1)
                blocks.append(await contest.block())
            stale = await contest.stale()
        finally:
            await desk.close()
            await client.close()
            os.close(record)
    return _rows(blocks, stale)


def _rows(blocks: list[list[list[float]]], stale: list[float]) -> list[Row]:
    bare, accepted, settled, synced, syncs = (
        [*chain(*kind)] for kind in zip(*blocks, strict=True)
    )
    medians = [[median(kind) for kind in block] for block in blocks]
    ours, alone, recording = ([block[n] for block in medians] for n in (1, 0, 3))
    ratio, text = compared(ours, alone)
    _, text_synced = compared(ours, recording)
    slow = _p99(accepted) / _p99(bare)
    peer = "bare ccxt create_order"
    return [
        Row(
            what="target change to order accepted, p50",
            ours=_shown(median(accepted)),
            peer=f"{peer} {_shown(median(bare))}",
            ratio=text,
            goal="≤ 1.6x",
            met=ratio <= 1.6,  # noqa: PLR2004 - the goal
        ),
        Row(
            what="",
            ours=_shown(median(accepted)),
            peer=f"… after 4 KiB and fsync {_shown(median(synced))}",
            ratio=text_synced,
        ),
        Row(
            what="the same, p99",
            ours=_shown(_p99(accepted)),
            peer=f"{peer} {_shown(_p99(bare))}",
            ratio=f"{slow:.2f}x",
            goal="≤ 3x",
            met=slow <= 3,  # noqa: PLR2004 - the goal
        ),
        Row(
            what="",
            ours=_shown(_p99(accepted)),
            peer=f"… after 4 KiB and fsync {_shown(_p99(synced))}",
            ratio=f"{_p99(accepted) / _p99(synced):.2f}x",
        ),
        Row(
            what="4 KiB and fsync in the journal's folder, p50 (p99)",
            ours="",
            peer=f"{_shown(median(syncs))} ({_shown(_p99(syncs))})",
        ),
        Row(what="… when the account is read first, p50", ours=_shown(median(stale))),
        Row(what="… until fills and position are read back, p50", ours=_shown(median(settled))),
    ]


def _p99(seconds: list[float]) -> float:
    return quantiles(seconds, n=100)[98]


def _shown(seconds: float) -> str:
    return f"{seconds * 1e3:.2f} ms"
