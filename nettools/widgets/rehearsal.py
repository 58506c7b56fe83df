"""What each drill does to a desk and its local testnet, and what came of it in words.

A drill makes one thing go wrong, trades a little on a strategy of its own, waits until all is
known again, and compares what the desk has with what the exchange itself says happened.
"""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from nettools.decimals import ZERO, plain, signed
from nettools.desk import Report
from nettools.errors import InvalidInput, NettoolsError, VenueUnavailable
from nettools.model import Instrument, OrderReport
from nettools.testnet import Testnet
from nettools.texts import count, retell, say, word
from nettools.widgets.screen import Screen

STRATEGY = "drill"
"""Trades for the drills; those of the user are left as they are."""
LATE_SECONDS = 2.0
PATIENCE_SECONDS = 15.0
LOOK_SECONDS = 0.3
SILENCE_SECONDS = 5.0
"""Before a kill the streams say nothing for so long, or they would tell of the order."""
_SMALLEST = 5
"""Smallest orders in one of a drill: safely above the venue's minimum."""


def end_process() -> None:
    """End this program at once, as ``kill -9`` does: nothing is closed, nothing is said."""
    os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))


class Rehearsal:
    """One desk and the testnet it trades on, for drills.

    Args:
        screen: of an open desk.
        testnet: the local testnet it trades on.
        end: how this program is killed; at once by default, as by ``kill -9``.
    """

    def __init__(
        self, screen: Screen, testnet: Testnet, end: Callable[[], None] | None = None
    ) -> None:
        self.screen = screen
        self.desk = screen.desk
        self.testnet = testnet
        self._end = end or end_process

    @property
    def symbol(self) -> str:
        """What the drills trade: the first symbol of the desk, or of the exchange."""
        return next(iter((*self.desk.targets.symbols, *sorted(self.desk.instruments))))

    @property
    def instrument(self) -> Instrument:
        """The contract of that symbol."""
        return self.desk.instruments[self.symbol]

    async def size(self) -> Decimal:
        """Give how much a drill trades, base units: little, and above the venue's minimum."""
        quote = self.desk.quotes().get(self.symbol)
        if quote is None:
            self.desk.set_target(STRATEGY, self.symbol, ZERO)
            await self.desk.refresh()
            quote = self.desk.quotes()[self.symbol]
        rules = self.instrument
        steps = -(-rules.min_notional // (quote.bid * rules.step_size))
        return _SMALLEST * max(rules.min_quantity, steps * rules.step_size)

    async def trade(self) -> Report:
        """Turn the drill's own target from flat to a little long, or back; plan and send."""
        wanted = self.desk.targets.target(STRATEGY, self.symbol)
        is_flat = wanted is None or wanted.wanted == ZERO
        self.desk.set_target(STRATEGY, self.symbol, await self.size() if is_flat else ZERO)
        async with self.screen.turn:
            report = await self.desk.tick()
        if not report.orders:
            why = [line.why for line in report.plan.lines if line.leg.symbol == self.symbol]
            told = "; ".join(map(str, [*report.plan.refusals, *why]))
            raise InvalidInput(say("nothing was sent: {why}", why=retell(told)))
        return report

    async def kill(self) -> None:
        """Send an order, and end this program when the exchange has it and we do not know.

        Raises:
            VenueUnavailable: the order did not reach the exchange, and nothing was killed.
        """
        before = len((await self.ask(self.testnet.truth))["orders"])
        await self.ask(self.testnet.fault, "stream", "drop", seconds=SILENCE_SECONDS)
        await self.ask(self.testnet.fault, "create", "delay", phase="after_match", ms=60_000)
        trade = asyncio.ensure_future(self.trade())
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                while len((await self.ask(self.testnet.truth))["orders"]) == before:
                    if trade.done():
                        await trade  # says why nothing was sent
                    await asyncio.sleep(LOOK_SECONDS / 10)
        except TimeoutError:
            await self.ask(self.testnet.clear_faults)
            raise VenueUnavailable(
                say("the order did not reach the exchange; look above")
            ) from None
        self._end()

    async def ask(self, call: Callable[..., Any], *words: Any, **options: Any) -> Any:  # noqa: ANN401 - whatever the testnet answers
        """Command the testnet without holding the page up."""
        return await asyncio.to_thread(call, *words, **options)

    async def settle(self, report: Report) -> tuple[OrderReport, ...]:
        """Look until every order of a plan is final and booked; give their last reports."""
        ours = {told.order.client_order_id for told in report.orders}
        async with asyncio.timeout(PATIENCE_SECONDS):
            while any(r.order.client_order_id in ours for r in self.desk.view.working):
                await asyncio.sleep(LOOK_SECONDS)
                await self.desk.refresh()
        return self.desk.reports(report.plan)

    async def compare(self, reports: Iterable[OrderReport]) -> str:
        """Say what the exchange has of these orders beside what the books have.

        Raises:
            VenueUnavailable: the two differ; the message says by how much.
        """
        ours = {r.order.client_order_id: r for r in reports}
        truth = await self.ask(self.testnet.truth)
        there = [o for o in truth["orders"] if o["client_order_id"] in ours]
        traded = sum((Decimal(o["filled"]) for o in there), ZERO)
        booked = sum((r.filled for r in ours.values()), ZERO)
        sent = count(len(ours), "order")
        base = self.instrument.base
        said = say(
            "{sent} sent, the exchange has {there}; it filled {traded} {base}, the desk knows "
            "of {booked} {base}",
            sent=sent,
            there=len(there),
            traded=plain(traded),
            booked=plain(booked),
            base=base,
        )
        async with self.screen.turn:
            await self.desk.refresh()
        proved = all(proof.holds for proof in self.desk.proofs())
        if traded != booked or len(there) != len(ours) or not proved:
            raise VenueUnavailable(
                say("{said}: they differ; look at breaks and orders above", said=said)
            )
        return say("{said}. Nothing lost, nothing doubled.", said=said)


@dataclass(frozen=True, slots=True, kw_only=True)
class Drill:
    """One thing that can be made to go wrong."""

    name: str
    """On its button."""
    does: str
    """What the button does; ``{seconds}`` stands for how late a late fill is."""
    look_for: str
    """What to watch on the screen meanwhile."""
    run: Callable[[Rehearsal], Awaitable[str]]
    """Does it; gives the outcome in words."""


async def _lost_answer(drill: Rehearsal) -> str:
    await drill.ask(drill.testnet.fault, "create", "close", phase="after_match")
    reports = await drill.settle(await drill.trade())
    return say(
        "The exchange took the order and its answer was lost. The desk called it unknown, "
        "counted it in full and looked it up: {end}",
        end=await drill.compare(reports),
    )


async def _late_fill(drill: Rehearsal) -> str:
    await drill.ask(drill.testnet.late_fill, LATE_SECONDS)
    began = drill.screen.home.loop.time()
    reports = await drill.settle(await drill.trade())
    spent = drill.screen.home.loop.time() - began
    return say(
        "The fill came {spent:.1f} s after the order was sent; until then the order counted "
        "in full, so no second one was sent: {end}",
        spent=spent,
        end=await drill.compare(reports),
    )


async def _duplicate_fill(drill: Rehearsal) -> str:
    await drill.ask(drill.testnet.duplicate_fills, 3)
    reports = await drill.settle(await drill.trade())
    return say("Fills were told twice and booked once: {end}", end=await drill.compare(reports))


async def _manual_trade(drill: Rehearsal) -> str:
    size, leg = await drill.size(), drill.symbol
    await drill.desk.refresh()
    before = {found.leg: found.difference for found in drill.desk.breaks()}
    await drill.ask(drill.testnet.trade_by_hand, leg, "buy", size)
    async with asyncio.timeout(PATIENCE_SECONDS):
        while {f.leg: f.difference for f in drill.desk.breaks()} == before:
            await drill.desk.refresh()
            await asyncio.sleep(LOOK_SECONDS)
    found = next(f for f in drill.desk.breaks() if before.get(f.leg) != f.difference)
    return say(
        "{size} {base} was bought past the desk. It is a break on {leg}, {cause}: nothing is "
        "sent there until you repair it above.",
        size=signed(size),
        base=drill.instrument.base,
        leg=found.leg,
        cause=retell(found.cause),
    )


async def _stream_gap(drill: Rehearsal) -> str:
    cut = await drill.ask(drill.testnet.cut_streams)
    reports = await drill.settle(await drill.trade())
    async with asyncio.timeout(PATIENCE_SECONDS):
        while drill.desk.status.stream in {"down", "opening"}:  # noqa: ASYNC110 - of another thread
            await asyncio.sleep(LOOK_SECONDS)
    return say(
        "{cut} cut, and an order sent into the silence. The account was read instead; the "
        "stream is {state} again: {end}",
        cut=count(cut, "connection"),
        state=word(drill.desk.status.stream),
        end=await drill.compare(reports),
    )


async def _failed_read(drill: Rehearsal) -> str:
    number = await drill.ask(drill.testnet.fault, "positions", "close", times=0)
    sent = len((await drill.ask(drill.testnet.truth))["orders"])
    try:
        await drill.desk.preview()
    except NettoolsError as error:
        refused = str(error)
    else:
        refused = ""
    finally:
        await drill.ask(drill.testnet.clear_faults)
    after = len((await drill.ask(drill.testnet.truth))["orders"])
    await drill.desk.refresh()
    held = drill.desk.view.positions
    shown = say(", ").join(f"{leg} {signed(p.quantity)}" for leg, p in held.items()) or say(
        "no positions"
    )
    if not refused or after != sent:
        raise VenueUnavailable(
            say("fault {number} did not stop the plan; look at the orders", number=number)
        )
    return say(
        "The positions could not be read, so nothing was planned and nothing sent "
        '("{refused}"). Read again, the account is what it was: {shown}.',
        refused=retell(refused),
        shown=shown,
    )


DRILLS = (
    Drill(
        name="Lost answer",
        does="The exchange takes an order and its answer never comes.",
        look_for="in Orders the mark unknown, and filled after it; one order, not two",
        run=_lost_answer,
    ),
    Drill(
        name="Late fill",
        does="The next order is open and unfilled for {seconds} s, then fills.",
        look_for="the working order in the status line; no second order meanwhile",
        run=_late_fill,
    ),
    Drill(
        name="Duplicate fill",
        does="Fills are told twice, in the history and over the stream.",
        look_for="in Postings one fill for each execution",
        run=_duplicate_fill,
    ),
    Drill(
        name="Manual trade",
        does="Somebody buys a little on the exchange's own page, past the desk.",
        look_for="a break with its cause, and four repairs",
        run=_manual_trade,
    ),
    Drill(
        name="Stream gap",
        does="Every stream is cut without goodbye, and an order is sent.",
        look_for="the stream down, then live, in the status line",
        run=_stream_gap,
    ),
    Drill(
        name="Failed read",
        does="The positions cannot be read while a plan is asked for.",
        look_for="no order, and a position that is unknown rather than 0",
        run=_failed_read,
    ),
)
"""What can be rehearsed while the notebook goes on; a kill is the notebook's own end."""
