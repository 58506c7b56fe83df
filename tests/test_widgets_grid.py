"""The table of targets, presets, files and what-if at 100 strategies; without a browser."""

import json
from decimal import Decimal

import plotly.graph_objects as go
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from makers import BTC, ETH, d, set_three
from onscreen import click, every, fields, grid, labelled, settled, tell, text

from nettools import widgets
from nettools.model import PositionMode
from nettools.targets import TargetBook, TargetState
from nettools.widgets.download import Download
from nettools.widgets.keys import HaltKey
from nettools.widgets.scaling import scaled, with_targets, would_be
from nettools.widgets.slide import Slide

NAMES = tuple(f"S{i:03}" for i in range(100))


@pytest.fixture
def sent(monkeypatch):
    """Write down what goes to the page."""
    messages = []
    monkeypatch.setattr(
        "nettools.widgets.grid.Grid.send", lambda _, content: messages.append(content)
    )
    return messages


def _paste(view, *rows, symbol=BTC):
    tell(view, do="paste", cells=[[name, symbol, target] for name, target in rows])


async def test_a_hundred_pasted_targets_are_one_step_and_nothing_is_sent(desk, venue):
    for name in NAMES:
        desk.add_strategy(name)
    view = widgets.targets_view(desk)
    view.screen.targets.add_symbol("btc")
    _paste(view, *((name, "0.1") for name in NAMES))
    assert sum(target.wanted for target in desk.targets) == d("10.0")
    tell(view, do="undo")
    assert {target.wanted for target in desk.targets} == {Decimal(0)}
    tell(view, do="redo")
    assert sum(target.wanted for target in desk.targets) == d("10.0")
    assert venue.sends == 0


async def test_a_first_target_undone_leaves_its_field_empty_and_counts_zero(desk):
    desk.add_strategy("A")
    view = widgets.targets_view(desk)
    form = view.screen.targets
    form.add_symbol("btc")
    tell(view, do="enter", cells=[["A", BTC, "0.1"]])
    tell(view, do="undo")
    assert (form.text(("A", BTC)), desk.targets.target("A", BTC).quantity) == ("", 0)
    assert form.wishes().targets == {}
    tell(view, do="enter", cells=[["A", BTC, ""]])
    assert form.error(("A", BTC)) == ""
    tell(view, do="redo")
    assert form.text(("A", BTC)) == "0.1"


async def test_the_bad_cells_of_a_paste_are_marked_and_the_others_set(desk, sent):
    set_three(desk)
    view = widgets.targets_view(desk)
    _paste(view, ("A", "2"), ("B", "many"), ("C", "<b>"))
    assert desk.targets.target("A", BTC).wanted == 2
    assert desk.targets.target("B", BTC).wanted == d("0.5")
    assert fields(view)["B", BTC][0] == "many"
    assert "must be a number, was 'many'" in fields(view)["B", BTC][1]
    assert sent[-1]["said"] == "Pasted: 1 set, 2 refused and marked."
    assert "<b>" not in text(view)
    _paste(view, ("B", "1"), ("C", "1"))
    assert "nt-field-error" not in text(view)


async def test_of_many_bad_cells_a_few_are_told_in_a_sentence(desk):
    for name in NAMES[:9]:
        desk.set_target(name, BTC, "0")
    view = widgets.targets_view(desk)
    _paste(view, *((name, "x") for name in NAMES[:9]))
    assert text(view).count("nt-field-error") == 3
    assert "6 more are marked." in text(view)


async def test_only_changed_fields_go_to_the_page(desk, sent):
    desk.set_targets({name: {BTC: "0.1", ETH: "1"} for name in NAMES})
    view = widgets.targets_view(desk)
    tell(view, do="all")
    assert len(sent[-1]["cells"]) == 200
    sent.clear()
    desk.set_target("S007", ETH, "-2")
    await settled(view)
    cells = [cell for message in sent for cell in message.get("cells", [])]
    assert cells == [["S007", ETH, "-2", "", ""]]
    assert len(json.dumps(sent)) < 200


async def test_a_field_typed_as_it_stands_is_told_to_the_page_again(desk, sent):
    """The page shows what was typed; what counts must come back even when it is the same."""
    set_three(desk)
    view = widgets.targets_view(desk)
    sent.clear()
    tell(view, do="enter", cells=[["B", BTC, " +0.5 "]])
    assert ["B", BTC, "+0.5", "", ""] in sent[0]["cells"]


async def test_what_the_page_says_of_strategies_that_are_gone_is_left_out(desk):
    set_three(desk)
    view = widgets.targets_view(desk)
    desk.remove_strategy("A")
    tell(view, do="enter", cells=[["A", BTC, "3"], ["<b>", BTC, "1"], ["B", "DOGE", "1"]])
    assert desk.targets.strategies == ("B", "C")
    assert desk.targets.target("A", BTC).state is TargetState.REMOVED


async def test_undo_skips_a_strategy_that_was_removed_meanwhile(desk):
    set_three(desk)
    view = widgets.targets_view(desk)
    _paste(view, ("A", "2"), ("B", "2"))
    tell(view, do="remove", strategy="A")
    tell(view, do="undo")
    assert desk.targets.strategies == ("B", "C")
    assert desk.targets.target("B", BTC).wanted == d("0.5")


