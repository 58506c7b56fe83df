"""The ccxt venue when answers are lost, spoiled or slow: never "flat", never a second order."""

import socket
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count

import ccxt.async_support as ccxt
import pytest
from faulty import CUT, EMPTY, HTML, LIST, NULL, OBJECT, USELESS_BODIES, Fault, FaultyServer
from makers import BTC, ETH, d
from speaking import venue_on

from nettools.errors import (
    LiveTradingRefused,
    OrderRejected,
    OutcomeUnknown,
    VenueUnavailable,
)
from nettools.model import Order, OrderState, PositionMode, Side
from nettools.testnet.server import utc_now
from nettools.venues import client
from nettools.venues.binance import venue as binance_venue
from nettools.venues.binance.venue import BinanceVenue
from nettools.venues.credentials import credentials
from nettools.venues.guard import local_address

IDS = count()
READS = {
    "v1/positionSide/dual": lambda venue: venue.position_mode(),
    "v3/account": lambda venue: venue.balance(),
    "v1/commissionRate": lambda venue: venue.fee_rates(BTC),
    "v3/positionRisk": lambda venue: venue.positions(),
    "v1/ticker/bookTicker": lambda venue: venue.quotes([BTC, ETH]),
    "v1/premiumIndex": lambda venue: venue.quotes([BTC]),
    "v1/openOrders": lambda venue: venue.open_orders(BTC),
    "v1/userTrades": lambda venue: venue.fills(BTC, _an_hour_ago()),
    "v1/order": lambda venue: venue.find_order(_order()),
    "v1/time": lambda venue: venue.server_time(),
}
LISTS = {"v1/openOrders", "v1/userTrades", "v3/positionRisk"}
"""For these an empty list is a right answer; for positions the account page agrees."""


POSITIONS = {"binance": "v3/positionRisk", "bybit": "position/list"}


@pytest.fixture(params=["binance"])
async def server(request) -> AsyncIterator[FaultyServer]:
    async with FaultyServer(venue=request.param) as running:
        yield running


on_both = pytest.mark.parametrize("server", POSITIONS, indirect=True)


@pytest.fixture
async def venue(server) -> AsyncIterator[BinanceVenue]:
    opened = venue_on(server)
    await opened.connect()
    yield opened
    await opened.close()


def _an_hour_ago() -> datetime:
    return utc_now() - timedelta(hours=1)


def _order(quantity: str = "0.1", price: str = "99000") -> Order:
    return Order(
        client_order_id=f"nt1-wire-{next(IDS)}",
        symbol=BTC,
        side=Side.BUY,
        quantity=d(quantity),
        limit_price=d(price),
    )


# --- reads


@pytest.mark.parametrize("path", READS)
async def test_a_useless_answer_is_unknown_and_never_flat(server, venue, path):
    for body in USELESS_BODIES.values():
        if body == LIST and path in LISTS:
            continue
        server.spoil("GET", path, Fault(body=body))
        with pytest.raises(VenueUnavailable, match="unknown until a read succeeds"):
            await READS[path](venue)
    server.heal()
    await READS[path](venue)


@on_both
async def test_an_outage_is_unknown_and_never_flat(server, venue):
    for status in (400, 403, 404, 451, 500, 502, 503, 504):
        server.spoil("GET", POSITIONS[server.settings.venue], Fault(status=status, body=HTML))
        with pytest.raises(VenueUnavailable, match=f"a web page.*HTTP {status}"):
            await venue.positions()
        await venue.server_time()  # the rest of it works


@on_both
async def test_a_read_whose_connection_breaks_is_unknown(server, venue):
    server.spoil("GET", POSITIONS[server.settings.venue], Fault())
    with pytest.raises(VenueUnavailable, match="the connection broke"):
        await venue.positions()


async def test_an_empty_position_list_needs_a_witness(server, venue):
    await venue.send(_order("0.7", "100500"))
    server.spoil("GET", "v3/positionRisk", Fault(body=LIST))
    with pytest.raises(VenueUnavailable, match="while the account page shows some"):
        await venue.positions()
    server.spoil(
        "GET", "v3/account", Fault(body='{"assets":[],"totalPositionInitialMargin":"0"}')
    )
    with pytest.raises(VenueUnavailable, match="without assets"):
        await venue.positions()


