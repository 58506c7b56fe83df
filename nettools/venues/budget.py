"""How much one account may still ask its venue for, and when. Pure: ``now`` is an argument.

What a request costs and what an answer told come in; None (go), or until when to wait and why,
goes out. Law: reads pause first, orders next, and what makes the account safer (cancels and
reductions) has a share of every limit to itself; while the venue bans us nothing goes out.
"""

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import IntEnum

Cost = Mapping[str, int]
"""What one request takes of each limit, by name; a name that no limit has can be paused."""


class Urgency(IntEnum):
    """What a request is for; the lower waits first."""

    READ = 0
    ORDER = 1
    """New orders, and looking up those whose outcome decides what may be sent."""
    SAFETY = 2
    """Cancels, and orders that can only reduce."""


SHARES = {Urgency.READ: 85, Urgency.ORDER: 95, Urgency.SAFETY: 100}
"""Percent of every limit that requests of an urgency may use up."""
OUTAGE_AFTER = 5
"""Useless answers in a row, none of the venue's own between them, that make an outage."""
OUTAGE_PAUSE = timedelta(seconds=10)
"""While it lasts the venue is asked once in so long, and a little later each time."""
SAFETY_PAUSE = timedelta(seconds=1)
"""Cancels and reductions may try in spite of a pause or an outage, once in so long."""
LONGEST = timedelta(days=3)
"""No venue bans for longer (docs); what says more is not believed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """So much in any period of a length; a venue's own periods may begin at full minutes."""

    name: str
    most: int
    period: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What an answer says of the budget."""

    used: Cost = field(default_factory=dict)
    """What the venue has counted of each limit, whoever used it."""
    most: Cost = field(default_factory=dict)
    """How much it allows, where it says so."""
    slowed: tuple[str, ...] = ()
    """Limits of which nothing may be asked for a while."""
    wait: timedelta = timedelta()
    """For how long nothing may be asked of what is slowed, or at all while banned."""
    is_ban: bool = False
    """Whether the venue takes no request at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """Nothing may be sent yet."""

    until: datetime
    """By our clock (UTC)."""
    why: str
    """The end of a sentence, with until when."""


class _Window:
    """What was used of one limit within its last period."""

    __slots__ = ("_marks", "limit", "used")

    def __init__(self, limit: Limit) -> None:
        self.limit = limit
        self.used = 0
        self._marks: deque[tuple[datetime, int]] = deque()

    def roll(self, now: datetime) -> None:
        while self._marks and self._marks[0][0] <= now - self.limit.period:
            self.used -= self._marks.popleft()[1]

    def spend(self, amount: int, now: datetime) -> None:
        self._marks.append((now, amount))
        self.used += amount

    def clear(self) -> None:
        self._marks.clear()
        self.used = 0

    def free_at(self, amount: int, most: int, now: datetime) -> datetime:
        """Tell when so much fits below ``most``; what is above it alone fits when all is."""
        used = self.used
        for time, past in self._marks:
            if used == 0 or used + amount <= most:
                break
            used -= past
            now = time + self.limit.period
        return now


