"""The desk against the in-memory exchange: preview, execute, tick, run, halt."""

import asyncio
import threading
from dataclasses import replace

import pytest
from makers import BTC, ETH, d, set_three

import nettools as nt
from nettools import router as router_module
from nettools.desk import watch as watch_module
from nettools.desk.thread import DeskThread
from nettools.model import OrderState, PositionMode, Side

CAREFUL = nt.Limits(price_move_bps=d(1))


@pytest.fixture
async def desk(venue, monkeypatch):
    monkeypatch.setattr(watch_module, "CATCH_UP", (0.0, 0.0))
    monkeypatch.setattr(router_module, "_POLLS", (0.0, 0.0, 0.0))
    desk = await nt.Desk.open(venue, clock=venue._clock, limits=CAREFUL)
    yield desk
    await desk.close()


async def test_three_strategies_become_one_order(desk):
    set_three(desk)
    plan = await desk.preview()
    assert [(o.side, o.quantity) for o in plan.orders] == [(Side.BUY, d("0.7"))]
    report = await desk.execute(plan)
    assert report.filled == d("0.7")
    assert desk.positions() == {BTC: d("0.7")}


async def test_c_goes_flat_and_the_desk_buys_its_part_back(desk):
    set_three(desk)
    await desk.tick()
    desk.set_state("C", "flat")
    report = await desk.tick()
    assert report.filled == d("0.8")
    assert desk.positions() == {BTC: d("1.5")}
    assert (await desk.tick()).orders == ()


async def test_a_preview_sends_nothing(desk, venue):
    set_three(desk)
    await desk.preview()
    assert venue.sends == 0
    assert desk.positions() == {}


async def test_opposite_targets_cross_inside_without_an_order(desk, venue):
    set_three(desk, a="1", b="-1", c="0")
    await desk.tick()
    assert venue.sends == 0
    assert desk.activity.strategy_orders == 2
    assert desk.activity.crossed_notional > 199_000
    assert desk.activity.fee_spared == desk.activity.crossed_notional * d("0.0005")


@pytest.mark.parametrize(
    ("move", "words"),
    [
        (lambda desk, _: desk.set_target("A", BTC, "0.9"), "targets changed"),
        (lambda _, venue: venue.advance(300),
         "price of BTC/USDT:USDT moved"),
        (lambda _, venue: venue._clock.go_on(61), "61 s old"),
    ],
)  # fmt: skip
async def test_a_plan_whose_ground_has_moved_is_not_sent(desk, venue, move, words):
    set_three(desk)
    plan = await desk.preview()
    move(desk, venue)
    with pytest.raises(nt.StalePlan, match=words):
        await desk.execute(plan)
    assert venue.sends == 0


async def test_a_plan_is_sent_once_however_often_the_button_is_pressed(desk, venue):
    set_three(desk)
    plan = await desk.preview()
    first, second = await asyncio.gather(
        desk.execute(plan), desk.execute(plan), return_exceptions=True
    )
    assert first.filled == d("0.7")
    assert isinstance(second, nt.StalePlan)
    assert venue.sends == 1


async def test_a_manual_trade_makes_the_plan_stale(desk, venue):
    set_three(desk)
    plan = await desk.preview()
    by_hand = replace(plan.orders[0], client_order_id="by-hand", quantity=d("0.1"))
    venue.engine.place(by_hand, venue._clock())
    with pytest.raises(nt.StalePlan, match=r"position on .* moved from 0 to \+0\.1"):
        await desk.execute(plan)


@pytest.mark.parametrize("bad", ["abc", "nan", "inf", "1e400", "", "  ", float("-inf")])
async def test_a_target_that_is_no_number_changes_nothing(desk, bad):
    set_three(desk)
    before = desk.targets
    with pytest.raises(nt.InvalidInput, match="target of A on BTC"):
        desk.set_target("A", BTC, bad)
    assert desk.targets == before


async def test_a_float_is_read_as_it_was_typed(desk):
    desk.set_target("A", BTC, 0.1)
    assert desk.targets.target("A", BTC).quantity == d("0.1")


async def test_a_symbol_the_venue_does_not_trade_is_refused_with_those_it_does(desk):
    with pytest.raises(
        nt.InvalidInput, match=r"not traded on memory; there is .*BTC/USDT:USDT"
    ):
        desk.set_target("A", "DOGE/USDT:USDT", "1")


async def test_a_target_beyond_the_cap_is_refused_in_money(desk):
    set_three(desk)
    await desk.preview()
    with pytest.raises(nt.InvalidInput, match="above the cap of 500,000"):
        desk.set_target("A", BTC, "10")


