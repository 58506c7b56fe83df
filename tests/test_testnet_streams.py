"""What the local Binance tells over its streams, looked at without a socket."""

import json
from datetime import timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest
from dialect import Trader
from exchange import sell
from hypothesis import given, settings
from hypothesis import strategies as st
from makers import BTC, d
from reading import BinanceBook, Reader, beat, listening

from nettools.model import Leg, PositionMode, PositionSide, Side
from nettools.testnet.binance.listen_key import ListenKeys
from nettools.testnet.feeds import Board, RowFeed
from nettools.testnet.lines import Frame, Line

SHAPES = Path(__file__).parents[2] / "shared" / "data" / "exchange_shapes"


# --- the book


def _snapshot(trader):
    return trader.send("GET", "v1/depth", b"symbol=BTCUSDT&limit=1000")[1]


MOVES = st.lists(
    st.one_of(
        st.just("second"),
        st.just("beat"),
        st.just("cancel"),
        st.tuples(
            st.sampled_from(["buy", "sell"]),
            st.integers(-30, 30),
            st.integers(1, 900),
        ),
    ),
    max_size=40,
)


def _move(trader, move):
    if move == "second":
        trader.market.advance(1, trader.now)
    elif move == "beat":
        beat(trader)
    elif move == "cancel":
        trader.engine.cancel_all(BTC, trader.now)
    else:
        side, ticks, lots = move
        price = trader.engine.mark_price(BTC).quantize(Decimal(1)) + ticks
        trader.order(side=side.upper(), price=str(price), quantity=str(Decimal(lots) / 1000))


@given(
    before=MOVES, between=MOVES, after=MOVES, speed=st.sampled_from(["", "@100ms", "@500ms"])
)
@settings(max_examples=40, deadline=None)
def test_a_book_from_a_snapshot_and_the_events_equals_the_engines(
    before, between, after, speed
):
    """Whenever the snapshot is taken: before, between or after the events it belongs to."""
    trader = Trader()
    reader, book = Reader(trader, "/public/ws/0"), BinanceBook()
    for move in before:
        _move(trader, move)
    reader.subscribe(f"btcusdt@depth{speed}")
    for move in between:
        _move(trader, move)
    book.begin(_snapshot(trader))
    for move in after:
        _move(trader, move)
    beat(trader, 15)
    for event in reader.heard("depthUpdate"):
        book.take(event)
    assert book.levels() == trader.engine.depth(BTC, 1000)


def test_a_level_that_came_and_went_between_two_events_is_told():
    """A snapshot in between has it; who is never told that it went keeps it for good."""
    trader = Trader()
    reader, book = Reader(trader, "/public/ws/0"), BinanceBook()
    reader.subscribe("btcusdt@depth@100ms")
    _, order = trader.order(price="99000", quantity="0.5")
    book.begin(_snapshot(trader))
    trader.ask("DELETE", "v1/order", symbol="BTCUSDT", orderId=order["orderId"])
    beat(trader)
    [event] = reader.heard("depthUpdate")
    assert ["99000.0", "0.000"] in event["b"]
    book.take(event)
    assert book.levels() == trader.engine.depth(BTC, 1000)


def test_events_of_one_symbol_follow_each_other_whatever_the_others_do():
    trader = Trader()
    reader = Reader(trader, "/public/ws/0")
    reader.subscribe("btcusdt@depth@100ms", "ethusdt@depth@100ms")
    for _ in range(20):
        trader.market.advance(1, trader.now)
        beat(trader)
    for name in ("BTCUSDT", "ETHUSDT"):
        events = [event for event in reader.heard("depthUpdate") if event["s"] == name]
        assert len(events) == 20
        for one, other in pairwise(events):
            assert other["pu"] == one["u"] < other["U"] <= other["u"]


def test_a_market_that_stands_still_tells_nothing():
    trader = Trader()
    reader = Reader(trader, "/public/ws/0")
    reader.subscribe("btcusdt@depth@100ms", "btcusdt@depth5@100ms", "btcusdt@bookTicker")
    told = len(reader.heard())
    beat(trader, 30)
    assert len(reader.heard()) == told


