"""The Bybit dialect: the shapes of its answers, and the venue's clients reading them."""

import asyncio
import json
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import aiohttp
import ccxt.async_support as ccxt
import pytest
import pytest_asyncio
from bybit_trader import BTC, NOON, Trader, ccxt_client
from market_reading import check_candles_from_a_moment_on, check_market
from pybit.exceptions import InvalidRequestError
from pybit.unified_trading import HTTP

from nettools.testnet.admin import read_trade
from nettools.testnet.bybit import account, dialect, market, trade
from nettools.testnet.bybit.names import execution_id
from nettools.testnet.rows import from_millis, millis
from nettools.testnet.server import LocalServer
from nettools.testnet.settings import Settings

SHAPES = Path(__file__).parents[2] / "shared" / "data" / "exchange_shapes"
CATCH_UP = 0.05


@pytest_asyncio.fixture
async def exchange():
    """The real ccxt, connected to a local server whose market stands still."""
    settings = Settings(venue="bybit", speed=0, rate_limits=False, ack_delay=0.01)
    async with (
        LocalServer(settings) as server,
        aiohttp.ClientSession(trust_env=False) as session,
    ):
        client = ccxt_client(server.url, server.api_key, server.secret, session)
        client.server = server
        await client.load_markets()
        yield client
        await client.close()


@pytest.fixture
def trader():
    return Trader()


async def _done(exchange, order):
    """Give the order as it is once the venue is done with what it acknowledged."""
    await asyncio.sleep(CATCH_UP)
    return await exchange.fetch_order(order["id"], BTC, {"acknowledged": True})


# --- the real ccxt


async def test_ccxt_reads_contracts_with_their_filters(exchange):
    btc = exchange.market(BTC)
    assert set(exchange.markets) >= {BTC, "ETH/USDT:USDT", "SOL/USDT:USDT", "XRP/USDT:USDT"}
    assert (btc["type"], btc["linear"], btc["active"]) == ("swap", True, True)
    assert (btc["precision"]["amount"], btc["precision"]["price"]) == ("0.001", "0.1")
    assert btc["limits"]["cost"]["min"] == "5"
    assert btc["limits"]["amount"] == {"min": "0.001", "max": "1190"}
    assert btc["info"]["lotSizeFilter"]["maxMktOrderQty"] == "119"


async def test_ccxt_reads_clock_money_and_fees(exchange):
    assert abs(await exchange.fetch_time() - exchange.milliseconds()) < 2_000
    money = await exchange.fetch_balance()
    assert Decimal(money["USDT"]["total"]) == Decimal(money["USDT"]["free"]) == 100_000
    fee = await exchange.fetch_trading_fee(BTC)
    assert (fee["maker"], fee["taker"]) == ("0.0002", "0.00055")
    fees = await exchange.fetch_trading_fees({"category": "linear"})
    assert set(fees) == set(exchange.markets)
    assert await exchange.is_unified_enabled() == [False, True]


async def test_ccxt_reads_book_tickers_candles_and_funding_rate(exchange):
    await check_market(exchange)


async def test_ccxt_pages_candles_from_a_moment_on(exchange):
    await check_candles_from_a_moment_on(exchange)


async def test_a_market_buy_through_ccxt_becomes_a_position(exchange):
    order = await exchange.create_order(BTC, "market", "buy", "0.7")
    assert (order["status"], order["filled"]) == (None, None)  # accepted for processing
    order = await _done(exchange, order)
    assert (order["status"], order["filled"]) == ("closed", "0.700")
    [position] = await exchange.fetch_positions()
    assert (position["side"], Decimal(position["contracts"])) == ("long", Decimal("0.7"))
    trades = await exchange.fetch_my_trades(BTC)
    assert sum(Decimal(t["amount"]) for t in trades) == Decimal("0.7")
    assert {t["takerOrMaker"] for t in trades} == {"taker"}
    fees = sum(Decimal(t["fee"]["cost"]) for t in trades)
    assert fees == sum(Decimal(t["cost"]) for t in trades) * Decimal("0.00055")
    assert Decimal(order["fee"]["cost"]) == fees
    wallet = (await exchange.fetch_balance())["info"]["result"]["list"][0]
    assert Decimal(wallet["totalWalletBalance"]) == 100_000 - fees


