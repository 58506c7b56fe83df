"""The loops that add pieces of history up say the same, compiled or as they stand."""

import numpy as np
import pytest

from nettools.study import netting
from nettools.study.accounting import Account
from nettools.study.kernels import PieceSums, sum_column, sum_quads, sum_rows
from nettools.study.panel import EXACT_BELOW

RNG = np.random.default_rng(3)
LOTS = RNG.integers(-900, 900, (3000, 3))
TICKS = 500_000 + RNG.integers(-50, 51, 3000).cumsum()


@pytest.fixture
def piece():
    """Fifty bars: twelve times four, and two."""
    values, prices = LOTS[:50] / 1000, TICKS[:50] / 10
    return values, prices, np.diff(prices, append=prices[-1])


@pytest.fixture
def expected(piece):
    """What numpy says in one line each."""
    values, prices, steps = piece
    traded = np.abs(np.diff(values, axis=0, prepend=0))
    return PieceSums(prices @ traded, steps @ values, values.sum(axis=1))


def _same(found, expected):
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-9)


def _first_bar(values, prices, steps):
    return PieceSums(
        prices[0] * np.abs(values[0]), steps[0] * values[0], values.sum(axis=1) * np.eye(50)[0]
    )


def test_four_bars_at_once_and_one_at_a_time_are_right_as_they_stand(piece, expected):
    one, four = _first_bar(*piece), _first_bar(*piece)
    sum_rows(*piece, *one)
    _same(one, expected)
    done = sum_quads(*piece, *four)
    assert done == 48
    sum_rows(*(part[done:] for part in piece), *four[:2], four.net[done:])
    _same(four, expected)


def test_column_by_column_is_right_as_it_stands(piece, expected):
    values, prices, steps = piece
    sums = _first_bar(*piece)
    for column in range(3):
        traded, earned = sum_column(values[:, column], prices, steps, sums.net)
        sums.turnover[column] += traded
        sums.pnl[column] += earned
    _same(sums, expected)


@pytest.mark.parametrize("engine", ["numpy", "numba"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_pieces_of_any_length_and_layout_add_up(engine, order):
    values, prices = np.asarray(LOTS / 1000, order=order), TICKS / 10
    steps = np.diff(prices, append=prices[-1])
    expected = netting(values, prices, engine="numpy").strategies
    for length in (1, 2, 5, 700, 3000):
        account = Account(3, {}, exact=False, engine=engine)
        nets = []
        for start in range(0, 3000, length):
            bars = slice(start, start + length)
            nets.append(account.add(start, values[bars], prices[bars], steps[bars]))
        np.testing.assert_allclose(account.totals().turnover, expected["turnover"])
        np.testing.assert_allclose(account.totals().pnl, expected["pnl"], atol=1e-6)
        np.testing.assert_allclose(np.concatenate(nets), values.sum(axis=1), atol=1e-12)


@pytest.mark.parametrize("engine", ["numpy", "numba"])
def test_a_position_once_held_is_remembered_by_the_bound_of_what_is_exact(engine):
    """A huge position that never trades again still makes large products."""
    lots = np.full((140_000, 2), 2**36)
    ticks = 2**16 + np.arange(140_000) % 2
    found = netting(lots, ticks, engine=engine)
    moved = int(ticks[-1] - ticks[0])
    assert list(found.strategies["pnl"]) == [2**36 * moved] * 2
    assert 2**36 * int(np.abs(np.diff(ticks)).sum()) > EXACT_BELOW / 2
    assert found.pnl_gap == 0
