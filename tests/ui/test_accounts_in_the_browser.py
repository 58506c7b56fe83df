"""Whose is what, as a trader sees it: a manual trade is found, named and repaired by clicks."""

import re

import rig
from playwright.sync_api import expect

BTC = "BTC/USDT:USDT"
THEME = "t => { window.jupyterapp.commands.execute('apputils:change-theme', {theme: t}); }"
IMPORTS = "import nettools as nt\nfrom nettools.widgets import desk_view"
TRADES = f"""
desk = await nt.Desk.open()
for strategy, target in (("A", "1.0"), ("B", "0.5"), ("C", "-0.8")):
    desk.set_target(strategy, "{BTC}", target)
await desk.tick()
desk.set_state("C", "flat")
await desk.tick()
desk
"""


def test_a_trade_by_hand_turns_the_proof_red_and_is_repaired_in_two_steps(
    screen, lab, exchange, tmp_path
):
    page = screen.page
    page.set_viewport_size({"width": 1280, "height": 720})
    folder = tmp_path / "made"
    folder.mkdir()
    rig.write_notebook(folder / "desk.ipynb", IMPORTS, TRADES, "desk_view(desk)")
    with lab(folder, exchange.env) as served:
        screen.open_notebook(served, "desk.ipynb")
        screen.run_all()
        proof = page.locator(".nt-proof")
        expect(proof).to_contain_text("Books prove: strategies + residual")
        accounts = page.locator(".nt-accounts")
        expect(accounts).to_contain_text("(residual)")
        _look(screen, accounts, "accounts")

        exchange.trade_by_hand(BTC, "sell", "0.1")
        expect(proof).to_contain_text("strategies + residual + 1 open break = venue")
        breaks = page.locator(".nt-breaks")
        expect(breaks).to_contain_text("traded by hand or by another program")
        _look(screen, breaks, "accounts-break")
        repairs = page.locator(".nt-card").filter(has=breaks).last
        repairs.get_by_label("strategy", exact=True).select_option("B")
        page.get_by_role("button", name="Adopt", exact=True).click()
        expect(page.locator(".nt-consequence")).to_contain_text(
            "its target goes from +0.5 to +0.4 BTC. Nothing is sent."
        )
        _look(screen, breaks, "accounts-confirm")
        page.get_by_role("button", name="Confirm: B adopts -0.1 BTC").click()
        expect(breaks).to_be_hidden()
        expect(proof).to_contain_text("strategies + residual = venue on 1 leg, exactly")
        expect(page.get_by_label(f"target of B on {BTC}")).to_have_value("+0.4")
        _look_behind_the_tabs(screen)
        screen.leave()


def _look_behind_the_tabs(screen):
    page = screen.page
    page.get_by_role("tab", name="PnL").click()
    expect(page.locator(".nt-tabs .scatterlayer .trace")).to_have_count(7)
    _look(screen, page.locator(".nt-tabs .nt-picture"), "accounts-pnl")
    page.get_by_role("tab", name="Saving").click()
    expect(page.locator(".nt-saving-words")).to_contain_text("Netting saved")
    _look(screen, page.locator(".nt-saving-words"), "accounts-saving")
    page.get_by_role("tab", name="Postings").click()
    expect(page.locator(".nt-postings")).to_contain_text(re.compile(r"Showing \d+ of \d+"))
    page.get_by_label("account", exact=True).select_option("B")
    expect(page.locator(".nt-postings")).to_contain_text("adopt")
    _look(screen, page.locator(".nt-postings"), "accounts-postings")


def _look(screen, part, name):
    """Keep a picture of a part in both themes."""
    page = screen.page
    for theme in ("Dark", "Light"):
        page.evaluate(THEME, f"JupyterLab {theme}")
        is_light = str(theme == "Light").lower()
        page.wait_for_function(f"document.body.dataset.jpThemeLight === '{is_light}'")
        page.wait_for_function("!document.querySelector('#jupyterlab-splash')")
        screen.scroll_to(part)
        screen.shoot(f"{name}-{theme.lower()}")
