"""A page's view of the desk that `nettools demo` runs.

The channel's lines come in, what a page shows goes out. It never ends by itself: when the
channel is lost it says so, keeps what was last seen, and tries again every second.
"""

import asyncio
import itertools
from contextlib import suppress
from typing import Any

from traitlets import Bool, Dict, HasTraits, Int, Unicode

from nettools.errors import InvalidInput, VenueUnavailable
from nettools.texts import say
from nettools.widgets.demo.drawing import draw
from nettools.widgets.demo.host import LOOPBACK, read_line, write_line
from nettools.widgets.demo.run import SPEEDS
from nettools.widgets.markup import alert_html

AGAIN_SECONDS = 1.0
SILENT_SECONDS = 15.0
"""The run tells something every second; after so long without, the line counts as lost."""
ANSWER_SECONDS = 60.0
"""Opening a market takes a few seconds, on a busy machine many."""
LONGEST_LINE = 4_000_000
"""Bytes of one moment."""
LOST = (
    "this page cannot reach the demo and tries again every second; if the command has ended, "
    "start `nettools demo` again"
)


class Watching(HasTraits):
    """Mirrors a run that works elsewhere.

    Args:
        port: of the channel, on 127.0.0.1.
        token: that lets in.
    """

    state = Unicode("opening")
    """As of a ``DemoRun``, or ``lost``."""
    steps = Int(0)
    speed = Int(SPEEDS[0])
    shown = Dict()
    unlocked = Bool(default_value=False)
    """Whether this page may steer; a new connection never may."""

    def __init__(self, port: int, token: str) -> None:
        super().__init__(shown=draw(None, state="opening", speed=SPEEDS[0], problem=""))
        self._port = port
        self._token = token
        self._writer: asyncio.StreamWriter | None = None
        self._numbers = itertools.count(1)
        self._asked: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._task = asyncio.get_running_loop().create_task(self._follow())

    def __repr__(self) -> str:
        return f"Watching({self.state})"

    async def start(self) -> None:
        """Let the market run, for all viewers.

        Raises:
            VenueUnavailable: the demo cannot be reached.
        """
        await self._ask("start")

    async def pause(self) -> None:
        """Stop the market where it is, for all viewers; raises as ``start`` does."""
        await self._ask("pause")

    async def change_speed(self, up: int) -> None:
        """Go one speed up or down (1 or -1), for all viewers; raises as ``start`` does."""
        await self._ask("speed", up=up)

    async def unlock(self, code: str) -> None:
        """Show the owner's code.

        Raises:
            InvalidInput: it is another one, or there are no tries left.
            VenueUnavailable: the demo cannot be reached.
        """
        await self._ask("unlock", code=code)

    async def take(self, quantity: str) -> None:
        """Set the steered target, base units.

        Raises:
            InvalidInput: this page is not unlocked, or the quantity is not possible.
            VenueUnavailable: the demo cannot be reached.
        """
        await self._ask("take", quantity=quantity)

    async def give_back(self) -> None:
        """Let the strategy have its own way again; raises as ``take`` does."""
        await self._ask("give back")

    def seen(self) -> None:
        """Hear that somebody looks; the demo goes on without viewers too."""

    async def close(self) -> None:
        """Leave; the demo goes on."""
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task

    async def _follow(self) -> None:
        while True:
            with suppress(OSError, ValueError, asyncio.IncompleteReadError):
                await self._listen()
            self._lose()
            await asyncio.sleep(AGAIN_SECONDS)

    async def _listen(self) -> None:
        reader, writer = await asyncio.open_connection(LOOPBACK, self._port, limit=LONGEST_LINE)
        try:
            write_line(writer, {"token": self._token})
            self._writer = writer
            line = b"\n"
            while line:
                async with asyncio.timeout(SILENT_SECONDS):
                    line = await reader.readline()
                self._hear(read_line(line))
        finally:
            self._writer = None
            writer.close()

    def _hear(self, said: dict[str, Any]) -> None:
        if "answer" in said:
            asked = self._asked.pop(said["answer"], None)
            if asked is not None and not asked.done():
                asked.set_result(said)
        elif "shown" in said:
            with self.hold_trait_notifications():
                self.state, self.steps = str(said["state"]), int(said["steps"])
                self.speed, self.shown = int(said["speed"]), dict(said["shown"])

    def _lose(self) -> None:
        for asked in self._asked.values():
            if not asked.done():
                asked.set_exception(VenueUnavailable(LOST))
        self._asked.clear()
        self.unlocked = False
        self.state = "lost"
        self.shown = {**self.shown, "problems": alert_html(say(LOST))}

    async def _ask(self, command: str, **more: object) -> None:
        writer = self._writer
        if writer is None:
            raise VenueUnavailable(LOST)
        number = next(self._numbers)
        answer = self._asked[number] = asyncio.get_running_loop().create_future()
        write_line(writer, {"id": number, "do": command, **more})
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                said = await answer
        except TimeoutError:
            raise VenueUnavailable(LOST) from None
        finally:
            self._asked.pop(number, None)
        self.unlocked = said["unlocked"] is True
        if said["error"]:
            raise InvalidInput(str(said["error"]))
