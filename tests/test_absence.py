"""When an order may be given up as never arrived, and for how long it is watched after that."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st
from makers import NOW

from nettools.absence import NEVER_ARRIVED_AFTER, NEVER_ARRIVED_ANSWERS, Absence

SECOND = timedelta(seconds=1)


def _asked(absence, *seconds):
    """Let the venue say "no such id" so many seconds after the send; give the last result."""
    found = [absence.not_found("nt-1", sent=NOW, now=NOW + s * SECOND) for s in seconds]
    return found[-1]


def test_one_late_answer_is_not_enough_and_three_early_ones_are_not():
    assert not _asked(Absence(), 60)
    assert not _asked(Absence(), 0, 1, 2)


def test_the_third_answer_is_enough_once_the_request_cannot_arrive_any_more():
    assert _asked(Absence(), 0, 1, 20) == NEVER_ARRIVED_ANSWERS


@given(st.lists(st.integers(0, 60), min_size=1, max_size=8))
def test_nothing_is_given_up_before_its_time_or_on_too_little(seconds):
    times = sorted(seconds)
    is_enough = bool(_asked(Absence(), *times))
    is_late = times[-1] * SECOND >= NEVER_ARRIVED_AFTER
    assert is_enough == (is_late and len(times) >= NEVER_ARRIVED_ANSWERS)


def test_an_order_that_was_seen_needs_all_the_answers_again():
    absence = Absence()
    _asked(absence, 0, 1)
    absence.found("nt-1")
    assert not _asked(absence, 30)


def test_what_was_given_up_is_watched_for_a_day_and_evidence_ends_it():
    absence = Absence()
    absence.give_up("nt-1", NOW)
    absence.give_up("nt-2", NOW + SECOND)
    assert absence.watched(NOW + 60 * SECOND) == ("nt-1", "nt-2")
    assert absence.watched(NOW + timedelta(days=1)) == ("nt-2",)
    assert absence.has_given_up("nt-1")
    assert absence.arrived("nt-2")
    assert not absence.arrived("nt-2")
    absence.forget("nt-1")
    assert not absence.has_given_up("nt-1")