async def test_a_resting_order_through_ccxt_is_found_by_our_id_the_one_way_there_is(exchange):
    mine = {"clientOrderId": "nt1-desk-1-1"}
    order = await exchange.create_order(BTC, "limit", "buy", "0.1", "99500", mine)
    order = await _done(exchange, order)
    assert (order["status"], order["clientOrderId"]) == ("open", mine["clientOrderId"])
    by_link = {"orderLinkId": mine["clientOrderId"]}
    assert [o["id"] for o in await exchange.fetch_open_orders(BTC)] == [order["id"]]
    assert [o["id"] for o in await exchange.fetch_open_orders(BTC, params=by_link)] == [
        order["id"]
    ]
    with pytest.raises(ccxt.OrderNotFound):  # sends orderId=None, which wins
        await exchange.fetch_order(None, BTC, by_link | {"acknowledged": True})
    with pytest.raises(ccxt.BadRequest):  # sends clientOrderId, which the venue has not
        await exchange.cancel_order(None, BTC, mine)
    await exchange.cancel_order(None, BTC, by_link)
    await asyncio.sleep(CATCH_UP)
    assert await exchange.fetch_open_orders(BTC) == []
    [closed] = await exchange.fetch_open_orders(BTC, params=by_link)
    [listed] = await exchange.fetch_canceled_and_closed_orders(BTC, params=by_link)
    assert {closed["id"], listed["id"]} == {order["id"]}
    assert (closed["status"], closed["filled"], closed["remaining"]) == (
        "canceled",
        "0.000",
        "0.000",
    )
    with pytest.raises(ccxt.OrderNotFound, match="110001"):
        await exchange.cancel_order(order["id"], BTC)


async def test_cancel_all_through_ccxt_leaves_no_open_order(exchange):
    for price in ("98000", "98500", "99000"):
        await exchange.create_order(BTC, "limit", "buy", "0.1", price)
    await asyncio.sleep(CATCH_UP)
    assert len(await exchange.cancel_all_orders()) == 3
    await asyncio.sleep(CATCH_UP)
    assert await exchange.fetch_open_orders(BTC) == []
    closed = await exchange.fetch_canceled_and_closed_orders(BTC)
    assert [o["status"] for o in closed] == ["canceled"] * 3


async def test_ccxt_sets_leverage_and_hedge_mode(exchange):
    await exchange.set_leverage(10, BTC)
    leverage = await exchange.fetch_leverage(BTC)
    assert leverage["longLeverage"] == 10
    [flat] = await exchange.fetch_positions([BTC])
    assert (flat["side"], flat["contracts"], flat["hedged"]) == (None, "0", False)
    await exchange.set_position_mode(True)
    flat = await exchange.fetch_positions([BTC])
    assert [p["info"]["positionIdx"] for p in flat] == [1, 2]
    await exchange.create_order(BTC, "market", "buy", "0.5", None, {"positionIdx": 1})
    await exchange.create_order(BTC, "market", "sell", "0.2", None, {"positionIdx": 2})
    await asyncio.sleep(CATCH_UP)
    sides = {p["side"]: Decimal(p["contracts"]) for p in await exchange.fetch_positions()}
    assert sides == {"long": Decimal("0.5"), "short": Decimal("0.2")}


REFUSED_THROUGH_CCXT = [
    (ccxt.InsufficientFunds, "110007", ("limit", "buy", "50", "99500", {})),
    (ccxt.InvalidOrder, "110017", ("market", "buy", "0.1", None, {"reduceOnly": True})),
    (ccxt.InvalidOrder, "110003", ("limit", "buy", "0.1", "120000", {})),
    (ccxt.BadRequest, "10001", ("market", "buy", "0.1", None, {"positionIdx": 1})),
    (ccxt.PermissionDenied, "10005", ("limit", "buy", "0.1", "99500", {"takeProfit": "1"})),
]


@pytest.mark.parametrize(("error", "code", "order"), REFUSED_THROUGH_CCXT)
async def test_ccxt_raises_the_class_it_raises_on_the_real_testnet(
    exchange, error, code, order
):
    with pytest.raises(error, match=code):
        await exchange.create_order(BTC, *order)
    assert await exchange.fetch_open_orders() == []


