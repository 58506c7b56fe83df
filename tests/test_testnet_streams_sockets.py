"""The streams over real sockets: who may connect, who is cut, how it ends, and real clients."""

import asyncio
import contextlib
import json
from datetime import timedelta
from decimal import Decimal

import aiohttp
import ccxt.pro
import pytest
import pytest_asyncio
from binance_common.configuration import ConfigurationWebSocketStreams
from binance_sdk_derivatives_trading_usds_futures import DerivativesTradingUsdsFutures
from dialect import NOON
from exchange import buy, sell
from makers import BTC, d
from reading import BinanceBook

from nettools.testnet.server import LocalServer, Settings
from nettools.testnet.streams import Hub

SOON = 5.0


@pytest_asyncio.fixture
async def server():
    async with LocalServer(Settings(speed=0, rate_limits=False)) as running:
        yield running


@pytest_asyncio.fixture
async def http():
    async with aiohttp.ClientSession(trust_env=False) as session:
        yield session


def _ws(server, path):
    return server.url.replace("http", "ws") + path


async def _key(server, http):
    headers = {"X-MBX-APIKEY": server.api_key}
    async with http.post(f"{server.url}/fapi/v1/listenKey", headers=headers) as reply:
        return (await reply.json())["listenKey"]


async def _next(socket):
    return json.loads(await asyncio.wait_for(socket.receive_str(), SOON))


async def _until(is_so):
    for _ in range(500):
        if is_so():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it never came to that")


async def _admin(server, http, path, command):
    headers = {"Authorization": f"Bearer {server.admin_token}"}
    async with http.post(server.admin + path, headers=headers, json=command) as reply:
        return reply.status, await reply.json()


# --- who may connect


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.com"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:8888"},
        {"Host": "evil.com"},
        {"Host": "127.0.0.1"},
    ],
)
async def test_a_foreign_page_gets_no_stream(server, http, headers):
    with pytest.raises(aiohttp.WSServerHandshakeError) as refusal:
        await http.ws_connect(_ws(server, "/ws/btcusdt@depth"), headers=headers)
    assert refusal.value.status == 403
    assert not server.hub.is_used


async def test_a_guessed_listen_key_gets_no_stream(server, http):
    with pytest.raises(aiohttp.WSServerHandshakeError) as refusal:
        await http.ws_connect(_ws(server, "/private/ws?listenKey=guessed"))
    assert refusal.value.status == 400
    assert not server.hub.is_used


async def test_an_expired_key_is_refused_and_a_new_one_opens_again(http):
    now = [NOON]
    settings = Settings(speed=0, rate_limits=False)
    async with LocalServer(settings, clock=lambda: now[0]) as server:
        key = await _key(server, http)
        path = f"/private/ws?listenKey={key}"
        async with http.ws_connect(_ws(server, path)) as socket:
            now[0] += timedelta(minutes=61)
            assert (await _next(socket))["e"] == "listenKeyExpired"
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await http.ws_connect(_ws(server, path))
        fresh = await _key(server, http)
        async with http.ws_connect(_ws(server, f"/private/ws?listenKey={fresh}")) as socket:
            server.engine.place(buy("0.1", "99000"), now[0])
            assert (await _next(socket))["e"] == "ORDER_TRADE_UPDATE"


async def test_a_plain_request_to_a_stream_is_no_stream(server, http):
    async with http.get(f"{server.url}/ws/btcusdt@depth") as reply:
        assert reply.status == 404
    upgrade = {"Upgrade": "websocket", "Connection": "Upgrade"}
    async with http.get(f"{server.url}/ws/btcusdt@depth", headers=upgrade) as reply:
        assert reply.status == 400
    assert not server.hub.is_used


# --- how it ends


async def test_streams_say_goodbye_when_the_testnet_stops(http):
    async with LocalServer(Settings(speed=0)) as server:
        socket = await http.ws_connect(_ws(server, "/ws/btcusdt@bookTicker"))
        await _next(socket)
        before = asyncio.all_tasks()
        receiving = asyncio.create_task(socket.receive())
        await asyncio.sleep(0)
        await server.stop()
        message = await asyncio.wait_for(receiving, SOON)
        assert (message.type, message.data) == (aiohttp.WSMsgType.CLOSE, 1001)
    await socket.close()
    assert all(task.done() for task in before - {asyncio.current_task()})


async def test_a_reader_who_does_not_answer_the_goodbye_holds_nobody_up(http):
    async with LocalServer(Settings(speed=0)) as server:
        await http.ws_connect(_ws(server, "/ws"), autoclose=False)
        await asyncio.wait_for(server.stop(), SOON)
        assert not server.hub.is_used


