"""What runs behind the stakeholder page: a testnet of its own, a desk, three live strategies.

It is opened, moved and closed as a whole and trades on the testnet it has started itself, on
no other. The steps are a task on the loop it was started on; the desk works on its own thread.
"""

import asyncio
import time
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from decimal import Decimal

from traitlets import Any as AnyTrait
from traitlets import Dict, Enum, HasTraits, Int, Unicode

from nettools import testnet
from nettools.desk import Activity, Desk
from nettools.errors import InvalidInput, NettoolsError
from nettools.snapshot import Limits
from nettools.study import Breakout, Hedge, MeanReversion
from nettools.texts import say
from nettools.widgets.demo.drawing import draw
from nettools.widgets.demo.scene import History, Scene
from nettools.widgets.demo.steer import Steered

SPEEDS = (10, 30, 60, 120)
"""Market seconds per second that the page offers."""
STEP_SECONDS = 1.0
"""Between two ticks of the desk."""
SILENCE_SECONDS = 90.0
"""Without a sign of a viewer for so long it closes; a hidden page beats once a minute."""
LONGEST_TICKS = 3600
"""Then it begins again with the next seed: a page on a wall must not spend its account."""
IDLE_SECONDS = 120.0
"""The testnet ends itself after so long without a request, should the kernel have died."""
REHEARSED_TICKS, REHEARSED_SECONDS = 24, 30
"""Twelve minutes of market time before anybody looks."""
LIMITS = Limits(orders_per_minute=1_000)
"""Budgets of a wall minute, like the testnet's, mean nothing where a minute lasts seconds."""
KEEP_ALIVE_STEPS = 20
"""While paused the testnet is asked every so many steps, so that it does not end itself."""
STEERED, MOST_STEERED, STEERED_STEP = "BTC/USDT:USDT", Decimal(1), Decimal("0.05")
"""What the owner may set of the hedge's target: on which symbol, up to what, base units."""


