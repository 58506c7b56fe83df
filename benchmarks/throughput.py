"""How fast orders go through the router and the local testnet, and what a whole tick takes.

Run ``python benchmarks/throughput.py`` (about two minutes). The router's peer is ccxt's own
client, unthrottled, doing the same on a twin account: rest an order far from the touch, cancel
it. The router waits until the venue has confirmed both, ccxt alone only for the answers; Bybit
refuses to cancel what it is still processing, so there both ask until they may. The testnet is
held against what ccxt itself takes, both in CPU time of their processes.
"""

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from statistics import mean, median
from typing import Any

import psutil
from measure import Row, circumstances, compared, table

import nettools as nt
from nettools.model import Order, OrderReport, OrderState, Side
from nettools.testnet.instruments import INSTRUMENTS, START_PRICES
from nettools.venues import MemoryVenue
from nettools.venues.binance.dialect import BINANCE
from nettools.venues.bybit.dialect import BYBIT
from nettools.venues.guard import local_address

ROUNDS = 5
PAIRS = 60
"""Orders rested and canceled in one round."""
RESTING = 9_980
"""As many as an account may have, but for those that come and go."""
AT_ONCE = 20
ETH = "ETH/USDT:USDT"
NOT_YET = "110079"
"""Bybit's code for an order it is still processing."""
QUANTITY = Decimal("0.02")
DIALECTS = {"binance": BINANCE, "bybit": BYBIT}
STRATEGIES, SYMBOLS = 100, 20
Work = Callable[[], Awaitable[None]]


def bare_client(testnet: nt.testnet.Testnet) -> Any:  # noqa: ANN401 - ccxt has no types
    """Make ccxt's own client for a testnet, unthrottled."""
    import ccxt.async_support as ccxt  # noqa: PLC0415 - takes seconds

    dialect = DIALECTS[testnet.venue]
    client = getattr(ccxt, dialect.client)(
        {
            "apiKey": testnet.api_key,
            "secret": testnet.secret,
            "enableRateLimit": False,
            "options": dict(dialect.options),
        }
    )
    client.has["fetchCurrencies"] = False
    dialect.point_at(client, local_address(testnet.url))
    return client


class Bare:
    """ccxt alone."""

    def __init__(self, client: Any, price: Decimal) -> None:  # noqa: ANN401 - ccxt has no types
        self.client = client
        self.price = price

    async def rest(self, price: Decimal | None = None) -> Any:  # noqa: ANN401 - its own
        """Rest an order; gives its id."""
        at = float(self.price if price is None else price)
        order = await self.client.create_order(ETH, "limit", "buy", float(QUANTITY), at)
        return order["id"]

    async def pairs(self) -> None:
        """Rest and cancel, one after another."""
        for _ in range(PAIRS):
            await self.cancel(await self.rest())

    async def cancel(self, number: str) -> None:
        """Cancel, as often as the venue says "not yet"."""
        while True:
            try:
                await self.client.cancel_order(number, ETH)
            except Exception as error:
                if NOT_YET not in str(error):
                    raise
            else:
                return

    async def fill_the_book(self) -> None:
        """Let thousands of orders rest, at as many prices as there are."""
        for start in range(0, RESTING, AT_ONCE):
            prices = (
                self.price - (start + n) % 2_000 * Decimal("0.01") for n in range(AT_ONCE)
            )
            await asyncio.gather(*map(self.rest, prices))


class Routed:
    """A desk's router, on the desk's thread, with its stream."""

    def __init__(self, desk: nt.Desk, price: Decimal) -> None:
        self.desk = desk
        self.price = price
        self.number = 0

    async def pairs(self) -> None:
        """Rest and cancel, one after another, each until the venue has confirmed it."""
        await self.desk._thread.call(self._pairs())  # noqa: SLF001 - the router alone

    async def _pairs(self) -> None:
        router = self.desk._manager.router  # noqa: SLF001 - the router alone
        for _ in range(PAIRS):
            self.number += 1
            order = Order(
                client_order_id=f"nt-benchmark-{self.number}",
                symbol=ETH,
                side=Side.BUY,
                quantity=QUANTITY,
                limit_price=self.price,
            )
            _check(await router.send(order), OrderState.ACKED)
            _check(await router.cancel(order), OrderState.CANCELED)


def _check(report: OrderReport, state: OrderState) -> None:
    if report.state is not state:
        raise SystemExit(f"{state.value} was expected, was {report!r}")


async def timed(work: Work) -> float:
    """Give the seconds of wall time that work takes."""
    began = time.perf_counter()
    await work()
    return time.perf_counter() - began


async def cpu_of(work: Work, server: psutil.Process) -> tuple[float, float]:
    """Give the CPU seconds that work takes: of the server, and of this process."""
    here = psutil.Process()
    before = [_cpu(server), _cpu(here)]
    await work()
    return _cpu(server) - before[0], _cpu(here) - before[1]


def _cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return times.user + times.system


async def venue_rows(venue: str) -> list[Row]:
    """Measure one venue's dialect."""
    options: nt.testnet.StartOptions = {"speed": 0, "rate_limits": False}
    with (
        nt.testnet.start(venue, **options) as testnet,
        nt.testnet.start(venue, **options) as other,
    ):
        client = bare_client(other)
        desk = await nt.Desk.open(testnet, journal=False)
        try:
            await client.load_markets()
            price = await _far_from_the_touch(desk)
            bare, routed = Bare(client, price), Routed(desk, price)
            rows = [await _rate(venue, bare, routed)]
            rows += await _server(venue, bare, other)
        finally:
            await desk.close()
            await client.close()
    return rows


