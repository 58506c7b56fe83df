"""The desk notebook as a trader uses it: typed, previewed, confirmed, in a real Chromium."""

import re
from pathlib import Path

from playwright.sync_api import expect

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
DESK = "03_trade_on_the_testnet.ipynb"
BTC = "BTC/USDT:USDT"
LAB = "([name, options]) => { window.jupyterapp.commands.execute(name, options); }"
"""A command of JupyterLab, not waited for: that wait would have no limit."""


def _truth(exchange):
    """Ask the exchange itself: how many orders it has seen, and what it holds."""
    told = exchange.truth()
    held = {position["symbol"]: position["quantity"] for position in told["positions"]}
    return len(told["orders"]), {symbol: float(quantity) for symbol, quantity in held.items()}


class _Trader:
    """What a trader does on the desk."""

    def __init__(self, screen):
        self.screen, self.page = screen, screen.page
        self.confirm = self.page.locator(".nt-confirm")
        self.plan = self.page.locator(".nt-plan")

    def target(self, strategy):
        return self.page.get_by_label(f"target of {strategy} on {BTC}")

    def types(self, strategy, text):
        self.screen.enter(self.target(strategy), text)

    def previews(self):
        self.page.get_by_role("button", name="Preview", exact=True).click()
        self.plan.get_by_text("Why this order?").wait_for()

    def confirms(self, words):
        expect(self.confirm).to_have_text(re.compile(words))
        self.confirm.click()
        self.plan.get_by_text("Position now").wait_for()

    def sees_position(self, words):
        bar = self.page.locator(".nt-status").get_by_role("status")
        expect(bar).to_contain_text(f"{BTC} {words}")


def test_a_trader_types_three_targets_and_sees_one_order_become_a_position(
    screen, lab, exchange
):
    page, trader = screen.page, _Trader(screen)
    page.set_viewport_size({"width": 1280, "height": 720})
    with lab(NOTEBOOKS, exchange.env) as served:
        screen.open_notebook(served, DESK)
        page.evaluate(LAB, ["application:toggle-left-area", {}])
        screen.run_all()
        assert ["abc" in text for text in screen.tracebacks()] == [True]  # the lesson's own
        expect(page.locator(".nt-status")).to_contain_text("LOCAL TESTNET")
        trader.sees_position("0 BTC")
        sent, held = _truth(exchange)
        assert held == {}

        _type_three(trader)
        _refuse_a_bad_target(trader)
        _refuse_markup_as_a_name(trader)
        assert _truth(exchange) == (sent, {})

        trader.previews()
        expect(trader.plan).to_contain_text(
            "A +1 B +0.5 C -0.8 → target +0.7 BTC (0.8 offset inside); position 0; buy 0.7 BTC"
        )
        screen.shoot("desk-previewed")
        trader.confirms(r"^Send 1 order, [67]\d,\d{3} USDT, to LOCAL testnet$")
        trader.sees_position("+0.700 BTC")
        assert _truth(exchange) == (sent + 1, {BTC: 0.7})

        trader.types("C", "0")
        trader.previews()
        expect(trader.plan).to_contain_text("buy 0.8")
        trader.confirms("^Send 1 order")
        trader.sees_position("+1.500 BTC")
        assert _truth(exchange) == (sent + 2, {BTC: 1.5})
        _look_at_both_themes(screen)
        screen.leave()


def _type_three(trader):
    for strategy, text in (("A", "+1.0"), ("B", "+0.5"), ("C", "-0.8")):
        trader.types(strategy, text)
    finding = "+1.5 long and −0.8 short net to +0.7 BTC; 0.8 offset inside"
    expect(trader.page.locator(".nt-picture .gtitle")).to_have_text(finding)
    expect(trader.page.locator(".nt-picture .bars .point path")).to_have_count(8)


def _refuse_a_bad_target(trader):
    """A word is no target: one sentence beside the field, and the good one goes on counting."""
    trader.types("B", "abc")
    alert = trader.page.get_by_role("alert").filter(has_text="must be a number, was 'abc'")
    expect(alert).to_contain_text("Last good: +0.5.")
    trader.screen.shoot("desk-bad-target")
    trader.types("B", "+0.5")
    expect(alert).to_have_count(0)


def _refuse_markup_as_a_name(trader):
    """A name that is markup is shown as text; nothing of it becomes an element or runs."""
    page = trader.page
    page.get_by_label("new strategy").fill("<img src=x onerror=window.ran=1>")
    page.get_by_role("button", name="Add strategy").click()
    page.get_by_role("alert").filter(has_text="'<img src=x onerror=window.ran=1>'").wait_for()
    assert page.locator(".nettools img").count() == 0
    assert page.evaluate("window.ran") is None
    page.get_by_label("new strategy").fill("")


def _look_at_both_themes(screen):
    """Keep pictures to look at: from the top of the desk, light, dark, and narrow."""
    page = screen.page
    page.locator(".nt-bar").evaluate("e => e.scrollIntoView({block: 'start'})")
    screen.shoot("desk-light")
    page.evaluate(LAB, ["apputils:change-theme", {"theme": "JupyterLab Dark"}])
    page.wait_for_function("document.body.dataset.jpThemeLight === 'false'")
    page.wait_for_function("!document.querySelector('#jupyterlab-splash')")
    screen.shoot("desk-dark")
    page.set_viewport_size({"width": 1000, "height": 1000})
    desk = page.locator(".nt-bar")
    page.wait_for_function("document.querySelector('.nt-bar').offsetWidth < 900")
    halt = page.get_by_role("button", name="Halt")
    assert desk.bounding_box()["width"] < 900
    assert halt.is_visible()
    screen.shoot("desk-narrow")
