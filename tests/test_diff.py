"""How far the venue is from the target: working orders, deadband, flat means flat."""

import pytest
from makers import btc, d, delta, leg

from nettools.diff import Deadband, diff_position, quantity_to_trade
from nettools.errors import InvalidInput


def test_the_difference_is_what_is_wanted_less_what_is_there():
    assert delta("0.7", position="0.2").to_trade == d("0.5")
    assert delta("0.7").quantity == d("0.7")


def test_what_is_on_its_way_is_not_ordered_twice():
    there = delta("0.7", position="0.2", working="0.5")
    assert (there.quantity, there.to_trade) == (0, 0)
    assert there.reason == "already there"


def test_when_c_goes_flat_the_desk_buys_eight_tenths():
    assert delta("1.5", position="0.7").to_trade == d("0.8")


def test_a_delta_names_its_leg_and_terms():
    short = delta("-0.8", position="-0.3", working="-0.1", leg=leg("short"))
    assert short.leg == leg("short")
    assert (short.target, short.position, short.working) == (d("-0.8"), d("-0.3"), d("-0.1"))
    assert short.to_trade == d("-0.4")
    assert short.reason == ""


@pytest.mark.parametrize(
    ("away", "traded"), [("0.1", "0"), ("-0.1", "0"), ("0.101", "0.101"), ("-0.101", "-0.101")]
)
def test_nothing_is_traded_up_to_and_at_the_deadband(away, traded):
    assert quantity_to_trade(d(1), d(1) - d(away), d("0.1")) == d(traded)


def test_to_the_edge_trades_only_back_to_the_band():
    assert quantity_to_trade(d(1), d("0.5"), d("0.1"), "edge") == d("0.4")
    assert quantity_to_trade(d(1), d("1.5"), d("0.1"), "edge") == d("-0.4")


@pytest.mark.parametrize("trade_to", ["target", "edge"])
def test_flat_means_flat_whatever_the_deadband(trade_to):
    for projected in ("0.05", "-0.05", "0.5"):
        traded = quantity_to_trade(d(0), d(projected), d("0.1"), trade_to, d("0.001"))
        assert traded == -d(projected)


def test_a_rest_that_the_venue_cannot_trade_stays():
    stuck = delta("0", position="0.0004", deadband=d("0.1"), smallest=d("0.001"))
    assert stuck.to_trade == 0
    assert stuck.reason == "inside the deadband: -0.0004 BTC is not more than 0.1 BTC"


def test_a_rest_of_exactly_the_smallest_order_is_closed():
    assert quantity_to_trade(d(0), d("0.001"), d("0.1"), smallest=d("0.001")) == d("-0.001")


def test_flat_and_already_flat_is_nothing_to_do():
    assert quantity_to_trade(d(0), d(0), d("0.1")) == 0


def test_without_more_words_there_is_no_deadband():
    bare = diff_position(leg(), target=d("0.0001"), position=d(0))
    assert bare.to_trade == d("0.0001")


def test_the_default_deadband_is_the_smallest_order_of_the_symbol():
    assert Deadband().width(btc(min_quantity="0.002"), d(1), d(100_000)) == d("0.002")


@pytest.mark.parametrize(
    ("band", "width"),
    [
        (Deadband(quantity=d("0.01")), "0.01"),
        (Deadband(notional=d(5000)), "0.05"),
        (Deadband(fraction=d("0.1")), "0.2"),
        (Deadband(quantity=d("0.3"), notional=d(5000), fraction=d("0.1")), "0.3"),
        (Deadband(quantity=d(0)), "0"),
    ],
    ids=["quantity", "notional", "fraction", "widest", "none"],
)
def test_the_widest_of_quantity_notional_and_fraction_counts(band, width):
    for target in (d(2), d(-2)):
        assert band.width(btc(), target, d(100_000)) == d(width)


def test_without_a_price_the_notional_is_left_out():
    band = Deadband(quantity=d("0.01"), notional=d(5000))
    assert band.width(btc(), d(1), None) == d("0.01")


@pytest.mark.parametrize("field", ["quantity", "notional", "fraction"])
def test_a_deadband_is_never_negative(field):
    with pytest.raises(InvalidInput, match="must not be negative; use 0 for none"):
        Deadband(**{field: d("-0.1")})


def test_a_deadband_takes_no_float():
    with pytest.raises(InvalidInput, match=r"fraction must be a finite Decimal, was 0\.05"):
        Deadband(fraction=0.05)


def test_trade_to_is_one_of_two_words():
    with pytest.raises(InvalidInput, match='"target" or "edge", was \'middle\''):
        Deadband(trade_to="middle")
