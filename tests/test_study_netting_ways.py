"""However a history is held or added up, the numbers are the same."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from makers import d

from nettools.study import deadband, netting
from nettools.study.kernels import sum_changes
from nettools.study.lanes import Course, Lanes, follow_lanes
from nettools.study.lanes_loops import LOOPS
from nettools.study.panel import EXACT_BELOW, FrameSource, read_panel

NAMES = list("ABC")
RNG = np.random.default_rng(3)
LOTS = RNG.integers(-900, 900, (3000, 3))
TICKS = 500_000 + RNG.integers(-50, 51, 3000).cumsum()


def _frame(values=LOTS / 1000):
    return pd.DataFrame(values, columns=NAMES)


def _prices():
    return pd.Series(TICKS / 10)


def _told(frame):
    """Give the same targets as a list of changes."""
    changed = frame.diff().fillna(frame).to_numpy()
    bars, columns = np.nonzero(changed)
    values = frame.to_numpy()[bars, columns]
    names = pd.Categorical.from_codes(columns, frame.columns)
    return pd.DataFrame({"bar": bars, "strategy": names, "target": values})


def _assert_same(one, other, rtol=1e-12):
    pd.testing.assert_frame_equal(
        one.strategies, other.strategies, rtol=rtol, check_names=False
    )
    pd.testing.assert_series_equal(one.net, other.net, rtol=rtol)
    pd.testing.assert_series_equal(one.hedge, other.hedge, rtol=rtol)


def _apart(frame):
    """Give the same in a frame whose columns do not lie together."""
    apart = frame[["A", "B"]].copy()
    apart["C"] = frame["C"]
    assert isinstance(read_panel(apart, _prices(), None, exact=None).source, FrameSource)
    return apart


@pytest.mark.parametrize("engine", ["numpy", "numba"])
def test_rows_columns_parts_and_changes_say_the_same(engine):
    expected = netting(_frame(), _prices())
    shapes = [np.ascontiguousarray(_frame()), _apart(_frame()), _told(_frame())]
    for shape in shapes:
        found = netting(shape, _prices(), engine=engine)
        if isinstance(shape, np.ndarray):
            found.strategies.index = expected.strategies.index
        _assert_same(found, expected)
        assert abs(found.pnl_gap) < 1e-9


@pytest.mark.parametrize("engine", ["numpy", "numba"])
def test_integers_are_exact_with_either_engine(engine):
    for lots in (LOTS, _frame(LOTS), _told(_frame(LOTS))):
        found = netting(lots, TICKS, engine=engine)
        assert found.is_exact
        traded = np.abs(np.diff(LOTS, axis=0, prepend=0)) * TICKS[:, None]
        assert list(found.strategies["turnover"]) == traded.sum(axis=0).tolist()
        assert found.net["pnl"] == int((LOTS[:-1].sum(axis=1) * np.diff(TICKS)).sum())
        assert found.pnl_gap == 0


def test_sums_beyond_what_floats_hold_stay_exact():
    lots = np.array([[2**40, 3], [-(2**40) + 1, 5], [2**40 - 3, 7]] * 50)
    ticks = np.array([10**7 + 1, 10**7 + 3, 10**7 - 7] * 50)
    exact = [sum(map(int, column)) for column in (np.abs(np.diff(lots, axis=0, prepend=0))
             .astype(object) * ticks[:, None]).T]  # fmt: skip
    assert exact[0] > EXACT_BELOW
    told = _told(pd.DataFrame(lots, columns=["A", "B"]))
    for shape, engine in ((lots, None), (lots, "numba"), (told, None), (told, "numba")):
        found = netting(shape, ticks, engine=engine)
        assert list(found.strategies["turnover"]) == exact
        assert found.pnl_gap == 0


def test_targets_too_large_to_be_exact_are_refused():
    with pytest.raises(ValueError, match="use larger lots"):
        netting(np.array([[2**52, 2**52]]), np.array([1]))
    with pytest.raises(ValueError, match="use larger ticks"):
        netting(np.array([[1]]), np.array([2**53]))


@pytest.mark.parametrize("kind", ["parquet", "feather"])
def test_a_file_is_streamed_to_the_same_numbers(kind, tmp_path):
    frame, prices = _frame(), _prices()
    times = pd.date_range("2025-05-04", periods=len(frame), freq="min", tz="UTC", name="date")
    timed = frame.set_index(times)
    path = tmp_path / f"targets.{kind}"
    whole = timed.assign(close=prices.to_numpy()).reset_index()
    getattr(whole, f"to_{kind}")(path)
    expected = netting(frame, prices)
    _assert_same(netting(path, "close"), expected)
    targets_only = tmp_path / f"only.{kind}"
    getattr(timed.reset_index(), f"to_{kind}")(targets_only)
    _assert_same(netting(str(targets_only), prices.set_axis(times)), expected)


def test_a_file_in_whole_lots_is_exact(tmp_path):
    path = tmp_path / "lots.parquet"
    _frame(LOTS).to_parquet(path, row_group_size=700)
    found = netting(path, TICKS)
    assert found.is_exact
    assert list(found.net) == list(netting(LOTS, TICKS).net)


def test_symbols_add_up_and_stay_visible():
    one, two = "BTC/USDT:USDT", "ETH/USDT:USDT"
    frames = {one: _frame(), two: _frame()[["B", "A"]] * 10}
    prices = {one: _prices(), two: _prices() / 10}
    found = netting(frames, prices, spread_bps=1)
    alone = {symbol: netting(frames[symbol], prices[symbol], spread_bps=1) for symbol in frames}
    for symbol in frames:
        assert list(found.by_symbol.loc[symbol]) == list(alone[symbol].net)
        assert list(found.accounts.loc[symbol].loc["A"]) == list(
            alone[symbol].strategies.loc["A"]
        )
    assert found.net["fees"] == pytest.approx(found.by_symbol["fees"].sum())
    assert found.strategies.loc["C", "pnl"] == alone[one].strategies.loc["C", "pnl"]
    assert found.saving == pytest.approx(sum(each.saving for each in alone.values()))
    as_frame = netting(frames, pd.DataFrame(prices), spread_bps=1)
    assert list(as_frame.net) == list(found.net)
    changes = pd.concat(
        [_told(_frame()).assign(symbol=one), _told(_frame() * 2).assign(symbol=two)]
    )
    told = netting(changes, prices)
    assert told.by_symbol.loc[one, "turnover"] == pytest.approx(alone[one].net["turnover"])
    assert found.to_frame().index[-2:].tolist() == ["Σ alone", "netted"]
    assert "netted − alone" in repr(found)
    assert "<table" in found._repr_html_()


def test_earnings_of_strategies_are_correlated_as_pandas_says():
    frame, prices = _frame(LOTS.cumsum(axis=0) / 1000), _prices()
    steps = prices.diff().shift(-1).fillna(0)
    expected = frame.mul(steps, axis=0).corr()
    for shape in (frame, _told(frame)):
        np.testing.assert_allclose(netting(shape, prices).correlation, expected, atol=1e-9)


def test_the_loops_over_changes_are_right_as_they_stand():
    told, prices = _told(_frame()[:50]), TICKS[:50] / 10
    bars, codes = told["bar"].to_numpy(), told["strategy"].cat.codes.to_numpy()
    targets, states, net = told["target"].to_numpy(), np.zeros((3, 4)), np.zeros(3)
    states[:, 0] = -1
    assert sum_changes(bars, codes, targets, prices, states, net) == -1
    expected = netting(_frame()[:50], prices)
    np.testing.assert_allclose(states[:, 2:], expected.strategies[["turnover", "pnl"]])
    np.testing.assert_allclose(net[:2], expected.net[["turnover", "pnl"]].astype(float))
    assert net[2] >= np.abs(states[:, 3]).sum()
    states[:, 0] = -1
    assert sum_changes(bars * 0, codes, targets, prices, states, net) == 3
    with pytest.raises(ValueError, match="change 3 is the second of 'A' on its bar"):
        netting(told.assign(bar=0), prices, engine="numba")


@st.composite
def _lanes(draw):
    """Draw lanes of one kind: plain, rounded, or with every term."""
    kind, count = draw(st.sampled_from(sorted(LOOPS))), draw(st.integers(1, 5))

    def column(values):
        return np.array(draw(st.lists(values, min_size=count, max_size=count)), float)

    terms = {}
    if kind != "plain":
        terms["step_sizes"] = column(st.sampled_from([1, 1, 3, 10, 40]))
        terms["smallest"] = terms["step_sizes"] * column(st.integers(1, 3))
        terms["to_edge"] = column(st.booleans())
    if kind == "full":
        terms["fractions"] = column(st.sampled_from([0, 0.05, 0.5]))
        terms["notionals"] = column(st.sampled_from([0, 300, 1e4]))
        terms["least_notionals"] = column(st.sampled_from([0, 500, 2e4]))
    return Lanes.of(column(st.integers(0, 60)), **terms)


@settings(max_examples=100, deadline=None)
@given(
    net=st.lists(st.just(0) | st.integers(-100, 100), min_size=1, max_size=12),
    lanes=_lanes(),
    prices=st.lists(st.floats(0.1, 1e6) | st.integers(1, 1000), min_size=12, max_size=12),
)
def test_numba_numpy_and_the_plain_loop_agree_to_the_last_bit(net, lanes, prices):
    closes = np.array(prices[: len(net)], float)
    course = Course(np.array(net, float), closes, np.diff(closes, append=closes[-1:]))
    seen = np.zeros((5, len(lanes.deadbands)))
    LOOPS[lanes.kind](*course, lanes.settings(), seen)
    np.testing.assert_array_equal(follow_lanes(course, lanes, "numpy"), seen)
    np.testing.assert_array_equal(follow_lanes(course, lanes, "numba"), seen)


@pytest.mark.parametrize("kind", ["plain", "rounded"])
def test_lanes_that_need_less_would_do_the_same_with_every_term(kind):
    rng = np.random.default_rng(3)
    net, closes = rng.integers(-9, 10, 501).cumsum() * 1.0, rng.integers(1, 999, 501) * 1.0
    net[rng.random(501) < 0.1] = 0
    course = Course(net, closes, np.diff(closes, append=closes[-1]))
    more = {"to_edge": np.arange(30) % 2, "step_sizes": np.arange(30) % 4 + 1.0}
    lanes = Lanes.of(np.arange(30.0), **(more if kind == "rounded" else {}))
    assert lanes.kind == kind
    seen, full = np.zeros((2, 5, 30))
    LOOPS[kind](*course, lanes.settings(), seen)
    LOOPS["full"](*course, lanes.settings(), full)
    np.testing.assert_array_equal(seen, full)


def test_a_sweep_is_the_same_with_either_engine_and_in_any_number_of_lanes():
    terms = {"deadbands": [d(n) / 100 for n in range(300)], "progress": False}
    found = deadband(_frame(), _prices(), **terms, engine="numba")
    pd.testing.assert_frame_equal(found, deadband(_frame(), _prices(), **terms, engine="numpy"))
    one = deadband(_frame(), _prices(), deadbands=["1.5"], trade_to="edge", progress=False)
    row = found[(found["deadband"] == d("1.5")) & (found["trade_to"] == "edge")].iloc[0]
    assert row["turnover"] == one["turnover"][0]


def test_targets_with_many_decimals_are_read_to_the_twelfth():
    wanted = [1 / 3, 2 / 3, 0.123456789012, 0.5]
    found = deadband(
        {"A": wanted}, [100.0] * 4, deadbands=["0"], step_sizes=["1e-12"], progress=False
    )
    exact = sum(abs(np.diff(wanted, prepend=0))) * 100
    assert found["turnover"][0] == pytest.approx(exact, rel=1e-11)
    assert found["trades"][0] == 4
