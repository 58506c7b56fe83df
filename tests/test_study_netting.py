"""Netting on history: it saves fees and spread, and changes no PnL."""

import numpy as np
import pandas as pd
import pytest
from makers import d

from nettools.study import netting

STORY = pd.DataFrame({"A": [1.0, 1.0], "B": [0.5, 0.5], "C": [-0.8, 0.0]})
PRICES = pd.Series([100_000.0, 101_000.0])


def _exact(**options):
    return netting(STORY, PRICES, exact=True, **options)


def test_three_strategies_trade_the_net_once():
    found = _exact()
    assert found.net["turnover"] == d("70000") + d("0.8") * 101_000
    assert list(found.strategies["turnover"]) == [100_000, 50_000, d("160800")]
    assert found.saving == d("0.0005") * (310_800 - 150_800)


def test_netting_does_not_change_the_pnl_by_a_single_digit():
    found = _exact()
    assert list(found.strategies["pnl"]) == [1000, 500, -800]
    assert found.net["pnl"] == 700
    assert found.pnl_gap == 0


def test_fee_and_spread_are_saved_apart():
    found = _exact(spread_bps=2)
    assert found.spread_saving == d("0.0001") * 160_000
    assert found.saving == d("0.0005") * 160_000
    assert found.net["result"] == 700 - d("0.0006") * 150_800


def test_internal_longs_pay_internal_shorts_their_funding():
    found = _exact(funding_rates={1: "0.0001"})
    assert list(found.strategies["funding"]) == [d("-10.1"), d("-5.05"), d("8.08")]
    assert found.net["funding"] == d("-7.07")


def test_a_hedged_account_trades_both_legs():
    assert _exact().hedge["turnover"] == 150_000 + 80_000 + d("0.8") * 101_000
    assert _exact().hedge["pnl"] == 700


def test_opposite_strategies_earn_the_opposite():
    wave = np.sin(np.arange(100.0))
    found = netting({"up": wave, "down": -wave}, 100 + np.arange(100.0) % 7)
    assert found.correlation.loc["up", "down"] == pytest.approx(-1)
    assert found.net["turnover"] == 0
    assert "100.0% less" in found.finding