async def test_a_position_row_that_cannot_be_read_hides_nothing(server, venue):
    """ccxt's own parser would drop the row and say flat."""
    await venue.send(_order("0.7", "100500"))
    for found, instead in (
        ('"positionAmt":"0.700"', '"positionAmt":"x"'),
        ('"positionAmt":"0.700",', ""),
        ('"entryPrice":"1', '"entryPrice":"NaN1'),
        ('"positionSide":"BOTH"', '"positionSide":"BETWEEN"'),
        ('"symbol":"BTCUSDT"', '"symbol":"WHATUSDT"'),
    ):
        server.spoil(
            "GET",
            "v3/positionRisk",
            Fault(reaches=True, change=lambda b, f=found, i=instead: b.decode().replace(f, i)),
        )
        with pytest.raises(VenueUnavailable, match="the positions could not be read"):
            await venue.positions()
    server.spoil(
        "GET",
        "v3/positionRisk",
        Fault(
            reaches=True,
            change=lambda b: b.decode().replace('"notional":', '"gone":'),
        ),
    )
    (position,) = await venue.positions()
    assert position.quantity == d("0.7")


@pytest.mark.parametrize(
    ("found", "instead"),
    [
        ('"bidPrice":"1', '"bidPrice":"9'),
        ('"bidPrice":', '"bid":'),
        ('"askPrice":"1', '"askPrice":"-1'),
        ('"bidPrice":"1', '"bidPrice":"1e3'),
        ('"symbol":"ETHUSDT"', '"symbol":"OTHER"'),
        ('"time":1', '"time":'),
        ('"time":1', '"time":"x'),
    ],
)
async def test_a_crossed_missing_or_stale_touch_is_no_quote(server, venue, found, instead):
    change = Fault(reaches=True, change=lambda body: body.decode().replace(found, instead, 3))
    server.spoil("GET", "v1/ticker/bookTicker", change)
    with pytest.raises(VenueUnavailable):
        await venue.quotes([BTC, ETH])


async def test_a_book_that_states_no_time_is_believed(server, venue):
    change = Fault(reaches=True, change=lambda body: body.decode().replace('"time":', '"t":'))
    server.spoil("GET", "v1/ticker/bookTicker", change)
    assert set(await venue.quotes([BTC, ETH])) == {BTC, ETH}


async def test_an_order_another_account_page_would_show_is_not_ours(server, venue):
    order = _order()
    await venue.send(order)
    change = Fault(reaches=True, change=lambda body: body.decode().replace("BUY", "SELL"))
    server.spoil("GET", "v1/order", change)
    with pytest.raises(VenueUnavailable, match="another order"):
        await venue.find_order(order)


async def test_a_status_we_do_not_know_is_unknown_not_final(server, venue):
    order = _order()
    await venue.send(order)
    change = Fault(reaches=True, change=lambda body: body.decode().replace("NEW", "FROZEN"))
    server.spoil("GET", "v1/order", change)
    assert (await venue.find_order(order)).state is OrderState.UNKNOWN


@pytest.mark.parametrize(
    "fault",
    [
        Fault(body=HTML, status=502),
        Fault(body='{"code":-1000,"msg":"An unknown error occurred"}', status=400),
        Fault(),
    ],
    ids=["outage", "unknown error", "broken"],
)
async def test_only_the_venues_own_word_makes_an_order_not_found(server, venue, fault):
    """Network errors and web pages never mean that an order does not exist."""
    server.spoil("GET", "v1/order", fault)
    with pytest.raises(VenueUnavailable):
        await venue.find_order(_order())


# --- sends

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
    "503 unknown": Fault(
        body='{"code":-1000,"msg":"Unknown error, please check your request."}',
        status=503,
    ),
    "503 internal": Fault(body="Internal error; unable to process your request.", status=503),
    "-1006": Fault(body='{"code":-1006,"msg":"An unexpected response"}', status=400),
    "-1007": Fault(body='{"code":-1007,"msg":"Timeout waiting for response"}', status=408),
    "unlisted": Fault(body='{"code":-9999,"msg":"Something new"}', status=400),
    "no code": Fault(body='{"error":"?"}', status=400),
    "another order": Fault(
        body='{"orderId":5,"clientOrderId":"other","symbol":"BTCUSDT","status":"NEW",'
        '"price":"1","executedQty":"0","origQty":"0.1","positionSide":"BOTH","side":"BUY"}'
    ),
    "success": Fault(body='{"code":200,"msg":"success"}'),
}


@pytest.mark.parametrize("kind", LOST)
async def test_a_lost_answer_to_a_send_is_unknown_and_looking_tells(server, venue, kind):
    """The same signal whether the order exists or not; never sent again."""
    for reaches in (False, True):
        server.spoil("POST", "v1/order", replace(LOST[kind], reaches=reaches))
        server.seen.clear()
        order = _order()
        with pytest.raises(OutcomeUnknown, match=order.client_order_id):
            await venue.send(order)
        server.heal()
        assert server.seen.count(("POST", "/fapi/v1/order")) == 1
        assert (await venue.find_order(order) is not None) is reaches
        assert len(server.engine.orders(BTC)) == reaches


