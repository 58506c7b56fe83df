"""A recorded market is read line by line, rebuilt exactly, and fills only what it traded."""

from bisect import bisect_right
from decimal import Decimal
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from taping import REAL, Taping, wild

from nettools.errors import InvalidInput
from nettools.tape import (
    Grid,
    Levels,
    RecordedBook,
    TapeReader,
    Touch,
    Trade,
    fill_by_quote,
    fill_by_trade,
    is_tape,
    label_of,
    queue_after_level,
    rows,
)
from nettools.tape.events import APPLIED, LEVEL, RESET, TRADE

TICK, STEP = Decimal("0.1"), Decimal("0.001")
BIDS, ASKS = {1000: 5_000, 999: 2_000}, {1001: 4_000, 1002: 1_000}


def _read(path):
    return list(TapeReader(path, TICK, STEP))


def _told(tape, tmp_path):
    return _read(tape.save(tmp_path / "tape.txt"))


def _shown():
    return Taping().snapshot(BIDS, ASKS)


def _compared(events):
    """Count the updates after the snapshot, and those whose touch is the venue's own."""
    touches = [event for event in events if isinstance(event, Touch)]
    numbers = [touch.update for touch in touches]
    book, updates, same, crossed = RecordedBook(), 0, 0, 0
    for event in events:
        if not isinstance(event, Levels):
            continue
        book.apply(event)
        bid, ask = book.best(1), book.best(-1)
        crossed += bid[0] >= ask[0]
        if not event.is_whole:
            updates += 1
            touch = touches[bisect_right(numbers, event.update) - 1]
            same += (*bid, *ask) == touch[2:]
    return updates, same, crossed


# --- the book


@pytest.mark.skipif(not REAL.exists(), reason="the recording is not here")
def test_the_rebuilt_book_is_the_venues_own_touch_at_every_update_of_the_recording():
    reader = TapeReader(REAL, TICK, STEP)
    updates, same, crossed = _compared(list(reader))
    assert (updates, same, crossed, reader.gaps) == (6_547, 6_547, 0, [])


@pytest.mark.parametrize("name", ["tape.gz", "tape.txt"])
def test_the_rebuilt_book_is_the_touch_that_was_told_beside_it(name, tmp_path):
    updates, same, crossed = _compared(_read(wild(7).save(tmp_path / name)))
    assert updates > 100
    assert (same, crossed) == (updates, 0)


def test_one_wrong_level_would_be_seen(tmp_path):
    events = _read(wild(7).save(tmp_path / "tape.gz"))
    broken = [
        event._replace(bids=event.bids[1:]) if isinstance(event, Levels) else event
        for event in events
    ]
    updates, same, _ = _compared(broken)
    assert same < updates


@given(st.integers(0, 999))
@settings(max_examples=15, deadline=None)
def test_the_best_price_is_the_best_of_all_levels(seed):
    rng = Random(seed)  # noqa: S311 - numbers for a test
    book, plain = RecordedBook(), ({}, {})
    for number in range(60):
        sides = [
            [(rng.randint(1, 30), max(0, rng.randint(-3, 5))) for _ in range(rng.randint(0, 6))]
            for _ in plain
        ]
        is_whole = rng.random() < 0.1
        book.apply(Levels(number, number, *sides, is_whole=is_whole))
        for known, changes in zip(plain, sides, strict=True):
            if is_whole:
                known.clear()
            known.update(changes)
        for side, known, best in ((1, plain[0], max), (-1, plain[1], min)):
            shown = {price: lots for price, lots in known.items() if lots}
            price = best(shown, default=None)
            assert book.best(side) == (None if price is None else (price, shown[price]))
            assert all(book.lots_at(side, p) == shown.get(p, 0) for p in range(31))


# --- reading


def test_events_come_in_the_order_received_as_whole_numbers(tmp_path):
    tape = _shown().touch((1000, 5_000), (1001, 4_000)).trade("sell", 1000, 7)
    snapshot, touch, trade, update = _told(tape.depth({1000: 4_993}), tmp_path)
    assert snapshot[2:] == ([*BIDS.items()], [*ASKS.items()], True)
    assert touch[2:] == (1000, 5_000, 1001, 4_000)
    assert trade[1:] == (-1, 1000, 7)
    assert update[1:] == (1_001, [(1000, 4_993)], [], False)
    times = [event.time for event in (snapshot, touch, trade, update)]
    assert times == [tape.time - n * 10**6 for n in (4, 3, 2, 1)]