class Budget:
    """What one account has asked its venue for, and what the venue said to it.

    Args:
        limits: of the venue, as documented; answers correct them.
    """

    def __init__(self, limits: Iterable[Limit] = ()) -> None:
        self.banned_until: datetime | None = None
        """Until then no request is sent, by our clock (UTC); None when never banned."""
        self._windows = {limit.name: _Window(limit) for limit in limits}
        self._pauses: dict[str, tuple[datetime, datetime]] = {}
        self._failures = 0
        self._failing_since: datetime | None = None
        self._next_try: datetime | None = None
        self._spread = timedelta()
        self._safety_tried: datetime | None = None

    def restore(self, banned_until: datetime) -> None:
        """Take over a ban from before a restart; a later one that is known already stays."""
        self.banned_until = max(banned_until, self.banned_until or banned_until)

    def wait(self, cost: Cost, urgency: Urgency, now: datetime) -> Wait | None:
        """Say whether a request may be sent now (None), or until when it must wait and why."""
        found = [self._ban(now), self._hurdle(cost, urgency, now)]
        found += [self._rest(name, cost[name], urgency, now) for name in cost]
        waits = [wait for wait in found if wait is not None and wait.until > now]
        return max(waits, key=lambda wait: wait.until, default=None)

    def spend(self, cost: Cost, urgency: Urgency, now: datetime) -> None:
        """Count a request that is sent now."""
        if self._next_try is not None and urgency is not Urgency.SAFETY:
            self._next_try = now + OUTAGE_PAUSE + self._spread
        if urgency is Urgency.SAFETY:
            self._safety_tried = now
        for name, amount in cost.items():
            if name in self._windows:
                self._windows[name].roll(now)
                self._windows[name].spend(amount, now)

    def take(self, told: Told, now: datetime) -> None:
        """Take in what an answer told."""
        for name, most in told.most.items():
            window = self._windows.get(name)
            if window is not None and most > 0:
                window.limit = replace(window.limit, most=most)
        for name, used in told.used.items():
            window = self._windows.get(name)
            if window is not None and not self._is_paused(name, now):
                window.roll(now)
                window.spend(max(used - window.used, 0), now)
        until = now + min(told.wait, LONGEST)
        if told.is_ban:
            self.restore(until)
        for name in told.slowed:
            self._slow(name, until, now)

    def _slow(self, name: str, until: datetime, now: datetime) -> None:
        began, before = self._pauses.get(name, (now, now))
        self._pauses[name] = (began if before > now else now, max(until, before))
        if name in self._windows:
            self._windows[name].clear()  # the venue's own has ended when the pause has

    def _is_paused(self, name: str, now: datetime) -> bool:
        return name in self._pauses and self._pauses[name][1] > now

    def failed(self, now: datetime, spread: timedelta) -> None:
        """Count an answer that is not the venue's own.

        Args:
            now: by our clock (UTC).
            spread: added to the next pause, so that clients do not ask in step.
        """
        self._failures += 1
        self._failing_since = self._failing_since or now
        self._spread = spread
        if self._failures >= OUTAGE_AFTER and self._next_try is None:
            self._next_try = now + OUTAGE_PAUSE + spread

    def answered(self) -> None:
        """Take note of an answer of the venue's own: if there was an outage, it is over."""
        self._failures, self._failing_since, self._next_try = 0, None, None

    def _ban(self, now: datetime) -> Wait | None:
        if self.banned_until is None or self.banned_until <= now:
            return None
        return Wait(
            until=self.banned_until,
            why="the venue takes no request of ours, not even a cancel, until "
            f"{_clock(self.banned_until)}: it was asked too often",
        )

    def _hurdle(self, cost: Cost, urgency: Urgency, now: datetime) -> Wait | None:
        paused = [self._pauses[name] for name in cost if name in self._pauses]
        began, until = max(paused, key=lambda pause: pause[1], default=(now, now))
        if until > now:
            why = f"the venue asked for fewer requests at {_clock(began)}"
        elif self._next_try is not None and self._failing_since is not None:
            why = f"the venue gives no usable answer since {_clock(self._failing_since)}"
            until = self._next_try
        else:
            return None
        if urgency is Urgency.SAFETY:
            until = min(until, self._safety_tried + SAFETY_PAUSE if self._safety_tried else now)
        return Wait(until=until, why=f"{why}, and is asked again at {_clock(until)}")

    def _rest(self, name: str, amount: int, urgency: Urgency, now: datetime) -> Wait | None:
        window = self._windows.get(name)
        if window is None:
            return None
        window.roll(now)
        limit = window.limit
        most = limit.most * SHARES[urgency] // 100
        until = window.free_at(amount, most, now)
        if until <= now:
            return None
        return Wait(
            until=until,
            why=f"{window.used} of {limit.most} ({name}) are used up until {_clock(until)}, "
            "and the rest is kept for cancels and reductions",
        )


def _clock(time: datetime) -> str:
    shown = time.replace(microsecond=0)
    if shown < time:
        shown += timedelta(seconds=1)
    return f"{shown:%H:%M:%S} UTC"
