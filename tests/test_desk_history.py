"""What every account earned, read by read: bounded, and always the account's own sum."""

from itertools import pairwise

import pytest
from makers import BTC, d

import nettools as nt
from nettools.desk.history import History
from nettools.model import Order, Side


@pytest.fixture
async def desk(venue):
    desk = await nt.Desk.open(venue, clock=venue._clock)
    for strategy, quantity in (("A", "1.0"), ("B", "0.5"), ("C", "-0.8")):
        desk.set_target(strategy, BTC, quantity)
    yield desk
    await desk.close()


async def _let_time_pass(desk, venue, seconds=10):
    venue.advance(seconds)
    venue._clock.go_on(seconds)
    await desk.refresh()


async def test_at_every_read_the_strategies_and_the_residual_earned_what_the_account_did(
    desk, venue
):
    await desk.tick()
    for _ in range(5):
        await _let_time_pass(desk, venue)
    history = desk.history()
    assert list(history.columns) == [
        *("A", "B", "C", "(residual)", "(together)", "(account)", "(gap)")
    ]
    assert history.index.is_monotonic_increasing
    assert max(abs(gap) for gap in history["(gap)"]) <= d("2e-8")
    mine = history[["A", "B", "C", "(residual)"]].sum(axis=1)
    assert list(mine) == list(history["(together)"])
    assert history["(account)"].iloc[0] == 0
    assert history["A"].iloc[-1] != 0


async def test_a_trade_by_hand_is_shown_apart_until_somebody_takes_it_over(desk, venue):
    await desk.tick()
    order = Order(client_order_id="hand", symbol=BTC, side=Side.SELL, quantity=d("0.1"))
    venue.engine.place(order, venue._clock())
    await _let_time_pass(desk, venue)
    await _let_time_pass(desk, venue)
    history = desk.history()
    assert history["(not ours)"].iloc[-1] != 0
    assert abs(history["(gap)"].iloc[-1]) <= d("2e-8")
    await desk.repair(BTC, "adopt", "A")
    assert desk.history()["(not ours)"].iloc[-1] == 0


async def test_a_long_life_is_thinned_evenly_and_keeps_its_first_and_newest_moment(desk, venue):
    await desk.tick()
    history = History(most=20)
    opening = d("100000")
    begun = venue._clock.now
    for _ in range(300):
        await _let_time_pass(desk, venue, 1)
        history.note(desk._manager.books, desk.view, opening)
        assert len(history.moments) <= 20
    times = [moment.time for moment in history.moments]
    assert times == sorted(times)
    assert (times[0] - begun).total_seconds() == 1
    assert times[-1] == desk.view.time
    steps = [(b - a).total_seconds() for a, b in pairwise(times)]
    assert max(steps) <= 4 * 300 / 20


async def test_a_strategy_that_came_later_had_earned_nothing_before(desk, venue):
    await desk.tick()
    await _let_time_pass(desk, venue)
    desk.set_target("D", BTC, "0.1")
    await desk.tick()
    history = desk.history()
    assert history["D"].iloc[0] == 0
    assert history["D"].iloc[-1] != 0
