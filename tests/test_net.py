"""Targets add up; what is offset is held inside, what is crossed is traded inside."""

import pytest
from makers import BTC, ETH, d, leg, targets

from nettools.errors import InvalidInput
from nettools.model import PositionMode
from nettools.net import RunningNet, internal_crossing, net_target, net_targets
from nettools.targets import TargetBook, TargetState

THREE = targets(a="1.0", b="0.5", c="-0.8")


def test_three_strategies_become_one_position():
    net = net_targets(THREE)[BTC]
    assert (net.long, net.short) == (d("1.5"), d("0.8"))
    assert (net.net, net.gross, net.offset) == (d("0.7"), d("2.3"), d("0.8"))


def test_opposite_targets_leave_nothing_to_hold():
    net = net_target(targets(a="1", b="-1"), BTC)
    assert (net.net, net.offset) == (0, d(1))


def test_a_symbol_nobody_wants_is_zero():
    net = net_target(THREE, ETH)
    assert (net.net, net.gross, net.offset) == (0, 0, 0)


def test_each_symbol_is_netted_by_itself():
    nets = net_targets(TargetBook.of({"A": {BTC: 1, ETH: -2}, "B": {ETH: 5}}))
    assert {symbol: net.net for symbol, net in nets.items()} == {BTC: d(1), ETH: d(3)}


def test_hold_keeps_counting_and_flat_and_removed_do_not():
    hold = THREE.with_state("C", TargetState.HOLD).set("C", BTC, "5")
    assert net_target(hold, BTC).net == d("0.7")
    assert net_target(THREE.with_state("C", TargetState.FLAT), BTC).net == d("1.5")
    assert net_target(THREE.remove("A"), BTC).net == d("-0.3")


def test_one_way_mode_wants_the_net_on_one_leg():
    assert net_target(THREE, BTC).legs(PositionMode.ONE_WAY) == {leg(): d("0.7")}


def test_hedge_mode_wants_longs_and_shorts_on_a_leg_each():
    legs = net_target(THREE, BTC).legs(PositionMode.HEDGE)
    assert legs == {leg("long"): d("1.5"), leg("short"): d("-0.8")}


def test_a_strategy_that_flips_in_hedge_mode_closes_one_leg_and_opens_the_other():
    long, short = (net_target(targets(a=wish), BTC) for wish in ("1", "-1"))
    assert long.legs(PositionMode.HEDGE) == {leg("long"): d(1), leg("short"): 0}
    assert short.legs(PositionMode.HEDGE) == {leg("long"): 0, leg("short"): d(-1)}


def test_the_net_is_shown_as_a_table_with_units():
    markup = net_target(THREE, BTC)._repr_html_()
    for text in ("long (BTC)", "offset (BTC)", "+0.7", "1.5", ">0.8<"):
        assert text in markup


def test_a_symbol_that_looks_like_markup_is_escaped():
    markup = net_target(THREE, "<b>/USDT")._repr_html_()
    assert "<b>" not in markup
    assert "long (&lt;b&gt;)" in markup


def test_when_one_goes_flat_the_whole_change_is_traded_outside():
    after = THREE.with_state("C", TargetState.FLAT)
    crossing = internal_crossing(THREE, after, BTC)
    assert (crossing.bought, crossing.sold, crossing.crossed) == (d("0.8"), 0, 0)
    assert crossing.changes == 1


def test_a_buy_and_a_sell_at_once_meet_inside():
    after = THREE.set("A", BTC, "0.4").set("B", BTC, "1.5")
    crossing = internal_crossing(THREE, after, BTC)
    assert (crossing.bought, crossing.sold) == (d(1), d("0.6"))
    assert (crossing.crossed, crossing.turnover, crossing.changes) == (d("0.6"), d("1.6"), 2)


def test_a_strategy_that_comes_or_goes_trades_its_whole_target():
    came = internal_crossing(TargetBook(), targets(a="1", b="-0.4"), BTC)
    went = internal_crossing(targets(a="1", b="-0.4"), TargetBook(), BTC)
    assert (came.bought, came.sold, came.changes) == (d(1), d("0.4"), 2)
    assert (went.bought, went.sold, went.changes) == (d("0.4"), d(1), 2)


def test_a_strategy_that_wanted_nothing_and_goes_is_no_change():
    assert internal_crossing(targets(a="0"), TargetBook(), BTC).changes == 0


def test_a_running_net_follows_one_change_at_a_time():
    running = RunningNet()
    nets = [running.set(name, BTC, wish) for name, wish in _changes()]
    assert nets == [d("1.0"), d("1.5"), d("0.7"), d("1.5")]
    assert running.net(BTC) == d("1.5")
    assert running.net(ETH) == 0


def _changes():
    return [("A", "1.0"), ("B", d("0.5")), ("C", "-0.8"), ("C", 0)]


@pytest.mark.parametrize("wish", ["abc", "", 0.7, True, d("nan"), d("-inf")], ids=repr)
def test_a_running_net_refuses_what_is_no_number_and_keeps_its_sum(wish):
    running = RunningNet()
    running.set("A", BTC, "1.0")
    with pytest.raises(InvalidInput, match=f"target of A on {BTC}"):
        running.set("A", BTC, wish)
    assert running.net(BTC) == d(1)
    assert running.set("A", BTC, "0.4") == d("0.4")
