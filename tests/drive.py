"""A desk and a local exchange on one simulated clock, driven through bad days.

The exchange, its dialect, ccxt, the sockets between them and the desk are the real ones; only
time is not. Whoever asks the exchange here asks its own truth, past the line that breaks.
"""

import asyncio
import atexit
import os
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from contextlib import ExitStack
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Self
from unittest.mock import patch

from makers import BTC, ETH, d
from oracle import Oracle
from travel import TravelLoop

import nettools as nt
from nettools.desk.desk import _OPEN
from nettools.desk.report import Report
from nettools.errors import NettoolsError
from nettools.model import Leg, Order, PositionMode, PositionSide, Side
from nettools.plan import Plan
from nettools.style import Style
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
_MEMORY = next((place for place in ("/dev/shm",) if Path(place).is_dir()), None)  # noqa: S108 - a new folder in it
"""Journals lie in memory where there is such a place: a sync takes no time there."""
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
        try:
            task = asyncio.get_running_loop().create_task(work)
        except RuntimeError:  # as a desk's own thread does once it has ended
            work.close()
            raise
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def stop(self) -> None:
        """There is nothing to stop."""

    def kill(self) -> None:
        """End whatever it is at, where it is."""
        for task in self._tasks:
            task.cancel()


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
        style: Style | str = "market",
        streams: bool = False,
        **options: Any,
    ) -> None:
        self.venue, self.mode, self.style = venue, mode, style
        self._settings = {
            "speed": 0,
            "rate_limits": options.pop("rate_limits", False),
            "idle_seconds": 0,
            **{name: options.pop(name) for name in ("api_key", "secret") if name in options},
        }
        self._options = {"mode": mode, "streams": streams, **options}
        self.now: Callable[[], datetime]
        """Reads the wall clock (UTC)."""
        self._must_happen: set[int] = set()
        self.problems: list[str] = []
        """What the desk said was wrong, in order."""
        self.oracle: Oracle

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        if not isinstance(loop, TravelLoop):
            raise TypeError("a drive needs a TravelLoop; decorate the test with @travels")
        self.now = loop.now
        self._patches = ExitStack()
        try:
            await self._begin(loop)
        except BaseException:
            self._patches.close()  # or every later test would have no thread
            raise
        return self

    async def _begin(self, loop: TravelLoop) -> None:
        self._patches.enter_context(patch("nettools.desk.desk.DeskThread", HereThread))
        self._patches.enter_context(patch("nettools.testnet.market.HISTORY_MINUTES", 1))
        self._patches.enter_context(
            patch(_CCXT_CLOCK, lambda *_: int(loop.now().timestamp() * 1000))
        )
        folder = self._patches.enter_context(TemporaryDirectory(dir=_MEMORY))
        self._patches.enter_context(patch.dict(os.environ, NETTOOLS_STATE_DIR=folder))
        self.folder = Path(folder)
        self._options.setdefault("journal", self.folder / "desk.sqlite")
        settings = Settings(venue=self.venue, mode=self.mode, **self._settings)
        self.server = LocalServer(settings, clock=self.now, monotonic=loop.time)
        await self.server.start()
        self.engine = self.server.engine
        self.oracle = Oracle(self.server, PositionMode.read(self.mode), self.now)
        await self.open()

    async def __aexit__(self, kind: object, *_: object) -> None:
        try:
            if kind is None:
                self.oracle.check()
        finally:
            await self.desk.close()
            await self.server.stop()
            self._patches.close()

    # --- the desk

    async def open(self, **options: Any) -> None:
        """Open a desk on the account, as a kernel that was restarted does."""
        has_new_books = "journal" in options
        options = self._options | options
        await asyncio.sleep(1)
        name, kind = _KINDS[self.venue]
        held = credentials(self.server.api_key, self.server.secret)
        loop = asyncio.get_running_loop()
        timing = Timing(wall=self.now, monotonic=loop.time)
        door = kind(name, local_address(self.server.url), held, self.now, timing)
        self.desk = await nt.Desk.open(door, clock=self.now, **options)
        self.oracle.watch(self.desk, has_new_books=has_new_books)
        while options["streams"] and self.desk.status.stream != "live":  # noqa: ASYNC110 - it tells nobody
            await asyncio.sleep(0.1)

    async def crash(self) -> None:
        """End the desk as ``kill -9`` does: it writes nothing more and says no goodbye."""
        manager, thread = self.desk._manager, self.desk._thread
        atexit.unregister(self.desk._let_go)
        recorder = manager.recorder
        self.oracle.collect()
        recorder.write = lambda *_: None  # type: ignore[method-assign] # it is dead
        recorder.outstanding = tuple
        thread.kill()
        manager.minders.let_go()
        await asyncio.sleep(0)
        stream = manager.watch.feed._stream
        if stream is not None:
            await stream.close()
        await manager.venue.close()
        recorder.close()
        _OPEN.pop(manager.venue.account, None)

    def want(self, *, symbol: str = BTC, **targets: str) -> None:
        """Let strategies want so much: ``want(a="1.0", b="0.5")``."""
        for name, quantity in targets.items():
            self.desk.set_target(name.upper(), symbol, quantity)
        self.oracle.wanted()

    async def tick(self, style: Style | str | None = None) -> Report | None:
        """Let the desk do one step of its loop; None when it said what went wrong."""
        return await self._done(self.desk.tick(style or self.style))

    async def execute(self, plan: Plan) -> Report | None:
        """Let the desk execute a plan; None when it said what went wrong."""
        return await self._done(self.desk.execute(plan))

    async def _done(self, work: Awaitable[Report]) -> Report | None:
        goal = len(self.oracle.goals)
        try:
            report = await work
        except NettoolsError as error:
            self._note(str(error))
            return None
        self.oracle.stepped(report, goal)
        if report.problem:
            self._note(report.problem)
        for one in report.orders:
            if one.message:
                self.oracle.hear(one.message)
        return report

    async def go_on(
        self, seconds: float, every: float = 1.0, style: Style | str | None = None
    ) -> None:
        """Let the desk tick for so long."""
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        while loop.time() < end:
            await self.tick(style)
            await asyncio.sleep(every)

    async def run(self, seconds: float, every: float = 1.0) -> None:
        """Let the desk run by itself for so long."""
        manager = self.desk._manager
        manager.run(every, Style.read(self.style))
        await asyncio.sleep(seconds)
        await self.desk.stop()

    async def settle(self, style: Style | str | None = None) -> None:
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

    async def halt(self) -> None:
        """Halt the desk and wait until its orders are canceled."""
        await asyncio.wrap_future(self.desk.halt())

    async def repair(self, found: Any, how: str, strategy: str = "") -> None:
        """Close a break the way the user says."""
        if how != "baseline":
            self.oracle.adjust(found.leg, found.difference)
        await self.desk.repair(found, how, strategy)

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

    async def until_fired(self, telling: "asyncio.Task[Any]") -> None:
        """Wait until a fault happened, or the story is told."""
        while not telling.done() and not any(  # noqa: ASYNC110 - it tells nobody
            row["fired"] for row in self.server.gate.faults.rows(0.0)
        ):
            await asyncio.sleep(0.01)

    async def finish(self) -> None:
        """Settle and close everything, also when the end is not a happy one."""
        try:
            self.heal()
            await self.halt()  # what rests would rest on
            self.desk.resume()
            await self.settle()
        except BaseException as error:
            await self.__aexit__(type(error), error, None)
            raise
        await self.__aexit__(None, None, None)

    def late_fill(self, seconds: float, orders: int = 1) -> None:
        """Let the next orders be open and unfilled for so long."""
        self.engine.hold_fills(orders, timedelta(seconds=seconds))

    def fill(self, percent: int = 100, number: int = 0) -> None:
        """Let somebody trade against the desk's resting order."""
        resting = self.engine.open_orders()[number]
        self.engine.fill_resting(resting.order.client_order_id, percent, self.now())

    def cancel_by_hand(self, number: int = 0) -> None:
        """Cancel the desk's resting order on the venue's own page."""
        resting = self.engine.open_orders()[number]
        self.engine.cancel(resting.order.symbol, self.now(), order_id=resting.order_id)

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

    def rest_by_hand(self, side: str, quantity: str, price: str, symbol: str = BTC) -> None:
        """Let somebody else's order rest on the account."""
        leg = {"one-way": "both", "hedge": {"buy": "long", "sell": "short"}[side]}[self.mode]
        order = Order(
            client_order_id=f"web_{len(self.orders)}",
            symbol=symbol,
            position_side=PositionSide(leg),
            side=Side(side),
            quantity=d(quantity),
            limit_price=d(price),
        )
        self.engine.place(order, self.now())

    @property
    def orders(self) -> list[Any]:
        """Every order the exchange ever took, oldest first."""
        return [record for symbol in (BTC, ETH) for record in self.engine.orders(symbol)]

    @property
    def fills(self) -> list[Any]:
        """Every execution on the account, by symbol, oldest first."""
        return [fill for symbol in (BTC, ETH) for fill in self.engine.fills(symbol)]

    @property
    def cancels(self) -> int:
        """How many requests to cancel reached the port."""
        return self.oracle.asked.get("cancel", 0)
