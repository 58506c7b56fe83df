"""A recorded order book is replayed: it looks as it did, and fills only what it traded."""

import asyncio
from bisect import bisect_right
from datetime import timedelta
from itertools import count
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from makers import BTC, NOW, d, leg
from stepped import Rig
from taping import REAL, START, Taping, wild

from nettools.errors import InvalidInput, OrderRejected
from nettools.model import Liquidity, Order, OrderState, PositionMode, PositionSide, Side
from nettools.tape import (
    Levels,
    RecordedBook,
    Touch,
    Trade,
    fill_by_quote,
    fill_by_trade,
    queue_after_level,
)
from nettools.testnet.engine import Engine
from nettools.testnet.incidents import IncidentEngine
from nettools.testnet.opening import open_exchange
from nettools.testnet.pump import Pump
from nettools.testnet.settings import Settings
from nettools.testnet.taped import Recording, TapeMarket, open_recording, tape_among
from nettools.venues.memory import MemoryVenue

BIDS, ASKS = {600_000: 5_000, 599_999: 2_000}, {600_001: 4_000, 600_002: 1_000}
MODES = [PositionMode.ONE_WAY, PositionMode.HEDGE]
NUMBERS = count(1)


def _tape():
    return Taping().snapshot(BIDS, ASKS)


class Pit:
    """An engine, a tape on it, and a trader who reads ticks and lots."""

    def __init__(self, tape, path, mode=PositionMode.ONE_WAY, kind=Engine):
        self.recording = open_recording(tape.save(path / "tape.txt"))
        self.engine = kind([self.recording.instrument], mode=mode)
        self.market = TapeMarket(self.engine, self.recording, NOW)
        self.events = 0

    def order(self, side, lots, ticks=None, **more):
        usual = PositionSide.BOTH if self.engine.mode is PositionMode.ONE_WAY else None
        order = Order(
            client_order_id=f"t-{next(NUMBERS)}",
            symbol=BTC,
            side=Side(side),
            quantity=d(lots) / 1000,
            limit_price=None if ticks is None else d(ticks) / 10,
            position_side=more.pop("position_side", usual),
            **more,
        )
        return self.engine.place(order, NOW).order_id

    def filled(self, order_id):
        """Give (price in ticks, lots) of each execution of an order."""
        fills = (f for f in self.engine.fills(BTC) if f.venue_order_id == order_id)
        return [(int(f.price * 10), int(f.quantity * 1000)) for f in fills]

    def state(self, order_id):
        return self.engine.find(BTC, order_id=order_id).state

    def play(self, events=1):
        """Play the next events of the tape."""
        for _ in range(events):
            moment = self.market.next_moment
            self.market.play_until(moment, NOW)

    def finish(self):
        self.market.advance(10_000, NOW)

    def touch(self):
        return tuple(int(price * 10) for price in self.engine.displayed_touch(BTC))

    def levels(self, limit=1000):
        sides = self.engine.depth(BTC, limit)
        return tuple({int(p * 10): int(q * 1000) for p, q in side} for side in sides)


@pytest.fixture
def pit(tmp_path):
    """Make a pit of a tape."""
    return lambda tape, **more: Pit(tape, tmp_path, **more)


# --- what is displayed


def _same_touch(recording):
    events = list(recording.events)
    touches = [event for event in events if isinstance(event, Touch)]
    numbers = [touch.update for touch in touches]
    engine = Engine([recording.instrument])
    market = TapeMarket(engine, recording._replace(events=events), NOW)
    updates = [e for e in events if isinstance(e, Levels) and e.time > market.moment]
    same = 0
    for update in updates:
        market.play_until(update.time, NOW)
        bids, asks = engine.depth(BTC, 1)
        touch = touches[bisect_right(numbers, update.update) - 1]
        shown = [(int(p * 10), int(q * 1000)) for p, q in (bids[0], asks[0])]
        same += (*shown[0], *shown[1]) == touch[2:]
    return len(updates), same, market


