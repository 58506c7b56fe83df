"""What the Binance dialect refuses, code by code: strict as the venue, so no bug is hidden."""

from datetime import timedelta
from decimal import Decimal
from urllib.parse import quote, urlencode

import pytest
from dialect import KEY, NOON, SECRET, Trader, sign

from nettools.errors import OrderRejected
from nettools.model import PositionMode
from nettools.testnet.binance.errors import ApiError, refusal_error
from nettools.testnet.binance.limits import Budget, RateLimits
from nettools.testnet.binance.request import read_params
from nettools.testnet.dialect import ApiRequest
from nettools.testnet.rows import millis

STAMP = millis(NOON)


@pytest.fixture
def trader():
    return Trader()


@pytest.fixture(scope="module")
def untouched():
    """One exchange for every refused request: none of them may leave a trace."""
    return Trader()


# --- who is asking, and when


def test_without_a_key_the_format_is_wrong_and_with_another_key_it_is_not_ours(untouched):
    query = f"timestamp={STAMP}"
    signed = f"{query}&signature={sign(query)}".encode()
    assert untouched.send("GET", "v3/account", signed, key="")[0] == 401
    assert untouched.send("GET", "v3/account", signed, key="")[1]["code"] == -2014
    assert untouched.send("GET", "v3/account", signed, key="not a key!")[1]["code"] == -2014
    assert untouched.send("GET", "v3/account", signed, key="x" * 64)[1]["code"] == -2015
    assert untouched.send("GET", "v3/account", signed)[0] == 200


def test_another_secret_is_refused(untouched):
    query = f"timestamp={STAMP}"
    status, answer = untouched.send(
        "GET", "v3/account", f"{query}&signature={sign(query, 't' * 64)}".encode()
    )
    assert (status, answer["code"]) == (400, -1022)
    assert answer["msg"] == "Signature for this request is not valid."
    assert untouched.send("GET", "v3/account", query.encode())[1]["code"] == -1102


def test_one_changed_byte_breaks_the_signature(untouched):
    query = f"symbol=BTCUSDT&timestamp={STAMP}"
    signature = sign(query)
    tampered = f"symbol=ETHUSDT&timestamp={STAMP}&signature={signature}".encode()
    assert untouched.send("GET", "v1/openOrders", tampered)[1]["code"] == -1022
    reordered = f"timestamp={STAMP}&symbol=BTCUSDT&signature={signature}".encode()
    assert untouched.send("GET", "v1/openOrders", reordered)[1]["code"] == -1022


ORDER = "symbol=BTCUSDT&side=BUY&type=LIMIT&quantity=0.1&price=99000&timeInForce=GTC"


@pytest.mark.parametrize("split", [0, 3, 7])
def test_the_signature_covers_query_and_body_however_they_are_shared(trader, split):
    """Other clients put a POST's parameters in the query, or some of them."""
    pieces = f"{ORDER}&timestamp={STAMP}".split("&")
    query, body = "&".join(pieces[:split]), "&".join(pieces[split:])
    signature = f"&signature={sign(query + body)}"
    query, body = (query, body + signature) if body else (query + signature, body)
    assert trader.send("POST", "v1/order", query.encode(), body.encode())[0] == 200


def test_an_escaped_parameter_is_signed_as_sent_and_read_as_meant(trader):
    query = f"symbol=BTCUSDT&origClientOrderId=a%3Ab&timestamp={STAMP}"
    trader.order(newClientOrderId="a:b")
    status, row = trader.send("GET", "v1/order", f"{query}&signature={sign(query)}".encode())
    assert (status, row["clientOrderId"]) == (200, "a:b")


def test_a_body_that_is_not_form_encoded_is_not_read(untouched):
    text = f"{ORDER}&timestamp={STAMP}"
    signed = f"{text}&signature={sign(text)}".encode()
    assert (
        untouched.send("POST", "v1/order", b"", signed, kind="text/plain")[1]["code"] == -1102
    )


