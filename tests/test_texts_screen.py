"""Every view in Chinese: Latin letters are left to names, symbols and the core's words."""

import html
import re

import ipywidgets as ui
import plotly.graph_objects as go
import pytest
from makers import BTC, set_three
from onscreen import classed, click, every, settled, text

from nettools import widgets

NAMES = {"A", "B", "C", "BTC", "ETH", "USDT", "UTC", "PnL", "MEMORY", "Page", "Up", "Down"}
VIEWS = [
    *("accounts_view", "account_table", "activity_view", "at_work_view", "breaks_view"),
    *("controls_view", "execution_view", "happened_view", "incidents_view", "modes_view"),
    *("netting_view", "past_view", "pnl_view", "postings_view", "preview_view", "proof_view"),
    *("saving_view", "smart_view", "status_view", "targets_view", "timeline_view"),
]


@pytest.fixture
def chinese(monkeypatch):
    monkeypatch.setenv("NETTOOLS_LANGUAGE", "zh")


def _said(view):
    """Collect what a reader sees: markup, labels, tips, and the titles of figures."""
    parts = [text(view)]
    for widget in every(view):
        names = ("description", "tooltip", "placeholder")
        parts += [getattr(widget, name, None) or "" for name in names]
        if isinstance(widget, ui.Tab):
            parts += [str(title) for title in widget.titles]
        if isinstance(widget, go.FigureWidget):
            layout = widget.layout
            parts += [title.text or "" for title in (layout.title, layout.xaxis.title)]
            parts += [layout.yaxis.title.text or "", *(str(t.name or "") for t in widget.data)]
    bare = re.sub(r"<style>.*?</style>|<details.*?</details>|<[^>]+>", "\n", "\n".join(parts))
    return html.unescape(bare)


def _sentences(shown):
    """Find runs of three and more English words."""
    found = re.findall(r"[A-Za-z][a-z']+(?:[ ,:;]+[A-Za-z][a-z']+){2,}", shown)
    return [words for words in found if not set(words.split()) <= NAMES]


@pytest.mark.parametrize("name", VIEWS)
async def test_no_english_sentence_is_left_in_a_view(name, desk, chinese):  # noqa: ARG001 - it works by being there
    set_three(desk)
    view = getattr(widgets, name)(desk)
    await settled(view)
    await desk.refresh()
    await settled(view)
    assert _sentences(_said(view)) == []


async def test_a_trade_is_made_in_chinese_from_preview_to_the_books(desk, chinese):  # noqa: ARG001 - it works by being there
    set_three(desk)
    view = widgets.desk_view(desk)
    await click(view, "预览")
    confirm = classed(view, "nt-confirm")
    assert re.fullmatch(r"发送 1 笔订单（[\d,]+ USDT）至 内存测试网", confirm.description)
    await click(view, confirm)
    shown = _said(view)
    assert f"当前持仓：{BTC} +0.700 BTC。" in shown
    await click(view, "停机")
    assert "已停机：不再发送订单。持仓保持不变。" in _said(view)