@pytest.mark.skipif(not REAL.exists(), reason="the recording is not here")
def test_the_replayed_book_is_the_recorded_touch_throughout():
    updates, same, market = _same_touch(open_recording(REAL))
    assert (updates, same) == (6_545, 6_545)
    assert not market.problem


def test_the_replayed_book_is_the_touch_that_was_told_beside_it(tmp_path):
    updates, same, _ = _same_touch(open_recording(wild(7).save(tmp_path / "tape.gz")))
    assert same == updates > 100


def test_the_book_shown_is_the_recorded_one_and_the_traders_own(pit):
    pit = pit(_tape().depth({600_000: 7_000, 599_999: 0}, {600_003: 1}))
    assert pit.levels() == (BIDS, ASKS)
    pit.order("buy", 50, 600_000)
    pit.order("sell", 20, 600_009)
    pit.play()
    assert pit.levels() == ({600_000: 7_050}, {**ASKS, 600_003: 1, 600_009: 20})
    assert pit.touch() == (600_000, 600_001)


def test_what_a_taker_took_stays_taken_until_the_level_is_told_anew(pit):
    pit = pit(_tape().depth({599_990: 1}).depth(None, {600_001: 4_500}))
    order = pit.order("buy", 4_200, 600_002)
    assert pit.filled(order) == [(600_001, 4_000), (600_002, 200)]
    pit.play()
    assert pit.levels()[1] == {600_002: 800}
    pit.play()
    assert pit.levels()[1] == {600_001: 4_500, 600_002: 800}


def test_a_market_order_takes_no_more_than_is_displayed(pit):
    pit = pit(_tape().depth())
    order = pit.order("buy", 9_000)
    assert pit.filled(order) == [(600_001, 4_000), (600_002, 1_000)]
    assert pit.state(order) is OrderState.EXPIRED


def test_a_post_only_order_that_would_take_is_refused(pit):
    pit = pit(_tape().depth())
    with pytest.raises(OrderRejected, match="would take"):
        pit.order("buy", 10, 600_001, post_only=True)
    assert pit.state(pit.order("buy", 10, 600_000, post_only=True)) is OrderState.ACKED


def test_mark_and_index_are_the_middle_of_what_was_displayed(pit):
    pit = pit(_tape().wait(1.5).depth(None, {600_001: 0, 600_002: 0, 600_005: 1}).wait(2))
    assert pit.engine.mark_price(BTC) == d("60000.05")
    pit.order("sell", 10, 600_003)
    pit.market.advance(1, NOW)
    assert pit.engine.mark_price(BTC) == d("60000.05")
    pit.finish()
    assert pit.engine.mark_price(BTC) == pit.market.index_price(BTC) == d("60000.25")
    assert pit.market.funding_rate(BTC) == d("0.0001")


# --- the queue


def test_a_resting_order_waits_behind_what_is_displayed(pit):
    pit = pit(_tape().trade("sell", 600_000, 4_900).trade("sell", 600_000, 300))
    order = pit.order("buy", 700, 600_000)
    pit.play()
    assert pit.filled(order) == []
    pit.play()
    assert pit.filled(order) == [(600_000, 200)]
    assert pit.state(order) is OrderState.PARTIAL
    assert pit.engine.fills(BTC)[0].liquidity is Liquidity.MAKER


def test_those_behind_leave_first_when_the_level_shrinks(pit):
    tape = _tape().depth({600_000: 9_000}).depth({600_000: 800}).trade("sell", 600_000, 900)
    pit = pit(tape)
    order = pit.order("buy", 700, 600_000)
    pit.finish()
    assert pit.filled(order) == [(600_000, 100)]


def test_a_trade_and_the_update_that_tells_of_it_count_once(pit):
    tape = _tape().trade("sell", 600_000, 3_000).depth({600_000: 2_000})
    pit = pit(tape.trade("sell", 600_000, 1_900).trade("sell", 600_000, 101))
    order = pit.order("buy", 700, 600_000)
    pit.play(3)
    assert pit.filled(order) == []
    pit.play()
    assert pit.filled(order) == [(600_000, 1)]


