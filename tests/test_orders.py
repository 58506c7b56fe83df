"""One delta becomes orders the venue will take, or a refusal with its numbers."""

import pytest
from makers import btc, d, delta, leg, quote

from nettools.model import PositionSide, Side, TimeInForce
from nettools.orders import Refusal, grows, plan_orders
from nettools.snapshot import Limits
from nettools.style import Style


def _orders(wanted, *, instrument=None, touch=None, style=None, limits=None):
    return plan_orders(
        wanted, instrument or btc(), touch or quote(), style or Style(), limits or Limits()
    )


def _only(wanted, **more):
    (order,) = _orders(wanted, **more)
    return order


def _refused(wanted, **more):
    refusal = _orders(wanted, **more)
    assert isinstance(refusal, Refusal)
    return refusal


def test_a_difference_becomes_one_capped_immediate_order():
    order = _only(delta("0.7"))
    assert (order.side, order.quantity) == (Side.BUY, d("0.7"))
    assert order.limit_price == d("100200.1")  # 20 bps above the ask of 100000.1
    assert order.time_in_force is TimeInForce.IOC
    assert not order.reduce_only


def test_a_limit_order_rests_and_may_be_post_only():
    order = _only(delta("-0.7"), style=Style(name="limit", post_only=True))
    assert (order.side, order.limit_price) == (Side.SELL, d("100000.1"))
    assert order.time_in_force is TimeInForce.GTC
    assert order.post_only


@pytest.mark.parametrize(
    ("target", "sent"), [("0.7009", "0.7"), ("-0.7009", "-0.7"), ("0.7", "0.7")]
)
def test_quantities_are_rounded_once_and_toward_zero(target, sent):
    assert _only(delta(target)).signed_quantity == d(sent)


# Reduce-only


@pytest.mark.parametrize(
    ("target", "position", "working", "reduce_only"),
    [
        ("0.2", "0.7", "0", True),
        ("0", "0.7", "0", True),
        ("0", "-0.7", "0", True),
        ("-0.1", "0.7", "0", False),
        ("0.9", "0.7", "0", False),
        ("0.7", "0", "0", False),
        ("0", "0.7", "-0.3", True),
        ("-0.2", "0.7", "-0.7", False),
        ("0", "0.2", "0.5", False),
    ],
    ids=[
        "shrinks",
        "closes a long",
        "closes a short",
        "crosses zero",
        "grows",
        "opens",
        "the rest beside a working close",
        "nothing left beside a working close",
        "more than is held, the rest still on its way",
    ],
)
def test_reduce_only_comes_from_the_position_and_never_crosses_zero(
    target, position, working, reduce_only
):
    assert _only(delta(target, position, working)).reduce_only is reduce_only


def test_reduce_only_is_never_sent_beside_a_position_side():
    order = _only(delta("0", "0.7", leg=leg("long")))
    assert (order.position_side, order.side) == (PositionSide.LONG, Side.SELL)
    assert not order.reduce_only


def test_opening_the_short_leg_is_a_sell():
    order = _only(delta("-0.8", leg=leg("short")))
    assert (order.position_side, order.signed_quantity) == (PositionSide.SHORT, d("-0.8"))


@pytest.mark.parametrize(
    ("position", "working", "traded", "larger"),
    [
        ("0", "0", "0.1", True),
        ("0.5", "0", "0.1", True),
        ("0.5", "0", "-0.5", False),
        ("-0.5", "0", "0.5", False),
        ("0.5", "0", "-0.6", True),
        ("0.5", "0", "-1.0", True),
        ("0.5", "-0.5", "-0.1", True),
        ("0.5", "-0.3", "-0.1", False),
    ],
)
def test_an_order_grows_a_leg_or_takes_it_past_zero(position, working, traded, larger):
    assert grows(delta("0", position, working), d(traded)) is larger


# Minimums


def test_less_than_the_smallest_order_is_held_with_its_numbers():
    refusal = _refused(delta("0.0005"))
    assert refusal.reason == "MIN_QUANTITY"
    assert refusal.message == ("+0.0005 BTC is held, not sent: the smallest order is 0.001 BTC")
    assert str(refusal) == f"BTC/USDT:USDT: {refusal.message}"


def test_without_a_minimum_the_step_is_the_smallest_order():
    assert "0.001 BTC" in _refused(delta("0.0005"), instrument=btc(min_quantity="0")).message


