"""The Bybit venue when answers are lost, spoiled or late: never "flat", never a second order.

On Bybit a create is only acknowledged, and errors come with HTTP 200.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count

import pytest
from faulty import CUT, EMPTY, HTML, LIST, NULL, OBJECT, USELESS_BODIES, Fault, FaultyServer
from makers import BTC, ETH, d, set_three
from speaking import venue_on

import nettools as nt
from nettools.errors import OrderRejected, OutcomeUnknown, VenueUnavailable
from nettools.model import Order, OrderReport, OrderState, PositionMode, PositionSide, Side
from nettools.testnet.handle import Testnet
from nettools.testnet.server import utc_now
from nettools.venues.bybit import history
from nettools.venues.bybit.venue import BybitVenue

IDS = count()
HOUR = timedelta(hours=1)
READS = {
    "position/list": lambda venue: venue.positions(),
    "account/wallet-balance": lambda venue: venue.balance(),
    "account/fee-rate": lambda venue: venue.fee_rates(BTC),
    "market/tickers": lambda venue: venue.quotes([BTC, ETH]),
    "order/realtime": lambda venue: venue.find_order(_order()),
    "order/history": lambda venue: venue.find_order(_order()),
    "execution/list": lambda venue: venue.fills(BTC, _an_hour_ago()),
    "market/funding/history": lambda venue: venue.funding(BTC, _an_hour_ago()),
    "user/query-api": lambda venue: venue.permissions(),
    "market/time": lambda venue: venue.server_time(),
}


@pytest.fixture(params=["one-way"])
async def server(request) -> AsyncIterator[FaultyServer]:
    async with FaultyServer(request.param, venue="bybit") as running:
        yield running


@pytest.fixture
async def venue(server) -> AsyncIterator[BybitVenue]:
    opened = venue_on(server)
    await opened.connect()
    yield opened
    await opened.close()


hedged = pytest.mark.parametrize("server", ["hedge"], indirect=True)


def _an_hour_ago() -> datetime:
    return utc_now() - HOUR


def _order(quantity: str = "0.1", price: str = "99500", **more) -> Order:
    return Order(
        client_order_id=f"nt1-bybit-{next(IDS)}",
        symbol=BTC,
        side=more.pop("side", Side.BUY),
        quantity=d(quantity),
        limit_price=d(price),
        **more,
    )


async def _shown(venue: BybitVenue, order: Order) -> OrderReport:
    """Ask until the venue shows an order it has acknowledged."""
    for _ in range(400):
        found = await venue.find_order(order)
        if found is not None:
            return found
        await asyncio.sleep(0.005)
    raise AssertionError("never shown")


async def _traded(venue: BybitVenue, **more) -> Order:
    order = _order("0.7", "100500", **more)
    await venue.send(order)
    assert (await _shown(venue, order)).state is OrderState.FILLED
    return order


def _changed(found: str, instead: str) -> Fault:
    return Fault(reaches=True, change=lambda body: body.decode().replace(found, instead))


def _endless() -> str:
    row = {"symbol": "BTCUSDT", "size": "0"}
    listed = {"category": "linear", "list": [row], "nextPageCursor": "again"}
    return json.dumps({"retCode": 0, "result": listed})


def _refused(code: int, text: str = "no") -> str:
    return json.dumps({"retCode": code, "retMsg": text, "result": {}, "time": 1})


# --- reads


@pytest.mark.parametrize("path", READS)
async def test_a_useless_answer_is_unknown_and_never_flat(server, venue, path):
    bodies = (*USELESS_BODIES.values(), '{"retCode":0}', '{"retCode":0,"result":{}}')
    for body in (*bodies, _refused(10000, "Server Timeout"), _refused(10016)):
        server.spoil("GET", path, Fault(body=body))
        with pytest.raises(VenueUnavailable, match="unknown until a read succeeds"):
            await READS[path](venue)
    server.heal()
    await READS[path](venue)


async def test_an_empty_position_list_needs_a_witness(server, venue):
    await _traded(venue)
    empty = '{"retCode":0,"result":{"category":"linear","list":[],"nextPageCursor":""}}'
    server.spoil("GET", "position/list", Fault(body=empty))
    with pytest.raises(VenueUnavailable, match="while the account page shows some"):
        await venue.positions()
    server.spoil("GET", "account/wallet-balance", _changed('"totalPositionIM"', '"gone"'))
    with pytest.raises(VenueUnavailable, match="totalPositionIM was missing"):
        await venue.positions()


async def test_a_position_row_that_cannot_be_read_hides_nothing(server, venue):
    await _traded(venue)
    for found, instead in (
        ('"size":"0.700"', '"size":"x"'),
        ('"size":"0.700",', ""),
        ('"avgPrice":"1', '"avgPrice":"NaN1'),
        ('"positionIdx":0', '"positionIdx":7'),
        ('"symbol":"BTCUSDT"', '"symbol":"WHATUSDT"'),
    ):
        server.spoil("GET", "position/list", _changed(found, instead))
        with pytest.raises(VenueUnavailable, match="the positions could not be read"):
            await venue.positions()


async def test_positions_come_in_pages_until_the_cursor_ends(server, venue, monkeypatch):
    await _traded(venue)
    first = []

    def two_pages(body: bytes) -> str:
        if first:
            answer = json.loads(first[0])
            answer["result"]["list"][0]["symbol"] = "ETHUSDT"
            return json.dumps(answer)
        first.append(body)
        return body.decode().replace('"nextPageCursor":""', '"nextPageCursor":"more%3A1"')

    server.spoil("GET", "position/list", Fault(reaches=True, change=two_pages))
    assert {position.symbol for position in await venue.positions()} == {BTC, ETH}
    monkeypatch.setattr(history, "_MOST_PAGES", 20)
    server.spoil("GET", "position/list", Fault(body=_endless()))
    with pytest.raises(VenueUnavailable, match="without an end"):
        await venue.positions()


async def test_a_crossed_missing_or_old_touch_is_no_quote(server, venue):
    for found, instead in (
        ('"bid1Price":"1', '"bid1Price":"9'),
        ('"bid1Price":', '"bid":'),
        ('"ask1Price":"1', '"ask1Price":""'),
        ('"symbol":"ETHUSDT"', '"symbol":"OTHER"'),
        ('"time":1', '"time":'),
    ):
        server.spoil("GET", "market/tickers", _changed(found, instead))
        with pytest.raises(VenueUnavailable):
            await venue.quotes([BTC, ETH])


async def test_a_status_we_do_not_know_is_unknown_not_final(server, venue):
    order = _order()
    await venue.send(order)
    await _shown(venue, order)
    server.spoil("GET", "order/realtime", _changed('"New"', '"Frozen"'))
    assert (await venue.find_order(order)).state is OrderState.UNKNOWN


# --- connecting


async def test_connecting_asks_for_the_clock_the_contracts_and_the_money_and_no_more(server):
    """ccxt alone would ask eleven times and more: spot, options, the kind of account."""
    venue = venue_on(server)
    await venue.connect()
    assert [path for _, path in server.seen] == [
        "/v5/market/time",
        "/v5/market/instruments-info",
        "/v5/market/instruments-info",
        "/v5/account/wallet-balance",
    ]
    server.seen.clear()
    await venue.send(_order())
    assert server.seen == [("POST", "/v5/order/create")]
    await venue.close()


# --- sends


async def test_an_acknowledged_order_is_sent_and_no_more(venue):
    """It is not in the book yet; the venue knows it a moment later."""
    order = _order()
    report = await venue.send(order)
    assert (report.state, report.working_quantity) == (OrderState.SENT, d("0.1"))
    assert "accepted for processing" in report.message
    assert report.venue_order_id
    shown = await _shown(venue, order)
    assert (shown.state, shown.venue_order_id) == (OrderState.ACKED, report.venue_order_id)


LOST = {
    "closed": Fault(),
    "empty": Fault(body=EMPTY),
    "html": Fault(body=HTML),
    "null": Fault(body=NULL),
    "object": Fault(body=OBJECT),
    "list": Fault(body=LIST),
    "cut": Fault(body=CUT),
    "html 502": Fault(body=HTML, status=502),
    "html 403": Fault(body=HTML, status=403),
    "504": Fault(body=EMPTY, status=504),
    "server timeout": Fault(body=_refused(10000, "Server Timeout")),
    "restarting": Fault(body=_refused(10016)),
    "429": Fault(body=_refused(429)),
    "10429": Fault(body=_refused(10429)),
    "duplicate request": Fault(body=_refused(10014)),
    "unlisted": Fault(body=_refused(987654)),
    "refused by a gateway": Fault(body=_refused(110007), status=503),
    "without ids": Fault(body='{"retCode":0,"retMsg":"OK","result":{}}'),
    "another order": Fault(body='{"retCode":0,"result":{"orderId":"5","orderLinkId":"other"}}'),
}


@pytest.mark.parametrize("kind", LOST)
async def test_a_lost_answer_to_a_create_is_unknown_and_looking_tells(server, venue, kind):
    """The same signal whether the order exists or not; never sent again."""
    for reaches in (False, True):
        server.spoil("POST", "order/create", replace(LOST[kind], reaches=reaches))
        server.seen.clear()
        order = _order()
        with pytest.raises(OutcomeUnknown, match=order.client_order_id):
            await venue.send(order)
        server.heal()
        assert server.seen.count(("POST", "/v5/order/create")) == 1
        if reaches:
            assert (await _shown(venue, order)).state is OrderState.ACKED
        else:
            assert await venue.find_order(order) is None
        assert len(server.engine.orders(BTC)) == reaches


@pytest.mark.parametrize(
    ("code", "text", "reason"),
    [
        (110007, "ab not enough for new order", "INSUFFICIENT_MARGIN"),
        (110072, "OrderLinkedID is duplicate", "DUPLICATE_ID"),
        (110017, "current position is zero", "REDUCE_ONLY"),
        (10001, "position idx not match position mode", "POSITION_SIDE"),
        (10005, "Permission denied", "PERMISSION"),
        (10006, "Too many visits", "RATE_LIMITED"),
    ],
)
async def test_a_listed_code_is_final_though_the_answer_says_200(
    server, venue, code, text, reason
):
    server.spoil("POST", "order/create", Fault(body=_refused(code, text)))
    with pytest.raises(OrderRejected, match=str(code)) as refused:
        await venue.send(_order())
    assert refused.value.reason == reason


@pytest.mark.parametrize("reaches", [False, True], ids=["before", "after"])
async def test_a_lost_answer_to_a_cancel_is_unknown(server, venue, reaches):
    order = _order()
    await venue.send(order)
    await _shown(venue, order)
    server.spoil("POST", "order/cancel", Fault(reaches=reaches, body=HTML, status=502))
    with pytest.raises(OutcomeUnknown, match="cancel buy"):
        await venue.cancel(order)
    server.heal()
    await asyncio.sleep(0.05)
    expected = OrderState.CANCELED if reaches else OrderState.ACKED
    assert (await venue.find_order(order)).state is expected


async def test_an_order_is_canceled_by_our_id_and_no_other_name(venue):
    first, second = _order(), _order()
    for order in (first, second):
        await venue.send(order)
        await _shown(venue, order)
    await venue.cancel(first)
    await asyncio.sleep(0.05)
    assert [report.order for report in await venue.open_orders(BTC)] == [second]


async def test_an_order_forgotten_by_the_first_list_is_found_in_the_history(server, venue):
    """After a restart the list of latest orders has lost the closed ones."""
    order = await _traded(venue)
    empty = '{"retCode":0,"result":{"category":"linear","list":[],"nextPageCursor":""}}'
    server.spoil("GET", "order/realtime", Fault(body=empty))
    assert (await venue.find_order(order)).state is OrderState.FILLED
    server.spoil("GET", "order/history", Fault(body=HTML, status=502))
    with pytest.raises(VenueUnavailable):
        await venue.find_order(order)
    server.spoil("GET", "order/history", Fault(body=empty))
    assert await venue.find_order(order) is None


async def test_a_clock_that_jumps_costs_one_refused_order(server, venue):
    server.skew = timedelta(hours=1)
    order = _order()
    with pytest.raises(OrderRejected, match="clock") as refused:
        await venue.send(order)
    assert refused.value.reason == "CLOCK"
    assert (await venue.send(order)).state is OrderState.SENT


async def test_an_account_that_is_not_unified_is_not_read(server):
    server.spoil("GET", "account/wallet-balance", _changed('"UNIFIED"', '"CONTRACT"'))
    with pytest.raises(VenueUnavailable, match="no unified account"):
        await venue_on(server).connect()


# --- executions


async def test_executions_come_in_pages_and_windows_each_once(server, venue, monkeypatch):
    monkeypatch.setattr(history, "PAGE", 2)
    for _ in range(3):
        await _traded(venue)
    pages = server.seen.count(("GET", "/v5/execution/list"))
    fills = await venue.fills(BTC, utc_now() - timedelta(days=15))
    assert server.seen.count(("GET", "/v5/execution/list")) - pages > 3
    assert sum(fill.quantity for fill in fills) == d("2.1")
    assert len({fill.fill_id for fill in fills}) == len(fills) > 2
    assert [fill.time for fill in fills] == sorted(fill.time for fill in fills)


async def test_funding_in_the_executions_is_no_fill(server, venue):
    """Its row carries the whole position as its quantity."""
    await _traded(venue)
    server.market.settle(BTC, utc_now(), d("0.0001"))
    fills = await venue.fills(BTC, _an_hour_ago())
    assert sum(fill.quantity for fill in fills) == d("0.7")
    (settled,) = await venue.funding(BTC, _an_hour_ago())
    assert settled.received == server.engine.account().funding < 0


async def test_a_kind_of_execution_we_do_not_know_moves_nothing(server, venue):
    await _traded(venue)
    server.spoil("GET", "execution/list", _changed('"Trade"', '"SessionSettlePnL"'))
    assert await venue.fills(BTC, _an_hour_ago()) == ()


@hedged
async def test_the_leg_of_an_execution_is_asked_of_its_order(server, venue):
    """Executions name no position index, and what they closed is not always told."""
    long, short = PositionSide.LONG, PositionSide.SHORT
    await _traded(venue, position_side=long)
    sold = _order("0.3", "99500", side=Side.SELL, position_side=short)
    await venue.send(sold)
    await _shown(venue, sold)
    other = venue_on(server)
    await other.connect()
    for told in (
        await venue.fills(BTC, _an_hour_ago()),
        await other.fills(BTC, _an_hour_ago()),
    ):
        assert {(fill.side, fill.position_side) for fill in told} == {
            (Side.BUY, long),
            (Side.SELL, short),
        }
    server.spoil("GET", "order/realtime", Fault(body=HTML))
    fresh = venue_on(server)
    await fresh.connect()
    with pytest.raises(VenueUnavailable, match="the leg of an execution"):
        await fresh.fills(BTC, _an_hour_ago())
    for one in (other, fresh):
        await one.close()


@hedged
async def test_reduce_only_stands_beside_a_leg(server, venue):
    await _traded(venue, position_side=PositionSide.LONG)
    order = _order(
        "0.2",
        "99500",
        side=Side.SELL,
        position_side=PositionSide.LONG,
        reduce_only=True,
    )
    await venue.send(order)
    assert (await _shown(venue, order)).order.reduce_only
    assert next(o for o in server.engine.orders(BTC) if o.order.reduce_only)


@hedged
async def test_the_mode_is_read_from_the_legs_the_venue_shows(server, venue):
    assert await venue.position_mode() is PositionMode.HEDGE
    await venue.set_position_mode(PositionMode.ONE_WAY)
    assert await venue.position_mode() is PositionMode.ONE_WAY
    assert server.engine.mode is PositionMode.ONE_WAY
    server.spoil("GET", "position/list", _changed('"positionIdx":0', '"positionIdx":1'))
    with pytest.raises(VenueUnavailable, match="tell its mode"):
        await venue.position_mode()


# --- funding


async def test_a_settlement_nobody_paid_for_has_the_mark_of_its_minute(server, venue):
    settled = server.market.settle(BTC, utc_now(), d("0.0003"))
    (told,) = await venue.funding(BTC, _an_hour_ago())
    assert (told.rate, told.received) == (d("0.0003"), 0)
    assert told.mark_price == settled.mark_price
    server.spoil("GET", "market/mark-price-kline", _changed('"list":[["', '"list":[["9'))
    with pytest.raises(VenueUnavailable, match="no mark of that minute"):
        await venue.funding(BTC, _an_hour_ago())


async def test_every_page_of_settlements_is_read(server, venue, monkeypatch):
    monkeypatch.setattr(history, "SETTLEMENTS", 5)
    await _traded(venue)
    start = utc_now() - timedelta(seconds=1)
    settled = [server.market.settle(BTC, utc_now(), d(n).scaleb(-5)) for n in range(1, 14)]
    told = await venue.funding(BTC, start)
    assert [one.received for one in told] == [one.received for one in settled]
    assert [one.rate for one in told] == [one.rate for one in settled]
    assert sum(one.received for one in told) == server.engine.account().funding


@pytest.mark.parametrize("path", ["market/funding/history", "execution/list"])
async def test_a_useless_answer_is_never_no_funding(server, venue, path):
    server.market.settle(BTC, utc_now())
    for body in USELESS_BODIES.values():
        server.spoil("GET", path, Fault(body=body))
        with pytest.raises(VenueUnavailable):
            await venue.funding(BTC, _an_hour_ago())
    server.heal()
    assert len(await venue.funding(BTC, _an_hour_ago())) == 1


# --- a desk on it


@pytest.mark.parametrize("server", ["one-way", "hedge"], indirect=True)
async def test_a_desk_nets_the_example_on_bybit(server):
    """A +1.0, B +0.5, C -0.8; then C goes flat."""
    mode = server.settings.mode
    desk = await nt.Desk.open(Testnet(server.variables), mode=mode, streams=False)
    set_three(desk)
    await desk.execute(await desk.preview())
    assert sum(desk.positions().values()) == d("0.7")
    desk.set_target("C", BTC, "0")
    report = await desk.execute(await desk.preview())
    assert sum(fill.quantity for fill in report.fills) == d("0.8")
    assert sum(desk.positions().values()) == d("1.5")
    assert desk.breaks() == ()
    await desk.close()
