"""The local exchange over HTTP: a trading port, an admin port, and a market that moves.

Both ports listen on 127.0.0.1 and nowhere else, and answer nobody who came for another host
or from another origin, before they look at anything else. The
trading port speaks the venue's dialect; the admin port wants a random token and JSON. Every
request first lets the market catch up with the clock. The clock is the one seam: ``now`` is
asked once per request and passed on.
"""

import asyncio
import contextlib
import hmac
import json
import os
import secrets
import time
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Self

from aiohttp import web

from nettools.errors import InvalidInput, OrderRejected, VenueUnavailable
from nettools.testnet.admin import (
    check_cut,
    order_row,
    read_funding,
    read_seconds,
    read_speed,
    read_trade,
    settlement_row,
    truth,
)
from nettools.testnet.calls import Call
from nettools.testnet.clock import SkewedClock
from nettools.testnet.dialect import ApiReply, ApiRequest
from nettools.testnet.gate import Gate
from nettools.testnet.interventions import Interventions
from nettools.testnet.opening import open_exchange
from nettools.testnet.pump import Pump
from nettools.testnet.rows import venue_symbol
from nettools.testnet.settings import Settings
from nettools.testnet.stage import Stage
from nettools.testnet.streams import Hub

HOST = "127.0.0.1"
"""The only address a testnet listens on; no option changes it."""
_TICK, _FINE_TICK = 0.5, 0.05
"""Seconds between two looks at the clock; the latter where market time has fine steps."""
_SLICE = 20
"""Seconds of market time between two looks at the trading port."""
_KEY_BYTES = 32


def utc_now() -> datetime:
    """Read the wall clock (UTC)."""
    return datetime.now(UTC)  # noqa: TID251 - the server's one reading of the clock


