"""What the local Bybit tells over its streams, without a socket and then with real clients."""

import asyncio
import hashlib
import hmac
import json
import threading
from collections import defaultdict
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import aiohttp
import ccxt.pro
import pybit.unified_trading
import pytest
import pytest_asyncio
from bybit_trader import KEY, NOON, SECRET, Trader
from exchange import buy, sell
from hypothesis import given, settings
from hypothesis import strategies as st
from makers import BTC, d
from reading import BybitBook, Reader, beat

from nettools.model import Leg, PositionSide, Side
from nettools.testnet.server import LocalServer, Settings

SHAPES = Path(__file__).parents[2] / "shared" / "data" / "exchange_shapes"
PUBLIC, PRIVATE = "/v5/public/linear", "/v5/private"
SOON = 5.0


def _proof(key=KEY, secret=SECRET, moment=NOON, seconds=5):
    expires = int((moment + timedelta(seconds=seconds)).timestamp() * 1000)
    text = f"GET/realtime{expires}".encode()
    signature = hmac.new(secret.encode(), text, hashlib.sha256).hexdigest()
    return {"op": "auth", "args": [key, expires, signature]}


def _subscribe(*topics):
    return {"op": "subscribe", "req_id": "7", "args": list(topics)}


def _listening(*topics, **terms):
    trader = Trader(**terms)
    reader = Reader(trader, PRIVATE)
    [answer] = reader.say(_proof())
    assert answer["success"] is True
    [answer] = reader.say(_subscribe(*topics))
    assert answer["success"] is True
    return trader, reader


# --- the book


MOVES = st.lists(
    st.one_of(
        st.sampled_from(["second", "beat", "cancel", "join"]),
        st.tuples(st.sampled_from(Side), st.integers(-30, 30), st.integers(1, 900)),
    ),
    max_size=50,
)


@given(MOVES, st.sampled_from([1, 50, 200, 500]))
@settings(max_examples=40, deadline=None)
def test_snapshot_and_deltas_are_the_best_levels_of_the_engine(moves, levels):
    """For whoever listens from the beginning and whoever joins in between."""
    trader = Trader()
    topic = f"orderbook.{levels}.BTCUSDT"
    readers = [Reader(trader, PUBLIC)]
    readers[0].say(_subscribe(topic))
    for move in moves:
        if move == "join":
            readers.append(Reader(trader, PUBLIC))
            readers[-1].say(_subscribe(topic))
        elif move == "second":
            trader.market.advance(1, trader.now)
        elif move == "beat":
            beat(trader)
        elif move == "cancel":
            trader.engine.cancel_all(BTC, trader.now)
        else:
            side, ticks, lots = move
            price = trader.engine.mark_price(BTC).quantize(Decimal(1)) + ticks
            trader.engine.make(BTC, side, price, Decimal(lots) / 1000, trader.now)
    beat(trader, 2)
    for reader in readers:
        book = BybitBook()
        for frame in reader.topics(topic):
            book.take(frame)
        assert book.levels() == trader.engine.depth(BTC, levels)
        assert reader.topics(topic)[-1]["data"]["seq"] <= trader.engine.sequence


def test_a_ticker_is_told_whole_and_then_what_changed():
    trader = Trader()
    reader = Reader(trader, PUBLIC)
    reader.say(_subscribe("tickers.BTCUSDT"))
    beat(trader, 5)
    [snapshot] = reader.topics("tickers.BTCUSDT")
    shown = dict(snapshot["data"])
    for _ in range(3):
        trader.market.advance(1, trader.now)
        beat(trader)
    frames = reader.topics("tickers.BTCUSDT")
    assert [frame["type"] for frame in frames] == ["snapshot", "delta", "delta", "delta"]
    assert len(frames[1]["data"]) < len(shown)
    for frame in frames[1:]:
        shown |= frame["data"]
    _, answer = trader.send("GET", "market/tickers", b"category=linear&symbol=BTCUSDT")
    assert shown == answer["result"]["list"][0]