def test_who_improves_the_price_is_first_and_gets_what_trades_through(pit):
    tape = Taping().snapshot({600_000: 50}, {600_005: 50})
    pit = pit(tape.trade("sell", 600_000, 30).trade("buy", 600_005, 40))
    buy, sell = pit.order("buy", 100, 600_001), pit.order("sell", 10, 600_004)
    pit.finish()
    assert pit.filled(buy) == [(600_001, 30)]
    assert pit.filled(sell) == [(600_004, 10)]


def test_a_trade_of_takers_on_the_same_side_fills_nothing(pit):
    pit = pit(_tape().trade("buy", 600_001, 50_000))
    order = pit.order("buy", 700, 600_000)
    pit.finish()
    assert pit.filled(order) == []


def test_two_orders_share_a_trade_best_price_then_oldest_first(pit):
    pit = pit(_tape().trade("sell", 599_999, 1_000 + 250))
    late = pit.order("buy", 200, 600_000)
    lower = [pit.order("buy", 400, 599_999), pit.order("buy", 400, 599_999)]
    better = pit.order("buy", 100, 600_000)
    pit.engine.cancel(BTC, NOW, order_id=late)
    late = pit.order("buy", 200, 600_000)
    pit.play()
    assert [pit.filled(o) for o in (better, late)] == [[(600_000, 100)], [(600_000, 200)]]
    assert [pit.filled(o) for o in lower] == [[], []]  # 950 of the 2,000 ahead are gone


def test_quotes_of_the_other_side_at_the_price_meet_the_order_once(pit):
    tape = _tape().depth({600_000: 0, 599_999: 0, 599_990: 1}, {600_000: 300})
    pit = pit(tape.depth({599_990: 2}).depth(None, {600_000: 350}))
    order = pit.order("buy", 1_000, 600_000)
    pit.play()
    assert pit.filled(order) == [(600_000, 300)]
    pit.play()
    assert pit.filled(order) == [(600_000, 300)]
    pit.play()
    assert pit.filled(order) == [(600_000, 300), (600_000, 350)]
    assert pit.levels()[0] == {600_000: 350, 599_990: 2}


def test_the_order_of_levels_within_one_update_does_not_matter(pit):
    pit = pit(_tape().depth({600_003: 5}, {600_001: 0, 600_002: 0, 600_004: 9}))
    order = pit.order("sell", 5_000, 600_003)
    pit.play()
    assert pit.filled(order) == [(600_003, 5)]


def test_a_reducing_order_never_fills_more_than_is_held(pit):
    pit = pit(_tape().trade("buy", 600_002, 9_000), mode=PositionMode.HEDGE)
    pit.order("buy", 30, position_side=PositionSide.LONG)
    first = pit.order("sell", 30, 600_002, position_side=PositionSide.LONG)
    other = pit.order("sell", 40, 600_002, position_side=PositionSide.SHORT)
    pit.finish()
    assert pit.filled(first) == [(600_002, 30)]
    assert pit.filled(other) == [(600_002, 40)]
    assert pit.engine.position(leg(side="long")).quantity == 0
    assert pit.engine.position(leg(side="short")).quantity == d("-0.04")


def test_what_the_public_sees_adds_up_to_the_tape(pit):
    pit = pit(_tape().trade("sell", 600_000, 5_300).trade("buy", 600_001, 10))
    seen = []
    pit.engine.listen_prints(seen.append)
    pit.order("buy", 200, 600_000)
    pit.finish()
    assert [(p.side.value, int(p.price * 10), int(p.quantity * 1000)) for p in seen] == [
        ("sell", 600_000, 200),
        ("sell", 600_000, 5_100),
        ("buy", 600_001, 10),
    ]
    assert [p.trade_id for p in seen] == [1, 2, 3]
    (candle,) = pit.market.candles(BTC, minutes=1, limit=5, now=NOW)
    assert candle.quantity == d("5.310")
    assert (candle.low, candle.close) == (d("60000"), d("60000.1"))
    assert pit.market.day(BTC, NOW).count == 3


