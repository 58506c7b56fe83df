"""Bybit's request limits: so many a second for each private address.

Each signed request is counted in a window of one second that rolls along with the clock (docs);
what is over is refused and not counted. Public addresses have a limit by IP alone, which is far
above what one client needs and is not kept here.
"""

from collections import deque

_SECOND = 1_000
_ENDLESS = 10**9
"""Requests a second that a testnet without limits states."""


class RateLimits:
    """What one client has asked for in the last second, by address.

    Args:
        is_enforced: False counts and shows, but never refuses (for benchmarks).
    """

    def __init__(self, *, is_enforced: bool) -> None:
        self._is_enforced = is_enforced
        self._stamps: dict[str, deque[int]] = {}

    def allows(self, path: str, most: int, now: int) -> bool:
        """Count one request, or say that it is one too many.

        Args:
            path: the address, which has a window of its own.
            most: requests a second.
            now: milliseconds since 1970.
        """
        stamps = self._stamps.setdefault(path, deque())
        while stamps and stamps[0] <= now - _SECOND:
            stamps.popleft()
        if len(stamps) >= most and self._is_enforced:
            return False
        stamps.append(now)
        return True

    def headers(self, path: str, most: int, now: int) -> dict[str, str]:
        """Give the headers that tell the client what is left, and until when it must wait."""
        stamps = self._stamps[path]
        most = most if self._is_enforced else _ENDLESS
        left = max(0, most - len(stamps))
        return {
            "X-Bapi-Limit": str(most),
            "X-Bapi-Limit-Status": str(left),
            "X-Bapi-Limit-Reset-Timestamp": str(now if left else stamps[0] + _SECOND),
        }