def test_every_execution_is_told_once_with_the_side_of_the_taker():
    trader = Trader()
    reader = Reader(trader, PUBLIC)
    reader.say(_subscribe("publicTrade.BTCUSDT"))
    trader.market.advance(30, trader.now)
    beat(trader)
    trader.engine.place(sell("1"), trader.now)
    beat(trader)
    before, after = (frame["data"] for frame in reader.topics("publicTrade.BTCUSDT"))
    assert [row["seq"] for row in before + after] == list(range(1, len(before + after) + 1))
    assert {row["S"] for row in before} == {"Buy", "Sell"}
    assert {row["S"] for row in after} == {"Sell"}
    assert sum(d(row["v"]) for row in after) == 1


def test_a_candle_is_confirmed_once_and_then_the_next_one_begins():
    trader = Trader()
    reader = Reader(trader, PUBLIC)
    reader.say(_subscribe("kline.1.BTCUSDT"))
    for _ in range(3):
        trader.market.advance(60, trader.now)
        trader.now += timedelta(seconds=60)
        beat(trader, 3)
    candles = [frame["data"][0] for frame in reader.topics("kline.1.BTCUSDT")]
    confirmed = [candle for candle in candles if candle["confirm"]]
    _, answer = trader.send(
        "GET", "market/kline", b"category=linear&symbol=BTCUSDT&interval=1&limit=4"
    )
    rows = answer["result"]["list"][:0:-1]
    keys = ("start", "open", "high", "low", "close", "volume", "turnover")
    assert [[str(candle[key]) for key in keys] for candle in confirmed] == rows


# --- the account


def test_a_fill_is_told_as_execution_order_position_and_wallet():
    trader, reader = _listening("order", "execution", "execution.fast", "position", "wallet")
    before = len(reader.frames)
    trader.engine.place(buy("0.1", id="mine"), trader.now)
    names = [frame["topic"] for frame in reader.frames[before:]]
    told = ["execution", "execution.fast", "order", "position", "wallet"]
    assert names == ["order", "position", "wallet", *told]
    [fill] = trader.engine.fills(BTC)
    [row] = reader.topics("execution")[0]["data"]
    assert (row["category"], row["orderLinkId"], row["isMaker"]) == ("linear", "mine", False)
    assert (d(row["execQty"]), d(row["execFee"])) == (fill.quantity, fill.fee)
    [fast] = reader.topics("execution.fast")[0]["data"]
    assert fast["execId"] == row["execId"]
    [order] = reader.topics("order")[-1]["data"]
    assert (order["orderStatus"], order["cumExecQty"]) == ("Filled", "0.100")
    [position] = reader.topics("position")[-1]["data"]
    assert (position["side"], position["size"]) == ("Buy", "0.100")
    assert d(position["entryPrice"]) == fill.price
    [wallet] = reader.topics("wallet")[-1]["data"]
    assert d(wallet["coin"][0]["walletBalance"]) == trader.engine.account().wallet


def test_the_rows_are_those_of_rest():
    trader, reader = _listening("order", "execution")
    placed = trader.order(orderType="Market", price=None)
    [order] = reader.topics("order")[-1]["data"]
    assert {key: order[key] for key in placed} == placed
    [execution] = trader.get("execution/list", symbol="BTCUSDT")["list"]
    [told] = reader.topics("execution")[-1]["data"]
    assert {key: told[key] for key in execution} == execution


def test_a_post_only_order_that_would_take_ends_as_canceled_with_the_reason():
    trader, reader = _listening("order", "position")
    trader.order(price="101000", timeInForce="PostOnly")
    [frame] = reader.topics("order")
    [row] = frame["data"]
    assert (row["orderStatus"], row["rejectReason"]) == (
        "Cancelled",
        "EC_PostOnlyWillTakeLiquidity",
    )
    assert reader.topics("position") == []


