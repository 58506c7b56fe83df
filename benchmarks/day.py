"""A desk through one simulated day: what stays in memory, and what the journal takes.

Run ``python benchmarks/day.py`` (ten to fifteen minutes; ``--hours 6`` for
a quarter of it, ``--every 10`` for six times the orders). The
desk, its journal, ccxt, the sockets and the local exchange are the real ones; only time is not:
it jumps to whatever happens next. Ten strategies change their minds all day, the desk trades
and listens to its stream. The exchange is in the same process and keeps every order it ever
took; how many that are is shown, because what it holds is not the desk's. Before the day a
step a second fills what is bounded: the newest rows, the orders known, ccxt's own memories.
"""

import argparse
import asyncio
import gc
import os
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from random import Random
from typing import NamedTuple
from unittest.mock import patch

import psutil
from measure import Row, circumstances, table

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from drive import HereThread
from travel import TravelLoop

import nettools as nt
from nettools.testnet.server import LocalServer
from nettools.testnet.settings import Settings
from nettools.venues.binance.venue import BinanceVenue
from nettools.venues.bybit.venue import BybitVenue
from nettools.venues.clock import Timing
from nettools.venues.credentials import credentials
from nettools.venues.guard import local_address

KINDS = {"binance": ("local", BinanceVenue), "bybit": ("local-bybit", BybitVenue)}
SYMBOLS = ("BTC/USDT:USDT", "ETH/USDT:USDT")
STRATEGIES = [f"strategy {number}" for number in range(10)]
HOURS = (1, 6, 12, 24)
"""When memory is looked at; the first is what the others are held against."""
FLAT = 0.10
FILLING = 1_200
"""Steps before the day; each writes about five rows, and 5,000 are kept."""
CCXT_CLOCK = "ccxt.base.exchange.BaseExchange.milliseconds"


class Day:
    """One desk and one exchange, and hours that pass.

    Args:
        loop: whose time it is.
        venue: whose dialect is spoken.
        folder: for the journal.
    """

    def __init__(self, loop: TravelLoop, venue: str, folder: Path) -> None:
        self.loop = loop
        self.path = folder / "desk.sqlite"
        settings = Settings(venue=venue, speed=0, rate_limits=False, idle_seconds=0)
        self.server = LocalServer(settings, clock=loop.now, monotonic=loop.time)
        self.venue = venue
        self.random = Random(7)  # noqa: S311 - a workload, not a secret
        self.desk: nt.Desk

    async def open(self) -> None:
        """Start the exchange, and the desk on it."""
        await self.server.start()
        name, kind = KINDS[self.venue]
        door = kind(
            name,
            local_address(self.server.url),
            credentials(self.server.api_key, self.server.secret),
            self.loop.now,
            Timing(wall=self.loop.now, monotonic=self.loop.time),
        )
        limits = nt.Limits(orders_per_minute=1_000)
        self.desk = await nt.Desk.open(
            door, clock=self.loop.now, journal=self.path, limits=limits
        )

    async def close(self) -> None:
        """End both."""
        await self.desk.close()
        await self.server.stop()

    async def trade(self, seconds: float, every: float) -> None:
        """Let strategies change their minds, and the desk follow."""
        end = self.loop.time() + seconds
        while self.loop.time() < end:
            name, symbol = self.random.choice(STRATEGIES), self.random.choice(SYMBOLS)
            self.desk.set_target(name, symbol, f"{self.random.randrange(-50, 51) / 1000:.3f}")
            await self.desk.tick()
            await asyncio.sleep(every)


class Look(NamedTuple):
    """What was found at one hour."""

    hour: int
    memory: float
    """Of the whole process, MB."""
    rows: int
    """Kept in memory for the screens."""
    orders: int
    """Known to the router."""
    state: int
    """What a checkpoint would hold, kB."""
    journal: int
    """Rows in it."""
    exchange: int
    """Orders the exchange keeps."""


def look(day: Day, hour: int) -> Look:
    """Count what is held now."""
    gc.collect()
    manager = day.desk._manager  # noqa: SLF001 - what nobody else needs to see
    journal = manager.recorder.journal
    return Look(
        hour=hour,
        memory=psutil.Process().memory_info().rss / 1e6,
        rows=len(manager.recorder.recent),
        orders=len(manager.router._reports),  # noqa: SLF001 - what nobody else needs to see
        state=len(manager.recorder.state.dump()) // 1000,
        journal=0 if journal is None else journal.size,
        exchange=sum(len(day.server.engine.orders(symbol)) for symbol in SYMBOLS),
    )


async def one_day(options: argparse.Namespace, folder: Path) -> list[Look]:
    """Trade through a day, and look at some hours of it."""
    loop = asyncio.get_running_loop()
    if not isinstance(loop, TravelLoop):
        raise SystemExit("a simulated day needs a loop that travels")
    day, found, passed = Day(loop, options.venue, folder), [], 0
    await day.open()
    await day.trade(FILLING, 1)
    for hour in [hour for hour in HOURS if hour <= options.hours]:
        await day.trade((hour - passed) * 3600, options.every)
        passed = hour
        found.append(look(day, hour))
    await day.close()
    return found


def rows_of(found: list[Look]) -> list[Row]:
    """Hold every look against the first."""
    first = found[0].memory
    return [
        Row(
            what=f"hour {one.hour}: memory of desk and exchange",
            ours=f"{one.memory:.0f} MB",
            peer=f"rows kept {one.rows:,} of {one.journal:,}, orders known {one.orders:,} of "
            f"{one.exchange:,}, state {one.state} kB",
            ratio=f"{one.memory / first:.2f}x",
            goal="" if one is found[0] else f"within {FLAT:.0%}",
            met=None if one is found[0] else abs(one.memory / first - 1) <= FLAT,
        )
        for one in found
    ]


def main() -> None:
    """Trade through a day and print the table."""
    options = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    options.add_argument("--hours", type=int, default=24)
    options.add_argument("--every", type=float, default=60.0, help="seconds between two steps")
    options.add_argument("--venue", choices=KINDS, default="binance")
    chosen, began = options.parse_args(), time.perf_counter()
    with ExitStack() as stack:
        place = stack.enter_context(tempfile.TemporaryDirectory())
        stack.enter_context(patch.dict(os.environ, NETTOOLS_STATE_DIR=place))
        stack.enter_context(patch("nettools.desk.desk.DeskThread", HereThread))
        runner = stack.enter_context(asyncio.Runner(loop_factory=TravelLoop))
        now = runner.get_loop().now  # type: ignore[attr-defined] # a loop that travels
        stack.enter_context(patch(CCXT_CLOCK, lambda *_: int(now().timestamp() * 1000)))
        found = runner.run(one_day(chosen, Path(place)))
    print(circumstances("ccxt", "aiohttp"))
    print(table(rows_of(found)))
    spent = time.perf_counter() - began
    print(f"{chosen.venue}, a step every {chosen.every:g} s, {spent:.0f} s of real time")


if __name__ == "__main__":
    main()
