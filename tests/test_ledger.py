"""Sub-accounts: what postings do to position, average price, PnL, fees and funding."""

from decimal import Inexact

import pytest
from bookkeeping import executed
from makers import ETH, NOW, d, leg

from nettools.allocate import (
    RESIDUAL,
    Cause,
    Posting,
    allocate_fill,
    book_crosses,
    share_funding,
)
from nettools.ledger import Ledger, post


def _traded(*trades, fee="0"):
    """Let A do trades like ``"1@100"``; give its account."""
    ledger = Ledger()
    for trade in trades:
        quantity, _, price = trade.partition("@")
        ledger = post(ledger, allocate_fill(executed(quantity, price, fee), {"A": d(quantity)}))
    return ledger.on(leg(), "A")


def test_buying_more_averages_the_price():
    sub = _traded("1@100", "3@104")
    assert (sub.quantity, sub.average_price, sub.realized_pnl) == (4, 103, 0)
    assert sub.unrealized_pnl(d(105)) == 8


def test_selling_a_part_realizes_it_and_keeps_the_average_price():
    sub = _traded("4@103", "-1@110")
    assert (sub.quantity, sub.average_price, sub.realized_pnl) == (3, 103, 7)


def test_a_short_earns_when_the_price_falls():
    sub = _traded("-2@100", "1@90")
    assert (sub.quantity, sub.average_price, sub.realized_pnl) == (-1, 100, 10)
    assert sub.unrealized_pnl(d(95)) == 5


def test_a_flip_closes_at_the_old_average_and_opens_at_the_new_price():
    sub = _traded("1@100", "-3@110", fee="0.3")
    assert (sub.quantity, sub.average_price, sub.realized_pnl) == (-2, 110, 10)
    assert sub.fees == {"USDT": d("0.6")}


def test_a_flat_account_has_no_average_price_and_all_of_it_is_realized():
    sub = _traded("1@100", "1@101", "-2@103")
    assert (sub.quantity, sub.average_price, sub.open_cost) == (0, None, 0)
    assert sub.realized_pnl == sub.cash == sub.pnl(d(7)) == 5


def test_a_third_cannot_be_written_down_but_profit_adds_up_all_the_same():
    sub = _traded("1@100", "2@101", "-1@102", "-1@103")
    assert sub.realized_pnl + sub.unrealized_pnl(d(104)) == sub.pnl(d(104)) == 7


def test_fees_are_kept_in_the_currency_each_was_paid_in():
    ledger = Ledger()
    for fee, currency in (("0.1", "USDT"), ("0.002", "BNB"), ("-0.02", "USDT")):
        fill = executed("1", fee=fee, currency=currency)
        ledger = post(ledger, allocate_fill(fill, {"A": d(1)}))
    assert ledger.on(leg(), "A").fees == {"USDT": d("0.08"), "BNB": d("0.002")}


def test_two_opposite_strategies_both_hold_a_position_although_nothing_was_sent():
    crosses = book_crosses(
        leg(), {"A": d(1), "B": d(-1)}, price=d(100), source="p", policy="mid", time=NOW
    )
    ledger = post(Ledger(), crosses)
    assert ledger.virtual(leg()) == {"A": 1, "B": -1}
    assert ledger.position(leg()) == 0
    assert ledger.totals(leg()) == (0, 0)
    assert ledger.on(leg(), "A").pnl(d(110)) == 10 == -ledger.on(leg(), "B").pnl(d(110))


def test_funding_is_kept_apart_from_profit():
    terms = {"rate": d("0.01"), "mark_price": d(100), "source": "08:00", "time": NOW}
    ledger = post(Ledger(), allocate_fill(executed("1"), {"A": d(1)}))
    ledger = post(ledger, share_funding(leg(), ledger.virtual(leg()), paid=d(-1), **terms))
    sub = ledger.on(leg(), "A")
    assert (sub.funding, sub.quantity, sub.pnl(d(100))) == (-1, 1, 0)


@pytest.mark.parametrize("quantity", ["1", "-1"])
def test_funding_leaves_what_a_position_cost_as_it_is(quantity):
    fill = executed(quantity, "100.0000000000001")
    ledger = post(Ledger(), allocate_fill(fill, {"A": d(quantity)}))
    before = ledger.on(leg(), "A")
    terms = {"rate": d("0.01"), "mark_price": d(100), "source": "08:00", "time": NOW}
    ledger = post(
        ledger, share_funding(leg(), ledger.virtual(leg()), paid=d(-1) * d(quantity), **terms)
    )
    assert ledger.on(leg(), "A") == before._replace(funding=-d(quantity))


def test_an_account_that_only_got_funding_is_in_the_ledger_too():
    terms = {"rate": d("0.01"), "mark_price": d(100), "source": "08:00", "time": NOW}
    ledger = post(Ledger(), share_funding(leg(), {}, paid=d("0.5"), **terms))
    assert ledger.virtual(leg()) == {RESIDUAL: 0}
    assert ledger.accounts[leg()][RESIDUAL].funding == d("0.5")


def test_legs_are_kept_apart_and_a_ledger_is_never_changed_in_place():
    fills = [executed("1", on=leg("long")), executed("-1", on=leg("short"))]
    fills += [executed("1", on=leg("long")), executed("2", on=leg(symbol=ETH))]
    before = Ledger()
    postings = [p for fill in fills for p in allocate_fill(fill, {"A": fill.signed_quantity})]
    after = post(before, postings)
    assert before == Ledger()
    assert {str(on): after.position(on) for on in after.accounts} == {
        "BTC/USDT:USDT LONG": 2,
        "BTC/USDT:USDT SHORT": -1,
        "ETH/USDT:USDT": 2,
    }
    assert after.cash() == -300
    again = post(after, postings[:1])
    assert (after.position(leg("long")), again.position(leg("long"))) == (2, 3)


def test_an_account_nobody_posted_to_is_empty_and_nobody_elses():
    sub = Ledger().on(leg(), "A")
    assert (sub.quantity, sub.cash, sub.fees, sub.average_price) == (0, 0, {}, None)
    assert Ledger().totals(leg()) == (0, 0)


def test_money_that_would_have_to_be_rounded_stops_the_step():
    price = d("1." + "3" * 130)
    huge = Posting("A", leg(), Cause.FILL, "1", d("0.7"), price, NOW)
    with pytest.raises(Inexact):
        post(Ledger(), [huge])