@given(MOVES, st.sampled_from(["one-way", "hedge"]))
@settings(max_examples=30, deadline=None)
def test_every_fill_arrives_once_and_in_the_order_of_the_engine(moves, mode):
    trader, reader = _listening("order", "execution", "position", mode=mode)
    for move in moves:
        if isinstance(move, tuple):
            side, ticks, lots = move
            index = 0 if mode == "one-way" else 1 + (ticks > 0)
            price = trader.engine.mark_price(BTC).quantize(Decimal(1)) + ticks
            quantity = str(Decimal(lots) / 1000)
            trader.create(side=side.name.title(), price=str(price), qty=quantity,
                          positionIdx=index)  # fmt: skip
            trader.wait()
            trader.dialect.catch_up(trader.now)
        elif move == "second":
            trader.market.advance(1, trader.now)
        else:
            trader.engine.cancel_all(BTC, trader.now)
    told = [frame["data"][0]["seq"] for frame in reader.topics("execution")]
    assert told == [int(fill.fill_id) for fill in trader.engine.fills(BTC)]
    last = {}
    for frame in reader.topics("order"):
        last[frame["data"][0]["orderId"]] = frame["data"][0]
    for order in trader.engine.orders(BTC):
        row = last[trader.dialect.exchange.order_row(order)["orderId"]]
        assert d(row["cumExecQty"]) == order.filled
    legs = {frame["data"][0]["positionIdx"]: frame["data"][0]
            for frame in reader.topics("position")}  # fmt: skip
    for index, row in legs.items():
        side = (PositionSide.BOTH, PositionSide.LONG, PositionSide.SHORT)[index]
        assert d(row["size"]) == abs(trader.engine.position(Leg(BTC, side)).quantity)


def test_funding_is_an_execution_that_moves_cash_and_carries_the_position():
    trader, reader = _listening("execution", "wallet")
    trader.engine.place(buy("1"), trader.now)
    wallets = len(reader.topics("wallet"))
    settlement = trader.engine.settle(BTC, d("0.0001"), d(100_000), trader.now)
    [row] = reader.topics("execution")[-1]["data"]
    assert (row["execType"], d(row["execQty"])) == ("Funding", d(1))
    assert d(row["execFee"]) == -settlement.received == 10
    assert len(reader.topics("wallet")) == wallets + 1


def test_topics_may_be_asked_for_by_category():
    trader, reader = _listening("order.linear", "execution.linear")
    trader.engine.place(buy("0.1"), trader.now)
    assert {frame["topic"] for frame in reader.frames if "topic" in frame} == {
        "order.linear",
        "execution.linear",
    }


# --- who may listen, and what may be asked


@pytest.mark.parametrize(
    ("proof", "code"),
    [
        (_proof(key="guessed"), 10003),
        (_proof(secret="guessed"), 10004),  # noqa: S106 - it is wrong
        (_proof(seconds=0), 10002),
        (_proof(seconds=-60), 10002),
        ({"op": "auth", "args": [KEY, 1]}, 10001),
        ({"op": "auth", "args": None}, 10001),
        ({"op": "auth", "args": [KEY, True, ""]}, 10001),
        ({"op": "auth", "args": ["\ud800", "9" * 14, "\ud800"]}, 10003),
        ({"op": "auth", "args": [KEY, "9" * 14, "\ud800"]}, 10004),
    ],
)
def test_a_wrong_proof_is_answered_and_the_connection_closed(proof, code):
    reader = Reader(Trader(), PRIVATE)
    [answer] = reader.say(proof)
    assert (answer["success"], answer["op"], answer["retCode"]) == (False, "auth", code)
    assert reader.line.is_closing
    assert KEY not in json.dumps(answer)


def test_without_a_proof_nothing_is_told_of_the_account():
    trader = Trader()
    reader = Reader(trader, PRIVATE)
    [answer] = reader.say(_subscribe("order"))
    assert (answer["success"], answer["ret_msg"]) == (False, "Request not authorized")
    trader.engine.place(buy("0.1"), trader.now)
    assert reader.frames == [answer]


