"""The stakeholder page as its viewers get it: `nettools demo`, a real Chromium, one look."""

import re
import subprocess
import sys

import psutil
import pytest

COMMAND = "import sys; from nettools.cli import main; sys.exit(main())"
ENDING_SECONDS = 30
SENT = "() => Number(document.querySelector('.nt-tile.nt-sent b').textContent)"
MORE_SENT = "n => Number(document.querySelector('.nt-tile.nt-sent b')?.textContent) > n"
CLOCK = "() => document.querySelector('.nt-demo .nt-top').innerText.match(/clock (\\S+)/)?.[1]"


@pytest.fixture(scope="module")
def demo():
    """Run the command; give the address it prints, and end it as Ctrl-C does."""
    command = [sys.executable, "-c", COMMAND, "demo", "--no-browser"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    lines = iter(process.stdout.readline, "")
    yield next(found[0] for line in lines if (found := re.search(r"http://127\S+", line)))
    started = psutil.Process(process.pid).children(recursive=True)
    process.terminate()
    process.wait(ENDING_SECONDS)
    process.stdout.close()
    assert psutil.wait_procs(started, timeout=5)[1] == []


def _look(screen, address):
    screen.page.set_viewport_size({"width": 1280, "height": 720})
    screen.page.goto(address, wait_until="domcontentloaded")
    screen.page.wait_for_function(MORE_SENT, arg=0)
    screen.page.get_by_role("button", name="Pause").wait_for()


def test_stakeholders_see_three_strategies_trade_as_one(screen, demo):
    page = screen.page
    _look(screen, demo)
    sent, clock = page.evaluate(SENT), page.evaluate(CLOCK)
    page.wait_for_function(MORE_SENT, arg=sent)
    page.wait_for_function(f"before => ({CLOCK})() !== before", arg=clock)
    assert page.get_by_text("LOCAL TESTNET").is_visible()
    assert page.get_by_text("fee spared (estimate)").is_visible()
    page.locator(".nt-meeting", has_text=re.compile("(BTC|ETH) met inside, and")).wait_for()
    assert page.locator(".nt-panels svg").count() == 2
    assert page.get_by_text("live, updated").is_visible()
    assert page.get_by_text("Try it").is_hidden()
    screen.shoot("demo")
    screen.leave()


def test_the_page_moves_its_own_market_and_sends_nothing(screen, demo):
    page = screen.page
    _look(screen, demo)
    assert page.get_by_role("textbox").count() == page.get_by_role("spinbutton").count() == 0
    assert page.get_by_role("button").all_inner_texts() == ["Pause", "Slower", "Faster"]
    page.get_by_role("button", name="Faster").click()
    page.get_by_text("60× real time").wait_for()
    page.get_by_role("button", name="Pause").click()
    page.get_by_text("paused", exact=True).wait_for()
    clock = page.evaluate(CLOCK)
    page.get_by_role("button", name="Start").click()
    page.wait_for_function(
        "clock => !document.querySelector('.nt-demo .nt-top').innerText.includes(clock)",
        arg=clock,
    )
    screen.leave()
