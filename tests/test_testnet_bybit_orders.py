"""What the Bybit dialect refuses, code by code: strict as the venue, so no bug is hidden."""

import json
from datetime import timedelta
from decimal import Decimal
from urllib.parse import quote, urlencode

import pytest
from bybit_trader import BTC, KEY, NOON, SECRET, Trader, sign

from nettools.errors import InvalidInput, OrderRejected
from nettools.model import Side
from nettools.testnet.bybit.errors import refusal_error
from nettools.testnet.bybit.limits import RateLimits
from nettools.testnet.bybit.names import engine_order_id, venue_order_id
from nettools.testnet.rows import millis
from nettools.testnet.settings import Settings

STAMP = millis(NOON)


@pytest.fixture
def trader():
    return Trader()


@pytest.fixture(scope="module")
def untouched():
    """One exchange for every refused request: none of them may leave a trace."""
    return Trader(rate_limits=False)


# --- who is asking, and when


def _code(answer):
    status, row = answer
    assert status == 200  # errors are answers
    assert {"retCode", "retMsg", "result", "retExtInfo", "time"} == row.keys()
    return row["retCode"]


def test_a_request_without_its_headers_is_refused(untouched):
    for name in ("api_key", "timestamp", "sign"):
        answer = untouched.send("GET", "account/info", **{name: ""})
        assert _code(answer) == 10001
        assert "openapi sign params error!" in answer[1]["retMsg"]
    assert _code(untouched.send("GET", "account/info", timestamp="soon")) == 10001
    assert _code(untouched.send("GET", "account/info", recv_window="long")) == 10001


def test_another_key_and_another_secret_are_refused(untouched):
    assert _code(untouched.send("GET", "account/info", api_key="x" * 18)) == 10003
    text = f"{STAMP}{KEY}5000".encode()
    wrong = sign(text, "t" * 36)
    assert _code(untouched.send("GET", "account/info", sign=wrong)) == 10004
    assert _code(untouched.send("GET", "account/info", sign=sign(text))) == 0


def test_headers_that_are_no_text_are_refused_like_any_wrong_ones(untouched):
    assert _code(untouched.send("GET", "account/info", api_key="\udcff")) == 10003
    assert _code(untouched.send("GET", "account/info", sign="\udcff")) == 10004


def test_one_changed_byte_breaks_the_signature(untouched):
    query = b"category=linear&settleCoin=USDT"
    signature = sign(f"{STAMP}{KEY}5000".encode() + query)
    good = untouched.send("GET", "order/realtime", query, sign=signature)
    assert _code(good) == 0
    reordered = b"settleCoin=USDT&category=linear"
    assert _code(untouched.send("GET", "order/realtime", reordered, sign=signature)) == 10004
    body = json.dumps({"symbol": "BTCUSDT"}).encode()
    signature = sign(f"{STAMP}{KEY}5000".encode() + body)
    changed = body.replace(b"BTC", b"ETH")
    assert _code(untouched.send("POST", "order/cancel", changed, sign=signature)) == 10004


def test_json_with_and_without_blanks_is_signed_as_sent(trader):
    order = {"category": "linear", "symbol": "BTCUSDT", "side": "Buy", "orderType": "Market"}
    for separators in ((",", ":"), (", ", ": ")):
        body = json.dumps(order | {"qty": "0.1"}, separators=separators).encode()
        assert _code(trader.send("POST", "order/create", body, sign_type="2")) == 0


@pytest.mark.parametrize(
    ("offset", "window", "code"),
    [
        (0, "5000", 0),
        (999, "5000", 0),
        (1000, "5000", 10002),
        (-5000, "5000", 0),
        (-5001, "5000", 10002),
        (-5001, "", 10002),
        (-9000, "10000", 0),
    ],
)
def test_a_request_is_good_for_its_window_and_less_than_a_second_ahead(
    untouched, offset, window, code
):
    stamp = str(STAMP + offset)
    text = f"{stamp}{KEY}{window or 5000}".encode()
    answer = untouched.send(
        "GET", "account/info", timestamp=stamp, recv_window=window, sign=sign(text)
    )
    assert _code(answer) == code
    if code:
        assert f"req_timestamp[{stamp}]" in answer[1]["retMsg"]


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"{", b"\xff", b'"text"', b"[" * 9**5])
def test_a_body_that_is_no_json_object_is_refused(untouched, body):
    assert _code(untouched.send("POST", "order/create", body)) == 10001