@pytest.mark.parametrize("reaches", [False, True], ids=["before", "after"])
async def test_a_send_without_an_answer_in_time_is_unknown(server, monkeypatch, reaches):
    monkeypatch.setattr(client, "REQUEST_TIMEOUT_SECONDS", 0.3)
    venue = venue_on(server)
    await venue.connect()
    server.spoil("POST", "v1/order", Fault(reaches=reaches, hangs=True, body=""))
    order = _order()
    with pytest.raises(OutcomeUnknown, match="no answer came in time"):
        await venue.send(order)
    server.heal()
    assert (await venue.find_order(order) is not None) is reaches
    await venue.close()


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        (429, '{"code":-1003,"msg":"Too many requests."}', "RATE_LIMITED"),
        (418, '{"code":-1003,"msg":"Way too many requests."}', "RATE_LIMITED"),
        (503, "Service Unavailable.", "THROTTLED"),
        (503, '{"code":-1008,"msg":"Request throttled."}', "THROTTLED"),
        (401, '{"code":-2015,"msg":"Invalid API-key."}', "AUTH"),
        (400, '{"code":-2019,"msg":"Margin is insufficient."}', "INSUFFICIENT_MARGIN"),
        (400, '{"code":-5022,"msg":"could not be executed as maker"}', "WOULD_TAKE"),
    ],
)
async def test_a_listed_no_is_final(server, venue, status, body, reason):
    fault = Fault(status=status, body=body, headers={"Retry-After": "7"})
    server.spoil("POST", "v1/order", fault)
    with pytest.raises(OrderRejected, match="try again after 7 s") as refused:
        await venue.send(_order())
    assert refused.value.reason == reason


@on_both
@pytest.mark.parametrize("parent", ["InvalidOrder", "NetworkError", "AuthenticationError"])
async def test_no_class_that_ccxt_makes_of_an_answer_decides_what_became_of_an_order(
    server, venue, parent
):
    """A later ccxt may map a code to another class, or to one of its own below it."""
    path, unclear, refusal = {
        "binance": ("v1/order", '{"code":-1007,"msg":"x"}', '{"code":-2019,"msg":"x"}'),
        "bybit": (
            "order/create",
            '{"retCode":10016,"retMsg":"x"}',
            '{"retCode":110007,"retMsg":"x"}',
        ),
    }[server.settings.venue]
    hidden = venue._wire._client()
    below = type("FromALaterVersion", (getattr(ccxt, parent),), {})
    for code in ("-1007", "-2019", "10016", "110007"):
        hidden.exceptions["exact"][code] = below
    server.spoil("POST", path, Fault(body=unclear))
    with pytest.raises(OutcomeUnknown):
        await venue.send(_order())
    server.spoil("POST", path, Fault(body=refusal))
    with pytest.raises(OrderRejected) as refused:
        await venue.send(_order())
    assert refused.value.reason == "INSUFFICIENT_MARGIN"


async def test_a_send_to_a_stopped_testnet_was_not_sent_but_a_cancel_is_unknown(server, venue):
    """aiohttp repeats a DELETE by itself, so its refused connection proves nothing."""
    order = _order()
    await venue.send(order)
    await server.stop()
    with pytest.raises(VenueUnavailable, match="start it with `nettools testnet`"):
        await venue.positions()
    with pytest.raises(VenueUnavailable, match=r"was not sent.*nettools testnet"):
        await venue.send(_order())
    with pytest.raises(OutcomeUnknown, match="cancel"):
        await venue.cancel(order)


@on_both
async def test_a_send_over_a_connection_that_died_meanwhile_is_unknown(server, venue):
    """It had been open, so nobody can say how far the bytes came."""
    await server.stop()
    with pytest.raises(OutcomeUnknown, match="the connection broke"):
        await venue.send(_order())


@pytest.mark.parametrize("reaches", [False, True], ids=["before", "after"])
async def test_a_lost_answer_to_a_cancel_is_unknown(server, venue, reaches):
    order = _order()
    await venue.send(order)
    server.spoil("DELETE", "v1/order", Fault(reaches=reaches, body=HTML, status=502))
    with pytest.raises(OutcomeUnknown, match="cancel buy"):
        await venue.cancel(order)
    server.heal()
    expected = OrderState.CANCELED if reaches else OrderState.ACKED
    assert (await venue.find_order(order)).state is expected


