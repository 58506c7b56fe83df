"""What happens between our own parts: the disk, the trader's hands, the strategies, both legs.

Rows of the fault matrix where nothing is wrong with the exchange, or the two-legged form of
those where something is.
"""

import asyncio
import contextlib
import gc
import math
import os
import sqlite3
from typing import ClassVar

import pytest
from bookkeeping import executed
from drive import PHASES, VENUES, Drive
from hypothesis import given, settings
from hypothesis import strategies as st
from makers import BTC, ETH, d, leg
from travel import travels

import nettools as nt
from nettools.allocate import RESIDUAL, allocate_fill
from nettools.ledger import Ledger, post
from nettools.model import OrderState
from nettools.style import Style
from nettools.testnet.faults import Fault

both_venues = pytest.mark.parametrize("venue", VENUES)
both_phases = pytest.mark.parametrize("phase", PHASES)
heard_or_not = pytest.mark.parametrize("streams", [False, True])
STEP = 3 if os.environ.get("FAULTS") == "all" else 6
"""Each part of a test that goes through all calls or writes takes every so-manieth."""


# --- two legs: cancels that race fills


@both_venues
@both_phases
@pytest.mark.parametrize("percent", [40, 100])
@travels
async def test_on_a_leg_a_cancel_that_races_a_fill_leaves_exactly_the_rest(
    venue, phase, percent
):
    """Row 10, in hedge mode: both legs rest, the targets turn, the long one fills meanwhile."""
    async with Drive(venue, "hedge", style="limit") as drive:
        drive.want(a="0.5", c="-0.3")
        await drive.tick()
        drive.fault("cancel", "fill", phase=phase, percent=percent)
        drive.want(a="-0.2", c="0.1")
        await drive.tick("market")
        await drive.settle("market")
        assert drive.position(side="long") == d("0.1")
        assert drive.position(side="short") == d("-0.2")


@both_venues
@both_phases
@pytest.mark.parametrize("do", ["close", "drop"])
@pytest.mark.parametrize("fills", [0, 37])
@travels
async def test_on_a_leg_the_taker_waits_while_the_makers_cancel_is_unknown(
    venue, phase, do, fills
):
    """Row 11, in hedge mode: the other leg has nothing to do with it and trades on."""
    async with Drive(venue, "hedge", style="limit") as drive:
        drive.want(a="0.5")
        await drive.tick()
        if fills:
            drive.fault("cancel", "fill", percent=fills)
        drive.fault("cancel", do, phase=phase)
        drive.fault("order", "drop", times=3, may_miss=True)
        drive.want(a="0.2", c="-0.3")
        await drive.go_on(10, style="market")
        await drive.settle("market")
        assert drive.position(side="long") == d("0.2")
        assert drive.position(side="short") == d("-0.3")


# --- evidence, and what only looks like it


@both_venues
@pytest.mark.parametrize("do", ["close", "html"])
@travels
async def test_look_ups_that_fail_never_count_as_not_found(venue, do):
    """Row 5, R3: no list shows the order either, so it stays unknown, in full, and the only."""
    async with Drive(venue, style="limit") as drive:
        drive.fault("create", "close", phase="after_match")
        answer = {"reply": do} if do == "html" else {"do": do}
        drive.fault("order", times=0, **answer)
        drive.fault("orders", times=0, may_miss=True, **answer)
        drive.fault("open_orders", "partial", keep=0, times=0)
        drive.want(a="0.5")
        await drive.go_on(60, every=2)
        (report,) = drive.desk._manager.router.working
        assert (report.state, report.working_quantity) == (OrderState.UNKNOWN, d("0.5"))
        drive.heal()
        drive.fill()
        await drive.settle("limit")
        assert len(drive.orders) == 1


@both_venues
@heard_or_not
@travels
async def test_an_empty_list_of_positions_is_not_even_a_break(venue, streams):
    """Row 9: the account page says otherwise, so nothing is known, and nothing is named."""
    async with Drive(venue, streams=streams) as drive:
        drive.want(a="0.5")
        await drive.settle()
        drive.fault("positions", "partial", keep=0, times=0)
        await drive.go_on(10)
        await drive.look()
        assert drive.desk.breaks() == ()
        assert drive.desk.positions() == {BTC: d("0.5")}
        await drive.settle()