def test_a_query_that_is_no_text_is_refused(untouched):
    for query in (b"category=linear&symbol=\xff", b"category=linear&symbol=%ff"):
        assert _code(untouched.send("GET", "market/tickers", query)) == 10001


def test_public_answers_need_no_key(untouched):
    for path in ("market/time", "market/instruments-info", "market/tickers"):
        answer = untouched.send("GET", path, b"category=linear", api_key="", sign="")
        assert _code(answer) == 0


# --- where


def test_an_address_the_venue_has_is_not_permitted_and_one_it_has_not_is_404(untouched):
    for method, path, code in (
        ("POST", "order/amend", 10005),
        ("POST", "order/create-batch", 10005),
        ("GET", "market/open-interest", 10005),
        ("GET", "account/transaction-log", 10005),
        ("GET", "asset/transfer/query-asset-info", 10005),
        ("POST", "position/trading-stop", 10005),
        ("POST", "position/switch-isolated", 100028),
    ):
        assert untouched.code(method, path) == code, path
    for method, path in (("GET", "order/nothing"), ("POST", "order/realtime")):
        status, answer = untouched.send(method, path, b"{}")
        assert (status, answer["retCode"]) == (404, 10017)


def test_only_linear_contracts_are_here(untouched):
    for category, code in (("spot", 10005), ("inverse", 10005), ("swap", 10001), (None, 10001)):
        for method, path in (
            ("GET", "market/instruments-info"),
            ("GET", "order/realtime"),
            ("POST", "order/create"),
        ):
            assert untouched.code(method, path, category=category) == code


# --- what an order must have

PARAMETER = 10001
WRONG_ORDERS = [
    ({"symbol": "DOGEUSDT"}, PARAMETER),
    ({"symbol": "BTC/USDT:USDT"}, PARAMETER),
    ({"symbol": None}, PARAMETER),
    ({"symbol": ""}, PARAMETER),
    ({"symbol": 5}, PARAMETER),
    ({"side": None}, PARAMETER),
    ({"side": "buy"}, PARAMETER),
    ({"orderType": None, "price": "99500"}, PARAMETER),
    ({"orderType": "LIMIT"}, PARAMETER),
    ({"price": None}, PARAMETER),
    ({"price": 99_500}, PARAMETER),
    ({"price": "0"}, PARAMETER),
    ({"price": "-1"}, PARAMETER),
    ({"price": "99500.05"}, PARAMETER),
    ({"timeInForce": "GTX"}, PARAMETER),
    ({"timeInForce": "gtc"}, PARAMETER),
    ({"timeInForce": "RPI"}, 110119),
    ({"qty": None}, PARAMETER),
    ({"qty": 0.1}, PARAMETER),
    ({"qty": "0"}, PARAMETER),
    ({"qty": "-0.1"}, PARAMETER),
    ({"qty": "1e-1"}, PARAMETER),
    ({"qty": "NaN"}, PARAMETER),
    ({"qty": "0.1005"}, PARAMETER),
    ({"qty": "1190.001"}, PARAMETER),
    ({"orderType": "Market", "qty": "119.001"}, PARAMETER),
    ({"symbol": "SOLUSDT", "qty": "0.05", "price": "179"}, PARAMETER),
    ({"positionIdx": 1}, PARAMETER),
    ({"positionIdx": 3}, PARAMETER),
    ({"positionIdx": "0"}, PARAMETER),
    ({"reduceOnly": "true"}, PARAMETER),
    ({"reduceOnly": 1}, PARAMETER),
    ({"orderLinkId": "x" * 37}, PARAMETER),
    ({"orderLinkId": "nt1.desk"}, PARAMETER),
    ({"orderLinkId": "nt1:desk"}, PARAMETER),
    ({"orderLinkId": "naïve"}, PARAMETER),
    ({"orderLinkId": 7}, PARAMETER),
    ({"price": "101100"}, 110003),
    ({"side": "Sell", "price": "98900"}, 110003),
    ({"symbol": "XRPUSDT", "qty": "2", "price": "2.2"}, 110094),
    ({"qty": "21"}, 110007),
    ({"orderType": "Market", "qty": "21"}, 110007),
    ({"reduceOnly": True}, 110017),
    ({"orderType": "Market", "reduceOnly": True}, 110017),
    ({"triggerPrice": "90000"}, 10005),
    ({"takeProfit": "110000"}, 10005),
    ({"closeOnTrigger": True}, 10005),
    ({"smpType": "CancelTaker"}, 10005),
]


