"""Incidents on the screen: one line each, with its count, and what to do."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from makers import NOW

from nettools.widgets.incidents_markup import MOST_LINES, MOST_OVER, incidents_html


@dataclass(frozen=True)
class Told:
    what: str = "the stream is down"
    known: str = "the account is read instead"
    unknown: str = "fills of the last second"
    to_do: str = "nothing, it reconnects by itself"
    count: int = 1
    since: datetime = NOW
    last: datetime = NOW
    is_over: bool = False


def test_a_calm_desk_says_that_nothing_is_wrong():
    assert "Nothing is wrong." in incidents_html([])


def test_an_incident_says_what_is_known_what_is_not_and_what_to_do_in_one_line():
    shown = incidents_html([Told()])
    assert shown.count("nt-incident") == 1
    for words in (
        "the stream is down",
        "since 12:00:00 UTC",
        "<b>Known:</b> the account is read instead.",
        "<b>Not known:</b> fills of the last second.",
        "<b>To do:</b> nothing, it reconnects by itself.",
    ):
        assert words in shown
    assert "Nothing is wrong" not in shown


def test_a_storm_is_one_line_with_its_count():
    shown = incidents_html([Told(count=97, last=NOW + timedelta(seconds=40))])
    assert shown.count("nt-incident") == 1
    assert "97 times since 12:00:00 UTC, last 12:00:40 UTC" in shown


def test_the_newest_incident_stands_first():
    later = Told(what="no answer", last=NOW + timedelta(seconds=1))
    shown = incidents_html([Told(), later])
    assert shown.index("no answer") < shown.index("the stream is down")


def test_what_is_over_is_told_quietly_and_soon_forgotten():
    ended = [Told(what=f"storm {i}", is_over=True, last=NOW + timedelta(i)) for i in range(9)]
    shown = incidents_html(ended)
    assert "Nothing is wrong." in shown
    assert shown.count("over: storm") == MOST_OVER
    assert "over: storm 8" in shown


def test_of_many_incidents_the_rest_is_counted():
    shown = incidents_html([Told(what=f"w{i}") for i in range(MOST_LINES + 2)])
    assert shown.count("nt-incident") == MOST_LINES
    assert "and 2 more incidents" in shown


def test_what_is_empty_is_left_out():
    shown = incidents_html([Told(unknown="", to_do="")])
    assert "Not known" not in shown
    assert "To do" not in shown


def test_the_words_of_a_venue_are_text():
    hostile = "<img src=x onerror=alert(1)>"
    shown = incidents_html([Told(what=hostile, known=hostile, unknown=hostile, to_do=hostile)])
    assert "<img" not in shown
    assert shown.count("&lt;img") == 4
