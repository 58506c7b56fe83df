"""Compares the books with the venue after every read, and freezes a leg that differs.

A difference must be seen twice, a second apart, before it is a break: a resting order may
fill between two reads. Until it is confirmed or gone, nothing is sent on the leg.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

from nettools.decimals import ZERO, signed
from nettools.desk.books import Books, mark_of
from nettools.desk.report import View
from nettools.desk.reset import why_reset
from nettools.model import Fill, Leg, OrderState, Quote
from nettools.reconcile import Break, find_breaks
from nettools.router import CLOCK_SLACK, OrderRouter
from nettools.venues.protocol import Venue

CONFIRMED_AFTER = timedelta(seconds=1)
"""Two equal reads at least so far apart make a break."""


class Comparer:
    """Watches one account for what the books cannot explain."""

    def __init__(
        self,
        venue: Venue,
        router: OrderRouter,
        books: Books,
        book: Callable[[Mapping[str, Quote]], None],
        clock: Callable[[], datetime],
    ) -> None:
        self._venue = venue
        self._router = router
        self._books = books
        self._book = book
        self._clock = clock
        self.reset = ""
        """Why the testnet seems to have been wiped; empty when it was not."""
        self._before: set[tuple[str, str]] | None = None
        self._opened = clock()
        if (left := books.recorder.left) is not None:
            # Go on from where the last desk saw the account; an open break has its own past.
            began = [broken.time for broken in books.breaks.values()]
            self._opened = min(left, *began) - CLOCK_SLACK if began else left - CLOCK_SLACK
            self._before = set()
        self._agreed = self._opened
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

    def begin_anew(self) -> None:
        """Forget what was before: the books were begun anew."""
        self._opened = self._agreed = self._clock()
        self._before, self._suspects, self.reset = None, {}, ""

    async def compare(self, view: View) -> None:
        """Take one view of the account and find, confirm or clear differences."""
        if self._before is None:
            self._before = await self._what_was_before(view)
        unknown = self._in_doubt(view)
        differences = self._differences(view, unknown)
        if differences and await self._finds_own_fills(differences, view):
            unknown = self._in_doubt(view)
            differences = self._differences(view, unknown)
        if self.reset or differences.keys() - self._books.breaks.keys():
            self.reset = await why_reset(self._venue, self._books.recorder, view.time)
        if not differences and not unknown:
            self._agreed = view.time
        confirmed = self._watch(differences, view)
        # A known break that has changed or gone: what was traded back still cost something.
        changed = {
            leg for leg, known in self._books.breaks.items()
            if leg not in unknown and differences.get(leg, ZERO) != known.difference
        }  # fmt: skip
        await self._name(confirmed | changed, view)

    def _in_doubt(self, view: View) -> set[Leg]:
        """Name the legs whose position may or may not hold what an order of ours did."""
        return {
            r.order.leg for r in self._router.unsettled
            if r.state is OrderState.UNKNOWN or r.state.is_final
        } | view.moved  # fmt: skip

    def _differences(self, view: View, unknown: set[Leg]) -> dict[Leg, Decimal]:
        expected, found = self._sides(view)
        return {
            leg: found.get(leg, ZERO) - expected.get(leg, ZERO)
            for leg in {*found, *expected} - unknown
            if found.get(leg, ZERO) != expected.get(leg, ZERO)
        }

    async def _finds_own_fills(self, differences: dict[Leg, Decimal], view: View) -> bool:
        """Read the trades since all last agreed: one of ours may have been missed, or late."""
        known = self._books.breaks
        news = {
            leg.symbol for leg, difference in differences.items()
            if leg not in known or known[leg].difference != difference
        }  # fmt: skip
        for symbol in news:
            await self._read_trades(symbol, self._agreed)
        is_found = bool(self._router.fresh_fills)
        self._book(view.quotes)
        return is_found

    async def _read_trades(self, symbol: str, since: datetime) -> tuple[Fill, ...]:
        """Read the trades from about then on; ours are booked with the next that come in.

        Where trades name no client id, an order that was given up as never arrived may have
        made them: it is looked up once more before anybody else is suspected.
        """
        fills = await self._venue.fills(symbol, since - CLOCK_SLACK)
        await self._router.look_again(
            fill for fill in fills if not fill.client_order_id and not self._is_known(fill)
        )
        self._router.show((), fills)
        return fills

    def _is_known(self, fill: Fill) -> bool:
        """Say whether an execution is ours, in the books, or from before they were opened."""
        is_old = fill.time < self._opened or (fill.symbol, fill.fill_id) in (self._before or ())
        return is_old or self._router.is_ours(fill) or self._books.is_booked(fill)

    async def look_for_strangers(self, view: View) -> None:
        """Look for executions that are not ours: the money does not add up without them."""
        expected, found = self._sides(view)
        legs = {*expected, *found}
        strangers = await self._foreign(legs)
        await self._name({leg for leg in legs if strangers.get(leg)}, view)

    def _sides(self, view: View) -> tuple[dict[Leg, Decimal], dict[Leg, Decimal]]:
        found = {leg: position.quantity for leg, position in view.positions.items()}
        return self._books.expected(), found

    async def _what_was_before(self, view: View) -> set[tuple[str, str]]:
        """Executions from before the books were opened explain nothing that happens later."""
        before = set()
        for symbol in {leg.symbol for leg in view.positions}:
            for fill in await self._venue.fills(symbol, self._opened - CLOCK_SLACK):
                before.add((fill.symbol, fill.fill_id))
        return before

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

    async def _name(self, legs: set[Leg], view: View) -> None:
        if not legs:
            return
        expected, found = self._sides(view)
        breaks = find_breaks(
            {leg: expected.get(leg, ZERO) for leg in legs},
            {leg: found.get(leg, ZERO) for leg in legs},
            prices={leg: _take_over_price(leg, view) for leg in legs},
            foreign=await self._foreign(legs),
            now=view.time,
            known=self._books.breaks,
        )
        self._books.note_breaks(legs, {broken.leg: broken for broken in breaks})

    async def _foreign(self, legs: set[Leg]) -> dict[Leg, list[Fill]]:
        """Give the executions since the opening that are not ours and not in the books."""
        found: dict[Leg, dict[str, Fill]] = {leg: {} for leg in legs}
        for symbol in {leg.symbol for leg in legs}:
            for fill in await self._read_trades(symbol, self._opened):
                leg = Leg(fill.symbol, fill.position_side)
                if leg in found and not self._is_known(fill):
                    found[leg][fill.fill_id] = fill
        return {leg: await self._named(fills.values()) for leg, fills in found.items()}

    async def _named(self, fills: Iterable[Fill]) -> list[Fill]:
        """Add the client ids of the venue's own orders, where its executions lack them."""
        told = list(fills)
        nameless = [fill for fill in told if not fill.client_order_id]
        if not nameless:
            return told
        since = min(fill.time for fill in nameless)
        ids = await self._venue.forced_orders(nameless[0].symbol, since)
        return [
            fill
            if fill.client_order_id
            else replace(fill, client_order_id=ids.get(fill.venue_order_id, ""))
            for fill in told
        ]


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