def test_the_touch_and_the_top_are_told_at_once_and_whenever_they_change():
    trader = Trader()
    reader = Reader(trader, "/public/ws/0")
    reader.subscribe("btcusdt@depth5@100ms", "btcusdt@bookTicker")
    for _ in range(5):
        trader.market.advance(1, trader.now)
        beat(trader)
        bids, asks = trader.engine.depth(BTC, 5)
        top, touch = reader.heard("depthUpdate")[-1], reader.heard("bookTicker")[-1]
        assert [(d(p), d(q)) for p, q in top["b"]] == list(bids)
        assert [(d(p), d(q)) for p, q in top["a"]] == list(asks)
        assert (d(touch["b"]), d(touch["B"])) == bids[0]
        assert (d(touch["a"]), d(touch["A"])) == asks[0]
        assert touch["u"] == trader.engine.sequence


# --- other news of the market


def test_every_execution_is_told_once_with_the_side_of_the_taker():
    trader = Trader()
    reader = Reader(trader, "/ws/btcusdt@trade")
    other = Reader(trader, "/market/ws/btcusdt@aggTrade")
    trader.market.advance(30, trader.now)
    trader.order(type="MARKET", side="SELL", quantity="2")
    beat(trader)
    trades = reader.heard("trade")
    assert [trade["t"] for trade in trades] == list(range(1, len(trades) + 1))
    assert trades[-1]["m"] is True
    assert {trade["m"] for trade in trades} == {True, False}
    sold = sum(fill.quantity for fill in trader.engine.fills(BTC))
    assert sum(d(trade["q"]) for trade in trades if trade["t"] >= _first_own(trader)) == sold
    assert [row["a"] for row in other.heard("aggTrade")] == [trade["t"] for trade in trades]


def _first_own(trader):
    return int(trader.engine.fills(BTC)[0].fill_id)


def test_a_candle_is_told_closed_once_and_then_the_next_one_begins():
    trader = Trader()
    reader = Reader(trader, "/market/ws/btcusdt@kline_1m")
    for _ in range(3):
        trader.market.advance(60, trader.now)
        trader.now += timedelta(seconds=60)
        beat(trader, 3)
    candles = [event["k"] for event in reader.heard("kline")]
    closed = [candle for candle in candles if candle["x"]]
    assert len(closed) == 3
    _, rows = trader.send("GET", "v1/klines", b"symbol=BTCUSDT&interval=1m&limit=4")
    for candle, row in zip(closed, rows, strict=False):
        keys = ("t", "o", "h", "l", "c", "v", "T", "q", "n")
        assert [candle[key] for key in keys] == row[:9]
    starts = [candle["t"] for candle in candles]
    assert starts == sorted(starts)


@pytest.mark.parametrize(
    ("stream", "event", "beats"),
    [
        ("btcusdt@markPrice", "markPriceUpdate", 30),
        ("btcusdt@markPrice@1s", "markPriceUpdate", 10),
        ("btcusdt@ticker", "24hrTicker", 10),
        ("btcusdt@miniTicker", "24hrMiniTicker", 10),
    ],
)
def test_marks_and_tickers_come_at_once_and_then_at_their_pace(stream, event, beats):
    trader = Trader()
    reader = Reader(trader, f"/market/ws/{stream}")
    assert len(reader.heard(event)) == 1
    beat(trader, beats - 1)
    assert len(reader.heard(event)) == 1
    beat(trader)
    assert len(reader.heard(event)) == 2


def test_one_stream_has_the_marks_of_all_symbols():
    trader = Trader()
    reader = Reader(trader, "/market/stream", b"streams=!markPrice@arr@1s/!ticker@arr")
    marks, tickers = (frame["data"] for frame in reader.frames)
    assert [row["s"] for row in marks] == [row["s"] for row in tickers]
    assert len(marks) == len(trader.engine.instruments)


