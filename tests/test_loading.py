"""Loading histories: every fault is found and named by row, and nothing is filled silently."""

import gzip
from io import BytesIO
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import nettools as nt
from nettools.study import (
    check_history,
    common_grid,
    read_candles,
    read_folder,
    read_funding,
    read_prices,
    read_targets,
)

SHARED = Path(__file__).parents[2] / "shared" / "data" / "binance_usdm_1m"
BARS = pd.date_range("2026-01-01", periods=6, freq="min", tz="UTC", name="time")


def _frame(**columns):
    return pd.DataFrame(columns or {"A": [1.0, 2, 3, 4, 5, 6]}, index=BARS)


def _candles(bars=6):
    close = np.arange(bars) + 100.0
    index = pd.date_range("2026-01-01", periods=bars, freq="min", tz="UTC", name="time")
    columns = {"open": close, "high": close + 1, "low": close - 1, "close": close}
    return pd.DataFrame(columns | {"volume": 1.0}, index=index)


def _csv(folder, *lines, end="\n", name="wishes.csv"):
    path = folder / name
    path.write_text("\n".join(lines) + end)
    return path


def _refused(words, source, read=read_targets, **how):
    with pytest.raises(nt.InvalidInput, match=words) as error:
        read(source, **how)
    return str(error.value)


@pytest.mark.parametrize(
    "kind", ["csv", "csv.gz", "parquet", "feather", "pandas", "polars", "arrow"]
)
def test_the_same_history_comes_out_of_whatever_holds_it(kind, tmp_path):
    frame = _frame(A=[0.1, 0.2, 0.30000000000000004, 1e-9, -5, 0], B=range(6))
    path = tmp_path / f"wishes.{kind}"
    flat = frame.reset_index()
    sources = {
        "csv": lambda: flat.to_csv(path, index=False),
        "csv.gz": lambda: flat.to_csv(path, index=False),
        "parquet": lambda: frame.to_parquet(path),
        "feather": lambda: flat.to_feather(path),
        "pandas": lambda: frame,
        "polars": lambda: pl.from_pandas(flat),
        "arrow": lambda: pa.Table.from_pandas(frame),
    }
    made = sources[kind]()
    read = read_targets(path if made is None else made)
    pd.testing.assert_frame_equal(
        read.frame,
        frame.astype(float),
        check_freq=False,
        check_exact=True,
        check_index_type=False,
    )
    assert read.report.is_clean


def test_a_frame_that_only_offers_the_interchange_protocol_is_read():
    class Foreign:
        def __init__(self, table):
            self._table = table

        def __dataframe__(self, **options):
            return self._table.__dataframe__(**options)

    table = pa.Table.from_pandas(_frame().reset_index(), preserve_index=False)
    assert read_targets(Foreign(table))["A"].tolist() == [1, 2, 3, 4, 5, 6]


def test_every_fault_is_named_with_its_row_and_the_history_refused(tmp_path):
    path = _csv(
        tmp_path,
        "date,A,B",
        "2026-01-01T00:00:00Z,1,2",
        "2026-01-01T00:01:00Z,1,",
        "2026-01-01T00:03:00Z,x,inf",
        "2026-01-01T00:02:00Z,1,1",
        "2026-01-01T00:03:00Z,1,2",
        "2026-01-01T00:06:00Z,0.1,-2",
        "2026-01-01T00:07:30Z,0.1,-2",
        "nonsense,1,2",
        "2026-01-01T00:09:00Z,1,2",
        end="",
    )
    report = check_history(path)
    assert {fault.kind: fault.rows.tolist() for fault in report.faults} == {
        "cut off": [9],
        "time": [8],
        "order": [4],
        "duplicate": [5],
        "off grid": [7],
        "missing": [2],
        "not finite": [3],
        "gap": [3, 6],
    }
    assert report.found("gap").bars == 3
    message = _refused("wishes.csv is not used as it is", path)
    for words in ("row 2 (2026-01-01 00:01 UTC), B", "A: 'x'", "row 8", "'order': 'sort'"):
        assert words in message
    assert "<table" in report._repr_html_()
    assert "row 4" in repr(report)


