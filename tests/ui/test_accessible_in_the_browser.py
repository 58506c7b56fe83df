"""What a person with a keyboard, a screen reader or a dark screen meets: checked by axe."""

from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
DESK = "03_trade_on_the_testnet.ipynb"
DEMO = NOTEBOOKS / "09_stakeholder_demo.ipynb"
RULES = {
    "resultTypes": ["violations"],
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
}
OURS = {"include": [[".nettools"]]}
FITS = """() => [...document.querySelectorAll(".nt-picture")].every(box => {
  const picture = box.querySelector(".main-svg");
  return !box.offsetWidth || picture && picture.clientWidth <= box.clientWidth; })"""
"""No picture on the page is wider than its place."""
NAMELESS = """() => [...document.querySelectorAll(".nettools table")]
  .filter(one => !one.caption && !one.ariaLabel).map(one => one.innerText.slice(0, 80))"""
"""Tables that a screen reader can call by no name."""
THEME = "([name, options]) => { window.jupyterapp.commands.execute(name, options); }"


def _violations(page):
    found = Axe().run(page, context=OURS, options=RULES).response["violations"]
    return [
        f"{one['id']} ({one['help']}): {node['html'][:160]} {node['failureSummary'][:300]}"
        for one in found
        for node in one["nodes"]
    ]


def test_the_desk_can_be_read_and_used_by_everybody_in_light_and_dark(screen, lab, exchange):
    page = screen.page
    with lab(NOTEBOOKS, exchange.env) as served:
        screen.open_notebook(served, DESK)
        screen.run_all()
        expect(page.locator(".nt-status")).to_contain_text("LOCAL TESTNET")
        page.get_by_role("button", name="Preview", exact=True).click()
        page.locator(".nt-plan").get_by_role("status").wait_for()
        page.wait_for_function(FITS)
        assert _violations(page) == []
        assert page.evaluate(NAMELESS) == []
        expect(page.get_by_role("img", name="Nobody wants any BTC")).to_be_visible()
        screen.shoot("accessible-light")
        page.evaluate(THEME, ["apputils:change-theme", {"theme": "JupyterLab Dark"}])
        page.wait_for_function("document.body.dataset.jpThemeLight === 'false'")
        page.wait_for_function("!document.querySelector('#jupyterlab-splash')")
        assert _violations(page) == []
        screen.leave()


def test_the_stakeholder_page_can_be_read_by_everybody(screen, voila):
    page = screen.page
    with voila(DEMO) as served:
        screen.open_page(served)
        page.get_by_role("button", name="Pause").wait_for()
        assert _violations(page) == []
        screen.leave()