@both_venues
@travels
async def test_a_closing_order_that_comes_after_a_liquidation_opens_nothing(venue):
    """Rows 6 and 21: it was cut to what there is to reduce, which is nothing any more."""
    async with Drive(venue) as drive:
        drive.want(a="0.7")
        await drive.settle()
        drive.fault("create", "delay", ms=3000, phase="before_match")
        drive.want(a="0")
        ticking = asyncio.create_task(drive.tick())
        await asyncio.sleep(1.5)
        await drive.command("/liquidate", symbol=BTC)
        await ticking
        await drive.go_on(10)
        assert drive.position() == 0
        assert all(fill.client_order_id.startswith(("nt", "auto")) for fill in drive.fills)
        await drive.settle()


@both_venues
@pytest.mark.parametrize("call", ["open_orders", "order"])
@travels
async def test_an_old_answer_about_an_order_takes_no_fill_back(venue, call):
    """Row 27: the stream has told of a fill, and a read shows the order as it was before."""
    async with Drive(venue, streams=True, style="limit") as drive:
        drive.want(a="0.5")
        await drive.tick()
        await drive.go_on(3)
        drive.fault(call, "stale", age=2, times=0, seconds=8, may_miss=True)
        drive.fill(40)
        since = drive.now()
        await drive.go_on(8)
        assert drive.oracle.asked_since(since, "create", "cancel") == 0
        (report,) = drive.desk._manager.router.working
        assert report.filled == d("0.2")
        drive.fill()
        await drive.settle("limit")
        assert len(drive.orders) == 1


@both_venues
@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("call", ["positions", "open_orders", "balance", "ticker"])
@travels
async def test_a_fill_that_is_told_while_the_account_is_read_is_not_traded_twice(
    venue, call, phase
):
    """Row 27: the position was read before it, what works after it."""
    async with Drive(venue, streams=True, style="limit") as drive:
        drive.want(a="0.5")
        await drive.tick()
        await asyncio.sleep(3)
        drive.fault(call, "delay", ms=800, phase=phase)
        ticking = asyncio.create_task(drive.tick("market"))
        await asyncio.sleep(0.4)
        drive.fill()
        await ticking
        await drive.settle("market")
        assert drive.position() == d("0.5")
        assert len(drive.orders) == 1


# --- the disk


class Disk:
    """The disk below a desk's journal: from the n-th commit from now on, all of them fail.

    Args:
        drive: whose desk writes.
        kind: "full", "read-only" or "broken"; "lying" is broken, and what the first commit
            that failed wanted to write is there all the same when the journal is opened again.
        nth: of the commits.
    """

    ERRORS: ClassVar = {
        "full": ("SQLITE_FULL", "database or disk is full"),
        "read-only": ("SQLITE_READONLY", "attempt to write a readonly database"),
        "broken": ("SQLITE_IOERR_FSYNC", "disk I/O error"),
        "lying": ("SQLITE_IOERR_FSYNC", "disk I/O error"),
    }

    def __init__(self, drive, kind, nth):
        self._drive, self._kind, self._nth = drive, kind, nth
        store = drive.desk._manager.recorder.journal._store
        self._path = store.path
        self._sqlite, store._sqlite = store._sqlite, self
        self.failed = None
        """When it first failed (UTC)."""
        self._rows = self._kept = ()

    def __getattr__(self, name):
        return getattr(self._sqlite, name)

    def executemany(self, statement, rows):
        self._rows = (statement, tuple(rows))
        return self._sqlite.executemany(*self._rows)

    def execute(self, statement, *values):
        if statement != "COMMIT":
            return self._sqlite.execute(statement, *values)
        self._nth -= 1
        if self._nth > 0:
            return self._sqlite.execute(statement)
        if self.failed is None:
            self.failed, self._kept = self._drive.now(), self._rows
        name, words = self.ERRORS[self._kind]
        error = sqlite3.OperationalError(words)
        error.sqlite_errorname = name
        raise error

    def show(self):
        """Show what is on it, now that nobody writes any more."""
        if self._kind == "lying":
            with contextlib.closing(sqlite3.connect(self._path)) as file, file:
                file.executemany(*self._kept)


