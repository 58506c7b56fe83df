"""Means of markouts with honest errors: fills of one order are one witness."""

from math import isnan, sqrt

import pytest

from nettools.study.markouts import MarkedFill, markout_rows, mean_and_error


def test_alone_in_its_cluster_every_value_counts_as_in_the_textbook():
    values = [1.0, 2.0, 4.0, 5.0]
    mean, error = mean_and_error(values, range(4))
    assert mean == 3.0
    assert error == pytest.approx(sqrt(sum((v - 3) ** 2 for v in values) / 3 / 4))


def test_ten_fills_of_one_order_are_not_ten_witnesses():
    once = mean_and_error([1.0, 3.0], [0, 1])
    assert mean_and_error([1.0] * 10 + [3.0] * 10, [0] * 10 + [1] * 10) == once
    assert isnan(mean_and_error([1.0, 3.0], [7, 7])[1])


def test_what_nobody_saw_is_counted_and_left_out_of_the_mean():
    rows = markout_rows(
        [
            MarkedFill(0, "maker", 1, -2.0),
            MarkedFill(1, "maker", 1, -4.0),
            MarkedFill(2, "maker", 1, None),
            MarkedFill(0, "maker", 5, None),
            MarkedFill(0, "taker", 1, 1.0),
        ]
    )
    maker, unseen, taker = rows
    assert maker[:5] == ("maker", 1, 2, 1, -3.0)
    assert maker[5:] == (pytest.approx(-3 - 1.96), pytest.approx(-3 + 1.96))
    assert unseen == ("maker", 5, 0, 1, None, None, None)
    assert taker == ("taker", 1, 1, 0, 1.0, None, None)
