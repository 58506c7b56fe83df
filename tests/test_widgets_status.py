"""The status line, halt and the loop, live reading, and who may trade at all."""

import asyncio
import re
import threading

import ipywidgets as ui
import pytest
from lossy import Clock, LossyVenue
from makers import BTC, d, set_three
from onscreen import classed, click, enter, every, labelled, settled, tell, text, until

import nettools as nt
from nettools import widgets
from nettools.model import PositionMode, Side
from nettools.widgets import screen


async def test_halt_is_first_in_the_tab_order_and_stops_everything(desk, venue):
    set_three(desk)
    view = widgets.desk_view(desk)
    buttons = [w for w in every(view) if isinstance(w, ui.Button)]
    assert buttons[0].description == "Halt: stop sending, cancel orders"
    assert not buttons[0].disabled
    await desk.execute(await desk.preview(nt.Style(name="limit", offset_bps=d(50))))
    await click(view, buttons[0])
    assert desk.status.state == "halted"
    assert "HALTED, sends nothing" in text(view)
    assert "Halted: nothing is sent; 1 own working order canceled. Positions stay." in text(
        view
    )
    assert await venue.open_orders(BTC) == ()
    await click(view, "Resume")
    assert desk.status.state == "idle"
    assert "Resumed: orders may be sent again." in text(view)


async def test_halt_acts_on_the_thread_it_comes_on_even_if_the_notebook_is_busy(desk):
    view = widgets.controls_view(desk)
    halt = classed(view, "nt-halt")
    clicked = threading.Thread(target=halt.click)
    clicked.start()
    clicked.join()  # the notebook's loop is blocked here, as by a busy cell
    for _ in range(1000):
        if desk.status.state == "halted":
            break
        threading.Event().wait(0.01)
    assert desk.status.state == "halted"
    await settled(view)
    assert desk.status.state == "halted"


async def test_the_loop_runs_at_the_rhythm_that_was_entered_and_stops(desk, venue):
    set_three(desk)
    view = widgets.desk_view(desk)
    labelled(view, "every (s)").value = "0.1"
    await click(view, "Run: send market orders")
    await until(lambda: desk.positions() == {BTC: d("0.7")})
    assert "running by itself" in text(view)
    await click(view, "Stop")
    assert desk.status.state == "idle"
    assert venue.sends == 1


async def test_a_bad_rhythm_is_refused_beside_its_field(desk):
    view = widgets.controls_view(desk)
    labelled(view, "every (s)").value = "0"
    assert "Every seconds must be at least 0.1, was 0; write 1" in text(view)
    assert labelled(view, "Run:").disabled


async def test_a_position_that_was_not_read_lately_is_unknown_not_zero(desk, venue):
    set_three(desk)
    await desk.tick()
    view = widgets.status_view(desk)
    assert '<div role="status" class="nt-facts">' in text(view)
    assert "<b>+0.700 BTC</b>" in text(view)
    venue._clock.go_on(6)
    view.screen.look()
    assert "<b>unknown (was +0.700 BTC)</b>" in text(view)
    assert '<div role="status" class="nt-facts nt-old">' in text(view)
    assert "read 6 s ago" in text(view)


async def test_a_read_that_fails_again_and_again_is_one_line(desk, venue):
    view = widgets.status_view(desk)
    desk.set_target("A", BTC, "1")
    venue.fault = "blind"
    for _ in range(3):
        await view.screen.refresh()
    assert text(view).count("The read came back empty (3 times, since 12:00:00 UTC)") == 1
    venue.fault = ""
    await view.screen.refresh()
    assert "came back empty" not in text(view)


async def test_the_problem_of_the_last_step_is_told_until_a_step_goes_well(desk, venue):
    set_three(desk)
    view = widgets.desk_view(desk)
    await click(view, "Preview")
    venue.fault = "down"

    async def nothing(_symbols):
        return view.screen.view

    desk._manager.account.read = nothing
    await click(view, classed(view, "nt-confirm"))
    assert "Not sent to its end: " in text(view)


async def test_the_badge_names_the_venue_and_the_mode():
    venue = LossyVenue(Clock(), mode=PositionMode.HEDGE)
    async with await nt.Desk.open(venue, clock=venue._clock, mode="hedge") as desk:
        desk.set_target("A", BTC, "1.0")
        desk.set_target("C", BTC, "-0.8")
        view = widgets.desk_view(desk)
        assert 'class="nt-badge nt-badge-here">IN-MEMORY TESTNET<' in text(view)
        await desk.tick()
        await settled(view)
        assert "BTC/USDT:USDT LONG <b>+1.000 BTC</b>" in text(view)
        assert "BTC/USDT:USDT SHORT <b>-0.800 BTC</b>" in text(view)
        assert repr(view) == "desk view (hedge)"


