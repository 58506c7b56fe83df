"""Targets out of a journal: the list of changes is what the desk wanted at every moment."""

from datetime import timedelta

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from journals import EPOCH, Ticking, opened
from makers import BTC, ETH, NOW, d

import nettools as nt
from nettools.journal import Reading, target_changes
from nettools.journal.records import TargetsSet
from nettools.targets import TargetBook, TargetState

MINUTE = timedelta(minutes=1)


def _written(path, books, every=MINUTE):
    """Write books one after the other into a journal, the first a minute after noon."""
    clock = Ticking()
    with opened(path, clock) as journal:
        journal.append(EPOCH)
        before = TargetBook()
        for number, book in enumerate(books, 1):
            clock.now = NOW + number * every
            changed = TargetsSet.between(before, book)
            if changed is not None:
                journal.append(changed)
            before = book
    return path


def _rows(frame):
    return [(row.symbol, row.strategy, row.target) for row in frame.itertuples()]


def test_every_change_is_a_row_and_nothing_else_is(tmp_path):
    first = TargetBook.of({"A": {BTC: "1"}, "B": {BTC: "-0.5", ETH: "3"}})
    second = first.set("A", BTC, "1.5")
    path = _written(tmp_path / "desk.sqlite", [first, first, second])
    found = target_changes(path)
    assert _rows(found) == [
        (BTC, "A", d("1")),
        (BTC, "B", d("-0.5")),
        (ETH, "B", d("3")),
        (BTC, "A", d("1.5")),
    ]
    assert found["time"].iloc[-1] - found["time"].iloc[0] == 2 * MINUTE


def test_what_counts_is_listed_not_what_was_wished_on_hold_or_flat(tmp_path):
    book = TargetBook.of({"A": {BTC: "1"}})
    held = book.with_state("A", TargetState.HOLD).set("A", BTC, "2")
    flat = held.with_state("A", TargetState.FLAT)
    back = flat.with_state("A", TargetState.ACTIVE)
    path = _written(tmp_path / "desk.sqlite", [book, held, flat, back, back.remove("A")])
    assert [target for *_, target in _rows(target_changes(path))] == [1, 0, 2, 0]


def test_changes_come_on_the_bars_of_the_prices_they_are_studied_with(tmp_path):
    books = [TargetBook.of({"A": {BTC: str(number)}}) for number in (1, 2, 3, 4, 5)]
    path = _written(tmp_path / "desk.sqlite", books, every=timedelta(seconds=30))
    bars = pd.date_range(NOW + MINUTE, periods=2, freq="min")
    found = target_changes(path, bars=bars)
    assert list(found["target"]) == [1, 3]  # 2 a moment after the first bar, 5 after the last
    prices = pd.Series([100.0, 110.0], index=bars)
    result = nt.study.netting(found.drop(columns="symbol"), prices, fee_rate="0.001")
    assert result.net["pnl"] == pytest.approx(10)
    with pytest.raises(nt.InvalidInput, match="rising times with their zone"):
        target_changes(path, bars=bars[::-1])


def test_a_journal_that_is_not_there_is_said_to_be(tmp_path):
    with pytest.raises(nt.JournalError, match="there is no journal"):
        target_changes(tmp_path / "none.sqlite")


steps = st.lists(
    st.one_of(
        st.tuples(st.sampled_from("AB"), st.sampled_from([BTC, ETH]), st.integers(-3, 3)),
        st.tuples(st.sampled_from("AB"), st.sampled_from(list(TargetState)), st.none()),
    ),
    min_size=1,
    max_size=8,
)


@settings(max_examples=25, deadline=None)
@given(steps)
def test_folded_the_list_gives_the_book_at_every_moment(tmp_path_factory, steps):
    books, book = [], TargetBook.of({"A": {}, "B": {}})
    for name, what, quantity in steps:
        if book.states[name] is TargetState.REMOVED:
            book = book.add(name)
        book = (
            book.with_state(name, what) if quantity is None else book.set(name, what, quantity)
        )
        books.append(book)
    path = tmp_path_factory.mktemp("journal") / "desk.sqlite"
    with Reading.open_to_read(_written(path, books)) as reading:
        found = target_changes(reading)
    held, left = {}, list(found.itertuples())
    for number, book in enumerate(books, 1):
        while left and left[0].time <= pd.Timestamp(NOW + number * MINUTE + MINUTE / 2):
            row = left.pop(0)
            held[row.symbol, row.strategy] = row.target
        wanted = {(t.symbol, t.strategy): t.quantity for t in book}
        assert {k: v for k, v in held.items() if v} == {k: v for k, v in wanted.items() if v}
    assert left == []
