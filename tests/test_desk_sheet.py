"""Targets as files and in bulk: exact both ways, all or nothing, told by line."""

import csv
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from makers import BTC, ETH, d, set_three

from nettools.desk.sheet import read_sheet, write_sheet
from nettools.errors import InvalidInput
from nettools.targets import TargetBook, TargetState

NAMES = st.text("AB-@+=.:/_ 0é", min_size=1, max_size=8).filter(lambda t: t == t.strip())


@given(
    wishes=st.dictionaries(
        NAMES.filter(lambda text: text[0] not in "@+="),
        st.dictionaries(
            st.sampled_from((BTC, ETH)), st.decimals(-1000, 1000, places=6), min_size=1
        ),
        min_size=1,
    ).filter(lambda wishes: not any(set("@+=") & set(name) for name in wishes)),
    ending=st.sampled_from(("csv", "yaml")),
)
@settings(max_examples=60, deadline=None)
def test_what_is_saved_is_read_back_to_the_last_digit(wishes, ending):
    book = TargetBook.of(wishes)
    entries = read_sheet(write_sheet(book, ending), ending)
    read = {(e.strategy, e.symbol): Decimal(e.target) for e in entries if e.symbol}
    assert read == {(t.strategy, t.symbol): t.wanted for t in book}


@pytest.mark.parametrize("ending", ["csv", "yaml"])
async def test_targets_and_states_come_back_from_a_file(desk, tmp_path, ending):
    set_three(desk)
    desk.set_state("B", "hold")
    path = desk.save_targets(tmp_path / f"evening.{ending}")
    before = desk.targets
    desk.set_targets({name: {BTC: "0"} for name in "AC"}, {"B": "flat"})
    assert desk.load_targets(path) == 3
    assert desk.targets.target("A", BTC).quantity == d("1.0")
    assert desk.targets.target("C", BTC).wanted == before.target("C", BTC).wanted
    assert desk.targets.state("B") is TargetState.HOLD


async def test_a_negative_target_is_a_number_in_a_spreadsheet_and_a_name_is_no_formula(
    desk, tmp_path
):
    desk.set_target("-C", BTC, "-0.8")
    path = desk.save_targets(tmp_path / "targets.csv")
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    assert rows[1] == ["'-C", BTC, "-0.8", "active"]
    desk.set_target("-C", BTC, "1")
    desk.load_targets(path)
    assert desk.targets.target("-C", BTC).wanted == d("-0.8")
    assert desk.targets.strategies == ("-C",)


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("t.csv", "a,b\n", "line 1 must be strategy,symbol,target,state, was 'a,b'"),
        ("t.csv", f"strategy,symbol,target\nA,{BTC}\n", "line 2 has 2 fields instead of 3"),
        ("t.csv", f"strategy,symbol,target\nA,{BTC},abc\n", "line 2: target of A on BTC"),
        (
            "t.csv",
            f"strategy,symbol,target\nA,{BTC},1\nA,{BTC},2\n",
            "stands in line 2 already",
        ),
        ("t.csv", f"strategy,symbol,target\n<b>,{BTC},1\n", "line 2: a strategy name must be"),
        ("t.csv", "strategy,symbol,target\nA,DOGE,1\n", "line 2: 'DOGE' is not traded on"),
        ("t.csv", f"strategy,symbol,target,state\nA,{BTC},1,on\n", 'state must be "active"'),
        ("t.csv", "strategy,symbol,target\n", "the file has no targets"),
        ("t.yaml", "A: [", "line 1 is not YAML"),
        ("t.yaml", "- 1\n", "line 1 must be names with values"),
        ("t.yaml", f"A:\n  targets:\n    {BTC}: abc\n", "line 3: target of A on BTC"),
        ("t.yaml", "A:\n  size: 3\n", "line 2 must say state or targets, was 'size'"),
        ("t.yaml", "!!python/object/apply:os.system ['exit']", "line 1 must be names"),
        ("t.xlsx", "", "ends in .csv or .yaml"),
    ],
)
async def test_a_wrong_file_says_where_and_changes_nothing(desk, tmp_path, name, text, words):
    set_three(desk)
    before = desk.targets
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InvalidInput) as refused:
        desk.load_targets(path)
    assert words in str(refused.value)
    assert desk.targets == before


async def test_one_wrong_line_keeps_the_good_ones_out_too(desk, tmp_path):
    path = tmp_path / "t.csv"
    path.write_text(f"strategy,symbol,target\nA,{BTC},1\nB,{BTC},x\nC,{BTC},y\n")
    with pytest.raises(InvalidInput, match=r"line 3: .* line 4: "):
        desk.load_targets(path)
    assert desk.targets.strategies == ()


async def test_a_file_that_is_not_there_or_no_text_is_told_apart(desk, tmp_path):
    with pytest.raises(InvalidInput, match="No such file"):
        desk.load_targets(tmp_path / "none.csv")
    (tmp_path / "t.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InvalidInput, match="not UTF-8 text"):
        desk.load_targets(tmp_path / "t.csv")
    with pytest.raises(InvalidInput, match="cannot be written"):
        desk.save_targets(tmp_path / "no folder" / "t.csv")


async def test_many_targets_are_one_change(desk):
    told = []
    desk.subscribe(lambda: told.append(desk.targets))
    desk.set_targets({f"S{i:02}": {BTC: "0.1", ETH: "-1"} for i in range(100)})
    assert len(told) == 1
    assert len(tuple(desk.targets)) == 200
    with pytest.raises(InvalidInput, match="target of S01"):
        desk.set_targets({"S00": {BTC: "1"}, "S01": {BTC: "nan"}})
    assert desk.targets.target("S00", BTC).wanted == d("0.1")
