"""The WebSocket connections of the local testnet, from the handshake to the goodbye.

Requests to upgrade come in; a venue's ``Streams`` says who may listen and tells them what
happens, once a beat for the market and at once for the account. Every frame to every reader
passes ``Hub.tamper``. Law: the order of events is the order of the engine.
"""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial

from aiohttp import WSMsgType, web

from nettools.testnet.dialect import ApiRequest, Streams
from nettools.testnet.lines import Frame, Line

BEAT = 0.1
"""Wall seconds between two looks at what changed: the shortest interval of depth."""
MOST_WAITING = 5_000
"""Frames one connection may leave unread before it is cut."""
MOST_LINES = 300
"""Connections at a time."""
_HEARTBEAT = 180.0
"""Seconds between two pings; who does not answer within half of that is gone."""
_GOODBYE = 1.0
"""Seconds a reader has to answer a close before he is cut."""
_LONGEST_REQUEST = 65_536


class Hub:
    """All connections of one testnet.

    Args:
        streams: the venue's.
        catch_up: lets the market catch up with the clock; gives the time.
        most_waiting: frames one connection may leave unread.
    """

    tamper: Callable[[Frame], Sequence[Frame]]
    """What becomes of each frame to each reader: itself, nothing, or more; for faults."""

    def __init__(
        self,
        streams: Streams,
        catch_up: Callable[[], datetime],
        *,
        most_waiting: int = MOST_WAITING,
    ) -> None:
        self.tamper = lambda frame: (frame,)
        self._streams = streams
        self._catch_up = catch_up
        self._most_waiting = most_waiting
        self._lines: dict[Line, asyncio.Task[object] | None] = {}
        self._heart: asyncio.Task[None] | None = None
        self._readers = 0
        self._is_closed = False

    def _passed(self, reader: int, frame: Frame) -> Sequence[Frame]:
        return self.tamper(replace(frame, reader=reader))

    @property
    def is_used(self) -> bool:
        """Say whether anybody is connected."""
        return bool(self._lines)

    async def serve(self, request: web.BaseRequest, asked: ApiRequest) -> web.StreamResponse:
        """Serve one connection until either side ends it."""
        socket = web.WebSocketResponse(
            timeout=_GOODBYE,
            heartbeat=_HEARTBEAT,
            compress=False,
            max_msg_size=_LONGEST_REQUEST,
        )
        is_full = self._is_closed or len(self._lines) >= MOST_LINES
        if is_full or not socket.can_prepare(request):
            return web.Response(status=400, text="No WebSocket can be opened here.\n")
        self._readers += 1
        passed = partial(self._passed, self._readers)
        line = Line(passed, self._catch_up(), self._most_waiting)
        refusal = self._streams.admit(asked, line, line.opened)
        if refusal is not None:
            return web.Response(
                status=refusal.status, body=refusal.body, content_type="application/json"
            )
        self._lines[line] = asyncio.current_task()
        try:
            await socket.prepare(request)
            await self._talk(request, socket, line)
        finally:
            line.is_closing = True
            self._streams.leave(line)
            del self._lines[line]
        return socket

    async def _talk(
        self, request: web.BaseRequest, socket: web.WebSocketResponse, line: Line
    ) -> None:
        line.attach(request.transport)
        self._begin_beating()
        writer = asyncio.create_task(line.write_to(socket))
        try:
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    self._streams.hear(line, message.data, self._catch_up())
        finally:
            line.close()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(writer, _GOODBYE)

    def _begin_beating(self) -> None:
        if self._heart is None or self._heart.done():
            self._heart = asyncio.create_task(self._beat())

    async def _beat(self) -> None:
        try:
            while self._lines:
                await asyncio.sleep(BEAT)
                self._streams.beat(self._catch_up())
        except Exception:
            self.cut()  # silence must never look like a market that stands still
            raise

    def cut(self) -> int:
        """Drop every connection at once, without goodbye; give how many there were."""
        lines = tuple(self._lines)
        for line in lines:
            line.cut()
        return len(lines)

    async def close(self) -> None:
        """Say goodbye to every reader, and cut who does not answer in time; let nobody in."""
        self._is_closed = True
        if self._heart is not None:
            self._heart.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._heart
        for line in self._lines:
            line.close()
        tasks = [task for task in self._lines.values() if task is not None]
        if tasks:
            await asyncio.wait(tasks, timeout=_GOODBYE)
        self.cut()
