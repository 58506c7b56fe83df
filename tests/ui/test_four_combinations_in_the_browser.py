"""Both venues in both modes, traded on the desk's own screen in a real Chromium."""

import re
from typing import NamedTuple

import pytest
import rig
from playwright.sync_api import expect

from nettools import testnet

BTC = "BTC/USDT:USDT"
BADGES = {"binance": "LOCAL TESTNET", "bybit": "LOCAL BYBIT TESTNET"}


class _Story(NamedTuple):
    """What a trader sees in one mode."""

    picture: str
    orders: int
    three: tuple[str, ...]
    buys_back: str
    two: tuple[str, ...]


STORIES = {
    "one-way": _Story(
        "net to +0.7 BTC; 0.8 offset inside",
        1,
        (f"{BTC} +0.700 BTC",),
        "buy 0.8 BTC.",
        (f"{BTC} +1.500 BTC",),
    ),
    "hedge": _Story(
        "held as two legs, net +0.7 BTC; 0.8 is held on both",
        2,
        (f"{BTC} LONG +1.500 BTC", f"{BTC} SHORT -0.800 BTC"),
        "buy 0.8 BTC to close SHORT.",
        (f"{BTC} LONG +1.500 BTC", f"{BTC} SHORT 0 BTC"),
    ),
}


@pytest.fixture(params=["one-way", "hedge"])
def mode(request):
    return request.param


@pytest.fixture(params=["binance", "bybit"])
def exchange(request, mode):
    with testnet.start(venue=request.param, mode=mode, seed=7) as running:
        yield running


@pytest.fixture
def notebook(tmp_path, mode):
    """Write a notebook that opens the desk of the testnet its kernel is told of."""
    folder = tmp_path / "desk"
    folder.mkdir()
    rig.write_notebook(
        folder / "desk.ipynb",
        "import nettools as nt\nfrom nettools.widgets import desk_view",
        f'desk = await nt.Desk.open("local", mode="{mode}")\n'
        f"for name in 'ABC':\n    desk.set_target(name, '{BTC}', '0')",
        "desk_view(desk)",
    )
    return folder


def test_the_story_trades_on_each_venue_in_each_mode(screen, lab, exchange, notebook, mode):
    page, story = screen.page, STORIES[mode]
    bar = page.locator(".nt-status").get_by_role("status")
    with lab(notebook, exchange.env) as served:
        screen.open_notebook(served, "desk.ipynb")
        screen.run_all()
        assert screen.tracebacks() == []
        expect(bar).to_contain_text(BADGES[exchange.venue])
        expect(bar).to_contain_text(f"{mode}, idle")

        _enter(screen, A="+1.0", B="+0.5", C="-0.8")
        expect(page.locator(".nt-picture .gtitle").first).to_contain_text(story.picture)
        _preview(page)
        _confirm(page, story.orders)
        for held in story.three:
            expect(bar).to_contain_text(held)

        _enter(screen, C="0")
        _preview(page)
        expect(page.locator(".nt-headline")).to_contain_text(story.buys_back)
        _confirm(page, 1)
        for held in story.two:
            expect(bar).to_contain_text(held)
        expect(page.locator(".nt-proof-good")).to_contain_text("Books prove:")
        positions = exchange.truth()["positions"]
        assert [float(position["quantity"]) for position in positions] == [1.5]
        screen.shoot(f"desk-{exchange.venue}-{mode}")
        screen.leave()


def _enter(screen, **wishes):
    for strategy, text in wishes.items():
        screen.enter(screen.page.get_by_label(f"target of {strategy} on {BTC}"), text)


def _preview(page):
    page.get_by_role("button", name="Preview", exact=True).click()
    page.locator(".nt-plan").get_by_text("Why this order?").first.wait_for()


def _confirm(page, orders):
    confirm = page.locator(".nt-confirm")
    expect(confirm).to_have_text(re.compile(rf"^Send {orders} orders?, .* to LOCAL"))
    confirm.click()
    page.locator(".nt-plan").get_by_text("Position now").wait_for()
