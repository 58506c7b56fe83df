"""What a plan would cost at the touch, and what crossing inside spares."""

import pytest
from makers import BTC, ETH, d, eth_quote, leg, plan, quote, targets

from nettools.costs import estimate_costs, fee_spared
from nettools.model import FeeRates
from nettools.net import internal_crossing
from nettools.style import Style
from nettools.targets import TargetBook

RATES = {symbol: FeeRates(maker=d("0.0002"), taker=d("0.0005")) for symbol in (BTC, ETH)}
WIDE = {BTC: quote("99990", "100010"), ETH: eth_quote()}


@pytest.mark.parametrize(
    ("target", "fee", "spread"),
    [("1", "50.005", "10"), ("-1", "49.995", "10")],
    ids=["buys at the ask", "sells at the bid"],
)
def test_taking_pays_the_taker_fee_and_half_the_spread(target, fee, spread):
    costs = estimate_costs(plan(targets(a=target), quotes=WIDE), RATES)
    assert (costs.notional, costs.fee, costs.spread) == (d(100_000), d(fee), d(spread))
    assert costs.total == d(fee) + d(spread)


@pytest.mark.parametrize(
    ("target", "fee"),
    [("1", "19.998"), ("-1", "20.002")],
    ids=["rests at the bid", "rests at the ask"],
)
def test_resting_pays_the_maker_fee_and_earns_half_the_spread(target, fee):
    costs = estimate_costs(plan(targets(a=target), quotes=WIDE, style="limit"), RATES)
    assert (costs.fee, costs.spread) == (d(fee), d(-10))


def test_a_limit_order_through_the_touch_takes_at_the_touch():
    through = Style(name="limit", limit_price=d(100_020))
    costs = estimate_costs(plan(targets(a="1"), quotes=WIDE, style=through), RATES)
    assert (costs.fee, costs.spread) == (d("50.005"), d(10))


def test_a_rebate_is_a_negative_fee():
    rebate = {BTC: FeeRates(maker=d("-0.0001"), taker=d("0.0005"))}
    costs = estimate_costs(plan(targets(a="1"), quotes=WIDE, style="limit"), rebate)
    assert costs.fee == d("-9.999")


def test_the_orders_of_a_plan_are_added_up():
    both = TargetBook.of({"A": {BTC: "1", ETH: "-2"}})
    costs = estimate_costs(plan(both, quotes=WIDE), RATES)
    assert costs.notional == d(107_000)
    assert costs.spread == d("10.02")  # 2 ETH at 0.01 from the mid


def test_an_empty_plan_costs_nothing():
    costs = estimate_costs(plan(TargetBook(), {leg(): "0"}), RATES)
    assert (costs.notional, costs.total) == (0, 0)


def test_crossing_spares_both_sides_the_taker_fee():
    crossing = internal_crossing(targets(a="0", b="0"), targets(a="1", b="-0.4"), BTC)
    assert fee_spared(crossing, WIDE[BTC], RATES[BTC]) == d(40)  # 2 × 0.4 × 100,000 × 0.0005


def test_what_does_not_cross_spares_nothing():
    crossing = internal_crossing(targets(a="0"), targets(a="1"), BTC)
    assert fee_spared(crossing, WIDE[BTC], RATES[BTC]) == 0
