"""Smart orders on a real exchange: rest first, follow, take the exact rest for a reason."""

import asyncio

import pytest
from makers import BTC, d
from minding import (
    SHORT,
    begin,
    both_venues,
    done,
    driven,
    ends,
    in_turn,
    minders,
    move,
    resting,
    side,
    switches,
    told,
)
from travel import travels

from nettools.journal.smart import SmartBegun
from nettools.model import Liquidity, OrderState, PositionSide, Side
from nettools.style import Style


@in_turn
@pytest.mark.parametrize("streams", [False, True])
@travels
async def test_a_patient_order_is_filled_as_a_maker(venue, mode, streams):
    async with driven(venue, mode, streams=streams) as drive:
        await begin(drive, a="0.7")
        (order,) = resting(drive)
        assert order.post_only
        assert order.limit_price == drive.desk.quotes()[BTC].bid
        drive.fill(40)
        await asyncio.sleep(2)
        (shown,) = minders(drive).at_work()
        assert (shown.filled, shown.quantity) == (d("0.28"), d("0.7"))
        assert shown.resting_at == order.limit_price
        drive.fill()
        await done(drive)
        assert drive.position(side=side(drive)) == d("0.7")
        assert {fill.liquidity for fill in drive.fills} == {Liquidity.MAKER}
        assert (switches(drive), ends(drive)) == (["rest: first quote"], ["filled"])
        await drive.settle()


@in_turn
@travels
async def test_when_its_time_is_up_it_takes_the_exact_rest(venue, mode):
    async with driven(venue, mode) as drive:
        await begin(drive, a="-0.7")
        drive.fill(40)
        await done(drive)
        assert drive.position(side=side(drive, "short")) == d("-0.7")
        taken = [f.quantity for f in drive.fills if f.liquidity is Liquidity.TAKER]
        assert sum(taken) == d("0.42")
        assert switches(drive) == ["rest: first quote", "take: timeout"]
        assert len(drive.orders) == 2
        last = told(drive)[-1]
        assert last.elapsed.total_seconds() == pytest.approx(10, abs=0.5)
        assert (last.filled, last.requotes) == (d("0.28"), 0)
        await drive.settle()


@both_venues
@travels
async def test_when_the_price_runs_away_it_takes_before_it_is_worse(venue):
    async with driven(venue) as drive:
        await begin(drive)
        await move(drive, "0.2")
        await done(drive, within=5)
        assert drive.position() == d("0.7")
        assert switches(drive)[-1] == "take: adverse move"
        switch = told(drive)[-1]
        assert switch.price <= switch.ask * d("1.002") + d("0.1")
        await drive.settle()


@both_venues
@travels
async def test_outbid_it_follows_after_its_least_rest_and_one_order_at_a_time(venue):
    async with driven(venue, style=Style(name="smart")) as drive:
        await begin(drive)
        (first,) = resting(drive)
        await move(drive, "0.01")
        await asyncio.sleep(1)
        assert resting(drive) == [first]
        await asyncio.sleep(4)
        (second,) = resting(drive)
        assert second.limit_price > first.limit_price
        assert second.client_order_id == first.client_order_id[:-1] + "2"
        assert switches(drive) == ["rest: first quote", "rest: best price moved"]
        drive.fill()
        await done(drive)
        await drive.settle()


@both_venues
@travels
async def test_followed_often_enough_it_takes(venue):
    style = Style(name="smart", rest_seconds=d(1), most_requotes=2, adverse_bps=None)
    async with driven(venue, style=style) as drive:
        await begin(drive)
        for _ in range(3):
            await move(drive, "0.01")
            await asyncio.sleep(3)
        assert drive.position() == d("0.7")
        assert switches(drive)[-1] == "take: too many re-quotes"
        assert len(drive.orders) == 4
        await drive.settle()


@both_venues
@travels
async def test_the_same_target_leaves_it_where_it_is_in_the_queue(venue):
    async with driven(venue) as drive:
        await begin(drive)
        (order,) = resting(drive)
        for _ in range(3):
            report = await drive.tick()
            assert report.plan.is_empty
            await asyncio.sleep(1)
        assert resting(drive) == [order]
        drive.fill()
        await done(drive)
        await drive.settle()


@in_turn
@pytest.mark.parametrize("target", ["1.2", "0.3", "-0.5", "0"])
@travels
async def test_a_new_target_in_the_middle_is_planned_anew_and_not_fought(venue, mode, target):
    async with driven(venue, mode) as drive:
        await begin(drive, a="0.7")
        drive.fill(40)  # 0.28
        await asyncio.sleep(1.5)
        drive.want(a=target)
        report = await drive.tick()
        assert report.plan.cancels
        assert not resting(drive)
        await drive.go_on(2)
        assert len(resting(drive)) <= 1
        await drive.settle()
        wanted = {"long": max(d(target), d(0)), "short": min(d(target), d(0))}
        for leg, quantity in wanted.items() if mode == "hedge" else [("both", d(target))]:
            assert drive.position(side=leg) == quantity


