"""What a request asks for, in words that mean the same on every venue.

A request comes in; a ``Call`` goes out: a name such as ``create`` or ``positions``, the symbol
and the client order id. Law: reading one changes nothing and refuses nothing; what cannot be
read is empty, and whether the request is any good is for the dialect to say.
"""

import json
from dataclasses import dataclass
from urllib.parse import parse_qsl

from nettools.testnet.dialect import ApiRequest

STREAM = "stream"
"""The name of a connection to a stream, and of each frame on it."""

_BINANCE = {
    "POST v1/order": "create",
    "DELETE v1/order": "cancel",
    "DELETE v1/allOpenOrders": "cancel_all",
    "GET v1/order": "order",
    "GET v1/openOrder": "order",
    "GET v1/openOrders": "open_orders",
    "GET v1/allOrders": "orders",
    "GET v1/userTrades": "trades",
    "GET v2/positionRisk": "positions",
    "GET v3/positionRisk": "positions",
    "GET v2/account": "balance",
    "GET v3/account": "balance",
    "GET v2/balance": "balance",
    "GET v3/balance": "balance",
    "GET v1/depth": "book",
    "GET v1/ticker/bookTicker": "ticker",
    "GET v1/ticker/price": "ticker",
    "GET v2/ticker/price": "ticker",
    "GET v1/ticker/24hr": "ticker",
    "GET v1/premiumIndex": "ticker",
    "GET v1/exchangeInfo": "instruments",
    "GET v1/time": "time",
    "GET v1/klines": "candles",
    "GET v1/income": "funding",
    "GET v1/fundingRate": "funding_rates",
    "GET v1/commissionRate": "fees",
    "GET v1/positionSide/dual": "mode",
    "POST v1/positionSide/dual": "set_mode",
    "POST v1/leverage": "set_leverage",
    "POST v1/listenKey": "listen_key",
    "PUT v1/listenKey": "listen_key",
    "DELETE v1/listenKey": "listen_key",
}
_BYBIT = {
    "POST order/create": "create",
    "POST order/cancel": "cancel",
    "POST order/cancel-all": "cancel_all",
    "GET order/realtime": "open_orders",
    "GET order/history": "orders",
    "GET execution/list": "trades",
    "GET position/list": "positions",
    "GET account/wallet-balance": "balance",
    "GET market/orderbook": "book",
    "GET market/tickers": "ticker",
    "GET market/instruments-info": "instruments",
    "GET market/time": "time",
    "GET market/kline": "candles",
    "GET market/funding/history": "funding_rates",
    "GET account/fee-rate": "fees",
    "POST position/switch-mode": "set_mode",
    "POST position/set-leverage": "set_leverage",
}
_NAMES = {
    **{(key.split()[0], f"/fapi/{key.split()[1]}"): name for key, name in _BINANCE.items()},
    **{(key.split()[0], f"/v5/{key.split()[1]}"): name for key, name in _BYBIT.items()},
}
_LISTS_AND_LOOKS_UP = frozenset({"/v5/order/realtime", "/v5/order/history"})
"""Bybit looks one order up where it lists them all."""
_CLIENT_ID_FIELDS = ("newClientOrderId", "origClientOrderId", "orderLinkId")
CALLS = tuple(dict.fromkeys((*_NAMES.values(), STREAM)))
"""Every name there is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request, as far as a fault may look at it."""

    name: str = ""
    """One of ``CALLS``; empty for what has no name of its own."""
    method: str = ""
    """Upper case."""
    path: str = ""
    """Without the query."""
    symbol: str = ""
    """As the venue writes it, ``BTCUSDT``; empty when none was sent."""
    client_id: str = ""
    """The client order id it carries; empty when none was sent."""
    key: str = ""
    """The same for every request that asks the same: path and parameters, unsigned."""


def read_call(request: ApiRequest) -> Call:
    """Say what a request asks for; whatever cannot be read stays empty."""
    sent = _parameters(request)
    client_ids = (sent[field] for field in _CLIENT_ID_FIELDS if sent.get(field))
    name = _NAMES.get((request.method, request.path), "")
    if request.path in _LISTS_AND_LOOKS_UP and (sent.get("orderLinkId") or sent.get("orderId")):
        name = "order"
    if name == "trades" and sent.get("execType") == "Funding":
        name = "funding"
    if request.headers.get("upgrade", "").lower() == "websocket":
        name = STREAM
    asked = {k: v for k, v in sent.items() if k not in {"timestamp", "signature", "recvWindow"}}
    return Call(
        name=name,
        method=request.method,
        path=request.path,
        symbol=sent.get("symbol", ""),
        client_id=next(client_ids, ""),
        key=f"{request.method} {request.path} {sorted(asked.items())}",
    )


def _parameters(request: ApiRequest) -> dict[str, str]:
    query = request.query.decode("latin-1")
    body = request.body.decode("latin-1")
    if not body.lstrip().startswith("{"):
        return dict(parse_qsl(f"{query}&{body}"))
    try:
        sent = json.loads(body)
    except (ValueError, RecursionError):
        return dict(parse_qsl(query))
    return dict(parse_qsl(query)) | {name: str(value) for name, value in sent.items()}
