"""What Bybit's requests cost, and what its answers say of it. Pure.

So many signed requests a second for each address (docs); each answer states the limit and what
is left of it. Public addresses are limited by IP alone, 600 in 5 s (docs), which is far above
what one desk asks for and is not counted here; being told so is honoured.
"""

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from nettools.venues.budget import Cost, Limit, Told
from nettools.venues.meter import Answered, Tariff

_A_SECOND = {
    "v5/order/create": 10,
    "v5/order/cancel": 10,
    "v5/order/realtime": 50,
    "v5/order/history": 50,
    "v5/execution/list": 50,
    "v5/position/list": 50,
    "v5/position/switch-mode": 10,
    "v5/position/set-leverage": 10,
    "v5/account/wallet-balance": 50,
    "v5/account/fee-rate": 10,
    "v5/user/query-api": 10,
}
_SECOND = timedelta(seconds=1)
_PERIOD = _SECOND * 6 / 5
"""A little longer than the venue's: what is sent evenly does not arrive evenly."""
LIMITS = tuple(Limit(name=path, most=most, period=_PERIOD) for path, most in _A_SECOND.items())
IP = "requests of this address"
"""What every request is, so that all of them can be told to wait."""
_FORBIDDEN, _TOO_MANY = 403, 429
_VISITS = 10006
_ALL_SLOWED = {10018: timedelta(seconds=5), 10429: _SECOND, _TOO_MANY: _SECOND}
"""Codes that are about all addresses, and how long to wait: until their period is over."""
_BANNED = "access too frequent"
_BAN = timedelta(minutes=10)
"""After "403, access too frequent" the venue wants so long a silence (docs)."""


def cost(method: str, path: str, params: Mapping[str, Any]) -> Cost:
    """Say what a request costs: one, of its address."""
    del method, params
    return {IP: 1, path: 1}


def told(answer: Answered) -> Told:
    """Read what an answer says of the budget."""
    path = answer.path.lstrip("/")
    most, left = answer.whole("X-Bapi-Limit"), answer.whole("X-Bapi-Limit-Status")
    stated = {} if most is None else {path: most}
    used = {} if most is None or left is None else {path: max(most - left, 0)}
    if answer.status == _FORBIDDEN and _BANNED in answer.body.lower():
        return Told(wait=_BAN, is_ban=True)
    if answer.code == _VISITS:
        return Told(used=used, most=stated, slowed=(path,), wait=_until_reset(answer))
    if answer.status == _TOO_MANY or answer.code in _ALL_SLOWED:
        seconds = answer.whole("Retry-After")
        silent = _ALL_SLOWED.get(answer.code or _TOO_MANY, _SECOND)
        wait = silent if seconds is None else timedelta(seconds=min(seconds, 10**6))
        return Told(used=used, most=stated, slowed=(IP,), wait=wait)
    return Told(used=used, most=stated)


def _until_reset(answer: Answered) -> timedelta:
    """Tell how long after this answer the address takes requests again; both times theirs."""
    reset = answer.whole("X-Bapi-Limit-Reset-Timestamp")
    stamp = json.loads(answer.body).get("time")
    if reset is None or not isinstance(stamp, int) or not 0 < stamp <= reset:
        return _SECOND
    return timedelta(milliseconds=min(reset - stamp, 10**8))


BYBIT_TARIFF = Tariff(limits=LIMITS, cost=cost, told=told)
