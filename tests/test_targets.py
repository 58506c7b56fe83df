"""What strategies want: active, hold, flat, removed and unknown never blur."""

import pytest
from makers import BTC, ETH, HOSTILE_NAMES, d, targets

from nettools.errors import InvalidInput
from nettools.net import net_target
from nettools.targets import TargetBook, TargetState, strategy_name


def _counts(book, strategy="A", symbol=BTC):
    return book.target(strategy, symbol).quantity


def test_a_strategy_gets_what_it_wants():
    book = TargetBook.of({"A": {BTC: "1.0", ETH: -2}, "B": {}})
    assert _counts(book) == d(1)
    assert _counts(book, symbol=ETH) == d(-2)
    assert book.strategies == ("A", "B")
    assert book.symbols == (BTC, ETH)
    assert book.target("B", BTC) is None


def test_setting_a_target_gives_a_new_book_and_leaves_the_old_one():
    before = targets(a="1.0")
    after = before.set("A", BTC, "2")
    assert (_counts(before), _counts(after)) == (d(1), d(2))


def test_a_strategy_that_is_new_is_added_by_its_first_target():
    assert TargetBook().set("A", BTC, "1").strategies == ("A",)


def test_books_are_equal_whatever_the_order_they_were_filled_in():
    assert targets(a="1", b="2") == targets(b="2.0", a="1.00")
    assert targets(a="1") != targets(a="2")
    assert targets(a="1") != targets(a="1").with_state("A", TargetState.HOLD)
    assert targets(a="1") != "A wants 1"


def test_a_book_is_no_dictionary_key():
    with pytest.raises(TypeError, match="unhashable"):
        hash(targets(a="1"))


@pytest.mark.parametrize(
    "wish", ["abc", "", "nan", "inf", "1e400", 0.1, True, None, "<img src=x onerror=a>"]
)
def test_a_wish_that_is_no_number_changes_nothing(wish):
    book = targets(a="1.0")
    with pytest.raises(InvalidInput, match=f"^target of A on {BTC} "):
        book.set("A", BTC, wish)
    assert book == targets(a="1.0")


@pytest.mark.parametrize("name", HOSTILE_NAMES, ids=ascii)
def test_a_name_that_is_not_plain_is_refused_and_shown_harmlessly(name):
    with pytest.raises(InvalidInput, match="a strategy name must be 1 to 64 letters") as said:
        TargetBook().set(name, BTC, "abc")
    assert str(said.value).isprintable()


@pytest.mark.parametrize("name", ["A", "mean reversion", "均值回归", "btc/1h", "x" * 64])
def test_plain_names_are_taken(name):
    assert strategy_name(name) == name


def test_a_name_already_taken_is_refused():
    with pytest.raises(InvalidInput, match="a strategy named 'A' is already in the book"):
        targets(a="1").add("A")


@pytest.mark.parametrize(
    "change",
    [
        lambda book: book.state("Z"),
        lambda book: book.remove("Z"),
        lambda book: book.with_state("Z", TargetState.HOLD),
        lambda book: book.with_unknown("Z", "it raised"),
    ],
    ids=["state", "remove", "hold", "unknown"],
)
def test_a_strategy_nobody_added_is_named_with_those_that_exist(change):
    with pytest.raises(InvalidInput, match="no strategy is named 'Z'; there is: A, B"):
        change(targets(a="1", b="2"))


def test_an_empty_book_says_that_there_is_no_strategy_yet():
    with pytest.raises(InvalidInput, match="there is: none yet"):
        TargetBook().state("A")


def test_on_hold_the_last_target_counts_and_new_wishes_wait():
    held = targets(a="1.0").with_state("A", TargetState.HOLD).set("A", BTC, "3")
    assert _counts(held) == d(1)
    assert held.target("A", BTC).wanted == d(3)
    assert _counts(held.with_state("A", TargetState.ACTIVE)) == d(3)


def test_on_hold_a_symbol_without_a_target_stays_without_one():
    held = targets(a="1.0").with_state("A", TargetState.HOLD).set("A", ETH, "3")
    assert _counts(held, symbol=ETH) == 0