async def test_a_duplicate_client_id_says_that_the_order_exists(exchange):
    order = (BTC, "limit", "buy", "0.1", "99500", {"clientOrderId": "a"})
    await exchange.create_order(*order)
    with pytest.raises(ccxt.InvalidOrder, match="110072"):
        await exchange.create_order(*order)


async def test_a_post_only_order_that_would_take_is_accepted_and_then_canceled(exchange):
    terms = {"postOnly": True}
    order = await exchange.create_order(BTC, "limit", "buy", "0.1", "100500", terms)
    order = await _done(exchange, order)
    assert (order["status"], order["filled"], order["timeInForce"]) == (
        "canceled",
        "0.000",
        "PO",
    )
    assert order["info"]["rejectReason"] == "EC_PostOnlyWillTakeLiquidity"


async def test_funding_through_ccxt_is_no_trade(exchange):
    await exchange.create_order(BTC, "market", "buy", "0.5")
    await asyncio.sleep(CATCH_UP)
    server = exchange.server
    server.market.settle(BTC, server._catch_up(), Decimal("0.0001"))
    [paid] = await exchange.fetch_funding_history(BTC)
    mark = server.engine.mark_price(BTC)
    assert Decimal(paid["info"]["execFee"]) == Decimal("0.5") * mark * Decimal("0.0001")
    trades = await exchange.fetch_my_trades(BTC)
    assert sum(Decimal(t["amount"]) for t in trades) == Decimal("0.5")
    [settled] = await exchange.fetch_funding_rate_history(BTC)
    assert settled["fundingRate"] == "0.0001"


async def test_what_this_server_lacks_is_not_permitted_rather_than_missing(exchange):
    for refused in (
        exchange.edit_order("1", BTC, "limit", "buy", "0.1", "99000"),
        exchange.fetch_open_interest_history(BTC),
    ):
        with pytest.raises(ccxt.PermissionDenied, match="10005"):
            await refused
    with pytest.raises(ccxt.ExchangeError, match="3400045"):
        await exchange.set_margin_mode("isolated", BTC)


async def test_an_order_is_matched_in_time_though_nobody_asks(exchange):
    await exchange.create_order(BTC, "market", "buy", "0.1")
    assert exchange.server.engine.fills(BTC) == ()
    await asyncio.sleep(CATCH_UP)
    assert exchange.server.engine.fills(BTC) != ()


# --- the venue's own client


@pytest_asyncio.fixture
async def pybit():
    """The official client; it blocks, so each call has a thread of its own."""
    settings = Settings(venue="bybit", speed=0, ack_delay=0.01)
    async with LocalServer(settings) as server:
        session = HTTP(
            testnet=True, api_key=server.api_key, api_secret=server.secret, max_retries=1
        )
        session.endpoint = server.url

        async def call(name, **params):
            if name not in {"get_server_time", "get_api_key_information"}:
                params = {"category": "linear"} | params
            answer = await asyncio.to_thread(getattr(session, name), **params)
            assert answer["retCode"] == 0
            return answer["result"]

        yield call


async def test_the_official_client_places_finds_and_cancels(pybit):
    order = {"symbol": "BTCUSDT", "side": "Buy", "orderType": "Limit", "orderLinkId": "a"}
    placed = await pybit("place_order", **order, qty=0.1, price=99500)
    await asyncio.sleep(CATCH_UP)
    [row] = (await pybit("get_open_orders", symbol="BTCUSDT"))["list"]
    assert (row["orderId"], row["orderStatus"]) == (placed["orderId"], "New")
    assert await pybit("cancel_order", symbol="BTCUSDT", orderLinkId="a") == placed
    await asyncio.sleep(CATCH_UP)
    assert (await pybit("get_open_orders", settleCoin="USDT"))["list"] == []
    [row] = (await pybit("get_order_history", orderId=placed["orderId"]))["list"]
    assert (row["orderStatus"], row["cancelType"]) == ("Cancelled", "CancelByUser")
    with pytest.raises(InvalidRequestError, match="110072"):
        await pybit("place_order", **order, qty="0.1", price="99500")