@both_venues
@pytest.mark.parametrize("kind", Disk.ERRORS)
@pytest.mark.parametrize("part", range(3))
@travels
async def test_after_a_write_that_failed_no_order_is_sent(venue, kind, part):
    """Row 17, loop 2: the n-th write of a story with orders flowing, for n = 1 to the last."""
    for nth in range(1 + part, 40, STEP):
        async with Drive(venue) as drive:
            disk = Disk(drive, kind, nth)
            for wanted in ("1.0", "0.4", "-0.3", "0.6"):
                drive.want(a=wanted, c="-0.2")
                await drive.tick()
                await asyncio.sleep(1)
            if disk.failed is None:
                return  # the story has fewer writes than that
            late = [t for t, call in drive.oracle.calls if call.name == "create"]
            assert not [moment for moment in late if moment > disk.failed]
            assert drive.desk.status.state == "halted"
            assert "nothing may be sent" in drive.desk.status.problem
            await drive.crash()
            disk.show()
            await drive.open()
            drive.want(a="0.6", c="-0.2")  # the last of them may not have been written
            await drive.settle()
            assert drive.position() == d("0.4")


# --- whose fill is it?


async def _shares(venue, names, parts):
    """Let a net order fill in parts; give what each strategy holds after each of them."""
    wants = {"a": "0.5", "b": "0.301", "c": "-0.1", "e": "0.007"}
    async with Drive(venue, style="limit") as drive:
        drive.want(**{name: wants[name] for name in names})
        await drive.tick()
        seen = []
        for percent in parts:
            drive.fill(percent)
            await drive.look()
            rows = drive.desk.accounts().itertuples()
            seen.append({row.strategy: row.virtual for row in rows})
        await drive.settle("limit")
        wanted = {name.upper(): d(wants[name]) for name in names}
        assert {n: v for n, v in seen[-1].items() if n in wanted} == wanted
        return seen


@both_venues
@pytest.mark.parametrize("parts", [(1, 1, 100), (37, 100), (99, 100), (50, 50, 50, 100)])
@travels
async def test_a_net_order_that_fills_in_parts_is_shared_whatever_the_order_of_names(
    venue, parts
):
    """Row 22: the shares hang on what each needs, and not on who came first."""
    one = await _shares(venue, "abce", parts)
    other = await _shares(venue, "ecba", parts)
    assert one == other


_needs = st.lists(st.integers(1, 10_000), min_size=1, max_size=100)
_cuts = st.lists(st.integers(1, 99), max_size=6)


@settings(max_examples=60)
@given(lots=_needs, cuts=_cuts, shuffled=st.randoms(use_true_random=False))
def test_every_partial_pattern_is_shared_exactly_among_up_to_a_hundred(lots, cuts, shuffled):
    """Row 22: sums exact after each part, nobody overfilled, the same in any order of names."""
    wanted = {f"S{n}": d(n_lots) / 1000 for n, n_lots in enumerate(lots)}
    total = sum(wanted.values())
    names = list(wanted)
    ledgers = []
    for _ in range(2):
        shuffled.shuffle(names)
        ledger, left = Ledger(), total
        for percent in (*cuts, 100):
            part = (left * percent / 100).quantize(d("0.001")) if percent < 100 else left
            if not part:
                continue
            needs = {name: wanted[name] - ledger.on(leg(), name).quantity for name in names}
            ledger = post(ledger, allocate_fill(executed(part, "100", "0.07"), needs))
            left -= part
            assert ledger.position(leg()) == total - left
        assert not ledger.on(leg(), RESIDUAL).quantity
        ledgers.append({name: ledger.on(leg(), name).quantity for name in wanted})
    assert ledgers[0] == ledgers[1] == wanted


# --- the trader's hands


CALLS = 33
"""More than a cell makes, so that it is interrupted at every one of them."""


