"""What an operator does to a testnet over the admin port, and what its truth says of it."""

import asyncio
import json

import pytest
import pytest_asyncio
from makers import d
from stepped import BTC, ETH, Rig

SOON = 5


@pytest_asyncio.fixture(params=["binance", "bybit"])
async def rig(request):
    async with Rig(request.param) as running:
        yield running


async def _truth(rig):
    return await rig.operator("GET", "/truth")


# --- the market


async def test_a_price_gaps_and_the_book_follows_at_once(rig):
    before = (await _truth(rig))["marks"]
    told = await rig.operator("POST", "/price", symbol=BTC, percent="-10")
    after = (await _truth(rig))["marks"]
    assert d(after[BTC]) == d(told["mark_price"])
    assert abs(d(after[BTC]) / d(before[BTC]) - d("0.9")) < d("0.0001")
    assert after[ETH] == before[ETH]
    quote = rig.server.engine.quote(BTC, rig.server.time.now())
    assert abs(quote.mid / d(before[BTC]) - d("0.9")) < d("0.001")
    rig.server.market.advance(60, rig.server.time.now())
    assert abs(rig.server.engine.mark_price(BTC) / d(after[BTC]) - 1) < d("0.01")


async def test_a_gap_takes_resting_orders_with_it_and_may_liquidate(rig):
    await rig.trader.create("rests", price="97000")
    await rig.trader.create("holds", quantity="15")
    await rig.operator("POST", "/price", symbol=BTC, percent="-8")
    truth = await _truth(rig)
    states = {order["client_order_id"]: order for order in truth["orders"]}
    assert states["rests"]["state"] == "filled"
    assert truth["positions"] == []
    assert any(name.startswith("autoclose-") for name in states)


async def test_one_side_of_the_book_is_empty_until_the_makers_are_back(rig):
    await rig.operator("POST", "/thin", symbol=BTC, side="sell")
    bids, asks = rig.server.engine.depth(BTC)
    assert bids
    assert asks == ()
    rig.server.market.advance(5, rig.server.time.now())
    assert rig.server.engine.quote(BTC, rig.server.time.now()) is None
    await rig.trader.create("takes", quantity="1")
    assert rig.server.engine.positions() == ()
    await rig.operator("POST", "/thin", symbol=BTC, side=None)
    assert rig.server.engine.quote(BTC, rig.server.time.now()) is not None


async def test_changed_filters_are_shown_and_hold(rig):
    await rig.operator(
        "POST", "/filters", symbol=BTC, rules={"step_size": "0.01", "min_notional": "500"}
    )
    shown = json.dumps(await rig.trader.read("instruments"))
    assert '"stepSize": "0.01"' in shown or '"qtyStep": "0.01"' in shown
    await rig.trader.create("off-grid", quantity="0.015")
    await rig.trader.create("small", quantity="0.01", price="30000")
    assert (await _truth(rig))["orders"] == []
    await rig.trader.create("fine", quantity="0.02")
    assert len((await _truth(rig))["orders"]) == 1


async def test_a_paused_contract_says_so_and_stands_still(rig):
    await rig.operator("POST", "/status", symbol=BTC, status="paused")
    await rig.trader.create("no", quantity="0.1")
    truth = await _truth(rig)
    assert (truth["statuses"][BTC], truth["statuses"][ETH]) == ("paused", "trading")
    assert truth["orders"] == []
    rig.server.market.advance(30, rig.server.time.now())
    marks = (await _truth(rig))["marks"]
    assert marks[BTC] == truth["marks"][BTC]
    assert marks[ETH] != truth["marks"][ETH]
    shown = json.dumps(await rig.trader.read("instruments"))
    assert ("PENDING_TRADING" in shown) is (rig.trader.venue == "binance")


# --- the account


async def test_less_money_lower_leverage_and_another_mode_come_from_outside(rig):
    await rig.operator("POST", "/wallet", wallet="150")
    await rig.operator("POST", "/leverage", symbol=BTC, leverage=5)
    await rig.operator("POST", "/mode", mode="hedge")
    truth = await _truth(rig)
    assert (truth["wallet"], truth["leverages"][BTC], truth["mode"]) == ("150", 5, "hedge")
    status, answer = await rig.operator.ask("POST", "/mode", mode="hedge")
    assert (status, answer["reason"]) == (409, "NO_CHANGE")


async def test_a_reset_is_seen_in_every_answer(rig):
    await rig.trader.create("a", quantity="0.1")
    await rig.operator("POST", "/reset")
    assert await rig.trader.read("positions") == []
    assert await rig.trader.read("trades") == []
    truth = await _truth(rig)
    assert (truth["wallet"], truth["orders"], truth["fills"]) == ("100000", [], [])
    await rig.trader.create("a", quantity="0.1")
    assert (await _truth(rig))["orders"][0]["order_id"] == "1"


