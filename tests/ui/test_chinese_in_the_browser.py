"""Desk and stakeholder page as a Chinese reader sees them: no English sentence is left."""

import re
import subprocess
import sys

import psutil
import pytest
import rig
from playwright.sync_api import expect

BTC = "BTC/USDT:USDT"
OPEN = f"""
desk = await nt.Desk.open()
for name in "ABC":
    desk.set_target(name, "{BTC}", "0.1")
"""
CELLS = (
    "import nettools as nt\nfrom nettools.widgets import desk_view",
    OPEN,
    "desk_view(desk)",
)
TEXTS = """(ours) => {
  const found = new Set();
  const seen = e => e.getClientRects().length > 0;
  for (const root of document.querySelectorAll(ours)) {
    const walk = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    while (walk.nextNode()) {
      const holder = walk.currentNode.parentElement;
      if (!holder.closest('style, script') && seen(holder)) found.add(walk.currentNode.data);
    }
    for (const name of ['aria-label', 'title', 'placeholder', 'aria-description'])
      for (const e of root.querySelectorAll(`[${name}]`))
        if (seen(e)) found.add(e.getAttribute(name));
  }
  return [...found];
}"""
"""Whatever of ours can be read or is read out."""
CODE = re.compile(r"[A-Z]+/USDT:USDT|\S*[/._=(]\S*|nt-\S+|nettools \w+|\b[0-9a-f]{16}\b")
"""Symbols, paths, numbers with units, calls and ids, which no language changes."""
NAMES = frozenset(
    [
        "BTC",
        "ETH",
        "SOL",
        "BNB",
        "XRP",
        "USDT",
        "PnL",
        "UTC",
        "bps",
        "ms",
        "kB",
        "CSV",
        "YAML",
        "Parquet",
        "Ctrl",
        "Alt",
        "Shift",
        "Page",
        "Up",
        "Down",
        "Home",
        "End",
        "LOCAL",
        "TESTNET",
        "Binance",
        "Bybit",
        "IOC",
        "GTC",
        "active",
        "hold",
        "flat",
        "mid",
        "drill",
        "folder",
        "abc",
        "Jan",
        "Feb",
        "Mar",
        "Apr",
        "May",
        "Jun",
        "Jul",
        "Aug",
        "Sep",
        "Oct",
        "Nov",
        "Dec",
    ]
)
"""Keys, formats, units, the entries of a file of targets, and what the test wrote itself."""
THEME = "t => { window.jupyterapp.commands.execute('apputils:change-theme', {theme: t}); }"
ENDING_SECONDS = 30


def _english(page, ours=".nettools"):
    left = set()
    for text in page.evaluate(TEXTS, ours):
        words = re.findall(r"[A-Za-z]{2,}", CODE.sub(" ", text or ""))
        if set(words) - NAMES:
            left.add(text.strip())
    return left


def test_a_chinese_trader_reads_no_english_from_the_first_target_to_a_break(
    screen, lab, exchange, tmp_path
):
    page, folder = screen.page, tmp_path / "made"
    folder.mkdir()
    rig.write_notebook(folder / "desk.ipynb", *CELLS)
    with lab(folder, exchange.env | {"NETTOOLS_LANGUAGE": "zh"}) as served:
        screen.open_notebook(served, "desk.ipynb")
        screen.run_all()
        expect(page.locator(".nt-proof")).to_contain_text("剩余账户")
        for name, target in (("A", "1.0"), ("B", "0.5"), ("C", "-0.8")):
            screen.enter(_target(page, name), target)
        screen.enter(_target(page, "A"), "abc")
        expect(page.get_by_text("必须是数字").first).to_be_visible()
        assert _english(page) == set()
        screen.enter(_target(page, "A"), "1.0")
        page.locator("button.nt-preview:enabled").click()
        expect(page.locator(".nt-plan")).to_contain_text("买入 0.7 BTC")
        assert _english(page) == set()
        page.locator(".nt-confirm").click()
        expect(page.locator(".nt-plan")).to_contain_text("完全成交")
        exchange.trade_by_hand(BTC, "sell", "0.1")
        expect(page.locator(".nt-breaks")).to_contain_text("手工交易")
        assert _english(page) == set()
        for number in range(page.locator(".nettools [role=tab]").count()):
            page.locator(".nettools [role=tab]").nth(number).click()
            page.wait_for_timeout(300)
            assert _english(page) == set(), number
        _shoot(screen, "chinese")
        screen.leave()


def _target(page, name):
    return page.locator(f'.nettools input[aria-label*="{BTC}"][aria-label*="{name} "]').first


def _shoot(screen, name):
    for theme in ("Dark", "Light"):
        screen.page.evaluate(THEME, f"JupyterLab {theme}")
        light = str(theme == "Light").lower()
        screen.page.wait_for_function(f"document.body.dataset.jpThemeLight === '{light}'")
        screen.shoot(f"{name}-{theme.lower()}")


@pytest.fixture
def demo():
    """Run the command in Chinese; give the page's address, and end it as Ctrl-C does."""
    command = [
        sys.executable,
        "-c",
        "import sys; from nettools.cli import main; sys.exit(main())",
    ]
    options = ["demo", "--no-browser", "--speed", "60", "--language", "zh"]
    process = subprocess.Popen([*command, *options], stdout=subprocess.PIPE, text=True)
    address = ""
    while not address:
        line = process.stdout.readline()
        assert line, "the command ended while starting"
        address = "".join(re.findall(r"http://127\S+", line))
    yield address
    started = psutil.Process(process.pid).children(recursive=True)
    process.terminate()
    process.wait(ENDING_SECONDS)
    process.stdout.close()
    assert psutil.wait_procs(started, timeout=ENDING_SECONDS)[1] == []


def test_chinese_stakeholders_read_no_english_on_their_page(screen, demo):
    page = screen.page
    page.goto(demo, wait_until="commit")
    expect(page.locator("#loading_text")).to_have_text("正在本机上开启市场…")
    sent = "() => Number(document.querySelector('.nt-tile.nt-sent b')?.textContent) > 0"
    page.wait_for_function(sent)
    assert _english(page, "html") == set()
    assert page.title() == "三个策略\uff0c一个账户"
    assert page.locator("html").get_attribute("lang") == "zh"
    screen.shoot("demo-chinese")
    screen.leave()