@pytest.mark.parametrize(("order", "code"), WRONG_ORDERS)
def test_a_wrong_order_is_refused_at_once_and_leaves_no_trace(untouched, order, code):
    assert untouched.refused(**order) == code
    untouched.wait()
    assert untouched.resting() == []
    assert untouched.get("order/history")["list"] == []
    assert untouched.engine.account().wallet == 100_000


def test_texts_are_the_venues_own(trader):
    for order, text in (
        ({"positionIdx": 2}, "position idx not match position mode"),
        ({"qty": "0.1005"}, "Qty invalid"),
        ({"price": "99500.05"}, "Price invalid"),
        ({"qty": "1190.001"}, "The number of contracts exceeds maximum limit allowed"),
        (
            {"symbol": "XRPUSDT", "qty": "2", "price": "2.2"},
            "Order does not meet minimum order value 5USDT",
        ),
        ({"qty": "21"}, "ab not enough for new order"),
        ({"reduceOnly": True}, "current position is zero, cannot fix reduce-only order qty"),
    ):
        assert trader.create(**order)["retMsg"].startswith(text)


def test_zeros_at_the_end_and_empty_texts_change_nothing(trader):
    row = trader.order(qty="0.10000", price="99500.000", orderLinkId="", takeProfit="")
    assert (row["orderStatus"], row["orderLinkId"]) == ("New", "")


def test_a_market_order_ignores_price_and_time_in_force(trader):
    row = trader.order(orderType="Market", price="1", timeInForce="PostOnly")
    assert (row["orderStatus"], row["timeInForce"]) == ("Filled", "IOC")


def test_a_client_id_is_taken_for_ever(trader):
    assert trader.create(orderLinkId="a")["retCode"] == 0
    assert trader.refused(orderLinkId="a") == 110072  # not matched yet, and taken all the same
    trader.wait()
    assert trader.refused(orderLinkId="a") == 110072
    trader.post("order/cancel", symbol="BTCUSDT", orderLinkId="a")
    trader.wait()
    assert trader.refused(orderLinkId="a") == 110072
    assert trader.refused(orderLinkId="a", symbol="ETHUSDT", price="3450") == 110072


def test_the_id_of_an_order_refused_at_once_is_free(trader):
    assert trader.refused(orderLinkId="a", qty="21") == 110007
    assert trader.create(orderLinkId="a")["retCode"] == 0


def test_a_reduce_only_order_is_exempt_from_the_minimum_value(trader):
    xrp = {"symbol": "XRPUSDT", "orderType": "Market"}
    trader.create(**xrp, qty="10")
    trader.wait()
    small = {**xrp, "side": "Sell", "qty": "2"}
    assert trader.refused(**small) == 110094
    assert trader.create(**small, reduceOnly=True)["retCode"] == 0


def test_a_reduce_only_order_is_cut_to_what_is_held(trader):
    trader.order(orderType="Market")
    row = trader.order(side="Sell", price="100500", qty="5", reduceOnly=True)
    assert (row["qty"], row["reduceOnly"]) == ("0.100", True)
    closing = {"side": "Sell", "price": "100600", "reduceOnly": True}
    assert trader.create(**closing)["retMsg"] == "Reduce-only rule not satisfied"


def test_the_largest_number_of_open_orders_is_a_limit_by_symbol():
    trader = Trader(rate_limits=True)
    for _ in range(50):
        for _ in range(10):
            assert trader.create(qty="0.001")["retCode"] == 0
        trader.wait(1)
    assert trader.refused(qty="0.001") == 110020
    assert trader.create(symbol="ETHUSDT", qty="1", price="3450")["retCode"] == 0


# --- acknowledged first, done a moment later


