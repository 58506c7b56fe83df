"""The Binance dialect: the shapes of its answers, and the real ccxt reading them."""

import json
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import aiohttp
import ccxt.async_support as ccxt
import pytest
import pytest_asyncio
from dialect import NOON, Trader, ccxt_client, decimals
from market_reading import check_candles_from_a_moment_on, check_market

from nettools.model import PositionMode
from nettools.testnet.binance import account, dialect, income, market, trade
from nettools.testnet.rows import from_millis, millis, money
from nettools.testnet.server import LocalServer, Settings

BTC = "BTC/USDT:USDT"
SHAPES = Path(__file__).parents[2] / "shared" / "data" / "exchange_shapes"


@pytest_asyncio.fixture
async def exchange():
    """The real ccxt, connected to a local server whose market stands still."""
    settings = Settings(speed=0, rate_limits=False)
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


# --- the real ccxt


async def test_ccxt_reads_contracts_with_their_filters(exchange):
    btc = exchange.market(BTC)
    assert set(exchange.markets) >= {BTC, "ETH/USDT:USDT", "SOL/USDT:USDT", "XRP/USDT:USDT"}
    assert (btc["type"], btc["linear"], btc["active"]) == ("swap", True, True)
    assert decimals(btc["precision"], "amount", "price") == (Decimal("0.001"), Decimal("0.1"))
    assert btc["limits"]["cost"]["min"] == "100"
    assert decimals(btc["limits"]["amount"], "min", "max") == (Decimal("0.001"), 1000)
    assert btc["limits"]["market"]["max"] == "120"


async def test_ccxt_reads_clock_money_mode_and_fees(exchange):
    assert abs(await exchange.fetch_time() - exchange.milliseconds()) < 2_000
    assert await exchange.load_time_difference() is not None
    money_ = await exchange.fetch_balance()
    assert Decimal(money_["USDT"]["total"]) == Decimal(money_["USDT"]["free"]) == 100_000
    assert (await exchange.fetch_position_mode())["hedged"] is False
    fee = await exchange.fetch_trading_fee(BTC)
    assert decimals(fee, "maker", "taker") == (Decimal("0.0002"), Decimal("0.0005"))


async def test_ccxt_reads_book_tickers_candles_and_funding_rate(exchange):
    await check_market(exchange)


async def test_ccxt_pages_candles_from_a_moment_on(exchange):
    await check_candles_from_a_moment_on(exchange)


async def test_a_market_buy_through_ccxt_becomes_a_position(exchange):
    order = await exchange.create_order(BTC, "market", "buy", "0.7")
    assert (order["status"], order["filled"]) == ("closed", "0.700")
    [position] = await exchange.fetch_positions()
    assert (position["side"], Decimal(position["contracts"])) == ("long", Decimal("0.7"))
    trades = await exchange.fetch_my_trades(BTC)
    assert sum(Decimal(t["amount"]) for t in trades) == Decimal("0.7")
    assert {t["takerOrMaker"] for t in trades} == {"taker"}
    fees = sum(Decimal(t["fee"]["cost"]) for t in trades)
    assert fees == sum(Decimal(t["cost"]) for t in trades) * Decimal("0.0005")
    wallet = (await exchange.fetch_balance())["info"]["totalWalletBalance"]
    assert Decimal(wallet) == 100_000 - fees


async def test_a_resting_order_through_ccxt_is_found_and_canceled_by_our_id(exchange):
    mine = {"clientOrderId": "nt1-desk-1-1"}
    order = await exchange.create_order(
        BTC, "limit", "buy", "0.1", "99000", {"newClientOrderId": mine["clientOrderId"]}
    )
    assert (order["status"], order["clientOrderId"]) == ("open", mine["clientOrderId"])
    assert [o["id"] for o in await exchange.fetch_open_orders(BTC)] == [order["id"]]
    assert (await exchange.fetch_order(None, BTC, mine))["id"] == order["id"]
    assert (await exchange.fetch_order(order["id"], BTC))["status"] == "open"
    await exchange.cancel_order(None, BTC, mine)
    assert (await exchange.fetch_order(None, BTC, mine))["status"] == "canceled"
    assert await exchange.fetch_open_orders(BTC) == []
    with pytest.raises(ccxt.OrderNotFound, match="-2011"):
        await exchange.cancel_order(None, BTC, mine)
    with pytest.raises(ccxt.OrderNotFound, match="-2013"):
        await exchange.fetch_order("999", BTC)


