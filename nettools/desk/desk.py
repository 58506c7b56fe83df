"""What a notebook holds: a desk on its own thread.

Setting targets and looking are plain calls; whatever talks to the venue is awaited, runs on
the desk's thread, and is not torn by an interrupted cell.
"""

import asyncio
import atexit
import contextlib
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Self
from weakref import WeakValueDictionary

from nettools.costs import CostEstimate, estimate_costs
from nettools.desk.filing import Filing
from nettools.desk.incidents import Incident
from nettools.desk.manager import PositionManager
from nettools.desk.opening import open_recorder
from nettools.desk.past import Past, timeline
from nettools.desk.report import Activity, DeskStatus, Report, View
from nettools.desk.settings import Settings
from nettools.desk.thread import DeskThread
from nettools.desk.wishes import read_target, read_ttl
from nettools.diff import Deadband
from nettools.errors import InvalidInput
from nettools.model import FeeRates, Instrument, OrderReport, PositionMode, Quote
from nettools.plan import Plan
from nettools.snapshot import Limits
from nettools.style import Style
from nettools.targets import Strategy, TargetBook, TargetState
from nettools.venues import open_venue
from nettools.venues.protocol import Venue

if TYPE_CHECKING:
    import pandas as pd

    from nettools.testnet import Testnet


