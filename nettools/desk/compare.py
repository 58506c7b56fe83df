"""Compares the books with the venue after every read, and freezes a leg that differs.

A difference must be seen twice, a second apart, before it is a break: a resting order may
fill between two reads. Until it is confirmed or gone, nothing is sent on the leg.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal

from nettools.decimals import ZERO, signed
from nettools.desk.books import Books, mark_of
from nettools.desk.report import View
from nettools.model import Fill, Leg, OrderState
from nettools.reconcile import Break, find_breaks
from nettools.router import CLOCK_SLACK, OrderRouter
from nettools.venues.protocol import Venue

CONFIRMED_AFTER = timedelta(seconds=1)
"""Two equal reads at least so far apart make a break."""


class Comparer:
    """Watches one account for what the books cannot explain."""

    def __init__(
        self, venue: Venue, router: OrderRouter, books: Books, clock: Callable[[], datetime]
    ) -> None:
        self._venue = venue
        self._router = router
        self._books = books
        self._opened = clock()
        self._suspects: dict[Leg, tuple[Decimal, datetime]] = {}

    @property
    def frozen(self) -> dict[Leg, str]:
        """Legs on which nothing is sent, and why."""
        breaks = {leg: f"break: {found}" for leg, found in self._known()}
        checking = {
            leg: f"checking a difference of {signed(difference)} with the venue"
            for leg, (difference, _) in tuple(self._suspects.items())
        }
        return {**checking, **breaks}

    def _known(self) -> tuple[tuple[Leg, Break], ...]:
        return tuple(self._books.breaks.items())  # a copy: screens read while the desk trades

    async def compare(self, view: View) -> None:
        """Take one view of the account and find, confirm or clear differences."""
        found = {leg: position.quantity for leg, position in view.positions.items()}
        expected = self._books.expected()
        unknown = {
            r.order.leg for r in self._router.unsettled
            if r.state is OrderState.UNKNOWN or r.state.is_final
        }  # fmt: skip
        differences = {
            leg: found.get(leg, ZERO) - expected.get(leg, ZERO)
            for leg in {*found, *expected} - unknown
            if found.get(leg, ZERO) != expected.get(leg, ZERO)
        }
        confirmed = self._watch(differences, view)
        known = self._books.breaks
        gone = [leg for leg in known if leg not in differences and leg not in unknown]
        for leg in gone:
            del known[leg]  # the venue has come back to what the books say
        if confirmed:
            await self._name(confirmed, expected, found, view)

    def _watch(self, differences: dict[Leg, Decimal], view: View) -> set[Leg]:
        """Remember when each difference was first seen; give those that have lasted."""
        before, self._suspects = self._suspects, {}
        confirmed = set()
        for leg, difference in differences.items():
            known = self._books.breaks.get(leg)
            if known is not None and known.difference == difference:
                continue
            seen, since = before.get(leg, (difference, view.time))
            since = since if seen == difference else view.time
            if self._is_first_look or view.time - since >= CONFIRMED_AFTER:
                confirmed.add(leg)
            else:
                self._suspects[leg] = (difference, since)
        return confirmed

    @property
    def _is_first_look(self) -> bool:
        """Nothing of ours was ever sent, so nothing can be on its way."""
        return not self._router.has_sent

    async def _name(
        self,
        legs: set[Leg],
        expected: dict[Leg, Decimal],
        found: dict[Leg, Decimal],
        view: View,
    ) -> None:
        foreign: dict[Leg, dict[str, Fill]] = {leg: {} for leg in legs}
        for symbol in {leg.symbol for leg in legs}:
            for fill in await self._venue.fills(symbol, self._opened - CLOCK_SLACK):
                leg = Leg(fill.symbol, fill.position_side)
                after = fill.time >= self._opened
                new = not self._router.is_ours(fill) and not self._books.is_booked(fill)
                if leg in foreign and after and new:
                    foreign[leg][fill.fill_id] = fill  # a venue may tell one twice
        prices = {leg: _take_over_price(leg, view) for leg in legs}
        breaks = find_breaks(
            {leg: expected.get(leg, ZERO) for leg in legs},
            {leg: found.get(leg, ZERO) for leg in legs},
            prices=prices,
            foreign={leg: tuple(fills.values()) for leg, fills in foreign.items()},
            now=view.time,
            known=self._books.breaks,
        )
        self._books.breaks.update({broken.leg: broken for broken in breaks})


def _take_over_price(leg: Leg, view: View) -> Decimal:
    """Give the mark: taken over at it, an old position starts with no profit or loss."""
    held = view.positions.get(leg)
    if held is not None and held.mark_price is not None:
        return held.mark_price
    quote = view.quotes.get(leg.symbol)
    return ZERO if quote is None else mark_of(quote)


def describe(breaks: dict[Leg, Break]) -> str:
    """Say in one line what is broken."""
    return "; ".join(str(found) for found in breaks.values())
