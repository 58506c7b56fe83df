"""Faults on demand on the trading port: what each does, on both venues, before and after.

Law: before the exchange answers nothing of a request has happened, afterwards all of it has;
and whoever only sees the answer cannot tell the two apart.
"""

import asyncio
import json

import aiohttp
import pytest
import pytest_asyncio
from dialect import NOON
from exchange import buy
from makers import d
from stepped import BTC, ETH, Rig

from nettools.errors import InvalidInput
from nettools.testnet.calls import CALLS, read_call
from nettools.testnet.dialect import ApiReply, ApiRequest
from nettools.testnet.faults import Fault, Faults, read_fault
from nettools.testnet.replies import named_reply, reply_names
from nettools.testnet.server import LocalServer
from nettools.testnet.spoiling import Memory

PHASES = ("before_match", "after_match")
AMBIGUOUS = {
    "binance": ("unknown-503", "-1006", "-1007", "-1001", "502", "empty", "html", "null"),
    "bybit": ("10000", "10016", "10429", "502", "empty", "html", "null", "object", "list"),
}


@pytest_asyncio.fixture(params=["binance", "bybit"])
async def rig(request):
    async with Rig(request.param) as running:
        yield running


def _orders(rig):
    return {record.order.client_order_id for record in rig.server.engine.orders(BTC)}


# --- before and after


@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("do", ["close", "drop"])
async def test_a_lost_answer_hides_whether_the_order_exists(rig, phase, do):
    await rig.operator.fault("create", do, phase=phase)
    sending = asyncio.create_task(rig.trader.create("lost"))
    if do == "drop":
        done, _ = await asyncio.wait([sending], timeout=0.2)
        assert not done
        await rig.operator("DELETE", "/faults")
    with pytest.raises(aiohttp.ClientError):
        await sending
    assert _orders(rig) == ({"lost"} if phase == "after_match" else set())


@pytest.mark.parametrize("phase", PHASES)
async def test_a_venues_own_words_may_be_an_answer_to_either(rig, phase):
    for number, name in enumerate(AMBIGUOUS[rig.trader.venue]):
        await rig.operator.fault("create", reply=name, phase=phase)
        status, body = await rig.trader.create(f"told-{number}")
        wanted = named_reply(rig.trader.venue, name)
        assert (status, body) == (wanted.status, wanted.body)
        assert (f"told-{number}" in _orders(rig)) is (phase == "after_match")


@pytest.mark.parametrize("phase", PHASES)
async def test_a_lost_cancel_leaves_an_order_open_or_gone(rig, phase):
    await rig.trader.create("rests", price="99000")
    await rig.operator.fault("cancel", "close", phase=phase, client_id="rests")
    with pytest.raises(aiohttp.ClientError):
        await rig.trader.cancel("rests")
    is_open = bool(rig.server.engine.open_orders(BTC))
    assert is_open is (phase == "before_match")


@pytest.mark.parametrize("phase", PHASES)
async def test_a_late_answer_is_late_by_the_time_that_passes(rig, phase):
    """An hour, in no time: nothing in the server looks at another clock."""
    await rig.operator.fault("create", "delay", ms=30_000, phase=phase)
    sending = asyncio.create_task(rig.trader.create("late"))
    await rig.server.time.until_asleep()
    assert bool(_orders(rig)) is (phase == "after_match")
    await rig.server.time.go_on(29.9)
    assert not sending.done()
    await rig.server.time.go_on(0.1)
    assert (await sending)[0] == 200
    assert _orders(rig) == {"late"}


async def test_a_status_a_body_and_headers_of_ones_own(rig):
    answer = {"status": 418, "body": {"code": 7}, "headers": {"Retry-After": "3"}}
    await rig.operator.fault("positions", **answer)
    assert await rig.trader.ask("positions") == (418, b'{"code": 7}')
    assert rig.trader.headers["Retry-After"] == "3"


async def test_a_limit_of_binance_says_when_to_come_back():
    async with Rig("binance") as rig:
        for name, status in (("throttled", 429), ("banned", 418)):
            await rig.operator.fault("book", reply=name)
            assert (await rig.trader.ask("book"))[0] == status
            assert int(rig.trader.headers["Retry-After"]) > 0


# --- which requests


async def test_only_the_nth_and_only_so_often(rig):
    await rig.operator.fault("book", status=500, nth=2, times=2)
    answers = [(await rig.trader.ask("book"))[0] for _ in range(5)]
    assert answers == [200, 500, 500, 200, 200]
    told = (await rig.operator("GET", "/faults"))["faults"][0]
    assert (told["met"], told["fired"], told["is_over"]) == (5, 2, True)


