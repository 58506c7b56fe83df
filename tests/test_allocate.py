"""Who gets what of a cross, of a fill and of a funding payment."""

import pytest
from bookkeeping import executed
from makers import NOW, d, leg

from nettools.allocate import (
    RESIDUAL,
    Cause,
    allocate_fill,
    book_crosses,
    crossed_shares,
    share,
    share_funding,
)
from nettools.errors import InvalidInput
from nettools.targets import strategy_name


def _needs(**texts):
    return {name.upper(): d(text) for name, text in texts.items()}


def _parts(postings, what="quantity"):
    return {posting.account: getattr(posting, what) for posting in postings}


def test_a_fill_is_shared_pro_rata_to_what_each_still_needs():
    postings = allocate_fill(executed("0.6", "100", "0.03"), _needs(a="1.0", b="0.5"))
    assert _parts(postings) == _needs(a="0.4", b="0.2")
    assert _parts(postings, "fee") == _needs(a="0.02", b="0.01")
    assert _parts(postings, "cash") == _needs(a="-40", b="-20")


def test_a_posting_says_what_it_is_a_share_of():
    fill = executed("-1", "100", "0.05", on=leg("short"))
    (posting,) = allocate_fill(fill, _needs(a="-1"))
    assert posting.cause is Cause.FILL
    assert posting.leg == leg("short")
    assert (posting.source, posting.time) == (fill.fill_id, fill.time)
    assert (posting.fee, posting.fee_currency) == (d("0.05"), "USDT")


def test_the_postings_of_a_fill_can_be_read_as_often_as_one_likes():
    postings = allocate_fill(executed("0.6", fee="0.03"), _needs(a="1.0", b="0.5"))
    assert list(postings) == list(postings)
    assert len(postings) == 2
    first, _ = postings
    assert first in postings
    assert first._replace(account="C") not in postings


def test_whose_share_is_less_than_a_grain_gets_no_posting():
    fill = executed("0.000000000001", fee="0.01")
    postings = allocate_fill(fill, _needs(a="1", b="1", c="1"))
    assert _parts(postings) == _needs(c="0.000000000001")
    assert _parts(postings, "fee") == _needs(c="0.01")


def test_what_does_not_divide_still_sums_to_the_fill():
    postings = allocate_fill(executed("0.001", fee="0.00000001"), _needs(a="1", b="1", c="1"))
    assert sum(_parts(postings).values()) == d("0.001")
    assert sum(_parts(postings, "fee").values()) == d("0.00000001")
    assert set(_parts(postings).values()) == {d("0.000333333333"), d("0.000333333334")}


def test_an_account_on_the_other_side_of_a_fill_gets_nothing():
    postings = allocate_fill(executed("-0.3"), _needs(a="1.0", b="-0.5"))
    assert _parts(postings) == _needs(b="-0.3")


def test_what_nobody_needs_belongs_to_the_residual_account():
    postings = allocate_fill(executed("1.5", fee="0.3"), _needs(a="1.0", b="-1.0"))
    assert _parts(postings) == {"A": 1, RESIDUAL: d("0.5")}
    assert _parts(postings, "fee") == {"A": d("0.2"), RESIDUAL: d("0.1")}


def test_the_residual_account_shares_in_a_fill_when_it_needs_one():
    needs = {"A": d("0.5"), RESIDUAL: d("0.5")}
    assert _parts(allocate_fill(executed("2"), needs)) == {"A": d("0.5"), RESIDUAL: d("1.5")}


def test_a_rebate_is_shared_like_a_fee():
    postings = allocate_fill(executed("3", fee="-0.03"), _needs(a="1", b="2"))
    assert _parts(postings, "fee") == _needs(a="-0.01", b="-0.02")


def test_the_lighter_side_is_filled_in_full_and_the_heavier_pro_rata():
    crossed = crossed_shares(_needs(a="0.6", b="0.2", c="-0.4"))
    assert crossed == _needs(a="0.3", b="0.1", c="-0.4")


def test_opposite_needs_cross_without_an_order_at_one_price_free_of_fees():
    postings = book_crosses(
        leg(), _needs(a="1", b="-1"), price=d(100), source="plan", policy="mid", time=NOW
    )
    assert _parts(postings) == _needs(a="1", b="-1")
    assert _parts(postings, "cash") == _needs(a="-100", b="100")
    assert {(p.cause, p.fee, p.note) for p in postings} == {(Cause.CROSS, 0, "mid")}


@pytest.mark.parametrize("needs", [{}, {"a": "1"}, {"a": "1", "b": "2"}, {"a": "0"}])
def test_nothing_crosses_when_all_want_the_same_side(needs):
    assert crossed_shares(_needs(**needs)) == {}


def test_internal_longs_pay_internal_shorts_when_the_account_is_flat():
    postings = share_funding(
        leg(),
        _needs(a="1", b="-1", c="0"),
        paid=d(0),
        rate=d("0.0001"),
        mark_price=d(100_000),
        source="08:00",
        time=NOW,
    )
    assert _parts(postings, "funding") == _needs(a="-10", b="10")
    assert {(p.cause, p.quantity) for p in postings} == {(Cause.FUNDING, 0)}


def test_what_the_venue_rounds_off_a_funding_payment_goes_to_the_residual_account():
    postings = share_funding(
        leg(),
        _needs(a="0.3"),
        paid=d("-3.33"),
        rate=d("0.0001"),
        mark_price=d("111111.1"),
        source="08:00",
        time=NOW,
    )
    assert _parts(postings, "funding") == {"A": d("-3.333333"), RESIDUAL: d("0.003333")}


@pytest.mark.parametrize("weights", [{}, {"a": "0"}, {"a": "1", "b": "-1"}])
def test_an_amount_cannot_be_shared_over_nobody_or_nothing(weights):
    with pytest.raises(InvalidInput, match="must be above zero, was"):
        share(d(1), _needs(**weights))


def test_no_strategy_can_take_the_name_of_the_residual_account():
    with pytest.raises(InvalidInput):
        strategy_name(RESIDUAL)