async def test_streams_can_be_cut_and_opened_again(server, http):
    sockets = [await http.ws_connect(_ws(server, "/ws/btcusdt@depth")) for _ in range(2)]
    assert await _admin(server, http, "/streams", {"cut": True}) == (200, {"cut": 2})
    for socket in sockets:
        message = await asyncio.wait_for(socket.receive(), SOON)
        assert message.type in {aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR}
        assert socket.close_code == aiohttp.WSCloseCode.ABNORMAL_CLOSURE
    async with http.ws_connect(_ws(server, "/ws/btcusdt@bookTicker")) as again:
        assert (await _next(again))["e"] == "bookTicker"
    assert (await _admin(server, http, "/streams", {"cut": "yes"}))[0] == 400


async def test_nobody_is_let_in_once_the_streams_are_closed(server, http):
    """Clients that come back at once would otherwise be left hanging by a server that stops."""
    await server.hub.close()
    with pytest.raises(aiohttp.WSServerHandshakeError):
        await http.ws_connect(_ws(server, "/ws"))


async def test_the_handle_cuts_the_streams_of_a_testnet(local_testnet, http):
    testnet = local_testnet()
    address = testnet.url.replace("http", "ws") + "/ws/btcusdt@bookTicker"
    async with http.ws_connect(address) as socket:
        await _next(socket)
        assert await asyncio.to_thread(testnet.cut_streams) == 1
        assert (await _soon(socket.receive())).type is not aiohttp.WSMsgType.TEXT
    assert await asyncio.to_thread(testnet.cut_streams) == 0


async def test_a_slow_reader_is_cut_and_the_others_go_on(server, http):
    server.hub = Hub(server.dialect.streams, server._catch_up, most_waiting=20)
    slow = await http.ws_connect(_ws(server, "/ws/btcusdt@depth@100ms"))
    slow._conn.protocol.pause_reading()
    async with http.ws_connect(_ws(server, "/ws/btcusdt@bookTicker")) as other:
        await _next(other)
        lines = len(server.hub._lines)
        for _ in range(5_000):  # what the sockets of both ends hold comes first
            if len(server.hub._lines) < lines:
                break
            server.market.advance(1, NOON)
            server.dialect.streams.beat(NOON)
            await asyncio.sleep(0)
        assert len(server.hub._lines) == lines - 1
        server.market.advance(1, NOON)
        assert (await _next(other))["e"] == "bookTicker"
    await server.hub.close()
    slow._conn.transport.abort()


async def test_a_market_nobody_can_tell_of_cuts_its_readers(server, http, monkeypatch):
    """Silence must never look like a market that stands still."""

    def fail(_now):
        raise ZeroDivisionError

    async with http.ws_connect(_ws(server, "/ws")) as socket:
        monkeypatch.setattr(server.dialect.streams, "beat", fail)
        message = await asyncio.wait_for(socket.receive(), SOON)
        assert message.type is not aiohttp.WSMsgType.TEXT
        with pytest.raises(ZeroDivisionError):
            await server.hub._heart
        server.hub._heart = None


async def test_a_lost_event_is_a_gap_the_reader_can_see(server, http):
    """Where later faults begin: one function through which every frame goes."""
    async with http.ws_connect(_ws(server, "/ws/btcusdt@depth@100ms")) as socket:
        told = []
        for is_lost in (False, True, False):
            server.hub.tamper = lambda frame, lost=is_lost: () if lost else (frame,)
            server.market.advance(1, NOON)
            server.dialect.streams.beat(NOON)
            if not is_lost:
                told.append(await _next(socket))
        assert told[1]["pu"] > told[0]["u"]


# --- real clients


@pytest_asyncio.fixture
async def client(server):
    found = ccxt.pro.binanceusdm(
        {"apiKey": server.api_key, "secret": server.secret, "enableRateLimit": False}
    )
    found.number = str
    families = {f"fapi{who}{v}": f"/fapi/{v.lower() or 'v1'}" for who in ("Public", "Private")
                for v in ("", "V2", "V3")}  # fmt: skip
    found.urls["demo"] = {name: server.url + path for name, path in families.items()}
    found.urls["demo"]["ws"] = {"linear": _ws(server, "/ws")}
    found.enable_demo_trading(enable=True)
    await found.load_markets()
    yield found
    await found.close()


async def _soon(awaited):
    return await asyncio.wait_for(awaited, SOON)


async def test_ccxt_hears_orders_trades_positions_and_balance(server, client):
    watching = [
        client.watch_orders(BTC),
        client.watch_my_trades(BTC),
        client.watch_balance(),
    ]
    tasks = [asyncio.create_task(_soon(watched)) for watched in watching]
    assert await _soon(client.watch_positions([BTC])) == []  # the REST snapshot comes first
    position = asyncio.create_task(_soon(client.watch_positions([BTC])))
    await _until(lambda: server.hub.is_used)
    placed = await client.create_order(BTC, "market", "buy", "0.2")
    orders, trades, balance = await asyncio.gather(*tasks)
    assert orders[0]["id"] == placed["id"]
    fills = server.engine.fills(BTC)
    assert trades[0]["id"] == fills[0].fill_id
    assert d(trades[0]["fee"]["cost"]) == fills[0].fee
    assert d(balance["USDT"]["total"]) <= 100_000
    [held] = await position
    assert (held["symbol"], held["side"]) == (BTC, "long")
    assert d(held["contracts"]) > 0