def test_what_nobody_watches_costs_nothing():
    trader = Trader()
    reader = Reader(trader, "/ws/btcusdt@depth/btcusdt@trade")
    book = trader.engine._pit(BTC).book
    assert book._bids.watches
    assert trader.engine._print_listeners
    reader.leave()
    assert book._bids.watches == book._asks.watches == ()
    assert trader.engine._print_listeners == ()


# --- the account


def test_a_fill_is_told_as_wallet_and_position_and_then_as_order():
    trader, reader, _ = listening()
    trader.order(type="MARKET", quantity="0.1", newClientOrderId="mine")
    kinds = [row["e"] for row in reader.heard()]
    assert kinds == ["ORDER_TRADE_UPDATE", "TRADE_LITE", "ACCOUNT_UPDATE", "ORDER_TRADE_UPDATE"]
    new, filled = (row["o"] for row in reader.heard("ORDER_TRADE_UPDATE"))
    assert (new["x"], new["X"], new["c"], new["t"]) == ("NEW", "NEW", "mine", 0)
    [fill] = trader.engine.fills(BTC)
    assert (filled["x"], filled["X"], filled["t"]) == ("TRADE", "FILLED", int(fill.fill_id))
    assert (d(filled["l"]), d(filled["L"])) == (fill.quantity, fill.price)
    assert (d(filled["n"]), filled["N"], filled["m"]) == (fill.fee, "USDT", False)
    [told] = reader.heard("ACCOUNT_UPDATE")
    assert told["a"]["m"] == "ORDER"
    assert d(told["a"]["B"][0]["wb"]) == trader.engine.account().wallet
    assert d(told["a"]["P"][0]["pa"]) == d("0.1")


def test_a_resting_order_that_fills_is_told_as_maker():
    trader, reader, _ = listening()
    trader.order(side="BUY", price="99990", quantity="0.3")
    trader.engine.make(BTC, Side.SELL, d("99990"), d("5"), trader.now)
    last = reader.heard("ORDER_TRADE_UPDATE")[-1]["o"]
    assert (last["x"], last["X"], last["m"], last["z"]) == ("TRADE", "FILLED", True, "0.300")
    assert d(last["n"]) == d("0.3") * d("99990") * trader.engine.maker_rate


@pytest.mark.parametrize(
    ("order", "end"),
    [
        (
            {"type": "LIMIT", "timeInForce": "IOC", "price": "99000"},
            ("EXPIRED", "EXPIRED", "2"),
        ),
        ({"type": "MARKET", "quantity": "40"}, ("EXPIRED", "EXPIRED", "9")),
    ],
)
def test_what_could_not_fill_is_told_as_expired_with_the_reason(order, end):
    trader, reader, _ = listening()
    trader.engine.set_leverage(BTC, 125)
    trader.order(**order)
    last = reader.heard("ORDER_TRADE_UPDATE")[-1]["o"]
    assert (last["x"], last["X"], last["er"]) == end


def test_a_canceled_order_and_one_he_would_have_traded_with_himself():
    trader, reader, _ = listening()
    trader.order(price="99000")
    trader.ask("DELETE", "v1/allOpenOrders", symbol="BTCUSDT")
    assert reader.heard("ORDER_TRADE_UPDATE")[-1]["o"]["x"] == "CANCELED"
    trader.order(side="BUY", price="100000", quantity="0.2", timeInForce="GTX")
    trader.order(side="SELL", price="99900", quantity="9")
    ends = [row["o"] for row in reader.heard("ORDER_TRADE_UPDATE") if row["o"]["er"] == "1"]
    assert [(row["x"], row["X"]) for row in ends] == [("EXPIRED", "EXPIRED_IN_MATCH")]