async def test_until_it_is_cleared_or_its_seconds_are_over(rig):
    await rig.operator.fault("book", status=500, times=0)
    await rig.operator.fault("positions", status=500, seconds=30)
    assert [(await rig.trader.ask("book"))[0] for _ in range(3)] == [500] * 3
    assert (await rig.trader.ask("positions"))[0] == 500
    await rig.server.time.go_on(30)
    assert (await rig.trader.ask("positions"))[0] == 200
    assert (await rig.operator("DELETE", "/faults"))["cleared"] == 2
    assert (await rig.trader.ask("book"))[0] == 200


async def test_a_symbol_and_a_client_id_are_matched(rig):
    await rig.operator.fault("create", status=500, client_id="a", times=0)
    await rig.operator.fault("book", status=500, symbol=ETH, times=0)
    assert (await rig.trader.create("a"))[0] == 500
    assert (await rig.trader.create("b"))[0] == 200
    assert (await rig.trader.ask("book"))[0] == 200
    assert (await rig.trader.ask("book", symbol="ETHUSDT"))[0] == 500


async def test_a_method_and_a_path_name_what_has_no_name(rig):
    path = "/fapi/v1/ping" if rig.trader.venue == "binance" else "/v5/market/time"
    await rig.operator.fault(method="GET", path=path, status=503)
    async with rig.http.get(rig.server.url + path) as reply:
        assert reply.status == 503
    async with rig.http.get(rig.server.url + path) as reply:
        assert reply.status == 200


async def test_one_per_cent_falls_the_same_way_every_time():
    """Same seed and same requests, same faults; another seed, others."""

    async def story(seed):
        async with Rig("binance") as rig:
            await rig.operator.fault("book", status=500, times=0, probability=0.3, seed=seed)
            return [(await rig.trader.ask("book"))[0] for _ in range(20)]

    first = await story(1)
    assert first == await story(1) != await story(2)
    assert set(first) == {200, 500}


# --- what becomes of an answer


async def _fill(rig, *client_ids):
    for client_id in client_ids:
        assert (await rig.trader.create(client_id, quantity="0.1"))[0] == 200


async def test_an_answer_is_cut_or_garbled(rig):
    whole = (await rig.trader.ask("positions"))[1]
    await rig.operator.fault("positions", "cut", bytes=9)
    assert (await rig.trader.ask("positions"))[1] == whole[:9]
    await rig.operator.fault("positions", "corrupt")
    with pytest.raises(UnicodeDecodeError):
        json.loads((await rig.trader.ask("positions"))[1])
    assert (await rig.trader.ask("positions"))[0] == 200


async def test_history_comes_twice_backwards_or_without_its_newest(rig):
    await _fill(rig, "a", "b", "c")
    rows = await rig.trader.read("trades")
    assert len(rows) >= 3
    await rig.operator.fault("trades", "dup")
    twice = await rig.trader.read("trades")
    assert len(twice) == 2 * len(rows)
    assert twice[0] == twice[1]
    await rig.operator.fault("trades", "reorder")
    assert await rig.trader.read("trades") == rows[::-1]
    await rig.operator.fault("trades", "hide", last=2, seconds=10)
    left = await rig.trader.read("trades")
    newest = {0, 1} if rig.trader.venue == "bybit" else {len(rows) - 1, len(rows) - 2}
    assert left == [row for number, row in enumerate(rows) if number not in newest]
    await rig.server.time.go_on(10)
    assert await rig.trader.read("trades") == rows


async def test_one_of_two_symbols_is_missing(rig):
    await _fill(rig, "a")
    rig.server.engine.place(buy("1", symbol=ETH, id="eth"), NOON)
    assert len(await rig.trader.read("positions")) == 2
    await rig.operator.fault("positions", "partial", keep=1)
    assert len(await rig.trader.read("positions")) == 1


async def test_an_old_answer_is_given_again(rig):
    await rig.trader.read("positions")
    await rig.server.time.go_on(40)
    await _fill(rig, "a")
    await rig.operator.fault("positions", "stale", age=30)
    assert await rig.trader.read("positions") == []
    assert len(await rig.trader.read("positions")) == 1


async def test_a_frozen_book_stays_what_it_was(rig):
    await rig.operator.fault("book", "freeze")
    before = await rig.trader.ask("book")
    other = await rig.trader.ask("book", limit="5")
    rig.server.market.advance(30, rig.server.time.now())
    assert await rig.trader.ask("book") == before
    assert await rig.trader.ask("book", limit="5") == other
    await rig.operator("DELETE", "/faults")
    assert await rig.trader.ask("book") != before


