"""A local testnet in this process whose time the test moves, and a trader on either venue.

Nothing sleeps: a delay of an hour passes when the test says so, and the same steps give the
same story again.
"""

import asyncio
import hashlib
import heapq
import hmac
import json
from datetime import datetime, timedelta
from itertools import count
from typing import Any, Self
from urllib.parse import urlencode

import aiohttp
from dialect import NOON

from nettools.testnet.server import LocalServer
from nettools.testnet.settings import Settings

BTC, ETH = "BTC/USDT:USDT", "ETH/USDT:USDT"
_PATHS = {
    "binance": {
        "create": ("POST", "/fapi/v1/order"),
        "cancel": ("DELETE", "/fapi/v1/order"),
        "order": ("GET", "/fapi/v1/order"),
        "open_orders": ("GET", "/fapi/v1/openOrders"),
        "positions": ("GET", "/fapi/v3/positionRisk"),
        "trades": ("GET", "/fapi/v1/userTrades"),
        "balance": ("GET", "/fapi/v3/account"),
        "book": ("GET", "/fapi/v1/depth"),
        "instruments": ("GET", "/fapi/v1/exchangeInfo"),
    },
    "bybit": {
        "create": ("POST", "/v5/order/create"),
        "cancel": ("POST", "/v5/order/cancel"),
        "order": ("GET", "/v5/order/realtime"),
        "open_orders": ("GET", "/v5/order/realtime"),
        "positions": ("GET", "/v5/position/list"),
        "trades": ("GET", "/v5/execution/list"),
        "balance": ("GET", "/v5/account/wallet-balance"),
        "book": ("GET", "/v5/market/orderbook"),
        "instruments": ("GET", "/v5/market/instruments-info"),
    },
}
_USUAL = {
    "order": {"category": "linear"},
    "open_orders": {"category": "linear", "symbol": "BTCUSDT"},
    "positions": {"category": "linear", "settleCoin": "USDT"},
    "trades": {"category": "linear", "symbol": "BTCUSDT"},
    "balance": {"accountType": "UNIFIED"},
    "book": {"category": "linear", "symbol": "BTCUSDT"},
    "instruments": {"category": "linear"},
}


