"""A book is whole or not known at all: what follows, what joins a snapshot, what tears it."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from makers import d

from nettools.venues.book import Book, Torn, Touch, Update

LEVEL = st.tuples(st.integers(90, 99), st.integers(0, 5))
ASK = st.tuples(st.integers(101, 110), st.integers(0, 5))
CHANGES = st.lists(
    st.tuples(st.lists(LEVEL, max_size=3), st.lists(ASK, max_size=3)), max_size=12
)


def _levels(*levels):
    return tuple((Decimal(price), Decimal(quantity)) for price, quantity in levels)


def _update(first, last, previous, bids=(), asks=()):
    return Update(
        first=first,
        last=last,
        previous=previous,
        bids=_levels(*bids),
        asks=_levels(*asks),
    )


def _book(sequence=10):
    book = Book()
    book.start(_levels((99, 1), (98, 2)), _levels((101, 1), (102, 2)), sequence)
    return book


def test_the_touch_is_the_best_of_each_side_with_what_rests_there():
    assert _book().touch() == Touch(d(99), d(1), d(101), d(1))


def test_nothing_is_known_before_the_first_snapshot_and_after_forgetting():
    book = Book()
    assert (book.is_whole, book.touch(), book.levels()) == (False, None, ((), ()))
    book = _book()
    book.forget()
    assert (book.is_whole, book.touch()) == (False, None)


def test_a_level_of_zero_is_gone_and_the_next_one_is_best():
    book = _book()
    book.take(_update(11, 12, 10, bids=[(99, 0)]))
    assert book.touch().bid == 98


def test_a_side_that_is_empty_gives_no_touch():
    book = _book()
    book.take(_update(11, 12, 10, bids=[(99, 0), (98, 0)]))
    assert book.is_whole
    assert book.touch() is None


def test_an_update_that_does_not_follow_tears_the_book():
    book = _book()
    book.take(_update(11, 12, 10))
    with pytest.raises(Torn, match="13 to 14 of the book are missing"):
        book.take(_update(15, 16, 14, bids=[(99, 5)]))
    assert book.touch() is None


def test_an_update_that_is_in_already_changes_nothing():
    book = _book()
    book.take(_update(11, 12, 10, bids=[(99, 5)]))
    book.take(_update(11, 12, 10, bids=[(99, 7)]))
    book.take(_update(9, 9, 8, bids=[(99, 7)]))
    assert book.touch().bid_quantity == 5


def test_a_book_that_crosses_is_not_known_any_more():
    book = _book()
    book.take(_update(11, 12, 10, bids=[(101, 1)]))
    with pytest.raises(Torn, match="crosses"):
        book.touch()
    assert not book.is_whole


def test_updates_wait_for_the_snapshot_and_the_first_may_reach_across_it():
    book = Book()
    for update in (
        _update(5, 8, 4, bids=[(99, 9)]),
        _update(9, 12, 8, bids=[(97, 3)]),
        _update(13, 14, 12, bids=[(99, 0)]),
    ):
        book.take(update)
    book.start(_levels((99, 1)), _levels((101, 1)), 10)
    assert book.levels()[0] == _levels((97, 3))


def test_a_snapshot_older_than_what_waits_is_of_no_use():
    book = Book()
    book.take(_update(15, 16, 14))
    with pytest.raises(Torn):
        book.start(_levels((99, 1)), _levels((101, 1)), 10)
    assert not book.is_whole


@given(CHANGES, st.data())
def test_a_snapshot_and_what_follows_give_the_book_wherever_it_is_taken(changes, data):
    bids, asks, snapshots = {}, {}, [({}, {})]
    for bid_changes, ask_changes in changes:
        for side, levels in ((bids, bid_changes), (asks, ask_changes)):
            side.update(levels)
            for price in [price for price, quantity in side.items() if not quantity]:
                del side[price]
        snapshots.append((dict(bids), dict(asks)))
    taken = data.draw(st.integers(0, len(changes)))
    told_first = data.draw(st.integers(0, taken))
    book = Book()
    updates = [
        _update(number, number, number - 1, *change)
        for number, change in enumerate(changes, start=1)
    ]
    for update in updates[told_first:taken]:
        book.take(update)
    book.start(*(_levels(*side.items()) for side in snapshots[taken]), taken)
    for update in updates[taken:]:
        book.take(update)
    expected_bids = _levels(*sorted(bids.items(), reverse=True))
    assert book.levels() == (expected_bids, _levels(*sorted(asks.items())))


@given(CHANGES.filter(lambda changes: len(changes) > 2), st.data())
def test_a_lost_update_is_always_noticed(changes, data):
    lost = data.draw(st.integers(1, len(changes) - 1))
    book = _book(sequence=0)
    for number, change in enumerate(changes, start=1):
        if number == lost:
            continue
        if number == lost + 1:
            with pytest.raises(Torn):
                book.take(_update(number, number, number - 1, *change))
            break
        book.take(_update(number, number, number - 1, *change))
    assert not book.is_whole