@pytest.mark.parametrize(
    ("offset", "window", "code"),
    [
        (0, 5000, None),
        (1000, 5000, None),
        (1001, 5000, -1021),
        (-5000, 5000, None),
        (-5001, 5000, -1021),
        (-5001, None, -1021),
        (-9000, 10000, None),
        (0, 60000, None),
        (0, 60001, -1131),
        (0, 0, -1131),
    ],
)
def test_a_request_is_good_for_its_window_and_no_more_than_a_second_ahead(
    untouched, offset, window, code
):
    values = {"timestamp": STAMP + offset}
    if window is not None:
        values["recvWindow"] = window
    query = urlencode(values)
    status, answer = untouched.send(
        "GET", "v3/account", f"{query}&signature={sign(query)}".encode()
    )
    assert (status, answer.get("code")) == ((200, None) if code is None else (400, code))


@pytest.mark.parametrize("stamp", ["", "soon", "1.5", None])
def test_a_timestamp_must_be_a_whole_number(untouched, stamp):
    query = "recvWindow=5000" if stamp is None else f"timestamp={stamp}"
    signed = f"{query}&signature={sign(query)}".encode()
    assert untouched.send("GET", "v3/account", signed)[1]["code"] == -1102


def test_a_parameter_sent_twice_is_refused(untouched):
    query = f"symbol=BTCUSDT&symbol=ETHUSDT&timestamp={STAMP}"
    signed = f"{query}&signature={sign(query)}".encode()
    assert untouched.send("GET", "v1/openOrders", signed)[1]["code"] == -1101


def test_bytes_that_are_no_text_are_refused(untouched):
    assert untouched.send("GET", "v1/depth", b"symbol=\xff\xfe")[1]["code"] == -1100
    assert untouched.send("GET", "v1/depth", b"symbol=%ff%fe")[1]["code"] == -1100


@pytest.mark.parametrize(
    "text", ["1e3", "0x10", "\uff11", " 1", "1_0", "inf", "--1", "1.", ".5"]
)
def test_a_number_is_plain_digits_and_nothing_else(text):
    params = read_params(ApiRequest(method="GET", path="/", query=f"n={quote(text)}".encode()))
    for read in (params.decimal, params.integer):
        with pytest.raises(ApiError, match="-1102"):
            read("n")


def test_public_answers_need_no_key(untouched):
    for path in ("v1/ping", "v1/time", "v1/exchangeInfo", "v1/ticker/bookTicker"):
        assert untouched.send("GET", path, key="")[0] == 200


# --- where


def test_an_address_the_venue_has_is_not_allowed_and_one_it_has_not_is_404(untouched):
    for method, path in (
        ("PUT", "v1/order"),
        ("POST", "v1/batchOrders"),
        ("POST", "v1/algoOrder"),
        ("POST", "v1/countdownCancelAll"),
        ("GET", "v1/trades"),
        ("DELETE", "v3/account"),
    ):
        status, answer = untouched.ask(method, path)
        assert (status, answer["code"]) == (400, -4084), path
    status, answer = untouched.send("GET", "v1/nothing")
    assert (status, answer["code"]) == (404, -5000)


# --- what an order must have