def test_updates_before_the_snapshot_wait_for_it(tmp_path):
    tape = Taping().depth({1000: 1}).depth({1000: 2}, changes=4)
    tape.update -= 2  # the answer was made in the middle of the second update
    tape.snapshot(BIDS, ASKS)
    tape.update += 2
    events = _told(tape.depth({999: 9}), tmp_path)
    assert [event.bids for event in events] == [[*BIDS.items()], [(1000, 2)], [(999, 9)]]


def test_a_missing_update_empties_the_book_until_the_next_snapshot(tmp_path):
    tape = _shown().depth({1000: 1}).depth({1000: 2}).depth({1000: 3}).trade("buy", 1001, 1)
    del tape.lines[2]
    tape.snapshot({1000: 3}, {1001: 1}).depth({999: 1})
    reader = TapeReader(tape.save(tmp_path / "tape.txt"), TICK, STEP)
    book, seen = RecordedBook(), []
    for event in reader:
        if isinstance(event, Levels):
            book.apply(event)
            seen.append((book.best(1), book.best(-1)))
    assert reader.gaps == [3]
    assert seen[1:3] == [((1000, 1), (1001, 4_000)), (None, None)]
    assert seen[3:] == [((1000, 3), (1001, 1))] * 3


def test_a_missing_update_without_a_later_snapshot_is_said_at_the_end(tmp_path):
    tape = _shown().depth({1000: 1}).depth({1000: 2}).depth({1000: 3})
    del tape.lines[2]
    with pytest.raises(InvalidInput, match=r"tape.txt: .* missing before line 3 and no snap"):
        _told(tape, tmp_path)


def test_a_second_snapshot_is_no_gap(tmp_path):
    tape = _shown().depth({1000: 1}).snapshot({1000: 1}, ASKS).depth({1000: 2})
    reader = TapeReader(tape.save(tmp_path / "tape.txt"), TICK, STEP)
    assert [event.is_whole for event in reader] == [True, False, True, False]
    assert not reader.gaps


def test_a_snapshot_older_than_what_is_known_changes_nothing(tmp_path):
    tape = _shown().depth({1000: 1}).depth({1000: 2})
    tape.update -= 1
    tape.snapshot({1: 1}, {2: 2})
    tape.update += 1
    assert [event.is_whole for event in _told(tape, tmp_path)] == [True, False, False]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("hello\n", "line 2: the line is damaged"),
        ('17231612550000 {"e":"tr', "line 2: the line is cut off"),
        ("17231612550000 [1]\n", "line 2: a line must be a receive time in ns"),
        ('-5 {"e":"trade"}\n', "line 2: a line must be a receive time in ns"),
        ('5 {"data":{"e":"trade","p":"1"}}\n', "line 2: the event has no 's'"),
        ('5 {"data":7}\n', "line 2: the event cannot be read"),
        (
            '5 {"e":"trade","s":"BTCUSDT","p":"1.05","q":"1","m":true}\n',
            "line 2: a price must be a multiple of 0.1, was '1.05'",
        ),
        (
            '5 {"e":"trade","s":"BTCUSDT","p":"1","q":"NaN","m":true}\n',
            "line 2: a quantity must be a number as text, was 'NaN'",
        ),
        (
            '5 {"e":"trade","s":"BTCUSDT","p":"-1","q":"1","m":true}\n',
            "line 2: a price must be a multiple of 0.1, was '-1'",
        ),
    ],
)
def test_a_line_that_cannot_be_right_is_named_by_its_number(line, said, tmp_path):
    path = _shown().save(tmp_path / "tape.txt")
    with path.open("a") as file:
        file.write(line)
    with pytest.raises(InvalidInput, match="tape.txt, " + said.replace("[", r"\[")):
        _read(path)


def test_a_recording_of_two_symbols_is_refused(tmp_path):
    tape = _shown().depth({1000: 1})
    tape.lines += Taping("ETHUSDT").trade("buy", 1001, 1).lines
    with pytest.raises(InvalidInput, match=r"line 3: .* of one symbol, was of BTCUSDT and ETH"):
        _told(tape, tmp_path)


