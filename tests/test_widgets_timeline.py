"""The life of orders on the screen: the newest changes, what each is known from."""

from datetime import timedelta

import pandas as pd
from makers import BTC, NOW, d

from nettools.widgets.timeline_markup import MOST_CHANGES, timeline_html

COLUMNS = (
    "time", "client_order_id", "symbol", "position_side", "side", "quantity", "state",
    "filled", "evidence", "message",
)  # fmt: skip


def _changes(count, message="", symbol=BTC):
    rows = [
        (NOW + timedelta(milliseconds=i), f"nt-{i}", symbol, "both", "buy", d("0.70"),
         "filled" if i % 2 else "intent", d("0.7" if i % 2 else "0"),
         "looked up" if i % 2 else "", message)
        for i in range(count)
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=list(COLUMNS), dtype=object)


def test_before_the_first_order_it_says_what_to_do():
    assert "No orders yet: execute a plan" in timeline_html(_changes(0))


def test_the_newest_change_stands_on_top_with_what_it_is_known_from():
    shown = timeline_html(_changes(2))
    assert shown.index("filled</td>") < shown.index("intent</td>")
    assert "06-02 12:00:00.001" in shown
    assert "buy 0.7 (nt-1)" in shown
    assert "looked up" in shown
    assert "Showing 2 of 2 changes, newest first." in shown


def test_a_busy_day_is_shown_in_part_and_stays_light():
    shown = timeline_html(_changes(5000, message="x" * 200))
    assert f"Showing {MOST_CHANGES} of 5,000 changes" in shown
    assert shown.count("<tr") == MOST_CHANGES + 1
    assert len(shown) < 150_000


def test_what_a_venue_says_is_text():
    hostile = "<img src=x onerror=alert(1)>"
    shown = timeline_html(_changes(1, message=hostile, symbol=hostile))
    assert "<img" not in shown
    assert shown.count("&lt;img") == 2