class LocalServer:
    """One local exchange, listening between ``start`` and ``stop``.

    Args:
        settings: how it is set up.
        clock: gives the time every answer shows and every signature is checked against.
        monotonic: paces the market and the idle stop, seconds.
        sleep: waits so many seconds, where a fault delays an answer.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        clock: Callable[[], datetime] = utc_now,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.settings = settings
        self.api_key = settings.api_key or secrets.token_hex(_KEY_BYTES)
        self.secret = settings.secret or secrets.token_hex(_KEY_BYTES)
        self.admin_token = secrets.token_urlsafe(_KEY_BYTES)
        self._clock = SkewedClock(clock)
        self.gate = Gate(clock=self._clock, monotonic=monotonic, sleep=sleep)
        self._monotonic = monotonic
        opened = open_exchange(settings, self.api_key, self.secret, clock())
        self.engine, self.market, self.dialect = opened
        self.market.settle_every(settings.funding_interval)
        self._trades_by_hand = 0
        self.pump = _pump(self.market, settings.speed, monotonic)
        self.hub = Hub(self.dialect.streams, self._catch_up)
        self.hub.tamper, self.gate.cut = self.gate.frames, self.hub.cut
        self.gate.latency = settings.delays
        self.gate.fill = self._fill
        self._interventions = Interventions(
            engine=self.engine,
            market=self.market,
            dialect=self.dialect,
            gate=self.gate,
            clock=self._clock,
            catch_up=self._catch_up,
            monotonic=monotonic,
            venue=settings.venue,
        )
        self.stopping = asyncio.Event()
        self._last_request = monotonic()
        self._runners: list[web.ServerRunner] = []
        self._ticker: asyncio.Task[None] | None = None
        self._port = self._admin_port = 0

    @property
    def url(self) -> str:
        """The address of the trading port."""
        return f"http://{HOST}:{self._port}"

    @property
    def admin(self) -> str:
        """The address of the admin port."""
        return f"http://{HOST}:{self._admin_port}"

    @property
    def variables(self) -> dict[str, str]:
        """The environment variables with which other programs attach to it."""
        return {
            "NETTOOLS_LOCAL_VENUE": self.settings.venue,
            "NETTOOLS_LOCAL_URL": self.url,
            "NETTOOLS_LOCAL_API_KEY": self.api_key,
            "NETTOOLS_LOCAL_SECRET": self.secret,
            "NETTOOLS_LOCAL_ADMIN": self.admin,
            "NETTOOLS_LOCAL_ADMIN_TOKEN": self.admin_token,
        }

    async def start(self) -> None:
        """Listen on both ports and let the market move.

        Raises:
            VenueUnavailable: the port is taken or may not be used.
        """
        try:
            self._port = await self._listen(self._trade, self.settings.port)
            self._admin_port = await self._listen(self._administer, 0)
        except OSError as error:
            await self.stop()
            raise VenueUnavailable(
                f"port {self.settings.port} of {HOST} cannot be used "
                f"({os.strerror(error.errno or 0)}); stop what listens there, or use port 0 "
                "to get a free one"
            ) from None
        self._ticker = asyncio.create_task(self._tick())

    async def stop(self) -> None:
        """Let go of both ports; safe to call twice."""
        self.stopping.set()
        self.gate.clear()
        if self._ticker is not None:
            self._ticker.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._ticker
            self._ticker = None
        await self.hub.close()
        while self._runners:
            await self._runners.pop().cleanup()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def _listen(
        self, handler: Callable[[web.BaseRequest], Awaitable[web.StreamResponse]], port: int
    ) -> int:
        server = web.Server(handler, access_log=None)
        runner = web.ServerRunner(server, shutdown_timeout=1.0)
        await runner.setup()
        self._runners.append(runner)
        await web.TCPSite(runner, HOST, port).start()
        return int(runner.addresses[0][1])

    async def _tick(self) -> None:
        idle = self.settings.idle_seconds
        pause = _TICK if self.market.steps_per_second == 1 else _FINE_TICK
        while not self.stopping.is_set():
            await asyncio.sleep(pause)
            self._catch_up()
            if self.hub.is_used:
                self._last_request = self._monotonic()
            if idle and self._monotonic() - self._last_request > idle:
                self.stopping.set()

    def _catch_up(self) -> datetime:
        now = self._now()
        self.pump.run(self._monotonic(), now)
        return now

    def _now(self) -> datetime:
        now = self._clock()
        self.dialect.catch_up(now)
        self.engine.release(now)
        return now

    # --- the trading port

    async def _trade(self, request: web.BaseRequest) -> web.StreamResponse:
        if not _is_own(request, self._port):
            return _foreign()
        body = await request.read() if request.body_exists else b""
        self._last_request = self._monotonic()
        path, _, query = request.raw_path.partition("?")
        asked = ApiRequest(
            method=request.method,
            path=path,
            query=query.encode("utf-8", "surrogateescape"),
            body=body,
            headers={name.lower(): value for name, value in request.headers.items()},
        )
        if asked.headers.get("upgrade", "").lower() == "websocket":
            lost = await self.gate.before(asked)
            if lost is None:
                return await self.hub.serve(request, asked)
            return await _tell(request, lost.answer)
        return await _tell(request, await self.gate.through(asked, self._answer))

    def _fill(self, call: Call, percent: int) -> None:
        now = self._catch_up()
        for record in self.engine.open_orders():
            order = record.order
            is_meant = call.client_id in {"", order.client_order_id}
            if is_meant and call.symbol in {"", venue_symbol(order.symbol)}:
                with contextlib.suppress(InvalidInput):  # held back, so not in the book yet
                    self.engine.fill_resting(order.client_order_id, percent, now)

    def _answer(self, asked: ApiRequest) -> ApiReply:
        now = self._catch_up()
        reply = self.dialect.answer(asked, now)
        due = self.dialect.next_due
        if due is not None:  # done in time, whether or not anybody asks again
            wait = max(0.0, (due - now).total_seconds())
            asyncio.get_running_loop().call_later(wait, self._catch_up)
        return reply

    # --- the admin port

    async def _administer(self, request: web.BaseRequest) -> web.Response:
        if not _is_own(request, self._admin_port):
            return _foreign()
        claimed = request.headers.get("Authorization", "")
        wanted = f"Bearer {self.admin_token}"
        if not hmac.compare_digest(claimed.encode(), wanted.encode()):
            return _say({"error": "the admin token is missing or wrong"}, 401)
        self._last_request = self._monotonic()
        command: object = None
        if request.method == "POST":
            if request.content_type != "application/json":
                return _say({"error": "send JSON (Content-Type: application/json)"}, 415)
            try:
                command = json.loads(await request.read())
            except ValueError:
                return _say({"error": "the body is not JSON"}, 400)
        return await self._command(request, command)

    async def _command(self, request: web.BaseRequest, command: object) -> web.Response:
        commands = {
            ("GET", "/health"): self._health,
            ("GET", "/truth"): self._truth,
            ("POST", "/advance"): self._advance,
            ("POST", "/speed"): self._set_speed,
            ("POST", "/funding"): self._settle_funding,
            ("POST", "/foreign"): self._trade_by_hand,
            ("POST", "/streams"): self._cut_streams,
            ("POST", "/shutdown"): self._shutdown,
            **self._interventions.commands,
        }
        chosen = commands.get((request.method, request.raw_path))
        if chosen is None:
            return _say({"error": "there is no such admin command"}, 404)
        try:
            return _say(await chosen(command))
        except InvalidInput as error:
            return _say({"error": str(error)}, 400)
        except OrderRejected as refusal:
            return _say({"error": str(refusal), "reason": refusal.reason}, 409)

    async def _health(self, _command: object) -> dict[str, object]:
        return {
            "venue": self.settings.venue,
            "pid": os.getpid(),
            "mode": self.engine.mode.value,
            "speed": self.pump.speed,
            "market_time": self.market.time.isoformat(),
            "is_finished": self.market.is_finished,
            "problem": self.market.problem,
        }

    async def _truth(self, _command: object) -> dict[str, object]:
        return truth(self.engine, self._catch_up(), self.market.time, self.gate.received)

    async def _advance(self, command: object) -> dict[str, object]:
        wanted, done = read_seconds(command), 0
        while done < wanted:
            moved = self.market.advance(min(_SLICE, wanted - done), self._now())
            done += moved
            if not moved:
                break
            await asyncio.sleep(0)  # a week of market must not silence the trading port
        return {"advanced": done, "market_time": self.market.time.isoformat()}

    async def _set_speed(self, command: object) -> dict[str, object]:
        self._catch_up()
        self.pump.speed = read_speed(command)
        return {"speed": self.pump.speed}

    async def _settle_funding(self, command: object) -> dict[str, object]:
        symbols, rate = read_funding(command, self.engine.instruments)
        now = self._catch_up()
        settled = [self.market.settle(symbol, now, rate) for symbol in symbols]
        return {"settlements": [settlement_row(settlement) for settlement in settled]}

    async def _trade_by_hand(self, command: object) -> dict[str, object]:
        self._trades_by_hand += 1
        order = read_trade(command, f"web_{self._trades_by_hand:08d}", self.engine)
        return order_row(self.engine.place(order, self._catch_up()))

    async def _cut_streams(self, command: object) -> dict[str, object]:
        check_cut(command)
        return {"cut": self.hub.cut()}

    async def _shutdown(self, _command: object) -> dict[str, object]:
        self.stopping.set()
        return {"stopping": True}


def _pump(market: Stage, speed: float, monotonic: Callable[[], float]) -> Pump:
    steps = market.steps_per_second
    return Pump(
        market, speed=speed, start=monotonic(), monotonic=monotonic, steps_per_second=steps
    )


def _is_own(request: web.BaseRequest, port: int) -> bool:
    own = (f"{HOST}:{port}", f"localhost:{port}")
    if request.headers.getall("Host", []) not in ([own[0]], [own[1]]):
        return False
    origins = request.headers.getall("Origin", [])
    return all(origin in (f"http://{own[0]}", f"http://{own[1]}") for origin in origins)


async def _tell(request: web.BaseRequest, reply: ApiReply | None) -> web.StreamResponse:
    if reply is None or reply.promised:
        if reply is not None:
            torn = web.StreamResponse(status=reply.status, headers=reply.headers)
            torn.content_length = reply.promised
            await torn.prepare(request)
            await torn.write(reply.body)
        if request.transport is not None:
            request.transport.close()
        return web.Response()
    headers = {"Content-Type": "application/json", **reply.headers}
    return web.Response(status=reply.status, body=reply.body, headers=headers)


def _foreign() -> web.Response:
    return web.Response(status=403, text="This testnet answers only its own address.\n")


def _say(shown: Mapping[str, object], status: int = 200) -> web.Response:
    return web.Response(
        status=status, body=json.dumps(shown).encode(), content_type="application/json"
    )
