"""Money while things happen: funding in flight, fees in other coins, trades with oneself.

The rows of the fault matrix about money, and the small ones: answers that mean no harm, and
what grows over days.
"""

import asyncio
import gc
import sqlite3
import types
from contextlib import ExitStack
from unittest.mock import patch

import pytest
from ccxt.async_support.base.ws.cache import ArrayCache
from drive import PHASES, VENUES, Drive
from makers import BTC, d
from oracle import Oracle
from travel import travels

from nettools.desk.history import History

both_venues = pytest.mark.parametrize("venue", VENUES)
both_phases = pytest.mark.parametrize("phase", PHASES)
heard_or_not = pytest.mark.parametrize("streams", [False, True])
CENT = d("1e-8")


def _funding(drive):
    rows = drive.desk.accounts()
    return {row.strategy: row.funding for row in rows.itertuples() if row.symbol == BTC}


# --- funding


@both_venues
@both_phases
@pytest.mark.parametrize(("streams", "seconds"), [(False, 14_400), (False, 28_800), (True, 30)])
@pytest.mark.parametrize("rate", ["0.0001", "-0.005", "0.02"])
@travels
async def test_funding_is_split_by_what_each_held_when_it_settled(
    venue, phase, streams, seconds, rate
):
    """Row 36: an order is on its way; it was matched before the settlement, or after it."""
    async with Drive(venue, streams=streams) as drive:
        drive.want(a="1.0", b="0.5", c="-0.8")
        await drive.settle()
        due = dict.fromkeys("ABC", d(0))
        held = {"A": d("1.0"), "B": d("0.5"), "C": d("-0.8")}
        for wanted in ("-0.2", "-1.1"):
            asyncio.get_running_loop().seconds += seconds
            await drive.go_on(10, every=5)
            drive.fault("create", "delay", ms=3000, phase=phase)
            drive.want(c=wanted)
            ticking = asyncio.create_task(drive.tick())
            await asyncio.sleep(1.5)
            if phase == "after_match":
                held["C"] = d(wanted)
            told = await drive.server._settle_funding({"symbol": BTC, "rate": rate})
            (settled,) = told["settlements"]
            for name, quantity in held.items():
                due[name] -= quantity * d(rate) * d(settled["mark_price"])
            await ticking
            held["C"] = d(wanted)
        await drive.go_on(35)
        await drive.settle()
        found = _funding(drive)
        for name, amount in due.items():
            assert abs(found[name] - amount) <= CENT, (name, found[name], amount)


@both_venues
@heard_or_not
@travels
async def test_a_settlement_is_not_named_among_a_strangers_trades(venue, streams):
    """Row 14: its row shows the whole position as its quantity, and no order of ours."""
    async with Drive(venue, streams=streams) as drive:
        drive.want(a="1.0", c="-0.3")
        await drive.settle()
        await drive.server._settle_funding({"symbol": BTC, "rate": "0.0001"})
        await drive.trade_by_hand("buy", "0.01")
        await drive.go_on(10)
        (found,) = drive.desk.breaks()
        assert found.difference == d("0.01")
        assert ": 1 execution" in found.cause, found.cause
        await drive.repair(found, "assign")
        await drive.go_on(35)
        await drive.settle()


# --- fees


FEES = {
    "another coin": {"maker": "0.00018", "taker": "0.00045", "coin": "BNB", "price": "612.34"},
    "a rebate": {"maker": "-0.0001", "taker": "-0.00005", "coin": "", "price": "1"},
    "free": {"maker": "0", "taker": "0", "coin": "", "price": "1"},
}


@both_venues
@heard_or_not
@pytest.mark.parametrize("fees", FEES)
@travels
async def test_fees_are_what_each_execution_says(venue, streams, fees):
    """Row 39: it changes in the middle of a story, as with a discount that is switched on."""
    async with Drive(venue, streams=streams) as drive:
        drive.want(a="1.0", b="0.5", c="-0.8")
        await drive.settle()
        await drive.command("/fees", **FEES[fees])
        drive.want(a="0.4", c="-0.6")
        await drive.settle()
        drive.want(a="0.9")
        await drive.tick("limit")
        drive.fill(40)
        await drive.go_on(5, style="limit")
        drive.fill()
        await drive.settle("limit")
        paid = {fill.fee_currency: d(0) for fill in drive.fills}
        for fill in drive.fills:
            paid[fill.fee_currency] += fill.fee
        booked = dict.fromkeys(paid, d(0))
        for posting in drive.desk._manager.books.postings:
            if posting.fee:
                booked[posting.fee_currency] += posting.fee
        assert set(paid) == {"USDT", FEES[fees]["coin"] or "USDT"}
        for coin, amount in paid.items():
            assert abs(booked[coin] - amount) <= CENT, coin


@both_venues
@heard_or_not
@travels
async def test_a_fee_that_is_missing_and_comes_late_is_waited_for(venue, streams):
    """Row 39: an execution without its fee is not believed to have been free."""
    name = {"binance": "commission", "bybit": "execFee"}[venue]
    async with Drive(venue, streams=streams) as drive:
        drive.fault("trades", "omit", name=name, times=3, may_miss=streams)
        if streams:
            channel = {"binance": "ORDER_TRADE_UPDATE", "bybit": "execution"}[venue]
            drive.fault("stream", "drop", channel=channel, times=0)
        drive.want(a="1.0")
        await drive.go_on(10)
        await drive.settle()
        assert drive.position() == d("1.0")
        fees = sum(fill.fee for fill in drive.fills)
        assert abs(drive.desk.activity.fees - fees) <= CENT


# --- trades with oneself


