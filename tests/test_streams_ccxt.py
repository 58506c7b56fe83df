"""Unmodified ccxt listens to the local exchange: exact events, gaps told, nothing secret."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from functools import partial
from itertools import count

import pytest
from aiohttp import web
from faulty import Fault, FaultyServer
from makers import BTC, ETH, d

import nettools as nt
from nettools.model import (
    Fill,
    Leg,
    Order,
    OrderReport,
    OrderState,
    Position,
    PositionSide,
    Quote,
    Side,
)
from nettools.testnet.server import utc_now
from nettools.venues import ccxt_stream, hearing
from nettools.venues.binance.ear import BINANCE_EAR
from nettools.venues.binance.venue import BinanceVenue
from nettools.venues.bybit.venue import BybitVenue
from nettools.venues.credentials import credentials
from nettools.venues.guard import local_address
from nettools.venues.streams import Gap, Live

IDS = count()
VENUES = {"binance": BinanceVenue, "bybit": BybitVenue}
LOOK_UPS = {
    "binance": ("v1/order", "v1/userTrades"),
    "bybit": ("order/history", "execution/list"),  # realtime lists the resting ones as well
}
"""Where orders and executions are looked up."""
SENDS = {"binance": "v1/order", "bybit": "order/create"}
PATIENCE = 10
"""Seconds a test waits for what must come; it comes in a fraction of one."""


class _Listener:
    """A venue, its stream, and what was heard."""

    def __init__(self, venue):
        self.venue = venue
        self.events = []
        self.news = asyncio.Event()
        self.stream = venue.listen(self._hear)

    def _hear(self, event):
        self.events.append(event)
        self.news.set()

    def heard(self, kind):
        return [event for event in self.events if isinstance(event, kind)]

    async def until(self, condition):
        async with asyncio.timeout(PATIENCE):
            while not condition():
                self.news.clear()
                await self.news.wait()

    async def lives(self, times=1):
        await self.until(lambda: len(self.heard(Live)) >= times)


@pytest.fixture(params=VENUES)
async def server(request) -> AsyncIterator[FaultyServer]:
    async with FaultyServer(venue=request.param) as running:
        yield running


@pytest.fixture
async def binance() -> AsyncIterator[FaultyServer]:
    async with FaultyServer() as running:
        yield running


@pytest.fixture
async def listener(server):
    async with _listening(server) as listener:
        await listener.lives()
        yield listener


@asynccontextmanager
async def _listening(server, kind=None):
    held = credentials(server.api_key, server.secret)
    kind = kind or VENUES[server.settings.venue]
    venue = kind("local", local_address(server.url), held)
    await venue.connect()
    listener = _Listener(venue)
    try:
        yield listener
    finally:
        await listener.stream.close()
        await venue.close()


def _order(quantity="0.1", price="100200", side=Side.BUY, **more):
    return Order(
        client_order_id=f"nt1-ear-{next(IDS)}",
        symbol=BTC,
        side=side,
        quantity=d(quantity),
        limit_price=d(price),
        **more,
    )


def _move(server, seconds=5):
    server.market.advance(seconds, utc_now())


def _is_of_a_book(frame):
    return "depth" in frame.channel or "orderbook" in frame.channel


async def _follow(listener, server, *symbols):
    """Follow symbols, and let the market move until all of them are quoted."""
    listener.stream.follow(symbols)
    async with asyncio.timeout(PATIENCE):
        while {quote.symbol for quote in listener.heard(Quote)} != set(symbols):
            _move(server, 1)
            await asyncio.sleep(0.05)


# --- the account


async def test_an_execution_is_told_as_it_can_be_read(listener):
    order = _order("0.7")
    await listener.venue.send(order)
    await listener.until(
        lambda: (
            listener.heard(OrderReport)[-1:]
            and listener.heard(OrderReport)[-1].state is OrderState.FILLED
        )
    )
    read = await listener.venue.fills(BTC, utc_now() - timedelta(minutes=1))
    told = listener.heard(Fill)
    assert {fill.client_order_id for fill in told} == {order.client_order_id}
    assert told == [replace(fill, client_order_id=order.client_order_id) for fill in read]
    known = await listener.venue.find_order(order)
    assert replace(listener.heard(OrderReport)[-1], order=known.order) == known
    await listener.until(lambda: listener.heard(Position)[-1].quantity == d("0.7"))


async def test_a_position_that_is_closed_is_told_as_flat(listener):
    await listener.venue.send(_order("0.3"))
    await listener.venue.send(_order("0.3", "99800", Side.SELL))
    await listener.until(lambda: [p.quantity for p in listener.heard(Position)][-1:] == [0])
    assert listener.heard(Position)[-1].average_price is None


async def test_a_resting_order_and_its_cancel_are_told(listener):
    order = _order(price="99000")
    await listener.venue.send(order)
    await listener.until(lambda: listener.heard(OrderReport))
    await listener.venue.cancel(order)
    await listener.until(lambda: len(listener.heard(OrderReport)) >= 2)
    states = [report.state for report in listener.heard(OrderReport)]
    assert states == [OrderState.ACKED, OrderState.CANCELED]


@pytest.mark.parametrize("name", VENUES)
async def test_both_legs_of_a_hedged_account_are_told_with_their_signs(name):
    async with FaultyServer("hedge", venue=name) as server, _listening(server) as listener:
        await listener.lives()
        await listener.venue.send(_order("0.2", position_side=PositionSide.LONG))
        short = _order("0.1", "99800", Side.SELL, position_side=PositionSide.SHORT)
        await listener.venue.send(short)
        wanted = {PositionSide.LONG: d("0.2"), PositionSide.SHORT: d("-0.1")}
        await listener.until(
            lambda: {p.position_side: p.quantity for p in listener.heard(Position)} == wanted
        )


async def test_a_cut_is_told_and_what_comes_after_it_too(listener, server):
    server.hub.cut()
    await listener.until(lambda: listener.heard(Gap))
    await listener.lives(2)
    await listener.venue.send(_order())
    await listener.until(lambda: listener.heard(Fill))
    kinds = [
        type(e)
        for e in listener.events
        if isinstance(e, Live | Fill) or e == Gap(reason="the connection broke")
    ]
    assert kinds[:4] == [Live, Gap, Live, Fill]


async def test_an_expired_listen_key_is_replaced(binance):
    async with _listening(binance) as listener:
        await listener.lives()
        binance.dialect.streams._exchange.listen_keys._until = utc_now()
        await listener.until(lambda: listener.heard(Gap))
        assert "listenKeyExpired" in listener.heard(Gap)[0].reason
        await listener.lives(2)
        await listener.venue.send(_order())
        await listener.until(lambda: listener.heard(Fill))


async def test_a_line_that_answers_no_ping_is_opened_again(binance, monkeypatch):
    monkeypatch.setattr(hearing, "PING_SECONDS", 0.1)
    silent = partial(web.WebSocketResponse, autoping=False)
    monkeypatch.setattr("nettools.testnet.streams.web.WebSocketResponse", silent)
    async with _listening(binance) as listener:
        await listener.lives()
        await listener.until(lambda: listener.heard(Gap))
        await listener.lives(2)


async def test_an_account_stream_that_lags_is_not_believed(listener, server):
    server.skew = -timedelta(seconds=30)
    server.engine.place(_order(), server._skewed())
    await listener.until(lambda: listener.heard(Gap))
    assert "lags by 30 s" in listener.heard(Gap)[0].reason
    assert listener.heard(Fill) == []


async def test_a_message_that_cannot_be_read_is_a_gap_and_the_next_one_is_heard(
    listener, server
):
    spoiled = iter([True])

    def spoil(frame):
        order = frame.row.get("o") or (frame.row.get("data") or [{}])[0]
        if frame.is_private and "order" in frame.channel.lower() and next(spoiled, False):
            order |= {"ps": "SIDEWAYS", "positionIdx": 7}
        return (frame,)

    server.hub.tamper = spoil
    await listener.venue.send(_order("0.1"))
    await listener.until(lambda: len(listener.heard(Live)) == 2)
    assert "could not be read (position" in listener.heard(Gap)[0].reason
    await listener.venue.send(_order("0.1"))
    await listener.until(lambda: len(listener.heard(Fill)) >= 2)


# --- the book


async def test_the_book_is_the_exchanges_after_hundreds_of_moves(listener, server):
    await _follow(listener, server, BTC, ETH)
    for _ in range(100):
        _move(server, 3)
        await asyncio.sleep(0.02)
    quotes = await listener.venue.quotes([BTC, ETH])

    def _touches():
        return {q.symbol: (q.bid, q.ask) for q in listener.heard(Quote)}

    await listener.until(lambda: _touches() == {s: (q.bid, q.ask) for s, q in quotes.items()})
    for symbol in (BTC, ETH):
        assert listener.stream._books[symbol].levels() == server.engine.depth(symbol, 1000)
    assert listener.heard(Gap) == []


async def test_a_lost_update_takes_the_touch_away_until_the_book_is_whole_again(
    listener, server
):
    await _follow(listener, server, BTC)
    lost = iter([()])
    server.hub.tamper = lambda frame: next(lost, (frame,)) if _is_of_a_book(frame) else (frame,)
    _move(server)
    await asyncio.sleep(0.25)
    _move(server)
    await listener.until(lambda: listener.heard(Gap))
    gap = listener.heard(Gap)[0]
    assert gap.symbol == BTC
    assert "missing" in gap.reason
    quotes = len(listener.heard(Quote))
    while len(listener.heard(Quote)) == quotes:
        _move(server, 1)
        await asyncio.sleep(0.1)
    touch = listener.stream._books[BTC].levels()
    assert touch == server.engine.depth(BTC, 1000)
    assert len(listener.heard(Live)) == 1, "the account's stream has nothing to do with it"


async def test_a_book_told_late_has_a_time_that_says_so(listener, server):
    server.skew = -timedelta(seconds=30)
    await _follow(listener, server, BTC)
    age = utc_now() - listener.heard(Quote)[0].time
    assert age > timedelta(seconds=29)


# --- the guard


async def test_a_stream_of_another_host_is_refused_and_not_tried_again(binance):
    class Astray(BinanceVenue):
        ear = replace(BINANCE_EAR, urls=lambda _: {"linear": "wss://fstream.binance.com/ws"})

    async with _listening(binance, Astray) as listener:
        await listener.until(
            lambda: any("was not sent" in gap.reason for gap in listener.heard(Gap))
        )
        assert "wss://fstream.binance.com" in listener.heard(Gap)[-1].reason
        known = len(listener.events)
        await asyncio.sleep(4 * ccxt_stream.FIRST_PAUSE)
        assert len(listener.events) == known


async def test_nothing_secret_is_shown_logged_or_told(server, caplog):
    caplog.set_level(logging.DEBUG)
    async with _listening(server) as listener:
        await listener.lives()
        listener.stream.follow([BTC])
        await listener.venue.send(_order())
        server.hub.cut()
        await listener.lives(2)
        client = listener.stream._connection.client
        shown = [
            caplog.text,
            repr(listener.stream),
            str(listener.events),
            repr(vars(client).get("apiKey")),
        ]
        keys = getattr(server.dialect.streams._exchange, "listen_keys", None)
    for secret in (server.api_key, server.secret, *([keys._key] if keys else [])):
        assert secret
        assert all(secret not in text for text in shown)


# --- the desk


@pytest.fixture
async def desk(server):
    held = credentials(server.api_key, server.secret)
    async with await nt.Desk.open(
        VENUES[server.settings.venue]("local", local_address(server.url), held)
    ) as desk:
        await _until(lambda: desk.status.stream == "live")
        yield desk


async def _until(condition):
    async with asyncio.timeout(PATIENCE):
        while not condition():  # noqa: ASYNC110 - the desk lives on a thread of its own
            await asyncio.sleep(0.01)


async def test_a_desk_settles_its_orders_by_the_stream_when_they_cannot_be_looked_up(
    desk, server
):
    for path in LOOK_UPS[server.settings.venue]:
        server.spoil("GET", path, Fault(status=502, body="<html>"))
    desk.set_target("A", BTC, "0.7")
    await desk.refresh()
    report = await desk.tick()
    assert (report.filled, report.problem) == (d("0.7"), "")
    assert desk.positions() == {BTC: d("0.7")}
    assert (await desk.tick()).orders == ()


async def test_a_lost_answer_is_cleared_up_by_the_stream(desk, server):
    for path in LOOK_UPS[server.settings.venue]:
        server.spoil("GET", path, Fault(status=502, body="<html>"))
    server.spoil("POST", SENDS[server.settings.venue], Fault(reaches=True))
    desk.set_target("A", BTC, "0.7")
    assert (await desk.tick()).filled == d("0.7")
    server.heal()
    assert (await desk.tick()).orders == ()
    assert desk.positions() == {BTC: d("0.7")}


async def test_a_cut_is_swept_and_the_desk_goes_on(desk, server):
    desk.set_target("A", BTC, "0.5")
    await desk.tick("limit")
    server.hub.tamper = lambda _: ()
    server.hub.cut()
    await _until(lambda: desk.status.stream == "down")
    assert "the stream is down" in desk.status.notes[0]
    server.hub.tamper = lambda frame: (frame,)
    price = server.engine.open_orders(BTC)[0].order.limit_price
    at_price = next(q for p, q in server.engine.depth(BTC, 9)[0] if p == price)
    server.engine.make(BTC, Side.SELL, price, at_price, utc_now())
    await _until(lambda: desk.status.stream == "live")
    assert (await desk.tick("limit")).orders == ()
    assert desk.positions() == {BTC: d("0.5")}
    desk.set_target("A", BTC, "0.7")
    assert (await desk.tick()).filled == d("0.2")
    assert desk.breaks() == ()


async def test_doubled_and_lost_messages_leave_the_books_as_the_exchange_has_them(desk, server):
    fates = iter([2, 0, 1, 2, 2, 0, 0, 1, 1, 0, 2] * 5)
    server.hub.tamper = lambda frame: (
        (frame,) * next(fates, 1) if frame.is_private else (frame,)
    )
    for target in ("0.5", "-0.3", "0.2"):
        desk.set_target("A", BTC, target)
        await desk.tick()
    await desk.refresh()
    leg = Leg(BTC, PositionSide.BOTH)
    assert desk.positions() == {BTC: server.engine.position(leg).quantity}
    assert desk.accounts().set_index("strategy").virtual["A"] == d("0.2")
    assert desk.breaks() == ()