async def _cell(drive):
    drive.want(a="1.0", b="0.5", c="-0.8")
    await drive.tick()
    drive.want(c="-0.2")
    await drive.tick("limit")


async def _filled(drive):
    """Let what rests fill, and be quiet."""
    await drive.look()
    while drive.engine.open_orders():
        drive.fill()
    await drive.settle("limit")


async def _until_call(drive, nth, cell):
    """Let a cell run until its n-th call hangs; False when it makes fewer."""
    hang = Fault(do="delay", phase="before_match", nth=nth, ms=300)
    number = drive.server.gate.faults.add(hang)
    armed = drive.server.gate.faults._armed[number]
    while not cell.done() and not armed.fired:  # noqa: ASYNC110 - it tells nobody
        await asyncio.sleep(0.01)
    return bool(armed.fired)


@both_venues
@pytest.mark.parametrize("part", range(3))
@travels
async def test_a_cell_that_is_interrupted_at_any_call_tears_nothing_and_may_be_run_again(
    venue, part
):
    """Row 33: whatever it waited for goes on; run again, it goes on from there."""
    lost = []
    asyncio.get_running_loop().set_exception_handler(lambda _, told: lost.append(told))
    for nth in range(1 + part, CALLS, STEP):
        async with Drive(venue) as drive:
            cell = asyncio.create_task(_cell(drive))
            await _until_call(drive, nth, cell)
            cell.cancel()
            await asyncio.gather(cell, return_exceptions=True)
            await _cell(drive)
            await _filled(drive)
            assert drive.position() == d("1.3")
    gc.collect()
    assert not lost, lost


@both_venues
@pytest.mark.parametrize("part", range(3))
@travels
async def test_a_halt_at_any_call_sends_nothing_more_and_leaves_nothing_resting(venue, part):
    """Row 33: what was on its way is followed to its end, and canceled when it rests."""
    for nth in range(1 + part, CALLS, STEP):
        async with Drive(venue) as drive:
            cell = asyncio.create_task(_cell(drive))
            await _until_call(drive, nth, cell)
            on_their_way = drive.oracle.asked["create"]
            halted = drive.desk.halt()
            await asyncio.gather(cell, asyncio.wrap_future(halted), return_exceptions=True)
            assert drive.oracle.asked["create"] <= on_their_way + 1
            await drive.halt()
            assert drive.engine.open_orders() == ()
            drive.desk.resume()
            await _cell(drive)
            await _filled(drive)
            assert drive.position() == d("1.3")


@both_venues
@travels
async def test_a_loop_that_is_started_twice_is_one_loop(venue):
    """Row 33: the second call changes the rhythm, and does not ask twice as often."""
    async with Drive(venue) as drive:
        drive.want(a="0.5")
        since = drive.now()
        await drive.run(10)
        once = drive.oracle.asked_since(since, "positions")
        since = drive.now()
        drive.desk._manager.run(1.0, Style.read("market"))
        await drive.run(10)
        assert drive.oracle.asked_since(since, "positions") <= once + 2
        await drive.settle()
        assert len(drive.orders) == 1


# --- strategies


class Answering:
    """A strategy that answers, or raises, what it is told to."""

    def __init__(self, name, answer):
        self.name, self.answer = name, answer

    def targets(self, quotes, now):  # noqa: ARG002 - as strategies are asked
        if callable(self.answer):
            return self.answer(quotes)
        if isinstance(self.answer, BaseException):
            raise self.answer
        return self.answer


NONSENSE = (
    *(math.nan, math.inf, -math.inf, 1e308, -1e308, "1e999999", "NaN", "Infinity"),
    *(d("NaN"), d("-Infinity"), d("sNaN"), 10**400, 6, "-6", None, True, "", "much", [], {}),
    *(b"1", 1j, object(), ["1"], "1_0", "\u0661.5\u0000"),
)
ANSWERS = (
    *({BTC: value} for value in NONSENSE),
    *({ETH: "1", BTC: value} for value in (math.nan, None, "1e30")),
    *(None, 5, "BTC", [BTC], {"NOPE/USDT:USDT": "1"}, {7: "1"}, {None: "1"}, {"": "1"}),
    *(KeyError("no data"), ZeroDivisionError(), StopIteration(), RecursionError()),
    *(MemoryError(), AssertionError(), SystemExit(1), asyncio.CancelledError()),
    *(nt.InvalidInput("x"), TimeoutError("<img src=x onerror=alert(1)>")),
    lambda quotes: quotes.clear(),
)