@pytest.mark.parametrize("seconds", ["3600", "-3600"])
async def test_a_clock_that_is_wrong_refuses_what_was_signed_by_the_right_one(rig, seconds):
    skewed = await rig.operator("POST", "/skew", seconds=seconds)
    assert skewed["seconds"] == float(seconds)
    _, body = await rig.trader.ask("balance")
    shown = json.loads(body)
    assert shown.get("code", shown.get("retCode")) in {-1021, 10002}
    await rig.operator("POST", "/skew", seconds="0")
    assert await rig.trader.read("balance")


async def test_a_late_fill_is_late_and_comes_by_itself(rig):
    await rig.operator("POST", "/late", seconds="30", orders=1)
    await rig.operator.fault("create", reply="unknown", phase="after_match")
    await rig.trader.create("late", quantity="0.1")
    assert (await _truth(rig))["orders"][0]["state"] == "acked"
    assert await rig.trader.read("trades") == []
    await rig.server.time.go_on(30)
    rig.server.catch_up()
    truth = await _truth(rig)
    assert truth["orders"][0]["state"] == "filled"
    assert {fill["client_order_id"] for fill in truth["fills"]} == {"late"}


@pytest.mark.parametrize(
    ("path", "command", "said"),
    [
        ("/adl", {"symbol": BTC, "quantity": "1"}, "nothing is held"),
        ("/liquidate", {"symbol": "X"}, "symbol must be one of"),
        ("/price", {"symbol": BTC, "percent": "-100"}, "percent must be"),
        ("/price", {"symbol": BTC}, 'send a JSON object with "percent"'),
        ("/thin", {"symbol": BTC, "side": "top"}, "side must be one of"),
        ("/filters", {"symbol": BTC, "rules": {"colour": "1"}}, "rules must be some of"),
        ("/filters", {"symbol": BTC, "rules": {"step_size": "0"}}, "must be above zero"),
        ("/filters", {"symbol": BTC, "rules": {"tick_size": "0.05"}}, "multiple of"),
        ("/status", {"symbol": BTC, "status": "shut"}, "status must be one of"),
        ("/wallet", {"wallet": "-1"}, "wallet must be zero or more"),
        ("/wallet", {"wallet": "NaN"}, "wallet must be a number"),
        ("/leverage", {"symbol": BTC, "leverage": 0}, "leverage must be a whole number"),
        ("/mode", {"mode": "both"}, "mode must be one of"),
        ("/late", {"orders": -1, "seconds": "1"}, "orders must be"),
        ("/late", {"orders": 1, "seconds": "-1"}, "seconds must be from 0"),
        ("/skew", {"seconds": "1e12"}, "seconds must be from"),
        ("/events", {"since": "x"}, "since must be"),
    ],
)
async def test_a_command_that_cannot_be_meant_is_refused_in_one_sentence(path, command, said):
    async with Rig("binance") as rig:
        status, answer = await rig.operator.ask("POST", path, **command)
        assert status == 400
        assert said in answer["error"]
        assert "\n" not in answer["error"]
        assert rig.server.engine.events == type(rig.server.engine.events)()


# --- what the oracle needs


async def test_the_log_of_events_has_the_position_after_each(rig):
    await rig.trader.create("a", quantity="0.3")
    await rig.trader.create("b", side="sell", quantity="0.1")
    await rig.operator("POST", "/funding", symbol=BTC, rate="0.01")
    await rig.operator("POST", "/foreign", symbol=BTC, side="sell", quantity="0.4")
    await rig.operator("POST", "/liquidate", symbol=BTC)
    events = (await rig.operator("POST", "/events", since=0))["events"]
    assert [event["number"] for event in events] == list(range(1, len(events) + 1))
    held = d(0)
    truth = await _truth(rig)
    moved = {fill["fill_id"]: fill for fill in truth["fills"]}
    for event in events:
        if event["kind"] == "fill":
            fill = moved[event["fill_id"]]
            held += d(fill["quantity"]) * (1 if fill["side"] == "buy" else -1)
        assert d(event["position"]) == held
    assert held == 0
    assert events[-1]["wallet"] == truth["wallet"]
    assert {"order", "fill", "funding"} == {event["kind"] for event in events}
    later = (await rig.operator("POST", "/events", since=events[-2]["number"]))["events"]
    assert later == events[-1:]


