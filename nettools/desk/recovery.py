"""Takes a desk up where its journal left it: books, orders on their way, what strategies want.

What was written comes in; an account whose orders are looked up, whose trades are read and
whose books agree goes out, before anything may be sent. Nothing is sent here, and nothing that
cannot be looked up is taken for granted.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from nettools.desk.recorder import Recorder
from nettools.desk.settings import Settings
from nettools.errors import InvalidInput
from nettools.journal import DeskState
from nettools.journal.records import Epoch, Intended, Reported
from nettools.model import OrderReport
from nettools.router import CLOCK_SLACK, OrderRouter
from nettools.venues.protocol import Venue


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovered:
    """What the opening found to be done."""

    orders: int = 0
    """That were on their way when the last desk ended."""
    resolved: int = 0
    """Of them, those whose fate is known now."""
    fills: int = 0
    """Booked now, that the last desk did not live to book."""
    breaks: int = 0
    """Open ones."""

    def __str__(self) -> str:
        orders = f"resolved {_number(self.resolved, 'open order')}"
        if self.resolved < self.orders:
            orders += f" of {self.orders}"
        fills = f"booked {_number(self.fills, 'fill')}"
        return f"{orders}, {fills}, {_number(self.breaks, 'break')}"


def _number(count: int, noun: str) -> str:
    return f"{count or 'no'} {noun}{'' if count == 1 else 's'}"


def may_go_on(state: DeskState, settings: Settings) -> None:
    """Refuse to go on in the other mode with books that hold something.

    Raises:
        InvalidInput: says in which mode they are.
    """
    before = state.epoch
    if before is not None and before.mode is not settings.mode and not _is_flat(state):
        raise InvalidInput(
            f"the journal's books are in {before.mode.value} mode and hold something, so "
            f'open the desk with mode="{before.mode.value}", or name another journal'
        )


def begin(recorder: Recorder, venue: Venue, settings: Settings) -> None:
    """Begin the books, or go on with them, in the other mode if need be.

    Raises:
        JournalError: it could not be written.
    """
    before = recorder.state.epoch
    if before is None:
        recorder.write(first_epoch(venue, settings))
    elif before.mode is not settings.mode:
        note = f"{settings.mode.value} mode from here on"
        recorder.write(replace(before, mode=settings.mode, note=note))


def first_epoch(venue: Venue, settings: Settings, number: int = 1, note: str = "") -> Epoch:
    """Give the beginning of an account's books."""
    return Epoch(
        number=number,
        account=venue.account,
        venue=venue.name,
        mode=settings.mode,
        desk=settings.name,
        cross_at=settings.cross_at,
        instruments=tuple(venue.instruments().values()),
        note=note,
    )


def _is_flat(state: DeskState) -> bool:
    held = any(q for on_leg in state.ledger.legs.values() for q in on_leg.quantity.values())
    orders = any(not order.is_settled for order in state.orders.values())
    return not (held or orders or state.breaks or any(state.baseline.values()))


def adopt_orders(router: OrderRouter, state: DeskState) -> None:
    """Hand the router the orders of the last desk that may still execute."""
    for order in state.orders.values():
        router.adopt(order.report, sent=order.sent, booked=order.booked)
    router.adopt_sends(state.sent)
    router.has_sent = bool(state.plans or state.orders)


def reported_since(
    recorder: Recorder, moment: datetime
) -> Iterator[tuple[datetime, OrderReport]]:
    """Give what was reported of our orders since then, oldest first, and when (UTC).

    Raises:
        JournalError: the journal cannot be read.
    """
    for row in recorder.rows([Reported], moment):
        if isinstance(row.record, Reported):
            intent = recorder.find(Intended, row.record.client_order_id)
            if intent is not None and isinstance(intent.record, Intended):
                yield row.time, row.record.about(intent.record.order)


async def look_up(
    router: OrderRouter, venue: Venue, state: DeskState, since: datetime
) -> tuple[int, int]:
    """Look up what was on its way, and read the trades since the journal was left.

    Gives how many orders there were, and of how many the fate is known now.

    Raises:
        VenueUnavailable: the trades could not be read.
    """
    left = router.unsettled
    for report in left:
        await router.resolve(report.order)
    symbols = {leg.symbol for leg in state.ledger.legs} | {r.order.symbol for r in left}
    for symbol in sorted(symbols & venue.instruments().keys()):
        router.show((), await venue.fills(symbol, since - CLOCK_SLACK))
    return len(left), len(left) - len(router.unresolved)
