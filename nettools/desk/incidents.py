"""What is wrong on a desk, one line per kind and subject, however often it comes.

What the desk knows comes in whenever it changes; incidents go out: what happened, what is
known, what is not, what to do, since when and how often. The journal gets one row when it
begins, one when it is over, and at most one a minute between.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from nettools.decimals import plain, signed
from nettools.desk.loop import Problem
from nettools.desk.refused import Refused
from nettools.desk.report import View
from nettools.desk.watch import AccountWatch
from nettools.journal import records
from nettools.model import OrderReport, OrderState
from nettools.render import Shown
from nettools.snapshot import Direction
from nettools.targets import TargetBook
from nettools.venues.outcomes import ADVICE

MOST = 100
"""Incidents kept; those that are over go first, the oldest before the others."""
ONCE_IN = timedelta(minutes=1)
"""An incident that goes on is written again so much later."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """Something that is wrong now."""

    kind: str
    """``step``, ``order``, ``fills``, ``break``, ``refused``, ``stream``, ``strategy``,
    ``ban``, ``halt``, ``reset`` or ``sleep``."""
    subject: str = ""
    """What it is about: an order's id, a leg, a strategy; empty when the desk itself."""
    what: str
    """What happened."""
    known: str = ""
    unknown: str = ""
    to_do: str = ""
    count: int = 1
    """How often it came, where that is counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident(Shown):
    """Something that is or was wrong, told once."""

    kind: str
    subject: str
    what: str
    """What happened."""
    known: str
    """What we know; may be empty."""
    unknown: str
    """What we do not know; may be empty."""
    to_do: str
    """What to do; may be empty."""
    count: int
    """How often it came."""
    since: datetime
    """When it was first seen (UTC)."""
    last: datetime
    """When it was last seen (UTC)."""
    is_over: bool = False

    def __str__(self) -> str:
        parts = (("", self.what), ("known: ", self.known), ("not known: ", self.unknown))
        told = "; ".join(f"{name}{text}" for name, text in parts if text)
        return f"{told}; to do: {self.to_do}" if self.to_do and not self.is_over else told


class Incidents:
    """All incidents of one desk, bounded.

    Args:
        clock: gives the time (UTC).
        write: takes the row of the journal.
    """

    def __init__(
        self, clock: Callable[[], datetime], write: Callable[[records.Incident], None]
    ) -> None:
        self._clock = clock
        self._write = write
        self._all: dict[tuple[str, str], Incident] = {}
        self._written: dict[tuple[str, str], datetime] = {}
        self._book: TargetBook | None = None
        self._of_targets: list[Trouble] = []

    @property
    def rows(self) -> tuple[Incident, ...]:
        """Those that go on first, the newest before the others."""
        found = tuple(self._all.values())
        newest = sorted(found, key=lambda incident: incident.last, reverse=True)
        return tuple(sorted(newest, key=lambda incident: incident.is_over))

    def of_targets(self, book: TargetBook, silent: Mapping[str, str]) -> list[Trouble]:
        """Name the strategies whose wishes are unknown; looks only at a book that is new.

        Args:
            book: what is wanted.
            silent: strategies that gave no answer, and why; those without any target are in
                no book.
        """
        if book is not self._book:
            self._book = book
            unknown = {t.strategy: t.unknown for t in book if t.unknown}
            self._of_targets = [_of_strategy(*one) for one in unknown.items()]
        named = {trouble.subject for trouble in self._of_targets}
        others = [_of_strategy(*one) for one in silent.items() if one[0] not in named]
        return [*self._of_targets, *others]

    def note(self, troubles: Iterable[Trouble]) -> None:
        """Take in what is wrong now; what is not among it any more is over."""
        now = self._clock()
        there = {(trouble.kind, trouble.subject): trouble for trouble in troubles}
        for key, trouble in there.items():
            self._go_on(key, trouble, now)
        for key, incident in self._all.items():
            if key not in there and not incident.is_over:
                self._all[key] = replace(incident, is_over=True, last=now)
                self._tell(key, f"over: {incident.what}", now)
        while len(self._all) > MOST:
            oldest = min(self._all, key=lambda k: (not self._all[k].is_over, self._all[k].last))
            del self._all[oldest]
            self._written.pop(oldest, None)

    def _go_on(self, key: tuple[str, str], trouble: Trouble, now: datetime) -> None:
        known = self._all.get(key)
        is_new = known is None or known.is_over
        if is_new or known is None:
            count = trouble.count if known is None else known.count + trouble.count
            since = now
        else:
            count = known.count + (trouble.what != known.what)
            count, since = max(count, trouble.count), known.since
        self._all[key] = incident = Incident(
            kind=trouble.kind,
            subject=trouble.subject,
            what=trouble.what,
            known=trouble.known,
            unknown=trouble.unknown,
            to_do=trouble.to_do,
            count=count,
            since=since,
            last=now if is_new or known is None or count != known.count else known.last,
        )
        is_news = known is None or incident != known
        if is_news and (is_new or now - self._written[key] >= ONCE_IN):
            self._tell(key, str(incident), now)

    def _tell(self, key: tuple[str, str], text: str, now: datetime) -> None:
        incident = self._all[key]
        self._written[key] = now
        self._write(records.Incident(text=text, since=incident.since, count=incident.count))


def troubles_of(watch: AccountWatch, now: datetime) -> list[Trouble]:
    """Name what is wrong with an account, its orders and its stream."""
    found = [trouble for r in watch.router.unsettled if (trouble := _of_order(r, watch))]
    found += [
        Trouble(
            kind="break",
            subject=str(leg),
            what=f"{leg} differs by {signed(broken.difference)}: {broken.cause}",
            known=f"the books say {signed(broken.expected)}, the venue {signed(broken.found)}; "
            "nothing is sent on it",
            unknown="" if broken.fills else "which trades made the difference",
            to_do="adopt, assign, leave it alone as a baseline, or flatten it",
        )
        for leg, broken in tuple(watch.books.breaks.items())
    ]
    found += [_of_refusals(*one) for one in watch.refused.open.items()]
    found += _of_venue(watch, now)
    return found


def _of_refusals(direction: Direction, known: Refused) -> Trouble:
    (leg, grows), side = direction, known.last.order.side.value
    what, others = ("grow", "reduces") if grows else ("reduce", "grows")
    return Trouble(
        kind="refused",
        subject=f"{leg} {what}",
        what=f"the venue refuses to {what} {leg}: {known.last.message}",
        known=f"no such order exists; none to {side} is sent before {known.again:%H:%M:%S} UTC "
        f"unless target, position, rules or money change, and what {others} it still goes",
        to_do=ADVICE.get(known.last.reason, "look at the venue's text and change the target"),
        count=len(known.times),
    )


def _of_strategy(strategy: str, reason: str) -> Trouble:
    return Trouble(
        kind="strategy",
        subject=strategy,
        what=f"{strategy} did not say what it wants: {reason}",
        known="what counts for it is in the table of accounts, the other strategies go on",
        unknown="what it wants now",
        to_do=f"look after {strategy}, or put it on hold or flat",
    )


def trouble_of_desk(
    state: str, problem: Problem, view: View | None, slept: timedelta | None
) -> Trouble | None:
    """Name what stops the desk itself, or what its last step ended in."""
    if state == "halted":
        return Trouble(
            kind="halt",
            what=problem.text or "halted by hand",
            known="nothing is sent; own orders and fills are still followed",
            to_do="look, then resume",
        )
    if slept is not None:
        return Trouble(
            kind="sleep",
            what=f"the desk slept for {slept.total_seconds():.0f} s, or its clock jumped",
            known="nothing was sent meanwhile",
            unknown="what happened on the account",
            to_do="nothing: it is read before the next step",
        )
    if not problem.text or state == "closed":
        return None
    return Trouble(
        kind="step",
        what=problem.text,
        known=f"the account was last read at {view.time:%H:%M:%S} UTC" if view else "",
        unknown="what has happened on it since",
        to_do="nothing: the loop tries again" if state == "running" else "look again",
        count=problem.count,
    )


def _of_order(report: OrderReport, watch: AccountWatch) -> Trouble | None:
    order, unit = report.order, report.order.symbol.partition("/")[0]
    name = f"{order.side.value} {plain(order.quantity)} {unit} ({order.client_order_id})"
    if report.state.is_final and not watch.turn.locked():  # else it is still looked after
        return Trouble(
            kind="fills",
            subject=order.client_order_id,
            what=f"trades of {name} are missing",
            known=f"it is {report.state.value}, {plain(report.filled)} {unit} filled",
            unknown="at what price and fee",
            to_do="nothing: the trades are asked for again",
        )
    if report.state not in {OrderState.UNKNOWN, OrderState.CANCEL_UNKNOWN}:
        return None
    about = "a cancel of " if report.state is OrderState.CANCEL_UNKNOWN else ""
    why = f": {report.message}" if report.message else ""
    return Trouble(
        kind="order",
        subject=order.client_order_id,
        what=f"no clear answer about {about}{name}{why}",
        known="it counts in full, and nothing is sent in its place",
        unknown="whether the venue has it, and what of it is filled",
        to_do="nothing: it is looked up until the venue shows it, or surely does not know it",
    )


def _of_venue(watch: AccountWatch, now: datetime) -> list[Trouble]:
    found, feed = [], watch.feed
    if feed.state == "down":
        found.append(
            Trouble(
                kind="stream",
                what=f"the stream is down: {feed.reason}",
                known="the account is read instead",
                to_do="nothing: it connects again by itself",
            )
        )
    if (until := watch.banned_until) is not None and until > now:
        found.append(
            Trouble(
                kind="ban",
                what=f"the venue takes no requests until {until:%H:%M:%S} UTC",
                known="nothing is asked or sent before",
                unknown="what happens on the account meanwhile",
                to_do="wait; other programs on this address count as well",
            )
        )
    if reset := watch.audit.comparer.reset:
        found.append(
            Trouble(
                kind="reset",
                what=reset.partition(". ")[0],
                known="nothing is sent, the old books are kept",
                to_do="look at the account, then desk.begin_epoch()",
            )
        )
    return found