def test_an_acknowledged_order_is_not_an_order_yet(trader):
    answer = trader.create(orderLinkId="a")
    assert answer["result"].keys() == {"orderId", "orderLinkId"}
    assert trader.resting() == []
    by_id = {"symbol": "BTCUSDT", "orderId": answer["result"]["orderId"]}
    assert trader.get("order/realtime", **by_id)["list"] == []
    assert trader.engine.open_orders() == ()
    trader.wait(0.019)
    assert trader.resting() == []
    trader.wait(0.001)
    assert trader.resting() == ["a"]


def test_without_a_delay_an_order_is_there_at_once():
    trader = Trader(ack_delay=0)
    trader.create(orderLinkId="a")
    assert trader.resting() == ["a"]


def test_orders_are_matched_in_the_order_in_which_they_came(trader):
    for name in "abc":
        trader.create(orderLinkId=name)
        trader.wait(0.001)
    trader.wait()
    assert trader.resting() == ["c", "b", "a"]
    times = {r.order.client_order_id: r.created for r in trader.engine.open_orders()}
    assert times["b"] - times["a"] == timedelta(milliseconds=1)


def test_a_cancel_request_is_not_a_cancel(trader):
    order_id = trader.order(orderLinkId="a")["orderId"]
    assert trader.post("order/cancel", symbol="BTCUSDT", orderLinkId="a") == {
        "orderId": order_id,
        "orderLinkId": "a",
    }
    assert trader.row(order_id)["orderStatus"] == "New"
    assert trader.code("POST", "order/cancel", symbol="BTCUSDT", orderId=order_id) == 110079
    trader.wait()
    row = trader.row(order_id)
    assert (row["orderStatus"], row["leavesQty"], row["cumExecQty"]) == (
        "Cancelled",
        "0.000",
        "0.000",
    )
    assert (row["cancelType"], row["rejectReason"]) == ("CancelByUser", "EC_PerCancelRequest")
    assert trader.code("POST", "order/cancel", symbol="BTCUSDT", orderId=order_id) == 110001


def test_an_order_that_fills_before_its_cancel_is_done_stays_filled(trader):
    order_id = trader.order(price="99999")["orderId"]
    trader.post("order/cancel", symbol="BTCUSDT", orderId=order_id)
    trader.engine.take(BTC, Side.SELL, Decimal(100), trader.now)
    trader.wait()
    assert trader.row(order_id)["orderStatus"] == "Filled"


def test_an_order_that_is_still_coming_cannot_be_canceled_yet(trader):
    order_id = trader.create(orderLinkId="a")["result"]["orderId"]
    for one in ({"orderId": order_id}, {"orderLinkId": "a"}):
        assert trader.code("POST", "order/cancel", symbol="BTCUSDT", **one) == 110079
    assert trader.post("order/cancel-all", symbol="BTCUSDT")["list"] == []
    trader.wait()
    assert trader.resting() == ["a"]


LATER = [
    (
        {"price": "100500", "timeInForce": "PostOnly"},
        ("Cancelled", "EC_PostOnlyWillTakeLiquidity", "UNKNOWN", "PostOnly"),
    ),
    (
        {"price": "100001", "qty": "19", "timeInForce": "FOK"},
        ("Cancelled", "EC_CancelForNoFullFill", "UNKNOWN", "FOK"),
    ),
    (
        {"price": "99500", "timeInForce": "IOC"},
        ("Cancelled", "EC_NoImmediateQtyToFill", "UNKNOWN", "IOC"),
    ),
]


@pytest.mark.parametrize(("order", "ending"), LATER)
def test_what_only_the_book_can_refuse_ends_the_order_later(trader, order, ending):
    row = trader.order(orderLinkId="a", **order)
    names = ("orderStatus", "rejectReason", "cancelType", "timeInForce")
    assert tuple(row[name] for name in names) == ending
    assert (row["cumExecQty"], row["leavesQty"], row["avgPrice"]) == ("0.000", "0.000", "")
    [listed] = trader.get("order/history", orderLinkId="a")["list"]
    assert listed == row
    assert trader.resting() == []
    assert trader.refused(orderLinkId="a") == 110072


def test_what_an_ioc_order_could_not_fill_is_canceled_with_its_fills(trader):
    [[ask, size], *_] = trader.get("market/orderbook", symbol="BTCUSDT", limit=1)["a"]
    row = trader.order(price=ask, qty="15", timeInForce="IOC")
    assert (row["orderStatus"], row["cumExecQty"]) == ("Cancelled", size)
    assert (row["leavesQty"], row["rejectReason"]) == ("0.000", "EC_NoImmediateQtyToFill")


