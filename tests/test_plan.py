"""From what the desk sees to what it sends: the order, the reason, and what is refused."""

import re
from decimal import Decimal

import pytest
from makers import (
    BTC,
    ETH,
    NOW,
    btc,
    d,
    eth_quote,
    leg,
    plan,
    quote,
    snapshot,
    targets,
    working,
)

from nettools.diff import Deadband
from nettools.errors import InvalidInput
from nettools.model import OrderState, PositionMode, Side, TimeInForce
from nettools.plan import OUR_PREFIX
from nettools.snapshot import Limits
from nettools.style import Style
from nettools.targets import TargetBook, TargetState

HEDGE = PositionMode.HEDGE


def _sent(made):
    return [(str(order.leg), order.signed_quantity) for order in made.orders]


def _reasons(made):
    return [refusal.reason for refusal in made.refusals]


# The story


def test_three_strategies_become_one_order():
    (order,) = plan().orders
    assert (order.symbol, order.side, order.quantity) == (BTC, Side.BUY, d("0.7"))
    assert order.time_in_force is TimeInForce.IOC
    assert not order.reduce_only


def test_when_c_goes_flat_eight_tenths_are_bought():
    book = targets(a="1.0", b="0.5", c="-0.8").with_state("C", TargetState.FLAT)
    assert _sent(plan(book, "0.7")) == [(BTC, d("0.8"))]


def test_in_hedge_mode_longs_and_shorts_are_held_apart():
    made = plan(mode=HEDGE)
    assert _sent(made) == [(f"{BTC} LONG", d("1.5")), (f"{BTC} SHORT", d("-0.8"))]
    assert not any(order.reduce_only for order in made.orders)


def test_in_hedge_mode_a_flip_closes_one_leg_before_it_opens_the_other():
    made = plan(targets(a="1"), {leg("short"): "-1"}, mode=HEDGE)
    assert _sent(made) == [(f"{BTC} SHORT", d("1")), (f"{BTC} LONG", d("1"))]


def test_opposite_targets_cancel_without_an_order():
    made = plan(targets(a="1", b="-1"))
    assert made.is_empty
    assert made.lines[0].outcome == "already there"


def test_a_removed_strategy_is_closed():
    (order,) = plan(targets(a="1.0", b="0.5").remove("A"), "1.5").orders
    assert (order.signed_quantity, order.reduce_only) == (d(-1), True)


def test_an_unknown_strategy_is_held_where_it_is():
    book = targets(a="1.0", b="-0.3").with_unknown("A", "it raised")
    assert plan(book, "0.7").is_empty


def test_an_empty_book_plans_nothing():
    made = plan(TargetBook())
    assert made.is_empty
    assert repr(made) == f"Plan {made.id}: no targets yet"
    assert made.to_frame().empty


def test_a_symbol_without_an_instrument_is_named():
    with pytest.raises(InvalidInput, match="no instrument is known for 'DOGE/USDT:USDT'"):
        plan(targets("DOGE/USDT:USDT", a="1"))


# Deadband and rounding


def test_inside_the_deadband_nothing_is_sent_and_the_reason_is_shown():
    made = plan(positions="0.695", deadbands={BTC: Deadband(quantity=d("0.01"))})
    assert made.is_empty
    assert made.lines[0].outcome == (
        "inside the deadband: +0.005 BTC is not more than 0.01 BTC"
    )


def test_flat_leaves_a_rest_smaller_than_a_step():
    made = plan(
        targets(a="0"),
        "0.0004",
        instruments={BTC: btc(min_quantity="0")},
        deadbands={BTC: Deadband(quantity=d("0.1"))},
    )
    assert (made.is_empty, made.refusals) == (True, ())


def test_to_the_edge_is_a_setting_of_the_symbol():
    band = Deadband(quantity=d("0.1"), trade_to="edge")
    assert _sent(plan(deadbands={BTC: band})) == [(BTC, d("0.6"))]