MISSING, SUPERFLUOUS = -1102, -1106
WRONG_ORDERS = [
    ({"symbol": "DOGEUSDT"}, -1121),
    ({"symbol": "BTC/USDT:USDT"}, -1121),
    ({"symbol": None}, MISSING),
    ({"symbol": ""}, MISSING),
    ({"side": None}, MISSING),
    ({"side": "buy"}, -1117),
    ({"type": None, "price": "99000", "timeInForce": "GTC"}, MISSING),
    ({"type": "BEST"}, -1116),
    ({"type": "STOP_MARKET", "stopPrice": "90000"}, -4120),
    ({"type": "TRAILING_STOP_MARKET"}, -4120),
    ({"price": None}, MISSING),
    ({"timeInForce": None}, MISSING),
    ({"timeInForce": "DAY"}, -1115),
    ({"timeInForce": "GTD"}, -4084),
    ({"quantity": None}, MISSING),
    ({"quantity": "a lot"}, MISSING),
    ({"quantity": "1e-1"}, MISSING),
    ({"quantity": "NaN"}, MISSING),
    ({"type": "MARKET", "price": "99000"}, SUPERFLUOUS),
    ({"type": "MARKET", "timeInForce": "GTC"}, SUPERFLUOUS),
    ({"stopPrice": "90000"}, SUPERFLUOUS),
    ({"closePosition": "true"}, -4084),
    ({"priceMatch": "QUEUE"}, -4084),
    ({"selfTradePreventionMode": "EXPIRE_BOTH"}, -4084),
    ({"newOrderRespType": "FULL"}, -1136),
    ({"positionSide": "UP"}, -4060),
    ({"reduceOnly": "maybe"}, MISSING),
    ({"quantity": "0"}, -4003),
    ({"quantity": "-0.1"}, -4003),
    ({"quantity": "0.1005"}, -1111),
    ({"quantity": "1000.001", "price": "95500"}, -4005),
    ({"type": "MARKET", "quantity": "120.001"}, -4005),
    ({"price": "0"}, -4001),
    ({"price": "-1"}, -4001),
    ({"price": "99000.05"}, -4014),
    ({"price": "99000.005"}, -1111),
    ({"price": "9000000"}, -4002),
    ({"price": "105100"}, -4016),
    ({"side": "SELL", "price": "94900"}, -4024),
    ({"quantity": "0.001", "price": "99000"}, -4164),
    ({"newClientOrderId": "x" * 37}, -4015),
    ({"newClientOrderId": "nt1 desk"}, -4015),
    ({"newClientOrderId": "naïve"}, -4015),
    ({"quantity": "21", "price": "99000"}, -2019),
    ({"reduceOnly": "true"}, -2022),
    ({"positionSide": "LONG"}, -4061),
    ({"positionSide": "LONG", "reduceOnly": "true"}, SUPERFLUOUS),
    ({"price": "100500", "timeInForce": "GTX"}, -5022),
    ({"price": "100001", "quantity": "20", "timeInForce": "FOK"}, -5021),
]


@pytest.mark.parametrize(("order", "code"), WRONG_ORDERS)
def test_a_wrong_order_is_refused_and_leaves_no_trace(untouched, order, code):
    assert untouched.refused(**order) == code
    assert untouched.engine.orders("BTC/USDT:USDT") == ()
    assert untouched.engine.account().wallet == 100_000


def test_texts_carry_the_numbers_of_the_contract(trader):
    assert trader.order(quantity="0.001")[1]["msg"] == (
        "Order's notional must be no smaller than 100 (unless you choose reduce only)"
    )
    mark = trader.engine.mark_price("BTC/USDT:USDT")
    highest = (mark * Decimal("1.05")).quantize(Decimal("0.1"), "ROUND_FLOOR").normalize()
    assert trader.order(price="105100")[1]["msg"] == (
        f"Limit price can't be higher than {highest:f}."
    )
    assert trader.order(side=None)[1]["msg"] == (
        "Mandatory parameter 'side' was not sent, was empty/null, or malformed."
    )


def test_zeros_at_the_end_are_not_finer_than_the_grid(trader):
    assert trader.order(quantity="0.10000000", price="99000.00000")[0] == 200


def test_a_client_id_is_free_again_once_its_order_is_final(trader):
    assert trader.order(newClientOrderId="a")[0] == 200
    assert trader.refused(newClientOrderId="a") == -4116
    trader.ask("DELETE", "v1/order", symbol="BTCUSDT", origClientOrderId="a")
    assert trader.order(newClientOrderId="a")[0] == 200


def test_a_reduce_only_order_is_exempt_from_the_minimum_notional(trader):
    eth = {"symbol": "ETHUSDT", "type": "MARKET"}
    trader.order(**eth, quantity="0.1")
    small = {**eth, "side": "SELL", "quantity": "0.005"}  # below 20 USDT
    assert trader.refused(**small) == -4164
    assert trader.order(**small, reduceOnly="true")[0] == 200


