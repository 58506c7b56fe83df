"""One reader of a stream: a bounded queue in front of his socket.

Frames come in at the engine's pace; text goes out at the reader's. Law: sending never waits,
and what a reader leaves unread is bounded, because beyond the bound he is cut.
"""

import asyncio
import contextlib
import json
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from aiohttp import WSCloseCode, web

from nettools.testnet.rows import Row

_ENCODER = json.JSONEncoder(separators=(",", ":"))


@dataclass(frozen=True, slots=True)
class Frame:
    """One message to one reader."""

    channel: str
    """What it belongs to: a stream, a topic or an event's name; empty for an answer."""
    row: Row | list[Row]
    """As sent, before JSON."""
    is_private: bool = False
    """Of the account, not of the market."""


@dataclass(slots=True, eq=False)
class Line:
    """One connection: a bounded queue in front of a socket.

    Args:
        tamper: what becomes of each frame.
        opened: when it was opened (UTC).
        most_waiting: frames it may leave unread.
    """

    tamper: Callable[[Frame], Iterable[Frame]]
    opened: datetime
    most_waiting: int
    is_closing: bool = False
    """Nothing more is sent: it was closed, or cut."""
    _texts: deque[str] = field(default_factory=deque)
    _news: asyncio.Event = field(default_factory=asyncio.Event)
    _transport: asyncio.Transport | None = None

    def send(self, frame: Frame) -> None:
        """Queue a frame; a reader who left too many unread is cut."""
        for told in self.tamper(frame):
            if self.is_closing:
                return
            self._texts.append(_ENCODER.encode(told.row))
            self._news.set()
            if len(self._texts) > self.most_waiting:
                self.cut()

    def close(self) -> None:
        """Send what is queued, then say goodbye."""
        self.is_closing = True
        self._news.set()

    def cut(self) -> None:
        """Drop the connection at once, with all that waits."""
        self._texts.clear()
        self.close()
        if self._transport is not None:
            self._transport.abort()

    def attach(self, transport: asyncio.Transport | None) -> None:
        """Give it the connection that ``cut`` drops."""
        self._transport = transport
        if self.is_closing and not self._texts:
            self.cut()

    async def write_to(self, socket: web.WebSocketResponse) -> None:
        """Write what is queued until the line is closed or the reader is gone."""
        with contextlib.suppress(ConnectionError):
            while True:
                while self._texts:
                    await socket.send_str(self._texts.popleft())
                if self.is_closing:
                    break
                self._news.clear()
                await self._news.wait()
            await socket.close(code=WSCloseCode.GOING_AWAY)
