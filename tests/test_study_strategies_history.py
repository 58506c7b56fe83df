"""Over a whole history the example strategies want, bar by bar, what they want live."""

from collections.abc import Iterable
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from makers import BTC, ETH, NOW

import nettools as nt
from nettools.model import Quote
from nettools.study import (
    Breakout,
    Hedge,
    MeanReversion,
    correlated_strategies,
    sample_prices,
    targets_of,
)

HALF = Decimal("0.05")


def _quote(symbol, price):
    mid = Decimal(repr(price))
    return Quote(symbol=symbol, bid=mid - HALF, ask=mid + HALF, time=NOW)


def _live(strategy, prices: pd.DataFrame) -> Iterable[dict[str, Decimal]]:
    """Show a live strategy one bar after the other."""
    for row in prices.itertuples(index=False):
        pairs = zip(prices, row, strict=True)
        yield strategy.targets({symbol: _quote(symbol, p) for symbol, p in pairs}, NOW)


def _agree(make, prices):
    over = make().targets_over(prices)
    for bar, wanted in enumerate(_live(make(), prices)):
        for symbol, quantity in wanted.items():
            assert Decimal(repr(float(over[symbol].iloc[bar]))) == quantity, (bar, symbol)
    return over


ticks = st.one_of(
    st.lists(st.integers(9_990, 10_010), min_size=1, max_size=70),  # many ties
    st.lists(st.integers(1, 10**7), min_size=1, max_size=70),  # wild
)
windows = st.integers(3, 45)


def _prices(ticks, digits):
    closes = [float(Decimal(tick).scaleb(-digits) + 1) for tick in ticks]
    return pd.DataFrame({BTC: closes})


@settings(max_examples=120, deadline=None)
@given(ticks, windows, st.integers(0, 4), st.floats(0.1, 4))
def test_mean_reversion_wants_the_same_live_and_over_history(ticks, window, digits, full_at):
    sizes = {BTC: "0.777"}
    _agree(lambda: MeanReversion(sizes, window=window, full_at=full_at), _prices(ticks, digits))


@settings(max_examples=120, deadline=None)
@given(ticks, windows, st.integers(0, 4))
def test_breakout_wants_the_same_live_and_over_history(ticks, window, digits):
    _agree(lambda: Breakout({BTC: "0.5"}, window=window), _prices(ticks, digits))


@settings(max_examples=120, deadline=None)
@given(ticks, windows, st.integers(0, 4), st.sampled_from(["0", "0.5", "0.333", "1"]))
def test_hedge_wants_the_same_live_and_over_history(ticks, window, digits, least):
    _agree(lambda: Hedge({BTC: "0.801"}, window=window, least=least), _prices(ticks, digits))


@settings(max_examples=25, deadline=None)
@given(
    st.integers(1, 5),
    st.floats(0, 1),
    st.floats(0, 0.999),
    st.integers(0, 2**40),
    st.integers(1, 60),
)
def test_a_crowd_wants_the_same_live_and_over_history(
    count, correlation, persistence, seed, bars
):
    def crowd():
        return correlated_strategies(
            count,
            sizes={BTC: "1", ETH: "20"},
            correlation=correlation,
            persistence=persistence,
            seed=seed,
        )

    prices = pd.DataFrame({BTC: [100_000.0] * bars, ETH: [2_500.0] * bars})
    over = targets_of(crowd(), prices)
    for strategy in crowd():
        for bar, wanted in enumerate(_live(strategy, prices)):
            for symbol, quantity in wanted.items():
                assert Decimal(repr(float(over[symbol][strategy.name][bar]))) == quantity


def test_a_long_day_of_both_symbols_gives_the_same_and_many_trades():
    prices = sample_prices(1_500, symbols=(BTC, ETH))
    for kind in (MeanReversion, Breakout, Hedge):
        over = _agree(kind, prices)
        assert (over.diff().abs() > 0).sum().min() > 20


def test_the_crowd_is_as_correlated_as_was_said():
    prices = sample_prices(6_000, symbols=(BTC,))
    for wanted in (0.0, 0.6):
        crowd = correlated_strategies(
            40, sizes={BTC: "1"}, correlation=wanted, persistence=0.9, seed=3
        )
        found = targets_of(crowd, prices)[BTC].corr().to_numpy()
        mean = found[np.triu_indices(40, 1)].mean()
        assert wanted - 0.08 < mean < wanted + 0.02


def test_a_crowd_of_one_mind_wants_all_the_same_and_the_first_of_more_are_the_same():
    prices = sample_prices(300, symbols=(BTC,))
    alike = targets_of(correlated_strategies(5, sizes={BTC: "1"}, correlation=1), prices)[BTC]
    assert alike.eq(alike["S1"], axis=0).all(axis=None)
    few = targets_of(correlated_strategies(3, sizes={BTC: "1"}), prices)[BTC]
    more = targets_of(correlated_strategies(9, sizes={BTC: "1"}), prices)[BTC]
    assert (more.iloc[:, :3].to_numpy() == few.to_numpy()).all()


def test_targets_of_many_strategies_are_a_column_each_by_symbol():
    prices = sample_prices(200, symbols=(BTC, ETH))
    crowd = correlated_strategies(4, sizes={BTC: "1"})
    found = targets_of([*crowd, Breakout({ETH: "10"})], prices)
    assert list(found) == [BTC, ETH]
    assert list(found[BTC]) == ["S1", "S2", "S3", "S4", "Breakout"]
    assert (found[ETH]["S1"] == 0).all()
    assert found[BTC].index.equals(prices.index)
    one = crowd[2].targets_over(prices)[BTC]
    assert (one == found[BTC]["S3"]).all()


def test_what_cannot_be_meant_is_refused():
    prices = sample_prices(20, symbols=(BTC,))
    with pytest.raises(nt.InvalidInput, match="two strategies are named 'Breakout'"):
        targets_of([Breakout(), Breakout()], prices)
    with pytest.raises(nt.InvalidInput, match="there are no prices of ETH"):
        Breakout({ETH: "1"}).targets_over(prices)
    for wrong in (0.0, float("nan"), -1.0):
        prices.iloc[4, 0] = wrong
        with pytest.raises(nt.InvalidInput, match=f"was {wrong} of BTC.*row 5"):
            Hedge({BTC: "1"}).targets_over(prices)
    for words, options in (
        ("count must be at least 1", {"count": 0}),
        ("correlation must be from 0 to 1", {"correlation": -0.1}),
        ("persistence must be from 0 to below 1", {"persistence": 1.0}),
    ):
        with pytest.raises(nt.InvalidInput, match=words):
            correlated_strategies(sizes={BTC: "1"}, **options)


def test_sample_prices_are_on_their_ticks_and_the_same_from_the_same_seed():
    prices = sample_prices(500)
    assert prices.shape == (500, 8)
    assert prices.equals(sample_prices(500))
    assert not prices.equals(sample_prices(500, seed=8))
    assert (prices[BTC] == prices[BTC].round(1)).all()
    assert prices[ETH].equals(sample_prices(500, symbols=[ETH])[ETH])
    with pytest.raises(nt.InvalidInput, match="not of 'DOGE'"):
        sample_prices(5, symbols=["DOGE"])
    with pytest.raises(nt.InvalidInput, match="at least 1"):
        sample_prices(0)