def test_resting_reduce_only_orders_use_the_allowance_up(trader):
    trader.order(type="MARKET", quantity="0.1")
    closing = {"side": "SELL", "price": "101000", "reduceOnly": "true"}
    assert trader.order(**closing)[0] == 200
    assert trader.refused(**closing) == -4118


def test_the_largest_number_of_open_orders_is_a_limit_by_symbol():
    trader = Trader(max_open_orders=2)
    assert [trader.order(quantity="0.01")[0] for _ in range(3)] == [200, 200, 400]
    assert trader.refused(quantity="0.01") == -2025
    assert trader.order(symbol="ETHUSDT", quantity="1", price="3400")[0] == 200


# --- position mode


def test_hedge_mode_wants_a_side_and_no_reduce_only():
    trader = Trader(PositionMode.HEDGE)
    assert trader.refused() == -4061
    assert trader.refused(positionSide="BOTH") == -4061
    assert trader.refused(positionSide="LONG", reduceOnly="true") == -1106
    assert trader.refused(positionSide="LONG", reduceOnly="false") == -1106
    assert trader.order(positionSide="LONG")[0] == 200


def test_the_mode_changes_only_without_orders_and_positions(trader):
    def change(to):
        return trader.ask("POST", "v1/positionSide/dual", dualSidePosition=to)[1]["code"]

    assert change("false") == -4059
    assert change("perhaps") == -1102
    trader.order(newClientOrderId="a")
    assert change("true") == -4067
    trader.ask("DELETE", "v1/order", symbol="BTCUSDT", origClientOrderId="a")
    trader.order(type="MARKET")
    assert change("true") == -4068
    trader.order(type="MARKET", side="SELL")
    assert change("true") == 200
    assert trader.ask("GET", "v1/positionSide/dual")[1] == {"dualSidePosition": True}


def test_leverage_is_from_1_to_125_and_margin_is_crossed(trader):
    def leverage(value):
        return trader.ask("POST", "v1/leverage", symbol="BTCUSDT", leverage=value)[1]

    assert leverage("10")["leverage"] == 10
    for wrong in ("0", "126", "-5"):
        assert leverage(wrong)["code"] == -4028
    assert leverage("ten")["code"] == -1102
    trader.order(type="MARKET", quantity="5")
    assert leverage("1")["code"] == -2028
    margin = {"symbol": "BTCUSDT"}
    assert trader.code("POST", "v1/marginType", **margin, marginType="CROSSED") == -4046
    assert trader.code("POST", "v1/marginType", **margin, marginType="ISOLATED") == -4084
    assert trader.code("POST", "v1/marginType", **margin, marginType="BOTH") == -1102


# --- asking for what is not there


def test_an_unknown_order_is_told_apart_when_canceled_and_when_queried(trader):
    unknown = {"symbol": "BTCUSDT", "origClientOrderId": "never"}
    assert trader.code("DELETE", "v1/order", **unknown) == -2011
    assert trader.code("GET", "v1/order", **unknown) == -2013
    assert trader.code("GET", "v1/order", symbol="BTCUSDT") == -1102
    assert trader.code("DELETE", "v1/order", symbol="BTCUSDT") == -1102


def test_an_order_of_another_symbol_is_unknown(trader):
    _, row = trader.order()
    assert trader.code("GET", "v1/order", symbol="ETHUSDT", orderId=row["orderId"]) == -2013
    assert trader.code("DELETE", "v1/order", symbol="ETHUSDT", orderId=row["orderId"]) == -2011


def test_the_venues_id_wins_over_ours(trader):
    _, first = trader.order(newClientOrderId="a")
    trader.order(newClientOrderId="b")
    _, found = trader.ask(
        "GET",
        "v1/order",
        symbol="BTCUSDT",
        orderId=first["orderId"],
        origClientOrderId="b",
    )
    assert found["clientOrderId"] == "a"