class Time:
    """Time that stands still until it is told to go on; who sleeps wakes when it has."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._sleepers: list[tuple[float, int, asyncio.Event]] = []
        self._numbers = count()
        self._asleep = asyncio.Event()

    def now(self) -> datetime:
        """Read the wall clock."""
        return NOON + timedelta(seconds=self.seconds)

    def monotonic(self) -> float:
        """Read the stopwatch."""
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        """Wait until so many seconds have been told."""
        woken = asyncio.Event()
        heapq.heappush(self._sleepers, (self.seconds + seconds, next(self._numbers), woken))
        self._asleep.set()
        await woken.wait()

    async def go_on(self, seconds: float) -> None:
        """Let so many seconds pass, waking each sleeper at his own time."""
        end = self.seconds + seconds
        self._asleep.clear()
        while self._sleepers and self._sleepers[0][0] <= end:
            self.seconds, _, woken = heapq.heappop(self._sleepers)
            woken.set()
            await asyncio.sleep(0)
        self.seconds = end

    async def until_asleep(self) -> None:
        """Wait until somebody waits for time to pass."""
        await self._asleep.wait()


class SteppedServer(LocalServer):
    """A local testnet on a time of its own; its market stands still."""

    def __init__(self, venue: str = "binance", **settings: Any) -> None:
        self.time = Time()
        options = {"speed": 0, "rate_limits": False, "idle_seconds": 0, **settings}
        if venue == "bybit":
            options.setdefault("ack_delay", 0)
        super().__init__(
            Settings(venue=venue, **options),
            clock=self.time.now,
            monotonic=self.time.monotonic,
            sleep=self.time.sleep,
        )

    def catch_up(self) -> None:
        """Let everything that is due happen."""
        self._catch_up()


class Operator:
    """Whoever has the token of the admin port."""

    def __init__(self, server: LocalServer, http: aiohttp.ClientSession) -> None:
        self._server = server
        self._http = http

    async def __call__(self, method: str, path: str, /, **command: Any) -> dict[str, Any]:
        """Send a command; a refusal is an AssertionError with its sentence."""
        status, answer = await self.ask(method, path, **command)
        if status != 200:
            raise AssertionError(answer["error"])
        return answer

    async def ask(
        self, method: str, path: str, /, **command: Any
    ) -> tuple[int, dict[str, Any]]:
        """Send a command; give status and answer."""
        headers = {"Authorization": f"Bearer {self._server.admin_token}"}
        async with self._http.request(
            method,
            self._server.admin + path,
            headers=headers,
            json=command if method == "POST" else None,
        ) as reply:
            return reply.status, await reply.json()

    async def fault(self, call: str = "", do: str | None = None, **rule: Any) -> int:
        """Set a fault."""
        told = {"call": call, **rule} | ({} if do is None else {"do": do})
        return (await self("POST", "/faults", **told))["id"]


class Trader:
    """Signs requests the way a venue wants them and gives its answers as they are."""

    def __init__(self, server: SteppedServer, http: aiohttp.ClientSession) -> None:
        self.server = server
        self.venue = server.settings.venue
        self._http = http
        self.headers: dict[str, str] = {}

    async def ask(self, call: str, **params: str) -> tuple[int, bytes]:
        """Send a request; give status and body, or raise what aiohttp raises."""
        method, path = _PATHS[self.venue][call]
        binance = self.venue == "binance"
        if not binance:
            params = _USUAL.get(call, {}) | params
        elif call in {"trades", "book", "open_orders"}:
            params = {"symbol": "BTCUSDT"} | params
        sign = self._binance if binance else self._bybit
        url, options = sign(method, path, params)
        async with self._http.request(method, url, **options) as reply:
            self.headers = dict(reply.headers)
            return reply.status, await reply.read()

    async def read(self, call: str, **params: str) -> Any:
        """Give the decoded answer; on Bybit what is inside its envelope."""
        status, body = await self.ask(call, **params)
        shown = json.loads(body)
        if status != 200 or (self.venue == "bybit" and shown["retCode"]):
            raise AssertionError(f"{status} {shown}")
        if self.venue == "binance":
            return shown
        return shown["result"].get("list", shown["result"])

    async def create(
        self, client_id: str, side: str = "buy", quantity: str = "0.5", price: str = ""
    ) -> tuple[int, bytes]:
        """Send an order for BTC; a market order without a price."""
        return await self.ask("create", **self.order(client_id, side, quantity, price))

    def order(self, client_id: str, side: str, quantity: str, price: str) -> dict[str, str]:
        """Write an order in the venue's words."""
        if self.venue == "binance":
            more = {"type": "LIMIT", "price": price, "timeInForce": "GTC"}
            return {
                "symbol": "BTCUSDT",
                "side": side.upper(),
                "newClientOrderId": client_id,
                "quantity": quantity,
                "newOrderRespType": "RESULT",
                **(more if price else {"type": "MARKET"}),
            }
        more = {"orderType": "Limit", "price": price, "timeInForce": "GTC"}
        return {
            "category": "linear",
            "symbol": "BTCUSDT",
            "side": side.capitalize(),
            "orderLinkId": client_id,
            "qty": quantity,
            **(more if price else {"orderType": "Market"}),
        }

    async def cancel(self, client_id: str) -> tuple[int, bytes]:
        """Cancel by our id."""
        return await self.ask("cancel", **self._id(client_id, "origClientOrderId"))

    async def find(self, client_id: str) -> tuple[int, bytes]:
        """Look an order up by our id."""
        return await self.ask("order", **self._id(client_id, "origClientOrderId"))

    def _id(self, client_id: str, binance: str) -> dict[str, str]:
        if self.venue == "binance":
            return {"symbol": "BTCUSDT", binance: client_id}
        return {"category": "linear", "symbol": "BTCUSDT", "orderLinkId": client_id}

    def _sign(self, text: str) -> str:
        return hmac.new(self.server.secret.encode(), text.encode(), hashlib.sha256).hexdigest()

    @property
    def _stamp(self) -> str:
        return str(int(self.server.time.now().timestamp() * 1000))

    def _binance(
        self, method: str, path: str, params: dict[str, str]
    ) -> tuple[str, dict[str, Any]]:
        text = urlencode({"timestamp": self._stamp, "recvWindow": "60000"} | params)
        signed = f"{text}&signature={self._sign(text)}"
        headers = {"X-MBX-APIKEY": self.server.api_key}
        if method == "POST":
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            return self.server.url + path, {"headers": headers, "data": signed}
        return f"{self.server.url}{path}?{signed}", {"headers": headers}

    def _bybit(
        self, method: str, path: str, params: dict[str, str]
    ) -> tuple[str, dict[str, Any]]:
        stamp, key = self._stamp, self.server.api_key
        text = json.dumps(params) if method == "POST" else urlencode(params)
        headers = {
            "X-BAPI-API-KEY": key,
            "X-BAPI-TIMESTAMP": stamp,
            "X-BAPI-RECV-WINDOW": "60000",
            "X-BAPI-SIGN": self._sign(f"{stamp}{key}60000{text}"),
            "Content-Type": "application/json",
        }
        if method == "POST":
            return self.server.url + path, {"headers": headers, "data": text}
        return f"{self.server.url}{path}?{text}", {"headers": headers}


class Rig:
    """A stepped testnet, its trader and its operator, closed together."""

    def __init__(self, venue: str, **settings: Any) -> None:
        self.server = SteppedServer(venue, **settings)

    async def __aenter__(self) -> Self:
        await self.server.start()
        self.http = aiohttp.ClientSession(trust_env=False)
        self.http._retry_connection = False  # it would send a lost DELETE once more
        self.trader = Trader(self.server, self.http)
        self.operator = Operator(self.server, self.http)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.http.close()
        await self.server.stop()