@given(MOVES, st.sampled_from(PositionMode))
@settings(max_examples=30, deadline=None)
def test_every_fill_arrives_once_and_in_the_order_of_the_engine(moves, mode):
    """And after the last one, what was told of wallet and position is what is true."""
    trader, reader, _ = listening(mode=mode)
    for move in moves:
        if isinstance(move, tuple) and mode is PositionMode.HEDGE:
            side, ticks, lots = move
            leg, quantity = "LONG" if ticks > 0 else "SHORT", str(Decimal(lots) / 1000)
            trader.order(
                side=side.upper(),
                positionSide=leg,
                quantity=quantity,
                price=str(100_000 + ticks),
            )
        else:
            _move(trader, move)
    orders = [row["o"] for row in reader.heard("ORDER_TRADE_UPDATE")]
    trades = [row for row in orders if row["x"] == "TRADE"]
    fills = trader.engine.fills(BTC)
    assert [row["t"] for row in trades] == [int(fill.fill_id) for fill in fills]
    assert [row["t"] for row in reader.heard("TRADE_LITE")] == [row["t"] for row in trades]
    for order in trader.engine.orders(BTC):
        last = [row for row in orders if row["i"] == int(order.order_id)][-1]
        assert d(last["z"]) == order.filled
    legs = {row["a"]["P"][0]["ps"]: row["a"]["P"][0] for row in reader.heard("ACCOUNT_UPDATE")}
    for name, row in legs.items():
        position = trader.engine.position(Leg(BTC, PositionSide[name]))
        assert d(row["pa"]) == position.quantity
        realized = [fill.realized_pnl for fill in fills if fill.position_side.name == name]
        assert abs(d(row["cr"]) - sum(realized)) < d("1e-7")


def test_funding_is_told_as_a_balance_without_positions():
    trader, reader, _ = listening()
    trader.order(type="MARKET", quantity="1")
    settlement = trader.engine.settle(BTC, d("0.0001"), d(100_000), trader.now)
    trader.engine.settle("ETH/USDT:USDT", d("0.0001"), d(3500), trader.now)  # nothing held
    [told] = [row for row in reader.heard("ACCOUNT_UPDATE") if row["a"]["m"] == "FUNDING_FEE"]
    [balance] = told["a"]["B"]
    assert d(balance["bc"]) == settlement.received == -10
    assert d(balance["wb"]) == trader.engine.account().wallet
    assert told["a"]["P"] == []


def test_a_trade_by_hand_is_told_like_any_other():
    trader, reader, _ = listening()
    trader.engine.place(sell("0.4", id="web_1"), trader.now)
    assert reader.heard("ORDER_TRADE_UPDATE")[-1]["o"]["c"] == "web_1"


# --- the listen key


def test_a_listen_key_lives_an_hour_and_another_one_when_it_is_kept():
    keys = ListenKeys(make=iter(("first", "second")).__next__)
    trader = Trader()
    start = trader.now
    assert keys.create(start) == keys.create(start + timedelta(minutes=10)) == "first"
    assert keys.keep(start + timedelta(minutes=69)) == "first"
    assert keys.is_live("first", start + timedelta(minutes=128))
    assert not keys.is_live("first", start + timedelta(minutes=129))
    assert keys.create(start + timedelta(minutes=129)) == "second"
    assert not keys.is_live("first", start + timedelta(minutes=129))


def test_an_expired_key_is_said_once_and_then_nothing_comes_any_more():
    trader, reader, key = listening()
    trader.now += timedelta(minutes=60)
    trader.order(price="99000")
    beat(trader, 3)
    [told] = reader.heard()
    assert (told["e"], told["listenKey"]) == ("listenKeyExpired", key)
    assert not reader.line.is_closing
    assert trader.send("PUT", "v1/listenKey") == (400, {"code": -1125, "msg": _NO_KEY})
    late = Reader(trader, "/private/ws", f"listenKey={key}".encode())
    assert (late.refusal.status, json.loads(late.refusal.body)["code"]) == (400, -1125)


_NO_KEY = "This listenKey does not exist."


def test_a_dropped_key_closes_who_listens_with_it():
    trader, reader, _ = listening()
    assert trader.send("DELETE", "v1/listenKey") == (200, {})
    beat(trader)
    assert reader.line.is_closing
    assert trader.send("PUT", "v1/listenKey")[1]["code"] == -1125


def test_a_listen_key_wants_the_key_and_no_signature():
    trader = Trader()
    assert trader.send("POST", "v1/listenKey", key="x" * 64)[0] == 401
    assert trader.send("POST", "v1/listenKey")[0] == 200
    kept = trader.send("PUT", "v1/listenKey")
    assert kept == trader.send("POST", "v1/listenKey")


