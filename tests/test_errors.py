"""The exception tree: "no" and "don't know" must stay apart."""

import pytest

from nettools.errors import (
    InvalidInput,
    NettoolsError,
    OrderRejected,
    OutcomeUnknown,
    VenueError,
    VenueUnavailable,
)


def test_no_dont_know_and_never_sent_are_three_different_answers():
    answers = (OrderRejected, OutcomeUnknown, VenueUnavailable)
    for one in answers:
        assert issubclass(one, VenueError)
        assert not any(issubclass(one, other) for other in answers if other is not one)


def test_bad_input_is_also_a_value_error_so_that_widgets_show_it():
    with pytest.raises(ValueError, match="too large"):
        raise InvalidInput("too large")
    assert issubclass(InvalidInput, NettoolsError)


def test_a_rejection_carries_our_code_and_the_venues():
    refused = OrderRejected("margin is short", reason="INSUFFICIENT_MARGIN", venue_code="-2019")
    assert (str(refused), refused.reason, refused.venue_code) == (
        "margin is short",
        "INSUFFICIENT_MARGIN",
        "-2019",
    )
    assert OrderRejected("no").venue_code == ""