def test_what_rounding_lost_is_shown():
    (line,) = plan(targets(a="0.7004", b="0.0005")).lines
    assert line.order_quantity == d("0.7")
    assert line.lost_to_rounding == d("0.0009")
    assert line.outcome == "buy 0.7 BTC (0.0009 lost to rounding)"


def test_a_line_without_orders_lost_nothing():
    (line,) = plan(targets(a="0")).lines
    assert (line.order_quantity, line.lost_to_rounding) == (0, 0)


# Working orders


def test_what_works_already_is_not_sent_again():
    made = plan(working=(working("0.7"),))
    assert made.is_empty


def test_an_order_whose_outcome_is_unknown_counts_in_full():
    made = plan(working=(working("0.5", state=OrderState.UNKNOWN),))
    assert _sent(made) == [(BTC, d("0.2"))]


def test_a_working_order_that_pulls_the_other_way_is_canceled_first():
    old = working("-0.3")
    made = plan(working=(old,))
    assert made.cancels == (old,)
    assert made.orders == ()
    assert not made.is_empty
    assert made.lines[0].outcome == "cancel 1 working first, then look again"


def test_a_working_order_that_pulls_the_same_way_stays():
    made = plan(working=(working("0.3", filled="0.1"),), positions="0.1")
    assert made.cancels == ()
    assert _sent(made) == [(BTC, d("0.4"))]


def test_a_working_order_is_canceled_when_the_target_fell_behind_it():
    old = working("1.0")
    assert plan(targets(a="0.3"), working=(old,)).cancels == (old,)


def test_a_working_order_on_the_other_leg_is_no_concern_of_this_one():
    made = plan(targets(a="1"), mode=HEDGE, working=(working("-0.5", side="short"),))
    assert [str(report.order.leg) for report in made.cancels] == [f"{BTC} SHORT"]
    assert _sent(made) == [(f"{BTC} LONG", d(1))]


def test_missing_prices_do_not_cancel_what_works_inside_the_deadband():
    made = plan(targets(a="1"), "0.5", working=(working("0.5005"),), quotes={})
    assert made.is_empty


# Refusals


def test_without_a_price_nothing_is_sent():
    made = plan(quotes={})
    assert (made.orders, _reasons(made)) == ((), ["NO_QUOTE"])
    assert made.lines[0].outcome == "no usable price; nothing is sent"


def test_on_an_old_price_nothing_is_sent():
    made = plan(quotes={BTC: quote(age=5.5)})
    assert (made.orders, _reasons(made)) == ((), ["STALE_QUOTE"])
    assert made.refusals[0].message == (
        "the price is 5.5 s old, more than 5 s; nothing is sent on it"
    )


def test_a_price_as_old_as_allowed_is_used():
    assert _sent(plan(quotes={BTC: quote(age=5)})) == [(BTC, d("0.7"))]


@pytest.mark.parametrize("quotes", [{}, {BTC: quote(age=60)}], ids=["missing", "old"])
def test_where_there_is_nothing_to_do_no_price_is_needed(quotes):
    assert plan(targets(a="1"), "1", quotes=quotes).refusals == ()


def test_a_remainder_below_the_minimum_is_held_and_shown():
    made = plan(targets(a="0.0004"), deadbands={BTC: Deadband(quantity=d(0))})
    assert made.is_empty
    assert _reasons(made) == ["MIN_QUANTITY"]
    assert "+0.0004 BTC is held, not sent" in made.lines[0].outcome


def test_one_symbol_refused_does_not_stop_the_other():
    book = TargetBook.of({"A": {BTC: "1", ETH: "2"}})
    made = plan(book, quotes={ETH: eth_quote()})
    assert _sent(made) == [(ETH, d(2))]
    assert [str(refusal.leg) for refusal in made.refusals] == [BTC]


# Room in the account


def test_margin_refuses_what_grows_with_its_numbers():
    made = plan(available=d(3000))
    assert (made.orders, _reasons(made)) == ((), ["INSUFFICIENT_MARGIN"])
    assert made.refusals[0].message == (
        "70,000 more notional is wanted and there is room for 60,000 (available margin); "
        "lower the targets"
    )