def test_less_than_the_smallest_notional_is_held_with_its_numbers():
    refusal = _refused(delta("0.001"), instrument=btc(min_notional="150"))
    assert refusal.reason == "MIN_NOTIONAL"
    assert refusal.message == (
        "+0.001 BTC is held, not sent: 0.001 BTC × 100200.1 is 100.20 USDT, "
        "the smallest order is 150 USDT"
    )


def test_exactly_the_smallest_notional_is_sent():
    at_the_bid = Style(name="limit", limit_price=d(100_000))
    assert _only(delta("0.001"), style=at_the_bid, instrument=btc(min_notional="100"))


@pytest.mark.parametrize("side", ["both", "long"])
def test_closing_is_exempt_from_the_smallest_notional_in_both_modes(side):
    closing = delta("0", "0.001", leg=leg(side))
    assert _only(closing, instrument=btc(min_notional="150")).quantity == d("0.001")


def test_crossing_zero_is_not_exempt_from_the_smallest_notional():
    refusal = _refused(delta("-0.001", "0.001"), instrument=btc(min_notional="300"))
    assert refusal.reason == "MIN_NOTIONAL"


# Maximum


@pytest.mark.parametrize(
    ("target", "largest", "children"),
    [
        ("1", "1", ["1"]),
        ("2.5", "1", ["0.834", "0.833", "0.833"]),
        ("-2.5", "1", ["-0.834", "-0.833", "-0.833"]),
        ("1.001", "1", ["0.501", "0.5"]),
        ("1", "0.0505", ["0.05"] * 20),
    ],
    ids=["fits", "in three", "sold in three", "just over", "largest off the grid"],
)
def test_more_than_the_largest_order_is_split_into_equal_children(target, largest, children):
    orders = _orders(delta(target), instrument=btc(max_quantity=largest))
    assert [order.signed_quantity for order in orders] == [d(child) for child in children]


def test_without_a_maximum_one_order_is_enough():
    assert _only(delta("2"), instrument=btc(max_quantity=None)).quantity == d(2)


# Price


def test_a_limit_price_outside_the_band_is_refused_with_its_numbers():
    refusal = _refused(delta("0.7"), style=Style(name="limit", limit_price=d(105_001)))
    assert refusal.reason == "PRICE_BAND"
    assert refusal.message == (
        "limit price 105001 is more than 5 % above the mark 100000 USDT; choose one nearer"
    )
    refusal = _refused(delta("-0.7"), style=Style(name="limit", limit_price=d(94_999)))
    assert "5 % below the mark" in refusal.message


@pytest.mark.parametrize(
    ("wanted", "price"),
    [("0.7", 105_000), ("0.7", 80_000), ("-0.7", 95_000), ("-0.7", 120_000)],
)
def test_a_limit_price_at_the_edge_of_the_band_or_waiting_far_away_is_sent(wanted, price):
    order = _only(delta(wanted), style=Style(name="limit", limit_price=d(price)))
    assert order.limit_price == price


@pytest.mark.parametrize(
    ("instrument", "touch"), [(btc(price_band=None), quote()), (btc(), quote(mark=None))]
)
def test_without_a_band_or_a_mark_any_price_is_sent(instrument, touch):
    style = Style(name="limit", limit_price=d(50_000))
    assert _only(delta("0.7"), style=style, instrument=instrument, touch=touch)


def test_a_price_below_one_tick_is_refused():
    style = Style(name="limit", limit_price=d("0.05"))
    refusal = _refused(delta("0.7"), style=style)
    assert refusal.reason == "TICK_SIZE"
    assert refusal.message == "the limit price rounds to zero; choose one of at least 0.1 USDT"


# Limits


def test_an_order_above_the_limit_is_refused_with_its_numbers():
    refusal = _refused(delta("2.6"))
    assert refusal.reason == "ORDER_LIMIT"
    assert refusal.message == (
        "order of 260,000 is above the limit of 250,000 per order; "
        "lower the targets or raise limits.order_notional"
    )


def test_a_position_above_the_limit_is_refused_with_its_numbers():
    refusal = _refused(delta("5.1", "4.9"))
    assert refusal.reason == "SYMBOL_LIMIT"
    assert "a position of 510,000 is above the limit of 500,000 per symbol" in refusal.message


def test_reducing_is_allowed_whatever_the_limits():
    tight = Limits(order_notional=d(1), symbol_notional=d(1))
    assert _only(delta("3", "6"), limits=tight).signed_quantity == d(-3)


def test_turning_a_long_into_a_short_is_no_reduction():
    assert _refused(delta("-2", "2")).reason == "ORDER_LIMIT"
