"""Signed Bybit requests without a network, and the real ccxt pointed at a local server."""

import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import ccxt.async_support as ccxt

from nettools.testnet.dialect import ApiRequest
from nettools.testnet.opening import open_exchange
from nettools.testnet.rows import millis
from nettools.testnet.settings import Settings

KEY, SECRET = "k" * 18, "s" * 36
NOON = datetime(2025, 6, 2, 12, tzinfo=UTC)
DELAY = timedelta(seconds=0.02)
BTC = "BTC/USDT:USDT"


def sign(text, secret=SECRET):
    """Give the hex HMAC-SHA256 the venue wants."""
    return hmac.new(secret.encode(), text, hashlib.sha256).hexdigest()


class Trader:
    """Speaks to a dialect with a market that stands still and a clock that is told."""

    def __init__(self, mode="one-way", **settings):
        self.now = NOON
        settings = Settings(venue="bybit", mode=mode, speed=0, **settings)
        self.engine, self.market, self.dialect = open_exchange(settings, KEY, SECRET, NOON)
        self.headers = {}

    def send(self, method, path, payload=b"", **headers):
        """Send bytes as they are, signed by the way; give HTTP status and decoded JSON."""
        stamp, window = str(millis(self.now)), "5000"
        signed = {
            "x-bapi-api-key": KEY,
            "x-bapi-timestamp": stamp,
            "x-bapi-recv-window": window,
        }
        signed |= {f"x-bapi-{name.replace('_', '-')}": text for name, text in headers.items()}
        if "sign" not in headers:
            named = ("timestamp", "api-key", "recv-window")
            first = "".join(signed[f"x-bapi-{name}"] or "" for name in named)
            signed["x-bapi-sign"] = sign(first.encode(errors="replace") + payload)
        where = {"body": payload} if method == "POST" else {"query": payload}
        reply = self.dialect.answer(
            ApiRequest(method=method, path=f"/v5/{path}", headers=signed, **where), self.now
        )
        self.headers = reply.headers
        return reply.status, json.loads(reply.body)

    def ask(self, method, path, **params):
        """Send a signed request about linear contracts; give the whole answer."""
        params = {"category": "linear"} | params
        params = {name: value for name, value in params.items() if value is not None}
        payload = json.dumps(params) if method == "POST" else urlencode(params)
        status, answer = self.send(method, path, payload.encode())
        if status != 200:
            raise AssertionError(f"HTTP {status}: {answer}")
        return answer

    def get(self, path, **params):
        """Ask what must be answered; give the result."""
        return self._result(self.ask("GET", path, **params))

    def post(self, path, **params):
        """Do what must be acknowledged; give the result."""
        return self._result(self.ask("POST", path, **params))

    def code(self, method, path, **params):
        """Ask what must be refused; give the venue's code."""
        answer = self.ask(method, path, **params)
        if answer["retCode"] == 0:
            raise AssertionError(f"was not refused: {answer}")
        return answer["retCode"]

    @staticmethod
    def _result(answer):
        if answer["retCode"] != 0:
            raise AssertionError(f"was refused: {answer}")
        return answer["result"]

    def create(self, **params):
        """Send an order; by itself a limit buy of 0.1 BTC well below the market."""
        kind = params.get("orderType", "Limit")
        usual = {"symbol": "BTCUSDT", "side": "Buy", "orderType": kind, "qty": "0.1"}
        if kind == "Limit":
            usual |= {"price": "99500"}
        return self.ask("POST", "order/create", **(usual | params))

    def order(self, **params):
        """Send an order that must be acknowledged, and wait for it; give its row."""
        placed = self._result(self.create(**params))
        self.wait()
        return self.row(placed["orderId"])

    def refused(self, **params):
        """Send an order that must be refused at once; give the venue's code."""
        answer = self.create(**params)
        if answer["retCode"] == 0:
            raise AssertionError(f"was not refused: {answer}")
        return answer["retCode"]

    def row(self, order_id):
        """Look one order up."""
        [row] = self.get("order/realtime", symbol="BTCUSDT", orderId=order_id)["list"]
        return row

    def resting(self, **params):
        """List the client ids of the orders that rest, newest first."""
        params = {"settleCoin": "USDT"} | params
        return [row["orderLinkId"] for row in self.get("order/realtime", **params)["list"]]

    def wait(self, seconds=0.02):
        """Let time pass; what was acknowledged is done after 20 ms."""
        self.now += timedelta(seconds=seconds)


def ccxt_client(url, api_key, secret, session):
    """Build an unmodified ccxt client that speaks to a local server."""
    client = ccxt.bybit(
        {
            "apiKey": api_key,
            "secret": secret,
            "session": session,
            "enableRateLimit": False,
            "timeout": 5_000,
            "options": {
                "defaultType": "swap",
                "defaultSubType": "linear",
                "fetchMarkets": {"types": ["linear"]},
            },
        }
    )
    client.number = str
    client.urls["test"] = {"public": url, "private": url}
    client.set_sandbox_mode(True)
    return client
