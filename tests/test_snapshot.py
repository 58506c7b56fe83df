"""What moved since the preview, in the trader's words; and limits that can be kept."""

from datetime import timedelta

import pytest
from makers import BTC, ETH, NOW, d, eth_quote, leg, quote, snapshot, targets, working

from nettools.errors import InvalidInput
from nettools.model import OrderState, PositionMode
from nettools.snapshot import Limits, what_moved


def _later(seconds):
    return NOW + timedelta(seconds=seconds)


def test_nothing_moved_when_nothing_moved():
    assert what_moved(snapshot(), snapshot(time=_later(60))) == ()


@pytest.mark.parametrize(
    ("now", "said"),
    [
        (snapshot(time=_later(61)), "the preview is 61 s old"),
        (snapshot(sequence=1), "another plan was executed since"),
        (snapshot(mode=PositionMode.HEDGE), "the account is in hedge mode now"),
        (snapshot(targets(a="1.0", b="0.5", c="0")), "the targets changed"),
        (
            snapshot(positions="-0.3"),
            f"the position on {BTC} moved from 0 to -0.3",
        ),
        (snapshot(working=(working("0.7"),)), "the working orders changed"),
        (
            snapshot(quotes={BTC: quote("100300", "100300.2"), ETH: eth_quote()}),
            f"the price of {BTC} moved +30 bps",
        ),
        (
            snapshot(quotes={BTC: quote("99700", "99700.2"), ETH: eth_quote()}),
            f"the price of {BTC} moved -30 bps",
        ),
        (snapshot(quotes={BTC: quote()}), f"the price of {ETH} is not known now"),
    ],
    ids=lambda value: value if isinstance(value, str) else "now",
)
def test_what_moved_is_said_and_nothing_else(now, said):
    assert what_moved(snapshot(), now) == (said,)


def test_a_small_move_of_the_price_is_no_reason_to_stop():
    near = snapshot(quotes={BTC: quote("100200", "100200.2"), ETH: eth_quote()})
    assert what_moved(snapshot(), near) == ()


def test_a_position_that_appeared_on_another_leg_is_seen():
    now = snapshot(positions={leg(): "0", leg(symbol=ETH): "2"})
    assert what_moved(snapshot(), now) == (f"the position on {ETH} moved from 0 to +2",)


def test_a_working_order_that_filled_in_part_is_seen_on_both_sides():
    plan = snapshot(working=(working("0.7"),))
    now = snapshot(
        positions="0.2",
        working=(working("0.7", filled="0.2", state=OrderState.PARTIAL),),
    )
    assert what_moved(plan, now) == (
        f"the position on {BTC} moved from 0 to +0.2",
        "the working orders changed",
    )


def test_the_same_working_order_read_again_has_not_moved():
    assert (
        what_moved(snapshot(working=(working("0.7"),)), snapshot(working=(working("0.7"),)))
        == ()
    )


def test_everything_that_moved_is_listed():
    now = snapshot(targets(a="2"), positions="1", sequence=3, time=_later(100))
    assert len(what_moved(snapshot(), now)) == 4


@pytest.mark.parametrize("limit", ["order_notional", "price_move_bps", "orders_per_minute"])
def test_a_limit_is_never_negative(limit):
    with pytest.raises(InvalidInput, match=f"{limit} must not be negative, was -1"):
        Limits(**{limit: -1})


@pytest.mark.parametrize("value", [250_000.0, "250000", d("nan")], ids=repr)
def test_a_limit_is_an_exact_number(value):
    with pytest.raises(InvalidInput, match="symbol_notional must be a finite Decimal"):
        Limits(symbol_notional=value)


def test_a_whole_number_is_fine_as_a_limit():
    assert Limits(order_notional=50_000).order_notional == 50_000
