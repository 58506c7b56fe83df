"""The seeded market: it moves, it is deep enough, and it is the same for the same seed."""

from collections import Counter
from datetime import timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from exchange import buy, sell
from hypothesis import given, settings
from hypothesis import strategies as st
from makers import BTC, ETH, NOW, btc, d, leg

from nettools.errors import InvalidInput
from nettools.model import Liquidity, Side
from nettools.testnet.book import Tape
from nettools.testnet.candles import Bar, CandleLog
from nettools.testnet.crowd import INTEREST, LEVELS
from nettools.testnet.engine import Engine
from nettools.testnet.instruments import INSTRUMENTS, START_PRICES, instrument_for
from nettools.testnet.market import Market
from nettools.testnet.stage import minute_of

SYMBOLS = [instrument.symbol for instrument in INSTRUMENTS]


def _market(seed=7, instruments=INSTRUMENTS, now=NOW):
    engine = Engine(instruments)
    return engine, Market(engine, seed, now)


def _path(seed, seconds=30, trade=None, instruments=INSTRUMENTS):
    engine, market = _market(seed, instruments)
    marks = []
    for _ in range(seconds):
        market.advance(1, NOW)
        marks.append(engine.mark_price(BTC))
        if trade is not None:
            engine.place(trade, NOW)
    return marks


# --- liquidity


@pytest.mark.parametrize("symbol", SYMBOLS)
def test_every_book_has_fifty_levels_a_side_around_its_start_price_at_once(symbol):
    engine, _ = _market()
    bids, asks = engine.depth(symbol, 100)
    tick = engine.instruments[symbol].tick_size
    assert len(bids) == len(asks) == LEVELS
    assert bids[0][0] <= START_PRICES[symbol] <= asks[0][0]
    assert asks[0][0] - bids[0][0] <= 2 * tick
    assert all(price % tick == 0 and quantity > 0 for price, quantity in bids + asks)
    assert engine.mark_price(symbol) == START_PRICES[symbol]


@given(st.integers(0, 10**6), st.sampled_from(Side), st.integers(0, 120))
@settings(max_examples=15, deadline=None)
def test_a_market_order_of_one_and_a_half_btc_fills_within_five_bps(seed, side, seconds):
    engine, market = _market(seed, INSTRUMENTS[:1])
    market.advance(seconds, NOW)
    mid = engine.quote(BTC, NOW).mid
    order = buy("1.5") if side is Side.BUY else sell("1.5")
    record = engine.place(order, NOW)
    assert record.filled == d("1.5")
    assert abs(record.average_price / mid - 1) < d("0.0005")


def test_what_the_trader_takes_stays_taken_until_the_market_moves():
    engine, market = _market()
    before = engine.depth(BTC)[1]
    engine.place(buy("1.5"), NOW)
    market.advance(0, NOW)
    assert sum(q for _, q in engine.depth(BTC)[1]) == sum(q for _, q in before) - d("1.5")
    market.advance(1, NOW)
    bids, asks = engine.depth(BTC)
    assert asks[0][0] - bids[0][0] <= d("0.2")
    assert len(asks) == LEVELS


def test_a_price_that_moves_through_a_resting_order_fills_it_as_maker():
    engine, market = _market()
    record = engine.place(buy("0.5", "99980"), NOW)
    for _ in range(3600):
        market.advance(1, NOW)
        if not engine.find(BTC, order_id=record.order_id).is_open:
            break
    fills = engine.fills(BTC)
    assert engine.position(leg()).quantity == d("0.5")
    assert {fill.liquidity for fill in fills} == {Liquidity.MAKER}
    assert {fill.price for fill in fills} == {d(99980)}


