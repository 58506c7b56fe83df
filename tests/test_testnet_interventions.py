"""What an operator does to a testnet over the admin port, and what its truth says of it."""

import asyncio
import hashlib
import hmac
import json

import aiohttp
import pytest
import pytest_asyncio
from makers import d
from stepped import BTC, ETH, Rig

from nettools.errors import InvalidInput, OrderRejected

SOON = 5
FEES = {"maker": "-0.0001", "taker": "0.0004", "coin": "BNB", "price": "500"}


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


async def test_fees_change_and_may_be_paid_in_another_coin_beside_the_wallet(rig):
    await rig.operator("POST", "/fees", **FEES)
    await rig.trader.create("takes")
    truth = await _truth(rig)
    for fill in truth["fills"]:
        notional = d(fill["quantity"]) * d(fill["price"])
        assert fill["fee_currency"] == "BNB"
        assert abs(d(fill["fee"]) - notional * d("0.0004") / 500) <= d("1e-8")
    assert truth["wallet"] == "100000", "another purse has paid"


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
        ("/fees", {**FEES, "maker": "0.02"}, "maker must be from -0.01 to 0.01"),
        ("/fees", {**FEES, "coin": "bnb"}, "coin must be up to 10 capital letters"),
        ("/fees", {**FEES, "price": "0"}, "price must be above zero"),
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
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await rig.trader.create("lost")
    assert (await _truth(rig))["orders"] == []
    assert (await rig.operator("POST", "/events", since=0))["events"] == []


async def _storm(venue, seed):
    """Send orders, cancels and reads through a storm of faults; give what everybody saw."""
    async with Rig(venue) as rig:
        for number, (call, do, phase) in enumerate(
            (call, do, phase)
            for call in ("create", "cancel", "positions")
            for do in ("close", "reply")
            for phase in ("before_match", "after_match")
        ):
            answer = {"reply": "unknown"} if do == "reply" else {}
            await rig.operator.fault(call, do, phase=phase, times=0, probability=0.15,
                                     seed=seed + number, **answer)  # fmt: skip
        await rig.operator.fault("cancel", "fill", times=0, probability=0.3, seed=seed)
        seen = []
        for number in range(25):
            for step in (
                rig.trader.create(f"o-{number}", quantity="0.01", price="99500"),
                rig.trader.cancel(f"o-{number}"),
                rig.trader.ask("positions"),
            ):
                try:
                    status, body = await step
                    seen.append((status, b"unknown" in body.lower() or b"10000" in body))
                except aiohttp.ClientError:
                    seen.append(None)
        await rig.operator("DELETE", "/faults")
        events = (await rig.operator("POST", "/events", since=0))["events"]
        return seen, events, await _truth(rig)


@pytest.mark.parametrize("venue", ["binance", "bybit"])
async def test_a_storm_plays_again_from_its_seed_and_the_truth_adds_up(venue):
    """Sent once is there at most once, and the log's last position is what is held."""
    seen, events, truth = await _storm(venue, 3)
    assert (seen, events, truth) == await _storm(venue, 3)
    assert events != (await _storm(venue, 40))[1]
    ids = [order["client_order_id"] for order in truth["orders"]]
    assert len(ids) == len(set(ids))
    unanswered = seen[::3].count(None) + sum(1 for told in seen[::3] if told and told[1])
    assert 0 < unanswered < 25
    assert len(ids) >= 25 - unanswered
    held = sum((d(fill["quantity"]) for fill in truth["fills"]), d(0))
    assert [d(p["quantity"]) for p in truth["positions"]] == ([held] if held else [])
    assert held > 0
    assert [d(e["position"]) for e in events if e["kind"] == "fill"][-1] == held


# --- streams


async def _listen(rig):
    """Listen to the account's orders, fills and positions."""
    url = rig.server.url.replace("http", "ws", 1)
    if rig.trader.venue == "bybit":
        socket = await rig.http.ws_connect(f"{url}/v5/private")
        expires = int(rig.server.time.now().timestamp() * 1000) + 60_000
        proof = hmac.new(
            rig.server.secret.encode(), f"GET/realtime{expires}".encode(), hashlib.sha256
        )
        args = [rig.server.api_key, expires, proof.hexdigest()]
        await socket.send_json({"op": "auth", "args": args})
        await socket.send_json({"op": "subscribe", "args": ["order", "execution"]})
        return socket
    headers = {"X-MBX-APIKEY": rig.server.api_key}
    async with rig.http.post(f"{rig.server.url}/fapi/v1/listenKey", headers=headers) as reply:
        key = (await reply.json())["listenKey"]
    return await rig.http.ws_connect(f"{url}/ws/{key}")


CHANNELS = {
    "binance": ("ORDER_TRADE_UPDATE", "ORDER_TRADE_UPDATE"),
    "bybit": ("execution", "order"),
}
"""Where a venue tells executions, and where orders."""


async def _next(socket):
    return json.loads((await asyncio.wait_for(socket.receive(), SOON)).data)


async def _told(socket, until):
    """Give the kind, id and order id of each execution told before an order rests."""
    told = []
    while True:
        frame = await _next(socket)
        rows = [frame["o"]] if frame.get("e") == "ORDER_TRADE_UPDATE" else frame.get("data", [])
        for row in rows:
            client_id = row.get("c", row.get("orderLinkId"))
            if client_id == until:
                return told
            if frame.get("topic") == "execution" or row.get("x") in {"TRADE", "CALCULATED"}:
                told.append((row.get("x", row.get("execType")), client_id,
                             row.get("t", row.get("execId"))))  # fmt: skip