async def test_an_order_below_the_minimum_is_shown_and_not_sent(desk, venue):
    desk.set_target("A", ETH, "0.005")
    plan = await desk.preview()
    assert [r.reason for r in plan.refusals] == ["MIN_NOTIONAL"]
    await desk.execute(plan)
    assert venue.sends == 0


async def test_an_unreadable_account_means_no_order_and_not_flat(desk, venue):
    set_three(desk)
    await desk.tick()
    venue.fault = "blind"
    desk.set_target("A", BTC, "2")
    venue._clock.go_on(1)
    with pytest.raises(nt.VenueUnavailable):
        await desk.tick()
    assert venue.sends == 1
    assert desk.positions() == {BTC: d("0.7")}, "the last good view stays"


async def test_a_lost_answer_does_not_double_the_position(desk, venue):
    set_three(desk)
    venue.fault = "lost answer"
    await desk.tick()
    venue.fault = ""
    venue._clock.go_on(1)
    await desk.tick()
    assert desk.positions() == {BTC: d("0.7")}
    assert venue.sends == 1


async def test_a_lost_request_is_sent_again_only_once_it_surely_never_arrived(desk, venue):
    set_three(desk)
    venue.fault = "lost request"
    await desk.tick()
    venue.fault = ""
    for _ in range(3):
        venue._clock.go_on(5)
        assert (await desk.tick()).orders == (), "it may be live, so it counts"
    assert "unknown" in desk.status.notes[0]
    venue._clock.go_on(10)
    await desk.tick()
    venue._clock.go_on(1)
    await desk.tick()
    assert desk.positions() == {BTC: d("0.7")}
    assert venue.sends == 2


async def test_a_resting_order_counts_and_is_not_sent_twice(desk, venue):
    desk.set_target("A", BTC, "0.5")
    await desk.tick("limit")
    await desk.tick("limit")
    assert venue.sends == 1
    assert desk.view.working[0].working_quantity == d("0.5")


async def test_an_order_that_pulls_the_other_way_is_canceled_before_anything_new(desk):
    desk.set_target("A", BTC, "0.5")
    await desk.tick("limit")
    desk.set_target("A", BTC, "-0.2")
    report = await desk.tick()
    assert [r.state for r in report.orders] == [OrderState.CANCELED]
    assert (await desk.tick()).filled == d("-0.2")


async def test_halt_cancels_what_rests_and_sends_nothing_until_resumed(desk):
    desk.set_target("A", BTC, "0.5")
    await desk.tick("limit")
    canceled = await asyncio.wrap_future(desk.halt())
    assert [r.state for r in canceled] == [OrderState.CANCELED]
    with pytest.raises(nt.DeskHalted):
        await desk.tick()
    desk.resume()
    assert (await desk.tick()).filled == d("0.5")


async def test_orders_of_others_are_counted_and_left_alone(desk, venue):
    desk.set_target("A", BTC, "0.5")
    plan = await desk.preview("limit")
    foreign = replace(plan.orders[0], client_order_id="by-hand", limit_price=d("99000"))
    venue.engine.place(foreign, venue._clock())
    await desk.refresh()
    assert "1 resting order on the account, not sent by this desk" in desk.status.notes
    await asyncio.wrap_future(desk.halt())
    assert len(venue.engine.open_orders(BTC)) == 1


async def test_a_position_that_own_fills_do_not_explain_freezes_the_symbol(desk, venue):
    set_three(desk)
    real_positions = venue.positions

    async def stuck():
        return ()

    venue.positions = stuck
    report = await desk.tick()
    assert "checking a difference of -0.7 with the venue" in report.problem
    venue._clock.go_on(1)
    assert (await desk.tick()).orders == (), "not sent twice"
    assert venue.sends == 1
    venue.positions = real_positions
    venue._clock.go_on(1)
    await desk.tick()
    assert desk.breaks() == ()
    assert venue.sends == 1


class Steady:
    """A strategy that wants what it was told."""

    def __init__(self, name, wish):
        self.name, self.wish = name, wish

    def targets(self, _quotes, _now):
        if isinstance(self.wish, Exception):
            raise self.wish
        return {BTC: self.wish}


async def test_a_strategy_that_raises_is_held_where_it_is_and_the_others_go_on(desk):
    first, second = Steady("A", "1.0"), Steady("B", "-0.4")
    desk.add_strategy(first)
    desk.add_strategy(second)
    await desk.tick()
    assert desk.positions() == {BTC: d("0.6")}
    first.wish, second.wish = RuntimeError("no data"), "-0.5"
    await desk.tick()
    assert desk.positions() == {BTC: d("0.5")}
    assert desk.status.notes == (f"A on {BTC} is unknown: RuntimeError: no data",)


