"""Every request of one account passes here before it is signed, and every answer is noted.

Requests as ccxt makes them and answers as they arrived come in; a request goes on at once, a
moment later, or not at all (``VenueUnavailable``, with until when). Law: what is held back was
never sent.
"""

from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from nettools.errors import VenueUnavailable
from nettools.venues.budget import Budget, Cost, Limit, Told, Urgency
from nettools.venues.clock import Timing, VenueClock
from nettools.venues.rows import read_refusal

PATIENCE = timedelta(seconds=3)
"""A request that would wait longer is not sent at all: its answer would come too late."""
OUTAGE_SPREAD_SECONDS = 5
"""At most so much later, by chance, is a venue asked again that does not work."""
LONGEST_REFUSAL = 2_000
"""Characters; a longer answer is no refusal and need not be read for one."""
_WELL = range(200, 300)

URGENCY: ContextVar[Urgency | None] = ContextVar("nettools_urgency", default=None)
"""What the request this task is making is for; None goes by its method."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What the transport saw of an answer."""

    path: str
    """Of the address, without the host and what follows a question mark."""
    status: int
    """HTTP status."""
    headers: Mapping[str, str]
    body: str
    code: int | None
    """The venue's own code, from a short body in its own format; None without one."""

    def whole(self, header: str) -> int | None:
        """Read a header that holds a whole number; None when it does not."""
        text = self.headers.get(header, "")
        return int(text) if text.isascii() and text.isdigit() else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tariff:
    """What one venue's requests cost, and how its answers tell of it."""

    limits: tuple[Limit, ...]
    """As documented; what answers say counts."""
    cost: Callable[[str, str, Mapping[str, Any]], Cost]
    """Gives the cost of a request by method, path as ccxt knows it, and parameters."""
    told: Callable[[Answered], Told]
    """Reads what an answer says of the budget."""


class Meter:
    """Counts and paces the requests of one account.

    Args:
        tariff: of its venue.
        code: the field of an answer that holds the venue's code.
        timing: where waiting and chance come from.
        clock: gives our time.
    """

    def __init__(self, tariff: Tariff, code: str, timing: Timing, clock: VenueClock) -> None:
        self.budget = Budget(tariff.limits)
        self._tariff = tariff
        self._code = code
        self._timing = timing
        self._clock = clock

    async def admit(self, method: str, path: str, params: object) -> None:
        """Let a request go on when the budget allows it.

        Raises:
            VenueUnavailable: it would have to wait too long; nothing was sent.
        """
        given = params if isinstance(params, Mapping) else {}
        cost = self._tariff.cost(method, path, given)
        urgency = URGENCY.get()
        if urgency is None:
            urgency = Urgency.READ if method == "GET" else Urgency.ORDER
        latest = self._clock.ours() + PATIENCE
        while True:
            now = self._clock.ours()
            wait = self.budget.wait(cost, urgency, now)
            if wait is None:
                self.budget.spend(cost, urgency, now)
                return
            if wait.until > latest:
                raise VenueUnavailable(wait.why)
            await self._timing.sleep((wait.until - now).total_seconds())

    def note(self, url: str, status: int, headers: Mapping[str, str], body: str) -> None:
        """Take note of an answer."""
        now = self._clock.ours()
        code = None
        if len(body) <= LONGEST_REFUSAL and self._code in body:
            code, _ = read_refusal(body, self._code, "")
        path = urlsplit(url).path
        told = self._tariff.told(
            Answered(path=path, status=status, headers=headers, body=body, code=code)
        )
        self.budget.take(told, now)
        is_data = status in _WELL and body.lstrip()[:1] in {"{", "["}
        if is_data or code is not None or told.slowed or told.is_ban:
            self.budget.answered()
        else:
            seconds = self._timing.rng.uniform(0, OUTAGE_SPREAD_SECONDS)
            self.budget.failed(now, timedelta(seconds=seconds))
