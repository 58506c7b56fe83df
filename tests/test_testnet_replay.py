"""Recorded candles move the market; files that cannot be right are refused by row."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pandas as pd
import pytest
from exchange import buy
from hypothesis import given, settings
from hypothesis import strategies as st
from makers import BTC, ETH, NOW, btc, d, eth, leg

from nettools.errors import InvalidInput
from nettools.model import OrderState
from nettools.testnet.engine import Engine
from nettools.testnet.history import read_history, symbol_of
from nettools.testnet.replay import Replay, instruments_of

REAL = Path(__file__).parents[2] / "shared" / "data" / "binance_usdm_1m"
START = datetime(2025, 5, 4, 12, tzinfo=UTC)
UP = (100_000.0, 100_050.0, 99_990.0, 100_040.0, 6.0)
DOWN = (100_040.0, 100_060.0, 99_900.0, 99_910.0, 6.0)


def _frame(*rows, start=START):
    frame = pd.DataFrame(rows, columns=["open", "high", "low", "close", "volume"])
    frame.insert(0, "date", pd.date_range(start, periods=len(rows), freq="min"))
    return frame


def _replay(frames, history=0, now=NOW):
    series = read_history(frames)
    engine = Engine([{BTC: btc(), ETH: eth()}[symbol] for symbol in series])
    return engine, Replay(engine, series, 7, now, history=history)


# --- playing


@pytest.mark.parametrize(
    ("row", "order"), [(UP, ("open", "low", "high", "close")), (DOWN, ("open", "high", "low"))]
)
def test_a_minute_runs_through_its_extremes_in_order(row, order):
    engine, replay = _replay({BTC: _frame(row)})
    bids = []
    for _ in range(60):
        replay.advance(1, NOW)
        bids.append(float(engine.depth(BTC, 1)[0][0][0]))
    wanted = dict(zip(("open", "high", "low", "close"), row[:4], strict=True))
    seconds = [bids.index(wanted[name]) for name in order]
    assert seconds == sorted(seconds)
    assert (bids[0], bids[59]) == (row[0], row[3])
    assert (max(bids), min(bids)) == (row[1], row[2])


def test_the_candles_shown_are_those_of_the_file():
    engine, replay = _replay({BTC: _frame(UP, DOWN)})
    replay.advance(120, NOW)
    first, second = replay.candles(BTC, minutes=1, limit=9, now=NOW)
    for candle, row in ((first, UP), (second, DOWN)):
        shown = (candle.open, candle.high, candle.low, candle.close)
        assert all(
            abs(float(p) - wanted) <= 0.3 for p, wanted in zip(shown, row[:4], strict=True)
        )
        assert 6 <= candle.quantity < 12
    assert engine.last_price(BTC) == second.close


def test_an_order_below_the_market_is_filled_when_the_candle_falls_through_it():
    engine, replay = _replay({BTC: _frame(UP, DOWN)})
    order_id = engine.place(buy("0.7", "99950"), NOW).order_id
    replay.advance(60, NOW)
    assert engine.find(BTC, order_id=order_id).is_open
    replay.advance(60, NOW)
    record = engine.find(BTC, order_id=order_id)
    assert (record.state, record.average_price) == (OrderState.FILLED, 99_950)
    assert engine.position(leg()).quantity == d("0.7")


def test_at_the_end_it_stands_still_and_says_so():
    engine, replay = _replay({BTC: _frame(UP, DOWN)})
    assert replay.advance(119, NOW) == 119
    assert not replay.is_finished
    assert replay.advance(60, NOW) == 1
    assert replay.is_finished
    before = engine.depth(BTC), replay.time
    assert replay.advance(60, NOW) == 0
    assert (engine.depth(BTC), replay.time) == before


def test_a_minute_without_a_row_holds_the_last_price():
    frame = _frame(UP, DOWN, DOWN, UP, UP).drop(index=[2])
    engine, replay = _replay({BTC: frame})
    replay.advance(120, NOW)
    for _ in range(60):
        replay.advance(1, NOW)
        assert engine.depth(BTC, 1)[0][0][0] == d("99910.0")


def test_several_symbols_play_the_minutes_they_have_in_common():
    price = (3500.0, 3510.0, 3490.0, 3505.0, 9.0)
    late = _frame(price, price, start=START + timedelta(minutes=1))
    engine, replay = _replay({BTC: _frame(UP, DOWN), ETH: late})
    assert replay.data_time == START + timedelta(minutes=1)
    assert engine.quote(BTC, NOW).bid == d("100040.0")
    assert replay.advance(1000, NOW) == 60
    assert engine.quote(ETH, NOW).bid == 3505


def test_the_front_of_the_data_is_shown_as_the_past():
    rows = [(p, p + 5, p - 5, p, 3.0) for p in (100_000.0 + n for n in range(10))]
    engine, replay = _replay({BTC: _frame(*rows)}, history=4)
    assert replay.data_time == START + timedelta(minutes=4)
    past = replay.candles(BTC, minutes=1, limit=500, now=NOW)
    assert [float(candle.close) for candle in past] == [100_000.0 + n for n in (0, 1, 2, 3, 4)]
    assert [candle.quantity for candle in past] == [3, 3, 3, 3, 0]
    assert past[-1].open_time == NOW
    assert engine.quote(BTC, NOW).bid == 100_004
    assert replay.advance(10_000, NOW) == 6 * 60


def test_a_short_file_is_played_whole():
    _, replay = _replay({BTC: _frame(UP, DOWN)}, history=500)
    assert replay.advance(1000, NOW) == 120


def test_each_row_is_one_candle_even_when_started_within_a_minute():
    _, replay = _replay({BTC: _frame(UP, DOWN, UP)}, now=NOW + timedelta(seconds=41))
    replay.advance(180, NOW)
    candles = replay.candles(BTC, minutes=1, limit=9, now=NOW)
    for candle, close in zip(candles, (100_040, 99_910, 100_040), strict=True):
        assert abs(candle.close - close) <= d("0.3")


walks = st.lists(st.integers(-300, 300), min_size=1, max_size=3)


@given(walks, st.integers(0, 99))
@settings(max_examples=8, deadline=None)
def test_the_path_never_leaves_the_candle_and_the_same_seed_plays_the_same(moves, seed):
    rows, price = [], 100_000.0
    for move in moves:
        close = price + move
        rows.append((price, max(price, close) + 7, min(price, close) - 7, close, 1.0))
        price = close
    series = read_history({BTC: _frame(*rows)})
    seen = []
    for _ in range(2):
        engine = Engine([btc()])
        replay, books = Replay(engine, series, seed, NOW, history=0), []
        for second in range(60 * len(rows)):
            replay.advance(1, NOW)
            bid = float(engine.depth(BTC, 1)[0][0][0])
            _, high, low, _, _ = rows[second // 60]
            assert low - 0.1 <= bid <= high
            books.append(engine.depth(BTC, 5))
        seen.append(books)
    assert seen[0] == seen[1]


# --- reading


@pytest.mark.parametrize(
    ("name", "symbol"),
    [
        ("BTC_USDT_USDT-1m-futures.feather", BTC),
        ("somewhere/ETH_USDT_USDT-1m.parquet", ETH),
        ("BTCUSDT-1m-2025-05.csv", BTC),
        ("eth_usdt.csv", ETH),
        ("1000PEPEUSDT.csv", "1000PEPE/USDT:USDT"),
    ],
)
def test_the_symbol_is_read_from_the_file_name(name, symbol):
    assert symbol_of(name) == symbol


def test_a_file_named_after_no_symbol_is_refused():
    with pytest.raises(InvalidInput, match=r"cannot tell the symbol from .* 'prices\.csv'"):
        symbol_of("prices.csv")


@pytest.mark.parametrize("kind", ["feather", "parquet", "csv"])
def test_feather_parquet_and_csv_read_the_same(tmp_path, kind):
    frame = _frame(UP, DOWN)
    path = tmp_path / f"BTC_USDT_USDT-1m-futures.{kind}"
    if kind == "csv":
        frame.to_csv(path, index=False)
    else:
        getattr(frame, f"to_{kind}")(path)
    assert read_history([path])[BTC].rows == read_history({BTC: frame})[BTC].rows


def test_times_may_be_milliseconds_or_text():
    frame = _frame(UP, DOWN)
    millis = frame.assign(date=[int(t.timestamp() * 1000) for t in frame["date"]])
    text = frame.assign(date=["2025-05-04 12:00", "2025-05-04 12:01"])
    rows = read_history({BTC: frame})[BTC].rows
    assert read_history({BTC: millis})[BTC].rows == rows
    assert read_history({BTC: text})[BTC].rows == rows


def _with(column, row, value):
    frame = _frame(UP, DOWN, DOWN).astype({column: object})
    frame.loc[row, column] = value
    return frame


WRONG = [
    (_frame(UP).drop(columns=["low", "volume"]), "missing: low, volume"),
    (_frame(UP).iloc[:0], "has no rows"),
    (_with("close", 1, float("nan")), "row 2: close must be a number, was nan"),
    (_with("close", 1, "abc"), "row 2: close must be a number, was abc"),
    (_with("high", 2, float("inf")), "row 3: high must be a number, was inf"),
    (_with("low", 1, 0.0), "row 2: low must be above zero, was 0.0"),
    (_with("low", 1, -5.0), "row 2: low must be above zero, was -5.0"),
    (_with("high", 1, 1e12), "row 2: high must be below a billion"),
    (_with("volume", 1, -1.0), "row 2: volume must not be negative"),
    (_with("high", 1, 99_900.5), "row 2: open must lie between low and high, was 100040.0"),
    (_with("date", 1, "soon"), "row 2: date must be a time, was soon"),
    (_with("date", 2, START + timedelta(minutes=1)), "row 3: date must not repeat a minute"),
    (_with("date", 2, START - timedelta(days=1)), "row 3: date must be after the row before"),
    (_frame(UP, DOWN, UP).assign(date=pd.date_range(START, periods=3, freq="5min")), "5 min"),
]


@pytest.mark.parametrize(("frame", "sentence"), WRONG, ids=[text for _, text in WRONG])
def test_a_frame_that_cannot_be_right_is_refused_with_its_row(frame, sentence):
    with pytest.raises(InvalidInput, match=sentence) as refused:
        read_history({BTC: frame})
    assert "the frame of BTC/USDT:USDT" in str(refused.value)


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("BTCUSDT.feather", None, "there is no file"),
        ("BTCUSDT.feather", b"", "BTCUSDT.feather is empty"),
        ("BTCUSDT.feather", b"not arrow at all", "cannot be read as feather"),
        ("BTCUSDT.parquet", b"not parquet at all", "cannot be read as parquet"),
        ("BTCUSDT.csv", b"\xff\xfe\x00\x01,\x00\n", "cannot be read as csv"),
        ("BTCUSDT.xlsx", b"x", "must end in .feather, .parquet or .csv"),
    ],
    ids=["missing", "empty", "feather", "parquet", "csv", "kind"],
)
def test_a_file_that_cannot_be_read_is_refused_by_name(tmp_path, name, content, sentence):
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InvalidInput, match=sentence):
        read_history([path])


def test_no_file_and_the_same_symbol_twice_are_refused(tmp_path):
    with pytest.raises(InvalidInput, match="at least one file"):
        read_history([])
    path = tmp_path / "BTCUSDT.csv"
    _frame(UP).to_csv(path, index=False)
    with pytest.raises(InvalidInput, match="two files"):
        read_history([path, path])


def test_other_symbols_or_no_common_minute_or_another_symbols_prices_are_refused():
    series = read_history({BTC: _frame(UP)})
    with pytest.raises(InvalidInput, match="exactly the symbols"):
        Replay(Engine([btc(), eth()]), series, 7, NOW)
    later = read_history({BTC: _frame(UP), ETH: _frame(UP, start=START + timedelta(days=1))})
    with pytest.raises(InvalidInput, match="no minute in common"):
        Replay(Engine([btc(), eth()]), later, 7, NOW)
    cheap = read_history({BTC: _frame((2.0, 2.1, 1.9, 2.0, 1.0))})
    with pytest.raises(InvalidInput, match=r"price of 1\.9, which cannot be BTC/USDT:USDT"):
        Replay(Engine([btc()]), cheap, 7, NOW)


@pytest.mark.skipif(not REAL.is_dir(), reason="the recorded candles are not here")
def test_recorded_btc_and_eth_play_ten_minutes_as_they_happened():
    series = read_history(sorted(REAL.glob("[BE]T*-1m-futures.feather")))
    engine = Engine(instruments_of(series))
    replay = Replay(engine, series, 7, NOW)
    first = int(replay.data_time.timestamp()) // 60
    assert replay.advance(600, NOW) == 600
    for symbol, one in series.items():
        shown = replay.candles(symbol, minutes=1, limit=10, now=NOW)
        assert all(
            b.open_time - a.open_time == timedelta(minutes=1) for a, b in pairwise(shown)
        )
        tick = float(engine.instruments[symbol].tick_size)
        for number, candle in enumerate(shown):
            row = one.rows[first + number]
            assert abs(float(candle.high) - row.high) <= 3 * tick
            assert abs(float(candle.low) - row.low) <= 3 * tick
            assert abs(float(candle.close) - row.close) <= 3 * tick