async def test_a_field_is_missing_or_has_a_value_nobody_knows(rig):
    name, value = {"binance": ("positionAmt", "NaN"), "bybit": ("size", "NaN")}[
        rig.trader.venue
    ]
    await _fill(rig, "a")
    await rig.operator.fault("positions", "omit", name=name)
    assert name not in (await rig.trader.read("positions"))[0]
    await rig.operator.fault("positions", "put", name=name, value=value)
    assert (await rig.trader.read("positions"))[0][name] == value
    await rig.operator.fault("positions", "put", name=name)
    assert (await rig.trader.read("positions"))[0][name] is None


async def test_two_faults_may_meet_one_request(rig):
    """A delay, and then no answer: the pairs of a drill are two rules."""
    await rig.operator.fault("create", "delay", ms=1_000)
    await rig.operator.fault("create", "close", phase="after_match")
    sending = asyncio.create_task(rig.trader.create("both"))
    await rig.server.time.until_asleep()
    assert not _orders(rig)
    await rig.server.time.go_on(1)
    with pytest.raises(aiohttp.ClientError):
        await sending
    assert _orders(rig) == {"both"}


# --- who may set one, and whom it never meets


async def test_faults_never_reach_the_admin_channel(rig):
    for do in ("close", "drop"):
        for phase in PHASES:
            for method, path in (("GET", "/truth"), ("GET", "/health"), ("POST", "/faults")):
                await rig.operator.fault(method=method, path=path, do=do, phase=phase, times=0)
    assert (await rig.operator("GET", "/truth"))["orders"] == []
    assert len((await rig.operator("GET", "/faults"))["faults"]) == 12


async def test_nothing_on_the_trading_port_sets_one(rig):
    headers = {"Authorization": f"Bearer {rig.server.admin_token}"}
    rule = {"call": "create", "do": "close"}
    for path in ("/faults", "/fapi/faults", "/v5/faults", "/reset", "/liquidate"):
        for method in ("POST", "GET", "DELETE"):
            async with rig.http.request(
                method, rig.server.url + path, json=rule, headers=headers
            ) as reply:
                assert reply.status in {404, 405}
    assert not rig.server.gate.faults
    assert (await rig.trader.create("fine"))[0] == 200


async def test_a_fault_needs_the_token(rig):
    async with rig.http.post(rig.server.admin + "/faults", json={"call": "book"}) as reply:
        assert reply.status == 401
    assert not rig.server.gate.faults


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ({"call": "create"}, "do must be one of"),
        ({"call": "create", "do": "explode"}, "do must be one of"),
        ({"call": "creat", "do": "close"}, "call must be one of"),
        ({"do": "close"}, "say what the fault happens to"),
        ({"call": "create", "do": "close", "when": 3}, "a fault has no 'when'"),
        ({"call": "create", "do": "hide", "phase": "before_match", "last": 1}, "may do drop"),
        ({"call": "trades", "do": "hide"}, "needs last"),
        ({"call": "create", "do": "delay"}, "needs ms"),
        ({"call": "create", "do": "delay", "ms": -1}, "ms must be a whole number"),
        ({"call": "create", "do": "delay", "ms": True}, "ms must be a whole number"),
        ({"call": "create", "do": "close", "nth": 0}, "nth must be a whole number from 1"),
        ({"call": "create", "do": "close", "probability": 0}, "probability must be above 0"),
        ({"call": "create", "do": "close", "probability": 2}, "at most 1"),
        ({"call": "create", "reply": "nonsense"}, "reply must be one of"),
        ({"call": "create", "reply": "empty", "status": 200}, "not both"),
        ({"call": "create", "status": 99}, "status must be from 200"),
        ({"call": "create", "do": "reply"}, "needs a reply"),
        ({"call": "create", "do": "close", "status": 500}, "needs a reply"),
        ({"call": "create", "status": 500, "headers": {"X": "a\r\nb: c"}}, "must be one line"),
        ({"call": "create", "status": 500, "headers": 5}, "headers must be"),
        ({"call": "stream", "do": "hide", "last": 1}, "on_stream a fault may do"),
        (["create"], "send a JSON object"),
    ],
)
def test_a_fault_that_cannot_be_meant_is_refused_in_one_sentence(rule, said):
    with pytest.raises(InvalidInput, match=said) as refusal:
        read_fault(rule, "binance")
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("venue", ["binance", "bybit"])
def test_every_ready_answer_is_one_the_venue_could_give(venue):
    for name in reply_names(venue):
        answer = named_reply(venue, name)
        assert 200 <= answer.status < 600
        if name.lstrip("-").isdecimal() and len(name) > 3:
            told = json.loads(answer.body)
            assert told["code" if venue == "binance" else "retCode"] == int(name)