def test_a_file_cut_off_while_it_was_written_plays_up_to_there(tmp_path):
    path = wild(3, 5).save(tmp_path / "tape.gz")
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    read = []
    with pytest.raises(InvalidInput, match=r"line \d+: the file is cut off or damaged here"):
        read.extend(TapeReader(path, TICK, STEP))
    for event in TapeReader(path, TICK, STEP):
        read.append(event)
        if len(read) > 100:
            break
    assert len(read) > 100


def test_a_line_longer_than_any_answer_is_refused_unread(tmp_path, monkeypatch):
    monkeypatch.setattr("nettools.tape.reading.LONGEST_LINE", 200)
    with pytest.raises(InvalidInput, match="line 1: a line must be shorter than 200 bytes"):
        _told(Taping().snapshot(dict.fromkeys(range(900, 999), 1), ASKS), tmp_path)


def test_updates_without_any_snapshot_are_refused(tmp_path, monkeypatch):
    tape = Taping().depth({1000: 1}).depth({1000: 2}).depth({1000: 3})
    with pytest.raises(InvalidInput, match="has no snapshot"):
        _told(tape, tmp_path)
    monkeypatch.setattr("nettools.tape.reading.MOST_WAITING", 2)
    with pytest.raises(InvalidInput, match="line 3: 2 depth updates came without a snapshot"):
        _told(tape, tmp_path)


@pytest.mark.parametrize("content", [b"", b"\x1f\x8b"])
def test_an_empty_file_is_refused(content, tmp_path):
    path = tmp_path / "tape.gz"
    path.write_bytes(content)
    with pytest.raises(InvalidInput, match=r"tape\.gz.*(empty|cut off)"):
        _read(path)


def test_a_missing_file_is_said():
    with pytest.raises(InvalidInput, match=r"there is no file nowhere\.gz to replay"):
        TapeReader("nowhere.gz", TICK, STEP)


def test_the_clock_that_was_set_back_does_not_turn_events_around(tmp_path):
    tape = _shown().depth({1000: 1}).wait(-5).depth({1000: 2}).wait(9).depth({1000: 3})
    events = _told(tape, tmp_path)
    assert [event.bids for event in events[1:]] == [[(1000, 1)], [(1000, 2)], [(1000, 3)]]
    assert [event.time for event in events] == sorted(event.time for event in events)


def test_liquidations_and_other_streams_are_no_trades(tmp_path):
    tape = _shown().trade("buy", 1001, 5)
    tape.lines[1] = tape.lines[1].replace('"MARKET"', '"INSURANCE_FUND"')
    tape.lines.append(f'{tape.time} {{"result":null,"id":1}}\n')
    tape.lines.append(f'{tape.time} {{"data":{{"e":"markPriceUpdate","p":"x"}}}}\n')
    assert len(_told(tape, tmp_path)) == 1


def test_a_label_tells_symbol_and_grids(tmp_path):
    path = wild(7, 2).save(tmp_path / "some.gz")
    label = label_of(path)
    assert label[:3] == ("BTCUSDT", TICK, STEP)
    assert 59_000 < label.price < 61_000
    assert is_tape(path)
    assert not is_tape(tmp_path / "nothing.gz")
    with pytest.raises(InvalidInput, match="no snapshot"):
        label_of(Taping().trade("buy", 1, 1).save(tmp_path / "bare.gz"))


def test_a_candle_file_is_no_tape(tmp_path):
    path = tmp_path / "BTC.csv"
    path.write_text("date,open\n2024-01-01,5\n")
    assert not is_tape(path)


def test_rows_hold_the_same_events_as_plain_numbers(tmp_path):
    events = _told(_shown().depth({1000: 0}, {1003: 4}).trade("buy", 1001, 5), tmp_path)
    flat = [row[1:] for row in rows(events)]
    assert flat[0] == (RESET, 0, 0, 0)
    assert flat[1:5] == [
        *((LEVEL, 1, p, n) for p, n in BIDS.items()),
        *((LEVEL, -1, p, n) for p, n in ASKS.items()),
    ]
    assert flat[5:] == [
        (APPLIED, 0, 0, 0),
        (LEVEL, 1, 1000, 0),
        (LEVEL, -1, 1003, 4),
        (APPLIED, 0, 0, 0),
        (TRADE, 1, 1001, 5),
    ]


