"""Tables: text stays text, whatever it looks like."""

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
