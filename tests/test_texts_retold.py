"""Sentences of the core in Chinese: found again, whole, with the same numbers and names."""

import ast
import re
from pathlib import Path
from string import Formatter

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nettools import InvalidInput, texts
from nettools.decimals import exact
from nettools.texts import ended, retell, retold
from nettools.texts.retold import Retold
from nettools.texts.zh import TEXTS
from nettools.texts.zh.told import SENTENCES
from nettools.venues.outcomes import ADVICE

PACKAGE = Path(texts.__file__).parents[1]
TOLD = [
    *(
        "decimals",
        "diff",
        "orders",
        "plan",
        "reconcile",
        "smart",
        "snapshot",
        "style",
        "targets",
    ),
    *("desk/adoption", "desk/compare", "desk/filing", "desk/incidents", "desk/manager"),
    *("desk/minder", "desk/notes", "desk/recovery", "desk/refused", "desk/sheet"),
    *("desk/wishes", "venues/budget", "venues/guard", "venues/sendable"),
    *("widgets/demo/host", "widgets/demo/lock", "widgets/demo/run", "widgets/state"),
]
"""Modules whose sentences a reader meets on the screen."""
NOT_SHOWN = {
    "api-demo.bybit.com",
    "api-testnet.bybit.com",
    "demo-fapi.binance.com",
    "fstream.binancefuture.com",
    "stream-demo.bybit.com",
    "stream-testnet.bybit.com",
    "an unreadable address",
    "none, it is not connected",
    "what happens",
    "Style | str",
    "No targets yet",
    "target (base units)",
    "likely cause",
    "Plan {}: no targets yet",
    "Plan {}, {} style",
    "Callable[[Minder], None]",
    "tuple[Minder, ...]",
    "{}; to do: {}",
    "not known: ",
    "a cancel of ",
    "new strategy",
    "new symbol",
    "targets together",
    'a number written as text, for example "0.7"',
    " ({} offset inside)",
    " in {} orders",
    "nested too deeply",
    "TargetBook(empty)",
    "DemoRun(seed={}, {})",
    "; what this plan closes may make room for it in the next",
    "orders needed: {need}, left by limits.orders_per_minute: {room}; wait a little",
    "pd.DataFrame",
    "limit price {} is more than {} % {} the mark {} {}; choose one nearer",
    "{} resting {} on the account, not sent by this desk",
    (
        "no such order exists; none to {} is sent before {} UTC unless target, position, "
        "rules or money change, and what {} it still goes"
    ),
    "the venue refuses to {} {}: {}",
    " ({} lost to rounding)",
    ", which explains {} of {}",
    "{} mode from here on",
}
"""Texts for a program or for a notebook, and pieces that only stand inside a sentence."""
ENGLISH = re.compile(r"[A-Za-z][a-z']+(?:[ ,:;]+[A-Za-z][a-z']+){2,}")


@pytest.fixture(autouse=True)
def _chinese(monkeypatch):
    monkeypatch.setenv("NETTOOLS_LANGUAGE", "zh")


