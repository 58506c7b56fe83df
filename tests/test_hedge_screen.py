"""The screen of a hedged desk: two legs, what closes, what opens, both modes compared."""

import pytest
from lossy import Clock, LossyVenue
from makers import BTC, d, set_three, targets
from onscreen import classed, click, text

import nettools as nt
from nettools.charts import modes_figure, netting_figure
from nettools.model import PositionMode
from nettools.study import one_way_or_hedge
from nettools.widgets import modes_view, netting_view, preview_view, status_view
from nettools.widgets.markup import report_html

HEDGE = PositionMode.HEDGE


@pytest.fixture
async def hedged(no_waiting):  # noqa: ARG001 - it works by being there
    venue = LossyVenue(Clock(), mode=HEDGE)
    desk = await nt.Desk.open(venue, mode="hedge", clock=venue._clock)
    set_three(desk)
    yield desk
    await desk.close()


async def test_the_status_line_shows_both_legs_with_their_signs(hedged):
    await hedged.tick()
    view = status_view(hedged)
    view.screen.look()
    said = classed(view, "nt-status").value
    assert "BTC/USDT:USDT LONG <b>+1.500 BTC</b>" in said
    assert "BTC/USDT:USDT SHORT <b>-0.800 BTC</b>" in said


async def test_the_picture_of_a_hedged_desk_does_not_say_that_anything_is_offset(hedged):
    view = netting_view(hedged)
    title = "+1.5 long and −0.8 short are held as two legs, net +0.7 BTC; 0.8 is held on both"
    figure = classed(view, "nt-picture").children[0]
    assert figure.layout.title.text == title
    assert "offset" not in text(view)
    assert "held on both" in text(view)
    assert "Two legs: long and short are both held at the venue" in text(view)


def test_the_hedged_picture_names_the_legs():
    figure = netting_figure(targets(a="1.0", c="-0.8"), BTC, HEDGE)
    labels = [label.split("<br>")[0] for label in figure.layout.xaxis.ticktext]
    assert labels == ["A", "C", "LONG", "SHORT", "net", "on both"]
    alone = netting_figure(targets(a="1.0"), BTC, HEDGE)
    assert alone.layout.title.text == "+1 long nets to +1 BTC; nothing is offset"


async def test_the_report_says_which_leg_each_order_was_for(hedged):
    report = await hedged.execute(await hedged.preview())
    page = report_html(report)
    assert page.index("BTC/USDT:USDT LONG</td>") < page.index("buy 1.5 BTC: filled")
    assert page.index("BTC/USDT:USDT SHORT</td>") < page.index("sell 0.8 BTC: filled")


async def test_the_preview_of_a_flip_says_what_closes_and_what_opens(hedged):
    await hedged.tick()
    hedged.set_target("C", BTC, "0.2")
    view = preview_view(hedged)
    await click(view, "Preview")
    said = text(view)
    assert "buy 0.2 BTC to open LONG; buy 0.8 BTC to close SHORT" in said
    assert "C +0.2" in said


async def test_the_desk_compares_both_modes_on_what_it_executes(hedged):
    view = modes_view(hedged)
    assert "Nothing to compare yet" in text(view)
    await hedged.tick()
    view.screen.look()
    said = text(view)
    assert "Hedge sends 2 orders where one-way sends 1" in said
    assert "PnL before costs" in said
    assert "open it with mode=&quot;one-way&quot; and switch_mode=True" in said
    hedged.set_target("C", BTC, "0")
    view.screen.look()
    assert "sends 2 orders" in text(view)  # typed, not executed
    await hedged.tick()
    view.screen.look()
    assert "Hedge sends 3 orders where one-way sends 2" in text(view)


async def test_what_was_executed_before_the_view_was_made_counts_as_one_plan(hedged):
    await hedged.tick()
    assert "Hedge sends 2 orders where one-way sends 1" in text(modes_view(hedged))


def test_the_figure_draws_legs_margin_fees_and_funding_of_both_modes():
    result = one_way_or_hedge(
        {"A": ["1.0", "1.0"], "C": ["-0.8", "-0.8"]},
        ["100000", "100000"],
        funding_rates={1: "0.0001"},
    )
    figure = modes_figure(result)
    assert figure.layout.title.text == result.finding
    drawn = {
        (panel.text, line.name): list(line.y)
        for line in figure.data
        for panel, axis in zip(figure.layout.annotations, ("y", "y2", "y3", "y4"), strict=True)
        if line.yaxis == axis
    }
    assert drawn["position per leg (BTC)", "one-way"] == [0.2, 0.2]
    assert drawn["position per leg (BTC)", "hedge"] == [-0.8, -0.8]  # the long leg before it
    assert drawn["initial margin (USDT)", "hedge"] == [9000.0, 9000.0]
    assert drawn["funding (USDT), paid below zero", "hedge"] == [0.0, 8.0]
    assert drawn["funding (USDT), paid below zero", "hedge, paid"] == [0.0, -10.0]
    assert drawn["funding (USDT), paid below zero", "one-way"] == [0.0, -2.0]
    assert drawn["fees (USDT)", "hedge"][1] > drawn["fees (USDT)", "one-way"][1] > d(10)