def test_without_any_margin_positions_can_still_be_reduced():
    assert _sent(plan(targets(a="0"), "0.7", available=d(0))) == [(BTC, d("-0.7"))]


def test_growing_needs_margin_for_what_is_added_only():
    assert _sent(plan(positions="0.5", available=d(1000))) == [(BTC, d("0.2"))]


def test_turning_around_needs_margin_only_for_what_becomes_larger():
    made = plan(targets(a="-0.7"), "0.7", available=d(0))
    assert _sent(made) == [(BTC, d("-1.4"))]


def test_the_first_that_fits_is_sent_and_the_next_is_refused():
    book = TargetBook.of({"A": {BTC: "1", ETH: "2"}})
    made = plan(book, available=d(5100))  # room for 102,000, BTC takes 100,000
    assert _sent(made) == [(BTC, d(1))]
    assert (
        "7,000 more notional is wanted and there is room for 2,000" in made.refusals[0].message
    )


def test_the_account_limit_counts_every_leg_also_those_no_strategy_wants():
    tight = Limits(account_notional=d(75_000))
    held = {leg(symbol=ETH): "2"}  # 7,000, bought by hand
    assert _reasons(plan(positions=held, limits=tight)) == ["ACCOUNT_LIMIT"]
    assert _sent(plan(limits=tight)) == [(BTC, d("0.7"))]


def test_the_account_limit_counts_what_is_on_its_way():
    tight = Limits(account_notional=d(75_000))
    made = plan(targets(a="0.8"), working=(working("0.7"),), limits=tight)
    assert "10,000 more notional is wanted and there is room for 5,000 (account limit)" in (
        made.refusals[0].message
    )


def test_a_position_without_a_price_cannot_be_valued_and_is_left_out():
    held = {leg(symbol="DOGE/USDT:USDT"): "1000"}
    assert _sent(plan(positions=held)) == [(BTC, d("0.7"))]


def test_too_many_orders_a_minute_wait():
    made = plan(sent_last_minute=120)
    assert (made.orders, _reasons(made)) == ((), ["ORDER_RATE"])
    assert made.refusals[0].message == (
        "orders needed: 1, left by limits.orders_per_minute: 0; wait a little"
    )


def test_reducing_never_waits_but_uses_up_the_rate():
    book = TargetBook.of({"A": {BTC: "0", ETH: "2"}})
    made = plan(book, "0.7", limits=Limits(orders_per_minute=1))
    assert _sent(made) == [(BTC, d("-0.7"))]
    assert _reasons(made) == ["ORDER_RATE"]


# Order of sending and ids


def test_reducing_orders_go_first():
    book = TargetBook.of({"A": {BTC: "1", ETH: "0"}})
    made = plan(book, {leg(symbol=ETH): "2"})
    assert _sent(made) == [(ETH, d(-2)), (BTC, d(1))]


def test_the_same_preview_twice_gives_the_same_ids():
    assert plan().id == plan().id
    assert plan().orders == plan().orders


def test_numbers_that_are_equal_give_equal_ids():
    same = plan(targets(a="1.000", b="0.50", c="-0.8"), "0.000", Style(slippage_bps=d("20.0")))
    assert same.id == plan().id


@pytest.mark.parametrize(
    "other",
    [
        plan(sequence=1),
        plan(desk="another"),
        plan(positions="0.1"),
        plan(style="limit"),
        plan(targets(a="0.8")),
        plan(mode=HEDGE),
        plan(working=(working("-0.1"),)),
        plan(quotes={BTC: quote("99000", "99000.1")}),
    ],
    ids=[
        "sequence",
        "desk",
        "position",
        "style",
        "net",
        "mode",
        "cancel",
        "price",
    ],
)
def test_another_plan_has_other_ids(other):
    assert other.id != plan().id


def test_canceling_another_order_is_another_plan():
    one, other = (plan(working=(working("-0.1", name=name),)) for name in ("nt-1", "nt-2"))
    assert one.id != other.id


