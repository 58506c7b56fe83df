"""Breaks: what the venue holds against what the books expect, and their repair."""

from datetime import timedelta

import pytest
from bookkeeping import executed
from makers import ETH, NOW, d, leg

from nettools.allocate import RESIDUAL, Cause
from nettools.ledger import Ledger, post
from nettools.reconcile import Proof, Repair, adjustment, find_breaks


def _breaks(expected, found, *, foreign=(), **more):
    on = more.pop("on", leg())
    return find_breaks(
        {on: d(expected)},
        {on: d(found)},
        prices={on: d(100)},
        foreign={on: foreign},
        now=more.pop("now", NOW),
        **more,
    )


def test_equal_books_give_no_break_and_a_leg_left_out_is_flat():
    assert _breaks("0.7", "0.700") == ()
    nothing = find_breaks({leg(): d(0)}, {}, prices={}, foreign={}, now=NOW)
    assert nothing == ()


def test_a_break_names_both_sides_their_difference_and_the_likely_cause():
    (found,) = _breaks("0.7", "1.0", foreign=[executed("0.3", "101")])
    assert found.difference == d("0.3")
    assert str(found) == (
        "BTC/USDT:USDT: expected +0.7 BTC, the venue holds +1 BTC, difference +0.3 BTC; "
        "traded by hand or by another program: 1 execution at 101"
    )


@pytest.mark.parametrize(("one", "two"), [("1", "3"), ("-1", "0.5"), ("0", "-2")])
def test_a_break_is_as_large_from_either_side(one, two):
    (here,), (there,) = _breaks(one, two), _breaks(two, one)
    assert here.difference == -there.difference


def test_a_difference_within_the_tolerance_is_none():
    assert _breaks("1", "1.001", tolerance=d("0.001")) == ()
    assert len(_breaks("1", "1.0011", tolerance=d("0.001"))) == 1


def test_an_unchanged_break_keeps_its_time_and_a_changed_one_its_first():
    (first,) = _breaks("0", "1")
    later = {"known": {leg(): first}, "now": NOW + timedelta(minutes=1)}
    assert _breaks("0", "1", **later) == (first,)
    (grown,) = _breaks("0", "2", **later)
    assert (grown.difference, grown.time) == (2, NOW)


@pytest.mark.parametrize(
    ("order", "words"),
    [
        ("autoclose-1", "liquidated by the venue"),
        ("adl_autoclose", "closed by the venue's ADL"),
        ("settlement_autoclose-1", "settled by the venue"),
        ("web_1", "traded by hand or by another program"),
    ],
)
def test_the_venues_own_order_ids_tell_a_liquidation_from_a_trade_by_hand(order, words):
    (found,) = _breaks("1", "0", foreign=[executed("-1", order=order)])
    assert words in found.cause
    assert found.fills


def test_executions_that_explain_only_a_part_are_named_but_not_booked():
    (found,) = _breaks("0", "1", foreign=[executed("0.4", "101")])
    assert "which explains +0.4 of +1" in found.cause
    assert found.fills == ()


def test_without_executions_the_cause_is_an_old_position_or_a_missed_fill():
    (found,) = _breaks("0", "1")
    assert "a position from before, or a missed fill" in found.cause


@pytest.mark.parametrize("how", [Repair.ADOPT, Repair.ASSIGN, Repair.FLATTEN])
def test_one_adjustment_closes_a_break_at_the_prices_and_fees_that_made_it(how):
    trades = [executed("2", "100", "0.2"), executed("-1", "103", "0.1")]
    (found,) = _breaks("0", "1", foreign=trades)
    owner = "A" if how is Repair.ADOPT else RESIDUAL
    postings = adjustment(found, owner, how, NOW)
    assert {(p.cause, p.note, p.account) for p in postings} == {
        (Cause.ADJUSTMENT, how.value, owner)
    }
    assert len({p.source for p in postings}) == 2
    ledger = post(Ledger(), postings)
    assert _breaks(ledger.position(leg()), "1") == ()
    sub = ledger.on(leg(), owner)
    assert (sub.average_price, sub.realized_pnl, sub.fees) == (100, 3, {"USDT": d("0.3")})


def test_a_break_without_executions_is_taken_over_at_the_price_it_was_found_at():
    (found,) = _breaks("0.5", "-0.5", on=leg("short", ETH))
    (posting,) = adjustment(found, RESIDUAL, Repair.FLATTEN, NOW)
    assert (posting.quantity, posting.price, posting.fee) == (-1, 100, 0)
    assert posting.leg == leg("short", ETH)


def test_a_break_shows_as_a_table():
    (found,) = _breaks("0.7", "1.0")
    assert "<table" in found._repr_html_()
    assert "+0.3" in found._repr_html_()


def test_a_proof_holds_up_to_its_tolerance_and_says_how_far_off_it_is():
    proof = Proof(name="money", expected=d("1"), found=d("1.0001"), tolerance=d("0.0001"))
    assert proof.holds
    assert proof.gap == d("0.0001")
    assert not Proof(name="position", expected=d("1"), found=d("1.000000000001")).holds
