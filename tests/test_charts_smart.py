"""A smart order on the price: the touch, quotes as lines, fills as marks, switches in words."""

from datetime import timedelta

import pandas as pd
import pytest
from makers import NOW, d
from minding import begin, both_venues, done, driven
from travel import travels

from nettools.charts.smart import MOST_POINTS, smart_figure, smart_title

COLUMNS = ("time", "what", "price", "quantity", "bid", "ask", "text")


def _story(*rows):
    moments = ([NOW + timedelta(seconds=second), what, *rest] for second, what, *rest in rows)
    return pd.DataFrame(moments, columns=list(COLUMNS), dtype=object)


STORY = _story(
    (0, "touch", None, None, d("100000.0"), d("100000.1"), ""),
    (0, "switch", d("100000.0"), None, d("100000.0"), d("100000.1"), "rest: first quote"),
    (0, "rest", d("100000.0"), d("0.7"), None, None, "nt-1-1"),
    (3, "fill", d("100000.0"), d("0.3"), None, None, "maker"),
    (9, "gone", None, None, None, None, "nt-1-1"),
    (9, "switch", d("100200.1"), None, d("100000.0"), d("100000.1"), "take: timeout"),
    (9, "fill", d("100000.1"), d("0.4"), None, None, "taker"),
    (9, "end", None, d("0.7"), None, None, "filled"),
)


def _trace(figure, name):
    return next(trace for trace in figure.data if trace.name == name)


def test_the_title_says_how_it_went():
    assert smart_title(STORY) == (
        "1 quote, 0.3 filled as maker, 0.4 filled as taker, ended: filled"
    )
    assert smart_title(STORY.iloc[:3]) == "1 quote, at work"
    assert smart_title(_story()) == "No smart order yet"


def test_a_quote_is_a_line_from_its_sending_to_its_end():
    line = _trace(smart_figure(STORY), "resting")
    assert list(line.x[:2]) == [NOW, NOW + timedelta(seconds=9)]
    assert list(line.y[:2]) == [100000.0, 100000.0]


def test_a_quote_that_still_rests_goes_on_to_the_last_event():
    line = _trace(smart_figure(STORY.iloc[:4]), "resting")
    assert line.x[1] == NOW + timedelta(seconds=3)


def test_fills_are_told_apart_by_form_and_switches_by_their_words():
    figure = smart_figure(STORY)
    maker, taker = (_trace(figure, f"filled as {name}") for name in ("maker", "taker"))
    assert maker.marker.symbol != taker.marker.symbol
    assert maker.hovertext == ("0.3 at 100000 as maker",)
    assert _trace(figure, "switch").text == ("rest: first quote", "take: timeout")


def test_an_empty_story_is_an_empty_picture():
    assert smart_figure(_story()).layout.title.text == "No smart order yet"


def test_a_long_story_stays_light():
    rows = [(n, "touch", None, None, d(100_000 + n % 7), d(100_010), "") for n in range(5_000)]
    figure = smart_figure(_story(*rows))
    assert all(len(trace.x) <= MOST_POINTS for trace in figure.data)
    assert len(figure.to_json()) < 200_000


def test_what_a_name_says_is_text():
    hostile = "<img src=x onerror=alert(1)>"
    shown = smart_figure(
        _story(
            (0, "switch", d(1), None, d(1), d(2), hostile),
            (1, "end", None, d(1), None, None, hostile),
        )
    )
    assert "<img" not in shown.to_json()


@both_venues
@travels
async def test_a_desk_tells_the_story_of_its_newest_smart_order(venue):
    async with driven(venue, streams=True) as drive:
        assert drive.desk.smart_story().empty
        await begin(drive)
        (shown,) = drive.desk.smart_orders()
        assert shown.doing == "rest: first quote"
        drive.fill(40)
        await done(drive)
        story = drive.desk.smart_story()
        assert [*story["what"]].count("rest") == 1
        assert sum(story[story["what"] == "fill"]["quantity"]) == d("0.7")
        assert story["text"].iloc[-1] == "filled"
        assert "touch" in set(story["what"])
        assert smart_title(story).startswith("1 quote, 0.28 filled as maker, 0.42 filled")
        history = drive.desk.smart_history()
        assert [*history["ended"]] == ["filled"]
        messages = set(drive.desk.timeline()["message"])
        assert {"rest: first quote", "take: timeout"} <= messages


@pytest.mark.parametrize("name", ["bid", "ask"])
def test_the_touch_is_drawn_on_both_sides(name):
    assert len(_trace(smart_figure(STORY), name).y) == 3