# --- where it ends


def test_at_the_end_of_the_tape_the_market_stands_still_and_says_so(pit):
    pit = pit(_tape().wait(1.2).depth({600_000: 6_000}))
    assert pit.market.advance(1, NOW) == 1
    assert not pit.market.is_finished
    assert pit.market.step(10_000, NOW) == 201
    assert pit.market.is_finished
    assert not pit.market.problem
    before = pit.levels(), pit.market.time
    assert pit.market.advance(60, NOW) == 0
    assert (pit.levels(), pit.market.time) == before


def test_a_tape_that_cannot_be_read_on_stands_still_and_says_why(pit):
    tape = _tape().depth({600_000: 6_000}).wait(2)
    tape.lines.append(f"{tape.time} {{broken\n")
    pit = pit(tape)
    pit.finish()
    assert pit.market.is_finished
    assert pit.market.problem == (
        "tape.txt, line 3: the line is damaged; each must be a receive time in ns, a blank "
        "and JSON"
    )
    assert pit.levels()[0][600_000] == 6_000


def test_a_missing_update_leaves_no_book_to_trade_on_until_the_next_snapshot(pit):
    tape = _tape().depth({600_000: 1}).depth({600_000: 4_000}).depth({599_990: 1})
    del tape.lines[1]
    tape.trade("sell", 600_000, 900)
    tape.snapshot({600_000: 4_100}, ASKS).trade("sell", 600_000, 4_150)
    pit = pit(tape)
    order = pit.order("buy", 700, 600_000)
    pit.play(1)
    assert pit.engine.quote(BTC, NOW) is None
    assert pit.filled(pit.order("buy", 5)) == []
    assert pit.state(order) is OrderState.ACKED
    pit.finish()
    assert pit.filled(order) == [(600_000, 50)]  # 5,000 ahead, 900 traded, then 4,100


def test_a_paused_contract_fills_nothing(pit):
    pit = pit(_tape().trade("sell", 599_000, 900), kind=IncidentEngine)
    order = pit.order("buy", 700, 600_000)
    pit.engine.change_status(BTC, "paused", NOW)
    pit.finish()
    assert pit.filled(order) == []


def test_a_recorded_market_cannot_be_moved(pit):
    market = pit(_tape().depth()).market
    with pytest.raises(InvalidInput, match="cannot be moved"):
        market.jump(BTC, 1.1, NOW)
    with pytest.raises(InvalidInput, match="cannot be thinned"):
        market.thin(BTC, Side.BUY, NOW)


def test_a_recording_is_played_alone(tmp_path):
    path = str(_tape().save(tmp_path / "tape.gz"))
    assert tape_among(path) == tape_among([path]) == tape_among({BTC: path}) == path
    candles = tmp_path / "BTCUSDT-1m.csv"
    candles.write_text("date,open\n")
    assert tape_among([str(candles), str(candles)]) is None
    with pytest.raises(InvalidInput, match="a recording is replayed alone, but 2 files"):
        tape_among([path, str(candles)])


def test_the_rules_are_those_of_the_venue_on_the_grid_of_the_recording(tmp_path):
    tape = Taping("KASUSDT").snapshot({1: 5_000}, {2: 4_000}).depth()
    path = tape.save(tmp_path / "tape.txt")
    path.write_text(path.read_text().replace('"0.10"', '"0.17231"').replace("0.20", "0.17233"))
    rules = open_recording(path).instrument
    assert (rules.symbol, rules.tick_size) == ("KAS/USDT:USDT", d("0.000001"))
    btc = open_recording(_tape().depth().save(tmp_path / "btc.txt"), "bybit").instrument
    assert (btc.tick_size, btc.step_size) == (d("0.1"), d("0.001"))
    assert btc.price_band == d("0.01")


# --- laws