def test_a_grid_forgets_and_still_reads_the_same(monkeypatch):
    monkeypatch.setattr("nettools.tape.events._KEPT", 3)
    grid = Grid(TICK, "a price")
    assert [grid[f"{n}.5"] for n in range(9)] == [10 * n + 5 for n in range(9)]
    assert len(grid) <= 3


# --- the queue


SIDES = st.sampled_from([1, -1])
LOTS = st.integers(1, 50)
PRICES = st.integers(95, 105)


def test_a_trade_uses_up_the_queue_before_the_order():
    assert fill_by_trade(1, 100, 30, 10, (-1, 100, 20)) == (10, 0)
    assert fill_by_trade(1, 100, 10, 10, (-1, 100, 10)) == (0, 0)
    assert fill_by_trade(1, 100, 10, 10, (-1, 100, 14)) == (0, 4)
    assert fill_by_trade(1, 100, 0, 10, (-1, 100, 14)) == (0, 10)


def test_a_trade_through_the_price_fills_no_more_than_it_traded():
    assert fill_by_trade(1, 100, 30, 10, (-1, 99, 4)) == (0, 4)
    assert fill_by_trade(-1, 100, 30, 10, (1, 101, 400)) == (0, 10)


def test_a_trade_away_from_the_price_or_by_the_same_side_is_nothing_to_it():
    assert fill_by_trade(1, 100, 30, 10, (-1, 101, 400)) == (30, 0)
    assert fill_by_trade(1, 100, 30, 10, (1, 99, 400)) == (30, 0)


def test_who_stands_ahead_is_never_taken_to_have_left_early():
    assert queue_after_level(30, 50) == 30
    assert queue_after_level(30, 12) == 12
    assert queue_after_level(30, 0) == 0


def test_the_other_side_at_the_price_meets_the_order_once():
    assert fill_by_quote(1, 100, 10, 101, 99) == 0
    assert fill_by_quote(1, 100, 10, 100, 4) == 4
    assert fill_by_quote(-1, 100, 10, 100, 40) == 10
    assert fill_by_quote(-1, 100, 10, 99, 40) == 0


@given(
    SIDES,
    st.lists(st.tuples(PRICES, st.integers(0, 60), LOTS), min_size=1, max_size=6),
    st.tuples(SIDES, PRICES, st.integers(1, 90)),
)
def test_orders_that_share_a_trade_never_get_more_than_it_traded(side, orders, trade):
    taker, price, left = trade
    best_first = sorted(orders, key=lambda order: -order[0] * side)
    for own, ahead, lots in best_first:
        after, filled = fill_by_trade(side, own, ahead, lots, (taker, price, left))
        assert 0 <= filled <= min(lots, left)
        assert 0 <= after <= ahead
        assert filled == 0 or after == 0
        assert filled == 0 or (taker == -side and (own - price) * side >= 0)
        left -= filled
    assert left >= 0


@given(SIDES, PRICES, st.integers(0, 60), LOTS, st.tuples(SIDES, PRICES, LOTS))
@settings(max_examples=50)
def test_a_longer_queue_never_fills_more(side, price, ahead, lots, trade):
    _, shorter = fill_by_trade(side, price, ahead, lots, trade)
    _, longer = fill_by_trade(side, price, ahead + 1, lots, trade)
    assert longer <= shorter


@given(SIDES, PRICES, st.integers(0, 60), LOTS, st.tuples(SIDES, PRICES, LOTS))
@settings(max_examples=30, deadline=None)
def test_the_rule_compiles_unchanged(side, price, ahead, lots, trade):
    numba = pytest.importorskip("numba")
    for rule, arguments in (
        (fill_by_trade, (side, price, ahead, lots, trade)),
        (queue_after_level, (ahead, lots)),
        (fill_by_quote, (side, price, lots, trade[1], trade[2])),
    ):
        compiled = _COMPILED.setdefault(rule.__name__, numba.njit(rule))
        assert compiled(*arguments) == rule(*arguments)


_COMPILED = {}


def test_trades_are_what_the_taker_did(tmp_path):
    events = _told(_shown().trade("sell", 1000, 5).trade("buy", 1001, 6), tmp_path)
    assert [e[1:] for e in events if isinstance(e, Trade)] == [(-1, 1000, 5), (1, 1001, 6)]
