"""A desk and a local exchange on one simulated clock, driven through bad days.

The exchange, its dialect, ccxt, the sockets between them and the desk are the real ones; only
time is not. Whoever asks the exchange here asks its own truth, past the line that breaks.
"""

import asyncio
from concurrent.futures import Future
from contextlib import ExitStack
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Self
from unittest.mock import patch

from makers import BTC, ETH, d
from oracle import Oracle
from travel import TravelLoop, now

import nettools as nt
from nettools.desk.report import Report
from nettools.errors import NettoolsError
from nettools.model import Leg, PositionMode, PositionSide
from nettools.testnet.faults import read_fault
from nettools.testnet.server import LocalServer
from nettools.testnet.settings import Settings
from nettools.venues.binance.venue import BinanceVenue
from nettools.venues.bybit.venue import BybitVenue
from nettools.venues.clock import Timing
from nettools.venues.credentials import credentials
from nettools.venues.guard import local_address

VENUES = ("binance", "bybit")
PHASES = ("before_match", "after_match")
_KINDS = {"binance": ("local", BinanceVenue), "bybit": ("local-bybit", BybitVenue)}
_CCXT_CLOCK = "ccxt.base.exchange.BaseExchange.milliseconds"
RESOLVED_WITHIN = 60
"""Simulated seconds after the last fault within which all must be on target, or say why not."""


class HereThread:
    """A desk's thread that is no thread: the loop that is running does its work."""

    def __init__(self, _name: str) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()

    def start(self, work: Any) -> "Future[Any]":
        """Begin work; the future tells how it ended."""
        told: Future[Any] = Future()
        task = self._begin(work)
        task.add_done_callback(lambda done: _tell(done, told))
        return told

    async def call(self, work: Any) -> Any:
        """Do work; giving up waiting does not give up the work."""
        return await asyncio.shield(self._begin(work))

    def _begin(self, work: Any) -> "asyncio.Task[Any]":
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def stop(self) -> None:
        """There is nothing to stop."""


def _tell(done: "asyncio.Task[Any]", told: "Future[Any]") -> None:
    if done.cancelled():
        told.cancel()
    elif done.exception() is not None:
        told.set_exception(done.exception())
    else:
        told.set_result(done.result())


