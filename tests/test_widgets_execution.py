"""What execution cost, on the screen: worded, escaped, and unknown where it is."""

import pytest
from makers import BTC, d
from onscreen import classed, settled, text

from nettools import widgets
from nettools.desk.executions import Executions, executions_in
from nettools.widgets import execution
from nettools.widgets.execution import execution_html, execution_words


@pytest.fixture(autouse=True)
def _drawn_at_once(monkeypatch):
    monkeypatch.setattr(execution, "FASTEST_SECONDS", 0.0)


async def test_the_view_says_what_execution_cost_beside_taking_at_once(desk, venue):
    view = widgets.execution_view(desk)
    assert "Nothing was executed yet" in classed(view, "nt-execution-words").value
    desk.set_target("A", BTC, "0.5")
    await desk.tick()
    for _ in range(40):
        venue.advance(1)
        venue._clock.go_on(1)
        await desk.refresh()
    await settled(view)
    said = classed(view, "nt-execution-words").value
    (row,) = desk.execution_costs().to_dict("records")
    cost, at_once = f"{row['total']:+.2f}", f"{row['at_once']:+.2f}"
    assert f"1 order cost {cost} USDT; taking at once would have cost {at_once}." in said
    shown = text(view)
    for words in (cost, "buy 0.5 of 0.5", "market move", "taker, 30 s later", "0%", "0.0 s"):
        assert words in shown


async def test_what_is_unknown_reads_unknown_and_names_are_escaped(desk):
    desk.set_target("A", BTC, "0.5")
    await desk.tick()
    found = desk.recent_executions()
    bare = executions_in(
        [row for row in desk._manager.recorder.recent if type(row.record).__name__ != "Filled"],
        {},
    )
    assert execution_words(bare, "USDT") == "What 1 order cost is not known yet."
    html = execution_html(bare, "<b>USDT</b>")
    assert "unknown" in html
    assert "<b>" not in html
    assert execution_words(Executions(), "USDT").startswith("Nothing was executed")
    assert found.parents[0].filled == d("0.5")
