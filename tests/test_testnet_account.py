"""Positions, realized PnL and wallet, to the last digit (law 5)."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from makers import BTC, d, leg

from nettools.model import Side
from nettools.testnet.account import Account, Holding, LegExposure

MAKER = d("0.0002")


def _holding(*trades):
    holding = Holding()
    realized = [holding.execute(d(quantity), d(price)) for quantity, price in trades]
    return holding, realized


def test_adding_to_a_position_averages_its_price():
    holding, realized = _holding(("1", "100"), ("3", "104"))
    assert (holding.quantity, holding.average_price) == (4, 103)
    assert realized == [0, 0]


def test_closing_half_realizes_half_and_leaves_the_average_price():
    holding, realized = _holding(("2", "100"), ("-1", "110"))
    assert realized == [0, 10]
    assert (holding.quantity, holding.average_price) == (1, 100)


def test_a_short_earns_when_the_price_falls():
    holding, realized = _holding(("-2", "100"), ("2", "90"))
    assert realized == [0, 20]
    assert (holding.quantity, holding.cost, holding.average_price) == (0, 0, None)


def test_selling_more_than_is_held_closes_it_and_opens_a_short_at_the_new_price():
    holding, realized = _holding(("1", "100"), ("-3", "110"))
    assert realized == [0, 10]
    assert (holding.quantity, holding.average_price) == (-2, 110)
    assert holding.unrealized_pnl(d(100)) == 20


def test_a_price_that_does_not_divide_loses_nothing_once_all_is_closed():
    holding, realized = _holding(
        ("1", "100"), ("1", "101"), ("1", "103"), ("-1", "90"), ("-1", "90"), ("-1", "90")
    )
    assert sum(realized) == 270 - 304
    assert holding.cost == 0


def test_the_fee_comes_out_of_the_wallet_with_each_execution():
    account = Account(d(1000))
    assert account.execute(leg(), d("0.5"), d(100), MAKER) == (0, d("0.01"))
    assert account.wallet == d("999.99")


@pytest.mark.parametrize(
    ("value", "buys", "sells", "worst"),
    [("0", "50", "80", 80), ("100", "50", "80", 150), ("-100", "50", "0", 100)],
)
def test_margin_is_asked_for_the_worse_of_all_buys_or_all_sells(value, buys, sells, worst):
    exposure = LegExposure(value=d(value), opening_buys=d(buys), opening_sells=d(sells))
    assert exposure.worst == worst


def test_one_more_order_counts_on_its_own_side():
    exposure = LegExposure(value=d(100)).adding(Side.BUY, d(5)).adding(Side.SELL, d(7))
    assert (exposure.opening_buys, exposure.opening_sells) == (5, 7)


def test_the_account_is_valued_at_the_mark_and_its_margin_at_the_leverage():
    account = Account(d(1000))
    account.execute(leg(), d("-2"), d(100), d(0))
    state = account.state(
        [(LegExposure(value=d("-220"), opening_sells=d(220)), 20)], lambda _: d(110)
    )
    assert (state.wallet, state.unrealized_pnl, state.margin_balance) == (1000, -20, 980)
    assert (state.position_margin, state.order_margin, state.maintenance_margin) == (
        11,
        11,
        d("0.88"),
    )
    assert state.available == state.free == 958


def test_an_account_under_water_has_nothing_available():
    state = Account(d(1)).state([(LegExposure(value=d(100)), 20)], lambda _: d(100))
    assert (state.free, state.available) == (-4, 0)


trades = st.tuples(
    st.integers(-2000, 2000).filter(bool).map(lambda lots: Decimal(lots).scaleb(-3)),
    st.integers(900_000, 1_100_000).map(lambda ticks: Decimal(ticks).scaleb(-1)),
)


@given(st.lists(trades, max_size=40), st.integers(1, 2_000_000))
def test_cash_and_position_at_the_mark_add_up_exactly(fills, mark):
    account, cash = Account(d(100_000)), d(100_000)
    booked = [account.execute(leg(), quantity, price, MAKER) for quantity, price in fills]
    for quantity, price in fills:
        cash -= quantity * price + abs(quantity) * price * MAKER
    state = account.state([], {BTC: Decimal(mark)}.__getitem__)
    position = sum((quantity for quantity, _ in fills), Decimal(0))
    assert account.holding(leg()).quantity == position
    assert state.wallet == 100_000 + sum(realized - fee for realized, fee in booked)
    assert state.margin_balance == cash + position * mark
