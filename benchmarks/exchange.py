"""From a changed target to an accepted order: the desk against a bare ccxt ``create_order``.

They trade in turn, in one run, by the wall clock, each on a local testnet of its own (its
market stands still, its rate limits are off): on one account the desk would rightly take the
other's orders for trades by hand, and stop. ccxt is used as a script would use it, without
its throttle: once alone, and once by a script with the desk's promise and nothing else, that
no order leaves before it is on the disk. It has nothing of nettools: it puts three rows as
long as the desk's into SQLite, in one synced transaction in the same folder, then sends. What
that takes beyond ccxt alone is the price of the promise, the rest is the desk's own.
"""

import asyncio
import sqlite3
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
"""Orders of the desk in one block; ccxt alone sends twice as many, the script as many."""
ROWS = {"targets": "t" * 190, "plan": "p" * 640, "intent": "i" * 250}
"""What the script writes down of an order: as much text as the desk."""
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
        record: where the script keeps its record, in the folder of the desk's journal.
    """

    def __init__(
        self,
        client: Any,  # noqa: ANN401 - ccxt has no types
        desk: nt.Desk,
        watch: Stopwatch,
        record: sqlite3.Connection,
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

    async def recorded_order(self, side: str, price: float) -> tuple[float, float]:
        """Write it down, send it with ccxt; gives seconds until accepted, and of the record."""
        began = time.perf_counter()
        stamp = time.time_ns()
        rows = [(stamp, kind, body) for kind, body in ROWS.items()]
        self.record.execute("BEGIN IMMEDIATE")
        self.record.executemany("INSERT INTO entry (time, kind, body) VALUES (?, ?, ?)", rows)
        self.record.execute("COMMIT")
        recorded = time.perf_counter() - began
        return recorded + await self.bare_order(side, price), recorded

    async def desk_order(self, number: int) -> tuple[float, float]:
        """Change a target and tick; gives seconds until accepted, and until settled."""
        began = time.perf_counter()
        self.desk.set_target("A", BTC, "0" if number % 2 else QUANTITY)
        report = await self.desk.tick()
        settled = time.perf_counter()
        _check(report)
        return self.watch.accepted - began, settled - began

    async def block(self) -> list[list[float]]:
        """Trade in turn; seconds of bare orders, desk accepted, settled, recorded, record."""
        touch = (await self.client.fetch_bids_asks([BTC]))[BTC]
        prices = {"buy": round(touch["ask"] * 1.002, 1), "sell": round(touch["bid"] * 0.998, 1)}
        bare, desk, recorded = [], [], []
        for number in range(ORDERS):
            bare += [await self.bare_order(side, price) for side, price in prices.items()]
            side = "sell" if number % 2 else "buy"
            recorded.append(await self.recorded_order(side, prices[side]))
            desk.append(await self.desk_order(number))
        accepted, settled = zip(*desk, strict=True)
        sent, records = zip(*recorded, strict=True)
        return [bare, [*accepted], [*settled], [*sent], [*records]]

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
        record = _own_record(f"{folder}/record.sqlite")
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
            record.close()
    return _rows(blocks, stale)


def _rows(blocks: list[list[list[float]]], stale: list[float]) -> list[Row]:
    bare, accepted, settled, recorded, records = (
        [*chain(*kind)] for kind in zip(*blocks, strict=True)
    )
    ours, alone, script = ([median(block[n]) for block in blocks] for n in (1, 0, 3))
    ratio, text = compared(ours, alone)
    slow = _p99(accepted) / _p99(bare)
    peer, least = "bare ccxt create_order", "… by a script that records it first"
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
            peer=f"{least} {_shown(median(recorded))}",
            ratio=compared(ours, script)[1],
        ),
        Row(
            what="… of it what the record alone costs anybody",
            ours=f"script {_shown(median(recorded))}",
            peer=f"{peer} {_shown(median(bare))}",
            ratio=compared(script, alone)[1],
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
            peer=f"{least} {_shown(_p99(recorded))}",
            ratio=f"{_p99(accepted) / _p99(recorded):.2f}x",
        ),
        Row(
            what="three rows in one synced transaction, p50 (p99)",
            ours="",
            peer=f"{_shown(median(records))} ({_shown(_p99(records))})",
        ),
        Row(what="… when the account is read first, p50", ours=_shown(median(stale))),
        Row(what="… until fills and position are read back, p50", ours=_shown(median(settled))),
    ]


def _own_record(path: str) -> sqlite3.Connection:
    """Open what the script writes to: on the disk when a transaction returns, as the desk's."""
    record = sqlite3.connect(path, isolation_level=None)
    record.execute("PRAGMA journal_mode=WAL")
    record.execute("PRAGMA synchronous=FULL")
    record.execute(
        "CREATE TABLE entry (id INTEGER PRIMARY KEY, time INTEGER, kind TEXT, body TEXT)"
    )
    return record


def _p99(seconds: list[float]) -> float:
    return quantiles(seconds, n=100)[98]


def _shown(seconds: float) -> str:
    return f"{seconds * 1e3:.2f} ms"
