"""Which deadband: every configuration as the live desk would trade it."""

import numpy as np
import pandas as pd
import pytest
from makers import d

from nettools.study import deadband

PRICES = [100.0, 110.0, 100.0, 120.0]


def _row(targets, prices=PRICES, **options):
    options = {"deadbands": ["0"], "step_sizes": ["0.1"], "trade_to": "target"} | options
    return deadband({"A": targets}, prices, progress=False, **options).iloc[0]


def test_without_a_band_every_change_is_traded_and_nothing_strays():
    row = _row([1.0, 1.2, 1.2, 0.5])
    assert (row["trades"], row["tracking_error"]) == (3, 0)
    assert row["turnover"] == pytest.approx(100 + 0.2 * 110 + 0.7 * 120)
    assert row["fees"] == pytest.approx(row["turnover"] * 0.0005)


def test_a_change_inside_the_band_waits_and_its_pnl_is_missed():
    row = _row([1.0, 1.2, 1.2, 1.2], deadbands=["0.2"])
    assert row["trades"] == 1
    # 0.2 too little from the second close to the fourth: −10 and +20 a unit.
    assert row["tracking_error"] == pytest.approx(np.sqrt((2**2 + 4**2) / 3))
    assert row["pnl"] == pytest.approx(10 - 10 + 20)


def test_to_the_edge_trades_less_than_to_the_target():
    row = _row([1.0, 1.0, 1.0, 1.0], deadbands=["0.3"], trade_to="edge")
    assert row["turnover"] == pytest.approx(0.7 * 100)


def test_a_flat_target_ignores_the_band():
    assert _row([1.0, 0.0, 0.0, 0.0], deadbands=["0.5"])["trades"] == 2
    assert _row([0.4, 0.0, 0.0, 0.0], deadbands=["0.5"])["trades"] == 0


def test_what_is_traded_is_rounded_toward_zero_once():
    row = _row([0.19, 0.31, -0.31, -0.31], step_sizes=["0.1"])
    assert row["turnover"] == pytest.approx(0.1 * 100 + 0.2 * 110 + 0.6 * 100)


def test_targets_are_added_up_as_written_not_as_floats():
    wanted = {"A": [0.1], "B": [0.7]}  # 0.7999999999999999 as floats
    found = deadband(wanted, [100.0], deadbands=[0], step_sizes=["0.8"], progress=False)
    assert found["trades"][0] == 1


def test_the_strategies_are_netted_before_the_band_is_asked():
    found = deadband(
        {"A": [1.0, 1.3], "B": [-1.0, -1.3]},
        [100.0, 100.0],
        deadbands=[0],
        trade_to="target",
        progress=False,
    )
    assert found["trades"][0] == 0


def test_the_recommended_one_is_the_cheapest_that_stays_near_and_says_why():
    rng = np.random.default_rng(7)
    wanted = pd.Series(np.round(rng.normal(size=5000).cumsum() * 0.02, 3))
    prices = pd.Series(60_000 + rng.normal(size=5000).cumsum() * 20)
    found = deadband(
        wanted, prices, deadbands=["0", "0.05", "0.2", "5"], tracking_limit=0.05, progress=False
    )
    best = found[found["recommended"]].iloc[0]
    inside = found[found["tracking_share"] <= 0.05]
    assert best["cost"] == inside["cost"].min()
    assert best["efficient"]
    assert best["reason"].startswith("the cheapest within 5.00%: deadband 0.05, to the edge")
    far = found[found["tracking_share"] > 0.05]
    assert far["reason"].str.contains("more than 5.00%").all()
    assert not far.empty


def test_symbols_have_bands_of_their_own():
    wanted = pd.DataFrame({"A": [1.0, 2.0]})
    found = deadband(
        {"BTC/USDT:USDT": wanted, "ETH/USDT:USDT": wanted * 10},
        {"BTC/USDT:USDT": [100.0, 100.0], "ETH/USDT:USDT": [10.0, 10.0]},
        deadbands={"BTC/USDT:USDT": ["2"], "ETH/USDT:USDT": ["0", "5"]},
        trade_to="target",
        progress=False,
    )
    assert list(found["symbol"]) == ["BTC/USDT:USDT", *["ETH/USDT:USDT"] * 2]
    assert list(found["trades"]) == [0, 2, 2]
    assert list(found["deadband"]) == [d(2), d(0), d(5)]


def test_a_deadband_is_the_widest_of_quantity_fraction_and_notional():
    wanted = [1.0, 1.2, 1.5, 1.0]
    assert _row(wanted)["trades"] == 4
    assert _row(wanted, fractions=["0.2"])["trades"] == 3  # 0.2 is not more than 20 % of 1.2
    assert _row(wanted, notionals=["50"])["trades"] == 1  # 0.5 at 100 is not worth more than 50
    assert _row(wanted, fractions=["0.05"], notionals=["22"], deadbands=["2"])["trades"] == 0


def test_a_notional_is_a_narrower_band_when_the_price_is_higher():
    row = _row([0.5, 0.5], [100.0, 101.0], notionals=["50"])
    assert (row["trades"], row["turnover"]) == (1, 50.5)


def test_an_order_below_the_least_notional_is_not_sent_unless_it_closes():
    row = _row([0.3, 1.0, 0.8, 0.0], [100.0] * 4, min_notional=50)
    assert (row["trades"], row["turnover"]) == (3, 200)


def test_an_order_below_the_least_quantity_is_not_sent_even_to_become_flat():
    row = _row([1.0, 0.8, 1.3, 0.0], [100.0] * 4, min_quantity="0.3")
    assert (row["trades"], row["turnover"]) == (3, 100 + 30 + 130)


def test_in_hedge_mode_the_legs_are_traded_apart_and_share_one_recommendation():
    wanted = {"A": [1.0, 1.0, 3.0, 3.0], "B": [-1.0, -1.2, -3.0, -3.2]}
    prices = [100.0, 101.0, 102.0, 103.0]
    found = deadband(
        wanted, prices, deadbands=["0", "0.2"], trade_to="target", mode="hedge", progress=False
    )
    assert list(found["leg"]) == ["LONG", "LONG", "SHORT", "SHORT"]
    assert list(found["trades"]) == [2, 2, 4, 2]
    assert list(found["recommended"]) == [True, False, True, False]
    # The long leg alone would not mind the wider band; the short one strays too far.
    assert found["tracking_share"][1] == 0
    assert found["reason"][1] == found["reason"][3]
    assert "strays by" in found["reason"][1]


def test_only_the_kinds_of_deadband_that_are_swept_have_a_column():
    terms = {"step_sizes": ["0.1"], "trade_to": "target", "progress": False}
    found = deadband({"A": [1.0]}, [100.0], fractions=["0", "0.05"], **terms)
    assert list(found["fraction"]) == [d(0), d("0.05")]
    assert "notional" not in found
    assert found["reason"][0].startswith("the cheapest within 5.00%: deadband 0, to the target")
