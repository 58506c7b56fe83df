"""The language of the screen: chosen once, whole in both languages, and never a hole."""

import ast
import re
import string
from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest
from makers import BTC, targets

from nettools import InvalidInput, texts
from nettools.charts import netting_title
from nettools.net import net_target
from nettools.texts.zh import COUNTED, TEXTS, VALUES
from nettools.widgets import words

PACKAGE = Path(texts.__file__).parents[1]
SPEAKS = re.compile("^from nettools.texts import ", re.MULTILINE)
SCREEN = sorted(
    path
    for path in PACKAGE.rglob("*.py")
    if "texts" not in path.parts
    and ("widgets" in path.parts or SPEAKS.search(path.read_text(encoding="utf-8")))
    and path != PACKAGE / "cli" / "__init__.py"  # speaks English: only sets the language
)
"""The screen, and whatever else speaks the reader's language."""
CATALOGUE = PACKAGE.glob("texts/zh/*.py")
SPOKEN = ("say", "say_each")
SHOWN_AS = {"description", "tooltip", "placeholder", "busy"}
NO_TEXT = {"", "initial", "strategy"}


@pytest.fixture
def chinese(monkeypatch):
    monkeypatch.setenv("NETTOOLS_LANGUAGE", "zh")


def _trees():
    return [(path, ast.parse(path.read_text(encoding="utf-8"))) for path in SCREEN]


def _literals(nodes):
    return {n.value for n in nodes if isinstance(n, ast.Constant) and isinstance(n.value, str)}


def _spoken():
    calls = [
        node
        for _, tree in _trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    ]
    return {
        text: {word.arg for word in call.keywords}
        for call in calls
        if call.func.id in SPOKEN
        for text in _literals(call.args)
    }


def _places(text):
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def test_every_text_that_is_said_is_there_in_chinese():
    assert sorted(_spoken().keys() - TEXTS.keys()) == []


def test_no_translation_is_left_over():
    used = {text for _, tree in _trees() for text in _literals(ast.walk(tree))}
    assert sorted(TEXTS.keys() - used) == []


def test_a_text_has_one_translation():
    pages = [ast.parse(path.read_text(encoding="utf-8")) for path in sorted(CATALOGUE)]
    keys = Counter(
        key.value
        for page in pages
        for node in page.body
        if isinstance(node, ast.Assign) and node.targets[0].id == "TEXTS"
        for key in node.value.keys
        if key is not None
    )
    assert keys.keys() == TEXTS.keys()
    assert [text for text, count in keys.items() if count > 1] == []


def test_both_languages_have_the_same_values_in_a_text():
    assert [text for text, chinese in TEXTS.items() if _places(text) != _places(chinese)] == []


def test_a_text_is_given_the_values_it_names():
    given = {text: names for text, names in _spoken().items() if None not in names}
    wrong = {text for text, names in given.items() if names and names != _places(text)}
    assert wrong == set()
    assert {text for text, names in given.items() if not names and _places(text)} == set()


def test_no_word_of_a_button_stands_outside_the_catalogue():
    found = [
        (path.name, text)
        for path, tree in _trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        for word in node.keywords
        if word.arg in SHOWN_AS
        for text in _literals([word.value]) - NO_TEXT
        if re.search("[A-Za-z]{2}", text)
    ]
    assert found == []


def test_a_translation_is_chinese():
    plain = {
        text
        for text, chinese in {**TEXTS, **COUNTED, **VALUES}.items()
        if not re.search("[一-鿿]", chinese)
        and re.search("[A-Za-z]{3}", re.sub(r"\{[^}]*\}", "", text))
    }
    assert plain == set()


@pytest.mark.parametrize(
    ("variables", "spoken"),
    [
        ({}, "en"),
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "C"}, "en"),
        ({"NETTOOLS_LANGUAGE": "ZH"}, "zh"),
        ({"NETTOOLS_LANGUAGE": "en", "LANG": "zh_CN"}, "en"),
    ],
)
def test_the_variable_then_the_locale_choose(monkeypatch, variables, spoken):
    for name in ("NETTOOLS_LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert texts.language() == spoken


def test_an_unknown_language_is_one_sentence_with_what_there_is(monkeypatch):
    monkeypatch.setenv("NETTOOLS_LANGUAGE", "fr")
    with pytest.raises(InvalidInput, match=r"^language must be en .* or zh .*, was 'fr'$"):
        texts.say("Preview")


def test_a_text_without_a_translation_stays_english(chinese):  # noqa: ARG001 - by being there
    assert texts.say("No such {thing}", thing="text") == "No such text"


def test_numbers_and_symbols_are_the_same_in_chinese(chinese):  # noqa: ARG001 - it works by being there
    assert words.money(Decimal(1234), "USDT") == "1,234 USDT"
    assert texts.count(2, "order") == "2 笔订单"
    assert texts.word("buy") == "买入"
    net = net_target(targets(a="1.0", b="0.5", c="-0.8"), BTC)
    assert netting_title(net) == "多 +1.5与空 −0.8 净额为 +0.7 BTC；内部对冲 0.8"


def test_english_is_as_it_is_written():
    assert texts.count(1, "order") == "1 order"
    assert texts.count(2, "order") == "2 orders"
    assert texts.say("{number} others", number=3) == "3 others"


def _readme(name):
    text = (PACKAGE.parent / name).read_text(encoding="utf-8")
    blocks = re.findall(r"^```.*?^```$", text, re.MULTILINE | re.DOTALL)
    prose = re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)
    measured = ("Python 3.", "one fill")  # figures, which a new run writes anew
    fixed = [block for block in blocks if not block.removeprefix("```\n").startswith(measured)]
    return re.findall(r"^(#+) ", prose, re.MULTILINE), len(blocks), fixed


def test_both_readmes_have_the_same_headings_and_the_same_code():
    assert _readme("README.md") == _readme("README.zh-CN.md")


def test_everything_that_is_counted_has_its_measure_word():
    nouns = {
        node.args[1].value
        for _, tree in _trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in {"count", "counted"}
        and len(node.args) > 1
        and isinstance(node.args[1], ast.Constant)
    }
    assert sorted(nouns - COUNTED.keys()) == []