class Drive:
    """One exchange, one desk on it, and somebody who watches both.

    Args:
        venue: whose dialect is spoken.
        mode: "one-way" or "hedge".
        style: how the desk trades when it is not told otherwise.
        streams: whether the desk listens as well.
        options: of ``Desk.open``.
    """

    def __init__(
        self,
        venue: str,
        mode: str = "one-way",
        *,
        style: str = "market",
        streams: bool = False,
        **options: Any,
    ) -> None:
        self.venue, self.mode, self.style = venue, mode, style
        self._settings = {
            "speed": 0,
            "rate_limits": options.pop("rate_limits", False),
            "idle_seconds": 0,
        }
        self._options = {"mode": mode, "streams": streams, **options}
        self._must_happen: set[int] = set()
        self.problems: list[str] = []
        """What the desk said was wrong, in order."""
        self.oracle: Oracle

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        if not isinstance(loop, TravelLoop):
            raise TypeError("a drive needs a TravelLoop; decorate the test with @travels")
        self._patches = ExitStack()
        self._patches.enter_context(patch("nettools.desk.desk.DeskThread", HereThread))
        self._patches.enter_context(patch(_CCXT_CLOCK, staticmethod(_milliseconds)))
        settings = Settings(venue=self.venue, mode=self.mode, **self._settings)
        self.server = LocalServer(settings, clock=now, monotonic=loop.time)
        await self.server.start()
        self.engine = self.server.engine
        self.oracle = Oracle(self.server, PositionMode.read(self.mode))
        await self.open()
        return self

    async def __aexit__(self, kind: object, *_: object) -> None:
        try:
            if kind is None:
                self.oracle.check()
        finally:
            await self.desk.close()
            await self.server.stop()
            self._patches.close()

    # --- the desk

    async def open(self) -> None:
        """Open a desk on the account, as a kernel that was restarted does."""
        await asyncio.sleep(1)
        name, kind = _KINDS[self.venue]
        held = credentials(self.server.api_key, self.server.secret)
        loop = asyncio.get_running_loop()
        timing = Timing(wall=now, monotonic=loop.time)
        door = kind(name, local_address(self.server.url), held, now, timing)
        self.desk = await nt.Desk.open(door, clock=now, **self._options)
        self.oracle.watch(self.desk)
        while self._options["streams"] and self.desk.status.stream != "live":
            await asyncio.sleep(0.1)

    def want(self, *, symbol: str = BTC, **targets: str) -> None:
        """Let strategies want so much: ``want(a="1.0", b="0.5")``."""
        for name, quantity in targets.items():
            self.desk.set_target(name.upper(), symbol, quantity)
        self.oracle.wanted()

    async def tick(self, style: str | None = None) -> Report | None:
        """Let the desk do one step of its loop; None when it said what went wrong."""
        try:
            report = await self.desk.tick(style or self.style)
        except NettoolsError as error:
            self._note(str(error))
            return None
        if report.problem:
            self._note(report.problem)
        for one in report.orders:
            if one.message:
                self.oracle.hear(one.message)
        return report

    async def go_on(self, seconds: float, every: float = 1.0, style: str | None = None) -> None:
        """Let the desk tick for so long."""
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        while loop.time() < end:
            await self.tick(style)
            await asyncio.sleep(every)

    async def settle(self, style: str | None = None) -> None:
        """End all faults; within a minute all must be on target, or the desk says why not."""
        self.heal()
        loop = asyncio.get_running_loop()
        end = loop.time() + RESOLVED_WITHIN
        while True:
            await self.tick(style)
            if self.oracle.is_settled():
                break
            if loop.time() > end:
                self.oracle.fail_to_settle(self.problems)
            await asyncio.sleep(1)
        await asyncio.sleep(1)
        await self.look()
        self.oracle.check_quiet()

    async def look(self) -> None:
        """Let the desk read the account, whatever becomes of it."""
        try:
            await self.desk.refresh()
        except NettoolsError as error:
            self._note(str(error))

    def _note(self, problem: str) -> None:
        self.problems.append(problem)
        self.oracle.hear(problem)

    # --- the exchange

    def fault(
        self, call: str = "", do: str | None = None, *, may_miss: bool = False, **rule: Any
    ) -> None:
        """Set a fault on the line; it must happen before it is healed, unless it may miss."""
        told = {"call": call, **rule} | ({} if do is None else {"do": do})
        number = self.server.gate.faults.add(read_fault(told, self.venue))
        if not may_miss:
            self._must_happen.add(number)

    def heal(self) -> None:
        """End all faults of the line."""
        rows = self.server.gate.faults.rows(0.0)
        missed = [r for r in rows if r["id"] in self._must_happen and not r["fired"]]
        assert not missed, f"these never happened, so nothing was tried: {missed}"
        self.server.gate.clear()

    def late_fill(self, seconds: float, orders: int = 1) -> None:
        """Let the next orders be open and unfilled for so long."""
        self.engine.hold_fills(orders, timedelta(seconds=seconds))

    def fill(self, percent: int = 100, number: int = 0) -> None:
        """Let somebody trade against the desk's resting order."""
        resting = self.engine.open_orders()[number]
        self.engine.fill_resting(resting.order.client_order_id, percent, now())

    def cancel_by_hand(self, number: int = 0) -> None:
        """Cancel the desk's resting order on the venue's own page."""
        resting = self.engine.open_orders()[number]
        self.engine.cancel(resting.order.symbol, now(), order_id=resting.order_id)

    async def command(self, path: str, **told: Any) -> Any:
        """Do what an operator of the testnet can do, without asking over a line."""
        commands = self.server._interventions.commands
        return await commands["POST", path](told)

    async def trade_by_hand(self, side: str, quantity: str, symbol: str = BTC) -> None:
        """Trade on the account past the desk."""
        told = {"symbol": symbol, "side": side, "quantity": quantity}
        await self.server._trade_by_hand(told)

    def position(self, symbol: str = BTC, side: str = "both") -> Decimal:
        """Give what the exchange says is held, signed base units."""
        wanted = Leg(symbol, PositionSide(side))
        return next((p.quantity for p in self.engine.positions() if p.leg == wanted), d(0))

    @property
    def orders(self) -> list[Any]:
        """Every order the exchange ever took, oldest first."""
        return [record for symbol in (BTC, ETH) for record in self.engine.orders(symbol)]

    @property
    def fills(self) -> list[Any]:
        """Every execution on the account, by symbol, oldest first."""
        return [fill for symbol in (BTC, ETH) for fill in self.engine.fills(symbol)]

    def now(self) -> datetime:
        """Read the wall clock (UTC)."""
        return now()

    @property
    def cancels(self) -> int:
        """How many requests to cancel reached the port."""
        return self.oracle.asked.get("cancel", 0)


def _milliseconds() -> int:
    return int(now().timestamp() * 1000)
