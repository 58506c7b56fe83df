"""Binance's rows become our nouns exactly, or are said to be malformed; nothing in between."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from makers import BTC, btc, d

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
from nettools.testnet.binance.orders import symbol_row
from nettools.venues.binance import rows as binance
from nettools.venues.contracts import Contract
from nettools.venues.reports import about
from nettools.venues.rows import Malformed, as_row, as_rows, moment, number, read_refusal

SHAPES = Path(__file__).parents[2] / "shared" / "data" / "exchange_shapes"
CONTRACT = Contract(BTC, "BTCUSDT")
CONTRACTS = {"BTCUSDT": CONTRACT}
NOW = datetime(2025, 6, 2, 12, tzinfo=UTC)
ORDER = {
    "orderId": 8886774,
    "symbol": "BTCUSDT",
    "status": "PARTIALLY_FILLED",
    "clientOrderId": "nt1-a",
    "price": "100000.1",
    "avgPrice": "100000.05000",
    "origQty": "0.700",
    "executedQty": "0.200",
    "timeInForce": "GTC",
    "type": "LIMIT",
    "reduceOnly": False,
    "side": "SELL",
    "positionSide": "BOTH",
}
TRADE = {
    "symbol": "BTCUSDT",
    "id": 698759,
    "orderId": 25851813,
    "side": "SELL",
    "price": "7819.01",
    "qty": "0.002",
    "realizedPnl": "-0.91539999",
    "commission": "0.00781901",
    "commissionAsset": "USDT",
    "time": 1569514978020,
    "positionSide": "SHORT",
    "maker": False,
}
POSITION = {
    "symbol": "BTCUSDT",
    "positionSide": "BOTH",
    "positionAmt": "-0.700",
    "entryPrice": "100000.0",
    "markPrice": "101000.00000000",
    "unRealizedProfit": "-700.00000000",
}
ACCOUNT = {
    "totalPositionInitialMargin": "0.00000000",
    "assets": [{"asset": "USDT", "walletBalance": "23.72469206", "availableBalance": "20"}],
    "positions": [],
}
BOOK = {
    "symbol": "BTCUSDT",
    "bidPrice": "99999.9",
    "askPrice": "100000.0",
    "time": 1748865600000,
}
PREMIUM = {"symbol": "BTCUSDT", "markPrice": "99999.95000000"}
FEES = {"makerCommissionRate": "0.0002", "takerCommissionRate": "-0.0001"}
OWN = Order(
    client_order_id="nt1-a", symbol=BTC, side=Side.SELL, quantity=d("0.7"), limit_price=d(1)
)
READERS = {
    "order": (ORDER, lambda row: binance.read_order(row, CONTRACTS)),
    "own order": (ORDER, lambda row: about(OWN, binance.read_order(row, CONTRACTS))),
    "fill": (TRADE, lambda row: [binance.read_fill(r, CONTRACTS) for r in as_rows([row])]),
    "position": (POSITION, lambda row: binance.read_positions([row], CONTRACTS)),
    "mode": ({"dualSidePosition": True}, binance.read_mode),
    "balance": (ACCOUNT, binance.read_balance),
    "witness": (ACCOUNT, binance.witnesses_flat),
    "fees": (FEES, binance.read_fee_rates),
    "done": ({"code": 200}, binance.read_done),
    "book": (BOOK, lambda row: _quote(book=row)),
    "premium": (PREMIUM, lambda row: _quote(premium=row)),
}
"""Each reader, with a row that it reads."""
OPTIONAL = {
    "order": {"type", "timeInForce", "reduceOnly"},
    "own order": {"type", "timeInForce", "reduceOnly"},
    "balance": {"totalPositionInitialMargin", "positions"},
    "witness": {"positions"},
    "book": {"time"},
}
NEEDED = {name: row.keys() - OPTIONAL.get(name, set()) for name, (row, _) in READERS.items()}
"""The fields without which a reader must refuse."""


def _quote(book=BOOK, premium=PREMIUM):
    books = binance.rows_by_symbol([book])
    premiums = binance.rows_by_symbol([premium])
    oldest = NOW - timedelta(seconds=60)
    return binance.read_quote(BTC, books.get("BTCUSDT"), premiums.get("BTCUSDT"), NOW, oldest)


# --- examples


def test_an_order_reads_exactly():
    report = binance.read_order(ORDER, CONTRACTS)
    assert report.state is OrderState.PARTIAL
    assert (report.filled, report.remaining) == (d("0.2"), d("0.5"))
    assert report.average_price == d("100000.05")
    assert report.working_quantity == d("-0.5")
    assert report.venue_order_id == "8886774"
    assert (report.order.side, report.order.limit_price) == (Side.SELL, d("100000.1"))


@pytest.mark.parametrize(
    ("change", "field", "value"),
    [
        ({"timeInForce": "GTX"}, "post_only", True),
        ({"timeInForce": "IOC"}, "time_in_force", TimeInForce.IOC),
        ({"timeInForce": "GTD"}, "time_in_force", TimeInForce.GTC),
        ({"price": "0", "type": "MARKET"}, "limit_price", None),
        ({"reduceOnly": True}, "reduce_only", True),
        ({"positionSide": "SHORT"}, "position_side", PositionSide.SHORT),
    ],
)
def test_what_an_order_is_reads_back(change, field, value):
    assert getattr(binance.read_order({**ORDER, **change}, CONTRACTS).order, field) == value


@pytest.mark.parametrize(
    "change",
    [
        {"clientOrderId": "other"},
        {"side": "BUY"},
        {"positionSide": "LONG"},
        {"origQty": "0.701"},
        {"executedQty": "0.701"},
        {"status": "FILLED"},
    ],
)
def test_an_answer_about_another_order_or_against_itself_is_not_believed(change):
    with pytest.raises(Malformed):
        about(OWN, binance.read_order({**ORDER, **change}, CONTRACTS))


def test_an_order_the_venue_cut_carries_the_quantity_it_has():
    cut = {**ORDER, "origQty": "0.300", "status": "FILLED", "executedQty": "0.300"}
    report = about(OWN, binance.read_order(cut, CONTRACTS))
    assert (report.order.quantity, report.remaining) == (d("0.3"), 0)


def test_a_fill_reads_exactly():
    fill = binance.read_fill(TRADE, CONTRACTS)
    assert (fill.fee, fill.fee_currency) == (d("0.00781901"), "USDT")
    assert fill.liquidity is Liquidity.TAKER
    assert (fill.fill_id, fill.client_order_id) == ("698759", "")
    assert fill.realized_pnl == d("-0.91539999")
    assert fill.signed_quantity == d("-0.002")
    assert fill.time == datetime(2019, 9, 26, 16, 22, 58, 20_000, tzinfo=UTC)


def test_positions_are_signed_and_flat_legs_are_left_out():
    flat = {**POSITION, "positionAmt": "0.000", "entryPrice": "0.0"}
    (position,) = binance.read_positions([flat, POSITION], CONTRACTS)
    assert (position.quantity, position.average_price) == (d("-0.7"), d(100_000))
    with pytest.raises(InvalidInput, match="LONG leg"):
        binance.read_positions([{**POSITION, "positionSide": "LONG"}], CONTRACTS)


def test_a_position_without_an_entry_price_is_not_dropped():
    """ccxt's parser drops it."""
    (position,) = binance.read_positions([{**POSITION, "entryPrice": "0.0"}], CONTRACTS)
    assert position.quantity == d("-0.7")


