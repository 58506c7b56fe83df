"""The local testnet in this process, with answers that can be lost or spoiled on the way.

``before`` spoils a request that never reached the exchange, ``after`` one that did: the two
look the same to whoever sent it, and that is the point.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from aiohttp import web

from nettools.testnet.server import LocalServer, Settings, utc_now

EMPTY, HTML, NULL = "", "<html><body>Bad gateway</body></html>", "null"
ROOTS = {"binance": "/fapi/", "bybit": "/v5/"}
"""Below which each venue answers."""
OBJECT, LIST, CUT = "{}", "[]", '{"orderId": 12, "clientOr'
USELESS_BODIES = {
    "empty": EMPTY,
    "html": HTML,
    "null": NULL,
    "object": OBJECT,
    "list": LIST,
    "cut": CUT,
}


@dataclass(slots=True, kw_only=True)
class Fault:
    """What happens to the next request of one kind."""

    reaches: bool = False
    """Whether the exchange sees the request ("after") or not ("before")."""
    status: int = 200
    body: str | None = None
    """Sent instead of the exchange's answer; None closes the connection without one."""
    headers: dict[str, str] = field(default_factory=dict)
    change: Callable[[bytes], str] | None = None
    """Makes the answer from the exchange's own."""
    hangs: bool = False
    """Never answers at all."""


class FaultyServer(LocalServer):
    """A local testnet whose market stands still, with faults on demand and a log."""

    def __init__(self, mode: str = "one-way", **settings: str) -> None:
        self.skew = timedelta()
        """How far its clock is ahead of ours."""
        self.faults: dict[tuple[str, str], Fault] = {}
        self.seen: list[tuple[str, str]] = []
        self.arrived = asyncio.Event()
        """Set when a request has met a fault."""
        self.released = asyncio.Event()
        options = {"speed": 0, "rate_limits": False, "idle_seconds": 0, **settings}
        super().__init__(Settings(mode=mode, **options), clock=self._skewed)

    def _skewed(self) -> datetime:
        return utc_now() + self.skew

    def spoil(self, method: str, path: str, fault: Fault) -> None:
        """Let the fault happen to every request of this kind until ``heal``.

        ``path`` is below the venue's own root: ``v1/order`` on Binance, ``order/create`` on
        Bybit.
        """
        self.faults[method, f"{ROOTS[self.settings.venue]}{path}"] = fault

    def heal(self) -> None:
        """Answer everything again."""
        self.faults.clear()
        self.released.set()

    async def stop(self) -> None:
        self.released.set()
        await super().stop()

    async def _trade(self, request: web.BaseRequest) -> web.StreamResponse:
        kind = (request.method, request.path)
        self.seen.append(kind)
        fault = self.faults.get(kind)
        if fault is None:
            return await super()._trade(request)
        answer = await super()._trade(request) if fault.reaches else None
        self.arrived.set()
        if fault.hangs:
            await self.released.wait()
        if fault.change is not None and answer is not None:
            return web.Response(text=fault.change(answer.body), content_type="application/json")
        if fault.body is None:
            request.transport.close()
            return web.Response()
        return web.Response(status=fault.status, text=fault.body, headers=fault.headers)
