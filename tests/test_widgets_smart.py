"""Smart orders on the screen: chosen with their parameters, watched at work, told after."""

from dataclasses import replace

import ipywidgets as ui
import pandas as pd
import pytest
from makers import BTC, NOW, d, set_three
from onscreen import classed, click, every, labelled, labels, text, until

import nettools as nt
from nettools import widgets
from nettools.desk.parent import AtWork
from nettools.desk.story import STORY
from nettools.model import Leg, PositionSide, Side
from nettools.widgets.smart_markup import MOST_SWITCHES, at_work_html, story_html
from nettools.widgets.state import StyleForm

WORKING = AtWork(
    client_order_id="nt-1-1",
    leg=Leg(BTC, PositionSide.BOTH),
    side=Side.BUY,
    quantity=d("0.70"),
    filled=d("0.3"),
    resting_at=d("100000.0"),
    requotes=3,
    most_requotes=20,
    elapsed_seconds=d("12.2"),
    timeout_seconds=d(60),
    doing="rest: best price moved",
)


def _shown(view):
    """List the labels of the fields that can be seen."""
    fields = [w for w in _texts(view) if w.layout.display != "none"]
    return [field.description for field in fields]


def _texts(view):
    return [w for w in every(view) if isinstance(w, ui.Text)]


async def test_the_smart_style_has_its_parameters_with_their_units(desk):
    view = widgets.preview_view(desk)
    assert _shown(view) == ["at most past the touch (bps)"]
    labelled(view, "style").value = "smart"
    assert _shown(view) == [
        "at most past the touch (bps)",
        "takes after (s)",
        "takes when the price ran away (bps, empty: never)",
        "rests at least (s)",
        "re-quotes at most",
        "into the spread (ticks)",
        "takes when our side of the touch holds (0.5–1, empty: never)",
        "smallest slice (base units, empty: the venue's)",
    ]
    labelled(view, "style").value = "limit"
    assert _shown(view) == ["behind the best price (bps)"]


def test_the_form_gives_the_style_the_planner_takes():
    form = StyleForm()
    form.name = "smart"
    assert form.style == nt.Style(name="smart")
    for field, typed in {
        "timeout_seconds": "30",
        "adverse_bps": "",
        "imbalance": "0.8",
        "most_requotes": "5",
        "min_slice": "0.01",
    }.items():
        assert form.enter(field, typed), field
    assert form.style == nt.Style(
        name="smart",
        timeout_seconds=d(30),
        adverse_bps=None,
        imbalance=d("0.8"),
        most_requotes=5,
        min_slice=d("0.01"),
    )


@pytest.mark.parametrize(
    ("field", "typed", "words"),
    [
        ("most_requotes", "2.5", "must be a whole number"),
        ("most_requotes", "-1", "must be a whole number from 0 on"),
        ("imbalance", "0.3", "imbalance must be from 0.5 to 1"),
        ("timeout_seconds", "", "is empty"),
        ("adverse_bps", "0", "adverse_bps must be from 0.01"),
        ("rest_seconds", "-3", "rest_seconds must not be negative"),
    ],
)
def test_a_parameter_out_of_range_keeps_the_last_good_one(field, typed, words):
    form = StyleForm()
    form.name = "smart"
    assert not form.enter(field, typed)
    assert words in form.error(field)
    assert form.style == nt.Style(name="smart")


async def test_another_parameter_puts_the_preview_away(desk):
    set_three(desk)
    view = widgets.preview_view(desk)
    labelled(view, "style").value = "smart"
    await click(view, "Preview")
    labelled(view, "takes after").value = "20"
    assert "The style changed" in text(view)
    assert classed(view, "nt-confirm").disabled


async def test_a_smart_order_is_confirmed_and_watched_while_the_screen_goes_on(desk):
    set_three(desk)
    view = widgets.desk_view(desk)
    assert "None: execute a plan in the smart style" in classed(view, "nt-at-work").value
    labelled(view, "style").value = "smart"
    await click(view, "Preview")
    await click(view, classed(view, "nt-confirm"))
    assert "At work: 0 fills" in classed(view, "nt-plan").value
    lines = classed(view, "nt-at-work")
    await until(lambda: ">100000<" in lines.value)
    assert ">buy 0.7 BTC/USDT:USDT<" in lines.value
    assert ">0/0.7<" in lines.value
    assert ">0/20<" in lines.value
    assert "s of 60 s<" in lines.value
    assert ">rest: first quote<" in lines.value
    assert not classed(view, "nt-preview").disabled
    await click(view, "Halt")
    await until(lambda: "None: execute" in lines.value)


async def test_a_story_can_be_chosen_and_read_with_its_reasons(desk):
    view = widgets.smart_view(desk)
    assert "No smart order yet" in text(view)
    set_three(desk)
    await desk.execute(await desk.preview("smart"), wait=False)
    await until(lambda: desk.smart_orders()[0].resting_at is not None)
    await desk._thread.call(desk._manager.halt())
    view = widgets.smart_view(desk)
    shown = classed(view, "nt-story").value
    assert shown.index("ended: halted") < shown.index("rest: first quote")
    (newest, one) = labelled(view, "order").options
    assert newest == ("the newest", "")
    assert one[0].endswith("buy 0.7 BTC/USDT:USDT (halted)")
    labelled(view, "order").value = one[1]
    assert "rest: first quote" in classed(view, "nt-story").value
    assert labels(view, ui.Dropdown) == ["order"]


def test_a_line_says_where_it_rests_and_how_long_it_still_may():
    shown = at_work_html([WORKING])
    for cell in (
        "buy 0.7 BTC/USDT:USDT", "100000", "unknown", "0.3/0.7", "3/20", "12 s of 60 s",
        "rest: best price moved",
    ):  # fmt: skip
        assert f">{cell}<" in shown
    waits = at_work_html([replace(WORKING, resting_at=None)])
    assert ">nothing rests<" in waits


def test_what_is_told_is_text_and_stays_light():
    hostile = "<img src=x onerror=alert(1)>"
    rows = [[NOW, "switch", None, None, d(1), d(2), hostile]] * 5_000
    shown = story_html(pd.DataFrame(rows, columns=list(STORY), dtype=object))
    assert "<img" not in shown
    assert shown.count("<tr") == MOST_SWITCHES + 1
    assert "<img" not in at_work_html([replace(WORKING, doing=hostile)])