def test_the_public_port_has_no_account_and_takes_no_proof():
    reader = Reader(Trader(), PUBLIC)
    assert reader.say(_subscribe("order"))[0]["success"] is False
    assert reader.say(_proof())[0]["success"] is False


@pytest.mark.parametrize(
    "topic",
    [
        "orderbook.7.BTCUSDT",
        "orderbook.BTCUSDT",
        "orderbook.50.DOGEUSDT",
        "kline.7.BTCUSDT",
        "tickers.1.BTCUSDT",
        "publicTrade",
        "liquidation.BTCUSDT",
        "",
    ],
)
def test_an_unknown_topic_is_refused_with_all_the_others(topic):
    reader = Reader(Trader(), PUBLIC)
    [answer] = reader.say(_subscribe("tickers.BTCUSDT", topic))
    assert (answer["success"], answer["req_id"]) == (False, "7")
    assert topic in answer["ret_msg"]


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", "[" * 60_000, '{"op":[]}', '{"args":1}']
)
def test_nonsense_is_answered_with_an_error(text):
    [answer] = Reader(Trader(), PUBLIC).say(text)
    assert answer["success"] is False


def test_a_ping_is_answered_in_each_ports_own_way():
    ping = {"op": "ping", "req_id": "9"}
    [public] = Reader(Trader(), PUBLIC).say(ping)
    assert (public["success"], public["ret_msg"], public["req_id"]) == (True, "pong", "9")
    [private] = Reader(Trader(), PRIVATE).say(ping)
    assert (private["op"], private["req_id"]) == ("pong", "9")


def test_what_is_unsubscribed_is_told_no_more():
    trader, reader = _listening("order")
    other = Reader(trader, PUBLIC)
    other.say(_subscribe("orderbook.1.BTCUSDT"))
    for one, topic in ((reader, "order"), (other, "orderbook.1.BTCUSDT")):
        [answer] = one.say({"op": "unsubscribe", "req_id": "8", "args": [topic]})
        assert (answer["success"], answer["req_id"], answer["op"]) == (True, "8", "unsubscribe")
    before = len(reader.frames), len(other.frames)
    trader.engine.place(buy("0.1"), trader.now)
    beat(trader, 2)
    assert (len(reader.frames), len(other.frames)) == before


@pytest.mark.parametrize("path", ["/v5/public/spot", "/v5/trade", "/ws", "/v5/public/linear/x"])
def test_another_address_lets_nobody_in(path):
    assert Reader(Trader(), path).refusal.status == 404


# --- shapes


def _recorded(name):
    path = SHAPES / f"bybit__ws_{name}.json"
    if not path.exists():
        pytest.skip("the recorded frames are not here")
    return json.loads(path.read_text(encoding="utf-8"))


_RECORDED = {
    "orderbook_snapshot": "orderbook.1.BTCUSDT",
    "public_trade": "publicTrade.BTCUSDT",
    "ticker_linear": "tickers.BTCUSDT",
    "kline": "kline.5.BTCUSDT",
    "account_order_filled": "order",
    "account_execution": "execution",
    "account_execution_fast": "execution.fast",
    "account_position": "position",
    "account_wallet": "wallet",
}


@pytest.mark.parametrize("name", _RECORDED)
def test_frames_have_the_shape_of_recorded_ones(name):
    recorded, topic = _recorded(name), _RECORDED[name]
    if "." in topic and topic != "execution.fast":
        trader = Trader()
        reader = Reader(trader, PUBLIC)
        reader.say(_subscribe(topic))
    else:
        trader, reader = _listening(topic)
    trader.market.advance(3, trader.now)
    trader.engine.place(buy("0.1"), trader.now)
    beat(trader)
    told = reader.topics(topic)
    _same_shape(recorded, told[0 if "type" in told[0] else -1])


_OTHER_NAMES = {
    "totalPerpUpl": "totalPerpUPL",
    "tickDirection": None,
    "lastPriceOnCreated": None,
}
"""Spelled otherwise by the venue's own page, or not offered."""


