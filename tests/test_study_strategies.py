"""The example strategies: what they want, and that the same quotes give the same wishes."""

from itertools import pairwise
from random import Random

import pytest
from makers import BTC, ETH, NOW, d, quote

import nettools as nt
from nettools.decimals import is_multiple
from nettools.model import Quote
from nettools.study import Breakout, Hedge, MeanReversion

ALL = (MeanReversion, Breakout, Hedge)


def _at(price, symbol=BTC):
    return Quote(symbol=symbol, bid=d(price) - d("0.05"), ask=d(price) + d("0.05"), time=NOW)


def _show(strategy, *prices):
    """Show it BTC at one price after the other; give the last wish."""
    wishes = {}
    for price in prices:
        wishes = strategy.targets({BTC: _at(price)}, NOW)
    return wishes[BTC]


def _calm(price=100_000, times=10):
    """A price that goes nowhere, a little up and a little down."""
    return [price + (-1) ** number for number in range(times)]


def _walk(seed, steps=200):
    rng, price = Random(seed), 100_000  # noqa: S311 - a market, no secret
    for _ in range(steps):
        price += rng.randrange(-30, 31)
        yield {BTC: _at(price), ETH: _at(price // 28, ETH)}


def test_mean_reversion_sells_a_price_far_above_its_average():
    assert _show(MeanReversion({BTC: "1.0"}), *_calm(), 100_050) == d("-1")


def test_mean_reversion_buys_a_price_far_below_its_average():
    assert _show(MeanReversion({BTC: "1.0"}), *_calm(), 99_950) == d("1")


def test_mean_reversion_wants_nothing_once_the_price_is_back_at_its_average():
    strategy = MeanReversion({BTC: "1.0"}, window=10)
    assert _show(strategy, *_calm(), 99_950) == 1
    assert _show(strategy, *_calm(times=20), 100_000) == 0


def test_breakout_goes_along_when_the_price_leaves_its_range():
    assert _show(Breakout({BTC: "0.5"}), *_calm(), 100_020) == d("0.5")
    assert _show(Breakout({BTC: "0.5"}), *_calm(), 99_980) == d("-0.5")


def test_breakout_gets_out_in_the_middle_of_the_range():
    strategy = Breakout({BTC: "0.5"})
    assert _show(strategy, *_calm(), 100_020) == d("0.5")
    assert _show(strategy, 100_011) == d("0.5")
    assert _show(strategy, 100_002) == 0


def test_hedge_is_half_short_from_the_first_tick_and_fully_in_a_fall():
    strategy = Hedge({BTC: "0.8"})
    assert _show(strategy, 100_000) == d("-0.4")
    assert _show(strategy, *_calm(), 99_950) == d("-0.8")


def test_hedge_lets_half_of_it_go_when_the_price_rises_again():
    strategy = Hedge({BTC: "0.8"}, window=10)
    assert _show(strategy, *_calm(), 99_950) == d("-0.8")
    assert _show(strategy, *_calm(100_100, 20), 100_150) == d("-0.4")


@pytest.mark.parametrize("kind", ALL)
def test_before_the_first_price_a_strategy_names_its_symbols(kind):
    """The desk reads the prices of symbols that somebody has a target on."""
    assert set(kind().targets({}, NOW)) == {BTC, ETH}


@pytest.mark.parametrize("kind", ALL)
def test_a_missing_price_leaves_that_target_where_it_is(kind):
    strategy = kind()
    for quotes in _walk(seed=1):
        wishes = strategy.targets(quotes, NOW)
    assert strategy.targets({ETH: _at(3571, ETH)}, NOW)[BTC] == wishes[BTC]
    assert strategy.targets({}, NOW)[BTC] == wishes[BTC]


@pytest.mark.parametrize("kind", ALL)
def test_a_price_that_stands_still_changes_no_target(kind):
    strategy = kind()
    assert len({_show(strategy, 100_000) for _ in range(60)}) == 1


@pytest.mark.parametrize("kind", ALL)
def test_the_same_prices_give_the_same_targets(kind):
    one, other = kind(), kind()
    for quotes in _walk(seed=2):
        assert one.targets(quotes, NOW) == other.targets(quotes, NOW)


@pytest.mark.parametrize("kind", ALL)
def test_targets_stay_on_the_grid_and_within_the_size(kind):
    strategy = kind({BTC: "0.777", ETH: "13.1313"})
    seen = set()
    for quotes in _walk(seed=3):
        wishes = strategy.targets(quotes, NOW)
        seen.add(wishes[BTC])
        assert abs(wishes[BTC]) <= d("0.777")
        assert abs(wishes[ETH]) <= d("13.1313")
        assert all(is_multiple(wish, d("0.001")) for wish in wishes.values())
    assert len(seen) > 2


def test_a_price_that_trembles_changes_no_target_every_tick():
    """Wishes move in quarters and stay a while, so the desk does not trade every tremble."""
    strategy = MeanReversion({BTC: "1.0"})
    wishes = [strategy.targets(quotes, NOW)[BTC] for quotes in _walk(seed=4)]
    changes = sum(a != b for a, b in pairwise(wishes))
    assert 10 < changes < 150


@pytest.mark.parametrize("kind", ALL)
def test_a_strategy_is_added_under_its_name_and_its_wishes_fit_a_book(kind):
    strategy = kind(name="Mine")
    wishes = strategy.targets({BTC: quote()}, NOW)
    book = nt.TargetBook.of({strategy.name: wishes})
    assert book.strategies == ("Mine",)
    assert book.target("Mine", BTC).quantity == wishes[BTC]


@pytest.mark.parametrize("kind", ALL)
@pytest.mark.parametrize("size", ["0", "-1", "nan", "abc", ""])
def test_a_size_that_is_no_quantity_is_refused(kind, size):
    with pytest.raises(nt.InvalidInput, match="size of BTC/USDT:USDT"):
        kind({BTC: size})


@pytest.mark.parametrize("kind", ALL)
def test_a_window_too_short_for_an_average_is_refused(kind):
    with pytest.raises(nt.InvalidInput, match="window must be at least 3 prices, was 2"):
        kind(window=2)


def test_other_parameters_that_cannot_be_meant_are_refused():
    with pytest.raises(nt.InvalidInput, match="full_at must be above zero, was 0"):
        MeanReversion(full_at=0)
    with pytest.raises(nt.InvalidInput, match=r"least must be a share from 0 to 1, was 1\.5"):
        Hedge(least="1.5")
