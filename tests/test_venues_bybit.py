"""Bybit's rows become our nouns exactly, or are said to be malformed; nothing in between."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from makers import BTC, ETH, d

from nettools.errors import InvalidInput
from nettools.model import (
    Liquidity,
    Order,
    OrderState,
    PositionMode,
    PositionSide,
    Side,
    TimeInForce,
)
from nettools.venues.bybit import orders, rows
from nettools.venues.bybit.outcomes import REFUSED_LATER
from nettools.venues.contracts import Contract
from nettools.venues.reports import about
from nettools.venues.rows import Malformed, as_rows, price, read_refusal

SHAPES = Path(__file__).parents[2] / "shared" / "data" / "exchange_shapes"
CONTRACT = Contract(BTC, "BTCUSDT")
CONTRACTS = {"BTCUSDT": CONTRACT, "ETHUSDT": Contract(ETH, "ETHUSDT")}
NOW = datetime(2025, 6, 2, 12, tzinfo=UTC)
ORDER = {
    "orderId": "c6f055d9-7f21-4079-913d-e6523a9cfffa",
    "orderLinkId": "nt1-a",
    "symbol": "BTCUSDT",
    "orderStatus": "PartiallyFilled",
    "rejectReason": "EC_NoError",
    "side": "Sell",
    "positionIdx": 0,
    "orderType": "Limit",
    "timeInForce": "GTC",
    "price": "100000.1",
    "avgPrice": "100000.05",
    "qty": "0.700",
    "cumExecQty": "0.200",
    "reduceOnly": False,
}
EXECUTION = {
    "symbol": "BTCUSDT",
    "orderId": "c6f055d9-7f21-4079-913d-e6523a9cfffa",
    "orderLinkId": "nt1-a",
    "side": "Sell",
    "execId": "e0cbe81d-0f18-5866-9415-cf319b5dab3b",
    "execPrice": "7819.01",
    "execQty": "0.002",
    "execFee": "0.00781901",
    "feeCurrency": "",
    "execType": "Trade",
    "execTime": "1569514978020",
    "isMaker": False,
    "closedSize": "",
}
POSITION = {
    "symbol": "BTCUSDT",
    "positionIdx": 0,
    "side": "Sell",
    "size": "0.700",
    "avgPrice": "100000.0",
    "markPrice": "101000.00",
    "unrealisedPnl": "-700.0000",
}
COIN = {
    "coin": "USDT",
    "walletBalance": "23.72469206",
    "availableToWithdraw": "20",
    "totalPositionIM": "0",
}
WALLET = {"accountType": "UNIFIED", "totalAvailableBalance": "21", "coin": [COIN]}
TICKER = {
    "symbol": "BTCUSDT",
    "lastPrice": "99999.9",
    "markPrice": "99999.95",
    "bid1Price": "99999.9",
    "ask1Price": "100000.0",
}
FEES = {"symbol": "BTCUSDT", "makerFeeRate": "0.0002", "takerFeeRate": "-0.0001"}
OWN = Order(
    client_order_id="nt1-a", symbol=BTC, side=Side.SELL, quantity=d("0.7"), limit_price=d(1)
)


def _envelope(*listed, **result):
    kept = {"category": "linear", "list": list(listed), "nextPageCursor": "", **result}
    answer = {"retCode": 0, "retMsg": "OK", "result": kept, "retExtInfo": {}}
    return answer | {"time": 1748865600000}


def _read_fill(row):
    return [orders.read_fill(one, CONTRACTS, PositionSide.BOTH) for one in as_rows([row])]


READERS = {
    "order": (ORDER, lambda row: orders.read_order(row, CONTRACTS)),
    "own order": (ORDER, lambda row: about(OWN, orders.read_order(row, CONTRACTS))),
    "fill": (EXECUTION, _read_fill),
    "leg": (EXECUTION, lambda row: [orders.closed_leg(one) for one in as_rows([row])]),
    "position": (POSITION, lambda row: rows.read_positions(as_rows([row]), CONTRACTS)),
    "mode": (POSITION, lambda row: rows.read_mode(_envelope(row), CONTRACT)),
    "wallet": (WALLET, lambda row: rows.read_balance(_envelope(row))),
    "coin": (COIN, lambda row: rows.read_balance(_envelope({**WALLET, "coin": [row]}))),
    "witness": (COIN, lambda row: rows.witnesses_flat(_envelope({**WALLET, "coin": [row]}))),
    "fees": (FEES, lambda row: rows.read_fee_rates(_envelope(row), CONTRACT)),
    "quote": (TICKER, lambda row: rows.read_quote(BTC, _ticker(row), NOW)),
    "last": (TICKER, lambda row: price(_ticker(row), "lastPrice")),
    "time": (_envelope(), rows.read_time),
    "rows": (_envelope(ORDER), rows.rows_of),
    "cursor": (_envelope(ORDER), rows.cursor_of),
    "accepted": (
        _envelope(orderId="5", orderLinkId="nt1-a"),
        lambda answer: orders.read_accepted(answer, OWN),
    ),
}
"""Each reader, with a row that it reads."""
NEEDED = {
    "order": ORDER.keys() - {"orderLinkId", "rejectReason", "reduceOnly"},
    "own order": ORDER.keys() - {"rejectReason", "reduceOnly"},
    "fill": EXECUTION.keys() - {"orderLinkId", "feeCurrency", "execType", "closedSize"},
    "leg": {"side", "execType"},
    "position": POSITION.keys(),
    "mode": {"symbol", "positionIdx"},
    "wallet": {"accountType", "coin"},
    "coin": {"coin", "walletBalance"},
    "witness": {"coin", "totalPositionIM"},
    "fees": FEES.keys(),
    "quote": {"symbol", "markPrice", "bid1Price", "ask1Price"},
    "last": {"symbol", "lastPrice"},
    "time": {"retCode", "result", "time"},
    "rows": {"retCode", "result"},
    "cursor": {"retCode", "result"},
    "accepted": {"retCode", "result"},
}


def _ticker(row):
    return rows.read_tickers(_envelope(row)).get("BTCUSDT")


# --- envelopes


@pytest.mark.parametrize(
    "answer",
    [
        None,
        "",
        "<html>",
        [],
        {},
        {"retCode": 0},
        {"retCode": 0, "result": None},
        {"retCode": 10000, "result": {"list": []}},
        {"retCode": True, "result": {"list": []}},
        {"retCode": 0, "result": {}},
        {"retCode": 0, "result": {"list": None}},
        {"retCode": 0, "result": {"list": {}}},
        {"retCode": 0, "result": {"list": [1]}},
        {"retCode": 0, "result": {"list": [], "category": "spot"}},
    ],
)
def test_only_the_venues_own_envelope_is_an_empty_list(answer):
    with pytest.raises(Malformed):
        rows.rows_of(answer)
    assert rows.rows_of({"retCode": 0, "result": {"list": []}}) == []


# --- orders


def test_an_order_reads_exactly():
    report = orders.read_order(ORDER, CONTRACTS)
    assert report.state is OrderState.PARTIAL
    assert (report.filled, report.remaining) == (d("0.2"), d("0.5"))
    assert report.average_price == d("100000.05")
    assert report.venue_order_id == ORDER["orderId"]
    assert report.order.limit_price == d("100000.1")


@pytest.mark.parametrize(
    ("change", "field", "value"),
    [
        ({"timeInForce": "PostOnly"}, "post_only", True),
        ({"timeInForce": "IOC"}, "time_in_force", TimeInForce.IOC),
        ({"timeInForce": "FOK"}, "time_in_force", TimeInForce.FOK),
        ({"orderType": "Market", "timeInForce": "IOC"}, "limit_price", None),
        ({"reduceOnly": True}, "reduce_only", True),
        ({"positionIdx": 2}, "position_side", PositionSide.SHORT),
        ({"positionIdx": "1"}, "position_side", PositionSide.LONG),
        ({"orderLinkId": ""}, "client_order_id", ""),
    ],
)
def test_what_an_order_is_reads_back(change, field, value):
    assert getattr(orders.read_order({**ORDER, **change}, CONTRACTS).order, field) == value


NONE = {"cumExecQty": "0", "avgPrice": ""}
ALL = {"cumExecQty": "0.700"}
CANCELLED = {"orderStatus": "Cancelled"}


@pytest.mark.parametrize(
    ("change", "state", "reason"),
    [
        ({"orderStatus": "New", **NONE}, OrderState.ACKED, ""),
        ({"orderStatus": "Filled", **ALL}, OrderState.FILLED, ""),
        (
            {**CANCELLED, **NONE, "rejectReason": "EC_PerCancelRequest"},
            OrderState.CANCELED,
            "",
        ),
        ({**CANCELLED, "rejectReason": "EC_PerCancelRequest"}, OrderState.CANCELED, ""),
        ({**CANCELLED, "timeInForce": "IOC"}, OrderState.EXPIRED, ""),
        ({**CANCELLED, **NONE, "timeInForce": "IOC"}, OrderState.EXPIRED, ""),
        (
            {"orderStatus": "PartiallyFilledCanceled", "timeInForce": "IOC"},
            OrderState.EXPIRED,
            "",
        ),
        (
            {
                **CANCELLED,
                **NONE,
                "timeInForce": "IOC",
                "rejectReason": "EC_NoEnoughQtyToFill",
            },
            OrderState.EXPIRED,
            "",
        ),
        (
            {
                **CANCELLED,
                **NONE,
                "timeInForce": "FOK",
                "rejectReason": "EC_NoEnoughQtyToFill",
            },
            OrderState.REJECTED,
            "FOK",
        ),
        (
            {
                **CANCELLED,
                **NONE,
                "timeInForce": "PostOnly",
                "rejectReason": "EC_PostOnlyWillTakeLiquidity",
            },
            OrderState.REJECTED,
            "WOULD_TAKE",
        ),
        (
            {"orderStatus": "Rejected", **NONE, "rejectReason": "EC_ReachRiskPriceLimit"},
            OrderState.REJECTED,
            "PRICE_BAND",
        ),
        (
            {"orderStatus": "Rejected", "rejectReason": "<b>EC</b>"},
            OrderState.REJECTED,
            "REFUSED",
        ),
        ({"orderStatus": "Untriggered", **NONE}, OrderState.UNKNOWN, ""),
        ({"orderStatus": "Frozen", **NONE}, OrderState.UNKNOWN, ""),
    ],
)
def test_how_an_order_ended_is_read_with_what_it_filled(change, state, reason):
    report = orders.read_order({**ORDER, **change}, CONTRACTS)
    assert (report.state, report.reason) == (state, reason)
    assert report.filled == d({**ORDER, **change}["cumExecQty"])
    assert (report.message != "") is (reason != "" or state is OrderState.UNKNOWN)
    assert "<" not in report.message


def test_every_late_refusal_tells_what_to_do():
    for said, reason in REFUSED_LATER.items():
        ended = {**ORDER, **CANCELLED, **NONE, "timeInForce": "FOK", "rejectReason": said}
        report = orders.read_order(ended, CONTRACTS)
        assert (report.state, report.reason) == (OrderState.REJECTED, reason)
        assert said in report.message


@pytest.mark.parametrize(
    "change",
    [
        {"orderLinkId": "other"},
        {"side": "Buy"},
        {"positionIdx": 1},
        {"qty": "0.701"},
        {"cumExecQty": "0.701"},
        {"cumExecQty": "-0.1"},
        {"orderStatus": "Filled"},
    ],
)
def test_an_answer_about_another_order_or_against_itself_is_not_believed(change):
    with pytest.raises((Malformed, InvalidInput)):
        about(OWN, orders.read_order({**ORDER, **change}, CONTRACTS))


def test_an_acknowledgement_is_of_our_order_or_not_believed():
    assert orders.read_accepted(_envelope(orderId="5", orderLinkId="nt1-a"), OWN) == "5"
    for wrong in ({"orderId": "5"}, {"orderId": "5", "orderLinkId": "x"}, {"orderId": ""}):
        with pytest.raises(Malformed):
            orders.read_accepted(_envelope(**wrong), OWN)


# --- executions


def test_a_fill_reads_exactly_and_names_our_order():
    (fill,) = _read_fill(EXECUTION)
    assert (fill.fee, fill.fee_currency) == (d("0.00781901"), "USDT")
    assert fill.liquidity is Liquidity.TAKER
    assert (fill.fill_id, fill.client_order_id) == (EXECUTION["execId"], "nt1-a")
    assert fill.realized_pnl is None
    assert fill.signed_quantity == d("-0.002")
    assert fill.time == datetime(2019, 9, 26, 16, 22, 58, 20_000, tzinfo=UTC)
    assert _read_fill({**EXECUTION, "execPnl": "-0.5"})[0].realized_pnl == d("-0.5")


@pytest.mark.parametrize(
    ("change", "leg"),
    [
        ({}, None),
        ({"closedSize": "0"}, PositionSide.SHORT),
        ({"closedSize": "0.002"}, PositionSide.LONG),
        ({"side": "Buy", "closedSize": "0"}, PositionSide.LONG),
        ({"side": "Buy", "closedSize": "0.002"}, PositionSide.SHORT),
        ({"execType": "BustTrade"}, PositionSide.LONG),
        ({"side": "Buy", "execType": "AdlTrade"}, PositionSide.SHORT),
    ],
)
def test_what_an_execution_closed_tells_the_leg_of_a_hedged_account(change, leg):
    assert orders.closed_leg({**EXECUTION, **change}) is leg


def test_funding_moves_cash_and_never_a_position():
    """Its row carries the whole position as its quantity."""
    assert "Funding" not in orders.MOVING
    assert {"Trade", "AdlTrade", "BustTrade"} <= orders.MOVING
    booking = orders.read_booking({**EXECUTION, "execType": "Funding"})
    assert (booking.amount, booking.mark_price) == (d("-0.00781901"), d("7819.01"))
    with pytest.raises(Malformed, match="another kind"):
        orders.read_booking(EXECUTION)


# --- the account


def test_positions_are_signed_and_flat_legs_are_left_out():
    flat = {**POSITION, "side": "", "size": "0", "avgPrice": "0", "unrealisedPnl": ""}
    (position,) = rows.read_positions([flat, POSITION], CONTRACTS)
    assert (position.quantity, position.average_price) == (d("-0.7"), d(100_000))
    assert rows.read_position(flat, CONTRACTS).quantity == 0
    for wrong in ({"positionIdx": 1}, {"size": "-0.7"}, {"side": ""}):
        with pytest.raises((Malformed, InvalidInput)):
            rows.read_positions([{**POSITION, **wrong}], CONTRACTS)


@pytest.mark.parametrize(
    ("indices", "mode"),
    [([0], PositionMode.ONE_WAY), ([1, 2], PositionMode.HEDGE), ([2, 1], PositionMode.HEDGE)],
)
def test_the_legs_that_are_shown_tell_the_mode(indices, mode):
    legs = [{**POSITION, "positionIdx": index} for index in indices]
    other = {**POSITION, "symbol": "ETHUSDT", "positionIdx": 0}
    assert rows.read_mode(_envelope(*legs, other), CONTRACT) is mode


@pytest.mark.parametrize("indices", [[], [1], [0, 1], [0, 0], [0, 1, 2], [3]])
def test_legs_that_cannot_be_tell_no_mode(indices):
    legs = [{**POSITION, "positionIdx": index} for index in indices]
    with pytest.raises(Malformed):
        rows.read_mode(_envelope(*legs), CONTRACT)


def test_only_a_credible_wallet_witnesses_that_nothing_is_held():
    def witness(**changes):
        return rows.witnesses_flat(_envelope({**WALLET, "coin": [{**COIN, **changes}]}))

    assert witness()
    assert not witness(totalPositionIM="0.01")
    for change in ({"totalPositionIM": ""}, {"totalPositionIM": None}, {"coin": "BTC"}):
        with pytest.raises(Malformed):
            witness(**change)
    with pytest.raises(Malformed, match="unified"):
        rows.witnesses_flat(_envelope())


def test_what_may_be_used_is_the_coins_own_or_else_the_accounts():
    assert rows.read_balance(_envelope(WALLET)).available == 20
    unsaid = {**WALLET, "coin": [{**COIN, "availableToWithdraw": ""}]}
    assert rows.read_balance(_envelope(unsaid)).available == 21


def test_a_quote_reads_touch_and_mark():
    quote = rows.read_quote(BTC, TICKER, NOW)
    assert (quote.mid, quote.mark_price) == (d("99999.95"), d("99999.95"))
    for change in ({"bid1Price": "100000.0"}, {"ask1Price": "0"}, {"bid1Price": ""}):
        with pytest.raises((Malformed, InvalidInput)):
            rows.read_quote(BTC, {**TICKER, **change}, NOW)
    with pytest.raises(Malformed, match="nothing about"):
        rows.read_quote(BTC, None, NOW)


# --- contracts, and what is asked for

MARKET = {
    "id": "BTCUSDT",
    "symbol": BTC,
    "contractSize": "1",
    "info": {
        "symbol": "BTCUSDT",
        "contractType": "LinearPerpetual",
        "status": "Trading",
        "settleCoin": "USDT",
        "priceFilter": {"tickSize": "0.10"},
        "lotSizeFilter": {
            "maxOrderQty": "1190.000",
            "minOrderQty": "0.001",
            "qtyStep": "0.001",
            "maxMktOrderQty": "119.000",
            "minNotionalValue": "5",
        },
        "riskParameters": {"priceLimitRatioX": "0.01", "priceLimitRatioY": "0.02"},
    },
}


def _changed(**info):
    return {**MARKET, "info": {**MARKET["info"], **info}}


def test_the_rules_of_a_contract_read_exactly():
    btc = rows.read_instruments([MARKET])[BTC]
    assert (btc.step_size, btc.tick_size, btc.min_notional) == (d("0.001"), d("0.1"), 5)
    assert (btc.max_quantity, btc.max_market_quantity) == (1190, 119)
    assert btc.price_band == d("0.01")
    assert rows.read_instruments([_changed(riskParameters={})])[BTC].price_band is None


@pytest.mark.parametrize(
    "change",
    [
        {"status": "PreLaunch"},
        {"contractType": "LinearFutures"},
        {"settleCoin": "USDC"},
        {"lotSizeFilter": {}},
        {"lotSizeFilter": None},
        {"priceFilter": {"tickSize": "x"}},
        {"riskParameters": {"priceLimitRatioX": "x"}},
    ],
)
def test_a_contract_that_cannot_be_traded_is_left_out(change):
    assert rows.read_instruments([_changed(**change)]) == {}


LIMIT = {"orderType": "Limit", "price": "99000"}


@pytest.mark.parametrize(
    ("order", "asked"),
    [
        ({}, {**LIMIT, "timeInForce": "GTC"}),
        ({"time_in_force": TimeInForce.IOC}, {**LIMIT, "timeInForce": "IOC"}),
        ({"post_only": True}, {**LIMIT, "timeInForce": "PostOnly"}),
        ({"limit_price": None}, {"orderType": "Market"}),
        (
            {"limit_price": None, "reduce_only": True},
            {"orderType": "Market", "reduceOnly": True},
        ),
        (
            {"position_side": PositionSide.SHORT, "reduce_only": True, "limit_price": None},
            {"orderType": "Market", "positionIdx": 2, "reduceOnly": True},
        ),
    ],
)
def test_an_order_is_asked_for_in_exact_text(order, asked):
    """Our id and `positionIdx` always; `reduceOnly` may stand beside it."""
    values = {"quantity": d("0.700"), "limit_price": d("99000.0"), "side": Side.BUY, **order}
    wanted = Order(client_order_id="nt1-a", symbol=BTC, **values)
    usual = {"category": "linear", "symbol": "BTCUSDT", "side": "Buy", "qty": "0.7"}
    usual |= {"orderLinkId": "nt1-a", "positionIdx": 0}
    assert orders.order_request(wanted, CONTRACT) == usual | asked
    assert orders.by_our_id(wanted, CONTRACT) == {
        "category": "linear",
        "symbol": "BTCUSDT",
        "orderLinkId": "nt1-a",
    }


def test_a_refusal_is_read_from_the_venues_own_fields():
    body = '{"retCode":110007,"retMsg":"ab not enough for new order","result":{}}'
    assert read_refusal(body, "retCode", "retMsg") == (110007, "ab not enough for new order")
    foreign = '{"code":-2019,"msg":"Margin is insufficient."}'
    assert read_refusal(foreign, "retCode", "retMsg")[0] is None


# --- shapes recorded at the venue, where they are at hand


def _recorded(name: str):
    path = SHAPES / f"bybit__{name}.json"
    if not path.exists():
        pytest.skip("the recorded shapes are not here")
    return json.loads(path.read_text(encoding="utf-8"))


def test_recorded_orders_read():
    for row in rows.rows_of(_recorded("http_get_orders_realtime")):
        assert orders.read_order(row, CONTRACTS).state is OrderState.ACKED
    (row,) = rows.rows_of(_recorded("http_get_order_partially_filled_rejected"))
    report = orders.read_order(row, CONTRACTS)
    assert (report.state, report.filled) == (OrderState.REJECTED, d("0.005"))


def test_recorded_executions_read():
    found = rows.rows_of(_recorded("http_get_executions"))
    fills = [orders.read_fill(row, CONTRACTS, PositionSide.BOTH) for row in found]
    assert [fill.client_order_id for fill in fills] == ["test-order-001", "test-order-002"]
    assert [orders.closed_leg(row) for row in found] == [
        PositionSide.LONG,
        PositionSide.SHORT,
    ]


def test_recorded_positions_and_rates_read():
    known = {**CONTRACTS, "SOLUSDT": Contract("SOL/USDT:USDT", "SOLUSDT")}
    found = rows.read_positions(rows.rows_of(_recorded("http_get_positions")), known)
    assert [position.quantity for position in found] == [d("0.5"), d(-5)]
    rates = rows.read_fee_rates(_recorded("http_get_fee_rate"), CONTRACT)
    assert (rates.maker, rates.taker) == (d("0.0001"), d("0.0006"))


def test_a_recorded_wallet_reads_and_is_no_witness_without_its_margin():
    page = _recorded("http_get_wallet_balance")
    assert rows.read_balance(page).wallet == d("1000.5")
    with pytest.raises(Malformed, match="totalPositionIM"):
        rows.witnesses_flat(page)


def test_recorded_contracts_read():
    found = rows.rows_of(_recorded("http_get_instruments_linear"))
    markets = [
        {"id": row["symbol"], "symbol": CONTRACTS[row["symbol"]].symbol, "contractSize": "1"}
        | {"info": row}
        for row in found
    ]
    assert set(rows.read_instruments(markets)) == {BTC, ETH}