def _text(node):
    """Give a text of the source; each place for a value becomes ``{}``."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(v.value if isinstance(v, ast.Constant) else "{}" for v in node.values)
    return ""


def _sentences(module):
    """Give every text with three words and more that is no docstring and is not said."""
    tree = ast.parse((PACKAGE / f"{module}.py").read_text(encoding="utf-8"))
    left_out = set()
    for node in ast.walk(tree):
        is_said = isinstance(node, ast.Call) and getattr(node.func, "id", "").startswith("say")
        if isinstance(node, ast.JoinedStr):
            left_out |= {inner for inner in ast.walk(node) if inner is not node}
        elif is_said:
            left_out |= set(ast.walk(node))
        elif isinstance(node, ast.Expr):
            left_out.add(node.value)
    found = {_text(node) for node in ast.walk(tree) if node not in left_out}
    bare = {text: text.replace("{}", " ") for text in found - NOT_SHOWN - TEXTS.keys()}
    return sorted(t for t, words in bare.items() if len(re.findall(r"[a-z]{2,}", words)) > 2)


def test_the_sentences_of_the_core_are_found_in_the_source():
    assert "already there" not in _sentences("diff")  # two words are a label
    assert "{} is held, not sent" not in SENTENCES
    assert "the preview is {} s old" in _sentences("snapshot")
    assert len(_sentences("desk/incidents")) > 20


@pytest.mark.parametrize("module", TOLD)
def test_every_sentence_a_reader_meets_is_there_in_chinese(module):
    filled = {text: re.sub(r"\{[^}]*\}", "7", text) for text in _sentences(module)}
    english = [t for t, f in filled.items() if retell(f) == f or ENGLISH.search(retell(f))]
    assert english == []


def test_every_advice_about_a_refusal_is_there_in_chinese():
    assert [text for text in ADVICE.values() if ENGLISH.search(retell(text))] == []


def _gaps(text):
    return sorted(name for _, name, _, _ in Formatter().parse(text) if name)


def test_both_languages_have_the_same_gaps_in_a_sentence():
    wrong = [t for t, said in SENTENCES.items() if set(_gaps(t)) != set(_gaps(said))]
    allowed = {"unit", "base", "name", "quote"}  # the same unit, written once in Chinese
    assert [t for t in wrong if set(_gaps(t)) ^ set(_gaps(SENTENCES[t])) - allowed] == [] or (
        all((set(_gaps(t)) ^ set(_gaps(SENTENCES[t]))) <= allowed for t in wrong)
    )


NAMES = st.from_regex(r"\A[A-Za-z0-9_.:/-]{1,20}\Z").map(str)
NUMBERS = st.decimals(-(10**9), 10**9, places=3).map(lambda n: f"{n:+f}")


@given(NAMES, NUMBERS, NUMBERS)
def test_names_and_numbers_come_through_to_the_last_digit(strategy, number, other):
    wrong = (
        f"{strategy} wants {number} and one target cannot also hold {other} on BTC/USDT:USDT"
    )
    said = retell(f"{wrong}; choose another strategy, or assign it")
    assert said == (
        f"{strategy} 的目标仓位为 {number}，不能同时在 BTC/USDT:USDT 上持有 {other}；"
        "请选择其他策略，或归入剩余账户"
    )


@given(st.text(max_size=60), NUMBERS)
@example("target", "+1")
@example("{0}", "+1")
@example("a; b: c", "+1")
def test_what_a_user_typed_is_shown_as_typed(typed, number):
    said = retell(f"order {typed!r} is unknown and counts in full: {number}")
    assert repr(typed) in said
    assert number in said


@given(st.text(max_size=200))
def test_any_text_can_be_told_and_none_is_lost_without_an_entry(text):
    catalogue = Retold({"nothing fits {gap} here": "没有 {gap}"}, {})
    assert text.startswith("nothing fits ") or catalogue.tell(text) == text
    retell(text)


def test_a_sentence_without_an_entry_stays_english():
    assert retell("the moon is full; look up") == "the moon is full; look up"


def test_a_sentence_may_stand_in_a_sentence():
    why = "the positions could not be read: the connection broke; it is unknown until a read "
    said = retell(f"halted on an unexpected Odd: {why}succeeds, nothing was sent")
    assert (
        said
        == "因意外错误 Odd 停机：无法读取持仓：连接中断；读取成功之前视为未知，未发送任何订单"
    )


def test_a_name_that_is_also_a_word_of_ours_is_left_alone():
    assert retell("look after target, or put it on hold or flat").startswith("请检查 target，")


def test_the_error_of_a_field_is_told_with_what_was_typed():
    with pytest.raises(InvalidInput) as caught:
        exact("1,5", "target of A on BTC/USDT:USDT")
    said = retell(str(caught.value))
    assert said.startswith("A 在 BTC/USDT:USDT 上的目标仓位必须是数字，输入的是 '1,5'")


def test_english_is_not_touched(monkeypatch):
    monkeypatch.setenv("NETTOOLS_LANGUAGE", "en")
    assert retell("already there") == "already there"


def test_a_sentence_ends_as_its_language_does():
    assert [ended(text) for text in ("Done", "Done!", "完成", "完成。")] == [
        *("Done.", "Done!", "完成。", "完成。")
    ]


def test_a_long_text_of_many_parts_is_shown_as_it_is():
    many = "; ".join(["already there"] * (retold.MOST_JOINTS + 2))
    assert retell(many) == many


@pytest.mark.parametrize(
    "sentence",
    [
        "orders needed: 3, left by limits.orders_per_minute: 0; wait a little",
        "buy 0.5 BTC: filled, filled 0.5 at 99973.966",
        (
            "sell 3 ETH: unknown, filled 1; it may be live and counts in full until the venue "
            "shows what became of it"
        ),
        "limit price 110000 is more than 5 % above the mark 100000 USDT; choose one nearer",
    ],
)
def test_what_a_value_is_put_into_is_there_in_chinese_too(sentence):
    told = retell(sentence).replace("limits.orders_per_minute", "")
    assert not re.search("[a-z]{3}", told)
