"""When things go wrong, as a trader sees it: one line, and after a kill everything goes on."""

import re

import pytest
import rig
from playwright.sync_api import expect

BTC = "BTC/USDT:USDT"
IMPORTS = "import nettools as nt\nfrom nettools.widgets import desk_view"
OPENS = 'desk = await nt.Desk.open("local", journal="desk.sqlite")\ndesk'
TRADES = f'desk.set_target("A", "{BTC}", "0.1")\nawait desk.tick()\ndesk'
DIALOG = ".jp-Dialog .jp-mod-accept"


@pytest.fixture
def folder(tmp_path):
    """Make a notebook that opens a desk on its journal and shows it."""
    made = tmp_path / "made"
    made.mkdir()
    rig.write_notebook(made / "desk.ipynb", IMPORTS, OPENS, "desk_view(desk)", TRADES)
    return made


def _truth(exchange):
    told = exchange.truth()
    held = {position["symbol"]: float(position["quantity"]) for position in told["positions"]}
    return len(told["orders"]), held


def test_an_answer_that_never_comes_is_one_line_however_often_it_is_looked_up(
    screen, lab, exchange, folder
):
    page = screen.page
    page.set_viewport_size({"width": 1280, "height": 720})
    with lab(folder, exchange.env) as served:
        screen.open_notebook(served, "desk.ipynb")
        screen.run_all()
        incidents = page.locator(".nt-incidents")
        expect(incidents).to_contain_text("Nothing is wrong.")
        expect(page.locator(".nt-status")).to_contain_text("+0.100 BTC")

        exchange.fault("create", "close", phase="before_match")
        screen.enter(page.get_by_label(f"target of A on {BTC}"), "0.2")
        page.get_by_role("button", name="Preview", exact=True).click()
        page.locator(".nt-confirm").click()
        page.locator(".nt-plan").get_by_text("Position now").wait_for()
        line = page.locator(".nt-incident")
        expect(line).to_have_count(1)
        expect(line).to_contain_text("No clear answer about buy 0.1 BTC")
        expect(line).to_contain_text("it counts in full, and nothing is sent in its place")

        exchange.fault("positions", "close", times=0)
        unread = line.filter(has_text="The positions could not be read")
        expect(unread).to_contain_text(re.compile(r"\b[3-9] times since"), timeout=20_000)
        expect(line).to_have_count(2)
        screen.shoot("incident")
        exchange.clear_faults()
        expect(unread).to_have_count(0)
        assert _truth(exchange) == (1, {BTC: 0.1})
        screen.leave()


def test_a_kernel_killed_in_the_middle_of_an_order_goes_on_when_it_is_run_again(
    screen, lab, exchange, folder
):
    page = screen.page
    page.set_viewport_size({"width": 1280, "height": 720})
    with lab(folder, exchange.env) as served:
        screen.open_notebook(served, "desk.ipynb")
        screen.run_all()
        page.get_by_role("tab", name="Drills").click()
        kill = page.locator(".nt-kill")
        screen.scroll_to(kill)
        screen.shoot("drills")
        kill.click()
        expect(kill).to_have_text("Confirm: kill it now")
        kill.click()
        page.locator(DIALOG).click()
        assert _truth(exchange) == (2, {BTC: 0.105})

        exchange.clear_faults()
        page.wait_for_function(rig.READY)
        screen.run_all()
        expect(page.locator(".nt-status")).to_contain_text("+0.105 BTC")
        expect(page.locator(".nt-proof")).to_contain_text("Books prove")
        expect(page.locator(".nt-written")).to_contain_text(
            "resolved 1 open order, booked 1 fill, no breaks"
        )
        assert _truth(exchange) == (2, {BTC: 0.105})
        _look_back(screen)
        screen.leave()


def _look_back(screen):
    """Go back with the arrow keys alone: the desk as it was, which nobody can change."""
    page = screen.page
    moment, handle = (
        page.locator(".nt-moment"),
        page.locator(".nt-slider").get_by_role("slider"),
    )
    expect(moment).to_contain_text("This is the end of the journal: now.")
    screen.scroll_to(handle)
    handle.press("ArrowLeft")
    expect(moment).to_contain_text("As it was at")
    handle.press("Home")
    expect(moment).to_contain_text(", row 1 of ")
    expect(moment).to_contain_text("orders that may still execute: none")
    page.get_by_role("button", name="Later").click()
    expect(moment).to_contain_text(", row 2 of ")
    screen.shoot("past")
    page.get_by_role("tab", name="Orders", exact=True).click()
    expect(page.locator(".nt-timeline")).to_contain_text("looked up")
    screen.scroll_to(page.locator(".nt-timeline table"))
    screen.shoot("orders")