async def test_ccxt_keeps_the_book_of_the_engine(server, client):
    """ccxt raises ChecksumError on the first event that does not fit the one before."""
    book = await _soon(client.watch_order_book(BTC))
    for number in range(12):
        server.market.advance(number % 3 + 1, NOON)
        server.engine.place(buy("0.1", str(99_000 + number)), NOON)
        book = await _soon(client.watch_order_book(BTC))
    bids, asks = server.engine.depth(BTC, 1000)
    for side, levels in (("bids", bids), ("asks", asks)):
        assert [(Decimal(str(p)), Decimal(str(q))) for p, q in book[side]] == list(levels)


async def test_ccxt_hears_the_market(server, client):
    touch = await _soon(client.watch_bids_asks([BTC]))
    assert touch[BTC]["bid"] == str(server.engine.depth(BTC, 1)[0][0][0])
    ticker = await _soon(client.watch_ticker(BTC))
    assert d(ticker["last"]) > 0
    mark = await _soon(client.watch_mark_price(BTC))
    assert d(mark["markPrice"]) == server.engine.mark_price(BTC)
    candles = await _soon(client.watch_ohlcv(BTC, "1m"))
    assert len(candles) == 1
    trades = asyncio.create_task(_soon(client.watch_trades(BTC)))
    await _until(lambda: "btcusdt@trade" in server.dialect.streams._board._feeds)
    server.engine.place(buy("0.1"), NOON)
    assert (await trades)[0]["side"] == "buy"


async def test_ccxt_comes_back_after_a_cut(server, http, client):
    watched = asyncio.create_task(client.watch_orders(BTC))
    await _until(lambda: server.hub.is_used)
    await _admin(server, http, "/streams", {"cut": True})
    with pytest.raises(ccxt.NetworkError):
        await _soon(watched)
    watched = asyncio.create_task(_soon(client.watch_orders(BTC)))
    await _until(lambda: server.hub.is_used)
    placed = await client.create_order(BTC, "limit", "buy", "0.1", "99000")
    assert (await watched)[0]["id"] == placed["id"]


@contextlib.asynccontextmanager
async def _sdk(server):
    configuration = ConfigurationWebSocketStreams(stream_url=_ws(server, "/stream"))
    streams = DerivativesTradingUsdsFutures(config_ws_streams=configuration).websocket_streams
    await streams.create_connection()
    try:
        yield streams
    finally:
        await streams.close_connection(close_session=True)


async def test_the_venues_own_client_hears_account_and_market(server, http):
    key = await _key(server, http)
    async with _sdk(server) as streams:
        events, books, touches = asyncio.Queue(), asyncio.Queue(), asyncio.Queue()
        account = await streams.user_data(key)
        account.on("message", events.put_nowait)
        depth = await streams.diff_book_depth_streams("btcusdt")
        depth.on("message", books.put_nowait)
        touch = await streams.individual_symbol_book_ticker_streams("btcusdt")
        touch.on("message", touches.put_nowait)
        server.engine.place(buy("0.1", "99000"), NOON)
        told = (await _soon(events.get())).actual_instance
        assert (type(told).__name__, told.o.X) == ("OrderTradeUpdate", "NEW")
        assert (await _soon(books.get())).b == [["99000.0", "0.100"]]
        server.engine.place(sell("0.001"), NOON)
        kinds = [type((await _soon(events.get())).actual_instance).__name__ for _ in range(4)]
        assert kinds == ["OrderTradeUpdate", "TradeLite", "AccountUpdate", "OrderTradeUpdate"]
        assert (await _soon(touches.get())).s == "BTCUSDT"


async def test_a_raw_reader_sees_every_fill_in_order_and_the_engines_book(server, http):
    key = await _key(server, http)
    private = await http.ws_connect(_ws(server, f"/private/ws?listenKey={key}"))
    public = await http.ws_connect(_ws(server, "/public/ws"))
    await public.send_json({"method": "SUBSCRIBE", "params": ["btcusdt@depth@100ms"], "id": 9})
    assert await _next(public) == {"result": None, "id": 9}
    book = BinanceBook()
    async with http.get(f"{server.url}/fapi/v1/depth?symbol=BTCUSDT&limit=1000") as reply:
        book.begin(await reply.json())
    for number in range(200):
        server.market.advance(1, NOON)
        side = buy if number % 2 else sell
        server.engine.place(side("0.05"), NOON)
        server.dialect.streams.beat(NOON)
    told, wanted = [], server.engine.fills(BTC)
    while len(told) < len(wanted):
        event = await _next(private)
        if event["e"] == "ORDER_TRADE_UPDATE" and event["o"]["x"] == "TRADE":
            told.append(str(event["o"]["t"]))
    assert told == [fill.fill_id for fill in wanted]
    while book.last < server.engine.sequence:
        book.take(await _next(public))
    assert book.levels() == server.engine.depth(BTC, 1000)
    await private.close()
    await public.close()
