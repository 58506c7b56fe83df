"""One symbol's book, in whole ticks and steps: who is first, what is left."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nettools.model import Side
from nettools.testnet.book import Book, Entry, Tape


def _own(key, price, lots, side=Side.BUY):
    return Entry(key=key, side=side, price=price, lots=lots, is_own=True)


def test_the_best_price_is_first_and_at_one_price_the_earlier_order():
    book = Book()
    for entry in (_own(1, 100, 5), _own(2, 101, 5), _own(3, 101, 5)):
        book.add(entry)
    assert book.first_against(Side.SELL, 100).key == 2
    book.shrink(book.first_against(Side.SELL, 100), 5)
    assert book.first_against(Side.SELL, 100).key == 3
    assert list(book.levels(Side.BUY, 10)) == [(101, 5), (100, 5)]


@pytest.mark.parametrize(("limit", "crosses"), [(101, False), (102, True), (None, True)])
def test_a_buy_crosses_from_the_best_ask_on(limit, crosses):
    book = Book()
    book.add(_own(1, 102, 5, Side.SELL))
    assert book.crosses(Side.BUY, limit) is crosses
    assert (book.first_against(Side.BUY, limit) is not None) is crosses


def test_an_empty_side_has_no_best_price_and_crosses_nothing():
    assert Book().best(Side.BUY) is None
    assert not Book().crosses(Side.SELL, None)


def test_what_could_be_filled_at_once_leaves_out_the_traders_own_orders():
    book = Book()
    book.provide(Side.SELL, 100, 3)
    book.add(_own(1, 101, 9, Side.SELL))
    book.provide(Side.SELL, 102, 4)
    assert book.fillable(Side.BUY, 102, 7)
    assert not book.fillable(Side.BUY, 101, 4)
    assert not book.fillable(Side.BUY, None, 8)


def test_a_makers_entry_keeps_its_place_and_grows_only_while_nobody_waits_behind_it():
    book = Book()
    book.provide(Side.BUY, 100, 5)
    book.provide(Side.BUY, 100, 8)
    assert list(book.levels(Side.BUY, 1)) == [(100, 8)]
    book.add(_own(1, 100, 2))
    book.provide(Side.BUY, 100, 50)
    assert list(book.levels(Side.BUY, 1)) == [(100, 10)]
    book.withdraw(Side.BUY, {100: 3})
    first = book.first_against(Side.SELL, None)
    assert (first.is_own, first.lots) == (False, 3)


def test_makers_who_leave_make_way_for_the_trader_and_come_back_behind_him():
    book = Book()
    book.provide(Side.BUY, 100, 5)
    book.add(_own(1, 100, 2))
    book.withdraw(Side.BUY, {})
    book.provide(Side.BUY, 100, 5)
    assert book.first_against(Side.SELL, None).is_own
    assert list(book.levels(Side.BUY, 1)) == [(100, 7)]


def test_the_tape_notes_what_was_executed_since_it_was_taken():
    book = Book()
    for price, lots in ((100, 2), (105, 1), (98, 4)):
        book.tape.add(price, lots)
    tape = book.take_tape()
    assert tape == Tape(first=100, last=98, high=105, low=98, lots=7, notional=697, count=3)
    assert book.take_tape() == Tape(last=98)


@given(
    st.lists(st.tuples(st.sampled_from(Side), st.integers(1, 8), st.integers(1, 5))),
    st.randoms(use_true_random=False),
)
def test_levels_always_add_up_to_the_orders_that_rest(orders, rng):
    book = Book()
    resting = [_own(key, price, lots, side) for key, (side, price, lots) in enumerate(orders)]
    for entry in resting:
        book.add(entry)
    for entry in list(resting):
        match rng.randrange(3):
            case 0:
                book.remove(entry)
                resting.remove(entry)
            case 1 if entry.lots > 1:
                book.shrink(entry, 1)
    for side in Side:
        expected = {}
        for entry in resting:
            if entry.side is side:
                expected[entry.price] = expected.get(entry.price, 0) + entry.lots
        best_first = sorted(expected.items(), reverse=side is Side.BUY)
        assert list(book.levels(side, 100)) == best_first
