"""What an execution cost: columns that add up to the last digit, and unknown where it is."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from makers import BTC, NOW, d, leg, quote

from nettools.errors import InvalidInput
from nettools.model import Fill, Liquidity, Side
from nettools.shortfall import (
    NOBODY,
    UNKNOWN,
    MetFill,
    ParentOrder,
    Shortfall,
    markout,
    shortfall_by_account,
    shortfall_of,
    taken_at_once,
)

RATE = d("0.0005")


def _fill(quantity, price, *, fee="0", maker=False, seconds=1, **more):
    return Fill(
        fill_id=f"{seconds}-{price}",
        client_order_id="nt-p-1",
        venue_order_id="1",
        symbol=BTC,
        quantity=d(quantity),
        price=d(price),
        fee=d(fee),
        liquidity=Liquidity.MAKER if maker else Liquidity.TAKER,
        time=NOW + timedelta(seconds=seconds),
        **{"side": Side.BUY, "fee_currency": "USDT", **more},
    )


def _met(fill, bid="99999.9", ask="100000.1", **shares):
    parts = {name: (d(q), d(fee)) for name, (q, fee) in shares.items()}
    return MetFill(fill=fill, quote=quote(bid, ask), shares=parts)


def _parent(quantity="1", side=Side.BUY, **more):
    return ParentOrder(
        **{
            "plan_id": "p",
            "leg": leg(),
            "side": side,
            "quantity": d(quantity),
            "decided": NOW,
            "arrival": quote(),
            "taker_rate": RATE,
            "first_quote": quote(),
            "ended": NOW + timedelta(seconds=60),
            **more,
        }
    )


def test_a_taker_at_the_touch_pays_half_the_spread_and_the_fee_and_nothing_else():
    parent = _parent(fills=(_met(_fill("1", "100000.1", fee="50")),))
    cost = shortfall_of(parent)
    assert cost == Shortfall(spread=d("0.1"), fee=d(50), total=d("50.1"))
    assert taken_at_once(parent).total == d("0.1") + d("100000.1") * RATE


def test_who_rests_earns_the_half_spread_and_pays_for_the_market_that_moved_meanwhile():
    met = _met(_fill("1", "100004.9", fee="20", maker=True), "100004.9", "100005.1")
    parent = _parent(fills=(met,), first_quote=quote("100000.9", "100001.1"))
    cost = shortfall_of(parent)
    assert (cost.spread, cost.delay, cost.market_move) == (d("-0.1"), d(1), d(4))
    assert cost.total == d("24.9")


def test_a_seller_pays_when_the_price_falls_while_he_waits():
    met = _met(_fill("1", "99990.1", side=Side.SELL, maker=True), "99989.9", "99990.1")
    cost = shortfall_of(_parent(side=Side.SELL, fills=(met,)))
    assert (cost.spread, cost.market_move, cost.total) == (d("-0.1"), d(10), d("9.9"))


def test_what_was_not_filled_costs_what_the_price_ran_away_by():
    parent = _parent("2", end_quote=quote("100009.9", "100010.1"))
    assert shortfall_of(parent) == Shortfall(unfilled=d(20), total=d(20))
    assert shortfall_by_account(parent) == {NOBODY: Shortfall(unfilled=d(20), total=d(20))}


def test_without_a_quote_it_is_unknown_and_never_zero():
    met = replace(_met(_fill("1", "100001", fee="5")), quote=None)
    parent = _parent("2", fills=(met,), first_quote=None)
    cost = shortfall_of(parent)
    assert cost.columns == (None, d(5), None, None, None)
    assert cost.total is None
    assert "unknown" in repr(cost)
    assert "unknown" in cost._repr_html_()
    ended = shortfall_of(replace(parent, end_quote=quote()))
    assert (ended.unfilled, ended.total) == (0, d(6))


def test_a_fee_in_another_currency_is_no_number_in_quote_units():
    parent = _parent(fills=(_met(_fill("1", "100000.1", fee="0.01", fee_currency="BNB")),))
    cost = shortfall_of(parent)
    assert (cost.fee, cost.total, cost.spread) == (None, None, d("0.1"))


def test_a_markout_is_what_the_fill_had_gained_by_then():
    assert markout(_fill("2", "100000"), d(100003)) == 6
    assert markout(_fill("2", "100000", side=Side.SELL), d(100003)) == -6


def test_columns_that_do_not_add_up_are_refused():
    with pytest.raises(InvalidInput, match="must add up"):
        Shortfall(spread=d(1), total=d(2))
    assert (UNKNOWN + Shortfall()).total is None


def test_maker_share_and_time_are_of_the_quantity_and_to_the_last_fill():
    fills = (
        _met(_fill("0.25", "99999.9", maker=True, seconds=2)),
        _met(_fill("0.75", "100000.1", seconds=9)),
    )
    parent = _parent(fills=fills)
    assert (parent.maker_share, parent.seconds_to_fill) == (d("0.25"), 9)
    assert _parent("2", fills=fills).seconds_to_fill is None
    assert _parent().maker_share is None


_PRICES = st.decimals(min_value=1, max_value=200_000, places=4)
_SIZES = st.decimals(min_value=d("0.001"), max_value=50, places=3)
_QUOTES = st.tuples(_PRICES, st.decimals(min_value=d("0.0001"), max_value=50, places=4)).map(
    lambda pair: quote(str(pair[0]), str(pair[0] + pair[1]))
)


@st.composite
def _parents(draw):
    side = draw(st.sampled_from(Side))
    mets = []
    for number in range(draw(st.integers(0, 4))):
        parts = draw(st.dictionaries(st.sampled_from("ABCD"), _SIZES, min_size=1))
        fees = {n: draw(st.decimals(-9, 9, places=6)) for n in parts}
        fill = _fill(
            str(sum(parts.values(), Decimal(0))),
            str(draw(_PRICES)),
            side=side,
            fee=str(sum(fees.values(), Decimal(0))),
            maker=draw(st.booleans()),
            seconds=number,
        )
        shares = {n: (parts[n], fees[n]) for n in parts}
        mets.append(MetFill(fill=fill, quote=draw(_QUOTES), shares=shares))
    filled = sum((met.fill.quantity for met in mets), Decimal(0))
    return _parent(
        str(filled + draw(_SIZES)),
        side,
        fills=tuple(mets),
        arrival=draw(_QUOTES),
        first_quote=draw(_QUOTES),
        end_quote=draw(_QUOTES),
    )


@given(_parents())
def test_the_columns_add_up_to_what_was_paid_beyond_the_mid_at_the_decision(parent):
    cost = shortfall_of(parent)
    mid, sign = parent.arrival.mid, parent.side.sign
    paid = sum((m.fill.signed_quantity * (m.fill.price - mid) for m in parent.fills), d(0))
    fees = sum((met.fill.fee for met in parent.fills), d(0))
    left = (parent.quantity - parent.filled) * sign * (parent.end_quote.mid - mid)
    assert cost.total == paid + fees + left
    assert sum(cost.columns) == cost.total
    bps = cost.in_bps(parent.notional)
    assert sum(bps.columns) == bps.total


@given(_parents())
def test_the_shares_of_the_strategies_add_up_to_the_order_column_by_column(parent):
    shares = shortfall_by_account(parent)
    total = Shortfall()
    for part in shares.values():
        total += part
    assert total == shortfall_of(parent)
