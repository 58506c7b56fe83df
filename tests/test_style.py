"""At what price an order leaves: capped, resting, on the tick, never worse than meant."""

import pytest
from makers import btc, d, quote

from nettools.errors import InvalidInput
from nettools.model import Side, TimeInForce
from nettools.style import Style

TOUCH = quote("100000.0", "100000.1")


@pytest.mark.parametrize(
    ("style", "side", "price"),
    [
        (Style(), Side.BUY, "100200.1"),  # 100000.1 × 1.002 = 100200.1002
        (Style(), Side.SELL, "99800.0"),
        (Style(slippage_bps=d(0)), Side.BUY, "100000.1"),
        (Style(name="limit"), Side.BUY, "100000.0"),
        (Style(name="limit"), Side.SELL, "100000.1"),
        (Style(name="limit", offset_bps=d(10)), Side.BUY, "99900.0"),
        (Style(name="limit", offset_bps=d(10)), Side.SELL, "100100.2"),  # up from 100100.1001
        (Style(name="limit", offset_bps=d(-1)), Side.BUY, "100010.0"),
        (Style(name="smart"), Side.BUY, "100000.0"),
        (Style(name="smart", improve_ticks=3), Side.SELL, "100000.1"),  # no room inside
        (Style(name="limit", limit_price=d("95000.07")), Side.BUY, "95000.0"),
        (Style(name="limit", limit_price=d("95000.07")), Side.SELL, "95000.1"),
    ],
    ids=[
        "market buy is capped",
        "market sell is capped",
        "market without slippage",
        "limit buy rests at the bid",
        "limit sell rests at the ask",
        "limit buy behind the bid",
        "limit sell behind the ask",
        "limit buy into the spread",
        "smart buy rests at the bid",
        "smart sell rests at the ask",
        "limit buy at a price",
        "limit sell at a price",
    ],
)
def test_the_price_an_order_leaves_with(style, side, price):
    assert style.limit_price_for(side, TOUCH, btc()) == d(price)


def test_market_is_immediate_and_limit_rests_unless_told():
    assert Style().time_in_force is TimeInForce.IOC
    assert Style(name="limit").time_in_force is TimeInForce.GTC
    assert Style(name="limit", rests=False).time_in_force is TimeInForce.IOC


def test_a_style_is_read_from_its_name():
    assert Style.read("limit") == Style(name="limit")
    mine = Style(slippage_bps=d(5))
    assert Style.read(mine) is mine


@pytest.mark.parametrize(
    ("words", "what_is_said"),
    [
        ({"name": "yolo"}, 'style must be "market", "limit" or "smart", was \'yolo\''),
        ({"slippage_bps": d(-1)}, "slippage_bps must be from 0 to below 10000, was -1"),
        ({"slippage_bps": d(10_000)}, "slippage_bps must be from 0 to below 10000"),
        ({"slippage_bps": 20.0}, "slippage_bps must be a finite Decimal, was 20.0"),
        ({"slippage_bps": d("nan")}, "slippage_bps must be a finite Decimal"),
        ({"offset_bps": d(10_000)}, "offset_bps must be between -10000 and 10000"),
        ({"name": "limit", "limit_price": d(0)}, "limit_price must be above zero, was 0"),
        ({"post_only": True}, "post_only needs a style that rests"),
        ({"name": "limit", "rests": False, "post_only": True}, "post_only needs a style"),
        ({"name": "smart", "improve_ticks": -1}, "improve_ticks must be a whole number"),
        ({"name": "smart", "most_requotes": d(3)}, "most_requotes must be a whole number"),
        ({"name": "smart", "timeout_seconds": d(-1)}, "timeout_seconds must not be negative"),
        ({"name": "smart", "adverse_bps": d(0)}, "adverse_bps must be from 0.01"),
        ({"name": "smart", "imbalance": d("0.4")}, "imbalance must be from 0.5 to 1"),
    ],
    ids=str,
)
def test_a_style_that_means_nothing_is_refused(words, what_is_said):
    with pytest.raises(InvalidInput, match=what_is_said):
        Style(**words)
