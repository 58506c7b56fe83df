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
OPEN = """name => {
  window.jupyterapp.commands.execute('docmanager:open', { path: name }); }"""
THERE = """name => window.jupyterapp.shell.currentWidget?.context?.path === name
  && document.querySelectorAll('.jp-Notebook').length === 1"""
CLOSE = """() => { const w = window.jupyterapp.shell.currentWidget;
  window.__closed = false;
  w.context.model.dirty = false;
  w.context.sessionContext.shutdown()
    .finally(() => { w.dispose(); window.__closed = true; }); }"""
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
def lab_page(browser, tmp_path_factory):
    """Open JupyterLab once, on a small notebook that only some of the tests need."""
    scratch = tmp_path_factory.mktemp("lab")
    with rig.serve_lab(NOTEBOOKS, scratch) as served:
        made = scratch / "notebooks" / "failing.ipynb"
        rig.write_notebook(made, "# A button", "import nettools", FAILING)
        context = browser.new_context(viewport={"width": 1280, "height": 720})
        shown = rig.Screen(context.new_page())
        shown.open_notebook(served, made.name)
        yield shown
        shown.leave()
        context.close()


@pytest.fixture
def opened(lab_page):
    """Open one notebook after the other in the same page: ``opened(name)``."""
    page = lab_page.page

    def go_to(name):
        page.evaluate(CLOSE)
        page.wait_for_function("() => window.__closed")
        page.evaluate(OPEN, name)
        page.wait_for_function(THERE, arg=name)
        page.wait_for_function(rig.READY)
        return lab_page

    before = {name: len(what) for name, what in lab_page.problems.items()}
    yield go_to
    after = {name: what[before.get(name, 0) :] for name, what in lab_page.problems.items()}
    assert not any(after.values()), after


def _meant(name):
    cells = json.loads((NOTEBOOKS / name).read_text(encoding="utf-8"))["cells"]
    return sum(PURPOSE in cell["metadata"].get("tags", []) for cell in cells)


@pytest.mark.parametrize("name", NAMES)
def test_a_notebook_opens_and_runs_and_can_be_run_again(opened, name):
    screen = opened(name)
    page = screen.page
    for _ in range(2):
        screen.run_all()
        assert len(screen.tracebacks()) == _meant(name), screen.tracebacks()
    expect(page.locator(".js-plotly-plot:not(:has(.main-svg))")).to_have_count(0)
    assert page.locator(WAYS_OUT).count() == 0
    assert page.evaluate(TOO_WIDE) == 0
    _take_picture(screen, f"notebook-{Path(name).stem}")


def _take_picture(screen, name):
    """Make the page so high that the whole notebook is seen, and take its picture."""
    page = screen.page
    high = page.locator(".jp-WindowedPanel-outer").first.evaluate("e => e.scrollHeight")
    page.set_viewport_size({"width": 1280, "height": min(16_000, 160 + high)})
    page.evaluate(TO_THE_TOP)
    screen.shoot(name)
    page.set_viewport_size({"width": 1280, "height": 720})


def test_an_error_nobody_thought_of_is_one_sentence_under_its_button(opened):
    screen = opened("failing.ipynb")
    screen.run_all()
    button = screen.page.get_by_role("button", name="Do it")
    button.click()
    alert = screen.page.get_by_role("alert")
    expect(alert).to_contain_text("Unexpected ValueError: nobody thought of this")
    expect(button).to_be_enabled()