def test_margin_that_is_gone_when_the_order_is_matched_rejects_it(trader):
    """Each alone can be paid for, so both are acknowledged."""
    first, second = (trader.create(qty="15")["result"]["orderId"] for _ in range(2))
    trader.wait()
    assert trader.row(first)["orderStatus"] == "New"
    row = trader.row(second)
    assert (row["orderStatus"], row["rejectReason"]) == ("Rejected", "EC_Others")
    assert trader.engine.find(BTC, order_id=engine_order_id(second)).expire_reason == (
        "INSUFFICIENT_MARGIN"
    )


def test_a_position_that_is_gone_when_a_reducing_order_is_matched_cancels_it(trader):
    trader.order(orderType="Market")
    closing = {"orderType": "Market", "side": "Sell", "reduceOnly": True}
    first, second = (trader.create(**closing)["result"]["orderId"] for _ in range(2))
    trader.wait()
    assert trader.row(first)["orderStatus"] == "Filled"
    row = trader.row(second)
    assert (row["orderStatus"], row["cancelType"]) == ("Cancelled", "CancelByReduceOnly")


def test_a_resting_reducing_order_ends_with_its_position(trader):
    trader.order(orderType="Market")
    resting = trader.order(side="Sell", price="100500", reduceOnly=True)["orderId"]
    trader.order(orderType="Market", side="Sell")
    row = trader.row(resting)
    assert (row["orderStatus"], row["cancelType"]) == ("Cancelled", "CancelByReduceOnly")


def test_own_orders_never_trade_with_each_other(trader):
    resting = trader.order(price="100000")["orderId"]
    trader.order(side="Sell", price="99900", qty="2", timeInForce="IOC")
    row = trader.row(resting)
    assert (row["orderStatus"], row["cancelType"], row["rejectReason"]) == (
        "Cancelled",
        "CancelBySmp",
        "EC_BySelfMatch",
    )


# --- position mode


def test_hedge_mode_wants_the_index_of_a_leg():
    trader = Trader("hedge")
    for wrong in ({}, {"positionIdx": 0}):
        assert trader.create(**wrong)["retMsg"] == "position idx not match position mode"
    row = trader.order(positionIdx=1)
    assert (row["orderStatus"], row["positionIdx"]) == ("New", 1)


@pytest.mark.parametrize("flag", [{}, {"reduceOnly": False}, {"reduceOnly": True}])
def test_in_hedge_mode_the_other_side_closes_a_leg_and_never_opens_one(flag):
    trader = Trader("hedge")
    selling = {"side": "Sell", "positionIdx": 1, "orderType": "Market"}
    assert trader.refused(**selling, **flag) == 110017
    trader.order(orderType="Market", positionIdx=1)
    row = trader.order(**selling, qty="5", **flag)
    assert (row["orderStatus"], row["qty"]) == ("Filled", "0.100")
    assert trader.engine.positions() == ()


def test_in_hedge_mode_a_reduce_only_order_that_would_open_its_leg_is_refused():
    trader = Trader("hedge")
    trader.order(orderType="Market", positionIdx=1)
    assert trader.refused(positionIdx=1, reduceOnly=True) == 110017
    assert trader.refused(side="Sell", positionIdx=2, price="100500", reduceOnly=True) == 110017


def test_the_mode_changes_only_without_orders_and_positions(trader):
    def change(mode, **what):
        what = what or {"symbol": "BTCUSDT"}
        return trader.ask("POST", "position/switch-mode", mode=mode, **what)["retCode"]

    assert change(0) == 110025
    assert change(1) == 10001
    assert change("3") == 10001
    assert change(3, coin="BTC") == 10001
    assert change(3, symbol=None) == 10001
    trader.create(orderLinkId="a")
    assert change(3) == 110028  # acknowledged is enough
    trader.wait()
    assert change(3, coin="USDT") == 110028
    trader.post("order/cancel", symbol="BTCUSDT", orderLinkId="a")
    trader.wait()
    trader.order(orderType="Market")
    assert change(3) == 110024
    trader.order(orderType="Market", side="Sell")
    assert change(3, coin="USDT") == 0
    rows = trader.get("position/list", symbol="BTCUSDT")["list"]
    assert [row["positionIdx"] for row in rows] == [1, 2]
    assert change(3) == 110025


