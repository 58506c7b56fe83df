"""What the local exchange refuses before matching, one sentence each."""

import pytest
from exchange import buy, exchange, sell, truth
from makers import BTC, NOW, btc, d

from nettools.errors import InvalidInput, OrderRejected
from nettools.model import Side
from nettools.testnet.engine import Engine

REFUSED = [
    (buy("0.0015"), "STEP_SIZE", "multiple of 0.001 BTC, was 0.0015; use 0.001 or 0.002"),
    (buy("0.0004"), "STEP_SIZE", "was 0.0004; use 0.001"),
    (buy("120.001"), "MAX_QUANTITY", "market order must be at most 120 BTC"),
    (buy("1000.001", "99000"), "MAX_QUANTITY", "limit order must be at most 1000 BTC"),
    (buy("1", "99000.05"), "TICK_SIZE", "multiple of 0.1 USDT, was 99000.05"),
    (buy("1", "105000.1"), "PRICE_BAND", "at most 105000 .mark 100000 .* 5 %., was 105000.1"),
    (sell("1", "94999.9"), "PRICE_BAND", "at least 95000"),
    (buy("0.001", "99999"), "MIN_NOTIONAL", "at least 100 USDT .* was 99.999"),
    (buy("1", id="no spaces"), "BAD_ID", "was 'no spaces'"),
    (buy("1", id="x" * 37), "BAD_ID", "1 to 36"),
    (buy("1", id="日本"), "BAD_ID", "A-Z a-z"),
]


@pytest.mark.parametrize(("order", "reason", "sentence"), REFUSED)
def test_what_a_filter_forbids_is_refused_with_its_numbers(order, reason, sentence):
    engine = exchange()
    before = truth(engine)
    with pytest.raises(OrderRejected, match=sentence) as refused:
        engine.place(order, NOW)
    assert refused.value.reason == reason
    assert truth(engine) == before


@pytest.mark.parametrize(
    "order",
    [
        buy("0.001"),
        buy("1", "105000.0"),
        buy("1", "50000"),
        sell("1", "150000"),
        buy("0.001", "100000", id="A.z:0/_-"),
    ],
)
def test_what_lies_on_the_edge_is_accepted(order):
    assert exchange().place(order, NOW).order == order


def test_only_so_many_orders_may_rest_but_any_number_may_take():
    engine = exchange(max_open_orders=2)
    for _ in range(2):
        engine.place(buy("1", "99000"), NOW)
    with pytest.raises(OrderRejected) as refused:
        engine.place(buy("1", "99000"), NOW)
    assert refused.value.reason == "TOO_MANY_ORDERS"
    assert engine.place(buy("1"), NOW).filled == 1


def test_an_order_below_the_smallest_is_refused():
    engine = Engine([btc(min_quantity="0.01")])
    with pytest.raises(OrderRejected, match=r"at least 0\.01 BTC, was 0\.009") as refused:
        engine.place(buy("0.009", "100000"), NOW)
    assert refused.value.reason == "MIN_QUANTITY"


@pytest.mark.parametrize(("price", "quantity"), [("100000.05", "1"), ("100000", "0.0001")])
def test_even_the_anonymous_public_keeps_to_the_grid(price, quantity):
    with pytest.raises(InvalidInput, match="must be a multiple of"):
        exchange().make(BTC, Side.BUY, d(price), d(quantity), NOW)


def test_a_mark_is_above_zero():
    with pytest.raises(InvalidInput, match="above zero"):
        exchange().set_mark(BTC, d(0))