def _same_shape(recorded, told):
    for key, was in recorded.items():
        name = _OTHER_NAMES.get(key, key)
        if name is None:
            continue
        now = told[name]
        if isinstance(was, dict):
            _same_shape(was, now)
        elif isinstance(was, list) and was and isinstance(was[0], dict):
            _same_shape(was[-1], now[0])
        else:
            assert type(now) is type(was), (key, was, now)


@pytest.mark.parametrize("name", ["auth_failure", "auth_success", "subscription_ack"])
def test_answers_have_the_shape_of_recorded_ones(name):
    recorded = _recorded(name)
    reader = Reader(Trader(), PRIVATE)
    [answer] = reader.say(_proof(key=KEY if name != "auth_failure" else "guessed"))
    if name == "subscription_ack":
        [answer] = reader.say(_subscribe("order"))
    _same_shape(recorded, answer)


# --- real clients


@pytest_asyncio.fixture
async def server():
    async with LocalServer(Settings(venue="bybit", speed=0, rate_limits=False)) as running:
        yield running


def _ws(server, path):
    return server.url.replace("http", "ws") + path


@pytest_asyncio.fixture
async def client(server):
    only_linear = {"defaultType": "swap", "defaultSubType": "linear"}
    found = ccxt.pro.bybit(
        {
            "apiKey": server.api_key,
            "secret": server.secret,
            "enableRateLimit": False,
            "options": only_linear | {"fetchMarkets": {"types": ["linear"]}},
        }
    )
    found.number = str
    families = {"public": {"linear": PUBLIC}, "private": {"contract": PRIVATE}}
    addresses = {
        who: {kind: _ws(server, path) for kind, path in paths.items()}
        for who, paths in families.items()
    }
    found.urls["test"] = {"public": server.url, "private": server.url, "ws": addresses}
    found.set_sandbox_mode(True)
    await found.load_markets()
    yield found
    await found.close()


async def _soon(awaited):
    return await asyncio.wait_for(awaited, SOON)


async def _until(is_so):
    for _ in range(500):
        if is_so():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it never came to that")


def _heard(server):
    return {
        name for reader in server.dialect.streams._readers.values() for name in reader.topics
    }


async def test_ccxt_hears_orders_trades_positions_and_balance(server, client):
    assert await _soon(client.watch_positions([BTC])) == []  # the REST snapshot comes first
    watching = (
        client.watch_orders(BTC),
        client.watch_my_trades(BTC),
        client.watch_positions([BTC]),
        client.watch_balance(),
    )
    tasks = [asyncio.create_task(_soon(watched)) for watched in watching]
    await _until(lambda: _heard(server) == {"order", "execution", "position", "wallet"})
    await client.create_order(BTC, "market", "buy", "0.2")
    orders, trades, positions, balance = await asyncio.gather(*tasks)
    fills = server.engine.fills(BTC)
    assert (orders[0]["status"], orders[0]["symbol"]) in {("open", BTC), ("closed", BTC)}
    assert d(trades[0]["amount"]) == fills[0].quantity
    assert d(trades[0]["fee"]["cost"]) == fills[0].fee
    assert positions[0]["symbol"] == BTC
    assert d(balance["USDT"]["total"]) <= 100_000


async def test_ccxt_keeps_the_book_of_the_engine(server, client):
    book = await _soon(client.watch_order_book(BTC, 50))
    for number in range(10):
        server.market.advance(number % 3 + 1, NOON)
        book = await _soon(client.watch_order_book(BTC, 50))
    for side, levels in zip(("bids", "asks"), server.engine.depth(BTC, 50), strict=True):
        assert [(Decimal(str(p)), Decimal(str(q))) for p, q in book[side]] == list(levels)