async def test_cancel_all_through_ccxt_leaves_no_open_order(exchange):
    for price in ("98000", "98500", "99000"):
        await exchange.create_order(BTC, "limit", "buy", "0.1", price)
    await exchange.cancel_all_orders(BTC)
    assert await exchange.fetch_open_orders(BTC) == []
    assert {o["status"] for o in await exchange.fetch_orders(BTC)} == {"canceled"}


async def test_ccxt_sets_leverage_and_hedge_mode(exchange):
    await exchange.set_leverage(10, BTC)
    leverages = await exchange.fetch_leverages([BTC])
    assert leverages[BTC]["longLeverage"] == 10
    await exchange.set_position_mode(True)
    order = {"positionSide": "LONG"}
    await exchange.create_order(BTC, "market", "buy", "0.5", None, order)
    await exchange.create_order(BTC, "market", "sell", "0.2", None, {"positionSide": "SHORT"})
    sides = {p["side"]: Decimal(p["contracts"]) for p in await exchange.fetch_positions()}
    assert sides == {"long": Decimal("0.5"), "short": Decimal("0.2")}


REFUSED_THROUGH_CCXT = [
    (ccxt.OrderNotFillable, "-5022", ("limit", "buy", "0.1", "101000", {"postOnly": True})),
    (ccxt.OrderNotFillable, "-5021", ("limit", "buy", "90", "100000", {"timeInForce": "FOK"})),
    (ccxt.InsufficientFunds, "-2019", ("limit", "buy", "50", "99000", {})),
    (ccxt.InvalidOrder, "-4164", ("limit", "buy", "0.001", "99000", {})),
    (ccxt.InvalidOrder, "-2022", ("market", "buy", "0.1", None, {"reduceOnly": True})),
    (ccxt.BadRequest, "-4016", ("limit", "buy", "0.1", "120000", {})),
    (ccxt.OperationRejected, "-4061", ("market", "buy", "0.1", None, {"positionSide": "LONG"})),
]


@pytest.mark.parametrize(("error", "code", "order"), REFUSED_THROUGH_CCXT)
async def test_ccxt_raises_the_class_it_raises_on_the_real_testnet(
    exchange, error, code, order
):
    with pytest.raises(error, match=code):
        await exchange.create_order(BTC, *order)
    assert await exchange.fetch_orders(BTC) == []


async def test_what_this_server_lacks_is_not_allowed_rather_than_missing(exchange):
    for refused in (
        exchange.edit_order("1", BTC, "limit", "buy", "0.1", "99000"),
        exchange.fetch_trades(BTC),
        exchange.set_margin_mode("isolated", BTC),
    ):
        with pytest.raises(ccxt.BadRequest, match="-4084"):
            await refused


async def test_executions_arrive_over_pages(exchange):
    """Each page starts after the last id; none is lost, none comes twice."""
    engine = exchange.server.engine
    for _ in range(3):
        await exchange.create_order(BTC, "market", "buy", "0.7")
        await exchange.create_order(BTC, "market", "sell", "0.7")
    every = [f.fill_id for f in engine.fills(BTC)]
    seen, following = [], 0
    while page := await exchange.fetch_my_trades(BTC, limit=2, params={"fromId": following}):
        # ccxt orders a page by time and then by the id's text: "10" before "9"
        ids = sorted(int(t["id"]) for t in page)
        seen += map(str, ids)
        following = ids[-1] + 1
    assert seen == every
    assert len(every) >= 6


# --- shapes


def _keys(name):
    path = SHAPES / f"binance__futures__http_json__{name}.json"
    if not path.is_file():
        pytest.skip("the recorded shapes are not beside the repository")
    return json.loads(path.read_text())


def _long(trader):
    trader.order(type="MARKET", quantity="0.5")


def test_an_order_has_the_keys_of_a_recorded_one(trader):
    wanted = _keys("order_response")
    trader.order(newClientOrderId="a")
    _, row = trader.ask("GET", "v1/order", symbol="BTCUSDT", origClientOrderId="a")
    assert wanted.keys() <= row.keys()
    assert {k: type(v) for k, v in wanted.items()} == {k: type(row[k]) for k in wanted}


