"""What Binance USD-M's requests cost, and what its answers say of it. Pure.

Weights and limits are the venue's own (docs): request weight by address and minute, new orders
by account. The venue states its limits in ``exchangeInfo`` and what was used in the headers of
every answer, whoever used it.
"""

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from nettools.venues.budget import Cost, Limit, Told
from nettools.venues.meter import Answered, Tariff
from nettools.venues.rows import Malformed, as_row, as_rows, whole, word

WEIGHT, ORDERS_10S, ORDERS_1M = "weight a minute", "orders in 10 s", "orders a minute"
LIMITS = (
    Limit(name=WEIGHT, most=2_400, period=timedelta(minutes=1)),
    Limit(name=ORDERS_10S, most=300, period=timedelta(seconds=10)),
    Limit(name=ORDERS_1M, most=1_200, period=timedelta(minutes=1)),
)
_STATED = {
    ("REQUEST_WEIGHT", "MINUTE", 1): WEIGHT,
    ("ORDERS", "SECOND", 10): ORDERS_10S,
    ("ORDERS", "MINUTE", 1): ORDERS_1M,
}
_HEADERS = {
    "X-MBX-USED-WEIGHT-1M": WEIGHT,
    "X-MBX-ORDER-COUNT-10S": ORDERS_10S,
    "X-MBX-ORDER-COUNT-1M": ORDERS_1M,
}
BOOK_ONE, BOOK_ALL = 2, 5
MARK_ONE, MARK_ALL = 1, 10
"""Weight of the best prices and of the mark prices, of one symbol and of all."""
_ONE_OR_ALL = {
    "ticker/bookTicker": (BOOK_ONE, BOOK_ALL),
    "ticker/price": (1, 2),
    "premiumIndex": (MARK_ONE, MARK_ALL),
    "openOrders": (1, 40),
}
_READS = {
    "userTrades": 5,
    "klines": 5,
    "allOrders": 5,
    "forceOrders": 20,
    "account": 5,
    "positionRisk": 5,
    "accountConfig": 5,
    "commissionRate": 20,
    "income": 30,
    "positionSide/dual": 30,
}
_DEPTHS = ((50, 2), (100, 5), (500, 10), (1000, 20))
_DEPTH = 500
_NEW_ORDER = {WEIGHT: 0, ORDERS_10S: 1, ORDERS_1M: 1}
_TEAPOT, _TOO_MANY = 418, 429
_TOO_MANY_REQUESTS, _TOO_MANY_ORDERS = -1003, -1015
_SHORTEST_BAN = timedelta(minutes=2)
_SILENT = {WEIGHT: timedelta(minutes=1), ORDERS_10S: timedelta(seconds=10)}
"""For how long to wait when the venue does not say: until its longest window is over."""


def cost(method: str, path: str, params: Mapping[str, Any]) -> Cost:
    """Say what a request costs."""
    if (method, path) == ("POST", "order"):
        return _NEW_ORDER
    if method != "GET":
        return {WEIGHT: 1}
    if path in _ONE_OR_ALL:
        return {WEIGHT: _ONE_OR_ALL[path]["symbol" not in params]}
    if path == "depth":
        limit = int(params.get("limit", _DEPTH))
        return {WEIGHT: next((weight for most, weight in _DEPTHS if limit <= most), 20)}
    return {WEIGHT: _READS.get(path, 1)}


def told(answer: Answered) -> Told:
    """Read what an answer says of the budget."""
    found = {name: answer.whole(header) for header, name in _HEADERS.items()}
    used = {name: count for name, count in found.items() if count is not None}
    most = _stated(answer) if answer.path.endswith("/exchangeInfo") else {}
    if answer.status == _TEAPOT:
        wait = _retry_after(answer, _SHORTEST_BAN)
        return Told(used=used, most=most, wait=wait, is_ban=True)
    if answer.code == _TOO_MANY_ORDERS:
        slowed = ORDERS_10S
    elif answer.status == _TOO_MANY or answer.code == _TOO_MANY_REQUESTS:
        slowed = WEIGHT
    else:
        return Told(used=used, most=most)
    wait = _retry_after(answer, _SILENT[slowed])
    return Told(used=used, most=most, slowed=(slowed,), wait=wait)


def _retry_after(answer: Answered, silent: timedelta) -> timedelta:
    seconds = answer.whole("Retry-After")
    return silent if seconds is None else timedelta(seconds=min(seconds, 10**6))


def _stated(answer: Answered) -> dict[str, int]:
    """Read the limits of ``exchangeInfo``; one that cannot be read stays as documented."""
    found: dict[str, int] = {}
    try:
        for row in as_rows(as_row(json.loads(answer.body)).get("rateLimits")):
            kind = (word(row, "rateLimitType"), word(row, "interval"))
            name = _STATED.get((*kind, whole(row, "intervalNum")))
            if name is not None:
                found[name] = whole(row, "limit")
    except (ValueError, RecursionError, Malformed):
        return {}
    return found


BINANCE_TARIFF = Tariff(limits=LIMITS, cost=cost, told=told)
