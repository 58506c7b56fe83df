"""Exact numbers: what is read, what is refused, how they are rounded and written."""

from decimal import Decimal

import pytest
from makers import d

from nettools.decimals import (
    check_numbers,
    exact,
    is_multiple,
    plain,
    positive,
    round_down,
    round_toward_zero,
    round_up,
    signed,
)
from nettools.diff import Deadband
from nettools.errors import InvalidInput


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("0.7", "0.7"),
        ("-0.8", "-0.8"),
        ("+1.5", "1.5"),
        (" 2 ", "2"),
        ("1e-3", "0.001"),
        (".5", "0.5"),
        (3, "3"),
        (Decimal("0.10"), "0.1"),
        ("1000000000000", "1000000000000"),
        ("0.000000000001", "0.000000000001"),
        ("0.70000000000000000000", "0.7"),
        ("0e400", "0"),
    ],
)
def test_a_number_is_read_to_the_last_digit(typed, read):
    assert exact(typed) == d(read)


@pytest.mark.parametrize(
    ("typed", "what_is_said"),
    [
        ("abc", "must be a number, was 'abc'"),
        ("", "is empty"),
        ("   ", "is empty"),
        ("nan", "must be a finite number, was 'nan'"),
        ("sNaN", "must be a finite number, was 'sNaN'"),
        ("inf", "must be a finite number, was 'inf'"),
        ("-Infinity", "must be a finite number, was '-Infinity'"),
        ("1e400", "must be between -1e12 and 1e12, was '1e400'"),
        ("1E1000000", "must be between -1e12 and 1e12, was '1E1000000'"),
        ("-1E-1000000", "at most 12 decimal places, was '-1E-1000000'"),
        ("-1000000000000.1", "must be between -1e12 and 1e12"),
        pytest.param(10**5000, "must be between -1e12 and 1e12", id="5000 digits"),
        ("0.0000000000001", "at most 12 decimal places, was '0.0000000000001'"),
        ("0.1234567890120000000000000000001", "at most 12 decimal places"),
        ("1,5", "must be a number, was '1,5'"),
        ("1.0.0", "must be a number"),
        ("1\x00", r"was '1\\x00'"),
        ("\u202e1", r"was '\\u202e1'"),
        ("<b>1</b>", "must be a number, was '<b>1</b>'"),
        (0.1, r"must be text, an integer or a Decimal, was 0.1 \(float\)"),
        (True, r"was True \(bool\)"),
        (None, r"was None \(NoneType\)"),
        (b"1", r"was b'1' \(bytes\)"),
        (Decimal("NaN"), "must be a finite number, was 'NaN'"),
    ],
)
def test_what_is_no_number_is_refused_in_one_sentence(typed, what_is_said):
    with pytest.raises(InvalidInput, match=what_is_said) as refused:
        exact(typed, "target of A")
    assert str(refused.value).startswith("target of A ")
    assert len(str(refused.value)) < 160


@pytest.mark.parametrize("typed", ["0", "-1"])
def test_a_price_must_be_above_zero(typed):
    with pytest.raises(InvalidInput, match=f"limit price must be above zero, was {typed}"):
        positive(typed, "limit price")


def test_a_positive_number_is_read():
    assert positive("0.1", "limit price") == d("0.1")


@pytest.mark.parametrize(
    "value", [0.001, "0.001", Decimal("nan"), Decimal("-inf"), True], ids=repr
)
def test_a_value_whose_field_is_no_exact_number_is_refused(value):
    with pytest.raises(InvalidInput, match="quantity must be a finite Decimal, was"):
        Deadband(quantity=value)


def test_whole_numbers_and_absent_numbers_pass_the_check():
    check_numbers(Deadband(quantity=None, notional=d(1)), "quantity", "notional")
    assert Deadband(quantity=2).quantity == 2


@pytest.mark.parametrize(
    ("value", "step", "toward_zero", "down", "up"),
    [
        ("0.0019", "0.001", "0.001", "0.001", "0.002"),
        ("-0.0019", "0.001", "-0.001", "-0.002", "-0.001"),
        ("0.7", "0.001", "0.7", "0.7", "0.7"),
        ("-0.7", "0.001", "-0.7", "-0.7", "-0.7"),
        ("100.24", "0.25", "100", "100", "100.25"),
        ("0.0004", "0.001", "0", "0", "0.001"),
        ("0", "0.1", "0", "0", "0"),
    ],
)
def test_numbers_round_to_the_grid(value, step, toward_zero, down, up):
    assert round_toward_zero(d(value), d(step)) == d(toward_zero)
    assert round_down(d(value), d(step)) == d(down)
    assert round_up(d(value), d(step)) == d(up)


def test_rounding_does_not_climb_to_the_next_step_by_division():
    """28 digits of 0.999…/3 would show 0.3 recurring and round up to a whole step."""
    just_below = d(3) - d("1e-27")
    assert round_toward_zero(just_below, d(3)) == 0
    assert round_down(just_below, d(3)) == 0


def test_on_the_grid_or_not():
    assert is_multiple(d("0.7"), d("0.001"))
    assert not is_multiple(d("0.0015"), d("0.001"))


@pytest.mark.parametrize(
    ("value", "unsigned", "with_sign"),
    [
        ("0.70", "0.7", "+0.7"),
        ("1500", "1500", "+1500"),
        ("1.5E+3", "1500", "+1500"),
        ("-0.800", "-0.8", "-0.8"),
        ("1E-12", "0.000000000001", "+0.000000000001"),
        ("-0", "0", "0"),
        ("0.000", "0", "0"),
    ],
)
def test_numbers_are_written_without_exponent_or_padding(value, unsigned, with_sign):
    assert plain(d(value)) == unsigned
    assert signed(d(value)) == with_sign
