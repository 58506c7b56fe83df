"""The one desk that `nettools demo` runs, and the channel its pages watch it through.

A run comes in, lines of JSON go out to every page that knows the token, over 127.0.0.1. Law: a
page that has not opened the owner's lock can look, start, pause and change the speed, and
nothing else; that is decided here, not on the page. A line that is no JSON with the token in
it, such as any request of a browser, ends the connection unanswered.
"""

import asyncio
import hmac
import json
import secrets
from contextlib import closing, suppress
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation

from nettools.errors import InvalidInput, NettoolsError
from nettools.widgets.demo.lock import Lock
from nettools.widgets.demo.run import DemoRun

LOOPBACK = "127.0.0.1"
PORT, TOKEN = "NETTOOLS_DEMO_PORT", "NETTOOLS_DEMO_TOKEN"
"""Environment variables that lead a page's kernel here."""
FIRST_LINE_SECONDS = 5.0
QUIET_SECONDS = 5.0
"""Without news a page is told the same again, so that it knows the line is there."""
LONGEST_LINE = 4096
"""Bytes of what a page may say at once."""
LOCKED = (
    "this page is for looking at; only its owner can unlock it, with the code in the terminal"
)
TOLD = ("state", "steps", "speed", "shown")


@dataclass(slots=True, kw_only=True, eq=False)
class _Viewer:
    writer: asyncio.StreamWriter
    news: asyncio.Event = field(default_factory=asyncio.Event)
    may_steer: bool = False


class Host:
    """Runs a demo and tells every page of it.

    Args:
        run: not started yet; the host closes it.
        lock: of the owner.
    """

    def __init__(self, run: DemoRun, lock: Lock) -> None:
        self.run = run
        self._lock = lock
        self._token = secrets.token_urlsafe(24)
        self._server: asyncio.Server | None = None
        self._viewers: set[_Viewer] = set()
        self._connections: set[asyncio.Task[None]] = set()

    async def open(self) -> dict[str, str]:
        """Start the market and listen; gives the variables that lead a kernel here.

        Raises:
            VenueError: the testnet did not start.
        """
        await self.run.start()
        self.run.observe(self._spread, list(TOLD))
        self._server = await asyncio.start_server(
            self._connected, LOOPBACK, 0, limit=LONGEST_LINE
        )
        port = self._server.sockets[0].getsockname()[1]
        return {PORT: str(port), TOKEN: self._token}

    async def close(self) -> None:
        """End the channel, the desk and the market. Safe to call twice."""
        if self._server is not None:
            self._server.close()
        for connection in self._connections:
            connection.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)
        await self.run.close()

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.get_running_loop().create_task(self._attend(reader, writer))
        self._connections.add(task)
        task.add_done_callback(self._connections.discard)

    def _spread(self, _: object) -> None:
        for viewer in self._viewers:
            viewer.news.set()

    async def _attend(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # A page that leaves, stays silent or talks nonsense is a page less, nothing else.
        with suppress(OSError, ValueError, TimeoutError), closing(writer):
            async with asyncio.timeout(FIRST_LINE_SECONDS):
                first = await reader.readline()
            if self._admits(first):
                await self._serve(_Viewer(writer=writer), reader)

    async def _serve(self, viewer: _Viewer, reader: asyncio.StreamReader) -> None:
        self._viewers.add(viewer)
        teller = asyncio.create_task(self._tell(viewer))
        try:
            while line := await reader.readline():
                write_line(viewer.writer, await self._answer(viewer, line))
                await viewer.writer.drain()
        finally:
            self._viewers.discard(viewer)
            teller.cancel()

    def _admits(self, line: bytes) -> bool:
        said = read_line(line)
        token = said.get("token")
        return isinstance(token, str) and hmac.compare_digest(
            token.encode(), self._token.encode()
        )

    async def _tell(self, viewer: _Viewer) -> None:
        """Tell of the newest moment whenever there is one; a slow page misses some."""
        with suppress(OSError):
            while True:
                viewer.news.clear()
                write_line(viewer.writer, {name: getattr(self.run, name) for name in TOLD})
                await viewer.writer.drain()
                with suppress(TimeoutError):
                    async with asyncio.timeout(QUIET_SECONDS):
                        await viewer.news.wait()

    async def _answer(self, viewer: _Viewer, line: bytes) -> dict[str, object]:
        said = read_line(line)
        error = ""
        try:
            await self._do(viewer, said)
        except NettoolsError as refused:
            error = str(refused)
        return {"answer": said.get("id"), "error": error, "unlocked": viewer.may_steer}

    async def _do(self, viewer: _Viewer, said: dict[str, object]) -> None:
        match said.get("do"):
            case "start":
                await self.run.start()
            case "pause":
                await self.run.pause()
            case "speed":
                await self.run.change_speed(-1 if said.get("up") == -1 else 1)
            case "unlock":
                self._lock.open(str(said.get("code")))
                viewer.may_steer = True
            case "take":
                self._check(viewer)
                self.run.steered.take(_quantity(said.get("quantity")))
            case "give back":
                self._check(viewer)
                self.run.steered.give_back()
            case _:
                raise InvalidInput("the demo does not know that command")

    def _check(self, viewer: _Viewer) -> None:
        if not viewer.may_steer:
            raise InvalidInput(LOCKED)


def read_line(line: bytes) -> dict[str, object]:
    """Read one line of the channel; what is no JSON object is an empty one."""
    try:
        said = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


def write_line(writer: asyncio.StreamWriter, message: dict[str, object]) -> None:
    """Say one line on the channel."""
    writer.write(json.dumps(message).encode() + b"\n")


def _quantity(text: object) -> Decimal:
    try:
        return Decimal(str(text))
    except InvalidOperation:
        raise InvalidInput(f"a target must be a number, was {text!r}") from None