@pytest.mark.parametrize(
    ("path", "params", "code"),
    [
        ("v1/depth", {"symbol": "BTCUSDT", "limit": 7}, -4021),
        ("v1/depth", {}, -1102),
        ("v1/depth", {"symbol": "NOPE"}, -1121),
        ("v1/klines", {"symbol": "BTCUSDT", "interval": "7m"}, -1120),
        ("v1/klines", {"symbol": "BTCUSDT"}, -1102),
        ("v1/klines", {"symbol": "BTCUSDT", "interval": "1m", "limit": 0}, -1130),
        ("v1/klines", {"symbol": "BTCUSDT", "interval": "1m", "startTime": 10**17}, -1130),
        ("v1/userTrades", {"symbol": "BTCUSDT", "fromId": 1, "startTime": STAMP}, -1128),
        ("v1/userTrades", {"symbol": "BTCUSDT", "startTime": STAMP, "endTime": 1}, -1023),
        ("v1/userTrades", {"symbol": "BTCUSDT", "startTime": 1, "endTime": STAMP}, -4165),
        ("v1/userTrades", {}, -1102),
        ("v1/allOrders", {}, -1102),
    ],
)
def test_a_wrong_question_is_refused(untouched, path, params, code):
    assert untouched.code("GET", path, **params) == code


def test_a_refusal_nobody_foresaw_is_still_an_answer_of_the_venue():
    error = refusal_error(OrderRejected("something new", reason="NEW"))
    assert (error.status, error.code, error.message) == (400, -2010, "something new")


# --- limits


def test_more_orders_than_the_venue_allows_are_answered_429_with_a_time_to_wait():
    trader = Trader(budget=Budget(orders_ten_seconds=2))
    assert [trader.order()[0] for _ in range(2)] == [200, 200]
    assert trader.headers["X-MBX-ORDER-COUNT-10S"] == "2"
    status, answer = trader.order()
    assert (status, answer["code"]) == (429, -1015)
    assert trader.headers["Retry-After"] == "10"
    assert trader.ask("DELETE", "v1/allOpenOrders", symbol="BTCUSDT")[0] == 200
    trader.now += timedelta(seconds=10)
    assert trader.order()[0] == 200


def test_an_order_over_the_limit_never_reaches_the_book():
    trader = Trader(budget=Budget(orders_minute=1))
    trader.order()
    assert trader.order()[0] == 429
    assert len(trader.engine.open_orders()) == 1


def test_weight_is_counted_shown_and_limited():
    trader = Trader(budget=Budget(weight_minute=50, patience=2))
    trader.ask("GET", "v1/openOrders", symbol="BTCUSDT")
    assert trader.headers["X-MBX-USED-WEIGHT-1M"] == "1"
    assert trader.ask("GET", "v1/openOrders")[0] == 200
    assert trader.headers["X-MBX-USED-WEIGHT-1M"] == "41"
    trader.now += timedelta(seconds=30)
    assert trader.ask("GET", "v1/openOrders")[0] == 429
    assert trader.headers["Retry-After"] == "30"


def test_who_goes_on_after_429_is_banned_for_a_while():
    trader = Trader(budget=Budget(weight_minute=1, patience=2, ban_seconds=120))
    trader.send("GET", "v1/ping")
    assert [trader.send("GET", "v1/ping")[0] for _ in range(4)] == [429, 429, 418, 418]
    assert trader.headers["Retry-After"] == "120"
    trader.now += timedelta(seconds=119)
    assert trader.send("GET", "v1/ping")[0] == 418
    trader.now += timedelta(seconds=2)
    assert trader.send("GET", "v1/ping")[0] == 200


def test_without_a_budget_everything_is_counted_and_nothing_refused():
    limits = RateLimits(None)
    for _ in range(5_000):
        limits.charge(100, is_order=True, now=STAMP)
    assert limits.headers(is_order=True)["X-MBX-ORDER-COUNT-1M"] == "5000"


def test_no_answer_holds_key_or_secret(trader):
    for order in ({}, {"side": "UP"}, {"type": "MARKET"}):
        assert SECRET not in str(trader.order(**order))
        assert KEY not in str(trader.order(**order))
