"""The trading report: everything in it, nothing that runs, and what is left out on request."""

import re
from html.parser import HTMLParser

import pytest
from makers import BTC, set_three

from nettools.errors import InvalidInput


class _Tags(HTMLParser):
    def __init__(self):
        super().__init__()
        self.seen, self.attributes = [], []

    def handle_starttag(self, tag, attrs):
        self.seen.append(tag)
        self.attributes += [name for name, _ in attrs]


@pytest.fixture
async def traded(desk):
    set_three(desk)
    await desk.tick()
    desk.set_target("C", BTC, "0")
    await desk.tick()
    return desk


async def test_the_report_tells_targets_orders_fills_saving_pnl_and_proof(traded, tmp_path):
    path = traded.report_html(tmp_path / "report.html")
    text = path.read_text(encoding="utf-8")
    for title in (
        *("Period", "Targets", "Net", "Plans and orders", "Fills", "PnL per strategy"),
        *("Saving against each strategy alone", "Proof", "Incidents"),
    ):
        assert f"<h2>{title}</h2>" in text
    fills = [met.fill for parent in traded.parent_orders() for met in parent.fills]
    assert fills
    assert all(fill.fill_id in text for fill in fills)
    assert "wallet" in text
    assert text.count("holds</td>") == len(traded.proofs())


async def test_the_report_has_no_script_no_link_and_forbids_both(traded):
    text = traded.report_text()
    tags = _Tags()
    tags.feed(text)
    assert not {"script", "img", "link", "a", "iframe", "form"} & set(tags.seen)
    assert not {"src", "href"} & set(tags.attributes)
    assert not any(name.startswith("on") for name in tags.attributes)
    assert "default-src &#x27;none&#x27;" in text


async def test_a_redacted_report_names_nobody_and_holds_no_id_and_no_balance(traded, venue):
    traded.add_strategy("Golden Goose")
    traded.set_target("Golden Goose", BTC, "0.1")
    whole, redacted = traded.report_text(), traded.report_text(redact=True)
    assert "Golden Goose" in whole
    assert "Golden Goose" not in redacted
    assert "strategy D" in redacted
    for parent in traded.parent_orders():
        ids = {parent.plan_id}
        ids |= {m.fill.client_order_id for m in parent.fills}
        assert all(f">{one}<" in whole for one in ids)
        assert not any(f">{one}<" in redacted for one in ids)
    assert traded.account not in redacted
    assert "wallet" not in redacted
    assert not re.search(rf"{traded.view.balance.wallet:,.2f}", redacted)
    assert venue.sends == 2


async def test_a_report_of_a_desk_that_did_nothing_says_so(desk, tmp_path):
    await desk.refresh()
    text = desk.report_html(tmp_path / "empty.html").read_text(encoding="utf-8")
    assert "No orders." in text
    assert "No fills." in text
    with pytest.raises(InvalidInput, match="cannot be written"):
        desk.report_html(tmp_path / "no folder" / "report.html")


async def test_a_chinese_report_leaves_no_english_sentence(traded, monkeypatch, tmp_path):
    monkeypatch.setenv("NETTOOLS_LANGUAGE", "zh")
    traded.report_html(path := tmp_path / "report.html")
    page = path.read_text(encoding="utf-8")
    words = re.sub(r"<style>.*?</style>|<[^>]*>", "|", page)
    assert "交易报告" in words
    assert re.findall(r"[A-Za-z]+(?: [a-z]+)+", words) == []