def test_small_takers_fill_an_order_at_the_touch_in_parts():
    engine, market = _market(instruments=[instrument_for("XRP/USDT:USDT", d("2.2"))])
    symbol = "XRP/USDT:USDT"
    parts = Counter()
    for number in range(60):
        touch = engine.depth(symbol, 1)[0][0][0]
        order = buy("9000", str(touch), symbol=symbol, id=f"t{number}")
        order_id = engine.place(order, NOW).order_id
        market.advance(2, NOW)
        record = engine.find(symbol, order_id=order_id)
        parts["some" if 0 < record.filled < 9000 else "all or none"] += 1
        engine.cancel_all(symbol, NOW)
    assert parts["some"] >= 3


# --- the path


@given(st.integers(0, 10**9))
@settings(max_examples=5, deadline=None)
def test_the_same_seed_gives_the_same_market_and_another_seed_another(seed):
    assert _path(seed) == _path(seed)
    assert _path(seed) != _path(seed + 1)


def test_the_trader_cannot_change_the_future_by_trading():
    assert _path(7, trade=buy("0.5", id="")) == _path(7)


def test_a_symbol_moves_the_same_whatever_else_is_traded():
    assert _path(7, instruments=INSTRUMENTS[:1]) == _path(7)


def test_one_long_advance_is_many_short_ones():
    long, short = _market(), _market()
    assert long[1].advance(90, NOW) == 90
    for _ in range(90):
        short[1].advance(1, NOW)
    assert long[0].depth(BTC) == short[0].depth(BTC)
    assert long[1].time == short[1].time == NOW + timedelta(seconds=90)


def test_the_market_stands_still_when_nobody_advances_it():
    engine, market = _market()
    before = engine.depth(BTC), engine.sequence
    assert market.advance(0, NOW) == 0
    assert (engine.depth(BTC), engine.sequence) == before
    assert not market.is_finished


def test_prices_move_about_as_much_as_in_2025_and_mostly_together():
    engine, market = _market()
    closes = {
        symbol: [
            float(candle.close)
            for candle in market.candles(symbol, minutes=1, limit=1500, now=NOW)
        ]
        for symbol in SYMBOLS
    }
    moves = {s: [b / a - 1 for a, b in pairwise(prices)] for s, prices in closes.items()}
    for symbol in SYMBOLS:
        deviation = (sum(r * r for r in moves[symbol]) / len(moves[symbol])) ** 0.5
        assert 3e-4 < deviation < 2e-3
    both = [(a > 0) == (b > 0) for a, b in zip(moves[BTC], moves[ETH], strict=True)]
    assert sum(both) / len(both) > 0.6
    assert engine.position(leg()).quantity == 0


@given(st.integers(0, 10**6))
@settings(max_examples=5, deadline=None)
def test_the_book_is_never_crossed_and_the_mark_stays_near_the_touch(seed):
    engine, market = _market(seed)
    for _ in range(20):
        market.advance(3, NOW)
        for symbol in SYMBOLS:
            quote = engine.quote(symbol, NOW)
            assert quote.bid < quote.ask
            assert abs(quote.mark_price / quote.mid - 1) < d("0.005")


# --- candles


@pytest.mark.parametrize("minutes", [1, 5, 60])
def test_candles_are_there_at_once_and_the_newest_is_the_current_one(minutes):
    _, market = _market()
    now = NOW + timedelta(minutes=17, seconds=42)
    candles = market.candles(BTC, minutes=minutes, limit=24, now=now)
    step = timedelta(minutes=minutes)
    assert len(candles) == 24
    assert candles[-1].open_time <= now < candles[-1].open_time + step
    assert all(b.open_time - a.open_time == step for a, b in pairwise(candles))
    assert int(candles[-1].open_time.timestamp()) % (60 * minutes) == 0
    for candle in candles:
        assert candle.low <= min(candle.open, candle.close)
        assert candle.high >= max(candle.open, candle.close)


def test_five_hundred_minutes_are_there_before_the_first_second():
    _, market = _market()
    assert len(market.candles(BTC, minutes=1, limit=500, now=NOW)) == 500