class _Lone:
    """One resting order filled by the rule alone, over the plain recorded book."""

    def __init__(self, side, price, lots):
        self.side, self.price, self.lots = side, price, lots
        self.book, self.ahead, self.met, self.fills = RecordedBook(), None, {}, []

    def hear(self, event, *, is_resting):
        if is_resting and self.ahead is None:
            self.ahead = self.book.lots_at(self.side, self.price)
        got = 0
        if isinstance(event, Levels):
            self.book.apply(event)
            got = self._quotes(event) if is_resting else 0
        elif isinstance(event, Trade) and is_resting:
            trade = event.taker, event.price, event.lots
            self.ahead, got = fill_by_trade(self.side, self.price, self.ahead, self.lots, trade)
        self.lots -= got
        if got:
            self.fills.append((event.time, got))

    def _quotes(self, event):
        side, price, got = self.side, self.price, 0
        for changed, _ in event.asks if side > 0 else event.bids:
            self.met.pop(changed, None)
        self.ahead = queue_after_level(self.ahead, self.book.lots_at(side, price))
        for other in sorted(range(price - 60, price + 61), key=lambda p: p * side):
            met = self.met.get(other, 0)
            there = max(0, self.book.lots_at(-side, other) - met)
            one = fill_by_quote(side, price, self.lots - got, other, there)
            self.met[other] = met + one
            got += one
        return got


@given(st.integers(0, 10**6))
@settings(max_examples=25, deadline=None)
def test_one_order_fills_exactly_as_the_rule_says(tmp_path_factory, seed):
    rng = Random(seed)  # noqa: S311 - numbers for a test
    path = tmp_path_factory.mktemp("l2") / "tape.txt"
    recording = open_recording(wild(seed % 7, 8).save(path))
    events = list(recording.events)
    engine = Engine([recording.instrument], deposit=d(10**9))
    market = TapeMarket(engine, recording._replace(events=events), NOW)
    side = rng.choice([1, -1])
    market.play_until(market.moment + rng.randrange(4 * 10**9), NOW)
    touch = [int(price * 10) for price in engine.displayed_touch(BTC)]
    price = (touch[0] if side > 0 else touch[1]) - side * rng.randint(0, 3)
    lots, placed = rng.randint(1, 6_000), market.moment
    order = Order(
        client_order_id="one",
        symbol=BTC,
        position_side=PositionSide.BOTH,
        side=Side.BUY if side > 0 else Side.SELL,
        quantity=d(lots) / 1000,
        limit_price=d(price) / 10,
        post_only=True,
    )
    engine.place(order, NOW)
    fills, told = [], 0
    while market.next_moment is not None:
        moment = market.next_moment
        market.play_until(moment, NOW)
        record = engine.find(BTC, client_order_id="one")
        if record.filled != told:
            fills.append((moment, int((record.filled - told) * 1000)))
            told = record.filled
    lone = _Lone(side, price, lots)
    for event in events:
        lone.hear(event, is_resting=event.time > placed)
    assert fills == lone.fills


def _check_book(engine):
    book = engine._pit(BTC).book
    for half in (book._bids, book._asks):
        assert sorted(half.ranks) == half.ranks
        for price, level in half.levels.items():
            assert level.lots == sum(entry.lots for entry in level.entries.values())
            assert all(entry.lots > 0 for entry in level.entries.values())
            assert price * half.sign in half.ranks
    assert not book.is_crossed