def test_what_may_be_done_is_said_for_each_kind_and_reported():
    frame = _frame(A=[1, np.nan, 3, 4, 5, 6]).drop(BARS[4])
    read = read_targets(frame, faults={"missing": "forward_fill", "gap": "forward_fill"})
    assert read["A"].tolist() == [1, 1, 3, 4, 4, 6]
    assert [fault.done for fault in read.report.faults] == [
        "filled with what was known before"
    ] * 2
    dropped = read_targets(frame, faults="drop")
    assert dropped["A"].tolist() == [1, 3, 4, 6]
    assert [fault.done for fault in dropped.report.faults] == ["rows dropped"] * 2


def test_one_kind_may_be_dropped_and_another_filled():
    frame = _frame(A=[1, np.nan, np.inf, 4, 5, 6], B=[1, 2, 3, np.nan, 5, 6])
    read = read_targets(frame, faults={"missing": "forward_fill", "not finite": "drop"})
    assert read["A"].tolist() == [1, 1, 4, 5, 6]
    assert read["B"].tolist() == [1, 2, 2, 5, 6]


def test_rows_in_the_wrong_order_are_sorted_only_when_told():
    frame = _frame().iloc[[0, 2, 1, 3, 4, 5]]
    _refused(r"1 × order: row 3", frame)
    _refused(r"1 × order: row 3", frame, faults="forward_fill")
    assert read_targets(frame, faults="sort")["A"].tolist() == [1, 2, 3, 4, 5, 6]
    assert read_targets(frame, faults="drop")["A"].tolist() == [1, 3, 4, 5, 6]


def test_a_time_given_twice_keeps_its_first_row_only_when_told():
    frame = _frame().iloc[[0, 1, 1, 2, 3, 4, 5]]
    _refused(r"1 × duplicate: row 3", frame)
    assert read_targets(frame, faults={"duplicate": "drop"})["A"].tolist() == [1, 2, 3, 4, 5, 6]


def test_nothing_known_before_is_nothing_to_fill_with():
    _refused(
        "nothing known before 2026-01-01 00:00 UTC",
        _frame(A=[np.nan, 2, 3, 4, 5, 6]),
        faults="forward_fill",
    )


def test_a_price_of_zero_is_none_and_a_target_of_zero_is():
    zero = _frame(A=[1.0, 0, 3, 4, 5, 6])
    assert read_targets(zero).report.is_clean
    _refused(r"1 × price: row 2 .*A: 0", zero, read_prices)


def test_times_without_a_zone_are_refused_until_the_zone_is_said():
    bare = _frame().tz_localize(None)
    _refused(r"times without a zone \(row 1: 2026-01-01 00:00:00\)", bare)
    read = read_targets(bare, tz="Asia/Shanghai")
    assert read.frame.index[0] == pd.Timestamp("2025-12-31 16:00", tz="UTC")
    _refused("there is no time zone 'Mars'", bare, tz="Mars")


def test_an_hour_that_clocks_skip_or_repeat_cannot_be_read():
    times = ["2025-03-30T01:30:00", "2025-03-30T02:30:00", "2025-03-30T03:30:00"]
    _refused(r"1 × time: row 2", {"time": times, "A": [1, 2, 3]}, tz="Europe/Berlin")
    times = ["2025-10-26T01:30:00", "2025-10-26T02:30:00", "2025-10-26T03:30:00"]
    _refused(r"1 × time: row 2", {"time": times, "A": [1, 2, 3]}, tz="Europe/Berlin")


@pytest.mark.parametrize("unit", [1, 10**3, 10**6, 10**9])
def test_numbers_since_1970_are_read_in_their_unit(unit):
    stamps = [(1_767_225_600 + 60 * number) * unit for number in range(6)]
    for times in (stamps, [str(stamp) for stamp in stamps]):
        assert read_targets({"ts": times, "A": range(6)}).frame.index.equals(BARS)


@pytest.mark.parametrize("kind", ["parquet", "feather", "csv.gz"])
def test_a_file_cut_off_in_the_middle_is_said_to_be(kind, tmp_path):
    path, whole = tmp_path / f"month.{kind}", BytesIO()
    if kind == "csv.gz":
        whole.write(gzip.compress(_candles(500).to_csv().encode()))
    elif kind == "parquet":
        _candles(500).to_parquet(whole)
    else:
        _candles(500).reset_index().to_feather(whole)
    for share in (0.2, 0.5, 0.99):
        path.write_bytes(whole.getvalue()[: int(len(whole.getvalue()) * share)])
        _refused(f"month.{kind} is cut off in the middle or damaged", path, read_candles)