def _assert_no_trade_with_oneself(drive):
    met = [r for r in drive.orders if r.expire_reason == "SELF_TRADE"]
    assert not met, [str(record.order) for record in met]


@both_venues
@pytest.mark.parametrize("mode", ["one-way", "hedge"])
@pytest.mark.parametrize("fault", ["none", "before_match", "after_match"])
@pytest.mark.parametrize("wanted", ["-0.5", "0.2"])
@travels
async def test_our_taker_never_meets_our_own_maker(venue, mode, fault, wanted):
    """Row 38: it rests at the best price when the targets turn; its cancel may get lost."""
    async with Drive(venue, mode, style="limit") as drive:
        drive.want(a="0.5", b="0.3")
        await drive.settle("market")
        drive.want(a="0.9")
        await drive.tick("limit")
        assert len(drive.engine.open_orders()) == 1
        if fault != "none":
            drive.fault("cancel", "close", phase=fault)
        drive.want(a=wanted, b="-0.1")
        await drive.go_on(15, style="market")
        await drive.settle("market")
        _assert_no_trade_with_oneself(drive)


@both_venues
@travels
async def test_one_leg_does_not_take_what_the_other_leg_quotes(venue):
    """Row 38, in hedge mode: the long leg rests at the best bid, the short one sells."""
    async with Drive(venue, "hedge", style="limit") as drive:
        drive.want(a="0.5")
        await drive.tick("limit")
        drive.want(c="-2.4")
        await drive.go_on(5, style="market")
        await drive.settle("market")
        assert drive.position(side="long") == d("0.5")
        assert drive.position(side="short") == d("-2.4")
        _assert_no_trade_with_oneself(drive)


# --- nothing to change


NOTHING_TO_CHANGE = {"binance": "-4059", "bybit": "110025"}
LEVERAGE_IS_SO = {"binance": "-4046", "bybit": "110043"}


@both_venues
@both_phases
@travels
async def test_a_venue_that_has_nothing_to_change_lets_the_desk_start(venue, phase):
    """Row 40: somebody, or our own request that was sent twice, has switched it already."""
    async with Drive(venue) as drive:
        await drive.crash()
        if phase == "before_match":  # it was switched between our look and our request
            await drive.command("/mode", mode="hedge")
            name, read = ("dualSidePosition", False) if venue == "binance" else ("", None)
            if name:
                drive.fault("mode", "put", name=name, value=read, times=1)
        drive.fault(
            "set_mode", reply=NOTHING_TO_CHANGE[venue], phase=phase, times=0, may_miss=True
        )
        drive.oracle._mode = type(drive.oracle._mode)("hedge")
        await drive.open(mode="hedge", journal=drive.folder / "other.sqlite")
        drive.want(a="0.5", c="-0.2")
        await drive.settle()
        assert drive.position(side="long") == d("0.5")
        assert drive.position(side="short") == d("-0.2")


@both_venues
@travels
async def test_a_leverage_that_is_so_already_is_no_error(venue):
    """Row 40."""
    async with Drive(venue) as drive:
        drive.fault("set_leverage", reply=LEVERAGE_IS_SO[venue], times=2)
        for leverage in (20, 10):
            await drive.desk._manager.venue.set_leverage(BTC, leverage)
        drive.want(a="0.5")
        await drive.settle()


# --- what grows


OUTSIDE = (
    *(type, types.ModuleType, types.FunctionType, types.CodeType, types.FrameType),
    *(asyncio.AbstractEventLoop, asyncio.Future, sqlite3.Connection, Oracle, ArrayCache),
)
"""Not a desk's, or bounded by whoever made it: ccxt keeps 1,000 orders, SQLite its cursors."""


def _weigh(desk):
    """Count what a desk holds on to: every object that is reached from it."""
    seen, left = {id(desk): desk}, [desk._manager]
    while left:
        one = left.pop()
        for referred in gc.get_referents(one):
            is_inside = not isinstance(referred, OUTSIDE) and gc.is_tracked(referred)
            if is_inside and id(referred) not in seen:
                seen[id(referred)] = referred
                left.append(referred)
    return len(seen)


BOUNDS = {
    "nettools.router.MOST_SETTLED": 10,
    "nettools.desk.recorder.RECENT": 60,
    "nettools.desk.incidents.MOST": 4,
    "nettools.desk.touches.MOST_TOUCHES": 10,
    "nettools.venues.bybit.venue.MOST_LEGS": 10,
}


async def _trade_through(drive, cycles):
    """Trade, lose answers and reads, and let the price move; then be quiet and weigh."""
    for cycle in range(cycles):
        drive.want(a="0.5" if cycle % 2 else "0.2")
        if cycle % 5 == 0:
            drive.fault("positions", "close", may_miss=True)
        if cycle % 7 == 0:
            drive.fault("create", reply="unknown", phase="after_match", may_miss=True)
        await drive.command("/price", symbol=BTC, percent="0.1" if cycle % 2 else "-0.1")
        await drive.tick()
        await asyncio.sleep(2)
    await drive.settle()
    gc.collect()
    return _weigh(drive.desk)


@both_venues
@heard_or_not
@travels
async def test_a_desk_that_trades_three_times_as_long_holds_no_more(venue, streams):
    """Row 41, in short: with its bounds drawn in, what is kept stays as it is."""
    with ExitStack() as bounds:
        for name, bound in BOUNDS.items():
            bounds.enter_context(patch(name, bound))
        bounds.enter_context(patch.object(History.__init__, "__defaults__", (10,)))
        async with Drive(venue, streams=streams) as drive:
            some = await _trade_through(drive, 16)
            many = await _trade_through(drive, 32)
            assert many <= some * 1.1, (some, many)
