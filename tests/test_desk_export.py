"""The books as files: exact, readable by programs, harmless in a spreadsheet."""

import csv
from datetime import UTC, datetime

import pandas as pd
import pytest
from lossy import Clock, LossyVenue
from makers import BTC, d
from pyarrow import parquet

import nettools as nt
from nettools.desk.export import export_tables, harmless
from nettools.errors import InvalidInput


@pytest.fixture
async def desk():
    clock = Clock()
    desk = await nt.Desk.open(LossyVenue(clock), clock=clock)
    for strategy, quantity in (("A", "1.0"), ("B", "0.5"), ("-C", "-0.8")):
        desk.set_target(strategy, BTC, quantity)
    await desk.tick()
    yield desk
    await desk.close()


def _read(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


async def test_ledger_and_postings_are_written_as_csv_and_parquet(desk, tmp_path):
    written = desk.export(tmp_path / "books")
    names = ["ledger.csv", "ledger.parquet", "postings.csv", "postings.parquet"]
    assert [path.name for path in written] == names
    assert sorted(path.name for path in (tmp_path / "books").iterdir()) == names


async def test_what_is_read_back_is_exactly_what_the_books_say(desk, tmp_path):
    desk.export(tmp_path)
    postings = desk.postings()
    quantities = parquet.read_table(tmp_path / "postings.parquet")["quantity"].to_pylist()
    assert quantities == list(postings["quantity"])
    assert sum(quantities) == d("0.7")
    rows = _read(tmp_path / "postings.csv")
    assert [d(row["fee"]) for row in rows] == list(postings["fee"])
    assert [datetime.fromisoformat(row["time"]) for row in rows] == list(postings["time"])


async def test_the_ledger_is_the_sum_of_the_postings(desk):
    ledger, postings = desk.ledger().set_index("account"), desk.postings()
    for name, mine in postings.groupby("account"):
        assert ledger.loc[name, "quantity"] == sum(mine["quantity"])
        assert ledger.loc[name, "cash"] == sum(mine["cash"])
    assert sum(ledger["fees_USDT"]) == sum(postings["fee"])


async def test_a_negative_number_stays_a_number_and_a_text_is_no_formula(desk, tmp_path):
    desk.export(tmp_path, formats=["csv"])
    mine = [row for row in _read(tmp_path / "postings.csv") if row["account"] == "'-C"]
    assert [row["quantity"] for row in mine] == ["-0.8"]


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\tx", "\rx", "  =x", "＝1"])  # noqa: RUF001 - a wide sign on purpose
def test_what_a_spreadsheet_would_run_gets_an_apostrophe(text):
    assert harmless(text) == f"'{text}"


@pytest.mark.parametrize("text", ["A", "a=b", "", "2025-06-02", "(residual)"])
def test_ordinary_text_stays_as_it_is(text):
    assert harmless(text) == text


def test_quotes_commas_and_lines_come_back_as_they_were(tmp_path):
    nasty = 'a "b", c\nd;e'
    frame = pd.DataFrame({"note": [nasty], "amount": [d("1E-12")]}, dtype=object)
    export_tables({"t": frame}, tmp_path, ["csv"])
    assert _read(tmp_path / "t.csv") == [{"note": nasty, "amount": "0.000000000001"}]


def test_a_number_too_long_for_the_usual_type_is_still_written_exactly(tmp_path):
    long = d("123456789012345678901234.0123456789012345678901234567")
    frame = pd.DataFrame({"amount": [long, None]}, dtype=object)
    export_tables({"t": frame}, tmp_path, ["parquet"])
    assert parquet.read_table(tmp_path / "t.parquet")["amount"].to_pylist() == [long, None]


def test_times_and_empty_columns_are_written_too(tmp_path):
    moment = datetime(2025, 6, 2, tzinfo=UTC)
    frame = pd.DataFrame({"time": [moment], "average_price": [None]}, dtype=object)
    export_tables({"t": frame}, tmp_path, ["csv", "parquet"])
    table = parquet.read_table(tmp_path / "t.parquet").to_pylist()
    assert table == [{"time": moment, "average_price": None}]
    assert _read(tmp_path / "t.csv")[0]["average_price"] == ""


async def test_a_format_or_a_folder_that_cannot_be_is_said_in_one_sentence(desk, tmp_path):
    with pytest.raises(InvalidInput, match=r'must be "csv" and "parquet", was \'xlsx\''):
        desk.export(tmp_path, formats=["xlsx"])
    (tmp_path / "taken").write_text("")
    with pytest.raises(InvalidInput, match=r"cannot be written to .*; name another folder"):
        desk.export(tmp_path / "taken")
