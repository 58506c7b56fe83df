"""Answers of the venues when something is wrong with them, ready by name.

A name comes in, with or without a venue's number; an answer goes out as the venue gives it:
status, body, headers. ``unknown``, ``throttled``, ``banned``, ``clock``, ``margin`` and the
like mean the same on every venue; ``-2019`` or ``110007`` are one venue's own. Sources: the
venues' public lists of error codes (docs); the useless bodies are what proxies in front of
them send.
"""

import json
from collections.abc import Mapping

from nettools.errors import InvalidInput
from nettools.testnet.dialect import ApiReply

HTML = b"<html><head><title>502 Bad Gateway</title></head><body>Bad Gateway</body></html>"
_HTML_TYPE = {"Content-Type": "text/html"}

_USELESS = {
    "empty": ApiReply(status=200, body=b""),
    "html": ApiReply(status=200, body=HTML, headers=_HTML_TYPE),
    "null": ApiReply(status=200, body=b"null"),
    "object": ApiReply(status=200, body=b"{}"),
    "list": ApiReply(status=200, body=b"[]"),
    "cut": ApiReply(status=200, body=b'{"orderId": 12, "clientOr'),
    "maintenance": ApiReply(status=502, body=HTML, headers=_HTML_TYPE),
    **{
        str(status): ApiReply(status=status, body=HTML, headers=_HTML_TYPE)
        for status in (403, 451, 500, 502, 503, 504)
    },
}
_UNKNOWN_503 = (
    "Unknown error, please check your request or try again later."  # the venue's words (docs)
)
_INTERNAL_503 = "Internal error; unable to process your request. Please try again."
_BINANCE_CODES: dict[int, tuple[int, str]] = {
    -1000: (400, "An unknown error occurred while processing the request."),
    -1001: (400, "Internal error; unable to process your request. Please try again."),
    -1003: (429, "Too many requests; current limit is 2400 requests per minute."),
    -1006: (
        400,
        "An unexpected response was received from the message bus. Execution status unknown.",
    ),
    -1007: (
        408,
        (
            "Timeout waiting for response from backend server. Send status unknown; "
            "execution status unknown."
        ),
    ),
    -1008: (503, "Request throttled by system-level protection."),
    -1015: (400, "Too many new orders; current limit is 300 orders per 10 SECONDS."),
    -1021: (400, "Timestamp for this request is outside of the recvWindow."),
    -1022: (400, "Signature for this request is not valid."),
    -1111: (400, "Precision is over the maximum defined for this asset."),
    -1121: (400, "Invalid symbol."),
    -2010: (400, "NEW_ORDER_REJECTED"),
    -2011: (400, "Unknown order sent."),
    -2013: (400, "Order does not exist."),
    -2015: (401, "Invalid API-key, IP, or permissions for action."),
    -2019: (400, "Margin is insufficient."),
    -2022: (400, "ReduceOnly Order is rejected."),
    -2025: (400, "Reach max open order limit."),
    -2027: (400, "Exceeded the maximum allowable position at current leverage."),
    -4014: (400, "Price not increased by tick size."),
    -4046: (400, "No need to change margin type."),
    -4059: (400, "No need to change position side."),
    -4061: (400, "Order's position side does not match user's setting."),
    -4116: (400, "ClientOrderId is duplicated."),
    -4118: (
        400,
        "ReduceOnly Order Failed. Please check your existing position and open orders",
    ),
    -4120: (
        400,
        (
            "Order type not supported for this endpoint. Please use the Algo Order API "
            "endpoints instead."
        ),
    ),
    -4131: (
        400,
        "The counterparty's best price does not meet the PERCENT_PRICE filter limit.",
    ),
    -4140: (400, "Invalid symbol status for opening position."),
    -4164: (
        400,
        "Order's notional must be no smaller than 5 (unless you choose reduce only)",
    ),
    -4400: (
        400,
        (
            "Futures Trading Quantitative Rules violated, only reduceOnly order is allowed, "
            "please try again later."
        ),
    ),
    -5022: (
        400,
        (
            "Due to the order could not be executed as maker, the Post Only order will be "
            "rejected. The order will not be recorded in the order history"
        ),
    ),
    -5028: (400, "Timestamp for this request is outside of the ME recvWindow."),
}
_BYBIT_CODES: dict[int, str] = {
    10000: "Server Timeout",
    10001: "params error: position idx not match position mode",
    10002: "invalid request, please check your server timestamp or recv_window param.",
    10003: "API key is invalid.",
    10004: "error sign! please check your signature generation algorithm.",
    10005: "Permission denied, please check your API key permissions.",
    10006: "Too many visits. Exceeded the API Rate Limit.",
    10010: "Unmatched IP, please check your API key's bound IP addresses.",
    10014: "Invalid duplicate request.",
    10016: "Internal server error.",
    10018: "Exceeded the IP Rate Limit.",
    10019: "The service is being restarted, please try again later.",
    10429: "System level frequency protection.",
    110001: "order not exists or too late to cancel",
    110003: "Order price exceeds the allowable range.",
    110004: "Wallet balance is insufficient",
    110006: "The assets are estimated to be unable to cover the position margin",
    110007: "ab not enough for new order",
    110008: "Order has been finished or canceled",
    110010: "Order has been canceled",
    110012: "Insufficient available balance",
    110017: "current position is zero, cannot fix reduce-only order qty",
    110025: "Position mode has not been modified",
    110043: "leverage not modified",
    110072: "OrderLinkedID is duplicate",
    110074: "This contract is not live",
    110079: "The order is processing and can not be operated, please try again later",
    110094: "Order does not meet minimum order value 5USDT",
}
_MEANINGS: dict[str, dict[str, str]] = {
    "binance": {
        "unknown": "unknown-503",
        "throttled": "-1003",
        "banned": "418",
        "clock": "-1021",
        "margin": "-2019",
        "duplicate": "-4116",
        "not_found": "-2013",
        "not_open": "-2011",
        "reduce_only": "-2022",
        "position_mode": "-4061",
    },
    "bybit": {
        "unknown": "10000",
        "throttled": "10006",
        "banned": "403",
        "clock": "10002",
        "margin": "110007",
        "duplicate": "110072",
        "not_found": "110001",
        "not_open": "110001",
        "reduce_only": "110017",
        "position_mode": "10001",
    },
}
_SECONDS_OF_A_LIMIT, _SECONDS_OF_A_BAN = "2", "60"