class Desk(Filing):
    """Many strategies' targets, one exchange account.

    Made with ``await Desk.open(…)``. Every method that sends goes through the same limits,
    staleness checks and halt.
    """

    def __init__(self, manager: PositionManager, thread: DeskThread) -> None:
        super().__init__(manager, thread)
        atexit.register(self._let_go)

    @classmethod
    async def open(  # noqa: PLR0913 - each is one named choice of the user
        cls,
        venue: "str | Testnet | Venue" = "local",
        *,
        mode: str | PositionMode = "one-way",
        switch_mode: bool = False,
        limits: Limits | None = None,
        deadbands: Mapping[str, Deadband] | None = None,
        leverage: int = 20,
        cross_at: str = "mid",
        streams: bool = True,
        journal: str | Path | bool | None = None,
        clock: Callable[[], datetime] | None = None,
    ) -> "Desk":
        """Open a desk on a venue: reach it, check keys and mode, read the account.

        An earlier desk of this program on the same account is closed first: a cell that is
        run twice must not leave two desks trading against each other.

        Args:
            venue: ``"local"``, ``"local-bybit"``, ``"binance-demo"``, ``"bybit-testnet"``,
                ``"bybit-demo"``, a running testnet's handle, or a venue.
            mode: ``"one-way"`` or ``"hedge"``; the account must be in it.
            switch_mode: switch an account that is in the other mode, if it is flat and has no
                orders. A local testnet is switched without being told.
            limits: what no order may exceed; the defaults suit the local testnet.
            deadbands: per symbol; a symbol left out has its min_quantity as deadband.
            leverage: notional per unit of margin, for the estimate of what fits.
            cross_at: the price strategies trade at with each other inside: ``"mid"``,
                ``"mark"`` or ``"last"``.
            streams: listen to what the venue tells as well, to know fills and prices sooner;
                the account is read either way, and a stream that cannot be opened is a note.
            journal: path of the file in which all is written before it counts, and from which
                a desk goes on; by default one per account in the user's state folder
                (``NETTOOLS_STATE_DIR``). False: nothing is written, nothing survives. A venue
                in this process has none unless one is named.
            clock: gives the time (UTC-aware); the system's by default.

        Raises:
            DeskLocked: another program has a desk on this account or this journal.
            JournalError: the journal cannot be written, is damaged, or is of another account.
            VenueUnavailable: the venue does not answer, or refuses the keys.
            InvalidInput: the account is in the other mode, or the venue is not known.
            LiveTradingRefused: the address is not an allowed testnet.
        """
        tell_time = clock or _system_clock
        settings = Settings(
            name=f"{tell_time().timestamp():.6f}",
            mode=PositionMode.read(mode),
            switch_mode=switch_mode,
            limits=limits or Limits(),
            deadbands=dict(deadbands or {}),
            leverage=Decimal(leverage),
            cross_at=cross_at,
            streams=streams,
        )
        door = open_venue(venue)
        earlier = _OPEN.get(door.account)
        if earlier is not None:
            await earlier.close()
        recorder = await asyncio.to_thread(
            open_recorder, door, journal, settings.name, tell_time
        )
        if recorder.state.epoch is not None:
            settings = replace(settings, name=recorder.state.epoch.desk)
        desk = await cls._opened(PositionManager(door, settings, tell_time, recorder))
        _OPEN[door.account] = desk
        return desk

    @classmethod
    async def _opened(cls, manager: PositionManager) -> "Desk":
        thread = DeskThread(manager.venue.name)
        try:
            await thread.call(manager.open())
        except BaseException:
            await thread.call(manager.give_up())
            thread.stop()
            raise
        return cls(manager, thread)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def __repr__(self) -> str:
        status = self.status
        return f"Desk({status.venue}, {status.mode.value}, {status.state})"

    # Targets; many at once and as files in Filing

    @property
    def committed(self) -> TargetBook:
        """The targets of the last plan that was executed; an empty book before the first."""
        return self._manager.committed

    def set_target(
        self,
        strategy: str,
        symbol: str,
        quantity: str | float | Decimal,
        *,
        ttl: float | None = None,
    ) -> None:
        """Set what a strategy wants to hold, signed base units; sends nothing.

        Text, an integer or a Decimal; a float is read through its shortest text.

        Args:
            strategy: its name; a new one is added.
            symbol: unified.
            quantity: signed base units.
            ttl: seconds the target counts for unless it is set again; then the strategy is
                held at what it has and flagged. None: as its strategy was added with, which
                is for ever unless that said otherwise.

        Raises:
            InvalidInput: not a number, an unknown symbol, a bad name, or beyond the cap.
        """
        wanted = read_target(quantity, strategy, symbol)
        self._manager.set_target(strategy, symbol, wanted, read_ttl(ttl))

    def set_state(self, strategy: str, state: str | TargetState) -> None:
        """Make a strategy ``"active"``, ``"hold"`` (frozen) or ``"flat"`` (zero counts)."""
        try:
            wanted = TargetState(state)
        except ValueError:
            raise InvalidInput(
                f'state must be "active", "hold" or "flat", was {state!r}'
            ) from None
        self._manager.change(lambda book: book.with_state(strategy, wanted))

    def add_strategy(self, strategy: str | Strategy, *, ttl: float | None = None) -> None:
        """Add a strategy: a name, or an object that is asked for targets on every tick.

        One whose targets the journal brought back goes on with them.

        Args:
            strategy: its name, or the object.
            ttl: seconds its targets count for unless they are said again. None: for ever, but
                what an object answers while the loop runs counts for three of its intervals,
                at least 10 s; so one that raises for longer is held at what it has.

        Raises:
            InvalidInput: the name is taken or not a plain name, or ttl is not above zero.
        """
        lives = read_ttl(ttl)
        if isinstance(strategy, str):
            self._manager.add(strategy, None, lives)
        else:
            self._manager.add(strategy.name, strategy, lives)

    def remove_strategy(self, name: str) -> None:
        """Remove a strategy: its targets count zero from now on, so the desk trades it out."""
        self._manager.remove(name)

    # Trading

    async def preview(self, style: str | Style = "market") -> Plan:
        """Read the account and say what would be sent; sends nothing."""
        return await self._thread.call(self._manager.preview(Style.read(style)))

    async def execute(
        self, plan: Plan, style: str | Style | None = None, *, wait: bool = True
    ) -> Report:
        """Send exactly this plan, or raise when what it was made from has moved.

        In the smart style it returns when its orders are done, within their timeout; with
        ``wait=False`` as soon as they are at work.

        Raises:
            StalePlan: targets, positions, working orders or prices moved; says which.
            DeskHalted: the desk is halted or closed.
            VenueUnavailable: the account could not be read; nothing was sent.
        """
        wanted = plan if style is None else plan.restyled(style)
        return await self._thread.call(self._manager.execute(wanted, wait=wait))

    async def tick(self, style: str | Style = "market") -> Report:
        """Do one step of the automatic loop: ask the strategies, plan, send."""
        return await self._thread.call(self._manager.tick(Style.read(style)))

    def run(self, every: float = 1.0, style: str | Style = "market") -> None:
        """Tick every so many seconds until ``stop`` or ``halt``; calling again is safe."""
        if every <= 0:
            raise InvalidInput(f"every must be above zero seconds, was {every}")
        wanted = Style.read(style)

        async def start() -> None:
            self._manager.run(every, wanted)

        self._thread.start(start()).result(timeout=5)

    async def stop(self) -> None:
        """End the automatic loop after the step it is in; resting orders stay."""
        await self._thread.call(self._manager.stop())

    def halt(self) -> "Future[tuple[OrderReport, ...]]":
        """Stop sending at once and cancel own working orders; never waits.

        The future gives what became of each canceled order:
        ``await asyncio.wrap_future(desk.halt())``, or ``desk.halt().result(10)``.
        """
        return self._thread.start(self._manager.halt())

    def resume(self) -> None:
        """Allow sending again after a halt."""
        self._manager.resume()

    async def begin_epoch(self, note: str = "") -> None:
        """Confirm that the testnet was wiped: begin its books anew, and allow sending again.

        The old books stay in the journal; what strategies want stays as it is. Positions that
        are there are breaks, to be repaired first.

        Raises:
            InvalidInput: nothing speaks for a reset, so the books are kept.
        """
        await self._thread.call(self._manager.begin_epoch(note))

    async def close(self) -> None:
        """Stop, let go of the venue and end the desk's thread; safe to call twice."""
        if self.status.state != "closed":
            atexit.unregister(self._let_go)
            await self._thread.call(self._manager.close())
            await asyncio.to_thread(self._thread.stop)

    def _let_go(self) -> None:
        """Close the connections of a desk that nobody closed, when the program ends."""
        with contextlib.suppress(Exception):  # nobody is left to be told
            self._thread.start(self._manager.close()).result(timeout=2)

    # Looking

    @property
    def status(self) -> DeskStatus:
        """How the desk is, in one value."""
        return self._manager.status()

    @property
    def account(self) -> str:
        """Names the account behind the desk, the same for every connection; holds no key."""
        return self._manager.venue.account

    def incidents(self) -> tuple[Incident, ...]:
        """Give what is wrong, a line per kind and subject, then what lately was."""
        return self._manager.incidents()

    def timeline(self, symbol: str | None = None) -> "pd.DataFrame":
        """Give a row per change of an order's state, oldest first, and how it is known.

        time (UTC), client_order_id, symbol, position_side, side, quantity (base units), state,
        filled (base units), evidence, message. Of the newest 5,000 rows that were written.
        """
        return timeline(self._manager.recorder, symbol)

    def at(self, moment: datetime) -> Past:
        """Give the desk as it was at a moment of its journal (UTC-aware); read-only.

        Raises:
            InvalidInput: the desk has no journal, or the time has no zone.
        """
        return Past(moment=moment, state=self._manager.recorder.at(moment))

    @property
    def activity(self) -> Activity:
        """What was sent and what netting made unnecessary since the desk was opened."""
        return self._manager.activity

    @property
    def instruments(self) -> dict[str, Instrument]:
        """Every tradeable instrument by symbol, as the venue states its rules."""
        return self._manager.venue.instruments()

    @property
    def limits(self) -> Limits:
        """What no order of this desk may exceed."""
        return self._manager.settings.limits

    async def refresh(self) -> View:
        """Read the account again."""
        return await self._thread.call(self._manager.look())

    def positions(self) -> dict[str, Decimal] | dict[tuple[str, str], Decimal]:
        """Give what the venue says we hold, as last read; signed base units.

        One-way: ``{symbol: quantity}``. Hedge: ``{(symbol, "LONG" | "SHORT"): quantity}``,
        short legs negative. Flat legs are left out.
        """
        held = {leg: p.quantity for leg, p in self.view.positions.items()}
        if self.status.mode is PositionMode.ONE_WAY:
            return {leg.symbol: quantity for leg, quantity in held.items()}
        return {(leg.symbol, leg.position_side.name): q for leg, q in held.items()}

    def quotes(self) -> dict[str, Quote]:
        """Give the touch per symbol, as last read."""
        return dict(self.view.quotes)

    def fee_rates(self) -> dict[str, FeeRates]:
        """Give the account's own fee rates per symbol, as read so far."""
        return dict(self._manager.account.rates)

    def estimate(self, plan: Plan) -> CostEstimate:
        """Estimate what a plan costs at the account's own fee rates, quote units."""
        return estimate_costs(plan, self._manager.account.rates)

    def reports(self, plan: Plan) -> tuple[OrderReport, ...]:
        """Give what is known of a plan's orders that were handed over so far, in order."""
        router, minders = self._manager.router, self._manager.minders
        at_work = (minders.find(order.client_order_id) for order in plan.orders)
        return (
            *(minder.parent.report for minder in at_work if minder is not None),
            *(router.report(o.client_order_id) for o in plan.orders if router.knows(o)),
        )

    def subscribe(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call ``listener`` on the desk's thread after every change; gives the undo."""
        self._manager.listeners.append(listener)
        return lambda: self._manager.listeners.remove(listener)


_OPEN: WeakValueDictionary[str, Desk] = WeakValueDictionary()
"""This program's desks by account."""


def _system_clock() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 - the desk is where time enters