async def test_the_official_client_reads_the_market_and_the_account(pybit):
    clock = await pybit("get_server_time")
    assert clock["timeNano"].startswith(clock["timeSecond"])
    rows = (await pybit("get_instruments_info"))["list"]
    assert {row["symbol"] for row in rows} >= {"BTCUSDT", "ETHUSDT"}
    book = await pybit("get_orderbook", symbol="BTCUSDT", limit=5)
    [ticker] = (await pybit("get_tickers", symbol="BTCUSDT"))["list"]
    assert (ticker["bid1Price"], ticker["ask1Price"]) == (book["b"][0][0], book["a"][0][0])
    assert len((await pybit("get_kline", symbol="BTCUSDT", interval=1, limit=7))["list"]) == 7
    trade = {"symbol": "BTCUSDT", "orderType": "Market", "qty": "0.2"}
    await pybit("place_order", **trade, side="Buy")
    await asyncio.sleep(CATCH_UP)
    [held] = (await pybit("get_positions", settleCoin="USDT"))["list"]
    assert (held["side"], held["size"]) == ("Buy", "0.200")
    [fill] = (await pybit("get_executions", symbol="BTCUSDT", execType="Trade"))["list"]
    [wallet] = (await pybit("get_wallet_balance", accountType="UNIFIED"))["list"]
    left = Decimal(wallet["coin"][0]["walletBalance"])
    assert left == 100_000 - Decimal(fill["execFee"])
    await pybit("set_leverage", symbol="BTCUSDT", buyLeverage="5", sellLeverage="5")
    with pytest.raises(InvalidRequestError, match="110024"):
        await pybit("switch_position_mode", symbol="BTCUSDT", mode=3)
    assert (await pybit("get_api_key_information"))["uta"] == 1


async def test_the_official_client_pages_with_the_cursor_it_was_given(pybit):
    """It hands a cursor back as it is; ccxt escapes it once more. Both mean the same."""
    for name in "abcde":
        order = {"symbol": "BTCUSDT", "side": "Buy", "orderType": "Limit", "price": "99500"}
        await pybit("place_order", **order, qty="0.1", orderLinkId=name)
    await asyncio.sleep(CATCH_UP)
    seen, cursor = [], None
    while cursor != "":
        page = await pybit("get_open_orders", settleCoin="USDT", limit=2, cursor=cursor)
        seen += [row["orderLinkId"] for row in page["list"]]
        cursor = page["nextPageCursor"]
    assert seen == list("edcba")


# --- shapes


def _recorded(name, list_name="list"):
    path = SHAPES / f"bybit__http_get_{name}.json"
    if not path.is_file():
        pytest.skip("the recorded shapes are not beside the repository")
    result = json.loads(path.read_text())["result"]
    return result[list_name][0] if list_name in result else result


def _same(wanted, row):
    assert wanted.keys() <= row.keys(), wanted.keys() - row.keys()
    nothing = type(None)
    kinds = {name: (type(wanted[name]), type(row[name])) for name in wanted}
    wrong = {n: k for n, k in kinds.items() if len({*k} - {nothing}) > 1}
    assert wrong == {}


def test_orders_have_the_shape_of_recorded_ones(trader):
    row = trader.order(orderLinkId="a")
    _same(_recorded("orders_realtime"), row)
    trader.post("order/cancel", symbol="BTCUSDT", orderLinkId="a")
    trader.wait()
    [row] = trader.get("order/history", symbol="BTCUSDT")["list"]
    wanted = _recorded("orders_history")
    _same(wanted, row)
    assert row["orderStatus"] == wanted["orderStatus"]


def test_executions_have_the_shape_of_recorded_ones(trader):
    trader.order(orderType="Market")
    [row] = trader.get("execution/list", symbol="BTCUSDT")["list"]
    _same(_recorded("executions"), row)


def test_positions_have_the_shape_of_recorded_ones(trader):
    trader.order(orderType="Market")
    [row] = trader.get("position/list", symbol="BTCUSDT")["list"]
    _same(_recorded("positions"), row)


def test_the_account_has_the_shape_of_a_recorded_one(trader):
    _same(_recorded("account_info"), trader.get("account/info"))
    [row] = trader.get("account/wallet-balance", accountType="UNIFIED")["list"]
    wanted = _recorded("wallet_balance")
    _same(wanted, row)
    _same(wanted["coin"][0], row["coin"][0])
    [row, *_] = trader.get("account/fee-rate")["list"]
    assert row.keys() == {"symbol", "takerFeeRate", "makerFeeRate"}