def test_a_connection_ends_after_a_day():
    trader, reader, _ = listening()
    for _ in range(24):
        trader.send("PUT", "v1/listenKey")
        assert not reader.line.is_closing
        trader.now += timedelta(hours=1) - timedelta(seconds=1)
        beat(trader)
    trader.now += timedelta(seconds=24)
    beat(trader)
    assert reader.line.is_closing


# --- what may be asked


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/ws", b""),
        ("/ws/0", b""),
        ("/public/ws/17", b""),
        ("/market/stream", b""),
        ("/ws/btcusdt@depth/ethusdt@bookTicker", b""),
        ("/stream", b"streams=btcusdt@depth/btcusdt@kline_1m"),
    ],
)
def test_each_address_of_the_venue_lets_a_reader_in(path, query):
    assert Reader(Trader(), path, query).refusal is None


@pytest.mark.parametrize(
    ("path", "query", "status"),
    [
        ("/nothing", b"", 404),
        ("/private/nothing", b"", 404),
        ("/v5/private", b"", 404),
        ("/private/ws", b"listenKey=guessed", 400),
        ("/ws/guessed", b"", 400),
        ("/ws/btcusdt@nothing", b"", 400),
        ("/private/ws", b"streams=btcusdt@depth", 400),
    ],
)
def test_a_wrong_address_lets_nobody_in(path, query, status):
    assert Reader(Trader(), path, query).refusal.status == status


@pytest.mark.parametrize(
    ("category", "stream"),
    [
        ("public", "btcusdt@markPrice"),
        ("market", "btcusdt@depth"),
        ("private", "btcusdt@depth"),
        ("public", "dogeusdt@depth"),
        ("public", "BTCUSDT@depth"),
        ("public", "btcusdt@depth@50ms"),
        ("public", "btcusdt@depth7"),
        ("market", "btcusdt@kline_7m"),
        ("market", "btcusdt@kline"),
        ("market", "!markPrice"),
        ("public", "guessed"),
        ("public", ""),
    ],
)
def test_a_stream_that_is_not_there_is_an_error_frame(category, stream):
    reader = Reader(Trader(), f"/{category}/ws/0")
    [answer] = reader.subscribe(stream)
    assert answer["id"] == 1
    assert answer["error"]["code"] == 2


def test_a_request_with_one_wrong_stream_subscribes_to_none():
    reader = Reader(Trader(), "/public/ws/0")
    reader.subscribe("btcusdt@depth", "nonsense@depth")
    [answer] = reader.say({"method": "LIST_SUBSCRIPTIONS", "id": "a-b"})
    assert answer == {"result": [], "id": "a-b"}


def test_subscriptions_are_listed_and_ended():
    trader, reader, key = listening("/stream", b"")
    assert reader.subscribe("btcusdt@depth", "btcusdt@depth", key)[0] == {
        "result": None,
        "id": 1,
    }
    [answer] = reader.say({"method": "LIST_SUBSCRIPTIONS", "id": 2})
    assert answer["result"] == ["btcusdt@depth", key]
    trader.order(price="99000")
    assert reader.frames[-1]["stream"] == key
    reader.say({"method": "UNSUBSCRIBE", "params": ["btcusdt@depth", key], "id": 3})
    assert reader.frames[-1] == {"result": None, "id": 3}
    trader.order(price="99001")
    beat(trader, 5)
    assert reader.frames[-1] == {"result": None, "id": 3}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        "[" * 60_000,
        '{"method":"SUBSCRIBE","params":"btcusdt@depth","id":1}',
        '{"method":"SUBSCRIBE","params":[1],"id":1}',
        '{"method":"SUBSCRIBE","params":["btcusdt@depth"],"id":[]}',
        '{"method":"SHUTDOWN","id":1}',
        '{"id":1}',
    ],
)
def test_nonsense_is_answered_with_an_error(text):
    [answer] = Reader(Trader(), "/ws").say(text)
    assert answer["error"]["code"] in {2, 3}