def test_the_same_price_in_another_style_is_another_plan():
    rests = plan(style=Style(name="limit"))
    post_only = plan(style=Style(name="limit", post_only=True))
    assert rests.orders[0].limit_price == post_only.orders[0].limit_price
    assert rests.id != post_only.id


def test_ids_are_numbered_through_the_plan_and_fit_every_venue():
    made = plan(mode=HEDGE, instruments={BTC: btc(max_quantity="0.4")})
    ids = [order.client_order_id for order in made.orders]
    assert ids == [f"{OUR_PREFIX}{made.id}-{number}" for number in range(1, 7)]
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{1,36}", one) for one in ids)


def test_a_plan_in_another_style_is_made_from_the_same_snapshot():
    made = plan()
    limit = made.restyled("limit")
    assert limit.snapshot is made.snapshot
    assert limit.orders[0].time_in_force is TimeInForce.GTC
    assert limit.orders[0].client_order_id != made.orders[0].client_order_id
    assert made.restyled(Style()) is made


# Why this order?


def test_the_plan_answers_why_this_order():
    (line,) = plan().lines
    assert line.why == (
        "A +1  B +0.5  C -0.8 → target +0.7 BTC (0.8 offset inside); position 0; buy 0.7 BTC"
    )


def test_the_answer_names_what_is_held_and_on_its_way():
    (line,) = plan(targets(a="1", b="0"), "0.2", working=(working("0.3"),)).lines
    assert line.why == "A +1 → target +1 BTC; position +0.2, working +0.3; buy 0.5 BTC"


def test_the_answer_says_when_nobody_wants_any():
    (line,) = plan(targets(a="0"), "-0.5").lines
    assert line.why == "nobody wants any → target 0 BTC; position -0.5; buy 0.5 BTC"


def test_in_hedge_mode_each_leg_names_its_own_contributors():
    long, short = plan(mode=HEDGE).lines
    assert long.contributors == (("A", d("1.0")), ("B", d("0.5")))
    assert short.contributors == (("C", d("-0.8")),)
    assert short.why == "C -0.8 → target -0.8 BTC; position 0; sell 0.8 BTC to open SHORT"


def test_a_split_order_says_into_how_many():
    (line,) = plan(instruments={BTC: btc(max_quantity="0.3")}).lines
    assert line.outcome == "buy 0.7 BTC in 3 orders"


# Numbers and tables


def test_a_plan_is_worth_quantity_times_mid():
    assert plan().notional == d(70_000)
    assert plan(TargetBook()).notional == 0


def test_the_frame_has_a_row_per_leg_with_exact_numbers():
    frame = plan(mode=HEDGE, positions={leg("long"): "0.5"}).to_frame()
    assert list(frame.leg) == [f"{BTC} LONG", f"{BTC} SHORT"]
    assert list(frame.target) == [d("1.5"), d("-0.8")]
    assert list(frame.order) == [d(1), d("-0.8")]
    assert all(isinstance(value, Decimal) for value in frame.delta)


def test_the_table_reads_without_a_kernel():
    made = plan()
    assert repr(made).splitlines() == [
        f"Plan {made.id} (market)",
        "leg            target  position  working  diff  deadband  what happens",
        "BTC/USDT:USDT  +0.7    0         0        +0.7  +0.001    buy 0.7 BTC",
    ]
    markup = made._repr_html_()
    assert f"Plan {made.id}, market style" in markup
    assert "buy 0.7 BTC" in markup


def test_markup_in_a_symbol_is_shown_as_text():
    symbol = "<img src=x onerror=a>/USDT"
    made = plan(
        targets(symbol, a="1"),
        instruments={symbol: btc()},
        quotes={symbol: quote(symbol=symbol)},
    )
    markup = made._repr_html_()
    assert "&lt;img" in markup
    assert "<img" not in markup


def test_a_snapshot_is_kept_in_its_plan():
    assert plan().snapshot == snapshot()
    assert plan().snapshot.time == NOW
