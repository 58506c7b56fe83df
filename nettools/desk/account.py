"""Reads the account: positions, money, prices, own and foreign orders, as one view.

Any read that fails raises, and the last good view stays with its age: an unread position is
unknown, never zero.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from nettools.decimals import signed
from nettools.desk.report import View
from nettools.desk.settings import Settings
from nettools.errors import InvalidInput, OrderRejected, OutcomeUnknown, VenueUnavailable
from nettools.model import FeeRates, Leg, Position, PositionMode, Quote
from nettools.router import OrderRouter
from nettools.venues.protocol import Balance, Venue

Newest = Callable[[Mapping[str, Quote]], dict[str, Quote]]
"""Gives each quote as it is, or a touch that was told later."""
MOVED_READS = 3
"""How often positions are read at most while own orders keep changing."""
OLDEST_MARK = timedelta(seconds=5)
"""A mark may be so much older than the touch it goes with, when prices cannot be read."""


class AccountReader:
    """One account at one venue, and the fee rates it was told."""

    def __init__(
        self,
        venue: Venue,
        router: OrderRouter,
        clock: Callable[[], datetime],
        *,
        newest: Newest,
        wants_last: bool = False,
    ) -> None:
        self.rates: dict[str, FeeRates] = {}
        """The account's own fee rates, by symbol, read once."""
        self.switched = ""
        """Said when the opening changed the account's mode; empty when it did not."""
        self._venue = venue
        self._router = router
        self._clock = clock
        self._newest = newest
        self._wants_last = wants_last
        self._moves: dict[Leg, int] = {}
        self._read: dict[str, Quote] = {}

    def moved(self) -> frozenset[Leg]:
        """Name the legs on which an own order changed since the positions were asked for."""
        moves = self._router.moves
        return frozenset(leg for leg in moves if moves[leg] != self._moves.get(leg, 0))

    async def agree_on_mode(
        self, settings: Settings, may_go_on: Callable[[], None] = lambda: None
    ) -> None:
        """Check that the account is in the desk's mode; a flat one may be switched to it.

        A local testnet is always switched when it is flat, a real one only when told to. The
        venue itself refuses while there are orders or positions (-4067, -4068; docs).
        ``may_go_on`` raises when the books cannot be kept in the mode: nothing is switched.

        Raises:
            InvalidInput: it is in the other mode, and the cure.
            VenueUnavailable: mode or positions could not be read; nothing was switched.
        """
        found, mode = await self._venue.position_mode(), settings.mode
        if found is mode:
            may_go_on()
            return
        problem = (
            f'the account is in {found.value} mode and the desk was opened with mode="'
            f'{mode.value}"'
        )
        stay = f'open it with mode="{found.value}"'
        held = await self._venue.positions()
        if held:
            legs = ", ".join(f"{p.leg} {signed(p.quantity)}" for p in held[:5])
            raise InvalidInput(
                f"{problem}; it holds {legs}, so {stay}, or switch it once it has no positions "
                "and no orders"
            )
        if not settings.switch_mode and not self._venue.name.startswith("local"):
            raise InvalidInput(
                f"{problem}; {stay}, or switch it: it has no positions, so switch_mode=True "
                "does it if it has no orders either"
            )
        may_go_on()
        refused = await self._switch(mode)
        if await self._venue.position_mode() is not mode:
            why = refused or "it did not say why"
            raise InvalidInput(f"{problem}; the venue did not switch it ({why}), so {stay}")
        self.switched = f"switched from {found.value} to {mode.value} mode at the opening"

    async def why_other_mode(self, mode: PositionMode) -> str:
        """After a refusal: say that somebody has switched the account's mode, if so.

        Empty when it is in the desk's mode, or when that cannot be read.
        """
        try:
            found = await self._venue.position_mode()
        except VenueUnavailable:
            return ""
        if found is mode:
            return ""
        return (
            f"the account was switched to {found.value} mode past this desk, so it is halted; "
            f"switch it back to {mode.value} and resume, or open the desk again with "
            f'mode="{found.value}"'
        )

    async def _switch(self, mode: PositionMode) -> str:
        """Ask for the mode once; gives what the venue said against it. Whoever asks looks."""
        try:
            await self._venue.set_position_mode(mode)
        except (OrderRejected, OutcomeUnknown) as error:
            return str(error)
        return ""

    async def read(self, symbols: Iterable[str]) -> View:
        """Read everything once; own unsettled orders first, so that fills are not missed."""
        began = self._clock()
        await self._router.refresh()
        positions, balance = await self._held()
        tradeable = self._venue.instruments()
        held = {p.symbol for p in positions if p.symbol in tradeable}
        wanted = sorted(held.union(symbols))
        quotes, foreign = await asyncio.gather(self._quotes(wanted), self._foreign(wanted))
        for symbol in wanted:
            if symbol not in self.rates:
                self.rates[symbol] = await self._venue.fee_rates(symbol)
        return View(
            positions={position.leg: position for position in positions},
            balance=balance,
            quotes=quotes,
            working=self._router.working,
            foreign_orders=foreign,
            moved=self.moved(),
            time=began,
        )

    async def _held(self) -> tuple[tuple[Position, ...], Balance]:
        """Read positions and money of one moment: again when an own order changed meanwhile."""
        reads = 0
        while True:
            self._moves = self._router.moves
            held = await asyncio.gather(self._venue.positions(), self._venue.balance())
            reads += 1
            if reads == MOVED_READS or not self.moved():
                return held

    async def _quotes(self, symbols: list[str]) -> dict[str, Quote]:
        quotes = await self._read_quotes(symbols) if symbols else {}
        if not self._wants_last or not symbols:
            return quotes
        last = await self._venue.last_prices(symbols)
        return {s: replace(quote, last_price=last[s]) for s, quote in quotes.items()}

    async def _read_quotes(self, symbols: list[str]) -> dict[str, Quote]:
        try:
            quotes = await self._venue.quotes(symbols)
        except VenueUnavailable:
            # The stream may know them all the same, with marks that were read a moment ago.
            now = self._clock()
            read = {s: q for s, q in self._read.items() if now - q.time <= OLDEST_MARK}
            told = self._newest(read)
            if any(s not in told or told[s] is read[s] for s in symbols):
                raise
            return {symbol: told[symbol] for symbol in symbols}
        self._read |= quotes
        return quotes

    async def _foreign(self, symbols: list[str]) -> int:
        """Count resting orders this desk did not send; they are shown and never canceled.

        One of ours that rests where it was thought never to have arrived is taken back.
        """
        per_symbol = await asyncio.gather(*map(self._venue.open_orders, symbols))
        reports = [report for reports in per_symbol for report in reports]
        lost = [report for report in reports if self._router.is_lost(report.order)]
        self._router.show(lost)
        return sum(not self._router.knows(report.order) for report in reports)
