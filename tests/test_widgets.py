"""The screen without a browser: targets, the netting picture, and what all views share."""

import asyncio
import threading

import ipywidgets as ui
import plotly.graph_objects as go
import pytest
from makers import BTC, ETH, d, set_three
from onscreen import classed, click, enter, every, fields, labelled, settled, tell, text

from nettools import widgets
from nettools.errors import InvalidInput
from nettools.widgets import home, whole
from nettools.widgets.markup import alert_html


async def test_three_typed_targets_become_one_confirmed_order(desk, venue):
    view = widgets.desk_view(desk)
    for name in "ABC":
        labelled(view, "new strategy").value = name
        await click(view, "Add strategy")
    labelled(view, "new symbol").value = "btc"
    await click(view, "Add symbol")
    for strategy, target in (("A", "+1.0"), ("B", "+0.5"), ("C", "-0.8")):
        enter(view, strategy, target)
    await click(view, "Preview")
    confirm = classed(view, "nt-confirm")
    assert confirm.description.startswith("Send 1 order, 70,00")
    assert confirm.description.endswith(" USDT, to IN-MEMORY testnet")
    assert "A +1  B +0.5  C -0.8 → target +0.7 BTC (0.8 offset inside)" in text(view)
    assert venue.sends == 0
    await click(view, confirm)
    assert "Position now: BTC/USDT:USDT +0.700 BTC." in text(view)
    assert "<b>+0.700 BTC</b>" in classed(view, "nt-status").value
    enter(view, "C", "0")
    await click(view, "Preview")
    assert "buy 0.8" in classed(view, "nt-plan").value
    await click(view, confirm)
    assert "<b>+1.500 BTC</b>" in classed(view, "nt-status").value
    assert venue.sends == 2


async def test_an_empty_table_says_what_to_do_next(desk):
    view = widgets.targets_view(desk)
    assert "No strategies yet: write a name below" in text(view)
    desk.add_strategy("A")
    await settled(view)
    assert "No symbols yet: choose one below" in text(view)


async def test_a_bad_target_says_so_beside_its_field_and_nothing_is_sent(desk, venue):
    set_three(desk)
    view = widgets.desk_view(desk)
    before = desk.targets
    enter(view, "B", "<img src=x onerror=alert(1)>")
    assert '<span role="alert" class="nt-field-error">' in text(view)
    assert "Last good: +0.5." in text(view)
    assert "<img" not in text(view)
    assert desk.targets == before
    assert venue.sends == 0
    await click(view, "Preview")
    assert "Without 1 refused target." in text(view)
    enter(view, "B", "0.5")
    assert "nt-field-error" not in text(view)


async def test_a_strategy_named_like_markup_is_text_and_is_not_added(desk):
    view = widgets.targets_view(desk)
    labelled(view, "new strategy").value = "<img src=x onerror=alert(1)>"
    await click(view, "Add strategy")
    assert "&lt;img src=x onerror=alert(1)&gt;" in text(view)
    assert "<img" not in text(view)
    assert desk.targets.strategies == ()


async def test_enter_in_the_field_adds_like_the_button(desk):
    view = widgets.targets_view(desk)
    field = labelled(view, "new strategy")
    field.value = "A"
    field._handle_custom_msg({"event": "submit"}, [])
    await settled(view)
    assert desk.targets.strategies == ("A",)
    assert field.value == ""


async def test_hold_and_flat_say_what_counts(desk):
    set_three(desk, a="0.5")
    view = widgets.targets_view(desk)
    tell(view, do="state", strategy="A", state="hold")
    enter(view, "A", "0.4")
    assert "held at +0.5" in text(view)
    assert desk.targets.target("A", BTC).quantity == d("0.5")
    tell(view, do="state", strategy="A", state="flat")
    assert "flat: counts 0" in text(view)


async def test_a_removed_strategy_leaves_the_table(desk):
    set_three(desk)
    view = widgets.targets_view(desk)
    tell(view, do="remove", strategy="A")
    assert desk.targets.strategies == ("B", "C")
    assert list(fields(view)) == [("B", BTC), ("C", BTC)]


