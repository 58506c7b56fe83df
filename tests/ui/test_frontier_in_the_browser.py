"""The frontier of deadbands in a browser: the slider moves the mark and the table with it."""

import rig
from playwright.sync_api import expect

BTC = "BTC/USDT:USDT"
IMPORTS = "import nettools as nt\nfrom nettools.widgets import frontier_view"
SWEEP = f"""
prices = nt.study.sample_prices(600, symbols=["{BTC}"])
crowd = nt.study.correlated_strategies(12, sizes={{"{BTC}": "1"}})
targets = nt.study.targets_of(crowd, prices)["{BTC}"]
widths = [str(number / 4) for number in range(13)]
frontier_view(nt.study.deadband(targets, prices["{BTC}"], deadbands=widths))
"""
RING = """() => { const ring = document.querySelector('.js-plotly-plot').data.at(-1);
  return [ring.x[0], ring.y[0]]; }"""
MOVED = """before => {
  const ring = document.querySelector('.js-plotly-plot').data.at(-1);
  return ring.x[0] > before[0] && ring.y[0] < before[1]; }"""


def test_sliding_to_a_wider_deadband_moves_the_mark_down_and_the_table_along(
    screen, lab, tmp_path
):
    page, folder = screen.page, tmp_path / "made"
    folder.mkdir()
    rig.write_notebook(folder / "frontier.ipynb", IMPORTS, SWEEP)
    with lab(folder) as served:
        screen.open_notebook(served, "frontier.ipynb")
        screen.run_all()
        assert screen.tracebacks() == []
        words = page.locator(".nt-frontier-words")
        expect(words).to_contain_text("looked at, beside the recommended")
        page.locator(".js-plotly-plot .scatterlayer .trace").first.wait_for(state="attached")
        before, said = page.evaluate(RING), words.inner_text()
        slider = page.locator(".nt-slider .noUi-handle")
        slider.focus()
        for _ in range(4):
            slider.press("ArrowRight")
        page.wait_for_function(MOVED, arg=before)
        expect(words).not_to_have_text(said)
        screen.scroll_to(page.locator(".js-plotly-plot"))
        screen.shoot("deadband-frontier")
        screen.leave()
