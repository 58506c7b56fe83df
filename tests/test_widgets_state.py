"""What a person enters: taken whole, or refused in one sentence with nothing changed."""

from decimal import Decimal

import pytest
from lossy import Clock, LossyVenue
from makers import BTC, ETH, d
from traitlets import HasTraits, TraitError

import nettools as nt
from nettools.widgets.state import (
    NEW_STRATEGY,
    NEW_SYMBOL,
    DecimalTrait,
    RunForm,
    StyleForm,
    TargetForm,
)

A_BTC = ("A", BTC)


@pytest.fixture
async def desk():
    clock = Clock()
    desk = await nt.Desk.open(LossyVenue(clock), clock=clock)
    yield desk
    await desk.close()


@pytest.fixture
def form(desk):
    form = TargetForm(desk)
    form.add_strategy("A")
    form.add_symbol(BTC)
    return form


async def test_a_typed_target_reaches_the_desk_and_stays_as_it_was_typed(desk, form):
    assert form.enter(A_BTC, " +1.0 ")
    assert desk.targets.target(*A_BTC).wanted == d("1.0")
    assert form.text(A_BTC) == "+1.0"
    assert form.error(A_BTC) == ""


async def test_a_typeset_minus_is_a_minus(desk, form):
    assert form.enter(A_BTC, "−0.8")
    assert desk.targets.target(*A_BTC).wanted == d("-0.8")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("abc", "must be a number, was 'abc'"),
        ("nan", "must be a finite number, was 'nan'"),
        ("inf", "must be a finite number, was 'inf'"),
        ("-Infinity", "must be a finite number"),
        ("1e400", "must be between -1e12 and 1e12"),
        ("0.0000000000001", "at most 12 decimal places"),
        ("1,000", "must be a number, was '1,000'"),
        ("", "is empty"),
        ("   ", "is empty"),
        ("<img src=x onerror=alert(1)>", "must be a number"),
        ("6", "above the cap of 500,000"),
    ],
)
async def test_a_bad_target_says_one_sentence_and_changes_nothing(desk, form, text, words):
    form.enter(A_BTC, "+1.0")
    await desk.refresh()  # the cap is a notional, so it needs a price
    before = desk.targets
    assert not form.enter(A_BTC, text)
    assert words in form.error(A_BTC)
    assert "\n" not in form.error(A_BTC)
    assert desk.targets == before
    assert form.text(A_BTC) == text
    assert form.good_text(A_BTC) == "+1.0"


async def test_a_field_that_never_held_a_target_may_be_emptied_again(desk, form):
    form.enter(A_BTC, "abc")
    assert form.enter(A_BTC, "")
    assert form.error(A_BTC) == ""
    assert form.text(A_BTC) == ""
    assert desk.targets.target(*A_BTC) is None


async def test_a_good_entry_clears_the_sentence_of_its_own_field_only(form):
    form.add_strategy("B")
    form.enter(A_BTC, "abc")
    form.enter(("B", BTC), "xyz")
    form.enter(A_BTC, "1")
    assert form.error(A_BTC) == ""
    assert "'xyz'" in form.error(("B", BTC))


async def test_a_target_set_in_a_cell_of_code_shows_with_its_sign(desk, form):
    form.enter(A_BTC, "+1.0")
    desk.set_target("A", BTC, 0.4)
    form.book = desk.targets
    assert form.text(A_BTC) == "+0.4"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("A", "a strategy named 'A' is already in the book"),
        ("", "a strategy name must be 1 to 64"),
        ("<img src=x onerror=alert(1)>", "a strategy name must be 1 to 64"),
        ("A\u202eB", "a strategy name must be 1 to 64"),
    ],
)
async def test_a_bad_strategy_name_adds_nothing(desk, form, name, words):
    assert not form.add_strategy(name)
    assert words in form.error(NEW_STRATEGY)
    assert desk.targets.strategies == ("A",)