def test_a_csv_cut_off_in_the_middle_of_a_number_is_not_believed(tmp_path):
    lines = ["time,A", "2026-01-01T00:00Z,1.25", "2026-01-01T00:01Z,1.2"]
    path = _csv(tmp_path, *lines, end="")
    _refused("1 × cut off: row 2", path)
    assert read_targets(path, faults={"cut off": "drop"}, bar="any")["A"].tolist() == [1.25]


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ("is empty", ""),
        ("Expected 2 fields in line 3, saw 3", "time,A\n2026-01-01Z,1\n2026-01-02Z,1,2\n"),
        ("has two columns 'A'", "time,A,A\n2026-01-01Z,1,2\n"),
        ("has no column of times", "A,B\n1,2\n"),
        ("has no rows", "time,A\n"),
        ("has no column of numbers", "time\n2026-01-01Z\n"),
    ],
)
def test_a_file_that_cannot_be_meant_is_one_clear_sentence(words, text, tmp_path):
    path = tmp_path / "wishes.csv"
    path.write_text(text)
    message = _refused(words, path)
    assert "wishes.csv" in message
    assert "\n" not in message


def test_what_is_no_history_at_all_is_refused(tmp_path):
    _refused("there is no file none.csv", tmp_path / "none.csv")
    _refused("must end in .csv, .parquet, .feather, .arrow", tmp_path / "a.xlsx")
    _refused("was int", 5)
    _refused("must hold numbers, was true and false", _frame(A=[True] * 6))
    _refused("faults must be one of refuse, drop, forward_fill, sort", _frame(), faults="guess")
    _refused("there is no 'holes'", _frame(), faults={"holes": "drop"})
    _refused("'duplicate' can be refuse or drop", _frame(), faults={"duplicate": "sort"})
    _refused("bar must be a length of time", _frame(), bar="soon")
    _refused("no column Z", _frame(), columns=["Z"])


def test_a_candle_must_enclose_its_open_and_close():
    candles = _candles()
    candles.loc[BARS[2], "high"] = 100.5
    _refused(r"1 × candle: row 3", candles, read_candles)
    stood = read_candles(candles, faults="forward_fill").frame.loc[BARS[2]]
    assert stood.tolist() == [101, 101, 101, 101, 0]


def test_a_missing_candle_is_filled_as_a_market_that_stood_still():
    filled = read_candles(_candles().drop(BARS[3]), faults={"gap": "forward_fill"})
    assert filled.frame.loc[BARS[3]].tolist() == [102, 102, 102, 102, 0]
    assert "1 before row 4" in repr(filled.report)


def test_funding_is_read_from_its_column_or_from_open_beside_zeros():
    times = pd.date_range("2026-01-01", periods=3, freq="8h", tz="UTC")
    late = times + pd.to_timedelta([0, 5, 12], unit="ms")
    for columns in (
        {"funding_rate": [1e-4, 0, -2e-4]},
        {"open": [1e-4, 0, -2e-4], "high": 0.0, "low": 0.0, "close": 0.0, "volume": 0.0},
    ):
        read = read_funding(pd.DataFrame(columns, index=late))
        assert read["funding_rate"].tolist() == [1e-4, 0, -2e-4]
        assert read.frame.index.tolist() == times.tolist()
        assert read.report.notes == ("2 times rounded to the minute, by at most 12 ms",)


def test_prices_are_not_taken_for_funding_rates():
    _refused("holds candles, not funding rates", _candles(), read_funding)
    opens = pd.DataFrame({"open": [94_000.0, 94_100]}, index=BARS[:2])
    _refused("a funding rate is a fraction, at most 0.2; was 94100", opens, read_funding)


def test_a_settlement_that_is_missing_is_not_made_up():
    times = pd.date_range("2026-01-01", periods=6, freq="8h", tz="UTC").delete(2)
    rates = pd.DataFrame({"rate": 1e-4}, index=times)
    _refused(r"1 × gap \(1 bars\)", rates, read_funding)
    _refused(
        "a settlement that is missing is not filled", rates, read_funding, faults="forward_fill"
    )
    assert len(read_funding(rates, faults={"gap": "drop"})) == 5


