"""Orders are refused before they are sent when sending would change them silently."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from makers import BTC, btc, d

from nettools.decimals import is_multiple
from nettools.errors import InvalidInput, OrderRejected
from nettools.model import Order, PositionSide, Side
from nettools.venues.sendable import as_sent, instrument_of

RULES = {BTC: btc()}


def _order(quantity: str = "0.7", price: str | None = "99000", **more) -> Order:
    return Order(
        client_order_id="nt1-1",
        symbol=more.pop("symbol", BTC),
        side=Side(more.pop("side", "buy")),
        quantity=d(quantity),
        limit_price=None if price is None else d(price),
        **more,
    )


def test_an_order_on_the_grid_is_sent_as_it_is():
    for order in (_order(), _order(price=None), _order(reduce_only=True)):
        assert as_sent(order, RULES) is order


def test_a_refusal_names_what_must_hold_and_what_was_found():
    with pytest.raises(OrderRejected, match=r"multiple of 0\.001 BTC, was 0\.0015") as refused:
        as_sent(_order("0.0015"), RULES)
    assert refused.value.reason == "STEP_SIZE"
    with pytest.raises(OrderRejected, match=r"multiple of 0\.1 USDT, was 99000\.06") as refused:
        as_sent(_order(price="99000.06"), RULES)
    assert refused.value.reason == "TICK_SIZE"


def test_an_unknown_symbol_is_answered_with_known_ones():
    with pytest.raises(InvalidInput, match=f"'BTCUSDT'.*it has {BTC}"):
        as_sent(_order(symbol="BTCUSDT"), RULES)
    with pytest.raises(InvalidInput, match="not connected"):
        instrument_of(BTC, {})


@pytest.mark.parametrize(("leg", "closing"), [("long", "sell"), ("short", "buy")])
def test_on_a_hedged_leg_the_flag_comes_off_and_opening_is_refused(leg, closing):
    closer = _order(side=closing, position_side=PositionSide(leg), reduce_only=True)
    assert as_sent(closer, RULES).reduce_only is False
    opening = "buy" if closing == "sell" else "sell"
    opener = _order(side=opening, position_side=PositionSide(leg), reduce_only=True)
    with pytest.raises(OrderRejected) as refused:
        as_sent(opener, RULES)
    assert refused.value.reason == "REDUCE_ONLY"


@given(
    quantity=st.decimals("0.0001", "10", places=4), price=st.decimals("1000", "2000", places=2)
)
def test_what_is_sent_is_what_was_asked_or_nothing(quantity, price):
    order = _order(str(quantity), str(price))
    on_grid = is_multiple(quantity, d("0.001")) and is_multiple(price, d("0.1"))
    if on_grid:
        sent = as_sent(order, RULES)
        assert (sent.quantity, sent.limit_price) == (quantity, price)
    else:
        with pytest.raises(OrderRejected):
            as_sent(order, RULES)
