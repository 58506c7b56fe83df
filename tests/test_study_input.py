"""Bad input to a study: one clear sentence, naming row and column, and never a wrong number."""

import numpy as np
import pandas as pd
import pytest

from nettools.errors import InvalidInput
from nettools.study import deadband, netting

BTC, ETH, BTC_C = "BTC/USDT:USDT", "ETH/USDT:USDT", "BTC/USDC:USDC"
TIMES = pd.date_range("2025-05-04", periods=4, freq="min", tz="UTC")


def _targets(**columns):
    return pd.DataFrame({"A": [1.0, 2.0, 1.0, 0.0]} | columns, index=TIMES)


def _prices(*values):
    return pd.Series(values or (100.0, 101.0, 102.0, 103.0), index=TIMES)


def _changes(**columns):
    rows = {"bar": [0, 1, 1], "strategy": ["A", "A", "B"], "target": [1.0, 2.0, 1.0]}
    return pd.DataFrame(rows | columns)


def _refused(targets, prices, **options):
    with pytest.raises(InvalidInput) as caught:
        netting(targets, prices, progress=False, **options)
    return str(caught.value)


def test_lengths_must_match():
    assert "4 bars and prices 3" in _refused(_targets(), _prices()[:3])
    assert "2 bars and prices 3" in _refused(np.zeros((2, 5)), [1.0, 2.0, 3.0])
    assert "at least one" in _refused(pd.DataFrame({"A": []}), [])


def test_targets_and_prices_must_have_the_same_times():
    shifted = _prices().shift(freq="30s")
    assert "in row 0 they are 2025-05-04 00:00:00+00:00" in _refused(_targets(), shifted)


def test_times_must_rise():
    swapped = [0, 2, 1, 3]
    said = _refused(_targets().iloc[swapped], _prices().iloc[swapped])
    assert "row 2 (2025-05-04 00:01:00+00:00) is not after row 1" in said
    twice = [0, 1, 1, 3]
    said = _refused(_targets().iloc[twice], _prices().iloc[twice])
    assert "row 2" in said
    assert "is the same as row 1" in said


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_target_that_is_no_number_is_named_by_row_and_column(bad):
    said = _refused(_targets(B=[0.0, 0.0, bad, 0.0]), _prices())
    assert "target of 'B' in row 2 (2025-05-04 00:02:00+00:00)" in said
    assert ("unknown, not zero" in said) == np.isnan(bad)


@pytest.mark.parametrize("bad", [None, "many", object()])
def test_a_target_that_is_not_even_a_float_is_named_as_well(bad):
    targets = pd.DataFrame({"A": [1.0, 2.0, 3.0], "B": [1.0, bad, 1.0]}, dtype=object)
    assert "target of 'B' in row 1" in _refused(targets, [1.0, 2.0, 3.0])
    assert "target of 'B' in row 1" in _refused(targets, [1.0, 2.0, 3.0], exact=True)


@pytest.mark.parametrize("bad", [0.0, -1.0, np.nan, np.inf])
def test_a_price_that_cannot_be_is_named_by_its_row(bad):
    said = _refused(_targets(), _prices(100.0, 101.0, bad, 103.0))
    assert "price in row 2 (2025-05-04 00:02:00+00:00) must be" in said


def test_two_columns_of_the_same_name_are_not_added_up():
    said = _refused(pd.DataFrame([[1.0, 2.0]], columns=["A", "A"]), [100.0])
    assert "two columns of targets are named 'A'" in said


def test_an_unknown_fee_currency_is_not_a_fee_of_zero():
    said = _refused({BTC: _targets()}, {BTC: _prices()}, fee_rate={"USDC": "0.0005"})
    assert "fee currency 'USDT' of 'BTC/USDT:USDT' has no fee rate; known are 'USDC'" in said


def test_amounts_in_two_currencies_are_not_added_up():
    both = {BTC: _targets(), BTC_C: _targets()}
    said = _refused(both, dict.fromkeys(both, _prices()))
    assert "'USDT' and 'USDC'" in said


@pytest.mark.parametrize("rate", ["1", "-2", float("nan"), "five"])
def test_a_fee_rate_that_is_no_fraction_is_refused(rate):
    assert "fee_rate" in _refused(_targets(), _prices(), fee_rate=rate)


