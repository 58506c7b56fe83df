"""Every notebook opens and runs in JupyterLab, and runs again: one lab, nothing from elsewhere.

Each leaves a picture of itself in artifacts/. A cell that fails on purpose is part of a lesson;
any other traceback, a console error or a request to another host is not.
"""

import json
from pathlib import Path

import pytest
import rig
from playwright.sync_api import expect

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
NAMES = sorted(path.name for path in NOTEBOOKS.glob("*.ipynb"))
PURPOSE = "raises-exception"
WAYS_OUT = (
    ".modebar-btn--logo, .modebar-btn[data-title*='loud'], .modebar-btn[data-title*='hare']"
)
"""Plotly's own buttons that lead to its site: logo, "Share chart", "Edit in Chart Studio"."""
TOO_WIDE = """() => [...document.querySelectorAll('.jp-OutputArea-output')]
  .filter(e => e.offsetParent && e.scrollWidth > e.clientWidth + 1).length"""
SHUT = """() => { const w = window.jupyterapp.shell.currentWidget;
  window.__shut = false;
  w.context.sessionContext.shutdown().finally(() => window.__shut = true); }"""
TO_THE_TOP = "() => { document.querySelector('.jp-WindowedPanel-outer').scrollTop = 0; }"
FAILING = """
import ipywidgets as ui
from nettools.widgets.runner import Runner

async def work():
    raise ValueError("nobody thought of this")

runner = Runner()
ui.VBox([runner.command("Do it", work).button, runner.banner])
"""


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """Serve all notebooks in one lab; the index and the lessons share nothing else."""
    with rig.serve_lab(NOTEBOOKS, tmp_path_factory.mktemp("lab")) as running:
        yield running


def _meant(name):
    cells = json.loads((NOTEBOOKS / name).read_text(encoding="utf-8"))["cells"]
    return sum(PURPOSE in cell["metadata"].get("tags", []) for cell in cells)


@pytest.mark.parametrize("name", NAMES)
def test_a_notebook_opens_and_runs_and_can_be_run_again(screen, served, name):
    page = screen.page
    page.set_viewport_size({"width": 1280, "height": 720})
    screen.open_notebook(served, name)
    for _ in range(2):
        screen.run_all()
        assert len(screen.tracebacks()) == _meant(name), screen.tracebacks()
    expect(page.locator(".js-plotly-plot:not(:has(.main-svg))")).to_have_count(0)
    assert page.locator(WAYS_OUT).count() == 0
    assert page.evaluate(TOO_WIDE) == 0
    page.set_viewport_size({"width": 1280, "height": _height(page)})
    page.evaluate(TO_THE_TOP)
    screen.shoot(f"notebook-{Path(name).stem}")
    page.evaluate(SHUT)
    page.wait_for_function("() => window.__shut")
    screen.leave()


def _height(page):
    """Give a height at which the whole notebook is seen, for its picture."""
    panel = page.locator(".jp-WindowedPanel-outer").first
    return min(16_000, 160 + panel.evaluate("e => e.scrollHeight"))


def test_an_error_nobody_thought_of_is_one_sentence_under_its_button(screen, lab, tmp_path):
    folder = tmp_path / "made"
    folder.mkdir()
    rig.write_notebook(folder / "failing.ipynb", "# A button", "import nettools", FAILING)
    with lab(folder) as running:
        screen.open_notebook(running, "failing.ipynb")
        screen.run_all()
        screen.page.get_by_role("button", name="Do it").click()
        alert = screen.page.get_by_role("alert")
        expect(alert).to_contain_text("Unexpected ValueError: nobody thought of this")
        expect(screen.page.get_by_role("button", name="Do it")).to_be_enabled()
        screen.leave()
