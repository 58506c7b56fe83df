"""Tables: text stays text, whatever it looks like."""

from dataclasses import replace

import pytest
from makers import BTC, btc, d, delta, quote

import nettools as nt
from nettools.model import OrderReport, OrderState, Side
from nettools.render import escape, html_table, text_table

HOSTILE = "<img src=x onerror=\"alert('1')\">&"
HARMLESS = "&lt;img src=x onerror=&quot;alert(&#x27;1&#x27;)&quot;&gt;&amp;"


def test_markup_becomes_harmless_text():
    assert escape(HOSTILE) == HARMLESS


def test_markup_is_escaped_in_headers_cells_and_caption():
    table = html_table([HOSTILE], [[HOSTILE]], caption=HOSTILE)
    assert table.count(HARMLESS) == 3
    assert "<img" not in table


def test_numbers_stand_on_the_right_and_words_on_the_left():
    table = html_table(["net"], [["+0.7"], ["-0.8"], ["1,500 USDT"], ["5 %"], ["hold"]])
    assert table.count("text-align:right") == 4
    assert table.count("text-align:left") == 2


def test_a_table_without_caption_has_none():
    assert "<caption" not in html_table(["a"], [])


def test_a_text_table_lines_its_columns_up():
    assert text_table(["strategy", "target"], [["A", "+1.0"], ["breakout", "-0.8"]]) == (
        "strategy  target\nA         +1.0\nbreakout  -0.8"
    )


ORDER = nt.Order(client_order_id="nt1-a-1", symbol=BTC, side=Side.BUY, quantity=d("0.70"))
RECORDS = (
    btc(),
    quote(),
    delta("0.7"),
    ORDER,
    OrderReport(order=ORDER, state=OrderState.ACKED),
    nt.Position(symbol=BTC, quantity=d("-0.8"), average_price=d("1E+5")),
    nt.Deadband(),
    nt.Limits(),
    nt.Style(name="limit"),
)


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: type(record).__name__)
def test_a_record_is_a_table_in_a_notebook_and_its_repr_builds_it_again(record):
    shown = record._repr_html_()
    assert f">{type(record).__name__}</th>" in shown
    assert "Decimal" not in shown
    assert repr(record) == repr(replace(record))


def test_the_order_inside_a_report_is_shown_to_the_last_digit():
    shown = OrderReport(order=ORDER, state=OrderState.ACKED)._repr_html_()
    assert ">order: quantity</td>" in shown
    assert ">0.70</td>" in shown
    assert ">acked</td>" in shown


def test_what_a_venue_says_stays_text_in_a_record():
    report = OrderReport(order=ORDER, state=OrderState.REJECTED, message=HOSTILE)
    assert HARMLESS in report._repr_html_()
    assert "<img" not in report._repr_html_()
