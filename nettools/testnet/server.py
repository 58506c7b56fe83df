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
import math
import os
import secrets
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Self

from aiohttp import web

from nettools.errors import InvalidInput, OrderRejected, VenueUnavailable
from nettools.model import PositionMode
from nettools.testnet.admin import (
    check_cut,
    checked_interval,
    checked_speed,
    order_row,
    read_funding,
    read_seconds,
    read_speed,
    read_trade,
    settlement_row,
    truth,
)
from nettools.testnet.binance.dialect import BinanceDialect
from nettools.testnet.binance.exchange import Exchange
from nettools.testnet.binance.limits import Budget
from nettools.testnet.dialect import ApiRequest
from nettools.testnet.engine import Engine
from nettools.testnet.funding import EIGHT_HOURS
from nettools.testnet.history import read_history
from nettools.testnet.instruments import INSTRUMENTS
from nettools.testnet.market import Market
from nettools.testnet.pump import Pump
from nettools.testnet.replay import Replay, instruments_of
from nettools.testnet.stage import Stage
from nettools.testnet.streams import Hub

HOST = "127.0.0.1"
"""The only address a testnet listens on; no option changes it."""
VENUES = ("binance",)
"""The dialects there are."""
_TICK = 0.5
_SLICE = 20
"""Seconds of market time between two looks at the trading port."""
_MOST_OPEN_ORDERS = 200
_KEY_BYTES = 32

ReplayFiles = str | Sequence[str] | Mapping[str, str] | None
"""Files of one-minute candles: named after their symbol, or by unified symbol."""


def utc_now() -> datetime:
    """Read the wall clock (UTC)."""
    return datetime.now(UTC)  # noqa: TID251 - the server's one reading of the clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How a local testnet is set up."""

    venue: str = "binance"
    """Whose dialect the trading port speaks."""
    seed: int = 7
    """Of the synthetic market; the same seed and steps give the same market."""
    mode: str = "one-way"
    """The account's position mode, ``"one-way"`` or ``"hedge"``."""
    speed: float = 1.0
    """Market seconds per wall second; 0 moves only when told to."""
    port: int = 0
    """Of the trading port; 0 takes a free one. The admin port is always a free one."""
    replay: ReplayFiles = None
    """Candles to replay instead of the synthetic market: a path, several, or by symbol."""
    idle_seconds: float = 1800.0
    """Stop after so long without a request; 0 never."""
    rate_limits: bool = True
    """Refuse what is over the venue's request and order limits; off for benchmarks."""
    funding_interval: int = EIGHT_HOURS
    """Seconds of market time between two settlements of funding, at most a day."""
    api_key: str = field(default="", repr=False)
    """The account's key; empty makes a random one."""
    secret: str = field(default="", repr=False)
    """The account's secret; empty makes a random one."""

    def __post_init__(self) -> None:
        """Refuse settings that cannot be meant; raises InvalidInput."""
        if self.venue not in VENUES:
            raise InvalidInput(f'venue must be "binance", was {self.venue!r}')
        PositionMode.read(self.mode)
        checked_speed(self.speed)
        checked_interval(self.funding_interval)
        if self.port not in range(65536):
            raise InvalidInput(f"port must be from 0 to 65535, was {self.port!r}")
        if not _is_number(self.seed) or int(self.seed) != self.seed:
            raise InvalidInput(f"seed must be a whole number, was {self.seed!r}")
        if not _is_number(self.idle_seconds) or self.idle_seconds < 0:
            raise InvalidInput(f"idle_seconds must be zero or more, was {self.idle_seconds!r}")
        if bool(self.api_key) is not bool(self.secret):
            raise InvalidInput("give both API key and secret, or neither")


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and math.isfinite(value)


class LocalServer:
    """One local exchange, listening between ``start`` and ``stop``.

    Args:
        settings: how it is set up.
        clock: gives the time every answer shows and every signature is checked against.
        monotonic: paces the market and the idle stop, seconds.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        clock: Callable[[], datetime] = utc_now,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.settings = settings
        self.api_key = settings.api_key or secrets.token_hex(_KEY_BYTES)
        self.secret = settings.secret or secrets.token_hex(_KEY_BYTES)
        self.admin_token = secrets.token_urlsafe(_KEY_BYTES)
        self._clock = clock
        self._monotonic = monotonic
        started = clock()
        most_orders = _MOST_OPEN_ORDERS if settings.rate_limits else 10_000
        self.engine, self.market = _open(settings, most_orders, started)
        self.market.settle_every(settings.funding_interval)
        self._trades_by_hand = 0
        self.pump = Pump(
            self.market, speed=settings.speed, start=monotonic(), monotonic=monotonic
        )
        exchange = Exchange(
            self.engine, self.market, max_open_orders=most_orders, started=started
        )
        budget = Budget() if settings.rate_limits else None
        self.dialect = BinanceDialect(
            exchange, key=self.api_key, secret=self.secret, budget=budget
        )
        self.hub = Hub(self.dialect.streams, self._catch_up)
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
        while not self.stopping.is_set():
            await asyncio.sleep(_TICK)
            self._catch_up()
            if self.hub.is_used:
                self._last_request = self._monotonic()
            if idle and self._monotonic() - self._last_request > idle:
                self.stopping.set()

    def _catch_up(self) -> datetime:
        now = self._clock()
        self.pump.run(self._monotonic(), now)
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
            return await self.hub.serve(request, asked)
        reply = self.dialect.answer(asked, self._catch_up())
        return web.Response(
            status=reply.status,
            body=reply.body,
            headers=reply.headers,
            content_type="application/json",
        )

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
        }

    async def _truth(self, _command: object) -> dict[str, object]:
        return truth(self.engine, self._catch_up(), self.market.time)

    async def _advance(self, command: object) -> dict[str, object]:
        wanted, done = read_seconds(command), 0
        while done < wanted:
            moved = self.market.advance(min(_SLICE, wanted - done), self._clock())
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


def _open(settings: Settings, most_orders: int, now: datetime) -> tuple[Engine, Stage]:
    mode = PositionMode.read(settings.mode)
    if not settings.replay:
        engine = Engine(INSTRUMENTS, mode=mode, max_open_orders=most_orders)
        return engine, Market(engine, settings.seed, now)
    files = settings.replay
    series = read_history([files] if isinstance(files, str) else files)
    engine = Engine(instruments_of(series), mode=mode, max_open_orders=most_orders)
    return engine, Replay(engine, series, settings.seed, now)


def _is_own(request: web.BaseRequest, port: int) -> bool:
    own = (f"{HOST}:{port}", f"localhost:{port}")
    if request.headers.getall("Host", []) not in ([own[0]], [own[1]]):
        return False
    origins = request.headers.getall("Origin", [])
    return all(origin in (f"http://{own[0]}", f"http://{own[1]}") for origin in origins)


def _foreign() -> web.Response:
    return web.Response(status=403, text="This testnet answers only its own address.\n")


def _say(shown: Mapping[str, object], status: int = 200) -> web.Response:
    return web.Response(
        status=status, body=json.dumps(shown).encode(), content_type="application/json"
    )
