"""Tables: text stays text, whatever it looks like."""

import re
from dataclasses import replace

import pytest
from makers import BTC, NOW, btc, d, delta, quote

import nettools as nt
from nettools.allocate import Cause, Posting
from nettools.desk.incidents import Incident
from nettools.desk.report import DeskStatus
from nettools.model import Leg, OrderReport, OrderState, Side
from nettools.reconcile import Break, Proof
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


STORY = {"known": "", "unknown": "", "to_do": "", "count": 3, "since": NOW, "last": NOW}
TOLD = (
    Incident(kind="step", subject=HOSTILE, what=HOSTILE, **STORY),
    DeskStatus(
        venue=HOSTILE, mode=nt.PositionMode.ONE_WAY, state="idle", updated=None, time=NOW
    ),
    Proof(name=HOSTILE, expected=d("0.25"), found=d("0.15")),
    Posting(
        *(HOSTILE, Leg(BTC, nt.PositionSide.BOTH), Cause.FILL, "1", d("0.7"), d("100000")), NOW
    ),
    Break(
        leg=Leg(BTC, nt.PositionSide.BOTH), expected=d("0"), found=d("1E+1"),
        cause=HOSTILE, price=d("1"), time=NOW,
    ),
)  # fmt: skip


@pytest.mark.parametrize("told", TOLD, ids=lambda told: type(told).__name__)
def test_what_the_desk_tells_is_a_table_and_a_hostile_name_in_it_stays_text(told):
    shown = told._repr_html_()
    assert HARMLESS in shown
    assert "<img" not in shown
    assert not re.search(r"Decimal|object at|\dE[+-]?\d", shown)
    assert shown == told._repr_html_()


def test_every_heading_says_that_it_is_one_of_a_column():
    """For a screen reader, which names the column of each number."""
    assert html_table(["net", "gross"], []).count('<th scope="col"') == 2


def test_what_a_venue_says_stays_text_in_a_record():
    report = OrderReport(order=ORDER, state=OrderState.REJECTED, message=HOSTILE)
    assert HARMLESS in report._repr_html_()
    assert "<img" not in report._repr_html_()