async def test_a_locked_page_pastes_and_undoes_nothing(desk):
    set_three(desk)
    view = widgets.targets_view(desk)
    _paste(view, ("A", "2"))
    view.screen.targets.locked = "this page is for looking at only"
    before = desk.targets
    _paste(view, ("A", "3"))
    tell(view, do="undo")
    tell(view, do="remove", strategy="A")
    assert desk.targets == before
    assert "This page is for looking at only." in text(view)


async def test_a_preset_is_kept_and_taken_as_one_step(desk, venue):
    set_three(desk)
    view = widgets.sets_view(desk)
    labelled(view, "preset").value = "calm"
    await click(view, "Keep")
    desk.set_targets({"A": {BTC: "0"}, "B": {BTC: "0"}}, {"C": "flat"})
    await click(view, "Take")
    assert desk.targets.target("A", BTC).wanted == d("1.0")
    assert desk.targets.state("C") is TargetState.ACTIVE
    assert "Targets of calm are set; nothing is sent." in text(view)
    labelled(view, "preset").value = "<b>"
    await click(view, "Take")
    assert "No preset is named &#x27;&lt;b&gt;&#x27;" in text(view)
    assert venue.sends == 0


async def test_a_loaded_file_is_one_step_and_a_wrong_one_changes_nothing(desk):
    set_three(desk)
    view = widgets.sets_view(desk)
    view._load("t.csv", f"strategy,symbol,target\nA,{BTC},-3\n".encode())
    assert desk.targets.target("A", BTC).wanted == -3
    view._load("t.csv", f"strategy,symbol,target\nA,{BTC},1\nB,{BTC},x\n".encode())
    assert "Nothing was loaded. line 3: target of B" in text(view)
    assert desk.targets.target("A", BTC).wanted == -3
    view._load("t.csv", b"\xff\xfe")
    assert "not UTF-8 text" in text(view)
    assert view.screen.targets.step_back()
    assert desk.targets.target("A", BTC).wanted == 1


async def test_files_and_reports_are_handed_to_the_page_when_asked_for(desk, monkeypatch):
    set_three(desk)
    await desk.refresh()
    view, made = widgets.sets_view(desk), []
    monkeypatch.setattr(Download, "send", lambda _, content: made.append(content))
    for button in (w for w in every(view) if isinstance(w, Download)):
        button._handle_custom_msg({"do": "make"}, [])
    names = ["targets.csv", "targets.yaml", "report.html", "report-redacted.html"]
    assert [file["name"] for file in made] == names
    assert made[0]["text"] == desk.targets_text("csv")


async def test_what_if_shows_the_change_and_sets_it_only_on_commit(desk, venue):
    set_three(desk)
    await desk.refresh()
    view = widgets.whatif_view(desk)
    before = desk.targets
    labelled(view, "strategy").value = "C"
    slide = next(w for w in every(view) if isinstance(w, Slide))
    slide.value = 200
    assert desk.targets == before
    assert "Nothing is changed yet" in text(view)
    assert "-0.1" in text(view)  # 1 + 0.5 - 1.6
    await click(view, "Cancel")
    assert slide.value == 100
    slide.value = 50
    await click(view, "Commit")
    assert desk.targets.target("C", BTC).wanted == d("-0.4")
    assert view.screen.targets.step_back()
    assert desk.targets.target("C", BTC).wanted == d("-0.8")
    assert venue.sends == 0


@given(
    wishes=st.dictionaries(
        st.sampled_from("ABC"),
        st.dictionaries(st.sampled_from((BTC, ETH)), st.decimals(-9, 9, places=6)),
    )
)
@settings(max_examples=40, deadline=None)
def test_at_a_hundred_percent_nothing_changes_and_at_zero_all_is_flat(wishes):
    book = TargetBook.of(wishes)
    assert scaled(book, Decimal(100)) == {}
    flat = with_targets(book, scaled(book, Decimal(0)))
    assert all(target.quantity == 0 for target in flat)


def test_what_meets_inside_is_told_and_without_a_read_the_diff_is_unknown():
    before = TargetBook.of({"A": {BTC: "1"}, "B": {BTC: "-1"}})
    after = with_targets(before, scaled(before, Decimal(200)))
    (row,) = would_be(before, after, held=None, quotes={}, rates={}, mode=PositionMode.ONE_WAY)
    assert (row.now, row.then, row.crossed) == (0, 0, 1)
    assert row.diff is None
    assert row.spared is None


async def test_the_key_halts_like_the_button(desk):
    view = widgets.controls_view(desk)
    assert "Alt+Shift+H halts from anywhere on this page." in text(view)
    key = next(w for w in every(view) if isinstance(w, HaltKey))
    key._handle_custom_msg({"do": "halt"}, [])
    await settled(view)
    assert desk.status.state == "halted"
    assert repr(grid(widgets.targets_view(desk))) == "Grid(0 strategies, 0 symbols)"


async def test_of_a_hundred_wishes_the_largest_are_named_and_the_page_stays_light(desk):
    desk.set_targets({name: {BTC: "0.001", ETH: "-0.01"} for name in NAMES})
    desk.set_target("S042", BTC, "3")
    view = widgets.netting_view(desk)
    assert "S042 +3, S000 +0.001" in text(view)
    assert "92 others" in text(view)
    figure = next(w for w in every(view) if isinstance(w, go.FigureWidget))
    assert len(figure.to_json()) < 20_000