def test_the_account_has_the_keys_of_a_recorded_one(trader):
    wanted = _keys("account_info_v2")
    _long(trader)
    _, row = trader.ask("GET", "v2/account")
    assert wanted.keys() == row.keys()
    assert wanted["assets"][0].keys() == row["assets"][0].keys()
    assert wanted["positions"][0].keys() <= row["positions"][0].keys()


def test_positions_have_the_keys_of_recorded_ones(trader):
    [wanted] = _keys("position_risk")
    _, rows = trader.ask("GET", "v2/positionRisk", symbol="BTCUSDT")
    assert wanted.keys() <= rows[0].keys()


def test_the_balance_has_the_keys_of_a_recorded_one(trader):
    [wanted] = _keys("balance")
    for version in ("v2", "v3"):
        _, [row] = trader.ask("GET", f"{version}/balance")
        assert wanted.keys() == row.keys()


def test_version_3_leaves_flat_legs_out_and_version_2_shows_them(trader):
    assert trader.ask("GET", "v3/positionRisk") == (200, [])
    assert len(trader.ask("GET", "v2/positionRisk")[1]) == 5
    _long(trader)
    [row] = trader.ask("GET", "v3/positionRisk")[1]
    assert (row["symbol"], row["positionSide"], row["positionAmt"]) == (
        "BTCUSDT",
        "BOTH",
        "0.500",
    )
    assert trader.ask("GET", "v3/positionRisk", symbol="ETHUSDT") == (200, [])


def test_hedge_mode_shows_a_short_leg_negative():
    trader = Trader(PositionMode.HEDGE)
    trader.order(type="MARKET", side="SELL", positionSide="SHORT", quantity="0.3")
    [row] = trader.ask("GET", "v3/positionRisk")[1]
    assert (row["positionSide"], row["positionAmt"]) == ("SHORT", "-0.300")
    assert Decimal(row["notional"]) < 0
    legs = trader.ask("GET", "v2/positionRisk", symbol="BTCUSDT")[1]
    assert {leg["positionSide"] for leg in legs} == {"BOTH", "LONG", "SHORT"}


def test_numbers_are_text_and_ids_and_times_are_whole_numbers(trader):
    _long(trader)
    [trade, *_] = trader.ask("GET", "v1/userTrades", symbol="BTCUSDT")[1]
    texts = {"price", "qty", "quoteQty", "commission", "realizedPnl", "commissionAsset"}
    assert {type(trade[name]) for name in texts} == {str}
    assert {type(trade[name]) for name in ("id", "orderId", "time")} == {int}


def test_a_resting_order_answers_new_and_what_happened_is_asked_for(trader):
    """Even with RESULT the venue shows a plain limit order as it was accepted."""
    status, row = trader.order(price="100500", quantity="0.1", newOrderRespType="RESULT")
    assert (status, row["status"], row["executedQty"]) == (200, "NEW", "0.000")
    _, found = trader.ask("GET", "v1/order", symbol="BTCUSDT", orderId=row["orderId"])
    assert (found["status"], found["executedQty"]) == ("FILLED", "0.100")


@pytest.mark.parametrize(
    ("order", "state"),
    [
        ({"type": "MARKET"}, "FILLED"),
        ({"price": "100500", "timeInForce": "IOC"}, "FILLED"),
        ({"price": "99000", "timeInForce": "IOC"}, "EXPIRED"),
        ({"price": "100500", "timeInForce": "FOK"}, "FILLED"),
    ],
)
def test_result_shows_how_an_immediate_order_ended_and_ack_does_not(trader, order, state):
    assert trader.order(newOrderRespType="RESULT", **order)[1]["status"] == state
    assert trader.order(newOrderRespType="ACK", **order)[1]["status"] == "NEW"
    assert trader.order(**order)[1]["status"] == "NEW"


def test_the_unfilled_rest_of_an_ioc_order_expires_and_stays_findable(trader):
    ask = Decimal(trader.send("GET", "v1/depth", b"symbol=BTCUSDT&limit=5")[1]["asks"][0][0])
    _, row = trader.order(
        price=str(ask), quantity="5", timeInForce="IOC", newOrderRespType="RESULT"
    )
    assert row["status"] == "EXPIRED"
    assert 0 < Decimal(row["executedQty"]) < 5
    _, found = trader.ask("GET", "v1/order", symbol="BTCUSDT", orderId=row["orderId"])
    assert found["executedQty"] == row["executedQty"]
    assert trader.ask("GET", "v1/openOrders", symbol="BTCUSDT") == (200, [])