def test_only_a_credible_account_page_witnesses_that_nothing_is_held():
    assert binance.witnesses_flat(ACCOUNT)
    held = {"positionAmt": "0.001"}
    assert not binance.witnesses_flat({**ACCOUNT, "positions": [held]})
    assert not binance.witnesses_flat({**ACCOUNT, "totalPositionInitialMargin": "0.01"})
    with pytest.raises(Malformed):
        binance.witnesses_flat({**ACCOUNT, "assets": []})


def test_a_quote_joins_touch_and_mark():
    quote = _quote()
    assert (quote.mid, quote.mark_price) == (d("99999.95"), d("99999.95"))
    with pytest.raises(InvalidInput, match="bid"):
        _quote(book={**BOOK, "bidPrice": "100000.0"})
    with pytest.raises(Malformed, match="older than 11:59:00"):
        _quote(book={**BOOK, "time": BOOK["time"] - 61_000})
    with pytest.raises(Malformed, match="nothing about"):
        _quote(book={**BOOK, "symbol": "ETHUSDT"})


def test_fee_rates_may_be_rebates():
    assert binance.read_fee_rates(FEES).taker == d("-0.0001")
    assert binance.read_mode({"dualSidePosition": False}) is PositionMode.ONE_WAY


# --- instruments


def _market(**changes):
    return {
        "id": "BTCUSDT",
        "symbol": BTC,
        "contractSize": "1",
        "info": {**symbol_row(btc(max_market_quantity="120"), 200), **changes},
    }


