"""The one place where ccxt is asked: own replies, no frames of ccxt, a measured clock."""

import asyncio
import json
import traceback
from collections.abc import AsyncIterator
from datetime import timedelta
from itertools import count

import pytest
from faulty import Fault, FaultyServer
from makers import BTC, d

from nettools.errors import OrderRejected
from nettools.model import Order, OrderState, Side
from nettools.venues.binance.dialect import BINANCE
from nettools.venues.binance.venue import BinanceVenue
from nettools.venues.credentials import credentials
from nettools.venues.guard import local_address
from nettools.venues.outcomes import Failure
from nettools.venues.wire import Wire

IDS = count()


@pytest.fixture
async def server() -> AsyncIterator[FaultyServer]:
    async with FaultyServer() as running:
        yield running


@pytest.fixture
async def venue(server) -> AsyncIterator[BinanceVenue]:
    opened = _venue(server)
    await opened.connect()
    yield opened
    await opened.close()


@pytest.fixture
async def wire(server) -> AsyncIterator[Wire]:
    held = credentials(server.api_key, server.secret)
    opened = Wire("local", local_address(server.url), held, BINANCE)
    await opened.open()
    yield opened
    await opened.close()


def _venue(server: FaultyServer) -> BinanceVenue:
    held = credentials(server.api_key, server.secret)
    return BinanceVenue("local", local_address(server.url), held)


def _order() -> Order:
    return Order(
        client_order_id=f"nt1-wire-{next(IDS)}",
        symbol=BTC,
        side=Side.BUY,
        quantity=d("0.1"),
        limit_price=d("99000"),
    )


# --- answers


async def test_fifty_calls_at_once_each_see_their_own_answer(wire):
    """Each is refused with its own order's name in the text; none sees another's."""

    async def ask(number: int) -> Failure:
        wanted = {"symbol": "BTCUSDT", f"stranger{number}": "x", "origClientOrderId": "?"}
        wanted["symbol"] = f"WHAT{number}USDT" if number % 2 else "BTCUSDT"
        return await wire.ask(lambda ccxt: ccxt.fapiPrivateGetOrder(wanted))

    failures = await asyncio.gather(*(ask(number) for number in range(50)))
    assert [failure.code for failure in failures] == [-2013, -1121] * 25
    assert {(f.method, f.status, f.was_sent) for f in failures} == {("GET", 400, True)}


async def test_what_ccxt_refuses_itself_was_not_sent(server, wire):
    await wire.ask(lambda ccxt: ccxt.load_markets())
    server.seen.clear()
    failure = await wire.ask(lambda ccxt: ccxt.fetch_order("1"))
    assert (failure.was_sent, failure.status, failure.method) == (False, None, "")
    assert "requires a symbol" in failure.text
    assert server.seen == []


async def test_whatever_ccxt_trips_over_is_a_failure_and_not_its_exception(wire):
    for nonsense in (
        lambda ccxt: ccxt.fetch_order(None, None),
        lambda ccxt: ccxt.no_such_call(),
        lambda ccxt: ccxt.create_order(1, 2, 3, 4),
    ):
        assert isinstance(await wire.ask(nonsense), Failure)


async def test_the_answer_of_a_call_with_several_requests_is_the_last_one(server, wire):
    server.spoil("GET", "v1/exchangeInfo", Fault(status=400, body=json.dumps({"code": -1003})))
    failure = await wire.ask(lambda ccxt: ccxt.load_markets())
    assert (failure.status, failure.code) == (400, -1003)


async def test_a_canceled_send_passes_the_cancellation_on_and_may_be_live(server, venue):
    server.spoil("POST", "v1/order", Fault(reaches=True, hangs=True, body=""))
    order = _order()
    sending = asyncio.create_task(venue.send(order))
    await server.arrived.wait()
    sending.cancel()
    with pytest.raises(asyncio.CancelledError) as canceled:
        await sending
    assert "site-packages/ccxt" not in "".join(traceback.format_exception(canceled.value))
    server.heal()
    assert (await venue.find_order(order)).state is OrderState.ACKED


# --- clock


@pytest.mark.parametrize("hours", [-1, 1])
async def test_a_clock_that_is_wrong_at_the_start_is_measured(server, hours):
    server.skew = timedelta(hours=hours)
    venue = _venue(server)
    await venue.connect()
    order = _order()
    assert (await venue.send(order)).state is OrderState.ACKED
    await venue.quotes([BTC])
    await venue.close()


@pytest.mark.parametrize("seconds", [-3600, -2, 30, 3600])
async def test_a_clock_that_jumps_costs_one_refused_order(server, venue, seconds):
    """Refused for certain, measured again, and the next one goes through."""
    server.skew = timedelta(seconds=seconds)
    order = _order()
    with pytest.raises(OrderRejected, match="clock") as refused:
        await venue.send(order)
    assert refused.value.reason == "CLOCK"
    assert (await venue.send(order)).state is OrderState.ACKED