def test_leverage_is_from_1_to_100_and_margin_is_crossed(trader):
    def leverage(buy, sell=None):
        numbers = {"buyLeverage": buy, "sellLeverage": sell or buy}
        answer = trader.ask("POST", "position/set-leverage", symbol="BTCUSDT", **numbers)
        return answer["retCode"]

    assert leverage("10") == 0
    assert leverage("10") == 110043
    assert leverage("101") == 110013
    for wrong in (("0",), ("-5",), ("ten",), ("1.5",), ("5", "6"), (7,)):
        assert leverage(*wrong) == 10001
    trader.order(orderType="Market", qty="5")
    assert leverage("1") == 110044
    [row] = trader.get("position/list", symbol="BTCUSDT")["list"]
    assert row["leverage"] == "10"
    for mode, code in (("REGULAR_MARGIN", 110026), ("ISOLATED_MARGIN", 3400045), ("x", 10001)):
        assert trader.code("POST", "account/set-margin-mode", setMarginMode=mode) == code


# --- asking for what is not there


def test_the_venues_id_wins_over_ours_whatever_it_holds(trader):
    """The trap of a client that sends ``orderId=None``: our id is never looked at."""
    first = trader.order(orderLinkId="a")["orderId"]
    trader.order(orderLinkId="b")
    both = {"symbol": "BTCUSDT", "orderLinkId": "b"}
    [row] = trader.get("order/realtime", orderId=first, **both)["list"]
    assert row["orderLinkId"] == "a"
    for nobody in ("None", "1", "6e657474-6f6f-4c73-8000-0000000000ff", "x" * 400):
        assert trader.get("order/realtime", orderId=nobody, **both)["list"] == []
        assert trader.get("order/history", orderId=nobody, **both)["list"] == []
        assert trader.get("execution/list", orderId=nobody, **both)["list"] == []
        assert trader.code("POST", "order/cancel", orderId=nobody, **both) == 110001


def test_an_unknown_order_is_an_empty_list_and_a_refused_cancel(trader):
    unknown = {"symbol": "BTCUSDT", "orderLinkId": "never"}
    assert trader.get("order/realtime", **unknown)["list"] == []
    assert trader.code("POST", "order/cancel", **unknown) == 110001
    assert trader.code("POST", "order/cancel", symbol="BTCUSDT") == 10001
    order_id = trader.order()["orderId"]
    assert trader.code("POST", "order/cancel", symbol="ETHUSDT", orderId=order_id) == 110001


@pytest.mark.parametrize(
    ("path", "params"),
    [
        ("market/orderbook", {}),
        ("market/orderbook", {"symbol": "NOPE"}),
        ("market/orderbook", {"symbol": "BTCUSDT", "limit": 1001}),
        ("market/orderbook", {"symbol": "BTCUSDT", "limit": "many"}),
        ("market/tickers", {"symbol": "NOPE"}),
        ("market/instruments-info", {"status": "Sleeping"}),
        ("market/kline", {"symbol": "BTCUSDT"}),
        ("market/kline", {"symbol": "BTCUSDT", "interval": "7"}),
        ("market/kline", {"symbol": "BTCUSDT", "interval": "1", "limit": 0}),
        ("market/kline", {"symbol": "BTCUSDT", "interval": "1", "start": 10**15}),
        ("market/funding/history", {"symbol": "BTCUSDT", "startTime": 1}),
        ("order/realtime", {}),
        ("order/realtime", {"orderLinkId": "a"}),
        ("order/realtime", {"settleCoin": "USDT", "limit": 51}),
        ("order/realtime", {"settleCoin": "USDT", "cursor": "next"}),
        ("order/realtime", {"settleCoin": "USDT", "openOnly": 3}),
        ("order/history", {"orderStatus": "Done"}),
        ("order/history", {"startTime": 2, "endTime": 1}),
        ("execution/list", {"startTime": 1, "endTime": STAMP}),
        ("execution/list", {"execType": "Gift"}),
        ("execution/list", {"limit": 101}),
        ("position/list", {}),
        ("position/list", {"symbol": "NOPE"}),
        ("account/wallet-balance", {}),
        ("account/wallet-balance", {"accountType": "CONTRACT"}),
        ("account/fee-rate", {"symbol": "NOPE"}),
    ],
)
def test_a_wrong_question_is_refused(untouched, path, params):
    assert untouched.code("GET", path, **params) == 10001