@both_venues
@travels
async def test_a_strategy_that_answers_nonsense_is_held_and_the_others_go_on(venue):
    """Row 34: not a number, endless, nothing, huge, of no symbol, or an error instead."""
    async with Drive(venue, limits=nt.Limits(orders_per_minute=10_000)) as drive:
        mad, sane = Answering("Mad", {BTC: "0.3"}), Answering("Sane", {BTC: "0.2"})
        drive.desk.add_strategy(mad)
        drive.desk.add_strategy(sane)
        await drive.settle()
        assert drive.position() == d("0.5")
        for number, answer in enumerate(ANSWERS):
            mad.answer = answer
            sane.answer = {BTC: "0.4" if number % 2 else "0.2"}
            await drive.tick()
            assert drive.position() == d("0.3") + d(sane.answer[BTC]), answer
            assert drive.position(ETH) == 0, answer
            (known,) = [i for i in drive.desk.incidents() if not i.is_over]
            assert (known.kind, known.subject) == ("strategy", "Mad"), answer
        mad.answer = {BTC: "0.1"}
        await drive.settle()
        assert not [i for i in drive.desk.incidents() if not i.is_over]
        assert len(drive.orders) == drive.oracle.asked["create"]


@both_venues
@travels
async def test_a_strategy_beyond_its_cap_is_held_and_named_in_money(venue):
    """Row 34: 500,000 USDT is what one strategy may want."""
    async with Drive(venue) as drive:
        drive.desk.add_strategy(Answering("Huge", {BTC: "0.3"}))
        await drive.settle()
        drive.desk.remove_strategy("Huge")
        drive.desk.add_strategy(Answering("Greedy", {BTC: "5.1"}))
        drive.want(a="0.2")
        await drive.settle()
        assert drive.position() == d("0.2")
        assert any("Greedy" in i.subject for i in drive.desk.incidents() if not i.is_over)


CAPS = {
    "order": nt.Limits(order_notional=d(60_000)),
    "symbol": nt.Limits(symbol_notional=d(60_000)),
    "account": nt.Limits(account_notional=d(60_000)),
}


@both_venues
@pytest.mark.parametrize("cap", CAPS)
@pytest.mark.parametrize("mode", ["one-way", "hedge"])
@travels
async def test_no_target_moves_the_account_beyond_a_cap(venue, cap, mode):
    """Row 34: what grows is refused with its numbers, what shrinks goes on."""
    async with Drive(venue, mode, limits=CAPS[cap]) as drive:
        drive.want(a="0.4")
        await drive.settle()
        drive.want(a="0.4", b="1.2")
        since = drive.now()
        await drive.go_on(3)
        assert drive.oracle.asked_since(since, "create") == 0
        side = "both" if mode == "one-way" else "long"
        assert drive.position(side=side) == d("0.4")
        plan = await drive.desk.preview()
        (refusal,) = plan.refusals
        assert refusal.reason == f"{cap.upper()}_LIMIT"
        assert "raise limits." in str(refusal)
        drive.want(a="0.1", b="0")
        await drive.settle()
        assert drive.position(side=side) == d("0.1")


@both_venues
@travels
async def test_a_strategy_that_flickers_sends_no_more_orders_than_a_minute_allows(venue):
    """Row 34: what is over the cap waits, and the position ends where it is wanted."""
    async with Drive(venue, limits=nt.Limits(orders_per_minute=6)) as drive:
        since = drive.now()
        for number in range(40):
            drive.want(a="0.4" if number % 2 else "-0.4")
            await drive.tick()
            await asyncio.sleep(1)
        assert drive.oracle.asked_since(since, "create") <= 6
        drive.want(a="0.1")
        await asyncio.sleep(60)
        await drive.settle()
        assert drive.position() == d("0.1")