def test_a_negative_spread_is_refused():
    assert "spread_bps" in _refused(_targets(), _prices(), spread_bps=-1)


def test_funding_settled_between_two_bars_belongs_to_none():
    rates = pd.Series(["0.0001"], index=[TIMES[1] + pd.Timedelta("5ms")])
    assert "is no bar of prices" in _refused(_targets(), _prices(), funding_rates=rates)
    rates = pd.Series(["0.0001"] * 2, index=[TIMES[1]] * 2)
    assert "two rates at 2025" in _refused(_targets(), _prices(), funding_rates=rates)


def test_every_symbol_needs_its_prices():
    both = {BTC: _targets(), ETH: _targets()}
    assert "targets are given for 'ETH/USDT:USDT'" in _refused(both, {BTC: _prices()})
    assert "give targets as {symbol: …}" in _refused(_targets(), {BTC: _prices()})


def test_changes_must_be_in_order_and_say_one_thing_a_bar():
    prices = [100.0, 101.0]
    assert "change 1 is on 0, the one before on 1" in _refused(_changes(bar=[1, 0, 1]), prices)
    assert "change 0 is on bar 7" in _refused(_changes(bar=[7, 8, 9]), prices)
    said = _refused(_changes(bar=[1, 1, 1]), prices)
    assert said == "change 1 is the second of 'A' on its bar; keep the last one"
    assert "target of change 2" in _refused(_changes(target=[1.0, 2.0, np.nan]), prices)
    assert "change 1 names no strategy" in _refused(_changes(strategy=["A", None, "B"]), prices)


@pytest.mark.parametrize("kind", ["parquet", "feather"])
def test_a_file_cut_off_in_the_middle_is_damaged_not_short(kind, tmp_path):
    path = tmp_path / f"targets.{kind}"
    rng = np.random.default_rng(1)
    frame = pd.DataFrame(rng.normal(size=(5000, 3)), columns=list("ABC"))
    getattr(frame, f"to_{kind}")(path)
    prices = np.full(5000, 100.0)
    whole = path.read_bytes()
    for size in (0, 10, len(whole) // 2, len(whole) - 5):
        path.write_bytes(whole[:size])
        assert f"targets.{kind} cannot be read to its end" in _refused(path, prices)


def test_a_file_that_is_not_there_or_of_another_kind_is_refused(tmp_path):
    assert "there is no file lost.parquet" in _refused(tmp_path / "lost.parquet", [1.0])
    path = tmp_path / "targets.csv"
    path.write_text("A\n1\n")
    assert "must end in one of" in _refused(path, [1.0])


def test_a_hole_in_a_file_is_named_by_row_and_column(tmp_path):
    path = tmp_path / "targets.parquet"
    _targets(B=[1.0, None, 1.0, 1.0]).to_parquet(path)
    assert "target of 'B' in row 1 (2025-05-04 00:01" in _refused(path, _prices())


def test_times_of_a_file_are_compared_with_those_of_the_prices(tmp_path):
    path = tmp_path / "targets.parquet"
    _targets().to_parquet(path)
    assert "same times; in row 0" in _refused(path, _prices().shift(freq="30s"))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"deadbands": []}, "deadbands is empty"),
        ({"deadbands": ["-0.1"]}, "must not be negative"),
        ({"step_sizes": ["0"]}, "must be above zero"),
        ({"trade_to": "middle"}, "trade_to must be"),
        ({"engine": "abacus"}, "engine must be"),
        ({"tracking_limit": 0}, "tracking_limit"),
        ({"client": object()}, "distributed.Client"),
        ({"deadbands": ["1e-12"]}, "too large beside settings with 12 decimal places"),
    ],
)
def test_settings_of_a_sweep_that_cannot_be_are_refused(options, said):
    with pytest.raises(InvalidInput, match=said):
        deadband(
            _targets(B=1e6), _prices(), **{"deadbands": ["1"], "progress": False} | options
        )


def test_a_sweep_names_the_missing_target_too():
    with pytest.raises(InvalidInput, match="target of 'B' in row 2"):
        deadband(_targets(B=[0, 0, None, 0]), _prices(), deadbands=[0], progress=False)
    by_symbol = {BTC: ["0"]}
    with pytest.raises(InvalidInput, match="not for 'ETH/USDT:USDT'"):
        deadband({ETH: _targets()}, {ETH: _prices()}, deadbands=by_symbol, progress=False)
