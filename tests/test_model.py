"""The nouns check themselves and never blur buy with long, or filled with remaining."""

from dataclasses import FrozenInstanceError

import pytest
from makers import BTC, NOW, btc, d, leg, quote, working

from nettools.errors import InvalidInput
from nettools.model import (
    Fill,
    Liquidity,
    Order,
    OrderReport,
    OrderState,
    Position,
    PositionMode,
    PositionSide,
    Side,
    TimeInForce,
    legs_of,
)


def _order(**changes):
    values = {"client_order_id": "nt-1", "symbol": BTC, "side": Side.SELL, "quantity": d("0.8")}
    return Order(**{**values, **changes})


def _fill(**changes):
    values = {
        "fill_id": "1",
        "client_order_id": "nt-1",
        "venue_order_id": "9",
        "symbol": BTC,
        "side": Side.SELL,
        "quantity": d("0.8"),
        "price": d(100_000),
        "fee": d("40"),
        "fee_currency": "USDT",
        "liquidity": Liquidity.TAKER,
        "time": NOW,
    }
    return Fill(**{**values, **changes})


def test_a_buy_moves_the_position_up_and_a_sell_down():
    assert (Side.BUY.sign, Side.SELL.sign) == (1, -1)
    assert Side.of(d("0.1")) is Side.BUY
    assert Side.of(d("-0.1")) is Side.SELL


@pytest.mark.parametrize("mode", PositionMode)
def test_a_mode_is_read_from_its_name(mode):
    assert PositionMode.read(mode.value) is mode
    assert PositionMode.read(mode) is mode


def test_another_mode_is_refused_with_the_two_that_exist():
    with pytest.raises(InvalidInput, match='must be "one-way" or "hedge", was \'netting\''):
        PositionMode.read("netting")


def test_one_way_has_one_leg_and_hedge_two():
    assert legs_of(BTC, PositionMode.ONE_WAY) == (leg(),)
    assert legs_of(BTC, PositionMode.HEDGE) == (leg("long"), leg("short"))


def test_a_leg_is_named_as_a_trader_would():
    assert str(leg()) == BTC
    assert str(leg("short")) == f"{BTC} SHORT"


def test_an_instrument_names_its_units():
    assert (btc().base, btc().quote) == ("BTC", "USDT")


@pytest.mark.parametrize(
    ("rules", "what_is_said"),
    [
        ({"step_size": "0"}, "step_size of BTC/USDT:USDT must be above zero"),
        ({"tick_size": "-0.1"}, "tick_size of BTC/USDT:USDT must be above zero"),
        ({"contract_size": "0"}, "contract_size of BTC/USDT:USDT must be above zero"),
        ({"min_quantity": "-1"}, "minimums of BTC/USDT:USDT must not be negative"),
        ({"min_notional": "-1"}, "minimums of BTC/USDT:USDT must not be negative"),
        ({"min_quantity": "0.0015"}, "must be a multiple of its step_size 0.001, was 0.0015"),
        ({"max_quantity": "0.0001"}, "must be at least its smallest order 0.001, was 0.0001"),
        ({"max_market_quantity": "0"}, "max_market_quantity .* must be at least"),
        ({"min_quantity": "nan"}, "min_quantity must be a finite Decimal"),
        ({"min_notional": "inf"}, "min_notional must be a finite Decimal"),
    ],
    ids=str,
)
def test_rules_no_venue_could_mean_are_refused(rules, what_is_said):
    with pytest.raises(InvalidInput, match=what_is_said):
        btc(**rules)


def test_an_instrument_without_maximums_is_fine():
    assert btc(max_quantity=None).max_quantity is None


@pytest.mark.parametrize(
    ("side", "quantity"), [(PositionSide.LONG, "-0.1"), (PositionSide.SHORT, "0.1")]
)
def test_a_leg_cannot_hold_the_other_sign(side, quantity):
    with pytest.raises(InvalidInput, match=f"the {side.name} leg of {BTC} cannot hold"):
        Position(symbol=BTC, position_side=side, quantity=d(quantity))


def test_a_one_way_position_may_be_short():
    position = Position(symbol=BTC, quantity=d("-0.1"))
    assert position.leg == leg()


def test_mid_is_half_way():
    assert quote("99", "100").mid == d("99.5")


@pytest.mark.parametrize(("bid", "ask"), [("100", "100"), ("101", "100"), ("0", "1")])
def test_a_touch_that_cannot_be_traded_on_is_refused(bid, ask):
    with pytest.raises(InvalidInput, match=f"0 < bid < ask, was bid {bid}, ask {ask}"):
        quote(bid, ask)


@pytest.mark.parametrize(
    ("change", "what_is_said"),
    [
        ({"quantity": d(0)}, "order quantity must be above zero, was 0"),
        ({"quantity": d("-0.8")}, "order quantity must be above zero, was -0.8"),
        ({"limit_price": d(0)}, "limit_price must be above zero, was 0"),
        ({"post_only": True, "time_in_force": TimeInForce.IOC}, "a post_only order rests"),
    ],
    ids=["zero", "negative", "free", "post-only at once"],
)
def test_an_order_no_venue_could_accept_is_refused(change, what_is_said):
    with pytest.raises(InvalidInput, match=what_is_said):
        _order(**change)


def test_a_sell_has_a_positive_quantity_and_a_negative_signed_one():
    assert _order().signed_quantity == d("-0.8")
    assert _fill().signed_quantity == d("-0.8")
    assert _order(side=Side.BUY).leg == leg()


def test_a_fill_is_worth_quantity_times_price():
    assert _fill().notional == d(80_000)


@pytest.mark.parametrize(
    ("state", "may_execute"),
    [
        (OrderState.ACKED, "-0.5"),
        (OrderState.PARTIAL, "-0.5"),
        (OrderState.UNKNOWN, "-0.5"),
        (OrderState.FILLED, "0"),
        (OrderState.CANCELED, "0"),
        (OrderState.EXPIRED, "0"),
        (OrderState.REJECTED, "0"),
    ],
)
def test_what_is_not_final_may_still_execute_its_remainder(state, may_execute):
    report = working("-0.8", filled="0.3", state=state)
    assert report.remaining == d("0.5")
    assert report.working_quantity == d(may_execute)


def test_an_unknown_order_counts_in_full():
    report = OrderReport(order=_order(), state=OrderState.UNKNOWN)
    assert report.working_quantity == d("-0.8")


def test_what_was_said_cannot_be_changed_afterwards():
    with pytest.raises(FrozenInstanceError):
        _order().quantity = d(1)