def test_the_rules_of_a_contract_read_exactly():
    assert binance.read_instruments([_market()]) == {BTC: btc(max_market_quantity="120")}


@pytest.mark.parametrize(
    "change",
    [
        {"status": "PENDING_TRADING"},
        {"contractType": "CURRENT_QUARTER"},
        {"quoteAsset": "USDC"},
        {"filters": []},
        {"filters": None},
        {"filters": symbol_row(btc(), 200)["filters"][:-1]},
    ],
)
def test_a_contract_that_cannot_be_traded_is_left_out(change):
    assert binance.read_instruments([_market(**change)]) == {}


# --- what is asked for


@pytest.mark.parametrize(
    ("order", "asked"),
    [
        ({}, ("limit", "0.7", "99000", {"timeInForce": "GTC"})),
        ({"time_in_force": TimeInForce.IOC}, ("limit", "0.7", "99000", {"timeInForce": "IOC"})),
        ({"post_only": True}, ("limit", "0.7", "99000", {"postOnly": True})),
        ({"limit_price": None}, ("market", "0.7", None, {})),
        (
            {"limit_price": None, "reduce_only": True},
            ("market", "0.7", None, {"reduceOnly": True}),
        ),
        (
            {"position_side": PositionSide.SHORT, "reduce_only": True, "limit_price": None},
            ("market", "0.7", None, {}),
        ),
    ],
)
def test_an_order_is_asked_for_in_exact_text(order, asked):
    """`positionSide` always, `reduceOnly` never beside LONG or SHORT."""
    values = {"quantity": d("0.700"), "limit_price": d("99000.0"), "side": Side.BUY, **order}
    wanted = Order(client_order_id="nt1-a", symbol=BTC, **values)
    side = wanted.position_side.name
    kind, quantity, price, params = asked
    expected = {"newClientOrderId": "nt1-a", "positionSide": side, **params}
    assert binance.order_request(wanted, CONTRACT) == (kind, quantity, price, expected)


# --- numbers and refusals


@given(value=st.decimals(-1_000_000, 1_000_000, places=8))
def test_numbers_come_through_to_the_last_digit(value):
    assert number({"x": f"{value:f}"}, "x") == value
    assert isinstance(number({"x": 1.1}, "x"), Decimal)
    assert number({"x": 1.1}, "x") == d("1.1")


def test_useless_answers_are_named_and_not_quoted():
    assert read_refusal('{"code":-2019,"msg":"Margin is insufficient."}', "code", "msg") == (
        -2019,
        "Margin is insufficient.",
    )
    assert read_refusal("Service Unavailable.", "code", "msg") == (None, "Service Unavailable.")
    for body, said in (
        ("", "an empty answer"),
        ("<html>secret</html>", "a web page"),
        ('{"code":"x"}', "an object of another kind"),
        ('{"code":tru', "text of another kind"),
        ("[1]", "a list"),
        ("null", "an empty answer"),
        ("[" * 100_000, "text of another kind"),
    ):
        assert read_refusal(body, "code", "msg") == (None, said)
    with pytest.raises(Malformed, match="an empty answer where a list was due"):
        as_rows(None)
    with pytest.raises(Malformed, match="without orderId"):
        as_row({}, "orderId")
    with pytest.raises(Malformed, match="not a time"):
        moment({"t": 10**15}, "t")


# --- shapes recorded at the venue, where they are at hand


def _recorded(name: str):
    path = SHAPES / f"binance__{name}.json"
    if not path.exists():
        pytest.skip("the recorded shapes are not here")
    return json.loads(path.read_text(encoding="utf-8"))


def test_a_recorded_order_reads():
    row = _recorded("futures__http_json__order_response")
    assert binance.read_order(row, CONTRACTS).state is OrderState.ACKED


def test_a_recorded_position_reads():
    rows = _recorded("futures__http_json__position_risk")
    (position,) = binance.read_positions(rows, CONTRACTS)
    assert (position.quantity, position.mark_price) == (d("0.001"), d("51000.0"))


def test_a_recorded_account_page_reads():
    page = _recorded("futures__http_json__account_info_v2")
    assert binance.witnesses_flat(page)
    assert binance.read_balance(page).wallet == d("23.72469206")


def test_recorded_contracts_read():
    info = _recorded("resources__http_responses__http_futures_market_exchange_info")
    name = partial("{baseAsset}/{quoteAsset}:{marginAsset}".format)
    markets = [
        {"id": row["symbol"], "symbol": name(**row), "contractSize": "1", "info": row}
        for row in info["symbols"]
    ]
    assert binance.read_instruments(markets)