async def test_ccxt_hears_the_market(server, client):
    touch = await _soon(client.watch_bids_asks([BTC]))
    assert touch[BTC]["bid"] == str(server.engine.depth(BTC, 1)[0][0][0])
    ticker = await _soon(client.watch_ticker(BTC))
    assert d(ticker["markPrice"]) == server.engine.mark_price(BTC)
    assert len(await _soon(client.watch_ohlcv(BTC, "1m"))) == 1
    trades = asyncio.create_task(_soon(client.watch_trades(BTC)))
    await _until(lambda: "publicTrade.BTCUSDT" in server.dialect.streams._board._feeds)
    server.engine.place(buy("0.1"), NOON)
    assert (await trades)[0]["side"] == "buy"


async def test_ccxt_comes_back_after_a_cut(server, client):
    watched = asyncio.create_task(client.watch_orders(BTC))
    await _until(lambda: _heard(server))
    server.hub.cut()
    with pytest.raises(ccxt.NetworkError):
        await _soon(watched)
    watched = asyncio.create_task(_soon(client.watch_orders(BTC)))
    await _until(lambda: _heard(server))
    placed = await client.create_order(BTC, "limit", "buy", "0.1", "99500")
    assert (await watched)[0]["id"] == placed["id"]


async def test_a_foreign_page_gets_no_stream_and_a_wrong_proof_a_goodbye(server):
    async with aiohttp.ClientSession(trust_env=False) as http:
        with pytest.raises(aiohttp.WSServerHandshakeError) as refusal:
            await http.ws_connect(_ws(server, PUBLIC), headers={"Origin": "https://evil.com"})
        assert refusal.value.status == 403
        async with http.ws_connect(_ws(server, PRIVATE)) as socket:
            await socket.send_json({"op": "auth", "args": ["guessed", "9" * 14, "guessed"]})
            assert (await _soon(socket.receive_json()))["success"] is False
            assert (await _soon(socket.receive())).type is aiohttp.WSMsgType.CLOSE


async def test_the_venues_own_client_hears_account_and_market(server, monkeypatch):
    monkeypatch.setattr(pybit.unified_trading, "PUBLIC_WSS", _ws(server, PUBLIC))
    monkeypatch.setattr(pybit.unified_trading, "PRIVATE_WSS", _ws(server, PRIVATE))
    account, books, loop = asyncio.Queue(), asyncio.Queue(), asyncio.get_running_loop()

    def into(queue):
        return lambda message: loop.call_soon_threadsafe(queue.put_nowait, message)

    def listen():
        private = pybit.unified_trading.WebSocket(
            testnet=True,
            channel_type="private",
            api_key=server.api_key,
            api_secret=server.secret,
            restart_on_error=False,
            private_auth_expire=10,
        )
        public = pybit.unified_trading.WebSocket(
            testnet=True, channel_type="linear", restart_on_error=False
        )
        for one in (private, public):
            # it notes a request after sending it, and an answer on loopback can be faster
            one.subscriptions = defaultdict(str)
        private.order_stream(into(account))
        private.execution_stream(into(account))
        public.orderbook_stream(50, "BTCUSDT", into(books))
        return private, public

    clients = await _beside(listen)
    try:
        assert (await _soon(books.get()))["topic"] == "orderbook.50.BTCUSDT"
        await _until(lambda: _heard(server) == {"order", "execution"})
        server.engine.place(buy("0.1"), NOON)
        topics = [(await _soon(account.get()))["topic"] for _ in range(3)]
        assert topics == ["order", "execution", "order"]
        book = await _soon(books.get())
        best = server.engine.depth(BTC, 1)[1][0]
        assert min(Decimal(price) for price, _ in book["data"]["a"]) == best[0]
    finally:
        for one in clients:
            await _beside(one.exit)


async def _beside(call):
    """Run what blocks on a thread that holds nobody up, should it never end."""
    loop, done = asyncio.get_running_loop(), asyncio.Future()
    run = threading.Thread(
        target=lambda: loop.call_soon_threadsafe(done.set_result, call()), daemon=True
    )
    run.start()
    return await _soon(done)