async def test_orders_that_are_not_ours_are_noted(desk, venue):
    desk.set_target("A", BTC, "0")
    order = nt.Order(
        client_order_id="mine",
        symbol=BTC,
        side=Side.BUY,
        quantity=d("0.01"),
        limit_price=d("99000"),
    )
    await venue.send(order)
    await desk.refresh()
    view = widgets.status_view(desk)
    assert "1 resting order on the account, not sent by this desk" in text(view)


async def test_activity_says_what_netting_made_unnecessary(desk):
    set_three(desk)
    view = widgets.activity_view(desk)
    await desk.tick()
    await settled(view)
    table = classed(view, "nt-activity").value
    for words, number in (("alone would have sent", 3), ("unnecessary", 2)):
        assert words in table
        assert f">{number}<" in table.partition(words)[2][:200]


async def test_the_account_is_read_while_a_view_is_on_a_page_and_only_then(desk, venue):
    view = widgets.status_view(desk)
    read = desk.view
    venue._clock.go_on(3)
    await asyncio.sleep(0.02)
    assert desk.view is read  # nobody looks, so nobody reads
    view._view_count = 1
    await until(lambda: desk.view is not read)
    view._view_count = 0
    assert view.screen.pages == 0
    assert view.screen._ticking is None


async def test_what_is_not_live_grows_old_before_ones_eyes(desk, venue, monkeypatch):
    monkeypatch.setattr(screen, "LOOK_SECONDS", 0.01)
    view = widgets.status_view(desk)
    labelled(view, "live").value = False
    read = desk.view
    view._view_count = 1
    venue._clock.go_on(30)
    await until(lambda: "read 30 s ago" in text(view))
    assert desk.view is read
    view._view_count = 0


async def test_a_cell_run_twice_leaves_one_screen(desk):
    first, second = widgets.desk_view(desk), widgets.desk_view(desk)
    assert first.screen is second.screen
    assert len(desk._manager.listeners) == 1


async def test_a_closed_desk_is_shown_as_closed_and_not_read(desk):
    view = widgets.desk_view(desk)
    await desk.close()
    await view.screen.refresh()
    await settled(view)
    assert "one-way, closed" in text(view)
    assert classed(view, "nt-halt").disabled


@pytest.mark.parametrize(
    ("venue_name", "environment", "is_locked"),
    [
        ("local", {"SERVER_SOFTWARE": "voila/0.5.13"}, False),
        ("memory", {"JUPYTERHUB_USER": "someone"}, False),
        ("binance-demo", {}, False),
        ("binance-demo", {"SERVER_SOFTWARE": "voila/0.5.13"}, True),
        ("binance-demo", {"JUPYTERHUB_USER": "someone"}, True),
    ],
)
def test_a_shared_page_never_trades_on_a_real_testnet(venue_name, environment, is_locked):
    assert bool(screen.why_locked(venue_name, environment)) is is_locked


async def test_under_voila_a_forged_click_on_a_real_testnet_is_refused(venue, monkeypatch):
    monkeypatch.setenv("SERVER_SOFTWARE", "voila/0.5.13")
    venue.name = "binance-demo"
    async with await nt.Desk.open(venue, clock=venue._clock) as desk:
        set_three(desk)
        view = widgets.desk_view(desk)
        assert "nt-badge-remote" in text(view)
        before = desk.targets
        enter(view, "A", "5")
        tell(view, do="remove", strategy="A")
        for button in ("Preview", "Run", "Add strategy"):
            await click(view, button)
        assert desk.targets == before
        assert desk.status.state == "idle"
        assert "the desk on binance-demo is for looking at only" in text(view)
        await click(view, "Halt")
        assert desk.status.state == "halted"
        assert venue.sends == 0


async def test_without_a_journal_the_status_says_that_nothing_survives(desk):
    assert "No journal: what this desk knows ends with it." in text(widgets.status_view(desk))


async def test_the_journal_is_named_with_its_size_and_what_the_opening_found(
    venue,
    no_waiting,  # noqa: ARG001 - it works by being there
    tmp_path,
):
    opening = {"clock": venue._clock, "journal": tmp_path / "<desk>.sqlite"}
    async with await nt.Desk.open(venue, **opening) as desk:
        desk.set_target("A", BTC, "1")
        await desk.tick()
        shown = text(widgets.status_view(desk))
        assert "&lt;desk&gt;.sqlite" in shown
        assert re.search(r"\([\d,]+ kB, last written 12:00:\d\d UTC\)", shown)
        assert "Opened again" not in shown
    async with await nt.Desk.open(venue, **opening) as desk:
        shown = text(widgets.status_view(desk))
        assert "Opened again: resolved no open orders, booked no fills, no breaks." in shown
