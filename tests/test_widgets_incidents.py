"""Incidents on the screen: one line each, with its count, and what to do."""

from datetime import timedelta

from makers import BTC, NOW, set_three
from onscreen import classed, click, labelled, settled, text, until

import nettools as nt
from nettools import widgets
from nettools.desk.incidents import Incident
from nettools.widgets import twice
from nettools.widgets.incidents import incidents_of
from nettools.widgets.incidents_markup import (
    MOST_LINES,
    MOST_OVER,
    heard_html,
    incidents_html,
    untold,
)
from nettools.widgets.screen import screen_of


def _told(**changes):
    usual = {
        "kind": "stream",
        "subject": "",
        "what": "the stream is down",
        "known": "the account is read instead",
        "unknown": "fills of the last second",
        "to_do": "nothing, it reconnects by itself",
        "count": 1,
        "since": NOW,
        "last": NOW,
    }
    return Incident(**{**usual, **changes})


def test_a_calm_desk_says_that_nothing_is_wrong():
    assert "Nothing is wrong." in incidents_html([])


def test_an_incident_says_what_is_known_what_is_not_and_what_to_do_in_one_line():
    shown = incidents_html([_told()])
    assert shown.count("nt-incident") == 1
    for words in (
        "The stream is down",
        "since 12:00:00 UTC",
        "<b>Known:</b> the account is read instead.",
        "<b>Not known:</b> fills of the last second.",
        "<b>To do:</b> nothing, it reconnects by itself.",
    ):
        assert words in shown
    assert "Nothing is wrong" not in shown


def test_a_storm_is_one_line_with_its_count():
    shown = incidents_html([_told(count=97, last=NOW + timedelta(seconds=40))])
    assert shown.count("nt-incident") == 1
    assert "97 times since 12:00:00 UTC, last 12:00:40 UTC" in shown


def test_the_newest_incident_stands_first():
    later = _told(what="no answer", last=NOW + timedelta(seconds=1))
    shown = incidents_html([_told(), later])
    assert shown.index("No answer") < shown.index("The stream is down")
    assert "2 incidents, the newest first:" in shown


def test_what_is_over_is_told_quietly_and_soon_forgotten():
    ended = [_told(what=f"storm {i}", is_over=True, last=NOW + timedelta(i)) for i in range(40)]
    shown = incidents_html(ended)
    assert "Nothing is wrong." in shown
    assert shown.count("over: Storm") == MOST_OVER
    assert "over: Storm 39" in shown


def test_of_many_incidents_the_rest_is_counted():
    shown = incidents_html([_told(what=f"w{i}") for i in range(MOST_LINES + 2)])
    assert shown.count("nt-incident") == MOST_LINES
    assert "and 2 more incidents" in shown


def test_what_is_empty_is_left_out():
    shown = incidents_html([_told(unknown="", to_do="")])
    assert "Not known" not in shown
    assert "To do" not in shown


def test_the_words_of_a_venue_are_text():
    hostile = "<img src=x onerror=alert(1)>"
    shown = incidents_html([_told(what=hostile, known=hostile, unknown=hostile, to_do=hostile)])
    assert "<img" not in shown
    assert shown.count("&lt;img") == 4


def test_a_note_that_an_incident_tells_is_not_told_twice():
    notes = (
        "the stream is down since 12:00:00 UTC, the account is read instead: closed",
        f"A on {BTC} is unknown: no data",
        "order nt-1 is unknown and counts in full: no answer",
        "1 resting order on the account, not sent by this desk",
    )
    told = [_told(), _told(kind="strategy", subject="A"), _told(kind="order", subject="nt-1")]
    assert untold(notes, told) == notes[3:]
    over = [_told(kind="order", subject="nt-1", is_over=True)]
    assert untold(notes[2:], over) == notes[2:]


def _lines(view):
    return classed(view, "nt-incidents").value


async def test_a_lost_answer_is_an_incident_until_it_is_resolved(desk, venue):
    view = widgets.desk_view(desk)
    assert "Nothing is wrong." in _lines(view)
    desk.set_target("A", BTC, "1")
    venue.fault = "lost request"
    await desk.tick()
    await settled(view)
    assert _lines(view).count("nt-incident") == 1
    assert "it counts in full, and nothing is sent in its place." in _lines(view)
    assert "is unknown and counts in full" not in text(view), "the note says no more"
    venue.fault = ""
    for _ in range(4):
        venue._clock.go_on(10)
        await desk.refresh()
    await settled(view)
    assert "Nothing is wrong." in _lines(view)
    assert "over: " not in _lines(view), "that is for the tab below"
    assert "over: No clear answer about buy 1 BTC" in _lines(widgets.incidents_view(desk))


async def test_a_read_that_fails_again_and_again_is_one_line_and_never_flat(desk, venue):
    desk.set_target("A", BTC, "1")
    await desk.tick()
    view, screen = widgets.incidents_view(desk), screen_of(desk)
    venue.fault = "down"
    for _ in range(3):
        await screen.refresh()
    await settled(view)
    assert _lines(view).count("nt-incident") == 1
    assert "3 times since" in _lines(view)
    assert "it is not flat because it cannot be read" in _lines(view)
    venue.fault = ""
    await screen.refresh()
    assert incidents_of(screen) == ()
    assert "Nothing is wrong." in _lines(view)


async def test_on_the_desk_a_failed_read_is_told_once(desk, venue):
    view = widgets.desk_view(desk)
    venue.fault = "down"
    await screen_of(desk).refresh()
    await settled(view)
    assert text(view).lower().count("the read came back empty") == 2  # to see, to hear
    assert _lines(view).lower().count("the read came back empty") == 1


async def test_a_wiped_testnet_gets_new_books_in_two_clicks_and_not_before(
    local_testnet, tmp_path, monkeypatch
):
    exchange = local_testnet()
    async with await nt.Desk.open(exchange, journal=tmp_path / "desk.sqlite") as desk:
        set_three(desk)
        view = widgets.incidents_view(desk)
        await desk.tick()
        button = labelled(view, "Begin new books")
        assert button.disabled
        exchange.reset()
        await screen_of(desk).refresh()
        await settled(view)
        assert "probably reset" in _lines(view)
        monkeypatch.setattr(twice, "ARMED_SECONDS", 0.05)
        await click(view, button)
        await until(lambda: button.description == "Begin new books")
        monkeypatch.setattr(twice, "ARMED_SECONDS", 10)
        await click(view, button)
        assert button.description == "Confirm: begin new books"
        assert desk.status.state == "halted"
        await click(view, button)
        assert desk.status.state == "idle"
        assert "Nothing is wrong." in _lines(view)
        assert button.disabled


def test_a_screen_reader_hears_an_incident_begin_and_end_and_not_each_time_it_is_tried():
    once, often = _told(), _told(count=97, last=NOW + timedelta(seconds=40))
    assert incidents_html([once]) != incidents_html([often])
    assert heard_html([once]) == heard_html([often])
    assert "The stream is down." in heard_html([once])
    assert heard_html([]) == '<div role="status">Nothing is wrong.</div>'
    assert "<b>" not in heard_html([_told(what="<b>x</b>")])