async def test_a_cancel_that_arrives_twice_says_to_look(server, venue):
    """The connection drops after the first; aiohttp repeats the DELETE; -2011 is ours."""
    order = _order()
    await venue.send(order)
    server.spoil("DELETE", "v1/order", Fault(reaches=True))
    with pytest.raises((OutcomeUnknown, OrderRejected)):
        await venue.cancel(order)
    server.heal()
    assert (await venue.find_order(order)).state is OrderState.CANCELED


async def test_a_switch_that_was_not_confirmed_is_unknown(server, venue):
    server.spoil("POST", "v1/positionSide/dual", Fault(body=OBJECT))
    with pytest.raises(OutcomeUnknown, match="hedge"):
        await venue.set_position_mode(PositionMode.HEDGE)


# --- connecting


async def test_no_testnet_running_is_one_sentence_with_the_cure():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    venue = BinanceVenue(
        "local", local_address(f"http://127.0.0.1:{port}"), credentials("k", "s")
    )
    with pytest.raises(VenueUnavailable) as refused:
        await venue.connect()
    assert str(refused.value) == (
        f"the local testnet at 127.0.0.1:{port} does not answer; start it with "
        "`nettools testnet`, or check the port, then connect again"
    )
    with pytest.raises(VenueUnavailable, match="connect first"):
        await venue.balance()


async def test_another_program_on_the_port_is_no_testnet(server):
    server.spoil("GET", "v1/time", Fault(body=HTML))
    with pytest.raises(
        VenueUnavailable, match=r"no use \(a web page where one object was due\)"
    ):
        await venue_on(server).connect()
    server.heal()
    server.spoil("GET", "v1/exchangeInfo", Fault(body=OBJECT))
    with pytest.raises(VenueUnavailable, match="list of contracts"):
        await venue_on(server).connect()


@on_both
@pytest.mark.parametrize("wrong", ["api_key", "secret"])
async def test_keys_of_another_environment_are_said_to_be_so(server, wrong):
    with pytest.raises(VenueUnavailable, match=r"another environment's.*no other host"):
        await venue_on(server, **{wrong: "f" * 64}).connect()


@on_both
async def test_connecting_twice_is_connecting_once(server, venue):
    asked = len(server.seen)
    await venue.connect()
    assert len(server.seen) == asked


# --- executions


async def test_executions_come_in_pages_until_a_short_one(venue, monkeypatch):
    monkeypatch.setattr(binance_venue, "PAGE", 2)
    for _ in range(3):
        await venue.send(_order("0.7", "101000"))
    fills = await venue.fills(BTC, _an_hour_ago())
    assert len(fills) > 4
    assert list(fills) == sorted(fills, key=lambda fill: int(fill.fill_id))
    assert sum(fill.quantity for fill in fills) == d("2.1")


async def test_an_execution_in_the_millisecond_asked_from_is_not_lost(venue):
    """The venue's times have whole milliseconds, ours are finer."""
    await venue.send(_order("0.01", "101000"))
    (fill,) = await venue.fills(BTC, _an_hour_ago())
    assert await venue.fills(BTC, fill.time + timedelta(microseconds=900)) == (fill,)
    assert await venue.fills(BTC, fill.time + timedelta(milliseconds=1)) == ()


async def test_executions_older_than_a_week_are_found(server, venue):
    """The venue answers for seven days at a time."""
    server.skew = -timedelta(days=20)
    with pytest.raises(OrderRejected):
        await venue.send(_order())
    await venue.send(_order("0.01", "101000"))
    server.skew = timedelta()
    await venue.balance()  # refused for its time, and asked again once it was measured
    fills = await venue.fills(BTC, utc_now() - timedelta(days=21))
    assert sum(fill.quantity for fill in fills) == d("0.01")


async def test_what_the_venue_says_is_shown_cleaned_and_short(server, venue):
    said = f"<b>{server.api_key}</b> https://x.example/?signature=abc {'A' * 500}\\u202e\\n"
    server.spoil("POST", "v1/order", Fault(status=400, body=f'{{"code":-2010,"msg":"{said}"}}'))
    with pytest.raises(OrderRejected) as refused:
        await venue.send(_order())
    text = str(refused.value)
    assert server.api_key not in text
    assert "example" not in text
    assert "\u202e" not in text
    assert len(text) < 600


async def test_the_guard_speaks_through_the_venue(venue):
    """No option leads here; somebody reached into the private client."""
    hidden = venue._wire._client()
    hidden.urls["api"]["fapiPrivate"] = "https://fapi.binance.com/fapi/v1"
    with pytest.raises(LiveTradingRefused, match=r"POST to https://fapi\.binance\.com"):
        await venue.send(_order())
