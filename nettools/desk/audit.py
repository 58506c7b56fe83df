"""Takes every view of the account into the books: fills, differences, funding, proof."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

from nettools.decimals import ZERO
from nettools.desk.books import Books
from nettools.desk.compare import Comparer
from nettools.desk.history import History
from nettools.desk.proof import dated, equity, prove
from nettools.desk.report import View
from nettools.errors import JournalError
from nettools.model import FeeRates, Fill, Quote
from nettools.reconcile import Proof
from nettools.router import CLOCK_SLACK, OrderRouter
from nettools.venues.protocol import Venue

FUNDING_EVERY = timedelta(seconds=30)
"""How often settlements are asked for while the money adds up."""


class Audit:
    """Keeps one desk's books true to its account, read by read."""

    def __init__(
        self,
        venue: Venue,
        router: OrderRouter,
        books: Books,
        rates: Mapping[str, FeeRates],
        clock: Callable[[], datetime],
    ) -> None:
        self.comparer = Comparer(venue, router, books, self.book_fills, clock)
        self.proofs: tuple[Proof, ...] = ()
        """Both identities as of the last read, those that fail with since when."""
        self.history = History()
        self.booked: Callable[[tuple[Fill, ...]], None] = lambda _: None
        """Called with executions once they are in the books."""
        self._venue = venue
        self._router = router
        self._books = books
        self._rates = rates
        self._recorder = books.recorder
        self._asked = self._recorder.left or clock()

    def book_fills(self, quotes: Mapping[str, Quote]) -> None:
        """Book what came in since the last time, priced against these touches.

        Raises:
            JournalError: nothing was booked; it is tried again the next time.
        """
        fills = self._router.fresh_fills
        self._books.book_fills(fills, quotes, self._rates)
        self._router.booked(fills)
        self.booked(fills)

    async def take(self, view: View) -> None:
        """Take one view of the account in: the books follow, the proof is made anew."""
        self.book_fills(view.quotes)
        await self.comparer.compare(view)
        if view.moved:
            return  # its money is not of the books' moment; the next read proves them
        opening = self._opening(view)
        proofs = prove(self._books, view, opening)
        adds_up = all(proof.holds for proof in proofs)
        if not adds_up or view.time - self._asked >= FUNDING_EVERY:
            await self._settle(view)
            proofs = prove(self._books, view, opening)
        if not all(proof.holds for proof in proofs):
            await self.comparer.look_for_strangers(view)
            proofs = prove(self._books, view, opening)
        self.proofs = dated(proofs, self.proofs, view.time)
        self.history.note(self._books, view, opening)

    def begin_anew(self) -> None:
        """Forget what was compared and proved: the books were begun anew."""
        self.comparer.begin_anew()
        self.proofs, self.history = (), History()

    def _opening(self, view: View) -> Decimal:
        """Give what the account was worth when the books were begun, quote units."""
        epoch = self._recorder.state.epoch
        if epoch is None:
            raise JournalError("the books were not begun; open the desk with Desk.open")
        if epoch.opening_equity is None:
            epoch = replace(epoch, opening_equity=equity(view))
            self._recorder.write(epoch)
        return epoch.opening_equity or ZERO

    async def _settle(self, view: View) -> None:
        """Book funding: at once when the money does not add up, and every so often anyway.

        Net flat, the venue books nothing, and internal longs still pay internal shorts.
        """
        since, self._asked = self._asked - CLOCK_SLACK, view.time
        began = self._recorder.state.began or since
        for symbol in {leg.symbol for leg in self._books.ledger.legs}:
            for funding in await self._venue.funding(symbol, since):
                if funding.time >= began:
                    self._books.settle(funding)