async def test_a_symbol_is_found_by_its_base_and_added_once(form):
    assert form.add_symbol("eth")
    assert form.symbols == (BTC, ETH)
    assert not form.add_symbol(ETH)
    assert form.error(NEW_SYMBOL) == f"{ETH} is in the table already; choose another symbol"


async def test_an_unknown_symbol_adds_no_column_and_names_some_that_exist(form):
    assert not form.add_symbol("DOGE")
    assert form.symbols == (BTC,)
    assert "was 'DOGE'; choose one, for example BNB/USDT:USDT" in form.error(NEW_SYMBOL)


async def test_a_held_strategy_says_what_counts(form):
    form.enter(A_BTC, "0.5")
    form.set_state("A", "hold")
    form.enter(A_BTC, "0.4")
    assert form.text(A_BTC) == "0.4"
    assert form.note(A_BTC) == "held at +0.5"
    form.set_state("A", "flat")
    assert form.note(A_BTC) == "flat: counts 0"
    form.set_state("A", "active")
    assert form.note(A_BTC) == ""


async def test_an_unknown_target_says_so_and_why(desk, form):
    form.enter(A_BTC, "0.5")
    form.book = desk.targets.with_unknown("A", "KeyError: 'x'")
    assert form.note(A_BTC) == "unknown (KeyError: 'x'): stays at +0.5"


async def test_a_removed_strategy_takes_its_refused_entries_along(desk, form):
    form.enter(A_BTC, "abc")
    form.remove_strategy("A")
    assert form.drafts == {}
    assert form.errors == {}
    assert desk.targets.strategies == ()
    form.add_strategy("A")
    assert form.text(A_BTC) == ""


async def test_a_state_that_does_not_exist_is_refused(form):
    assert not form.set_state("A", "removed?")
    assert "state must be" in form.error("A")


async def test_a_locked_form_takes_nothing(desk, form):
    form.locked = "this page is for looking at only"
    assert not form.enter(A_BTC, "1")
    assert form.error(A_BTC) == "this page is for looking at only"
    assert desk.targets.target(*A_BTC) is None


class Priced(HasTraits):
    limit_price = DecimalTrait()


def test_a_decimal_trait_takes_text_and_checks_later_assignments_too():
    priced = Priced(limit_price=" 0.70 ")
    assert priced.limit_price == Decimal("0.70")
    with pytest.raises(TraitError, match=r"limit price must be a number, was 'abc'"):
        priced.limit_price = "abc"
    assert priced.limit_price == Decimal("0.70")


@pytest.mark.parametrize("value", [0.7, float("nan"), True, None, "inf"])
def test_a_decimal_trait_refuses_what_is_no_exact_number(value):
    with pytest.raises(TraitError):
        Priced(limit_price=value)


def test_the_style_is_made_of_its_fields():
    form = StyleForm()
    assert form.style == nt.Style()
    form.name = "limit"
    assert form.enter("offset_bps", "2.5")
    assert form.style == nt.Style(name="limit", offset_bps=d("2.5"))


@pytest.mark.parametrize(
    ("field", "text", "words"),
    [
        ("slippage_bps", "-1", "slippage_bps must be from 0 to below 10000"),
        ("slippage_bps", "abc", "slippage bps must be a number"),
        ("offset_bps", "1e5", "offset_bps must be between"),
    ],
)
def test_a_style_out_of_range_keeps_the_last_good_one(field, text, words):
    form = StyleForm()
    assert not form.enter(field, text)
    assert words in form.error(field)
    assert form.style == nt.Style()
    assert form.enter(field, "3")
    assert form.errors == {}


def test_the_loop_does_not_run_faster_than_the_eye():
    form = RunForm()
    assert not form.enter("0.01")
    assert (
        form.error("every_seconds") == "every seconds must be at least 0.1, was 0.01; write 1"
    )
    assert form.every_seconds == 1
    assert form.enter("0.5")
    assert form.every_seconds == d("0.5")
