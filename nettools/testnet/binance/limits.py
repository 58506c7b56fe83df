"""Binance's request budget: weight a minute, orders in ten seconds and a minute.

Each request is charged before it is looked at; what is over is answered 429 with
``Retry-After``, and 418 for two minutes when a client goes on regardless. Windows are those
of the clock (each full minute), as at the venue. The numbers are the
venue's own.
"""

from dataclasses import dataclass

from nettools.testnet.binance.errors import ApiError

_MINUTE = 60_000
_TEN_SECONDS = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """How much a client may ask for."""

    weight_minute: int = 2_400
    """Request weight in each minute."""
    orders_ten_seconds: int = 300
    """New orders in each ten seconds."""
    orders_minute: int = 1_200
    """New orders in each minute."""
    patience: int = 100
    """Requests answered 429 in a minute before the client is banned."""
    ban_seconds: int = 120
    """How long it is banned."""


_ENDLESS = 10**9
UNLIMITED = Budget(weight_minute=_ENDLESS, orders_ten_seconds=_ENDLESS, orders_minute=_ENDLESS)
"""What a testnet without limits states."""


class _Window:
    __slots__ = ("length", "name", "start", "used")

    def __init__(self, length: int, name: str) -> None:
        self.length = length
        self.name = name
        self.start = -1
        self.used = 0

    def roll(self, now: int) -> None:
        start = now - now % self.length
        if start != self.start:
            self.start, self.used = start, 0

    def rest_seconds(self, now: int) -> int:
        return max(1, -(-(self.start + self.length - now) // 1000))


class RateLimits:
    """What one client has used of its budget.

    Args:
        budget: None counts and shows, but never refuses (for benchmarks).
    """

    def __init__(self, budget: Budget | None) -> None:
        self.budget = budget
        self._weight = _Window(_MINUTE, "1m")
        self._ten = _Window(_TEN_SECONDS, "TEN_SECONDS")
        self._minute = _Window(_MINUTE, "MINUTE")
        self._refused = _Window(_MINUTE, "")
        self._banned_until = 0

    def charge(self, weight: int, *, is_order: bool, now: int) -> None:
        """Charge one request.

        Args:
            weight: what it costs of the weight budget.
            is_order: whether it also counts as a new order.
            now: milliseconds since 1970.

        Raises:
            ApiError: -1003 (429, or 418 while banned) or -1015 (429), with ``Retry-After``.
        """
        for window in (self._weight, self._ten, self._minute, self._refused):
            window.roll(now)
        if now < self._banned_until:
            raise self._banned(now)
        self._weight.used += weight
        if is_order:
            self._ten.used += 1
            self._minute.used += 1
        if self.budget is not None:
            self._enforce(self.budget, now, is_order=is_order)

    def headers(self, *, is_order: bool) -> dict[str, str]:
        """Give the headers that tell the client what it has used."""
        shown = {"X-MBX-USED-WEIGHT-1M": str(self._weight.used)}
        if is_order:
            shown["X-MBX-ORDER-COUNT-10S"] = str(self._ten.used)
            shown["X-MBX-ORDER-COUNT-1M"] = str(self._minute.used)
        return shown

    def _enforce(self, budget: Budget, now: int, *, is_order: bool) -> None:
        if self._weight.used > budget.weight_minute:
            self._refused.used += 1
            if self._refused.used > budget.patience:
                self._banned_until = now + budget.ban_seconds * 1000
                raise self._banned(now)
            raise _too_much(
                -1003,
                "Too many requests; current limit of IP(127.0.0.1) is "
                f"{budget.weight_minute} requests per minute. Please use the websocket for "
                "live updates to avoid polling the API.",
                self._weight.rest_seconds(now),
            )
        limits = ((self._ten, budget.orders_ten_seconds), (self._minute, budget.orders_minute))
        for window, most in limits:
            if is_order and window.used > most:
                raise _too_much(
                    -1015,
                    f"Too many new orders; current limit is {most} orders per {window.name}.",
                    window.rest_seconds(now),
                )

    def _banned(self, now: int) -> ApiError:
        seconds = max(1, -(-(self._banned_until - now) // 1000))
        return _too_much(
            -1003,
            f"Way too many requests; IP banned until {self._banned_until}. Please use the "
            "websocket for live updates to avoid bans.",
            seconds,
            status=418,
        )


def _too_much(code: int, message: str, seconds: int, *, status: int = 429) -> ApiError:
    return ApiError(code, message, status=status, headers={"Retry-After": str(seconds)})