def test_the_market_has_the_shape_of_a_recorded_one(trader):
    [row, *_] = trader.get("market/instruments-info")["list"]
    wanted = _recorded("instruments_linear")
    _same(wanted, row)
    for name in ("leverageFilter", "priceFilter", "lotSizeFilter"):
        assert wanted[name].keys() == row[name].keys()
    _same(_recorded("orderbook"), trader.get("market/orderbook", symbol="BTCUSDT"))
    candles = trader.get("market/kline", symbol="BTCUSDT", interval="1")["list"]
    assert len(candles[0]) == len(_recorded("klines_linear"))
    assert {type(value) for value in candles[0]} == {str}
    assert int(candles[0][0]) > int(candles[1][0])
    trader.order(orderType="Market")
    [row, *_] = trader.get("market/recent-trade", symbol="BTCUSDT")["list"]
    _same(_recorded("trades_recent"), row)
    trader.market.settle(BTC, trader.now)
    [row] = trader.get("market/funding/history", symbol="BTCUSDT")["list"]
    _same(_recorded("funding_history"), row)


def test_recent_trades_are_everybodys_newest_first(trader):
    trader.market.advance(60, trader.now)
    trader.order(orderType="Market", side="Sell")
    [ours, *others] = trader.get("market/recent-trade", symbol="BTCUSDT")["list"]
    [fill, *_] = trader.get("execution/list", symbol="BTCUSDT")["list"]
    assert (ours["execId"], ours["side"]) == (fill["execId"], "Sell")
    assert others
    assert len(trader.get("market/recent-trade", symbol="BTCUSDT", limit=2)["list"]) == 2


def test_there_are_no_contracts_before_their_launch(trader):
    assert trader.get("market/instruments-info", status="PreLaunch")["list"] == []
    assert len(trader.get("market/instruments-info", status="Trading")["list"]) == 5
    [row] = trader.get("market/instruments-info", baseCoin="ETH")["list"]
    assert row["lotSizeFilter"]["minNotionalValue"] == "5"


def test_a_symbol_shows_flat_legs_and_a_coin_only_held_ones(trader):
    [flat] = trader.get("position/list", symbol="BTCUSDT")["list"]
    assert (flat["positionIdx"], flat["side"], flat["size"]) == (0, "", "0.000")
    assert (flat["seq"], flat["createdTime"]) == (-1, "0")
    assert trader.get("position/list", settleCoin="USDT")["list"] == []
    trader.order(orderType="Market", side="Sell", qty="0.3")
    [row] = trader.get("position/list", settleCoin="USDT")["list"]
    assert (row["symbol"], row["side"], row["size"]) == ("BTCUSDT", "Sell", "0.300")
    assert trader.get("position/list", settleCoin="USDC")["list"] == []


def test_hedge_mode_shows_both_legs_apart():
    trader = Trader("hedge")
    trader.order(orderType="Market", side="Sell", positionIdx=2, qty="0.3")
    rows = trader.get("position/list", symbol="BTCUSDT")["list"]
    assert [(row["positionIdx"], row["side"], row["size"]) for row in rows] == [
        (1, "", "0.000"),
        (2, "Sell", "0.300"),
    ]


def test_what_a_position_earned_counts_from_when_it_was_opened(trader):
    trader.order(orderType="Market")
    trader.order(orderType="Market", side="Sell")
    [flat] = trader.get("position/list", symbol="BTCUSDT")["list"]
    lost = 100_000 - trader.engine.account().wallet
    assert Decimal(flat["cumRealisedPnl"]) == -lost
    trader.order(orderType="Market", side="Sell")
    [row] = trader.get("position/list", symbol="BTCUSDT")["list"]
    fee = -Decimal(row["curRealisedPnl"])
    assert Decimal(row["cumRealisedPnl"]) == -lost - fee
    assert 0 < fee < lost


def test_the_liquidation_price_is_where_the_margin_runs_out(trader):
    trader.order(orderType="Market", qty="15")
    [row] = trader.get("position/list", symbol="BTCUSDT")["list"]
    [money] = trader.get("account/wallet-balance", accountType="UNIFIED")["list"]
    size, price = Decimal(row["size"]), Decimal(row["liqPrice"])
    left = Decimal(money["totalMarginBalance"]) - size * (Decimal(row["markPrice"]) - price)
    assert abs(left - size * price * Decimal("0.004")) < 10  # one tick of 15 BTC, rounded