async def test_the_loop_trades_until_it_is_stopped_and_a_second_run_is_the_same_loop(desk):
    desk.add_strategy(Steady("A", "0.3"))
    done = asyncio.Event()
    here = asyncio.get_running_loop()
    desk.subscribe(lambda: here.call_soon_threadsafe(done.set) if desk.positions() else None)
    desk.run(every=0.01)
    desk.run(every=0.02)
    await asyncio.wait_for(done.wait(), 5)
    assert desk.status.state == "running"
    await desk.stop()
    assert desk.status.state == "idle"
    assert desk.positions() == {BTC: d("0.3")}


async def test_an_outage_is_one_incident_with_a_count_and_trading_goes_on_after_it(desk, venue):
    venue.fault = "blind"
    venue._clock.go_on(10)
    desk.set_target("A", BTC, "0.3")
    failed = asyncio.Event()
    here = asyncio.get_running_loop()
    desk.subscribe(
        lambda: here.call_soon_threadsafe(failed.set) if desk.status.problem_count > 2 else None
    )
    desk.run(every=0.01)
    await asyncio.wait_for(failed.wait(), 5)
    assert "came back empty" in desk.status.problem
    venue.fault = ""
    while not desk.positions():  # noqa: ASYNC110 - the loop tells by trading
        await asyncio.sleep(0.01)
    await desk.stop()
    assert desk.status.problem == ""


async def test_a_waiting_cell_that_is_interrupted_does_not_tear_the_send(desk, venue):
    set_three(desk)
    cell = asyncio.ensure_future(desk.tick())
    await asyncio.sleep(0)
    cell.cancel()
    with pytest.raises(asyncio.CancelledError):
        await cell
    await desk.refresh()
    assert (await desk.tick()).orders == ()
    assert desk.positions() == {BTC: d("0.7")}
    assert venue.sends == 1


@pytest.mark.filterwarnings("error")
def test_what_was_handed_over_runs_to_its_end_when_the_loop_that_waited_is_gone():
    thread, begun, ended = DeskThread("alone"), threading.Event(), threading.Event()

    async def work() -> None:
        begun.set()
        await asyncio.sleep(0.05)
        ended.set()

    async def leave() -> None:
        waiting = asyncio.ensure_future(thread.call(work()))
        await asyncio.to_thread(begun.wait, 5)
        waiting.cancel()

    asyncio.run(leave())
    assert ended.wait(5)
    thread.stop()


async def test_hedge_mode_keeps_long_and_short_apart_and_flips_by_closing_first(venue):
    venue.engine.set_mode(PositionMode.HEDGE)
    async with await nt.Desk.open(venue, mode="hedge", clock=venue._clock) as desk:
        set_three(desk)
        await desk.tick()
        assert desk.positions() == {(BTC, "LONG"): d("1.5"), (BTC, "SHORT"): d("-0.8")}
        desk.set_target("C", BTC, "0.2")
        plan = await desk.preview()
        assert [(o.position_side.name, o.side.name) for o in plan.orders] == [
            ("SHORT", "BUY"),
            ("LONG", "BUY"),
        ]
        await desk.execute(plan)
        assert desk.positions() == {(BTC, "LONG"): d("1.7")}


async def test_an_account_in_the_other_mode_is_not_traded_and_the_cure_is_named(venue):
    with pytest.raises(nt.InvalidInput, match='open it with mode="one-way", or switch'):
        await nt.Desk.open(venue, mode="hedge")


async def test_a_cell_that_opens_the_desk_again_leaves_one_desk(desk, venue):
    set_three(desk)
    plan = await desk.preview()
    async with await nt.Desk.open(venue, clock=venue._clock) as again:
        assert desk.status.state == "closed"
        assert again.status.state == "idle"
        with pytest.raises(nt.DeskHalted, match="the desk is closed"):
            await desk.execute(plan)


async def test_a_closed_desk_says_so(desk):
    set_three(desk)
    await desk.close()
    await desk.close()
    assert desk.status.state == "closed"
    assert repr(desk) == "Desk(memory, one-way, closed)"


async def test_a_removed_strategy_is_traded_out(desk):
    set_three(desk)
    await desk.tick()
    desk.remove_strategy("A")
    await desk.tick()
    assert desk.positions() == {BTC: d("-0.3")}


async def test_two_strategies_cannot_share_a_name(desk):
    desk.add_strategy("A")
    with pytest.raises(nt.InvalidInput, match="already"):
        desk.add_strategy(Steady("A", "1"))
    assert (await desk.tick()).plan.lines == ()