async def _far_from_the_touch(desk: nt.Desk) -> Decimal:
    """Give a price to rest at, once the desk hears its stream and has read what was before."""
    desk.set_target("A", ETH, 0)
    while desk.status.stream != "live":  # noqa: ASYNC110 - nobody tells
        await asyncio.sleep(0.05)
    await desk.refresh()
    return (desk.quotes()[ETH].bid * Decimal("0.995")).quantize(Decimal("0.01"))


async def _rate(venue: str, bare: Bare, routed: Routed) -> Row:
    await bare.pairs()
    await routed.pairs()
    alone, ours = [], []
    for _ in range(ROUNDS):
        alone.append(await timed(bare.pairs))
        ours.append(await timed(routed.pairs))
    ratio, text = compared(alone, ours)
    return Row(
        what=f"orders rested and canceled through the router, {venue}",
        ours=f"{PAIRS / median(ours):,.0f} a second",
        peer=f"bare ccxt {PAIRS / median(alone):,.0f}",
        ratio=text,
        goal="≥ 0.7x",
        met=ratio >= 0.7,  # noqa: PLR2004 - the goal
    )


async def _server(venue: str, bare: Bare, testnet: nt.testnet.Testnet) -> list[Row]:
    child = testnet._child  # noqa: SLF001 - its process
    if child is None:
        raise SystemExit("the testnet must be a child of this program")
    server = psutil.Process(child.pid)

    async def many() -> None:
        for _ in range(ROUNDS):
            await bare.pairs()

    theirs, own = await cpu_of(many, server)
    empty = await timed(many)
    await bare.fill_the_book()
    full_theirs, _ = await cpu_of(many, server)
    full = await timed(many)
    each = ROUNDS * PAIRS * 2
    share = theirs / own
    return [
        Row(
            what=f"the local testnet's CPU time a request, {venue}",
            ours=f"{theirs / each * 1e6:,.0f} µs",
            peer=f"ccxt's own {own / each * 1e6:,.0f} µs",
            ratio=f"{share:.2f}x",
            goal="≤ 0.3x",
            met=share <= 0.3,  # noqa: PLR2004 - the goal
        ),
        Row(
            what=f"… with {RESTING:,} orders resting",
            ours=f"{full_theirs / each * 1e6:,.0f} µs",
            peer=f"itself {theirs / each * 1e6:,.0f} µs",
            ratio=f"{full_theirs / theirs:.2f}x, wall {full / empty:.2f}x",
            goal="≤ 1.5x",
            met=full_theirs / theirs <= 1.5,  # noqa: PLR2004 - the goal
        ),
    ]


# A whole tick


class Waiting(MemoryVenue):
    """An exchange in this process that notes when the first order of a tick arrives."""

    def __init__(self) -> None:
        [like] = [rules for rules in INSTRUMENTS if rules.symbol == ETH]
        symbols = [f"C{number}/USDT:USDT" for number in range(SYMBOLS)]
        START_PRICES.update(dict.fromkeys(symbols, START_PRICES[ETH]))
        super().__init__(instruments=[replace(like, symbol=symbol) for symbol in symbols])
        self.symbols = symbols
        self.arrived = 0.0

    async def send(self, order: Order) -> OrderReport:
        """Send, and look at the clock when it is the first."""
        self.arrived = self.arrived or time.perf_counter()
        return await super().send(order)


async def tick_row() -> Row:
    """Change every target of many strategies, then tick."""
    with tempfile.TemporaryDirectory() as folder:
        venue = Waiting()
        limits = nt.Limits(orders_per_minute=100_000)
        path = Path(folder, "desk.sqlite")
        async with await nt.Desk.open(venue, journal=path, limits=limits) as desk:
            spent = []
            for round_number in range(ROUNDS + 1):
                for number in range(STRATEGIES):
                    for symbol in venue.symbols:
                        size = number % 7 + 1 + 10 * (round_number % 2)
                        desk.set_target(f"S{number}", symbol, f"0.{size:03d}")
                venue.arrived, began = 0.0, time.perf_counter()
                await desk.tick()
                spent.append(venue.arrived - began)
    return Row(
        what=f"a tick of {STRATEGIES}×{SYMBOLS}, every target changed, to its first order",
        ours=f"{median(spent[1:]) * 1e3:.1f} ms",
    )


def import_row() -> Row:
    """Import the package in a new Python, against a Python that imports nothing; CPU time."""
    ours, nothing = [], []
    for _ in range(ROUNDS * 2):
        for code, series in (("import nettools", ours), ("pass", nothing)):
            before = os.times()
            subprocess.run([sys.executable, "-c", code], check=True)  # noqa: S603 - ours
            after = os.times()
            user = after.children_user - before.children_user
            series.append(user + after.children_system - before.children_system)
    extra = mean(ours) - mean(nothing)
    return Row(
        what="import nettools, CPU time",
        ours=f"{extra * 1e3:.0f} ms",
        peer=f"Python alone {mean(nothing) * 1e3:.0f} ms",
        goal="≤ 100 ms",
        met=extra <= 0.1,  # noqa: PLR2004 - the goal
    )


async def all_rows() -> list[Row]:
    """Measure everything."""
    rows = [row for venue in DIALECTS for row in await venue_rows(venue)]
    return [*rows, await tick_row(), import_row()]


def main() -> None:
    """Measure and print the table."""
    argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0]).parse_args()
    print(circumstances("ccxt", "aiohttp"))
    print(table(asyncio.run(all_rows())))


if __name__ == "__main__":
    main()