# --- shapes


def _recorded(name):
    path = SHAPES / f"binance__{name}.json"
    if not path.exists():
        pytest.skip("the recorded frames are not here")
    row = json.loads(path.read_text(encoding="utf-8"))
    return row.get("data", row)


_RECORDED = {
    "ws_futures_depth_update": ("btcusdt@depth@100ms", "depthUpdate"),
    "ws_futures_book_ticker": ("btcusdt@bookTicker", "bookTicker"),
    "ws_futures_ticker_24hr": ("btcusdt@ticker", "24hrTicker"),
    "futures__market_data_json__mark_price_stream": ("btcusdt@markPrice", "markPriceUpdate"),
    "futures__market_data_json__agg_trade_stream": ("btcusdt@aggTrade", "aggTrade"),
    "futures__market_data_json__trade_stream": ("btcusdt@trade", "trade"),
    "futures__market_data_json__kline_stream_open": ("btcusdt@kline_1m", "kline"),
}


@pytest.mark.parametrize("name", _RECORDED)
def test_public_frames_have_the_shape_of_recorded_ones(name):
    recorded = _recorded(name)
    stream, event = _RECORDED[name]
    trader = Trader()
    reader = Reader(trader, f"/ws/{stream}")
    trader.market.advance(5, trader.now)
    beat(trader, 30)
    _same_shape(recorded, reader.heard(event)[-1])


@pytest.mark.parametrize(
    ("name", "event"),
    [
        ("ws_futures_order_update_trade_reduce_only_qty", "ORDER_TRADE_UPDATE"),
        ("futures__user_data_json__order_update_new", "ORDER_TRADE_UPDATE"),
        ("futures__user_data_json__account_update", "ACCOUNT_UPDATE"),
        ("ws_futures_trade_lite", "TRADE_LITE"),
    ],
)
def test_private_frames_have_the_shape_of_recorded_ones(name, event):
    recorded = _recorded(name)
    trader, reader, _ = listening()
    trader.order(type="MARKET", quantity="0.1")
    _same_shape(recorded, reader.heard(event)[-1])


_OF_CONDITIONAL_ORDERS = {"AP", "cr", "W"}
"""Keys of recorded orders of a kind that is not offered."""


def _same_shape(recorded, told):
    for key in recorded.keys() - (_OF_CONDITIONAL_ORDERS - told.keys()):
        was, now = recorded[key], told[key]
        if isinstance(was, dict):
            _same_shape(was, now)
        elif isinstance(was, list) and was and isinstance(was[0], dict):
            _same_shape(was[0], now[0])
        elif was is not None:
            assert type(now) is type(was), (key, was, now)


# --- lines, and what is told of a channel


def test_a_reader_who_leaves_too_much_unread_is_cut_and_keeps_nothing():
    line = Line(lambda frame: (frame,), Trader().now, 3)
    for number in range(10):
        line.send(Frame("", {"n": number}))
    assert line.is_closing
    assert not line._texts


def test_a_frame_can_be_lost_or_doubled_on_its_way():
    counts = {"lost": 0, "doubled": 2, "plain": 1}
    line = Line(lambda frame: (frame,) * counts[frame.channel], Trader().now, 10)
    for name in counts:
        line.send(Frame(name, {"n": name}))
    assert [json.loads(text)["n"] for text in line._texts] == ["doubled", "doubled", "plain"]


def test_who_joins_late_is_welcomed_alone():
    told = {"first": [], "second": []}
    lines = {
        name: Line(lambda frame, to=frames: to.append(frame.row) or (), Trader().now, 10)
        for name, frames in told.items()
    }
    board = Board(lambda _channel, _line, row: row)
    feed = RowFeed(lambda _now: [{"b": 1}], 1, is_quiet=True)
    board.join("touch", lines["first"], lambda: feed, Trader().now)
    board.beat(Trader().now)
    board.join("touch", lines["second"], lambda: feed, Trader().now)
    board.beat(Trader().now)
    assert told == {"first": [{"b": 1}], "second": [{"b": 1}]}