@in_turn
@travels
async def test_strategies_that_change_sides_are_not_kept_waiting(venue, mode):
    async with driven(venue, mode) as drive:
        await begin(drive, a="0.7")
        drive.fill(40)
        await asyncio.sleep(1.5)
        drive.want(a="-0.5")
        await drive.go_on(3, every=0.5)
        assert "target changed sign" in ends(drive)
        taken = [s for s in switches(drive) if s.startswith("take")]
        assert set(taken) == {"take: target changed sign"}
        assert drive.position(side=side(drive, "short")) == d("-0.5")
        await drive.settle()


@both_venues
@travels
async def test_in_hedge_mode_what_closes_goes_first(venue):
    async with driven(venue, "hedge") as drive:
        drive.want(a="0.5")
        await drive.tick("market")
        drive.want(a="-0.3")
        await drive.tick()
        await asyncio.sleep(1)
        (order,) = resting(drive)
        assert order.position_side is PositionSide.LONG
        assert [one.doing for one in minders(drive).at_work()][1] == "waits for its turn"
        drive.fill()
        await asyncio.sleep(2)
        (order,) = resting(drive)
        assert order.position_side is PositionSide.SHORT
        drive.fill()
        await done(drive)
        assert drive.position(side="short") == d("-0.3")
        await drive.settle()


@both_venues
@travels
async def test_in_hedge_mode_two_orders_of_ours_never_meet(venue):
    """Row 38: one leg is bought while the other is sold."""
    async with driven(venue, "hedge") as drive:
        drive.want(a="0.5", b="-0.4")
        await drive.go_on(30)
        assert drive.position(side="long") == d("0.5")
        assert drive.position(side="short") == d("-0.4")
        assert all(record.expire_reason == "" for record in drive.orders)
        await drive.settle()


@both_venues
@travels
async def test_what_it_takes_stays_on_this_side_of_an_own_resting_order(venue):
    """Row 38: a limit order of ours rests on the other leg, inside the cap."""
    async with driven(venue, "hedge") as drive:
        drive.want(b="-0.4")
        await drive.tick(Style(name="limit", offset_bps=d(0)))
        await asyncio.sleep(1)
        (own,) = resting(drive)
        drive.want(a="0.5")
        await drive.go_on(15)
        assert own in resting(drive)
        assert not drive.fills, "the best ask is our own"
        await drive.halt()


@both_venues
@travels
async def test_a_desk_that_is_closed_leaves_no_quote_behind(venue):
    async with driven(venue) as drive:
        await begin(drive)
        await drive.desk.close()
        assert not resting(drive)
        await drive.open()
        assert minders(drive).is_idle
        await drive.settle()


@both_venues
@travels
async def test_executing_a_plan_tells_what_became_of_it_once_it_is_done(venue):
    async with driven(venue) as drive:
        drive.want(a="0.7")
        plan = await drive.desk.preview(SHORT)
        (order,) = plan.orders
        assert order.post_only
        waiting = asyncio.ensure_future(drive.execute(plan))
        await asyncio.sleep(2)
        assert not waiting.done()
        await drive.look()  # the desk reads on meanwhile
        drive.fill(60)
        report = await waiting
        assert report.filled == d("0.7")
        assert [one.state for one in report.orders] == [OrderState.FILLED]
        assert [*report.positions.values()] == [d("0.7")]
        assert drive.desk.activity.orders_sent == 2
        assert drive.desk.activity.fees > 0


@both_venues
@travels
async def test_what_was_planned_and_seen_is_on_the_record(venue):
    async with driven(venue) as drive:
        await begin(drive)
        await done(drive)
        (begun,) = told(drive, SmartBegun)
        assert begun.style == SHORT
        assert begun.net == d("0.7")
        for switch in told(drive):
            assert switch.parent == begun.order.client_order_id
            assert (switch.bid, switch.ask) == (d("100000.0"), d("100000.1"))
        costs = drive.desk.execution_costs()
        assert list(costs["quantity"]) == [d("0.7")]
        assert list(costs["maker_share"]) == [0]
        assert list(costs["done"]) == [True]


@both_venues
@travels
async def test_a_book_that_leans_against_it_makes_it_take(venue):
    style = Style(name="smart", rest_seconds=d(1), imbalance=d("0.8"))
    async with driven(venue, style=style, streams=True) as drive:
        await begin(drive)
        await asyncio.sleep(3)
        assert minders(drive).names(), "the book is even"
        touch = drive.desk._manager.watch.quotes()[BTC]
        drive.engine.take(BTC, Side.BUY, touch.ask_quantity - d("0.001"), drive.now())
        await done(drive, within=5)
        assert switches(drive)[-1] == "take: book imbalance"
        await drive.settle()


@both_venues
@travels
async def test_a_market_order_does_not_meet_a_quote_of_ours_on_the_other_leg(venue):
    """Row 38: the quote goes first, whatever style it had."""
    async with driven(venue, "hedge") as drive:
        await begin(drive, a="0.5")
        drive.want(b="-0.4")
        report = await drive.tick("market")
        assert [one.order.position_side for one in report.orders] == [PositionSide.LONG]
        assert not resting(drive)
        await drive.go_on(3, style="market")
        assert drive.position(side="short") == d("-0.4")
        assert drive.position(side="long") == d("0.5")
        assert {fill.liquidity for fill in drive.fills} == {Liquidity.TAKER}
        await drive.settle("market")
