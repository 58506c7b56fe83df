"""The figures say what the numbers say, in one color per strategy, and call nobody."""

import json
import re
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pandas as pd
import plotly.io as pio
import pytest
from makers import BTC, NOW, d, targets

import nettools as nt
from nettools import charts
from nettools.charts import NEUTRAL, PALETTE, pnl_figure, saving_figure
from nettools.decimals import ZERO


def _bars(figure):
    bar = figure.data[0]
    return list(zip(bar.hovertext, bar.y, bar.marker.color, strict=True))


def test_three_strategies_are_drawn_as_long_short_net_and_offset():
    figure = charts.netting_figure(targets(a="1.0", b="0.5", c="-0.8"), BTC)
    a, b, c = charts.PALETTE[:3]
    assert _bars(figure) == [
        *(("A +1", 1.0, a), ("B +0.5", 0.5, b), ("C −0.8", -0.8, c)),
        *(("A +1", 1.0, a), ("B +0.5", 0.5, b), ("C −0.8", -0.8, c)),
        ("net +0.7", 0.7, charts.NEUTRAL),
        ("offset +0.8", 0.8, "rgba(127,134,143,0.55)"),
    ]
    assert list(figure.layout.xaxis.ticktext) == [
        *("A<br>+1", "B<br>+0.5", "C<br>−0.8"),
        *("long<br>+1.5", "short<br>−0.8", "net<br>+0.7", "offset<br>0.8"),
    ]
    assert figure.layout.yaxis.title.text == "BTC, short below zero"


@pytest.mark.parametrize(
    ("wishes", "title"),
    [
        (
            {"a": "1.0", "b": "0.5", "c": "-0.8"},
            "+1.5 long and −0.8 short net to +0.7 BTC; 0.8 offset inside",
        ),
        (
            {"a": "1", "b": "-1"},
            "+1 long and −1 short net to 0 BTC; 1 offset inside",
        ),
        ({"a": "-0.8"}, "−0.8 short nets to −0.8 BTC; nothing is offset"),
        ({"a": "0"}, "Nobody wants any BTC"),
        ({}, "Nobody wants any BTC"),
    ],
)
def test_the_title_states_the_finding(wishes, title):
    assert charts.netting_figure(targets(**wishes), BTC).layout.title.text == title


def test_a_flat_strategy_is_drawn_as_what_counts_and_keeps_its_color():
    book = targets(a="1.0", b="0.5").with_state("A", nt.TargetState.FLAT)
    assert _bars(charts.netting_figure(book, BTC))[:2] == [
        ("A 0", 0.0, charts.PALETTE[0]),
        ("B +0.5", 0.5, charts.PALETTE[1]),
    ]


def test_a_removed_strategy_is_not_drawn():
    book = targets(a="1.0", b="0.5").remove("A")
    assert [name for name, *_ in _bars(charts.netting_figure(book, BTC))][:2] == [
        "B +0.5",
        "B +0.5",
    ]


def test_of_a_hundred_strategies_the_largest_are_drawn_and_the_rest_added_up():
    wishes = {f"S{i:02}": {BTC: str(i if i % 2 else -i)} for i in range(100)}
    figure = charts.netting_figure(nt.TargetBook.of(wishes), BTC)
    labels = list(figure.layout.xaxis.ticktext)
    assert labels[-6:-4] == ["94 others, long<br>+2209", "94 others, short<br>−2162"]
    assert labels[-4:] == ["long<br>+2500", "short<br>−2450", "net<br>+50", "offset<br>2450"]


def test_a_strategy_named_like_markup_is_text():
    """Names are plain; a figure escapes them all the same, for plotly draws some tags."""
    title = charts.plain_layout("<b>bold</b>")["title"]["text"]
    assert title == "&lt;b&gt;bold&lt;/b&gt;"


def test_a_figure_is_small_has_no_background_and_no_way_out():
    figure = charts.netting_figure(targets(a="1.0", b="0.5", c="-0.8"), BTC)
    assert len(figure.to_json()) < 3000
    assert {figure.layout.paper_bgcolor, figure.layout.plot_bgcolor} == {"rgba(0,0,0,0)"}
    assert pio.renderers.default == "plotly_mimetype"
    shown = pio.renderers["plotly_mimetype"].to_mimebundle(json.loads(figure.to_json()))
    assert shown["application/vnd.plotly.v1+json"]["config"] == {
        "displaylogo": False,
        "showSendToCloud": False,
        "plotlyServerURL": "",
    }