@pytest.mark.parametrize(("do", "copies"), [("drop", 0), ("dup", 2)])
async def test_a_fill_is_told_never_or_twice(rig, do, copies):
    socket = await _listen(rig)
    await _settled(rig, socket)
    channel = CHANNELS[rig.trader.venue][0]
    await rig.operator.fault("stream", do, client_id="a", channel=channel, times=0)
    await rig.trader.create("a", quantity="0.1")
    await rig.trader.create("end", quantity="0.1", price="99500")
    told = await _told(socket, "end")
    fills = rig.server.engine.fills(BTC)
    assert len(told) == copies * len(fills)
    assert len({number for _, _, number in told}) == (len(fills) if copies else 0)
    await socket.close()


async def test_a_liquidation_is_told_by_its_own_name(rig):
    await rig.trader.create("a", quantity="0.1")
    socket = await _listen(rig)
    await _settled(rig, socket)
    await rig.operator("POST", "/liquidate", symbol=BTC)
    await rig.trader.create("end", quantity="0.1", price="99500")
    ((kind, client_id, _),) = await _told(socket, "end")
    if rig.trader.venue == "binance":
        assert (kind, client_id[:10]) == ("CALCULATED", "autoclose-")
    else:
        assert (kind, client_id) == ("BustTrade", "")
    await socket.close()


async def _settled(rig, socket):
    """Wait until the subscription is heard: what happens before it is told to nobody."""
    if rig.trader.venue == "bybit":
        for _ in range(2):
            assert (await _next(socket))["success"]


async def test_frames_change_places(rig):
    socket = await _listen(rig)
    await _settled(rig, socket)
    channel = CHANNELS[rig.trader.venue][1]
    await rig.operator.fault("stream", "reorder", channel=channel, times=0)
    await rig.trader.create("a", quantity="0.1", price="99500")
    await rig.trader.create("b", quantity="0.1", price="99500")
    frames = [await _next(socket) for _ in range(2)]
    rows = [frame.get("o") or frame["data"][0] for frame in frames]
    assert [row.get("c", row.get("orderLinkId")) for row in rows] == ["b", "a"]
    await socket.close()


async def test_each_reader_keeps_his_own_frames():
    """What is held back of one reader is never told to another."""
    async with Rig("binance") as rig:
        sockets = [await _listen(rig) for _ in range(2)]
        channel = CHANNELS["binance"][1]
        await rig.operator.fault("stream", "reorder", channel=channel, times=0)
        for name in ("a", "b"):
            await rig.trader.create(name, quantity="0.1", price="99500")
        for socket in sockets:
            assert [(await _next(socket))["o"]["c"] for _ in range(2)] == ["b", "a"]
            await socket.close()


async def test_a_stream_ends_without_a_word_and_cannot_be_opened_again(rig):
    socket = await _listen(rig)
    await _settled(rig, socket)
    await rig.operator.fault("stream", "close", channel=CHANNELS[rig.trader.venue][1])
    await rig.trader.create("a", quantity="0.1", price="99500")
    message = await asyncio.wait_for(socket.receive(), SOON)
    assert message.type.name in {"CLOSED", "ERROR", "CLOSING"}
    await rig.operator.fault("stream", "reply", status=503, body="", phase="before_match")
    with pytest.raises(aiohttp.WSServerHandshakeError, match="503"):
        await _listen(rig)
    await (await _listen(rig)).close()


async def test_a_public_frame_has_a_stuck_time():
    async with Rig("binance") as rig:
        await rig.operator.fault("stream", "put", name="T", value=1, times=0)
        url = rig.server.url.replace("http", "ws", 1)
        async with rig.http.ws_connect(f"{url}/ws/btcusdt@bookTicker") as socket:
            rig.server.market.advance(1, rig.server.time.now())
            assert (await _next(socket))["T"] == 1


# --- from a notebook


def test_a_notebook_does_all_of_it(local_testnet):
    net = local_testnet()
    assert net.fault("positions", reply="empty") == 1
    assert net.fault("create", "close", phase="after_match", nth=2) == 2
    assert [fault["fired"] for fault in net.faults()] == [0, 0]
    assert net.duplicate_fills() == (3, 4)
    assert net.clear_faults() == 4
    net.late_fill(0)
    net.trade_by_hand(BTC, "buy", "1")
    net.skew(0.5)
    net.skew(0)
    assert net.adl(BTC, "0.4")["client_order_id"] == "adl_autoclose"
    (order,) = net.liquidate(BTC)
    assert order["quantity"] == "0.6"
    assert net.move_price(BTC, 5) > d(104_000)
    net.thin_book(BTC, "buy")
    with pytest.raises(OrderRejected):
        net.set_mode("one-way")
    net.thin_book(BTC, None)
    assert net.change_filters(BTC, step_size="0.01") == {"step_size": "0.01"}
    net.change_status(BTC, "paused")
    with pytest.raises(OrderRejected, match="must be trading"):
        net.trade_by_hand(BTC, "buy", "1")
    net.change_status(BTC, "trading")
    net.set_wallet("500")
    net.set_leverage(BTC, 3)
    net.set_fees("0", "-0.0001")
    net.set_mode("hedge")
    events = net.events()
    assert net.events(since=events[-1]["number"]) == []
    assert {"fill", "filters", "status", "transfer"} <= {event["kind"] for event in events}
    net.reset()
    assert net.truth()["fills"] == []
    with pytest.raises(InvalidInput, match="call must be one of"):
        net.fault("craete", "close")
    with pytest.raises(InvalidInput, match="rests is needed"):
        net.fill("nobody")