def test_realtime_knows_the_last_500_closed_orders_and_history_the_rest():
    trader = Trader(rate_limits=False)
    [first, *_] = [
        trader.order(price="99500", timeInForce="IOC", orderLinkId=f"a{i}")["orderId"]
        for i in range(501)
    ]
    closed = {"symbol": "BTCUSDT", "openOnly": 1, "limit": 50}
    names, cursor = [], None
    while cursor != "":
        page = trader.get("order/realtime", **closed, cursor=cursor)
        names += [row["orderLinkId"] for row in page["list"]]
        cursor = page["nextPageCursor"]
    assert names == [f"a{i}" for i in range(500, 0, -1)]
    by_id = {"symbol": "BTCUSDT", "orderId": first}
    assert trader.get("order/realtime", **by_id)["list"] == []
    assert [row["orderId"] for row in trader.get("order/history", **by_id)["list"]] == [first]


def test_history_forgets_unfilled_orders_after_a_day_and_shows_a_week(trader):
    trader.order(orderType="Market", orderLinkId="filled")
    trader.order(timeInForce="IOC", orderLinkId="unfilled")
    trader.order(orderLinkId="open")

    def shown(**params):
        rows = trader.get("order/history", **params)["list"]
        return [row["orderLinkId"] for row in rows]

    assert shown() == ["unfilled", "filled"]
    assert shown(orderStatus="Filled") == ["filled"]
    assert shown(startTime=millis(NOON + timedelta(minutes=1))) == []
    trader.now += timedelta(days=1, seconds=1)
    assert shown() == ["filled"]
    trader.now += timedelta(days=6)
    assert shown() == []
    assert shown(startTime=millis(NOON)) == ["filled"]
    assert shown(orderLinkId="filled") == ["filled"]


def test_executions_arrive_over_pages_and_new_ones_disturb_nothing():
    trader = Trader(rate_limits=False)
    for side in ("Buy", "Sell") * 6:
        trader.order(orderType="Market", side=side, qty="0.3")
    every = [execution_id(BTC, "fill", f.fill_id) for f in trader.engine.fills(BTC)]
    assert len(every) >= 12
    seen, cursor = [], None
    while cursor != "":
        page = trader.get("execution/list", symbol="BTCUSDT", limit=5, cursor=cursor)
        seen += [row["execId"] for row in page["list"]]
        cursor = page["nextPageCursor"]
        trader.order(orderType="Market", qty="0.1")
    assert seen[::-1] == every


def test_a_full_last_page_leads_to_an_empty_one(trader):
    trader.order(orderLinkId="a")
    page = trader.get("order/realtime", settleCoin="USDT", limit=1)
    assert page["nextPageCursor"] != ""
    following = {"settleCoin": "USDT", "limit": 1, "cursor": page["nextPageCursor"]}
    page = trader.get("order/realtime", **following)
    assert (page["list"], page["nextPageCursor"]) == ([], "")


def test_executions_are_shown_for_a_week_and_for_a_span_that_is_asked_for(trader):
    trader.order(orderType="Market", orderLinkId="a")
    trader.now += timedelta(days=6)
    trader.order(orderType="Market", orderLinkId="b")

    def shown(**params):
        rows = trader.get("execution/list", symbol="BTCUSDT", **params)["list"]
        return [row["orderLinkId"] for row in rows]

    assert shown() == ["b", "a"]
    trader.now += timedelta(days=2)
    assert shown() == ["b"]
    first = {"startTime": millis(NOON), "endTime": millis(NOON + timedelta(days=1))}
    assert shown(**first) == ["a"]
    assert shown(startTime=millis(NOON)) == ["b", "a"]
    assert shown(endTime=millis(NOON + timedelta(days=1))) == ["a"]
    assert shown(orderLinkId="a") == ["a"]


