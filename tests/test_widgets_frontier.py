"""The slider over deadbands: it shows what the sweep found, beside the recommended setting."""

import pytest
from makers import BTC

import nettools as nt
from nettools.study import correlated_strategies, deadband, sample_prices, targets_of
from nettools.widgets import frontier_view


@pytest.fixture(scope="module")
def sweep():
    prices = sample_prices(400, symbols=(BTC,))
    crowd = correlated_strategies(8, sizes={BTC: "1"}, correlation=0.1)
    return deadband(
        targets_of(crowd, prices)[BTC],
        prices[BTC],
        deadbands=["0", "0.25", "0.5", "1", "2"],
        step_sizes=["0.001", "0.01"],
    )


def _mark(view):
    mark = view._figure.data[-1]
    return mark.x[0] / 100, mark.y[0]


def test_it_begins_at_the_recommended_setting(sweep):
    view = frontier_view(sweep)
    best = sweep[sweep["recommended"]].iloc[0]
    assert view.slider.value == best["deadband"]
    assert _mark(view) == pytest.approx((best["tracking_share"], best["cost"]))
    assert repr(view) == f"choose a deadband ({len(sweep)} configurations)"


def test_sliding_shows_turnover_fees_and_tracking_error_of_that_deadband(sweep):
    view = frontier_view(sweep, unit="USDC")
    for _, width in view.slider.options:
        view.slider.value = width
        chosen = view.chosen
        assert chosen["deadband"] == width
        assert _mark(view) == pytest.approx((chosen["tracking_share"], chosen["cost"]))
        for amount in (chosen["turnover"], chosen["fees"], chosen["tracking_error"]):
            assert f"{amount:,.2f}" in view._words.value
        assert "turnover (USDC)" in view._words.value


def test_changing_to_the_target_keeps_the_deadband_or_the_nearest(sweep):
    view = frontier_view(sweep)
    view.way.value, view.slider.value = "edge", view.slider.options[-1][1]
    view.way.value = "target"
    assert view.chosen["trade_to"] == "target"
    assert view.chosen["deadband"] == view.slider.value == view.slider.options[-1][1]
    view.slider.value = view.slider.options[0][1]
    view.way.value = "edge"  # which has no deadband of 0: it is the same to the edge
    assert view.chosen["trade_to"] == "edge"
    assert view.slider.value == view.slider.options[0][1]


def test_the_step_size_is_asked_for_only_when_there_is_a_choice(sweep):
    view = frontier_view(sweep)
    view.step.value = max(sweep["step_size"])
    assert view.chosen["step_size"] == max(sweep["step_size"])
    one = sweep[sweep["step_size"] == min(sweep["step_size"])]
    only = frontier_view(one.assign(recommended=one.index == one.index[1]))
    assert only.step not in only.children[1].children[1].children


def test_a_sweep_without_one_recommendation_is_refused(sweep):
    with pytest.raises(nt.InvalidInput, match="a frontier is of one symbol"):
        frontier_view(sweep.assign(recommended=False))
