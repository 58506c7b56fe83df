"""A browser for a module of tests, and a fresh page that must end without problems."""

import threading

import chromium
import psutil
import pytest
import rig
from playwright.sync_api import sync_playwright

from nettools import testnet

LONGEST_TEST_SECONDS = 180.0


@pytest.fixture(scope="module")
def browser():
    """Start Chromium; skip when there is none, but fail in CI."""
    path = chromium.find()
    if path is None:
        (pytest.fail if rig.in_ci() else pytest.skip)(
            f"browser test not run: {chromium.MISSING}"
        )
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=rig.FLAGS)
        yield running
        running.close()


@pytest.fixture
def exchange():
    """Start a local testnet of the test's own."""
    with testnet.start(seed=7) as running:
        yield running


@pytest.fixture
def screen(browser, request):
    """Open a page; it must end without foreign or failed requests and console errors."""
    context = browser.new_context(viewport={"width": 1400, "height": 1000})
    shown = rig.Screen(context.new_page())
    limit = threading.Timer(LONGEST_TEST_SECONDS, _end_browser)
    limit.start()
    yield shown
    limit.cancel()
    report = request.node.stash.get(rig.OUTCOME, None)
    failed = report is not None and report.failed
    if failed and browser.is_connected():
        shown.shoot(f"failed-{request.node.name}")
    context.close()
    assert failed or shown.problems == {}


@pytest.fixture
def lab(tmp_path):
    """Serve notebooks in JupyterLab: ``with lab(folder, variables, theme=…) as served``."""
    return lambda notebooks, variables=None, **look: rig.serve_lab(
        notebooks, _empty(tmp_path / "lab"), variables, **look
    )


@pytest.fixture
def voila(tmp_path):
    """Serve one notebook through Voilà: ``with voila(notebook, variables) as served``."""
    return lambda notebook, variables=None: rig.serve_page(
        notebook, _empty(tmp_path / "voila"), variables
    )


def _empty(folder):
    folder.mkdir()
    return folder


def _end_browser():
    """Break off a test that hangs in a call without timeout: end the browser under it."""
    for child in psutil.Process().children(recursive=True):
        if "chrom" in child.name().lower():
            child.kill()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """Keep the outcome of the test for its fixtures."""
    report = yield
    if call.when == "call":
        item.stash[rig.OUTCOME] = report
    return report