def test_cancel_all_wants_to_know_where(trader):
    assert trader.code("POST", "order/cancel-all") == 10001
    trader.create(orderLinkId="a")
    trader.create(orderLinkId="b", symbol="ETHUSDT", qty="1", price="3450")
    trader.wait()
    for scope, names in (
        ({"settleCoin": "USDC"}, []),
        ({"baseCoin": "ETH"}, ["b"]),
        ({"settleCoin": "USDT"}, ["a"]),
    ):
        done = trader.post("order/cancel-all", **scope)
        assert [row["orderLinkId"] for row in done["list"]] == names
    trader.wait()
    assert trader.resting() == []


def test_a_refusal_nobody_foresaw_is_still_an_answer_of_the_venue():
    error = refusal_error(OrderRejected("something new", reason="NEW"))
    assert (error.status, error.code) == (200, 110032)


# --- limits


def test_more_orders_a_second_than_the_venue_allows_are_refused():
    trader = Trader(rate_limits=True)
    for left in range(9, -1, -1):
        assert trader.create()["retCode"] == 0
        assert trader.headers["X-Bapi-Limit-Status"] == str(left)
    assert trader.refused() == 10006
    assert trader.headers["X-Bapi-Limit"] == "10"
    assert trader.headers["X-Bapi-Limit-Reset-Timestamp"] == str(STAMP + 1000)
    assert trader.post("order/cancel-all", symbol="BTCUSDT") is not None  # has its own
    trader.wait(0.999)
    assert trader.refused() == 10006
    trader.wait(0.001)
    assert trader.create()["retCode"] == 0
    trader.wait()
    assert len(trader.resting()) == 11  # none of the refused ones


def test_the_window_rolls_along_with_the_clock():
    trader = Trader(rate_limits=True)
    for _ in range(10):
        trader.create()
        trader.wait(0.1)
    assert trader.create()["retCode"] == 0
    assert trader.refused() == 10006


def test_reads_have_fifty_a_second_and_a_wrong_signature_costs_nothing():
    trader = Trader(rate_limits=True)
    for _ in range(60):
        assert _code(trader.send("GET", "position/list", sign="0" * 64)) == 10004
    for _ in range(50):
        trader.get("position/list", settleCoin="USDT")
    assert trader.code("GET", "position/list", settleCoin="USDT") == 10006


def test_without_enforcement_everything_is_counted_and_nothing_refused():
    limits = RateLimits(is_enforced=False)
    assert all(limits.allows("/x", 10, STAMP) for _ in range(5_000))
    told = limits.headers("/x", 10, STAMP)
    assert int(told["X-Bapi-Limit"]) - int(told["X-Bapi-Limit-Status"]) == 5_000


# --- what must never happen


def test_no_answer_holds_key_or_secret(trader):
    for answer in (
        trader.create(),
        trader.create(side="UP"),
        trader.ask("GET", "user/query-api"),
        trader.send("GET", "account/info", sign="0" * 64),
    ):
        assert SECRET not in str(answer)
        assert KEY not in str(answer)


def test_an_order_id_can_be_read_back_and_nothing_else_can():
    for number in ("1", "42", "999999999"):
        assert engine_order_id(venue_order_id(number)) == number
    good = venue_order_id("7")
    for wrong in (good.upper(), good.replace("-", ""), "0", "", "None", quote("ü"), "-" * 36):
        assert engine_order_id(wrong) is None
    assert engine_order_id(venue_order_id("0")) is None


@pytest.mark.parametrize("delay", [-1, 61, float("nan"), "soon"])
def test_a_delay_is_from_nothing_to_a_minute(delay):
    with pytest.raises(InvalidInput, match="ack_delay must be"):
        Settings(venue="bybit", ack_delay=delay)


def test_a_name_sent_twice_counts_the_first_time(trader):
    query = urlencode([("category", "linear"), ("symbol", "BTCUSDT"), ("symbol", "ETHUSDT")])
    _, answer = trader.send("GET", "market/tickers", query.encode())
    assert [row["symbol"] for row in answer["result"]["list"]] == ["BTCUSDT"]