class DemoRun(HasTraits):
    """A market of its own, one desk, three strategies; a ``scene`` for every tick.

    Args:
        seed: of the market: the same seed and steps give the same market.
        speed: market seconds per second, one of ``SPEEDS``.
        rehearsed_ticks: done whenever a market opens, so that there is something to see.
        silence_seconds: without a sign of a viewer for so long it closes by itself.

    Raises:
        InvalidInput: a speed that is not one of those.
    """

    state = Enum(("closed", "opening", "running", "paused"), "closed")
    scene: Scene | None = AnyTrait(None)  # type: ignore[assignment]  # a trait holds it
    steps = Int(0)
    """Ticks so far, and one for each second of a pause: a sign of life."""
    speed = Enum(SPEEDS, 30)
    problem = Unicode()
    """What went wrong with the last step; empty when it went well."""
    shown = Dict()
    """What a page shows of all this: HTML by the name of its part."""

    def __init__(
        self,
        *,
        seed: int = 7,
        speed: int = 30,
        rehearsed_ticks: int = REHEARSED_TICKS,
        silence_seconds: float = SILENCE_SECONDS,
    ) -> None:
        if speed not in SPEEDS:
            raise InvalidInput(f"speed must be one of {SPEEDS}, was {speed!r}")
        super().__init__(speed=speed)
        self.seed = seed
        self.steered = self._steer()
        self._rehearsed_ticks = rehearsed_ticks
        self._silence = silence_seconds
        self._net: testnet.Testnet | None = None
        self._desk: Desk | None = None
        self._history = History()
        self._began: datetime | None = None
        self._ticks = 0
        self._loop: asyncio.Task[None] | None = None
        self._seen = time.monotonic()
        self._turn = asyncio.Lock()
        self.observe(self._draw, ["scene", "state", "speed", "problem"])
        self._draw()

    def __repr__(self) -> str:
        return f"DemoRun(seed={self.seed}, {self.state})"

    @property
    def activity(self) -> Activity:
        """What was wanted, sent and spared so far."""
        return Activity() if self.scene is None else self.scene.activity

    async def rehearse(self) -> None:
        """Open a new market and do the first ticks, the same ones each time for a seed.

        The market moves between the ticks only. Does nothing when one is open.

        Raises:
            VenueError: the testnet did not start, or does not answer.
        """
        async with self._turn:
            await self._open()

    async def start(self) -> None:
        """Let the market run and the desk trade; opens a new market when there is none.

        Raises:
            VenueError: the testnet did not start, or does not answer.
        """
        async with self._turn:
            self.seen()
            if self._net is not None and not await asyncio.to_thread(self._net.is_alive):
                await self._shut()
            net = await self._open()
            await asyncio.to_thread(net.set_speed, self.speed)
            self.problem, self.state = "", "running"
            if self._loop is None or self._loop.done():
                self._loop = asyncio.get_running_loop().create_task(self._live())

    async def pause(self) -> None:
        """Stop the market and the desk where they are."""
        async with self._turn:
            if self._net is not None and self.state == "running":
                self.state = "paused"
                await asyncio.to_thread(self._net.set_speed, 0)

    async def change_speed(self, up: int) -> None:
        """Go one speed up or down (1 or -1); stays at the last one.

        Raises:
            VenueError: the testnet does not answer.
        """
        place = SPEEDS.index(self.speed) + up
        self.speed = SPEEDS[min(max(place, 0), len(SPEEDS) - 1)]
        if self._net is not None and self.state == "running":
            await asyncio.to_thread(self._net.set_speed, self.speed)

    async def close(self) -> None:
        """End the desk and the testnet; what the page shows stays. Safe to call twice."""
        if self._loop is not None:
            self._loop.cancel()
            with suppress(asyncio.CancelledError):
                await self._loop
        async with self._turn:
            await self._shut()

    def seen(self) -> None:
        """Hear that somebody looks; without that for a while it closes itself."""
        self._seen = time.monotonic()

    @staticmethod
    def _steer() -> Steered:
        return Steered(Hedge(name=say("Hedge")), STEERED, most=MOST_STEERED, step=STEERED_STEP)

    def _draw(self, _: object = None) -> None:
        self.shown = draw(
            self.scene,
            state=self.state,
            speed=self.speed,
            problem=self.problem,
            by_hand=str(self.steered),
        )

    async def _open(self) -> testnet.Testnet:
        if self._net is not None:
            return self._net
        self.state = "opening"
        try:
            net = await asyncio.to_thread(
                testnet.start,
                seed=self.seed,
                speed=0,
                idle_seconds=IDLE_SECONDS,
                rate_limits=False,
            )
            self._net, self._history = net, History()
            self._began, self._ticks = None, 0
            self._desk = await Desk.open(net, limits=LIMITS, journal=False)
            self.steered = self._steer()
            for strategy in (
                MeanReversion(name=say("Mean reversion")),
                Breakout(name=say("Breakout")),
                self.steered,
            ):
                self._desk.add_strategy(strategy)
            for _ in range(self._rehearsed_ticks):
                await asyncio.to_thread(net.advance, REHEARSED_SECONDS)
                await self._tick(net, self._desk)
        except BaseException:
            await self._shut()
            raise
        self.state = "paused"
        return net

    async def _shut(self) -> None:
        desk, net = self._desk, self._net
        self._desk = self._net = None
        try:
            if desk is not None:
                await desk.close()
        finally:
            if net is not None:
                await asyncio.to_thread(net.close)
            self.state = "closed"

    async def _tick(self, net: testnet.Testnet, desk: Desk) -> None:
        await desk.refresh()
        report = await desk.tick()
        health = await asyncio.to_thread(net.health)
        now = datetime.fromisoformat(str(health["market_time"]))
        self._began = self._began or now
        seconds = int((now - self._began).total_seconds())
        self.scene = self._history.add(desk, report, seconds)
        self.problem = report.problem
        self.steps += 1
        self._ticks += 1

    async def _live(self) -> None:
        while time.monotonic() - self._seen < self._silence:
            began = time.monotonic()
            async with self._turn:
                await self._step()
            await asyncio.sleep(max(STEP_SECONDS - (time.monotonic() - began), 0.05))
        async with self._turn:
            await self._shut()
            self.problem = "nobody looked for a while, so the market was closed; press Start"

    async def _step(self) -> None:
        net, desk = self._net, self._desk
        if net is None or desk is None:
            return
        try:
            if self.state == "running":
                await self._tick(net, desk)
                if self._ticks >= LONGEST_TICKS:
                    await self._begin_again()
            else:
                self.steps += 1
                if self.steps % KEEP_ALIVE_STEPS == 0:
                    await asyncio.to_thread(net.health)
        except NettoolsError as error:
            await self._failed(net, str(error))
        except Exception as error:  # noqa: BLE001 - shown, and nothing is traded until Start
            self.state = "paused"
            self.problem = f"paused on an unexpected {type(error).__name__}: {error}"

    async def _failed(self, net: testnet.Testnet, why: str) -> None:
        self.problem = why
        if not await asyncio.to_thread(net.is_alive):
            await self._shut()
            self.problem = "the private market has ended; press Start for a new one"

    async def _begin_again(self) -> None:
        await self._shut()
        self.seed += 1
        net = await self._open()
        await asyncio.to_thread(net.set_speed, self.speed)
        self.state = "running"


def is_served(environment: Mapping[str, str]) -> bool:
    """Say whether this kernel works for a page that Voilà serves."""
    return environment.get("SERVER_SOFTWARE", "").lower().startswith("voila")