class _Storm:
    """A trader who does anything at any time, while a tape plays."""

    def __init__(self, seed, path, mode):
        self.rng = Random(seed)  # noqa: S311 - numbers for a test
        self.recording = open_recording(wild(seed, 6).save(path))
        self.engine = Engine([self.recording.instrument], mode=mode, deposit=d(10**9))
        self.market = TapeMarket(self.engine, self.recording, NOW)
        self.prints = []
        self.engine.listen_prints(self.prints.append)

    def act(self):
        rng = self.rng
        touch = self.engine.displayed_touch(BTC)
        side = rng.choice([Side.BUY, Side.SELL])
        price = touch[0] + rng.randint(-4, 5) * d("0.1")
        sides = [PositionSide.LONG, PositionSide.SHORT]
        if self.engine.mode is PositionMode.ONE_WAY:
            sides = [PositionSide.BOTH]
        order = Order(
            client_order_id="",
            symbol=BTC,
            position_side=rng.choice(sides),
            side=side,
            quantity=d(rng.randint(2, 3_000)) / 1000,
            limit_price=None if rng.random() < 0.2 else price,
            post_only=False,
            reduce_only=sides[0] is PositionSide.BOTH and rng.random() < 0.2,
        )
        try:
            if rng.random() < 0.3 and self.engine.open_orders():
                chosen = rng.choice(self.engine.open_orders())
                self.engine.cancel(BTC, NOW, order_id=chosen.order_id)
            else:
                self.engine.place(order, NOW)
        except OrderRejected:
            pass

    def play(self):
        """Play one event; what the trader made of its trade is within the trade."""
        self.prints.clear()
        self.market.play_until(self.market.next_moment, NOW)
        return sum(printed.quantity for printed in self.prints)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("seed", range(4))
def test_whatever_a_trader_does_nothing_is_filled_twice_or_crossed(seed, mode, tmp_path):
    storm = _Storm(seed, tmp_path / "tape.txt", mode)
    engine, market = storm.engine, storm.market
    while market.next_moment is not None:
        if storm.rng.random() < 0.3:
            storm.act()
            _check_book(engine)
        event, makers = market._next, len(engine.fills(BTC))
        printed = storm.play()
        fresh = engine.fills(BTC)[makers:]
        assert all(fill.liquidity is Liquidity.MAKER for fill in fresh)
        if isinstance(event, Trade):
            assert printed == d(event.lots) / 1000
            assert sum(fill.quantity for fill in fresh) <= printed
    _check_book(engine)
    for record in engine.orders(BTC):
        assert record.filled <= record.order.quantity
    ids = [fill.fill_id for fill in engine.fills(BTC)]
    assert len(ids) == len(set(ids)) > 10
    held = sum(p.quantity for p in engine.positions())
    assert held == sum(f.quantity * f.side.sign for f in engine.fills(BTC))


def test_the_same_steps_tell_the_same_story(tmp_path):
    stories = []
    for number in range(2):
        storm = _Storm(3, tmp_path / f"{number}.txt", PositionMode.ONE_WAY)
        while storm.market.next_moment is not None:
            if storm.rng.random() < 0.2:
                storm.act()
            storm.play()
        stories.append([(f.price, f.quantity, f.fee) for f in storm.engine.fills(BTC)])
    assert stories[0] == stories[1] != []


# --- over the wire, on a time of its own


@pytest.fixture
def tape_file(tmp_path):
    """Record twenty quiet seconds in which two sellers come."""
    tape = _tape().wait(2).trade("sell", 600_000, 5_100).wait(3)
    return str(tape.trade("sell", 599_999, 90).wait(9).depth().save(tmp_path / "t.gz"))


def _shown(venue, body):
    book = body if venue == "binance" else {"bids": body["b"], "asks": body["a"]}
    return [[(d(p), d(q)) for p, q in book[side]] for side in ("bids", "asks")]


@pytest.mark.parametrize("mode", ["one-way", "hedge"])
@pytest.mark.parametrize("venue", ["binance", "bybit"])
async def test_the_server_plays_the_tape_by_the_clock(venue, mode, tape_file):
    async with Rig(venue, mode=mode, replay=tape_file, speed=1) as rig:
        book = _shown(venue, await rig.trader.read("book", limit="50"))
        assert book == [
            [(d(p) / 10, d(q) / 1000) for p, q in side.items()] for side in (BIDS, ASKS)
        ]
        order = rig.trader.order("rest", "buy", "0.150", "60000.0")
        if mode == "hedge":
            order |= {"positionSide": "LONG"} if venue == "binance" else {"positionIdx": 1}
        assert (await rig.trader.ask("create", **order))[0] == 200
        side = "both" if mode == "one-way" else "long"
        held = []
        for _ in range(8):
            await rig.server.time.go_on(1.0)
            rig.server.catch_up()
            held.append(rig.server.engine.position(leg(side=side)).quantity)
        wanted = [d("0"), d("0"), d("0.100"), d("0.100"), d("0.100"), d("0.150")]
        assert held[:2] + held[3:5] + held[6:] == wanted[:2] + wanted[3:5] + [wanted[5]] * 2
        await rig.server.time.go_on(1.9)
        await rig.operator("POST", "/advance", seconds=60)
        health = await rig.operator("GET", "/health")
        assert (health["is_finished"], health["problem"]) == (True, "")


