"""Pictures of studies: light, with every extreme, and the finding as their title."""

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from makers import BTC, ETH, d

import nettools as nt
from nettools.charts import earned_figure, frontier_figure, frontier_title, keep_extremes
from nettools.study import (
    correlated_strategies,
    deadband,
    earned_over_time,
    netting,
    sample_prices,
    targets_of,
)

lines = hnp.arrays(
    np.float64,
    st.integers(1, 600),
    elements=st.floats(allow_infinity=False, allow_nan=True, width=32),
)


@settings(max_examples=150, deadline=None)
@given(lines, st.integers(4, 60))
def test_a_thinned_line_keeps_its_ends_and_its_extremes_in_their_order(values, most):
    kept = keep_extremes(values, most)
    assert len(kept) <= max(most, 1)
    assert (np.diff(kept) > 0).all()
    assert (kept[0], kept[-1]) == (0, len(values) - 1)
    if np.isfinite(values).any():
        assert np.nanmax(values[kept]) == np.nanmax(values)
        assert np.nanmin(values[kept]) == np.nanmin(values)


@settings(max_examples=60, deadline=None)
@given(st.integers(100, 5_000), st.integers(4, 60), st.data())
def test_a_spike_of_one_bar_in_a_month_is_still_drawn(count, most, data):
    values = np.zeros(count)
    at = data.draw(st.integers(0, count - 1))
    values[at] = data.draw(st.sampled_from([-1.0, 1.0]))
    assert at in keep_extremes(values, most)


def test_a_short_line_is_drawn_whole_and_too_few_points_are_refused():
    assert keep_extremes(np.arange(50.0), 50).tolist() == list(range(50))
    with pytest.raises(nt.InvalidInput, match="at least 4 points, was 3"):
        keep_extremes(np.zeros(9), 3)


def _studied(bars=400, count=8):
    prices = sample_prices(bars, symbols=(BTC, ETH))
    crowd = correlated_strategies(count, sizes={BTC: "1", ETH: "40"}, correlation=0.1)
    return targets_of(crowd, prices), prices


def test_lines_of_earnings_end_where_the_totals_of_netting_are():
    targets, prices = _studied()
    earned = earned_over_time(targets, prices, fee_rate="0.0005", spread_bps=2)
    totals = netting(targets, {s: prices[s] for s in prices}, fee_rate="0.0005", spread_bps=2)
    last = earned.iloc[-1]
    assert last["Σ alone"] == pytest.approx(totals.strategies["pnl"].sum(), abs=1e-6)
    assert last["netted"] == pytest.approx(totals.net["pnl"], abs=1e-6)
    assert last["Σ alone after costs"] == pytest.approx(totals.strategies["result"].sum())
    assert last["netted after costs"] == pytest.approx(totals.net["result"])
    assert (earned["Σ alone"] - earned["netted"]).abs().max() < 1e-6


def test_earnings_need_targets_that_are_numbers_on_the_bars_of_the_prices():
    targets, prices = _studied(bars=20)
    with pytest.raises(
        nt.InvalidInput, match=f"targets of {BTC} and prices must have the same"
    ):
        earned_over_time({BTC: targets[BTC].iloc[1:]}, prices)
    targets[BTC].iloc[4, 2] = np.nan
    with pytest.raises(nt.InvalidInput, match=rf"was nan of S3 on {BTC} in row 5"):
        earned_over_time(targets, prices)


def test_a_month_of_minutes_is_a_picture_well_below_half_a_megabyte():
    index = pd.date_range("2026-01-01", periods=43_200, freq="min", tz="UTC")
    noise = np.random.default_rng(1).standard_normal((43_200, 4)).cumsum(axis=0)
    names = ["Σ alone", "netted", "Σ alone after costs", "netted after costs"]
    figure = earned_figure(pd.DataFrame(noise, index=index, columns=names))
    assert len(figure.to_json()) < 150_000
    assert [line.name for line in figure.data] == names
    for line, values in zip(figure.data, noise.T, strict=True):
        assert max(line.y) == round(values.max(), 2)
        assert min(line.y) == round(values.min(), 2)


def test_the_title_of_earnings_says_how_far_apart_and_what_was_saved():
    frame = pd.DataFrame(
        {
            "Σ alone": [0.0, 5.0],
            "netted": [0.0, 5.0],
            "Σ alone after costs": [-1.0, 1.0],
            "netted after costs": [0.0, 1235.0],
        }
    )
    title = earned_figure(frame, unit="USDC").layout.title.text
    assert title == "Before costs exactly the same; after costs netting is 1,234 USDC better"
    frame.loc[1, "netted"] += 2e-9
    assert "the same within a millionth" in earned_figure(frame).layout.title.text
    frame.loc[1, "netted"] += 3
    assert "the same within 3.00 USDT" in earned_figure(frame).layout.title.text


def _sweep(**more):
    targets, prices = _studied()
    options = {"deadbands": ["0", "0.5", "1", "2"], "fee_rate": "0.0005"} | more
    return deadband(targets[BTC], prices[BTC], **options)


def test_the_frontier_draws_every_configuration_and_marks_the_recommended_one():
    sweep = _sweep()
    figure = frontier_figure(sweep)
    line, target, edge, star = figure.data
    assert [one.name for one in figure.data] == [
        "efficient",
        "to the target",
        "to the edge",
        "recommended",
    ]
    assert len(target.x) + len(edge.x) == len(sweep)
    assert len(line.x) == sweep["efficient"].sum()
    best = sweep[sweep["recommended"]].iloc[0]
    assert star.y == (round(best["cost"], 2),)
    hollow = [mark.endswith("-open") for mark in (*target.marker.symbol, *edge.marker.symbol)]
    assert hollow.count(True) == (~sweep["efficient"]).sum()
    title = figure.layout.title.text
    assert title == frontier_title(sweep)
    assert title.startswith(f"Deadband {best['deadband']}, to the {best['trade_to']}: costs")
    assert title.endswith(f"strays {best['tracking_share']:.1%}")
    assert f" {1 - best['cost'] / sweep['cost'].max():.0%} less " in title
    assert "deadband 0.5" in target.hovertext[1]
    assert json.loads(figure.to_json())["layout"]["xaxis"]["title"]["text"].startswith(
        "strays, %"
    )


def test_of_very_many_configurations_the_efficient_ones_are_drawn():
    sweep = _sweep(deadbands=[str(d(number) / 500) for number in range(1_001)])
    drawn = sum(len(one.x) for one in frontier_figure(sweep).data if "to the" in one.name)
    assert drawn == sweep["efficient"].sum() < len(sweep)


def test_a_sweep_of_two_symbols_is_no_frontier():
    targets, prices = _studied()
    both = deadband(targets, {s: prices[s] for s in prices}, deadbands=["0", "1"])
    with pytest.raises(nt.InvalidInput, match="choose the rows of one"):
        frontier_figure(both)
    assert frontier_figure(both[both["symbol"] == ETH]).data
