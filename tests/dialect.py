"""Signed Binance requests without a network, and the real ccxt pointed at a local server."""

import hashlib
import hmac
import json
from datetime import UTC, datetime
from decimal import Decimal
from urllib.parse import urlencode

import ccxt.async_support as ccxt

from nettools.model import PositionMode
from nettools.testnet.binance.dialect import BinanceDialect
from nettools.testnet.binance.exchange import Exchange
from nettools.testnet.dialect import ApiRequest
from nettools.testnet.engine import Engine
from nettools.testnet.instruments import INSTRUMENTS
from nettools.testnet.market import Market
from nettools.testnet.rows import millis

KEY, SECRET = "k" * 64, "s" * 64
NOON = datetime(2025, 6, 2, 12, tzinfo=UTC)


def sign(text, secret=SECRET):
    """Give the hex HMAC-SHA256 the venue wants."""
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()


class Trader:
    """Speaks to a dialect with a market that stands still and a clock that is told."""

    def __init__(self, mode=PositionMode.ONE_WAY, budget=None, max_open_orders=200):
        self.now = NOON
        self.engine = Engine(INSTRUMENTS, mode=mode, max_open_orders=max_open_orders)
        self.market = Market(self.engine, 7, NOON)
        exchange = Exchange(
            self.engine, self.market, max_open_orders=max_open_orders, started=NOON
        )
        self.dialect = BinanceDialect(exchange, key=KEY, secret=SECRET, budget=budget)
        self.headers = {}

    def send(self, method, path, query=b"", body=b"", **others):
        """Send bytes as they are (others: key, kind); give status and decoded JSON."""
        headers = {
            "x-mbx-apikey": others.get("key", KEY),
            "content-type": others.get("kind", "application/x-www-form-urlencoded"),
        }
        request = {"method": method, "path": f"/fapi/{path}", "query": query, "body": body}
        reply = self.dialect.answer(ApiRequest(headers=headers, **request), self.now)
        self.headers = reply.headers
        return reply.status, json.loads(reply.body)

    def ask(self, method, path, **params):
        """Send a signed request the way ccxt does: POST and PUT in the body."""
        params = {"timestamp": millis(self.now), "recvWindow": 10_000} | params
        text = urlencode(params)
        signed = f"{text}&signature={sign(text)}".encode()
        is_body = method in {"POST", "PUT"}
        return self.send(method, path, b"" if is_body else signed, signed if is_body else b"")

    def order(self, **params):
        """Place an order; by itself a GTC limit buy of 0.1 BTC well below the market."""
        kind = params.get("type", "LIMIT")
        usual = {"symbol": "BTCUSDT", "side": "BUY", "type": kind, "quantity": "0.1"}
        if kind == "LIMIT":
            usual |= {"price": "99000", "timeInForce": "GTC"}
        wanted = usual | params
        return self.ask(
            "POST", "v1/order", **{k: v for k, v in wanted.items() if v is not None}
        )

    def refused(self, **params):
        """Place an order that must be refused with 400; give the venue's code."""
        status, answer = self.order(**params)
        if status != 400:
            raise AssertionError(f"was not refused: {status} {answer}")
        return answer["code"]

    def code(self, method, path, **params):
        """Send a signed request that must be refused; give the venue's code."""
        status, answer = self.ask(method, path, **params)
        if status == 200:
            raise AssertionError(f"was not refused: {answer}")
        return answer["code"]


def ccxt_client(url, api_key, secret, session):
    """Build an unmodified ccxt client that speaks to a local server."""
    client = ccxt.binanceusdm(
        {
            "apiKey": api_key,
            "secret": secret,
            "session": session,
            "enableRateLimit": False,
            "timeout": 5_000,
        }
    )
    client.number = str
    client.urls["demo"] = {
        "fapiPublic": f"{url}/fapi/v1",
        "fapiPublicV2": f"{url}/fapi/v2",
        "fapiPublicV3": f"{url}/fapi/v3",
        "fapiPrivate": f"{url}/fapi/v1",
        "fapiPrivateV2": f"{url}/fapi/v2",
        "fapiPrivateV3": f"{url}/fapi/v3",
    }
    client.enable_demo_trading(enable=True)
    client.exceptions["exact"].update(client.exceptions["linear"]["exact"])
    return client


def decimals(rows, *names):
    """Read the named text fields of a JSON row as exact numbers."""
    return tuple(Decimal(rows[name]) for name in names)
