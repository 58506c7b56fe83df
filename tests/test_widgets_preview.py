"""Preview, then confirm: what is on the screen is what is sent, once."""

import asyncio
import threading

import pytest
from makers import BTC, ETH, d, set_three
from onscreen import classed, click, labelled, settled, text, until

import nettools as nt
from nettools import widgets
from nettools.widgets import steps


async def test_nothing_can_be_confirmed_before_a_preview(desk, venue):
    set_three(desk)
    view = widgets.preview_view(desk)
    confirm = classed(view, "nt-confirm")
    assert (confirm.description, confirm.disabled) == ("Preview first", True)
    await click(view, confirm)  # as a forged message would
    assert "is not possible now" in text(view)
    assert venue.sends == 0


async def test_a_double_click_sends_once(desk, venue):
    set_three(desk)
    view = widgets.preview_view(desk)
    await click(view, "Preview")
    confirm = classed(view, "nt-confirm")
    confirm.click()
    assert (confirm.description, confirm.disabled) == ("Sending…", True)
    assert classed(view, "nt-preview").disabled
    confirm.click()
    await settled(view)
    assert venue.sends == 1
    assert (confirm.description, confirm.disabled) == ("Preview first", True)
    assert not classed(view, "nt-preview").disabled


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda desk, _: desk.set_target("A", BTC, "0.9"), "The targets changed"),
        (lambda desk, _: desk.halt().result(5), "The desk is halted"),
        (
            lambda _, view: setattr(labelled(view, "style"), "value", "limit"),
            "The style changed",
        ),
    ],
)
async def test_a_change_takes_the_confirm_button_away(desk, venue, change, words):
    set_three(desk)
    view = widgets.preview_view(desk)
    await click(view, "Preview")
    change(desk, view)
    await settled(view)
    confirm = classed(view, "nt-confirm")
    assert (confirm.description, confirm.disabled) == ("Preview first", True)
    assert f"{words}: preview again." in text(view)
    await click(view, confirm)
    assert venue.sends == 0


async def test_a_preview_can_be_confirmed_for_a_while_only(desk):
    set_three(desk)
    view = widgets.preview_view(desk, confirm_seconds=0.05)
    await click(view, "Preview")
    confirm = classed(view, "nt-confirm")
    assert not confirm.disabled
    await until(lambda: confirm.disabled)
    assert "The preview is older than 0 s: preview again." in text(view)


async def test_a_stale_plan_is_told_with_the_next_step(desk, venue):
    set_three(desk)
    view = widgets.preview_view(desk)
    await click(view, "Preview")
    venue._clock.go_on(61)
    await click(view, classed(view, "nt-confirm"))
    assert '<div role="alert" class="nt-alert">The preview is 61 s old' in text(view)
    assert "nothing was sent, preview again." in text(view)
    assert venue.sends == 0


async def test_a_venue_that_is_down_is_told_where_the_user_looks(desk, venue):
    set_three(desk)
    view = widgets.preview_view(desk)
    venue.fault = "down"
    await click(view, "Preview")
    assert '<div role="alert" class="nt-alert">The read came back empty.</div>' in text(view)
    venue.fault = ""
    await click(view, "Preview")
    assert "nt-alert" not in text(view)


async def test_an_order_with_an_unknown_outcome_is_not_called_done(desk, venue, monkeypatch):
    monkeypatch.setattr("nettools.router._POLLS", (0.0, 0.0))
    set_three(desk)
    view = widgets.desk_view(desk)
    await click(view, "Preview")
    venue.fault = "lost request"
    await click(view, classed(view, "nt-confirm"))
    assert "it may be live and counts in full" in classed(view, "nt-plan").value


async def test_what_is_there_already_is_not_sent_again(desk):
    set_three(desk)
    await desk.tick()
    view = widgets.preview_view(desk)
    await click(view, "Preview")
    assert "Nothing to send: already there." in text(view)
    assert classed(view, "nt-confirm").disabled


async def test_a_plan_without_targets_says_what_to_do(desk):
    view = widgets.preview_view(desk)
    await click(view, "Preview")
    assert "Nothing to plan yet: add a strategy" in text(view)


async def test_a_refusal_is_read_with_its_numbers(desk):
    desk.set_target("A", ETH, "0.005")
    view = widgets.preview_view(desk)
    await click(view, "Preview")
    assert "Nothing can be sent: 1 refusal, see below." in text(view)
    assert '<div role="alert" class="nt-alert">Not sent: ETH/USDT:USDT: ' in text(view)
    assert "the smallest order is 20 USDT" in text(view)


async def test_a_plan_that_only_cancels_is_named_so(desk):
    set_three(desk)
    await desk.execute(await desk.preview(nt.Style(name="limit", offset_bps=d(50))))
    desk.set_target("A", BTC, "-1")
    view = widgets.desk_view(desk)
    assert "1 working order; Halt cancels them" in text(view)
    await click(view, "Preview")
    confirm = classed(view, "nt-confirm")
    assert confirm.description == "Cancel 1 working order on IN-MEMORY testnet"
    assert "After the cancel, preview again." in text(view)
    await click(view, confirm)
    assert "1 working order; Halt cancels them" not in text(view)


async def test_a_limit_style_is_planned_behind_the_best_price(desk):
    set_three(desk)
    view = widgets.preview_view(desk)
    labelled(view, "style").value = "limit"
    labelled(view, "behind the best price").value = "2"
    await click(view, "Preview")
    assert desk.quotes()[BTC].bid == d("100000.0")
    assert ">99980<" in classed(view, "nt-plan").value  # 2 bps below


async def test_a_bad_number_in_the_style_stops_the_preview(desk):
    set_three(desk)
    view = widgets.preview_view(desk)
    labelled(view, "at most past the touch").value = "abc"
    assert (
        "&quot;at most past the touch (bps)&quot; must be a number, was &#x27;abc&#x27;"
        in text(view)
    )
    assert "Last good: 20." in text(view)
    await click(view, "Preview")
    assert "Correct the marked field first, then preview." in text(view)
    assert classed(view, "nt-confirm").disabled


async def test_a_slow_execution_shows_how_far_it_is(desk, venue, monkeypatch):
    monkeypatch.setattr("nettools.widgets.preview.QUIET_SECONDS", 0.0)
    set_three(desk)
    desk.set_target("A", ETH, "2")
    view = widgets.preview_view(desk)
    await click(view, "Preview")
    go_on = threading.Event()
    send = venue.send

    async def slow(order):
        await asyncio.to_thread(go_on.wait, 5)
        return await send(order)

    venue.send = slow
    classed(view, "nt-confirm").click()
    await until(lambda: ">1/2<" in text(view))
    assert '<progress max="2" value="1"' in text(view)
    go_on.set()
    await settled(view)
    assert "<progress" not in text(view)


async def test_confirming_by_hand_without_a_preview_says_what_to_do(desk, venue):
    set_three(desk)
    two_steps = steps.Steps(widgets.preview_view(desk).screen, 30)
    with pytest.raises(nt.InvalidInput, match="there is no preview yet; preview first"):
        await two_steps.confirm()
    assert two_steps.progress() == (0, 0)
    assert venue.sends == 0