async def test_an_order_was_received_before_it_was_accepted(rig):
    """I3: what is compared with the time an intent was written down."""
    await rig.operator.fault("create", "delay", ms=5_000)
    sending = asyncio.create_task(rig.trader.create("slow", quantity="0.1"))
    await rig.server.time.until_asleep()
    arrived = rig.server.time.now()
    await rig.server.time.go_on(5)
    await sending
    order = (await _truth(rig))["orders"][0]
    assert order["received"] == arrived.isoformat()
    assert order["created"] == rig.server.time.now().isoformat()


async def test_an_order_that_never_reached_the_exchange_is_not_in_its_truth(rig):
    await rig.operator.fault("create", "close", phase="before_match")
    with pytest.raises(Exception, match="disconnected"):
        await rig.trader.create("lost")
    assert (await _truth(rig))["orders"] == []
    assert (await rig.operator("POST", "/events", since=0))["events"] == []


# --- streams


async def _listen(rig):
    """Listen to the account's stream of Binance."""
    headers = {"X-MBX-APIKEY": rig.server.api_key}
    url = rig.server.url
    async with rig.http.post(f"{url}/fapi/v1/listenKey", headers=headers) as reply:
        key = (await reply.json())["listenKey"]
    return await rig.http.ws_connect(f"{url.replace('http', 'ws', 1)}/ws/{key}")


async def _fills_told(socket, until):
    told = []
    while True:
        message = json.loads((await asyncio.wait_for(socket.receive(), SOON)).data)
        if message["e"] != "ORDER_TRADE_UPDATE":
            continue
        order = message["o"]
        if order["c"] == until:
            return told
        if order["x"] in {"TRADE", "CALCULATED"}:
            told.append((order["c"], order["x"], order["t"]))


@pytest.mark.parametrize(("do", "copies"), [("drop", 0), ("dup", 2)])
async def test_a_fill_is_told_never_or_twice(do, copies):
    async with Rig("binance") as rig:
        socket = await _listen(rig)
        await rig.operator.fault("stream", do, client_id="a", channel="ORDER_TRADE_UPDATE",
                                 times=0)  # fmt: skip
        await rig.trader.create("a", quantity="0.1")
        await rig.trader.create("end", quantity="0.1", price="99000")
        told = await _fills_told(socket, "end")
        fills = [f.fill_id for f in rig.server.engine.fills(BTC)]
        assert len(told) == copies * len(fills)
        assert {str(number) for _, _, number in told} == (set(fills) if copies else set())
        await socket.close()


async def test_a_liquidation_is_told_as_calculated():
    async with Rig("binance") as rig:
        await rig.trader.create("a", quantity="0.1")
        socket = await _listen(rig)
        await rig.operator("POST", "/liquidate", symbol=BTC)
        await rig.trader.create("end", quantity="0.1", price="99000")
        ((name, kind, _),) = await _fills_told(socket, "end")
        assert name.startswith("autoclose-")
        assert kind == "CALCULATED"
        await socket.close()


async def test_frames_change_places():
    async with Rig("binance") as rig:
        socket = await _listen(rig)
        await rig.operator.fault("stream", "reorder", channel="ORDER_TRADE_UPDATE", times=0)
        await rig.trader.create("a", quantity="0.1", price="99000")
        await rig.trader.create("b", quantity="0.1", price="99000")
        told = [json.loads((await asyncio.wait_for(socket.receive(), SOON)).data)
                for _ in range(2)]  # fmt: skip
        assert [event["o"]["c"] for event in told] == ["b", "a"]
        await socket.close()


async def test_a_stream_ends_without_a_word_and_cannot_be_opened_again():
    async with Rig("binance") as rig:
        socket = await _listen(rig)
        await rig.operator.fault("stream", "close")
        await rig.trader.create("a", quantity="0.1", price="99000")
        message = await asyncio.wait_for(socket.receive(), SOON)
        assert message.type.name in {"CLOSED", "ERROR", "CLOSING"}
        await rig.operator.fault("stream", "reply", status=503, body="", phase="before_match")
        with pytest.raises(Exception, match="503"):
            await _listen(rig)
        await (await _listen(rig)).close()


async def test_a_public_frame_has_a_stuck_time():
    async with Rig("binance") as rig:
        await rig.operator.fault("stream", "put", name="T", value=1, times=0)
        url = rig.server.url.replace("http", "ws", 1)
        async with rig.http.ws_connect(f"{url}/ws/btcusdt@bookTicker") as socket:
            rig.server.market.advance(1, rig.server.time.now())
            message = json.loads((await asyncio.wait_for(socket.receive(), SOON)).data)
            assert message["T"] == 1