def test_the_last_day_is_one_candle_of_all_its_minutes():
    _, market = _market()
    minutes = market.candles(BTC, minutes=1, limit=1440, now=NOW)
    day = market.day(BTC, NOW)
    assert (day.open, day.close) == (minutes[0].open, minutes[-1].close)
    assert (day.high, day.low) == (max(m.high for m in minutes), min(m.low for m in minutes))
    assert day.quantity == sum(minute.quantity for minute in minutes)
    assert day.open_time == NOW - timedelta(days=1)


def test_the_past_ends_where_the_market_begins():
    _, market = _market()
    past, current = market.candles(BTC, minutes=1, limit=2, now=NOW)
    assert past.close == current.open == START_PRICES[BTC]


def test_the_current_candle_follows_what_is_traded_here():
    engine, market = _market()
    market.advance(5, NOW)
    ask = engine.depth(BTC, 1)[1][0][0]
    engine.place(buy("10"), NOW)
    market.advance(1, NOW)
    candle = market.candles(BTC, minutes=1, limit=1, now=NOW)[0]
    assert candle.quantity > 10
    assert candle.high > ask
    assert candle.close == engine.last_price(BTC)


def test_a_minute_of_market_time_is_a_candle_at_any_speed():
    _, market = _market()
    market.advance(600, NOW)
    eleven = market.candles(BTC, minutes=1, limit=11, now=NOW)
    assert [candle.open_time for candle in eleven][-1] == NOW
    assert all(candle.count >= 120 for candle in eleven[:-1])
    assert minute_of(market.time) == minute_of(NOW) + 10


def test_longer_candles_are_made_of_the_shorter_ones():
    log = CandleLog(btc(), [Bar(m, m, m + 3, m - 2, m + 1, 1, m) for m in range(100, 110)])
    (five,) = log.candles(minutes=5, limit=1, now=NOW)
    assert (five.open, five.high, five.low, five.close) == (d("10.5"), d("11.2"), d("10.3"), 11)
    assert five.quantity == d("0.005")
    day = log.day(NOW)
    assert (day.open, day.high, day.low, day.close) == (10, d("11.2"), d("9.8"), 11)
    assert day.open_time == NOW - timedelta(minutes=10)


def test_a_second_without_executions_leaves_the_candle_alone():
    log = CandleLog(btc())
    log.add(7, Tape())
    log.begin(7, 100)
    before = log.candles(minutes=1, limit=9, now=NOW)
    log.add(7, Tape(last=100))
    assert log.candles(minutes=1, limit=9, now=NOW) == before


# --- mark, index, funding


def test_funding_is_the_interest_while_mark_and_index_agree_and_stays_near_it():
    engine, market = _market()
    assert market.index_price(BTC) == engine.mark_price(BTC)
    assert market.funding_rate(BTC) == INTEREST
    market.advance(120, NOW)
    assert abs(market.funding_rate(BTC)) < d("0.01")


# --- bad input


def test_an_unknown_symbol_and_a_symbol_without_a_price_are_named():
    _, market = _market()
    with pytest.raises(InvalidInput, match="was 'PEPE/USDT:USDT'"):
        market.index_price("PEPE/USDT:USDT")
    engine = Engine([instrument_for("PEPE/USDT:USDT", d("0.2"))])
    with pytest.raises(InvalidInput, match="price above zero is needed for PEPE"):
        Market(engine, 7, NOW)
    assert Market(engine, 7, NOW, {"PEPE/USDT:USDT": d("0.2")}).advance(3, NOW) == 3


def test_time_does_not_run_backward():
    _, market = _market()
    with pytest.raises(InvalidInput, match="seconds must be zero or more, was -1"):
        market.advance(-1, NOW)


@pytest.mark.parametrize(
    ("price", "tick", "step"),
    [("0.2", "0.000001", "1"), ("35", "0.0001", "0.1"), ("61000", "0.1", "0.0001")],
)
def test_an_unknown_symbol_gets_grids_that_suit_its_price(price, tick, step):
    rules = instrument_for("NEW/USDT:USDT", d(price))
    assert (rules.tick_size, rules.step_size) == (d(tick), d(step))
    assert rules.min_quantity * d(price) < Decimal(10)