def _binance() -> dict[str, ApiReply]:
    found = {
        str(code): _json({"code": code, "msg": text}, status)
        for code, (status, text) in _BINANCE_CODES.items()
    }
    too_many = found["-1003"]
    headers = {"Retry-After": _SECONDS_OF_A_LIMIT}
    found["-1003"] = found["429"] = ApiReply(status=429, body=too_many.body, headers=headers)
    ban = {"code": -1003, "msg": "Way too many requests; IP banned."}
    found["418"] = _json(ban, 418, {"Retry-After": _SECONDS_OF_A_BAN})
    found["unknown-503"] = _json({"code": -1000, "msg": _UNKNOWN_503}, 503)
    found["internal-503"] = _json({"code": -1001, "msg": _INTERNAL_503}, 503)
    found["unavailable-503"] = ApiReply(
        status=503, body=b"Service Unavailable.", headers={"Content-Type": "text/plain"}
    )
    return found


def _bybit() -> dict[str, ApiReply]:
    return {
        str(code): _json(
            {"retCode": code, "retMsg": text, "result": {}, "retExtInfo": {}, "time": 0}, 200
        )
        for code, text in _BYBIT_CODES.items()
    }


def _json(shown: object, status: int, headers: Mapping[str, str] | None = None) -> ApiReply:
    body = json.dumps(shown, separators=(",", ":")).encode()
    return ApiReply(status=status, body=body, headers=dict(headers or {}))


_REPLIES = {"binance": _USELESS | _binance(), "bybit": _USELESS | _bybit()}


def reply_names(venue: str) -> tuple[str, ...]:
    """Give every name a venue has an answer for."""
    return (*_MEANINGS[venue], *_REPLIES[venue])


def named_reply(venue: str, name: str) -> ApiReply:
    """Give the answer of a name on a venue; raises InvalidInput when it has none."""
    found = _REPLIES[venue].get(_MEANINGS[venue].get(name, name))
    if found is None:
        raise InvalidInput(
            f"reply must be one of {', '.join(reply_names(venue))}, or give status and body; "
            f"was {name!r}"
        )
    return found