def test_open_order_is_only_found_while_it_rests(trader):
    _, row = trader.order()
    found = trader.ask("GET", "v1/openOrder", symbol="BTCUSDT", orderId=row["orderId"])
    assert found[1]["status"] == "NEW"
    trader.ask("DELETE", "v1/allOpenOrders", symbol="BTCUSDT")
    assert trader.code("GET", "v1/openOrder", symbol="BTCUSDT", orderId=row["orderId"]) == -2013


def test_all_orders_come_from_an_id_on_or_the_newest(trader):
    ids = [trader.order(newClientOrderId=f"a{i}")[1]["orderId"] for i in range(4)]

    def shown(**params):
        rows = trader.ask("GET", "v1/allOrders", symbol="BTCUSDT", **params)[1]
        return [row["orderId"] for row in rows]

    assert shown() == ids
    assert shown(limit=2) == ids[2:]
    assert shown(orderId=ids[1], limit=2) == ids[1:3]
    assert shown(startTime=millis(NOON), limit=1) == ids[:1]
    assert shown(startTime=millis(NOON) + 1) == []


def test_trades_come_by_id_by_order_or_by_time(trader):
    for side in ("BUY", "SELL"):
        trader.order(type="MARKET", side=side, quantity="0.1")
        trader.now += timedelta(minutes=1)

    def shown(**params):
        rows = trader.ask("GET", "v1/userTrades", symbol="BTCUSDT", **params)[1]
        return [(row["side"], row["orderId"]) for row in rows]

    assert shown() == [("BUY", 1), ("SELL", 2)]
    assert shown(orderId=2) == [("SELL", 2)]
    assert shown(fromId=2) == [("SELL", 2)]
    assert shown(startTime=millis(NOON) + 1) == [("SELL", 2)]
    assert shown(endTime=millis(NOON)) == [("BUY", 1)]
    trader.now += timedelta(days=8)
    assert shown() == []


def test_income_shows_fees_and_what_closing_earned(trader):
    trader.order(type="MARKET", quantity="0.1")
    trader.order(type="MARKET", side="SELL", quantity="0.1")
    _, rows = trader.ask("GET", "v1/income")
    wallet = Decimal(trader.ask("GET", "v3/balance")[1][0]["balance"])
    assert 100_000 + sum(Decimal(row["income"]) for row in rows) == wallet
    assert {row["incomeType"] for row in rows} == {"COMMISSION", "REALIZED_PNL"}
    _, fees = trader.ask("GET", "v1/income", incomeType="COMMISSION")
    assert len(fees) == 2
    assert trader.ask("GET", "v1/income", incomeType="FUNDING_FEE") == (200, [])


def test_the_liquidation_price_is_where_the_margin_runs_out(trader):
    trader.order(type="MARKET", quantity="10")
    _, [row] = trader.ask("GET", "v3/positionRisk")
    size, price = decimals(row, "positionAmt", "liquidationPrice")
    _, account = trader.ask("GET", "v3/account")
    mark = Decimal(row["markPrice"])
    left = Decimal(account["totalMarginBalance"]) - size * (mark - price)
    assert abs(left - size * price * Decimal("0.004")) < 10  # one tick of 10 BTC, and rounding


def test_the_premium_index_names_the_next_funding(trader):
    _, row = trader.send("GET", "v1/premiumIndex", b"symbol=BTCUSDT")
    assert from_millis(row["nextFundingTime"]) == NOON.replace(hour=16)
    assert len(trader.send("GET", "v1/premiumIndex")[1]) == 5


def test_every_answer_has_an_address():
    """A handler nobody can reach would be dead code."""
    reached = {route.answer for route in dialect._ROUTES.values()}
    for module in (account, income, market, trade):
        own = {
            value
            for name, value in vars(module).items()
            if getattr(value, "__module__", "") == module.__name__
            and name[0] != "_"
            and not name.endswith("_row")  # shown by streams as well
        }
        assert own, module
        assert own <= reached


def test_money_never_loses_a_digit():
    assert money(Decimal("1.5")) == "1.50000000"
    assert money(Decimal("0.123456789")) == "0.123456789"
    assert money(Decimal(-2)) == "-2.00000000"
