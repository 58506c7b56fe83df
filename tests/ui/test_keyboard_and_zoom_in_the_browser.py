"""The desk without a mouse, behind every tab, on a small screen and at twice the size."""

import re

import pytest
import rig
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

BTC = "BTC/USDT:USDT"
IMPORTS = "import nettools as nt\nfrom nettools.widgets import desk_view"
TRADES = f"""
desk = await nt.Desk.open()
for strategy, target in (("A", "1.0"), ("B", "0.5"), ("C", "-0.8")):
    desk.set_target(strategy, "{BTC}", target)
await desk.tick()
desk
"""
RULES = {
    "resultTypes": ["violations"],
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
}
COMMAND = "([name, options]) => { window.jupyterapp.commands.execute(name, options); }"
SMALL, TWICE = {"width": 1280, "height": 720}, {"width": 640, "height": 360}
"""A page of 1280×720 at 200 % has 640×360 units of its own to lay things out in."""
TOO_WIDE = """() => {
  const inside = e => e.closest(".nt-scroll, .nt-grid, .nt-picture, .nt-quiet-label, svg");
  const seen = [...document.querySelectorAll(".nettools, .nettools *")]
    .filter(e => e.offsetWidth > 1 && !inside(e));
  const wide = seen.filter(e => e.getBoundingClientRect().right > innerWidth + 1);
  return wide.map(e => `${e.tagName}.${e.className} ${e.textContent.slice(0, 60)}`); }"""
"""What reaches beyond the page; wide tables scroll in a place of their own."""
FOCUSED = """() => { const e = document.activeElement, box = e.getBoundingClientRect();
  const top = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
  return [e.textContent || e.getAttribute("aria-label") || e.id,
    parseFloat(getComputedStyle(e).outlineWidth) >= 2 && !!top && (e.contains(top)
      || top.contains(e))]; }"""
"""The name of what has the focus, and whether it is in sight and marked."""


INKS = """() => [...document.querySelectorAll(".main-svg .gtitle")]
  .map(e => getComputedStyle(e).fill)"""
"""The colors of the pictures' titles."""


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "made"
    made.mkdir()
    rig.write_notebook(made / "desk.ipynb", IMPORTS, TRADES, "desk_view(desk)")
    return made


def _held(exchange):
    told = exchange.truth()["positions"]
    return {found["symbol"]: float(found["quantity"]) for found in told}


def _opens(screen, served):
    screen.page.set_viewport_size(SMALL)
    screen.open_notebook(served, "desk.ipynb")
    screen.page.evaluate(COMMAND, ["application:toggle-left-area", {}])
    screen.run_all()
    expect(screen.page.locator(".nt-proof")).to_contain_text("Books prove")


def _tab_to(page, name):
    """Press Tab until a button has the focus; it must be in sight and marked then."""
    for _ in range(80):
        page.keyboard.press("Tab")
        label, is_in_sight = page.evaluate(FOCUSED)
        if re.search(name, label):
            assert is_in_sight, f"{label} has the focus and cannot be seen"
            return
    raise AssertionError(f"Tab never came to {name}")


def test_a_trader_needs_no_mouse_and_no_large_screen(screen, lab, exchange, folder):
    page = screen.page
    with lab(folder, exchange.env) as served:
        _opens(screen, served)
        screen.enter(page.get_by_label(f"target of C on {BTC}"), "0")
        _tab_to(page, "^Preview$")
        page.keyboard.press("Enter")
        expect(page.locator(".nt-plan")).to_contain_text("buy 0.8")
        _tab_to(page, "^Send 1 order")
        page.keyboard.press("Enter")
        expect(page.locator(".nt-plan")).to_contain_text("Position now")
        assert _held(exchange) == {BTC: 1.5}
        page.keyboard.press("Alt+Shift+KeyH")
        expect(page.locator(".nt-status")).to_contain_text("HALTED")

        _look_behind_every_tab(page)
        inks = set(page.evaluate(INKS))
        page.evaluate(COMMAND, ["apputils:change-theme", {"theme": "JupyterLab Dark"}])
        page.wait_for_function("document.body.dataset.jpThemeLight === 'false'")
        page.wait_for_function("!document.querySelector('#jupyterlab-splash')")
        _look_behind_every_tab(page)
        assert not inks & set(page.evaluate(INKS)), "a picture kept the ink of the other theme"
        page.set_viewport_size(TWICE)
        page.wait_for_function("document.querySelector('.nettools').offsetWidth < 640")
        assert page.evaluate(TOO_WIDE) == []
        preview = page.get_by_role("button", name="Preview", exact=True)
        screen.scroll_to(preview)
        expect(page.get_by_role("button", name="Halt")).to_be_in_viewport()
        screen.shoot("desk-twice-the-size")
        assert _violations(page) == []
        screen.leave()


def _look_behind_every_tab(page):
    tabs = page.locator(".nettools").get_by_role("tab")
    for name in tabs.all_inner_texts():
        tab = page.get_by_role("tab", name=name.strip(), exact=True)
        tab.click()
        expect(tab).to_have_attribute("aria-selected", "true")
        page.locator(".nt-tabs .nt-card:visible").first.wait_for()
        assert _violations(page) == [], name
        assert page.evaluate(TOO_WIDE) == [], name


def _violations(page):
    shown = {"include": [[".nettools"]]}
    found = Axe().run(page, context=shown, options=RULES).response["violations"]
    return [
        f"{one['id']}: {node['html'][:160]} {node['failureSummary'][:300]}"
        for one in found
        for node in one["nodes"]
    ]