def test_executions_of_an_order_are_found_by_either_id(trader):
    row = trader.order(orderType="Market", orderLinkId="a", qty="1")
    trader.order(orderType="Market", orderLinkId="b")
    for one in ({"orderId": row["orderId"]}, {"orderLinkId": "a"}):
        fills = trader.get("execution/list", **one)["list"]
        assert sum(Decimal(fill["execQty"]) for fill in fills) == 1
        assert {fill["orderLinkId"] for fill in fills} == {"a"}
        assert Decimal(row["cumFeeDetail"]["USDT"]) == sum(
            Decimal(fill["execFee"]) for fill in fills
        )


def test_a_resting_order_pays_the_makers_fee(trader):
    order_id = trader.order(price="99999")["orderId"]
    makers = [row for row in (trader.row(order_id),) if row["orderStatus"] == "New"]
    assert len(makers) == 1
    for _ in range(3):
        trader.market.advance(600, trader.now)
    fills = trader.get("execution/list", orderId=order_id)["list"]
    assert fills, "the market never came down to it"
    assert {(fill["isMaker"], fill["feeRate"]) for fill in fills} == {(True, "0.0002")}


def test_funding_carries_the_whole_position_and_is_no_trade():
    trader = Trader("hedge")
    trader.order(orderType="Market", positionIdx=1, qty="0.5")
    trader.order(orderType="Market", positionIdx=2, side="Sell", qty="0.2")
    before = trader.engine.account().wallet
    trader.market.settle(BTC, trader.now, Decimal("0.0001"))
    rows = trader.get("execution/list", symbol="BTCUSDT", execType="Funding")["list"]
    shown = {(row["side"], row["execQty"]): Decimal(row["execFee"]) for row in rows}
    assert shown.keys() == {("Buy", "0.500"), ("Sell", "0.200")}
    assert shown["Buy", "0.500"] > 0 > shown["Sell", "0.200"]  # the long leg pays
    assert before - trader.engine.account().wallet == sum(shown.values())
    for row in rows:
        value = Decimal(row["execValue"]) * Decimal(row["feeRate"])
        assert Decimal(row["execFee"]) == value.quantize(Decimal("1e-8"))
        assert (row["orderType"], row["orderQty"]) == ("UNKNOWN", "0")
    both = trader.get("execution/list", symbol="BTCUSDT")["list"]
    assert {row["execType"] for row in both} == {"Trade", "Funding"}
    trades = trader.get("execution/list", symbol="BTCUSDT", execType="Trade")["list"]
    assert {row["execType"] for row in trades} == {"Trade"}


def test_an_order_by_hand_is_shown_like_any_other(trader):
    """Its number comes between one that was acknowledged and its matching."""
    ours = trader.create(orderLinkId="a")["result"]["orderId"]
    command = {"symbol": BTC, "side": "buy", "quantity": "0.1"}
    trader.engine.place(read_trade(command, "web_00000001", trader.engine), trader.now)
    trader.wait()
    assert trader.row(ours)["orderLinkId"] == "a"
    [other] = trader.get("order/realtime", symbol="BTCUSDT", orderLinkId="web_00000001")["list"]
    assert (other["orderStatus"], other["orderId"] == ours) == ("Filled", False)


def test_the_ticker_names_the_next_funding(trader):
    [row] = trader.get("market/tickers", symbol="BTCUSDT")["list"]
    assert from_millis(int(row["nextFundingTime"])) == NOON.replace(hour=16)
    assert len(trader.get("market/tickers")["list"]) == 5


def test_the_wallet_is_shown_by_coin(trader):
    [row] = trader.get("account/wallet-balance", accountType="UNIFIED", coin="BTC")["list"]
    assert row["coin"] == []
    wanted = {"accountType": "UNIFIED", "coin": "USDC,USDT"}
    [row] = trader.get("account/wallet-balance", **wanted)["list"]
    assert [coin["coin"] for coin in row["coin"]] == ["USDT"]
    assert trader.get("asset/coin/query-info", coin="BTC")["rows"] == []


def test_every_answer_has_an_address():
    """A handler nobody can reach would be dead code."""
    reached = {route.answer for route in dialect._ROUTES.values()}
    for module in (account, market, trade):
        own = {
            value
            for name, value in vars(module).items()
            if getattr(value, "__module__", "") == module.__name__ and name[0] != "_"
        }
        assert own, module
        assert own <= reached | {market.ticker_row}