def test_symbols_meet_on_the_times_they_have_in_common():
    grid = common_grid({"BTC": _candles(), "ETH": _candles().iloc[1:5]["close"]})
    assert grid.frame.index.equals(BARS[1:5])
    assert list(grid.frame) == ["BTC", "ETH"]
    assert grid.report.notes == ("BTC: 1 rows before and 1 after the common span left out",)


def test_a_bar_that_one_symbol_lacks_is_a_gap_of_the_grid():
    symbols = {"BTC": _candles(), "ETH": _candles().drop(BARS[2])}
    with pytest.raises(nt.InvalidInput, match="ETH at 2026-01-01 00:02 UTC"):
        common_grid(symbols)
    assert len(common_grid(symbols, faults="drop")) == 5
    filled = common_grid(symbols, faults="forward_fill")
    assert filled["ETH"].tolist() == [100, 101, 101, 103, 104, 105]
    with pytest.raises(nt.InvalidInput, match="no time in common"):
        common_grid({"BTC": _candles().iloc[:2], "ETH": _candles().iloc[3:]})


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=2, max_size=30))
def test_numbers_come_back_from_text_to_the_last_bit(tmp_path_factory, numbers):
    path = tmp_path_factory.getbasetemp() / "wishes.csv"
    times = pd.date_range("2026-01-01", periods=len(numbers), freq="min", tz="UTC")
    pd.DataFrame({"A": numbers}, index=times).to_csv(path, index_label="time")
    assert read_targets(path)["A"].tolist() == numbers


@settings(max_examples=80, deadline=None)
@given(
    st.lists(st.integers(0, 12), min_size=1, max_size=16),
    st.lists(st.sampled_from([1.0, 2.0, np.nan, np.inf]), min_size=16, max_size=16),
)
def test_without_filling_every_number_kept_was_in_the_source(minutes, numbers):
    """Whatever is dropped or sorted, what is left stood there, at that time, and times rise."""
    times = pd.Timestamp("2026-01-01", tz="UTC") + pd.to_timedelta(minutes, unit="min")
    frame = pd.DataFrame({"A": numbers[: len(minutes)]}, index=times)
    faults = dict.fromkeys(("duplicate", "off grid", "gap", "missing", "not finite"), "drop")
    try:
        read = read_targets(frame, faults={**faults, "order": "sort"})
    except nt.InvalidInput as error:
        assert "no row that can be used" in str(error)  # noqa: PT017 - nothing else may refuse
        return
    pairs = set(zip(times, numbers, strict=False))
    assert all((time, number) in pairs for time, number in read["A"].items())
    assert read.frame.index.is_monotonic_increasing
    assert read.frame.index.is_unique


@pytest.mark.skipif(not SHARED.is_dir(), reason="the recorded candles are not here")
def test_eight_recorded_symbols_have_43195_minutes_in_common():
    candles = {
        path.name.partition("_")[0]: read_candles(path)
        for path in SHARED.glob("*-1m-futures.feather")
    }
    assert all(one.report.is_clean for one in candles.values())
    assert common_grid(candles).frame.shape == (43_195, 8)
    for path in SHARED.glob("*-funding_rate.feather"):
        rates = read_funding(path)
        assert rates.report.is_clean
        assert (rates.frame.index.minute == 0).all()


def test_a_folder_of_candles_becomes_closes_by_symbol(tmp_path):
    _candles().to_csv(tmp_path / "BTC_USDT_USDT-1m-futures.csv")
    _candles().iloc[1:].to_parquet(tmp_path / "ETHUSDT-1m.parquet")
    (tmp_path / "BTC_USDT_USDT-8h-funding_rate.csv").write_text("not looked at")
    prices = read_folder(tmp_path)
    assert list(prices.frame) == ["BTC/USDT:USDT", "ETHUSDT"]
    assert prices["ETHUSDT"].tolist() == [101, 102, 103, 104, 105]
    with pytest.raises(nt.InvalidInput, match="no candles of minutes"):
        read_folder(tmp_path / "nowhere")
