"""The lesson on netting and PnL, on eight recorded markets and a month of minutes."""

from pathlib import Path

import pytest

import nettools as nt
from nettools.study import correlated_strategies, read_folder, targets_of

SHARED = Path(__file__).parents[2] / "shared" / "data" / "binance_usdm_1m"


@pytest.mark.skipif(not SHARED.is_dir(), reason="the recorded candles are not here")
def test_a_hundred_strategies_on_eight_recorded_symbols_earn_what_their_net_earns():
    prices = read_folder(SHARED).frame
    sizes = {symbol: str(round(100_000 / first, 3)) for symbol, first in prices.iloc[0].items()}
    targets = targets_of(correlated_strategies(100, sizes=sizes), prices)
    assert len(targets) == 8
    assert all(wanted.shape == (43_195, 100) for wanted in targets.values())
    closes = {symbol: prices[symbol] for symbol in prices}
    floats = nt.study.netting(targets, closes, progress=False)
    assert abs(floats.pnl_gap) < 1e-8
    lots = {s: (wanted * 1_000).round().astype("int64") for s, wanted in targets.items()}
    ticks = {s: (close * 10_000).round().astype("int64") for s, close in closes.items()}
    exact = nt.study.netting(lots, ticks, progress=False)
    assert exact.is_exact
    assert exact.pnl_gap == 0
    assert float(exact.net["pnl"]) / 10_000_000 == pytest.approx(floats.net["pnl"], abs=1e-6)
    assert exact.strategies["pnl"].abs().min() > 0
    assert 0 < floats.saving < floats.strategies["fees"].sum()
