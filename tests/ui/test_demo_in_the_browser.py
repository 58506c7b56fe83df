"""The stakeholder page as its viewers get it: `nettools demo`, a real Chromium, one look."""

import re
import subprocess
import sys
from dataclasses import dataclass, field

import psutil
import pytest
import rig
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

COMMAND = "import sys; from nettools.cli import main; sys.exit(main())"
ENDING_SECONDS = 30
RULES = {
    "resultTypes": ["violations"],
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
}
SENT = "() => Number(document.querySelector('.nt-tile.nt-sent b').textContent)"
MORE_SENT = "n => Number(document.querySelector('.nt-tile.nt-sent b')?.textContent) > n"
SHOWN = "() => document.querySelector('.nt-demo-counters').innerText"
WIDE = "() => document.documentElement.scrollWidth > document.documentElement.clientWidth"
LAPTOP, ZOOMED = {"width": 1280, "height": 720}, {"width": 640, "height": 360}
"""At 200 % zoom a page has half the room in each direction."""


@dataclass
class _Demo:
    """A running command: where its page is, and the code its owner was told."""

    address: str = ""
    codes: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def demo():
    """Run the command; give what it prints, and end it as Ctrl-C does."""
    command = [sys.executable, "-c", COMMAND, "demo", "--no-browser", "--speed", "60"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    told = _Demo()
    while not told.address:
        line = process.stdout.readline()
        assert line, "the command ended while starting"
        told.codes += re.findall(r"code.*: ([\d ]+)", line)
        told.address = "".join(re.findall(r"http://127\S+", line))
    yield told
    started = psutil.Process(process.pid).children(recursive=True)
    process.terminate()
    process.wait(ENDING_SECONDS)
    process.stdout.close()
    assert psutil.wait_procs(started, timeout=ENDING_SECONDS)[1] == []


def _look(page, address):
    page.set_viewport_size(LAPTOP)
    page.goto(address, wait_until="domcontentloaded")
    page.wait_for_function(MORE_SENT, arg=0)
    page.get_by_role("button", name="Pause").wait_for()


def _violations(page):
    shown = {"include": [[".nettools"]]}
    found = Axe().run(page, context=shown, options=RULES).response["violations"]
    return [f"{one['id']}: {node['html'][:160]}" for one in found for node in one["nodes"]]


def test_stakeholders_see_three_strategies_trade_as_one(screen, demo):
    page = screen.page
    _look(page, demo.address)
    page.wait_for_function(MORE_SENT, arg=page.evaluate(SENT))
    expect(page.get_by_text("LOCAL TESTNET")).to_be_visible()
    expect(page.get_by_text("fees saved against the un-netted twin")).to_be_visible()
    expect(page.get_by_text("Books prove:")).to_be_visible()
    expect(page.get_by_text("One-way or hedge: the same targets")).to_be_visible()
    expect(page.locator(".nt-panels svg")).to_have_count(2)
    expect(page.get_by_text("live, updated")).to_be_visible()
    expect(page.get_by_text("Try it")).to_be_hidden()
    screen.shoot("demo")
    page.set_viewport_size(ZOOMED)
    assert not page.evaluate(WIDE)
    screen.shoot("demo-zoomed")
    screen.leave()


def test_the_page_is_dark_where_it_is_asked_to_be(screen, demo):
    page = screen.page
    _look(page, f"{demo.address}?theme=dark")
    page.wait_for_function("document.body.dataset.jpThemeLight === 'false'")
    assert not page.evaluate(WIDE)
    assert _violations(page) == []
    screen.shoot("demo-dark")
    screen.leave()


def test_two_viewers_see_the_same_and_a_reload_goes_on(screen, demo):
    page, other = screen.page, rig.Screen(screen.page.context.new_page())
    _look(page, demo.address)
    _look(other.page, demo.address)
    page.get_by_role("button", name="Pause").click()
    for shown in (page, other.page):
        shown.get_by_text("paused", exact=True).wait_for()
    counters = page.evaluate(SHOWN)
    assert other.page.evaluate(SHOWN) == counters
    assert other.problems == {}
    other.page.reload(wait_until="domcontentloaded")
    other.page.get_by_role("button", name="Start").wait_for()
    other.page.wait_for_function(f"shown => ({SHOWN})() === shown", arg=counters)
    other.page.get_by_role("button", name="Start").click()
    page.get_by_role("button", name="Pause").wait_for()
    other.leave()
    screen.leave()


def test_only_the_code_in_the_terminal_unlocks_a_page(screen, demo):
    page = screen.page
    _look(page, demo.address)
    buttons = ["Pause", "Slower", "Faster", "Unlock"]
    assert page.get_by_role("button").all_inner_texts() == buttons
    assert page.get_by_role("slider").count() == 0
    assert _violations(page) == []
    page.get_by_label("Owner's code").fill("12 34")
    page.get_by_role("button", name="Unlock").click()
    expect(page.get_by_role("alert")).to_contain_text("4 more tries")
    page.get_by_label("Owner's code").fill(demo.codes[0])
    page.get_by_role("button", name="Unlock").click()
    page.get_by_label("Hedge's target").fill("0.5")
    page.get_by_role("button", name="Set target").click()
    page.get_by_text("The owner has set Hedge's target to +0.50 BTC by hand.").wait_for()
    screen.shoot("demo-unlocked")
    assert _violations(page) == []
    page.get_by_role("button", name="Give it back").click()
    page.get_by_text("The owner has set").wait_for(state="hidden")
    page.reload(wait_until="domcontentloaded")  # what it says as it is left is no error
    page.get_by_role("button", name="Pause").wait_for()
    screen.leave()
