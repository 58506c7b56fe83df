"""Venues count in contracts, nettools in base units: every row and every order is converted."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from faulty import FaultyServer
from hypothesis import given
from hypothesis import strategies as st
from makers import BTC, btc, d
from speaking import venue_on
from test_venues_binance import ORDER as BINANCE_ORDER
from test_venues_binance import POSITION as BINANCE_POSITION
from test_venues_binance import TRADE
from test_venues_bybit import EXECUTION, MARKET
from test_venues_bybit import ORDER as BYBIT_ORDER
from test_venues_bybit import POSITION as BYBIT_POSITION

from nettools.errors import InvalidInput, OrderRejected
from nettools.model import Order, OrderState, PositionSide, Side
from nettools.testnet.binance.orders import symbol_row
from nettools.testnet.server import utc_now
from nettools.venues.binance import rows as binance
from nettools.venues.bybit import orders as bybit_orders
from nettools.venues.bybit import rows as bybit
from nettools.venues.contracts import Contract, read_contracts
from nettools.venues.rows import Malformed
from nettools.venues.sendable import as_sent

SIZES = [d("0.01"), d(1), d(1000)]
BOTH = PositionSide.BOTH


def _contracts(size: Decimal) -> dict[str, Contract]:
    return {"BTCUSDT": Contract(BTC, "BTCUSDT", size)}


def _order(quantity: Decimal) -> Order:
    order = {"client_order_id": "nt1-a", "symbol": BTC, "side": Side.SELL}
    return Order(quantity=quantity, limit_price=d("99000"), **order)


# --- what is read


@pytest.mark.parametrize("size", SIZES)
def test_the_rules_of_a_contract_are_in_base_units(size):
    market = {"id": "BTCUSDT", "symbol": BTC, "contractSize": str(size)}
    listed = {"info": symbol_row(btc(max_market_quantity="120"), 200)}
    for instrument in (
        binance.read_instruments([market | listed])[BTC],
        bybit.read_instruments([MARKET | {"contractSize": str(size)}])[BTC],
    ):
        assert instrument.contract_size == size
        assert instrument.step_size == instrument.min_quantity == d("0.001") * size
        assert instrument.max_quantity in {1000 * size, 1190 * size}
        assert instrument.max_market_quantity in {120 * size, 119 * size}
        assert instrument.tick_size == d("0.1")
        assert instrument.min_notional in {100, 5}


@pytest.mark.parametrize("size", SIZES)
def test_what_is_held_resting_and_traded_is_in_base_units(size):
    contracts = _contracts(size)
    for position in (
        binance.read_position(BINANCE_POSITION, contracts),
        bybit.read_position(BYBIT_POSITION, contracts),
    ):
        assert position.quantity == d("-0.7") * size
        assert position.average_price == 100_000
    for report in (
        binance.read_order(BINANCE_ORDER, contracts),
        bybit_orders.read_order(BYBIT_ORDER, contracts),
    ):
        assert (report.order.quantity, report.filled) == (d("0.7") * size, d("0.2") * size)
        assert report.order.limit_price == d("100000.1")
        assert report.state is OrderState.PARTIAL
    for fill in (
        binance.read_fill(TRADE, contracts),
        bybit_orders.read_fill(EXECUTION, contracts, BOTH),
    ):
        assert (fill.quantity, fill.price) == (d("0.002") * size, d("7819.01"))
        assert fill.fee == d("0.00781901")


# --- what is sent


@pytest.mark.parametrize(
    ("size", "quantity", "written"),
    [
        ("0.01", "0.07", "7"),
        ("0.01", "0.00001", "0.001"),
        ("1000", "700", "0.7"),
        ("1000", "3000000", "3000"),
        ("1", "0.700", "0.7"),
    ],
)
def test_an_order_is_written_in_contracts(size, quantity, written):
    contract = Contract(BTC, "BTCUSDT", d(size))
    order = _order(d(quantity))
    assert binance.order_request(order, contract)[1] == written
    assert bybit_orders.order_request(order, contract)["qty"] == written


def test_the_grid_that_orders_are_held_to_is_the_one_in_base_units():
    thousands = bybit.read_instruments([MARKET | {"contractSize": "1000"}])
    assert as_sent(_order(d(7)), thousands).quantity == 7
    with pytest.raises(OrderRejected, match="must be a multiple of 1 BTC") as refused:
        as_sent(_order(d("7.5")), thousands)
    assert refused.value.reason == "STEP_SIZE"


def test_a_quantity_that_is_no_number_of_contracts_is_not_sent():
    thirds = Contract(BTC, "BTCUSDT", d(3))
    with pytest.raises(InvalidInput, match="contracts of 3"):
        bybit_orders.order_request(_order(d(1)), thirds)


@given(
    size=st.sampled_from(["0.0001", "0.01", "1", "10", "1000", "1000000"]),
    contracts=st.decimals("0.001", 1_000_000, places=3),
)
def test_what_is_sent_comes_back_as_it_was(size, contracts):
    contract = Contract(BTC, "BTCUSDT", d(size))
    quantity = contracts * contract.size
    request = bybit_orders.order_request(_order(quantity), contract)
    row = BYBIT_ORDER | {"qty": request["qty"], "cumExecQty": "0"}
    assert bybit_orders.read_order(row, {"BTCUSDT": contract}).order.quantity == quantity


# --- the contracts themselves


@pytest.mark.parametrize("size", [None, "", "0", "-1", "NaN", "x"])
def test_a_contract_of_no_size_is_left_out(size):
    good = {"id": "ETHUSDT", "symbol": "ETH/USDT:USDT", "contractSize": "0.1"}
    bad = {"id": "BTCUSDT", "symbol": BTC, "contractSize": size}
    assert list(read_contracts([bad, good])) == ["ETHUSDT"]
    assert bybit.read_instruments([MARKET | {"contractSize": size}]) == {}


def test_a_row_of_a_contract_we_do_not_know_is_malformed():
    with pytest.raises(Malformed, match="symbol"):
        bybit.read_position(BYBIT_POSITION | {"symbol": "WHAT"}, _contracts(d(1)))


# --- all the way to an exchange and back


@pytest.mark.parametrize("kind", ["binance", "bybit"])
@pytest.mark.parametrize("size", ["0.01", "1000"])
async def test_an_account_in_contracts_is_traded_and_read_in_base_units(kind, size):
    """The exchange holds 0.7 contracts; nobody on this side ever sees that number."""
    contract_size = d(size)
    async with FaultyServer(venue=kind) as server:
        venue = venue_on(server)
        await venue.connect()
        markets = [
            dict(market) | {"contractSize": size}
            for market in venue._wire._client().markets.values()
        ]
        venue._instruments = venue._read_instruments(markets)
        venue._contracts = read_contracts(markets)
        venue._by_symbol = {one.symbol: one for one in venue._contracts.values()}
        quantity = d("0.7") * contract_size
        order = replace(_order(quantity), side=Side.BUY, limit_price=d("100500"))
        await venue.send(order)
        for _ in range(200):
            report = await venue.find_order(order)
            if report is not None:
                break
            await asyncio.sleep(0.005)
        assert (report.order, report.filled) == (order, quantity)
        (position,) = await venue.positions()
        assert position.quantity == quantity
        fills = await venue.fills(BTC, utc_now() - timedelta(hours=1))
        assert sum(fill.quantity for fill in fills) == quantity
        assert server.engine.positions()[0].quantity == d("0.7")
        await venue.close()
