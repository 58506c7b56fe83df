"""Remembers what the venue refused, so that it is not sent again at every step.

Refused and accepted orders come in; per leg and direction, why none is sent now, goes out. Law:
the same is tried twice a minute and no more; when what it depends on has changed (target,
position, rules, money) it may be tried at once, but never more than six times a minute. What
grows a leg and what shrinks it are told apart: one may be stopped while the other goes on.

A restart forgets nothing: the desk notes again what its journal says of the last minute.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal

from nettools.decimals import ZERO
from nettools.model import Instrument, Leg, OrderReport, OrderState
from nettools.net import net_target
from nettools.snapshot import Direction, Snapshot

MINUTE = timedelta(minutes=1)
TRIES = 2
"""How often the same is tried in a minute."""
MOST_TRIES = 6
"""How often anything is tried in a minute, however often it changes meanwhile."""
MORE_MONEY = Decimal("1.01")
"""Available margin that has grown by a hundredth is worth a try; marks move it all the time."""
PASSING = frozenset({"WOULD_TAKE", "FOK", "RATE_LIMITED", "THROTTLED", "CLOCK"})
"""Reasons that are over by themselves: the next order differs, or the budget waits already."""
RULES = frozenset(
    {
        *("STEP_SIZE", "TICK_SIZE", "MIN_QUANTITY", "MAX_QUANTITY", "MIN_NOTIONAL"),
        *("PRICE_BAND", "NOT_TRADING", "UNKNOWN_SYMBOL", "BAD_PARAMETER"),
    }
)
"""Reasons that say the contract's rules are not those we know."""
RULES_EVERY = timedelta(hours=1)
"""The rules of the contracts are read again so often anyway: venues change them."""
MONEY = frozenset({"INSUFFICIENT_MARGIN", "ONLY_REDUCE"})
_TAKEN = frozenset({OrderState.ACKED, OrderState.PARTIAL, OrderState.FILLED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """What an order on a leg depends on."""

    target: Decimal
    """Signed base units."""
    position: Decimal
    """Signed base units."""
    instrument: Instrument | None
    available: Decimal
    """Margin that new positions may use, quote units."""


@dataclass(slots=True, kw_only=True)
class Refused:
    """The refusals of the last minute on one leg, in one direction."""

    last: OrderReport
    times: list[datetime] = field(default_factory=list)
    """When (UTC), oldest first."""
    before: int = 0
    """How many of them came before the situation changed."""
    situation: Situation | None = None
    """As of the first plan after the last refusal; None until there was one."""

    @property
    def is_stopped(self) -> bool:
        """Say whether nothing more is tried now."""
        return len(self.times) - self.before >= TRIES or len(self.times) >= MOST_TRIES

    @property
    def again(self) -> datetime:
        """When it is tried again though nothing has changed (UTC)."""
        most = TRIES if len(self.times) < MOST_TRIES else MOST_TRIES
        return self.times[-most] + MINUTE

    def __str__(self) -> str:
        return (
            f"held back: the venue refused it {len(self.times)} times within a minute "
            f"({self.last.reason}); tried again after {self.again:%H:%M:%S} UTC, or when "
            "target, position, rules or money have changed"
        )

    def grow_old(self, now: datetime) -> None:
        """Forget what is more than a minute ago."""
        gone = sum(1 for time in self.times if now - time >= MINUTE)
        del self.times[:gone]
        self.before = max(self.before - gone, 0)

    def compare(self, now: Situation) -> None:
        """Take note of the situation; one that has changed is worth another try."""
        known = self.situation or now
        moved = (known.target, known.position) != (now.target, now.position)
        moved = moved or known.instrument != now.instrument
        is_richer = now.available > known.available * MORE_MONEY
        if moved or (is_richer and self.last.reason in MONEY):
            self.before, known = len(self.times), now
        self.situation = known


class Refusals:
    """What the venue refused lately on one account.

    Args:
        clock: gives the time (UTC).
    """

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._all: dict[Direction, Refused] = {}
        self._blocked: set[Leg] = set()
        self._must_reload = False
        self._rules_read = clock()

    def note(
        self, report: OrderReport, position: Decimal, when: datetime | None = None
    ) -> None:
        """Take a report in; of use are refusals, and orders that were taken.

        Args:
            report: of an order of ours.
            position: held on its leg, signed base units.
            when: an earlier session had it (UTC); None means now.
        """
        order = report.order
        shrinks = position * order.side.sign < 0 and order.quantity <= abs(position)
        key = order.leg, not (shrinks or order.reduce_only)
        if report.state in _TAKEN:
            self._all.pop(key, None)
        if report.state is not OrderState.REJECTED or report.reason in PASSING:
            return
        known = self._all.setdefault(key, Refused(last=report))
        self._must_reload |= report.reason in RULES and not known.times
        if report.reason == "REDUCE_ONLY":
            self._blocked.add(order.leg)
        known.last, known.situation = report, None
        known.times.append(when or self._clock())

    def take_reload(self) -> bool:
        """Say once whether the rules should be read again: after a refusal, or an hour."""
        now = self._clock()
        must = self._must_reload or now - self._rules_read >= RULES_EVERY
        self._must_reload, self._rules_read = False, now if must else self._rules_read
        return must

    def take_blocked(self) -> frozenset[Leg]:
        """Give once the legs where there was less to reduce than we thought."""
        blocked, self._blocked = frozenset(self._blocked), set()
        return blocked

    def hold_back(self, snapshot: Snapshot) -> Snapshot:
        """Say in the snapshot what is not sent now, and why."""
        if not self._all:
            return snapshot
        now = self._clock()
        for (leg, grows), known in tuple(self._all.items()):
            known.grow_old(now)
            if known.times:
                known.compare(_situation(snapshot, leg))
            else:
                del self._all[leg, grows]
        return replace(snapshot, stopped={key: str(known) for key, known in self.open.items()})

    @property
    def open(self) -> Mapping[Direction, Refused]:
        """What is stopped, as of the last plan."""
        found = tuple(self._all.items())  # a copy: screens read while the desk trades
        return {key: known for key, known in found if known.is_stopped}

    def clear(self) -> None:
        """Forget everything: the account's books were begun anew."""
        self._all.clear()
        self._blocked.clear()


def _situation(snapshot: Snapshot, leg: Leg) -> Situation:
    targets = net_target(snapshot.book, leg.symbol).legs(snapshot.mode)
    return Situation(
        target=targets.get(leg, ZERO),
        position=snapshot.positions.get(leg, ZERO),
        instrument=snapshot.instruments.get(leg.symbol),
        available=snapshot.available,
    )