def test_figures_get_their_safe_settings_in_two_places_and_are_never_pages_with_scripts():
    """One for pictures that stand still, one for pictures that live; others would escape it."""
    package = Path(charts.__file__).parents[1]
    sources = {path.relative_to(package).as_posix(): path for path in package.rglob("*.py")}

    def those_with(pattern):
        return {name for name, path in sources.items() if re.search(pattern, path.read_text())}

    assert those_with(r"SAFE_CONFIG: ") == {"charts/look.py"}
    assert those_with(r"\(go\.FigureWidget\)|go\.FigureWidget\(") == {"widgets/figures.py"}
    assert those_with(r"pio\.renderers") == {"charts/look.py"}
    assert those_with(r"include_plotlyjs|include_mathjax|pio\.to_html|\.write_html\(") == set()


def test_drawing_loads_no_grammar_of_web_addresses():
    grammar = "{'lark', 'rfc3987_syntax'} & set(sys.modules)"
    program = f"import sys, nettools.charts; sys.exit(len({grammar}))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")


def test_from_the_ninth_strategy_on_the_colors_repeat():
    colors = charts.strategy_colors([f"S{i}" for i in range(9)])
    assert colors["S8"] == colors["S0"]
    assert len(set(colors.values())) == 8


def _history(**accounts):
    columns = {name: [ZERO, d(text)] for name, text in accounts.items()}
    together = sum(column[1] for column in columns.values())
    columns |= {"(residual)": [ZERO, ZERO], "(together)": [ZERO, together]}
    columns |= {"(account)": [ZERO, together + d("0.5")], "(gap)": [ZERO, d("0.5")]}
    index = pd.DatetimeIndex([NOW, NOW + timedelta(seconds=1)])
    return pd.DataFrame(columns, index=index, dtype=object)


def test_the_title_of_the_lines_is_the_finding_with_its_gap():
    figure = pnl_figure(_history(A="12.3", B="-4.1"), "USDT")
    assert figure.layout.title.text == (
        "Strategies and residual earned +8.20 USDT, the account +8.70: gap +0.5"
    )
    assert figure.layout.yaxis.title.text == "USDT since opening"
    assert figure.layout.xaxis.title.text == "time (UTC)"


def test_a_strategys_line_has_its_own_color_and_a_removed_one_none():
    figure = pnl_figure(_history(A="1", B="2"), "USDT", {"B": PALETTE[3]})
    colors = {line.name: line.line.color for line in figure.data}
    assert colors["B"] == PALETTE[3]
    assert colors["A"] == NEUTRAL


def test_of_many_strategies_those_that_moved_most_are_drawn_and_the_sum_is_of_all():
    many = {f"S{i}": str(i - 10) for i in range(20)}
    figure = pnl_figure(_history(**many), "USDT")
    drawn = [line.name for line in figure.data if not line.name.startswith("(")]
    assert drawn == ["S0", "S1", "S2", "S3", "S4", "S17", "S18", "S19"]
    together = next(line for line in figure.data if line.name == "(together)")
    assert together.y[-1] == -10


def test_lines_can_be_drawn_read_by_read():
    figure = pnl_figure(_history(A="1").reset_index(drop=True), "USDT")
    assert list(figure.data[0].x) == [0, 1]
    assert figure.layout.xaxis.title.text == "reads of the account"


def test_before_anything_was_read_the_lines_say_so():
    figure = pnl_figure(_history(A="1").iloc[:0], "USDT")
    assert figure.layout.title.text == "Nothing is known yet"


def test_a_saving_is_a_waterfall_that_goes_down_where_money_was_lost():
    parts = {"fee on crossed": d("80"), "delay": d("-83.2")}
    figure = saving_figure(parts, "USDT", "Netting cost 3.20 USDT so far")
    (bars,) = figure.data
    assert list(bars.text) == ["+80.00", "−83.20", "−3.20"]
    assert list(bars.measure) == ["relative", "relative", "total"]
    assert list(bars.x) == ["fee on<br>crossed", "delay", "together"]
    assert "cost below zero" in figure.layout.yaxis.title.text


def test_markup_in_a_name_is_text_in_the_lines_too():
    figure = pnl_figure(_history(**{"<b>A</b>": "1"}), "USDT")
    assert "&lt;b&gt;A&lt;/b&gt;" in [line.name for line in figure.data]
