"""What is written reads back equal, to the last digit; what may not be written is refused."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

import pytest
from bookkeeping import executed
from hypothesis import given, settings
from hypothesis import strategies as st
from journals import any_of
from makers import d, leg
from strategies import books

from nettools.allocate import Cause, Posting
from nettools.errors import InvalidInput, JournalError
from nettools.journal.coding import read, write
from nettools.journal.records import (
    KIND_OF,
    KINDS,
    Filled,
    Halted,
    Intended,
    Reported,
    TargetsSet,
)
from nettools.journal.words import describe
from nettools.model import OrderState
from nettools.targets import TargetBook, TargetState
from nettools.venues.credentials import Secret


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_row_reads_back_equal_to_the_last_digit(kind):
    record_type = KINDS[kind]

    @settings(max_examples=40)
    @given(any_of(record_type))
    def holds(record):
        text = write(record)
        again = read(text, record_type)
        assert again == record
        assert repr(again) == repr(record)  # 1.0 is not 1.00
        assert text.isascii()
        assert describe(record).isprintable()
        assert KIND_OF[type(again)] == kind

    holds()


@given(st.lists(any_of(Posting), max_size=5).map(tuple))
def test_the_shares_of_a_fill_read_back_in_their_order(postings):
    hint = tuple[Posting, ...]
    assert repr(read(write(postings, hint), hint)) == repr(postings)


def test_what_shares_have_in_common_is_written_once():
    fill = executed("0.7", "100000.0")
    one = Posting("A", leg(), Cause.FILL, fill.fill_id, d("0.1"), fill.price, fill.time)
    among = [tuple(one._replace(account=f"S{n}") for n in range(count)) for count in (1, 101)]
    few, many = (len(write(Filled(fill=fill, postings=postings))) for postings in among)
    assert (many - few) / 100 < 30


@pytest.mark.parametrize(
    "wrong",
    [0.7, Decimal("NaN"), Decimal("Infinity"), Decimal("sNaN"), "0.7", None, True],
    ids=repr,
)
def test_a_number_that_is_not_exact_is_refused(wrong):
    @dataclass(frozen=True)
    class Amount:
        quantity: Decimal

    with pytest.raises(InvalidInput, match="a record needs"):
        write(Amount(wrong))


def test_a_time_without_its_zone_is_refused():
    @dataclass(frozen=True)
    class Note:
        time: datetime

    with pytest.raises(InvalidInput, match="zone"):
        write(Note(datetime(2025, 6, 2)))  # noqa: DTZ001 - that is the point


def test_a_secret_cannot_be_part_of_a_record_and_is_not_named_when_refused():
    with pytest.raises(InvalidInput) as refused:
        write(Halted(why=Secret("SENTINEL")))
    assert "SENTINEL" not in str(refused.value)


def test_a_float_has_no_place_in_any_record():
    @dataclass(frozen=True)
    class Loose:
        price: float

    with pytest.raises(InvalidInput, match="cannot hold"):
        write(Loose(1.0))


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "{}", '{"plan_id":"p"}', '{"plan_id":"p","order":{"symbol":"x"}}',
     '{"plan_id":"p","order":7}'],
)  # fmt: skip
def test_a_text_that_is_no_such_record_is_said_not_guessed(text):
    with pytest.raises(JournalError, match="cannot be read"):
        read(text, Intended)


def test_a_field_this_version_does_not_know_is_not_dropped_in_silence():
    text = write(Halted(why="x")).replace("}", ',"by":"who"}')
    with pytest.raises(JournalError, match="another version"):
        read(text, Halted)


def test_a_number_without_quotes_is_not_read_through_a_float():
    text = write(Reported(client_order_id="nt-1", state=OrderState.ACKED))
    with pytest.raises(JournalError, match="not exact"):
        read(text.replace('"filled":"0"', '"filled":0.1'), Reported)


@given(books(), books())
def test_the_changes_between_two_books_make_one_of_the_other(before, after):
    merged = TargetBook(
        {**before.states, **after.states},
        {s: {t.strategy: t for t in after.on(s)} for s in (*before.symbols, *after.symbols)},
    )
    changes = TargetsSet.between(before, merged)
    made = before if changes is None else read(write(changes), TargetsSet).onto(before)
    assert made == merged
    assert TargetsSet.between(merged, merged) is None


def test_a_strategy_removed_and_added_again_has_lost_its_old_wishes_on_replay_too():
    before = TargetBook.of({"A": {"BTC": "1", "ETH": "2"}})
    after = before.remove("A").set("A", "BTC", "3").add("B").with_symbol("SOL")
    assert TargetsSet.between(before, after).onto(before) == after
    gone = after.remove("A").remove("B")
    assert TargetsSet.between(after, gone).onto(after) == gone
    assert gone.states == {"A": TargetState.REMOVED, "B": TargetState.REMOVED}
