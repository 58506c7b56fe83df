"""A hundred strategies in a real Chromium: typed, pasted, undone, halted by key, reported."""

import re

import rig
from playwright.sync_api import expect

BTC, ETH = "BTC/USDT:USDT", "ETH/USDT:USDT"
OPEN = f"""import nettools as nt
from nettools import widgets
desk = await nt.Desk.open("local")
desk.set_targets({{f"S{{i:03}}": {{"{BTC}": "0.1", "{ETH}": "-1"}} for i in range(100)}})
widgets.desk_view(desk)"""
REPORT = """desk.report_html("report.html")
nt.__name__"""
PASTE = """(element, text) => {
  const data = new DataTransfer(); data.setData("text/plain", text);
  element.dispatchEvent(new ClipboardEvent("paste",
    { clipboardData: data, bubbles: true, cancelable: true })); }"""
COPIED = """() => {
  const data = new DataTransfer();
  document.activeElement.dispatchEvent(new ClipboardEvent("copy",
    { clipboardData: data, bubbles: true, cancelable: true }));
  return data.getData("text/plain"); }"""
FITS = """() => [...document.querySelectorAll('.nt-grid')].every(
  e => e.scrollWidth <= e.clientWidth + 1)"""


def _cell(page, strategy, symbol=BTC):
    return page.get_by_label(f"target of {strategy} on {symbol}")


def _paste(field, text):
    field.evaluate(PASTE, text)


def test_a_hundred_strategies_are_typed_pasted_undone_and_halted_by_key(
    screen, lab, exchange, tmp_path
):
    page = screen.page
    page.set_viewport_size({"width": 1280, "height": 720})
    notebooks = tmp_path / "book"
    notebooks.mkdir()
    rig.write_notebook(notebooks / "desk.ipynb", OPEN, REPORT)
    with lab(notebooks, exchange.env) as served:
        screen.open_notebook(served, "desk.ipynb")
        screen.run_all()
        first = _cell(page, "S000")
        expect(first).to_have_value("+0.1")
        assert page.evaluate(FITS)
        orders = len(exchange.truth()["orders"])

        _walk(page)
        _copy_a_block(page)
        _paste_a_block(page)
        _sift(page)
        screen.scroll_to(first)
        screen.shoot("grid")

        _cell(page, "S001").focus()
        page.keyboard.press("Alt+Shift+KeyH")
        expect(page.locator(".nt-status")).to_contain_text("HALTED")
        assert len(exchange.truth()["orders"]) == orders
        screen.leave()
    _read_the_report(screen, next(tmp_path.rglob("report.html")))


def _walk(page):
    """Arrows, Enter, Escape and F2, as in a spreadsheet."""
    focused = page.locator("input.nt-cell:focus")
    _cell(page, "S000").focus()
    page.keyboard.press("ArrowRight")
    expect(focused).to_have_attribute("aria-label", re.compile(f"S000 on {ETH}"))
    page.keyboard.type("2.5")
    page.keyboard.press("Enter")
    expect(focused).to_have_attribute("aria-label", re.compile(f"S001 on {ETH}"))
    expect(_cell(page, "S000", ETH)).to_have_value("2.5")
    page.keyboard.type("99")
    page.keyboard.press("Escape")
    expect(focused).to_have_value("-1")
    page.keyboard.press("F2")
    page.keyboard.press("Backspace")
    page.keyboard.type("7")
    page.keyboard.press("Tab")
    expect(_cell(page, "S001", ETH)).to_have_value("-7")
    page.keyboard.press("Control+z")
    expect(_cell(page, "S001", ETH)).to_have_value("-1")


def _copy_a_block(page):
    """Shift and the arrows choose two rows of two columns, and Ctrl+C copies just these."""
    _cell(page, "S010").focus()
    page.keyboard.press("Shift+ArrowDown")
    page.keyboard.press("Shift+ArrowRight")
    said = page.locator(".nt-sheet-bar [role=status]")
    expect(said).to_have_text("2 × 2 chosen")
    copied = page.evaluate(COPIED)
    assert copied == "+0.1\t-1\n+0.1\t-1"
    page.keyboard.press("ArrowDown")
    expect(page.locator(".nt-sheet [aria-selected=true]")).to_have_count(0)


def _paste_a_block(page):
    """A hundred rows of two columns at once; a word among them is marked, the others count."""
    lines = [f"{i / 1000}\t{-i / 100}" for i in range(100)]
    lines[3] = "many\t-0.03"
    first = _cell(page, "S000")
    first.focus()
    _paste(first, "\r\n".join(lines) + "\r\n")
    said = page.locator(".nt-sheet-bar [role=status]")
    expect(said).to_have_text("Pasted: 199 set, 1 refused and marked.")
    expect(_cell(page, "S099")).to_have_value("0.099")
    bad = _cell(page, "S003")
    expect(bad).to_have_value("many")
    expect(bad).to_have_attribute("aria-invalid", "true")
    alert = page.get_by_role("alert").filter(has_text="must be a number, was 'many'")
    expect(alert).to_contain_text("Last good: +0.1.")
    page.get_by_role("button", name="Undo").click()
    expect(_cell(page, "S099")).to_have_value("+0.1")
    page.get_by_role("button", name="Redo").click()
    expect(_cell(page, "S099", ETH)).to_have_value("-0.99")


def _sift(page):
    field = page.get_by_label("filter strategies or symbols")
    field.fill("S04 eth")
    expect(_cell(page, "S041", ETH)).to_be_visible()
    expect(_cell(page, "S041")).to_be_hidden()
    expect(_cell(page, "S051", ETH)).to_be_hidden()
    field.fill("")


def _read_the_report(screen, path):
    """It opens from the disk, offline, asks for nothing and runs nothing."""
    context = screen.page.context.browser.new_context(offline=True)
    page, asked = context.new_page(), []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(path.as_uri())
    expect(page.get_by_role("heading", name="PnL per strategy")).to_be_visible()
    assert asked == [path.as_uri()]
    assert page.locator("script").count() == 0
    page.screenshot(path=rig.ARTIFACTS / "report.png")
    context.close()