@pytest.mark.parametrize("venue", ["binance", "bybit"])
async def test_an_order_takes_its_latency_to_meet_the_market(venue, tape_file):
    async with Rig(venue, replay=tape_file, speed=1, latency=(0.5, 0.25)) as rig:
        sending = asyncio.create_task(rig.trader.create("late", price="60000.0"))
        await rig.server.time.until_asleep()
        await rig.server.time.go_on(0.4)
        assert rig.server.engine.orders(BTC) == ()
        await rig.server.time.go_on(0.1)
        await rig.server.time.until_asleep()  # its answer is on the way
        assert not sending.done()
        await rig.server.time.go_on(0.25)
        assert (await sending)[0] == 200
        (record,) = rig.server.engine.orders(BTC)
        began = rig.server.time.now() - timedelta(seconds=0.25)
        assert abs(record.created - began) < timedelta(milliseconds=1)


@pytest.mark.parametrize("wrong", [-1, 61, "1", (1, 2, 3), (0, "x"), float("nan"), None])
def test_a_latency_that_cannot_be_meant_is_refused(wrong):
    with pytest.raises(InvalidInput, match="latency must be seconds from 0 to 60, or a pair"):
        Settings(latency=wrong)


def test_latency_is_one_number_or_there_and_back():
    assert Settings(latency=0.05).delays == (0.05, 0.0)
    assert Settings(latency=[0.05, 0.02]).delays == (0.05, 0.02)


def test_a_tape_that_cannot_be_played_is_refused_at_the_start(tmp_path):
    path = Taping().trade("buy", 5, 1).save(tmp_path / "bare.gz")
    with pytest.raises(InvalidInput, match="has no snapshot"):
        open_exchange(Settings(replay=str(path)), "k", "s", NOW)


def test_the_clock_pays_out_milliseconds_of_a_tape(pit):
    market = pit(_tape().wait(2).depth()).market
    pump = Pump(market, speed=0.5, start=0.0, monotonic=lambda: 0.0, steps_per_second=1_000)
    assert [pump.run(moment, NOW) for moment in (0.001, 0.002, 0.5)] == [0, 1, 249]
    assert market.moment == market.started + 250 * 10**6


# --- without a server


async def test_the_venue_in_memory_plays_a_tape(tmp_path):
    recording = open_recording(_tape().trade("sell", 600_000, 5_100).save(tmp_path / "t.txt"))
    again = Recording(recording.instrument, list(recording.events))
    for mode in MODES:
        venue = MemoryVenue(mode=mode, clock=lambda: NOW, recording=again)
        side = PositionSide.BOTH if mode is PositionMode.ONE_WAY else PositionSide.LONG
        order = Order(
            client_order_id="rest",
            symbol=BTC,
            position_side=side,
            side=Side.BUY,
            quantity=d("0.150"),
            limit_price=d("60000"),
        )
        await venue.send(order)
        venue.step(2)
        (fill,) = await venue.fills(BTC, NOW)
        assert (fill.quantity, fill.liquidity) == (d("0.100"), Liquidity.MAKER)
        venue.advance(1)
        assert venue.market.is_finished


def test_the_tape_says_when_it_was_recorded(pit):
    pit = pit(_tape().wait(2).depth())
    assert pit.market.started == START
    assert pit.market.data_time.isoformat().startswith("2024-08-08T23:54:15")