def test_what_counts_is_the_order_of_requests_alone():
    faults = Faults()
    faults.add(Fault(call="create", do="close", phase="before_match", nth=2, times=1))
    call = read_call(ApiRequest(method="POST", path="/fapi/v1/order"))
    met = [bool(list(faults.meet(call, "before_match", 0.0))) for _ in range(4)]
    assert met == [False, True, False, False]
    assert list(faults.meet(call, "after_match", 0.0)) == []


@pytest.mark.parametrize(
    ("method", "path", "query", "name"),
    [
        ("GET", "/v5/order/realtime", b"symbol=BTCUSDT&orderLinkId=x", "order"),
        ("GET", "/v5/order/history", b"orderLinkId=x", "order"),
        ("GET", "/v5/order/realtime", b"settleCoin=USDT", "open_orders"),
        ("GET", "/v5/execution/list", b"execType=Funding", "funding"),
        ("GET", "/fapi/v1/allOrders", b"symbol=BTCUSDT&orderId=3", "orders"),
        ("GET", "/fapi/v1/nonsense", b"%%%=&&", ""),
        ("POST", "/v5/order/create", b"", "create"),
    ],
)
def test_a_call_means_the_same_on_every_venue(method, path, query, name):
    assert read_call(ApiRequest(method=method, path=path, query=query)).name == name
    assert name in {"", *CALLS}


def test_a_body_that_is_no_json_object_is_only_unreadable():
    for body in (b"{", b'{"a": [', b"[]", b"\xff\xfe", b"{" * 5_000):
        request = ApiRequest(method="POST", path="/v5/order/create", body=body)
        assert read_call(request).client_id == ""


async def test_a_request_held_up_does_not_hold_up_the_stop():
    async with Rig("binance") as rig:
        await rig.operator.fault("create", "drop")
        sending = asyncio.create_task(rig.trader.create("held"))
        await asyncio.sleep(0.05)
        assert isinstance(rig.server, LocalServer)
        await asyncio.wait_for(rig.server.stop(), 5)
        with pytest.raises(aiohttp.ClientError):
            await sending


# --- races


async def test_an_order_fills_while_its_cancel_is_on_the_way(rig):
    """The cancel finds nothing to cancel, though nobody else took the order off."""
    await rig.trader.create("raced", price="99000")
    await rig.operator.fault("cancel", "fill")
    _, body = await rig.trader.cancel("raced")
    shown = json.loads(body)
    assert shown.get("code", shown.get("retCode")) in {-2011, 110001}
    (record,) = rig.server.engine.orders(BTC)
    assert (record.state.value, record.filled) == ("filled", record.order.quantity)


async def test_a_part_fills_before_the_cancel_arrives(rig):
    await rig.trader.create("raced", price="99000", quantity="0.1")
    await rig.operator.fault("cancel", "fill", percent=37, client_id="raced")
    await rig.trader.cancel("raced")
    (record,) = rig.server.engine.orders(BTC)
    assert (record.state.value, record.filled) == ("canceled", d("0.037"))
    assert rig.server.engine.positions()[0].quantity == d("0.037")


async def test_an_order_is_filled_before_its_own_answer_is_seen(rig):
    await rig.operator.fault("create", "fill", phase="after_match", client_id="quick")
    await rig.trader.create("quick", price="99000")
    assert rig.server.engine.orders(BTC)[0].state.value == "filled"


async def test_nobody_fills_what_does_not_rest(rig):
    await rig.operator.fault("cancel", "fill", times=0)
    await rig.trader.cancel("nobody")
    status, answer = await rig.operator.ask("POST", "/fill", client_order_id="x", percent=50)
    assert status == 400
    assert "rests is needed" in answer["error"]
    await rig.trader.create("rests", price="99000", quantity="0.1")
    told = await rig.operator("POST", "/fill", client_order_id="rests", percent=50)
    assert (told["state"], told["filled"]) == ("partial", "0.05")


async def test_a_connection_ends_in_the_middle_of_an_answer(rig):
    await rig.operator.fault("positions", "tear", bytes=1)
    with pytest.raises(aiohttp.ClientError):
        await rig.trader.ask("positions")
    assert (await rig.trader.ask("positions"))[0] == 200


def test_what_is_remembered_for_old_answers_is_bounded():
    memory = Memory()
    request = ApiRequest(method="GET", path="/fapi/v1/depth")
    call = read_call(request)
    for number in range(2_000):
        memory.note(request, ApiReply(status=200, body=b"%d" % number), float(number))
    assert memory.as_of(call, 1_990).body == b"1990"
    assert memory.as_of(call, 0).body == b"1500"
    for number in range(2_000, 2_010):
        memory.note(request, ApiReply(status=200, body=b"x" * 1_500_000), float(number))
    assert memory.as_of(call, 0).body[:1] == b"x"
    assert memory.as_of(read_call(ApiRequest(method="GET", path="/fapi/v1/time")), 0) is None