async def test_a_target_set_in_code_shows_in_the_field_and_in_the_picture(desk):
    set_three(desk)
    view = widgets.desk_view(desk)
    desk.set_target("C", BTC, "-1.5")
    await settled(view)
    assert fields(view)["C", BTC] == ("-1.5", "", "")
    figure = next(w for w in every(view) if isinstance(w, go.FigureWidget))
    assert figure.layout.title.text == (
        "+1.5 long and −1.5 short net to 0 BTC; 1.5 offset inside"
    )


async def test_what_happens_on_another_thread_acts_on_the_notebooks_loop(desk):
    """JupyterLab delivers widget messages on threads of its own (comms over subshells)."""
    set_three(desk)
    view = widgets.targets_view(desk)
    drawn_on = []
    view.screen.targets.observe(lambda _: drawn_on.append(threading.get_ident()), "book")
    for _ in range(20):
        await asyncio.to_thread(enter, view, "A", "+1.0")
        await asyncio.to_thread(enter, view, "A", "+2.0")
    await settled(view)
    assert desk.targets.target("A", BTC).wanted == d("2.0")
    assert fields(view)["A", BTC] == ("+2.0", "", "")
    assert set(drawn_on) == {threading.get_ident()}


async def test_the_picture_follows_the_chosen_symbol_and_is_told_in_words(desk):
    set_three(desk)
    desk.set_target("A", ETH, "2")
    view = widgets.netting_view(desk)
    figure = next(w for w in every(view) if isinstance(w, go.FigureWidget))
    assert figure.layout.title.text.endswith("net to +0.7 BTC; 0.8 offset inside")
    assert "A +1, B +0.5, C -0.8" in text(view)
    labelled(view, "symbol").value = ETH
    assert figure.layout.title.text == "+2 long nets to +2 ETH; nothing is offset"
    assert figure._config["showSendToCloud"] is False


async def test_without_targets_the_picture_says_what_will_be_there(desk):
    view = widgets.netting_view(desk)
    assert "No targets yet: what the strategies want will add up here." in text(view)
    assert classed(view, "nt-picture").layout.display == "none"
    desk.set_target("A", BTC, "1")
    await settled(view)
    assert classed(view, "nt-picture").layout.display is None


async def test_an_error_nobody_expected_is_shown_with_its_details_closed(desk, monkeypatch):
    set_three(desk)
    view = widgets.preview_view(desk)

    async def breaks(_):
        raise KeyError("<b>oops</b>")

    monkeypatch.setattr(desk, "preview", breaks)
    await click(view, "Preview")
    assert "Unexpected KeyError: &#x27;&lt;b&gt;oops&lt;/b&gt;&#x27;" in text(view)
    assert "<details><summary>Details</summary><pre>Traceback" in text(view)
    assert not classed(view, "nt-preview").disabled


def test_an_alert_is_a_sentence_and_its_text_is_no_markup():
    assert alert_html("a <b> is bad") == (
        '<div role="alert" class="nt-alert">A &lt;b&gt; is bad.</div>'
    )


async def test_a_view_prints_the_same_words_each_time(desk):
    set_three(desk)
    view = widgets.desk_view(desk)
    before = repr(view)
    await click(view, "Preview")
    assert repr(view) == before == "desk view (one-way)"
    assert isinstance(view, whole.View)


async def test_a_view_outside_a_notebook_says_where_it_belongs():
    with pytest.raises(InvalidInput, match="make it in a notebook cell"):
        await asyncio.to_thread(home.Home)


async def test_every_field_has_a_label_and_numbers_name_their_unit(desk):
    set_three(desk)
    view = widgets.desk_view(desk)
    found = [w for w in every(view) if isinstance(w, ui.Text | ui.Dropdown | ui.Combobox)]
    assert len(found) > 8
    assert all(field.description for field in found)
    text_fields = [w for w in found if isinstance(w, ui.Text)]
    assert not any(field.continuous_update for field in text_fields)
    assert {"every (s)", "at most past the touch (bps)", "behind the best price (bps)"} <= {
        field.description for field in text_fields
    }
