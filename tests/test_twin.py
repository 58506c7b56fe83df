"""What netting saved, in columns a person can check in the head. Touch 99 / 101, fee 1 %."""

from dataclasses import fields

import pytest
from makers import d, quote

from nettools import twin
from nettools.twin import Saving, Twin

RATE = d("0.01")


def _commit(beside=None, *, bid="99", ask="101", **deltas):
    wanted = {name.upper(): d(text) for name, text in deltas.items()}
    return twin.commit(beside or Twin(), wanted, quote(bid, ask, mark=None), RATE)


def _fill(beside, quantity, price, fee="0", touch=("99", "101")):
    touch = quote(*touch, mark=None)
    return twin.fill(beside, d(quantity), d(price), fee=d(fee), quote=touch, taker_rate=RATE)


def _columns(saving):
    found = {column.name: getattr(saving, column.name) for column in fields(saving)}
    return {name: amount for name, amount in found.items() if amount}


def test_opposite_strategies_save_both_fees_and_the_whole_spread():
    saving = _commit(a="1", b="-1").saving(d(100))
    assert _columns(saving) == {"fee_on_crossed": 2, "spread_on_crossed": 2}
    assert saving.total == 4


def test_taking_what_is_due_at_the_same_touch_saves_nothing():
    beside = _fill(_commit(a="1"), "1", "101", fee="1.01")
    assert beside.due == 0
    assert _columns(beside.saving(d(123))) == {}


def test_resting_at_the_bid_saves_the_spread_and_the_difference_of_fees():
    saving = _fill(_commit(a="1"), "1", "99", fee="0.2").saving(d(100))
    assert saving.maker_instead_of_taker == d("0.79")  # 0.99 as a taker, 0.20 as a maker
    assert saving.price_against_touch == 2
    assert saving.delay == d("0.02")  # the taker fee on 101 instead of 99
    assert saving.total == d("2.81")


def test_waiting_while_the_price_runs_away_costs_money_and_the_number_is_negative():
    saving = _fill(_commit(a="1"), "1", "108", fee="0.2", touch=("108", "110")).saving(d(109))
    assert saving.delay < 0
    assert saving.total == d("102.01") - d("108.20")


def test_what_is_not_traded_yet_is_the_twins_cost_and_what_the_market_did_since():
    beside = _commit(a="1")
    assert _columns(beside.saving(d(100))) == {"deadband_and_rounding": d("2.01")}
    assert beside.saving(d(110)).total == d("-7.99")


def test_a_wish_taken_back_before_it_traded_saves_both_trades():
    beside = _commit(_commit(a="1"), a="-1")
    assert beside.due == 0
    # Bought at 101 and sold at 99, with fees of 1.01 and 0.99.
    assert _columns(beside.saving(d(77))) == {"deadband_and_rounding": 4}


def test_a_wish_turned_round_owes_only_the_rest():
    beside = _commit(_commit(a="1"), a="-3")
    assert (beside.due, beside.due_value) == (-2, -200)
    assert beside.saving(d(100)).total == d("2.01") + 3 * d("1.99")


def test_part_of_what_is_due_takes_its_part_out_of_the_pool():
    beside = _fill(_commit(a="4"), "1", "101", fee="1.01")
    assert (beside.due, beside.due_value, beside.due_cost) == (3, 300, d("6.03"))


@pytest.mark.parametrize(("traded", "due"), [("3", -2), ("-1", 2)])
def test_a_fill_the_twin_did_not_ask_for_is_owed_back_at_its_price(traded, due):
    beside = _fill(_commit(a="1"), traded, "101", fee="0")
    assert beside.due == due
    twins = d("102.01") - 90
    real = d(traded) * (101 - d(90))
    assert beside.saving(d(90)).total == twins - real


def test_funding_saved_is_what_came_less_what_the_twin_would_have_had():
    saving = twin.fund(Twin(), d("-1"), d("-3")).saving(d(100))
    assert _columns(saving) == {"funding": 2}


def test_who_offsets_the_others_is_credited_and_turnover_counts_everybody():
    beside = _commit(a="2", b="2", c="-3")
    assert beside.turnover == {"A": 200, "B": 200, "C": 300}
    assert beside.credit == {"A": 200, "B": 200, "C": 600}  # without C, 4 would be sent
    assert _commit(a="2", b="2").credit == {"A": 0, "B": 0}


def test_savings_add_up_column_by_column():
    one, two = Saving(delay=d(1), funding=d(2)), Saving(delay=d(-3))
    assert one + two == Saving(delay=d(-2), funding=d(2))
    assert (one + two).total == 0