def test_flat_counts_zero_and_remembers_the_wish():
    flat = targets(a="1.0").with_state("A", TargetState.FLAT).set("A", BTC, "3")
    assert _counts(flat) == 0
    assert _counts(flat.with_state("A", TargetState.ACTIVE)) == d(3)


def test_hold_after_flat_holds_at_zero():
    book = targets(a="1.0").with_state("A", TargetState.FLAT).with_state("A", TargetState.HOLD)
    assert _counts(book) == 0


def test_a_state_covers_all_symbols_of_that_strategy_and_no_other():
    book = TargetBook.of({"A": {BTC: 1, ETH: 2}, "B": {BTC: 4}})
    flat = book.with_state("A", TargetState.FLAT)
    assert [t.quantity for t in flat] == [d(0), d(4), d(0)]
    assert flat.state("B") is TargetState.ACTIVE


def test_a_removed_strategy_counts_zero_and_its_symbol_stays_to_be_closed():
    book = targets(a="1.0").remove("A")
    assert book.strategies == ()
    assert book.symbols == (BTC,)
    assert book.state("A") is TargetState.REMOVED
    assert net_target(book, BTC).net == 0


@pytest.mark.parametrize("state", [TargetState.ACTIVE, TargetState.HOLD, TargetState.FLAT])
def test_a_removed_strategy_does_not_come_back_by_a_change_of_state(state):
    with pytest.raises(InvalidInput, match=f"was removed, so it cannot be {state.value}"):
        targets(a="1.0").remove("A").with_state("A", state)


def test_removing_twice_is_removing_once():
    once = targets(a="1.0").remove("A")
    assert once.remove("A") == once


def test_a_name_used_again_does_not_bring_the_old_wishes_back():
    book = TargetBook.of({"A": {BTC: 1, ETH: 2}, "B": {BTC: 4}}).remove("A").add("A")
    held = book.with_state("A", TargetState.HOLD).with_state("A", TargetState.ACTIVE)
    assert held.target("A", ETH) is None
    assert net_target(held, BTC).net == d(4)
    assert held.symbols == (BTC, ETH)


def test_a_removed_strategy_comes_back_with_a_new_target():
    book = targets(a="1.0").remove("A").set("A", BTC, "2")
    assert _counts(book) == d(2)
    assert book.state("A") is TargetState.ACTIVE


def test_an_unknown_target_stays_where_it_is_and_says_why():
    book = targets(a="1.0", b="0.5").with_unknown("A", "ZeroDivisionError: it raised")
    assert _counts(book) == d(1)
    assert book.target("A", BTC).unknown == "ZeroDivisionError: it raised"
    assert book.target("B", BTC).unknown == ""


def test_a_target_may_be_set_as_unknown_at_once():
    book = targets(a="1.0").set("A", BTC, "1.0", unknown="older than its time to live")
    assert book.target("A", BTC).unknown == "older than its time to live"


def test_an_unknown_target_is_known_again_with_the_next_wish():
    book = targets(a="1.0").with_unknown("A", "it raised").set("A", BTC, "1.0")
    assert book == targets(a="1.0")


def test_unknown_survives_hold_and_flat():
    book = targets(a="1.0").with_unknown("A", "stale").with_state("A", TargetState.HOLD)
    assert (book.target("A", BTC).unknown, _counts(book)) == ("stale", d(1))


def test_the_table_shows_targets_states_and_what_is_unknown():
    book = targets(a="1.0", b="0.5", c="-0.8").remove("B").with_unknown("C", "it\n raised")
    assert repr(book).splitlines() == [
        "strategy  symbol         target (base units)  state",
        "A         BTC/USDT:USDT  +1                   active",
        "C         BTC/USDT:USDT  -0.8                 active, unknown: it raised",
    ]


def test_the_table_escapes_what_a_strategy_said_when_it_raised():
    markup = targets(a="1").with_unknown("A", "<img src=x onerror=a>")._repr_html_()
    assert "&lt;img" in markup
    assert "<img" not in markup


def test_an_empty_book_says_so():
    assert repr(TargetBook()) == "TargetBook(empty)"
    assert "No targets yet" in TargetBook()._repr_html_()
